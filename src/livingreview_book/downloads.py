"""A Sphinx extension that puts the downloads beside the pages of the finished site."""

from pathlib import Path

from sphinx.application import Sphinx

from livingreview_record import write_downloads


def setup(app: Sphinx) -> dict[str, object]:
    """Connect to the end of the build."""
    app.connect("build-finished", _write)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}


def _write(app: Sphinx, error: Exception | None) -> None:
    if error is None and app.builder.format == "html":
        write_downloads(Path(app.confdir), Path(app.outdir) / "downloads")
