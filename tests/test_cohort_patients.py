"""The table of patients and its file: what is kept, and every fault told with its row."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from livingreview_cohort import Patients, TimeToEvent, read_patients, write_patients
from livingreview_cohort.layout import patients_as_csv
from livingreview_record import Arm, DataProblemsError, Outcome, Roles, Study

HEADER = "study_id,source,arm,age,sex,scar,response,death_time,death_event,growth_time,growth_event"
FIRST = "made-up,patient-level,new,61.5,male,,good,10.5,1,4.25,1"
SECOND = "made-up,patient-level,old,70,female,yes,bad,3,0,3,0"


@pytest.fixture
def study() -> Study:
    arms = {id_: Arm(id_, id_, "x") for id_ in ("new", "old")}
    levels = {"male": "Male", "female": "Female"}
    variables = {
        "age": Outcome("age", "Age", "continuous", unit="years"),
        "sex": Outcome("sex", "Sex", "categorical", levels, exhaustive=True),
        "scar": Outcome("scar", "Scar", "binary", exhaustive=True, only_arm="old"),
    }
    outcomes = {
        "response": Outcome("response", "Response", "categorical", {"good": "", "bad": ""}),
        "death": Outcome("death", "Survival", "time-to-event"),
        "growth": Outcome("growth", "Without growth", "time-to-event"),
        "reply": Outcome("reply", "Length of response", "time-to-event"),
        "rash": Outcome("rash", "Rash", "adverse-event", {"bad": "Severe"}),
    }
    roles = Roles("death", "growth", progressed="response=bad", duration_of_response="reply")
    parts = ((), {}, arms, {}, {}, outcomes, variables)
    return replace(Study("made-up", "Made up", "included", "People", *parts), roles=roles)


def written(folder: Path, *lines: str) -> Path:
    path = folder / "patients.csv"
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


def problems(path: Path, study: Study) -> list[str]:
    with pytest.raises(DataProblemsError) as caught:
        read_patients(path, study)
    return [str(problem).removeprefix(f"{path} ") for problem in caught.value.problems]


def test_a_file_is_read_into_arrays_by_the_studys_names(tmp_path: Path, study: Study) -> None:
    patients = read_patients(written(tmp_path, HEADER, FIRST, SECOND), study)
    assert (patients.n, patients.source, patients.arm.tolist()) == (
        2,
        "patient-level",
        ["new", "old"],
    )
    assert patients.column("age").tolist() == [61.5, 70.0]
    assert patients.column("scar").tolist() == ["", "yes"]
    assert patients.times["death"].time.tolist() == [10.5, 3.0]
    assert patients.times["growth"].event.tolist() == [True, False]


def test_what_is_written_is_read_again_to_the_last_digit(tmp_path: Path, study: Study) -> None:
    rng = np.random.default_rng(3)
    n = 40
    death = rng.exponential(9.0, n)
    replied = rng.random(n) < 0.4
    patients = Patients(
        study.id,
        "synthetic",
        rng.choice(["new", "old"], n),
        {"age": rng.normal(60, 9, n), "sex": rng.choice(["male", "female"], n)}
        | {"scar": np.full(n, "no")},
        {"response": rng.choice(["good", "bad"], n), "rash": rng.choice(["no", "yes", "bad"], n)},
        {
            "death": TimeToEvent(death, rng.random(n) < 0.7),
            "growth": TimeToEvent(death * rng.random(n), rng.random(n) < 0.9),
            "reply": TimeToEvent(np.where(replied, 1 / 3, np.nan), replied),
        },
    )
    path = tmp_path / "patients.csv"
    write_patients(patients, path)
    again = read_patients(path, study)
    assert patients_as_csv(again) == patients_as_csv(patients)
    assert again.is_synthetic
    assert np.array_equal(again.times["reply"].time, patients.times["reply"].time, equal_nan=True)


def test_one_synthetic_row_makes_the_table_synthetic(tmp_path: Path, study: Study) -> None:
    drawn = SECOND.replace("patient-level", "synthetic")
    assert read_patients(written(tmp_path, HEADER, FIRST, drawn), study).is_synthetic


def test_a_missing_column_is_named(tmp_path: Path, study: Study) -> None:
    cut = [line.rsplit(",", 1)[0] for line in (HEADER, FIRST)]
    (problem,) = problems(written(tmp_path, *cut), study)
    assert problem.startswith("row 1: need the columns study_id, source, arm, age")
    assert "found missing 'growth_event'; add the column" in problem


def test_an_unknown_column_is_named(tmp_path: Path, study: Study) -> None:
    (problem,) = problems(written(tmp_path, HEADER + ",birthday", FIRST + ",1"), study)
    assert "unknown 'birthday'" in problem


def test_half_of_a_pair_of_columns_asks_for_the_other(tmp_path: Path, study: Study) -> None:
    (problem,) = problems(written(tmp_path, HEADER + ",reply_time", FIRST + ",1"), study)
    assert "missing 'reply_event'" in problem


def test_every_fault_of_every_row_is_told_at_once(tmp_path: Path, study: Study) -> None:
    bad = "made-up,real,middle,old,men,maybe,fine,-1,2,nan,"
    found = problems(written(tmp_path, HEADER, FIRST, bad), study)
    assert [problem.split(": need")[0] for problem in found] == [
        f"row 3 column {name}"
        for name in (
            *("source", "arm", "age", "sex", "scar", "response"),
            *("death_time", "death_event", "growth_time", "growth_event"),
        )
    ]
    assert "need one of synthetic, patient-level, found 'real'" in found[0]
    assert "need one of good, bad, found 'fine'" in found[5]
    assert "need a number of months of at least 0, found '-1'" in found[6]
    assert "need 1 (seen) or 0 (censored), found '2'" in found[7]


def test_progression_after_death_is_told(tmp_path: Path, study: Study) -> None:
    (problem,) = problems(written(tmp_path, HEADER, FIRST.replace("4.25", "10.6")), study)
    assert problem == (
        "row 2 column growth_time: need at most 10.5, the death_time of this patient, "
        "found '10.6'; correct the one that is wrong."
    )


def test_an_endless_time_is_no_number_of_months(tmp_path: Path, study: Study) -> None:
    (problem,) = problems(written(tmp_path, HEADER, FIRST.replace("10.5", "inf")), study)
    assert "column death_time" in problem


def test_patients_of_another_study_are_told(tmp_path: Path, study: Study) -> None:
    (problem,) = problems(written(tmp_path, HEADER, FIRST.replace("made-up", "other")), study)
    assert "column study_id: need one of made-up, found 'other'" in problem


def test_a_table_cannot_be_changed(tmp_path: Path, study: Study) -> None:
    patients = read_patients(written(tmp_path, HEADER, FIRST, SECOND), study)
    with pytest.raises(ValueError, match="read-only"):
        patients.times["death"].time[0] = 99.0


def test_columns_of_unequal_length_are_refused() -> None:
    with pytest.raises(ValueError, match=r"need 2 entries in each column, as in arm; found .*age"):
        Patients("s", "synthetic", np.array(["a", "a"]), {"age": np.array([1.0])})
    with pytest.raises(ValueError, match="need a time and an event a patient"):
        TimeToEvent(np.array([1.0, 2.0]), np.array([True]))


def test_chosen_patients_keep_their_source_and_order(tmp_path: Path, study: Study) -> None:
    patients = read_patients(written(tmp_path, HEADER, FIRST, SECOND), study)
    turned = patients.of(np.array([1, 0]))
    assert (turned.arm.tolist(), turned.source) == (["old", "new"], "patient-level")
    assert turned.times["death"].time.tolist() == [3.0, 10.5]
