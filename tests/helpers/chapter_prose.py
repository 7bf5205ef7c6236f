"""A chapter's own words, without code, links and roles."""

import re
from collections.abc import Iterator

from livingreview_book.chapters import read_notebook

NOT_PROSE = re.compile(
    r"""
    ^(?P<fence>`{3,}|:{3,})[^\n]*$   # the line that opens or closes a directive
    | ^:[\w-]+:[^\n]*$               # an option of a directive
    | <!--.*?-->                     # a comment
    | ^\([\w.-]+\)=$                 # a target
    | \{[\w:-]+\}`[^`]*`             # a role: an inserted number, a reference
    | `[^`]*`                        # code
    | \]\([^)]*\)                    # the address of a link
    | <[^>\n]*>                      # a tag or a bare address
    | https?://\S+ | \b10\.\d{4,}/\S+
    """,
    re.VERBOSE | re.MULTILINE | re.DOTALL,
)


def prose_lines(text: str) -> Iterator[tuple[int, str]]:
    """A chapter's own words with their line numbers; code, links and roles left out."""
    notebook = read_notebook(text)
    for cell, first in zip(notebook.cells, notebook.metadata["source_map"], strict=True):
        if cell.cell_type == "markdown":
            source = _without_code_blocks(cell.source)
            blanked = NOT_PROSE.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), source)
            yield from enumerate(blanked.splitlines(), first + 1)


def _without_code_blocks(source: str) -> str:
    """The source with code blocks blanked; what stands in a directive is prose."""
    block = re.compile(r"^(`{3,})([^`\n]*)\n.*?^\1 *$", re.MULTILINE | re.DOTALL)
    return block.sub(
        lambda found: found[0] if found[2].startswith("{") else "\n" * found[0].count("\n"), source
    )
