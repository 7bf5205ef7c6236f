"""Results of planned syntheses as tables of text, and what a reader must know of each."""

import math
from collections.abc import Iterable, Sequence

import pandas as pd

from livingreview_display import STUDY, WHERE, Table, Words, bullets, number, p_value, percent
from livingreview_plan import PlannedResult
from livingreview_pool import few_studies, few_studies_notes
from livingreview_pool import measure as find_measure
from livingreview_record import Printed, Review
from livingreview_results.rows import (
    arms_rows,
    caption,
    certainty,
    estimate_text,
    forest_rows,
    main_model,
)

COUNTED = "{Participants} with event / all"
ARMS_COLUMN = {  # of a kind of synthesis: what its column of the arms is called
    "means": "Mean (SD), {participants}",
    "rates": "Events / person-time",
}
NOTHING = "No study gives a usable number."


def forest_table(result: PlannedResult, *, marked: Iterable[Printed] = ()) -> Table:
    """The forest plot's rows as a table of text, each number with the places it comes from."""
    rows = forest_rows(result, marked=marked)
    known = find_measure(result.measure)
    weights = ["" if math.isnan(weight) else f"{number(weight, 1)}%" for weight in rows["weight"]]
    columns = {
        "Study or model": rows["label"],
        arms_column(result): rows["counts"] if any(rows["counts"]) else None,
        f"{known.label} (95% interval)": rows["text"],
        "Weight": weights if any(weights) else None,
        WHERE: rows["where"],
    }
    frame = pd.DataFrame({name: cells for name, cells in columns.items() if cells is not None})
    words = f"{caption(result)}. Certainty of the evidence: {certainty(result)}"
    return Table(frame, words, empty=NOTHING)


def arms_table(results: Sequence[PlannedResult], *, marked: Iterable[Printed] = ()) -> Table:
    """Single arms by group of treatments as a table of text, each with its places."""
    rows = arms_rows(results, marked=marked)
    if rows.empty:
        return Table(rows, caption="", empty=NOTHING)
    shown = pd.DataFrame(
        {
            "Treatment": rows["group"],
            "Study or model": rows["label"],
            arms_column(results[0]): rows["counts"],
            "Proportion (95% interval)": rows["text"],
            WHERE: rows["where"],
        }
    )
    return Table(shown, caption=str(results[0].plan.title))


def arms_column(result: PlannedResult) -> str:
    """Return what the column is called that shows what is known of the arms."""
    return result.terms.fill(ARMS_COLUMN.get(result.plan.kind, COUNTED))


def headline_table(results: Iterable[PlannedResult]) -> Table:
    """One row a question: its certainty, each study's result, and each way of pooling them."""
    rows = []
    for result in results:
        drawn = forest_rows(result)
        texts = list(zip(drawn["mark"], drawn["label"], drawn["text"], strict=True))
        row = {
            "Question": caption(result),
            "Certainty": certainty(result),
            "Study by study": "; ".join(f"{a}: {b}" for mark, a, b in texts if mark == STUDY),
        }
        pooled = {label: text for mark, label, text in texts if mark != STUDY}
        rows.append(row | (pooled or {"Not pooled": result.not_pooled or "one study"}))
    frame = pd.DataFrame(rows).fillna("")
    return Table(frame, caption="Hazard ratios (95% interval)", empty="No result yet.")


def certainty_table(review: Review) -> Table:
    """The certainty of each synthesis as judged in the review's data, with the reasons."""
    titles = {planned.id: planned.title for planned in review.protocol.syntheses}
    rows = [
        {"Synthesis": titles[id_], "Certainty": one.level, "Why": "; ".join(one.reasons)}
        for id_, one in review.certainty.items()
    ]
    empty = "The certainty has not been judged yet."
    return Table(pd.DataFrame(rows), caption="Certainty of the evidence (GRADE)", empty=empty)


def heterogeneity_table(results: Sequence[PlannedResult]) -> Table:
    """How far studies differ: one row a pooled result.

    Limits of tau² are given from three studies on; with two they say nothing.
    """
    rows = []
    for result in results:
        model = main_model(result)
        if model is None or model.k == 1:
            continue
        tau2, *limits = (number(v, 3) for v in (model.tau2, model.tau2_lower, model.tau2_upper))
        if model.k > 2 and math.isfinite(model.tau2_lower + model.tau2_upper):
            tau2 += f" (95% interval {' to '.join(limits)})"
        rows.append(
            {
                "Synthesis": caption(result),
                "Studies": str(model.k),
                "Q (degrees of freedom), p": f"{number(model.q)} ({model.q_df}), "
                f"{p_value(model.q_pval)}",
                "I²": percent(model.i2),
                "tau²": tau2,
            }
        )
    empty = "No planned synthesis pools two studies."
    return Table(pd.DataFrame(rows), caption="Heterogeneity between studies", empty=empty)


def notes(result: PlannedResult) -> Words | None:
    """What holds for this result alone: its note, why nothing is pooled, how counts were found."""
    said = [result.plan.note, result.not_pooled]
    if result.no_exact:
        said.append(f"No result without a correction for zero cells: {result.no_exact}")
    if result.pooled is not None:
        general = few_studies_notes(result.pooled.k)
        said += [note for note in result.pooled.common.notes if note not in general]
    said += [f"{effect.name}: {note}" for effect in result.effects for note in effect.notes]
    found = list(filter(None, dict.fromkeys(said)))
    return Words(bullets(found)) if found else None


def arms_notes(results: Iterable[PlannedResult]) -> Words | None:
    """Why arms of one group of treatments are not pooled, each reason with its groups."""
    groups: dict[str, list[str]] = {}
    for one in results:
        if one.not_pooled:
            groups.setdefault(one.not_pooled, []).append(one.group_label)
    lines = [f"{'; '.join(labels)}: {reason}" for reason, labels in groups.items()]
    return Words(bullets(lines)) if lines else None


def policy_notes(results: Iterable[PlannedResult]) -> Words:
    """The rule for each number of studies that occurs, said once."""
    counts = sorted({one.pooled.k for one in results if one.pooled is not None})
    return Words(bullets(map(few_studies, counts)))


def scale_words(results: Sequence[PlannedResult]) -> Words:
    """Return the counts by each of their ratios, and on which side of no difference it is.

    The first measure of the plan is the primary one.
    """
    lines = []
    for position, one in enumerate(results):
        model = None if one.pooled is None else one.pooled.bayes
        if model is not None:
            crosses = model.ci_lower <= 0 <= model.ci_upper
            side = "reaches across" if crosses else "lies on one side of"
            label = find_measure(one.measure).label + ("" if position else " (primary measure)")
            text = estimate_text(one, model)
            lines.append(f"{label}: {text}, whose interval {side} no difference")
    return Words(bullets(lines, empty="Too few studies to pool."))
