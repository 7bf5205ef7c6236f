"""Records to and from RIS and CSV, the formats of databases and reference managers.

The reader of RIS is our own.  It takes what databases write: counters and headings between records,
wrapped lines, and tags without a value (which are left out, not joined to the line before).
"""

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from livingreview_record import Collector, DataProblemsError, Problem, csv_text
from livingreview_search.records import (
    RECORD_COLUMNS,
    Record,
    record,
    same_doi,
    same_title,
)

TAG = re.compile(r"([A-Z][A-Z0-9])  ?-(?: (.*)|$)")
FIELDS = {  # of a record, by the RIS tags that may hold it, the preferred one first
    "authors": ("AU", "A1"),
    "year": ("PY", "Y1"),
    "title": ("TI", "T1"),
    "journal": ("JO", "JF", "T2", "JA"),
    "doi": ("DO",),
    "other_id": ("AN", "ID"),
    "address": ("UR",),
}
COLUMNS = {  # of a CSV file that PubMed writes, by the field they fill
    "Title": "title",
    "Authors": "authors",
    "Journal/Book": "journal",
    "Publication Year": "year",
    "DOI": "doi",
    "PMID": "other_id",
}


def read_ris(text: str, name: str = "RIS") -> list[Record]:
    r"""Return the records of a RIS file, with empty ids; `name` is the file in messages.

    Raises `DataProblemsError` for a record that does not begin with TY or end with ER, for one
    without a title, and for a file without any record.

    >>> [one] = read_ris("TY  - JOUR\nAU  - Horn, L.\nTI  - A trial\nPY  - 2018\nER  - \n")
    >>> one.authors, one.year, one.title
    ('Horn, L.', '2018', 'A trial')
    """
    problems: list[Problem] = []
    records: list[Record] = []
    tags: dict[str, list[str]] | None = None
    begun = 0
    for number, tag, value in [*_tagged(text), (0, "end", "")]:
        if tag in ("TY", "end"):
            if tags is not None:
                found = "another TY" if tag == "TY" else "the end of the file"
                _note(problems, name, begun, "the line ER at the end of a record", found)
            tags, begun = {}, number
        elif tag == "ER" and tags is not None:
            records.append(_from_tags(tags, name, begun, problems))
            tags = None
        elif tags is not None:
            tags.setdefault(tag, []).append(value)
        elif tag in FIELDS["title"] + FIELDS["authors"]:
            _note(problems, name, number, "the line TY before it", f"the tag {tag}")
    if not (records or problems):
        _note(problems, name, 1, "records, each from a line TY to a line ER", "none")
    if problems:
        raise DataProblemsError(problems)
    return records


def _tagged(text: str) -> list[tuple[int, str, str]]:
    """Lines with their tags and values, a wrapped line joined to its own; empty values left out."""
    found: list[tuple[int, str, str]] = []
    goes_on = False
    for number, line in enumerate(text.lstrip("\N{ZERO WIDTH NO-BREAK SPACE}").splitlines(), 1):
        match = TAG.match(line.strip())
        value = ((match[2] or "") if match else line).strip()
        if match and (value or match[1] in ("TY", "ER")):
            found.append((number, match[1], value))
        elif value and goes_on:
            first, tag, begun = found.pop()
            found.append((first, tag, f"{begun} {value}"))
        goes_on = bool(value) and (goes_on or bool(match)) and found[-1][1] not in ("TY", "ER")
    return found


def _note(problems: list[Problem], name: str, line: int, needed: str, found: str) -> None:
    do = "export the file again in RIS, or mend this record"
    Collector(name, problems).need(f"line {line}", needed, found, do)


def _from_tags(
    tags: Mapping[str, Sequence[str]], name: str, line: int, problems: list[Problem]
) -> Record:
    found = {
        field: next(("; ".join(tags[tag]) for tag in names if tags.get(tag)), "")
        for field, names in FIELDS.items()
    }
    if not found["title"]:
        _note(problems, name, line, "a title (TI or T1)", "none")
    found["year"] = found["year"][:4]
    first, last, volume, issue = (
        next(iter(tags.get(tag, ())), "") for tag in ("SP", "EP", "VL", "IS")
    )
    pages = f"{first}-{last}" if last else first
    found["volume_pages"] = (volume + (f"({issue})" if issue else "")) + (pages and f":{pages}")
    return record("", **found)


def to_ris(records: Iterable[Record]) -> str:
    """Return the records as RIS; one without a title carries our words as its note."""
    return "\n".join(_as_ris(one) for one in records)


def _as_ris(one: Record) -> str:
    split = r"; " if ";" in one.authors else r", | and "
    authors = [name for name in re.split(split, one.authors) if name not in ("", "et al")]
    tags = [("TY", "JOUR" if one.journal else "GEN")]
    tags += [("AU", name) for name in authors]
    tags += [
        ("PY", one.year),
        ("TI", one.title or f"[{one.described}]"),
        ("JO", one.journal),
        ("VL", one.volume_pages),
        ("DO", one.doi),
        ("AN", one.other_id),
        ("UR", one.address),
        ("ID", one.record_id),
        ("N1", one.printed or one.described),
    ]
    return "".join(f"{tag}  - {text}\n" for tag, text in tags if text) + "ER  - \n"


def read_table(text: str, name: str = "CSV") -> list[Record]:
    r"""Return the records of a CSV file with our own columns, or with those that PubMed writes.

    Raises `DataProblemsError` for a file without a column of titles and for a row without one.

    >>> [one] = read_table("PMID,Title,Authors\n7,A trial.,Horn L.\n")
    >>> one.title, one.other_id
    ('A trial.', '7')
    """
    reader = csv.DictReader(io.StringIO(text.lstrip("\N{ZERO WIDTH NO-BREAK SPACE}")))
    names = {column: COLUMNS.get(column, column) for column in reader.fieldnames or ()}
    records: list[Record] = []
    problems: list[Problem] = []
    file = Collector(name, problems)
    if "title" not in names.values():
        needed, found = "a column title (or Title)", ", ".join(names) or "an empty file"
        file.need("row 1", needed, found, "export the file again with its titles")
        raise DataProblemsError(problems)
    for row in reader:
        texts = {names[key]: (row[key] or "").strip() for key in names if row[key]}
        texts = {key: text for key, text in texts.items() if key in RECORD_COLUMNS[1:]}
        if not (texts.get("title") or texts.get("described")):
            do = "fill it in, or remove the row"
            file.need(f"row {reader.line_num}", "a title", "none", do)
        records.append(record(row.get("record_id") or "", **texts))
    if problems:
        raise DataProblemsError(problems)
    return records


def to_table(records: Iterable[Record]) -> str:
    """Return the records as CSV with the columns of `records.csv`."""
    rows = ([getattr(one, name) for name in RECORD_COLUMNS] for one in records)
    return csv_text(RECORD_COLUMNS, rows)


def propose(known: Iterable[Record], found: Iterable[Record], source_id: str) -> list[Record]:
    """Return all records: the known ones, then the found ones with ids and duplicate groups.

    A found record of the same DOI, or of the same title and year, as an earlier one joins its
    group; a person looks at each proposal.  Nothing is decided on a record here.

    >>> old, new = propose([record("a.1", doi="10.1/x")], [record("", doi="10.1/X")], "b")
    >>> new.record_id, new.duplicate_group, old.duplicate_group
    ('b.1', 'a.1', 'a.1')
    """
    records = {one.record_id: one for one in known}
    number = sum(one.source_id == source_id for one in records.values())
    seen = {key: one.record_id for one in records.values() for key in _keys(one)}
    for one in found:
        number += 1
        new = replace(one, record_id=f"{source_id}.{number}", source_id=source_id)
        same = next((seen[key] for key in _keys(new) if key in seen), None)
        if same is not None:
            group = records[same].duplicate_group or same
            records[group] = replace(records[group], duplicate_group=group)
            new = replace(new, duplicate_group=group)
        records[new.record_id] = new
        seen |= {key: new.record_id for key in _keys(new) if key not in seen}
    return list(records.values())


def _keys(one: Record) -> list[str]:
    keys = [same_doi(one.doi)] if one.doi else []
    return keys + ([f"{same_title(one.title)} {one.year}"] if one.title and one.year else [])
