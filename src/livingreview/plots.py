"""What a chapter shows of an answer: its forest plot."""

from collections.abc import Iterable, Sequence

from livingreview.analysis import PlannedResult
from livingreview.figures import PERCENT, Axis, Forest
from livingreview.tables.synthesis import arms_rows, caption, forest_rows
from livingreview_pool import measure as find_measure
from livingreview_record import Printed


def forest_plot(answer: PlannedResult, *, marked: Iterable[Printed] = ()) -> Forest:
    """The answer's studies and pooled results, drawn on the scale readers know."""
    return Forest(forest_rows(answer, marked=marked), _axis(answer), caption(answer))


def arms_plot(answers: Sequence[PlannedResult], *, marked: Iterable[Printed] = ()) -> Forest:
    """Single arms under their groups of treatments, in percent of patients."""
    return Forest(
        arms_rows(answers, marked=marked), PERCENT, str(answers[0].plan["title"]) if answers else ""
    )


def _axis(answer: PlannedResult) -> Axis:
    known = find_measure(answer.measure)
    if not known.compares:
        return PERCENT
    favours = answer.plan.get("favours")
    words = (f"better {favours[0]}", f"better {favours[1]}") if favours else None
    if known.scale == "log":
        return Axis(f"{known.label} (log scale)", scale="log", reference=1.0, favours=words)
    return Axis(f"{known.label} (percentage points)", reference=0.0, favours=words)
