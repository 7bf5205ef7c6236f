"""Numbers that no data can give, whatever else is printed."""

from collections.abc import Iterator

from livingreview.audit.finding import Finding, Verdict
from livingreview.audit.sizes import quantity_words
from livingreview.reported import Reported
from livingreview.studies import INTERVAL_STATISTICS, Printed, Study

MOST = {"p": 1.0, "percent": 100.0, "rate": 100.0}
NOT_NEGATIVE = frozenset({"n", "sd", "hr", "p", "rate"})


def possible_value(study: Study) -> Iterator[Finding]:
    """Only what is impossible: p above 1, a share above 100%, an interval with its ends swapped."""
    for number in study.numbers:
        why = _why_not(number)
        if why:
            yield Finding(
                (number,),
                number.value,
                "",
                Verdict.IMPOSSIBLE,
                f"{quantity_words(study, number.quantity)}: {number.value}, {why}.",
            )


def _why_not(number: Printed) -> str:
    statistic = number.quantity.statistic
    if statistic in INTERVAL_STATISTICS:
        low, up = number.interval.lower, number.interval.upper
        if low.exact is not None and up.exact is not None and low.value > up.value:
            return "an interval that ends before it begins"
        return _beyond(up, 100.0) if number.unit == "%" and number.quantity.timepoint else ""
    if statistic not in MOST and statistic not in NOT_NEGATIVE:
        return ""
    if statistic in NOT_NEGATIVE and number.number.value < 0:
        return "below zero"
    return _beyond(number.number, MOST[statistic]) if statistic in MOST else ""


def _beyond(printed: Reported, most: float) -> str:
    return f"above {most:g}" if printed.value > most else ""
