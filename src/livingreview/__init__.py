"""Helpers for a living systematic review: printed numbers, synthesis, audit."""

from livingreview_record.load import load_review, load_study
from livingreview_record.problems import DataProblemsError, Problem
from livingreview_record.reported import Reported, ReportedInterval

__all__ = [
    "DataProblemsError",
    "Problem",
    "Reported",
    "ReportedInterval",
    "load_review",
    "load_study",
]
