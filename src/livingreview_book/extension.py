"""The one Sphinx extension: pages are rendered from remembered executions, never from a cache.

Before Sphinx reads anything, every chapter whose inputs changed is executed; a page is read again
when its execution is another one than last time.  So a plain `jupyter-book build .` shows the
same numbers as `make book`.
"""

import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any, BinaryIO

from docutils.nodes import Node, image, inline, reference, system_message
from docutils.parsers.rst.states import Inliner
from myst_nb.ext.glue.roles import PasteTextRole
from myst_nb.ext.glue.utils import RetrievalError, retrieve_glue_data
from nbformat import NotebookNode
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.environment import BuildEnvironment
from sphinx.errors import ExtensionError
from sphinx.transforms import SphinxTransform

from livingreview_book import drawings, published
from livingreview_book.chapters import chapter_path, code_cells, read_notebook
from livingreview_book.execute import ChaptersFailedError, execute_chapters
from livingreview_book.locks import hold
from livingreview_book.remembered import Execution
from livingreview_book.sections import without_empty_sections
from livingreview_record import could_not, write_whole

FINISHED = "finished.json"  # beside Sphinx's memory: each file of a build that came to its end
FIRST, LAST = 0, 999  # priorities of event handlers
_held: list[BinaryIO] = []  # the folder's lock, until this process ends
_executed: dict[str, Execution] = {}  # this build's, by the chapter's text: all a reader is given


def setup(app: Sphinx) -> dict[str, object]:
    """Connect to Sphinx; also date the site by the last commit, so that bytes repeat."""
    root = Path(app.confdir)
    os.environ.setdefault("SOURCE_DATE_EPOCH", last_commit_time(root))
    app.add_config_value("comments_config", {}, "")  # Jupyter Book sets it for what we left out
    app.add_role_to_domain("glue", "text", paste_number, override=True)
    app.add_transform(_KeepAsPublished)
    app.add_transform(_DescribeFigures)
    app.connect("config-inited", _begin, priority=FIRST)
    app.connect("config-inited", _use_remembered_outputs)
    app.connect("builder-inited", _execute, priority=FIRST)
    app.connect("builder-inited", _clear, priority=FIRST)
    app.connect("env-get-outdated", _outdated)
    app.connect("env-updated", _with_other_menus)
    app.connect("env-purge-doc", lambda _app, env, docname: _shown(env).pop(docname, None))
    app.connect("doctree-read", _note_shown)
    app.connect("html-collect-pages", _forget_words)
    app.connect("build-finished", _end, priority=LAST)
    return {"version": "1", "env_version": 1, "parallel_read_safe": False}


def paste_number(
    name: str,
    rawtext: str,
    text: str,
    lineno: int,
    inliner: Inliner,
    /,
    options: dict[str, Any] | None = None,
    content: Sequence[str] = (),
) -> tuple[list[Node], list[system_message]]:
    """Insert a number by its key; one that a study prints leads to its place in the tables."""
    nodes, messages = PasteTextRole()(name, rawtext, text, lineno, inliner, options or {}, content)
    try:
        address = retrieve_glue_data(inliner.document, text).metadata.get("address", "")
    except RetrievalError:  # the role says so itself
        return nodes, messages
    if address:
        nodes = [reference("", "", *nodes, refuri=address, classes=["number"], internal=True)]
    return nodes, messages


class _KeepAsPublished(SphinxTransform):
    """Keep Sphinx from typesetting what a sentence inserts by key: its hyphens may be signs."""

    default_priority = 740  # before the typesetting of quotation marks and dashes

    def apply(self, **kwargs: Any) -> None:
        for node in self.document.findall(inline):
            if "pasted-text" in node["classes"]:
                node["support_smartquotes"] = False


class _DescribeFigures(SphinxTransform):
    """Give each drawing its own text alternative; MyST-NB has one for a whole cell only."""

    default_priority = 741

    def apply(self, **kwargs: Any) -> None:
        for node in self.document.findall(image):
            beside = drawings.beside(node["uri"])
            if beside is not None:
                node["alt"] = beside["alt"]


def last_commit_time(root: Path) -> str:
    """Seconds since 1970 of the last commit; a fixed moment outside a repository."""
    command = ["git", "-C", str(root), "log", "-1", "--format=%ct"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return "315532800"
    return done.stdout.strip()


def _use_remembered_outputs(_app: Sphinx, config: Config) -> None:
    config["nb_custom_formats"] = {".md": [f"{__name__}.read_with_outputs", {}, False]}
    config["nb_execution_mode"] = "off"


def read_with_outputs(text: str) -> NotebookNode:
    """A chapter's source as a notebook that holds its outputs."""
    notebook = read_notebook(text)
    if text not in _executed:
        title = next((line for line in text.splitlines() if line.startswith("#")), "a chapter")
        msg = f"{title!r} changed while the book was being built; build it again"
        raise ExtensionError(msg)
    outputs = deepcopy(_executed[text].outputs)
    for count, cell in enumerate(code_cells(notebook), 1):
        cell.outputs, cell.execution_count = outputs[count - 1], count
    without_empty_sections(notebook)
    return notebook


def _execute(app: Sphinx) -> None:
    root = Path(app.confdir)
    try:
        executions = execute_chapters(root, report=_say)
        changed = published.write(root, executions)
    except (ChaptersFailedError, published.KeyPublishedTwiceError) as error:
        raise ExtensionError(str(error)) from None
    except OSError as error:
        raise ExtensionError(could_not(error)) from None
    for name, execution in executions.items():
        _executed[chapter_path(root, name).read_text("utf-8")] = execution
        for outputs in execution.outputs:
            drawings.note(outputs)
    for line in changed:
        _say(f"  published: {line}")
    app.env.book_outputs = {  # type: ignore[attr-defined]
        name: hashlib.sha256(json.dumps(execution.outputs, sort_keys=True).encode()).hexdigest()
        for name, execution in executions.items()
    }


def _say(line: str) -> None:
    print(line, flush=True)  # also where Sphinx itself was told to be quiet


def _begin(app: Sphinx, _config: Config) -> None:
    """Have the folder to ourselves, and begin from nothing unless the last build is there whole.

    A killed build, a full disk or a warning leaves files of which Sphinx would trust some.
    """
    try:
        _held.append(hold(Path(app.confdir), _say))
        if not _is_whole(app):
            for folder in _built_folders(app):
                shutil.rmtree(folder, ignore_errors=not folder.exists())
                folder.mkdir(parents=True)
    except OSError as error:
        raise ExtensionError(could_not(error)) from None


def _built_folders(app: Sphinx) -> list[Path]:
    """What Sphinx writes and reads again: the site, its memory, the figures; never elsewhere."""
    build = Path(app.confdir, "_build").resolve()
    folders = [Path(app.outdir), Path(app.doctreedir), Path(app.outdir).parent / "jupyter_execute"]
    return [folder for folder in folders if build in folder.resolve().parents]


def _built_files(app: Sphinx) -> dict[str, list[int]]:
    """Every file of the build, with its size and the time of its last change."""
    paths = (path for folder in _built_folders(app) for path in folder.rglob("*"))
    known = ((str(path.relative_to(app.confdir)), path.stat()) for path in paths if path.is_file())
    return {name: [status.st_size, status.st_mtime_ns] for name, status in known}


def _is_whole(app: Sphinx) -> bool:
    try:
        known = json.loads(Path(app.doctreedir, FINISHED).read_text("utf-8"))
        return bool(known.items() <= _built_files(app).items())
    except (OSError, ValueError, AttributeError, TypeError):
        return False


def _clear(app: Sphinx) -> None:
    """From here on the build is unfinished."""
    Path(app.doctreedir, FINISHED).unlink(missing_ok=True)


def _end(app: Sphinx, exception: Exception | None) -> None:
    """Leave nothing that no page uses, and say that the build is whole.

    Not after a warning: Sphinx would not repeat it about a page that it need not read again.
    """
    if exception is None and not app._warncount:
        figures = {Path(source).name: name for source, (_, name) in app.env.images.items()}
        beside = drawings.write(Path(app.outdir, "_images"), figures.values())
        kept = {*figures.values(), *beside}
        for folder, used in (("_images", kept), ("../jupyter_execute", set(figures))):
            for path in Path(app.outdir, folder).glob("*"):
                if path.is_file() and path.name not in used:
                    path.unlink()
        write_whole(Path(app.doctreedir, FINISHED), json.dumps(_built_files(app)))


def _with_other_menus(_app: Sphinx, env: BuildEnvironment) -> list[str]:
    """Every page, if the menus that all of them carry are other ones than in the last build."""
    titles = [(name, title.astext()) for name, title in sorted(env.titles.items())]
    contents = [env.tocs[name].pformat() for name in sorted(env.toctree_includes)]
    menus = hashlib.sha256(repr((titles, contents)).encode()).hexdigest()
    before, env.book_menus = vars(env).get("book_menus"), menus  # type: ignore[attr-defined]
    return [] if before == menus else sorted(env.found_docs)


def _forget_words(app: Sphinx) -> tuple[()]:
    """Take out of the search index what no page says any more; Sphinx keeps the empty word."""
    indexer = vars(app.builder).get("indexer")
    for words in (indexer._mapping, indexer._title_mapping) if indexer else ():
        for word in [word for word, pages in words.items() if not pages]:
            del words[word]
    return ()


def _shown(env: BuildEnvironment) -> dict[str, str]:
    """Chapter to the mark of what its page shows, kept with Sphinx's own memory."""
    shown: dict[str, str] = vars(env).setdefault("book_shown", {})
    return shown


def _mark(env: BuildEnvironment, name: str) -> str:
    """The hash of what a page is made of: outputs, the chapter's text, and what it includes.

    Sphinx looks at times, which are older than its own where an older file is put back.
    """
    mark = hashlib.sha256(env.book_outputs[name].encode())  # type: ignore[attr-defined]
    root = Path(env.srcdir)
    included = (root / path for path in sorted(env.dependencies.get(name, ())))
    for path in (chapter_path(root, name), *included):
        mark.update(path.read_bytes() if path.is_file() else b"absent")
    return mark.hexdigest()


def _outdated(
    app: Sphinx, env: BuildEnvironment, added: set[str], changed: set[str], removed: set[str]
) -> list[str]:
    if app.builder.format == "html":
        for name in removed:
            Path(app.builder.get_outfilename(name)).unlink(missing_ok=True)  # type: ignore[attr-defined]
    outputs: dict[str, str] = env.book_outputs  # type: ignore[attr-defined]
    shown = _shown(env)
    return [name for name in outputs if name in shown and shown[name] != _mark(env, name)]


def _note_shown(app: Sphinx, doctree: object) -> None:
    env = app.env
    if env.docname in env.book_outputs:  # type: ignore[attr-defined]
        _shown(env)[env.docname] = _mark(env, env.docname)
