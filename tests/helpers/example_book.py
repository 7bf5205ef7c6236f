"""A small made-up book in a folder: two chapters over a made-up review, and our package."""

import shutil
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from example_review import write_review
from livingreview_book.execute import execute_chapters
from livingreview_book.remembered import CLOCK_STEP, Execution

REPOSITORY = Path(__file__).parents[2]

HEADER = """---
kernelspec:
  name: python3
  display_name: Python 3
---

"""

STUDY_CHAPTER = """# {title}

The study has {{glue:text}}`{key}.numbers` numbers and a ratio of {{glue:text}}`{key}.ratio`.

```{{code-cell}} ipython3
from livingreview_record.load import load_study
from livingreview import publish

study = load_study("{study}", "..")
publish("{key}.numbers", str(len(study.numbers)))
publish("{key}.ratio", study.numbers[4].value)
```
"""

FIGURE = """
```{code-cell} ipython3
from IPython.display import SVG
from livingreview_display.drawing import to_svg
from matplotlib.figure import Figure

figure = Figure()
figure.subplots().fill_between([1, 2, 3], [4.1, 5.2, 6.3], label="ratio", hatch="/")
SVG(to_svg(figure))
```
"""


@dataclass
class Book:
    """The book's folder, and which chapters ran at the last `execute`."""

    root: Path
    ran: set[str] = field(default_factory=set)

    def execute(self) -> dict[str, Execution]:
        lines: list[str] = []
        settle()
        executions = execute_chapters(self.root, report=lines.append)
        self.ran = {line.split()[0] for line in lines if line.startswith("  ")}
        return executions

    def build(self) -> subprocess.CompletedProcess[str]:
        command = ["build", ".", "--quiet", "-n", "-W", "--keep-going"]
        return subprocess.run(
            [Path(sys.executable).with_name("jupyter-book"), *command],
            cwd=self.root,
            capture_output=True,
            text=True,
        )

    def page(self, name: str) -> str:
        return (self.root / "_build" / "html" / "chapters" / f"{name}.html").read_text("utf-8")

    def edit(self, path: str, old: str, new: str) -> None:
        file = self.root / path
        text = file.read_text("utf-8")
        assert old in text
        file.write_text(text.replace(old, new), encoding="utf-8")


def write_book(root: Path) -> Book:
    """Two chapters, `a` and `b`, each on a study of its own.

    Of a book that was there before nothing stays but the folder in which its kernels stand, so
    that they start from the same process.
    """
    _clear(root)
    folder = write_review(root)
    other = folder.parent / "other-2021"
    shutil.copytree(folder, other)
    text = (other / "study.yaml").read_text("utf-8")
    text = text.replace("example-2020", "other-2021").replace("Example 2020", "Other 2021")
    (other / "study.yaml").write_text(text, encoding="utf-8")
    for name, study in (("a", "example-2020"), ("b", "other-2021")):
        source = HEADER + STUDY_CHAPTER.format(title=name.upper(), key=name, study=study)
        (root / "chapters").mkdir(exist_ok=True)
        (root / "chapters" / f"{name}.md").write_text(source, encoding="utf-8")
    (root / "_toc.yml").write_text(
        "format: jb-book\nroot: chapters/a\nchapters:\n  - file: chapters/b\n", encoding="utf-8"
    )
    for name in ("_config.yml", "requirements.lock"):
        shutil.copy(REPOSITORY / name, root)
    config = (root / "_config.yml").read_text("utf-8")
    without = config.replace("      - livingreview_book.downloads\n", "")  # needs a whole review
    (root / "_config.yml").write_text(without, encoding="utf-8")
    shutil.copytree(REPOSITORY / "assets", root / "assets")
    hidden = shutil.ignore_patterns("__pycache__", "*.egg-info", ".*_cache")
    shutil.copytree(REPOSITORY / "src", root / "src", ignore=hidden)
    settle()
    return Book(root)


def book_with_a_figure(root: Path) -> Book:
    book = write_book(root)
    with (root / "chapters" / "b.md").open("a", encoding="utf-8") as chapter:
        chapter.write(FIGURE)
    return book


def files(book: Book) -> dict[str, bytes]:
    site = book.root / "_build" / "html"
    paths = [path for path in site.rglob("*") if path.is_file()]
    return {path.relative_to(site).as_posix(): path.read_bytes() for path in paths}


def settle() -> None:
    """Wait: what changed at the very moment of a run would be read again in the next."""
    time.sleep(2 * CLOCK_STEP / 1e9)


def _clear(root: Path) -> None:
    for path in (*root.glob("*"), *root.glob("chapters/*")):
        if path.is_file() or path.is_symlink():
            path.unlink()
        elif path.name != "chapters":
            shutil.rmtree(path)
