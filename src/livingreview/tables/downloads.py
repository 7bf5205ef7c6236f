"""The links to what a reader can download; the files themselves are made by ``archive``."""

from dataclasses import dataclass
from html import escape

FILES = {
    "numbers.csv": "every printed number of every study, one row each, with its place",
    "numbers.json": "the same numbers as JSON",
    "dictionary.csv": "what every column and every key of the data means",
    "data.zip": "all of it, with the studies, the protocol and the published results",
}


@dataclass(frozen=True, repr=False)
class Links:
    """Links to the downloads of the book, as a table; ``folder`` is seen from the page."""

    folder: str = "../downloads"

    def __repr__(self) -> str:
        """The names of the files, one a line."""
        return "\n".join(f"{name}: {what}" for name, what in FILES.items())

    def _repr_html_(self) -> str:
        rows = "\n".join(
            f'<tr><th scope="row"><a href="{escape(self.folder)}/{name}" download>{name}</a></th>'
            f"<td>{escape(what)}</td></tr>"
            for name, what in FILES.items()
        )
        head = '<tr><th scope="col">File</th><th scope="col">What it holds</th></tr>'
        return (
            f'<table class="dataframe printed">\n<thead>\n{head}\n</thead>\n'
            f"<tbody>\n{rows}\n</tbody>\n</table>"
        )
