"""The shortest follow-up against survival: a question about how follow-up was measured.

Where follow-up ends at death, no one died before its shortest value.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from livingreview_audit.curves import Curve, curves, in_months
from livingreview_audit.finding import Finding, Kind, Verdict, check
from livingreview_audit.intervals import Box
from livingreview_audit.lookup import group_words
from livingreview_audit.vocabulary import stated
from livingreview_record import ALL_ARMS, Printed, Study

EXPECTED = 7.0  # deaths; none of so many has a chance below one in a thousand
LATE = 2.0  # shape of Weibull times: deaths that come late


@dataclass(frozen=True)
class _Start:
    """The shortest follow-up of a group, and the deaths to be expected before it."""

    curve: Curve
    median: Printed
    range: Printed
    constant: float
    late: float

    @property
    def words(self) -> str:
        size = self.curve.size
        patients = size.value if size else ""
        return (
            f"from {self.range.interval.lower.text} months in {patients} patients whose median "
            f"survival is {self.median.value} ({group_words(self.curve.study, self.curve.group)})"
        )


@check(
    "The shortest follow-up against the deaths that median survival leads one to expect before it.",
    kind=Kind.DESIGN,
)
def shortest_followup(study: Study) -> Iterator[Finding]:
    """Only a question, where follow-up may end at death: with seven deaths or more expected even
    when deaths come late (Weibull times of shape 2), beyond the months that patients had to live to
    be included.
    """
    if study.roles.followup not in study.outcomes:
        return
    ends = study.vocabulary(study.roles.followup).ends_at
    if ends and "death" not in ends:
        return
    groups: dict[str, list[_Start]] = {}
    for curve in curves(study):
        start = _start(curve) if curve.group.outcome == study.roles.overall_survival else None
        if start is not None:
            groups.setdefault(curve.group.population, []).append(start)
    for starts in groups.values():
        yield _judge(study, starts, said_to_end=bool(ends))


def _start(curve: Curve) -> _Start | None:
    """None where range, size or median is not printed, or for a subgroup."""
    wanted = replace(curve.group, outcome=curve.study.roles.followup, statistic="range")
    ranges, size = curve.study.by_quantity.get(wanted, ()), curve.size
    exact = [median for median in curve.medians if median.number.exact is not None]
    if not ranges or not exact or size is None or ranges[0].interval.lower.exact is None:
        return None
    survived = sum(float(s.months) for s in stated(curve.study, "survival-exclusion"))
    least = max(Box.of(ranges[0].interval.lower).lower, survived)
    middle = in_months(exact[0]).upper
    constant, late = (
        size.value * (1 - 2.0 ** -((least**k - survived**k) / middle**k)) for k in (1.0, LATE)
    )
    return _Start(curve, exact[0], ranges[0], constant, late)


def _judge(study: Study, starts: list[_Start], *, said_to_end: bool) -> Finding:
    odd = [start for start in starts if start.late >= EXPECTED]
    arms = [start for start in odd if start.curve.group.arm_id != ALL_ARMS]
    told = arms or odd or starts
    said = f"Follow-up: {' and '.join(start.words for start in told)}"
    verdict = Verdict.REPRODUCED
    if odd:
        verdict = Verdict.REMARK
        deaths = " and ".join(f"{start.constant:.0f}" for start in told)
        late = " and ".join(f"{start.late:.0f}" for start in told)
        condition = ", as the report says," if said_to_end else ""
        said += (
            f"; if it ends at death{condition} no one died in that time, where about {deaths} "
            f"deaths are expected at a constant rate and {late} if deaths come late. How was "
            "follow-up measured? To the data cut-off whatever happened, in those alive only, "
            "without patients followed for a short time, or from an earlier day than survival: "
            "each would explain it"
        )
        said += "" if said_to_end else "; the report does not say how it was measured"
    numbers = tuple(n for start in told for n in (start.range, start.median))
    return Finding(numbers, numbers[0].value, "how it was measured", verdict, f"{said}.")
