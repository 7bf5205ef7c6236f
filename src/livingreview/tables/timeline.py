"""When participants were enrolled, until when they were followed, and when reports came out."""

import math
import re
from calendar import month_name, monthrange
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pandas as pd

from livingreview_display import COLOURS, LANE_COLUMNS, Axis, Lanes, Look, Table, day
from livingreview_record import Report, Review, Study

ENROLLED = "{participants} enrolled or treated"
BEGUN = "first day of enrolment; its last day was not printed"
FOLLOWED = "last day of follow-up, or data cut-off"
REPORT = "a report came out; a line means that only its year is known"
LOOKS = {
    ENROLLED: Look(COLOURS[0], kind="bar"),
    BEGUN: Look(COLOURS[0], ">"),
    FOLLOWED: Look(COLOURS[1], "D"),
    REPORT: Look(COLOURS[2], "o"),
}
IN_PART = "empty: not read in full"
NOTE = (
    "A date that is missing was not printed in what was read. Bars that overlap do not mean that "
    "{participants} are shared"
)
UNKNOWN = "not printed"
MONTHS = {name: number for number, name in enumerate(month_name) if name}
DAY = re.compile(
    rf"(?:(?P<day>\d{{1,2}}) )?(?P<month>{'|'.join(MONTHS)}) (?P<year>\d{{4}})"
    r"|(?P<iso>\d{4}-\d\d-\d\d)|\b(?P<only>(?:19|20)\d\d)\b"
)
OPEN = re.compile(r"(?i)\bfrom\b.*\bon\b")  # a first day without a last one


def days_in(text: str) -> list[tuple[date, date]]:
    """Return the first and the last day of every day, month or year that a text names.

    >>> days_in("31 January 2019 to May 2023")[1][1]
    datetime.date(2023, 5, 31)
    """
    found = []
    for match in DAY.finditer(text):
        part = match.groupdict()
        if part["iso"]:
            first = last = date.fromisoformat(part["iso"])
        elif part["only"]:
            first, last = date(int(part["only"]), 1, 1), date(int(part["only"]), 12, 31)
        else:
            year, month = int(part["year"]), MONTHS[part["month"]]
            length = monthrange(year, month)[1]
            first, last = (date(year, month, int(part["day"] or one)) for one in (1, length))
        found.append((first, last))
    return found


def as_year(when: date) -> float:
    """Return a day as a year with its fraction.

    >>> as_year(date(2025, 7, 2)), as_year(date(2024, 1, 1))
    (2025.4986301369863, 2024.0)
    """
    start, end = date(when.year, 1, 1), date(when.year + 1, 1, 1)
    return when.year + (when - start) / (end - start)


def timeline(review: Review) -> Lanes:
    """Return the studies in calendar time, the earliest first, those without a period last."""
    rows = [row for study in _in_order(review) for row in _marks(review, study)]
    fill, until = review.terms.fill, review.protocol.documents_read_until
    line = f"documents read until {day(until)}"
    return Lanes(
        rows=pd.DataFrame(rows, columns=LANE_COLUMNS),
        looks={fill(name): look for name, look in LOOKS.items()},
        axis=Axis("Year"),
        title=f"{len(review.studies)} studies in calendar time",
        steps=(1, 2, 5, 10, 20),
        lines={line: as_year(date.fromisoformat(until))},
        hollow=IN_PART,
        extremes=("the earliest", "the latest"),
        headings={"label": "Study", "text": "Printed"},
        note=fill(NOTE) + ".",
    )


def timeline_table(review: Review) -> Table:
    """Return the same dates as texts, each with the place that prints it."""
    rows = [
        {
            "Study": study.label,
            review.terms.fill("{Participants} enrolled or treated"): _said(study, "period"),
            "Followed until": _said(study, "follow_up_until"),
            "Reports": "; ".join(_report_words(one) for one in study.reports),
        }
        for study in _in_order(review)
    ]
    return Table(pd.DataFrame(rows), "Dates of the studies, with their places", fold=True)


def _in_order(review: Review) -> list[Study]:
    def begin(study: Study) -> tuple[bool, str, date]:
        first = min((first for first, _ in _days(study, "period")), default=date.max)
        return study.status != "included", study.status, first

    return sorted(review.studies.values(), key=begin)


def _days(study: Study, key: str) -> list[tuple[date, date]]:
    return days_in(str(study.design.get(key, "")))


def _said(study: Study, key: str) -> str:
    """What the study's design says under a key, and where that is printed."""
    text, where = study.design.get(key), study.design.get(f"{key}_place")
    if not text or not _days(study, key):
        return str(text or UNKNOWN)
    return f"{day(str(text))} ({where})" if where else day(str(text))


def _report_words(report: Report) -> str:
    kind = report.kind.replace("-", " ")
    when = day(report.published) or str(report.year or "no date")
    return f"{kind}, {when} ({report.level.replace('-', ' ')})"


def _marks(review: Review, study: Study) -> list[dict[str, object]]:
    words = {
        "group": study.status.replace("-", " ").capitalize(),
        "label": study.label,
        "counts": "",
        "text": _told(study),
    }
    bare = dict.fromkeys(LANE_COLUMNS[5:11], math.nan) | {"at_risk": math.nan, "where": ""}

    def mark(name: str, *, hollow: bool = False, **values: float) -> dict[str, object]:
        shown = {"mark": review.terms.fill(name), "hollow": hollow}
        return {**words, **bare, **shown, **values}

    followed = _days(study, "follow_up_until")
    marks = [mark(ENROLLED), *(mark(name, **ends) for name, ends in _enrolment(study))][-1:]
    marks += [mark(FOLLOWED, at=as_year(followed[0][0]))] if followed else []
    for report in study.reports:
        hollow = report.level != "full-text"
        if report.published:
            at = as_year(date.fromisoformat(report.published))
            marks.append(mark(REPORT, hollow=hollow, at=at))
        elif report.year:
            year = float(report.year)
            span = {"at": year + 0.5, "lower": year, "upper": year + 1}
            marks.append(mark(REPORT, hollow=hollow, **span))
    return marks


def _enrolment(study: Study) -> Iterator[tuple[str, dict[str, Any]]]:
    """The mark of the printed period, where there is one: a bar, or its first day alone."""
    days = _days(study, "period")
    if days and OPEN.search(str(study.design["period"])):
        yield BEGUN, {"at": as_year(days[0][0])}
    elif days:
        last = max(end for _, end in days) + timedelta(days=1)
        first = min(first for first, _ in days)
        yield ENROLLED, {"lower": as_year(first), "upper": as_year(last)}


def _told(study: Study) -> str:
    """The printed dates in short, without remarks in brackets."""
    period, until = (
        re.sub(r" ?\([^)]*\)", "", str(study.design[key])) if _days(study, key) else ""
        for key in ("period", "follow_up_until")
    )
    told = [period or f"period {UNKNOWN}"]
    told.append(f"followed until {day(until)}" if until else f"cut-off {UNKNOWN}")
    return "; ".join(told)
