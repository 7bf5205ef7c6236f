"""One build of a folder at a time, and short-lived folders that no killed build leaves behind.

A lock is the system's own (`flock`): it ends with the process that holds it, however that ends.
"""

import contextlib
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

if sys.platform != "win32":
    import fcntl

FILE = Path("_build", ".lock")
HELD = "held"  # the lock's name in a scratch folder


def hold(root: Path, report: Callable[[str], None] = print) -> BinaryIO:
    """Wait until no other process builds in `root`; none does until the file is closed."""
    path = root / FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    file = path.open("ab")
    if not _lock(file, wait=False):
        report("another build of this folder is under way; waiting until it has ended ...")
        _lock(file, wait=True)
    return file


@contextmanager
def scratch() -> Iterator[Path]:
    """A folder for one kernel; first those are removed whose processes were killed."""
    for held in Path(tempfile.gettempdir()).glob(f"book-*/{HELD}"):
        with contextlib.suppress(OSError), held.open("ab") as lock:  # another user's stay
            if _lock(lock, wait=False):
                shutil.rmtree(held.parent)
    with (
        tempfile.TemporaryDirectory(prefix="book-", ignore_cleanup_errors=True) as name,
        Path(name, "new").open("ab") as lock,
    ):
        _lock(lock, wait=True)
        Path(name, "new").rename(Path(name, HELD))  # nobody sees it unlocked
        yield Path(name)


def _lock(file: BinaryIO, *, wait: bool) -> bool:
    """Return whether this process holds the lock; always True on Windows, which has none."""
    if sys.platform != "win32":
        try:
            fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            return False
    return True
