"""Books of any size for timing: made-up studies, a chapter for each, and one that pools them all.

The same chapters make two books: ``ours`` is built by this project's extension, ``stock`` is what
``jupyter-book create`` would start from, with ``execute_notebooks: cache``.
"""

import random
import shutil
import sys
from pathlib import Path

import yaml

REPOSITORY = Path(__file__).parent.parent
sys.path.insert(0, str(REPOSITORY / "tests" / "helpers"))

from example_review import ROWS, STUDY, write_review  # noqa: E402

SEED = 20261121
HEADER = """---
jupytext:
  text_representation:
    extension: .md
    format_name: myst
kernelspec:
  name: python3
  display_name: Python 3
---

"""
PROSE = "Each sentence of this paragraph stands for one of an author, and says nothing. " * 40
CHAPTER = """# {title}

The ratio is {{glue:text}}`{key}.ratio`.

{prose}

```{{code-cell}} ipython3
from livingreview import load_review, publish
from livingreview_plan import carry_out
from livingreview_results import page, tables

review = load_review("..", only={only})
[result] = carry_out(review, "survival")
publish("{key}.ratio", "; ".join(n.value for s in review.studies.values() for n in s.numbers[4:5]))
```

```{{code-cell}} ipython3
tables.forest_table(result)
```

```{{code-cell}} ipython3
page.forest_plot(result)
```
"""
STUDIES = """---
tocdepth: 1  # each page's sidebar holds this page, which lists the studies, and not all of them
---

# The studies

```{tableofcontents}
```
"""
STOCK = {
    "title": "Synthetic",
    "only_build_toc_files": True,
    "execute": {"execute_notebooks": "cache", "timeout": 600},
}


def write_books(folder: Path, studies: int) -> dict[str, Path]:
    """The two books' folders, by name; equal but for their settings."""
    ours, stock = folder / "ours", folder / "stock"
    _write_content(ours, studies)
    shutil.copytree(ours, stock)
    (stock / "_config.yml").write_text(yaml.safe_dump(STOCK), encoding="utf-8")
    for name in ("requirements.lock", "_config.yml"):
        shutil.copy(REPOSITORY / name, ours)
    config = (ours / "_config.yml").read_text("utf-8")
    without = config.replace("      - livingreview_book.downloads\n", "")  # needs a whole review
    (ours / "_config.yml").write_text(without, encoding="utf-8")
    shutil.copytree(REPOSITORY / "assets", ours / "assets")
    hidden = shutil.ignore_patterns("__pycache__", "*.egg-info", ".*_cache")
    shutil.copytree(REPOSITORY / "src", ours / "src", ignore=hidden)
    return {"ours": ours, "stock": stock}


def study_names(studies: int) -> list[str]:
    """The ids of the made-up studies: study-0001 and so on."""
    return [f"study-{number:04d}" for number in range(1, studies + 1)]


def reported(book: Path, study: str) -> Path:
    """The file of a study's printed numbers."""
    return book / "data" / "studies" / study / "reported.csv"


def _write_content(root: Path, studies: int) -> None:
    draw = random.Random(SEED)
    example = write_review(root)
    (root / "chapters").mkdir()
    _write_chapter(root, "index", "All studies", None)
    for name in study_names(studies):
        rows = tuple(dict(row) for row in ROWS)
        ratio = draw.uniform(0.75, 1.1)  # each interval then holds the new number
        rows[4]["value"] = f"{ratio:.2f}"
        rows[5]["value"] = f"{ratio / 1.4:.2f}-{ratio * 1.4:.2f}"
        text = STUDY.replace("example-2020", name).replace("Example 2020", name)
        write_review(root, rows=rows, study=text)
        shutil.copytree(example, example.with_name(name))
        _write_chapter(root, name, name, [name])
    shutil.rmtree(example)
    (root / "chapters" / "studies.md").write_text(STUDIES, encoding="utf-8")
    sections = [{"file": f"chapters/{name}"} for name in study_names(studies)]
    toc = {
        "format": "jb-book",
        "root": "chapters/index",
        "chapters": [{"file": "chapters/studies", "sections": sections}],
    }
    (root / "_toc.yml").write_text(yaml.safe_dump(toc, sort_keys=False), encoding="utf-8")


def _write_chapter(root: Path, name: str, title: str, only: list[str] | None) -> None:
    text = HEADER + CHAPTER.format(title=title, key=name, only=only, prose=PROSE)
    (root / "chapters" / f"{name}.md").write_text(text, encoding="utf-8")
