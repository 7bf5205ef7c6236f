"""Published numbers: their keys, their text, the file that holds them, the text of outputs."""

import json
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_output

from livingreview import publish
from livingreview_book.published import KeyPublishedTwiceError, collect, key_and_text, write
from livingreview_book.remembered import Execution
from livingreview_book.shown import difference, shown_by_cell, text_of_html


def output_of(key: str, text: str, **options: bool) -> NotebookNode:
    with patch("livingreview_display.publishing.display") as display:
        publish(key, text, **options)
    [data], options = display.call_args
    return new_output("display_data", data=data, metadata=options["metadata"])


def execution(*numbers: tuple[str, str]) -> Execution:
    return Execution([[output_of(key, text) for key, text in numbers]], {}, 0.0)


def test_a_published_number_is_found_in_the_output() -> None:
    assert key_and_text(output_of("a.b-c", "30% (95% CI 20-41)")) == ("a.b-c", "30% (95% CI 20-41)")


@pytest.mark.parametrize("key", ["", "A", "a b", "a..b", ".a", "a.", "ä"])
def test_a_malformed_key_is_refused(key: str) -> None:
    with pytest.raises(ValueError, match="need lower-case words joined by dots or hyphens"):
        publish(key, "1")


@pytest.mark.parametrize("number", [0.3, 3, np.float64(0.3), None])
def test_a_number_that_is_not_text_is_refused(number: object) -> None:
    with pytest.raises(TypeError, match="need formatted text, found a"):
        publish("a", number)  # type: ignore[arg-type]


def test_an_empty_text_is_refused() -> None:
    with pytest.raises(ValueError, match="found an empty one"):
        publish("a", " ")


def test_results_are_sorted_by_key_over_all_chapters() -> None:
    both = {"x": execution(("b", "2")), "y": execution(("a", "1"))}
    assert list(collect(both).items()) == [("a", "1"), ("b", "2")]


def test_the_results_hold_a_printed_number_only_where_a_sentence_cites_it(tmp_path: Path) -> None:
    (tmp_path / "chapters").mkdir()
    page = "It was {glue:text}`a.cited`, or {glue:text}`so much <a.named>`; not `a.silent`."
    (tmp_path / "chapters" / "a.md").write_text(page, "utf-8")
    printed = [output_of(f"a.{key}", "1", as_printed=True) for key in ("cited", "named", "silent")]
    shown = {"a": Execution([[*printed, output_of("a.pooled", "2")]], {}, 0.0)}
    assert list(collect(shown, tmp_path)) == ["a.cited", "a.named", "a.pooled"]
    assert len(collect(shown)) == 4
    write(tmp_path, shown)
    assert "silent" not in (tmp_path / "results.json").read_text("utf-8")


def test_one_key_for_two_numbers_is_an_error_that_names_the_chapters() -> None:
    both = {"x": execution(("a", "1")), "y": execution(("a", "1"))}
    with pytest.raises(KeyPublishedTwiceError, match="a is published twice, in x and y"):
        collect(both)


def test_renewing_the_file_says_what_changed_and_leaves_an_equal_file_alone(tmp_path: Path) -> None:
    assert write(tmp_path, {"x": execution(("a", "1"))}) == ["a: new, 1"]
    before = (tmp_path / "results.json").stat().st_mtime_ns
    assert write(tmp_path, {"x": execution(("a", "1"))}) == []
    assert (tmp_path / "results.json").stat().st_mtime_ns == before
    assert write(tmp_path, {"x": execution(("a", "2"))}) == ["a: 1 -> 2"]
    assert json.loads((tmp_path / "results.json").read_text("utf-8")) == {"a": "2"}


def test_a_table_is_expected_row_by_row() -> None:
    html = "<table><tr><th></th><th>n</th></tr><tr><td>New</td><td>40</td></tr></table>"
    assert text_of_html(html) == ["n", "New | 40"]


def test_a_figure_is_expected_by_the_rows_it_draws() -> None:
    data = {"image/svg+xml": "<svg/>", "text/plain": "Months\nA | 4.1"}
    shown = shown_by_cell([new_output("display_data", data=data)])
    assert shown == "figure (image/svg+xml) of\nMonths\nA | 4.1\n"


def test_what_is_shown_in_short_is_expected_as_its_plain_text() -> None:
    data = {"text/html": "<details>all</details>", "text/plain": "Table 1: 2 numbers"}
    said = {"text/html": {"in_short": True}}
    assert shown_by_cell([new_output("display_data", data=data)]) == "all\n"
    short = shown_by_cell([new_output("display_data", data=data, metadata=said)])
    assert short == "Table 1: 2 numbers\n"


def test_a_difference_shows_the_changed_line_only() -> None:
    assert difference("a\nb\n", "a\nc\n") == ["@@ -1,2 +1,2 @@", " a", "-b", "+c"]
