"""What kinds of synthesis a review may plan, and in which forms an estimate is printed.

A kind is one entry of `KINDS`: what its rule may say, of which outcomes it is, and which effect
measures it gives.  How its estimates are found among printed numbers is one entry of `FINDERS` in
`livingreview_plan`.
"""

from collections.abc import Mapping
from dataclasses import dataclass

SIDES = ("experimental", "control")
TIMED, MEASURED = "time-to-event", ("continuous", "duration")


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One kind of synthesis.

    `words` say what it is from, `takes` what a study must print for it (`{adjustment}` stands for
    the rule's own).  A rule needs the keys `needs` and may have `may`.  `measures` are the effect
    measures that it gives, the usual one first; `one` says that its rule must name exactly one.
    `outcomes` are the kinds of outcome that suit it and `of` says so in words; `counts` says that
    patients are counted, so that an outcome with levels needs one of them.
    """

    words: str
    takes: str
    needs: tuple[str, ...] = SIDES
    may: tuple[str, ...] = ()
    measures: tuple[str, ...]
    one: bool = False
    outcomes: tuple[str, ...] = ()
    of: str = "an outcome"
    counts: bool = False

    @property
    def compares(self) -> bool:
        """Whether it compares two arms."""
        return set(SIDES) <= {*self.needs}

    def allows(self, outcome_kind: str) -> bool:
        """Whether an outcome of this kind (of `study.yaml`) can have such estimates."""
        return not self.outcomes or outcome_kind in self.outcomes


COUNTED = ("categorical", "binary", "count", "adverse-event", "design")
_COMPARED = ("favours", "moderators")
KINDS: Mapping[str, Kind] = {
    "proportion": Kind(
        words="Proportions of single arms",
        takes="number of {participants}",
        needs=(),
        may=("category", "group_by", "arms"),
        measures=("logit_proportion",),
        outcomes=(*COUNTED, "duration"),
        of="an outcome that is counted",
        counts=True,
    ),
    "two-arm": Kind(
        words="Ratios and differences from the counts of two arms",
        takes="number of {participants}",
        may=("category", "measures", *_COMPARED),
        measures=("log_or", "log_rr", "rd"),
        outcomes=(*COUNTED, "duration"),
        of="an outcome that is counted",
        counts=True,
    ),
    "hazard-ratio": Kind(
        words="Printed hazard ratios",
        takes="{adjustment} hazard ratio",
        needs=(*SIDES, "adjustment"),
        may=_COMPARED,
        measures=("log_hr",),
        outcomes=(TIMED,),
        of="a time to an event",
    ),
    "means": Kind(
        words="Differences between the means of two arms",
        takes="mean with its standard deviation and number of {participants}",
        may=("timepoint", "measures", *_COMPARED),
        measures=("md", "smd"),
        outcomes=MEASURED,
        of="an outcome that is measured (continuous)",
    ),
    "rates": Kind(
        words="Rate ratios from the events and the person-time of two arms",
        takes="number of events with its person-time",
        may=("category", "timepoint", "measures", *_COMPARED),
        measures=("log_rate_ratio",),
        outcomes=(*COUNTED, TIMED),
        of="an outcome of which events are counted",
        counts=True,
    ),
    "estimate": Kind(
        words="Printed estimates with their intervals or standard errors",
        takes="estimate of the measure with its interval or standard error",
        needs=(*SIDES, "measures"),
        may=("category", "timepoint", "adjustment", *_COMPARED),
        measures=("log_or", "log_rr", "rd", "log_hr", "log_rate_ratio", "md", "smd"),
        one=True,
    ),
}
MEASURES = tuple(dict.fromkeys(one for kind in KINDS.values() for one in kind.measures))
COMPARED = tuple(dict.fromkeys(m for k in KINDS.values() if k.compares for m in k.measures))


@dataclass(frozen=True)
class PrintedForm:
    """How an estimate of one measure is printed: its statistic, its unit, and its scale.

    A `ratio` is printed as such; else the estimate stands on the analysis scale, divided by `per`.
    """

    statistic: str
    words: str
    ratio: bool = False
    unit: str = ""  # empty: the unit of the outcome
    per: float = 1.0


_LOG = "log ratio"
FORMS: Mapping[str, tuple[PrintedForm, ...]] = {  # of a measure, the first one preferred
    "log_hr": (
        PrintedForm("hr", "hazard ratio", ratio=True, unit="ratio"),
        PrintedForm("log-hr", "log hazard ratio", unit=_LOG),
    ),
    "log_or": (
        PrintedForm("or", "odds ratio", ratio=True, unit="ratio"),
        PrintedForm("log-or", "log odds ratio", unit=_LOG),
    ),
    "log_rr": (
        PrintedForm("rr", "risk ratio", ratio=True, unit="ratio"),
        PrintedForm("log-rr", "log risk ratio", unit=_LOG),
    ),
    "log_rate_ratio": (
        PrintedForm("rate-ratio", "rate ratio", ratio=True, unit="ratio"),
        PrintedForm("log-rate-ratio", "log rate ratio", unit=_LOG),
    ),
    "md": (PrintedForm("difference", "difference"),),
    "smd": (PrintedForm("smd", "standardised mean difference", unit="standard deviations"),),
    "rd": (PrintedForm("difference", "difference", unit="%", per=100.0),),
}
FORM_OF = {form.statistic: form for forms in FORMS.values() for form in forms}
"""The form that a statistic has; of `difference`, which has two, the words alone are used."""
