"""Files to a validated review: every problem is gathered, then raised once.

The files' shapes are in `schema/` (JSON Schema) and, column by column, in the review's own
`data/dictionary.csv`.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from livingreview_record.certainty import Grade, check_certainty
from livingreview_record.dictionary import DICTIONARY_COLUMNS, Dictionary
from livingreview_record.files import is_folder, read_rows
from livingreview_record.inventory import (
    INDIRECT_COLUMNS,
    LEADS_COLUMNS,
    WITHOUT_NUMBERS,
    check_extraction,
    check_files,
    check_looked_up,
)
from livingreview_record.links import (
    check_apart,
    check_arms,
    check_same_as,
    check_shared,
    check_study,
)
from livingreview_record.named_by_rules import check_references_to_studies
from livingreview_record.plain_yaml import read_yaml
from livingreview_record.problems import Collector, DataProblemsError, Problem
from livingreview_record.protocol import Protocol
from livingreview_record.references import check_references
from livingreview_record.rows import COLUMNS, check_sizes, check_together, printed_number
from livingreview_record.shapes import check_shape
from livingreview_record.studies import Review, Study
from livingreview_record.typed import typed

EMPTY = ".gitkeep"  # beside no study yet, in a review that begins


def load_review(root: Path | str = ".", *, only: Iterable[str] | None = None) -> Review:
    """The review under `root/data`, with every study or with those named in `only`.

    Files of other studies are then not read, so that a change of theirs changes nothing here.
    Raises `DataProblemsError`, which lists every problem of every file.
    """
    data = Path(root) / "data"
    problems: list[Problem] = []
    declared = _load_dictionary(data, problems)
    protocol = _load_protocol(data, declared, problems)
    sound = None if problems else protocol
    names = None if only is None else frozenset(only)
    folders = _study_folders(data, names, problems)
    loaded = {folder.name: _load_study(folder, declared, problems) for folder in folders}
    studies = {id_: one for id_, one in loaded.items() if one is not None}
    if sound:
        for id_, study in studies.items():
            check_arms(data / "studies" / id_ / "study.yaml", study, sound, problems)
        roles, terms = sound.roles, sound.words
        studies = {id_: replace(one, roles=roles, terms=terms) for id_, one in studies.items()}
    extraction: tuple[Mapping[str, str], ...] = ()
    leads: tuple[Mapping[str, str], ...] = ()
    indirect: tuple[Mapping[str, str], ...] = ()
    certainty: dict[str, Grade] = {}
    if names is None:
        check_files(data, declared, problems)
        ids = _check_together(data, sound, studies, declared, problems)
        asked = [one.id for one in sound.questions] if sound else None
        leads = check_looked_up(data / "leads.csv", LEADS_COLUMNS, asked, problems)
        indirect = check_looked_up(data / "indirect.csv", INDIRECT_COLUMNS, asked, problems)
        rows = Counter(one["study"] for one in indirect)
        rows.update({id_: len(study.numbers) for id_, study in studies.items()})
        extraction = check_extraction(data / "extraction.csv", {*ids, *rows}, rows, problems)
        if sound:
            planned = [one.id for one in sound.syntheses]
            certainty = check_certainty(data / "appraisal" / "grade.csv", planned, problems)
    if problems or protocol is None:
        raise DataProblemsError(problems)
    return Review(protocol, studies, declared, extraction, leads, certainty, indirect)


def load_protocol(root: Path | str = ".") -> Protocol:
    """The question and rules of the review under `root/data`, without its studies.

    Raises `DataProblemsError`, which lists every problem of `review.yaml`.
    """
    data = Path(root) / "data"
    problems: list[Problem] = []
    protocol = _load_protocol(data, _load_dictionary(data, problems), problems)
    if problems or protocol is None:
        raise DataProblemsError(problems)
    return protocol


def load_study(study_id: str, root: Path | str = ".") -> Study:
    """One study of the review under `root/data`, with the roles that `review.yaml` declares.

    Raises `DataProblemsError`, which lists every problem of the study's and the review's own files.
    """
    return load_review(root, only=[study_id]).studies[study_id]


def load_dictionary(root: Path | str = ".") -> Dictionary:
    """What `data/dictionary.csv` of the review under `root` describes."""
    problems: list[Problem] = []
    found = _load_dictionary(Path(root) / "data", problems)
    if problems:
        raise DataProblemsError(problems)
    return found


def _load_dictionary(data: Path, problems: list[Problem]) -> Dictionary:
    """What the review's own dictionary describes; `DataProblemsError` without a data folder."""
    if not is_folder(data, problems):
        raise DataProblemsError(problems)
    path = data / "dictionary.csv"
    rows = read_rows(path, DICTIONARY_COLUMNS, problems, may_be_empty=True)
    first: dict[tuple[str, str], int] = {}
    collector = Collector(str(path), problems)
    for line, cells in rows:
        known = first.setdefault((cells["file"], cells["name"]), line)
        if known != line:
            found = f"another of {cells['name']!r} in {cells['file']}, after row {known}"
            collector.need(f"row {line}", "one row a name", found, "remove one")
    return Dictionary(tuple(cells for _, cells in rows), is_whole=not problems)


def _load_protocol(data: Path, declared: Dictionary, problems: list[Problem]) -> Protocol | None:
    known, path = len(problems), data / "review.yaml"
    content = read_yaml(path, problems)
    check_shape(path, "review", content, declared, problems)
    if len(problems) > known:
        return None
    protocol = typed(Protocol, content)
    check_references(path, protocol, declared, problems)
    return protocol


def _study_folders(data: Path, names: frozenset[str] | None, problems: list[Problem]) -> list[Path]:
    """The folders of the wanted studies; a problem for each that cannot be read."""
    studies = data / "studies"
    if not is_folder(studies, problems):
        return []
    if names is None:
        wanted = [path for path in sorted(studies.iterdir()) if not path.name.startswith(".")]
    else:  # without listing the others, so that a new one changes nothing for these
        named = (studies / name for name in sorted(names))
        wanted = [path for path in named if path.is_symlink() or path.exists()]
    for name in sorted((names or frozenset()) - {path.name for path in wanted}):
        Collector(str(studies / name), problems).need("", "a folder", "none", "add the study")
    folders = [path for path in wanted if path.is_symlink() or path.is_dir()]
    if not folders and names is None and not (studies / EMPTY).exists():
        Collector(str(studies), problems).need("", "a folder a study", "none", "add a study")
    return [path for path in folders if is_folder(path, problems)]


def _check_together(
    data: Path,
    protocol: Protocol | None,
    studies: Mapping[str, Study],
    declared: Dictionary,
    problems: list[Problem],
) -> list[str]:
    """Check what only all files together show: rules and shared patients.

    Return the ids of the studies that have a folder.
    """
    if protocol:
        found = tuple(studies.values())
        check_references_to_studies(data / "review.yaml", protocol, found, declared, problems)
    folders = data / "studies"
    known = sorted(path.name for path in folders.iterdir()) if folders.is_dir() else []
    check_apart(folders, studies, problems)
    outcomes = [id_ for study in studies.values() for id_ in study.outcomes]
    for id_, study in studies.items():
        if protocol:
            named = [*protocol.outcomes, *(one.outcome for one in protocol.syntheses), *outcomes]
            check_same_as(folders / id_ / "study.yaml", study, named, problems)
        check_shared(folders / id_ / "study.yaml", study, known, problems)
    return known


def _load_study(folder: Path, declared: Dictionary, problems: list[Problem]) -> Study | None:
    known = len(problems)
    path = folder / "study.yaml"
    content = read_yaml(path, problems)
    check_shape(path, "study", content, declared, problems)
    if len(problems) > known:
        return None
    study = _study(content)
    if study.id != folder.name:
        do = "make the id and the folder's name equal"
        Collector(str(path), problems).need("id", repr(folder.name), repr(study.id), do)
    check_study(path, study, problems)
    return _with_numbers(folder / "reported.csv", study, problems)


def _study(content: Mapping[str, Any]) -> Study:
    vocabulary = {
        key: {id_: written_out(entry) for id_, entry in content[key].items()}
        for key in ("outcomes", "variables")
        if key in content
    }
    return typed(Study, {**content, **vocabulary})


def written_out(entry: Mapping[str, Any]) -> Mapping[str, Any]:
    """The entry of an outcome or variable with each of its short forms written out."""
    levels, wider = (
        entry.get("levels", {}) | entry.get("categories", {}),
        entry.get("subset_of", {}),
    )
    return {
        **entry,
        "levels": levels,
        "subset_of": {"": wider} if isinstance(wider, str) else wider,
    }


def _with_numbers(path: Path, study: Study, problems: list[Problem]) -> Study:
    if study.status in WITHOUT_NUMBERS:
        if path.exists():
            found = f"a file, with status {study.status!r}"
            do = "change the status in study.yaml or remove the file"
            Collector(str(path), problems).need("", "no reported.csv", found, do)
        return study
    known = len(problems)
    rows = read_rows(path, COLUMNS, problems)
    numbers = tuple(printed_number(path, line, cells, study, problems) for line, cells in rows)
    check_together(path, numbers, problems)
    if len(problems) == known:
        check_sizes(path, numbers, problems)
    return replace(study, numbers=numbers)
