"""Steps of "Add a study" in CONTRIBUTING.md that only a person can take: each one was taken."""

import csv
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from example_review import ROWS, write_review
from livingreview_start.study_files import new_study

ROOT = Path(__file__).parent.parent
FIRST_VERSION = {"chen-2025", "gu-2026", "nct04363255", "tian-2026", "zhang-2025"}  # of 0.1.0
WRITTEN_BY_HAND = ("In brief", "What the numbers support")
COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
CELL = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)


def studies() -> list[str]:
    return sorted(path.name for path in (ROOT / "data" / "studies").iterdir() if path.is_dir())


def steps_left(root: Path, study: str) -> Iterator[str]:
    """Each step that was not taken for the study: its number, and what is to be done."""
    folder = root / "data" / "studies" / study
    label = yaml.safe_load((folder / "study.yaml").read_text("utf-8"))["label"] or study
    path = root / "data" / "extraction.csv"
    rows = csv.DictReader(path.read_text("utf-8").splitlines()) if path.exists() else []
    if (folder / "reported.csv").exists() and study not in {row["study_id"] for row in rows}:
        yield f"step 6: extract {study} a second time, and add its line to data/extraction.csv"
    text = COMMENT.sub("", (root / "chapters" / f"{study}.md").read_text("utf-8"))
    title = re.search(r"^# (.*)$", text, re.MULTILINE)
    if title is None or title[1].strip() in ("", study, label):
        yield f"step 7: give chapters/{study}.md a title that says what was treated with what"
    for name in WRITTEN_BY_HAND if (folder / "reported.csv").exists() else ():
        _, _, section = text.partition(f"## {name}\n")
        if not CELL.sub("", section.partition("\n## ")[0]).strip():
            yield f"step 7: write '{name}' in chapters/{study}.md"
    changes = root / "CHANGELOG.md"
    changelog = changes.read_text("utf-8") if changes.exists() else ""
    if study not in FIRST_VERSION and study not in changelog and label not in changelog:
        yield f"step 10: name {label} in CHANGELOG.md, under Evidence"


@pytest.mark.parametrize("study", studies())
def test_every_step_was_taken_for_the_study(study: str) -> None:
    left = [f"CONTRIBUTING.md, Add a study, {step}" for step in steps_left(ROOT, study)]
    assert left == [], "\n".join(left)


def test_a_study_just_begun_lacks_every_step(tmp_path: Path) -> None:
    write_review(tmp_path)
    (tmp_path / "chapters").mkdir()
    template = ROOT / "chapters" / "_template-study.md"
    (tmp_path / "chapters" / template.name).write_text(template.read_text("utf-8"), "utf-8")
    (tmp_path / "_toc.yml").write_text("root: chapters/index\n", "utf-8")
    new_study(tmp_path, "smith-2027")
    left = list(steps_left(tmp_path, "smith-2027"))
    assert [step.partition(":")[0] for step in left] == ["step 6", *["step 7"] * 3, "step 10"]
    assert all("smith-2027" in step for step in left)


def test_a_study_whose_steps_are_taken_lacks_none(tmp_path: Path) -> None:
    write_review(tmp_path, rows=ROWS)
    (tmp_path / "chapters").mkdir()
    chapter = (
        "# Example 2020: new or old\n\n## In brief\n\nA.\n\n## What the numbers support\n\nB.\n"
    )
    (tmp_path / "chapters" / "example-2020.md").write_text(chapter, "utf-8")
    (tmp_path / "CHANGELOG.md").write_text("- Example 2020 entered.\n", "utf-8")
    (tmp_path / "data" / "extraction.csv").write_text("study_id\nexample-2020\n", "utf-8")
    assert list(steps_left(tmp_path, "example-2020")) == []
