"""Executed chapters, remembered by exactly what they depend on.

An execution is stored under the hash of its code, the package and the lock, together with the
files that it read and their contents.  It is found again while all of these are as they were,
so it cannot be stale; prose, tags, time stamps and other files do not matter.
"""

import hashlib
import json
import os
import platform
import sysconfig
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from livingreview.files import write_whole
from livingreview_book.chapters import code_cells, read_notebook

TAGS_THAT_EXECUTE = frozenset({"raises-exception", "skip-execution"})  # nbclient obeys them
FOLDER = Path("_build", ".executed")
CLOCK_STEP = 20_000_000  # nanoseconds by which a file system's clock may lag


@dataclass(frozen=True)
class Execution:
    """One run of a chapter: what it showed, what it read (path under the root to hash)."""

    outputs: list[list[NotebookNode]]
    reads: dict[str, str]
    seconds: float


class Executions:
    """The remembered executions of the project at ``root``, each in a file of its own."""

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
        """What every chapter depends on: Python, the locked and the installed packages, ours."""
        package = sorted(
            path
            for path in (self.root / "src").rglob("*")
            if path.is_file() and "__pycache__" not in path.parts
        )
        return [
            platform.python_version(),
            *installed_packages(),
            *(
                f"{path.relative_to(self.root).as_posix()} {_sha256(path.read_bytes())}"
                for path in [self.root / "requirements.lock", *package]
                if path.exists()
            ),
        ]


def installed_packages() -> list[str]:
    """Name and version of what stands beside this Python, but for what installs it."""
    names = os.listdir(sysconfig.get_path("purelib"))  # noqa: PTH208
    return sorted(n for n in names if n.endswith(".dist-info") and not n.startswith("pip-"))


def fingerprint(root: Path, name: str, *, unchanged_since: int | None = None) -> str:
    """The hash of a file's content; for a folder (``data/studies/``) of the names in it.

    What changed after ``unchanged_since`` (nanoseconds since 1970) may have been read before or
    after the change: it gets a mark that no content has, so that nothing rests on it.
    """
    path = root / name
    try:
        if unchanged_since is not None and path.stat().st_ctime_ns > unchanged_since - CLOCK_STEP:
            return "changed while it was read"
        if name.endswith("/"):
            return _sha256("\n".join(sorted(os.listdir(path))).encode())  # noqa: PTH208
        return _sha256(path.read_bytes())
    except (FileNotFoundError, IsADirectoryError):
        return "absent"


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
