"""Effects -> Synthesis: one file per family of models."""

from livingreview.synthesis.result import Synthesis, SynthesisBatch
from livingreview.synthesis.univariate import common_effect, random_effects, random_effects_batch

__all__ = [
    "Synthesis",
    "SynthesisBatch",
    "common_effect",
    "random_effects",
    "random_effects_batch",
]
