"""Executed chapters, remembered by exactly what they depend on.

An execution is stored under the hash of its code, the package and the lock, together with the
files that it read and their contents.  It is found again while all of these are as they were,
so it cannot be stale; prose, tags, time stamps and other files do not matter.
"""

import hashlib
import json
import os
import platform
import re
import sysconfig
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from livingreview_book.chapters import code_cells, read_notebook
from livingreview_record import write_whole

TAGS_THAT_EXECUTE = frozenset({"raises-exception", "skip-execution"})  # nbclient obeys them
OURS = (
    "livingreview",
    "livingreview_appraisal",
    "livingreview_audit",
    "livingreview_book",
    "livingreview_certainty",
    "livingreview_cohort",
    "livingreview_display",
    "livingreview_explorer",
    "livingreview_network",
    "livingreview_plan",
    "livingreview_pool",
    "livingreview_record",
    "livingreview_results",
    "livingreview_search",
    "livingreview_start",
)
FOLDER = Path("_build", ".executed")
NOT_REVIEW = frozenset({"_build", ".git", ".venv"})  # come and go in the project's own folder
CLOCK_STEP = 20_000_000  # nanoseconds by which a file system's clock may lag


@dataclass(frozen=True)
class Execution:
    """One run of a chapter: what it showed, what it read (path under the root to hash)."""

    outputs: list[list[NotebookNode]]
    reads: dict[str, str]
    seconds: float


class Remembered:
    """The remembered executions of the project at `root`, each in a file of its own."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.folder = root / FOLDER

    def find(self, source: str) -> Execution | None:
        """The execution of this chapter source that is still true, if there is one."""
        for path in sorted(self._folder_of(source).glob("*.json")):
            try:
                with path.open(encoding="utf-8") as lines:
                    reads = json.loads(lines.readline())
                    if any(fingerprint(self.root, name) != mark for name, mark in reads.items()):
                        continue
                    text, checksum = lines.readline(), lines.readline()
            except (ValueError, AttributeError):
                checksum = text = ""
            if checksum != f"{_sha256(text.encode())}\n":
                path.unlink()  # a damaged file is worth nothing
                continue
            body = json.loads(text)
            outputs = [[nbformat.from_dict(o) for o in cell] for cell in body["outputs"]]
            return Execution(outputs, reads, body["seconds"])
        return None

    def save(self, text: str, execution: Execution) -> None:
        """Remember; the file is complete or absent whenever the build is interrupted."""
        reads = json.dumps(execution.reads, sort_keys=True)
        content = {"outputs": execution.outputs, "seconds": execution.seconds}
        body = json.dumps(content) + "\n"
        folder = self._folder_of(text)
        folder.mkdir(parents=True, exist_ok=True)
        name = f"{_sha256(reads.encode())[:16]}.json"
        write_whole(folder / name, f"{reads}\n{body}{_sha256(body.encode())}\n")

    def _folder_of(self, text: str) -> Path:
        """The one of all executions of this code, so that finding one lists no others."""
        cells = [
            [cell.source, sorted(TAGS_THAT_EXECUTE & set(cell.metadata.get("tags", [])))]
            for cell in code_cells(read_notebook(text))
        ]
        return self.folder / _sha256(json.dumps([cells, self.engine]).encode())[:32]

    @cached_property
    def engine(self) -> list[str]:
        """What every chapter depends on: Python, the packages beside it, the lock, ours in full."""
        folder = package_folder(self.root)
        inside = [folder] if folder == self.root / "src" else [folder / name for name in OURS]
        files = {
            f"src/{path.relative_to(folder).as_posix()}": path
            for place in inside
            for path in sorted(place.rglob("*"))
            if path.is_file() and "__pycache__" not in path.parts
        }
        lock = self.root / "requirements.lock"
        files |= {"requirements.lock": lock} if lock.exists() else {}
        contents = (f"{name} {_sha256(path.read_bytes())}" for name, path in files.items())
        return [platform.python_version(), *installed_packages(), *contents]


def package_folder(root: Path) -> Path:
    """Where kernels import our package from: the project's own, or else the one that runs here."""
    own = root / "src"
    return own if (own / OURS[0]).is_dir() else Path(__file__).parents[1]


def installed_packages() -> list[str]:
    """Each package that stands beside this Python: name, version, and the hash of its contents.

    The contents are those that its installer wrote down in `RECORD`, with their hashes; ours are
    hashed themselves, and what installs packages is left out.
    """
    folders = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    found = [path for folder in folders for path in Path(folder).glob("*.dist-info")]
    others = [path for path in found if not path.name.startswith(("pip-", f"{OURS[0]}-"))]
    return sorted(f"{path.name} {_installed(path / 'RECORD')}" for path in others)


def _installed(record: Path) -> str:
    try:
        return _hash_of_record(record, record.stat().st_mtime_ns)
    except FileNotFoundError:
        return "without a record"


@cache
def _hash_of_record(record: Path, _changed: int) -> str:
    """The hash of the lines of what can be imported, which are the same in every environment."""
    lines = record.read_text("utf-8").splitlines()
    passing = re.compile(r"\.\.|/|.*(__pycache__|\.dist-info)/")
    return _sha256("\n".join(line for line in lines if not passing.match(line)).encode())


def fingerprint(root: Path, name: str, *, unchanged_since: int | None = None) -> str:
    """The hash of a file's content; for a listed folder (`data/studies/`) of the names in it.

    What changed after `unchanged_since` (nanoseconds since 1970) may have been read before or
    after the change: it gets a mark that no content has, so that nothing rests on it.
    """
    path = root / name
    if path.is_dir() and not name.endswith("/"):
        return "a folder"
    try:
        if unchanged_since is not None and path.stat().st_ctime_ns > unchanged_since - CLOCK_STEP:
            return "changed while it was read"
        if name.endswith("/"):
            names = sorted(set(os.listdir(path)) - NOT_REVIEW)  # noqa: PTH208
            return _sha256("\n".join(names).encode())
        return _sha256(path.read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        return "absent"


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
