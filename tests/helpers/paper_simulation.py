"""Papers made from real patients, rounded as papers round: they must pass every check.

A paper draws patients of R's data sets lung or veteran, gives them a made-up response, side effects
and a time to progression (the data sets have none), analyses them with usual methods and prints
the results.  How it rounds, and which of the usual tests and intervals it uses, is drawn too.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from audit_study import COMPARISON, Paper
from livingreview_audit.intervals import printed_as
from livingreview_audit.proportions import clopper_pearson, jeffreys, wilson
from livingreview_cohort.cox import Cox
from livingreview_cohort.curves import Z95, Floats, KaplanMeier, curve_test
from livingreview_record.studies import Population, Study
from patient_level import patients

NEW, OLD, ALL = "new", "old", "all"
DAYS_A_MONTH = 30.4375
ALPHA, ENTRY = 0.05, 0.15  # significance, and entry into the multivariable model
FEWEST, FEWEST_EVENTS = 12, 6
EVENTS_PER_COVARIATE = 10
RATE_TIMES = {"os": (6, 12), "pfs": (3, 6)}

Flags = NDArray[np.bool_]
Codes = NDArray[np.int_]


@dataclass(frozen=True)
class Style:
    """How one paper rounds and which methods it uses."""

    rounding: str
    decimals: int  # of percentages
    ratio_decimals: int
    test: str
    proportion: str
    rate: str
    median: str
    survival_test: str

    @classmethod
    def drawn(cls, rng: np.random.Generator) -> "Style":
        return cls(
            rounding=str(rng.choice([ROUND_HALF_UP, ROUND_HALF_EVEN])),
            decimals=int(rng.integers(1, 3)),
            ratio_decimals=int(rng.integers(2, 4)),
            test=str(rng.choice(["pearson", "yates", "fisher"])),
            proportion=str(rng.choice(["exact", "wilson", "jeffreys"])),
            rate=str(rng.choice(["plain", "log", "log-log"])),
            median=str(rng.choice(["symmetric", "plain", "log", "log-log"])),
            survival_test=str(rng.choice(["log-rank", "cox", "likelihood-ratio"])),
        )

    def text(self, value: float, decimals: int) -> str:
        return str(printed_as(Fraction(float(value)), decimals, self.rounding))

    def percent(self, part: int, size: int) -> str:
        return str(printed_as(Fraction(100 * part, size), self.decimals, self.rounding))

    def p(self, value: float) -> str:
        return "<0.001" if value < 0.001 else self.text(value, 3)

    def ratio(self, beta: float, se: float) -> tuple[str, str]:
        low, middle, up = (float(np.exp(beta + z * se)) for z in (-Z95, 0, Z95))
        shown = [self.text(value, self.ratio_decimals) for value in (low, middle, up)]
        return shown[1], f"{shown[0]}-{shown[2]}"


@dataclass(frozen=True)
class Cohort:
    """Patients with everything a paper would know of them; times in months."""

    arm: Flags  # whether in the new arm
    age: Floats
    factors: Mapping[str, tuple[tuple[str, ...], Codes]]
    os: tuple[Floats, Flags]
    pfs: tuple[Floats, Flags]
    response: Codes  # 0 complete, 1 partial, 2 stable, 3 progression
    effects: Mapping[str, Codes]  # 0 none, 1 grade 1 to 2, 2 grade 3 or higher
    randomised: bool

    @property
    def size(self) -> int:
        return self.arm.size

    def group(self, arm: str) -> Flags:
        return {NEW: self.arm, OLD: ~self.arm, ALL: np.ones(self.size, bool)}[arm]

    def times(self, outcome: str) -> tuple[Floats, Flags]:
        return {"os": self.os, "pfs": self.pfs}[outcome]


def drawn_cohort(rng: np.random.Generator) -> Cohort:
    name = str(rng.choice(["lung", "veteran"]))
    data = patients(name)
    keep = data["ph.ecog"] != "NA" if name == "lung" else np.ones(data["time"].size, bool)
    rows = np.flatnonzero(keep)
    rows = rng.choice(rows, int(rng.integers(len(rows) * 2 // 3, len(rows) + 1)), replace=False)
    data = {column: cells[rows] for column, cells in data.items()}
    time = data["time"].astype(float) / DAYS_A_MONTH
    dead = data["status"] == ("2" if name == "lung" else "1")
    age = data["age"].astype(float)
    arm, factors = _lung(data) if name == "lung" else _veteran(data)
    randomised = rng.random() < 0.5  # an allocation that has nothing to do with survival
    if randomised:
        arm = rng.permutation(arm)
    factors["age_group"] = (("up_to_63", "over_63"), (age > 63).astype(int))
    progression = time * rng.beta(3, 2, time.size)
    progressed = rng.random(time.size) < 0.75
    pfs = np.where(progressed, progression, time), progressed | dead
    order = np.argsort(np.argsort(time + rng.normal(0, 6, time.size))) / time.size
    response = np.digitize(1 - order, [0.03, 0.35, 0.7])
    effects = {
        name: np.where(rng.random(time.size) < often, 1 + (rng.random(time.size) < 0.3), 0)
        for name, often in (("fatigue", 0.4), ("rash", 0.2), ("nausea", 0.15))
    }
    return Cohort(arm, age, factors, (time, dead), pfs, response, effects, randomised)


def _lung(data: Mapping[str, NDArray[np.str_]]) -> tuple[Flags, dict[str, tuple]]:
    ecog = np.minimum(data["ph.ecog"].astype(int), 2)
    return data["sex"] == "1", {"ecog": (("ps0", "ps1", "ps2"), ecog)}


def _veteran(data: Mapping[str, NDArray[np.str_]]) -> tuple[Flags, dict[str, tuple]]:
    cells, codes = np.unique(data["celltype"], return_inverse=True)
    return data["trt"] == "1", {
        "cell": (tuple(str(cell) for cell in cells), codes),
        "prior": (("no", "yes"), (data["prior"] != "0").astype(int)),
        "karno": (("low", "high"), (data["karno"].astype(float) >= 60).astype(int)),
    }


@dataclass
class Writer:
    """Writes one paper; every method prints one part of it."""

    cohort: Cohort
    style: Style
    rng: np.random.Generator
    paper: Paper = field(default_factory=Paper)
    statements: list[Mapping[str, object]] = field(default_factory=list)

    def study(self) -> Study:
        self.paper.outcomes = self._vocabulary()
        self._sizes()
        for variable in self.cohort.factors:
            self._factor(variable)
        self._age()
        self._matched()
        self._response()
        self._effects()
        for outcome in ("os", "pfs"):
            self._survival(outcome)
            self._models(outcome)
        self._responders()
        self._followup()
        self.paper.statements = tuple(self.statements)
        study = self.paper.study
        factors = (*self.cohort.factors, "age")
        return replace(
            study,
            design={"randomisation": "simple"} if self.cohort.randomised else {},
            variables={id_: study.outcomes[id_] for id_ in factors},
            outcomes={i: one for i, one in study.outcomes.items() if i not in factors},
            populations={
                **study.populations,
                "responders": Population("responders", "Responders", "whole"),
            },
        )

    def _vocabulary(self) -> dict[str, Mapping[str, object]]:
        grades = {"grade1to2": "Grade 1 to 2", "grade3plus": "Grade 3 or higher"}
        factors = {
            variable: {"kind": "categorical", "levels": list(levels), "exhaustive": True}
            for variable, (levels, _) in self.cohort.factors.items()
        }
        side = {"kind": "adverse-event", "within": "ae_any", "levels": grades}
        times = {"kind": "time-to-event", "levels": ["event"]}
        sums = {"orr": ["cr", "pr"], "dcr": ["cr", "pr", "sd"]}
        return {
            **factors,
            **dict.fromkeys(self.cohort.effects, side),
            **{id_: {"kind": "binary", "sum_of": {"response": of}} for id_, of in sums.items()},
            "age": {"kind": "continuous", "unit": "years"},
            "design": {"kind": "design"},
            "ae_any": {"kind": "adverse-event", "levels": grades},
            "completed": {"kind": "binary"},
            "os": times,
            "pfs": times,
            "dor": times,
            "followup": {
                "kind": "duration",
                **({"ends_at": ["death", "last contact"]} if self._observed else {}),
            },
            "response": {
                "kind": "categorical",
                "levels": ["cr", "pr", "sd", "pd"],
                "exhaustive": True,
            },
        }

    @property
    def _observed(self) -> bool:
        """Whether follow-up is the time observed, or by the reverse Kaplan-Meier method."""
        return self.style.survival_test != "cox"

    def _sizes(self) -> None:
        for place in ("Table 1", "Table 2", "Abstract"):
            for arm in (NEW, OLD, ALL):
                size = int(self.cohort.group(arm).sum())
                self.paper.count(size, "participants", arm=arm, place=place)

    def _share(
        self, part: int, size: int, outcome: str, *, count: bool = True, **where: str
    ) -> None:
        if count:
            self.paper.count(part, outcome, unit="patients", **where)
        self.paper.percent(self.style.percent(part, size), outcome, unit="%", **where)

    def _factor(self, variable: str) -> None:
        levels, codes = self.cohort.factors[variable]
        groups = [self.cohort.group(arm) for arm in (NEW, OLD)]
        for arm in (NEW, OLD, ALL):
            chosen = self.cohort.group(arm)
            for code, level in enumerate(levels):
                part = int((codes[chosen] == code).sum())
                self._share(part, int(chosen.sum()), variable, arm=arm, category=level)
        table = [[int((codes[g] == code).sum()) for code in range(len(levels))] for g in groups]
        self._p_of_table(table, variable)

    def _p_of_table(self, table: Sequence[Sequence[int]], outcome: str, **identity: str) -> None:
        counts = np.array(table)
        if (counts.sum(axis=0) == 0).any():
            return
        if counts.shape[1] == 2 and self.style.test == "fisher":
            p = float(stats.fisher_exact(counts).pvalue)
        else:
            corrected = self.style.test == "yates" and counts.shape[1] == 2
            p = float(stats.chi2_contingency(counts, correction=corrected).pvalue)
        method = "chi2-or-fisher"
        printed = self.paper.p(self.style.p(p), outcome, method, unit="probability", **identity)
        claim = "significant" if p < ALPHA else "not-significant"
        if not printed.value.startswith(self.style.p(ALPHA)):  # 0.050 may be either
            claimed = {"comparison": COMPARISON, "outcome": outcome, **identity}
            self.statements.append(
                {
                    "section": "Results",
                    "kind": "significance",
                    "claim": claim,
                    "population": "whole",
                    **claimed,
                }
            )

    def _age(self) -> None:
        text, age = self.style.text, self.cohort.age
        groups = {arm: age[self.cohort.group(arm)] for arm in (NEW, OLD, ALL)}
        for arm, values in groups.items():
            where = {"arm_id": arm, "outcome": "age", "unit": "years"}
            self.paper.add(text(values.mean(), 2), statistic="mean", **where)
            self.paper.add(text(values.std(ddof=1), 2), statistic="sd", **where)
            self.paper.add(text(float(np.median(values)), 1), statistic="median", **where)
            span = f"{values.min():.0f}-{values.max():.0f}"
            self.paper.add(span, statistic="range", **where)
        p = stats.ttest_ind(groups[NEW], groups[OLD]).pvalue
        self.paper.p(self.style.p(float(p)), "age", "t-test", unit="probability")
        least = f"≥{int(age.min())}"
        self.paper.add(
            least, outcome="design", category="eligibility-age", statistic="threshold", arm_id=ALL
        )

    def _matched(self) -> None:
        """One-to-one exact matching on one factor."""
        variable = next(iter(self.cohort.factors))
        levels, codes = self.cohort.factors[variable]
        pairs = [
            min(int((codes[self.cohort.group(arm)] == code).sum()) for arm in (NEW, OLD))
            for code in range(len(levels))
        ]
        for arm in (NEW, OLD):
            self.paper.count(sum(pairs), "participants", arm=arm, population="matched")
            for level, pair in zip(levels, pairs, strict=True):
                where = {"arm": arm, "category": level, "population": "matched"}
                self._share(pair, sum(pairs), variable, **where)
        self.statements.append({"section": "Methods", "kind": "matching", "ratio": "1:1"})

    def _response(self) -> None:
        interval = {"exact": clopper_pearson, "wilson": wilson, "jeffreys": jeffreys}
        tables: dict[str, list[list[int]]] = {"orr": [], "dcr": []}
        for arm in (NEW, OLD, ALL):
            chosen = self.cohort.response[self.cohort.group(arm)]
            for code, level in enumerate(("cr", "pr", "sd", "pd")):
                part = int((chosen == code).sum())
                self._share(part, chosen.size, "response", arm=arm, category=level)
            for outcome, last in (("orr", 1), ("dcr", 2)):
                part = int((chosen <= last).sum())
                for place in ("Table 2", "Abstract"):
                    self._share(part, chosen.size, outcome, arm=arm, place=place)
                low, up = interval[self.style.proportion](part, chosen.size)
                shown = [self.style.text(100 * end, self.style.decimals) for end in (low, up)]
                self.paper.add(
                    "-".join(shown), arm_id=arm, outcome=outcome, statistic="ci95", unit="%"
                )
                if arm != ALL:
                    tables[outcome].append([part, chosen.size - part])
            completed = int((self.rng.random(chosen.size) < 0.7).sum())
            if arm != ALL:
                self._share(completed, chosen.size, "completed", count=False, arm=arm)
        for outcome, table in tables.items():
            self._p_of_table(table, outcome)

    def _effects(self) -> None:
        worst = np.max(np.array(list(self.cohort.effects.values())), axis=0)
        for outcome, grades in {"ae_any": worst, **self.cohort.effects}.items():
            for grade, category in ((0, ""), (1, "grade1to2"), (2, "grade3plus")):
                has = grades > 0 if grade == 0 else grades == grade
                table = []
                for arm in (NEW, OLD, ALL):
                    chosen = has[self.cohort.group(arm)]
                    where = {"arm": arm, "category": category, "place": "Table 3"}
                    self._share(int(chosen.sum()), chosen.size, outcome, **where)
                    if arm != ALL:
                        table.append([int(chosen.sum()), int((~chosen).sum())])
                self._p_of_table(table, outcome, category=category)

    def _curve(self, outcome: str, chosen: Flags, **where: str) -> None:
        time, event = self.cohort.times(outcome)
        curve = KaplanMeier(time[chosen], event[chosen])
        where = {"outcome": outcome, **where}
        if not np.isfinite(curve.median):
            return
        shown = self.style.text(curve.median, 2)
        for place in ("Table 4", "Abstract"):
            self.paper.add(shown, statistic="median", unit="months", place=place, **where)
        low, up = curve.median_interval(self.style.median)
        if np.isfinite(low) and np.isfinite(curve.median_interval("symmetric")[1]):
            ends = [self.style.text(end, 2) if np.isfinite(end) else "NA" for end in (low, up)]
            self.paper.add("-".join(ends), statistic="ci95", unit="months", **where)
        for at in RATE_TIMES[outcome]:
            self._rate(curve, at, where)

    def _rate(self, curve: KaplanMeier, at: int, where: Mapping[str, str]) -> None:
        rate = curve.rate(at)
        if not 0 < rate < 1:
            return
        text, decimals = self.style.text, self.style.decimals
        where = {**where, "timepoint": f"{at} months", "unit": "%"}
        self.paper.add(text(100 * rate, decimals), statistic="rate", **where)
        ends = [text(100 * end, decimals) for end in curve.interval(at, self.style.rate)]
        self.paper.add("-".join(ends), statistic="ci95", **where)

    def _survival(self, outcome: str) -> None:
        _, event = self.cohort.times(outcome)
        for arm in (NEW, OLD, ALL):
            chosen = self.cohort.group(arm)
            self._share(
                int(event[chosen].sum()), int(chosen.sum()), outcome, arm=arm, category="event"
            )
            self._curve(outcome, chosen, arm_id=arm)
        for variable, (levels, codes) in self.cohort.factors.items():
            for code, level in enumerate(levels):
                if (codes == code).sum() >= FEWEST:
                    self._curve(outcome, codes == code, arm_id=ALL, subgroup=f"{variable}={level}")
            if len(levels) == 2:
                self._p_of_curves(outcome, codes, arm_id=ALL, comparison=variable)
        self._p_of_curves(outcome, self.cohort.arm.astype(int), comparison=COMPARISON)

    def _p_of_curves(self, outcome: str, groups: Codes, **where: str) -> None:
        time, event = self.cohort.times(outcome)
        if min(event[groups == g].sum() for g in (0, 1)) < FEWEST_EVENTS:
            return
        p = self.style.p(curve_test(time, event, groups).p)
        where = {"outcome": outcome, "adjustment": "unadjusted", "method": "log-rank", **where}
        self.paper.add(p, statistic="p", unit="probability", **where)

    def _models(self, outcome: str) -> None:
        """Each covariate alone, and those below the stated limit together."""
        _, event = self.cohort.times(outcome)
        known = {COMPARISON: self.cohort.arm.astype(float)}
        for variable, (levels, codes) in self.cohort.factors.items():
            if len(levels) == 2:
                known[variable] = codes.astype(float)
        known["age"] = self.cohort.age
        known = {k: x for k, x in known.items() if k == "age" or self._enough(event, x)}
        table, entered = f"Table {outcome}", []
        for covariate, x in known.items():
            p = self._ratios(outcome, {covariate: x}, "unadjusted", table)
            if p < ENTRY and self.style.p(p) != self.style.p(ENTRY):
                entered.append(covariate)
        if 2 <= len(entered) <= int(event.sum()) // EVENTS_PER_COVARIATE:
            self._ratios(outcome, {k: known[k] for k in entered}, "adjusted", table)
            rule = {"section": "Methods", "kind": "selection-rule", "p_below": str(ENTRY)}
            self.statements.append({**rule, "table": table})
        for level, chosen in ((0, 0), (1, 1)):
            levels, codes = self.cohort.factors["age_group"]
            inside = codes == chosen
            if self._enough(event[inside], self.cohort.arm[inside].astype(float)):
                subgroup = f"age_group={levels[level]}"
                self._ratio_within(outcome, inside, subgroup)

    @staticmethod
    def _enough(event: Flags, x: Floats) -> bool:
        return min(event[x == value].sum() for value in (0, 1)) >= FEWEST_EVENTS

    def _ratios(
        self, outcome: str, covariates: Mapping[str, Floats], adjustment: str, table: str
    ) -> float:
        """Prints a model; the p-value of its last covariate."""
        model = Cox(*self.cohort.times(outcome), np.column_stack(list(covariates.values())))
        p = 1.0
        for position, covariate in enumerate(covariates):
            p = float(model.wald_p[position])
            if len(covariates) == 1 and self.style.survival_test == "likelihood-ratio":
                p = model.likelihood_ratio_p
            arm = {} if covariate == COMPARISON else {"arm_id": ALL}
            where = {"comparison": covariate, "adjustment": adjustment, "place": table, **arm}
            self._ratio(outcome, (model.beta[position], model.standard_error[position], p), where)
        return p

    def _ratio(
        self, outcome: str, found: tuple[float, float, float], where: Mapping[str, str]
    ) -> None:
        ratio, interval = self.style.ratio(found[0], found[1])
        where = {"outcome": outcome, "method": "cox", **where}
        self.paper.add(ratio, statistic="hr", unit="ratio", **where)
        self.paper.add(interval, statistic="ci95", unit="ratio", **where)
        self.paper.add(self.style.p(found[2]), statistic="p", unit="probability", **where)

    def _ratio_within(self, outcome: str, inside: Flags, subgroup: str) -> None:
        time, event = self.cohort.times(outcome)
        model = Cox(time[inside], event[inside], self.cohort.arm[inside].astype(float)[:, None])
        found = model.beta[0], model.standard_error[0], float(model.wald_p[0])
        where = {"comparison": COMPARISON, "adjustment": "unadjusted", "subgroup": subgroup}
        self._ratio(outcome, found, {**where, "place": "Figure 2 caption"})

    def _responders(self) -> None:
        responders = self.cohort.response <= 1
        time, event = self.cohort.pfs
        curve = KaplanMeier(time[responders] * 0.8, event[responders])
        for arm, who in ((ALL, responders),):
            self.paper.count(int(who.sum()), "participants", arm=arm, population="responders")
        where = {"arm_id": ALL, "population": "responders", "outcome": "dor", "unit": "months"}
        if np.isfinite(curve.median):
            self.paper.add(self.style.text(curve.median, 1), statistic="median", **where)

    def _followup(self) -> None:
        time, dead = self.cohort.os
        for arm in (NEW, OLD, ALL):
            chosen = self.cohort.group(arm)
            observed = float(np.median(time[chosen]))
            reverse = (
                KaplanMeier(time[chosen], ~dead[chosen]).median if (~dead[chosen]).any() else 0
            )
            median = observed if self._observed or not np.isfinite(reverse) else reverse
            if median <= 0:
                continue
            where = {"arm_id": arm, "outcome": "followup", "unit": "months"}
            self.paper.add(self.style.text(median, 1), statistic="median", **where)
            ends = [self.style.text(end, 1) for end in (time[chosen].min(), time[chosen].max())]
            self.paper.add("-".join(ends), statistic="range", **where)
        dates = {"enrolment-start": "January 1, 2010", "follow-up-end": "June 30, 2016"}
        for category, day in dates.items():
            where = {"outcome": "design", "category": category, "statistic": "date", "arm_id": ALL}
            self.paper.add(day, place="Methods", **where)


def simulated_paper(seed: int) -> Study:
    """The paper that this seed gives."""
    rng = np.random.default_rng(seed)
    return Writer(drawn_cohort(rng), Style.drawn(rng), rng).study()
