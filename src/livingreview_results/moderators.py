"""Moderators of a planned synthesis as a table, and their numbers by key."""

from collections.abc import Mapping, Sequence

import pandas as pd

from livingreview_display import Table, Words, bullets, listed, number, p_value, percent
from livingreview_plan import Moderated, PlannedResult
from livingreview_pool import Coefficient
from livingreview_pool import measure as find_measure
from livingreview_record import Dictionary
from livingreview_results.rows import caption


def moderator_table(
    result: PlannedResult, found: Sequence[Moderated], dictionary: Dictionary
) -> Table:
    """One line a moderator: the change of the effect per unit of it, and what it explains."""
    known = find_measure(result.measure)
    scale = f"log {known.label.lower()}" if known.is_log_ratio else known.label.lower()
    rows = []
    for one in found:
        row = {"Moderator": dictionary.heading("study", f"design.{one.key}")}
        slope, fit = one.slope, one.regression
        if slope is None or fit is None:
            rows.append({**row, "Studies": one.why_not})
            continue
        row |= {
            "Studies": str(fit.k),
            f"Change of the {scale} per unit (95% interval)": _change(result, slope),
        }
        if known.is_log_ratio:
            row["The ratio changes by a factor of"] = _factor(slope)
        row |= {
            "p": p_value(slope.pval),
            "tau² left": number(fit.tau2, 3),
            "Share of tau² explained": percent(fit.r2),
        }
        rows.append(row)
    words = f"{caption(result)}: do properties of the studies explain the differences?"
    return Table(pd.DataFrame(rows).fillna(""), words, empty="No moderator is planned.")


def moderator_notes(found: Sequence[Moderated]) -> Words | None:
    """What holds for the moderators: few studies, and studies without a value."""
    notes = [note for one in found if one.regression for note in one.regression.notes]
    notes += [f"{one.key}: not known of {listed(one.without)}" for one in found if one.without]
    if any(one.regression for one in found):
        notes.append(
            "a relation between studies need not hold between the people within them, and another "
            "property that goes along with it may be the reason"
        )
    return Words(bullets(dict.fromkeys(notes))) if notes else None


def moderator_texts(result: PlannedResult, found: Sequence[Moderated]) -> Mapping[str, str]:
    """The slope of each moderator as text, and the share of tau² that it explains, by key."""
    texts = {}
    for one in found:
        if one.slope is not None and one.regression is not None:
            texts[f"moderator.{one.key}"] = _change(result, one.slope)
            texts[f"moderator.{one.key}.tau2"] = number(one.regression.tau2, 3)
    return texts


def _change(result: PlannedResult, slope: Coefficient) -> str:
    factor = 100 if find_measure(result.measure).is_in_percent else 1
    value, low, high = (
        number(factor * end, 4) for end in (slope.estimate, slope.ci_lower, slope.ci_upper)
    )
    return f"{value} ({low} to {high})"


def _factor(slope: Coefficient) -> str:
    to_display = find_measure("log_rr").to_display
    value, low, high = (
        number(float(to_display(end)), 3)
        for end in (slope.estimate, slope.ci_lower, slope.ci_upper)
    )
    return f"{value} ({low} to {high})"
