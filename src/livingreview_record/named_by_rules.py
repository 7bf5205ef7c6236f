"""What the rules of review.yaml name must be declared, or printed, by a study."""

from collections.abc import Sequence
from pathlib import Path

from livingreview_record.dictionary import CLOSED_VALUES, Dictionary
from livingreview_record.kinds import SIDES
from livingreview_record.problems import Collector, Problem, shown
from livingreview_record.protocol import (
    MainPopulation,
    PatientsRule,
    PlannedSynthesis,
    Protocol,
    Roles,
)
from livingreview_record.quantities import level_of, levels_of
from livingreview_record.references import WHOLE, check_once
from livingreview_record.studies import Study


def check_references_to_studies(
    path: Path,
    protocol: Protocol,
    studies: Sequence[Study],
    declared: Dictionary,
    problems: list[Problem],
) -> None:
    """Add a problem for every outcome, population and level in the rules that no study declares.

    Outcomes and populations that `review.yaml` itself declares, and values of the design that the
    dictionary allows, are known without a study.
    """
    collector = Collector(str(path), problems)
    if not any(study.outcomes for study in studies):
        return
    vocabulary = _Vocabulary(protocol, studies)
    for position, plan in enumerate(protocol.syntheses):
        place = f"syntheses.{position} ({plan.id})"
        vocabulary.check_outcome(collector, f"{place}.outcome", plan.outcome)
        vocabulary.check_kind(collector, place, plan)
        if plan.category:
            vocabulary.check_level(collector, f"{place}.category", plan.outcome, plan.category)
        for number, rule in enumerate(plan.include.patients):
            vocabulary.check_patients(collector, f"{place}.include.patients.{number}", rule)
        _check_values(collector, place, plan, studies, declared)
    for position, entry in enumerate(protocol.restricted_means):
        place = f"restricted_means.{position}.outcome"
        vocabulary.check_outcome(collector, place, entry.outcome)
    vocabulary.check_roles(collector, protocol.roles)
    if protocol.main_population:
        _check_main(collector, protocol.main_population, studies, declared, vocabulary)
    _check_baselines(collector, protocol, studies)
    _check_doubted(collector, protocol, studies)
    _check_modifiers(collector, protocol, studies)
    _check_printed_as(collector, protocol, vocabulary)


def _check_main(
    collector: Collector,
    rule: MainPopulation,
    studies: Sequence[Study],
    declared: Dictionary,
    vocabulary: "_Vocabulary",
) -> None:
    """What says that patients are of the main population is a design and a level of a study."""
    key = rule.design
    had = [str(study.design[key]) for study in studies if key in study.design]
    known = declared.values("study", f"design.{key}") or had
    for name in ("all", "none"):
        place, do = f"main_population.{name}", f"correct it, or the key {key} of designs"
        collector.one_of(place, getattr(rule, name), known, do)
    of, level = level_of(rule.level)
    if collector.one_of("main_population.level", of, sorted(vocabulary.levels), "correct it"):
        vocabulary.check_level(collector, "main_population.level", of, level)


def _check_doubted(collector: Collector, protocol: Protocol, studies: Sequence[Study]) -> None:
    """An estimate that is not relied upon is of an outcome of a study, and is named once."""
    entries = protocol.not_relied_upon
    named = [f"{one.study}, {one.outcome}, {one.adjustment}" for one in entries]
    check_once(collector, "not_relied_upon", "estimate", named)
    outcomes = {study.id: study.outcomes for study in studies}
    for position, one in enumerate(entries):
        if one.outcome not in outcomes.get(one.study, {}):
            needed = "a study, and an outcome that its study.yaml declares"
            collector.need(f"not_relied_upon.{position}", needed, named[position], "correct it")


def _check_modifiers(collector: Collector, protocol: Protocol, studies: Sequence[Study]) -> None:
    """A variable is one characteristic and of some study; a remark is on a study of the review."""
    asked = protocol.effect_modifiers.characteristics if protocol.effect_modifiers else ()
    place = "effect_modifiers.characteristics"
    names = [name for one in asked for name in one.variables]
    check_once(collector, place, "variable", names)
    declared = sorted({name for study in studies for name in study.variables})
    for position, one in enumerate(asked):
        for name in one.variables:
            do = "correct it, or declare it under variables in study.yaml"
            collector.one_of(f"{place}.{position}.variables", name, declared, do)
        for number, said in enumerate(one.remarks):
            known, do = [study.id for study in studies], "correct it, or add the study"
            collector.one_of(f"{place}.{position}.remarks.{number}.study", said.study, known, do)


def _check_printed_as(collector: Collector, protocol: Protocol, vocabulary: "_Vocabulary") -> None:
    """What an outcome is printed as is an outcome of some study, or a level of one."""
    for id_, entry in protocol.outcomes.items():
        for position, name in enumerate(entry.printed_as or ()):
            place = f"outcomes.{id_}.printed_as.{position}"
            of, level = level_of(name)
            do = "correct it, or declare it under outcomes in study.yaml"
            known = collector.one_of(place, of, sorted(vocabulary.levels), do)
            if known and level:
                vocabulary.check_level(collector, place, of, level)


def _check_baselines(collector: Collector, protocol: Protocol, studies: Sequence[Study]) -> None:
    """A time of an absolute effect is one at which a study prints a rate."""
    outcomes = {plan.id: plan.outcome for plan in protocol.syntheses}
    for position, entry in enumerate(protocol.absolute):
        outcome, time = outcomes.get(entry.synthesis), entry.timepoint
        rates = {
            number.quantity.timepoint
            for study in studies
            for number in study.find(statistic="rate")
            if number.quantity.outcome == outcome
        }
        if outcome and time and rates:
            do = "correct it, or remove the entry: a baseline must be printed at this time"
            collector.one_of(f"absolute.{position}.timepoint", time, sorted(rates), do)


def _check_values(
    collector: Collector,
    place: str,
    plan: PlannedSynthesis,
    studies: Sequence[Study],
    declared: Dictionary,
) -> None:
    """What a rule asks of an arm or a design is allowed by the dictionary, or some have it."""
    asked = [
        ("arms.*", f"{place}.{side}", "an arm", getattr(plan, side)) for side in ("arms", *SIDES)
    ]
    asked += [
        ("design", f"{place}.include.patients.{number}.design", "a study", rule.design)
        for number, rule in enumerate(plan.include.patients)
    ]
    arms = [arm for study in studies for arm in study.arms.values()]
    for parent, where, who, rule in asked:
        for name, value in rule.items():
            if name == "treatment_class" or declared.values("study", f"{parent}.{name}"):
                continue
            had = [one.value(name) for one in arms]
            if parent == "design":
                had = [study.design.get(name) for study in studies]
            if value not in had:
                do = f"correct it, or let data/dictionary.csv allow it ({CLOSED_VALUES}...)"
                known = ", ".join(dict.fromkeys(shown(one) for one in had if one is not None))
                needed = f"a value that {who} has ({known or 'none has one'})"
                collector.need(f"{where}.{name}", needed, shown(value), do)


class _Vocabulary:
    """What the review and its studies declare, for the rules to name."""

    def __init__(self, protocol: Protocol, studies: Sequence[Study]) -> None:
        self.levels: dict[str, set[str]] = {}
        self.kinds: dict[str, set[str]] = {}
        for study in studies:
            for id_, entry in {**study.variables, **study.outcomes}.items():
                for name in (id_, entry.same_as or id_):
                    self.levels.setdefault(name, set()).update(entry.levels)
                    self.kinds.setdefault(name, set()).add(entry.kind)
        self.outcomes = [*protocol.outcomes, *(id_ for s in studies for id_ in s.outcomes)]
        self.populations = [
            WHOLE,
            *protocol.populations,
            *(id_ for study in studies for id_ in study.populations),
        ]

    def check_outcome(self, collector: Collector, place: str, outcome: str) -> None:
        same = (id_ for id_ in self.levels)
        known = dict.fromkeys((*self.outcomes, *same))
        do = "correct it, or declare it under outcomes in review.yaml"
        collector.one_of(place, outcome, known, do)

    def check_kind(self, collector: Collector, place: str, plan: PlannedSynthesis) -> None:
        """A time has hazard ratios, what patients have or have not is counted, and so on."""
        kinds, kind = self.kinds.get(plan.outcome, set()), plan.kind_rules
        if kinds and not any(map(kind.allows, kinds)):
            found = f"{plan.outcome!r} ({', '.join(sorted(kinds))} in study.yaml)"
            collector.need(f"{place}.outcome", kind.of, found, "correct the outcome or the kind")
        if kinds == {"categorical"} and kind.counts and not plan.category:
            needed = f"the level of {plan.outcome} that is counted"
            collector.need(f"{place}.category", needed, "nothing", "add it")

    def check_level(self, collector: Collector, place: str, of: str, level: str) -> None:
        if of in self.levels:
            do = f"correct it, or declare it among the levels of {of} in a study.yaml"
            collector.one_of(place, level, sorted(self.levels[of]), do)

    def check_roles(self, collector: Collector, roles: Roles) -> None:
        wider = {f"roles.grades.{grade}": named for grade, named in roles.grades.items()}
        for place, named in {**wider, "roles.any_grade": roles.any_grade}.items():
            for grade in named:
                do = "correct it, or declare it in roles.grades"
                collector.one_of(place, grade, roles.grades, do)
        for role, link in vars(roles).items():
            if role in ("grades", "any_grade") or not link:
                continue
            of, level = level_of(link)
            self.check_outcome(collector, f"roles.{role}", of)
            if level:
                self.check_level(collector, f"roles.{role}", of, level)

    def check_patients(self, collector: Collector, place: str, rule: PatientsRule) -> None:
        do = "correct it, or declare it under populations in review.yaml"
        collector.one_of(f"{place}.population", rule.population, self.populations, do)
        parts = levels_of(rule.subgroup)
        if len({part.variable for part in parts}) < len(parts):
            found = repr(rule.subgroup)
            collector.need(f"{place}.subgroup", "each variable once", found, "correct it")
        for variable, level in parts:
            do = "correct it (variable=level), or declare it under variables in a study.yaml"
            if collector.one_of(f"{place}.subgroup", variable, sorted(self.levels), do):
                self.check_level(collector, f"{place}.subgroup", variable, level)
