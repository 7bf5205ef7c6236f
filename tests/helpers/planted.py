"""One contradiction of each kind, planted in a paper that has none.

`PLANTS` change a paper that was simulated from real patients; `PAIRS` are small papers that
differ in one printed number, for checks of what simulated papers do not print.
"""

import math
from collections.abc import Callable
from dataclasses import replace

from audit_study import COMPARISON, Paper, statement
from livingreview_audit import Verdict
from livingreview_audit.intervals import counts_that_print
from livingreview_record.quantities import Printed
from livingreview_record.reported import Reported
from livingreview_record.studies import Study

Plant = Callable[[Study], Study | None]
TINY_P = "<0.00000000000001"
NEW_ORR = {"arm_id": "new", "outcome": "orr"}


def first(study: Study, **identity: str) -> Printed | None:
    wanted = {"population": "whole", "subgroup": "", "category": "", **identity}
    return next(iter(study.find(**wanted)), None)


def changed(study: Study, *changes: tuple[Printed | None, object]) -> Study | None:
    """The study with other values; None where one of the numbers is not printed."""
    values = {number.line: str(value) for number, value in changes if number is not None}
    if len(values) < len(changes):
        return None
    numbers = [replace(n, value=values.get(n.line, n.value)) for n in study.numbers]
    return replace(study, numbers=tuple(numbers))


def moved(number: Printed | None, by: float) -> tuple[Printed | None, str]:
    """A number moved by so much, with the decimals it has; away from the ends of a percentage."""
    if number is None:
        return None, ""
    printed = number.number
    value = printed.value + by
    if number.unit == "%" and value > 100:
        value = printed.value - by
    return number, f"{value:.{printed.decimals}f}"


def opposite(p: Printed | None) -> tuple[Printed | None, str]:
    """A p-value on the other side of 0.05, and far from it."""
    return p, "" if p is None else "0.904" if p.number.value < 0.05 else "0.002"


def _seen_later(study: Study) -> Study:
    """Every variable declared as measured after the start."""
    variables = {
        id_: replace(variable, measured="after-start") for id_, variable in study.variables.items()
    }
    return replace(study, variables=variables)


def stated(**words: object) -> Plant:
    return lambda study: replace(study, statements=(*study.statements, statement(words)))


def _percent_of_no_count(study: Study) -> Study | None:
    share = first(study, arm_id="new", outcome="completed", statistic="percent")
    size = first(study, arm_id="new", outcome="participants", statistic="n")
    if share is None or size is None:
        return None
    decimals, patients = share.number.decimals, int(size.number.value)
    for step in range(1, 400):
        value = f"{share.number.value - step * 10.0**-decimals:.{decimals}f}"
        grid = (counts_that_print(Reported(value), n) for n in range(patients - 12, patients + 1))
        if not any(grid):
            return changed(study, (share, value))
    return None


def _log_rank(study: Study, outcome: str) -> Printed | None:
    return first(study, outcome=outcome, comparison=COMPARISON, statistic="p", method="log-rank")


def _ratio(study: Study, statistic: str, adjustment: str = "unadjusted") -> Printed | None:
    where = {"outcome": "os", "comparison": COMPARISON, "adjustment": adjustment}
    return first(study, statistic=statistic, method="cox", **where)


def _wrong_ratio(study: Study) -> Study | None:
    ratio, interval = _ratio(study, "hr"), _ratio(study, "ci95")
    if ratio is None or interval is None:
        return None
    low, up = interval.interval.lower.value, interval.interval.upper.value
    inside = math.exp(0.9 * math.log(up) + 0.1 * math.log(low))
    return changed(study, (ratio, f"{inside:.3f}"))


def _too_narrow(study: Study) -> Study | None:
    ratio = _ratio(study, "hr")
    value = 1.0 if ratio is None else ratio.number.value
    return changed(study, (_ratio(study, "ci95"), f"{value * 0.95:.3f}-{value / 0.95:.3f}"))


def _far_adjusted(study: Study) -> Study | None:
    ratio, interval = (_ratio(study, statistic, "adjusted") for statistic in ("hr", "ci95"))
    if ratio is None or interval is None:
        return None
    ends = (interval.interval.lower.value * 20, interval.interval.upper.value * 20)
    shown = "-".join(f"{end:.3f}" for end in ends)
    return changed(study, (ratio, f"{ratio.number.value * 20:.3f}"), (interval, shown))


def _wrong_side(study: Study) -> Study | None:
    median = first(study, arm_id="new", outcome="os", statistic="median")
    rate = first(study, arm_id="new", outcome="os", statistic="rate", timepoint="12 months")
    if median is None or 11.5 < median.number.value < 12.5:
        return None
    return changed(study, (rate, "71.0" if median.number.value < 12 else "21.0"))


def _rising(study: Study) -> Study | None:
    where = {"arm_id": "new", "outcome": "pfs", "statistic": "rate"}
    earlier = first(study, timepoint="3 months", **where)
    return changed(study, (first(study, timepoint="6 months", **where), moved(earlier, 2.5)[1]))


def _late_progression(study: Study) -> Study | None:
    where = {"arm_id": "new", "statistic": "median"}
    overall, own = (first(study, outcome=outcome, **where) for outcome in ("os", "pfs"))
    return changed(study, (own, "" if overall is None else f"{overall.number.value * 2:.2f}"))


def _equal_curves(study: Study) -> Study | None:
    variable = next(id_ for id_ in study.variables if id_ != "age")
    changes: list[tuple[Printed | None, object]] = []
    for level in list(study.variables[variable].levels)[:2]:
        where = {"arm_id": "all", "outcome": "os", "subgroup": f"{variable}={level}"}
        changes.append((first(study, statistic="median", **where), "5.123"))
        changes.append((first(study, statistic="ci95", timepoint="", **where), "3.001-7.245"))
    return changed(study, *changes)


def _long_followup(study: Study) -> Study | None:
    if not study.outcomes["followup"].ends_at:
        return None
    median = first(study, arm_id="new", outcome="os", statistic="median")
    own = first(study, arm_id="new", outcome="followup", statistic="median")
    return changed(study, (own, "" if median is None else f"{median.number.value * 3:.1f}"))


def _described_twice(study: Study) -> Study | None:
    if first(study, outcome="followup", statistic="median") is None:
        return None
    said: dict[str, object] = {"section": "Methods", "kind": "follow-up", "ends_at": ["death"]}
    both = (statement(said), statement({**said, "ends_at": ["progression", "death"]}))
    return replace(study, statements=(*study.statements, *both))


def _unbalanced(study: Study) -> Study | None:
    variable = next(iter(study.variables))
    where = {"arm_id": "new", "population": "matched", "outcome": variable, "statistic": "n"}
    levels = list(study.variables[variable].levels)[:2]
    low, high = (first(study, category=level, **where) for level in levels)
    size = first(study, **{**where, "outcome": "participants"})
    if low is None or high is None or size is None:
        return None
    step = int(size.number.value) // 5
    if high.number.value < step:
        low, high = high, low
    if high.number.value < step:
        return None  # no level has so many patients to lose
    return changed(study, moved(low, step), moved(high, -step)) if step else None


def _entered_against_the_rule(study: Study) -> Study | None:
    for adjusted in study.find(statistic="p", adjustment="adjusted", method="cox"):
        alone = replace(adjusted.quantity, adjustment="unadjusted")
        places = [p for p in study.by_quantity.get(alone, ()) if p.locator.table]
        if places:
            return changed(study, (places[0], "0.871"))
    return None


def _few_events(study: Study) -> Study | None:
    if not study.find(statistic="hr", adjustment="adjusted", outcome="os"):
        return None
    return changed(
        study, (first(study, arm_id="all", outcome="os", category="event", statistic="n"), 7)
    )


def _times(value: float, number: Printed | None) -> tuple[Printed | None, str]:
    """A ratio or its interval, multiplied."""
    if number is None:
        return None, ""
    if number.quantity.statistic == "hr":
        return number, f"{number.number.value * value:.3f}"
    ends = number.interval
    return number, f"{ends.lower.value * value:.3f}-{ends.upper.value * value:.3f}"


def _far_whole(study: Study) -> Study | None:
    if not study.find(statistic="hr", subgroup="age_group=over_63", outcome="os"):
        return None
    return changed(study, *(_times(8, _ratio(study, one)) for one in ("hr", "ci95")))


def _far_from_other_outcome(study: Study) -> Study | None:
    return changed(study, *(_times(20, _ratio(study, one)) for one in ("hr", "ci95")))


def _precise_whole(study: Study) -> Study | None:
    if not study.find(statistic="hr", subgroup="age_group=over_63", outcome="os"):
        return None
    return _too_narrow(study)


def _one_level_only(study: Study) -> Study | None:
    kept = [n for n in study.numbers if n.quantity.subgroup != "age_group=over_63"]
    printed = study.find(statistic="hr", subgroup="age_group=up_to_63", outcome="os")
    return replace(study, numbers=tuple(kept)) if printed else None


def _narrow_medians(study: Study) -> Study | None:
    changes: list[tuple[Printed | None, object]] = []
    for arm in ("new", "old"):
        where = {"arm_id": arm, "outcome": "os"}
        size = first(study, arm_id=arm, outcome="participants", statistic="n")
        median = first(study, statistic="median", **where)
        interval = first(study, statistic="ci95", timepoint="", **where)
        if median is None or size is None or size.number.value < 50:
            return None
        middle = median.number.value
        changes.append((interval, f"{middle * 0.99:.3f}-{middle * 1.01:.3f}"))
    return changed(study, *changes)


def _moved_by_the_model(study: Study) -> Study | None:
    alone = _ratio(study, "hr")
    if alone is None:
        return None
    middle = alone.number.value * 6
    ends = "-".join(f"{middle * math.exp(z * 0.6):.3f}" for z in (-1.96, 1.96))
    adjusted = (_ratio(study, statistic, "adjusted") for statistic in ("hr", "ci95"))
    return changed(study, *zip(adjusted, (f"{middle:.3f}", ends), strict=True))


def _simple(study: Study | None) -> Study | None:
    return study and replace(study, design={"randomisation": "simple"})


def _different_arms(study: Study) -> Study | None:
    """Randomised arms that have no level of any characteristic in common."""
    changes: list[tuple[Printed | None, object]] = []
    for variable in study.variables.values():
        for arm, kept in (("new", 0), ("old", 1)):
            for position, level in enumerate(variable.levels):
                where = {"arm_id": arm, "outcome": variable.id, "category": level}
                changes.append((first(study, statistic="n", **where), 40 * (position == kept)))
    return _simple(changed(study, *changes)) if len(study.variables) > 4 else None


def _identical_arms(study: Study) -> Study | None:
    changes: list[tuple[Printed | None, object]] = []
    for outcome in ("participants", *study.variables):
        for category in study.vocabulary(outcome).levels or ("",):
            for statistic in ("n", "mean", "sd"):
                where = {"outcome": outcome, "category": category, "statistic": statistic}
                new = first(study, arm_id="new", **where)
                for old in study.find(arm_id="old", population="whole", **where) if new else ():
                    changes.append((old, new.value if new else ""))
    return _simple(changed(study, *changes)) if len(study.variables) > 4 else None


def _late_start(study: Study) -> Study | None:
    median = first(study, arm_id="new", outcome="os", statistic="median")
    limits = first(study, arm_id="new", outcome="followup", statistic="range")
    return changed(study, (limits, "" if median is None else f"{median.number.value:.1f}-90.0"))


def _number(statistic: str, by: float, **identity: str) -> Plant:
    """Moves one number."""
    return lambda study: changed(study, moved(first(study, statistic=statistic, **identity), by))


def _value(value: str, statistic: str, **identity: str) -> Plant:
    """Replaces one number."""
    return lambda study: changed(study, (first(study, statistic=statistic, **identity), value))


PLANTS: dict[str, Plant] = {
    "percent-of-count": _number("percent", -4.7, arm_id="new", outcome="ae_any"),
    "percent-without-count": _percent_of_no_count,
    "levels-add-up": _number("n", 3, arm_id="new", outcome="response", category="sd"),
    "arms-add-up": _number("n", 4, arm_id="all", outcome="fatigue"),
    "grades-add-up": _number("n", 3, arm_id="new", outcome="fatigue", category="grade1to2"),
    "outcome-of-levels": _number("n", 2, **NEW_ORR),
    "inside-its-group": _number("n", 300, arm_id="new", outcome="fatigue"),
    "inside-a-wider-count": lambda study: changed(
        study,
        (
            first(study, arm_id="new", outcome="rash", statistic="n"),
            moved(first(study, arm_id="new", outcome="ae_any", statistic="n"), 1)[1],
        ),
    ),
    "p-of-counts": lambda study: changed(
        study, opposite(first(study, outcome="orr", statistic="p"))
    ),
    "p-of-means": lambda study: changed(
        study, opposite(first(study, outcome="age", statistic="p"))
    ),
    "pooled-means": _number("mean", 3, arm_id="all", outcome="age"),
    "middle-of-all": _number("mean", 15, arm_id="all", outcome="age"),
    "spread-in-range": _value("60.00", "sd", arm_id="new", outcome="age"),
    "interval-of-proportion": _value("1.1-97.3", "ci95", **NEW_ORR),
    "printed-twice": lambda study: changed(
        study,
        moved(
            next(n for n in study.find(statistic="percent", **NEW_ORR) if not n.locator.table), 1
        ),
    ),
    "estimate-in-interval": _value("0.01-0.02", "ci95", arm_id="new", outcome="os", timepoint=""),
    "claims": lambda study: changed(study, opposite(first(study, outcome="dcr", statistic="p"))),
    "selection-rules": _entered_against_the_rule,
    "named-covariates": lambda study: (
        stated(
            section="Discussion",
            kind="model-covariates",
            covariates=["age_group"],
            tables=["Table os"],
        )(study)
        if study.find(statistic="hr", adjustment="adjusted", outcome="os")
        and study.find(statistic="p", outcome="os", comparison="age_group", method="cox")
        and not study.find(
            statistic="hr", adjustment="adjusted", comparison="age_group", outcome="os"
        )
        else None
    ),
    "listed-events": stated(
        section="Results", kind="list", table="Table 3", outcomes=["rash"], category="grade3plus"
    ),
    "possible-value": _value("1.204", "p", outcome="orr"),
    "interval-symmetry": _wrong_ratio,
    "p-of-ratio": lambda study: changed(study, opposite(_ratio(study, "p"))),
    "interval-width": _too_narrow,
    "adjusted-against-unadjusted": _far_adjusted,
    "p-against-medians": lambda study: changed(
        study, *((_log_rank(study, outcome), TINY_P) for outcome in ("os", "pfs"))
    ),
    "rate-against-median": _wrong_side,
    "rates-fall": _rising,
    "progression-before-death": _late_progression,
    "rate-interval": _value("1.0-2.0", "ci95", arm_id="new", outcome="os", timepoint="6 months"),
    "median-interval": _value("0.01-0.02", "ci95", arm_id="new", outcome="os", timepoint=""),
    "events-against-rates": _value("3", "n", arm_id="new", outcome="os", category="event"),
    "whole-between-parts": _number("rate", -38, arm_id="all", outcome="pfs", timepoint="3 months"),
    "same-curve-twice": _equal_curves,
    "followup-against-survival": _long_followup,
    "followup-described-twice": _described_twice,
    "within-followup": _value("0.1-0.9", "range", arm_id="new", outcome="followup"),
    "followup-ranges": _value("0.1-500.0", "range", arm_id="new", outcome="followup"),
    "response-time-of-responders": _number(
        "n", 3, arm_id="all", outcome="participants", population="responders"
    ),
    "matched-sizes": _number("n", 3, arm_id="new", outcome="participants", population="matched"),
    "balance": _unbalanced,
    "events-per-covariate": _few_events,
    "survival-exclusion": stated(section="Methods", kind="survival-exclusion", months="2"),
    "measured-after-start": _seen_later,
    "effect-of-subgroups": _far_whole,
    "precision-of-subgroups": _precise_whole,
    "p-of-subgroups": lambda study: changed(
        study,
        (
            first(study, outcome="os", comparison=COMPARISON, statistic="p", method="cox"),
            TINY_P,
        ),
    ),
    "other-patients": _one_level_only,
    "median-interval-width": _narrow_medians,
    "medians-against-p": lambda study: changed(study, (_log_rank(study, "os"), f"<0.{'0' * 30}1")),
    "events-implied": _too_narrow,
    "spread-on-scale": _value("12.00", "mean", arm_id="new", outcome="age"),
    "spread-of-extremes": _value("0.10", "sd", arm_id="new", outcome="age"),
    "baseline-differences": _different_arms,
    "baseline-identical": _identical_arms,
    "covariate-over-outcomes": _far_from_other_outcome,
    "covariate-over-models": _moved_by_the_model,
    "shortest-followup": _late_start,
    "eligible-range": _value(
        "≥99", "threshold", arm_id="all", outcome="design", category="eligibility-age"
    ),
}


def _levels(*names: str, **entry: object) -> dict[str, object]:
    return {"kind": "categorical", "levels": list(names), "exhaustive": True, **entry}


TIMES = {"pfs": {"kind": "time-to-event"}, "os": {"kind": "time-to-event"}}
SEX = {"sex": _levels("f", "m")}
SCORE = {"score": {"kind": "continuous", "integer": True}}
RESPONSE = {"response": _levels("cr", "pr", "sd", "pd")}
CONDITIONS = {id_: {"kind": "adverse-event"} for id_ in ("lung", "gland")}
COX = {"outcome": "os", "comparison": COMPARISON, "adjustment": "unadjusted", "method": "cox"}
DISCUSSION = {"section": "Discussion", "variables": ["sex"]}
BENEFIT = {**DISCUSSION, "comparison": COMPARISON, "population": "whole", "outcome": "os"}


def _percentages(last: str) -> Paper:
    paper = Paper(SEX)
    paper.percent("56.7", "sex", category="f")
    paper.percent(last, "sex", category="m")
    return paper


def _subgroups(last: str) -> Paper:
    paper = Paper(SEX)
    paper.count(33, "event")
    paper.count(20, "event", subgroup="sex=f")
    paper.count(int(last), "event", subgroup="sex=m")
    return paper


def _members(size: str) -> Paper:
    paper = Paper(RESPONSE, populations={"responders": ["response=cr", "response=pr"]})
    paper.count(1, "response", category="cr")
    paper.count(21, "response", category="pr")
    paper.count(int(size), "participants", population="responders")
    return paper


def _union(any_of_both: str) -> Paper:
    paper = Paper({"any": {"kind": "adverse-event", "includes": list(CONDITIONS)}, **CONDITIONS})
    paper.sizes(160, 160)
    paper.count(int(any_of_both), "any")
    paper.count(28, "lung")
    paper.count(13, "gland")
    return paper


def _same_counts(p: str) -> Paper:
    paper = Paper(CONDITIONS)
    paper.sizes(24, 24)
    for condition, printed in zip(CONDITIONS, ("0.609", p), strict=True):
        paper.count(3, condition)
        paper.count(1, condition, arm="old")
        paper.p(printed, condition)
    return paper


def _scores(size: int, **values: str) -> Paper:
    paper = Paper(SCORE)
    paper.count(size, "participants")
    for statistic, value in values.items():
        paper.add(value, arm_id="new", outcome="score", statistic=statistic)
    return paper


def _difference(difference: str) -> Paper:
    paper = Paper(TIMES)
    paper.add("4.14", arm_id="new", outcome="pfs", statistic="median")
    paper.add("2.84", arm_id="old", outcome="pfs", statistic="median")
    paper.add(difference, comparison=COMPARISON, outcome="pfs", statistic="difference")
    return paper


def _comma(percent: str) -> Paper:
    paper = Paper()
    paper.percent(percent, "event")
    return paper


def _declared(percent: str) -> Paper:
    timing = {"kind": "categorical", "levels": ["early"], "within": "treated=yes"}
    declared = {"denominator_declared": "within", "declared_in": "Table 1 note"}
    paper = Paper(variables={"treated": _levels("no", "yes"), "timing": timing | declared})
    paper.sizes(67, 93)
    paper.count(26, "treated", category="yes")
    paper.count(10, "timing", category="early")
    paper.percent(percent, "timing", category="early")
    return paper


def _progressed_early(median: str) -> Paper:
    paper = Paper(RESPONSE | TIMES)
    paper.sizes(93, 93)
    paper.count(0, "response", category="pd")
    paper.add(median, arm_id="new", outcome="pfs", statistic="median", unit="months")
    return paper


def _stratum(subgroup: str) -> Paper:
    said = {"kind": "no-stratified-analysis", **DISCUSSION}
    paper = Paper(TIMES, (said,), variables=SEX)
    paper.add("0.019", statistic="p", subgroup=subgroup, **COX)
    return paper


def _benefit(p: str) -> Paper:
    paper = Paper(TIMES, ({"kind": "consistency-claim", **BENEFIT},), variables=SEX)
    paper.add("0.001", statistic="p", subgroup="sex=f", **COX)
    paper.add(p, statistic="p", subgroup="sex=m", **COX)
    return paper


def _shown(caption: str) -> Paper:
    figure = {"kind": "shown-patients", "section": "Figure 1 caption", "outcome": "change"}
    paper = Paper({"change": {"kind": "continuous"}}, (figure,))
    paper.sizes(68, 70)
    paper.count(64, "participants", population="matched")
    paper.add("-12.0", arm_id="new", outcome="change", statistic="mean", population="matched")
    paper.count(int(caption), "participants", place="Figure 1 caption")
    return paper


# An honest paper, and the same with one contradiction.
PAIRS: dict[str, tuple[Paper, Paper]] = {
    "percentages-add-up": (_percentages("43.4"), _percentages("44.4")),
    "subgroups-add-up": (_subgroups("13"), _subgroups("15")),
    "members-add-up": (_members("22"), _members("21")),
    "union-of-parts": (_union("40"), _union("28")),
    "same-counts-same-p": (_same_counts("0.609"), _same_counts("0.650")),
    # Brown & Heathers 2017: no 28 whole numbers have the mean 5.19; 145/28 is 5.18.
    "grim": (_scores(28, mean="5.18"), _scores(28, mean="5.19")),
    # 18 whole numbers with the sum 62 have an even sum of squares: 318 gives 2.48, none 2.47.
    "grimmer": (_scores(18, mean="3.44", sd="2.48"), _scores(18, mean="3.44", sd="2.47")),
    "difference-of-arms": (_difference("1.3"), _difference("1.5")),
    "decimal-comma": (_comma("32.8"), _comma("32,8")),
    "declared-denominator": (_declared("38.5"), _declared("14.9")),
    "early-progression": (_progressed_early("24.0"), _progressed_early("5.25")),
    "analyses-not-done": (_stratum(""), _stratum("sex=f")),
    "benefit-in-every-level": (_benefit("0.040"), _benefit("0.210")),
    "patients-shown": (_shown("64"), _shown("68")),
}

INSTEAD = {  # checks that never contradict: a way of printing, and remarks on the design
    "decimal-comma": Verdict.ROUNDING,
    "balance": Verdict.REMARK,
    "events-per-covariate": Verdict.REMARK,
    "survival-exclusion": Verdict.REMARK,
    "measured-after-start": Verdict.REMARK,
    "covariate-over-outcomes": Verdict.REMARK,
    "covariate-over-models": Verdict.REMARK,
    "shortest-followup": Verdict.REMARK,
    "other-patients": Verdict.NOT_CHECKABLE,
}
