"""Numbers that a chapter published: `livingreview.publish` puts each into an output's metadata."""

from collections.abc import Mapping


def published(output: Mapping[str, object]) -> tuple[str, str] | None:
    """Return key and text of an output of `livingreview.publish`; None for any other output."""
    metadata = output.get("metadata", {})
    if not isinstance(metadata, Mapping) or "published" not in metadata:
        return None
    return str(metadata["scrapbook"]["name"]), str(metadata["published"])
