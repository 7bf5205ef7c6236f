"""Kinds of synthesis beyond counts and hazard ratios, and moderators."""

import math
from dataclasses import replace

import pytest
import yaml

from example_review import DICTIONARY, ROWS, STUDY, more_studies, write_review, write_rows
from livingreview.tables.layouts import numbers_table
from livingreview_plan.analysis import carry_out
from livingreview_plan.moderators import moderated
from livingreview_plan.selection import FINDERS, select
from livingreview_pool import MEASURES, meta_regression
from livingreview_record.kinds import FORMS, KINDS
from livingreview_record.load import load_review
from livingreview_record.problems import DataProblemsError
from livingreview_results.moderators import moderator_notes, moderator_table, moderator_texts
from livingreview_results.page import forest_plot
from livingreview_results.rows import forest_rows
from livingreview_results.tables import forest_table

OUTCOMES = """
  pain: {label: Pain, kind: continuous, unit: points}
  falls: {label: Falls, kind: count}
  cure: {label: Cure, kind: binary}
"""
SIDES = {"experimental": {"is_new": True}, "control": {"is_new": False}}
INCLUDE = {"status": ["included"], "patients": [{"population": "whole"}]}


def row(outcome, statistic, value, unit, arm="", **cells):
    """A row of a table; without an arm it compares both."""
    arms = {"arm_id": arm} if arm else {"comparison": "new-vs-old"}
    place = {"table": "Table 9", "row": f"{outcome} {statistic}", "column": arm or "ratio"}
    named = {"outcome": outcome, "statistic": statistic, "value": value, "unit": unit}
    return {**place, **arms, **named, **cells}


def with_plan(tmp_path, rows, *, study=STUDY, **plan):
    """The made-up review with one more synthesis, of this kind, and rows for it."""
    write_review(tmp_path, rows=(*ROWS, *rows), study=study.rstrip() + OUTCOMES)
    path = tmp_path / "data" / "review.yaml"
    content = yaml.safe_load(path.read_text("utf-8"))
    entry = {"id": "planned", "title": "Planned", "include": INCLUDE, **SIDES, **plan}
    content["syntheses"].append({key: value for key, value in entry.items() if value is not None})
    path.write_text(yaml.safe_dump(content, sort_keys=False), "utf-8")
    return load_review(tmp_path)


def problems(tmp_path, rows=(), **plan):
    with pytest.raises(DataProblemsError) as error:
        with_plan(tmp_path, rows, **plan)
    return str(error.value)


def nearly(review):
    (left,) = select(review, "planned").left_out
    return left.reason


def test_every_kind_has_a_rule_and_a_search_and_measures_of_the_engine():
    assert FINDERS.keys() == KINDS.keys()
    assert {one for kind in KINDS.values() for one in kind.measures} <= MEASURES.keys()
    assert FORMS.keys() == {*KINDS["estimate"].measures}


MEANS = (
    row("pain", "mean", "4.0", "points", "new"),
    row("pain", "sd", "2.0", "points", "new"),
    row("pain", "mean", "5.5", "points", "old"),
    row("pain", "sd", "2.5", "points", "old"),
)


def test_means_give_their_difference_and_its_variance(tmp_path):
    review = with_plan(tmp_path, MEANS, kind="means", outcome="pain", measures=["md", "smd"])
    difference, standardised = carry_out(review, "planned")
    (effect,) = difference.effects
    assert effect.yi == pytest.approx(-1.5)
    assert effect.vi == pytest.approx(2.0**2 / 40 + 2.5**2 / 50)
    pooled = math.sqrt((39 * 2.0**2 + 49 * 2.5**2) / 88)
    (effect,) = standardised.effects
    assert effect.yi == pytest.approx(-1.5 / pooled * (1 - 3 / (4 * 88 - 1)), rel=1e-4)
    assert [source.value for source in effect.sources] == ["4.0", "2.0", "40", "5.5", "2.5", "50"]


def test_the_table_of_means_shows_the_arms_and_the_unit_stands_on_the_axis(tmp_path):
    (result,) = carry_out(with_plan(tmp_path, MEANS, kind="means", outcome="pain"), "planned")
    assert "4 (2), 40 v 5.5 (2.5), 50" in repr(forest_table(result))
    assert "Mean (SD), patients" in repr(forest_table(result))
    assert forest_plot(result).axis.label == "Mean difference (points)"
    assert forest_rows(result)["text"][0] == "−1.50 (−2.43 to −0.57)"


def test_a_standard_error_of_an_arm_gives_its_standard_deviation(tmp_path):
    rows = [one | {"statistic": "se"} if one["statistic"] == "sd" else one for one in MEANS]
    (result,) = carry_out(with_plan(tmp_path, rows, kind="means", outcome="pain"), "planned")
    assert result.effects[0].vi == pytest.approx(2.0**2 + 2.5**2)
    assert "standard deviation not printed" in result.effects[0].notes[0]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda r: r[:1] + r[2:], "no standard deviation or error is printed for it"),
        (lambda r: r[:2], "no number is usable for Old"),
        (lambda r: [one | {"timepoint": "6 weeks"} for one in r], "of one time (6 weeks)"),
        (lambda r: (r[0], r[1] | {"value": "0"}, *r[2:]), "no variance can be taken from it"),
    ],
)
def test_means_that_are_not_whole_are_named_with_what_keeps_them_out(tmp_path, change, reason):
    review = with_plan(tmp_path, tuple(change(MEANS)), kind="means", outcome="pain")
    assert not select(review, "planned").used
    assert reason in nearly(review)


def test_means_of_the_time_that_the_rule_names_are_taken(tmp_path):
    rows = [one | {"timepoint": "6 weeks"} for one in MEANS]
    review = with_plan(tmp_path, rows, kind="means", outcome="pain", timepoint="6 weeks")
    (pair,) = select(review, "planned").used
    assert pair.notes == ("number of patients of the arm: that of this time is not printed",) * 2


RATES = (
    row("falls", "n", "12", "events", "new"),
    row("falls", "person-time", "100.5", "person-years", "new"),
    row("falls", "n", "30", "events", "old"),
    row("participants", "person-time", "120", "person-years", "old"),
)


def test_events_and_person_time_give_the_rate_ratio(tmp_path):
    (result,) = carry_out(with_plan(tmp_path, RATES, kind="rates", outcome="falls"), "planned")
    (effect,) = result.effects
    assert effect.yi == pytest.approx(math.log(12 / 100.5 / (30 / 120)))
    assert effect.vi == pytest.approx(1 / 12 + 1 / 30)
    assert "12/100.5 person-years v 30/120 person-years" in repr(forest_table(result))


def test_person_times_in_two_units_are_not_divided(tmp_path):
    rows = (*RATES[:3], RATES[3] | {"unit": "person-months"})
    review = with_plan(tmp_path, rows, kind="rates", outcome="falls")
    assert not select(review, "planned").used
    assert "the person-time of the arms is in person-years and in person-months" in nearly(review)


def test_rates_without_any_event_form_no_ratio(tmp_path):
    rows = [one | {"value": "0"} if one["statistic"] == "n" else one for one in RATES]
    (result,) = carry_out(with_plan(tmp_path, rows, kind="rates", outcome="falls"), "planned")
    assert result.effects == ()
    assert "no ratio can be formed" in result.left_out[0].reason


def test_events_without_person_time_nearly_enter(tmp_path):
    review = with_plan(tmp_path, RATES[:3], kind="rates", outcome="falls")
    assert "no person-time is printed for its arm" in nearly(review)


def estimate(statistic, value, unit, spread, spread_value, outcome="cure", **cells):
    return (
        row(outcome, statistic, value, unit, **cells),
        row(outcome, spread, spread_value, unit, **cells),
    )


@pytest.mark.parametrize(
    ("measure", "rows", "yi", "error"),
    [
        (
            "log_rr",
            estimate("rr", "0.50", "ratio", "ci95", "0.25-1.00"),
            math.log(0.5),
            math.log(4) / (2 * 1.959963984540054),
        ),
        ("log_rr", estimate("log-rr", "-0.69", "log ratio", "se", "0.35"), -0.69, 0.35),
        ("log_or", estimate("or", "2.0", "ratio", "ci95", "1.0-4.0"), math.log(2), None),
        ("rd", estimate("difference", "-10", "%", "ci95", "-20 to 0"), -0.10, 0.2 / 3.919928),
        (
            "md",
            estimate("difference", "-1.5", "points", "se", "0.5", outcome="pain"),
            -1.5,
            0.5,
        ),
        (
            "smd",
            estimate("smd", "0.30", "standard deviations", "se", "0.10", outcome="pain"),
            0.3,
            0.1,
        ),
        (
            "log_rate_ratio",
            estimate("log-rate-ratio", "0.2", "log ratio", "ci95", "0.1-0.3", outcome="falls"),
            0.2,
            0.2 / 3.919928,
        ),
    ],
)
def test_a_printed_estimate_gives_its_effect_on_the_analysis_scale(
    tmp_path, measure, rows, yi, error
):
    outcome = rows[0]["outcome"]
    review = with_plan(tmp_path, rows, kind="estimate", outcome=outcome, measures=[measure])
    (result,) = carry_out(review, "planned")
    (effect,) = result.effects
    assert effect.yi == pytest.approx(yi)
    if error is not None:
        assert effect.standard_error == pytest.approx(error, rel=1e-6)
    assert effect.measure == measure


def test_a_ratio_is_shown_with_its_interval_as_printed(tmp_path):
    rows = estimate("rr", "0.50", "ratio", "ci95", "0.26-1.00")
    review = with_plan(tmp_path, rows, kind="estimate", outcome="cure", measures=["log_rr"])
    assert forest_rows(carry_out(review, "planned")[0])["text"][0] == "0.50 (0.26 to 1.00)"


@pytest.mark.parametrize(
    ("plan", "rows", "reason"),
    [
        ({}, estimate("rr", "0.5", "ratio", "se", "0.2"), "no 95% confidence interval in its unit"),
        (
            {},
            estimate("log-rr", "-0.69", "log ratio", "se", "0.35", adjustment="adjusted"),
            "it is adjusted",
        ),
        (
            {"adjustment": "adjusted"},
            estimate("log-rr", "-0.69", "log ratio", "se", "0.35"),
            "not said to be adjusted or unadjusted",
        ),
        (
            {"timepoint": "2 years"},
            estimate("log-rr", "-0.69", "log ratio", "se", "0.35"),
            "it is of no named time",
        ),
        ({}, estimate("log-rr", "-0.69", "log ratio", "se", "0"), "no variance can be taken"),
        ({}, estimate("rr", "<0.5", "ratio", "ci95", "0.2-0.7"), "it is printed as a limit"),
        ({}, estimate("rr", "0.1", "ratio", "ci95", "0.2-0.7"), "no variance can be taken"),
    ],
)
def test_an_estimate_that_the_rule_does_not_take_says_what_keeps_it_out(
    tmp_path, plan, rows, reason
):
    review = with_plan(tmp_path, rows, kind="estimate", outcome="cure", measures=["log_rr"], **plan)
    assert not select(review, "planned").used
    assert reason in nearly(review)


def test_estimates_of_the_turned_comparison_are_near(tmp_path):
    rows = estimate("log-rr", "-0.69", "log ratio", "se", "0.35")
    write_review(tmp_path, rows=(*ROWS, *rows), study=STUDY.rstrip() + OUTCOMES)
    review = load_review(tmp_path)
    study, planned = review.studies["example-2020"], review.protocol.syntheses[0]
    turned = {"experimental": SIDES["control"], "control": SIDES["experimental"]}
    plan = replace(planned, outcome="cure", measures=("log_rr",), adjustment=None, **turned)
    misses = FINDERS["estimate"].near(study, plan, {"population": "whole", "subgroup": ""}, [])
    assert [miss.why for miss in misses] == [
        "the arms of 'New against old' stand the other way round"
    ]


@pytest.mark.parametrize(
    ("plan", "message"),
    [
        (
            {"kind": "means", "outcome": "pain", "measures": ["log_or"]},
            r"(planned).measures: need one of md, smd, found 'log_or'",
        ),
        ({"kind": "means", "outcome": "cure"}, "need an outcome that is measured (continuous)"),
        ({"kind": "estimate", "outcome": "cure"}, "need the key 'measures', which a synthesis"),
        (
            {"kind": "estimate", "outcome": "cure", "measures": ["log_or", "log_rr"]},
            "need one measure: a synthesis of kind estimate takes estimates of one",
        ),
        (
            {"kind": "rates", "outcome": "falls", "adjustment": "adjusted"},
            "need no key 'adjustment' in a synthesis of kind rates",
        ),
        (
            {"kind": "means", "outcome": "pain", "timepoint": "six weeks"},
            "need a time such as 12 months, 6 weeks or 30 days, found 'six weeks'",
        ),
        (
            {"kind": "means", "outcome": "pain", "moderators": ["latitud"]},
            "moderators: need one of type,",
        ),
        ({"kind": "slope", "outcome": "pain"}, "need one of proportion, two-arm, hazard-ratio, me"),
    ],
)
def test_a_plan_that_cannot_be_followed_says_what_its_kind_needs(tmp_path, plan, message):
    assert message in problems(tmp_path, **plan)


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        (row("cure", "or", "2.0", "ratio", "new"), "what the odds ratio compares"),
        (row("cure", "or", "2.0", "%"), "column unit: need one of ratio, found '%'"),
        (row("cure", "or", "-2.0", "ratio"), "an odds ratio above 0"),
        (row("cure", "se", "-2.0", "log ratio"), "a standard error of at least 0"),
        (row("falls", "person-time", "10", "years", "new"), "need one of person-days, person-w"),
        (row("pain", "mean", "10", "mm", "new", timepoint="6 weeks"), "need one of points"),
    ],
)
def test_a_row_that_no_estimate_can_be_made_of_is_refused(tmp_path, cells, message):
    found = problems(tmp_path, [cells], kind="means", outcome="pain")
    assert message in found


def test_a_difference_of_means_is_not_turned_into_events(tmp_path):
    write_review(tmp_path)
    path = tmp_path / "data" / "review.yaml"
    content = yaml.safe_load(path.read_text("utf-8"))
    plan = {"id": "planned", "title": "P", "include": INCLUDE, **SIDES, "outcome": "orr"}
    content["syntheses"].append({**plan, "kind": "rates"})
    content["absolute"] = [{"synthesis": "planned", "event": "events"}]
    path.write_text(yaml.safe_dump(content), "utf-8")
    with pytest.raises(DataProblemsError, match="a synthesis of kind two-arm or hazard-ratio"):
        load_review(tmp_path)


def test_a_study_page_shows_a_printed_ratio_with_its_interval_among_the_comparisons(tmp_path):
    rows = estimate("or", "2.0", "ratio", "ci95", "1.0-4.0")
    review = with_plan(tmp_path, rows, kind="estimate", outcome="cure", measures=["log_or"])
    frame = numbers_table(review.studies["example-2020"], "contrasts")
    assert "2.0 (95% CI 1.0-4.0)" in frame["Odds ratio"].tolist()


LATITUDES = {"example-2020": 44, "b-1": 55.5, "c-2": 42, "d-3": 13, "e-4": None}


def with_latitudes(tmp_path, value_of=LATITUDES):
    """Five studies with different responses; all but one have a latitude."""
    more_studies(tmp_path, *[id_ for id_ in LATITUDES if id_ != "example-2020"])
    data = tmp_path / "data"
    described = 'data/studies/*/study.yaml,design.latitude,"Latitude, degrees",\n'
    (data / "dictionary.csv").write_text(DICTIONARY + described, "utf-8")
    path = data / "review.yaml"
    path.write_text(
        path.read_text("utf-8").replace(
            "kind: two-arm,", "kind: two-arm, measures: [log_rr], moderators: [latitude],"
        ),
        "utf-8",
    )
    for number, (id_, value) in enumerate(value_of.items()):
        folder = data / "studies" / id_
        text = (folder / "study.yaml").read_text("utf-8")
        if value is not None:
            text = text.replace("line: second}", f"line: second, latitude: {value}}}")
        (folder / "study.yaml").write_text(text, "utf-8")
        rows = tuple(r | {"value": str(20 - 3 * number)} if r["value"] == "20" else r for r in ROWS)
        write_rows(folder, rows)
    return load_review(tmp_path)


def test_a_moderator_is_a_regression_of_the_studies_that_have_it(tmp_path):
    review = with_latitudes(tmp_path)
    (result,) = carry_out(review, "response-ratio")
    (found,) = moderated(review, result)
    assert found.without == ("E 4",)
    known = [effect for effect in result.effects if LATITUDES[effect.study] is not None]
    expected = meta_regression(
        known,
        moderators={"x": [LATITUDES[effect.study] for effect in known]},
        interval="adhoc",
    )
    assert found.regression.k == 4
    assert found.slope.estimate == expected.coefficients[1].estimate
    assert found.slope.ci_lower == expected.coefficients[1].ci_lower


def test_the_table_of_moderators_says_the_change_per_unit_and_who_is_missing(tmp_path):
    review = with_latitudes(tmp_path)
    (result,) = carry_out(review, "response-ratio")
    found = list(moderated(review, result))
    table = moderator_table(result, found, review.dictionary)
    (line,) = table.frame.to_dict("records")
    assert line["Moderator"] == "Latitude, degrees"
    change = moderator_texts(result, found)["moderator.latitude"]
    assert line["Change of the log risk ratio per unit (95% interval)"] == change
    slope = found[0].slope
    assert line["The ratio changes by a factor of"].startswith(f"{math.exp(slope.estimate):.3f}")
    assert "latitude: not known of E 4" in repr(moderator_notes(found)).lower().replace(
        "e 4", "E 4"
    )


def test_a_moderator_of_three_studies_is_not_computed_and_says_so(tmp_path):
    review = with_latitudes(tmp_path, LATITUDES | {"d-3": None})
    (result,) = carry_out(review, "response-ratio")
    (found,) = moderated(review, result)
    assert found.regression is None
    table = moderator_table(result, [found], review.dictionary)
    assert "3 studies have a value" in repr(table)


def test_a_moderator_that_is_the_same_everywhere_says_why_it_explains_nothing(tmp_path):
    review = with_latitudes(tmp_path, dict.fromkeys(LATITUDES, 44))
    (result,) = carry_out(review, "response-ratio")
    (found,) = moderated(review, result)
    assert "it cannot be computed from these numbers" in found.why_not


def test_a_moderator_in_words_is_a_problem(tmp_path):
    with pytest.raises(DataProblemsError, match=r"design\.latitude: need a number, by which"):
        with_latitudes(tmp_path, LATITUDES | {"b-1": "north"})
