"""`livingreview reenact`: printed and re-enacted side by side, on draws or a file of patients."""

import csv
import io
import json
import shutil
from pathlib import Path

import pytest

from livingreview.cli import main
from livingreview_cohort import draw_cohort, write_patients
from livingreview_record import load_study

ROOT = Path(__file__).parent.parent


def called(*arguments: str) -> int:
    return main(["--root", str(ROOT), "reenact", *arguments])


def test_printed_and_re_enacted_stand_side_by_side(capsys: pytest.CaptureFixture[str]) -> None:
    assert called("tian-2026", "--draws", "3", "--format", "json") == 0
    output = capsys.readouterr()
    assert "nobody in them is real" in output.err
    rows = json.loads(output.out)
    assert {row["source"] for row in rows} == {"synthetic"}
    (row,) = (
        one
        for one in rows
        if (one["outcome"], one["arm_id"], one["statistic"]) == ("pfs", "annab", "median")
    )
    assert (row["printed"], row["reenacted"], row["agreement"]) == ("6.0", "6", "within")
    assert row["tables"] == 3
    assert row["locator"]


def test_the_same_seed_gives_the_same_bytes_whatever_the_processes(
    capsys: pytest.CaptureFixture[str],
) -> None:
    texts = []
    for more in (["--jobs", "1"], ["--jobs", "2"]):
        called("tian-2026", "--draws", "4", "--seed", "7", "--format", "csv", *more)
        texts.append(capsys.readouterr().out)
    assert texts[0] == texts[1]
    called("tian-2026", "--draws", "4", "--seed", "8", "--format", "csv")
    assert capsys.readouterr().out != texts[0]


def test_a_file_of_patients_runs_through_the_same_pipeline(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    study = load_study("tian-2026", ROOT)
    path = tmp_path / "patients.csv"
    write_patients(draw_cohort(study, 5), path)
    path.write_text(path.read_text("utf-8").replace(",synthetic,", ",patient-level,"), "utf-8")
    assert called("tian-2026", "--patients", str(path), "--format", "csv") == 0
    output = capsys.readouterr()
    assert output.err == ""
    rows = list(csv.DictReader(io.StringIO(output.out)))
    assert {row["source"] for row in rows} == {"patient-level"}
    assert {row["tables"] for row in rows if row["reenacted"]} == {"1"}
    medians = [row for row in rows if row["statistic"] == "median" and row["outcome"] == "pfs"]
    assert medians
    assert all(row["reenacted"] == row["low"] == row["high"] for row in medians)


def test_a_faulty_file_of_patients_is_told_without_a_traceback(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "patients.csv"
    path.write_text("study_id,arm\ntian-2026,annab\n", "utf-8")
    assert called("tian-2026", "--patients", str(path)) == 1
    assert "found missing 'source', " in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nct04363255"], "prints no result to re-enact"),
        (["tian-2026", "--draws", "0"], "need a whole number of at least 1, found '0'"),
        (["tian-2026", "--draws", "5", "--patients", "x.csv"], "--patients or --draws, not both"),
    ],
)
def test_a_wrong_call_is_told(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        called(*arguments)
    assert caught.value.code == 2
    assert message in capsys.readouterr().err


def test_check_names_the_faults_of_every_pipeline(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(ROOT / "data", tmp_path / "data")
    path = tmp_path / "data/studies/tian-2026/pipeline.yaml"
    path.write_text(path.read_text("utf-8").replace("value: log-rank", "value: log-runk"), "utf-8")
    assert main(["--root", str(tmp_path), "check"]) == 1
    assert "curve_test.value: need one of log-rank" in capsys.readouterr().err
