"""What if a study had been done otherwise: its section of a chapter, on synthetic patients."""

from functools import cached_property
from pathlib import Path

from livingreview_cohort import design_tables as tables
from livingreview_cohort.answer import WhatIf
from livingreview_cohort.choices import Pipeline, has_pipeline, load_pipeline
from livingreview_cohort.conflict import conflicts
from livingreview_cohort.distance import Distance, distances
from livingreview_cohort.figures import RANGES, MarkedForest
from livingreview_cohort.margins import counted
from livingreview_cohort.reenact import fit_for, reenact
from livingreview_cohort.tables import Folded
from livingreview_cohort.what_if import answers
from livingreview_display import Axis, Table, Words, bullets, show
from livingreview_record import load_review, read_rows

WATERMARK = "synthetic patients"
DRAWS = 20  # of which the distances take the middle
COVERAGE_DRAWS = 19  # of each simulated paper
COVERAGE = Path("data") / "cohort" / "coverage.csv"
HEAD = (
    "Nobody in this section is real. Each question changes one choice of the study's design "
    "for synthetic patients who agree with its printed numbers, and shows how far that "
    "choice could have moved a result. It says nothing about what the authors did beyond "
    "what they print."
)
NONE_IMPOSSIBLE = (
    "All {n} printed counts and percentages of this study can hold together for one group of "
    "patients."
)
IMPOSSIBLE = (
    "Of {n} printed counts and percentages, those in each row below cannot all hold for one "
    "group of patients, if what is taken for granted beside them is right; without any one "
    "of the row the others can. A percentage may be off by one unit of its last digit in any "
    "direction. Which number differs cannot be told from here, nor whether one is wrong: "
    "values that are missing for some patients, or a row that counts something else than it "
    "seems to, would explain it as well. The synthetic patients leave out what is taken for "
    "granted, and the percentage, in these rows."
)
DISTANCE = (
    "The distance of a number from the synthetic patients is counted in what its rounding "
    "allows: up to 1 it prints the same. Counts are met exactly, apart from those of a "
    "sample that is matched anew. Medians of small subgroups, p-values and intervals hang on "
    "which patient has which time, which is not printed: there the distance shows how little "
    "the printed numbers fix, not that one of them is wrong."
)


class DesignPage:
    """Questions about the design of one study, and how its numbers fit one group of patients.

    A study without a `pipeline.yaml` has none.  `root` is the folder that holds `data/`, seen from
    the chapter.
    """

    def __init__(self, study_id: str, root: Path | str = "..") -> None:
        review = load_review(root, only=[study_id])
        self.study, self.dictionary = review.studies[study_id], review.dictionary
        self.root = root

    @cached_property
    def pipeline(self) -> Pipeline:
        """The study's own analyses and the questions about its design."""
        return load_pipeline(self.study, self.dictionary, self.root)

    def show(self) -> None:
        """Show the questions, and the numbers that cannot hold together."""
        if not has_pipeline(self.study, self.root):
            show()
            return
        self.what_if()
        self.impossible()

    def what_if(self) -> None:
        """Show each question with its answer as a sentence and a figure."""
        show(Words(HEAD))
        for answer in answers(fit_for(self.study, self.pipeline), self.pipeline):
            self._answer(answer)

    def _answer(self, answer: WhatIf) -> None:
        assumed = f"Assumed: {'; '.join(answer.assumed)}."
        show(Words(f"{answer.title}. {answer.sentence}"), Words(assumed))
        caption = f"{answer.title}, {WATERMARK}"
        if any(one.low != one.middle for one in answer.series):
            axis = Axis(_label(answer), "log" if answer.log else "linear", answer.printed)
            rows = tables.rows_of(answer)
            show(MarkedForest(rows, axis, caption, watermark=WATERMARK, lines=RANGES))
        else:
            show(Table(tables.shares(answer), caption))

    def impossible(self) -> None:
        """Show printed counts that no group of patients can satisfy together, or that all can."""
        found = conflicts(self.study)
        n = len(counted(self.study).margins)
        show(Words((IMPOSSIBLE if found else NONE_IMPOSSIBLE).format(n=n)))
        if found:
            caption = "Printed numbers that no patients can satisfy together, as read here"
            show(Table(tables.impossible(self.study, found), caption))

    @cached_property
    def _distances(self) -> tuple[Distance, ...]:
        return distances(self.study, reenact(self.study, self.pipeline, draws=DRAWS))

    def distances(self) -> None:
        """Show how far every printed number is from the synthetic patients, or why it has none."""
        if not has_pipeline(self.study, self.root):
            show()
            return
        found = self._distances
        show(Words(DISTANCE), Table(tables.agreed(found), f"Printed numbers and {WATERMARK}"))
        left = tables.reasons(found)
        show(Words(bullets(f"{count} printed numbers: {why}" for why, count in left.items())))
        frame = tables.every_distance(self.study, found)
        caption = f"Every printed number and its distance from {WATERMARK}"
        show(Folded(frame, caption, summary=f"{len(frame)} numbers"))


def _label(answer: WhatIf) -> str:
    """The words of the axis, with what its line is."""
    return f"{answer.y_label}; line: {answer.printed_label}" if answer.printed else answer.y_label


def coverage_table(root: Path | str = "..") -> Table:
    """How often real patients lay in the range of the draws of the papers that they would give."""
    path = Path(root) / COVERAGE
    columns = ("paper", "statistic", "printed", "values", "covered", "width")
    rows = [row for _, row in read_rows(path, columns, [])]
    return Table(
        tables.coverage(rows, COVERAGE_DRAWS), "Real patients in the range of the synthetic ones"
    )
