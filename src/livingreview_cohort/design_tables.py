"""Tables on the design: answers to questions, counts that cannot be, distances, coverage."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pandas as pd

from livingreview_cohort.answer import Series, WhatIf
from livingreview_cohort.conflict import Conflict
from livingreview_cohort.distance import Distance, agreement
from livingreview_cohort.margins import Margin
from livingreview_display import number, places
from livingreview_record import INTERVAL_STATISTICS, Quantity, Study

PLURALS = {
    "n": "Counts",
    "percent": "Percentages",
    "median": "Medians",
    "rate": "Rates at a time",
    "hr": "Hazard ratios",
    "ci95": "Intervals",
    "p": "p-values",
    "mean": "Means",
    "sd": "Standard deviations",
    "range": "Ranges",
    "difference": "Differences",
}
STATISTICS = {
    "median": "Median survival",
    "rate": "Survival at a time",
    "mean": "Mean survival time to 12 months",
    "hr": "Hazard ratio of the arms",
    "adjusted hr": "Hazard ratio of the arms, adjusted for age",
    "hr of age": "Hazard ratio of age",
}
PAPERS = {"full": "medians, rates, hazard ratios, p-values", "thin": "medians and counts only"}


def rows_of(answer: WhatIf) -> pd.DataFrame:
    """The rows of a figure of the answer: one for each place of each line."""
    return pd.DataFrame(
        [
            {
                "label": _place(answer, series, position),
                "estimate": series.middle[position],
                "lower": series.low[position],
                "upper": series.high[position],
                "group": series.label if len(answer.series) > 1 else "",
                "text": _range(series, position, answer.digits),
                "mark": series.label,
            }
            for series in answer.series
            for position in range(len(series.x))
        ]
    )


def shares(answer: WhatIf) -> pd.DataFrame:
    """The answer as a table, where its lines have no ranges."""
    (series,) = answer.series
    return pd.DataFrame(
        {
            answer.x_label: [f"{x:g}" for x in series.x],
            answer.y_label: [number(y, 0) for y in series.middle],
        }
    )


def _place(answer: WhatIf, series: Series, position: int) -> str:
    return answer.ticks[position] if answer.ticks else f"{answer.each} {series.x[position]:g}"


def _range(series: Series, position: int, digits: int) -> str:
    least = 10.0**-digits
    middle, low, high = (
        f"<{least:g}" if 0 < one[position] < least else number(one[position], digits)
        for one in (series.middle, series.low, series.high)
    )
    return f"{middle} ({low} to {high})"


def impossible(study: Study, found: Iterable[Conflict]) -> pd.DataFrame:
    """Each set of printed numbers that cannot hold together, with what is taken for granted."""
    return pd.DataFrame(
        [
            {
                "Printed numbers": "; ".join(_told(study, margin) for margin in one.margins),
                "Taken for granted": "; ".join(rule.words for rule in one.rules) or "nothing",
                "Where": places(margin.printed for margin in one.margins),
            }
            for one in found
        ]
    )


def _told(study: Study, margin: Margin) -> str:
    """A printed count in words."""
    printed = margin.printed
    unit = "%" if printed.quantity.statistic == "percent" else ""
    return f"{quantity_words(study, printed.quantity)}: {printed.value}{unit}"


def quantity_words(study: Study, quantity: Quantity) -> str:
    """What a number is about: outcome and level, arm, population and subgroup."""
    outcome = study.vocabulary(quantity.outcome)
    level = outcome.levels.get(quantity.category, quantity.category)
    words = [f"{outcome.label}, {level}" if level else outcome.label]
    if quantity.arm_id in study.arms and len(study.arms) > 1:
        words.append(study.arms[quantity.arm_id].label)
    if quantity.population != "whole":
        words.append(study.populations[quantity.population].label)
    for stratum in quantity.strata:
        declared = study.vocabulary(stratum.variable)
        words.append(f"{declared.label}: {declared.levels.get(stratum.level, stratum.level)}")
    if quantity.comparison:
        compared = study.comparisons.get(quantity.comparison)
        variable = study.variables.get(quantity.contrast[0])
        label = compared.label if compared else variable.label if variable else quantity.comparison
        words.append(label)
    return " | ".join([*words, *filter(None, (quantity.adjustment, quantity.timepoint))])


def agreed(found: Sequence[Distance]) -> pd.DataFrame:
    """How the numbers of each kind agree with the synthetic patients."""
    return pd.DataFrame(
        [
            {
                "Numbers": PLURALS[row.statistic],
                "Printed": row.numbers,
                "Of synthetic patients": row.computed,
                "Print the same": row.same,
                "Middle distance": number(row.middle, 1) if row.computed else "",
            }
            for row in agreement(found)
            if row.statistic in PLURALS
        ]
    )


def every_distance(study: Study, found: Iterable[Distance]) -> pd.DataFrame:
    """Every printed quantity of patients once, with its value in the synthetic ones."""
    rows: dict[tuple[Quantity, str], dict[str, str]] = {}
    for one in found:
        quantity = one.printed.quantity
        if quantity.statistic in PLURALS:
            rows.setdefault(
                (quantity, one.printed.value),
                {
                    "Number": quantity_words(study, quantity),
                    "Kind": PLURALS[quantity.statistic],
                    "Printed": one.printed.value,
                    "Synthetic": _synthetic(one),
                    "Distance": "" if one.distance is None else _distance(one.distance),
                },
            )
    return pd.DataFrame(list(rows.values()))


def _synthetic(one: Distance) -> str:
    """The value in the synthetic patients with one digit more than is printed, or why none."""
    if not one.values:
        return one.reason
    is_interval = one.printed.quantity.statistic in INTERVAL_STATISTICS
    shown = one.printed.interval.lower if is_interval else one.printed.number
    return " to ".join(number(value, shown.decimals + 1) for value in one.values)


def _distance(distance: float) -> str:
    return number(distance, 1) if np.isfinite(distance) and distance < 1e4 else "beyond 10,000"


def reasons(found: Iterable[Distance]) -> Mapping[str, int]:
    """How many printed numbers have no distance, by the reason."""
    return Counter(one.reason for one in found if one.reason)


def promised(draws: int) -> float:
    """How often one more draw lies between the smallest and the largest of these.

    >>> promised(19)
    0.9
    """
    return (draws - 1) / (draws + 1)


def coverage(rows: Iterable[Mapping[str, str]], draws: int) -> pd.DataFrame:
    """How often real patients lay in the range of the draws, by what the papers print."""
    return pd.DataFrame(
        [
            {
                "The papers print": PAPERS[row["paper"]],
                "Result of the real patients": STATISTICS[row["statistic"]],
                "Printed": row["printed"],
                "Looked for": row["values"],
                "In the range": f"{number(100 * int(row['covered']) / int(row['values']), 0)}%",
                "Promised": f"{number(100 * promised(draws), 0)}%",
            }
            for row in rows
        ]
    )
