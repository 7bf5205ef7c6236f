"""What was found on each outcome of a question: numbers once, and the words for them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from livingreview_appraisal import Asked, Language, Outcome, statement
from livingreview_certainty.absolute import Baseline, arm_baseline, baselines
from livingreview_certainty.grade import address_of_reasons
from livingreview_display import WHERE, Places, Table, number
from livingreview_plan import PlannedResult, quantity_of
from livingreview_pool import AbsoluteEffect, BayesianSynthesis, Effect, absolute_effect
from livingreview_pool import measure as find_measure
from livingreview_record import LEVELS, Grade, Review, level_of, patients
from livingreview_results import control_table, estimate_text, forest_rows

UNKNOWN = LEVELS[0]
ODDS = "log_or"


@dataclass(frozen=True)
class Finding:
    """What was found on one outcome of a question, without words of any language.

    `taken` are the estimates that answer; `estimate` is the value with its limits on the analysis
    scale.  `ratio` is the logarithm of the ratio of risks or hazards that says how large the
    effect is, None without one: an odds ratio of frequent events is farther from one than that of
    their risks.  `people` is None where a report does not print them.  `absolute` has the events
    of 1,000 people at each baseline, with where the baseline comes from.
    """

    outcome: Outcome
    result: PlannedResult
    grade: Grade
    taken: tuple[Effect, ...]
    estimate: tuple[float, float, float]
    ratio: float | None
    people: int | None
    absolute: tuple[tuple[Baseline, AbsoluteEffect], ...]


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
    if result.pooled is not None and not outcome.study:
        model = result.pooled.bayes or result.pooled.main
        centre = model.median if isinstance(model, BayesianSynthesis) else model.mean
        return centre, model.ci_lower, model.ci_upper
    ends = [one.interval() for one in taken]
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
    """Events of 1,000 people at each baseline: of the named arm first, then as arms print them."""
    if not outcome.event or (result.pooled is None and not outcome.study):
        return
    time = outcome.timepoint
    named = outcome.baseline_study
    first = (
        arm_baseline(review, named, outcome.baseline_arm, result.plan.outcome, time)
        if named
        else None
    )
    own = [one for one in baselines(review, result, time) if outcome.study in ("", one.study)]
    for one in [*([first] if first is not None else []), *own]:
        centre, *ends = estimate
        yield (
            one,
            absolute_effect(
                result.measure, centre, (ends[0], ends[1]), baseline_risk=one.risk, time=time
            ),
        )


def says(asked: Asked, words: Outcome, finding: Finding, language: Language) -> str:
    """The statement on one outcome in a language, made from its result and certainty.

    `asked` and `words` are the question and the outcome in that language.
    """
    texts = {name: getattr(words, name) for name in ("outcome", "below", "above")}
    return statement(
        language,
        finding.grade.level,
        finding.estimate,
        {"subject": asked.subject, **texts},
        ratio=finding.ratio,
    )


def plain(asked: Asked, found: Sequence[Finding], language: Language) -> list[list[str]]:
    """The sentences on each outcome of a question in a language.

    Events of 1,000 people are told only where the certainty is more than the lowest.
    """
    by_id = {one.synthesis: one for one in asked.outcomes}
    silent = [[language.unreported.format(outcome=outcome)] for outcome in asked.unreported]
    if not found:
        return [[language.nothing], *silent]
    told = [
        [
            says(asked, by_id[one.outcome.synthesis], one, language),
            language.rests.format(
                studies=len(one.taken),
                people=language.not_counted if one.people is None else number(one.people, 0),
            ),
            *_among_words(by_id[one.outcome.synthesis], one, language),
        ]
        for one in found
    ]
    return told + silent


def _among_words(words: Outcome, finding: Finding, language: Language) -> Iterator[str]:
    for baseline, effect in finding.absolute[:1] if finding.grade.level != UNKNOWN else ():
        ends = sorted((effect.experimental_lower, effect.experimental_upper))
        low, high = (number(end, 0) for end in ends)
        filled = {"without": number(effect.control, 0), "with": number(effect.experimental, 0)}
        yield language.among.format(
            **filled, event=words.event, study=baseline.study_label, low=low, high=high
        )


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
    return Table(pd.DataFrame(rows), caption=asked.title, empty=language.nothing)


def _relative(finding: Finding) -> str:
    """The pooled estimate, else each study's as it is printed."""
    result, pooled = finding.result, finding.result.pooled
    if pooled is not None and pooled.k > 1 and not finding.outcome.study:
        return estimate_text(result, pooled.bayes or pooled.main)
    texts = forest_rows(result)["text"]
    return "; ".join(str(texts[result.effects.index(one)]) for one in finding.taken)


def _among(finding: Finding) -> str:
    """The events without and with the treatment at each baseline, in words."""
    event = finding.outcome.event
    if not event:
        return ""
    if finding.result.pooled is None and not finding.outcome.study:
        return f"{event}: not computed, as nothing is pooled"
    texts = []
    for baseline, effect in finding.absolute:
        ends = (effect.difference, effect.difference_lower, effect.difference_upper)
        difference, low, high = (number(value, 0) for value in ends)
        texts.append(
            f"{number(effect.control, 0)} ({baseline.label}) without, "
            f"{number(effect.experimental, 0)} with; difference {difference} ({low} to {high})"
        )
    return f"{event}: {'; '.join(texts) or 'no control arm prints a baseline'}"


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
