import csv
import io
import json
import re
import zipfile
from pathlib import Path

import pytest

from example_review import ROWS, write_review
from livingreview import DataProblemsError
from livingreview_record.archive import downloads, write_downloads, zip_of

REPOSITORY = Path(__file__).parent.parent


@pytest.fixture
def root(tmp_path):
    write_review(tmp_path)
    return tmp_path


def test_the_downloads_are_those_that_the_page_links(root):
    page = (REPOSITORY / "chapters" / "data.md").read_text("utf-8")
    links = re.findall(r'href="\.\./downloads/(.*?)" download="(.*?)"', page)
    assert links == [(name, name) for name in downloads(root)]


def test_every_number_is_in_the_csv_and_in_the_json(root):
    files = downloads(root)
    rows = list(csv.DictReader(io.StringIO(files["numbers.csv"].decode())))
    assert [row["value"] for row in rows] == [row["value"] for row in ROWS]
    assert {row["study_id"] for row in rows} == {"example-2020"}
    assert json.loads(files["numbers.json"]) == rows


def test_the_zip_holds_the_data_as_they_are(root):
    archive = zipfile.ZipFile(io.BytesIO(downloads(root)["data.zip"]))
    name = "data/studies/example-2020/reported.csv"
    assert archive.read(name) == (root / name).read_bytes()
    assert {"data/review.yaml", "data/dictionary.csv", "numbers.csv"} <= set(archive.namelist())


def test_the_zip_holds_the_licence_of_the_data_and_no_hidden_file(root):
    (root / "data" / "LICENSE").write_text("CC0 1.0\n", encoding="utf-8")
    (root / "data" / ".DS_Store").write_bytes(b"\xff")
    archive = zipfile.ZipFile(io.BytesIO(downloads(root)["data.zip"]))
    assert archive.read("data/LICENSE") == b"CC0 1.0\n"
    assert not any(".DS_Store" in name for name in archive.namelist())


def test_the_zip_of_this_review_says_under_which_licence_it_may_be_used():
    archive = zipfile.ZipFile(io.BytesIO(downloads(REPOSITORY)["data.zip"]))
    assert "CC0" in archive.read("data/LICENSE").decode()


def test_bytes_do_not_depend_on_when_or_in_which_order_they_are_made(root):
    assert downloads(root) == downloads(root)
    assert zip_of({"b": b"2", "a": b"1"}) == zip_of({"a": b"1", "b": b"2"})


def test_a_changed_number_changes_the_download(root):
    before = downloads(root)
    changed = tuple(row | {"value": "0.71"} if row["value"] == "0.70" else row for row in ROWS)
    write_review(root, rows=changed)
    after = downloads(root)
    assert before["numbers.csv"] != after["numbers.csv"]
    assert before["data.zip"] != after["data.zip"]


def test_data_that_cannot_be_read_stop_the_archive(root):
    (root / "data" / "dictionary.csv").write_bytes(b"\xff\xfe")
    with pytest.raises(DataProblemsError, match="UTF-8"):
        downloads(root)


def test_files_are_written_beside_the_pages(root, tmp_path: Path):
    paths = write_downloads(root, tmp_path / "site" / "downloads")
    assert {path.name for path in paths} == set(downloads(root))
    assert all(path.stat().st_size for path in paths)
