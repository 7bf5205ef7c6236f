"""Check everything under `data/appraisal` at once."""

from collections.abc import Callable, Iterator
from pathlib import Path

from livingreview_appraisal.appraisals import load_appraisals
from livingreview_appraisal.languages import load_languages
from livingreview_appraisal.missing import load_missing
from livingreview_appraisal.questions import load_questions, load_translation
from livingreview_record import DataProblemsError, Problem, Review


def check_appraisal(root: Path | str, review: Review) -> list[Problem]:
    """Return every problem of the files under `root/data/appraisal` but `grade.csv`.

    That one is read with the review.  A file that is not there has none.
    """
    syntheses = [one.id for one in review.protocol.syntheses]
    folder = Path(root) / "data" / "appraisal"
    steps: dict[str, Callable[[], object]] = {
        "appraisal.yaml": lambda: load_appraisals(root, review),
        "missing.csv": lambda: load_missing(root, syntheses, review.studies),
        "findings.yaml": lambda: load_questions(root, syntheses, review=review),
        "languages.yaml": lambda: list(_translations(root, syntheses)),
    }
    problems: list[Problem] = []
    for name, load in steps.items():
        try:
            _ = load() if (folder / name).exists() else None
        except DataProblemsError as error:
            problems += error.problems
    return list(dict.fromkeys(problems))


def _translations(root: Path | str, syntheses: list[str]) -> Iterator[object]:
    """The words of the questions in each language but that of `findings.yaml`."""
    for language in load_languages(root).values():
        questions = load_questions(root, syntheses)
        if language.findings != "findings.yaml":
            yield load_translation(root, language.findings, questions)
