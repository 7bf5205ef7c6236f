"""Effect modifiers: what the studies print on characteristics that may change a treatment's effect.

`effect_modifiers` of `review.yaml` says which variables of the studies are which characteristic.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import repeat

import pandas as pd

from livingreview.tables.sections import (
    METHOD_WORDS,
    arm_label,
    comparison_label,
    form_words,
    level_label,
    subgroup_label,
)
from livingreview_display import WHERE, Table, cell, places, sentence
from livingreview_record import (
    ESTIMATES,
    INTERVAL_STATISTICS,
    Characteristic,
    Printed,
    Quantity,
    Review,
    Study,
    StudyRule,
    has_design,
)

NOT_PRINTED = "not printed"
WHO, SHARE = "Who", "Share of the {participants}"
EFFECT, FATE = "Effect of the treatment in them", "Outcome in them"
ABOUT = {"patients": SHARE, "effect": EFFECT, "outcome": FATE}
IN_WORDS = "In words only"
CHARACTERISTIC, STUDY, BETWEEN = "Characteristic", "Study", "; "
WHOLE = "whole"


def effect_modifiers(review: Review) -> list[Table]:
    """Return what is said of the effect within subgroups, then a table for each characteristic.

    The characteristics are those that `review.yaml` names, of the studies that it names; their
    tables are folded.  A study has a line for each level of a variable that is the characteristic,
    and for each contrast of its levels: the share of the patients, the effect of the treatment in
    them (a comparison of arms within the level), and their outcome by arm or by contrast.  Studies
    that print nothing share the last line.  Empty for a review that names none.
    """
    rule = review.protocol.effect_modifiers
    if rule is None:
        return []
    studies = [study for study in review.studies.values() if _is_asked(study, rule.include)]
    labels = [one.label for one in rule.characteristics]
    frames = [_frame(studies, one) for one in rule.characteristics]
    return [_effects(labels, frames), *map(_folded, labels, frames, repeat(review))]


def _effects(labels: Iterable[str], frames: Iterable[pd.DataFrame]) -> Table:
    """Every line that says something of the effect of a treatment within a subgroup."""
    said = [
        frame.loc[~frame[EFFECT].isin(["", NOT_PRINTED])].assign(**{CHARACTERISTIC: label})
        for label, frame in zip(labels, frames, strict=True)
    ]
    columns = [CHARACTERISTIC, STUDY, WHO, EFFECT, WHERE]
    found = pd.concat(said, ignore_index=True)[columns]
    return Table(found, "What is printed on the effect of treatment within subgroups")


def _is_asked(study: Study, rule: StudyRule) -> bool:
    return study.status in rule.status and has_design(study, rule.design)


def _folded(label: str, frame: pd.DataFrame, review: Review) -> Table:
    """The lines of one characteristic under the number of studies that print something of it."""
    silent = frame.loc[frame[WHO] == NOT_PRINTED, STUDY].str.split(BETWEEN).explode().nunique()
    speaking = frame.loc[frame[WHO] != NOT_PRINTED, STUDY].nunique()
    told = f"{speaking} of {speaking + silent} studies print something"
    shown = frame.rename(columns=review.terms.fill)
    return Table(shown, f"{label}: {told}", fold=True)


def _frame(studies: list[Study], one: Characteristic) -> pd.DataFrame:
    columns = (STUDY, WHO, SHARE, EFFECT, FATE, WHERE)
    by_study = {study.label: list(_lines(study, one)) for study in studies}
    lines = [{STUDY: label, **line} for label, found in by_study.items() for line in found]
    silent = [label for label, found in by_study.items() if not found]
    if silent:
        lines.append({STUDY: BETWEEN.join(silent), WHO: NOT_PRINTED})
    cells = [[line.get(name, "") for name in columns] for line in lines]
    return pd.DataFrame(cells, columns=list(columns))


def _lines(study: Study, one: Characteristic) -> Iterator[dict[str, str]]:
    for name in study.variables:
        if name in one.variables:
            yield from _printed_lines(study, name)
    for said in one.remarks:
        if said.study == study.id:
            text = sentence(said.text)
            yield {WHO: IN_WORDS, ABOUT[said.about]: text, WHERE: said.section}


def _printed_lines(study: Study, name: str) -> Iterator[dict[str, str]]:
    """A line for each level in the order declared, then for each contrast."""
    variable = study.variables[name]
    groups: dict[str, list[Printed]] = {level: [] for level in variable.levels.values()}
    for number in study.numbers:
        for who in _who(study, number.quantity, name):
            groups.setdefault(who, []).append(number)
    for who, numbers in groups.items():
        if numbers:
            yield _line(study, f"{variable.label}: {who}", name, numbers)


def _who(study: Study, quantity: Quantity, name: str) -> Iterator[str]:
    """Whose a number is, in words, where it is of patients told apart by the variable.

    A comparison of the arms by the variable itself is one of their balance, not of an effect.
    """
    own = [level for level in quantity.strata if level.variable == name]
    others = "&".join(str(level) for level in quantity.strata if level.variable != name)
    among = f" (among {subgroup_label(study, others)})" if others else ""
    if quantity.contrast[0] == name:
        yield comparison_label(study, quantity.comparison) + among
    elif quantity.outcome == name and quantity.population == WHOLE and not quantity.comparison:
        yield (level_label(study, quantity) or study.terms.fill("all {participants}")) + among
    for stratum in own:
        yield study.variables[name].levels[stratum.level] + among


def _line(study: Study, who: str, name: str, numbers: list[Printed]) -> dict[str, str]:
    """The numbers of one group in their columns, with their places."""
    columns: dict[str, list[Printed]] = {SHARE: [], EFFECT: [], FATE: []}
    for number in numbers:
        columns[_column(study, name, number.quantity)].append(number)
    texts = {key: "; ".join(_texts(study, name, found)) for key, found in columns.items()}
    shown = {key: text or NOT_PRINTED for key, text in texts.items()}
    return {WHO: who, **shown, WHERE: places(numbers)}


def _column(study: Study, name: str, quantity: Quantity) -> str:
    if quantity.outcome == name or study.vocabulary(quantity.outcome).kind == "count":
        return SHARE
    return EFFECT if quantity.comparison in study.comparisons else FATE


def _texts(study: Study, name: str, numbers: Iterable[Printed]) -> Iterator[str]:
    """A text for each estimate with its interval and p-value, and for each count or median."""
    groups: dict[Quantity, list[Printed]] = {}
    for number in numbers:
        groups.setdefault(replace(number.quantity, statistic=""), []).append(number)
    for quantity, found in groups.items():
        yield f"{_words(study, name, quantity, found)}: {cell(found)}"


def _words(study: Study, name: str, quantity: Quantity, found: list[Printed]) -> str:
    """What the numbers are: outcome, whose, of which patients, how adjusted, when."""
    statistics = {number.quantity.statistic for number in found}
    forms = [form_words(one) for one in sorted(statistics & ESTIMATES)]
    outcome = study.vocabulary(quantity.outcome)
    is_of_arms = quantity.comparison in study.comparisons
    is_own = quantity.outcome == name
    parts = [
        *([] if is_own else [outcome.label, level_label(study, quantity)]),
        arm_label(study, quantity.arm_id) if quantity.arm_id else "",
        study.comparisons[quantity.comparison].label if is_of_arms else "",
        "" if quantity.population == WHOLE else study.populations[quantity.population].label,
        *(quantity.adjustment, quantity.timepoint, *forms),
        *dict.fromkeys(f"median in {n.unit}" for n in found if n.quantity.statistic == "median"),
        "" if statistics - INTERVAL_STATISTICS != {"p"} else "p without an estimate",
        "" if forms else METHOD_WORDS.get(quantity.method, ""),
    ]
    return ", ".join(filter(None, parts))
