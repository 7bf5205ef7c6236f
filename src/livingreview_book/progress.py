"""A long build says now and then how far it is, also where Sphinx was told to be quiet."""

import time
from collections import Counter
from collections.abc import Callable

EVERY = 5.0  # seconds


class Progress:
    """Counts steps, and says the count when some seconds have passed since it last said one."""

    def __init__(self, say: Callable[[str], None] | None = None, every: float = EVERY) -> None:
        self.say = say or (lambda line: print(line, flush=True))
        self.every = every
        self.counts: Counter[str] = Counter()
        self.said = time.monotonic()

    def step(self, what: str, page: str) -> None:
        """Count a page that is being read or written.

        >>> progress = Progress(print, every=0)
        >>> progress.step("reading", "chapters/a")
          reading page 1: chapters/a
        """
        self.counts[what] += 1
        if time.monotonic() - self.said >= self.every:
            self.say(f"  {what} page {self.counts[what]}: {page}")
            self.said = time.monotonic()
