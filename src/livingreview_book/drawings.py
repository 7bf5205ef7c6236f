"""What stands beside a drawing: its words, its form for a desktop, and its downloads.

A chapter's output holds them as metadata of the drawing; they become files beside the drawing's
own, named like it.  MyST-NB names the file of a drawing by its content, so each drawing is given
the mark of its words: two that look alike and are described differently are two files.
"""

import base64
import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from nbformat import NotebookNode

from livingreview_record import write_whole

SVG = "image/svg+xml"
WIDE = "-wide.svg"  # ends the name of the form for a desktop

Beside = Mapping[str, str]  # "alt", "caption"; where there are any "wide", "png", "csv"
_known: dict[str, Beside] = {}  # by the stem of the drawing's file


def note(outputs: Iterable[NotebookNode]) -> None:
    """Mark each drawing, in place, with what stands beside it, and remember that by its file.

    Its rows are the words of a drawing that brings none.
    """
    for output in outputs:
        drawing = output.get("data", {}).get(SVG)
        if drawing is not None:
            rows = "; ".join(output["data"].get("text/plain", "").splitlines())
            beside = {"alt": rows, **output.get("metadata", {}).get(SVG, {})}
            marked = _marked(drawing, beside)
            data = os.linesep.join(marked.splitlines()).encode()  # as MyST-NB names its file
            _known[hashlib.sha256(data).hexdigest()] = beside
            output["data"][SVG] = marked


def _marked(drawing: str, beside: Beside) -> str:
    """Return a drawing that ends with the hash of what stands beside it, as a comment."""
    mark = hashlib.sha256(json.dumps(beside, sort_keys=True).encode()).hexdigest()[:16]
    return f"{drawing.rstrip()}\n<!-- {mark} -->\n"


def beside(name: str) -> Beside | None:
    """Return what stands beside the drawing of this file; nothing where it is none of ours."""
    return _known.get(Path(name).stem)


def write(folder: Path, names: Iterable[str]) -> set[str]:
    """Write the files beside these drawings into their folder; their names."""
    written = set()
    for stem in sorted(Path(name).stem for name in names):
        found = _known.get(stem, {})
        files = {
            f"{stem}{WIDE}": found.get("wide", "").encode(),
            f"{stem}.png": base64.b64decode(found.get("png", "")),
            f"{stem}.csv": found.get("csv", "").encode(),
        }
        for name, content in files.items():
            if content:
                write_whole(folder / name, content)
                written.add(name)
    return written
