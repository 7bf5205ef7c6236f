"""Starts a kernel by forking a process that has imported the stack, where that is possible.

Jupyter asks the provisioner that `kernels/python3/kernel.json` names, whoever the client is; so
the build and nbval start alike.  `BOOK_FORK=0` in the environment starts every kernel afresh.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import weakref
from pathlib import Path
from threading import Lock
from typing import Any

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning.local_provisioner import LocalProvisioner

from livingreview_book.kernel import READS_VARIABLE, ROOT_VARIABLE
from livingreview_book.remembered import Remembered

SWITCH = "BOOK_FORK"
_starting = Lock()


class ForkProvisioner(LocalProvisioner):
    """A kernel of this machine, forked; an ordinary one where the fork is switched off."""

    process: Any = None  # a Popen, or what stands for one

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """Start the kernel that `cmd` would start."""
        environment = kwargs.get("env", {})
        if not can_fork(environment):
            return await super().launch_kernel(cmd, **kwargs)
        with _starting:
            server = _server(environment, str(kwargs["cwd"]))
            self.process = server.kernel(cmd[3:], environment)
        self.pid = self.pgid = self.process.pid
        self.cwd = kwargs["cwd"]
        return self.connection_info


def can_fork(environment: dict[str, str]) -> bool:
    """Whether this kernel may be forked: a chapter's, on Linux, and not switched off."""
    wanted = environment.get(SWITCH, "1") != "0"
    return wanted and sys.platform == "linux" and {ROOT_VARIABLE, READS_VARIABLE} <= {*environment}


class ForkServer:
    """The process that forks; it ends with this object and the kernels that hold it."""

    def __init__(self, folder: str, environment: dict[str, str]) -> None:
        self.control, theirs = socket.socketpair()
        with theirs:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "livingreview_book.kernel", "fork"],
                stdin=theirs.fileno(),
                cwd=folder,
                env=environment,
                start_new_session=True,
            )
        weakref.finalize(self, _end, self.control, self.process)

    def kernel(self, arguments: list[str], environment: dict[str, str]) -> "ForkedKernel":
        """A new kernel with these arguments and this environment."""
        ours, theirs = socket.socketpair()
        with theirs:
            socket.send_fds(self.control, [b"1"], [theirs.fileno()])
        request = json.dumps({"arguments": arguments, "environment": environment})
        ours.sendall(f"{request}\n".encode())
        with ours.makefile(encoding="utf-8") as lines:
            answer = lines.readline()
        if not answer:
            ours.close()
            msg = "the process that starts kernels has ended; try it with FORK=0"
            raise RuntimeError(msg)
        return ForkedKernel(int(answer), ours, self)


def _end(control: socket.socket, process: subprocess.Popen[bytes]) -> None:
    control.close()
    process.wait()


class ForkedKernel:
    """What `LocalProvisioner` uses of a `Popen`, for a process that another one started."""

    stdin = stdout = stderr = None

    def __init__(self, pid: int, connection: socket.socket, server: ForkServer) -> None:
        self.pid = pid
        self.connection = connection
        self.server: ForkServer | None = server
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """Nothing while the kernel runs, for it holds its end of the connection."""
        if self.returncode is None:
            try:
                self.connection.recv(1, socket.MSG_DONTWAIT)
            except BlockingIOError:
                return None
            except ConnectionError:
                pass
            self.returncode = 0
            self.connection.close()
            self.server = None
        return self.returncode

    def wait(self) -> int | None:
        """As `poll`: it is asked only when the kernel has ended."""
        return self.poll()

    def send_signal(self, number: int) -> None:
        """Send a signal, if the kernel still runs."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """End the kernel at once."""
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        """Ask the kernel to end."""
        self.send_signal(signal.SIGTERM)


# Of one state of the package, by folder.
_servers: dict[tuple[str, ...], dict[str, ForkServer]] = {}


def _server(environment: dict[str, str], folder: str) -> ForkServer:
    root = Path(environment[ROOT_VARIABLE])
    key = (str(root), *Remembered(root).engine)
    if key not in _servers:
        _servers.clear()
    by_folder = _servers.setdefault(key, {})
    if folder not in by_folder or by_folder[folder].process.poll() is not None:
        by_folder[folder] = ForkServer(folder, environment)
    return by_folder[folder]
