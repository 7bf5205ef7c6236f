"""Meta-analysis of estimates and their sampling variances, without files and studies.

Make effects from what is printed (`two_arm_effect`, `log_ratio_from_ci`, `generic_effect` ...),
pool them (`synthesise`, or `random_effects` and the other models by name), explain them
(`meta_regression`, `subgroups`), and test what the result owes to single studies and choices
(`influence`, `multiverse`).  Survival is also rebuilt from printed numbers or a drawn curve.
"""

# ruff: noqa: RUF022
# isort: off
# fmt: off
from livingreview_pool.measures import MEASURES, Measure, measure
from livingreview_pool.effect_sizes import effect_sizes
from livingreview_pool.effects import (
    Effect, effect_from_ci, generic_effect, log_hazard_ratio_from_ci, log_hazard_ratio_from_events,
    log_hazard_ratio_from_medians, log_hazard_ratio_from_p, log_hazard_ratio_from_p_and_events,
    log_ratio_from_ci, one_arm_effect, two_arm_effect,
)
from livingreview_pool.result import Synthesis, SynthesisBatch, few_studies_notes
from livingreview_pool.univariate import common_effect, random_effects, random_effects_batch
from livingreview_pool.binary import mantel_haenszel, peto
from livingreview_pool.glmm import binomial_normal
from livingreview_pool.bayes import BayesianSynthesis, ShrinkageEstimate, bayes_random_effects
from livingreview_pool.policy import (
    PRIOR_SCALE, PRIOR_SCALES, PolicySynthesis, PriorMeaning, few_studies, prior_meaning,
    synthesise,
)
from livingreview_pool.regression import (
    Coefficient, Regression, SubgroupTest, meta_regression, residual_tau2, subgroups,
)
from livingreview_pool.diagnostics import Influence, cumulative, influence, leave_one_out
from livingreview_pool.asymmetry import EggerTest, TrimAndFill, egger_test, trim_and_fill
from livingreview_pool.multiverse import Multiverse, Universe, multiverse, prefer
from livingreview_pool.complement import Complement, complement
from livingreview_pool.absolute import (
    AbsoluteEffect, NumberNeeded, absolute_effect, absolute_effects,
)
from livingreview_pool.proportions import clopper_pearson, wilson_interval
from livingreview_pool.survival_curves import (
    Landmark, Median, ReconstructedCurve, contradictions, reconstruct_curve,
)
from livingreview_pool.guyot import (
    KaplanMeier, ReconstructedPatients, kaplan_meier, reconstruct_patients,
)
from livingreview_pool.restricted_mean import (
    RestrictedMean, restricted_mean, restricted_mean_difference, restricted_mean_of_patients,
)

__all__ = [
    # effects from what is printed
    "Effect", "MEASURES", "Measure", "effect_from_ci", "effect_sizes", "generic_effect",
    "log_hazard_ratio_from_ci", "log_hazard_ratio_from_events",
    "log_hazard_ratio_from_medians", "log_hazard_ratio_from_p",
    "log_hazard_ratio_from_p_and_events", "log_ratio_from_ci", "measure", "one_arm_effect",
    "two_arm_effect",
    # pooled
    "BayesianSynthesis", "PRIOR_SCALE", "PRIOR_SCALES", "PolicySynthesis", "PriorMeaning",
    "ShrinkageEstimate", "Synthesis", "SynthesisBatch", "bayes_random_effects",
    "binomial_normal", "common_effect", "few_studies", "few_studies_notes", "mantel_haenszel",
    "peto", "prior_meaning", "random_effects", "random_effects_batch", "synthesise",
    # explained and tested
    "Coefficient", "Complement", "EggerTest", "Influence", "Multiverse", "Regression",
    "SubgroupTest", "TrimAndFill", "Universe", "complement", "cumulative", "egger_test",
    "influence", "leave_one_out", "meta_regression", "multiverse", "prefer", "residual_tau2",
    "subgroups", "trim_and_fill",
    # said in people
    "AbsoluteEffect", "NumberNeeded", "absolute_effect", "absolute_effects", "clopper_pearson",
    "wilson_interval",
    # survival rebuilt
    "KaplanMeier", "Landmark", "Median", "ReconstructedCurve", "ReconstructedPatients",
    "RestrictedMean", "contradictions", "kaplan_meier", "reconstruct_curve",
    "reconstruct_patients", "restricted_mean", "restricted_mean_difference",
    "restricted_mean_of_patients",
]
