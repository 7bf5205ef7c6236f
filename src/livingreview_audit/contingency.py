"""P-values of two rows of counts, by every test that papers use for them.

A table is two rows of counts, one row per group, one column per category.  Columns without any
patient say nothing and are left out.  Two-sided unless named otherwise.

References: Fleiss, Levin & Paik 2003, *Statistical Methods for Rates and Proportions*, ch. 3;
Campbell 2007, *Statistics in Medicine* 26:3661 (the N-1 chi-squared test); Freeman & Halton 1951,
*Biometrika* 38:141 (Fisher's test for more than two columns).
"""

from collections.abc import Callable, Mapping
from math import comb

import numpy as np
from scipy import special

Table = tuple[tuple[int, ...], tuple[int, ...]]

MOST_TABLES = 1_000_000  # beyond this, Freeman and Halton's test is not computed
TIE = 1e-7  # of logarithms: tables as probable as the one observed count as such


def compact(table: Table) -> Table:
    """The table without empty columns."""
    columns = [column for column in zip(*table, strict=True) if sum(column)]
    first, second = (tuple(row) for row in zip(*columns, strict=True)) if columns else ((), ())
    return first, second


def has_variation(table: Table) -> bool:
    """Whether both groups have patients in at least two categories between them."""
    kept = compact(table)
    return len(kept[0]) > 1 and all(sum(row) > 0 for row in kept)


def _expected(table: Table) -> tuple[np.ndarray, np.ndarray]:
    """The counts observed, and those expected where the groups do not differ."""
    observed = np.array(compact(table), dtype=float)
    return observed, observed.sum(1, keepdims=True) * observed.sum(0) / observed.sum()


def chi_squared(table: Table, *, correction: float = 0.0) -> float:
    """Pearson's statistic, less Yates's correction where one is named."""
    observed, expected = _expected(table)
    distance = np.maximum(np.abs(observed - expected) - correction, 0.0)
    return float((distance**2 / expected).sum())


def pearson(table: Table) -> float:
    """Pearson's chi-squared test.

    >>> round(pearson(((9, 15), (2, 22))), 4)
    0.0162
    """
    return _tail(chi_squared(table), table)


def yates(table: Table) -> float:
    """Pearson's test with Yates's continuity correction, which cannot overshoot."""
    observed, expected = _expected(table)
    correction = min(0.5, float(np.abs(observed - expected).min()))
    return _tail(chi_squared(table, correction=correction), table)


def n_minus_1(table: Table) -> float:
    """The N-1 chi-squared test; also the linear-by-linear test of a two by two table."""
    total = sum(map(sum, table))
    return _tail(chi_squared(table) * (total - 1) / total, table)


def likelihood_ratio(table: Table) -> float:
    """The likelihood-ratio (G) test."""
    observed, expected = _expected(table)
    return _tail(2 * float(special.xlogy(observed, observed / expected).sum()), table)


def trend(table: Table) -> float:
    """The linear-by-linear test for ordered columns, scored 1, 2, 3 and so on."""
    counts = np.array(table, dtype=float)
    scores, total = np.arange(counts.shape[1]), counts.sum()
    share, columns = counts[0].sum() / total, counts.sum(0)
    difference = (counts[0] * scores).sum() - share * (columns * scores).sum()
    spread = (columns * scores**2).sum() - (columns * scores).sum() ** 2 / total
    variance = share * (1 - share) * spread * total / (total - 1)
    return float(special.chdtrc(1, difference**2 / variance)) if variance > 0 else 1.0


def fisher(table: Table) -> float | None:
    """Fisher's exact test: the probability of all tables no more probable than this one.

    Freeman and Halton's extension for more columns; None where the tables are too many.

    >>> round(fisher(((9, 15), (2, 22))), 4)
    0.0363
    """
    kept = compact(table)
    if len(kept[0]) == 2:
        weights, seen = _hypergeometric(kept)
        return sum(w for w in weights if w <= weights[seen]) / sum(weights)
    return _freeman_halton(kept)


def fisher_doubled(table: Table) -> float:
    """Fisher's exact test, the smaller one-sided probability doubled."""
    return min(1.0, 2 * fisher_one_sided(table))


def fisher_one_sided(table: Table) -> float:
    """Fisher's exact test, one-sided, in the direction observed."""
    weights, seen = _hypergeometric(compact(table))
    return min(sum(weights[: seen + 1]), sum(weights[seen:])) / sum(weights)


def fisher_mid_p(table: Table) -> float:
    """Fisher's exact test with half the probability of every table exactly as probable.

    Where no other table is as probable as the observed one, that is half the observed one's.

    References: Lancaster 1961, *Journal of the American Statistical Association* 56:223.
    """
    weights, seen = _hypergeometric(compact(table))
    as_probable = sum(w for w in weights if w <= weights[seen])
    less_probable = sum(w for w in weights if w < weights[seen])
    return (as_probable + less_probable) / (2 * sum(weights))


TESTS: Mapping[str, Callable[[Table], float | None]] = {
    "Pearson's chi-squared": pearson,
    "chi-squared with Yates's correction": yates,
    "Fisher's exact": fisher,
    "Fisher's exact, one side doubled": fisher_doubled,
    "Fisher's exact, mid-p": fisher_mid_p,
    "N-1 chi-squared": n_minus_1,
    "likelihood-ratio chi-squared": likelihood_ratio,
    "linear trend": trend,
    "Fisher's exact, one-sided": fisher_one_sided,
}
FOR_TWO_COLUMNS = frozenset({yates, fisher_doubled, fisher_mid_p, fisher_one_sided})


def p_value(name: str, table: Table) -> float | None:
    """The p-value by the test of that name; None where it does not apply to this table."""
    columns = len(compact(table)[0])
    if not has_variation(table) or (TESTS[name] in FOR_TWO_COLUMNS and columns > 2):
        return None
    return TESTS[name](table)


def _tail(statistic: float, table: Table) -> float:
    return float(special.chdtrc(len(compact(table)[0]) - 1, statistic))


def _hypergeometric(table: Table) -> tuple[list[int], int]:
    """Whole weights of every two by two table with these margins, and the place of this one."""
    (a, b), (c, _) = table
    first, second = a + c, b + table[1][1]
    low, high = max(0, a + b - second), min(a + b, first)
    weights = [comb(first, low) * comb(second, a + b - low)]
    for x in range(low, high):  # each from the one before; the division leaves no rest
        into = (first - x) * (a + b - x)
        weights.append(weights[-1] * into // ((x + 1) * (second - a - b + x + 1)))
    return weights, a - low


def _freeman_halton(table: Table) -> float | None:
    row, columns = sum(table[0]), [a + b for a, b in zip(*table, strict=True)]
    columns.sort(reverse=True)
    sums, logs = np.zeros(1, dtype=int), np.zeros(1)
    for position, column in enumerate(columns):
        choices, rest = np.arange(column + 1), sum(columns[position + 1 :])
        if len(sums) * len(choices) > MOST_TABLES:
            return None
        new = np.add.outer(sums, choices).ravel()
        weight = np.add.outer(logs, _log_comb(column, choices)).ravel()
        possible = (new <= row) & (new + rest >= row)
        sums, logs = new[possible], weight[possible]
    logs = logs - _log_comb(sum(columns), np.array(row))
    seen = sum(_log_comb(a + b, np.array(a)) for a, b in zip(*table, strict=True))
    seen = seen - _log_comb(sum(columns), np.array(row))
    return float(min(1.0, np.exp(logs[logs <= seen + TIE]).sum()))


def _log_comb(n: int, k: np.ndarray) -> np.ndarray:
    parts = special.gammaln(n + 1) - special.gammaln(k + 1) - special.gammaln(n - k + 1)
    return np.asarray(parts)
