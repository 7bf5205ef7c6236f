"""The process in which a chapter runs: ipykernel, with the inputs watched.

`python -m livingreview_book.kernel -f FILE` is one kernel; without `BOOK_READS` in its environment
it is an ordinary one.  `python -m livingreview_book.kernel fork` imports what chapters import and
forks into a kernel whenever it is asked to: `provisioner` starts it with the environment and in the
folder of the kernels, and keeps the other end of its standard input, a socket.  Each message there
carries a connection that belongs to one kernel: the kernel reads from it what to be, writes its
process id, and holds it until it ends.
"""

import contextlib
import importlib
import json
import logging
import os
import select
import signal
import socket
import sys
import tempfile
import threading
from pathlib import Path

from ipykernel.kernelapp import IPKernelApp

from livingreview_book.reads import Inputs, watch

ROOT_VARIABLE = "BOOK_ROOT"
READS_VARIABLE = "BOOK_READS"
STACK = ("livingreview", "livingreview.cli", "numpy.random")  # what chapters import


def main() -> None:
    """Run a kernel until its client asks it to stop, or fork kernels."""
    if sys.argv[1:] == ["fork"]:
        fork_kernels()
        return
    app = prepare()
    if READS_VARIABLE in os.environ:
        watch(Path(os.environ[ROOT_VARIABLE]), Path(os.environ[READS_VARIABLE]))
    app.start()


def prepare(**options: int) -> IPKernelApp:
    """Return the kernel that the command line describes, ready to start."""
    # A kernel is interrupted before it is asked to stop, and would report that as an error.
    app = IPKernelApp.instance(ignore_cwd=True, log_level=logging.CRITICAL, **options)
    app.config.HistoryManager.enabled = False  # it is a database, which a chapter may not open
    app.initialize()
    return app


def fork_kernels() -> None:
    """Import what chapters import, watched as in a chapter; then fork for each request."""
    control = socket.socket(fileno=os.dup(0))
    with Path(os.devnull).open("rb") as nothing:
        os.dup2(nothing.fileno(), 0)
    inputs = watch(Path(os.environ[ROOT_VARIABLE]), Path(os.devnull))
    imported = threading.Event()
    guard = threading.Thread(target=_end_with, args=(control, imported))
    guard.start()
    for name in STACK:
        with contextlib.suppress(Exception):  # the chapter that imports it will show the error
            module = importlib.import_module(name)
            for public in getattr(module, "__all__", ()):
                getattr(module, public)  # a front door imports a name when it is asked for
    imported.set()
    guard.join()  # a process with threads must not fork
    _serve(control, inputs)
    os._exit(0)  # an orderly end would take the imported stack apart, which outlasts most chapters


def _end_with(control: socket.socket, imported: threading.Event) -> None:
    """End when the process that asks has ended, also while the imports take their time."""
    ended = select.poll()
    ended.register(control, 0)  # a hang-up is told of without being asked for
    while not imported.is_set():
        if ended.poll(50):
            os._exit(0)


def _serve(control: socket.socket, inputs: Inputs) -> None:
    """Fork for each request, until the process that asks has ended."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # an ended kernel leaves nothing to collect
    while True:
        message, descriptors, _, _ = socket.recv_fds(control, 1, 1)
        if not message:
            return
        if os.fork() == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            control.close()
            _become_kernel(socket.socket(fileno=descriptors[0]), inputs)
            return
        os.close(descriptors[0])


def _become_kernel(connection: socket.socket, inputs: Inputs) -> None:
    with connection.makefile(encoding="utf-8") as lines:
        request = json.loads(lines.readline())
    os.setsid()
    os.environ.clear()
    os.environ.update(request["environment"], JPY_PARENT_PID=str(os.getppid()))
    tempfile.tempdir = None  # the kernel's own, when it first asks
    inputs.continue_in(Path(os.environ[READS_VARIABLE]))
    if "numpy.random" in sys.modules:
        sys.modules["numpy.random"].seed()  # kernels must not share a stream
    sys.argv = [__file__, *request["arguments"]]
    connection.sendall(f"{os.getpid()}\n".encode())
    prepare(parent_handle=os.getppid()).start()


if __name__ == "__main__":
    main()
