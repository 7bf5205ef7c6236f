"""What few studies allow: the rules that apply unless a function is called by name.

| studies    | result                                                                       |
| ---------- | ---------------------------------------------------------------------------- |
| 1          | the study itself                                                             |
| 2          | both studies, the common effect, REML with a normal interval, and Bayes      |
| 3 and more | REML with Knapp-Hartung and a prediction interval, beside the common effect  |
| below 10   | no funnel plot, no Egger test, no trim-and-fill                              |

Knapp-Hartung with two studies rests on one degree of freedom (a t quantile of 12.7), the
normal interval is too narrow there, and tau2 can hardly be estimated: so neither stands
alone.  References: Gonnermann et al. 2015, *Statistics in Medicine* 34:16; Friede et al.
2017, *Research Synthesis Methods* 8:79; Sterne et al. 2011, *BMJ* 343:d4002 (below 10).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from livingreview.arguments import is_number
from livingreview.effects import Effect
from livingreview.measures import measure
from livingreview.synthesis.bayes import BayesianSynthesis, bayes_random_effects
from livingreview.synthesis.inputs import read_inputs
from livingreview.synthesis.result import Synthesis
from livingreview.synthesis.univariate import common_effect, random_effects

PRIOR_SCALE = 0.5  # half-normal, log scale: most ratios of ratios within a factor of about 4
SMALLEST_FOR_ASYMMETRY = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicySynthesis:
    """What may be said from k studies: the results side by side, and what to show first.

    `main` is the study (as `common`) at k = 1 and the random effects otherwise; `random`
    and `bayes` are None where the policy has none.
    """

    k: int
    measure: str
    effects: tuple[Effect, ...]
    policy: str
    main: Synthesis
    common: Synthesis
    random: Synthesis | None
    bayes: BayesianSynthesis | None
    notes: tuple[str, ...]


def few_studies(k: int) -> str:
    """State the rule for k studies in one sentence.

    >>> few_studies(1)
    'one study: the result is that study'
    """
    if not (is_number(k) and k >= 1 and k == int(k)):
        msg = f"k: need at least one study, found {k!r}"
        raise ValueError(msg)
    if k == 1:
        return "one study: the result is that study"
    if k == 2:
        return (
            "two studies: both studies, the common effect, REML with a normal interval and the "
            "Bayesian result are shown side by side; none of them stands alone"
        )
    rule = f"{k:g} studies: random effects by REML with Knapp-Hartung and a prediction interval"
    if k < SMALLEST_FOR_ASYMMETRY:
        rule += f"; no test for asymmetry below {SMALLEST_FOR_ASYMMETRY} studies"
    return rule


def refuse_below(k: int, what: str, smallest: int = SMALLEST_FOR_ASYMMETRY) -> None:
    """Refuse a method that needs more studies, with the reason."""
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

    `benefit` is the side of no effect on which benefit lies, for the Bayesian result.

    >>> one = Effect("S1", -0.4, 0.04, "log_hr")
    >>> synthesise([one]).main.mean
    -0.4
    """
    inputs = read_inputs(effects)
    common = common_effect(effects, level=level)
    pooled = random_effects(effects, level=level) if inputs.k > 1 else None
    bayes = None
    notes = [few_studies(inputs.k)]
    if inputs.k == 2:
        known = measure(inputs.measure)
        if known.compares and known.scale == "log":
            bayes = bayes_random_effects(effects, scale=PRIOR_SCALE, benefit=benefit, level=level)
            notes.append(f"prior of the Bayesian result: {bayes.prior}")
        else:
            notes.append(
                "no Bayesian result: the default prior is for log ratios; name a prior in "
                "bayes_random_effects"
            )
    return PolicySynthesis(
        k=inputs.k,
        measure=inputs.measure,
        effects=tuple(effects),
        policy=notes[0],
        main=pooled or common,
        common=common,
        random=pooled,
        bayes=bayes,
        notes=(*notes, *(pooled or common).notes),
    )
