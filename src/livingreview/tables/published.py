"""A study's main printed results as text with stable keys, for sentences and results.json."""

from collections.abc import Mapping
from dataclasses import replace

from livingreview.tables.sections import numbers_in
from livingreview.wording import cell
from livingreview_record import Printed, Study

STATISTICS: Mapping[str, frozenset[str]] = {  # what is published of each section
    "flow": frozenset({"n"}),
    "response": frozenset({"n", "percent", "p"}),
    "survival": frozenset({"n", "percent", "median", "rate"}),
    "contrasts": frozenset({"hr", "p"}),
    "subgroups": frozenset({"hr", "median"}),
    "safety": frozenset({"n", "percent", "p"}),
    "other": frozenset({"n", "percent", "median", "p"}),
}


def published(study: Study) -> dict[str, str]:
    """The study's main printed results by key; estimates carry their printed interval.

    Keys are ``study.outcome.statistic`` and then what tells the quantity apart: arm or comparison,
    population unless ``whole``, subgroup, adjustment, test, level, time.
    """
    found: dict[str, str] = {}
    for name, statistics in STATISTICS.items():
        for number in numbers_in(study, name):
            quantity = number.quantity
            if quantity.statistic not in statistics:
                continue
            texts = list(study.by_quantity[quantity])
            if quantity.statistic not in ("n", "p"):
                interval = replace(quantity, statistic="ci95")
                texts += study.by_quantity.get(interval, ())
            found[_key(study, number)] = cell(texts)
    return found


def _key(study: Study, number: Printed) -> str:
    quantity = number.quantity
    parts = (
        study.id,
        quantity.outcome,
        quantity.statistic,
        quantity.arm_id,
        quantity.comparison,
        "" if quantity.population == "whole" else quantity.population,
        quantity.subgroup.replace("=", "-").replace("&", "-"),
        quantity.adjustment,
        quantity.method if quantity.statistic == "p" else "",
        quantity.category,
        quantity.timepoint.replace(" ", "-"),
    )
    return ".".join(part for part in parts if part)
