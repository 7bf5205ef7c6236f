"""Means, standard deviations, medians and ranges against each other and against group sizes."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import product

from scipy import special

from livingreview.audit.boxes import Box, image
from livingreview.audit.finding import Finding, Verdict
from livingreview.audit.sizes import group_sizes, group_words, quantity_words, table_first
from livingreview.reported import Reported
from livingreview.studies import ALL_ARMS, Printed, Quantity, Study

MEAN_TESTS = frozenset({"t-test", "t-or-mann-whitney"})


@dataclass(frozen=True)
class _Group:
    """Mean, standard deviation and size of one group."""

    mean: Printed
    sd: Printed
    size: int
    numbers: tuple[Printed, ...]

    @property
    def words(self) -> str:
        return f"{self.mean.value} ± {self.sd.value} of {self.size}"


def p_of_means(study: Study) -> Iterator[Finding]:
    """P-values of t-tests from means, standard deviations and sizes.

    Student's and Welch's test are both taken, over everything the rounded values may have been;
    where the paper may have used a rank test, a mismatch is not checkable.
    """
    for number in study.numbers:
        quantity = number.quantity
        if quantity.statistic != "p" or quantity.method not in MEAN_TESTS:
            continue
        if quantity.comparison in study.comparisons:
            comparison = study.comparisons[quantity.comparison]
            arms = [
                _group(study, quantity, a) for a in (comparison.experimental, comparison.control)
            ]
            if all(arms) and study.vocabulary(quantity.outcome).kind == "continuous":
                yield _judge_p(study, number, [arm for arm in arms if arm is not None])


def pooled_means(study: Study) -> Iterator[Finding]:
    """Mean and standard deviation of all patients against those of the arms."""
    if len(study.arms) < 2:
        return
    for places in list(study.by_quantity.values()):
        quantity = places[0].quantity
        if quantity.statistic != "mean" or quantity.arm_id != ALL_ARMS:
            continue
        arms = [_group(study, quantity, arm) for arm in study.arms]
        known = [arm for arm in arms if arm is not None]
        if len(known) == len(arms):
            yield _judge_pooled(study, table_first(places)[0], known)
            spread = table_first(study.by_quantity.get(replace(quantity, statistic="sd"), ()))
            if spread:
                yield _judge_pooled_sd(study, spread[0], known)


def middle_of_all(study: Study) -> Iterator[Finding]:
    """A mean or median of all patients must lie between those of the arms; ranges must nest."""
    if len(study.arms) < 2:
        return
    for places in list(study.by_quantity.values()):
        quantity, whole = places[0].quantity, table_first(places)[0]
        if quantity.arm_id != ALL_ARMS or quantity.comparison:
            continue
        if not _is_of_values(study, quantity):
            continue
        arms = [
            table_first(found)[0]
            for arm in study.arms
            if (found := study.by_quantity.get(replace(quantity, arm_id=arm), ()))
        ]
        if len(arms) == len(study.arms) and quantity.statistic in ("mean", "median"):
            yield _between(study, whole, arms)
        elif len(arms) == len(study.arms) and quantity.statistic == "range":
            yield _nested(study, whole, arms)


def spread_in_range(study: Study) -> Iterator[Finding]:
    """A standard deviation against the largest that the range allows.

    With values from a to b, it is at most ``sqrt((mean - a) (b - mean) n / (n - 1))`` (Bhatia &
    Davis 2000, *American Mathematical Monthly* 107:353).
    """
    for places in list(study.by_quantity.values()):
        quantity, limits = places[0].quantity, table_first(places)[0]
        if quantity.statistic != "range" or not _is_of_values(study, quantity):
            continue
        group = _group(study, quantity, quantity.arm_id)
        if group is None or group.size < 2:
            continue
        low = Box.of(limits.interval.lower).lower
        high = Box.of(limits.interval.upper).upper
        mean, size = group.mean.number.value, group.size
        largest = math.sqrt(max(0.0, (mean - low) * (high - mean)) * size / (size - 1))
        fits = Box.of(group.sd.number).lower <= largest
        verdict = Verdict.REPRODUCED if fits else Verdict.IMPOSSIBLE
        said = f"{_label(study, group.sd)}: with values from {limits.value}, the SD is at most"
        numbers = (group.sd, limits, group.mean)
        text = f"{said} {largest:.2f}; {group.sd.value} is printed."
        yield Finding(numbers, group.sd.value, f"at most {largest:.2f}", verdict, text)


def grim(study: Study) -> Iterator[Finding]:
    """Means of whole numbers: some whole sum, divided by the size, must print like the mean.

    Only for variables declared ``integer: true``.

    References: Brown & Heathers 2017, *Social Psychological and Personality Science* 8:363.
    """
    for number in study.numbers:
        if number.quantity.statistic != "mean" or not _is_integer(study, number.quantity):
            continue
        sizes = group_sizes(study, number.quantity)
        if not sizes:
            continue
        fits = any(whole_sums(number.number, size.value) for size in sizes)
        verdict = Verdict.REPRODUCED if fits else Verdict.IMPOSSIBLE
        told = f"{'a' if fits else 'no'} sum of {sizes[0].value} whole numbers"
        said = f"{_label(study, number)}: {told} gives the mean {number.value}."
        numbers = (number, *sizes[0].numbers)
        yield Finding(numbers, number.value, told, verdict, said)


def grimmer(study: Study) -> Iterator[Finding]:
    """Standard deviations of whole numbers: some whole sum of squares must give mean and SD.

    Only for variables declared ``integer: true``, where the mean passes GRIM.

    References: Anaya 2016, *PeerJ Preprints* 4:e2400v1; Allard 2018 (A-GRIMMER).
    """
    for number in study.numbers:
        if number.quantity.statistic != "sd" or not _is_integer(study, number.quantity):
            continue
        group = _group(study, number.quantity, number.quantity.arm_id)
        if group is None or group.size < 2 or not whole_sums(group.mean.number, group.size):
            continue
        fits = has_whole_squares(group.mean.number, number.number, group.size)
        verdict = Verdict.REPRODUCED if fits else Verdict.IMPOSSIBLE
        told = f"{'a' if fits else 'no'} sum of squares of {group.size} whole numbers"
        said = f"{_label(study, number)}: {told} gives {group.words}."
        numbers = (number, *group.numbers)
        yield Finding(numbers, number.value, told, verdict, said)


def whole_sums(mean: Reported, size: int) -> range:
    """The whole sums of ``size`` values whose mean may print like this.

    >>> list(whole_sums(Reported("5.19"), 28)), list(whole_sums(Reported("5.18"), 28))
    ([], [145])
    """
    lower, upper = (Fraction(end) * size for end in mean.rounding_box)
    return range(math.ceil(lower), math.floor(upper) + 1)


def has_whole_squares(mean: Reported, sd: Reported, size: int) -> bool:
    """Whether whole values with this mean may have this standard deviation.

    The sum of squares must be whole and, with the sum, both even or both odd.
    """
    low, high = (max(Fraction(end), Fraction(0)) for end in sd.rounding_box)
    for total in whole_sums(mean, size):
        for divisor in (size - 1, size):
            least = math.ceil(low**2 * divisor + Fraction(total**2, size))
            most = math.floor(high**2 * divisor + Fraction(total**2, size))
            if any(squares % 2 == total % 2 for squares in range(least, min(most, least + 1) + 1)):
                return True
    return False


def student_p(difference: float, spreads: tuple[float, float], sizes: tuple[int, int]) -> float:
    """Two-sided p-value of Student's t-test (equal variances)."""
    (s, r), (n, m) = spreads, sizes
    degrees = n + m - 2
    variance = ((n - 1) * s**2 + (m - 1) * r**2) / degrees * (1 / n + 1 / m)
    return _two_sided(difference, variance, degrees)


def welch_p(difference: float, spreads: tuple[float, float], sizes: tuple[int, int]) -> float:
    """Two-sided p-value of Welch's t-test (unequal variances)."""
    (s, r), (n, m) = spreads, sizes
    first, second = s**2 / n, r**2 / m
    if first + second == 0:
        return _two_sided(difference, 0.0, 1)
    degrees = (first + second) ** 2 / (first**2 / (n - 1) + second**2 / (m - 1))
    return _two_sided(difference, first + second, degrees)


def _two_sided(difference: float, variance: float, degrees: float) -> float:
    if variance == 0:
        return 1.0 if difference == 0 else 0.0
    return float(2 * special.stdtr(degrees, -abs(difference) / math.sqrt(variance)))


def _group(study: Study, quantity: Quantity, arm: str) -> _Group | None:
    wanted = replace(quantity, arm_id=arm, comparison="", method="")
    mean, sd = (
        table_first(study.by_quantity.get(replace(wanted, statistic=statistic), ()))
        for statistic in ("mean", "sd")
    )
    sizes = group_sizes(study, wanted)
    if not mean or not sd or not sizes:
        return None
    size = sizes[0]
    return _Group(mean[0], sd[0], size.value, (mean[0], sd[0], *size.numbers))


def _judge_p(study: Study, p: Printed, arms: list[_Group]) -> Finding:
    sizes = arms[0].size, arms[1].size
    means = [Box.of(arm.mean.number) for arm in arms]
    spreads = [Box.of(arm.sd.number).within(0.0, math.inf) for arm in arms]
    apart = Box(means[0].lower - means[1].upper, means[0].upper - means[1].lower)
    ends = [apart.lower, apart.upper, *([0.0] if apart.contains(0.0) else [])]
    found = {}
    for name, test in (("Student's t-test", student_p), ("Welch's t-test", welch_p)):
        values = [
            test(end, (s, r), sizes)
            for end in ends
            for s, r in product(*((box.lower, box.upper) for box in spreads))
        ]
        found[name] = Box(min(values), max(values))
    fits = [name for name, box in found.items() if box.overlaps(Box.of(p.number))]
    usual = found["Student's t-test"]
    told = f"{arms[0].words} against {arms[1].words}"
    said = f"{told} gives p {usual.lower:.3f} to {usual.upper:.3f} by Student's t-test"
    verdict = Verdict.REPRODUCED if fits else Verdict.DISCREPANT
    if not fits and p.quantity.method != "t-test":
        verdict, said = Verdict.NOT_CHECKABLE, f"{said}; a rank test needs the patients' values"
    elif fits:
        said = f"{told} gives it by {fits[0]}"
    numbers = (p, *arms[0].numbers, *arms[1].numbers)
    recomputed = f"{usual.lower:.3f} to {usual.upper:.3f}"
    text = f"{_label(study, p)}: {said}."
    return Finding(numbers, f"p {p.value}", recomputed, verdict, text)


def _judge_pooled(study: Study, whole: Printed, arms: list[_Group]) -> Finding:
    sizes = [arm.size for arm in arms]

    def pooled(*means: float) -> float:
        return sum(n * m for n, m in zip(sizes, means, strict=True)) / sum(sizes)

    box = image(pooled, *(Box.of(arm.mean.number) for arm in arms))
    return _pooled(study, whole, arms, box)


def _judge_pooled_sd(study: Study, whole: Printed, arms: list[_Group]) -> Finding:
    """From both printed means and SDs; SDs of samples and of populations are both taken."""
    sizes = [arm.size for arm in arms]
    boxes = [
        *(Box.of(arm.mean.number) for arm in arms),
        *(Box.of(arm.sd.number).within(0.0, math.inf) for arm in arms),
    ]

    def pooled(*values: float, less: int) -> float:
        means, spreads = values[: len(arms)], values[len(arms) :]
        centre = sum(n * m for n, m in zip(sizes, means, strict=True)) / sum(sizes)
        squares = sum(
            (n - less) * s**2 + n * (m - centre) ** 2
            for n, m, s in zip(sizes, means, spreads, strict=True)
        )
        return math.sqrt(squares / (sum(sizes) - less))

    sample = image(lambda *values: pooled(*values, less=1), *boxes)
    population = image(lambda *values: pooled(*values, less=0), *boxes)
    return _pooled(study, whole, arms, sample.hull(population))


def _pooled(study: Study, whole: Printed, arms: list[_Group], box: Box) -> Finding:
    fits = box.overlaps(Box.of(whole.number))
    verdict = Verdict.REPRODUCED if fits else Verdict.DISCREPANT
    decimals = whole.number.decimals + 1
    recomputed = f"{box.lower:.{decimals}f} to {box.upper:.{decimals}f}"
    together = " and ".join(arm.words for arm in arms)
    said = f"{_label(study, whole)}: {together} give {recomputed} together; {whole.value} printed."
    numbers = (whole, *(number for arm in arms for number in arm.numbers))
    return Finding(numbers, whole.value, recomputed, verdict, said)


def _between(study: Study, whole: Printed, arms: list[Printed]) -> Finding:
    numbers = [arm.number for arm in arms]
    low, high = min(numbers, key=_value), max(numbers, key=_value)
    fits = _at_most(low, whole.number) and _at_most(whole.number, high)
    told = f"between {' and '.join(arm.value for arm in arms)}"
    return _placed(study, whole, arms, told, fits=fits)


def _nested(study: Study, whole: Printed, arms: list[Printed]) -> Finding:
    low = min((arm.interval.lower for arm in arms), key=_value)
    high = max((arm.interval.upper for arm in arms), key=_value)
    ends = ((whole.interval.lower, low), (whole.interval.upper, high))
    fits = all(_at_most(one, other) and _at_most(other, one) for one, other in ends)
    told = f"the arms' {' and '.join(arm.value for arm in arms)} together"
    return _placed(study, whole, arms, told, fits=fits)


def _value(number: Reported) -> float:
    return number.value


def _at_most(one: Reported, other: Reported) -> bool:
    """Whether the first may be at most the second; rounding to equal decimals keeps the order."""
    if one.decimals == other.decimals and one.relation == other.relation == "=":
        return one.value <= other.value
    return Box.of(one).lower <= Box.of(other).upper


def _placed(study: Study, whole: Printed, arms: list[Printed], told: str, *, fits: bool) -> Finding:
    verdict = Verdict.REPRODUCED if fits else Verdict.IMPOSSIBLE
    words = group_words(study, whole.quantity)
    said = f"{_label(study, whole)} ({words}): {whole.value} {'is' if fits else 'is not'} {told}."
    numbers = (whole, *arms)
    return Finding(numbers, whole.value, told, verdict, said)


def _label(study: Study, number: Printed) -> str:
    return f"{quantity_words(study, number.quantity)}, {number.quantity.statistic}"


def _is_of_values(study: Study, quantity: Quantity) -> bool:
    """Whether the outcome is measured in every patient, without censoring."""
    return study.vocabulary(quantity.outcome).kind == "continuous"


def _is_integer(study: Study, quantity: Quantity) -> bool:
    details = study.vocabulary(quantity.outcome).details or {}
    return details.get("integer") is True
