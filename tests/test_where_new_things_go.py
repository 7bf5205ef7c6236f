"""What README, CONTRIBUTING and `src/README.md` send a newcomer to is there."""

import re
from pathlib import Path

import pytest

from code_lines import packages

ROOT = Path(__file__).parent.parent
GUIDE = ROOT / "src" / "README.md"
PAGES = (ROOT / "README.md", ROOT / "CONTRIBUTING.md", GUIDE)
PATH = re.compile(r"`((?:src|tests|data|chapters|validation|benchmarks)/[\w./-]+)`")
NAMED = re.compile(r"`([\w./-]+\.py)` \(([^)]*)\)")
NAME = re.compile(r"`(\w+)`")
EXAMPLE = "smith-2027"  # a study that a reader begins


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_file_that_a_page_names_exists(page: Path) -> None:
    named = {path for path in PATH.findall(page.read_text("utf-8")) if EXAMPLE not in path}
    assert named
    assert {path for path in named if not (ROOT / path).exists()} == set()


def test_every_name_stands_in_the_file_that_it_is_said_to_be_in() -> None:
    found = NAMED.findall(GUIDE.read_text("utf-8"))
    named = [(path, name) for path, words in found for name in NAME.findall(words)]
    assert ("src/livingreview_pool/effect_sizes.py", "RECIPES") in named
    for path, name in named:
        text = (ROOT / path).read_text("utf-8")
        assert re.search(rf"^(class )?{name}\b", text, re.MULTILINE), f"{name} in {path}"


def test_the_guide_or_the_readme_names_every_package() -> None:
    text = "".join(page.read_text("utf-8") for page in PAGES)
    assert {name for name in packages() if f"src/{name}/" not in text} == set()
