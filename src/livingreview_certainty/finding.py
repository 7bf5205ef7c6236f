"""What was found on one outcome of a question, without words of any language."""

from dataclasses import dataclass

from livingreview_appraisal import Outcome
from livingreview_certainty.absolute import Baseline
from livingreview_plan import PlannedResult
from livingreview_pool import AbsoluteEffect, Effect
from livingreview_record import LEVELS, Grade

UNKNOWN = LEVELS[0]


@dataclass(frozen=True)
class Finding:
    """What was found on one outcome of a question, without words of any language.

    `taken` are the estimates that answer; `estimate` is the value with its limits on the analysis
    scale.  `ratio` is the logarithm of the ratio of risks or hazards that says how large the
    effect is, None without one: an odds ratio of frequent events is farther from one than that of
    their risks.  `people` is None where a report does not print them.  `absolute` has the events
    of 1,000 people at each baseline, with where the baseline comes from.
    """

    outcome: Outcome
    result: PlannedResult
    grade: Grade
    taken: tuple[Effect, ...]
    estimate: tuple[float, float, float]
    ratio: float | None
    people: int | None
    absolute: tuple[tuple[Baseline, AbsoluteEffect], ...]

    @property
    def is_known(self) -> bool:
        """Whether the certainty is more than the lowest."""
        return self.grade.level != UNKNOWN

    @property
    def is_one_sided(self) -> bool:
        """Whether the interval lies on one side of no difference."""
        _, low, high = self.estimate
        return not low <= 0 <= high
