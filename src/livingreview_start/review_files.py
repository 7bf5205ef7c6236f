"""The folder with which a review begins: its question, rules, dictionary, chapters, contents."""

import json
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from string import Template

from livingreview_record import KINDS, csv_text, write_whole
from livingreview_start.texts import as_markdown, slug

RENAMED = {"gitignore": ".gitignore"}  # a template that must not act in our own folder
KEPT = Path("data", "studies", ".gitkeep")  # git keeps no empty folder


@dataclass(frozen=True, kw_only=True)
class Start:
    """What a review is about: its title, one outcome, two treatments, and how effects are measured.

    `moderators` are the properties of the studies that may explain differences, by their keys, in
    words.  `secondary` says that numbers which others printed about a study may enter.
    """

    title: str
    outcome: str = "Outcome"
    experimental: str = "Treatment"
    control: str = "Comparison"
    kind: str = "two-arm"
    measures: tuple[str, ...] = ()
    participants: tuple[str, str] = ("participant", "participants")
    moderators: Mapping[str, str] = field(default_factory=dict)
    secondary: bool = False

    def __post_init__(self) -> None:
        kinds = [name for name, kind in KINDS.items() if kind.compares and name != "hazard-ratio"]
        if self.kind not in kinds:
            msg = f"kind: need one of {', '.join(kinds)}, found {self.kind!r}"
            raise ValueError(msg)
        known = KINDS[self.kind].measures
        for measure in self.measures:
            if measure not in known:
                msg = f"measure: need one of {', '.join(known)} for {self.kind}, found {measure!r}"
                raise ValueError(msg)
        for name, text in self.words().items():
            if "\n" in text or not text.strip():
                msg = f"{name}: need one line of words, found {text!r}"
                raise ValueError(msg)
        for key in self.moderators:
            if slug(key, "_") != key:
                msg = f"moderator {key!r}: need lower-case words joined by _, such as latitude"
                raise ValueError(msg)

    def words(self) -> dict[str, str]:
        """The texts that a person gave."""
        told = {"title": self.title, "outcome": self.outcome, "experimental": self.experimental}
        told |= {"control": self.control, "participants": self.participants[1]}
        return {**told, "participant": self.participants[0], **self.moderators}


def new_review(folder: Path, start: Start, *, today: date | None = None) -> list[Path]:
    """Write an empty review into a folder that is empty or not there; return what was written.

    Raises `FileExistsError` for a folder that holds anything.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        msg = f"{folder}: need an empty folder, found files; name another one"
        raise FileExistsError(msg)
    existed = folder.exists()
    texts = dict(_files(start, today or date.today()))
    try:
        for path, text in texts.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            write_whole(folder / path, text)
    except OSError:  # half a review would stop the next attempt
        shutil.rmtree(folder, ignore_errors=True)
        if existed:
            folder.mkdir()
        raise
    return [folder / path for path in texts]


def _files(start: Start, today: date) -> Iterator[tuple[Path, str]]:
    values = _values(start, today)
    for path, template in _templates(_root()):
        text = template.read_text("utf-8")
        if path.suffix in (".yaml", ".yml") or path.name in ("Makefile", "index.md"):
            text = Template(text).substitute(values)
        if path == Path("data", "dictionary.csv"):
            text += _described(start)
        yield path.with_name(RENAMED.get(path.name, path.name)), text
    yield KEPT, ""


def _root() -> Traversable:
    return resources.files("livingreview_start").joinpath("templates/review")


def _templates(folder: Traversable, at: Path = Path()) -> Iterator[tuple[Path, Traversable]]:
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.is_dir():
            yield from _templates(entry, at / entry.name)
        else:
            yield at / entry.name, entry


def _values(start: Start, today: date) -> dict[str, str]:
    """What the templates hold in place of `$name`; texts are quoted as YAML reads them."""
    synthesis = f"{start.outcome}: {start.experimental} against {start.control}"
    told = {name: _quoted(text) for name, text in start.words().items()}
    keys = ", ".join(start.moderators)
    return {
        **told,
        "heading": as_markdown(start.title),
        "today": today.isoformat(),
        "outcome_id": slug(start.outcome, "_"),
        "synthesis": _quoted(synthesis),
        "kind": start.kind,
        "measures": ", ".join(start.measures or KINDS[start.kind].measures[:1]),
        "moderators": f"    moderators: [{keys}]\n" if keys else "",
        "secondary": "secondary_sources: true\n" if start.secondary else "",
    }


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _described(start: Start) -> str:
    file, keys = "data/studies/*/study.yaml", start.moderators.items()
    return csv_text((), ([file, f"design.{key}", words, "a number"] for key, words in keys))
