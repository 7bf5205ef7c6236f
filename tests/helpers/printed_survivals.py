"""Every survival that a study prints: what the tests of curves go through."""

from collections.abc import Iterator
from itertools import product

from livingreview_plan.printed_curves import PrintedSurvival, printed_survival
from livingreview_record.studies import Study


def every_printed_survival(study: Study, *, subgroups: bool = False) -> Iterator[PrintedSurvival]:
    """Every arm, population and time-to-event outcome of a study with a printed survival.

    Subgroups of the patients are left out unless asked for.
    """
    times = [outcome.id for outcome in study.outcomes.values() if outcome.kind == "time-to-event"]
    named = dict.fromkeys(
        number.quantity.subgroup
        for number in study.numbers
        if number.quantity.statistic in ("rate", "median")
    )
    groups = [group for group in named if subgroups or not group]
    for outcome, population, arm, group in product(times, study.populations, study.arms, groups):
        found = printed_survival(study, arm, outcome, population=population, subgroup=group)
        if found is not None:
            yield found
