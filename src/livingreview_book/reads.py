"""What a chapter really reads, seen by the interpreter while it runs.

Python reports every file that is opened and every folder that is listed to its audit hooks
(PEP 578).  The hook installed here writes down those inside the project, and refuses what would
make a chapter depend on something that nobody sees: data read past the door (the package
``livingreview``), a file written, another program started, another host asked.
"""

import os
import sys
from pathlib import Path
from types import FrameType
from typing import Any

DOOR = "livingreview"
NOT_INPUTS = ("_build", ".venv", ".git", "src")  # built, or hashed as a whole
LISTINGS = frozenset({"os.listdir", "os.scandir"})
PROGRAMS = frozenset({"subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "pty.spawn"})
WRITING = os.O_WRONLY | os.O_RDWR | os.O_APPEND | os.O_CREAT


class UndeclaredInputError(PermissionError):
    """A chapter used something that the build cannot see."""


def watch(root: Path, log: Path) -> "Inputs":
    """From now on write each path under ``root`` that this process reads to ``log``, a line each.

    Paths are relative to ``root``; a listed folder ends with a slash.  A hook cannot be taken
    out again: call this in a process of its own.
    """
    inputs = Inputs(os.path.realpath(root), os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT))

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open":
            inputs.opened(*arguments)
        elif event in LISTINGS:
            inputs.listed(arguments[0])
        elif event in PROGRAMS:
            _refuse_program(event, arguments)
        elif event == "socket.connect":
            _refuse_host(arguments[1])

    sys.addaudithook(hook)
    return inputs


class Inputs:
    """The files and folders of one project that were read so far."""

    def __init__(self, root: str, log: int) -> None:
        self.root, self.log, self.seen = root + os.sep, log, set[str]()

    def continue_in(self, log: Path) -> None:
        """Write to another log from now on; what was read so far is written there too."""
        self.log = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.write(self.log, "".join(f"{line}\n" for line in sorted(self.seen)).encode())

    def opened(self, path: object, mode: str | None, flags: int) -> None:
        """Note a file that is read; refuse one that is written, and data read past the door."""
        inside = self._inside(path)
        if inside is None:
            return
        if flags & WRITING or (mode and set(mode) & set("wax+")):
            msg = f"{inside}: a chapter writes no file; show it instead"
            raise UndeclaredInputError(msg)
        if inside.startswith("data/"):
            self._through_the_door(inside)
            self._note(os.path.dirname(inside) + "/")  # so that a new neighbour is noticed  # noqa: PTH120
        self._note(inside)

    def listed(self, path: object) -> None:
        """Note a folder of data whose names are asked for."""
        inside = self._inside("." if path is None else path)
        if inside is not None and f"{inside}/".startswith("data/"):
            self._through_the_door(inside)
            self._note(inside + "/")

    def _inside(self, path: object) -> str | None:
        if not isinstance(path, str | bytes | os.PathLike):
            return None  # a descriptor: its file was seen when it was opened
        absolute = os.path.abspath(os.fsdecode(path))  # noqa: PTH100 (no system call here)
        if not absolute.startswith(self.root):
            return None
        inside = absolute.removeprefix(self.root).replace(os.sep, "/")
        return None if inside.partition("/")[0] in NOT_INPUTS else inside

    def _through_the_door(self, inside: str) -> None:
        if not _called_from(DOOR):
            msg = (
                f"{inside}: chapters read data through {DOOR} (load_review, load_study), "
                "so that numbers are validated and the build knows what to renew"
            )
            raise UndeclaredInputError(msg)

    def _note(self, line: str) -> None:
        if line not in self.seen:
            self.seen.add(line)
            os.write(self.log, f"{line}\n".encode())


def _called_from(package: str) -> bool:
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        if frame.f_globals.get("__name__", "").partition(".")[0] == package:
            return True
        frame = frame.f_back
    return False


def _refuse_program(event: str, arguments: tuple[Any, ...]) -> None:
    if not _called_from("matplotlib"):  # which asks another program for the fonts
        program = arguments[0] if arguments else event
        msg = f"{program}: a chapter starts no other program"
        raise UndeclaredInputError(msg)


def _refuse_host(address: object) -> None:
    if isinstance(address, tuple) and address[0] not in ("127.0.0.1", "::1", "localhost"):
        msg = f"{address[0]}: a chapter asks no other host"
        raise UndeclaredInputError(msg)
