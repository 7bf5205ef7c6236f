"""The Jupyter kernel in which chapters run: ipykernel, with the inputs watched.

Without ``BOOK_READS`` in its environment it is an ordinary Python kernel.
"""

import logging
import os
from pathlib import Path

from ipykernel.kernelapp import IPKernelApp

from livingreview_book.reads import watch

ROOT_VARIABLE = "BOOK_ROOT"
READS_VARIABLE = "BOOK_READS"


def main() -> None:
    """Run a kernel until its client asks it to stop."""
    app = prepare()
    if READS_VARIABLE in os.environ:
        watch(Path(os.environ[ROOT_VARIABLE]), Path(os.environ[READS_VARIABLE]))
    app.start()


def prepare(**options: int) -> IPKernelApp:
    """The kernel that the command line describes, ready to start."""
    # A kernel is interrupted before it is asked to stop, and would report that as an error.
    app = IPKernelApp.instance(ignore_cwd=True, log_level=logging.CRITICAL, **options)
    app.config.HistoryManager.enabled = False  # it is a database, which a chapter may not open
    app.initialize()
    return app


if __name__ == "__main__":
    main()
