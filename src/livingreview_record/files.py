"""The one door to the data: read text and CSV, with every fault noted."""

import contextlib
import csv
import errno
import io
import os
import re
import stat
import tempfile
import unicodedata
from pathlib import Path

from livingreview_record.problems import Problem

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


def read_text(path: Path, problems: list[Problem]) -> str:
    """The file as text, without a byte order mark; empty, with a problem noted, when unreadable.

    A character that no reader can see, or that turns the direction of the text around it, is a
    problem, and is left out of the text.
    """
    if not _is_kind(path, stat.S_IFREG, problems):
        return ""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        found = f"one that cannot be read ({error.strerror})"
        problems.append(Problem(str(path), "a file", found, "change its permissions"))
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


def is_folder(path: Path, problems: list[Problem]) -> bool:
    """Whether the path is a folder of its own, with a problem noted when it is not."""
    return _is_kind(path, stat.S_IFDIR, problems)


def _is_kind(path: Path, wanted: int, problems: list[Problem]) -> bool:
    """Whether the path is a file (or folder), not a link to one, and of a size that can be read."""
    needed, where = TYPES_OF_FILE[wanted], str(path)
    try:
        status = path.lstat()
    except OSError as error:
        needed = SHAPES.get(path.name, needed)
        near = _neighbour(path)
        found = (
            "nothing"
            if isinstance(error, FileNotFoundError | NotADirectoryError)
            else (f"one that cannot be read ({error.strerror})")
        )
        advice = f"add it, or run this in the folder that holds {path.name}/"
        if wanted == stat.S_IFREG:
            advice = "add the file"
        if near:
            found, advice = f"{near!r} beside it", f"save that one as {path.name}, in UTF-8"
        problems.append(Problem(where, needed, found, advice))
        return False
    kind = stat.S_IFMT(status.st_mode)
    if kind != wanted:
        found = TYPES_OF_FILE.get(kind, "a device or socket")
        if kind == stat.S_IFLNK:
            found += f" to {path.readlink()}"
        advice = f"put {needed} itself in its place"
        problems.append(Problem(where, needed, found, advice))
    elif kind == stat.S_IFDIR and not os.access(path, os.R_OK | os.X_OK):
        found = "one that may not be listed"
        problems.append(Problem(where, needed, found, "change its permissions"))
    elif kind == stat.S_IFREG and status.st_size > LARGEST:
        found = f"{status.st_size:,} bytes"
        problems.append(Problem(where, f"at most {LARGEST:,} bytes", found, "split or correct it"))
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


def _check_visible(where: str, text: str, problems: list[Problem]) -> None:
    """Note the invisible characters of a line, each with its first position."""
    found = named_invisible(text)
    if found:
        problems.append(Problem(where, "characters that a reader can see", found, VISIBLE))


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
    if not (rows or problems or may_be_empty):
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
