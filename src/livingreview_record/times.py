"""Printed times in months: every unit of time and its length; days of the calendar."""

from datetime import UTC, date, datetime, timedelta

from livingreview_record.reported import Reported

DAYS_A_MONTH = 365.25 / 12
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


def is_day(text: str) -> bool:
    """Whether the text is a day of the calendar as ISO 8601 writes it, such as 2026-03-31.

    >>> is_day("2026-03-31"), is_day("2026-02-30"), is_day("20260331")
    (True, False, False)
    """
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def is_over(day: str) -> bool:
    """Whether a day, as ISO 8601 writes it, has begun in some time zone."""
    return day <= (datetime.now(UTC) + timedelta(days=1)).date().isoformat()
