"""Helpers for a living systematic review: printed numbers, synthesis, audit."""

from livingreview.load import load_review, load_study
from livingreview.problems import DataProblemsError, Problem
from livingreview.reported import Reported, ReportedInterval

__all__ = [
    "DataProblemsError",
    "Problem",
    "Reported",
    "ReportedInterval",
    "load_review",
    "load_study",
]
