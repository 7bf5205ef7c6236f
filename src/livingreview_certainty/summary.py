"""What was found on each outcome of a question: numbers once, and the words for them."""

from collections.abc import Iterator, Mapping, Sequence

import pandas as pd

from livingreview_appraisal import Asked, Language, Outcome
from livingreview_certainty.absolute import Baseline, arm_baseline, baselines, from_medians
from livingreview_certainty.finding import Finding
from livingreview_certainty.grade import address_of_reasons
from livingreview_certainty.told import says
from livingreview_display import WHERE, Places, Table, number
from livingreview_plan import PlannedResult, quantity_of
from livingreview_pool import AbsoluteEffect, Effect, absolute_effect
from livingreview_pool import measure as find_measure
from livingreview_record import LEVELS, Review, level_of, patients
from livingreview_results import control_table, forest_rows, read_first, study_limits

UNKNOWN = LEVELS[0]
NO_BASELINE = "not computed: no control arm prints a risk or a median of it that can be used"
ODDS = "log_or"


def findings(
    review: Review, asked: Asked, results: Mapping[str, Sequence[PlannedResult]]
) -> list[Finding]:
    """What was found on each outcome of a question that has a result."""
    found = []
    for outcome in asked.outcomes:
        for result in results[outcome.synthesis][:1]:
            taken = tuple(one for one in result.effects if outcome.study in ("", one.study))
            estimate = _estimate(outcome, result, taken)
            found.append(
                Finding(
                    outcome,
                    result,
                    review.certainty[outcome.synthesis],
                    taken,
                    estimate,
                    _ratio(outcome, results[outcome.synthesis]),
                    _people(review, taken),
                    tuple(_absolute(review, outcome, result, estimate)),
                )
            )
    return found


def _estimate(
    outcome: Outcome, result: PlannedResult, taken: Sequence[Effect]
) -> tuple[float, float, float]:
    """The pooled value; where nothing is pooled what all estimates hold, by the least of them."""
    first = read_first(result)
    if first is not None and not outcome.study:
        return first.centre, first.lower, first.upper
    ends = [study_limits(result, one) for one in taken]
    centre = min((one.yi for one in taken), key=abs)
    return centre, min(low for low, _ in ends), max(high for _, high in ends)


def _ratio(outcome: Outcome, results: Sequence[PlannedResult]) -> float | None:
    """The central value of the first result by a ratio of risks or hazards; None without one."""
    for result in results:
        if find_measure(result.measure).is_log_ratio and result.measure != ODDS:
            taken = [one for one in result.effects if outcome.study in ("", one.study)]
            return _estimate(outcome, result, taken)[0] if taken else None
    return None


def _people(review: Review, effects: Sequence[Effect]) -> int | None:
    """How many patients the estimates rest on; None where one does not say."""
    total = 0
    for effect in effects:
        quantity = quantity_of(effect)
        variable, level = level_of(quantity.subgroup)
        study = review.studies[effect.study]
        found = patients(study, variable or "participants", level, population=effect.population)
        if not found:
            return None
        total += found
    return total


def _absolute(
    review: Review, outcome: Outcome, result: PlannedResult, estimate: tuple[float, float, float]
) -> Iterator[tuple[Baseline, AbsoluteEffect]]:
    """Events of 1,000 people at each baseline."""
    if not outcome.event or (result.pooled is None and not outcome.study):
        return
    for one in _stated(review, outcome, result):
        centre, *ends = estimate
        yield (
            one,
            absolute_effect(
                result.measure,
                centre,
                (ends[0], ends[1]),
                baseline_risk=one.risk,
                time=outcome.timepoint,
            ),
        )


def _stated(review: Review, outcome: Outcome, result: PlannedResult) -> list[Baseline]:
    """The baselines of an outcome: the named arm, and the lowest and highest risk of the studies.

    Where one study answers alone its own control arm comes before the named one.
    """
    time, named = outcome.timepoint, []
    if outcome.baseline_study:
        arm = (outcome.baseline_study, outcome.baseline_arm)
        found = arm_baseline(review, *arm, result.plan.outcome, time)
        named = [] if found is None else [found]
    own = [*baselines(review, result, time), *from_medians(review, result, time)]
    own = sorted((one for one in own if outcome.study in ("", one.study)), key=lambda one: one.risk)
    ends = [own[0], own[-1]] if own else []
    order = [*ends, *named] if outcome.study else [*named, *ends]
    return [*{(one.study, one.risk): one for one in reversed(order)}.values()][::-1]


def summary(review: Review, asked: Asked, found: Sequence[Finding], language: Language) -> Table:
    """The summary of findings of one question."""
    rows = []
    for one in found:
        words = one.outcome.outcome
        people = "not printed" if one.people is None else number(one.people, 0)
        label = find_measure(one.result.measure).label
        rows.append(
            {
                "Outcome": f"{words[:1].upper()}{words[1:]}",
                f"{review.terms.participants.capitalize()} (studies)": f"{people} "
                f"({len(one.taken)})",
                "Relative effect (95% interval)": f"{label}: {_relative(one)}",
                "Among 1,000 people": _among(one),
                "Certainty": Places([(one.grade.level, address_of_reasons(one.grade.synthesis))]),
                "In words": says(asked, one.outcome, one, language),
            }
        )
    for outcome in asked.unreported if rows else ():
        said = language.unreported.format(outcome=outcome)
        name = f"{outcome[:1].upper()}{outcome[1:]}"
        rows.append(dict.fromkeys(rows[0], "") | {"Outcome": name, "In words": said})
    return Table(
        pd.DataFrame(rows),
        caption=asked.title,
        empty=language.nothing.format(subject=asked.subject),
    )


def _relative(finding: Finding) -> str:
    """The pooled estimate with its model, else each study's as it is printed."""
    result = finding.result
    first = read_first(result)
    if first is not None and first.model and not finding.outcome.study:
        return first.text(result)
    texts = forest_rows(result)["text"]
    return "; ".join(str(texts[result.effects.index(one)]) for one in finding.taken)


def _among(finding: Finding) -> str:
    """The events without and with the treatment at each baseline, in words.

    With the lowest certainty only the range is told of those with it, and no difference.
    """
    event = finding.outcome.event
    if not event:
        return ""
    if finding.result.pooled is None and not finding.outcome.study:
        return f"{event}: not computed, as nothing is pooled"
    texts = []
    for baseline, effect in finding.absolute:
        without = f"{number(effect.control, 0)} ({baseline.label}) without"
        least, most = sorted((effect.experimental_lower, effect.experimental_upper))
        ends = (effect.difference, effect.difference_lower, effect.difference_upper)
        difference, low, high = (number(value, 0) for value in ends)
        with_ = (
            f"{number(least, 0)} to {number(most, 0)} with"
            if finding.grade.level == UNKNOWN
            else f"{number(effect.experimental, 0)} with; difference {difference} ({low} to {high})"
        )
        texts.append(f"{without}, {with_}")
    unsure = " (very uncertain; the ranges count chance alone)"
    about = f"{event}{unsure if texts and finding.grade.level == UNKNOWN else ''}"
    return f"{about}: {'; '.join(texts) or NO_BASELINE}"


def controls(review: Review, asked: Asked, found: Sequence[Finding]) -> Table:
    """Printed medians of the control arms side by side, by outcome of a question."""
    parts = []
    for one in found:
        frame = pd.DataFrame() if one.result.counts else control_table(review, one.result).frame
        if not frame.empty:
            words = one.outcome.outcome
            frame.insert(0, "Outcome", f"{words[:1].upper()}{words[1:]}")
            parts.append(frame)
    rows = pd.concat(parts).fillna("") if parts else pd.DataFrame(columns=["Outcome", WHERE])
    empty = "No control arm prints a median."
    return Table(rows, f"{asked.title}: medians of the control arms", empty=empty)
