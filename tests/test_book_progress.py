"""A long build shows that it goes on, and a short one says nothing more."""

from livingreview_book.progress import Progress


def test_a_short_build_says_nothing() -> None:
    said: list[str] = []
    progress = Progress(said.append, every=60)
    for number in range(100):
        progress.step("reading", f"chapters/{number}")
    assert said == []


def test_a_long_build_says_at_most_one_line_in_each_while() -> None:
    said: list[str] = []
    progress = Progress(said.append, every=60)
    for number in range(6):
        progress.said -= 25  # as if time had passed
        progress.step("writing", f"chapters/{number}")
    assert said == ["  writing page 3: chapters/2", "  writing page 6: chapters/5"]
