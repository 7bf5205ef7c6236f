"""The log of the search as tables, and its flow as the boxes of a drawing."""

from collections import Counter
from collections.abc import Mapping

import pandas as pd

from livingreview_display import (
    NO_BREAK_SPACE,
    Flowchart,
    Html,
    Shown,
    Step,
    day,
    element,
    joined,
    linked,
    sentence,
)
from livingreview_search import NEVER, SOURCE_KINDS, Box, Decision, Flow, Record, SearchLog

BESIDE = {  # boxes of the flow, each with the ones that are drawn beside it
    "identified": ("duplicates",),
    "screened": ("screened-out",),
    "sought": ("not-retrieved",),
    "assessed": ("excluded", "awaiting", "ongoing"),
    "included": (),
}


def flowchart(log: SearchLog, flow: Flow) -> Flowchart:
    """The flow of records as a drawing."""
    steps = [Step(("Databases and registers", *_searched(log)))]
    for main, beside in BESIDE.items():
        lines = _lines(flow[main], with_parts=main == "identified")
        if main == "included":
            lines = (*lines, f"of {flow.included_studies} studies")
        steps.append(Step(lines, tuple(line for one in beside for line in _lines(flow[one]))))
    return Flowchart(tuple(steps), "Flow of records by PRISMA 2020")


def _searched(log: SearchLog) -> tuple[str, ...]:
    found = log.searched()
    if not found:
        return ("searched: never", "0 records")
    return tuple(f"{one.label}, {day(one.date)}: {one.entries}" for one in found)


def _lines(box: Box, *, with_parts: bool = True) -> tuple[str, ...]:
    parts = (
        [f"{name}:{NO_BREAK_SPACE}{len(found)}" for name, found in box.parts.items()]
        if with_parts
        else []
    )
    return (f"{box.label}:{NO_BREAK_SPACE}{box.count}", *(f"- {one}" for one in parts))


class Opened(Shown):
    """The boxes of the flow, each of which opens to its records."""

    def __init__(self, flow: Flow, log: SearchLog) -> None:
        self.flow = flow
        self.log = log

    def __repr__(self) -> str:
        """The count of each box and of each of its parts, with the ids of their records."""
        lines = []
        for box in self.flow.boxes.values():
            lines.append(f"{box.label}: {box.count}")
            for name, records in box.parts.items():
                ids = " ".join(one.record_id for one in records)
                lines.append(f"  {name}: {len(records)} ({ids})")
        return "\n".join(lines)

    def html(self) -> Html:
        """A line for each box, which opens to its records under their reasons or sources."""
        return joined(*(self._opened(box) for box in self.flow.boxes.values()), between="\n")

    def _opened(self, box: Box) -> Html:
        stage = "screening" if box.id == "screened-out" else "eligibility"
        decisions = self.log.standing(stage) if box.id in REASONED else {}
        parts = [
            joined(
                element("p", element("strong", f"{name} ({len(records)})")),
                element("ul", *(_item(one, decisions) for one in records)),
            )
            for name, records in box.parts.items()
        ]
        return element(
            "details", element("summary", f"{box.label}: {box.count}"), *parts, class_="records"
        )


REASONED = frozenset(
    {"screened-out", "not-retrieved", "excluded", "awaiting", "ongoing", "included"}
)


def _item(one: Record, decisions: Mapping[str, Decision]) -> Html:
    decision = decisions.get(one.record_id)
    why = f" Read: {decision.read}. {sentence(decision.why)}" if decision else ""
    return element("li", f"{one.record_id}: ", linked(one.short + why))


def ongoing(log: SearchLog, flow: Flow) -> pd.DataFrame:
    """Trials that fit the rules and have no result yet: what was read of each, and where."""
    decisions = log.standing("eligibility")
    lines = [
        [one.short, one.described if one.title else "", decisions[one.record_id].why, one.address]
        for one in flow["ongoing"].records
    ]
    columns = ["Trial, and its number", "What it is", "Why it counts", "Page that was read"]
    return pd.DataFrame(lines, columns=columns)


def sources(log: SearchLog) -> pd.DataFrame:
    """Each source with its kind, its day, how many records it gave, and what must be known."""
    lines = [
        [one.label, SOURCE_KINDS[one.kind], day(one.date), str(one.entries), one.note]
        for one in log.sources.values()
        if not one.schedule
    ]
    return pd.DataFrame(lines, columns=["Source", "Kind", "Day", "Records", "To be known"])


def not_searched(log: SearchLog) -> pd.DataFrame:
    """Each database, register or index with the day on which it was searched, or never."""
    lines = [
        [one.label, SOURCE_KINDS[one.kind], searched, one.schedule]
        for one in log.sources.values()
        if one.schedule
        for searched in ["never" if one.date == NEVER else day(one.date)]
    ]
    return pd.DataFrame(lines, columns=["Source", "Kind", "Searched", "To be searched"])


def looks(log: SearchLog) -> pd.DataFrame:
    """Every query that was made in stored pages, with what was noted of its results."""
    lines = [[one.number, day(one.date), one.query, one.noted] for one in log.looks]
    return pd.DataFrame(lines, columns=["No.", "Day", "Query", "Noted"])


def steps(log: SearchLog) -> pd.DataFrame:
    """The steps of an update, when each is made, and by whom."""
    lines = [[one["step"], one["when"], one["who"]] for one in log.living["steps"]]
    return pd.DataFrame(lines, columns=["Step", "When", "Who"])


def changed(log: SearchLog) -> pd.DataFrame:
    """Decisions that replaced an earlier one."""
    lines = [
        [
            day(one.date),
            one.record_id,
            log.decisions[int(one.supersedes) - 1].decision,
            one.decision,
            one.why,
        ]
        for one in log.decisions
        if one.supersedes
    ]
    return pd.DataFrame(lines, columns=["Day", "Record", "Before", "Now", "Why"])


def checklist(log: SearchLog) -> pd.DataFrame:
    """The PRISMA checklist: what each item asks for, where it is met, or what is missing."""
    lines = [
        [
            one.item,
            one.asks,
            element("a", one.chapter, href=f"{one.chapter}.html"),
            one.met,
            one.note,
        ]
        for one in log.checklist
    ]
    return pd.DataFrame(lines, columns=["Item", "What it asks for", "Chapter", "Met", "Note"])


def counted_items(log: SearchLog) -> dict[str, str]:
    """How many items of the checklist there are, and how many are met, partly met or not."""
    found = Counter(one.met.replace(" ", "-") for one in log.checklist)
    return {"items": str(len(log.checklist))} | {
        name: str(found[name]) for name in ("met", "partly", "not-met")
    }


def published(log: SearchLog, flow: Flow) -> dict[str, str]:
    """The counts of the flow and of its sources as text, by key."""
    texts = {f"flow.{name}": str(box.count) for name, box in flow.boxes.items()}
    texts |= {f"source.{one.id}": str(one.entries) for one in log.sources.values() if one.entries}
    lists = [one for one in log.sources.values() if one.kind == "reference-list"]
    return texts | {
        "flow.included.studies": str(flow.included_studies),
        "looks": str(len(log.looks)),
        "searched": str(len(log.searched())),
        "reference-lists": str(len(lists)),
        "references": str(sum(one.entries for one in lists)),
        "decisions": str(len(log.decisions)),
    }
