"""What is wrong with our own files: every problem found, told at once."""

from collections.abc import Iterable
from dataclasses import dataclass


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
    """Our data cannot be used; ``problems`` lists every reason.

    >>> print(DataProblemsError([Problem("a.csv row 2", "an arm id", "'x'", "declare the arm")]))
    1 problem in the data:
    - a.csv row 2: need an arm id, found 'x'; declare the arm.
    """

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        count = len(self.problems)
        head = f"{count} problem{'s' if count != 1 else ''} in the data:"
        super().__init__("\n".join([head, *(f"- {problem}" for problem in self.problems)]))
