"""The address of a printed number: a cell of a table on the page of its study.

A study's page is named after the study, and each cell with printed numbers has an id made of what
is measured, in whom, and when.  The id does not depend on other rows, so that it can be cited.
"""

import re
from collections.abc import Iterable, Iterator

from livingreview_display.markup import Html, element, joined
from livingreview_record import Printed, Quantity


def anchor(quantity: Quantity) -> str:
    """Return the id of the cell that shows a quantity.

    Forms of one result (count, percentage, estimate, interval) share it; its p-value has its own.
    """
    parts = (
        quantity.outcome,
        quantity.arm_id,
        quantity.comparison,
        "" if quantity.population == "whole" else quantity.population,
        quantity.subgroup,
        quantity.adjustment,
        quantity.category,
        quantity.timepoint,
        "p" if quantity.statistic == "p" else "",
    )
    return "n-" + re.sub(r"[^A-Za-z0-9._-]+", "-", ".".join(filter(None, parts)))


def address_of(number: Printed) -> str:
    """Return the address of a printed number, seen from another chapter of the book."""
    return f"{number.study_id}.html#{anchor(number.quantity)}"


class Numbered(str):
    """The text of a cell that shows printed numbers; `ids` are their anchors."""

    __slots__ = ("ids",)
    ids: tuple[str, ...]

    def __new__(cls, text: str, ids: Iterable[str]) -> "Numbered":
        """Return the text with these ids."""
        found = super().__new__(cls, text)
        found.ids = tuple(ids)
        return found


class Cited(str):
    """Printed numbers as text; `address` leads to the first of them on the page of its study."""

    __slots__ = ("address",)
    address: str

    def __new__(cls, text: str, numbers: Iterable[Printed]) -> "Cited":
        """Return the text with the address of the first of these numbers."""
        found = super().__new__(cls, text)
        found.address = next(map(address_of, numbers), "")
        return found


class Places(str):
    """Places as text, each once; `links` has the address to which each of them leads, or nothing.

    >>> Places([("Table 1", "a.html#n-os"), ("Abstract", ""), ("Table 1", "a.html#n-pfs")])
    'Table 1; Abstract'
    """

    __slots__ = ("links",)
    links: tuple[tuple[str, str], ...]

    def __new__(cls, places: Iterable[tuple[str, str]]) -> "Places":
        """Return these places; the first address of each is kept."""
        first: dict[str, str] = {}
        for place, address in places:
            first.setdefault(place, address)
        found = super().__new__(cls, "; ".join(first))
        found.links = tuple(first.items())
        return found

    def html(self) -> Html:
        """The places, each with its link."""
        return joined(*self._parts(), between="; ")

    def _parts(self) -> Iterator[Html]:
        for place, address in self.links:
            yield element("a", place, href=address) if address else joined(place)
