"""A planned synthesis as it grew: pooled again with each study, in the order of publication."""

import pandas as pd

from livingreview_display import POOLED, STUDY
from livingreview_plan import PlannedResult
from livingreview_pool import Effect, synthesise
from livingreview_record import Printed, Review
from livingreview_results.rows import interval_text, shown


def published_on(review: Review, effect: Effect) -> str:
    """Return the day, or the year, of the report that prints an effect; empty where not known."""
    number = next(source for source in effect.sources if isinstance(source, Printed))
    reports = review.studies[effect.study].reports
    report = next(one for one in reports if one.id == number.locator.report_id)
    return report.published or str(report.year or "")


def rows_over_time(review: Review, result: PlannedResult) -> pd.DataFrame:
    """Return a row for each study: the random effects of it and of all published before it.

    A study of which the year alone is known comes first in its year; studies of one date stay in
    their order.  The rules for few studies hold at each step, so that the last row is the main
    result of the synthesis.
    """
    dated = sorted(
        ((published_on(review, one), one) for one in result.effects), key=lambda one: one[0]
    )
    rows = []
    for place, (date, added) in enumerate(dated, 1):
        model = synthesise([effect for _, effect in dated[:place]]).main
        values = [shown(result, one) for one in (model.mean, model.ci_lower, model.ci_upper)]
        rows.append(
            {
                "label": f"{'with' if place > 1 else 'from'} {added.name}",
                "mark": STUDY if place == 1 else POOLED,
                **dict(zip(("estimate", "lower", "upper"), values, strict=True)),
                "text": interval_text(result, *values),
                "arms": date,
                "counts": str(place),
            }
        )
    return pd.DataFrame(rows)
