"""The chapter of the planned syntheses: plots, tables and notes, and numbers by key."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path

import pandas as pd

from livingreview_appraisal import Appraisals, load_appraisals
from livingreview_display import (
    PERCENT,
    Axis,
    Forest,
    publish,
    show,
)
from livingreview_plan import Moderated, PlannedResult, carry_out, moderated
from livingreview_pool import measure as find_measure
from livingreview_record import PlannedSynthesis, Printed, Terms, load_review, plan
from livingreview_results import medians, moderators, rows, tables
from livingreview_results.audited import touched
from livingreview_results.compared import with_studies
from livingreview_results.evidence_map import evidence_map
from livingreview_results.keys import texts_by_key
from livingreview_results.over_time import rows_over_time

BETTER = "better"


class SynthesisPage:
    """The chapter of the planned syntheses; `show` shows one of them.

    `root` is the folder that holds `data/`, seen from the chapter.  With a `question`, only its
    syntheses are carried out.
    """

    def __init__(self, root: Path | str = "..", *, question: str = "") -> None:
        self._shown: set[str] = set()  # syntheses whose table stands on the page
        self.root = Path(root)
        self.review = load_review(root)
        self.results = {
            plan.id: carry_out(self.review, plan.id)
            for plan in self.review.protocol.syntheses
            if question in ("", plan.question)
        }

    @cached_property
    def marked(self) -> frozenset[Printed]:
        """Printed numbers that a finding of the audit touches."""
        return touched(self.review)

    @cached_property
    def appraisals(self) -> Appraisals | None:
        """The judged risk of bias, where the review has any."""
        has_any = (self.root / "data" / "appraisal").exists()
        return load_appraisals(self.root, self.review) if has_any else None

    @property
    def everything(self) -> list[PlannedResult]:
        """The results of every planned synthesis, in the order of the plan."""
        return [result for group in self.results.values() for result in group]

    def published(self) -> dict[str, str]:
        """Return every number of the results as text, by its key."""
        found = texts_by_key(self.results)
        for result in self.everything:
            for name, text in moderators.moderator_texts(result, self._moderated(result)).items():
                found[f"{result.plan.id}.{result.measure}.{name}"] = text
        return found

    def publish_results(self) -> None:
        """Publish every number of the results under `synthesis.` and its own key."""
        for key, text in self.published().items():
            publish(f"synthesis.{key}", text)

    def first(self, *synthesis_ids: str) -> list[PlannedResult]:
        """Return the results of these syntheses by the first measure of their plans.

        Raises `ValueError` for a synthesis that is not planned, or that no study enters.
        """
        found = []
        for synthesis_id in synthesis_ids:
            if not self.results[plan(self.review, synthesis_id).id]:
                msg = (
                    f"{synthesis_id}: need a study that enters this synthesis, found none; take it "
                    "out of the chapter, or see `livingreview check`"
                )
                raise ValueError(msg)
            found.append(self.results[synthesis_id][0])
        return found

    def show(self, synthesis_id: str, measure: str = "") -> None:
        """Show a planned synthesis: its forest plot, its rows as a table, notes and moderators."""
        self.plot(synthesis_id, measure)
        self.table_and_notes(synthesis_id, measure)
        self.moderators(synthesis_id, measure)

    def show_every(self) -> None:
        """Show every planned synthesis, by each of its measures."""
        for synthesis_id, results in self.results.items():
            measures = dict.fromkeys(result.measure for result in results)
            for measure in measures if self._by(synthesis_id, "") else [""]:
                self.show(synthesis_id, measure)

    def plot_every(self) -> None:
        """Show the forest plot of every planned synthesis, by the first measure of its plan."""
        for synthesis_id in self.results:
            self.plot(synthesis_id)

    def plot(self, synthesis_id: str, measure: str = "") -> None:
        """Show the forest plot of a planned synthesis."""
        if (found := self._by(synthesis_id, measure)) is None:
            results = self.results[synthesis_id]
            show(self._told(arms_plot(results, marked=self.marked), results))
        else:
            plot = forest_plot(found, marked=self.marked, better=self._better(found))
            show(self._told(plot, [found]))

    def _better(self, result: PlannedResult) -> str:
        """What the better side of a plot has in the review's words."""
        outcome = self.review.protocol.outcomes.get(result.plan.outcome)
        return (outcome.better if outcome else "") or BETTER

    def _told(self, plot: Forest, results: Sequence[PlannedResult]) -> Forest:
        """The plot with what each study compares, and its risk of bias."""
        return with_studies(plot, results, self.review.studies, self.appraisals)

    def overview(self, *synthesis_ids: str) -> None:
        """Show every study of these syntheses in one forest plot, below the titles of the plans.

        The syntheses need the same first measure; nothing pooled is drawn.
        """
        results = self.first(*synthesis_ids)
        drawn = rows.study_rows(results, marked=self.marked)
        plot = Forest(drawn, replace(_axis(results[0]), favours=None), "Each study on its own")
        show(self._told(plot, results))

    def over_time(self, synthesis_id: str) -> None:
        """Show how the result of a planned synthesis grew with each study, by date."""
        (result,) = self.first(synthesis_id)
        drawn, title = rows_over_time(self.review, result), f"{rows.caption(result)}, over time"
        heads = {"label": "Pooled", "arms": "Published", "counts": "Studies", "text": "Result"}
        note = "Each row pools a study and those published before it, by random effects"
        show(Forest(drawn, _axis(result, self._better(result)), title, headings=heads, note=note))

    def on_months(
        self,
        outcome: str,
        *classes: str,
        syntheses: Sequence[str] = (),
        curves: pd.DataFrame | None = None,
    ) -> None:
        """Show printed medians and rates on one axis of months, and as a table to unfold.

        They are of the arms that the syntheses compare, and of those of these classes of treatment;
        `curves` are re-enacted ones to draw beside them.
        """
        arms = medians.arms_compared(self.review, outcome, syntheses)
        known = {(one.study.id, one.wanted) for one in arms}
        others = medians.arms_of_classes(self.review, outcome, classes)
        arms += [one for one in others if (one.study.id, one.wanted) not in known]
        arms.sort(key=lambda one: [*self.review.studies].index(one.study.id))
        table = medians.medians_table(self.review, outcome, arms)
        show(medians.medians_plot(self.review, outcome, arms, curves) if arms else None, table)

    def map(self) -> None:
        """Show what was studied in whom, and which outcomes are reported, as a map."""
        show(evidence_map(self.review, self.results))

    def table(self, synthesis_id: str, measure: str = "") -> None:
        """Show the rows of a planned synthesis as a table."""
        if (found := self._by(synthesis_id, measure)) is None:
            table = tables.arms_table(self.results[synthesis_id], marked=self.marked)
        else:
            table = tables.forest_table(found, marked=self.marked)
        first = synthesis_id not in self._shown
        self._shown.add(synthesis_id)
        show(replace(table, anchor=anchor_of(synthesis_id)) if first else table)

    def table_and_notes(self, synthesis_id: str, measure: str = "") -> None:
        """Show the rows of a planned synthesis as a table, and what holds for it alone."""
        self.table(synthesis_id, measure)
        found, results = self._by(synthesis_id, measure), self.results[synthesis_id]
        show(tables.arms_notes(results) if found is None else tables.notes(found))

    def moderators(self, synthesis_id: str, measure: str = "") -> None:
        """Show whether the moderators of a plan explain the differences between its studies."""
        result = self._by(synthesis_id, measure)
        found = [] if result is None else self._moderated(result)
        if result is not None and found:
            dictionary = self.review.dictionary
            table = moderators.moderator_table(result, found, dictionary)
            show(table, moderators.moderator_notes(found))

    def _moderated(self, result: PlannedResult) -> list[Moderated]:
        return list(moderated(self.review, result))

    def _by(self, synthesis_id: str, measure: str) -> PlannedResult | None:
        """The result by an effect measure, the first of the plan where none is named.

        None for a synthesis of single arms, whose groups are shown together.
        """
        results = self.results[plan(self.review, synthesis_id).id]
        if not results or not results[0].plan.kind_rules.compares:
            return None
        found = next((one for one in results if measure in ("", one.measure)), None)
        if found is None:
            known = ", ".join(one.measure for one in results)
            msg = (
                f"{synthesis_id}: need a measure of this synthesis ({known}), found {measure!r}; "
                "correct it in the chapter, or add it to `measures` in data/review.yaml"
            )
            raise ValueError(msg)
        return found


def anchor_of(synthesis_id: str) -> str:
    """Return the id of the first table of a synthesis on a page."""
    return f"synthesis-{synthesis_id}"


def address_of(plan: PlannedSynthesis) -> str:
    """Return where a planned synthesis is shown, seen from another chapter of the book.

    That is the chapter that the plan names, else the one of its question, else `synthesis`.
    """
    chapter = plan.chapter or plan.question or "synthesis"
    return f"{chapter}.html#{anchor_of(plan.id)}"


def forest_plot(
    result: PlannedResult, *, marked: Iterable[Printed] = (), better: str = BETTER
) -> Forest:
    """The result's studies and pooled results, drawn on the scale readers know."""
    drawn = rows.forest_rows(result, marked=marked)
    return Forest(drawn, _axis(result, better), rows.caption(result))


def arms_plot(results: Sequence[PlannedResult], *, marked: Iterable[Printed] = ()) -> Forest:
    """Single arms under their groups of treatments, in percent of patients."""
    return Forest(
        rows.arms_rows(results, marked=marked),
        PERCENT.in_terms(results[0].terms if results else Terms()),
        str(results[0].plan.title) if results else "",
    )


def _axis(result: PlannedResult, better: str = BETTER) -> Axis:
    known = find_measure(result.measure)
    if not known.compares:
        return PERCENT.in_terms(result.terms)
    favours = result.plan.favours
    words = (f"{better} {favours[0]}", f"{better} {favours[1]}") if favours else None
    if known.scale == "log":
        return Axis(f"{known.label} (log scale)", scale="log", reference=1.0, favours=words)
    unit = rows.unit_of(result)
    label = f"{known.label} ({unit})" if unit else known.label
    return Axis(label, reference=0.0, favours=words)
