"""Which printed numbers to lean on, in plain words, as far as a re-enactment can tell."""

import math
from collections.abc import Iterable, Iterator

from livingreview_cohort.choices import Pipeline
from livingreview_cohort.conflict import conflicts
from livingreview_cohort.pipeline import INTERACTION, SELECTED
from livingreview_cohort.reenact import Reenacted, Reenactment
from livingreview_cohort.rows import BOUNDS, OUTSIDE, Line, comparison_words, result_words
from livingreview_display import listed
from livingreview_record import Quantity, Study

COUNTED = ("n", "percent")
RARELY = 0.5  # of the sets: a variable that the rule lets in less often is there by chance
LEVEL = 0.05
AWAITING = (
    "This study awaits classification, for the reasons at the head of this chapter. Nothing here "
    "clears them: lean on no number of it before they are cleared"
)
ON_AGREEMENT = (
    "Agreement is no confirmation: the sets were drawn to agree. It says that one set of patients "
    "can have these numbers together"
)


def lean(
    study: Study, pipeline: Pipeline, reenactment: Reenactment, found: Iterable[Line]
) -> list[str]:
    """Return sentences on counts, arms, models, the choice of covariates, subgroups, matching."""
    printed = [line for line in found if line.estimate.printed is not None]
    matched = pipeline.matching.population if pipeline.matching else ""
    anew = [line for line in printed if line.estimate.quantity.population == matched]
    own = [line for line in printed if line not in anew] if matched else printed
    return [
        *([AWAITING] if study.status == "awaiting-classification" else []),
        *_counts(study, [line for line in own if line.estimate.quantity.statistic in COUNTED]),
        *_arms(study, [line for line in own if _is_of_arms(study, line)]),
        *_models(study, [line for line in own if line.estimate.quantity.statistic == "hr"]),
        *_selection(study, reenactment),
        *_subgroups(study, reenactment),
        *_matched(study, anew),
        ON_AGREEMENT,
    ]


def _counts(study: Study, found: list[Line]) -> Iterator[str]:
    impossible, outside = conflicts(study), [line for line in found if line.is_outside]
    margins = [margin for one in impossible for margin in one.margins]
    names = _names(study.vocabulary(one.printed.quantity.outcome).label for one in margins)
    if impossible:
        rules = [rule for one in impossible for rule in one.rules]
        read = ", in part by our reading of the words" if any(one.declared for one in rules) else ""
        yield (
            f"Not all printed counts can hold together{read}: {len(impossible)} "
            f"{'group' if len(impossible) == 1 else 'groups'} of them (of {names}), unless "
            "something was not known of some patients"
        )
    others = "other " if impossible else ""
    if found and not outside:
        yield (
            f"All {others}printed counts and percentages that were drawn hold together in one set "
            "of patients, to within one patient"
        )
    elif found:
        yield (
            f"Of the {others}printed counts and percentages, all but {len(outside)} hold together "
            f"in one set of patients; the others are {_names(line.what for line in outside)}"
        )


def _is_of_arms(study: Study, line: Line) -> bool:
    """Whether it is a median, rate or ratio of whole arms, or of the arms compared."""
    quantity = line.estimate.quantity
    timed = study.vocabulary(quantity.outcome).kind == "time-to-event"
    of_arms = not quantity.comparison or quantity.comparison in study.comparisons
    unadjusted = quantity.adjustment != "adjusted"
    return timed and of_arms and unadjusted and quantity.statistic not in (*COUNTED, "p")


def _arms(study: Study, found: list[Line]) -> Iterator[str]:
    whole = [line for line in found if not line.estimate.quantity.subgroup]
    missed = [line for line in whole if line.lies == OUTSIDE]
    if whole and not missed:
        yield (
            "The printed medians, rates and ratios of whole arms can hold together in one set of "
            "patients. Whether such patients are likely is for the questions below to tell, and "
            "what the numbers say of the treatments for the design"
        )
    elif whole:
        yield (
            "Hardly any set comes near these numbers of whole arms while it meets the others: "
            f"{_names(_full(study, line) for line in missed)}"
        )
    narrow = [line for line in whole if line.lies == BOUNDS and _is_narrower(line)]
    if narrow:
        yield _too_narrow(_full(study, line) for line in narrow)
    odd = [line for line in found if line.lies == OUTSIDE and line not in whole]
    if odd:
        yield (
            "Hardly any set comes near these numbers of subgroups; do not lean on them before it "
            f"is known how they arise: {_names(_full(study, line) for line in odd)}"
        )


def _models(study: Study, found: list[Line]) -> Iterator[str]:
    found = [line for line in found if not _is_of_arms(study, line)]
    narrow = [line for line in found if line.lies == BOUNDS and _is_narrower(line)]
    if narrow:
        yield _too_narrow(_ratio(study, line) for line in narrow)
    missed = [line for line in found if line.lies == OUTSIDE]
    if missed:
        yield (
            "Hardly any set comes near these hazard ratios: "
            f"{_names(_ratio(study, line) for line in missed)}. They would arise if the real "
            "patients were linked in a way that is not printed, or if printed numbers do not fit; "
            "until that is known, do not lean on them"
        )


def _too_narrow(names: Iterable[str]) -> str:
    return (
        "The printed intervals of these numbers are narrower than nearly all sets of as many "
        f"patients gave: {_names(names)}. Lean neither on the intervals nor on what they exclude"
    )


def _is_narrower(line: Line) -> bool:
    if line.interval is None or line.interval.printed is None:
        return False
    bounds = line.interval.printed.interval
    printed, again = (bounds.lower.value, bounds.upper.value), line.interval.values
    if line.estimate.quantity.statistic == "hr":
        return math.log(printed[1] / printed[0]) < math.log(again[1] / again[0])
    return printed[1] - printed[0] < again[1] - again[0]


def _selection(study: Study, reenactment: Reenactment) -> Iterator[str]:
    rare = [
        row.quantity
        for row in reenactment.rows
        if row.quantity.method == SELECTED
        and row.mean < RARELY
        and is_in_printed_model(study, row.quantity)
    ]
    for outcome in dict.fromkeys(quantity.outcome for quantity in rare):
        names = _names(
            comparison_words(study, one.comparison) for one in rare if one.outcome == outcome
        )
        yield (
            f"The rule that chose the variables of the model for "
            f"{study.vocabulary(outcome).label.lower()} selects {names} in less than half of "
            "the sets: with as many events, chance decides on that"
        )


def is_in_printed_model(study: Study, selected: Quantity) -> bool:
    """Return whether the printed model of the same outcome holds the variable."""
    return any(
        number.contrast[0] == selected.comparison
        and number.adjustment == "adjusted"
        and number.outcome == selected.outcome
        for number in study.by_quantity
    )


def _subgroups(study: Study, reenactment: Reenactment) -> Iterator[str]:
    tests = [row for row in reenactment.rows if row.quantity.method == INTERACTION and row.tables]
    if not tests:
        return
    told = [row for row in tests if row.values[0] < LEVEL]
    if told:
        yield (
            f"Of {len(tests)} tests of interaction, the sets tell subgroups apart in these: "
            f"{_names(_subgroup(study, row) for row in told)}"
        )
        return
    yield (
        f"None of {len(tests)} tests of interaction tells subgroups apart in the middle of the "
        "sets: a small p-value in one subgroup beside a large one in another is no difference "
        "between them"
    )


def _subgroup(study: Study, row: Reenacted) -> str:
    outcome, variable = row.quantity.outcome, row.quantity.category
    return f"{study.vocabulary(variable).label} ({study.vocabulary(outcome).label.lower()})"


def _matched(study: Study, found: list[Line]) -> Iterator[str]:
    outside = [line for line in found if line.lies == OUTSIDE]
    if found:
        names = _names(study.vocabulary(line.estimate.quantity.outcome).label for line in outside)
        yield (
            f"Of {len(found)} printed numbers of matched patients, our reading of the matching "
            f"comes near all but {len(outside)}" + (f" (of {names})" if outside else "")
        )


def _full(study: Study, line: Line) -> str:
    return f"{result_words(study, line.estimate.quantity)}, {line.kind}"


def _ratio(study: Study, line: Line) -> str:
    quantity = line.estimate.quantity
    words = comparison_words(study, quantity.comparison)
    return f"{words} ({study.vocabulary(quantity.outcome).label.lower()}, {quantity.adjustment})"


def _names(names: Iterable[str]) -> str:
    return listed(dict.fromkeys(names))
