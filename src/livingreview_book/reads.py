"""What a chapter really reads, seen by the interpreter while it runs.

Python reports every file that is opened, every folder that is listed and every database that is
connected to its audit hooks (PEP 578); what only asks whether a file exists is seen at `os.stat`.
What lies inside the project is written down.  What would make a chapter depend on something that
nobody sees is refused: data read past the doors, files outside the
project, in `_build` or in `.git`, a file written, another program started, another host asked.
"""

import contextlib
import os
import sys
from collections.abc import Callable
from importlib.util import source_from_cache
from pathlib import Path
from types import FrameType
from typing import Any

DOORS = ("livingreview", "livingreview_record")  # what reads data and validates them
HASHED = (".venv", "src")  # as a whole, whichever of their files are read
HIDDEN = ("_build", ".git")  # they change without a change of the review
LISTINGS = frozenset({"os.listdir", "os.scandir"})
PROGRAMS = frozenset({"subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "pty.spawn"})
WRITING = os.O_WRONLY | os.O_RDWR | os.O_APPEND | os.O_CREAT
SYSTEM = ("bin", "dev", "etc", "gnu", "lib", "lib64", "nix", "opt", "proc", "run", "sbin", "snap")
SYSTEM_FOLDERS = (*(f"/{name}/" for name in (*SYSTEM, "sys", "usr", "var/cache", "var/lib")),
                  "/Library/", "/System/", "C:\\Windows\\")  # fmt: skip


class UndeclaredInputError(PermissionError):
    """A chapter used something that the build cannot see."""


def watch(root: Path, log: Path) -> "Inputs":
    """From now on write each path under `root` that this process reads to `log`, a line each.

    Paths are relative to `root`; a listed folder ends with a slash.  A hook cannot be taken
    out again: call this in a process of its own.
    """
    inputs = Inputs(os.path.realpath(root), log)

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open":
            inputs.opened(*arguments)
        elif event in LISTINGS:
            inputs.listed(arguments[0])
        elif event in PROGRAMS:
            _refuse_program(event, arguments)
        elif event == "sqlite3.connect":
            _refuse_database(arguments[0])
        elif event == "socket.connect":
            _refuse_host(arguments[1])

    sys.addaudithook(hook)
    for name in ("stat", "access"):
        _tell(inputs.asked, name)
    _watch_processes()
    return inputs


class Inputs:
    """The files and folders of one project that were read so far."""

    def __init__(self, root: str, log: Path) -> None:
        self.root, self.seen = root + os.sep, set[str]()
        prefixes = {sys.prefix, sys.base_prefix, os.path.dirname(os.__file__), *sys.path}  # noqa: PTH120
        self.software = tuple(os.path.join(path, "") for path in prefixes if os.path.isabs(path))  # noqa: PTH117, PTH118
        self._log_to(log)

    def _log_to(self, log: Path) -> None:
        self.scratch = f"{log.parent}{os.sep}"  # the kernel's own folder
        self.log = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    def continue_in(self, log: Path) -> None:
        """Write to another log from now on; what was read so far is written there too."""
        self._log_to(log)
        os.write(self.log, "".join(f"{line}\n" for line in sorted(self.seen)).encode())

    def opened(self, path: object, mode: str | None, flags: int) -> None:
        """Note a file that a chapter reads; raise `UndeclaredInputError` if it writes one."""
        inside = self._allowed(path)
        if inside is None:
            return
        if flags & WRITING or (mode and set(mode) & set("wax+")):
            msg = f"{inside}: a chapter writes no file; show it instead"
            raise UndeclaredInputError(msg)
        if inside.startswith("data/"):
            self._note(os.path.dirname(inside) + "/")  # so that a new neighbour is noticed  # noqa: PTH120
        self._note(inside)
        if inside.endswith(".pyc"):  # Python compares its time with its source's
            with contextlib.suppress(ValueError):
                self._note(source_from_cache(inside))

    def listed(self, path: object) -> None:
        """Note a folder whose names are asked for."""
        inside = self._allowed("." if path is None else path)
        if inside is not None:
            self._note(f"{inside}/")

    def asked(self, path: object) -> None:
        """Note a file or folder that is asked about: whether it is there, its size."""
        absolute = _absolute(path)
        inside = absolute and self._inside(absolute)
        if inside and not self._is_own(absolute):
            self._note(inside)

    def _allowed(self, path: object) -> str | None:
        """The place in the project, or nothing for what belongs to Python and the packages."""
        absolute = _absolute(path)
        if not absolute or self._is_own(absolute):
            return None
        real = os.path.realpath(absolute)
        target = self._inside(real)
        place = self._inside(absolute) or target
        if place is None:
            self._refuse_outside(absolute, real)
            return None
        for inside in (place, target or place):
            if inside.partition("/")[0] in HIDDEN:
                msg = f"{inside}: a chapter reads nothing in {' or '.join(HIDDEN)}"
                raise UndeclaredInputError(msg)
            if f"{inside}/".startswith("data/") and not _called_from(*DOORS):
                msg = (
                    f"{inside}: chapters read data through {DOORS[0]} (load_review, load_study), "
                    "so that numbers are validated and the build knows what to renew"
                )
                raise UndeclaredInputError(msg)
        return place

    def _inside(self, absolute: str) -> str | None:
        if f"{absolute}{os.sep}" == self.root:
            return "."
        if not absolute.startswith(self.root):
            return None
        return absolute.removeprefix(self.root).replace(os.sep, "/")

    def _is_own(self, absolute: str) -> bool:
        """Whether it is the kernel's own file, or the project's software, hashed as a whole."""
        inside = self._inside(absolute)
        hashed = inside is not None and inside.partition("/")[0] in HASHED
        return hashed or f"{absolute}{os.sep}".startswith(self.scratch)

    def _refuse_outside(self, absolute: str, real: str) -> None:
        known = (*self.software, *SYSTEM_FOLDERS)
        if any(f"{path}{os.sep}".startswith(known) for path in (absolute, real)):
            return
        if not _called_from("matplotlib"):  # which may find its fonts anywhere
            msg = f"{absolute}: a chapter reads only the project's own files; put it under data/"
            raise UndeclaredInputError(msg)

    def _note(self, line: str) -> None:
        if line not in self.seen:
            self.seen.add(line)
            os.write(self.log, f"{line}\n".encode())


def _absolute(path: object) -> str:
    """The whole path, without a system call; nothing for a descriptor, seen when it was opened."""
    if not isinstance(path, str | bytes | os.PathLike):
        return ""
    return os.path.abspath(os.fsdecode(path))  # noqa: PTH100


def _tell(seen: Callable[[object], None], name: str) -> None:
    """Tell of each call of a function of `os` that raises no audit event."""
    function = getattr(os, name)

    def told(path: Any, *arguments: Any, **options: Any) -> Any:
        if options.get("dir_fd") is None:
            seen(path)
        return function(path, *arguments, **options)

    for able in (os.supports_dir_fd, os.supports_fd, os.supports_follow_symlinks):
        if function in able:
            able.add(told)
    setattr(os, name, told)


def _watch_processes() -> None:
    """Let `multiprocessing` start no process: its children would read unseen."""
    with contextlib.suppress(ImportError):
        import _posixsubprocess

        start = _posixsubprocess.fork_exec

        def fork_exec(*arguments: Any) -> int:
            _refuse_program("fork_exec", arguments[:1])
            return start(*arguments)

        _posixsubprocess.fork_exec = fork_exec


def _called_from(*packages: str) -> bool:
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        if frame.f_globals.get("__name__", "").partition(".")[0] in packages:
            return True
        frame = frame.f_back
    return False


def _refuse_program(event: str, arguments: tuple[Any, ...]) -> None:
    if not _called_from("matplotlib"):  # which asks another program for the fonts
        program = arguments[0] if arguments else event
        msg = f"{program}: a chapter starts no other program"
        raise UndeclaredInputError(msg)


def _refuse_database(database: object) -> None:
    if os.fsdecode(database if isinstance(database, str | bytes) else str(database)) != ":memory:":
        msg = f"{database}: a chapter reads no database; keep the numbers under data/"
        raise UndeclaredInputError(msg)


def _refuse_host(address: object) -> None:
    if isinstance(address, tuple) and address[0] not in ("127.0.0.1", "::1", "localhost"):
        msg = f"{address[0]}: a chapter asks no other host"
        raise UndeclaredInputError(msg)
