"""Writes data/audit/limits.csv: how often honest trials pass the limits of the audit's checks.

python validation/audit_limits.py        (some minutes; the seed is fixed)

Each trial takes its size, recruitment, cut-off, median survival and exclusions from a study of the
review.  Times are Weibull of shape 0.8 to 2; patients enter uniformly, or one arm later than the
other; all are censored at the cut-off and some before (up to one in six, in one trial of five up
to two in five); progression is seen at visits; a factor that matters is not balanced between the
arms; in some trials the hazards part late.  Baseline characteristics are correlated and allocated
at random.  A claim of a trend is made of groups that differ as the medians printed for it do.

The limits are constants of the checks, chosen so that at most one trial in a thousand passes each.
"""

import csv
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from livingreview_audit import (
    baseline,
    claims,
    hazard_ratios,
    mixtures,
    subgroups,
    survival_intervals,
)
from livingreview_audit.followup import as_date
from livingreview_audit.intervals import Box
from livingreview_cohort.cox import Cox
from livingreview_cohort.curves import Z95, Floats, KaplanMeier, curve_test
from livingreview_record import Review, Statement, Study, load_review

ROOT = Path(__file__).parent.parent
TARGET = ROOT / "data" / "audit" / "limits.csv"
COLUMNS = ("check", "statistic", "limit", "trials", "beyond")
TRIALS, SEED = 2500, 20261124  # trials of each design
DAYS_A_MONTH = 30.4375
FEWEST, FEWEST_EVENTS, AT_RISK = 12, 6, 5
Flags = NDArray[np.bool_]
Key = tuple[str, str]
Values = dict[Key, float]
Note = Callable[[Key, float], None]
Fit = tuple[Floats, Floats]  # logarithms of the ratios, and their standard errors

OUTSIDE = "whole-between-parts", "binomial standard errors outside the parts"
AVERAGE = "whole-between-parts", "binomial standard errors from their average"
MEDIAN = "whole-between-parts", "share of a median outside the parts"
TREND = "claims", "p-value of a trend that is real"
EFFECT = "effect-of-subgroups", "standard errors from the weighted mean"
MORE_PRECISE = "precision-of-subgroups", "information, parts over whole"
LESS_PRECISE = "precision-of-subgroups", "information, whole over parts"
BEYOND = "p-of-subgroups", "z beyond what the parts combine to"
NARROW = "median-interval-width", "times narrower, the widest arm"
APART = "medians-against-p", "z of the medians from z of the p-value"
MORE = "events-implied", "factor above the events"
FEWER = "events-implied", "factor below the events"
ROWS = "events-implied", "factor from other rows"
SHIFT = "adjusted-against-unadjusted", "standard errors, from a factor of e on"
FACTOR = "covariate-over-outcomes", "factor, where intervals are apart"
OPPOSITE = "covariate-over-outcomes", "z of both, on opposite sides"
FACTOR_SHIFT = "covariate-over-models", "standard errors, from a factor of five on"
SIDE_SHIFT = "covariate-over-models", "standard errors, to the other side"
DIFFERENT = "baseline-differences", "tail, too different (power of ten)"
ALIKE = "baseline-differences", "tail, too alike (power of ten)"
IDENTICAL = "baseline-identical", "tail (power of ten)"
LIMITS: dict[Key, float] = {
    OUTSIDE: mixtures.OUTSIDE,
    AVERAGE: mixtures.AWAY,
    MEDIAN: mixtures.MEDIAN_SLACK,
    TREND: claims.NO_TREND,
    SHIFT: hazard_ratios.SHIFT_ERRORS,
    EFFECT: subgroups.EFFECT_AWAY,
    MORE_PRECISE: subgroups.PRECISION_MOST,
    LESS_PRECISE: 1 / subgroups.PRECISION_LEAST,
    BEYOND: subgroups.Z_BEYOND,
    NARROW: 1 / survival_intervals.NARROW,
    APART: survival_intervals.Z_APART,
    MORE: hazard_ratios.MORE,
    FEWER: hazard_ratios.FEWER,
    ROWS: hazard_ratios.AMONG_ROWS,
    FACTOR: hazard_ratios.FACTOR,
    OPPOSITE: Z95,
    FACTOR_SHIFT: hazard_ratios.FACTOR_ERRORS,
    SIDE_SHIFT: hazard_ratios.SIDE_ERRORS,
    DIFFERENT: -math.log10(baseline.TOO_DIFFERENT),
    ALIKE: -math.log10(baseline.TOO_ALIKE),
    IDENTICAL: -math.log10(baseline.IDENTICAL),
}


@dataclass(frozen=True)
class Design:
    """What a paper says of its patients: arms, median, recruitment and cut-off in months."""

    sizes: tuple[int, int]
    median: float
    recruitment: float
    cutoff: float
    survived: float  # months that a patient had to live to be included


def designs(review: Review) -> Iterator[Design]:
    """The design of every study that prints survival and dates."""
    for study in review.studies.values():
        found = _design(study) if study.numbers else None
        if found is not None:
            yield found


def _design(study: Study) -> Design | None:
    """The design; patients of a single arm are parted one to two, follow-up not said is a year."""
    ends = [as_date(text) for text in str(study.design.get("period", "")).split(" to ")]
    stop = as_date(str(study.design.get("follow_up_until", "")))
    start, end = ends if len(ends) == 2 else (None, None)
    sizes = [s for s in (_size(study, arm) for arm in study.arms) if s]
    found = study.find(outcome="os", statistic="median")
    medians = [median.number.value for median in found if median.number.exact is not None]
    if start is None or end is None or not sizes or not medians:
        return None
    left_out = [float(s.months) for s in study.statements if s.kind == "survival-exclusion"]
    recruitment = (end - start).days / DAYS_A_MONTH + 1
    cutoff = (stop - start).days / DAYS_A_MONTH if stop else recruitment + 12
    first, second = sizes if len(sizes) == 2 else (sizes[0] // 3, sizes[0] - sizes[0] // 3)
    return Design((first, second), float(np.median(medians)), recruitment, cutoff, sum(left_out))


def _size(study: Study, arm: str) -> int:
    found = study.find(arm_id=arm, outcome="participants", population="whole", statistic="n")
    return int(found[0].number.value) if found else 0


@dataclass(frozen=True)
class Trial:
    """Patients of two arms with one factor: times in months, and whether the event was seen."""

    arm: Flags
    factor: Flags
    os: tuple[Floats, Flags]
    pfs: tuple[Floats, Flags]


def trial(rng: np.random.Generator, design: Design) -> Trial:
    """One honest trial."""
    arm = np.repeat([True, False], design.sizes)
    logit = rng.uniform(-1.2, 1.2) + rng.normal(0, 0.5) * arm
    factor = rng.random(arm.size) < 1 / (1 + np.exp(-logit))
    prognosis = rng.uniform(-1, 1) * factor
    effect = rng.uniform(-0.9, 0.3) + rng.normal(0, 0.3) * factor
    shape = math.exp(rng.uniform(math.log(0.8), math.log(2)))
    late = rng.uniform(0, 0.7) * (rng.random() < 0.2)  # cumulative hazard before the curves part

    def weibull(median: float) -> Floats:
        hazard = rng.exponential(size=arm.size) * np.exp(-prognosis)
        parted = late + (hazard - late) * np.exp(-effect)
        cumulative = np.where(arm & (hazard > late), parted, hazard)
        return np.asarray(median * (cumulative / math.log(2)) ** (1 / shape))

    death = weibull(design.median)
    while (early := death < design.survived).any():  # left out, and others taken in their place
        death = np.where(early, weibull(design.median), death)
    later = 2.0 if rng.random() < 0.3 else 1.0  # one arm is treated later than the other
    entry = design.recruitment * rng.beta(np.where(arm, later, 1.0), np.where(arm, 1.0, later))
    heavy = 0.15 if rng.random() < 0.8 else 0.5
    lost = rng.exponential(design.median / np.where(arm, *rng.uniform(0.001, heavy, 2)))
    end = np.minimum(np.maximum(design.cutoff - entry, 0.1), lost)
    visit = rng.choice([6, 8]) * 7 / DAYS_A_MONTH
    seen = np.ceil(weibull(design.median * rng.uniform(0.35, 0.6)) / visit) * visit
    seen = np.maximum(seen + rng.normal(0, 5 / DAYS_A_MONTH, arm.size), 0.1)
    progression = np.minimum(seen, death)
    return Trial(
        arm,
        factor,
        (np.round(np.minimum(death, end), 2), death <= end),
        (np.round(np.minimum(progression, end), 2), progression <= end),
    )


def statistics(rng: np.random.Generator, case: Trial) -> Values:
    """Each check's statistic, the worst over outcomes and groups."""
    worst: Values = {}

    def note(key: Key, value: float) -> None:
        if math.isfinite(value):
            worst[key] = max(float(value), worst.get(key, -math.inf))

    ratios = {}
    for outcome, (time, event) in (("os", case.os), ("pfs", case.pfs)):
        _subgroups(note, case, time, event)
        _mixtures(note, case, time, event)
        _events(note, case, time, event)
        ratios[outcome] = [
            *(_cox(time, event, group) for group in (case.arm, case.factor)),
            _cox(time, event, case.arm, case.factor),
        ]
    _medians(note, case, str(rng.choice(["symmetric", "plain", "log", "log-log"])))
    _covariates(note, ratios)
    return worst


def _cox(time: Floats, event: Flags, *covariates: Flags) -> Fit | None:
    if any(min(event[x == value].sum() for value in (0, 1)) < FEWEST_EVENTS for x in covariates):
        return None
    model = Cox(time, event, np.column_stack(covariates).astype(float))
    return model.beta, model.standard_error


def _subgroups(note: Note, case: Trial, time: Floats, event: Flags) -> None:
    whole = _cox(time, event, case.arm)
    sides = (case.factor, ~case.factor)
    parts = [_cox(time[side], event[side], case.arm[side]) for side in sides]
    known = [part for part in parts if part is not None]
    if whole is None or len(known) < 2:
        return
    beta, error = float(whole[0][0]), float(whole[1][0])
    betas = np.array([part[0][0] for part in known])
    weights = np.array([part[1][0] ** -2 for part in known])
    note(EFFECT, abs(beta - weights @ betas / weights.sum()) / error)
    note(MORE_PRECISE, weights.sum() * error**2)
    note(LESS_PRECISE, 1 / (weights.sum() * error**2))
    note(BEYOND, abs(beta) / error - math.sqrt(betas**2 @ weights))


def _medians(note: Note, case: Trial, method: str) -> None:
    time, event = case.os
    shares, medians = [], []
    smallest = min(case.arm.sum(), (~case.arm).sum())
    for inside in (case.arm, ~case.arm):
        curve = KaplanMeier(time[inside], event[inside])
        if smallest < survival_intervals.FEWEST or not np.isfinite(curve.median):
            return
        low, up = curve.median_interval(method)
        if not np.isfinite([low, up]).all() or not 0 < low < up:
            return
        errors = [math.log(up / low) / (2 * Z95), (up - low) / curve.median / (2 * Z95)]
        shares.append(max(errors) * math.log(2) * math.sqrt(inside.sum()))
        medians.append((curve.median, min(errors), max(errors)))
    if smallest >= survival_intervals.FEWEST_FOR_WIDTH:
        note(NARROW, 1 / max(shares))
    (first, *one), (second, *other) = medians
    least, most = (abs(math.log(first / second)) / math.hypot(one[e], other[e]) for e in (1, 0))
    z = abs(float(stats.norm.ppf(curve_test(time, event, case.arm.astype(int)).p / 2)))
    note(APART, max(0.0, least - z, z - most))


def _mixtures(note: Note, case: Trial, time: Floats, event: Flags) -> None:
    whole = KaplanMeier(time, event)
    for split in (case.arm, case.factor):
        sides = [split, ~split]
        if min(side.sum() for side in sides) < FEWEST:
            continue
        parts = [KaplanMeier(time[side], event[side]) for side in sides]
        for at in (3, 6, 12, 24):
            if min((time[side] >= at).sum() for side in sides) < AT_RISK:
                continue
            own, rates = whole.rate(at), [part.rate(at) for part in parts]
            unit = math.sqrt(max(own * (1 - own), 1e-6) / time.size)
            average = sum(s.mean() * rate for s, rate in zip(sides, rates, strict=True))
            note(OUTSIDE, max(0.0, own - max(rates), min(rates) - own) / unit)
            note(AVERAGE, abs(own - average) / unit)
        medians = [part.median for part in parts]
        if np.isfinite([whole.median, *medians]).all():
            note(MEDIAN, max(whole.median / max(medians), min(medians) / whole.median) - 1)


def _events(note: Note, case: Trial, time: Floats, event: Flags) -> None:
    implied = []
    for split in (case.arm, case.factor):
        fit = _cox(time, event, split)
        sizes = int(split.sum()), int((~split).sum())
        if fit is not None and min(sizes) >= hazard_ratios.FEWEST_IN_LEVEL:
            hazard, error = math.exp(fit[0][0]), float(fit[1][0])
            box = hazard_ratios.events_from(sizes, hazard, Box.at(error))
            note(MORE, box.lower / event.sum())
            note(FEWER, event.sum() / box.upper)
            implied.append(box)
    if len(implied) == 2:
        for one, other in (implied, implied[::-1]):
            note(ROWS, hazard_ratios.away(one, math.sqrt(other.lower * other.upper)))


def _covariates(note: Note, ratios: Mapping[str, list[Fit | None]]) -> None:
    for position in (0, 1):
        pair = [fit for fit in (ratios[o][position] for o in ("os", "pfs")) if fit is not None]
        if len(pair) == 2:
            (a, se_a), (b, se_b) = ((float(x[0][0]), float(x[1][0])) for x in pair)
            note(FACTOR, math.exp(abs(a - b)) * (abs(a - b) > Z95 * (se_a + se_b)))
            note(OPPOSITE, min(abs(a) / se_a, abs(b) / se_b) if a * b < 0 else 0.0)
        for alone, both in ((fits[position], fits[2]) for fits in ratios.values()):
            if alone is not None and both is not None:
                raw, adjusted = float(alone[0][0]), float(both[0][position])
                moved = abs(raw - adjusted)
                far = moved / max(float(alone[1][0]), float(both[1][position]))
                note(FACTOR_SHIFT, far * (moved > math.log(hazard_ratios.FACTOR)))
                note(SIDE_SHIFT, far * (raw * adjusted < 0))
                note(SHIFT, far * (moved > hazard_ratios.SHIFT))


def baseline_table(rng: np.random.Generator) -> Values:
    """Correlated characteristics of two arms of equal size, allocated at random."""
    size, variables = int(rng.integers(20, 250)), int(rng.integers(5, 16))
    correlation, cut = rng.uniform(0, 0.3), rng.normal(0, 0.8, variables)
    shared = rng.normal(size=(2 * size, 1)) * math.sqrt(correlation)
    values = shared + rng.normal(size=(2 * size, variables)) * math.sqrt(1 - correlation) > cut
    first, both = values[:size].sum(axis=0), values.sum(axis=0)
    varies = (both > 0) & (both < 2 * size)
    first, both = first[varies], both[varies]
    share = both / (2 * size)
    squares = float((((2 * first - both) ** 2) / (2 * size * share * (1 - share))).sum())
    half = np.where(both % 2, -1, both // 2)
    chances = stats.hypergeom.pmf(half, 2 * size, both, size)
    tails = {
        DIFFERENT: stats.chi2.sf(squares, both.size),
        ALIKE: stats.chi2.cdf(squares, both.size),
        IDENTICAL: baseline.at_least(int((2 * first == both).sum()), list(chances)),
    }
    return {key: -math.log10(max(float(tail), 1e-300)) for key, tail in tails.items()}


def trends(rng: np.random.Generator, review: Review) -> Iterator[Values]:
    """P of the log-rank test over groups that differ as those of a claimed trend, in its order."""
    for study in review.studies.values():
        for statement in study.statements:
            design = _design(study) if statement.claim == "trend" else None
            if design is not None:
                yield from _trend(rng, study, statement, design)


def _trend(
    rng: np.random.Generator, study: Study, statement: Statement, design: Design
) -> Iterator[Values]:
    variable, arm = str(statement.comparison), {"arm_id": str(statement.arm_id)}
    medians, sizes = [], []
    for level in study.vocabulary(variable).levels:
        of_level = {"outcome": statement.outcome, "subgroup": f"{variable}={level}", **arm}
        medians.append(study.find(statistic="median", **of_level)[0].number.value)
        of_count = {"outcome": variable, "category": level, **arm}
        sizes.append(int(study.find(statistic="n", **of_count)[0].number.value))
    group = np.repeat(np.arange(len(sizes)), sizes)
    for _ in range(TRIALS):
        shape = math.exp(rng.uniform(math.log(0.8), math.log(2)))
        scale = np.array(medians)[group] / math.log(2) ** (1 / shape)
        time = scale * rng.weibull(shape, group.size)
        end = design.cutoff - rng.uniform(0, design.recruitment, group.size)
        seen, event = np.minimum(time, end), time <= end
        sides = [group == one for one in range(len(sizes))]
        found = [KaplanMeier(seen[side], event[side]).median for side in sides]
        if np.array_equal(np.argsort(found), np.argsort(medians)):
            yield {TREND: curve_test(seen, event, group).p}


def simulated(rng: np.random.Generator) -> list[Values]:
    """The statistics of every trial, baseline table and trend."""
    review = load_review(ROOT)
    with np.errstate(all="ignore"):  # a curve that reaches 0 has no interval there
        cases = list(trends(rng, review))
        for one in designs(review):
            cases += [statistics(rng, trial(rng, one)) for _ in range(TRIALS)]
        cases += [baseline_table(rng) for _ in range(4 * TRIALS)]
    return cases


def write(cases: list[Values]) -> None:
    """The table of limits, with the trials beyond each."""
    with TARGET.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        for key, limit in LIMITS.items():
            values = np.array([case[key] for case in cases if key in case])
            ends = np.quantile(values, [0.5, 0.99, 0.999, 1]).round(3)
            print(*key, f"limit {limit:.3g}; middle, 99%, 99.9% and greatest:", *ends)
            writer.writerow((*key, f"{limit:.3g}", values.size, int((values > limit).sum())))


if __name__ == "__main__":
    write(simulated(np.random.default_rng(SEED)))
