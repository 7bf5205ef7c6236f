"""Evidence that is missing from a synthesis: which studies give no result, and what that may do.

References: Page MJ and others 2023, *BMJ* 383:e076754 (ROB-ME).
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from livingreview_appraisal.tools import Tool, judge, load_tool
from livingreview_record import Collector, DataProblemsError, Problem, read_rows

ABSENT_COLUMNS = ("assessor", "date", "syntheses", "study_id", "state", "place", "why")
ANSWERED_COLUMNS = ("assessor", "date", "syntheses", "question", "answer", "support")
STATES: Mapping[str, str] = {
    "unrelated": "no usable result, for another reason than what it was",
    "unclear": "not clear whether it has such a result",
    "selected": "no result, likely because of what it was",
}
SYMBOLS = {"unrelated": "~", "unclear": "?", "selected": "\N{MULTIPLICATION SIGN}"}
EVERY = "all"  # in column syntheses: the whole review
REVIEW, SYNTHESIS = "review", "synthesis"  # domains of the tool
YES = ("Y", "PY")


@dataclass(frozen=True)
class Absent:
    """A study that belongs to a synthesis and gives it no usable result: its state, and why."""

    study: str
    state: str
    place: str
    why: str


@dataclass(frozen=True)
class MissingEvidence:
    """Of one synthesis: the studies that give no result, the answers with support, the judgement.

    Answers are those of the tool's questions; what is not asked is `NA`.
    """

    synthesis: str
    absent: tuple[Absent, ...]
    answers: Mapping[str, tuple[str, str]]
    judgement: str

    @property
    def words(self) -> str:
        """The judgement in words."""
        return load_tool("rob-me").judgements[self.judgement]


def load_missing(
    root: Path | str, syntheses: Iterable[str], studies: Iterable[str]
) -> dict[str, MissingEvidence]:
    """What `root/data/appraisal` says on missing evidence, by synthesis.

    Questions 4.1, 4.3 and 4.5 are answered by the rows on studies and by 3.1 to 3.3.  Raises
    `DataProblemsError`, which lists every problem with its row.
    """
    folder = Path(root) / "data" / "appraisal"
    problems: list[Problem] = []
    reader = _Reader(folder, tuple(syntheses), tuple(studies), problems)
    absent, answers = reader.absent(), reader.answers()
    common = answers.pop(EVERY, {})
    found = {}
    for id_ in dict.fromkeys((*answers, *absent)):
        given = _answered(absent.get(id_, []), common, answers.get(id_, {}))
        found[id_] = _judged(id_, tuple(absent.get(id_, ())), given, reader)
    if problems:
        raise DataProblemsError(problems)
    return {id_: one for id_, one in found.items() if one is not None}


_Given = dict[str, tuple[str, str]]  # by question: the answer, and its support


@dataclass(frozen=True)
class _Reader:
    folder: Path
    syntheses: tuple[str, ...]
    studies: tuple[str, ...]
    problems: list[Problem]

    def _rows(
        self, name: str, columns: tuple[str, ...], known: tuple[str, ...]
    ) -> Iterator[tuple[Collector, str, dict[str, str]]]:
        path = self.folder / name
        for line, cells in read_rows(path, columns, self.problems, may_be_empty=True):
            collector = Collector(f"{path} row {line}", self.problems)
            for id_ in cells["syntheses"].split():
                if collector.one_of("column syntheses", id_, known):
                    yield collector, id_, cells

    def absent(self) -> dict[str, list[Absent]]:
        """The studies that give no result, by synthesis."""
        found: dict[str, list[Absent]] = {}
        for collector, id_, cells in self._rows("missing.csv", ABSENT_COLUMNS, self.syntheses):
            collector.one_of("column state", cells["state"], STATES)
            collector.one_of("column study_id", cells["study_id"], self.studies)
            for name, what in (("place", "where in the report"), ("why", "a reason")):
                if not cells[name].strip():
                    collector.need(f"column {name}", what, "nothing", "fill it in")
            one = Absent(cells["study_id"], cells["state"], cells["place"], cells["why"])
            if one.study in (other.study for other in found.get(id_, ())):
                needed = f"one row on {one.study} in {id_}"
                collector.need("column study_id", needed, "another one", "remove one of the two")
            found.setdefault(id_, []).append(one)
        return found

    def answers(self) -> dict[str, _Given]:
        """The answers that are given, by synthesis, those on the whole review under `EVERY`."""
        questions = load_tool("rob-me").domains
        asked = {EVERY: questions[REVIEW].questions}
        found: dict[str, _Given] = {}
        known = (EVERY, *self.syntheses)
        for collector, id_, cells in self._rows("missing_answers.csv", ANSWERED_COLUMNS, known):
            own = asked.get(id_, questions[SYNTHESIS].questions)
            number, answer = cells["question"], cells["answer"]
            given = [key for key in own if key not in ("4.1", "4.3", "4.5")]
            if not collector.one_of("column question", number, given):
                continue
            collector.one_of("column answer", answer, own[number].answers)
            if not cells["support"].strip():
                collector.need("column support", "our own words", "nothing", "fill it in")
            if number in found.setdefault(id_, {}):
                needed, do = f"one answer to {number} on {id_}", "remove one of the two"
                collector.need("column question", needed, "another one", do)
            found[id_][number] = answer, cells["support"]
        return found


def _answered(absent: list[Absent], common: _Given, own: _Given) -> _Given:
    """The answers of a synthesis with those that the rows on studies and on the review give."""
    states = {one.state for one in absent}
    said = {key: answer for key, (answer, _) in common.items()}
    registered = said.get("3.1") == "Y"
    unknown = not registered and not (said.get("3.2") in YES and said.get("3.3") in YES)
    derived = {
        "4.1": ("selected" in states, "by the studies that give no result"),
        "4.3": ("unclear" in states, "by the studies that give no result"),
        "4.5": (unknown, "by the answers on the whole review"),
    }
    told = {key: ("Y" if holds else "N", why) for key, (holds, why) in derived.items()}
    return {**common, **told, **own}


def _judged(
    id_: str, absent: tuple[Absent, ...], given: _Given, reader: _Reader
) -> MissingEvidence | None:
    """The judgement that the answers give; a problem where one that is asked is not answered."""
    tool = load_tool("rob-me")
    file = Collector(str(reader.folder / "missing_answers.csv"), reader.problems)
    if lacking := _lacking(tool, given):
        needed, do = f"answers on {id_}", "add a row for each question that is asked"
        file.need("", needed, f"none to {', '.join(lacking)}", do)
        return None
    answers = {key: given.get(key, ("NA", "")) for key in tool.questions}
    domain = tool.domains[SYNTHESIS]
    judgement = judge(tool, domain, {key: answer for key, (answer, _) in answers.items()})
    if judgement is None:
        needed, found = f"answers on {id_} from which a way leads", "none"
        do = "correct them by the questions of the tool"
        file.need("", needed, found, do)
        return None
    return MissingEvidence(id_, absent, answers, judgement)


def _lacking(tool: Tool, given: _Given) -> list[str]:
    """The questions that are asked, by the answers so far, and have no answer."""
    asks = {"4.2": "4.1", "4.4": "4.3", "4.6": "4.5"}
    asked = ["3.1", *(key for key, before in asks.items() if given[before][0] == "Y")]
    if any(given[before][0] == "Y" for before in asks.values()):
        asked += ["4.7", "4.8"]
    return [key for key in tool.questions if key in asked and key not in given]
