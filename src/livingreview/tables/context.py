"""What stands behind compared results: the control arms, the curves, the rest of a subgroup."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import pandas as pd

from livingreview import wording
from livingreview.analysis import PlannedResult
from livingreview.estimates import PrintedEstimate
from livingreview.nearly import interval_of
from livingreview.tables.sections import comparison_label, subgroup_label
from livingreview.tables.synthesis import forest_rows
from livingreview.tables.table import WHERE, Table
from livingreview_pool import Effect, complement
from livingreview_pool import measure as find_measure
from livingreview_record import Printed, Quantity, Review, Study, mention

FEWEST_OUTSIDE = 20  # events; 1 / SE² of two equal groups is a quarter of the events
TOO_FEW = f"fewer than about {FEWEST_OUTSIDE} events outside it"


def control_table(review: Review, answer: PlannedResult) -> Table:
    """Printed medians of the control arms of the studies that an answer compares."""
    rows = [
        {
            "Study": study.label,
            "Control arm": study.arms[control.quantity.arm_id].label,
            "Median, months (95% interval)": wording.cell(_with_interval(study, control)),
            WHERE: wording.places([control]),
        }
        for study, _, (_, control) in _medians(review, answer)
    ]
    empty = "No control arm prints a median."
    return Table(pd.DataFrame(rows), caption="Median in the control arms", empty=empty)


def control_words(review: Review, answer: PlannedResult) -> wording.Words | None:
    """How far the medians of the control arms lie apart; nothing below two of them."""
    found = sorted(
        (control.number.value, control.value, study.label)
        for study, _, (_, control) in _medians(review, answer)
    )
    if len(found) < 2:
        return None
    (low, low_text, lowest), (high, high_text, highest) = found[0], found[-1]
    return wording.Words(
        f"The medians of the control arms run from {low_text} months ({lowest}) to {high_text} "
        f"({highest}), a factor of {wording.number(high / low)}: the patients of these studies may "
        "not be alike, or their time may not be counted alike."
    )


def proportional_words(review: Review, answers: Sequence[PlannedResult]) -> wording.Words:
    """Ratio of printed medians, and the one that the hazard ratio gives with constant hazards."""
    lines = []
    for answer in answers:
        for study, effect, (treated, control) in _medians(review, answer):
            printed = treated.number.value / control.number.value
            ratio = float(find_measure(answer.measure).to_display(effect.yi))
            lines.append(
                f"{study.label}, {study.outcomes[_quantity(effect).outcome].label.lower()}, "
                f"{study.populations[effect.population].label.lower()}: the printed medians are "
                f"{treated.value} and {control.value} months, a ratio of "
                f"{wording.number(printed)}; "
                f"with constant hazards a hazard ratio of {wording.number(ratio)} gives a ratio of "
                f"{wording.number(1 / ratio)}"
            )
    return wording.Words(
        wording.bullets(dict.fromkeys(lines), empty="No study prints both medians.")
    )


def subgroup_words(review: Review, parts: PlannedResult, wholes: PlannedResult) -> wording.Words:
    """For each subgroup in an answer, what it and its whole imply for the rest of the patients."""
    whole_of = dict(zip((e.study for e in wholes.effects), _shown(wholes), strict=True))
    lines = []
    for effect, (_, text) in zip(parts.effects, _shown(parts), strict=True):
        whole, whole_text = whole_of.get(effect.study, (effect, ""))
        if not (_quantity(effect).subgroup and whole.vi < effect.vi):
            continue
        found = complement(whole, effect)
        rest = _ratio(effect, found.mean, found.ci_lower, found.ci_upper)
        between = _ratio(effect, found.difference, found.difference_lower, found.difference_upper)
        lines.append(
            f"{review.studies[effect.study].label}: all patients {whole_text}, "
            f"the subgroup {text}; "
            f"together they imply {rest} for the patients outside the subgroup. The subgroup "
            f"differs from them by a factor of {between}, p for interaction "
            f"{wording.p_value(found.pval)}"
        )
    return wording.Words(wording.bullets(lines, empty="No estimate here is of a subgroup."))


def interactions(study: Study) -> pd.DataFrame:
    """Return each ratio printed in all patients and in a subgroup, and what both imply for others.

    With it the difference of the log ratios with its standard error, and the test of interaction.
    """
    lines = []
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
                    "All patients": wording.cell(whole.sources),
                    "The subgroup": wording.cell(part.sources),
                    **_implied(whole.effect("log_hr"), part.effect("log_hr")),
                    WHERE: wording.places([part.estimate, whole.estimate]),
                }
            )
    return pd.DataFrame(lines)


def _ratio_of(study: Study, quantity: Quantity) -> PrintedEstimate | None:
    estimate = mention(study, quantity) if quantity.statistic == "hr" else None
    interval = None if estimate is None else interval_of(study, quantity)
    if estimate is None or interval is None:
        return None
    return PrintedEstimate(study.id, study.label, estimate, interval, study.cohorts)


def _implied(whole: Effect, part: Effect) -> dict[str, str]:
    """What follows for the patients outside the subgroup, where there are enough of them."""
    names = ("The other patients, implied", "Subgroup over others: test of interaction")
    if 1 / whole.vi - 1 / part.vi < FEWEST_OUTSIDE / 4:
        return dict(zip(names, (TOO_FEW, ""), strict=True))
    found = complement(whole, part)
    others = _ratio(part, found.mean, found.ci_lower, found.ci_upper)
    between = _ratio(part, found.difference, found.difference_lower, found.difference_upper)
    test = (
        f"{between}, p {wording.p_value(found.pval)}; the logs differ by "
        f"{wording.number(found.difference, 3)}, SE {wording.number(found.difference_se, 3)}"
    )
    return dict(zip(names, (others, test), strict=True))


def _shown(answer: PlannedResult) -> list[tuple[Effect, str]]:
    """Each effect with its text, as the forest plot's table has it."""
    return list(zip(answer.effects, forest_rows(answer)["text"], strict=False))


def _ratio(effect: Effect, *values: float) -> str:
    to_display = find_measure(effect.measure).to_display
    first, low, high = (wording.number(float(to_display(value))) for value in values)
    return f"{first} ({low} to {high})"


def _medians(
    review: Review, answer: PlannedResult
) -> Iterator[tuple[Study, Effect, tuple[Printed, Printed]]]:
    """Studies with the printed medians of both arms, for the very patients of their estimate."""
    for effect in answer.effects:
        study, quantity = review.studies[effect.study], _quantity(effect)
        comparison = study.comparisons[quantity.comparison]
        treated, control = (
            mention(
                study,
                Quantity(
                    arm_id=arm,
                    outcome=quantity.outcome,
                    population=quantity.population,
                    subgroup=quantity.subgroup,
                    statistic="median",
                ),
            )
            for arm in (comparison.experimental, comparison.control)
        )
        if treated is not None and control is not None and control.number.value > 0:
            yield study, effect, (treated, control)


def _quantity(effect: Effect) -> Quantity:
    """The identity of the printed number that the effect comes from."""
    return next(source.quantity for source in effect.sources if isinstance(source, Printed))


def _with_interval(study: Study, median: Printed) -> list[Printed]:
    identity = {**vars(median.quantity), "statistic": "ci95"}
    return [median, *study.find(**identity)]
