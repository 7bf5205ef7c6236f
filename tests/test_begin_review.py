"""`livingreview new` and `livingreview import`: a review of another topic, from two commands."""

import csv
import os
import subprocess
import sys
from pathlib import Path

import pytest

from livingreview import ProtocolPage, StudyPage, SynthesisPage
from livingreview.cli import main
from livingreview_plan import carry_out, moderated
from livingreview_record import load_review
from livingreview_start import Start, new_review, new_study
from livingreview_start.texts import as_markdown

BCG = Path(__file__).parent / "reference" / "dat.bcg.csv"  # dat.bcg of metafor 3.8-1, write.csv
NEW = (
    *("--title", "BCG vaccine against tuberculosis", "--outcome", "Tuberculosis"),
    *("--experimental", "BCG vaccine", "--control", "No vaccine", "--measure", "log_rr"),
    *("--participant", "person", "--participants", "people", "--secondary"),
    *("--moderator", "latitude=Absolute latitude, degrees"),
)
IMPORT = (
    *("--columns", "study=author", "latitude=ablat", "allocation=alloc", "--ignore", "trial"),
    *("--address", "https://cran.r-project.org/package=metadat", "--read", "2026-01-31"),
)


def run(root: Path, *arguments: str) -> int:
    return main(["--root", str(root), *arguments])


@pytest.fixture
def bcg(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """The review of the thirteen trials, from the two commands."""
    root = tmp_path / "bcg"
    assert main(["new", str(root), *NEW]) == 0
    assert run(root, "import", str(BCG), *IMPORT) == 0
    capsys.readouterr()
    return root


def made(root: Path, *arguments: str) -> Path:
    assert main(["new", str(root), "--title", "A title", *arguments]) == 0
    return root


def table(path: Path, *rows: dict[str, str]) -> str:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return str(path)


def test_an_empty_review_passes_the_check_and_its_pages_show_what_there_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = made(tmp_path / "new")
    assert run(root, "check") == 0
    assert "0 studies, 0 printed numbers, no problem found" in capsys.readouterr().out
    page = SynthesisPage(root)
    page.show_every()
    page.plot_every()
    ProtocolPage(root).syntheses()
    assert page.everything[0].effects == ()


def test_the_thirteen_trials_give_what_metafor_gives(bcg: Path) -> None:
    """metafor 3.8-1: rma(yi, vi), and rma(yi, vi, mods = ~ablat), of escalc("RR", dat.bcg)."""
    review = load_review(bcg)
    (result,) = carry_out(review, "tuberculosis")
    assert len(result.effects) == 13
    assert result.pooled.random.mean == pytest.approx(-0.7145, abs=5e-5)
    assert result.pooled.random.tau2 == pytest.approx(0.3132, abs=5e-5)
    assert result.pooled.random.i2 == pytest.approx(92.22, abs=5e-3)
    (found,) = moderated(review, result)
    assert found.slope.estimate == pytest.approx(-0.0291, abs=5e-5)
    # 0.07635 with threshold = 1e-14; metafor's default stops at 0.076355 and prints 0.0764
    assert found.regression.tau2 == pytest.approx(0.07635, abs=1e-5)
    assert found.regression.r2 == pytest.approx(75.62, abs=0.02)


def test_every_imported_number_has_its_file_row_and_column(bcg: Path) -> None:
    study = load_review(bcg).studies["ferguson-simes-1949"]
    (events,) = study.find(outcome="tuberculosis", arm_id="experimental")
    assert (events.value, str(events.locator)) == (
        "6",
        "dat.bcg.csv; row 3, Ferguson & Simes 1949; tpos",
    )
    (size,) = study.find(outcome="participants", arm_id="experimental")
    assert (size.value, size.note) == ("306", "the sum of the columns tpos and tneg")
    assert study.design["latitude"] == 55
    assert study.design["allocation"] == "random"
    assert {number.level for number in study.numbers} == {"secondary"}


def test_the_review_that_was_begun_passes_the_check_and_speaks_of_people(
    bcg: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(bcg, "check") == 0
    assert "13 studies, 52 printed numbers, no problem found" in capsys.readouterr().out
    SynthesisPage(bcg).show_every()
    trial = StudyPage("tpt-madras-1980", bcg)
    trial.numbers("other")
    trial.methods()
    shown = capsys.readouterr().out
    assert "People with event / all" in shown
    assert "patient" not in shown.lower()
    assert "The paper reports none" not in shown
    assert "| .\n" not in shown  # a regimen that nobody told
    assert "Absolute latitude, degrees" in shown


def test_what_others_collected_enters_only_where_the_review_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = tmp_path / "bcg"
    assert main(["new", str(root), *(part for part in NEW if part != "--secondary")]) == 0
    assert run(root, "import", str(BCG), *IMPORT) == 0
    assert run(root, "check") == 1
    assert "a review of what others collected says secondary_sources: true" in (
        capsys.readouterr().err
    )


def test_a_study_is_begun_in_the_new_review_with_the_properties_that_it_asks_for(bcg: Path) -> None:
    new_study(bcg, "smith-2027")
    text = (bcg / "data" / "studies" / "smith-2027" / "study.yaml").read_text("utf-8")
    assert "\n  latitude:\n" in text
    assert "is_experimental: # true or false" in text
    assert "prior_ici" not in text
    contents = (bcg / "_toc.yml").read_text("utf-8")
    assert "      - file: chapters/smith-2027\n" in contents


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--kind", "slope"], "kind: need one of two-arm, means, rates, estimate, found 'slope'"),
        (["--measure", "md"], "need one of log_or, log_rr, rd for two-arm, found 'md'"),
        (["--moderator", "latitude"], "need a name, an equals sign and words"),
        (["--moderator", "Latitude=x"], "need lower-case words joined by _, such as latitude"),
        (["--outcome", " "], "outcome: need one line of words, found ' '"),
    ],
)
def test_a_wrong_call_says_what_was_needed_and_writes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    assert main(["new", str(tmp_path / "new"), "--title", "T", *arguments]) == 1
    assert message in capsys.readouterr().err
    assert not (tmp_path / "new").exists()


def test_a_folder_that_holds_files_is_left_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "thesis.txt").write_text("mine", "utf-8")
    assert main(["new", str(tmp_path), "--title", "T"]) == 1
    assert "need an empty folder" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_titles_and_names_stay_text(tmp_path: Path) -> None:
    title = 'Sugar: "does {glue}`x` help"? # 1'
    new_review(tmp_path / "new", Start(title=title))
    assert load_review(tmp_path / "new").protocol.title == title
    heading = (tmp_path / "new" / "chapters" / "index.md").read_text("utf-8")
    assert f"# {as_markdown(title)}\n" in heading
    assert "{glue}`" not in heading


FAULTY = (
    {"study": "A 2000", "experimental_events": "3", "experimental_n": "20",
     "control_events": "5", "control_n": "21"},
    {"study": "A 2000", "experimental_events": "3.5", "experimental_n": "20",
     "control_events": "5", "control_n": "21"},
    {"study": "", "experimental_events": "x", "experimental_n": "20",
     "control_events": "50", "control_n": "21"},
)  # fmt: skip


def test_every_problem_of_a_table_is_told_at_once_and_nothing_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = made(tmp_path / "new")
    path = table(tmp_path / "t.csv", *(row | {"colour": "red"} for row in FAULTY))
    contents = (root / "_toc.yml").read_text("utf-8")
    assert run(root, "import", path) == 1
    said = capsys.readouterr().err
    for words in (
        "row 1: need columns that are known",
        "found 'colour'; describe it in data/dictionary.csv (data/studies/*/study.yaml, "
        "design.colour), or leave it out: --ignore colour",
        "row 3: need a name of its own for each study, found 'A 2000' as in row 2",
        "row 3 column experimental_events: need a whole number of at least 0, found '3.5'",
        "row 4 column study: need the study's name",
        "row 4 column experimental_events: need a number, found 'x'",
        "row 4 column control_events: need at most the 21 of control_n, found 50",
    ):
        assert words in said, words
    assert not list((root / "data" / "studies").glob("*"))[1:]
    assert (root / "_toc.yml").read_text("utf-8") == contents


def test_a_study_that_is_there_is_not_overwritten(
    bcg: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(bcg, "import", str(BCG), *IMPORT) == 1
    assert "need a study that is new, found a folder aronson-1948" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("kind", "measure", "cells", "options", "yi"),
    [
        (
            "means",
            "md",
            {"m1i": "4.0", "sd1i": "2.0", "n1i": "40", "m2i": "5.5", "sd2i": "2.5", "n2i": "50"},
            ("--unit", "points"),
            -1.5,
        ),
        (
            "rates",
            "log_rate_ratio",
            {"x1i": "10", "t1i": "100", "x2i": "20", "t2i": "100"},
            ("--unit", "person-years"),
            -0.6931471805599453,
        ),
        ("estimate", "log_rr", {"yi": "-0.7", "sei": "0.2"}, (), -0.7),
        (
            "estimate",
            "log_rr",
            {"estimate": "0.5", "ci_lower": "0.25", "ci_upper": "1.00"},
            ("--statistic", "rr"),
            -0.6931471805599453,
        ),
    ],
)
def test_a_table_of_each_kind_gives_its_effect(
    tmp_path: Path,
    kind: str,
    measure: str,
    cells: dict[str, str],
    options: tuple[str, ...],
    yi: float,
) -> None:
    root = made(tmp_path / "new", "--kind", kind, "--measure", measure)
    path = table(tmp_path / "t.csv", {"study": "A 2000", **cells})
    assert run(root, "import", path, "--level", "full-text", *options) == 0
    assert run(root, "check") == 0
    (result,) = carry_out(load_review(root), "outcome")
    assert result.effects[0].yi == pytest.approx(yi)
    assert result.measure == measure


@pytest.mark.book
@pytest.mark.parametrize("studies", [0, 13])
def test_the_book_of_a_new_review_builds_without_a_warning(
    tmp_path: Path, studies: int, request: pytest.FixtureRequest
) -> None:
    root = request.getfixturevalue("bcg") if studies else made(tmp_path / "new")
    binaries = Path(sys.executable).parent
    environment = {**os.environ, "PATH": f"{binaries}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(
        ["make", "book", f"PYTHON={sys.executable}"],
        cwd=root, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    pages = root / "_build" / "html" / "chapters"
    assert (pages / "index.html").exists()
    if studies:
        assert "0.49 (0.33 to 0.73)" in (pages / "synthesis.html").read_text("utf-8")
        trial = (pages / "aronson-1948.html").read_text("utf-8")
        assert "<h2>Results" in trial
        for heading in ("Response", "Times to an event", "Subgroups", "Side effects"):
            assert f"<h2>{heading}" not in trial
