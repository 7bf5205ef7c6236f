"""Which part of a study's chapter shows a printed number: every number has exactly one place."""

from collections.abc import Mapping

from livingreview_record import (
    ALL_ARMS,
    FORM_OF,
    Outcome,
    Printed,
    Quantity,
    Study,
    contrast_of,
    levels_of,
)

SECTIONS = (
    "design",
    "flow",
    "characteristics",
    "response",
    "survival",
    "contrasts",
    "subgroups",
    "prognosis",
    "safety",
    "other",
)
ANY_GRADE = "Any grade"
METHOD_WORDS: Mapping[str, str] = {
    "chi2": "chi-squared test",
    "chi2-or-fisher": "chi-squared or Fisher's exact test",
    "cox": "Cox model",
    "fisher": "Fisher's exact test",
    "log-rank": "log-rank test",
    "t-or-mann-whitney": "t test or Mann-Whitney U test",
    "t-test": "t test",
    "wilcoxon": "Wilcoxon rank sum test",
}
STATISTIC_NAMES: Mapping[str, str] = {
    "n": "{Participants} counted",
    "percent": "Percent",
    "mean": "Mean",
    "median": "Median",
}
ADJUSTMENT_WORDS: Mapping[str, str] = {
    "adjusted": "Adjusted",
    "unadjusted": "Unadjusted",
    "stratified": "Stratified",
}


def section(study: Study, number: Printed) -> str:
    """The section of the study's chapter that shows this number; one of `SECTIONS`."""
    quantity = number.quantity
    outcome = study.vocabulary(quantity.outcome)
    if outcome.kind == "design":
        return "design"
    if quantity.comparison and quantity.comparison not in study.comparisons:
        return "prognosis"
    if outcome.kind == "count":
        return "flow"
    if quantity.subgroup:
        return "subgroups"
    if quantity.comparison and (outcome.kind == "time-to-event" or quantity.statistic != "p"):
        return "contrasts"
    if outcome.kind == "time-to-event":
        return "survival"
    if outcome.kind == "adverse-event":
        return "safety"
    if quantity.outcome in study.variables:
        return "characteristics"
    return "response" if _is_response(outcome) else "other"


def _is_response(outcome: Outcome) -> bool:
    return bool(outcome.sum_of) or bool(outcome.criteria)


def numbers_in(study: Study, name: str) -> tuple[Printed, ...]:
    """The study's printed numbers of one section, as their vocabulary orders them."""
    if name not in SECTIONS:
        msg = f"need one of {', '.join(SECTIONS)}, found {name!r}"
        raise ValueError(msg)
    found = [number for number in study.numbers if section(study, number) == name]
    return tuple(sorted(found, key=lambda number: _order(study, number)))


def _order(study: Study, number: Printed) -> tuple[object, ...]:
    """Outcome, part of the patients, factor and level, in the order the study declares them."""
    quantity = number.quantity
    vocabulary = [*study.variables, *study.outcomes]
    design = study.vocabulary(quantity.outcome).kind == "design"
    factor = quantity.contrast[0]
    return (
        vocabulary.index(quantity.outcome),
        [*study.populations].index(quantity.population),
        [
            (vocabulary.index(variable), _level_order(study, variable, level))
            for variable, level in quantity.strata
        ],
        vocabulary.index(factor) if factor in vocabulary else -1,
        0 if design else _level_order(study, quantity.outcome, quantity.category),
    )


def _level_order(study: Study, outcome: str, level: str) -> int:
    return ["", *study.vocabulary(outcome).levels].index(level)


def level_label(study: Study, quantity: Quantity) -> str:
    """The counted level in words; `Any grade` for an adverse event without one."""
    outcome = study.vocabulary(quantity.outcome)
    if outcome.kind == "design":
        return slug_words(quantity.category)
    if quantity.category:
        return outcome.levels[quantity.category]
    return ANY_GRADE if outcome.kind == "adverse-event" else ""


def _everyone(study: Study) -> str:
    return study.terms.fill("All {participants}")


def arm_label(study: Study, arm_id: str) -> str:
    """The arm in words; all arms together are all patients."""
    if arm_id in study.arms:
        return study.arms[arm_id].label
    return "All arms" if arm_id == ALL_ARMS and len(study.arms) > 1 else _everyone(study)


def subgroup_label(study: Study, subgroup: str) -> str:
    """`sex=female` in words; several parts are joined by commas."""
    return ", ".join(
        f"{study.vocabulary(variable).label}: {study.vocabulary(variable).levels[level]}"
        for variable, level in levels_of(subgroup)
    )


def comparison_label(study: Study, comparison: str) -> str:
    """A comparison of arms, of all levels of a variable, or of two of its levels, in words."""
    if comparison in study.comparisons:
        return study.comparisons[comparison].label
    variable, levels = contrast_of(comparison)
    outcome = study.vocabulary(variable)
    if levels:
        return " against ".join(outcome.levels[level] for level in levels)
    if outcome.kind == "continuous":
        unit = outcome.unit or "unit"
        return f"per {unit.removesuffix('s')}"
    ratio = any(n.quantity.statistic == "hr" for n in study.find(comparison=comparison))
    return "between levels (reference not stated)" if ratio else "between levels"


def slug_words(slug: str) -> str:
    """An id as words: `dose-adjusted` becomes `Dose adjusted`."""
    words = slug.replace("-", " ").replace("_", " ")
    return f"{words[:1].upper()}{words[1:]}"


def form_words(statistic: str) -> str:
    """The form of an estimate in words: `or` becomes `Odds ratio`."""
    words = FORM_OF[statistic].words
    return f"{words[:1].upper()}{words[1:]}"
