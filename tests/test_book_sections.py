"""A section in which nothing is shown is left out of the page, with its heading."""

import textwrap

import pytest
from nbformat import from_dict

from livingreview_book.chapters import code_cells, read_notebook
from livingreview_book.sections import without_empty_sections
from livingreview_display.publishing import NOTHING


def output(text, metadata=None):
    """An output of a cell, as a kernel sends it."""
    data = {"text/plain": text}
    made = {"output_type": "display_data", "data": data, "metadata": metadata or {}}
    return from_dict(made)


SHOWN, NONE = output("a table"), output("", NOTHING)
NUMBER = output("'1'", {"scrapbook": {"name": "a.b"}, "published": "1"})


def left(text, *outputs):
    """The prose that is left of a chapter whose cells have these outputs."""
    notebook = read_notebook(textwrap.dedent(text))
    for cell, found in zip(code_cells(notebook), outputs, strict=True):
        cell.outputs = list(found)
    without_empty_sections(notebook)
    assert not any(one is NONE for cell in code_cells(notebook) for one in cell.outputs)
    lines = [
        line
        for cell in notebook.cells
        if cell.cell_type == "markdown"
        for line in cell.source.split("\n")
    ]
    return [line for line in lines if line]


CHAPTER = """
    # A study

    ## Response

    In words.

    ```{code-cell}
    page.numbers("response")
    ```

    ## Survival

    ```{code-cell}
    page.numbers("survival")
    ```

    ### Arms compared

    ```{code-cell}
    page.numbers("contrasts")
    ```

    ## Limits

    Always here.
    """


@pytest.mark.parametrize(
    ("response", "survival", "contrasts", "expected"),
    [
        ([SHOWN], [SHOWN], [SHOWN], "# ## In ## ### ## Always"),
        ([NONE], [SHOWN], [SHOWN], "# ## ### ## Always"),
        ([SHOWN], [SHOWN], [NONE], "# ## In ## ## Always"),
        ([SHOWN], [NONE], [SHOWN], "# ## In ## ### ## Always"),
        ([NONE], [NONE], [NONE], "# ## Always"),
        ([NONE, SHOWN], [NUMBER], [NUMBER], "# ## In ## ### ## Always"),
        ([NUMBER, NONE], [SHOWN], [SHOWN], "# ## ### ## Always"),
    ],
)
def test_a_section_stays_while_anything_in_it_is_shown(response, survival, contrasts, expected):
    found = left(CHAPTER, response, survival, contrasts)
    assert " ".join(line.split(" ")[0] for line in found) == expected


def test_the_title_of_a_chapter_stays_and_what_stands_in_a_block_is_no_heading():
    text = """
        # A study

        ```text
        ## no heading
        ```

        ```{code-cell}
        page.text("limits")
        ```
        """
    assert left(text, [NONE]) == ["# A study", "```text", "## no heading", "```"]


def test_a_target_goes_with_its_heading_and_that_of_the_next_section_stays():
    text = """
        # A study

        (one)=
        ## One

        ```{code-cell}
        page.text("limits")
        ```

        (two)=
        ## Two

        Words.
        """
    assert left(text, [NONE]) == ["# A study", "(two)=", "## Two", "Words."]


def test_no_line_changes_its_number():
    notebook = read_notebook(textwrap.dedent(CHAPTER))
    for cell in code_cells(notebook):
        cell.outputs = [NONE]
    before = [cell.source.count("\n") for cell in notebook.cells]
    without_empty_sections(notebook)
    assert [cell.source.count("\n") for cell in notebook.cells] == before
