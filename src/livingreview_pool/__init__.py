"""Effects -> Synthesis: one file per family of models."""

from livingreview_pool.absolute import (
    AbsoluteEffect,
    NumberNeeded,
    absolute_effect,
    absolute_effects,
)
from livingreview_pool.asymmetry import EggerTest, TrimAndFill, egger_test, trim_and_fill
from livingreview_pool.bayes import BayesianSynthesis, ShrinkageEstimate, bayes_random_effects
from livingreview_pool.binary import mantel_haenszel, peto
from livingreview_pool.complement import Complement, complement
from livingreview_pool.diagnostics import Influence, cumulative, influence, leave_one_out
from livingreview_pool.glmm import binomial_normal
from livingreview_pool.guyot import (
    KaplanMeier,
    ReconstructedPatients,
    kaplan_meier,
    reconstruct_patients,
)
from livingreview_pool.multiverse import Multiverse, Universe, multiverse, prefer
from livingreview_pool.policy import (
    PRIOR_SCALE,
    PRIOR_SCALES,
    PolicySynthesis,
    PriorMeaning,
    few_studies,
    prior_meaning,
    synthesise,
)
from livingreview_pool.proportions import clopper_pearson, wilson_interval
from livingreview_pool.regression import (
    Coefficient,
    Regression,
    SubgroupTest,
    meta_regression,
    subgroups,
)
from livingreview_pool.restricted_mean import (
    RestrictedMean,
    restricted_mean,
    restricted_mean_difference,
    restricted_mean_of_patients,
)
from livingreview_pool.result import Synthesis, SynthesisBatch, few_studies_notes
from livingreview_pool.survival_curves import (
    Landmark,
    Median,
    ReconstructedCurve,
    contradictions,
    reconstruct_curve,
)
from livingreview_pool.univariate import common_effect, random_effects, random_effects_batch

__all__ = [
    "PRIOR_SCALE",
    "PRIOR_SCALES",
    "AbsoluteEffect",
    "BayesianSynthesis",
    "Coefficient",
    "Complement",
    "EggerTest",
    "Influence",
    "KaplanMeier",
    "Landmark",
    "Median",
    "Multiverse",
    "NumberNeeded",
    "PolicySynthesis",
    "PriorMeaning",
    "ReconstructedCurve",
    "ReconstructedPatients",
    "Regression",
    "RestrictedMean",
    "ShrinkageEstimate",
    "SubgroupTest",
    "Synthesis",
    "SynthesisBatch",
    "TrimAndFill",
    "Universe",
    "absolute_effect",
    "absolute_effects",
    "bayes_random_effects",
    "binomial_normal",
    "clopper_pearson",
    "common_effect",
    "complement",
    "contradictions",
    "cumulative",
    "egger_test",
    "few_studies",
    "few_studies_notes",
    "influence",
    "kaplan_meier",
    "leave_one_out",
    "mantel_haenszel",
    "meta_regression",
    "multiverse",
    "peto",
    "prefer",
    "prior_meaning",
    "random_effects",
    "random_effects_batch",
    "reconstruct_curve",
    "reconstruct_patients",
    "restricted_mean",
    "restricted_mean_difference",
    "restricted_mean_of_patients",
    "subgroups",
    "synthesise",
    "trim_and_fill",
    "wilson_interval",
]
