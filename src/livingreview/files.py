"""The one door to the data: read text, YAML and CSV, with every fault noted."""

import contextlib
import csv
import errno
import io
import os
import re
import tempfile
import unicodedata
from collections.abc import Hashable
from pathlib import Path
from typing import Any

import yaml

from livingreview.problems import Problem

try:  # libyaml reads a study some ten times faster; every usual wheel of PyYAML has it
    from yaml import CSafeLoader as _SafeLoader
except ImportError:
    from yaml import SafeLoader as _SafeLoader  # type: ignore[assignment]


INVISIBLE = frozenset({"Cc", "Cf", "Co", "Zl", "Zp"})  # control, format, private use, separators
BLANK_LETTERS = frozenset("\u034f\u115f\u1160\u2800\u3164\uffa0")  # drawn as nothing at all
VISIBLE = "remove it, or type the text again instead of pasting it"
SIGNED_NUMBER = re.compile(r"[+-](?=\.?\d)[^=|!(]*|[+-]+")  # no spreadsheet runs it


def read_text(path: Path, problems: list[Problem]) -> str:
    """The file as text, without a byte order mark; empty, with a problem noted, when unreadable.

    A character that no reader can see, or that turns the direction of the text around it, is a
    problem, and is left out of the text.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        problems.append(Problem(str(path), "a file", "nothing", "add the file"))
        return ""
    except UnicodeDecodeError as error:
        found = f"byte {error.object[error.start]:#04x} at position {error.start}"
        advice = "save the file again with the encoding UTF-8"
        problems.append(Problem(str(path), "UTF-8 text", found, advice))
        return ""
    if not text.strip():
        problems.append(Problem(str(path), "content", "an empty file", "fill it or remove it"))
        return ""
    hidden = {character for character in set(text) if is_invisible(character)}
    if hidden:
        lines = re.split(r"\r\n|\r|\n", text)
        for number, line in enumerate(lines, 1):
            _check_visible(f"{path} line {number}", line, problems)
        text = text.translate(dict.fromkeys(map(ord, hidden)))
    return text


def is_invisible(character: str) -> bool:
    r"""Whether nobody can see the character, a line break or a tab aside.

    >>> [is_invisible(one) for one in ("\u202e", "\N{SOFT HYPHEN}", "e", "\t")]
    [True, True, False, False]
    """
    if character in "\n\r\t":
        return False
    selects = unicodedata.name(character, "").startswith("VARIATION SELECTOR")
    return selects or unicodedata.category(character) in INVISIBLE or character in BLANK_LETTERS


def _check_visible(where: str, text: str, problems: list[Problem]) -> None:
    """Note the invisible characters of a line, each with its first position."""
    found = _named_invisible(text)
    if found:
        problems.append(Problem(where, "characters that a reader can see", found, VISIBLE))


def _named_invisible(text: str) -> str:
    return "; ".join(
        f"U+{ord(one):04X} ({unicodedata.name(one, 'a control or private character')}) "
        f"at character {text.index(one) + 1}"
        for one in dict.fromkeys(text)
        if is_invisible(one)
    )


def read_yaml(path: Path, problems: list[Problem]) -> dict[str, Any]:
    """The file's top-level mapping; empty, with a problem noted, when it is not one."""
    text = read_text(path, problems)
    if not text:
        return {}
    try:
        content = yaml.load(text, Loader=_PlainLoader)  # noqa: S506 (a SafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{path} line {mark.line + 1}, column {mark.column + 1}" if mark else str(path)
        found = str(getattr(error, "problem", error) or error)
        problems.append(Problem(where, "valid YAML", found, "mend the line or the one before it"))
        return {}
    if not isinstance(content, dict):
        found = f"a {type(content).__name__}"
        advice = "begin each line of the top level with a name and a colon"
        problems.append(Problem(str(path), "a mapping of names to values", found, advice))
        return {}
    return content


def read_rows(
    path: Path, columns: tuple[str, ...], problems: list[Problem]
) -> list[tuple[int, dict[str, str]]]:
    """Rows of a comma-separated file with their line numbers; empty when its header is wrong."""
    text = read_text(path, problems)
    if not text:
        return []
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows: list[tuple[int, dict[str, str]]] = []
    try:
        header = next(reader)
        if not _header_fits(path, header, columns, problems):
            return []
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue  # an empty line, as spreadsheets leave them at the end
            if len(cells) != len(header):
                found = f"{len(cells)} cells"
                advice = "quote cells that hold a comma"
                where = f"{path} row {reader.line_num}"
                problems.append(Problem(where, f"{len(header)} cells", found, advice))
                continue
            for name, cell in zip(header, cells, strict=True):
                _check_no_formula(f"{path} row {reader.line_num} column {name}", cell, problems)
            rows.append((reader.line_num, dict(zip(header, cells, strict=True))))
    except csv.Error as error:
        where = f"{path} row {reader.line_num}"
        problems.append(Problem(where, "comma-separated text", str(error), "check the quotes"))
    if not rows and not problems:
        problems.append(Problem(str(path), "at least one row", "a header only", "add the numbers"))
    return rows


def _check_no_formula(where: str, cell: str, problems: list[Problem]) -> None:
    """Note a cell that a spreadsheet would run as a formula; a number with its sign is none."""
    first = unicodedata.normalize("NFKC", cell[:1])
    if first and (first in "=@\t\r" or (first in "+-" and not SIGNED_NUMBER.fullmatch(cell))):
        needed = "text that no spreadsheet takes for a formula"
        advice = "begin it with another character: leave a sign out of words, or name it in words"
        problems.append(Problem(where, needed, repr(cell), advice))


def _header_fits(
    path: Path, header: list[str], columns: tuple[str, ...], problems: list[Problem]
) -> bool:
    where = f"{path} row 1"
    if header[0].startswith("sep="):
        advice = "remove this line, which a spreadsheet has written"
        problems.append(Problem(where, "the names of the columns", repr(header[0]), advice))
        return False
    for sign, name in ((";", "semicolons"), ("\t", "tabs")):
        if len(header) == 1 and header[0].count(sign) >= len(columns) - 1:
            advice = (
                "export the file again with commas as separators, and check that the spreadsheet "
                "did not turn decimal points into commas"
            )
            problems.append(Problem(where, "cells separated by commas", name, advice))
            return False
    spelt = {name.casefold(): name for name in columns}
    for name in header:
        right = spelt.get(name.strip().casefold(), name)
        if right != name and right not in header:
            advice = "rename the column: names are in lower case, without spaces"
            problems.append(Problem(where, f"the column {right!r}", repr(name), advice))
            return False
    missing = [name for name in columns if name not in header]
    unknown = [name for name in header if name not in columns]
    repeated = sorted({name for name in header if header.count(name) > 1})
    for kind, names, advice in (
        ("missing", missing, "add the column"),
        ("unknown", unknown, "remove or rename the column; data/dictionary.csv lists them"),
        ("repeated", repeated, "keep one column of that name"),
    ):
        if names:
            found = f"{kind} {', '.join(repr(name) for name in names)}"
            problems.append(Problem(where, f"the columns {', '.join(columns)}", found, advice))
    return not (missing or unknown or repeated)


class _PlainLoader(_SafeLoader):
    """YAML whose plain words stay words: only true and false are booleans, dates stay text.

    A key that occurs twice is an error, so that nothing is dropped silently; so is an escape in
    quotes that stands for an invisible character.
    """

    def construct_scalar(self, node: yaml.ScalarNode | yaml.MappingNode) -> Any:
        if found := _named_invisible(str(node.value)):
            raise yaml.constructor.ConstructorError(
                problem=f"an escape that nobody can see, {found}", problem_mark=node.start_mark
            )
        return super().construct_scalar(node)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen = set()
        for key_node, _ in node.value:
            if key_node.tag == "tag:yaml.org,2002:merge":
                continue  # keys taken over from an anchor may be overridden
            key = self.construct_object(key_node, deep=True)
            if key in seen:
                raise yaml.constructor.ConstructorError(
                    problem=f"the key {key!r} occurs twice", problem_mark=key_node.start_mark
                )
            seen.add(key)
        return super().construct_mapping(node, deep=deep)


_PlainLoader.yaml_implicit_resolvers = {
    first: [
        (tag, pattern)
        for tag, pattern in resolvers
        if tag not in ("tag:yaml.org,2002:bool", "tag:yaml.org,2002:timestamp")
    ]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
for _first, _word in (("t", "true"), ("f", "false")):
    _PlainLoader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(f"^{_word}$"), [_first])


def write_whole(path: Path, content: str | bytes) -> None:
    """Write a file as one step: whoever opens it finds the old content or the new, never a part.

    Raises ``OSError``, with the file's name, for one that may not be written or has no room.
    """
    encoded = content.encode() if isinstance(content, str) else content
    if path.exists() and path.read_bytes() == encoded:
        return
    part = None
    try:
        if path.exists() and not os.access(path, os.W_OK):
            raise PermissionError(errno.EACCES, "it is read-only")
        handle, part = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".part")
        with os.fdopen(handle, "wb") as file:
            file.write(encoded)
        os.chmod(part, 0o644)  # noqa: PTH101
        os.replace(part, path)  # noqa: PTH105 (one step, or nothing)
    except OSError as error:
        with contextlib.suppress(OSError):
            os.unlink(part or "")  # noqa: PTH108
        why = f"it cannot be written ({error.strerror}), and is as it was"
        raise OSError(error.errno, why, str(path)) from error
