"""The files with which a new study begins: its data, its chapter, its line in the contents."""

import re
import shutil
from collections.abc import Sequence
from importlib import resources
from pathlib import Path

from livingreview_record import (
    COLUMNS,
    arm_flags,
    load_dictionary,
    load_protocol,
    write_whole,
)

STUDY_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
CHAPTER_TEMPLATE = Path("chapters", "_template-study.md")
NUMBERS_TEMPLATE = Path("chapters", "_template-numbers.md")  # of a page below the chapter


def new_study(root: Path, study_id: str) -> list[Path]:
    """Write the first version of a study's files; those that were written or changed.

    Raises `ValueError` for an id that cannot name files and addresses, `FileExistsError` when
    there is such a study, `FileNotFoundError` without a template or contents to add it to, and
    `DataProblemsError` when `review.yaml` is faulty.
    """
    if not STUDY_ID.fullmatch(study_id):
        msg = f"study id {study_id!r}: need lower-case words joined by hyphens, like smith-2027"
        raise ValueError(msg)
    folder = root / "data" / "studies" / study_id
    chapter = root / "chapters" / f"{study_id}.md"
    for path in (folder, chapter):
        if path.exists():
            msg = f"{path}: there is such a study; choose another id or edit that one"
            raise FileExistsError(msg)
    for path in (root / CHAPTER_TEMPLATE, root / "_toc.yml"):
        if not path.exists():
            msg = f"{path}: need this file to begin a study, found nothing; take it from the book"
            raise FileNotFoundError(msg)
    flags = "\n    ".join(
        f"{flag}: # true or false" for flag in arm_flags(load_protocol(root).syntheses)
    )
    study = (
        resources.files("livingreview_start").joinpath("templates/study.yaml").read_text("utf-8")
    )
    chapters = {chapter: CHAPTER_TEMPLATE}
    if (root / NUMBERS_TEMPLATE).exists():
        chapters[chapter.with_stem(f"{study_id}-numbers")] = NUMBERS_TEMPLATE
    keys = load_dictionary(root).below("study", "design")
    own = [key for key in keys if f"  {key}:" not in study]
    study = study.replace("DESIGN-KEYS", "\n  ".join(f"{key}:" for key in own) or "")
    texts = {
        folder / "study.yaml": study.replace("STUDY-ID", study_id).replace("ARM-FLAGS", flags),
        folder / "reported.csv": ",".join(COLUMNS) + "\n",
        **{path: chapter_text(root / template, study_id) for path, template in chapters.items()},
        root / "_toc.yml": with_chapters(root, [study_id], numbers=len(chapters) > 1),
    }
    folder.mkdir(parents=True)
    try:
        for path, text in texts.items():
            write_whole(path, text)
    except OSError:  # half a study would stop the next attempt
        for path in chapters:
            path.unlink(missing_ok=True)
        shutil.rmtree(folder)
        raise
    return list(texts)


def chapter_text(template: Path, study_id: str, label: str = "") -> str:
    """Return the first version of a chapter of a study."""
    text = template.read_text("utf-8").replace("STUDY-ID", study_id)
    return text.replace("STUDY-LABEL", label or study_id)


def with_chapters(root: Path, study_ids: Sequence[str], *, numbers: bool = False) -> str:
    """Return the table of contents with these chapters after the last one of a study.

    With `numbers` each has the page of its numbers below it.
    """
    lines = (root / "_toc.yml").read_text("utf-8").splitlines()
    studies = {path.name for path in (root / "data" / "studies").iterdir()}
    last = max(
        (n for n, line in enumerate(lines) if line.rpartition("chapters/")[2] in studies),
        default=len(lines) - 1,
    )
    indent = _indent(lines[last])
    while last + 1 < len(lines) and len(_indent(lines[last + 1])) > len(indent):
        last += 1  # what stands below that chapter
    new = []
    for id_ in study_ids:
        new.append(f"{indent}- file: chapters/{id_}")
        if numbers:
            new += [f"{indent}  sections:", f"{indent}    - file: chapters/{id_}-numbers"]
    lines[last + 1 : last + 1] = new
    return "\n".join(lines) + "\n"


def _indent(line: str) -> str:
    return line[: len(line) - len(line.lstrip())]
