"""Effects -> Synthesis: one file per family of models."""

from livingreview.synthesis.absolute import (
    AbsoluteEffect,
    NumberNeeded,
    absolute_effect,
    absolute_effects,
)
from livingreview.synthesis.bayes import BayesianSynthesis, ShrunkenEffect, bayes_random_effects
from livingreview.synthesis.binary import mantel_haenszel, peto
from livingreview.synthesis.curves import ReconstructedCurve, reconstruct_curve
from livingreview.synthesis.glmm import binomial_normal
from livingreview.synthesis.policy import PolicySynthesis, few_studies, synthesise
from livingreview.synthesis.printed_points import Landmark, Median, contradictions
from livingreview.synthesis.restricted_mean import (
    RestrictedMean,
    restricted_mean,
    restricted_mean_difference,
)
from livingreview.synthesis.result import Synthesis, SynthesisBatch
from livingreview.synthesis.univariate import common_effect, random_effects, random_effects_batch

__all__ = [
    "AbsoluteEffect",
    "BayesianSynthesis",
    "Landmark",
    "Median",
    "NumberNeeded",
    "PolicySynthesis",
    "ReconstructedCurve",
    "RestrictedMean",
    "ShrunkenEffect",
    "Synthesis",
    "SynthesisBatch",
    "absolute_effect",
    "absolute_effects",
    "bayes_random_effects",
    "binomial_normal",
    "common_effect",
    "contradictions",
    "few_studies",
    "mantel_haenszel",
    "peto",
    "random_effects",
    "random_effects_batch",
    "reconstruct_curve",
    "restricted_mean",
    "restricted_mean_difference",
    "synthesise",
]
