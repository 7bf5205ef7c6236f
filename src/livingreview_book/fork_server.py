"""A process that has imported the stack and forks into a kernel whenever it is asked to.

``provisioner`` starts it with the environment and in the folder of the kernels, and keeps the other
end of its standard input, a socket.  Each message there carries a connection that belongs to one
kernel: the kernel reads from it what to be, writes its process id, and holds it until it ends.
"""

import contextlib
import importlib
import json
import os
import select
import signal
import socket
import sys
import tempfile
import threading
from pathlib import Path

from livingreview_book import kernel
from livingreview_book.reads import Inputs, watch

STACK = ("livingreview.show", "livingreview_book", "livingreview.cli", "numpy.random")


def serve(control: socket.socket, inputs: Inputs) -> None:
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
    inputs.continue_in(Path(os.environ[kernel.READS_VARIABLE]))
    if "numpy.random" in sys.modules:
        sys.modules["numpy.random"].seed()  # kernels must not share a stream
    sys.argv = [kernel.__file__, *request["arguments"]]
    connection.sendall(f"{os.getpid()}\n".encode())
    kernel.prepare(parent_handle=os.getppid()).start()


def _end_with(control: socket.socket, imported: threading.Event) -> None:
    """End when the process that asks has ended, also while the imports take their time."""
    ended = select.poll()
    ended.register(control, 0)  # a hang-up is told of without being asked for
    while not imported.is_set():
        if ended.poll(50):
            os._exit(0)


def main() -> None:
    """Import what chapters import, watched as in a chapter, then serve."""
    control = socket.socket(fileno=os.dup(0))
    with Path(os.devnull).open("rb") as nothing:
        os.dup2(nothing.fileno(), 0)
    inputs = watch(Path(os.environ[kernel.ROOT_VARIABLE]), Path(os.devnull))
    imported = threading.Event()
    guard = threading.Thread(target=_end_with, args=(control, imported))
    guard.start()
    for name in STACK:
        with contextlib.suppress(Exception):  # the chapter that imports it will show the error
            importlib.import_module(name)
    imported.set()
    guard.join()  # a process with threads must not fork
    serve(control, inputs)
    os._exit(0)  # an orderly end would take the imported stack apart, which outlasts most chapters


if __name__ == "__main__":
    main()
