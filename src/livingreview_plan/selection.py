"""Printed numbers that a planned synthesis may use, chosen by the review's rules alone.

A synthesis in `data/review.yaml` says which studies, populations, arms and adjustment it takes.
`select` applies that rule to every study and says, for each one left out, why.  A new kind of
synthesis is an entry of `FINDERS`, and one of `KINDS` in `livingreview_record`,
which says what its rule holds and which effect measures it gives.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

from livingreview_plan.estimates import Estimate
from livingreview_plan.kinds import counts, measured, printed
from livingreview_plan.nearly import NearMiss
from livingreview_record import (
    Collector,
    DataProblemsError,
    Place,
    PlannedSynthesis,
    Problem,
    Review,
    nothing_printed,
    places_of,
    plan,
)

MOST_SHOWN = 3
SECONDARY = "secondary"  # the level of a report that was read only where others write about it


class Finder(NamedTuple):
    """The two functions of a kind.

    `collect` takes a study, the rule and the place of its patients; `near` also what was found.
    """

    collect: Any
    near: Any


FINDERS: Mapping[str, Finder] = {
    "proportion": Finder(counts.arm_counts, counts.near_arms),
    "two-arm": Finder(counts.two_arm_counts, counts.near_pairs),
    "hazard-ratio": Finder(printed.hazard_ratios, printed.near_hazard_ratios),
    "means": Finder(measured.means, measured.near_means),
    "rates": Finder(measured.rates, measured.near_rates),
    "estimate": Finder(printed.estimates, printed.near_estimates),
}


@dataclass(frozen=True)
class LeftOut:
    """A study, or part of one, that a synthesis does not use; `reason` is a plain sentence.

    `nearly` are its printed numbers that one column keeps out.
    """

    study_id: str
    label: str
    reason: str
    nearly: tuple[NearMiss, ...] = ()


@dataclass(frozen=True)
class Selection:
    """What one planned synthesis uses, and what it leaves out with the reason.

    `others` are estimates of the studies used that stand behind the one that enters.
    """

    plan: PlannedSynthesis
    used: tuple[Estimate, ...]
    left_out: tuple[LeftOut, ...]
    others: tuple[Estimate, ...] = ()


def select(review: Review, synthesis_id: str) -> Selection:
    """Return what a planned synthesis uses and what it leaves out; its kind is one of `FINDERS`."""
    rules = plan(review, synthesis_id)
    collect, near = FINDERS[rules.kind]
    used: list[Estimate] = []
    left_out: list[LeftOut] = []
    others: list[Estimate] = []
    for study in review.studies.values():
        reason, places = places_of(review, study, rules)
        places = tuple(sorted(places, key=partial(_is_doubted, review, study.id)))
        each = [(place, list(collect(study, place.rules, place.patients))) for place in places]
        filled = [found for _, found in each if found]
        found = filled[0] if filled else []
        misses = tuple(
            dict.fromkeys(
                miss
                for place, own in each
                if own is found or not found
                for miss in near(study, place.rules, place.patients, own)
            )
        )
        used.extend(found)
        others.extend(one for own in filled[1:] for one in own)
        if misses or not found:
            reason = reason or _nearly(misses) or nothing_printed(review, study, *places[0])
            left_out.append(LeftOut(study.id, study.label, reason, misses))
    if not review.protocol.secondary_sources:
        _refuse_secondary(rules, used)
    return Selection(rules, tuple(used), tuple(left_out), tuple(others))


def _is_doubted(review: Review, study_id: str, place: Place) -> bool:
    """Whether `review.yaml` says that the estimates of this place are not relied upon."""
    asked = (study_id, place.rules.outcome, place.rules.adjustment)
    return any(
        (entry.study, entry.outcome, entry.adjustment) == asked
        for entry in review.protocol.not_relied_upon
    )


def _refuse_secondary(rules: PlannedSynthesis, used: Sequence[Estimate]) -> None:
    """Raise `DataProblemsError` for estimates read only where others write about the study."""
    problems: list[Problem] = []
    for source in (source for one in used for source in one.sources if source.level == SECONDARY):
        Collector(f"data/studies/{source.study_id}/reported.csv", problems).need(
            f"row {source.line}",
            "a number read in the study's own report, paper, abstract or registry record, "
            f"for the synthesis {rules.id}",
            f"{source.value!r} of {source.locator.report_id}, whose level is secondary",
            "confirm it in the report itself, or move the row to data/leads.csv; a review of what "
            "others collected says secondary_sources: true in data/review.yaml",
        )
    if problems:
        raise DataProblemsError(problems)


def _nearly(misses: tuple[NearMiss, ...]) -> str:
    """The near misses in one sentence; empty without any."""
    shown = "; ".join(map(str, misses[:MOST_SHOWN]))
    more = f"; and {len(misses) - MOST_SHOWN} more" if len(misses) > MOST_SHOWN else ""
    return f"Nearly: {shown}{more}." if misses else ""
