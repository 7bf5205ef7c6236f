"""Which printed numbers a planned synthesis takes, and the synthesis carried out.

`select` finds the estimates that the rules of the protocol allow, says which it leaves out and
why, and which nearly fit.  `carry_out` pools them as planned and returns a `PlannedResult`;
`moderated` adds the planned moderators.  `printed_survival` collects what is printed of a survival
curve.  Nothing here is shown: tables and figures are made of these results elsewhere.
"""

# isort: off
# fmt: off
from livingreview_plan.analysis import LEVEL_WORDS, PlannedResult, carry_out, used_numbers
from livingreview_plan.estimates import (
    USUAL_LEVEL, ArmCount, Estimate, PrintedEstimate, TwoArmCount, form_of, quantity_of,
)
from livingreview_plan.moderators import Moderated, moderated
from livingreview_plan.nearly import interval_of
from livingreview_plan.printed_curves import PrintedSurvival, printed_survival
from livingreview_plan.selection import select

__all__ = [
    "LEVEL_WORDS",
    "USUAL_LEVEL",
    "ArmCount",
    "Estimate",
    "Moderated",
    "PlannedResult",
    "PrintedEstimate",
    "PrintedSurvival",
    "TwoArmCount",
    "carry_out",
    "form_of",
    "interval_of",
    "moderated",
    "printed_survival",
    "quantity_of",
    "select",
    "used_numbers",
]
