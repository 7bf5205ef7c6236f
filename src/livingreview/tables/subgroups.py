"""Subgroups against the other patients: what a subgroup and its whole imply for the rest."""

from dataclasses import replace

import pandas as pd

from livingreview.tables.sections import comparison_label, subgroup_label
from livingreview_display import WHERE, Words, bullets, cell, number, p_value, places
from livingreview_plan import PlannedResult, PrintedEstimate, interval_of, quantity_of
from livingreview_pool import Effect, complement
from livingreview_pool import measure as find_measure
from livingreview_record import Quantity, Review, Study, mention
from livingreview_results import forest_rows

FEWEST_OUTSIDE = 20  # events; 1 / SE² of two equal groups is a quarter of the events
TOO_FEW = f"fewer than about {FEWEST_OUTSIDE} events outside it"


def subgroup_words(review: Review, parts: PlannedResult, wholes: PlannedResult) -> Words:
    """For each subgroup in a result, what it and its whole imply for the rest of the patients."""
    whole_of = dict(zip((e.study for e in wholes.effects), _shown(wholes), strict=True))
    lines, who = [], review.terms.participants
    for effect, (_, text) in zip(parts.effects, _shown(parts), strict=True):
        whole, whole_text = whole_of.get(effect.study, (effect, ""))
        if not (quantity_of(effect).subgroup and whole.vi < effect.vi):
            continue
        found = complement(whole, effect)
        rest = _ratio(effect, found.mean, found.ci_lower, found.ci_upper)
        between = _ratio(effect, found.difference, found.difference_lower, found.difference_upper)
        lines.append(
            f"{review.studies[effect.study].label}: all {who} {whole_text}, "
            f"the subgroup {text}; "
            f"together they imply {rest} for the {who} outside the subgroup. The subgroup "
            f"differs from them by a factor of {between}, p for interaction "
            f"{p_value(found.pval)}"
        )
    return Words(bullets(lines, empty="No estimate here is of a subgroup."))


def interactions(study: Study) -> pd.DataFrame:
    """Return each ratio printed in all patients and in a subgroup, and what both imply for others.

    With it the difference of the log ratios with its standard error, and the test of interaction.
    """
    lines, who = [], study.terms.participants
    for quantity in study.by_quantity:
        part = _ratio_of(study, quantity) if quantity.subgroup else None
        whole = _ratio_of(study, replace(quantity, subgroup="")) if part else None
        if part is not None and whole is not None:
            compared = (
                study.vocabulary(quantity.outcome).label,
                comparison_label(study, quantity.comparison),
                quantity.adjustment,
            )
            lines.append(
                {
                    "Outcome and comparison": ", ".join(filter(None, compared)),
                    "Subgroup": subgroup_label(study, quantity.subgroup),
                    f"All {who}": cell(whole.sources),
                    "The subgroup": cell(part.sources),
                    **_implied(whole.effect("log_hr"), part.effect("log_hr"), who),
                    WHERE: places([part.estimate, whole.estimate]),
                }
            )
    return pd.DataFrame(lines)


def _ratio_of(study: Study, quantity: Quantity) -> PrintedEstimate | None:
    estimate = mention(study, quantity) if quantity.statistic == "hr" else None
    interval = None if estimate is None else interval_of(study, quantity)
    if estimate is None or interval is None:
        return None
    return PrintedEstimate(study.id, study.label, estimate, interval, study.cohorts)


def _implied(whole: Effect, part: Effect, who: str) -> dict[str, str]:
    """What follows for the patients outside the subgroup, where there are enough of them."""
    names = (f"The other {who}, implied", "Subgroup over others: test of interaction")
    if 1 / whole.vi - 1 / part.vi < FEWEST_OUTSIDE / 4:
        return dict(zip(names, (TOO_FEW, ""), strict=True))
    found = complement(whole, part)
    others = _ratio(part, found.mean, found.ci_lower, found.ci_upper)
    between = _ratio(part, found.difference, found.difference_lower, found.difference_upper)
    test = (
        f"{between}, p {p_value(found.pval)}; the logs differ by "
        f"{number(found.difference, 3)}, SE {number(found.difference_se, 3)}"
    )
    return dict(zip(names, (others, test), strict=True))


def _shown(result: PlannedResult) -> list[tuple[Effect, str]]:
    """Each effect with its text, as the forest plot's table has it."""
    return list(zip(result.effects, forest_rows(result)["text"], strict=False))


def _ratio(effect: Effect, *values: float) -> str:
    to_display = find_measure(effect.measure).to_display
    first, low, high = (number(float(to_display(value))) for value in values)
    return f"{first} ({low} to {high})"
