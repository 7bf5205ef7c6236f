"""What a printed value and its unit can be, statistic by statistic, and how to mend what cannot be.

Rules of size (a percentage of 140, the larger bound first, a decimal comma) are lifted for a value
that the note declares: `as printed: 140`.  What nothing can be computed with is always refused.
Whether numbers fit each other is the audit's business: there a source may be wrong.
"""

import re
from collections.abc import Iterator

from livingreview_record.kinds import FORM_OF, FORMS
from livingreview_record.quantities import (
    DESIGN_STATISTICS,
    INTERVAL_LEVELS,
    INTERVAL_STATISTICS,
    PERCENT_STATISTICS,
    Printed,
)
from livingreview_record.reported import NOT_REACHED, NUMBER_WORDS, Reported
from livingreview_record.studies import Outcome
from livingreview_record.times import IN_MONTHS, is_time, months_in

COUNTED = (
    *("patients", "participants", "events", "centres", "physicians", "groups"),
    *("cycles", "doses", "lesions", "procedures", "samples"),
)
FIXED_UNITS = {"percent": "%", "rate": "%", "level": "%", "p": "probability"} | {
    name: form.unit for name, form in FORM_OF.items() if form.unit and name != "difference"
}
PERSON_TIME = tuple(f"person-{unit}" for unit in IN_MONTHS)
SCALES = tuple(dict.fromkeys(f.unit for forms in FORMS.values() for f in forms if f.unit))
MEASURED = frozenset({"mean", "sd", "se", "difference"})  # in the outcome's own unit
IN_WORDS = frozenset({"n", "mean", "median", "minimum", "maximum"})  # nine patients, two cycles
ONLY_COUNTS = frozenset({"no", "none", "single", "once", "twice"})
MAY_BE_OPEN = frozenset({"median", "minimum", "maximum"})  # of a time that was not reached
AS_PRINTED = "correct it; if the source has it so, write 'as printed: {value}' in the note"
AT_LEAST_0 = {"sd": "a standard deviation", "se": "a standard error", "person-time": "a time"}
MOST = 10**9
MOST_COUNTED = 10**7
MOST_RATIO = 1000
LONGEST = 150 * 12  # months

_DATE = re.compile(
    r"\d{1,2}-[A-Z][a-z]{2}(-\d\d(\d\d)?)?|[A-Z][a-z]{2}-\d{1,4}|\d{4}-\d\d-\d\d|\d{1,2}/\d{1,2}/\d{2,4}"
)
_SHORT_DATE = re.compile(r"\d{1,2}/\d{1,2}/\d\d|\d{1,2}-[A-Z][a-z]{2}(-\d\d)?|[A-Z][a-z]{2}-\d\d")
_CLOCK = re.compile(r"\d{1,2}:\d\d(:\d\d)?( ?[AP]M)?")
_ERROR = re.compile(r"#[A-Z0-9/]+[!?]?")
_FIRST_SERIAL, _LAST_SERIAL = 36526, 54788  # days since 1899: the years 2000 to 2049
AGAIN = "look it up in the source, and open the file with every column as text (CONTRIBUTING.md)"
# A text that is not a number, and what to do with it; the first that fits is given.
HINTS = tuple(
    (re.compile(pattern), advice)
    for pattern, advice in (
        (_DATE.pattern, f"a spreadsheet has made a date of it: {AGAIN}"),
        (_CLOCK.pattern, f"a spreadsheet has made a time of it: {AGAIN}"),
        (r"[\d.]+[eE][-+]?\d+", f"a spreadsheet has written it in powers of ten: {AGAIN}"),
        (_ERROR.pattern, f"this is a spreadsheet's error: {AGAIN}"),
        (r"[^%]*\d\s*%", "take the percent sign off; the column unit says %"),
        (r"[pP]\s*[=<>≤≥].*", "type the number alone, such as 0.82 or <0.001; statistic says p"),
        (
            r"\d+\s*/\s*\d+",
            "type the number before the stroke, as statistic n; the one after it is the size of "
            "the group, a row of its own with outcome participants",
        ),
        (
            r"[^()]+\(.*\)?",
            "make two rows of it: one for the number, one for what stands in brackets (statistic "
            "ci95, range, iqr, sd or percent)",
        ),
        (r"[\d.]+\s*±.*", "make two rows of it: statistic mean, and statistic sd"),
        (
            r"(?i)n/?[aer]|not (reached|reported|estimable)|[-–—.?]+|nil|null|nan|missing",
            "remove the row: it holds no number (not_available in study.yaml lists what a source "
            "leaves out)",
        ),
        (r"[\d.,]+\s*[^\W\d_].*", "type the number alone; its unit goes into the column unit"),
    )
)


def declared(number: Printed) -> bool:
    """Whether the note says that exactly this value is printed: `as printed: 140`.

    Several remarks in a note are separated by semicolons.
    """
    remark = rf"(^|;\s*)as printed: {re.escape(number.value)}\s*(;|$)"
    return re.search(remark, number.note) is not None


def unit_needed(number: Printed, outcome: Outcome) -> str:
    """Which units the number may have, in words; empty where its unit is one of them."""
    quantity, unit = number.quantity, number.unit
    if quantity.statistic in DESIGN_STATISTICS:
        return "" if unit else "the unit or kind of the detail, such as days, mg or date"
    if quantity.statistic == "n":
        fits: tuple[str, ...] = COUNTED
    elif quantity.statistic in FIXED_UNITS:
        fits = (FIXED_UNITS[quantity.statistic],)
    elif quantity.statistic == "person-time":
        fits = PERSON_TIME
    elif quantity.comparison and quantity.statistic in (*INTERVAL_LEVELS, "se"):
        fits = (*SCALES, *IN_MONTHS, *filter(None, (outcome.unit,)))
    elif quantity.timepoint and not (outcome.unit and quantity.statistic in MEASURED):
        fits = ("%",)
    elif own := outcome.unit:
        fits = (own, "%") if quantity.statistic in INTERVAL_LEVELS else (own,)
    elif outcome.kind == "continuous":
        return f"the unit of {outcome.id}, which study.yaml must declare (unit: years)"
    elif outcome.kind == "time-to-event":
        fits = tuple(IN_MONTHS)
    else:
        fits = (*IN_MONTHS, *COUNTED, "%")
    return "" if unit in fits else f"one of {', '.join(fits)}"


def faults(number: Printed, outcome: Outcome) -> Iterator[tuple[str, str]]:
    """What the value had to be, and what to do, for each rule it breaks."""
    statistic, value = number.quantity.statistic, number.value
    if statistic in DESIGN_STATISTICS:
        yield from _design_faults(number)
        return
    try:
        parts = printed_parts(number)
    except ValueError as error:
        needed = str(error).partition(";")[0].removeprefix("need ")
        yield needed, hint(value) or "type what the source prints, digits and all"
        return
    refused = list(_uncomputable(number, parts, outcome))
    yield from refused
    if not refused and not declared(number):
        do = AS_PRINTED.format(value=value)
        yield from ((needed, do) for needed in _unusual(number, parts))


def hint(value: str) -> str:
    """Return how to mend a text that is not a number; empty where no advice fits."""
    if any(character.isdigit() and character not in "0123456789" for character in value):
        return "type the digits 0 to 9"
    return next((advice for pattern, advice in HINTS if pattern.fullmatch(value)), "")


def printed_parts(number: Printed) -> tuple[Reported, ...]:
    """The number, or both bounds; `ValueError` for a text that its statistic cannot have."""
    statistic, value = number.quantity.statistic, number.value
    if statistic in INTERVAL_STATISTICS:
        return number.interval.lower, number.interval.upper
    words = frozenset(value.lower().split("-")) & NUMBER_WORDS.keys()
    if value in NOT_REACHED and statistic not in MAY_BE_OPEN:
        msg = f"need a printed number; found {value!r}"
        raise ValueError(msg)
    if words and (statistic not in IN_WORDS or (statistic != "n" and words & ONLY_COUNTS)):
        msg = f"need a number in digits; found {value!r}"
        raise ValueError(msg)
    return (number.number,)


def looks_like_a_date(value: str) -> bool:
    """Whether the text is a number that a spreadsheet may have put in a date's place.

    >>> looks_like_a_date("44260"), looks_like_a_date("44,260")
    (True, False)
    """
    return len(value) == 5 and value.isdecimal() and _FIRST_SERIAL <= int(value) <= _LAST_SERIAL


def _design_faults(number: Printed) -> Iterator[tuple[str, str]]:
    """Dates, doses, thresholds and durations are free text, with digits or a number in words."""
    words = number.value.lower().replace("-", " ").split()
    if not (set("0123456789") & set(number.value) or NUMBER_WORDS.keys() & words):
        yield "a number or date as printed", hint(number.value) or "correct it"
    elif declared(number):
        return
    elif _ERROR.fullmatch(number.value) or (
        re.fullmatch(r"\d{1,2}:\d\d(:\d\d ?[AP]M|:\d\d)", number.value)
        or _SHORT_DATE.fullmatch(number.value)
        or (number.unit == "date" and looks_like_a_date(number.value))
    ):
        do = AS_PRINTED.format(value=number.value).replace("correct it", AGAIN)
        yield "a text that no spreadsheet has changed into its own dates and times", do


def _uncomputable(
    number: Printed, parts: tuple[Reported, ...], outcome: Outcome
) -> Iterator[tuple[str, str]]:
    """Rules that nothing lifts: with such a value nothing can be computed."""
    statistic, first = number.quantity.statistic, parts[0]
    leave = "correct it, or leave the row out and list it under not_available in study.yaml"
    if any(abs(part.value) >= MOST for part in parts):
        yield f"a number below {MOST:,}", leave
    elif statistic == "n" and (first.relation != "=" or first.decimals or first.value < 0):
        yield "a whole number of at least 0", leave
    elif statistic == "n" and first.value > MOST_COUNTED:
        yield f"a count of at most {MOST_COUNTED:,}", leave
    elif statistic == "n" and outcome.id == "participants" and not first.value:
        yield "a group of at least one", leave
    elif number.unit == "ratio" and statistic in FORM_OF and first.value <= 0:
        yield f"{_a(FORM_OF[statistic].words)} above 0", leave
    elif statistic in AT_LEAST_0 and first.value < 0:
        yield f"{AT_LEAST_0[statistic]} of at least 0", leave
    elif all(part.exact is None for part in parts) and statistic in INTERVAL_STATISTICS:
        yield "an interval with at least one bound that is a number", leave
    elif number.unit == "ratio" and (parts[0].value < 0 or parts[-1].value <= 0):
        yield "a ratio's bounds, of which none is negative and the upper one is above 0", leave


def _unusual(number: Printed, parts: tuple[Reported, ...]) -> Iterator[str]:
    """Rules of size that a source may break, where the note declares it."""
    statistic, compared = number.quantity.statistic, bool(number.quantity.comparison)
    if any(part.has_decimal_comma for part in parts):
        yield "a decimal point"
    if len(parts) == 2 and parts[0].value > parts[1].value:
        yield "the smaller bound first"
    if number.unit == "%" or statistic in PERCENT_STATISTICS:
        least = -100 if compared or statistic == "difference" else 0
        if not all(_within(part, least, 100) for part in parts):
            yield f"a percentage from {least} to 100"
    if statistic == "p" and (not _within(parts[0], 0, 1) or number.value == "0"):
        yield "a probability from 0 to 1 (0 itself only with the decimals that are printed)"
    if number.unit == "ratio" and statistic in FORM_OF and parts[0].value > MOST_RATIO:
        yield f"{_a(FORM_OF[statistic].words)} of at most {MOST_RATIO}"
    if is_time(number.unit):
        longest = LONGEST / months_in(number.unit)
        shortest = -longest if compared or statistic == "difference" else 0.0
        if not all(_within(part, shortest, longest) for part in parts):
            yield f"a time from {shortest:.0f} to {longest:.0f} {number.unit}"


def _a(words: str) -> str:
    return f"{'an' if words[0] in 'aeio' else 'a'} {words}"


def _within(part: Reported, least: float, most: float) -> bool:
    """Whether the number can be from `least` to `most`; one that was not reached can."""
    if part.exact is None:
        return True
    beyond = (part.relation == "<" and part.value <= least) or (
        part.relation == ">" and part.value >= most
    )
    return least <= part.value <= most and not beyond
