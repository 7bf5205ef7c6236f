"""The tools: whichever way their rules are written, they give what the sources say."""

from itertools import product

import pytest

from livingreview_appraisal import ANSWERS, TOOLS, agreement, judge, kappa, load_tool

YES, NO, UNKNOWN = ("Y", "PY"), ("N", "PN"), "NI"


def every(domain):
    """Every set of answers to the questions of a domain."""
    keys = list(domain.questions)
    for answers in product(*(domain.questions[key].answers for key in keys)):
        yield dict(zip(keys, answers, strict=True))


@pytest.mark.parametrize("name", TOOLS)
def test_a_tool_says_where_it_comes_from_and_uses_known_answers(name):
    tool = load_tool(name)
    assert tool.id == name
    assert tool.source
    for question in tool.questions.values():
        assert set(question.answers) <= set(ANSWERS)
    for domain in tool.domains.values():
        for part in (*domain.parts, domain.where_serious):
            for rule in part:
                assert rule.judgement in tool.judgements
                assert rule.when.keys() <= domain.questions.keys()
                assert set(rule.of) <= domain.questions.keys()
                for key, allowed in rule.when.items():
                    assert set(allowed) <= set(domain.questions[key].answers), (domain.id, key)


def test_a_tool_of_another_name_is_refused():
    with pytest.raises(ValueError, match=r"need one of the tools inspect-sr, .*found 'newcastle'"):
        load_tool("newcastle")


def rob_2(answers):
    """Domains 1, 3 and 5 of RoB 2 written out again, from the tables of its full guidance."""
    a = answers
    if "1.1" in a:
        if a["1.2"] in NO or (a["1.2"] == UNKNOWN and a["1.3"] in YES):
            return "high"
        doubt = a["1.2"] == UNKNOWN or a["1.3"] in YES or a["1.1"] in NO
        return "some" if doubt else "low"
    if "3.1" in a:
        if a["3.1"] in YES or a["3.2"] in YES or (a["3.2"] in NO and a["3.3"] in NO):
            return "low"
        if a["3.2"] not in NO or a["3.3"] == "NA" or a["3.4"] == "NA":
            return None
        return "some" if a["3.4"] in NO else "high"
    if a["5.2"] in YES or a["5.3"] in YES:
        return "high"
    clean = a["5.1"] in YES and a["5.2"] in NO and a["5.3"] in NO
    return "low" if clean else "some"


@pytest.mark.parametrize("domain", ["randomisation", "missing", "reporting"])
def test_rob_2_judges_as_its_guidance_does(domain):
    tool = load_tool("rob-2")
    for answers in every(tool.domains[domain]):
        assert judge(tool, tool.domains[domain], answers) == rob_2(answers), answers


ORDER = ["low", "moderate", "serious", "critical"]


def robins_selection(a):
    """Domain 3 of ROBINS-I version 2 written out again: two panels, then a ladder."""
    first = {"SN": 2, "WN": 1, "NI": 1}.get(a["3.1"])
    if first is None:
        first = None if a["3.2"] == "NA" else int(a["3.2"] in YES)
    second = _panel(a)
    if first is None or second is None:
        return None
    worst = max(first, second)
    if worst < 2:
        return ORDER[worst]
    for key in ("3.6", "3.7"):
        if a[key] == "NA":
            return None
        if a[key] in YES:
            return "moderate"
    return None if a["3.8"] == "NA" else "critical" if a["3.8"] in YES else "serious"


def _panel(a):
    for key in ("3.3", "3.4"):
        if a[key] == "NA":
            return None
        if a[key] not in YES:
            return int(a[key] == UNKNOWN)
    return None if a["3.5"] == "NA" else 1 + (a["3.5"] in YES)


def test_selection_is_judged_by_two_panels_and_a_ladder():
    tool = load_tool("robins-i-v2")
    domain = tool.domains["selection"]
    keys = list(domain.questions)
    short = {key: ("Y", "N", "NI", "NA") for key in keys} | {"3.1": ("Y", "WN", "SN", "NI")}
    short["3.3"] = ("Y", "N", "NI")
    for values in product(*(short[key] for key in keys)):
        answers = dict(zip(keys, values, strict=True))
        assert judge(tool, domain, answers) == robins_selection(answers), answers


def test_a_result_taken_from_several_is_the_worse_the_more_often():
    tool = load_tool("robins-i-v2")
    domain = tool.domains["reporting"]
    for answers in every(domain):
        picks = [answers[key] for key in ("6.2", "6.3", "6.4")]
        yes, unknown = sum(one in YES for one in picks), picks.count(UNKNOWN)
        expected = (
            "low" if answers["6.1"] in YES
            else "critical" if yes > 1
            else "serious" if yes == 1 or unknown == 3
            else "moderate" if unknown
            else "low"
        )  # fmt: skip
        assert judge(tool, domain, answers) == expected


@pytest.mark.parametrize(
    ("domain", "answers"),
    [
        ("confounding", {"1.1": "Y", "1.2": "WN", "1.3": "N", "1.4": "N"}),
        ("confounding", {"1.1": "Y", "1.2": "Y", "1.3": "N", "1.4": "Y"}),
        ("classification", {"2.1": "N", "2.2": "N", "2.3": "SY", "2.4": "N", "2.5": "N"}),
    ],
)
def test_a_way_on_which_the_sources_differ_is_not_computed(domain, answers):
    tool = load_tool("robins-i-v2")
    assert judge(tool, tool.domains[domain], answers) is None


def test_a_better_answer_never_gives_a_worse_judgement_on_confounding():
    tool = load_tool("robins-i-v2")
    domain = tool.domains["confounding"]
    for answers in every(domain):
        worse = judge(tool, domain, answers | {"1.4": "Y"})
        better = judge(tool, domain, answers | {"1.4": "N"})
        if worse and better:
            assert ORDER.index(better) <= ORDER.index(worse)


def test_agreement_counts_what_both_judged():
    first = {("a", "x"): "low", ("a", "y"): "high", ("b", "x"): "low"}
    found = agreement(first, {("a", "x"): "low", ("a", "y"): "low", ("c", "x"): "low"})
    assert (found.judgements, found.same) == (2, 1)
    assert found.kappa == pytest.approx(0.0)
    with pytest.raises(ValueError, match="need two lists of one length, found 1 and 2"):
        kappa(["a"], ["a", "b"])
