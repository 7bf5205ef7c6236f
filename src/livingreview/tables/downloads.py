"""The links to what a reader can download; the files themselves are made by ``archive``."""

from dataclasses import dataclass

from livingreview.markup import Html, Shown, element, joined

FILES = {
    "numbers.csv": "every printed number of every study, one row each, with its place",
    "numbers.json": "the same numbers as JSON",
    "dictionary.csv": "what every column and every key of the data means",
    "data.zip": "all of it, with the studies, the protocol and the published results",
}


@dataclass(frozen=True, repr=False)
class Links(Shown):
    """Links to the downloads of the book, as a table; ``folder`` is seen from the page."""

    folder: str = "../downloads"

    def __repr__(self) -> str:
        """The names of the files, one a line."""
        return "\n".join(f"{name}: {what}" for name, what in FILES.items())

    def html(self) -> Html:
        """A row a file: the link, and what the file holds."""
        heads = (element("th", words, scope="col") for words in ("File", "What it holds"))
        rows = (
            element("tr", element("th", self._link(name), scope="row"), element("td", what))
            for name, what in FILES.items()
        )
        return element(
            "table",
            element("thead", element("tr", *heads)),
            element("tbody", joined(*rows, between="\n")),
            class_="dataframe printed",
        )

    def _link(self, name: str) -> Html:
        return element("a", name, href=f"{self.folder}/{name}", download=name)
