"""Read text and CSV files, and write a file whole; every fault of a file is noted."""

import contextlib
import csv
import errno
import io
import os
import re
import stat
import tempfile
import unicodedata
from collections.abc import Iterable
from pathlib import Path

from livingreview_record.problems import Collector, Problem

INVISIBLE = frozenset({"Cc", "Cf", "Co", "Zl", "Zp"})  # control, format, private use, separators
BLANK_LETTERS = frozenset("\u034f\u115f\u1160\u2800\u3164\uffa0")  # drawn as nothing at all
VISIBLE = "remove it, or type the text again instead of pasting it"
LARGEST = 20_000_000  # bytes; a long paper is some 100,000
TYPES_OF_FILE = {
    stat.S_IFDIR: "a folder",
    stat.S_IFREG: "a file",
    stat.S_IFLNK: "a symbolic link",
    stat.S_IFIFO: "a named pipe",
}
SHAPES = {  # what a missing file has to be
    "review.yaml": "a file that says what the review asks, in YAML (its keys are title, question, "
    "eligibility, outcomes, treatment_classes, syntheses, documents_read_until and searched)",
    "dictionary.csv": "a file (columns file, name, meaning, values) that describes the review's "
    "own keys",
    "extraction.csv": "a file (columns study_id, rows_first, rows_second, values_in_conflict, "
    "only_first, only_second, second, settled) with a line for each study that was extracted twice",
}
SIGNED_NUMBER = re.compile(r"[+-](?=\.?\d)[^=|!(]*|[+-]+")  # no spreadsheet runs it
NO_FORMULA = "text that no spreadsheet takes for a formula"
WITHOUT_SIGN = "begin it with another character: leave a sign out of words, or name it in words"


def read_text(path: Path, problems: list[Problem]) -> str:
    """The file as text, without a byte order mark; empty, with a problem noted, when unreadable.

    A character that no reader can see, or that turns the direction of the text around it, is a
    problem, and is left out of the text.
    """
    collector = Collector(str(path), problems)
    if not _is_kind(path, stat.S_IFREG, collector):
        return ""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        found = f"one that cannot be read ({error.strerror})"
        collector.need("", "a file", found, "change its permissions")
        return ""
    except UnicodeDecodeError as error:
        found = f"byte {error.object[error.start]:#04x} at position {error.start}"
        collector.need("", "UTF-8 text", found, "save the file again with the encoding UTF-8")
        return ""
    if not text.strip():
        collector.need("", "content", "an empty file", "fill it or remove it")
        return ""
    hidden = {character for character in set(text) if is_invisible(character)}
    if hidden:
        for number, line in enumerate(re.split(r"\r\n|\r|\n", text), 1):
            if found := named_invisible(line):
                place, needed = f"line {number}", "characters that a reader can see"
                collector.need(place, needed, found, VISIBLE)
        text = text.translate(dict.fromkeys(map(ord, hidden)))
    return text


def is_folder(path: Path, problems: list[Problem]) -> bool:
    """Whether the path is a folder of its own, with a problem noted when it is not."""
    return _is_kind(path, stat.S_IFDIR, Collector(str(path), problems))


def _is_kind(path: Path, wanted: int, collector: Collector) -> bool:
    """Whether the path is a file (or folder), not a link to one, and of a size that can be read."""
    needed = TYPES_OF_FILE[wanted]
    try:
        status = path.lstat()
    except OSError as error:
        needed = SHAPES.get(path.name, needed)
        near = _neighbour(path)
        found, do = f"one that cannot be read ({error.strerror})", "add the file"
        if isinstance(error, FileNotFoundError | NotADirectoryError):
            found = "nothing"
        if wanted == stat.S_IFDIR:
            do = f"add it, or run this in the folder that holds {path.name}/"
        if near:
            found, do = f"{near!r} beside it", f"save that one as {path.name}, in UTF-8"
        collector.need("", needed, found, do)
        return False
    kind = stat.S_IFMT(status.st_mode)
    if kind != wanted:
        found = TYPES_OF_FILE.get(kind, "a device or socket")
        if kind == stat.S_IFLNK:
            found += f" to {path.readlink()}"
        collector.need("", needed, found, f"put {needed} itself in its place")
    elif kind == stat.S_IFDIR and not os.access(path, os.R_OK | os.X_OK):
        collector.need("", needed, "one that may not be listed", "change its permissions")
    elif kind == stat.S_IFREG and status.st_size > LARGEST:
        found = f"{status.st_size:,} bytes"
        collector.need("", f"at most {LARGEST:,} bytes", found, "split or correct it")
    else:
        return True
    return False


def _neighbour(path: Path) -> str:
    """A file beside the missing one that may have been meant: other capitals, another format."""
    try:
        names = sorted(other.name for other in path.parent.iterdir())
    except OSError:
        return ""
    stem = path.stem.casefold()
    return next((name for name in names if Path(name).stem.casefold() == stem), "")


def is_invisible(character: str) -> bool:
    r"""Whether nobody can see the character, a line break or a tab aside.

    >>> [is_invisible(one) for one in ("\u202e", "\N{SOFT HYPHEN}", "e", "\t")]
    [True, True, False, False]
    """
    if character in "\n\r\t":
        return False
    selects = unicodedata.name(character, "").startswith("VARIATION SELECTOR")
    return selects or unicodedata.category(character) in INVISIBLE or character in BLANK_LETTERS


def named_invisible(text: str) -> str:
    """The invisible characters of a text, each with its name and first position; or nothing."""
    return "; ".join(
        f"U+{ord(one):04X} ({unicodedata.name(one, 'a control or private character')}) "
        f"at character {text.index(one) + 1}"
        for one in dict.fromkeys(text)
        if is_invisible(one)
    )


def read_rows(
    path: Path,
    columns: tuple[str, ...],
    problems: list[Problem],
    *,
    may_be_empty: bool = False,
) -> list[tuple[int, dict[str, str]]]:
    """Rows of a comma-separated file with their line numbers; empty when its header is wrong."""
    text = read_text(path, problems)
    if not text:
        return []
    collector = Collector(str(path), problems)
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows: list[tuple[int, dict[str, str]]] = []
    try:
        header = next(reader)
        if not _header_fits(header, columns, collector):
            return []
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue  # an empty line, as spreadsheets leave them at the end
            if len(cells) != len(header):
                place, found = f"row {reader.line_num}", f"{len(cells)} cells"
                do = "quote cells that hold a comma"
                collector.need(place, f"{len(header)} cells", found, do)
                continue
            for name, cell in zip(header, cells, strict=True):
                if is_formula(cell):
                    place = f"row {reader.line_num} column {name}"
                    collector.need(place, NO_FORMULA, repr(cell), WITHOUT_SIGN)
            rows.append((reader.line_num, dict(zip(header, cells, strict=True))))
    except csv.Error as error:
        place = f"row {reader.line_num}"
        collector.need(place, "comma-separated text", str(error), "check the quotes")
    if not (rows or problems or may_be_empty):
        collector.need("", "at least one row", "a header only", "add the numbers")
    return rows


def is_formula(cell: str) -> bool:
    """Whether a spreadsheet would run the cell as a formula.

    >>> [is_formula(cell) for cell in ("=A1", "-9.5", "-A1", "text")]
    [True, False, True, False]
    """
    first = unicodedata.normalize("NFKC", cell[:1])
    signed = first in ("+", "-") and not SIGNED_NUMBER.fullmatch(cell)
    return first in ("=", "@", "\t", "\r") or signed


def _header_fits(header: list[str], columns: tuple[str, ...], collector: Collector) -> bool:
    if header[0].startswith("sep="):
        do = "remove this line, which a spreadsheet has written"
        collector.need("row 1", "the names of the columns", repr(header[0]), do)
        return False
    for sign, name in ((";", "semicolons"), ("\t", "tabs")):
        if len(header) == 1 and header[0].count(sign) >= len(columns) - 1:
            do = (
                "export the file again with commas as separators, and check that the spreadsheet "
                "did not turn decimal points into commas"
            )
            collector.need("row 1", "cells separated by commas", name, do)
            return False
    spelt = {name.casefold(): name for name in columns}
    for name in header:
        right = spelt.get(name.strip().casefold(), name)
        if right != name and right not in header:
            do = "rename the column: names are in lower case, without spaces"
            collector.need("row 1", f"the column {right!r}", repr(name), do)
            return False
    missing = [name for name in columns if name not in header]
    unknown = [name for name in header if name not in columns]
    repeated = sorted({name for name in header if header.count(name) > 1})
    for kind, names, do in (
        ("missing", missing, "add the column"),
        ("unknown", unknown, "remove or rename the column; data/dictionary.csv lists them"),
        ("repeated", repeated, "keep one column of that name"),
    ):
        if names:
            found = f"{kind} {', '.join(repr(name) for name in names)}"
            collector.need("row 1", f"the columns {', '.join(columns)}", found, do)
    return not (missing or unknown or repeated)


def csv_text(columns: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    r"""Return a table as CSV; no heading where `columns` is empty.

    >>> csv_text(["a", "b"], [["1", "x, y"]])
    'a,b\n1,"x, y"\n'
    """
    target = io.StringIO(newline="")
    writer = csv.writer(target, lineterminator="\n")
    writer.writerows([*([list(columns)] if columns else []), *rows])
    return target.getvalue()


def write_whole(path: Path, content: str | bytes) -> None:
    """Write a file as one step: whoever opens it finds the old content or the new, never a part.

    Raises `OSError`, with the file's name, for one that may not be written or has no room.
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


def could_not(error: OSError) -> str:
    """What the system refused, with the file and what to do.

    >>> could_not(OSError(28, "No space left on device", "results.json"))
    'results.json: No space left on device; mend that, then run the same command again'
    """
    if error.filename is None:
        return str(error)
    return f"{error.filename}: {error.strerror}; mend that, then run the same command again"
