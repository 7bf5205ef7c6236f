"""What every figure has in common: type, colours, and the files that a page offers of it.

Colours keep a contrast of 3:1 with the page for marks and 4.5:1 for words, light and dark, and
are told apart by colour-blind readers; where series differ, their shapes differ too.
"""

import base64
import io
import re
from functools import cache
from typing import Any

import pandas as pd
from matplotlib import rc_context
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findfont, get_font

from livingreview_display.markup import Shown

INK, QUIET = "#1f2328", "#767e87"
COLOURS = ("#0173b2", "#c44e00", "#008560", "#b5579f", "#8f6a00", "#7a3e9d", "#5b5b5b", "#a8713f")
SHAPES = ("s", "o", "^", "D", "v", "P", "X", "p")
FONT_SIZE = 9.5
LINE = 0.18  # inches: height of a line of words
WITHOUT_FORMULAS = rc_context(
    {"text.parse_math": False, "text.usetex": False}
)  # $ is a dollar sign
PAGE_FONT = "system-ui, sans-serif"
DRAWN_FONT = re.compile(r"'DejaVu Sans'[^;\"]*")
PNG_DOTS = 150  # per inch
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet calculates begins with these


@cache
def text_width(text: str, *, bold: bool = False, size: float = FONT_SIZE) -> float:
    """Return the width of a line of words in inches, in the font that layouts are measured by."""
    font = get_font(findfont(FontProperties(weight="bold" if bold else "normal")))
    font.set_size(size, 72)
    font.set_text(text, 0.0)
    return float(font.get_width_height()[0] / 64 / 72)


def wrapped(text: str, width: float, *, bold: bool = False) -> list[str]:
    """Return the text in lines no wider than `width` inches; a longer word has its own line.

    A no-break space breaks no line.
    """
    lines: list[str] = []
    for word in filter(None, re.split(r"[ \t\r\n]+", text)):
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and text_width(longer, bold=bold) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def to_svg(figure: Figure) -> str:
    """Return the figure as SVG text whose bytes depend on nothing but what is drawn.

    Words stay words, in the type of the page.
    """
    target = io.StringIO()
    metadata = {"Date": None, "Creator": None}
    with rc_context({"svg.hashsalt": "livingreview", "svg.fonttype": "none"}):
        figure.savefig(target, format="svg", metadata=metadata)
    return DRAWN_FONT.sub(PAGE_FONT, target.getvalue())


def to_png(figure: Figure) -> str:
    """Return the figure as a PNG file, in base64."""
    target = io.BytesIO()
    figure.savefig(target, format="png", dpi=PNG_DOTS, metadata={"Software": None})
    return base64.b64encode(target.getvalue()).decode()


def to_csv(rows: pd.DataFrame) -> str:
    r"""Return rows as CSV in which a spreadsheet finds no formula.

    >>> to_csv(pd.DataFrame({"label": ["=1+1"], "estimate": [-0.5]}))
    "label,estimate\n'=1+1,-0.5\n"
    """
    return str(rows.map(_as_text).to_csv(index=False, lineterminator="\n"))


def _as_text(cell: object) -> object:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA) else cell


class Drawing(Shown):
    """A figure on a page: a notebook shows it as SVG, with what it shows in words beside it."""

    def figure(self) -> Figure | None:
        """Return the figure, as a phone shows it; nothing where another form is shown."""
        raise NotImplementedError

    def wide_figure(self) -> Figure | None:
        """Return the figure in another form for a desktop, where it has one."""
        return None

    def alternative(self) -> str:
        """Return what the figure shows in words, for readers who cannot see it."""
        raise NotImplementedError

    def caption(self) -> str:
        """Return the words below the figure: what it shows, and how it is read."""
        return self.alternative().partition(". ")[0].rstrip(".")

    def rows_shown(self) -> pd.DataFrame:
        """Return the rows that are drawn, for a download; none where they are no rows."""
        return pd.DataFrame()

    def _repr_svg_(self) -> tuple[str, dict[str, str]] | None:
        """Return the drawing; its words, its wide form and its downloads as metadata."""
        figure = self.figure()
        if figure is None:
            return None
        beside = {"alt": self.alternative(), "caption": self.caption()}
        wide, rows = self.wide_figure(), self.rows_shown()
        if wide is not None:
            beside["wide"] = to_svg(wide)
        beside["png"] = to_png(wide or figure)
        if not rows.empty:
            beside["csv"] = to_csv(rows)
        return to_svg(figure), beside


def style(*, bold: bool = False, size: float = FONT_SIZE) -> dict[str, Any]:
    """Return how words are written."""
    return {"fontsize": size, "fontweight": "bold" if bold else "normal", "color": INK}
