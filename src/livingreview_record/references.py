"""References of review.yaml: everything that its rules name must exist and fit what uses it."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from livingreview_record.dictionary import Dictionary
from livingreview_record.kinds import KINDS, SIDES
from livingreview_record.problems import Collector, Problem, perhaps, shown
from livingreview_record.protocol import PlannedSynthesis, Protocol
from livingreview_record.rows import TIMEPOINT
from livingreview_record.shapes import known_keys
from livingreview_record.times import is_over
from livingreview_record.typed import Rule

Plans = Mapping[str, PlannedSynthesis]
WHOLE = "whole"
ADDRESS = re.compile(r"https?://[\w-]+(\.[\w-]+)+([:/?#]\S*)?|10\.\d{4,}/\S+")
SPECIFIC = tuple(sorted({key for kind in KINDS.values() for key in (*kind.needs, *kind.may)}))
DESCRIBE = "correct it, or describe it in data/dictionary.csv: data/studies/*/study.yaml, "
ABSOLUTE = ("two-arm", "hazard-ratio")  # kinds whose effect is turned into events among patients


def check_references(
    path: Path, protocol: Protocol, declared: Dictionary, problems: list[Problem]
) -> None:
    """Add a problem for every rule of the review that cannot be followed, whatever the studies."""
    collector = Collector(str(path), problems)
    _check_days(collector, protocol)
    _check_addresses(collector, protocol)
    check_once(collector, "questions", "id", [one.id for one in protocol.questions])
    for position, plan in enumerate(protocol.syntheses):
        place = f"syntheses.{position} ({plan.id})"
        _check_kind(collector, place, plan)
        _check_names(collector, place, plan, protocol)
        _check_sides(collector, place, plan)
        if declared.is_whole:
            _check_properties(collector, place, plan, protocol, declared)
            _check_design(collector, place, plan, declared)
    if declared.is_whole:
        for place, rule in _design_rules(protocol):
            _check_design_rule(collector, place, rule, declared)
    _check_favours(collector, protocol.syntheses)
    _check_uses(collector, protocol)
    _check_networks(collector, protocol, declared)
    for name in protocol.evidence_map.outcomes if protocol.evidence_map else ():
        do = "correct it, or declare it under outcomes"
        collector.one_of("evidence_map.outcomes", name, protocol.outcomes, do)


def _design_rules(protocol: Protocol) -> Iterator[tuple[str, Rule]]:
    """Each rule on designs that stands outside the syntheses, with its place."""
    if protocol.effect_modifiers:
        yield "effect_modifiers.include.design", protocol.effect_modifiers.include.design
    if protocol.networks:
        yield "networks.design", protocol.networks.design
    if drawn := protocol.evidence_map:
        for key in ("populations", "without_numbers"):
            for position, one in enumerate(getattr(drawn, key)):
                yield f"evidence_map.{key}.{position}.design", one.design


def _check_days(collector: Collector, protocol: Protocol) -> None:
    """No day on which something was done may lie in the future, in any time zone."""
    days = [(key, getattr(protocol, key)) for key in ("documents_read_until", "searched")]
    days += [(f"decisions.{n}.date", entry.date) for n, entry in enumerate(protocol.decisions)]
    for place, day in days:
        if day != "never" and not is_over(day):
            collector.need(place, "a day that is not in the future", repr(day), "correct it")


def _check_addresses(collector: Collector, protocol: Protocol) -> None:
    """A source of what is not held yet is one that a reader can open."""
    for position, trial in enumerate(protocol.not_yet_held):
        for number, source in enumerate(trial.sources):
            if not ADDRESS.fullmatch(source):
                place = f"not_yet_held.{position}.sources.{number}"
                do = "write it without spaces, as in https://example.org/page"
                collector.need(
                    place, "an address (https://...) or a DOI (10....)", shown(source), do
                )


def _check_kind(collector: Collector, place: str, plan: PlannedSynthesis) -> None:
    """A synthesis has what its kind needs, and nothing that its kind would pass over."""
    kind, rule = plan.kind, plan.kind_rules
    for key in rule.needs:
        if not getattr(plan, key):
            needed = f"the key {key!r}, which a synthesis of kind {kind} needs"
            collector.need(place, needed, "nothing", "add it")
    for key in SPECIFIC:
        if (found := getattr(plan, key)) and key not in (*rule.needs, *rule.may):
            needed = f"no key {key!r} in a synthesis of kind {kind}, which would not use it"
            collector.need(place, needed, shown(found), "remove it, or correct the kind")
    for measure in plan.measures if "measures" in (*rule.needs, *rule.may) else ():
        do = f"correct it: these are the measures of a synthesis of kind {kind}"
        collector.one_of(f"{place}.measures", measure, rule.measures, do)
    if rule.one and len(plan.measures) > 1:
        needed = f"one measure: a synthesis of kind {kind} takes estimates of one"
        collector.need(f"{place}.measures", needed, ", ".join(plan.measures), "plan one for each")
    if (time := plan.timepoint) and not TIMEPOINT.fullmatch(time):
        needed = "a time such as 12 months, 6 weeks or 30 days"
        collector.need(f"{place}.timepoint", needed, repr(time), "correct it")


def _check_names(
    collector: Collector, place: str, plan: PlannedSynthesis, protocol: Protocol
) -> None:
    """The question, the clocks and the shares that a synthesis names are declared."""
    if protocol.questions or plan.question:
        known, do = [one.id for one in protocol.questions], "name the question that it is about"
        collector.one_of(f"{place}.question", plan.question or None, known, do)
    for clock in plan.clocks:
        collector.one_of(f"{place}.clocks", clock, protocol.clocks, "declare it")
    shares = any(rule.share for rule in plan.include.patients)
    if shares and protocol.main_population is None:
        needed = "main_population in review.yaml, of which the share is asked"
        collector.need(f"{place}.include.patients", needed, "nothing", "add it")


def _check_sides(collector: Collector, place: str, plan: PlannedSynthesis) -> None:
    """No arm may fit both sides."""
    experimental, control = plan.sides
    if experimental and control and not excludes(experimental, control):
        needed = "a property in which experimental and control differ"
        do = "give both the same property with different values, such as true and false"
        collector.need(place, needed, f"{dict(experimental)} and {dict(control)}", do)


def excludes(one: Rule, other: Rule) -> bool:
    """Whether nothing can fit both rules.

    >>> excludes({"is_new": True}, {"is_new": False}), excludes({"is_new": True}, {"line": 2})
    (True, False)
    """
    return any(key in other and other[key] != value for key, value in one.items())


def _check_properties(
    collector: Collector,
    place: str,
    plan: PlannedSynthesis,
    protocol: Protocol,
    declared: Dictionary,
) -> None:
    """Rules on arms and designs name properties that an arm or a design can have."""
    arm_keys = known_keys("study", "arms.*", declared)
    for key in ("arms", *SIDES):
        for name, value in getattr(plan, key).items():
            known = collector.one_of(f"{place}.{key}", name, arm_keys, f"{DESCRIBE}arms.*.{name}")
            allowed = declared.values("study", f"arms.*.{name}")
            if name == "treatment_class":
                allowed = list(protocol.treatment_classes)
            if known and allowed:
                _one_of_values(collector, f"{place}.{key}.{name}", value, allowed)
    if plan.group_by:
        flags = {key for other in protocol.syntheses for side in other.sides for key in side}
        keys = [key for key in arm_keys if key == "treatment_class" or key in flags]
        collector.one_of(f"{place}.group_by", plan.group_by, keys, "correct it")


def _check_design(
    collector: Collector, place: str, plan: PlannedSynthesis, declared: Dictionary
) -> None:
    """Rules on designs, and moderators, name properties that a design can have."""
    design_keys = known_keys("study", "design", declared)
    for name in plan.moderators:
        do = f"{DESCRIBE}design.{name}"
        collector.one_of(f"{place}.moderators", name, design_keys, do)
    for number, rule in enumerate(plan.include.patients):
        where = f"{place}.include.patients.{number}.design"
        _check_design_rule(collector, where, rule.design, declared)


def _check_design_rule(collector: Collector, where: str, rule: Rule, declared: Dictionary) -> None:
    """Each property is one that a design can have, with a value that the dictionary allows."""
    design_keys = known_keys("study", "design", declared)
    for name, value in rule.items():
        if collector.one_of(where, name, design_keys, f"{DESCRIBE}design.{name}"):
            allowed = declared.values("study", f"design.{name}")
            if allowed:
                _one_of_values(collector, f"{where}.{name}", value, allowed)


def _one_of_values(collector: Collector, place: str, value: object, allowed: list[Any]) -> None:
    if type(value) is not type(allowed[0]) or value not in allowed:
        near = perhaps(str(value), map(str, allowed))
        needed = f"one of {', '.join(map(shown, allowed))}"
        collector.need(place, needed, shown(value), f"correct it{near}")


def _check_favours(collector: Collector, plans: Sequence[PlannedSynthesis]) -> None:
    """Syntheses of the same arms put the same words on the side on which each arm wins.

    The experimental arm wins on the right where benefit lies above no difference, else on the left.
    """
    first: dict[str, tuple[tuple[str, ...], str]] = {}
    for position, plan in enumerate(plans):
        if not (plan.favours and all(plan.sides)):
            continue
        below = plan.benefit != "above"
        words = plan.favours if below else plan.favours[::-1]
        arms = repr([sorted(side.items()) for side in plan.sides])
        known, where = first.setdefault(arms, (words, plan.id))
        if words != known:
            wanted = list(known if below else known[::-1])
            needed = f"{wanted} (the side of the experimental arm as in {where})"
            place = f"syntheses.{position} ({plan.id}).favours"
            collector.need(place, needed, str(list(plan.favours)), "correct them, or benefit")


def _check_uses(collector: Collector, protocol: Protocol) -> None:
    """Whatever names a synthesis names one that exists, of a kind that suits it, and once."""
    plans = {plan.id: plan for plan in protocol.syntheses}
    check_once(collector, "syntheses", "id", [plan.id for plan in protocol.syntheses])
    for place, synthesis in _named(protocol):
        collector.one_of(place, synthesis, plans, "correct it")
    _check_measures(collector, protocol, plans)
    for position, entry in enumerate(protocol.absolute):
        place, plan = f"absolute.{position}", plans.get(entry.synthesis)
        if plan is None:
            continue
        if plan.kind not in ABSOLUTE:
            needed = "a synthesis of two arms, which has a relative effect"
            if plan.kind_rules.compares:
                needed = f"a synthesis of kind {' or '.join(ABSOLUTE)}"
            collector.need(f"{place}.synthesis", needed, repr(entry.synthesis), "correct it")
        if not plan.pool:
            needed = "a synthesis that is pooled: one result is turned into events"
            found = f"{entry.synthesis!r}, with pool: false"
            collector.need(f"{place}.synthesis", needed, found, "correct it, or pool it")
        if plan.kind == "hazard-ratio" and not TIMEPOINT.fullmatch(entry.timepoint):
            needed = "a time such as 12 months, at which the control arm prints a rate"
            found = shown(entry.timepoint or None)
            collector.need(f"{place}.timepoint", needed, found, "correct or add it")


def _check_measures(collector: Collector, protocol: Protocol, plans: Plans) -> None:
    """What is laid side by side answers one question, in a measure that each synthesis gives."""
    for position, entry in enumerate(protocol.multiverses):
        place = f"multiverses.{position}"
        named = [*entry.syntheses, *(one.synthesis for one in entry.set_aside)]
        check_once(collector, place, "synthesis", named)
        found = [plans[id_] for id_ in entry.syntheses if id_ in plans]
        if len(outcomes := {(plan.outcome, plan.category) for plan in found}) > 1:
            words = ", ".join(sorted(" ".join(filter(None, one)) for one in outcomes))
            collector.need(place, "syntheses of one outcome", words, "correct the list")
        for plan in found:
            measures = plan.effect_measures if plan.kind_rules.compares else ()
            if entry.measure not in measures:
                known = ", ".join(measures) or "none that can be compared"
                needed = f"a measure of the synthesis {plan.id} ({known})"
                collector.need(f"{place}.measure", needed, repr(entry.measure), "correct it")


def _check_networks(collector: Collector, protocol: Protocol, declared: Dictionary) -> None:
    """A network joins comparisons of one outcome and measure; one that is shown is judged."""
    plans = {plan.id: plan for plan in protocol.syntheses}
    networks = protocol.networks
    if networks is None:
        return
    check_once(collector, "networks.of", "id", [entry.id for entry in networks.of])
    for name in networks.components:
        collector.one_of("networks.components", name, protocol.treatment_classes, "correct it")
    if declared.is_whole:
        keys = known_keys("study", "design", declared)
        for name in networks.compare:
            collector.one_of("networks.compare", name, keys, f"{DESCRIBE}design.{name}")
    for position, entry in enumerate(networks.of):
        place = f"networks.of.{position} ({entry.id})"
        found = [plans[id_] for id_ in entry.syntheses if id_ in plans]
        joined = {(plan.outcome, plan.category, *plan.effect_measures[:1]) for plan in found}
        if len(joined) > 1 or not all(plan.kind_rules.compares for plan in found):
            needed = "syntheses that compare two arms, of one outcome and one first measure"
            words = ", ".join(sorted(" ".join(filter(None, one)) for one in joined))
            collector.need(f"{place}.syntheses", needed, words, "correct the list")
        if entry.transitivity.plausible and entry.certainty is None:
            needed = "the certainty of the estimates of the network, which are shown"
            do = "judge it, or say that transitivity is not plausible: then they are not shown"
            collector.need(f"{place}.certainty", needed, "nothing", do)


def check_once(collector: Collector, place: str, key: str, values: Sequence[str]) -> None:
    """Add a problem for every value that stands more than once."""
    for value, times in Counter(values).items():
        if times > 1:
            positions = [str(n) for n, other in enumerate(values) if other == value]
            found = f"{value} at {' and '.join(positions)}"
            collector.need(place, f"each {key} once", found, "rename or remove all but one")


def _named(protocol: Protocol) -> Iterator[tuple[str, str]]:
    for position, absolute in enumerate(protocol.absolute):
        yield f"absolute.{position}.synthesis", absolute.synthesis
    for position, network in enumerate(protocol.networks.of if protocol.networks else ()):
        for synthesis in network.syntheses:
            yield f"networks.of.{position}.syntheses", synthesis
    for position, entry in enumerate(protocol.multiverses):
        for synthesis in entry.syntheses:
            yield f"multiverses.{position}.syntheses", synthesis
        for aside in entry.set_aside:
            yield f"multiverses.{position}.set_aside", aside.synthesis
