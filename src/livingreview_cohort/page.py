"""The section of a study's chapter in which its own analyses run again, on synthetic patients."""

from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

from livingreview_audit import audit
from livingreview_cohort import tables
from livingreview_cohort.choices import (
    Pipeline,
    has_pipeline,
    load_pipeline,
    load_single_arm,
)
from livingreview_cohort.figures import MIDDLE, RANGES, MarkedForest, SurvivalCurves
from livingreview_cohort.lean import lean
from livingreview_cohort.patients import survival_outcomes
from livingreview_cohort.pipeline import SPECIAL
from livingreview_cohort.reenact import ON_PAGES, Reenacted, Reenactment, reenact
from livingreview_cohort.rows import Line, lines
from livingreview_cohort.single_arm import TRIALS, simulate
from livingreview_display import HAZARD_RATIO, MONTHS, Axis, Table, Words, bullets, show
from livingreview_record import load_review

WATERMARK = "synthetic patients"
HEAD = (
    "Nobody in this section is real. A computer drew {draws} sets of synthetic patients whose "
    "counts are the printed ones, and whose medians, rates and ratios come as close to the printed "
    "ones as one set of patients allows. The study's own analyses then ran on each set. This "
    "shows what the printed numbers imply together, and how much chance moves each of them. It "
    "cannot show whether a treatment works, and no number of this section enters a synthesis."
)
READ = (
    "Re-enacted is the middle of the sets, with the middle of its interval; the range holds 95% "
    "of the sets. A print that misses the range by less than half a standard error lies near it: "
    "nothing is made of that. The sets are drawn to agree with the printed medians, rates and "
    "ratios, so that agreement there is no confirmation."
)
OUTSIDE = (
    "Outside is a print that hardly any set comes near. Such numbers would arise if the real "
    "patients were linked in a way that the print does not show, or if printed numbers do not fit "
    "together; which of the two, the sets cannot tell. Beside each stands what the audit says of "
    "the same number."
)
MATCHED = (
    "The patients of each set were matched anew by the choices above. A printed number of the "
    "matched patients outside the range would arise from another choice, or from variables that "
    "are not printed."
)
SIMULATED = "simulated trials"
ONE_ARM = (
    "This trial has no result, and nothing here is one. A computer ran {trials} trials of one arm "
    "for each number of patients and each true median below, under assumptions that are ours "
    "alone. A claim is a 95% interval of the median that lies wholly above the historical one. The "
    "historical patients are other people: where those of the trial would have fared better "
    "without any drug, the claim is false, and a larger trial makes it more often."
)
NO_INTERACTION = (
    "In the sets a subgroup of which no ratio is printed differs from the others by chance alone. "
    "The tests of interaction therefore show what this number of patients can and cannot tell, not "
    "whether the real subgroups differed."
)
BALANCE = Axis("Standardised difference between the arms", limits=(0.0, float("nan")))


class ReenactmentPage:
    """What the re-enactment of one study shows; `show` shows all of it.

    A study whose analyses are not described in a `pipeline.yaml` has none: `show` then shows
    nothing.  `root` is the folder that holds `data/`, seen from the chapter.
    """

    def __init__(self, study_id: str, root: Path | str = "..", *, draws: int = ON_PAGES) -> None:
        review = load_review(root, only=[study_id])
        self.study, self.dictionary = review.studies[study_id], review.dictionary
        self.root, self.draws = root, draws

    @cached_property
    def pipeline(self) -> Pipeline:
        """The study's own analyses."""
        return load_pipeline(self.study, self.dictionary, self.root)

    @cached_property
    def reenactment(self) -> Reenactment:
        """The analyses on every set of patients."""
        return reenact(self.study, self.pipeline, draws=self.draws)

    @cached_property
    def lines(self) -> list[Line]:
        """Every result with its interval, in the order of the print."""
        rows = [row for row in self.reenactment.rows if row.quantity.method not in SPECIAL]
        return lines(self.study, self.reenactment, rows)

    def show(self) -> None:
        """Show everything: the warning, the choices, curves, results, and what lies outside."""
        if not has_pipeline(self.study, self.root):
            show()
            return
        self.head()
        self.choices()
        self.curves()
        self.arms()
        self.matching()
        self.models()
        self.subgroups()
        self.outside()
        self.others()
        self.in_plain_words()

    def head(self) -> None:
        """Show in plain words that nobody here is real, and what the section can show."""
        show(Words(HEAD.format(draws=self.reenactment.tables)))

    def choices(self) -> None:
        """Show the study's choices of analysis, each printed or assumed."""
        found = self.pipeline.choices
        assumed = sum(bool(choice.assumed) for choice in found)
        frame = tables.choices(found, self.dictionary)
        caption = "How the study was analysed"
        summary = f"{len(found)} choices, {assumed} of them not printed and assumed by us"
        show(tables.Folded(frame, caption, summary=summary))

    def curves(self) -> None:
        """Show the curves of each arm over the sets, with the printed medians and rates."""
        for outcome in reversed(survival_outcomes(self.study)):
            found = tables.curves(self.study, self.reenactment, outcome)
            label = self.study.vocabulary(outcome).label
            title = f"{label}: range over the sets; dots are printed medians and rates"
            show(SurvivalCurves(found, title, WATERMARK) if found else None)

    def arms(self) -> None:
        """Show the survival results of the arms, printed and re-enacted."""
        found = [line for line in self._of_arms() if not self._is_matched(line)]
        show(
            Words(READ),
            Table(
                tables.by_outcome(self.study, found), f"Arms, printed and re-enacted on {WATERMARK}"
            ),
        )

    def _is_of_arms(self, line: Line) -> bool:
        quantity = line.estimate.quantity
        timed = self.study.vocabulary(quantity.outcome).kind == "time-to-event"
        of_arms = not quantity.comparison or quantity.comparison in self.study.comparisons
        counted = quantity.statistic in ("n", "percent")
        return timed and of_arms and not quantity.subgroup and not counted

    def _of_arms(self) -> list[Line]:
        return [line for line in self.lines if self._is_of_arms(line)]

    def _is_matched(self, line: Line) -> bool:
        matching = self.pipeline.matching
        return matching is not None and line.estimate.quantity.population == matching.population

    def matching(self) -> None:
        """Show how alike the arms are before and after matching, and what it gives of survival."""
        frame = tables.balance(self.study, self.reenactment)
        if frame.empty:
            return
        caption = f"Balance of the arms before and after matching, {WATERMARK}"
        found = [line for line in self._of_arms() if self._is_matched(line)]
        show(
            Words(MATCHED),
            MarkedForest(frame, BALANCE, caption, watermark=WATERMARK, lines=RANGES),
            Table.unless_empty(
                tables.by_outcome(self.study, found),
                f"Matched arms, printed and re-enacted on {WATERMARK}",
            ),
        )

    def models(self) -> None:
        """Show the ratios of the models as a forest, and which variables the rule lets in."""
        for outcome in reversed(survival_outcomes(self.study)):
            frame = tables.ratios(self.study, self._of_models(), outcome)
            label = self.study.vocabulary(outcome).label
            title = f"{label}: hazard ratios, printed and re-enacted on {WATERMARK}"
            if not frame.empty:
                show(MarkedForest(frame, HAZARD_RATIO, title, watermark=WATERMARK))
        frame = tables.selection(self.study, self.reenactment)
        caption = f"How often the study's rule lets a variable into its model, {WATERMARK}"
        if not frame.empty:
            show(Table(frame, caption))

    def _of_models(self) -> Iterator[Line]:
        """The ratios of arms, and those of variables in a model of several."""
        for line in self.lines:
            quantity = line.estimate.quantity
            of_arms = quantity.comparison in self.study.comparisons
            if not quantity.subgroup and (of_arms or quantity.adjustment == "adjusted"):
                yield line

    def subgroups(self) -> None:
        """Show every level of the printed subgroups, with the tests of interaction."""
        frame = tables.subgroups(self.study, self.reenactment, self.lines)
        if not frame.empty:
            caption = f"Subgroups and tests of interaction, {WATERMARK}"
            forest = MarkedForest(frame, HAZARD_RATIO, caption, watermark=WATERMARK)
            show(Words(NO_INTERACTION), forest)

    def outside(self) -> None:
        """Show every print outside the range of the sets, and the audit of the same number."""
        found = [line for line in self.lines if line.estimate.printed is not None]
        frame = tables.outside(found, audit(self.study))
        count = f"{len(frame)} of {len(found)} printed results lie outside."
        show(Words(f"{OUTSIDE} {count}"))
        show(Table.unless_empty(frame, f"Prints outside the range of the {WATERMARK}"))

    def others(self) -> None:
        """Show all other results, folded by what they are about."""
        left = [line for line in self.lines if not self._is_of_arms(line)]
        for caption, found in self._parts(left):
            show(tables.folded(found, f"{caption}, {WATERMARK}"))

    def _parts(self, left: list[Line]) -> Iterator[tuple[str, list[Line]]]:
        def part(row: Reenacted) -> str:
            quantity = row.quantity
            if self.study.vocabulary(quantity.outcome).kind != "time-to-event":
                return "Counts, numbers and their tests"
            return "Subgroups" if quantity.subgroup else "Variables and survival"

        for caption in ("Variables and survival", "Subgroups", "Counts, numbers and their tests"):
            yield caption, [line for line in left if part(line.estimate) == caption]

    def in_plain_words(self) -> None:
        """Show in plain words which printed numbers to lean on, and why."""
        told = lean(self.study, self.pipeline, self.reenactment, self.lines)
        show(Words("In plain words, what to lean on:"), Words(bullets(told)))


class SingleArmPage:
    """What one arm without a comparison could show, for a study that has no result.

    `root` is the folder that holds `data/`, seen from the chapter.
    """

    def __init__(self, study_id: str, root: Path | str = "..") -> None:
        review = load_review(root, only=[study_id])
        study, self.dictionary = review.studies[study_id], review.dictionary
        self.assumed, self.found = load_single_arm(study, self.dictionary, root)
        self.simulated = simulate(self.assumed)

    def show(self) -> None:
        """Show the assumptions, and what arms of each size and true median would show."""
        frame = tables.choices(self.found, self.dictionary)
        caption = f"What one arm would show of {self.assumed.outcome}, {SIMULATED}"
        show(
            Words(ONE_ARM.format(trials=TRIALS)),
            Table(frame, "Assumptions, all of them ours"),
            Table(tables.single_arms(self.simulated, self.assumed), caption),
            MarkedForest(
                tables.single_arm_rows(self.simulated),
                MONTHS,
                caption,
                watermark=SIMULATED,
                lines=MIDDLE,
            ),
        )
        self.sentences()

    def sentences(self) -> None:
        """Show in plain words how wide the intervals are, and how often the claim is made."""
        first, *_, last = self.assumed.medians
        between = self.assumed.medians[1:2]
        told = [tables.width_words(self.simulated, first)]
        told += [tables.claim_words(self.simulated, self.assumed, one) for one in (*between, last)]
        show(Words(bullets(told)))
