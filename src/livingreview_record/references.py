"""References of review.yaml: everything that its rules name must exist and fit what uses it."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from livingreview_record.dictionary import Dictionary
from livingreview_record.kinds import KINDS, SIDES
from livingreview_record.problems import Collector, Problem, perhaps, shown
from livingreview_record.rows import TIMEPOINT
from livingreview_record.shapes import known_keys

Rule = Mapping[str, Any]
WHOLE = "whole"
ADDRESS = re.compile(r"https?://[\w-]+(\.[\w-]+)+([:/?#]\S*)?|10\.\d{4,}/\S+")
SPECIFIC = tuple(sorted({key for kind in KINDS.values() for key in (*kind.needs, *kind.may)}))
DESCRIBE = "correct it, or describe it in data/dictionary.csv: data/studies/*/study.yaml, "
ABSOLUTE = ("two-arm", "hazard-ratio")  # kinds whose effect is turned into events among patients


def check_references(
    path: Path, protocol: Rule, declared: Dictionary, problems: list[Problem]
) -> None:
    """Add a problem for every rule of the review that cannot be followed, whatever the studies."""
    collector = Collector(str(path), problems)
    _check_days(collector, protocol)
    _check_addresses(collector, protocol)
    check_once(collector, "questions", "id", question_ids(protocol))
    for position, plan in enumerate(protocol["syntheses"]):
        place = f"syntheses.{position} ({plan['id']})"
        _check_kind(collector, place, plan)
        _check_names(collector, place, plan, protocol)
        _check_sides(collector, place, plan)
        if declared.is_whole:
            _check_properties(collector, place, plan, protocol, declared)
            _check_design(collector, place, plan, declared)
    if declared.is_whole:
        for place, rule in _design_rules(protocol):
            _check_design_rule(collector, place, rule, declared)
    _check_favours(collector, protocol["syntheses"])
    _check_uses(collector, protocol)
    _check_networks(collector, protocol, declared)
    for name in protocol.get("evidence_map", {}).get("outcomes", ()):
        known, do = list(protocol.get("outcomes", {})), "correct it, or declare it under outcomes"
        collector.one_of("evidence_map.outcomes", name, known, do)


def _design_rules(protocol: Rule) -> Iterator[tuple[str, Rule]]:
    """Each rule on designs that stands outside the syntheses, with its place."""
    asked = protocol.get("effect_modifiers", {}).get("include", {})
    yield "effect_modifiers.include.design", asked.get("design", {})
    yield "networks.design", protocol.get("networks", {}).get("design", {})
    for position, one in enumerate(protocol.get("evidence_map", {}).get("populations", ())):
        yield f"evidence_map.populations.{position}.design", one["design"]


def _check_days(collector: Collector, protocol: Rule) -> None:
    """No day on which something was done may lie in the future, in any time zone."""
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).date().isoformat()
    days = [(key, protocol[key]) for key in ("documents_read_until", "searched")]
    decisions = enumerate(protocol.get("decisions", ()))
    days += [(f"decisions.{position}.date", entry["date"]) for position, entry in decisions]
    for place, day in days:
        if day != "never" and day > tomorrow:
            collector.need(place, "a day that is not in the future", repr(day), "correct it")


def _check_addresses(collector: Collector, protocol: Rule) -> None:
    """A source of what is not held yet is one that a reader can open."""
    for position, trial in enumerate(protocol.get("not_yet_held", ())):
        for number, source in enumerate(trial["sources"]):
            if not ADDRESS.fullmatch(source):
                place = f"not_yet_held.{position}.sources.{number}"
                do = "write it without spaces, as in https://example.org/page"
                collector.need(
                    place, "an address (https://...) or a DOI (10....)", shown(source), do
                )


def _check_kind(collector: Collector, place: str, plan: Rule) -> None:
    """A synthesis has what its kind needs, and nothing that its kind would pass over."""
    kind, rule = plan["kind"], KINDS[plan["kind"]]
    for key in rule.needs:
        if key not in plan:
            needed = f"the key {key!r}, which a synthesis of kind {kind} needs"
            collector.need(place, needed, "nothing", "add it")
    for key in SPECIFIC:
        if key in plan and key not in (*rule.needs, *rule.may):
            needed = f"no key {key!r} in a synthesis of kind {kind}, which would not use it"
            collector.need(place, needed, shown(plan[key]), "remove it, or correct the kind")
    measures = plan.get("measures", ())
    for measure in measures if "measures" in (*rule.needs, *rule.may) else ():
        do = f"correct it: these are the measures of a synthesis of kind {kind}"
        collector.one_of(f"{place}.measures", measure, rule.measures, do)
    if rule.one and len(measures) > 1:
        needed = f"one measure: a synthesis of kind {kind} takes estimates of one"
        collector.need(f"{place}.measures", needed, ", ".join(measures), "plan one for each")
    if (time := plan.get("timepoint")) and not TIMEPOINT.fullmatch(time):
        needed = "a time such as 12 months, 6 weeks or 30 days"
        collector.need(f"{place}.timepoint", needed, repr(time), "correct it")


def question_ids(protocol: Rule) -> list[str]:
    """The ids of the questions that `review.yaml` declares."""
    return [question["id"] for question in protocol.get("questions", ())]


def _check_names(collector: Collector, place: str, plan: Rule, protocol: Rule) -> None:
    """The question, the clocks and the shares that a synthesis names are declared."""
    if "questions" in protocol or "question" in plan:
        known = question_ids(protocol)
        do = "name the question that it is about"
        collector.one_of(f"{place}.question", plan.get("question"), known, do)
    for clock in plan.get("clocks", ()):
        collector.one_of(f"{place}.clocks", clock, protocol.get("clocks", {}), "declare it")
    shares = any("share" in rule for rule in plan["include"]["patients"])
    if shares and "main_population" not in protocol:
        needed = "main_population in review.yaml, of which the share is asked"
        collector.need(f"{place}.include.patients", needed, "nothing", "add it")


def _check_sides(collector: Collector, place: str, plan: Rule) -> None:
    """No arm may fit both sides."""
    experimental, control = (plan.get(side) for side in SIDES)
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
    collector: Collector, place: str, plan: Rule, protocol: Rule, declared: Dictionary
) -> None:
    """Rules on arms and designs name properties that an arm or a design can have."""
    arm_keys = known_keys("study", "arms.*", declared)
    for key in ("arms", *SIDES):
        for name, value in plan.get(key, {}).items():
            known = collector.one_of(f"{place}.{key}", name, arm_keys, f"{DESCRIBE}arms.*.{name}")
            allowed = declared.values("study", f"arms.*.{name}")
            if name == "treatment_class":
                allowed = list(protocol["treatment_classes"])
            if known and allowed:
                _one_of_values(collector, f"{place}.{key}.{name}", value, allowed)
    if "group_by" in plan:
        flags = {key for side in SIDES for p in protocol["syntheses"] for key in p.get(side, {})}
        keys = [key for key in arm_keys if key == "treatment_class" or key in flags]
        collector.one_of(f"{place}.group_by", plan["group_by"], keys, "correct it")


def _check_design(collector: Collector, place: str, plan: Rule, declared: Dictionary) -> None:
    """Rules on designs, and moderators, name properties that a design can have."""
    design_keys = known_keys("study", "design", declared)
    for name in plan.get("moderators", ()):
        do = f"{DESCRIBE}design.{name}"
        collector.one_of(f"{place}.moderators", name, design_keys, do)
    for number, rule in enumerate(plan["include"]["patients"]):
        where = f"{place}.include.patients.{number}.design"
        _check_design_rule(collector, where, rule.get("design", {}), declared)


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


def _check_favours(collector: Collector, plans: Iterable[Rule]) -> None:
    """Syntheses of the same arms put the same words on the side on which each arm wins.

    The experimental arm wins on the right where benefit lies above no difference, else on the left.
    """
    first: dict[str, tuple[list[str], str]] = {}
    for position, plan in enumerate(plans):
        if "favours" not in plan or not all(side in plan for side in SIDES):
            continue
        below = plan.get("benefit") != "above"
        words = plan["favours"] if below else plan["favours"][::-1]
        arms = repr([sorted(plan[side].items()) for side in SIDES])
        known, where = first.setdefault(arms, (words, plan["id"]))
        if words != known:
            wanted = known if below else known[::-1]
            needed = f"{wanted} (the side of the experimental arm as in {where})"
            place = f"syntheses.{position} ({plan['id']}).favours"
            collector.need(place, needed, str(plan["favours"]), "correct them, or benefit")


def _check_uses(collector: Collector, protocol: Rule) -> None:
    """Whatever names a synthesis names one that exists, of a kind that suits it, and once."""
    plans = {plan["id"]: plan for plan in protocol["syntheses"]}
    check_once(collector, "syntheses", "id", [plan["id"] for plan in protocol["syntheses"]])
    for place, synthesis in _named(protocol):
        collector.one_of(place, synthesis, plans, "correct it")
    _check_measures(collector, protocol, plans)
    for position, entry in enumerate(protocol.get("absolute", ())):
        place, plan = f"absolute.{position}", plans.get(entry["synthesis"], {"kind": ""})
        if plan["kind"] and plan["kind"] not in ABSOLUTE:
            needed = "a synthesis of two arms, which has a relative effect"
            if KINDS[plan["kind"]].compares:
                needed = f"a synthesis of kind {' or '.join(ABSOLUTE)}"
            collector.need(f"{place}.synthesis", needed, repr(entry["synthesis"]), "correct it")
        if not plan.get("pool", True):
            needed = "a synthesis that is pooled: one result is turned into events"
            found = f"{entry['synthesis']!r}, with pool: false"
            collector.need(f"{place}.synthesis", needed, found, "correct it, or pool it")
        if plan["kind"] == "hazard-ratio" and not TIMEPOINT.fullmatch(entry.get("timepoint", "")):
            needed = "a time such as 12 months, at which the control arm prints a rate"
            collector.need(
                f"{place}.timepoint", needed, shown(entry.get("timepoint")), "correct or add it"
            )


def _check_measures(collector: Collector, protocol: Rule, plans: Mapping[str, Rule]) -> None:
    """What is laid side by side answers one question, in a measure that each synthesis gives."""
    for position, entry in enumerate(protocol.get("multiverses", ())):
        place, aside = f"multiverses.{position}", entry.get("set_aside", ())
        named = [*entry["syntheses"], *(one["synthesis"] for one in aside)]
        check_once(collector, place, "synthesis", named)
        found = [plans[id_] for id_ in entry["syntheses"] if id_ in plans]
        if len(outcomes := {(plan["outcome"], plan.get("category", "")) for plan in found}) > 1:
            words = ", ".join(sorted(" ".join(filter(None, one)) for one in outcomes))
            collector.need(place, "syntheses of one outcome", words, "correct the list")
        for plan in found:
            kind = KINDS[plan["kind"]]
            measures = plan.get("measures", kind.measures[:1]) if kind.compares else ()
            if entry["measure"] not in measures:
                known = ", ".join(measures) or "none that can be compared"
                needed = f"a measure of the synthesis {plan['id']} ({known})"
                collector.need(f"{place}.measure", needed, repr(entry["measure"]), "correct it")


def _check_networks(collector: Collector, protocol: Rule, declared: Dictionary) -> None:
    """A network joins comparisons of one outcome and measure; one that is shown is judged."""
    plans = {plan["id"]: plan for plan in protocol["syntheses"]}
    networks = protocol.get("networks", {"of": (), "compare": {}})
    check_once(collector, "networks.of", "id", [entry["id"] for entry in networks["of"]])
    for name in networks.get("components", {}):
        classes = list(protocol["treatment_classes"])
        collector.one_of("networks.components", name, classes, "correct it")
    if declared.is_whole:
        keys = known_keys("study", "design", declared)
        for name in networks["compare"]:
            collector.one_of("networks.compare", name, keys, f"{DESCRIBE}design.{name}")
    for position, entry in enumerate(networks["of"]):
        place = f"networks.of.{position} ({entry['id']})"
        found = [plans[id_] for id_ in entry["syntheses"] if id_ in plans]
        kinds = [KINDS[plan["kind"]] for plan in found]
        joined = {
            (plan["outcome"], plan.get("category", ""), *plan.get("measures", kind.measures)[:1])
            for plan, kind in zip(found, kinds, strict=True)
        }
        if len(joined) > 1 or not all(kind.compares for kind in kinds):
            needed = "syntheses that compare two arms, of one outcome and one first measure"
            words = ", ".join(sorted(" ".join(filter(None, one)) for one in joined))
            collector.need(f"{place}.syntheses", needed, words, "correct the list")
        if entry["transitivity"]["plausible"] and "certainty" not in entry:
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


def _named(protocol: Rule) -> Iterator[tuple[str, str]]:
    for position, entry in enumerate(protocol.get("absolute", ())):
        yield f"absolute.{position}.synthesis", entry["synthesis"]
    for position, entry in enumerate(protocol.get("networks", {}).get("of", ())):
        for synthesis in entry["syntheses"]:
            yield f"networks.of.{position}.syntheses", synthesis
    for position, entry in enumerate(protocol.get("multiverses", ())):
        for synthesis in entry["syntheses"]:
            yield f"multiverses.{position}.syntheses", synthesis
        for aside in entry.get("set_aside", ()):
            yield f"multiverses.{position}.set_aside", aside["synthesis"]
