"""Which synthesis uses which study, and by which rule it does not use another."""

from collections.abc import Iterable, Mapping, Sequence
from string import ascii_uppercase

import pandas as pd

from livingreview_display import Table, Words, bullets
from livingreview_plan import PlannedResult


def left_out_table(results: Sequence[PlannedResult]) -> Table:
    """Which synthesis uses which study: a row a synthesis, a column a study.

    A letter says by which rule a study is not used; `left_out_words` says what it stands for.
    """
    reasons, letters, labels = _reasons(results), _letters(results), _study_labels(results)
    rows = [
        [title, *(_use(cells.get(study), letters) for study in labels)]
        for title, cells in reasons.items()
    ]
    frame = pd.DataFrame(rows, columns=["Synthesis", *labels.values()])
    return Table(
        frame, caption="Which synthesis uses which study", empty="No synthesis is planned."
    )


def _use(reasons: Iterable[str] | None, letters: Mapping[str, str]) -> str:
    """Whether a study is used, or the letters of the reasons why it is not."""
    return "" if reasons is None else ", ".join(letters[one] for one in reasons) or "used"


def _study_labels(results: Sequence[PlannedResult]) -> dict[str, str]:
    """The label of each study by its id, sorted; that of one of its arms may say more."""
    named = [(one.study_id, one.label) for result in results for one in result.left_out]
    named += [(one.study_id, one.label) for result in results for one in result.estimates]
    shortest = {study: min((b for a, b in named if a == study), key=len) for study, _ in named}
    return dict(sorted(shortest.items(), key=lambda item: item[1]))


def left_out_words(results: Sequence[PlannedResult]) -> Words:
    """The rule that each letter of `left_out_table` stands for."""
    letters = (f"{letter}: {reason}" for reason, letter in _letters(results).items())
    return Words(bullets(letters, empty="Every synthesis uses every study."))


def _reasons(results: Sequence[PlannedResult]) -> dict[str, dict[str, dict[str, None]]]:
    """Each synthesis by its title, each study by its id, and why it is not used: {} if it is."""
    found: dict[str, dict[str, dict[str, None]]] = {}
    for result in results:
        cells = found.setdefault(result.plan.title, {})
        for left in result.left_out:
            cells.setdefault(left.study_id, {})[left.reason] = None
    for result in results:  # one that enters by one measure or with one arm is used
        found[result.plan.title] |= {one.study_id: {} for one in result.estimates}
    return found


def _letters(results: Sequence[PlannedResult]) -> dict[str, str]:
    cells = (cell for row in _reasons(results).values() for cell in row.values())
    reasons = dict.fromkeys(reason for cell in cells for reason in cell)
    return {reason: _letter(place) for place, reason in enumerate(reasons)}


def _letter(place: int) -> str:
    """The letter of a place counted from 0, as columns of a spreadsheet go on.

    >>> [_letter(place) for place in (0, 25, 26, 51, 52, 702)]
    ['A', 'Z', 'AA', 'AZ', 'BA', 'AAA']
    """
    before, last = divmod(place, len(ascii_uppercase))
    return (_letter(before - 1) if before else "") + ascii_uppercase[last]
