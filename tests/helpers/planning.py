"""A protocol as a test needs it: entries written as in `review.yaml`."""

from dataclasses import replace
from typing import Any

from livingreview_record import Protocol, Review
from livingreview_record.typed import typed

NOTHING: dict[str, Any] = {
    **dict.fromkeys(("title", "documents_read_until", "searched"), ""),
    **{key: {} for key in ("question", "eligibility", "outcomes", "treatment_classes")},
    "syntheses": [],
}


def protocol(**entries: Any) -> Protocol:
    """A protocol that says these entries and nothing else."""
    return typed(Protocol, {**NOTHING, **entries})


def planning(review: Review, **entries: Any) -> Review:
    """The review whose protocol says these entries in place of its own."""
    new = protocol(**entries)
    return replace(
        review, protocol=replace(review.protocol, **{key: getattr(new, key) for key in entries})
    )


def replanned(review: Review, **changes: Any) -> Review:
    """The review, each of its planned syntheses changed in this way."""
    plans = tuple(replace(one, **changes) for one in review.protocol.syntheses)
    return replace(review, protocol=replace(review.protocol, syntheses=plans))
