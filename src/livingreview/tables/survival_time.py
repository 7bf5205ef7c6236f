"""Survival time up to a horizon, from the curves that printed numbers allow."""

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from livingreview import wording
from livingreview.printed_survival import PrintedSurvival, printed_survival
from livingreview.tables.table import WHERE, Table
from livingreview_pool import RestrictedMean, restricted_mean, restricted_mean_difference
from livingreview_record import Comparison, Review, Study

EMPTY = "No study prints survival for two compared arms."


def restricted_mean_table(review: Review) -> Table:
    """Mean survival time up to a horizon in each compared arm, and the difference.

    Every value is of a reconstruction: the drawn curve, and in brackets what every curve that
    prints like the source can give.  Studies whose printed numbers contradict each other are named.
    """
    rows = [
        _row(review, study, comparison, entry)
        for entry in review.protocol.get("restricted_means", [])
        for study in review.studies.values()
        if study.status in entry["status"]
        for comparison in study.comparisons.values()
        if all(_arms(study, comparison, entry["outcome"]))
    ]
    caption = "Reconstructed mean survival time in months up to a horizon"
    return Table(pd.DataFrame(rows), caption=caption, empty=EMPTY)


def _arms(
    study: Study, comparison: Comparison, outcome: str
) -> tuple[PrintedSurvival | None, PrintedSurvival | None]:
    return (
        printed_survival(study, comparison.experimental, outcome),
        printed_survival(study, comparison.control, outcome),
    )


def _row(
    review: Review, study: Study, comparison: Comparison, entry: Mapping[str, Any]
) -> dict[str, str]:
    horizon = float(entry["horizon"])
    found = [arm for arm in _arms(study, comparison, entry["outcome"]) if arm is not None]
    label = review.protocol["outcomes"].get(entry["outcome"], {}).get("label", entry["outcome"])
    texts = list(_texts(found, horizon))
    return {
        "Outcome": f"{label}, {wording.number(horizon, 0)} months",
        "Study": study.label
        if study.status == "included"
        else f"{study.label} ({study.status.replace('-', ' ')})",
        "Experimental arm (bounds)": texts[0],
        "Control arm (bounds)": texts[1],
        "Difference (bounds)": texts[2],
        WHERE: wording.places(source for arm in found for source in arm.sources),
    }


def _texts(found: list[PrintedSurvival], horizon: float) -> Iterator[str]:
    contradictory = [sentence for arm in found for sentence in arm.contradictions]
    if contradictory:
        yield from ["no curve"] * 2
        yield "the printed numbers contradict each other: " + "; ".join(contradictory)
        return
    if not all(arm.landmarks or arm.median for arm in found):
        yield from ["no curve"] * 2
        yield "no rate, and no median that was reached, is printed for one of the arms"
        return
    curves = [arm.reconstructed() for arm in found]
    for curve in curves:
        yield _text(restricted_mean(curve, horizon))
    yield _text(restricted_mean_difference(curves[0], curves[1], horizon))


def _text(mean: RestrictedMean) -> str:
    value, lower, upper = (wording.number(v, 1) for v in (mean.value, mean.lower, mean.upper))
    return f"{value} ({lower} to {upper})"
