"""Whether properties of the studies explain why their results differ, as the plan asks."""

from collections.abc import Iterator
from dataclasses import dataclass

from livingreview_plan.analysis import PlannedResult
from livingreview_pool import Coefficient, Regression, meta_regression
from livingreview_record import Review

SMALLEST = 4  # studies: with three, a line leaves one degree of freedom


@dataclass(frozen=True)
class Moderated:
    """A planned result against one moderator: its meta-regression, or why there is none.

    `without` are the studies whose `study.yaml` has no value of it; they are not in the regression.
    """

    key: str
    regression: Regression | None
    why_not: str
    without: tuple[str, ...]

    @property
    def slope(self) -> Coefficient | None:
        """The change of the effect, on its analysis scale, per unit of the moderator."""
        return None if self.regression is None else self.regression.coefficients[1]


def moderated(review: Review, result: PlannedResult) -> Iterator[Moderated]:
    """Yield the result against each moderator of its plan, one at a time.

    Random effects by REML, with the modified Knapp-Hartung interval of the pooled results.
    """
    for key in result.plan.moderators:
        values = [review.studies[effect.study].design.get(key) for effect in result.effects]
        known = [
            (effect, float(value))
            for effect, value in zip(result.effects, values, strict=True)
            if isinstance(value, int | float)
        ]
        without = tuple(
            effect.name
            for effect, value in zip(result.effects, values, strict=True)
            if value is None
        )
        regression, why = None, ""
        if len(known) < SMALLEST:
            why = f"{len(known)} studies have a value, and fewer than {SMALLEST} say nothing"
        elif result.not_pooled:
            why = result.not_pooled
        else:
            try:
                regression = meta_regression(
                    [effect for effect, _ in known],
                    moderators={key: [value for _, value in known]},
                    interval="adhoc",
                )
            except ValueError as error:
                why = f"it cannot be computed from these numbers ({error})"
        yield Moderated(key, regression, why, without)
