"""Helpers for a living systematic review: printed numbers, synthesis, audit."""
