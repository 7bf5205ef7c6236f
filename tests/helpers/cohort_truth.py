"""Re-enactment against the truth: real patients, the paper they would give, and what it implies.

The paper of `paper_simulation` is written from real patients; the patients are then forgotten, and
synthetic ones are drawn from the paper alone.  A statistic of the real patients is covered where it
lies in the range of the draws, widened by what the rounding of the paper allows.  Some statistics
are printed in the paper, some are not; a thin paper prints no hazard ratio, rate or p-value.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from livingreview_cohort.cox import Cox
from livingreview_cohort.curves import KaplanMeier
from livingreview_cohort.design_page import COVERAGE_DRAWS as DRAWS
from livingreview_cohort.design_tables import promised
from livingreview_cohort.draw import draw
from livingreview_cohort.fit import fit_study
from livingreview_cohort.patients import Patients, TimeToEvent
from livingreview_record import Study
from paper_simulation import ALL, NEW, OLD, RATE_TIMES, Cohort, Style, Writer, drawn_cohort

OUTCOMES = ("os", "pfs")
UNPRINTED_RATES = {"os": 9, "pfs": 4}
THIN = frozenset({"hr", "rate", "p"})
EXPECTED = promised(DRAWS)
ROUNDING = {"median": 0.005, "rate": 0.0051, "hr": 0.01}


@dataclass(frozen=True)
class Covered:
    """Whether a statistic of the real patients lay in the range of the draws."""

    paper: str  # full or thin
    statistic: str
    printed: bool
    covered: bool
    width: float  # of the range, against the real value


def real_patients(cohort: Cohort) -> Patients:
    """The patients behind a simulated paper, as a table."""
    variables = {
        name: np.array(levels, dtype=np.str_)[codes]
        for name, (levels, codes) in cohort.factors.items()
    }
    times = {"os": TimeToEvent(*cohort.os), "pfs": TimeToEvent(*cohort.pfs)}
    arm = np.where(cohort.arm, NEW, OLD).astype(np.str_)
    return Patients("made-up", "patient-level", arm, {**variables, "age": cohort.age}, {}, times)


def statistics(patients: Patients) -> Iterator[tuple[str, float]]:
    """Medians, rates, hazard ratios, and what papers seldom print."""
    for outcome in OUTCOMES:
        times = patients.times[outcome]
        for arm in (NEW, OLD):
            own = times.of(patients.arm == arm)
            curve = KaplanMeier(own.time, own.event)
            yield f"median {outcome}", curve.median
            for at in (*RATE_TIMES[outcome], UNPRINTED_RATES[outcome]):
                yield f"rate {outcome} {at}", curve.rate(at)
            yield f"mean {outcome} to 12", restricted_mean(curve, 12.0)
        column = (patients.arm == NEW).astype(float)
        yield f"hr {outcome}", hazard_ratio(times, column)
        old = np.asarray(patients.variables["age_group"] == "over_63").astype(float)
        yield f"hr of age {outcome}", hazard_ratio(times, old)
        yield f"adjusted hr {outcome}", hazard_ratio(times, np.column_stack([column, old]))


def restricted_mean(curve: KaplanMeier, until: float) -> float:
    """The area below the curve."""
    times, share, _ = curve.steps
    inside = times < until
    edges = np.concatenate([[0.0], times[inside], [until]])
    return float(np.sum(np.diff(edges) * np.concatenate([[1.0], share[inside]])))


def hazard_ratio(times: TimeToEvent, columns: np.ndarray) -> float:
    """The hazard ratio of the first column."""
    model = Cox(times.time, times.event, columns.reshape(times.time.size, -1))
    return float(np.exp(model.beta[0])) if model.converged else float("nan")


def is_printed(study: Study, statistic: str) -> bool:
    """Whether the paper prints the statistic, of one arm at least."""
    kind, _, rest = statistic.partition(" ")
    outcome = next(one for one in OUTCOMES if one in rest.split())
    own = [n.quantity for n in study.numbers if n.quantity.outcome == outcome]
    if kind == "median":
        return any(q.statistic == "median" and q.arm_id in (NEW, OLD) for q in own)
    if kind == "rate":
        at = f"{rest.split()[-1]} months"
        return any(q.statistic == "rate" and q.timepoint == at and q.arm_id != ALL for q in own)
    if kind == "hr":
        name = "age_group" if "age" in rest else "new-vs-old"
        return any(q.statistic == "hr" and q.comparison == name and not q.subgroup for q in own)
    return False


def covered(seed: int, draws: int = DRAWS) -> Iterator[Covered]:
    """One simulated paper, in full and thin."""
    rng = np.random.default_rng(seed)
    cohort = drawn_cohort(rng)
    study = Writer(cohort, Style.drawn(rng), rng).study()
    truth = list(statistics(real_patients(cohort)))
    thin = tuple(n for n in study.numbers if n.quantity.statistic not in THIN)
    for name, paper in (("full", study), ("thin", replace(study, numbers=thin))):
        yield from _of_paper(name, paper, truth, draws)


def _of_paper(
    name: str, paper: Study, truth: list[tuple[str, float]], draws: int
) -> Iterator[Covered]:
    fitted = fit_study(paper)
    found = np.array([[v for _, v in statistics(draw(fitted, s))] for s in range(draws)])
    low, high = np.nanmin(found, axis=0), np.nanmax(found, axis=0)
    for place, (statistic, value) in enumerate(truth):
        if not np.isfinite(value):
            continue
        kind = statistic.partition(" ")[0]
        slack = ROUNDING.get(kind, 0.0)
        inside = low[place] - slack <= value <= high[place] + slack
        width = float((high[place] - low[place]) / value) if value else 0.0
        yield Covered(name, statistic, is_printed(paper, statistic), bool(inside), width)


COLUMNS = ("paper", "statistic", "printed", "values", "covered", "width")
Row = tuple[str, str, str, int, int, str]


def summary(found: Iterable[Covered]) -> list[Row]:
    """By paper, kind of statistic and whether it is printed: how many, covered, median width."""
    groups: dict[tuple[str, str, str], list[Covered]] = {}
    for one in found:
        kind = one.statistic.split(" ")[0]
        kind = (
            "adjusted hr" if kind == "adjusted" else "hr of age" if "age" in one.statistic else kind
        )
        key = (one.paper, kind, "yes" if one.printed else "no")
        groups.setdefault(key, []).append(one)
    return [
        (
            *key,
            len(ones),
            sum(one.covered for one in ones),
            f"{np.median([one.width for one in ones]):.3f}",
        )
        for key, ones in sorted(groups.items())
    ]
