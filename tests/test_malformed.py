"""Every way to mistype review.yaml and study.yaml: a problem with its place, or a reason why not.

Both schemas are walked: an example holds every key that they know, and each key of it is left out,
misspelt, given another type, an unknown reference, a value out of range, and an item twice.  Then
come, by name, the faults that reviewers of the loader found, and faults of the files themselves.
"""

import codecs
import copy
import csv
import io
import json
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from data_dictionary import KEYED_BY_ID
from example_review import DICTIONARY, REVIEW, ROWS, STUDY, write_review
from livingreview.cli import main
from livingreview_plan.analysis import carry_out
from livingreview_record.archive import downloads
from livingreview_record.load import load_review, load_study
from livingreview_record.problems import DataProblemsError
from livingreview_record.shapes import _validator
from livingreview_results.audited import findings

Content = dict[str, Any]
Path_ = tuple[str | int, ...]

FULL_REVIEW: Content = yaml.safe_load(REVIEW) | yaml.safe_load("""
short_title: Made up
secondary_sources: false
words: {participant: patient, participants: patients, time_unit: months}
authors: [A. Author]
eligibility: {include: [trials], exclude: [case reports], awaiting: those in doubt}
not_yet_held:
  - {name: T1, compares: new with old, patients: adults, report: none, registration: R1,
     sources: ["https://example.org/a"]}
decisions: [{date: "2026-01-02", what: a rule, why: a reason}]
questions:
  - {id: q1, label: Q, population: p, intervention: i, comparison: c, outcomes: o, closing: never}
main_population:
  {label: treated before, design: line, all: second, none: third, level: sex=male, at_least: 80}
clocks: {start: start of treatment}
not_relied_upon:
  - {study: example-2020, outcome: os, adjustment: adjusted, reason: it was not explained}
effect_modifiers:
  include: {status: [included], design: {line: second}}
  characteristics:
    - {label: Sex, variables: [sex],
       remarks: [{study: example-2020, section: Abstract, about: effect, text: larger in men}]}
outcomes:
  orr:
    {label: Response, definition: d, origin: start, critical: true, better: more responses,
     printed_as: [os, response=pr]}
  os: {label: Survival, definition: d, origin: start, critical: false}
roles:
  {overall_survival: os, progression_free_survival: os, responders: orr, progressed: response=pr,
   duration_of_response: os, followup: os, grades: {mild: [], worst: []}, any_grade: [mild, worst]}
populations: {centre: Patients of one centre}
analysis: {model: common effect}
living: {update: monthly, triggers: [a new study]}
multiverses:
  - {title: Survival, measure: log_hr, syntheses: [survival],
     set_aside: [{synthesis: response-ratio, reason: other patients}]}
restricted_means: [{outcome: os, horizon: 12, status: [included]}]
absolute: [{synthesis: survival, timepoint: 12 months, event: deaths}]
networks:
  design: {latitude: 10}
  compare: {line: Line}
  components: {new-drug: [New drug]}
  of:
    - {id: net, title: Survival, syntheses: [survival],
       transitivity: {plausible: false, reasons: [other patients]},
       certainty: {level: very low, reasons: [other patients]}}
evidence_map:
  populations: [{label: After treatment, design: {latitude: 10}}]
  designs: [{label: By choice, says: cohort}]
  outcomes: [os]
  without_numbers:
    - {trial: Later, record: later, design: {latitude: 10}, type: trial, treatment: new-drug}
""")
FULL_REVIEW["syntheses"][0] |= yaml.safe_load(
    "{group_by: treatment_class, arms: {is_new: true}, benefit: above, note: n, pool: false}"
)
FULL_REVIEW["syntheses"][1] |= yaml.safe_load(
    "{outcome: response, category: pr, measures: [log_or], benefit: above, favours: [old, new]}"
)
FULL_REVIEW["syntheses"][2] |= {"favours": ["new", "old"]}
FULL_REVIEW["syntheses"][2]["include"]["patients"][0] |= {"adjustment": "unadjusted"}
FULL_REVIEW["syntheses"][2]["include"]["patients"][0] |= {"share": "enough"}
FULL_REVIEW["syntheses"][2] |= {"clocks": ["start"]}
for _plan in FULL_REVIEW["syntheses"]:
    _plan["question"] = "q1"
    _plan["chapter"] = "harms"
FULL_REVIEW["syntheses"].append(
    FULL_REVIEW["syntheses"][2]
    | yaml.safe_load("""
{id: estimate, kind: estimate, measures: [log_hr], timepoint: 12 months, moderators: [latitude]}
""")
)
FULL_STUDY: Content = yaml.safe_load(STUDY) | yaml.safe_load("""
status_reason: it fits
reports:
  - {id: paper, kind: journal-article, level: full-text, read: "2020-04-01",
     title: An example, authors: A, journal: J, year: 2020,
     volume: "1", submitted: "2020-01-01", accepted: "2020-02-01", published: "2020-03-01",
     doi: 10.1000/example, issn: 2049-3630, identifiers: [R1], identifier_source: the record,
     sources: [{address: "https://example.org/a", what: all}], text: read in full,
     not_confirmed: [volume]}
reports_compared: [{item: period, paper: "2019", paper_place: Methods, preprint: "2018",
                    preprint_place: Abstract}]
shares_patients: [{with: 10.1000/other, certainty: likely, why: same centre, source: both texts}]
design:
  {type: retrospective cohort, line: second, allocation: by choice, centres: one, country: X,
   period: "2019", period_place: Methods,
   follow_up_until: "2020", follow_up_until_place: Methods, outcomes_named: [os],
   primary_outcomes: [os],
   secondary_outcomes: [orr], statistics: Cox, randomisation: simple}
registration: {id: R1, title: t, end_date_seen: "2020-05-01", source: "https://example.org/r"}
eligibility: {points: [adults]}
populations: {whole: {label: All},
              matched: {label: Matched, within: whole, members: [response=pr]}}
not_available: [{what: curves, place: Figure 1, why: no images}]
authors_conclude: it works
limits: [small]
asks: does it work
could_change: little
possible_reports: [{title: t, kind: preprint, year: 2020, address: "https://example.org/p"}]
rejected_candidates: [{id: R2, address: "https://example.org/q"}]
""")
FULL_STUDY["outcomes"]["os"]["clock"] = "start"
FULL_STUDY["arms"]["new"]["regimen"] = "a dose"
FULL_STUDY["variables"] |= yaml.safe_load("""
  score: {label: Score, kind: continuous, unit: points, minimum: 0, maximum: 10, integer: true,
          note: n, measured: before-start, only_arm: new, form_of: sex}
  prior: {label: Earlier treatment, kind: categorical, levels: {"yes": "Yes", "no": "No"},
          exhaustive: true, within: response=pr, denominator: within,
          denominator_declared: within, declared_in: Table 1, subset_of: {"yes": sex=male},
          level_sum_of: {"yes": [sex=male]}}
""")
FULL_STUDY["outcomes"]["os"] |= yaml.safe_load("""
  {origin: start, event: death, censoring: last contact, definition: d, criteria: c,
   ends_at: [death], same_as: os, includes: [orr], categories: {event: Died}}
""")
FULL_STUDY["statements"] = yaml.safe_load("""
  - {section: Results, kind: significance, claim: significant, what: w, quote: q, qualifier: x,
     qualified_in: Abstract, arm_id: all, population: whole, subgroup: sex=male, outcome: response,
     category: pr, comparison: "sex:male/female", adjustment: adjusted, timepoint: 12 months,
     statistic: p, method: cox, except: [orr]}
  - {section: Methods, kind: selection-rule, table: Table 1, p_below: "0.05", covariates: [sex]}
  - {section: Methods, kind: list, table: Table 2, outcomes: [orr], complete: false}
  - {section: Methods, kind: matching, ratio: "1:1", caliper: "0.02", variables: [sex],
     tables: [Table 1]}
  - {section: Methods, kind: survival-exclusion, months: "2", ends_at: [death]}
""")
FULL = {"review": FULL_REVIEW, "study": FULL_STUDY}
OWN_KEYS = """data/studies/*/study.yaml,design.latitude,Latitude,
data/review.yaml,eligibility.awaiting,In doubt,
data/review.yaml,analysis.model,Model,
data/review.yaml,living.update,Updates,
"""
RATE = {
    "section": "Abstract", "arm_id": "old", "outcome": "os", "statistic": "rate",
    "timepoint": "12 months", "unit": "%", "value": "40.1",
}  # fmt: skip

# Fields whose text is our own or the source's: any words are right.
FREE = {
    "review": {
        "title", "short_title", "words.*", "authors[]", "question.*", "eligibility.include[]",
        "eligibility.exclude[]", "eligibility.awaiting", "analysis.model", "living.update",
        "living.triggers[]", "not_yet_held[].*", "not_yet_held[].sources[]", "decisions[].what",
        "decisions[].why", "outcomes.*.label", "outcomes.*.definition", "outcomes.*.origin",
        "populations.*", "treatment_classes.*", "multiverses[].title",
        "multiverses[].set_aside[].reason", "not_relied_upon[].reason", "absolute[].event",
        "outcomes.*.better", "networks.compare.*", "networks.components.new-drug[]",
        "networks.of[].id", "networks.of[].title", "networks.of[].transitivity.reasons[]",
        "networks.of[].certainty.reasons[]", "evidence_map.populations[].label",
        "evidence_map.designs[].label", "evidence_map.designs[].says",
        "evidence_map.without_numbers[].*",
        "effect_modifiers.characteristics[].label",
        "effect_modifiers.characteristics[].remarks[].section",
        "effect_modifiers.characteristics[].remarks[].text",
        "syntheses[].title",
        "syntheses[].note", "syntheses[].id", "syntheses[].chapter", "questions[].label",
        "questions[].population",
        "questions[].intervention", "questions[].comparison", "questions[].outcomes",
        "questions[].closing", "main_population.label", "clocks.*",
    },
    "study": {
        "label", "population", "status_reason", "authors_conclude", "limits[]", "asks",
        "could_change", "design.*", "design.outcomes_named[]", "design.primary_outcomes[]",
        "design.secondary_outcomes[]", "eligibility.points[]", "registration.id",
        "registration.title", "reports[].title", "reports[].authors", "reports[].journal",
        "reports[].volume", "reports[].identifiers[]", "reports[].identifier_source",
        "reports[].sources[].what", "reports[].text", "reports[].not_confirmed[]",
        "reports_compared[].*", "shares_patients[].why", "shares_patients[].source",
        "not_available[].*", "possible_reports[].title", "rejected_candidates[].id",
        "arms.*.label", "arms.*.regimen", "comparisons.*.label", "populations.*.label",
        "variables.*.label", "variables.*.unit", "variables.*.note", "variables.*.levels.*",
        "variables.*.declared_in", "outcomes.*.label", "outcomes.*.levels.*",
        "outcomes.*.categories.*", "outcomes.*.origin", "outcomes.*.event",
        "outcomes.*.censoring", "outcomes.*.definition", "outcomes.*.criteria",
        "outcomes.*.ends_at[]", "statements[].section", "statements[].what",
        "statements[].quote", "statements[].qualifier", "statements[].qualified_in",
        "statements[].table", "statements[].tables[]",
        "statements[].ends_at[]", "statements[].method", "statements[].timepoint",
        "statements[].outcomes[]",
    },
}  # fmt: skip
# What is also right, with the reason.
OWN = "a key of the review's own may be a number, true or false"
RIGHT = {
    ("study", "outcomes.*.same_as", "unknown"): "an outcome that another review may plan",
    **{("review", name, f"type {value!r}"): OWN
       for name in ("eligibility.awaiting", "analysis.model", "living.update")
       for value in (7, True)},
    ("review", "networks.design.latitude", "type True"): OWN,
    ("review", "evidence_map.populations[].design.latitude", "type True"): OWN,
    ("review", "evidence_map.without_numbers[].design.latitude", "type True"): OWN,
}  # fmt: skip
NEEDED_BY_KIND = {
    "review": {
        f"syntheses[].{key}" for key in ("experimental", "control", "adjustment", "measures")
    },
    "study": {f"statements[].{key}" for key in ("table", "p_below", "outcomes", "months")},
}
OTHER_TYPES = (7, True, [7], {"x": 7}, None, "", "  ")


def places(content: Any, path: Path_ = ()) -> Iterator[tuple[Path_, Any]]:
    """Every value of a file below its top, with its path."""
    pairs = content.items() if isinstance(content, dict) else ()
    for key, value in enumerate(content) if isinstance(content, list) else pairs:
        yield (*path, key), value
        yield from places(value, (*path, key))


def name_of(path: Path_) -> str:
    """The path as the dictionary writes it: ``arms.*.label``, ``reports[].title``."""
    name = ""
    for key in path:
        if isinstance(key, int):
            name += "[]"
        else:
            name += f".{'*' if name.rpartition('.')[2] in KEYED_BY_ID else key}"
    return name.removeprefix(".")


def is_listed(name: str, names: set[str]) -> bool:
    return name in names or f"{name.rpartition('.')[0]}.*" in names


def replaced(content: Content, path: Path_, value: Any) -> Content:
    """A copy with another value at a path."""
    made = copy.deepcopy(content)
    parent: Any = made
    for key in path[:-1]:
        parent = parent[key]
    parent[path[-1]] = value
    return made


def without(content: Content, path: Path_, *, instead: str = "") -> Content:
    """A copy without a key, or with the key spelt otherwise."""
    made = copy.deepcopy(content)
    parent: Any = made
    for key in path[:-1]:
        parent = parent[key]
    value = parent.pop(path[-1])
    if instead:
        parent[instead] = value
    return made


class Site:
    """A folder with a sound review that uses every key, of which one file at a time is changed."""

    def __init__(self, root: Path) -> None:
        self.root = root
        folder = write_review(root, rows=(*ROWS, RATE))
        self.files = {"review": root / "data" / "review.yaml", "study": folder / "study.yaml"}
        (root / "data" / "dictionary.csv").write_text(DICTIONARY + OWN_KEYS, "utf-8")
        for schema, path in self.files.items():
            path.write_text(json.dumps(FULL[schema]), "utf-8")

    def problems(self, schema: str, content: Content) -> list[str]:
        """The problems of the review with one file changed; what is accepted must also run."""
        path = self.files[schema]
        path.write_text(json.dumps(content, allow_nan=False), "utf-8")
        found: list[str] = []
        try:
            review = load_review(self.root)
        except DataProblemsError as error:
            found = [str(problem) for problem in error.problems]
        finally:
            path.write_text(json.dumps(FULL[schema]), "utf-8")
        if found:
            assert all(problem.startswith(str(self.root)) for problem in found)
            return found
        for plan in review.protocol.syntheses:
            carry_out(review, plan.id)
        findings(review)
        return []


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    return Site(tmp_path_factory.mktemp("site"))


# One study alone cannot hold these: tests/test_load_together.py tries them.
OF_TWO_STUDIES = {f"reports[].also_in{key}" for key in ("", "[].study", "[].why")}


def schema_names(schema: str) -> set[str]:
    """Every key that a schema knows, as the dictionary writes it."""

    def below(node: Any, name: str) -> Iterator[str]:
        node = root["$defs"][node["$ref"].rpartition("/")[2]] if "$ref" in node else node
        for key, value in node.get("properties", {}).items():
            yield f"{name}.{key}".removeprefix(".")
            yield from below(value, f"{name}.{key}".removeprefix("."))
        if "items" in node:
            yield from below(node["items"], f"{name}[]")
        if isinstance(node.get("additionalProperties"), dict):
            yield from below(node["additionalProperties"], f"{name}.*")

    root = _validator(schema).schema
    return set(below(root, "")) - OF_TWO_STUDIES


def needed(schema: str) -> set[str]:
    """Every key that the schema, or the kind of a synthesis or statement, asks for."""

    def below(node: Any, name: str) -> Iterator[str]:
        node = root["$defs"][node["$ref"].rpartition("/")[2]] if "$ref" in node else node
        yield from (f"{name}.{key}".removeprefix(".") for key in node.get("required", ()))
        for key, value in node.get("properties", {}).items():
            yield from below(value, f"{name}.{key}".removeprefix("."))
        for key, mark in (("items", "[]"), ("additionalProperties", ".*")):
            if isinstance(node.get(key), dict):
                yield from below(node[key], name + mark)

    root = _validator(schema).schema
    return (set(below(root, "")) | NEEDED_BY_KIND[schema]) - OF_TWO_STUDIES


TOP = [(schema, key) for schema in FULL for key in FULL[schema]]


@pytest.mark.parametrize("schema", FULL)
def test_the_example_holds_every_key_that_the_schema_knows(schema: str, site: Site) -> None:
    assert site.problems(schema, FULL[schema]) == []
    found = {name_of(path) for path, _ in places(FULL[schema])}
    both = {name.replace("variables.", "outcomes.") for name in found} | found
    missing = {
        name
        for name in schema_names(schema)
        if name not in both | {name.replace("outcomes.", "variables.") for name in both}
    }  # one schema for both
    assert not missing, "add these keys to FULL_REVIEW or FULL_STUDY, so that they are tried"


def changes(schema: str, top: str) -> Iterator[tuple[str, str, Content]]:
    """What is done to each key below a top-level key: its name, the kind of change, the file."""
    full = FULL[schema]
    for path, value in places(full):
        name = name_of(path)
        if path[0] != top:
            continue
        if isinstance(path[-1], str) and not name.endswith("*"):
            yield name, "misspelt", without(full, path, instead=f"{path[-1]}q")
        for other in OTHER_TYPES:
            number = isinstance(value, int | float) and not isinstance(value, bool)
            same = type(other) is type(value) and str(other).strip()
            if not same and not (number and other == 7):
                yield name, f"type {other!r}", replaced(full, path, other)
        if isinstance(value, str) and not is_listed(name, FREE[schema]):
            yield name, "unknown", replaced(full, path, "nowhere")
        if isinstance(value, list) and value:
            yield name, "twice", replaced(full, path, [*value, value[0]])


@pytest.mark.slow
@pytest.mark.parametrize(("schema", "top"), TOP)
def test_no_changed_key_is_accepted_in_silence(schema: str, top: str, site: Site) -> None:
    accepted = [
        (name, kind)
        for name, kind, content in changes(schema, top)
        if (schema, name, kind) not in RIGHT and not site.problems(schema, content)
    ]
    assert accepted == []


@pytest.mark.parametrize(("schema", "name"), [(s, n) for s in FULL for n in sorted(needed(s))])
def test_a_key_that_is_needed_is_asked_for(schema: str, name: str, site: Site) -> None:
    key = name.rpartition(".")[2]
    paths = [path for path, _ in places(FULL[schema]) if name_of(path) == name]
    found = [
        problem for path in paths for problem in site.problems(schema, without(FULL[schema], path))
    ]
    assert any(f"the key {key!r}" in problem for problem in found)


@pytest.mark.slow
@pytest.mark.parametrize(("schema", "top"), TOP)
def test_a_key_that_is_not_needed_can_be_left_out(schema: str, top: str, site: Site) -> None:
    for path, _ in places(FULL[schema]):
        name = name_of(path)
        if path[0] == top and isinstance(path[-1], str) and name not in needed(schema):
            found = site.problems(schema, without(FULL[schema], path))
            assert not any(f"the key {path[-1]!r}" in problem for problem in found), name


DAYS = ["2026-99-99", "2026-02-30", "20260101", "2026-W01-1", "1 May 2026", "2999-01-01"]
OUTSIDE = [
    *(("review", ("documents_read_until",), day) for day in DAYS),
    *(("review", ("searched",), day) for day in DAYS),
    *(("review", ("decisions", 0, "date"), day) for day in DAYS),
    *(("study", ("reports", 0, "published"), day) for day in DAYS[:-1]),
    *(("review", ("restricted_means", 0, "horizon"), n) for n in (0, -1, 1e9, ".inf", ".nan")),
    *(("study", ("reports", 0, "year"), year) for year in (0, 1899, 2101, 2020.5, "0o17")),
    ("study", ("reports", 0, "submitted"), "2020-02-02"),
    ("study", ("reports", 0, "published"), "2020-01-31"),
    ("study", ("variables", "score", "minimum"), 10),
]


@pytest.mark.parametrize(("schema", "path", "value"), OUTSIDE)
def test_a_value_out_of_range_is_a_problem(
    schema: str, path: Path_, value: Any, site: Site
) -> None:
    (problem, *_) = site.problems(schema, replaced(FULL[schema], path, value))
    assert str(path[-1]) in problem


def plans(**changes: Any) -> Content:
    """The sound review.yaml with the third planned synthesis changed."""
    made = copy.deepcopy(FULL_REVIEW)
    made["syntheses"][2] |= changes
    return made


NAMED: list[tuple[str, Content, str]] = [
    (
        "two syntheses of one id",
        FULL_REVIEW | {"syntheses": [*FULL_REVIEW["syntheses"], FULL_REVIEW["syntheses"][2] | {
            "title": "Again"}]},
        "syntheses: need each id once, found survival at 2 and 4",
    ),
    ("unknown outcome", plans(outcome="oss"), "need one of orr, os, .*'oss'.*perhaps 'os'"),
    (
        "unknown population",
        plans(include={"status": ["included"], "patients": [{"population": "matchd"}]}),
        r"population: need one of whole, .*found 'matchd'; correct it, or declare",
    ),
    (
        "unknown subgroup",
        plans(include={"status": ["included"],
                       "patients": [{"population": "whole", "subgroup": "sex=men"}]}),
        "subgroup: need one of female, male, found 'men'",
    ),
    (
        "unknown status",
        plans(include={"status": ["include"], "patients": [{"population": "whole"}]}),
        r"status\.0: need one of included, .*found 'include'; correct it \(perhaps 'included'\)",
    ),
    (
        "a status whose studies have no numbers",
        plans(include={"status": ["ongoing"], "patients": [{"population": "whole"}]}),
        "need one of included, awaiting-classification, found 'ongoing'",
    ),
    (
        "the same arms on both sides",
        plans(control={"is_new": True}),
        "need a property in which experimental and control differ",
    ),
    (
        "rules that one arm can fit",
        plans(control={"treatment_class": "old-drug"}),
        "need a property in which experimental and control differ",
    ),
    ("favours swapped",
     plans(favours=["old", "new"]), r"need \['new', 'old'\] \(the side .*response-ratio"),
    ("one word twice", plans(favours=["new", "new"]), "favours: need two different words"),
    ("no adjustment", without(plans(), ("syntheses", 2, "adjustment")), "the key 'adjustment'"),
    ("a measure of counts", plans(measures=["log_or"]), "need no key 'measures' in a synthesis"),
    (
        "another class",
        plans(experimental={"treatment_class": "newer"}, control={"treatment_class": "old-drug"}),
        "need one of 'new-drug', 'old-drug', found 'newer'",
    ),
    ("horizon without end", replaced(FULL_REVIEW, ("restricted_means", 0, "horizon"), ".inf"),
     "need a number of months above 0, found '.inf'"),
    ("a time that no arm prints", replaced(FULL_REVIEW, ("absolute", 0, "timepoint"), "11 months"),
     "absolute.0.timepoint: need one of 12 months, found '11 months'"),
    ("absolute without time", without(FULL_REVIEW, ("absolute", 0, "timepoint")),
     "need a time such as 12 months"),
    ("events of nothing", replaced(FULL_REVIEW, ("absolute", 0, "synthesis"), "survivl"),
     r"absolute\.0\.synthesis: need one of .*perhaps 'survival'"),
    ("a hazard ratio of a response", plans(outcome="orr"),
     r"outcome: need a time to an event, found 'orr' \(binary in study.yaml\)"),
    ("a time that is counted", replaced(FULL_REVIEW, ("syntheses", 0, "outcome"), "os"),
     "outcome: need an outcome that is counted, found 'os'"),
    ("a level that is not named", without(FULL_REVIEW, ("syntheses", 1, "category")),
     "category: need the level of response that is counted, found nothing"),
    ("patients of two sexes", plans(
        include={"status": ["included"], "patients": [
            {"population": "whole", "subgroup": "sex=male&sex=female"}]}),
     "subgroup: need each variable once, found 'sex=male&sex=female'"),
    ("groups by free text", replaced(FULL_REVIEW, ("syntheses", 0, "group_by"), "label"),
     "group_by: need one of treatment_class, is_new, found 'label'"),
    ("a multiverse in another measure", replaced(FULL_REVIEW, ("multiverses", 0, "measure"), "rd"),
     r"multiverses.0.measure: need a measure of the synthesis survival \(log_hr\), found 'rd'"),
    ("a multiverse of two outcomes", replaced(
        FULL_REVIEW, ("multiverses", 0, "syntheses"), ["survival", "response"]),
     "multiverses.0: need syntheses of one outcome, found orr, os"),
    ("counted and set aside", replaced(
        FULL_REVIEW, ("multiverses", 0, "set_aside", 0, "synthesis"), "survival"),
     "multiverses.0: need each synthesis once, found survival at 0 and 1"),
    ("misspelt at the top", without(FULL_REVIEW, ("multiverses",), instead="multiverse"),
     r"found 'multiverse'; correct or remove it \(perhaps 'multiverses'\)"),
]  # fmt: skip


@pytest.mark.parametrize(("content", "message"), [case[1:] for case in NAMED],
                         ids=[case[0] for case in NAMED])  # fmt: skip
def test_a_rule_of_the_review_that_cannot_be_followed(
    content: Content, message: str, site: Site
) -> None:
    found = "\n".join(site.problems("review", content))
    assert re.search(f"review.yaml.*{message}", found), found


def study_with(path: Path_, value: Any) -> Content:
    return replaced(FULL_STUDY, path, value)


NEW = FULL_STUDY["arms"]["new"]
NAMED_STUDY: list[tuple[str, Content, str]] = [
    ("an arm against itself", study_with(("comparisons", "new-vs-old", "control"), "new"),
     "comparisons.new-vs-old: need two different arms, found 'new'"),
    ("reversed", study_with(("comparisons", "new-vs-old"), {
        "label": "L", "experimental": "old", "control": "new"}),
     r"need the arm that .* call experimental \(is_new: true\) as experimental, found .*swap"),
    ("two arms of one label", study_with(("arms", "old", "label"), "new"),
     "arms: need a name of its own for each, found 'new' for new and for old"),
    ("two levels of one label", study_with(("variables", "sex", "levels", "female"), "Male"),
     "variables.sex.levels: need a name of its own for each"),
    ("two reports of one id", study_with(("reports",), [
        FULL_STUDY["reports"][0], FULL_STUDY["reports"][0] | {"title": "B", "doi": "10.1000/b"}]),
     r"reports \(id\): need a name of its own"),
    ("a population within itself", study_with(("populations", "whole", "within"), "matched"),
     "populations whole.within: need a wider set that is not part of this one, found 'matched'"),
    ("an arm named all", FULL_STUDY | {"arms": FULL_STUDY["arms"] | {"all": NEW | {"label": "A"}}},
     "arms.all: need another id for an arm"),
    ("exhuastive", study_with(("variables", "sex", "exhuastive"), True),
     r"variables.sex: .*found 'exhuastive'; correct or remove it \(perhaps 'exhaustive'\)"),
    ("limts", FULL_STUDY | {"limts": ["a"]}, r"found 'limts'; .*\(perhaps 'limits'\)"),
    ("limits as a number", FULL_STUDY | {"limits": 5}, "limits: need a list, found 5; write each"),
    ("limits as text", FULL_STUDY | {"limits": "small"}, "limits: need a list, found 'small'"),
    ("no DOI", study_with(("reports", 0, "doi"), "doi:1"), "need a DOI such as 10.1000/182"),
    ("a blank label", FULL_STUDY | {"label": " "}, "label: need text that is not blank"),
    ("a number as label", FULL_STUDY | {"label": 5}, "label: need text, found 5; write text, in q"),
    ("an own key that nobody described", study_with(("design", "country_of_origin"), "X"),
     r"design: .*|design.country_of_origin: need a key that is known .*data/dictionary.csv"),
    ("patients shared with nobody", study_with(("shares_patients", 0, "with"), "example-2020"),
     "shares_patients.0.with: need another study of the review"),
]  # fmt: skip


@pytest.mark.parametrize(("content", "message"), [case[1:] for case in NAMED_STUDY],
                         ids=[case[0] for case in NAMED_STUDY])  # fmt: skip
def test_a_study_that_contradicts_itself(content: Content, message: str, site: Site) -> None:
    found = "\n".join(site.problems("study", content))
    assert re.search(f"study.yaml.*{message}", found), found


def test_an_own_key_takes_only_the_values_that_the_dictionary_allows(tmp_path: Path) -> None:
    write_review(tmp_path, study=STUDY.replace("line: second", "line: Second"))
    (problem,) = problems_of(tmp_path)
    assert (
        "design.line: need one of second, third, mixed, found 'Second'; correct it (perhaps"
        in problem
    )


YAML_FAULTS: list[tuple[str, str, str]] = [
    ("label: An: example", "line 3, column", "put the text in quotes: it holds a colon"),
    ("label:\tx\n\ty: z", "line 4", "need spaces, found a tab; replace the tab by spaces"),
    ("\tlabel: x", "line 3", "need spaces, found a tab; replace the tab by spaces"),
    ("label: @x", "line 3, column 8", "need text that begins with a letter or digit, found '@'"),
    ("label: x\nlabel: y", "line 4", "need each key once, found the key 'label' twice"),
    ("label: &a [x]\nlimits: *a", "line 4, column 9", "need an alias (*) of a text"),
    ("label: *a", "line 3", "found another alias"),
    ("<<: {label: x}", "line 3, column 1", "need every key written out, found a merge key (<<)"),
    ("label: !!python/name:os.system x", "line 3", "need text without a tag"),
    ("label: !!float .nan", "line 3", "need text without a tag"),
    (f"label: {'[' * 100_000}", "line 3", "need at most 20 lists and mappings within each other"),
    ("1: x\nlabel: x", "line 3, column 1", "need a name, found 1; put it in quotes"),
    ("label:", "label: need text", "found nothing; fill it in"),
    ("label: null", "label: need text", "found nothing; fill it in"),
]


@pytest.mark.parametrize(("line", "place", "message"), YAML_FAULTS)
def test_yaml_that_a_reader_would_read_otherwise(
    tmp_path: Path, line: str, place: str, message: str
) -> None:
    write_review(tmp_path, study=STUDY.replace("label: Example 2020", line))
    (problem, *_) = problems_of(tmp_path)
    assert f"study.yaml {place}" in problem
    assert message in problem
    assert "found found" not in problem


@pytest.mark.parametrize(
    "text",
    ["no", "0x1F", "0o17", "1:30", "2020-01-01", "1e3", ".inf", "1_0", "9" * 5000],
    ids=lambda text: text[:20],
)
def test_a_plain_word_is_the_word_that_is_typed(tmp_path: Path, text: str) -> None:
    write_review(tmp_path, study=STUDY.replace("label: Example 2020", f"label: {text}"))
    assert load_study("example-2020", tmp_path).label == text


def test_a_bomb_of_aliases_is_refused_before_it_is_built(tmp_path: Path) -> None:
    lines = ["a0: &a0 [x, x]", *(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in
                                 range(1, 40))]  # fmt: skip
    write_review(tmp_path, study="\n".join(lines))
    (problem, *_) = problems_of(tmp_path)
    assert "study.yaml line 2, column" in problem


def test_an_alias_of_a_text_is_the_text(tmp_path: Path) -> None:
    study = STUDY.replace("label: Example 2020", "label: &name Example").replace("adults", "*name")
    write_review(tmp_path, study=study)
    assert load_study("example-2020", tmp_path).population == "Example"


STUDY_PATH = "data/studies/example-2020"
FILES = (
    "data/review.yaml", "data/dictionary.csv", "data/extraction.csv",
    f"{STUDY_PATH}/study.yaml", f"{STUDY_PATH}/reported.csv",
)  # fmt: skip
FOLDERS = ("data", "data/studies", STUDY_PATH)


def link_away(path: Path, aside: Path) -> None:
    path.rename(aside / "moved")
    path.symlink_to(aside / "moved")


def link_in_a_circle(path: Path, aside: Path) -> None:
    path.rename(aside / "moved")
    path.symlink_to(path)


def link_to_zero(path: Path, aside: Path) -> None:
    path.rename(aside / "moved")
    path.symlink_to("/dev/zero")


def make_folder(path: Path, aside: Path) -> None:
    path.rename(aside / "moved")
    path.mkdir()


def make_file(path: Path, aside: Path) -> None:
    path.rename(aside / "moved")
    path.write_text("x", "utf-8")


def make_pipe(path: Path, aside: Path) -> None:
    path.rename(aside / "moved")
    os.mkfifo(path)


def remove(path: Path, aside: Path) -> None:
    path.rename(aside / "moved")


def make_huge(path: Path, aside: Path) -> None:
    os.truncate(path, 10**8)


@pytest.fixture
def sound(tmp_path: Path) -> Path:
    """A sound review, in a folder beside one for what is moved away."""
    (tmp_path / "aside").mkdir()
    write_review(tmp_path / "review")
    return tmp_path / "review"


def check(root: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """What ``livingreview check`` says, without a traceback and with status 1."""
    assert main(["--root", str(root), "check"]) == 1
    said = capsys.readouterr().err
    assert "Traceback" not in said
    return said


@pytest.mark.parametrize("path", FILES)
@pytest.mark.parametrize(
    ("change", "found"),
    [
        (link_away, "found a symbolic link to"),
        (link_in_a_circle, "found a symbolic link to"),
        (link_to_zero, "found a symbolic link to /dev/zero; put a file itself in its place"),
        (make_folder, "need a file, found a folder; put a file itself in its place"),
        (make_pipe, "need a file, found a named pipe; put a file itself in its place"),
        (make_huge, "need at most 20,000,000 bytes, found 100,000,000 bytes; split or"),
        (remove, "found nothing; add the file"),
    ],
)
def test_a_file_that_is_none_is_refused_by_name(
    path: str,
    change: Callable[[Path, Path], None],
    found: str,
    sound: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    change(sound / path, sound.parent / "aside")
    assert re.search(f"{re.escape(str(sound / path))}: .*{found}", check(sound, capsys))


@pytest.mark.parametrize("path", FOLDERS)
@pytest.mark.parametrize(
    ("change", "found"),
    [
        (link_away, "need a folder, found a symbolic link to"),
        (make_file, "found a file; put a folder itself in its place|none|a folder a study"),
        (remove, "need a folder, found nothing|need a folder a study, found none"),
    ],
)
def test_a_folder_that_is_none_is_refused_by_name(
    path: str,
    change: Callable[[Path, Path], None],
    found: str,
    sound: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    change(sound / path, sound.parent / "aside")
    said = check(sound, capsys)
    assert re.search(found, said)
    assert str((sound / path).parent if path == STUDY_PATH else sound / path) in said


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
@pytest.mark.parametrize("path", FILES)
def test_a_file_that_may_not_be_read_is_named(
    path: str, sound: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (sound / path).chmod(0)
    assert "found one that cannot be read (Permission denied)" in check(sound, capsys)


@pytest.mark.parametrize("path", FOLDERS)
def test_a_folder_that_may_not_be_listed_is_named(
    path: str,
    sound: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(os, "access", lambda asked, _: Path(asked) != sound / path)
    wanted = f"{sound / path}: need a folder, found one that may not be listed; change its perm"
    assert wanted in check(sound, capsys)


@pytest.mark.parametrize("name", ["x.bin", "paper.pdf", "studies/notes.txt", "new/x.csv",
                                  "studies/example-2020/reported.csv.bak"])  # fmt: skip
def test_a_file_that_is_no_data_is_named(
    name: str, sound: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = sound / "data" / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"%PDF-\x00\xff")
    said = check(sound, capsys)
    assert f"{path}: need only files that belong to the data, found another file; move it" in said


HIDDEN = (
    *(".DS_Store", "studies/.DS_Store", ".ipynb_checkpoints/x.csv", "studies/.cache/x"),
    "studies/example-2020/.~lock.csv#",
)


@pytest.mark.parametrize("name", HIDDEN)
def test_a_hidden_file_is_passed_over(name: str, sound: Path) -> None:
    path = sound / "data" / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"\x00\xff")
    assert list(load_review(sound).studies) == ["example-2020"]
    assert not [entry for entry in downloads(sound) if "DS_Store" in entry]


@pytest.mark.parametrize("name", ["reported.xlsx", "Reported.csv", "reported.CSV"])
def test_a_table_saved_under_another_name_is_seen(
    name: str, sound: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = sound / STUDY_PATH / "reported.csv"
    path.rename(path.with_name(name))
    wanted = f"{path}: need a file, found {name!r} beside it; save that one as reported.csv"
    assert wanted in check(sound, capsys)


def test_a_folder_that_is_no_review_is_told_what_is_missing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = check(tmp_path, capsys)
    assert f"{tmp_path / 'data'}: need a folder, found nothing" in said
    (tmp_path / "data").mkdir()
    said = check(tmp_path, capsys)
    for name in ("title", "question", "eligibility", "outcomes", "syntheses"):
        assert name in said.partition("review.yaml: need a file that says")[2].partition("\n")[0]
    assert "dictionary.csv: need a file (columns file, name, meaning, values)" in said


COUNTS = "example-2020,6,7,0,1,2,extracted again,All settled.\n"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (COUNTS.replace("example-2020", "example-2021"), "column study_id: need one of example-2"),
        (COUNTS.replace(",6,", ",six,"), "column rows_first: need a whole number, found 'six'"),
        (COUNTS.replace(",6,", ",-6,"), "column rows_first: need a whole number, found '-6'"),
        (COUNTS.replace(",6,", ",5,"), "found 5 - 1, 7 - 2, 0 in conflict; count again"),
        (COUNTS.replace(",0,", ",6,"), "found 6 - 1, 7 - 2, 6 in conflict; count again"),
        (
            "example-2020,60,60,0,0,0,read again,None.\n",
            "need at least the 60 rows that both extractions",
        ),
        (COUNTS.replace("All settled.", ""), "column settled: need words, found nothing"),
        (COUNTS.replace("extracted again", "read"), "column second: need one of extracted again"),
        (COUNTS + COUNTS, "row 3 column study_id: need one row a study"),
    ],
)
def test_a_second_extraction_that_cannot_be_true_is_a_problem(
    line: str, message: str, sound: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = sound / "data" / "extraction.csv"
    path.write_text(path.read_text("utf-8") + line, "utf-8")
    assert message in check(sound, capsys)
    path.write_text(path.read_text("utf-8").partition("\n")[0] + "\n" + COUNTS, "utf-8")
    assert load_review(sound)


def reordered(data: bytes) -> bytes:
    rows = list(csv.reader(io.StringIO(data.decode(), newline="")))
    made = io.StringIO()
    csv.writer(made).writerows([row[::-1] for row in rows])
    return made.getvalue().encode()


READ_RIGHTLY = {
    "a byte order mark, as editors write it": lambda data: codecs.BOM_UTF8 + data,
    "the line ends of another system": lambda data: data.replace(b"\n", b"\r\n"),
    "columns in another order, each under its name": reordered,
    "an en dash, as papers print a range": lambda data: data.replace(
        b"0.50-0.98", "0.50–0.98".encode()
    ),
}


@pytest.mark.parametrize("reason", READ_RIGHTLY)
def test_what_means_the_same_is_read_the_same(reason: str, sound: Path) -> None:
    before = load_review(sound).numbers()
    path = sound / STUDY_PATH / "reported.csv"
    changed = READ_RIGHTLY[reason](path.read_bytes())
    assert changed != path.read_bytes()
    path.write_bytes(changed)
    after = load_review(sound).numbers()
    assert [number.quantity for number in after] == [number.quantity for number in before]
    assert after[-1].interval.lower.value == before[-1].interval.lower.value == 0.5
    assert after[-1].interval.upper.value == before[-1].interval.upper.value == 0.98


def problems_of(root: Path) -> list[str]:
    with pytest.raises(DataProblemsError) as caught:
        load_review(root)
    return [str(problem) for problem in caught.value.problems]
