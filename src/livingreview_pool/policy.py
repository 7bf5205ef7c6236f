"""What few studies allow: the rules that apply unless a function is called by name.

| studies    | result                                                                       |
| ---------- | ---------------------------------------------------------------------------- |
| 1          | the study itself                                                             |
| 2          | both studies, the common effect, REML with a normal interval, and Bayes      |
| 3 and more | REML with a modified Knapp-Hartung interval and a prediction interval, with   |
|            | the common effect and Bayes beside it                                        |
| below 10   | no funnel plot, no Egger test, no trim-and-fill                              |

Knapp-Hartung with two studies rests on one degree of freedom (a t quantile of 12.7), the
normal interval is too narrow there, and tau2 can hardly be estimated: so neither stands
alone.  From three studies on, the plain Knapp-Hartung interval can be much narrower than that
of the common effect when the estimates happen to agree; the modified ("ad hoc") form never is,
because its variance is at least the normal one and its quantile is that of t.

Bayes stands beside every pooled log ratio, with the same three half-normal priors for tau:
of the three the middle one is the one to read, the narrow and the wide one show what it decides.
Of two studies it is the result to read first, from three on the random effects are.

References: Gonnermann et al. 2015, *Statistics in Medicine* 34:16; Friede et al. 2017,
*Research Synthesis Methods* 8:79; Roever, Knapp & Friede 2015, *BMC Medical Research
Methodology* 15:99 (the modified form for few studies); Roever et al. 2021, *Research Synthesis
Methods* 12:448 (scales of the prior); Sterne et al. 2011, *BMJ* 343:d4002 (below 10).
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from livingreview_pool.bayes import BayesianSynthesis, bayes_random_effects
from livingreview_pool.checks import check_positive, check_whole, normal_quantile
from livingreview_pool.effects import Effect
from livingreview_pool.inputs import read_inputs
from livingreview_pool.measures import measure
from livingreview_pool.result import Synthesis
from livingreview_pool.univariate import common_effect, random_effects

PRIOR_SCALE = 0.5  # half-normal on tau, log scale; what it means: `prior_meaning`
PRIOR_SCALES = (0.25, PRIOR_SCALE, 1.0)
SMALLEST_FOR_ASYMMETRY = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicySynthesis:
    """What may be said from k studies: the results side by side, and what to show first.

    `main` is the study (as `common`) at k = 1 and the random effects otherwise; `random`
    and `bayes` are None where the policy has none.  `by_prior` holds the Bayesian result for
    each of `PRIOR_SCALES`, `bayes` is the one of them at `PRIOR_SCALE`.
    """

    k: int
    measure: str
    effects: tuple[Effect, ...]
    policy: str
    main: Synthesis
    common: Synthesis
    random: Synthesis | None
    bayes: BayesianSynthesis | None
    by_prior: Mapping[float, BayesianSynthesis]
    notes: tuple[str, ...]

    @property
    def first(self) -> Synthesis | BayesianSynthesis:
        """The result to read first: of two studies Bayesian where there is one, else `main`."""
        return self.bayes if self.k == 2 and self.bayes is not None else self.main


def few_studies(k: int) -> str:
    """State the rule for k studies in one sentence.

    >>> few_studies(1)
    'one study: the result is that study'
    """
    check_whole("k", k, "at least one study")
    if k == 1:
        return "one study: the result is that study"
    if k == 2:
        return (
            "two studies: both studies, the common effect, REML with a normal interval and, "
            "for ratios, the Bayesian results are shown side by side; none of them stands alone"
        )
    rule = (
        f"{k:g} studies: random effects by REML with a modified Knapp-Hartung interval and a "
        "prediction interval, the common effect and the Bayesian results beside it"
    )
    if k < SMALLEST_FOR_ASYMMETRY:
        rule += f"; no test for asymmetry below {SMALLEST_FOR_ASYMMETRY} studies"
    return rule


def refuse_below(k: int, what: str, smallest: int = SMALLEST_FOR_ASYMMETRY) -> None:
    """Raise ValueError, with the reason, if a method needs more studies."""
    if k < smallest:
        msg = (
            f"{what}: need at least {smallest} studies, found {k}; "
            "with fewer, chance and true asymmetry cannot be told apart"
        )
        raise ValueError(msg)


def synthesise(
    effects: Sequence[Effect], *, benefit: str = "below", level: float = 0.95
) -> PolicySynthesis:
    """Pool effects under the policy for few studies; effects must not share patients.

    The rules are in the table at the head of this module.  `benefit` is the side of no effect
    on which benefit lies ("below" or "above"), for the Bayesian result.

    >>> one = Effect("S1", -0.4, 0.04, "log_hr")
    >>> synthesise([one]).main.mean
    -0.4
    """
    inputs = read_inputs(effects)
    common = common_effect(inputs, level=level)
    pooled = None
    if inputs.k > 1:
        interval = "adhoc" if inputs.k > 2 else "z"
        pooled = random_effects(inputs, interval=interval, level=level)
    notes = [few_studies(inputs.k)] if inputs.k > 1 else []  # of one study the rest says it
    by_prior: dict[float, BayesianSynthesis] = {}
    if inputs.k > 1 and measure(inputs.measure).is_log_ratio:
        by_prior = {
            scale: bayes_random_effects(inputs, scale=scale, benefit=benefit, level=level)
            for scale in PRIOR_SCALES
        }
        scales = ", ".join(f"{scale:g}" for scale in by_prior)
        notes.append(
            f"Bayesian results: flat prior on the mean, half-normal priors of scale {scales} on tau"
        )
    elif inputs.k == 2:
        notes.append("no Bayesian result: the default priors are for log ratios")
    return PolicySynthesis(
        k=inputs.k,
        measure=inputs.measure,
        effects=inputs.effects,
        policy=few_studies(inputs.k),
        main=pooled or common,
        common=common,
        random=pooled,
        bayes=by_prior.get(PRIOR_SCALE),
        by_prior=MappingProxyType(by_prior),
        notes=(*notes, *(pooled or common).notes),
    )


@dataclass(frozen=True, slots=True)
class PriorMeaning:
    """What a half-normal prior for tau allows before any study is seen.

    Factors are of ratios: at `median_tau` (`high_tau`), 95% of the true ratios of studies lie
    within `median_factor` (`high_factor`) times, or that part of, their centre.
    """

    scale: float
    median_tau: float
    high_tau: float
    median_factor: float
    high_factor: float


def prior_meaning(scale: float) -> PriorMeaning:
    """Median and 95% point of a half-normal prior for tau, and the spread of ratios at each.

    >>> found = prior_meaning(0.5)
    >>> round(found.median_tau, 2), round(found.median_factor, 1), round(found.high_factor, 1)
    (0.34, 1.9, 6.8)
    """
    check_positive("scale", scale, "a number above 0")
    median, high = scale * normal_quantile(0.5), scale * normal_quantile(0.95)
    spread = normal_quantile(0.95)
    return PriorMeaning(scale, median, high, math.exp(spread * median), math.exp(spread * high))
