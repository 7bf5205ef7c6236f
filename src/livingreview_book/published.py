"""The conclusions and cited numbers of the book in one file, whose diff says which changed.

`livingreview.publish` puts each number, with its key, into the metadata of an output.
"""

import json
import re
from collections.abc import Mapping
from pathlib import Path

from livingreview_book.remembered import Execution
from livingreview_record import write_whole

FILE = "results.json"
CITED = re.compile(r"\{glue:text\}`(?:[^`<]*<)?([^`>]+)>?`")


class KeyPublishedTwiceError(ValueError):
    """Two numbers were published under one key."""


def key_and_text(output: Mapping[str, object]) -> tuple[str, str] | None:
    """Return key and text of an output of `livingreview.publish`; None for any other output."""
    metadata = output.get("metadata", {})
    if not isinstance(metadata, Mapping) or "published" not in metadata:
        return None
    return str(metadata["scrapbook"]["name"]), str(metadata["published"])


def collect(executions: Mapping[str, Execution], root: Path | None = None) -> dict[str, str]:
    """Return key to text over all chapters, sorted by key.

    With `root`, numbers published `as_printed` that no chapter cites are left out.

    Raise `KeyPublishedTwiceError`, which names the key and the chapters.
    """
    results: dict[str, str] = {}
    origin: dict[str, str] = {}
    uncited: set[str] = set()
    for chapter, execution in executions.items():
        for output in (output for cell in execution.outputs for output in cell):
            found = key_and_text(output)
            if found is None:
                continue
            key, text = found
            if key in origin:
                where = " and ".join(dict.fromkeys((origin[key], chapter)))
                msg = f"{key} is published twice, in {where}; give each number its own key"
                raise KeyPublishedTwiceError(msg)
            results[key], origin[key] = text, chapter
            if output["metadata"].get("as_printed"):
                uncited.add(key)
    uncited = uncited - cited(root) if root else set()
    return {key: results[key] for key in sorted(results.keys() - uncited)}


def cited(root: Path) -> set[str]:
    """Return the keys that a sentence of a chapter inserts."""
    chapters = (root / "chapters").glob("**/*.md")
    return {key for path in chapters for key in CITED.findall(path.read_text("utf-8"))}


def render(results: Mapping[str, str]) -> str:
    """The file's text: one number a line.

    >>> print(render({"a.b": "30%"}), end="")
    {
     "a.b": "30%"
    }
    """
    return json.dumps(results, ensure_ascii=False, indent=1) + "\n"


def write(root: Path, executions: Mapping[str, Execution]) -> list[str]:
    """Renew `results.json`; what changed in it, a line for each number."""
    old, new = read(root), collect(executions, root)
    write_whole(root / FILE, render(new))
    return changes(old, new)


def read(root: Path) -> dict[str, str]:
    """What `results.json` holds; nothing where it is absent or damaged, for it is made again."""
    try:
        known: dict[str, str] = json.loads((root / FILE).read_text("utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return known


def changes(old: Mapping[str, str], new: Mapping[str, str]) -> list[str]:
    """What differs between two sets of results, a line for each number.

    >>> changes({"a": "1"}, {"a": "2", "b": "3"})
    ['a: 1 -> 2', 'b: new, 3']
    """
    lines = []
    for key in sorted(old.keys() | new.keys()):
        if key not in new:
            lines.append(f"{key}: {old[key]} -> gone")
        elif key not in old:
            lines.append(f"{key}: new, {new[key]}")
        elif old[key] != new[key]:
            lines.append(f"{key}: {old[key]} -> {new[key]}")
    return lines
