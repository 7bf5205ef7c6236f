"""Outcomes that are shown study by study: what each study prints of them, and who prints nothing.

`printed_as` of an outcome in `review.yaml` says as which outcomes of the studies it is printed.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace

import pandas as pd

from livingreview.tables.effect_modifiers import NOT_PRINTED
from livingreview.tables.sections import arm_label
from livingreview_display import WHERE, Table, cell, places
from livingreview_record import (
    Printed,
    Quantity,
    Review,
    ReviewOutcome,
    Study,
    level_of,
    outcomes_of,
)

WHOLE = "whole"
SHOWN = {"included": "", "awaiting-classification": " (awaiting classification)"}


def printed_outcomes(review: Review) -> Table:
    """Return a line for each study that prints one of the outcomes, with its numbers by arm.

    The outcomes are those of `review.yaml` with `printed_as`; they are the columns.  Numbers of a
    subgroup and of a comparison are left out.  Studies that print none share the last line.
    """
    asked = {
        id_: one for id_, one in review.protocol.outcomes.items() if one.printed_as is not None
    }
    columns = {id_: one.label for id_, one in asked.items()}
    lines, silent = [], []
    for study in review.studies.values():
        found = {columns[id_]: _numbers(study, one) for id_, one in asked.items()}
        label = f"{study.label}{SHOWN.get(study.status, '')}"
        if study.status in SHOWN and any(found.values()):
            lines.append({"Study": label, **_cells(study, found)})
        elif study.status in SHOWN:
            silent.append(label)
    if silent:
        nothing = dict.fromkeys(columns.values(), NOT_PRINTED)
        lines.append({"Study": "; ".join(silent), **nothing, WHERE: ""})
    frame = pd.DataFrame(lines, columns=["Study", *columns.values(), WHERE])
    return Table(frame, "What the studies print, as they print it")


def _numbers(study: Study, one: ReviewOutcome) -> list[Printed]:
    """The numbers of arms that one outcome of the review is printed as."""
    wanted = set()
    for name in one.printed_as or ():
        of, level = level_of(name)
        wanted |= {(outcome.id, level) for outcome in outcomes_of(study, of)}
    return [
        number
        for number in study.numbers
        if (number.quantity.outcome, number.quantity.category) in wanted
        and not (number.quantity.subgroup or number.quantity.comparison)
    ]


def _cells(study: Study, found: Mapping[str, list[Printed]]) -> dict[str, object]:
    every = [number for numbers in found.values() for number in numbers]
    texts = {label: "; ".join(_texts(study, numbers)) for label, numbers in found.items()}
    return {**{label: text or NOT_PRINTED for label, text in texts.items()}, WHERE: places(every)}


def _texts(study: Study, numbers: Iterable[Printed]) -> list[str]:
    """A text for each arm and population: its count and percentage."""
    groups: dict[Quantity, list[Printed]] = {}
    for number in numbers:
        groups.setdefault(replace(number.quantity, statistic=""), []).append(number)
    return [f"{_whose(study, quantity)}: {cell(same)}" for quantity, same in groups.items()]


def _whose(study: Study, quantity: Quantity) -> str:
    population = quantity.population
    among = "" if population == WHOLE else study.populations[population].label
    return ", ".join(filter(None, (arm_label(study, quantity.arm_id), among, quantity.timepoint)))
