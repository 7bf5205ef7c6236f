"""What `make new-study` writes."""

import shutil
from pathlib import Path

import pytest
import yaml

from example_review import write_review
from livingreview_book.__main__ import main
from livingreview_book.chapters import chapter_names, read_notebook
from livingreview_record.load import load_review
from livingreview_record.problems import DataProblemsError
from livingreview_start.study_files import new_study

REPOSITORY = Path(__file__).parent.parent


@pytest.fixture
def root(tmp_path: Path) -> Path:
    write_review(tmp_path)
    (tmp_path / "chapters").mkdir()
    shutil.copy(REPOSITORY / "chapters" / "_template-study.md", tmp_path / "chapters")
    toc = {
        "format": "jb-book",
        "root": "chapters/index",
        "parts": [
            {"caption": "Studies", "chapters": [{"file": "chapters/example-2020"}]},
            {"caption": "More", "chapters": [{"file": "chapters/data"}]},
        ],
    }
    (tmp_path / "_toc.yml").write_text(yaml.safe_dump(toc, sort_keys=False), "utf-8")
    return tmp_path


def test_a_new_study_has_its_chapter_after_the_others(root: Path) -> None:
    new_study(root, "smith-2027")
    studies = ["chapters/example-2020", "chapters/smith-2027"]
    assert chapter_names(root) == ["chapters/index", *studies, "chapters/data"]
    text = (root / "chapters" / "smith-2027.md").read_text("utf-8")
    assert "STUDY-ID" not in text
    assert read_notebook(text).cells


def test_a_new_study_has_the_page_of_its_numbers_below_it_where_the_book_has_a_template(
    root: Path,
) -> None:
    shutil.copy(REPOSITORY / "chapters" / "_template-numbers.md", root / "chapters")
    new_study(root, "smith-2027")
    new_study(root, "jones-2028")
    names = ["smith-2027", "smith-2027-numbers", "jones-2028", "jones-2028-numbers"]
    assert chapter_names(root)[2:-1] == [f"chapters/{name}" for name in names]
    contents = yaml.safe_load((root / "_toc.yml").read_text("utf-8"))
    below = contents["parts"][0]["chapters"][1]["sections"]
    assert below == [{"file": "chapters/smith-2027-numbers"}]
    text = (root / "chapters" / "smith-2027-numbers.md").read_text("utf-8")
    assert 'StudyPage("smith-2027")' in text
    assert "(smith-2027.md)" in text


def test_the_loader_lists_what_a_new_study_still_needs(root: Path) -> None:
    new_study(root, "smith-2027")
    with pytest.raises(DataProblemsError, match=r"smith-2027/study\.yaml status: need"):
        load_review(root)


def test_a_new_study_asks_for_the_flags_of_the_review_and_shows_a_comparison(root: Path) -> None:
    new_study(root, "smith-2027")
    text = (root / "data" / "studies" / "smith-2027" / "study.yaml").read_text("utf-8")
    arm = yaml.safe_load(text)["arms"]["arm-a"]
    assert arm == dict.fromkeys(("label", "treatment_class", "is_new", "regimen"))
    compared = text.replace("comparisons: {}", "comparisons:").replace("#  arm-a", "  arm-a")
    (comparison,) = yaml.safe_load(compared)["comparisons"].values()
    assert (comparison["experimental"], comparison["control"]) == ("arm-a", "arm-b")


def test_no_study_is_begun_while_the_rules_of_the_review_are_faulty(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (root / "data" / "review.yaml").write_text("title: A review\n", "utf-8")
    with pytest.raises(DataProblemsError, match="need the key 'syntheses'"):
        new_study(root, "smith-2027")
    assert not (root / "data" / "studies" / "smith-2027").exists()
    assert main(["--root", str(root), "new-study", "smith-2027"]) == 1
    assert "need the key 'syntheses'" in capsys.readouterr().err


def test_a_study_is_never_overwritten(root: Path) -> None:
    with pytest.raises(FileExistsError, match="there is such a study"):
        new_study(root, "example-2020")


@pytest.mark.parametrize("name", ["_toc.yml", "chapters/_template-study.md"])
def test_nothing_is_written_without_the_files_that_a_study_is_added_to(
    root: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (root / name).unlink()
    assert main(["--root", str(root), "new-study", "smith-2027"]) == 1
    assert f"{name}: need this file to begin a study" in capsys.readouterr().err
    assert not (root / "data" / "studies" / "smith-2027").exists()
    assert not (root / "chapters" / "smith-2027.md").exists()


def test_an_id_that_cannot_name_a_page_is_refused(root: Path) -> None:
    with pytest.raises(ValueError, match="need lower-case words joined by hyphens"):
        new_study(root, "Smith 2027")


def test_the_command_answers_a_wrong_id_with_a_message(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--root", str(root), "new-study", "Smith 2027"]) == 1
    assert "need lower-case words" in capsys.readouterr().err
