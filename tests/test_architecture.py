"""Data flow in one direction: which module may import which, and what stays outside."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from livingreview_book.remembered import OURS

SOURCE = Path(__file__).parent.parent / "src"

# Arrows between packages, and between the modules of the helper.  A module of another package may
# import what its package may; within a package there is no circle either.
PACKAGES: dict[str, set[str]] = {
    "livingreview_record": set(),
    "livingreview_pool": set(),
    "livingreview_audit": {"livingreview_record"},
    "livingreview_cohort": {"livingreview_audit", "livingreview_display", "livingreview_record"},
    "livingreview_display": {"livingreview_record"},
    "livingreview_plan": {"livingreview_pool", "livingreview_record"},
    "livingreview_search": {"livingreview_display", "livingreview_record"},
    "livingreview_appraisal": {"livingreview_display", "livingreview_record"},
    "livingreview_network": {
        *("livingreview_display", "livingreview_plan", "livingreview_pool", "livingreview_record"),
    },
    "livingreview_start": {"livingreview_record"},
    "livingreview_explorer": {
        *("livingreview_display", "livingreview_plan", "livingreview_pool", "livingreview_record"),
    },
    "livingreview_results": {
        *("livingreview_appraisal", "livingreview_audit", "livingreview_display"),
        *("livingreview_plan", "livingreview_pool", "livingreview_record"),
    },
    "livingreview_certainty": {
        *("livingreview_appraisal", "livingreview_display", "livingreview_plan"),
        *("livingreview_pool", "livingreview_record", "livingreview_results"),
    },
    "livingreview": {
        *("livingreview_appraisal", "livingreview_audit", "livingreview_cohort"),
        *("livingreview_certainty", "livingreview_results"),
        *("livingreview_display", "livingreview_plan", "livingreview_pool"),
        *("livingreview_record", "livingreview_search", "livingreview_start"),
        *("livingreview_explorer", "livingreview_network"),
    },
    "livingreview_book": {"livingreview_record", "livingreview_start"},
}
HELPER: dict[str, set[str]] = {
    "__init__": {"study_page", "tables"},
    "tables": set(),
    "study_page": {"tables"},
    "cli": set(),
}
# Modules of the helper that show studies re-enacted; no result of a synthesis comes from them.
MAY_MEET_PATIENTS = {"livingreview.__init__", "livingreview.cli"}
ONLY_IN = {  # modules, or a whole package, that use a library
    "IPython": {"livingreview_display.publishing"},
    "pandas": {
        "livingreview.tables",
        "livingreview_results",
        "livingreview_certainty",
        "livingreview_display",
        "livingreview_search",
        "livingreview_appraisal",
        "livingreview_cohort.tables",
        "livingreview_cohort.design_tables",
        "livingreview_network.tables",
    },
    "matplotlib": {
        "livingreview_cohort.figures",
        "livingreview_display.bubbles",
        "livingreview_display.drawing",
        "livingreview_display.flowchart",
        "livingreview_display.forest",
        "livingreview_display.lanes",
        "livingreview_network.figures",
    },
    "seaborn": {"livingreview_display.forest"},
    "yaml": {"livingreview_record.plain_yaml", "livingreview_record.shapes", "livingreview_book"},
    "jsonschema": {"livingreview_record.shapes"},
}
NEVER = {"livingreview_book", "sphinx", "docutils", "myst_nb", "nbformat", "requests"}
TOPIC = re.compile(
    r"lung|cancer|tumou?r|oncolog|anlotinib|serplulimab|paclitaxel|toripalimab|durvalumab"
    r"|atezolizumab|\bsclc\b|\bici\b|checkpoint",
    re.IGNORECASE,
)


def package_of(path: Path) -> str:
    return path.relative_to(SOURCE).parts[0]


def unit_of(path: Path) -> str:
    """A module of the helper, or the sub-package that it belongs to."""
    return path.relative_to(SOURCE).parts[1].removesuffix(".py")


def modules(package: str = "*") -> Iterator[Path]:
    return SOURCE.glob(f"{package}/**/*.py")


def imported_names(path: Path) -> Iterator[str]:
    """The dotted name of everything that the module imports, however it spells it."""
    here = list(path.relative_to(SOURCE).parts[:-1])
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
            name = node.args[0]
            yield name.value if isinstance(name, ast.Constant) else f"?{ast.unparse(name)}"


@cache
def imported(path: Path) -> tuple[str, ...]:
    return tuple(imported_names(path))


@cache
def imports() -> tuple[tuple[Path, str], ...]:
    return tuple((path, name) for path in modules() for name in imported(path))


def packages_used(package: str) -> set[str]:
    used = {name.split(".")[0] for path, name in imports() if package_of(path) == package}
    return used & set(PACKAGES) - {package}


def units_used(unit: str) -> set[str]:
    used = {
        name.split(".")[1] if len(name.split(".")) > 1 else "__init__"
        for path, name in imports()
        if package_of(path) == "livingreview"
        and unit_of(path) == unit
        and name.split(".")[0] == "livingreview"
    }
    return used & set(HELPER) - {unit}


def test_every_package_and_every_module_of_the_helper_has_its_place() -> None:
    folders = {path.name for path in SOURCE.iterdir() if path.is_dir()}
    assert {name for name in folders if not name.endswith(".egg-info")} == set(PACKAGES)
    assert {unit_of(path) for path in modules("livingreview")} == set(HELPER)


def test_the_builder_hashes_every_package() -> None:
    assert sorted(OURS) == sorted(PACKAGES)


@pytest.mark.parametrize("package", PACKAGES)
def test_a_package_imports_exactly_the_packages_that_are_stated(package: str) -> None:
    assert packages_used(package) == PACKAGES[package]


@pytest.mark.parametrize("unit", HELPER)
def test_a_module_of_the_helper_imports_exactly_what_is_stated(unit: str) -> None:
    assert units_used(unit) == HELPER[unit]


def test_a_synthetic_patient_cannot_reach_the_synthesis() -> None:
    """Only modules that show studies re-enacted import `livingreview_cohort`; others may not."""
    users = {
        ".".join(path.relative_to(SOURCE).with_suffix("").parts)
        for path, name in imports()
        if name.startswith("livingreview_cohort") and package_of(path) != "livingreview_cohort"
    }
    assert users == MAY_MEET_PATIENTS


@pytest.mark.parametrize("package", PACKAGES)
def test_no_package_has_a_circle(package: str) -> None:
    paths = {".".join(p.relative_to(SOURCE).with_suffix("").parts): p for p in modules(package)}
    names = {name.removesuffix(".__init__"): path for name, path in paths.items()}
    left = {
        name: {other for other in names if other != name and _uses(path, other)}
        for name, path in names.items()
    }
    done: set[str] = {package}  # a front door imports what stands behind it
    while ready := {name for name, used in left.items() if used <= done} - done:
        done |= ready
    assert done == set(names)


def _uses(path: Path, module: str) -> bool:
    parent = module.rpartition(".")[0]
    return any(
        name == module or name.startswith(f"{module}.") or name == f"{parent}.{module}"
        for name in imported(path)
    )


@pytest.mark.parametrize(("library", "users"), ONLY_IN.items())
def test_a_library_stays_where_it_belongs(library: str, users: set[str]) -> None:
    found = {
        ".".join(path.relative_to(SOURCE).with_suffix("").parts)
        for path, name in imports()
        if name.partition(".")[0] == library
    }
    assert {one for one in found if not any(f"{one}.".startswith(f"{u}.") for u in users)} == set()


def test_only_the_builder_knows_of_books_and_networks() -> None:
    found = {
        f"{path.name} imports {name}"
        for path, name in imports()
        if name.split(".")[0] in NEVER and package_of(path) != "livingreview_book"
    }
    assert found == set()


def test_the_packages_know_nothing_of_the_topic() -> None:
    found = [
        f"{path.relative_to(SOURCE)}:{number}: {line.strip()}"
        for path in sorted(SOURCE.rglob("*"))
        if path.suffix in {".py", ".yaml", ".yml", ".md", ".csv"} and package_of(path) in PACKAGES
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if TOPIC.search(line)
    ]
    assert found == []


NAMES_OF_OUTCOMES = {"os", "pfs", "orr", "dcr", "dor", "pd", "cr", "pr", "recist", "followup"}


def test_no_package_knows_an_outcome_by_its_name() -> None:
    """Which outcome is which stands in the roles of `review.yaml`."""
    found = [
        f"{path}:{node.lineno}: {node.value!r}"
        for path, node in nodes_of_the_source()
        if isinstance(node, ast.Constant) and str(node.value).lower() in NAMES_OF_OUTCOMES
    ]
    assert found == []


def test_problems_of_files_are_noted_by_the_one_collector() -> None:
    makers = {
        path
        for path, node in nodes_of_the_source()
        if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] == "Problem"
    }
    assert makers == {"livingreview_record/problems.py"}


SHOWING = re.compile(r"_repr_\w+_|_ipython_display_|__html__")  # how an object gets onto a page
MAY_SHOW = {
    ("livingreview_display/markup.py", "_repr_html_"),
    ("livingreview_display/drawing.py", "_repr_svg_"),
}


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
        if path != "livingreview_display/markup.py"
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
        ("livingreview_display/markup.py", "html.escape"),
        ("livingreview_book/describing.py", "html.escape"),  # what a page's head says of it
        ("livingreview_book/words.py", "html.escape"),  # the explanation of a term
        ("livingreview_book/dress.py", "html.escape"),  # captions of drawings
        ("livingreview_display/publishing.py", "IPython.display.display"),  # text, what is Shown
    }


def _names(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom) and not node.level:
        yield from (f"{node.module}.{alias.name}" for alias in node.names)
