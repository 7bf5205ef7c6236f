"""Numbers and printed numbers as text: the only place where a value becomes a word of a page.

A number becomes a plain `str`, so that no type of a library can leak into a sentence; a page
shows `Words`, which `markup` escapes.
"""

import math
import re
from calendar import month_name
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from livingreview_display.addresses import Cited, Places, address_of
from livingreview_display.markup import ADDRESS, Html, Shown, element, joined, linked
from livingreview_record import (
    ESTIMATES,
    INTERVAL_LEVELS,
    INTERVAL_STATISTICS,
    Printed,
    Quantity,
    Reported,
    ReportedInterval,
    Study,
    table_first,
)

ISO_DAY = re.compile(r"\d{4}-\d\d-\d\d")
MINUS = "\N{MINUS SIGN}"
STATISTIC_WORDS: Mapping[str, str] = {
    **{name: f"{level:.0%} CI {{}}" for name, level in INTERVAL_LEVELS.items()},
    "range": "range {}",
    "iqr": "IQR {}",
    "sd": "SD {}",
    "percent": "{}%",
    "rate": "{}%",
    "median": "median {}",
    "mean": "mean {}",
    "minimum": "minimum {}",
    "maximum": "maximum {}",
    "p": "p {}",
    "se": "SE {}",
    "person-time": "person-time {}",
}
_FIRST = (
    "n",
    "percent",
    "rate",
    *sorted(ESTIMATES - {"difference"}),
    "median",
    "mean",
    "difference",
)
_PLAIN_WHEN_FIRST = frozenset({"median", "mean", "p", "range", "minimum", "maximum"})


class Words(Shown):
    """Text of a page as it was typed: a paragraph, or a list with a bullet for each text.

    A blank line begins a new paragraph; web addresses and DOIs are links.
    """

    def __init__(self, words: str | Sequence[str]) -> None:
        self.words = words

    def __repr__(self) -> str:
        """The text itself, without quotes; a line for each bullet."""
        words = self.words
        return words if isinstance(words, str) else "\n".join(f"- {one}" for one in words)

    def html(self) -> Html:
        """The paragraphs, or the list."""
        if isinstance(self.words, str):
            parts = re.split(r"\n\s*\n", self.words.strip())
            return joined(*(element("p", linked(part)) for part in parts), between="\n")
        return element("ul", *(element("li", linked(one)) for one in self.words))


@dataclass(frozen=True, repr=False)
class Link(Shown):
    """A paragraph that leads to another page, or to a place on it."""

    words: str
    address: str

    def __repr__(self) -> str:
        """The words alone."""
        return self.words

    def html(self) -> Html:
        """The words as a link."""
        return element("p", element("a", self.words, href=self.address))


def number(value: float, decimals: int = 2) -> str:
    """The value with fixed decimals and a true minus sign.

    >>> number(0.125, 1), number(48.0, 0), number(float("nan"))
    ('0.1', '48', 'not estimable')
    """
    value = float(value)
    if math.isnan(value):
        return "not estimable"
    if math.isinf(value):
        return "∞" if value > 0 else f"{MINUS}∞"
    text = f"{value:,.{decimals}f}"
    is_zero = not text.strip("-0.,")
    return text.lstrip("-") if is_zero else text.replace("-", MINUS)


def percent(value: float) -> str:
    """A share in percent, without decimals.

    >>> percent(12.4), percent(float("nan"))
    ('12%', 'not estimable')
    """
    return number(value, 0) + ("" if math.isnan(value) else "%")


def p_value(value: float) -> str:
    """A p-value to three decimals, never as zero.

    >>> p_value(0.0312), p_value(0.00004)
    ('0.031', '<0.001')
    """
    return "<0.001" if float(value) < 0.001 else number(value, 3)


def day(text: str) -> str:
    """A day as people write it; any other text stays.

    >>> day("2026-11-04"), day("2026"), day("not stated")
    ('4 November 2026', '2026', 'not stated')
    """
    if not ISO_DAY.fullmatch(text):
        return text
    found = date.fromisoformat(text)
    return f"{found.day} {month_name[found.month]} {found.year}"


def listed(items: Iterable[object]) -> str:
    """Items as an enumeration in a sentence.

    >>> listed(["a", "b", "c"]), listed(["a"])
    ('a, b and c', 'a')
    """
    words = [str(item) for item in items]
    if len(words) <= 1:
        return "".join(words)
    return f"{', '.join(words[:-1])} and {words[-1]}"


def bullets(items: Iterable[object], *, empty: str = "None recorded.") -> str | list[str]:
    """Items as sentences with a capital and a full stop, for `Words` to show as a list.

    >>> print(Words(bullets(["one hospital", "24 patients."])))
    - One hospital.
    - 24 patients.
    """
    return [sentence(item) for item in items] or empty


def sentence(text: object) -> str:
    """The text with a capital first letter, unless it is an address, and a full stop."""
    words = str(text).strip()
    if not ADDRESS.match(words):
        words = f"{words[:1].upper()}{words[1:]}"
    end = "" if words.endswith((".", "!", "?")) else "."
    return f"{words}{end}"


def as_printed(places: Sequence[Printed], words: str = "{}") -> str:
    """What the source prints for one quantity; different values in different places are all shown.

    A table cell comes before a mention in the text.  `6` and `six` are the same value, and a
    mention such as `>0.05` adds nothing to a value that it admits.  `words` is put around each.
    """
    texts: dict[object, str] = {}
    for place in table_first(places):
        texts.setdefault(_printed_value(place), place.value)
    first, *others = texts.values()
    others = [words.format(other) for other in others if not _is_bound_of(other, first)]
    first = words.format(first)
    return f"{first}; also printed {listed(others)}" if others else first


def _is_bound_of(text: str, value: str) -> bool:
    """Whether `text` is an inequality that the printed `value` meets."""
    try:
        bound, exact = Reported(text), Reported(value)
    except ValueError:
        return False
    return bound.relation != "=" and exact.relation == "=" and bound.admits(exact.value)


def _printed_value(place: Printed) -> object:
    """What the text stands for, so that two spellings of one value are equal."""
    if place.quantity.statistic in INTERVAL_STATISTICS:
        interval = ReportedInterval(place.value)
        return tuple(_exact(bound) for bound in (interval.lower, interval.upper))
    try:
        return _exact(Reported(place.value))
    except ValueError:
        return place.value.casefold()


def _exact(value: Reported) -> tuple[str, Decimal | str]:
    return value.relation, value.text if value.exact is None else value.exact


def cell(numbers: Iterable[Printed]) -> Cited:
    """The printed numbers that belong together as one text: `20 (83.3%)`, `61 (range 21-77)`.

    The main number comes first, the others follow in brackets.
    """
    by_statistic: dict[str, list[Printed]] = {}
    together = list(numbers)
    for printed in together:
        by_statistic.setdefault(printed.quantity.statistic, []).append(printed)
    order = [name for name in _FIRST if name in by_statistic]
    order += [name for name in by_statistic if name not in order]
    texts = []
    for position, name in enumerate(order):
        plain = position == 0 and name in _PLAIN_WHEN_FIRST
        words = "{}" if plain else STATISTIC_WORDS.get(name, "{}")
        texts.append(as_printed(by_statistic[name], words))
    main, *others = texts or [""]
    text = f"{main} ({'; '.join(others)})" if others else main
    return Cited(text, together)


def places(numbers: Iterable[Printed], address: Callable[[Printed], str] = address_of) -> Places:
    """Where numbers are printed, each place once: `Table 1, Sex > Male; Abstract`.

    On a page each place leads to the `address` of the first number that stands there.
    """
    return Places(
        (
            ", ".join(filter(None, (n.locator.table or n.locator.section, n.locator.row))),
            address(n),
        )
        for n in table_first(numbers)
    )


def printed(study: Study, *, interval: bool = True, **identity: str) -> Cited:
    """One printed quantity of a study, with its interval where that is wanted and printed too.

    `identity` names columns of the quantity; population `whole`, no subgroup, no category and
    no timepoint unless named.  Raises `ValueError` unless exactly one quantity fits.
    """
    wanted = {"population": "whole", "subgroup": "", "category": "", "timepoint": ""} | identity
    found = {number.quantity: number for number in study.find(**wanted)}
    if len(found) != 1:
        fits = "; ".join(str(quantity) for quantity in found) or "none"
        msg = f"{study.id}: need one printed quantity for {identity}, found {fits}; name more"
        raise ValueError(msg)
    (quantity,) = found
    numbers = list(study.by_quantity[quantity])
    if interval and quantity.statistic not in ("n", "p", *INTERVAL_STATISTICS):
        numbers += intervals_of(study, quantity)
    return cell(numbers)


def intervals_of(study: Study, quantity: Quantity) -> list[Printed]:
    """Return the places that print an interval of the quantity, of 95% before other levels."""
    wanted = (replace(quantity, statistic=level) for level in INTERVAL_LEVELS)
    return [place for one in wanted for place in study.by_quantity.get(one, ())]
