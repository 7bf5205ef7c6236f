"""Networks of treatments: against netmeta's and metafor's numbers, and by their properties."""

from itertools import combinations, permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livingreview_network import (
    NotConnectedError,
    component_synthesis,
    connected_parts,
    network_synthesis,
)
from livingreview_pool import common_effect, random_effects
from reference_cases import CLOSED, assert_close, cases

TYPED = 1e-9  # netmeta's estimates were written with ten decimals
OPTIMISED = 1e-6  # metafor finds the restricted likelihood's maximum by a numerical gradient
NETMETA = {case["set"]: case for case in cases("netmeta")}
METAFOR = {case["set"]: case for case in cases("network")}
COLUMNS = ("study", "treatment1", "treatment2")


def rows_of(case, spread="vi"):
    contrasts = case["contrasts"]
    names = [[str(row[column]) for row in contrasts] for column in COLUMNS]
    values = np.array([[row["yi"], row[spread]] for row in contrasts]).T
    return [*names, values[0], values[1] if spread == "vi" else values[1] ** 2]


def against(model, treatments, reference):
    """Mean and standard error of each treatment minus the reference."""
    found = [model[tuple(sorted((one, reference)))] for one in treatments]
    signs = [1 if one < reference else -1 for one in treatments]
    return [sign * f.mean for sign, f in zip(signs, found, strict=True)], [f.se for f in found]


@pytest.mark.parametrize("name", NETMETA)
def test_published_networks_are_those_of_netmeta(name):
    case = NETMETA[name]
    found = network_synthesis(*rows_of(case, "sei"))
    assert_close(found.tau2, case["tau2"], CLOSED, "tau2")
    for model in ("common", "random"):
        mean, se = against(getattr(found, model), case["treatments"], case["reference"])
        assert_close(mean, case[model]["mean"], TYPED, f"{model}: mean")
        assert_close(se, case[model]["se"], TYPED, f"{model}: standard error")
    for part in ("total", "within", "between"):
        q, df = case[part]
        assert getattr(found, part).df == df
        assert_close(getattr(found, part).q, q, CLOSED, f"Q {part}")


def test_heterogeneity_within_each_design_is_that_of_netmeta():
    case = NETMETA["senn2013"]
    found = network_synthesis(*rows_of(case, "sei"))
    parts = {part.label: [round(part.q, 2), part.df] for part in found.by_design if part.df}
    assert parts == case["rounded_by_design"]
    assert sum(part.q for part in found.by_design) == pytest.approx(found.within.q, rel=CLOSED)


@pytest.mark.parametrize("name", ["senn2013", "hasselblad1998"])
@pytest.mark.parametrize("model", ["common", "dl", "reml"])
def test_networks_are_those_of_metafor_with_block_covariance(name, model):
    case = METAFOR[name]
    estimator, tolerance = ("reml", OPTIMISED) if model == "reml" else ("dl", CLOSED)
    found = network_synthesis(*rows_of(case), tau2_estimator=estimator)
    first, *others = case["treatments"]
    pooled = found.common if model == "common" else found.random
    mean, se = against(pooled, others, first)
    assert_close(mean, case[model]["beta"], tolerance, f"{model}: mean")
    assert_close(se, case[model]["se"], tolerance, f"{model}: standard error")
    if model != "common":
        assert_close(found.tau2, case[model]["tau2"], tolerance, "tau2")
    assert_close(found.total.q, case["common"]["q"], CLOSED, "Q")
    assert_close(found.within.q, case["within"]["q"], CLOSED, "Q within designs")
    assert (found.total.df, found.within.df) == (case["common"]["df"], case["within"]["df"])


@pytest.mark.parametrize("name", ["senn2013", "hasselblad1998"])
def test_inconsistency_is_weighed_with_the_heterogeneity_within_designs(name):
    """The design-by-treatment interaction model, computed in R from whole matrices."""
    case = METAFOR[name]
    part = network_synthesis(*rows_of(case)).between_random
    assert_close(part.tau2, case["within_tau2"], CLOSED, "tau2 within designs")
    assert_close(part.q, case["between_random"], 1e-9, "Q between designs, a difference of two")
    assert part.df == case["common"]["df"] - case["within"]["df"]


def test_the_indirect_estimate_is_the_network_without_the_direct_studies():
    found = network_synthesis(*rows_of(METAFOR["senn2013"]))
    splits = {(one.network.first, one.network.second): one for one in found.splits}
    for expected in METAFOR["indirect"]["indirect"]:
        indirect = splits[expected["first"], expected["second"]].indirect
        assert_close([indirect.mean, indirect.se], [expected["mean"], expected["se"]], CLOSED, "")


def test_direct_and_indirect_evidence_give_the_network_estimate_by_their_shares():
    found = network_synthesis(*rows_of(METAFOR["hasselblad1998"]))
    for one in found.splits:
        mixed = one.share * one.direct.mean + (1 - one.share) * one.indirect.mean
        assert mixed == pytest.approx(one.network.mean, abs=CLOSED)
        precision = one.direct.se**-2 + one.indirect.se**-2
        assert precision == pytest.approx(one.network.se**-2, rel=CLOSED)


def test_components_are_those_of_metafor():
    case = METAFOR["additive"]
    made_of = {"metformin": "a", "rosiglitazone": "ab", "sulfonylurea": "b", "placebo": ""}
    found = component_synthesis(*rows_of(case), made_of=made_of)
    assert_close(found.tau2, case["dl"]["tau2"], CLOSED, "tau2")
    shown = [found.components[name] for name in case["components"]]
    assert_close([one.mean for one in shown], case["dl"]["beta"], CLOSED, "components")
    assert_close([one.se for one in shown], case["dl"]["se"], CLOSED, "standard errors")
    assert_close(found.additivity.q, case["common"]["q"], CLOSED, "Q of the additive model")
    assert found.additivity.df == case["common"]["df"]


VALUES = st.floats(-3, 3).map(lambda x: round(x, 3))
VARIANCES = st.floats(0.05, 2).map(lambda x: round(x, 3))


@given(st.lists(st.tuples(VALUES, VARIANCES), min_size=1, max_size=6))
@settings(deadline=None)
def test_two_treatments_are_a_pairwise_meta_analysis(studies):
    yi, vi = (list(column) for column in zip(*studies, strict=True))
    k = len(yi)
    found = network_synthesis(map(str, range(k)), "B" * k, "A" * k, yi, vi)
    pooled, common = (
        random_effects(yi, vi, tau2_estimator="dl", interval="z"),
        common_effect(yi, vi),
    )
    one = found.contrast("B", "A")
    assert found.tau2 == pytest.approx(pooled.tau2, abs=1e-9)
    assert [one.mean, one.se] == pytest.approx([pooled.mean, pooled.se], abs=1e-9)
    assert -found.common["A", "B"].mean == pytest.approx(common.mean, abs=1e-9)
    assert found.total.q == pytest.approx(common.q, abs=1e-9)
    assert found.splits[0].share == 1
    assert found.splits[0].indirect is None


@pytest.mark.parametrize("order", list(permutations("ABCD")))
def test_new_names_of_treatments_change_no_estimate(order):
    rows = rows_of(NETMETA["smokingcessation"], "sei")
    renamed = dict(zip("ABCD", order, strict=True))
    other = [[renamed[one] for one in column] for column in rows[1:3]]
    found, again = network_synthesis(*rows), network_synthesis(rows[0], *other, *rows[3:])
    for a, b in combinations("ABCD", 2):
        one, same = found.contrast(a, b), again.contrast(renamed[a], renamed[b])
        assert [same.mean, same.se] == pytest.approx([one.mean, one.se], abs=1e-9)
    assert again.between_random.q == pytest.approx(found.between_random.q, abs=1e-9)


def test_a_contrast_the_other_way_round_is_the_same_contrast():
    rows = rows_of(NETMETA["senn2013"], "sei")
    turned = network_synthesis(rows[0], rows[2], rows[1], -rows[3], rows[4])
    found = network_synthesis(*rows)
    assert turned.contrast("rosi", "acar").mean == found.contrast("rosi", "acar").mean
    assert turned.contrast("rosi", "acar").mean == -turned.contrast("acar", "rosi").mean
    assert turned.contrast("acar", "rosi").ci_lower == -turned.contrast("rosi", "acar").ci_upper


def test_a_study_of_three_arms_alone_is_shown_as_it_is():
    found = network_synthesis("SSS", "AAB", "BCC", [1.0, 3.0, 2.0], [0.5, 0.6, 0.7])
    for (a, b), mean, variance in zip(("AB", "AC", "BC"), (1, 3, 2), (0.5, 0.6, 0.7), strict=True):
        one = found.contrast(a, b)
        assert [one.mean, one.se**2] == pytest.approx([mean, variance])
    assert (found.total.df, found.between.df) == (0, 0)
    assert found.notes == (
        "nothing is left over: neither heterogeneity nor consistency can be seen",
    )


def test_parts_that_do_not_connect_are_refused_by_name():
    with pytest.raises(NotConnectedError, match=r"\(A, B, E\); \(C, D\)") as refused:
        network_synthesis("123", "ACB", "BDE", [1.0, 2.0, 0.0], [1.0, 1.0, 1.0])
    assert refused.value.parts == (("A", "B", "E"), ("C", "D"))
    assert connected_parts([]) == []


def test_a_network_without_a_loop_says_that_consistency_cannot_be_examined():
    found = network_synthesis("1234", "AABB", "BBCC", [1.0, 2.0, 0.0, 1.0], [0.1] * 4)
    assert found.between.df == 0
    assert found.notes == ("no loop: consistency cannot be examined",)
    assert [one.share for one in found.splits] == [1, 0, 1]
    assert found.splits[1].indirect == found.random["A", "C"]
    assert found.splits[1].direct is None


def test_contrasts_of_one_study_that_are_rounded_count_alike():
    """A loop that misses zero by rounding is the same study under every name of its arms."""
    yi, vi = np.array([1.0, 3.0, 2.03]), [0.5, 0.6, 0.7]
    found = network_synthesis("SSS", "AAB", "BCC", yi, vi)
    assert found.contrast("A", "B").mean == pytest.approx(1 - 0.01)
    assert found.contrast("B", "C").mean == pytest.approx(2.03 - 0.01)
    assert found.contrast("A", "C").mean == pytest.approx(3 + 0.01)
    again = network_synthesis("SSS", "CCB", "BAA", yi, vi)
    assert again.contrast("C", "A").mean == pytest.approx(found.contrast("A", "C").mean)
    assert again.contrast("C", "A").se == pytest.approx(found.contrast("A", "C").se)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (("SS", "AA", "BC", [1, 2], [1, 1]), "S: need a contrast of each pair.*'B and C'"),
        (("SS", "AB", "BA", [1, 2], [1, 1]), "S: need two treatments, each pair once"),
        (("S", "A", "A", [1], [1]), "S: need two treatments, each pair once"),
        (("SSS", "AAB", "BCC", [1, 2, 1], [1, 1, 9]), "S: need variances that 3 arms can have"),
        (("SSS", "AAB", "BCC", [1, 2, 2], [1, 1, 1]), "S: need contrasts that add up, found 1"),
        (("ST", "AA", "AA", [1, 2], [1, 1]), "S: need two.*; T: need two"),
        (("S", "A", "B", [1, 2], [1, 1]), "of equal length"),
        (("S", "A", "B", [1], [0]), "positive finite vi"),
        (("", "", "", [], []), "need at least one"),
    ],
)
def test_contrasts_that_no_study_can_have_are_refused_each_with_its_study(rows, said):
    with pytest.raises(ValueError, match=said):
        network_synthesis(*rows)


def test_an_unknown_estimator_is_refused():
    with pytest.raises(ValueError, match="tau2_estimator: need one of"):
        network_synthesis("12", "AA", "BB", [1.0, 2.0], [1.0, 1.0], tau2_estimator="best")


def test_components_that_no_comparison_tells_apart_are_named():
    rows = ("12", ["A", "C"], ["B", "D"], [1.0, 2.0], [0.5, 0.5])
    together = {"A": ["x", "y", "w"], "B": ["w"], "C": ["z"], "D": []}
    found = component_synthesis(*rows, made_of=together)
    assert list(found.components) == ["z"]
    assert found.not_identified == {
        "w": "both sides of every comparison hold it, or neither does",
        "x": "no comparison tells its effect apart from that of y",
        "y": "no comparison tells its effect apart from that of x",
    }
    with pytest.raises(ValueError, match="found none for C, D"):
        component_synthesis(*rows, made_of={"A": ["x"], "B": []})


def test_components_join_parts_that_no_study_joins():
    """Two parts of a network whose treatments share a component estimate it together."""
    rows = ("12", ["A", "C"], ["B", "D"], [1.0, 2.0], [0.5, 0.5])
    made_of = {"A": ["x"], "B": [], "C": ["x", "y"], "D": ["y"]}
    found = component_synthesis(*rows, made_of=made_of)
    assert found.components["x"].mean == pytest.approx(1.5)
    assert "no comparison" not in found.not_identified["y"]


def test_additive_components_of_one_treatment_each_are_the_network():
    rows = rows_of(NETMETA["senn2013"], "sei")
    treatments = {*rows[1], *rows[2]}
    made_of = {one: [] if one == "plac" else [one] for one in treatments}
    parts, network = component_synthesis(*rows, made_of=made_of), network_synthesis(*rows)
    assert parts.tau2 == pytest.approx(network.tau2, rel=CLOSED)
    for one, found in parts.components.items():
        assert found.mean == pytest.approx(network.contrast(one, "plac").mean, abs=1e-9)
        assert found.se == pytest.approx(network.contrast(one, "plac").se, abs=1e-9)
