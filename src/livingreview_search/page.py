"""The chapter of the search: the flow, the records behind each box, the queries."""

from pathlib import Path

from livingreview_display import Table, Words, bullets, publish, show
from livingreview_record import load_review
from livingreview_search import tables as search
from livingreview_search.boxes import flow
from livingreview_search.log import load_log


class SearchPage:
    """The log of the search; `root` is the folder that holds `data/`, seen from the chapter."""

    def __init__(self, root: Path | str = "..") -> None:
        self.log = load_log(root)
        self.counted = flow(self.log, load_review(root))

    def publish_results(self, chapter: str = "search", *keys: str) -> None:
        """Publish the counts of the flow under the chapter's name; all where no key is given."""
        for key, text in search.published(self.log, self.counted).items():
            if not keys or key in keys:
                publish(f"{chapter}.{key}", text)

    def flow(self) -> None:
        """Show the flow of records."""
        show(search.flowchart(self.log, self.counted))

    def records(self) -> None:
        """Show each box of the flow as a line that opens to its records."""
        show(search.Opened(self.counted, self.log))

    def ongoing(self) -> None:
        """Show the trials that fit the rules and have no result yet."""
        caption, empty = "Ongoing trials that were met so far", "None so far."
        show(Table(search.ongoing(self.log, self.counted), caption, empty))

    def sources(self) -> None:
        """Show where the records came from."""
        show(Table(search.sources(self.log), "Where the records came from"))

    def not_searched(self) -> None:
        """Show the databases, registers and indexes, and when each was searched."""
        show(Table(search.not_searched(self.log), "Databases, registers and indexes"))

    def query(self, source_id: str) -> None:
        """Show the query of a source, ready to be run."""
        show(Words(self.log.sources[source_id].query.replace("\n", "\n\n")))

    def looks(self) -> None:
        """Show every query in stored pages."""
        show(Table(search.looks(self.log), "Look-ups in stored copies of public pages"))

    def checklist(self) -> None:
        """Show the PRISMA checklist."""
        show(Table(search.checklist(self.log), "The PRISMA checklist, and where its items are met"))

    def publish_checklist(self) -> None:
        """Publish how many items of the checklist are met under `prisma.`."""
        for key, text in search.counted_items(self.log).items():
            publish(f"prisma.{key}", text)

    def people(self) -> None:
        """Show who decided."""
        show(Words(bullets(f"{name}: {words}" for name, words in self.log.people.items())))

    def changed(self) -> None:
        """Show the decisions that replaced an earlier one."""
        show(Table(search.changed(self.log), "Decisions that were replaced", "None so far."))

    def living(self, key: str) -> None:
        """Show how the search is kept alive: its steps, or one of its texts."""
        if key == "steps":
            show(Table(search.steps(self.log), "Steps of an update"))
        else:
            show(Words(bullets([self.log.living[key]])[0]))
