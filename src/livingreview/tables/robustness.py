"""Around the syntheses: how far studies differ, what is left out, what is certain."""

import math
from collections.abc import Iterable, Mapping, Sequence

import pandas as pd

from livingreview import wording
from livingreview.analysis import PlannedResult, carry_out
from livingreview.tables.synthesis import (
    FLAG,
    RANDOM,
    STUDY,
    bayes_name,
    caption,
    certainty,
    estimate_text,
    forest_rows,
    main_model,
)
from livingreview.tables.table import Table
from livingreview_pool import PRIOR_SCALE, Synthesis
from livingreview_pool import measure as find_measure
from livingreview_record import Printed, Review


def headline_table(answers: Iterable[PlannedResult]) -> Table:
    """One row a question: its certainty, each study's result, and each way of pooling them."""
    rows = []
    for result in answers:
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


def sensitivity_table(
    review: Review, answers: Mapping[str, Sequence[PlannedResult]], marked: frozenset[Printed]
) -> Table:
    """Comparisons, by their ids, with and without numbers that a finding touches, and each study.

    Single arms are not repeated: without one of them the others stay as they are.
    """
    rows = []
    for synthesis_id, group in answers.items():
        for full in group:
            if find_measure(full.measure).compares and full.effects and not full.not_pooled:
                rows += _with_and_without(review, synthesis_id, full, marked)
    caption = "Results with and without numbers in question, and with each study left out"
    empty = "No comparison has a number in question or a second study."
    return Table(pd.DataFrame(rows), caption=caption, empty=empty)


def _with_and_without(
    review: Review, synthesis_id: str, full: PlannedResult, marked: frozenset[Printed]
) -> list[dict[str, str]]:
    """The full result and each reduced one; nothing where nothing can be left out."""

    def without(numbers: Iterable[object]) -> PlannedResult | None:
        left_out = [number for number in numbers if isinstance(number, Printed)]
        again = carry_out(review, synthesis_id, without=left_out)
        return next((one for one in again if one.measure == full.measure), None)

    touched = [bool(marked.intersection(effect.sources)) for effect in full.effects]
    reduced = []
    if sum(touched) > 1:
        reduced.append(("every number that a finding touches", without(marked)))
    if len(full.effects) > 1 or any(touched):
        for effect, flagged in zip(full.effects, touched, strict=True):
            reduced.append((effect.name + FLAG * flagged, without(effect.sources)))
    rows = [("nothing", full), *reduced] if reduced else []
    return [
        {"Synthesis": caption(full), "Left out": words, "Result": _result_text(result)}
        for words, result in rows
    ]


def _result_text(result: PlannedResult | None) -> str:
    if result is None or not result.effects:
        return "no study is left"
    rows = forest_rows(result)
    if len(result.effects) == 1:
        return f"{rows['label'][0]} alone: {rows['text'][0]}"
    if result.pooled is None:
        return result.not_pooled
    models = {RANDOM: result.pooled.main, bayes_name(PRIOR_SCALE): result.pooled.bayes}
    return "; ".join(
        f"{label}: {estimate_text(result, model)}"
        for label, model in models.items()
        if model is not None
    )


def certainty_table(review: Review) -> Table:
    """The certainty of each synthesis as judged in the review's data, with the reasons."""
    titles = {planned["id"]: planned["title"] for planned in review.protocol["syntheses"]}
    rows = [
        {
            "Synthesis": titles[entry["synthesis"]],
            "Certainty": entry["level"],
            "Why": "; ".join(entry["reasons"]),
        }
        for entry in review.protocol.get("certainty", [])
    ]
    empty = "The certainty has not been judged yet."
    return Table(pd.DataFrame(rows), caption="Certainty of the evidence (GRADE)", empty=empty)


def heterogeneity_table(answers: Sequence[PlannedResult]) -> Table:
    """How far studies differ: one row a pooled result.

    Limits of tau² are given from three studies on; with two they say nothing.
    """
    rows = [
        {
            "Synthesis": caption(answer),
            "Studies": str(pooled.k),
            "Q (degrees of freedom), p": f"{wording.number(pooled.q)} ({pooled.q_df}), "
            f"{wording.p_value(pooled.q_pval)}",
            "I²": wording.percent(pooled.i2),
            "tau²": _tau2_text(pooled),
        }
        for answer in answers
        if (pooled := main_model(answer)) is not None and pooled.k > 1
    ]
    empty = "No planned synthesis pools two studies."
    return Table(pd.DataFrame(rows), caption="Heterogeneity between studies", empty=empty)


def _tau2_text(pooled: Synthesis) -> str:
    value, lower, upper = (
        wording.number(v, 3) for v in (pooled.tau2, pooled.tau2_lower, pooled.tau2_upper)
    )
    has_limits = pooled.k > 2 and math.isfinite(pooled.tau2_lower + pooled.tau2_upper)
    return f"{value} (95% interval {lower} to {upper})" if has_limits else value


def left_out_table(answers: Sequence[PlannedResult]) -> Table:
    """Studies that a synthesis does not use, with the rule that says so."""
    seen = dict.fromkeys(
        (answer.plan["title"], left.label, left.reason)
        for answer in answers
        for left in answer.left_out
    )
    frame = pd.DataFrame(list(seen), columns=["Synthesis", "Study", "Why it is not used"])
    return Table(frame, caption="Studies not used", empty="Every study is used.")
