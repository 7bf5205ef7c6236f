"""Around the syntheses: how far studies differ, what is left out, what is certain."""

from collections.abc import Iterable, Mapping, Sequence

import pandas as pd

from livingreview import prose
from livingreview.analysis import Answer, answer
from livingreview.studies import Printed, Review
from livingreview.tables.html import Table
from livingreview.tables.synthesis import STUDY, caption, estimate_text, forest_rows, main_model


def headline_table(answers: Iterable[Answer]) -> Table:
    """One row a question: each study's result, and the results together where there are several."""
    rows = []
    for result in answers:
        drawn = forest_rows(result)
        studies = drawn[drawn["mark"] == STUDY]
        together = [
            f"{label}: {text}"
            for mark, label, text in zip(drawn["mark"], drawn["label"], drawn["text"], strict=True)
            if mark != STUDY
        ]
        rows.append(
            {
                "Question": caption(result),
                "Study by study": "; ".join(
                    f"{label}: {text}"
                    for label, text in zip(studies["label"], studies["text"], strict=True)
                ),
                "Together": "; ".join(together) or "one study",
            }
        )
    return Table(pd.DataFrame(rows), caption="Hazard ratios (95% interval)", empty="No result yet.")


def sensitivity_table(
    review: Review, answers: Mapping[str, Sequence[Answer]], marked: frozenset[Printed]
) -> Table:
    """Syntheses, by their ids, that use a number with a finding: with it and without it."""
    rows = []
    for synthesis_id, group in answers.items():
        if not any(marked.intersection(e.sources) for full in group for e in full.effects):
            continue
        rest = {(a.measure, a.group): a for a in answer(review, synthesis_id, without=marked)}
        for full in group:
            left = rest.get((full.measure, full.group))
            if left is None or left.effects != full.effects:
                rows.append(_with_and_without(full, left))
    empty = "No number used in a synthesis carries a finding."
    return Table(pd.DataFrame(rows), caption="With and without numbers in question", empty=empty)


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


def heterogeneity_table(answers: Sequence[Answer]) -> Table:
    """How far studies differ: one row an answer with at least two studies."""
    rows = [
        {
            "Synthesis": caption(answer),
            "Studies": str(pooled.k),
            "Q (degrees of freedom), p": f"{prose.number(pooled.q)} ({pooled.q_df}), "
            f"{prose.p_value(pooled.q_pval)}",
            "I²": prose.percent(pooled.i2),
            "tau² (95% interval)": f"{prose.number(pooled.tau2, 3)} "
            f"({prose.number(pooled.tau2_lower, 3)} to {prose.number(pooled.tau2_upper, 3)})",
        }
        for answer in answers
        if (pooled := main_model(answer)) is not None and pooled.k > 1
    ]
    empty = "No planned synthesis has two studies."
    return Table(pd.DataFrame(rows), caption="Heterogeneity between studies", empty=empty)


def left_out_table(answers: Sequence[Answer]) -> Table:
    """Studies that a synthesis does not use, with the rule that says so."""
    seen = dict.fromkeys(
        (answer.plan["title"], left.label, left.reason)
        for answer in answers
        for left in answer.left_out
    )
    frame = pd.DataFrame(list(seen), columns=["Synthesis", "Study", "Why it is not used"])
    return Table(frame, caption="Studies not used", empty="Every study is used.")


def _with_and_without(full: Answer, rest: Answer | None) -> dict[str, str]:
    kept = {effect.sources for effect in rest.effects} if rest is not None else set()
    removed = [effect.name for effect in full.effects if effect.sources not in kept]
    return {
        "Synthesis": caption(full),
        "With": _main_text(full),
        "Without": _main_text(rest),
        "What is left out": prose.listed(removed),
    }


def _main_text(result: Answer | None) -> str:
    model = None if result is None else main_model(result)
    return "nothing left" if result is None or model is None else estimate_text(result, model)
