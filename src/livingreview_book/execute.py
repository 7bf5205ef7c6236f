"""One chapter in a fresh kernel; all chapters at once, each only where its inputs changed."""

import asyncio
import os
import re
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode
from traitlets import default
from traitlets.config import Config

from livingreview_book.chapters import chapter_names, chapter_path, code_cells, read_notebook
from livingreview_book.kernel import READS_VARIABLE, ROOT_VARIABLE
from livingreview_book.locks import scratch
from livingreview_book.remembered import Execution, Remembered, fingerprint, package_folder

KERNELS = Path(__file__).parent / "kernels"
SECONDS_A_CELL = 600
LONGEST_SOCKET = 103  # bytes of its path, on the strictest system
INHERITED = ("BOOK_FORK", "LD_LIBRARY_PATH", "SYSTEMROOT")
FIXED_ENVIRONMENT = {
    "LC_ALL": "C.UTF-8",
    "MPLBACKEND": "agg",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "PYTHONHASHSEED": "0",
    "SOURCE_DATE_EPOCH": "315532800",  # the first day that a zip archive can hold
    "TZ": "UTC",
}


@dataclass(frozen=True)
class Failure:
    """A chapter that did not run through: its cell (or the whole) and the traceback."""

    chapter: str
    cell: str
    traceback: str

    def __str__(self) -> str:
        return f"{self.chapter}.md failed in this cell:\n\n{self.cell}\n\n{self.traceback}"


class ChaptersFailedError(Exception):
    """At least one chapter failed; the message shows each with its cell and traceback."""

    def __init__(self, failures: list[Failure]) -> None:
        self.failures = failures
        super().__init__("\n\n".join(str(failure) for failure in failures))


def execute_chapters(
    root: Path,
    *,
    executor: Executor | None = None,
    report: Callable[[str], None] = print,
) -> dict[str, Execution]:
    """The execution of every chapter, run now where it is not remembered.

    They come in reading order.  `executor` is any `concurrent.futures` executor; this process
    alone writes what is remembered.  Raises `ChaptersFailedError` after every one had its turn.
    """
    known = Remembered(root)
    texts = {name: chapter_path(root, name).read_text("utf-8") for name in chapter_names(root)}
    found: dict[str, Execution] = {}
    running: dict[Future[Execution | Failure], str] = {}
    failures = []
    with _executor_or_threads(executor) as pool:
        for name, text in texts.items():
            execution = known.find(text)
            if execution is None:  # it runs while the others are looked for
                running[pool.submit(execute_chapter, root.resolve(), name, text)] = name
            else:
                found[name] = execution
        if running:
            report(f"executing {len(running)} of {len(texts)} chapters ...")
        for future in as_completed(running):
            name, outcome = running[future], future.result()
            if isinstance(outcome, Failure):
                failures.append(outcome)
                report(f"  {name}  FAILED")
                continue
            found[name] = outcome
            if Remembered(root).engine == known.engine:  # else it ran with another package
                known.save(texts[name], outcome)
            report(f"  {name}  {outcome.seconds:.1f} s")
    if failures:
        raise ChaptersFailedError(failures)
    return {name: found[name] for name in texts}


@contextmanager
def _executor_or_threads(executor: Executor | None) -> Iterator[Executor]:
    if executor is not None:
        yield executor
        return
    pool = ThreadPoolExecutor((os.cpu_count() or 1) + 2)  # half a short chapter's time is waiting
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


def execute_chapter(root: Path, name: str, text: str) -> Execution | Failure:
    """Run one chapter's cells in a fresh kernel, in the chapter's folder."""
    notebook = read_notebook(text)
    if not code_cells(notebook):
        return Execution([], {}, 0.0)
    started = time.time_ns()
    with scratch() as own:
        log = own / "reads"
        client = NotebookClient(
            notebook,
            kernel_name="python3",
            kernel_manager_class=BookKernelManager,
            config=Config({"BookKernelManager": {"connection_file": str(own / "kernel.json")}}),
            timeout=SECONDS_A_CELL,
            iopub_timeout=SECONDS_A_CELL,  # else what a busy machine brings late is left out
            raise_on_iopub_timeout=True,
            record_timing=False,
            ipython_hist_file=":memory:",
        )
        try:
            folder = str(chapter_path(root, name).parent)
            environment = kernel_environment(root, log, str(own))
            asyncio.run(client.async_execute(cwd=folder, env=environment))
        except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
            return _failure(name, notebook, error)
        lines = log.read_text("utf-8").split("\n")[:-1] if log.exists() else []
    reads = {line: fingerprint(root, line, unchanged_since=started) for line in lines}
    outputs = [cell.outputs for cell in code_cells(notebook)]
    return Execution(outputs, reads, round((time.time_ns() - started) / 1e9, 1))


def _failure(name: str, notebook: NotebookNode, error: Exception) -> Failure:
    for cell in code_cells(notebook):
        for output in cell.outputs:
            if output.output_type == "error":
                lines = "\n".join(output.traceback)
                return Failure(name, cell.source, re.sub(r"\x1b\[[0-9;]*m", "", lines))
    return Failure(name, "(none reported)", f"{type(error).__name__}: {error}")


def kernel_environment(root: Path, log: Path, own: str) -> dict[str, str]:
    """Return an environment without the user's settings, so that outputs are alike everywhere."""
    inherited = {name: os.environ[name] for name in INHERITED if name in os.environ}
    fonts = Path(sys.prefix, "var", "matplotlib")
    return {
        **inherited,
        **FIXED_ENVIRONMENT,
        "HOME": own,
        "PATH": os.defpath,
        "TMPDIR": own,
        "PYTHONNOUSERSITE": "1",
        "PYTHONPATH": str(package_folder(root.resolve())),  # the one that was hashed
        "PYTHONSAFEPATH": "1",
        "IPYTHONDIR": own,
        "MPLCONFIGDIR": str(fonts),
        ROOT_VARIABLE: str(root.resolve()),
        READS_VARIABLE: str(log),
    }


class BookKernelManager(AsyncKernelManager):
    """Starts the kernel that this package brings, whatever kernels the user has installed."""

    @default("kernel_spec_manager")
    def _own_kernels_only(self) -> KernelSpecManager:
        return KernelSpecManager(kernel_dirs=[str(KERNELS)], ensure_native_kernel=False)

    @default("transport")
    def _no_network_port(self) -> str:
        """A socket beside the connection file, where the system allows a path as long as that."""
        longest = len(os.fsencode(self.connection_file)) + len("-ipc-9")
        return "tcp" if sys.platform == "win32" or longest > LONGEST_SOCKET else "ipc"
