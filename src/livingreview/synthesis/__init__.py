"""Effects -> Synthesis: one file per family of models."""

from livingreview.synthesis.absolute import (
    AbsoluteEffect,
    NumberNeeded,
    absolute_effect,
    absolute_effects,
)
from livingreview.synthesis.asymmetry import EggerTest, TrimAndFill, egger_test, trim_and_fill
from livingreview.synthesis.bayes import BayesianSynthesis, ShrunkenEffect, bayes_random_effects
from livingreview.synthesis.binary import mantel_haenszel, peto
from livingreview.synthesis.complement import Complement, complement
from livingreview.synthesis.curves import ReconstructedCurve, reconstruct_curve
from livingreview.synthesis.diagnostics import Influence, cumulative, influence, leave_one_out
from livingreview.synthesis.glmm import binomial_normal
from livingreview.synthesis.guyot import (
    KaplanMeier,
    ReconstructedPatients,
    kaplan_meier,
    reconstruct_patients,
)
from livingreview.synthesis.multiverse import Multiverse, Universe, multiverse, prefer
from livingreview.synthesis.policy import (
    PRIOR_SCALE,
    PRIOR_SCALES,
    PolicySynthesis,
    PriorMeaning,
    few_studies,
    prior_meaning,
    synthesise,
)
from livingreview.synthesis.printed_points import Landmark, Median, contradictions
from livingreview.synthesis.regression import (
    Coefficient,
    Regression,
    SubgroupTest,
    meta_regression,
    subgroups,
)
from livingreview.synthesis.restricted_mean import (
    RestrictedMean,
    restricted_mean,
    restricted_mean_difference,
    restricted_mean_of_patients,
)
from livingreview.synthesis.result import Synthesis, SynthesisBatch, few_studies_notes
from livingreview.synthesis.univariate import (
    common_effect,
    random_effects,
    random_effects_batch,
)

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
    "ShrunkenEffect",
    "SubgroupTest",
    "Synthesis",
    "SynthesisBatch",
    "TrimAndFill",
    "Universe",
    "absolute_effect",
    "absolute_effects",
    "bayes_random_effects",
    "binomial_normal",
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
]
