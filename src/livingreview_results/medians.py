"""Median times of single arms side by side, with what a reader must know before looking across."""

import pandas as pd

from livingreview_display import Table, as_printed, cell, intervals_of, places
from livingreview_plan import LEVEL_WORDS
from livingreview_record import Quantity, Review, Study, outcomes_of, share_of

COLUMNS = ["Study", "Arm", "Patients", "Median", "Counted from", "Had it before", "Where printed"]


def medians_table(review: Review, outcome: str, *classes: str) -> Table:
    """Printed medians of the arms of these classes of treatment, in whole studies.

    They are described and not compared: the origin of time and the share of the main population
    stand beside each.
    """
    lines = [
        line
        for study in review.studies.values()
        if study.status == "included"
        for line in _lines(review, study, outcome, classes)
    ]
    label = review.protocol.outcomes[outcome].label
    main = review.protocol.main_population
    share = f"Share who {main.label}" if main else "Had it before"
    columns = [share if name == "Had it before" else name for name in COLUMNS]
    return Table(pd.DataFrame(lines, columns=columns), f"{label}: medians of single arms")


def _lines(review: Review, study: Study, outcome: str, classes: tuple[str, ...]) -> list[list[str]]:
    share, lines = share_of(review, study), []
    for own in outcomes_of(study, outcome):
        for arm in study.arms.values():
            median = Quantity(arm_id=arm.id, outcome=own.id, statistic="median")
            printed = study.by_quantity.get(median, ())
            if arm.treatment_class not in classes or not printed:
                continue
            size = Quantity(arm_id=arm.id, outcome="participants", statistic="n")
            marks = [LEVEL_WORDS[one.level] for one in printed[:1] if one.level in LEVEL_WORDS]
            numbers = [*printed, *intervals_of(study, median)]
            lines.append(
                [
                    " ".join([study.label, *(f"({mark})" for mark in marks)]),
                    arm.label,
                    as_printed(held) if (held := study.by_quantity.get(size)) else "not printed",
                    f"{cell(numbers)} {printed[0].unit}",
                    review.protocol.clocks.get(own.clock, "not stated"),
                    "not known" if share is None else f"{share:g}%",
                    places(numbers),
                ]
            )
    return lines
