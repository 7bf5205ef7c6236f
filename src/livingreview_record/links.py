"""Links of a study.yaml, to its own ids and to the review's: each must lead to one declared."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from pathlib import Path

from livingreview_record.problems import Collector, Problem, shown
from livingreview_record.protocol import PlannedSynthesis, Protocol
from livingreview_record.quantities import (
    ALL_ARMS,
    STATISTICS,
    Level,
    contrast_of,
    level_of,
    levels_of,
)
from livingreview_record.references import excludes
from livingreview_record.rows import METHODS, TIMEPOINT
from livingreview_record.rules import fits
from livingreview_record.studies import Comparison, Outcome, Report, Statement, Study

Link = tuple[str, str, Iterable[str]]  # the key, the id found there, the ids that are declared
MANY = 20  # printed numbers; so many are not the same in two studies by chance
DAYS = ("submitted", "accepted", "published", "read")
ELSEWHERE = ("10.", "https://", "http://")  # a DOI or an address


def check_study(path: Path, study: Study, problems: list[Problem]) -> None:
    """Add a problem for every link of the study to an unknown id, and for ids that clash."""
    collector = Collector(str(path), problems)
    for where, found, declared in _links(study):
        collector.one_of(where, found, declared)
    _check_ids(collector, study)
    _check_labels(collector, study)
    _check_circles(collector, study)
    _check_statements(collector, study)
    for position, report in enumerate(study.reports):
        days = [(key, getattr(report, key)) for key in DAYS if getattr(report, key)]
        for (earlier, first), (later, second) in pairwise(days):
            if first > second:
                needed = f"a day not before the one of {earlier!r} ({first})"
                collector.need(
                    f"reports.{position}.{later}", needed, repr(second), "correct the days"
                )


def check_arms(path: Path, study: Study, protocol: Protocol, problems: list[Problem]) -> None:
    """Add a problem for arms without a class or flag of the review, and for swapped comparisons."""
    collector = Collector(str(path), problems)
    asked = arm_flags(protocol.syntheses)
    for arm in study.arms.values():
        place = f"arms.{arm.id}"
        classes = protocol.treatment_classes
        collector.one_of(f"{place}.treatment_class", arm.treatment_class, classes)
        flags = {key for key, value in arm.described.items() if isinstance(value, bool)}
        for flag in (flag for flag in asked if flag not in flags):
            needed = "true or false, by which review.yaml's syntheses choose arms"
            do = "write true or false, without quotes"
            collector.need(f"{place}.{flag}", needed, shown(arm.value(flag)), do)
        for flag in sorted(flags.difference(asked)):
            needed = f"only flags that review.yaml's syntheses ask for ({', '.join(asked)})"
            collector.need(place, needed, repr(flag), "correct its name, or say it in words")
    for comparison in study.comparisons.values():
        _check_direction(collector, study, comparison, protocol)
    _check_clocks(collector, study, protocol)
    for key in dict.fromkeys(key for plan in protocol.syntheses for key in plan.moderators):
        value = study.design.get(key)
        if isinstance(value, bool) or not isinstance(value, int | float | None):
            needed = "a number, by which a synthesis explains its results (moderators)"
            do = "write it without quotes and unit, or remove it where it is not known"
            collector.need(f"design.{key}", needed, shown(value), do)


def _check_clocks(collector: Collector, study: Study, protocol: Protocol) -> None:
    """An outcome of a synthesis that names clocks says from when its time is counted."""
    asked = {plan.outcome for plan in protocol.syntheses if plan.clocks}
    for outcome in study.outcomes.values():
        if {outcome.id, outcome.same_as} & asked or outcome.clock:
            do = "say from when time is counted, as one of the clocks of review.yaml"
            place = f"outcomes.{outcome.id}.clock"
            collector.one_of(place, outcome.clock or None, protocol.clocks, do)


def check_shared(path: Path, study: Study, studies: Iterable[str], problems: list[Problem]) -> None:
    """Add a problem where the study shares patients with itself or with nothing that is known."""
    collector = Collector(str(path), problems)
    known = [id_ for id_ in studies if id_ != study.id]
    for position, shared in enumerate(study.shares_patients):
        if not shared.other.startswith(ELSEWHERE) and shared.other not in known:
            needed = f"another study of the review ({', '.join(known)}), a DOI or an address"
            collector.need(
                f"shares_patients.{position}.with", needed, repr(shared.other), "correct it"
            )


def check_apart(folders: Path, studies: Mapping[str, Study], problems: list[Problem]) -> None:
    """Add a problem for each study that is another one again: its name, its numbers, a report.

    Numbers count as the same where there are enough of them for chance to be no reason.
    """
    first: dict[tuple[str, object], str] = {}
    for id_, study in studies.items():
        collector = Collector(str(folders / id_ / "study.yaml"), problems)
        same: list[tuple[str, str, object]] = [("label", "label", study.label.casefold())]
        if len(study.numbers) >= MANY:
            numbers = frozenset((one.quantity, one.value) for one in study.numbers)
            same.append(("", "printed numbers", numbers))
        for place, what, value in same:
            other = first.setdefault((what, value), id_)
            if other != id_:
                shows = repr(value) if isinstance(value, str) else "all of them"
                do = "remove the copy, or correct the entry: a study enters a synthesis once"
                needed = f"{what} of its own"
                collector.need(place, needed, f"{shows}, as in the study {other}", do)
    _check_papers(folders, studies, problems)


def _check_papers(folders: Path, studies: Mapping[str, Study], problems: list[Problem]) -> None:
    """Add a problem for each paper of two studies that they do not both declare.

    One paper may report two trials: the entry of each then names the other under `also_in`.
    """
    papers: dict[str, dict[str, frozenset[str]]] = {}
    for id_, study in studies.items():
        for report in study.reports:
            papers.setdefault(report.doi.casefold(), {})[id_] = frozenset(report.other_studies)
    for id_, study in studies.items():
        collector = Collector(str(folders / id_ / "study.yaml"), problems)
        for position, report in enumerate(study.reports):
            of_paper = papers[report.doi.casefold()] if report.doi else {id_: frozenset()}
            _check_paper(collector, f"reports.{position}", id_, report, of_paper)


def _check_paper(
    collector: Collector,
    place: str,
    id_: str,
    report: Report,
    declared: Mapping[str, frozenset[str]],
) -> None:
    """`declared` has the studies of the paper in their order, each with those that it names."""
    order = list(declared)
    for other in order:
        if other == id_ or other in report.other_studies:
            continue
        if id_ in declared[other]:
            needed = f"also_in with {other}, which names this study for the same paper"
            do = "declare it with its reason here, or remove it there"
            collector.need(place, needed, shown(None), do)
        elif order.index(other) < order.index(id_):
            do = (
                "remove the copy, or correct the entry: a study enters a synthesis once; where "
                "one paper reports both, say so in both under also_in"
            )
            found = f"{report.doi.casefold()!r}, as in the study {other}"
            collector.need("reports", "DOI of its own", found, do)
    for other in sorted(set(report.other_studies) - (set(order) - {id_})):
        needed = "another study of the review with a report of the same DOI"
        collector.need(f"{place}.also_in", needed, repr(other), "correct it, or remove it")


def check_same_as(path: Path, study: Study, known: Iterable[str], problems: list[Problem]) -> None:
    """Add a problem for each `same_as` that names no outcome of the review or of its studies."""
    collector = Collector(str(path), problems)
    for id_, outcome in study.outcomes.items():
        if outcome.same_as:
            do = "correct it, or declare it under outcomes in review.yaml"
            collector.one_of(f"outcomes.{id_}.same_as", outcome.same_as, known, do)


def arm_flags(plans: Iterable[PlannedSynthesis]) -> tuple[str, ...]:
    """What the review's syntheses ask of an arm with true or false, such as `is_new`."""
    asked = (item for plan in plans for rule in (plan.arms, *plan.sides) for item in rule.items())
    return tuple(dict.fromkeys(key for key, value in asked if isinstance(value, bool)))


def _check_direction(
    collector: Collector, study: Study, comparison: Comparison, protocol: Protocol
) -> None:
    """A comparison that a synthesis could use only the other way round is the wrong way round."""
    if not {comparison.experimental, comparison.control} <= study.arms.keys():
        return
    arms = study.arms[comparison.experimental], study.arms[comparison.control]
    rules = [plan.sides for plan in protocol.syntheses if all(plan.sides)]
    forward = [rule for rule in rules if all(map(fits, arms, rule))]
    backward = [rule for rule in rules if all(map(fits, arms, reversed(rule)))]
    if backward and not forward and excludes(*backward[0]):
        wanted = ", ".join(f"{key}: {str(value).lower()}" for key, value in backward[0][0].items())
        collector.need(
            f"comparisons.{comparison.id}",
            f"the arm that review.yaml's syntheses call experimental ({wanted}) as experimental",
            f"it as control: experimental {comparison.experimental}, control {comparison.control}",
            "swap the two, and check which way its ratios in reported.csv are printed",
        )


def _check_ids(collector: Collector, study: Study) -> None:
    """Ids that share a column of reported.csv, or name one thing, differ."""
    for id_ in sorted(study.outcomes.keys() & study.variables.keys()):
        collector.need(id_, "one meaning for an id", "an outcome and a variable", "rename one")
    vocabulary = study.outcomes.keys() | study.variables.keys()
    for id_ in sorted(study.comparisons.keys() & vocabulary):
        found = "a comparison and an outcome or variable"
        collector.need(id_, "one meaning for an id", found, "rename one")
    if ALL_ARMS in study.arms:
        needed = f"another id for an arm: {ALL_ARMS!r} stands for all arms together in reported.csv"
        collector.need(f"arms.{ALL_ARMS}", needed, repr(ALL_ARMS), "rename the arm")
    for comparison in study.comparisons.values():
        if comparison.experimental == comparison.control:
            place = f"comparisons.{comparison.id}"
            collector.need(
                place, "two different arms", repr(comparison.control), "correct one of them"
            )


def _check_labels(collector: Collector, study: Study) -> None:
    """Nothing that a reader must tell apart has the same name."""
    named: dict[str, list[tuple[str, str]]] = {
        "reports (id)": [(str(n), report.id) for n, report in enumerate(study.reports)],
        "reports (doi)": [(report.id, report.doi) for report in study.reports if report.doi],
    }
    for group in ("arms", "comparisons", "populations", "variables", "outcomes"):
        entries = getattr(study, group).values()
        named[group] = [(entry.id, entry.label) for entry in entries]
        for entry in entries if group in ("variables", "outcomes") else ():
            named[f"{group}.{entry.id}.levels"] = list(entry.levels.items())
    for place, labels in named.items():
        first: dict[str, str] = {}
        for id_, label in labels:
            known = first.setdefault(" ".join(label.casefold().split()), id_)
            if known != id_:
                needed = "a name of its own for each"
                found = f"{label!r} for {known} and for {id_}"
                collector.need(place, needed, found, "tell the two apart, or remove one")


def _check_statements(collector: Collector, study: Study) -> None:
    """Times and scales that a computation reads are of a form that it can read."""
    for position, statement in enumerate(study.statements):
        if (time := statement.timepoint) and not TIMEPOINT.fullmatch(time):
            needed = "a time such as 12 months"
            collector.need(f"statements.{position}.timepoint", needed, repr(time), "correct it")
    for entry in (*study.variables.values(), *study.outcomes.values()):
        low, high = entry.minimum, entry.maximum
        if low is not None and high is not None and low >= high:
            needed = f"a minimum below the maximum ({high})"
            collector.need(f"{entry.id}.minimum", needed, str(low), "correct them")


def _check_circles(collector: Collector, study: Study) -> None:
    """Nothing is part of itself, directly or by way of others."""
    parts: dict[str, Mapping[str, str]] = {
        "populations": {id_: entry.within for id_, entry in study.populations.items()},
        "variables or outcomes": {
            id_: level_of(entry.within).variable
            for id_, entry in {**study.variables, **study.outcomes}.items()
        },
    }
    for group, wider in parts.items():
        for id_ in wider:
            seen, other = {id_}, wider[id_]
            while other and other not in seen:
                seen.add(other)
                other = wider.get(other, "")
            if other == id_:
                needed = "a wider set that is not part of this one"
                collector.need(f"{group} {id_}.within", needed, repr(wider[id_]), "correct it")


def _links(study: Study) -> Iterator[Link]:
    for id_, comparison in study.comparisons.items():
        yield f"comparisons.{id_}.experimental", comparison.experimental, study.arms
        yield f"comparisons.{id_}.control", comparison.control, study.arms
    for id_, population in study.populations.items():
        if population.within:
            yield f"populations.{id_}.within", population.within, study.populations
        for member in population.members:
            yield from _to_level(study, f"populations.{id_}.members", member)
    for id_, variable in study.variables.items():
        yield from _of_entry(study, f"variables.{id_}", variable)
    for id_, outcome in study.outcomes.items():
        yield from _of_entry(study, f"outcomes.{id_}", outcome)
    for position, statement in enumerate(study.statements):
        yield from _of_statement(study, f"statements.{position}", statement)


def _of_entry(study: Study, where: str, entry: Outcome) -> Iterator[Link]:
    if entry.within or "within" in (entry.denominator, entry.denominator_declared):
        yield from _to_level(study, f"{where}.within", entry.within)
    for other in entry.includes:
        yield f"{where}.includes", other, study.outcomes
    if entry.form_of:
        yield f"{where}.form_of", entry.form_of, study.variables
    if entry.only_arm:
        yield f"{where}.only_arm", entry.only_arm, study.arms
    yield from _of_levels(study, where, entry)


def _of_levels(study: Study, where: str, entry: Outcome) -> Iterator[Link]:
    for of, levels in entry.sum_of.items():
        yield f"{where}.sum_of", of, study.outcomes
        for level in levels if of in study.outcomes else ():
            yield f"{where}.sum_of.{of}", level, study.outcomes[of].levels
    wider = {level: (link,) for level, link in entry.subset_of.items()}
    for key, by_level in (("subset_of", wider), ("level_sum_of", entry.level_sum_of)):
        for level, links in by_level.items():
            if level:
                yield f"{where}.{key}", level, entry.levels
            for link in links:
                yield from _to_level(study, f"{where}.{key}", link)


def _to_level(study: Study, where: str, link: str) -> Iterator[Link]:
    """`variable` or `variable=level`: both must be declared."""
    vocabulary = {**study.variables, **study.outcomes}
    of, level = level_of(link)
    yield where, of, vocabulary
    if level and of in vocabulary:
        yield where, level, vocabulary[of].levels


def _of_statement(study: Study, where: str, statement: Statement) -> Iterator[Link]:
    vocabulary = {**study.variables, **study.outcomes}
    declared: dict[str, Iterable[str]] = {
        "arm_id": [*study.arms, ALL_ARMS],
        "population": study.populations,
        "outcome": vocabulary,
        "statistic": sorted(STATISTICS),
        "method": METHODS[1:],
    }
    for key, known in declared.items():
        if found := getattr(statement, key):
            yield f"{where}.{key}", found, known
    for key, named, known in (
        ("variables", statement.variables, study.variables),
        ("covariates", statement.covariates, study.variables),
        ("except", statement.except_, vocabulary),
    ):
        for one in named:
            yield f"{where}.{key}", one, known
    for part in levels_of(statement.subgroup):
        yield from _to_level(study, f"{where}.subgroup", str(part))
    outcome = vocabulary.get(statement.outcome)
    if statement.category and outcome:
        yield f"{where}.category", statement.category, outcome.levels
    if statement.comparison and statement.comparison not in study.comparisons:
        variable, levels = contrast_of(statement.comparison)
        for level in levels or ("",):
            yield from _to_level(study, f"{where}.comparison", str(Level(variable, level)))
