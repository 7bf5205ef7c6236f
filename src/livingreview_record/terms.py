"""The words of a review: what it calls those who take part, and its unit of time."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Terms:
    """What pages call those who take part, and the unit of their times, as `review.yaml` says.

    >>> Terms("child", "children").fill("{Participants} of each arm, every {participant} once")
    'Children of each arm, every child once'
    """

    participant: str = "patient"
    participants: str = "patients"
    time_unit: str = "months"

    def fill(self, text: str) -> str:
        """Put the words in place of their names in braces; a capital one gives a capital word."""
        for name, word in vars(self).items():
            text = text.replace(f"{{{name}}}", word)
            text = text.replace(f"{{{name.capitalize()}}}", f"{word[:1].upper()}{word[1:]}")
        return text
