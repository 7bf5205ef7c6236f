"""Printed times in months: every unit of time and its length."""

from livingreview_record.reported import Reported

IN_MONTHS = {"days": 12 / 365.25, "weeks": 84 / 365.25, "months": 1.0, "years": 12.0}


def months_in(unit: str) -> float:
    """How many months one `unit` (singular or plural) is; `ValueError` for other words.

    >>> months_in("year"), months_in("months")
    (12.0, 1.0)
    """
    name = unit if unit.endswith("s") else f"{unit}s"
    if name not in IN_MONTHS:
        msg = f"need a unit of time ({', '.join(IN_MONTHS)}), found {unit!r}"
        raise ValueError(msg)
    return IN_MONTHS[name]


def is_time(unit: str) -> bool:
    """Whether the word is a unit of time."""
    return unit in IN_MONTHS or f"{unit}s" in IN_MONTHS


def months(time: str) -> float:
    """A time such as `12 months` in months; `ValueError` for other texts.

    >>> months("2 years"), round(months("30 day"), 3)
    (24.0, 0.986)
    """
    number, _, unit = time.partition(" ")
    try:
        return Reported(number).value * months_in(unit)
    except ValueError:
        msg = f"need a time such as '12 months', found {time!r}"
        raise ValueError(msg) from None
