"""What a chapter's cell puts on its page: objects to show, and numbers under a stable key."""

import re

from IPython.display import display

from livingreview_display.addresses import Cited
from livingreview_display.markup import Shown

KEY = re.compile(r"[a-z0-9]+(?:[-_.][a-z0-9]+)*")
NOTHING = {"shows": "nothing"}
MIME = "application/papermill.record/text/plain"


def show(*items: Shown | None) -> None:
    """Show tables, figures and texts below a cell, in this order; None is left out.

    A cell that asks for something to be shown and finds nothing says so to the builder, which
    leaves out a section of the page, with its heading, in which nothing else is shown.
    """
    found = [item for item in items if item is not None]
    for item in found:
        display(item)
    if not found:
        display({"text/plain": ""}, raw=True, metadata=NOTHING)


def publish(key: str, text: str, *, as_printed: bool = False) -> None:
    """Publish one number, already formatted, and make it available to the chapter's prose.

    A code cell says `publish("synthesis.response.new", "30% (95% CI 20-41)")`; a sentence
    anywhere in the same chapter then holds `` {glue:text}`synthesis.response.new` ``, and
    `results.json` holds the text under the key.  The text travels with the chapter's
    remembered outputs, so a chapter that was not executed again publishes the same.

    The key is the number's name for ever: begin it with the chapter, then say what it is.  Two
    numbers with one key stop the build.  A number that a study prints, and that a chapter
    publishes only so that it can be cited (`as_printed`), enters `results.json` if a sentence
    cites it.  The text of a printed number, as `printed` gives it, leads to its place.

    Raise `TypeError` for anything but a plain `str` (format a number with the functions of
    `livingreview` first) and `ValueError` for a malformed key or an empty text.

    >>> publish("Response", "30%")
    Traceback (most recent call last):
    ValueError: key 'Response': need lower-case words joined by dots or hyphens
    """
    if not KEY.fullmatch(key):
        msg = f"key {key!r}: need lower-case words joined by dots or hyphens"
        raise ValueError(msg)
    if not isinstance(text, str):
        kind = type(text).__name__
        msg = f"{key}: need formatted text, found a {kind}; use livingreview_display.wording"
        raise TypeError(msg)
    if not text.strip():
        msg = f"{key}: need a text, found an empty one"
        raise ValueError(msg)
    plain = str(text)
    address = {"address": text.address} if isinstance(text, Cited) and text.address else {}
    display(
        {MIME: repr(plain)},
        raw=True,
        metadata={
            "scrapbook": {"name": key, "mime_prefix": MIME.removesuffix("text/plain")},
            "published": plain,
            "as_printed": as_printed,
            **address,
        },
    )
