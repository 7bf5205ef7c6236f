"""Progression as best response against the time to progression.

Who progresses before the first assessment of response has progression as best response.  Under
exponential times the median gives the share who do by six weeks, when response is usually assessed
first (every six to eight weeks: Eisenhauer et al. 2009, RECIST 1.1).  Times may vary less than
exponential ones and early deaths may not be evaluable, so only half of that share is expected.
"""

from collections.abc import Iterator
from dataclasses import replace

from livingreview.audit.curves import Curve, curves, in_months
from livingreview.audit.finding import Finding, Verdict
from livingreview.audit.sizes import Count, count
from livingreview.studies import Study

PROGRESSION, RESPONSE, PROGRESSED = "pfs", "response", "pd"
FIRST_ASSESSMENT = 6 * 7 / 30.4375  # months
SHARE_EXPECTED = 0.5
UNLIKELY = 0.001


def early_progression(study: Study) -> Iterator[Finding]:
    """Groups in which no patient progressed at best, and a median of the time to progression."""
    for curve in curves(study):
        if curve.group.outcome != PROGRESSION or not curve.medians:
            continue
        wanted = replace(curve.group, outcome=RESPONSE, category=PROGRESSED, statistic="n")
        none, size = count(study, wanted), curve.size
        if none is None or none.value or size is None or curve.medians[0].number.exact is None:
            continue
        yield _judge(curve, none, size)


def chance_of_none(median: float, patients: int) -> float:
    """Chance that none of ``patients`` progresses by the first assessment, cautiously.

    >>> round(chance_of_none(5.25, 93), 4), round(chance_of_none(5.25, 10), 2)
    (0.0003, 0.42)
    """
    share = 1 - 2.0 ** (-FIRST_ASSESSMENT / median)
    return float((1 - SHARE_EXPECTED * share) ** patients)


def _judge(curve: Curve, none: Count, size: Count) -> Finding:
    median = curve.medians[0]
    longest = in_months(median).upper
    chance = chance_of_none(longest, size.value)
    share = 100 * (1 - 2.0 ** (-FIRST_ASSESSMENT / longest))
    said = (
        f"{none.value} of {size.value} progressed as best response; with a median of "
        f"{median.value} months about {share:.0f}% progress or die by six weeks (exponential "
        f"times), and by half of that share the chance of none is {chance:.1g}"
    )
    verdict = Verdict.REPRODUCED
    if chance < UNLIKELY:
        verdict = Verdict.IMPLAUSIBLE
        said += (
            "; plausible only if hardly anyone progressed early, or those who did are not among "
            "these patients"
        )
    numbers = (*none.numbers, median, *size.numbers)
    return curve.find(verdict, numbers, "some", said)
