"""Means, standard deviations, medians and ranges against each other and against group sizes."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial
from itertools import product

from scipy import special

from livingreview_audit.finding import Finding, Verdict, check
from livingreview_audit.intervals import Box, image
from livingreview_audit.lookup import (
    Count,
    compared,
    complete,
    group_size,
    group_sizes,
    group_words,
    mention,
    number_words,
    quantity_words,
    table_first,
)
from livingreview_record import ALL_ARMS, Printed, Quantity, Reported, Study

MEAN_TESTS = frozenset({"t-test", "t-or-mann-whitney"})
DIFFERING = ("median", "mean", "percent", "rate")


@dataclass(frozen=True)
class _Group:
    """Mean, standard deviation and size of one group."""

    mean: Printed
    sd: Printed
    count: Count

    @property
    def size(self) -> int:
        return self.count.value

    @property
    def numbers(self) -> tuple[Printed, ...]:
        return (self.mean, self.sd, *self.count.numbers)

    @property
    def words(self) -> str:
        return f"{self.mean.value} ± {self.sd.value} of {self.size}"

    @property
    def spread(self) -> Box:
        return Box.of(self.sd.number).within(0.0, math.inf)


@check("P-values of t-tests from means, standard deviations and sizes.")
def p_of_means(study: Study) -> Iterator[Finding]:
    """Student's and Welch's test are both taken, over everything the rounded values may have been;
    where the paper may have used a rank test, a mismatch is not checkable.
    """
    for p in study.numbers:
        quantity = p.quantity
        if quantity.statistic != "p" or quantity.method not in MEAN_TESTS:
            continue
        if quantity.comparison in study.comparisons and _is_of_values(study, quantity):
            arms = complete(_group(study, arm) for arm in compared(study, quantity))
            if arms:
                yield _judge_p(study, p, arms[0], arms[1])


@check("Mean and standard deviation of all patients against those of the arms.")
def pooled_means(study: Study) -> Iterator[Finding]:
    """Assumes that the arms are all patients: the pooled mean is weighted by their sizes, and the
    squares within and between arms add up.
    """
    for whole in _of_all(study, "mean"):
        of_arms = (replace(whole.quantity, arm_id=arm) for arm in study.arms)
        arms = complete(_group(study, arm) for arm in of_arms)
        if arms:
            yield _pooled(study, whole, arms, _pooled_mean(arms))
            spread = mention(study, replace(whole.quantity, statistic="sd"))
            if spread is not None:
                yield _pooled(study, spread, arms, _pooled_sd(arms))


@check("A mean or median of all patients must lie between those of the arms; ranges must nest.")
def middle_of_all(study: Study) -> Iterator[Finding]:
    """Assumes that the arms are all patients."""
    for whole in _of_all(study, "mean", "median", "range"):
        of_arms = (replace(whole.quantity, arm_id=arm) for arm in study.arms)
        arms = complete(mention(study, arm) for arm in of_arms)
        if arms and _is_of_values(study, whole.quantity):
            place = _nested if whole.quantity.statistic == "range" else _between
            fits, told = place(whole, arms)
            words = f"{number_words(study, whole)} ({group_words(study, whole.quantity)})"
            verdict = Verdict.REPRODUCED if fits else Verdict.IMPOSSIBLE
            said = f"{words}: {whole.value} {'is' if fits else 'is not'} {told}."
            yield Finding((whole, *arms), whole.value, told, verdict, said)


@check("A standard deviation against the largest that the range allows.")
def spread_in_range(study: Study) -> Iterator[Finding]:
    """With values from a to b, it is at most `sqrt((mean - a) (b - mean) n / (n - 1))` (Bhatia &
    Davis 2000, *American Mathematical Monthly* 107:353).
    """
    for limits in _first_places(study, "range"):
        group = _group(study, limits.quantity)
        if not _is_of_values(study, limits.quantity) or group is None or group.size < 2:
            continue
        low = Box.of(limits.interval.lower).lower
        high = Box.of(limits.interval.upper).upper
        mean, size = group.mean.number.value, group.size
        largest = math.sqrt(max(0.0, (mean - low) * (high - mean)) * size / (size - 1))
        fits = Box.of(group.sd.number).lower <= largest
        verdict = Verdict.REPRODUCED if fits else Verdict.IMPOSSIBLE
        most = f"at most {largest:.2f}"
        said = f"{number_words(study, group.sd)}: with values from {limits.value}, the SD is {most}"
        text = f"{said}; {group.sd.value} is printed."
        yield Finding((group.sd, limits, group.mean), group.sd.value, most, verdict, text)


@check("Means of whole numbers: some whole sum, divided by the size, must print like the mean.")
def grim(study: Study) -> Iterator[Finding]:
    """Only for variables declared `integer: true`.

    References: Brown & Heathers 2017, *Social Psychological and Personality Science* 8:363.
    """
    for mean in _of_whole_numbers(study, "mean"):
        sizes = group_sizes(study, mean.quantity)
        if sizes:
            fits = any(whole_sums(mean.number, size.value) for size in sizes)
            sums = f"sum of {sizes[0].value} whole numbers"
            yield _granular(
                study, mean, sizes[0].numbers, sums, f"the mean {mean.value}", fits=fits
            )


@check("Standard deviations of whole numbers: some whole sum of squares must give mean and SD.")
def grimmer(study: Study) -> Iterator[Finding]:
    """Only for variables declared `integer: true`, where the mean passes GRIM.

    References: Anaya 2016, *PeerJ Preprints* 4:e2400v1; Allard 2018 (A-GRIMMER).
    """
    for sd in _of_whole_numbers(study, "sd"):
        group = _group(study, sd.quantity)
        if group and group.size > 1 and whole_sums(group.mean.number, group.size):
            fits = has_whole_squares(group.mean.number, sd.number, group.size)
            sums = f"sum of squares of {group.size} whole numbers"
            yield _granular(study, sd, group.numbers, sums, group.words, fits=fits)


@check("A difference of medians, means or percentages, in either direction.")
def difference_of_arms(study: Study) -> Iterator[Finding]:
    """The difference may have been taken before rounding, so the whole box of both arms counts."""
    for number in study.numbers:
        quantity = number.quantity
        if quantity.statistic != "difference" or quantity.comparison not in study.comparisons:
            continue
        arms = compared(study, quantity)
        pairs = [
            complete(mention(study, replace(arm, statistic=statistic)) for arm in arms)
            for statistic in DIFFERING
        ]
        known = [pair for pair in pairs if pair]
        if known:
            yield _judge_difference(study, number, known)


def whole_sums(mean: Reported, size: int) -> range:
    """The whole sums of `size` values whose mean may print like this.

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


T_TESTS = {"Student's t-test": student_p, "Welch's t-test": welch_p}


def _two_sided(difference: float, variance: float, degrees: float) -> float:
    if variance == 0:
        return 1.0 if difference == 0 else 0.0
    return float(2 * special.stdtr(degrees, -abs(difference) / math.sqrt(variance)))


def _group(study: Study, quantity: Quantity) -> _Group | None:
    wanted = replace(quantity, comparison="", method="")
    mean = mention(study, replace(wanted, statistic="mean"))
    sd = mention(study, replace(wanted, statistic="sd"))
    size = group_size(study, wanted)
    return _Group(mean, sd, size) if mean and sd and size else None


def _judge_p(study: Study, p: Printed, one: _Group, other: _Group) -> Finding:
    apart = _minus(Box.of(one.mean.number), Box.of(other.mean.number))
    ends = [apart.lower, apart.upper, *([0.0] if apart.contains(0.0) else [])]
    corners = list(product(*((arm.spread.lower, arm.spread.upper) for arm in (one, other))))
    found = {}
    for name, test in T_TESTS.items():
        values = [test(end, (s, r), (one.size, other.size)) for end in ends for s, r in corners]
        found[name] = Box(min(values), max(values))
    fits = [name for name, box in found.items() if box.overlaps(Box.of(p.number))]
    usual = found["Student's t-test"]
    told = f"{one.words} against {other.words} gives"
    said = f"{told} p {usual.lower:.3f} to {usual.upper:.3f} by Student's t-test"
    verdict = Verdict.REPRODUCED if fits else Verdict.DISCREPANT
    if not fits and p.quantity.method != "t-test":
        verdict, said = Verdict.NOT_CHECKABLE, f"{said}; a rank test needs the patients' values"
    elif fits:
        said = f"{told} it by {fits[0]}"
    numbers = (p, *one.numbers, *other.numbers)
    recomputed = f"{usual.lower:.3f} to {usual.upper:.3f}"
    return Finding(
        numbers, f"p {p.value}", recomputed, verdict, f"{number_words(study, p)}: {said}."
    )


def _minus(one: Box, other: Box) -> Box:
    return Box(one.lower - other.upper, one.upper - other.lower)


def _pooled_mean(arms: Sequence[_Group]) -> Box:
    sizes = [arm.size for arm in arms]

    def pooled(*means: float) -> float:
        return sum(n * m for n, m in zip(sizes, means, strict=True)) / sum(sizes)

    return image(pooled, *(Box.of(arm.mean.number) for arm in arms))


def _pooled_sd(arms: Sequence[_Group]) -> Box:
    """From both printed means and SDs; SDs of samples and of populations are both taken."""
    sizes = [arm.size for arm in arms]
    boxes = [*(Box.of(arm.mean.number) for arm in arms), *(arm.spread for arm in arms)]

    def pooled(*values: float, less: int) -> float:
        means, spreads = values[: len(arms)], values[len(arms) :]
        centre = sum(n * m for n, m in zip(sizes, means, strict=True)) / sum(sizes)
        squares = sum(
            (n - less) * s**2 + n * (m - centre) ** 2
            for n, m, s in zip(sizes, means, spreads, strict=True)
        )
        return math.sqrt(squares / (sum(sizes) - less))

    sample, population = (image(partial(pooled, less=less), *boxes) for less in (1, 0))
    return sample.hull(population)


def _pooled(study: Study, whole: Printed, arms: Sequence[_Group], box: Box) -> Finding:
    fits = box.overlaps(Box.of(whole.number))
    verdict = Verdict.REPRODUCED if fits else Verdict.DISCREPANT
    decimals = whole.number.decimals + 1
    recomputed = f"{box.lower:.{decimals}f} to {box.upper:.{decimals}f}"
    together = f"{' and '.join(arm.words for arm in arms)} give {recomputed} together"
    said = f"{number_words(study, whole)}: {together}; {whole.value} printed."
    numbers = (whole, *(number for arm in arms for number in arm.numbers))
    return Finding(numbers, whole.value, recomputed, verdict, said)


def _between(whole: Printed, arms: Sequence[Printed]) -> tuple[bool, str]:
    low, *_, high = sorted((arm.number for arm in arms), key=_value)
    fits = _at_most(low, whole.number) and _at_most(whole.number, high)
    return fits, f"between {' and '.join(arm.value for arm in arms)}"


def _nested(whole: Printed, arms: Sequence[Printed]) -> tuple[bool, str]:
    low = min((arm.interval.lower for arm in arms), key=_value)
    high = max((arm.interval.upper for arm in arms), key=_value)
    ends = ((whole.interval.lower, low), (whole.interval.upper, high))
    fits = all(_at_most(one, other) and _at_most(other, one) for one, other in ends)
    return fits, f"the arms' {' and '.join(arm.value for arm in arms)} together"


def _value(number: Reported) -> float:
    return number.value


def _at_most(one: Reported, other: Reported) -> bool:
    """Whether the first may be at most the second; rounding to equal decimals keeps the order."""
    if one.decimals == other.decimals and one.relation == other.relation == "=":
        return one.value <= other.value
    return Box.of(one).lower <= Box.of(other).upper


def _granular(
    study: Study, judged: Printed, used: tuple[Printed, ...], sums: str, wanted: str, *, fits: bool
) -> Finding:
    """Whether some whole sum gives what is wanted."""
    verdict = Verdict.REPRODUCED if fits else Verdict.IMPOSSIBLE
    told = f"{'a' if fits else 'no'} {sums}"
    said = f"{number_words(study, judged)}: {told} gives {wanted}."
    return Finding((judged, *used), judged.value, told, verdict, said)


def _judge_difference(
    study: Study, number: Printed, pairs: Sequence[tuple[Printed, ...]]
) -> Finding:
    fits = [pair for pair in pairs if _distance(*pair).overlaps(_size(number))]
    one, other = (fits or pairs)[0]
    apart = abs(one.number.value - other.number.value)
    text = f"{apart:.{max(one.number.decimals, other.number.decimals)}f}"
    verdict = Verdict.REPRODUCED if fits else Verdict.DISCREPANT
    differ = f"{one.value} and {other.value} differ by {text}"
    said = f"{quantity_words(study, number.quantity)}: {differ}; {number.value} is printed."
    return Finding((number, one, other), number.value, text, verdict, said)


def _distance(one: Printed, other: Printed) -> Box:
    """The absolute difference of two printed numbers."""
    apart = _minus(Box.of(one.number), Box.of(other.number))
    ends = sorted((abs(apart.lower), abs(apart.upper)))
    return Box(0.0 if apart.lower <= 0 <= apart.upper else ends[0], ends[1])


def _size(number: Printed) -> Box:
    box = Box.of(number.number)
    return Box(-box.upper, -box.lower) if number.number.value < 0 else box


def _of_all(study: Study, *statistics: str) -> Iterator[Printed]:
    """The first place of each of these statistics of all patients, where there are arms."""
    for number in _first_places(study, *statistics) if len(study.arms) > 1 else ():
        if number.quantity.arm_id == ALL_ARMS and not number.quantity.comparison:
            yield number


def _first_places(study: Study, *statistics: str) -> Iterator[Printed]:
    for quantity, places in study.by_quantity.items():
        if quantity.statistic in statistics:
            yield table_first(places)[0]


def _of_whole_numbers(study: Study, statistic: str) -> Iterator[Printed]:
    for number in study.numbers:
        measured = study.vocabulary(number.quantity.outcome)
        if number.quantity.statistic == statistic and measured.integer:
            yield number


def _is_of_values(study: Study, quantity: Quantity) -> bool:
    """Whether the outcome is measured in every patient, without censoring."""
    return study.vocabulary(quantity.outcome).kind == "continuous"
