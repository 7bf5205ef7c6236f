"""What results mean in units of time: printed medians, and mean survival up to a horizon."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import pandas as pd

from livingreview_display import WHERE, Table, Words, bullets, cell, number, places
from livingreview_plan import PlannedResult, PrintedSurvival, printed_survival, quantity_of
from livingreview_pool import Effect, RestrictedMean, restricted_mean, restricted_mean_difference
from livingreview_pool import measure as find_measure
from livingreview_record import Printed, Quantity, Review, Study, mention, months_in, places_of

NO_CURVES = "No study prints survival for two compared arms."


def control_table(review: Review, result: PlannedResult) -> Table:
    """Printed medians of the control arms of the studies that a result compares.

    Where none is printed for the very patients of an estimate, those stand there that are printed
    for other patients of the study whom the plan would take as well.
    """
    rows = [
        {
            "Study": study.label,
            "Control arm": _arm_words(study, control.quantity),
            f"Median, {control.unit} (95% interval)": cell(
                [control, *study.find(**{**vars(control.quantity), "statistic": "ci95"})]
            ),
            WHERE: places([control]),
        }
        for study, control in _controls(review, result)
    ]
    empty = "No control arm prints a median."
    caption = f"Median in the control arms: {result.plan.title}"
    return Table(pd.DataFrame(rows), caption=caption, empty=empty)


def _controls(review: Review, result: PlannedResult) -> Iterator[tuple[Study, Printed]]:
    own = {study.id: control for study, _, _, control in _medians(review, result)}
    for effect in result.effects:
        study, quantity = review.studies[effect.study], quantity_of(effect)
        if study.id in own:
            yield study, own[study.id]
            continue
        arm = study.comparisons[quantity.comparison].control
        _, found = places_of(review, study, result.plan)
        wanted = dict.fromkeys(
            Quantity(arm, outcome=quantity.outcome, statistic="median", **place.patients)
            for place in found
        )
        yield from ((study, one) for each in wanted if (one := mention(study, each)) is not None)


def _arm_words(study: Study, quantity: Quantity) -> str:
    """The arm, with its patients where they are not simply all."""
    label = study.arms[quantity.arm_id].label
    if quantity.population == Quantity.population:
        return label
    return f"{label}, {study.populations[quantity.population].label.lower()}"


def control_words(review: Review, result: PlannedResult) -> Words | None:
    """How far the medians of the control arms lie apart; nothing below two of them."""
    medians = [(study.label, control) for study, _, _, control in _medians(review, result)]
    found = sorted((c.number.value * months_in(c.unit), c.value, c.unit, s) for s, c in medians)
    if len(found) < 2:
        return None
    (low, shortest, unit, lowest), (high, longest, other, highest) = found[0], found[-1]
    other, who = "" if other == unit else f" {other}", review.terms.participants
    return Words(
        f"The medians of the control arms run from {shortest} {unit} ({lowest}) to "
        f"{longest}{other} ({highest}), a factor of {number(high / low)}: the {who} of these "
        "studies may not be alike, or their time may not be counted alike."
    )


def proportional_words(review: Review, results: Sequence[PlannedResult]) -> Words:
    """Ratio of printed medians, and the one that the hazard ratio gives with constant hazards."""
    lines = []
    for result in results:
        for study, effect, treated, control in _medians(review, result):
            ratio = float(find_measure(result.measure).to_display(effect.yi))
            lines.append(
                f"{study.label}, {study.outcomes[control.quantity.outcome].label.lower()}, "
                f"{study.populations[effect.population].label.lower()}: the printed medians are "
                f"{treated.value} and {control.value} {control.unit}, a ratio of "
                f"{number(treated.number.value / control.number.value)}; with constant hazards a "
                f"hazard ratio of {number(ratio)} gives a ratio of {number(1 / ratio)}"
            )
    return Words(bullets(dict.fromkeys(lines), empty="No study prints both medians."))


def _medians(
    review: Review, result: PlannedResult
) -> Iterator[tuple[Study, Effect, Printed, Printed]]:
    """Studies with the printed medians of both arms, for the very patients of their estimate."""
    for effect in result.effects:
        study, quantity = review.studies[effect.study], quantity_of(effect)
        comparison = study.comparisons[quantity.comparison]
        wanted = Quantity(
            outcome=quantity.outcome,
            population=quantity.population,
            subgroup=quantity.subgroup,
            statistic="median",
        )
        treated, control = (
            mention(study, replace(wanted, arm_id=arm))
            for arm in (comparison.experimental, comparison.control)
        )
        if treated is not None and control is not None and control.number.value > 0:
            yield study, effect, treated, control


def restricted_mean_table(review: Review) -> Table:
    """Mean survival time up to a horizon in each compared arm, and the difference.

    Every value is of a reconstruction: the drawn curve, and in brackets what every curve that
    prints like the source can give.  Studies whose printed numbers contradict each other are named.
    """
    rows = []
    for entry in review.protocol.restricted_means:
        outcome, horizon = entry.outcome, float(entry.horizon)
        label = review.protocol.outcome_label(outcome) or outcome
        studies = [one for one in review.studies.values() if one.status in entry.status]
        for study, comparison in ((s, c) for s in studies for c in s.comparisons.values()):
            treated = printed_survival(study, comparison.experimental, outcome)
            control = printed_survival(study, comparison.control, outcome)
            if treated is None or control is None:
                continue
            status = f" ({study.status.replace('-', ' ')})" if study.status != "included" else ""
            texts = _mean_texts(treated, control, horizon)
            rows.append(
                {
                    "Outcome": f"{label}, {number(horizon, 0)} months",
                    "Study": f"{study.label}{status}",
                    "Experimental arm (bounds)": texts[0],
                    "Control arm (bounds)": texts[1],
                    "Difference (bounds)": texts[2],
                    WHERE: places((*treated.sources, *control.sources)),
                }
            )
    caption = "Reconstructed mean survival time in months up to a horizon"
    return Table(pd.DataFrame(rows), caption=caption, empty=NO_CURVES, fold=True)


def _mean_texts(
    treated: PrintedSurvival, control: PrintedSurvival, horizon: float
) -> tuple[str, str, str]:
    """The mean of each arm and their difference, or why there is no curve."""

    def text(mean: RestrictedMean) -> str:
        value, lower, upper = (number(v, 1) for v in (mean.value, mean.lower, mean.upper))
        return f"{value} ({lower} to {upper})"

    none, why = "no curve", "; ".join((*treated.contradictions, *control.contradictions))
    if why:
        return none, none, f"the printed numbers contradict each other: {why}"
    if not all(arm.landmarks or arm.median for arm in (treated, control)):
        why = "no rate, and no median that was reached, is printed for one of the arms"
        return none, none, why
    curves = treated.reconstructed(), control.reconstructed()
    means = [text(restricted_mean(curve, horizon)) for curve in curves]
    return means[0], means[1], text(restricted_mean_difference(*curves, horizon))
