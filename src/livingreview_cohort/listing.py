"""A study re-enacted as flat rows, for tables, files and other programs."""

import math
from collections.abc import Sequence

from livingreview_cohort.reenact import Reenacted, Reenactment


def flat(reenactment: Reenactment) -> list[dict[str, object]]:
    """Return every result beside what is printed: the identity, the numbers, whether it fits.

    `source` says in each row on what patients it rests.  Intervals are texts of two bounds; a time
    that is not reached is `not reached`, and a result without a finite estimate is empty.
    """
    return [_row(reenactment, one) for one in reenactment.rows]


def _row(reenactment: Reenactment, one: Reenacted) -> dict[str, object]:
    return {
        "study": reenactment.study_id,
        "source": reenactment.source,
        "locator": "" if one.printed is None else str(one.printed.locator),
        **vars(one.quantity),
        "printed": "" if one.printed is None else one.printed.value,
        "reenacted": written(one.values),
        "low": written(one.low),
        "high": written(one.high),
        "agreement": one.agreement or "",
        "patients": one.patients,
        "tables": one.tables,
    }


def written(values: Sequence[float], digits: int = 4) -> str:
    """Return a number, or the bounds of an interval, to so many significant digits.

    >>> written((0.61234,)), written((12.5, math.inf)), written((math.nan,))
    ('0.6123', '12.5-not reached', '')
    """
    if any(map(math.isnan, values)):
        return ""
    return "-".join("not reached" if math.isinf(one) else f"{one:.{digits}g}" for one in values)
