"""Effects -> Synthesis: one file per family of models."""

from livingreview.synthesis.bayes import BayesianSynthesis, ShrunkenEffect, bayes_random_effects
from livingreview.synthesis.policy import PolicySynthesis, few_studies, synthesise
from livingreview.synthesis.result import Synthesis, SynthesisBatch
from livingreview.synthesis.univariate import common_effect, random_effects, random_effects_batch

__all__ = [
    "BayesianSynthesis",
    "PolicySynthesis",
    "ShrunkenEffect",
    "Synthesis",
    "SynthesisBatch",
    "bayes_random_effects",
    "common_effect",
    "few_studies",
    "random_effects",
    "random_effects_batch",
    "synthesise",
]
