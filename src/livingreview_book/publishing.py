"""Numbers of a chapter's prose: published under a stable key, then inserted by that key."""

import re
from collections.abc import Mapping

from IPython.display import display

KEY = re.compile(r"[a-z0-9]+(?:[-_.][a-z0-9]+)*")
MIME = "application/papermill.record/text/plain"
METADATA_KEY = "published"


def publish(key: str, text: str) -> None:
    """Publish one number, already formatted, and make it available to the chapter's prose.

    A code cell says ``publish("synthesis.response.new", "30% (95% CI 20-41)")``; a sentence
    anywhere in the same chapter then holds ``{glue:text}`synthesis.response.new` ``, and
    ``results.json`` holds the text under the key.  The text travels with the chapter's
    remembered outputs, so a chapter that was not executed again publishes the same.

    The key is the number's name for ever: begin it with the chapter, then say what it is.  Two
    numbers with one key stop the build.

    Raises ``TypeError`` for anything but a plain ``str`` (format a number with
    ``livingreview.wording`` first) and ``ValueError`` for a malformed key or an empty text.

    >>> publish("Response", "30%")
    Traceback (most recent call last):
    ValueError: key 'Response': need lower-case words joined by dots or hyphens
    """
    if not KEY.fullmatch(key):
        msg = f"key {key!r}: need lower-case words joined by dots or hyphens"
        raise ValueError(msg)
    if not isinstance(text, str):
        kind = type(text).__name__
        msg = f"{key}: need formatted text, found a {kind}; format it with livingreview.wording"
        raise TypeError(msg)
    if not text.strip():
        msg = f"{key}: need a text, found an empty one"
        raise ValueError(msg)
    plain = str(text)
    display(
        {MIME: repr(plain)},
        raw=True,
        metadata={
            "scrapbook": {"name": key, "mime_prefix": MIME.removesuffix("text/plain")},
            METADATA_KEY: plain,
        },
    )


def published(output: Mapping[str, object]) -> tuple[str, str] | None:
    """Key and text of an output that ``publish`` made; nothing for any other output."""
    metadata = output.get("metadata", {})
    if not isinstance(metadata, Mapping) or METADATA_KEY not in metadata:
        return None
    return str(metadata["scrapbook"]["name"]), str(metadata[METADATA_KEY])
