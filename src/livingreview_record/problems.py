"""What is wrong with our own files: every problem found, told at once."""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

LONG = 200


@dataclass(frozen=True)
class Problem:
    """One fault in a file: where it is, what was needed, what was found, what to do."""

    where: str
    needed: str
    found: str
    do: str

    def __str__(self) -> str:
        return f"{self.where}: need {self.needed}, found {self.found}; {self.do}."


class DataProblemsError(Exception):
    """Our data cannot be used; `problems` lists every reason.

    >>> print(DataProblemsError([Problem("a.csv row 2", "an arm id", "'x'", "declare the arm")]))
    1 problem in the data:
    - a.csv row 2: need an arm id, found 'x'; declare the arm.
    """

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        count = len(self.problems)
        head = f"{count} problem{'s' if count != 1 else ''} in the data:"
        super().__init__("\n".join([head, *(f"- {problem}" for problem in self.problems)]))


@dataclass(frozen=True)
class Collector:
    """Collects the problems of one file, each with its place in the file."""

    file: str
    problems: list[Problem]

    def need(self, place: str, needed: str, found: str, do: str) -> None:
        """Add a problem at `place`; `found` is in words, or a value as `shown`."""
        self.problems.append(Problem(f"{self.file} {place}".rstrip(), needed, found, do))

    def cell(self, column: str, needed: str, found: str, do: str) -> None:
        """Add a problem of one cell of a row; `found` is its text."""
        self.need(f"column {column}", needed, repr(found), do)

    def one_of(
        self, place: str, found: object, known: Iterable[str], do: str = "declare or correct it"
    ) -> bool:
        """Whether `found` is known; add a problem that proposes the nearest one if it is not."""
        names = list(dict.fromkeys(known))
        if found in names:
            return True
        names = [name for name in names if name]
        needed = f"one of {', '.join(names) or 'the declared ids (there are none)'}"
        self.need(place, needed, shown(found), do + perhaps(str(found), names))
        return False


def perhaps(found: str, known: Iterable[str]) -> str:
    """A proposal of the nearest known word, or nothing.

    >>> perhaps("limts", ["label", "limits"])
    " (perhaps 'limits')"
    """
    near = get_close_matches(found, list(known), n=1, cutoff=0.7)
    return f" (perhaps {near[0]!r})" if near else ""


def shown(value: object) -> str:
    """A value of a file in words.

    >>> [shown(value) for value in ("x", None, True, [1], {}, 5)]
    ["'x'", 'nothing', 'true', 'a list', 'a mapping', '5']
    """
    if isinstance(value, list | tuple | dict):
        return "a mapping" if isinstance(value, dict) else "a list"
    if value is None or isinstance(value, bool):
        return {None: "nothing", True: "true", False: "false"}[value]
    text = repr(value)
    return text if len(text) < LONG else f"{text[:LONG]}..."
