"""The one door to the data: read text, YAML and CSV, with every fault noted."""

import csv
import io
import re
from collections.abc import Hashable
from pathlib import Path
from typing import Any

import yaml

from livingreview.problems import Problem

try:  # libyaml reads a study some ten times faster; every usual wheel of PyYAML has it
    from yaml import CSafeLoader as _SafeLoader
except ImportError:
    from yaml import SafeLoader as _SafeLoader  # type: ignore[assignment]


def read_text(path: Path, problems: list[Problem]) -> str:
    """The file as text, without a byte order mark; empty, with a problem noted, when unreadable."""
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
    return text


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
            if not cells:
                continue
            if len(cells) != len(header):
                found = f"{len(cells)} cells"
                advice = "quote cells that hold a comma"
                where = f"{path} row {reader.line_num}"
                problems.append(Problem(where, f"{len(header)} cells", found, advice))
                continue
            rows.append((reader.line_num, dict(zip(header, cells, strict=True))))
    except csv.Error as error:
        where = f"{path} row {reader.line_num}"
        problems.append(Problem(where, "comma-separated text", str(error), "check the quotes"))
    if not rows and not problems:
        problems.append(Problem(str(path), "at least one row", "a header only", "add the numbers"))
    return rows


def _header_fits(
    path: Path, header: list[str], columns: tuple[str, ...], problems: list[Problem]
) -> bool:
    where = f"{path} row 1"
    if len(header) == 1 and header[0].count(";") >= len(columns) - 1:
        advice = (
            "export the file again with commas as separators, and check that the spreadsheet did "
            "not turn decimal points into commas"
        )
        problems.append(Problem(where, "cells separated by commas", "semicolons", advice))
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

    A key that occurs twice is an error, so that nothing is dropped silently.
    """

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
