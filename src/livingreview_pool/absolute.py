"""From a relative effect to people: events per 1,000 at a stated baseline risk.

A ratio says nothing about how many people have an event until the risk without the
treatment is stated.  That baseline risk (for a time-to-event outcome: at a stated time) is
an assumption of the reader or of the table, not a result: it is taken as known, and the
limits are those of the relative effect alone.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from livingreview_pool.checks import check_choice, check_within, listed, normal_quantile, numbers
from livingreview_pool.measures import measure as find_measure
from livingreview_pool.result import Synthesis

PER = 1000.0
LARGEST_EFFECT = 700.0  # of a ratio on the log scale: the exponential of more overflows
RISK_OUTSIDE = (
    "the effect at this baseline risk leads outside 0 to 1; the risk is held at its limit"
)
BASELINE_KNOWN = "the baseline risk is taken as known; the limits are those of the relative effect"


def _from_odds_ratio(log_ratio: float, baseline: float) -> float:
    if baseline in {0.0, 1.0}:
        return baseline
    log_odds = math.log(baseline / (1 - baseline)) + log_ratio
    return 0.5 * (1 + math.tanh(0.5 * log_odds))


def _from_hazard_ratio(log_ratio: float, baseline: float) -> float:
    if baseline == 1.0:
        return 1.0
    return -math.expm1(math.exp(log_ratio) * math.log1p(-baseline))


RISK: Mapping[str, Callable[[float, float], float]] = MappingProxyType(
    {
        "log_or": _from_odds_ratio,
        "peto": _from_odds_ratio,
        "log_rr": lambda log_ratio, baseline: math.exp(log_ratio) * baseline,
        "rd": lambda difference, baseline: baseline + difference,
        "log_hr": _from_hazard_ratio,
    }
)


@dataclass(frozen=True, slots=True)
class NumberNeeded:
    """People treated for one event fewer, or one more (`direction`), than without.

    `value` is infinite, and `direction` is "none", where the risks are equal.
    """

    value: float
    direction: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AbsoluteEffect:
    """Events per 1,000 people at one baseline risk, without and with the treatment.

    `experimental`, `difference` and their limits are per 1,000; a negative difference is
    fewer events.  `number_needed_limits` belong to `difference_lower` and
    `difference_upper`; where `crosses_no_effect`, the numbers between them run through
    infinity, so that "from a to b" would be wrong.
    """

    measure: str
    time: str
    level: float
    baseline_risk: float
    control: float
    experimental: float
    experimental_lower: float
    experimental_upper: float
    difference: float
    difference_lower: float
    difference_upper: float
    number_needed: NumberNeeded
    number_needed_limits: tuple[NumberNeeded, NumberNeeded]
    crosses_no_effect: bool
    notes: tuple[str, ...]


def risk_with_treatment(measure: str, effect: float, baseline_risk: float) -> float:
    """Risk with the treatment, from its effect on the analysis scale and the baseline risk.

    For a hazard ratio the risks are of an event up to the same time, under proportional
    hazards: the survivals are related by S1 = S0 ** HR.  A risk beyond 0 or 1, which a risk
    ratio or difference can give, comes back as it is.

    References: Higgins & Green 2011, *Cochrane Handbook* 5.1, section 12.5.4; Altman &
    Andersen 1999, *BMJ* 319:1492, for time-to-event outcomes.

    >>> round(risk_with_treatment("log_hr", math.log(0.5), 0.75), 12)
    0.5
    """
    check_choice("measure", measure, tuple(RISK))
    check_within("effect", effect, -LARGEST_EFFECT, LARGEST_EFFECT)
    check_within("baseline_risk", baseline_risk, 0, 1)
    return RISK[measure](effect, baseline_risk)


def absolute_effect(
    measure: str,
    effect: float,
    ci: tuple[float, float],
    *,
    baseline_risk: float,
    time: str = "",
    level: float = 0.95,
) -> AbsoluteEffect:
    """Events per 1,000 and number needed, from an effect and its limits on the analysis scale.

    `baseline_risk` is the risk of the event without the treatment; for a hazard ratio it
    is one minus the baseline survival at `time`, which must then be said ("12 months").

    References: Altman 1998, *BMJ* 317:1309, for limits of the number needed to treat.

    >>> found = absolute_effect("log_rr", math.log(0.8), (math.log(0.6), 0.0), baseline_risk=0.5)
    >>> round(found.difference, 9), round(found.number_needed.value, 9)
    (-100.0, 10.0)
    """
    normal_quantile(level)
    check_within("effect", effect, -LARGEST_EFFECT, LARGEST_EFFECT)
    limits = numbers("ci", ci)
    if limits.shape != (2,) or not limits[0] <= effect <= limits[1]:
        msg = f"ci: need two limits around the effect, found {effect!r} and {ci!r}"
        raise ValueError(msg)
    if measure == "log_hr" and not (isinstance(time, str) and time):
        msg = f"time: need the time of the baseline risk, such as '12 months', found {time!r}"
        raise ValueError(msg)
    values = (effect, *limits.tolist())
    free = [risk_with_treatment(measure, value, baseline_risk) for value in values]
    risks = [min(max(risk, 0.0), 1.0) for risk in free]
    differences = [PER * (risk - baseline_risk) for risk in risks]
    needed = [number_needed(difference) for difference in differences]
    return AbsoluteEffect(
        measure=measure,
        time=time,
        level=level,
        baseline_risk=baseline_risk,
        control=PER * baseline_risk,
        experimental=PER * risks[0],
        experimental_lower=PER * risks[1],
        experimental_upper=PER * risks[2],
        difference=differences[0],
        difference_lower=differences[1],
        difference_upper=differences[2],
        number_needed=needed[0],
        number_needed_limits=(needed[1], needed[2]),
        crosses_no_effect=differences[1] <= 0 <= differences[2],
        notes=tuple(_notes(measure, clipped=free != risks)),
    )


def absolute_effects(
    synthesis: Synthesis, baseline_risks: Iterable[float], *, time: str = ""
) -> tuple[AbsoluteEffect, ...]:
    """Absolute effects of a pooled mean at several baseline risks, one result each.

    >>> from livingreview_pool import common_effect
    >>> from livingreview_pool.effects import Effect
    >>> pooled = common_effect([Effect("S1", math.log(0.5), 0.04, "log_rr")])
    >>> [round(found.difference) for found in absolute_effects(pooled, (0.2, 0.4))]
    [-100, -200]
    """
    return tuple(
        absolute_effect(
            synthesis.measure,
            synthesis.mean,
            (synthesis.ci_lower, synthesis.ci_upper),
            baseline_risk=risk,
            time=time,
            level=synthesis.level,
        )
        for risk in listed("baseline_risks", baseline_risks)
    )


def number_needed(difference: float) -> NumberNeeded:
    """People treated for one event fewer or more, from a difference per 1,000.

    >>> number_needed(-50.0)
    NumberNeeded(value=20.0, direction='fewer')
    """
    check_within("difference", difference, -PER, PER)
    if difference == 0:
        return NumberNeeded(math.inf, "none")
    return NumberNeeded(PER / abs(difference), "fewer" if difference < 0 else "more")


def _notes(measure: str, *, clipped: bool) -> Iterator[str]:
    yield BASELINE_KNOWN
    if measure == "log_hr":
        yield "proportional hazards are assumed up to the stated time"
    if measure == "peto":
        yield f"{find_measure(measure).label} is read as an odds ratio"
    if clipped:
        yield RISK_OUTSIDE
