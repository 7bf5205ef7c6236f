"""Every reasonable way to pool the same question, side by side.

A conclusion that needs one particular estimator, interval, kind of estimate or study is
weaker than one that all of them share; this shows which it is.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, product

from livingreview_pool.bayes import BayesianSynthesis, bayes_random_effects
from livingreview_pool.checks import check_choice, listed
from livingreview_pool.effects import Effect
from livingreview_pool.inputs import Inputs, read_inputs
from livingreview_pool.measures import measure
from livingreview_pool.policy import PRIOR_SCALES
from livingreview_pool.result import Synthesis
from livingreview_pool.tau2 import ESTIMATORS
from livingreview_pool.univariate import COMMON, INTERVALS, pooled

BAYES = "bayes"
INCLUSIONS = ("all", "leave-one-out", "subsets")
REASONABLE = (COMMON, "reml", "ml", "pm", "dl", "he", "sj")  # eb solves the equation of pm
LARGEST_FOR_SUBSETS = 12


@dataclass(frozen=True, slots=True)
class Universe:
    """One way to pool: which estimates, without which studies, how; and what comes out.

    A Bayesian way has `BAYES` for its estimator and its prior for its interval.
    """

    selection: str
    left_out: tuple[str, ...]
    tau2_estimator: str
    interval: str
    synthesis: Synthesis | BayesianSynthesis

    @property
    def mean(self) -> float:
        """Pooled mean; for a Bayesian way the median of its posterior."""
        pooled = self.synthesis
        return pooled.mean if isinstance(pooled, Synthesis) else pooled.median


@dataclass(frozen=True, slots=True, kw_only=True)
class Multiverse:
    """All universes, the range of their means, and how many exclude no effect.

    `below_null` and `above_null` count intervals, confidence or credible, that lie wholly on one
    side of no effect; both are 0 for measures of a single arm.
    """

    universes: tuple[Universe, ...]
    lowest_mean: float
    highest_mean: float
    lowest_limit: float
    highest_limit: float
    below_null: int
    above_null: int
    notes: tuple[str, ...]


def prefer(effects: Sequence[Effect], adjustments: Sequence[str]) -> tuple[Effect, ...]:
    """Take one effect per study: the first adjustment in the list that the study has.

    Studies without any of them are left out; two effects of a study with the same
    adjustment are a ValueError.

    >>> both = [Effect("A", 0.1, 1.0, "md", adjustment=kind) for kind in ("none", "full")]
    >>> [effect.adjustment for effect in prefer(both, ["full", "none"])]
    ['full']
    """
    chosen: list[Effect] = []
    wanted = listed("adjustments", adjustments)
    for study in dict.fromkeys(effect.study for effect in effects):
        for adjustment in wanted:
            found = [e for e in effects if (e.study, e.adjustment) == (study, adjustment)]
            if len(found) > 1:
                msg = f"effects: need one estimate of {study} with adjustment {adjustment!r}, "
                msg += f"found {len(found)}; choose by population first"
                raise ValueError(msg)
            if found:
                chosen += found
                break
    return tuple(chosen)


def multiverse(
    selections: Mapping[str, Sequence[Effect]],
    *,
    tau2_estimators: Sequence[str] = REASONABLE,
    intervals: Sequence[str] | None = None,
    prior_scales: Sequence[float] = PRIOR_SCALES,
    inclusion: str = "leave-one-out",
    level: float = 0.95,
) -> Multiverse:
    """Pool every selection of estimates, with and without studies, by every method.

    `selections` names sets of effects, such as the adjusted, the unadjusted and the
    matched ones; effects in one set must not share patients.  `inclusion` is "all",
    "leave-one-out" (all, and each study left out) or "subsets" (of two studies or more).
    Intervals not named are all three, but with two studies the normal one alone.
    Log ratios are pooled by Bayes as well, with a half-normal prior of each of `prior_scales`.

    References: Steegen et al. 2016, *Perspectives on Psychological Science* 11:702.

    >>> effects = [Effect(name, y, 0.1, "md") for name, y in zip("ABC", (0.0, 0.1, 0.3))]
    >>> len(multiverse({"all": effects}, tau2_estimators=["reml"], inclusion="all").universes)
    3
    """
    check_choice("inclusion", inclusion, INCLUSIONS)
    estimators = _each_once("tau2_estimators", tau2_estimators, (COMMON, *ESTIMATORS))
    named = _each_once("intervals", INTERVALS if intervals is None else intervals, INTERVALS)
    universes: list[Universe] = []
    for name, inputs in _read_selections(selections).items():
        for kept in _subsets(inputs.k, inclusion):
            chosen = inputs.take(kept)
            left_out = tuple(inputs.studies[i] for i in range(inputs.k) if i not in kept)
            usual = ["z"] if intervals is None and chosen.k == 2 else named
            for estimator, interval in _methods(chosen.k, estimators, usual):
                result = pooled(chosen, estimator, interval, level=level)
                universes.append(Universe(name, left_out, estimator, result.interval, result))
            if chosen.k > 1 and measure(chosen.measure).is_log_ratio:
                for scale in dict.fromkeys(prior_scales):
                    posterior = bayes_random_effects(chosen, scale=scale, level=level)
                    prior = f"half-normal {scale:g}"
                    universes.append(Universe(name, left_out, BAYES, prior, posterior))
    return _summary(universes)


def _each_once(argument: str, values: Sequence[str], known: Sequence[str]) -> list[str]:
    chosen = list(dict.fromkeys(listed(argument, values)))
    if not chosen:
        msg = f"{argument}: need at least one, found none"
        raise ValueError(msg)
    for value in chosen:
        check_choice(argument, value, known)
    return chosen


def _read_selections(selections: Mapping[str, Sequence[Effect]]) -> dict[str, Inputs]:
    """Check that each selection holds effects, of one measure in all."""
    if not isinstance(selections, Mapping) or not selections:
        msg = f"selections: need names with their effects, found {selections!r}"
        raise ValueError(msg)
    read = {}
    for name, effects in selections.items():
        if not listed(f"selections[{name!r}]", effects):
            msg = f"selections[{name!r}]: need at least one effect, found none"
            raise ValueError(msg)
        read[name] = read_inputs(effects)
    measures = sorted({inputs.measure for inputs in read.values()})
    if len(measures) > 1:
        msg = f"selections: need one measure, found {', '.join(measures)}"
        raise ValueError(msg)
    return read


def _subsets(k: int, inclusion: str) -> Iterator[tuple[int, ...]]:
    """Places of the studies to pool, the most studies first."""
    if inclusion == "subsets" and k > LARGEST_FOR_SUBSETS:
        msg = f"inclusion: subsets of {k} studies are too many; at most {LARGEST_FOR_SUBSETS}"
        raise ValueError(msg)
    smallest = {"all": k, "leave-one-out": max(k - 1, 1), "subsets": min(k, 2)}[inclusion]
    for size in range(k, smallest - 1, -1):
        yield from combinations(range(k), size)


def _methods(
    k: int, estimators: Sequence[str], intervals: Sequence[str]
) -> Iterator[tuple[str, str]]:
    """Combinations that differ: one study needs no method, a common effect no interval."""
    if k == 1:
        yield COMMON, "z"
        return
    for estimator, interval in product(estimators, intervals):
        if estimator != COMMON:
            yield estimator, interval
        elif interval == intervals[0]:
            yield COMMON, "z"


def _summary(universes: list[Universe]) -> Multiverse:
    selections = dict.fromkeys(str(universe.selection) for universe in universes)
    pooled = [universe.synthesis for universe in universes]
    null = measure(pooled[0].measure).null
    below = sum(null is not None and result.ci_upper < null for result in pooled)
    above = sum(null is not None and result.ci_lower > null for result in pooled)
    return Multiverse(
        universes=tuple(universes),
        lowest_mean=min(universe.mean for universe in universes),
        highest_mean=max(universe.mean for universe in universes),
        lowest_limit=min(result.ci_lower for result in pooled),
        highest_limit=max(result.ci_upper for result in pooled),
        below_null=below,
        above_null=above,
        notes=(
            f"{len(universes)} ways to pool ({', '.join(selections)}); they rest on the same "
            "studies, so their number is no evidence",
        ),
    )
