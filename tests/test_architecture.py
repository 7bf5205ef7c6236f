"""Data flow in one direction: which module may import which, and what stays outside."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

SOURCE = Path(__file__).parent.parent / "src"
PACKAGE = SOURCE / "livingreview"

MAY_IMPORT: dict[str, set[str]] = {
    "problems": set(),
    "arguments": set(),
    "reported": set(),
    "measures": set(),
    "markup": set(),
    "figures": {"markup"},
    "counts": {"arguments", "measures"},
    "files": {"problems"},
    "studies": {"reported"},
    "times": {"reported"},
    "values": {"reported", "studies", "times"},
    "rows": {"problems", "studies", "values"},
    "plain_yaml": {"files", "problems"},
    "shapes": {"problems"},
    "references": {"problems", "rows", "rules", "shapes", "studies"},
    "links": {"problems", "references", "rows", "rules", "studies"},
    "inventory": {"files", "problems", "shapes", "studies"},
    "load": {
        "files",
        "inventory",
        "links",
        "plain_yaml",
        "problems",
        "references",
        "rows",
        "shapes",
        "studies",
    },
    "archive": {"files", "load", "problems", "rows", "studies"},
    "remembered": {"files", "problems", "reported", "rows", "values"},
    "nearly": {"studies"},
    "rules": {"studies"},
    "estimates": {"nearly", "rules", "studies"},
    "effects": {"arguments", "counts", "measures", "reported", "studies"},
    "audit": {"counts", "effects", "measures", "reported", "studies", "times"},
    "synthesis": {"arguments", "counts", "effects", "measures"},
    "landmarks": {"studies", "synthesis", "times"},
    "analysis": {"audit", "effects", "estimates", "measures", "rules", "studies", "synthesis"},
    "prose": {"markup", "reported", "studies"},
    "tables": {
        "analysis",
        "audit",
        "effects",
        "estimates",
        "files",
        "inventory",
        "landmarks",
        "markup",
        "measures",
        "problems",
        "prose",
        "reported",
        "shapes",
        "studies",
        "synthesis",
        "times",
    },
    "show": {"analysis", "figures", "measures", "studies", "tables"},
    "cli": {"analysis", "audit", "estimates", "load", "problems", "remembered", "studies"},
    "__init__": {"load", "problems", "reported"},
}
ONLY_IN = {
    "pandas": {"tables", "figures", "show", "analysis"},
    "matplotlib": {"figures"},
    "seaborn": {"figures"},
}
NEVER = {"livingreview_book", "sphinx", "docutils", "myst_nb", "nbformat", "IPython", "requests"}
TOPIC = re.compile(
    r"lung|cancer|tumou?r|oncolog|anlotinib|serplulimab|paclitaxel|toripalimab|durvalumab"
    r"|atezolizumab|\bsclc\b|\bici\b|checkpoint",
    re.IGNORECASE,
)


def unit_of(path: Path) -> str:
    """A module, or the sub-package that it belongs to."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def modules() -> Iterator[Path]:
    return PACKAGE.rglob("*.py")


def imported_names(path: Path) -> Iterator[str]:
    """The dotted name of everything that the module imports, however it spells it."""
    here = ["livingreview", *path.relative_to(PACKAGE).parts[:-1]]
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = here[: len(here) - node.level + 1] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            yield from (f"{module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith(
            ("import_module", "__import__")
        ):
            yield ast.literal_eval(node.args[0])


@cache
def imports() -> tuple[tuple[Path, str], ...]:
    return tuple((path, name) for path in modules() for name in imported_names(path))


def test_every_module_has_its_place() -> None:
    assert {unit_of(path) for path in modules()} == set(MAY_IMPORT)


def test_modules_import_only_what_stands_before_them() -> None:
    found = {
        f"{path.relative_to(SOURCE)} imports {name}"
        for path, name in imports()
        if name.startswith("livingreview.")
        and name.split(".")[1] != unit_of(path)
        and name.split(".")[1] in MAY_IMPORT
        and name.split(".")[1] not in MAY_IMPORT[unit_of(path)]
    }
    assert found == set()


def test_the_allowed_imports_have_no_circle() -> None:
    done: set[str] = set()
    while ready := {unit for unit in MAY_IMPORT if MAY_IMPORT[unit] <= done} - done:
        done |= ready
    assert done == set(MAY_IMPORT)


def test_audit_and_synthesis_do_not_know_each_other() -> None:
    assert "synthesis" not in MAY_IMPORT["audit"]
    assert "audit" not in MAY_IMPORT["synthesis"]


@pytest.mark.parametrize(("library", "units"), ONLY_IN.items())
def test_a_library_stays_where_it_belongs(library: str, units: set[str]) -> None:
    users = {unit_of(path) for path, name in imports() if name.partition(".")[0] == library}
    assert users <= units


def test_the_engine_knows_nothing_of_books_and_networks() -> None:
    found = {
        f"{path.name} imports {name}" for path, name in imports() if name.split(".")[0] in NEVER
    }
    assert found == set()


def test_the_engine_knows_nothing_of_the_topic() -> None:
    found = [
        f"{path.relative_to(SOURCE)}:{number}: {line.strip()}"
        for path in sorted(PACKAGE.rglob("*"))
        if path.suffix in {".py", ".yaml"}
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if TOPIC.search(line)
    ]
    assert found == []


SHOWING = re.compile(r"_repr_\w+_|_ipython_display_|__html__")  # how an object gets onto a page
MAY_SHOW = {("livingreview/markup.py", "_repr_html_"), ("livingreview/figures.py", "_repr_svg_")}


@cache
def nodes_of_the_source() -> tuple[tuple[str, ast.AST], ...]:
    """Every node of every module of both packages, with the module's path."""
    return tuple(
        (path.relative_to(SOURCE).as_posix(), node)
        for path in sorted(SOURCE.rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
    )


def test_one_module_shows_html_and_one_shows_drawings() -> None:
    named = {
        (path, name)
        for path, node in nodes_of_the_source()
        for name in (getattr(node, key, None) for key in ("name", "attr", "id", "value", "arg"))
        if isinstance(name, str) and SHOWING.fullmatch(name)
    }
    assert named == MAY_SHOW


def test_html_is_made_from_text_in_one_module() -> None:
    made = {
        f"{path}: {ast.unparse(node)[:60]}"
        for path, node in nodes_of_the_source()
        for used in (getattr(node, "bases", ()), [getattr(node, "func", None)])
        if path != "livingreview/markup.py"
        and "Html" in [ast.unparse(name).rpartition(".")[2] for name in used if name]
    }
    assert made == set()


def test_text_is_escaped_and_shown_in_one_place_of_each_package() -> None:
    users = {
        (path, name)
        for path, node in nodes_of_the_source()
        for name in _names(node)
        if re.match(r"html\b(?!\.parser)|IPython|markupsafe|docutils\.nodes\.raw", name)
    }
    assert users == {
        ("livingreview/markup.py", "html.escape"),
        ("livingreview_book/extension.py", "html.escape"),  # the description in a page's head
        ("livingreview_book/publishing.py", "IPython.display.display"),  # plain text only
    }


def _names(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom) and not node.level:
        yield from (f"{node.module}.{alias.name}" for alias in node.names)
