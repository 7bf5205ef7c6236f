"""Mantel-Haenszel, Peto and the binomial-normal model, without corrections."""

import math
from itertools import pairwise, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad

from livingreview_pool import binomial_normal, mantel_haenszel, peto
from livingreview_pool.glmm import likelihood
from reference_cases import CLOSED, SOLVED, assert_close, cases

BINARY = {(case["set"], case["measure"]): case for case in cases("binary")}
GLMM = {case["set"]: case for case in cases("binomial_normal")}
MEASURES = {"OR": "log_or", "RR": "log_rr", "RD": "rd"}
OPTIMISER = 5e-5  # the reference's optimiser stops there; see the adaptive check below


def test_the_pinned_grid_is_the_full_grid():
    assert set(BINARY) == set(product(("bcg", "nielweise", "yusuf"), (*MEASURES, "PETO")))
    assert set(GLMM) == {"pritz", "debruin"}


def arms(data):
    return (data["a"], data["n1"]), (data["c"], data["n2"])


@pytest.mark.parametrize(("name", "measure"), sorted(BINARY))
def test_pooling_without_corrections_gives_the_pinned_result(name, measure):
    case = BINARY[name, measure]
    experimental, control = arms(case["data"])
    result = (
        peto(experimental, control)
        if measure == "PETO"
        else mantel_haenszel(experimental, control, measure=MEASURES[measure])
    )
    expected = dict(case["expected"])
    assert len(expected) == 11
    assert result.k == expected.pop("k")
    for field, value in expected.items():
        assert_close(getattr(result, field), value, CLOSED, f"{name} {measure} {field}")
    assert_close(result.weights, case["weights"], CLOSED, f"{name} {measure} weights")


cells = st.lists(
    st.tuples(st.integers(0, 9), st.integers(1, 9), st.integers(1, 9), st.integers(1, 9)),
    min_size=1,
    max_size=6,
).filter(lambda rows: any(row[0] for row in rows))


@given(cells, st.sampled_from([*MEASURES.values(), "peto"]))
def test_swapping_the_arms_flips_the_sign_and_keeps_the_standard_error(rows, measure):
    a, b, c, d = np.array(rows).T
    experimental, control = (a, a + b), (c, c + d)

    def pool(first, second):
        if measure == "peto":
            return peto(first, second)
        return mantel_haenszel(first, second, measure=measure)

    plain, swapped = pool(experimental, control), pool(control, experimental)
    assert swapped.mean == pytest.approx(-plain.mean, rel=1e-10, abs=1e-12)
    assert swapped.se == pytest.approx(plain.se, rel=1e-10)


@pytest.mark.parametrize("measure", MEASURES.values())
def test_a_single_table_gives_its_own_estimate(measure):
    result = mantel_haenszel(([8], [20]), ([5], [25]), measure=measure)
    expected = {
        "log_or": np.log(8 * 20 / (12 * 5)),
        "log_rr": np.log((8 / 20) / (5 / 25)),
        "rd": 8 / 20 - 5 / 25,
    }
    assert result.mean == pytest.approx(expected[measure], rel=1e-14)
    assert any(note.startswith("one study") for note in result.notes)


def test_studies_without_events_leave_ratios_alone_and_pull_the_difference_to_zero():
    some, with_empty = ([4, 9], [30, 40]), ([4, 9, 0], [30, 40, 50])
    control, control_empty = ([6, 12], [31, 42]), ([6, 12, 0], [31, 42, 50])
    for measure in ("log_or", "log_rr"):
        plain = mantel_haenszel(some, control, measure=measure)
        extended = mantel_haenszel(with_empty, control_empty, measure=measure)
        assert extended.mean == pytest.approx(plain.mean, rel=1e-14)
        assert extended.q == pytest.approx(plain.q, rel=1e-14)
    difference = mantel_haenszel(some, control, measure="rd").mean
    assert abs(mantel_haenszel(with_empty, control_empty, measure="rd").mean) < abs(difference)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: mantel_haenszel(([0], [5]), ([2], [6])), "an odds ratio needs, on each side"),
        (
            lambda: mantel_haenszel(([0], [5]), ([2], [6]), measure="log_rr"),
            "a risk ratio needs events in both",
        ),
        (
            lambda: mantel_haenszel(([5, 8], [5, 8]), ([4, 9], [4, 9]), measure="log_rr"),
            "no study has both events and survivors",
        ),
        (
            lambda: mantel_haenszel(([7], [7]), ([9], [9]), measure="log_rr"),
            "no study has both events and survivors",
        ),
        (
            lambda: mantel_haenszel(([0], [5]), ([0], [6]), measure="rd"),
            "no arm has both events and survivors",
        ),
        (
            lambda: mantel_haenszel(([1], [1]), ([0], [6]), measure="rd"),
            "no arm has both events and survivors",
        ),
        (lambda: peto(([0], [5]), ([0], [6])), "peto: no study has both events and survivors"),
        (
            lambda: mantel_haenszel(([6], [5]), ([0], [6])),
            r"events_experimental\[0\]: need at most",
        ),
        (lambda: peto(([1], [5]), ([1.5], [6])), r"events_control\[0\]: need a whole number"),
        (lambda: peto(([1, 2], [5, 6]), ([1], [6])), "events_control: need 2 values"),
        (lambda: peto(([], []), ([], [])), "need at least one study, found k = 0"),
        (lambda: peto(3, ([1], [6])), "experimental: need a list, found 3"),
        (lambda: peto(([1], [5], [9]), ([1], [6])), r"need \(events, n\) each, found"),
        (lambda: peto(([1], [5]), ([1], [6]), studies=[3]), r"studies\[0\]: need a name, found 3"),
        (
            lambda: peto(([1], [5]), ([1], [6]), cohorts=["young"]),
            r"cohorts\[0\]: need a set of names, found the text 'young'",
        ),
        (lambda: mantel_haenszel(([1], [5]), ([1], [6]), measure="peto"), "found 'peto'"),
        (
            lambda: peto(([1, 1], [5, 5]), ([1, 1], [6, 6]), studies=["A"]),
            "studies: need 2, one per study, found 1",
        ),
        (
            lambda: peto(
                ([1, 1], [5, 5]),
                ([1, 1], [6, 6]),
                studies=["A", "B"],
                cohorts=[frozenset({"p"}), frozenset({"p"})],
            ),
            r"A and B share patients \(p\)",
        ),
        (
            lambda: mantel_haenszel(([67, 200], [67, 200]), ([90, 153], [93, 296])),
            "a study with events in that arm and survivors in the other",
        ),
        (lambda: binomial_normal([3, 3], [3, 3]), "need both events and non-events .* found 6"),
        (lambda: binomial_normal([0, 0], [3, 3]), "need both events and non-events .* found 0"),
        (lambda: binomial_normal([30, 0], [30, 25]), "no finite tau2, the arms are too far apart"),
        (lambda: binomial_normal([], []), "found k = 0"),
        (lambda: binomial_normal([4], [3]), r"events\[0\]: need at most n = 3, found 4"),
        (
            lambda: binomial_normal([1, 1], [3, 4], studies=["A", "A"]),
            r"A and A share patients \(A\)",
        ),
    ],
)
def test_impossible_input_is_refused_with_place_and_value(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize("name", sorted(GLMM))
def test_the_binomial_normal_model_gives_the_pinned_result(name):
    case = GLMM[name]
    result = binomial_normal(case["data"]["x"], case["data"]["n"])
    assert len(case["expected"]) == 7
    for field, value in case["expected"].items():
        tolerance = SOLVED if field.startswith("q") else OPTIMISER
        assert_close(getattr(result, field), value, tolerance, f"{name} {field}")


def adaptive_log_likelihood(x, n, mu, tau):
    """Compute the same likelihood by adaptive quadrature in pieces, study by study."""
    total = 0.0
    for events, size in zip(x, n, strict=True):

        def integrand(z, events=events, size=size):
            eta = mu + tau * z
            log1p_exp = max(eta, 0) + math.log1p(math.exp(-abs(eta)))
            return math.exp(events * eta - size * log1p_exp - 0.5 * z * z)

        share = (events + 0.5) / (size + 1)
        peak = np.clip((np.log(share / (1 - share)) - mu) / tau, -9, 9)
        edges = np.unique(np.clip([-12, peak - 1, peak, peak + 1, 0, 12], -12, 12))
        pieces = [
            quad(integrand, low, high, epsabs=0, epsrel=1e-12, limit=400)[0]
            for low, high in pairwise(edges)
        ]
        total += math.log(sum(pieces)) - 0.5 * math.log(2 * math.pi)
    return total


ARMS = {
    "pritz": (GLMM["pritz"]["data"]["x"], GLMM["pritz"]["data"]["n"]),
    "all of one arm": ([12, 9, 20, 30], [12, 15, 40, 33]),
    "none of one arm": ([0, 4, 9], [30, 20, 25]),
    "far apart": ([1, 29, 15, 30], [30, 30, 30, 30]),
}


@pytest.mark.parametrize("name", ARMS)
def test_the_likelihood_agrees_with_adaptive_quadrature(name):
    x, n = (np.array(column, dtype=float) for column in ARMS[name])
    for mu, tau in ((0.3, 0.05), (1.0, 0.8), (-2.0, 3.0), (4.0, 8.0)):
        ours = likelihood(x, n, np.array([mu]), np.array([tau])).value[0]
        assert ours == pytest.approx(adaptive_log_likelihood(x, n, mu, tau), rel=1e-11)


@pytest.mark.slow
@pytest.mark.parametrize("name", ARMS)
def test_the_estimate_is_where_adaptive_quadrature_is_flat(name):
    x, n = (np.array(column, dtype=float) for column in ARMS[name])
    result = binomial_normal(x, n)
    assert result.tau > 0.1
    point, step = np.array([result.mean, result.tau]), 1e-4
    slope = [
        adaptive_log_likelihood(x, n, *(point + move))
        - adaptive_log_likelihood(x, n, *(point - move))
        for move in np.eye(2) * step
    ]
    hessian = likelihood(x, n, point[:1], point[1:]).hessian[0]
    assert np.all(np.linalg.eigvalsh(hessian) < 0)
    distance = np.linalg.solve(hessian, np.array(slope) / (2 * step))
    np.testing.assert_allclose(distance, 0, atol=1e-6)


def test_the_derivatives_of_the_likelihood_are_its_slopes():
    x, n = (np.array(column, dtype=float) for column in ARMS["far apart"])
    point, step = np.array([0.4, 1.3]), 1e-5

    def at(mu, tau):
        return likelihood(x, n, np.array([mu]), np.array([tau]))

    here = at(*point)
    for axis in range(2):
        move = np.eye(2)[axis] * step
        above, below = at(*(point + move)), at(*(point - move))
        slope = (above.value - below.value) / (2 * step)
        assert slope[0] == pytest.approx(here.gradient[0, axis], rel=1e-7)
        curve = (above.gradient - below.gradient) / (2 * step)
        np.testing.assert_allclose(curve[0], here.hessian[0, axis], rtol=1e-6)


def test_equal_proportions_and_single_arms_give_the_pooled_proportion():
    for x, n in (([5, 10, 12], [10, 20, 24]), ([7], [9]), ([300, 900], [1000, 3000])):
        result = binomial_normal(x, n)
        share = sum(x) / sum(n)
        assert result.tau2 == 0
        assert result.mean == pytest.approx(np.log(share / (1 - share)), abs=1e-12)
        assert result.se == pytest.approx((sum(n) * share * (1 - share)) ** -0.5, rel=1e-12)


def test_counting_failures_flips_the_mean_of_the_binomial_normal_model():
    x, n = (np.array(column) for column in ARMS["all of one arm"])
    plain, turned = binomial_normal(x, n), binomial_normal(n - x, n)
    assert turned.mean == pytest.approx(-plain.mean, rel=1e-9)
    assert turned.tau2 == pytest.approx(plain.tau2, rel=1e-8)
    assert turned.se == pytest.approx(plain.se, rel=1e-8)


def test_a_rare_event_is_pooled_as_if_in_one_arm_when_that_is_likeliest():
    result = binomial_normal([1] + [0] * 9, [150] * 10)
    assert result.mean == pytest.approx(np.log(1 / 1499), rel=1e-12)
    assert result.tau2 == 0


def test_rare_events_in_unequal_arms_have_the_mode_found_in_thirty_digits():
    result = binomial_normal([0, 3, *[0] * 6], [11237, 279, 629, 195, 1526, 611, 546, 1267])
    assert result.mean == pytest.approx(-13.98399, abs=1e-5)
    assert result.tau2 == pytest.approx(30.7722, abs=1e-4)


def test_arms_of_none_and_of_all_have_the_deviation_of_an_own_quadrature():
    result = binomial_normal([0, 0, 0, 200, 200, 200, 100], [200] * 7)
    assert result.tau == pytest.approx(32.2402, abs=1e-4)


@pytest.mark.parametrize(
    "seed", [0, 1, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(2, 10))]
)
def test_one_to_three_events_in_many_arms_never_stop_the_fit(seed):
    random = np.random.default_rng(seed)
    k = int(random.integers(5, 21))
    n = random.integers(100, 3001, k)
    events = np.bincount(random.integers(k, size=random.integers(1, 4)), minlength=k)
    plain, turned = binomial_normal(events, n), binomial_normal(n - events, n)
    assert np.isfinite([plain.mean, plain.se, plain.tau2]).all()
    assert turned.mean == pytest.approx(-plain.mean, rel=1e-6)


def test_large_arms_are_fitted_as_well_as_small_ones():
    result = binomial_normal([100, 900, 500], [1000, 1000, 1000])
    logits = np.log([1 / 9, 9, 1])
    assert result.mean == pytest.approx(0, abs=1e-9)
    assert result.tau == pytest.approx(logits.std(), rel=0.01)


@pytest.mark.parametrize("n", [30_000, 300_000])
def test_arms_of_a_registry_give_the_mean_and_deviation_of_their_logits(n):
    shares = np.array([0.4, 0.6, 0.5, 0.7])
    result = binomial_normal(shares * n, [n] * 4)
    logits = np.log(shares / (1 - shares))
    assert result.mean == pytest.approx(logits.mean(), abs=1 / n)
    assert result.tau == pytest.approx(logits.std(), rel=10 / n)
    assert result.se == pytest.approx(logits.std() / 2, rel=10 / n)


@pytest.mark.slow
def test_arms_beyond_the_precision_of_the_likelihood_are_refused():
    n = 10**9
    with pytest.raises(ArithmeticError, match=r"no mean settled .* found 4e\+09 patients"):
        binomial_normal([4 * n // 10, 6 * n // 10, n // 2, 7 * n // 10], [n] * 4)


def test_one_usable_study_has_no_heterogeneity():
    result = mantel_haenszel(([1, 0], [10, 12]), ([3, 0], [11, 12]), measure="rd")
    single = mantel_haenszel(([0], [10]), ([5], [11]), measure="rd")
    assert single.q == 0
    assert result.q_df == (0 if result.q == 0 else 1)
