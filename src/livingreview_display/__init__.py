"""How numbers, words, tables and figures are shown on a page and published by key.

`Table` shows a data frame with labels, places and links; `Forest` and `Flowchart` draw what
tables built.  `publish` hands a value to the sentences of a chapter, `show` puts a thing on the
page.  `Html` is made of text in one module, which escapes it.  Nothing here knows of syntheses:
a room that has something to show builds its own tables of these parts.
"""

# isort: off
# fmt: off
from livingreview_display.addresses import Cited, Numbered, Places, address_of, anchor
from livingreview_display.axes import HAZARD_RATIO, MONTHS, PERCENT, Axis
from livingreview_display.bubbles import BubbleMap
from livingreview_display.drawing import COLOURS, INK, WITHOUT_FORMULAS, QUIET, Drawing, wrapped
from livingreview_display.forest import Forest
from livingreview_display.flowchart import Flowchart, Step
from livingreview_display.lane import COLUMNS as LANE_COLUMNS
from livingreview_display.lanes import Lanes, Look
from livingreview_display.markup import NO_BREAK_SPACE, Html, Shown, element, joined, linked
from livingreview_display.placing import POOLED, PREDICTION, STUDY
from livingreview_display.publishing import publish, show
from livingreview_display.lights import light
from livingreview_display.table import LEVEL, WHERE, Table, scrolling
from livingreview_display.wording import (
    Link, Words, as_printed, bullets, cell, day, intervals_of, listed, number, p_value, percent,
    places, printed, sentence,
)

__all__ = [
    "COLOURS",
    "HAZARD_RATIO", "INK", "LANE_COLUMNS", "LEVEL", "MONTHS", "NO_BREAK_SPACE", "PERCENT", "POOLED",
    "PREDICTION", "QUIET", "STUDY", "WHERE",
    "WITHOUT_FORMULAS", "Axis", "BubbleMap", "Cited", "Drawing", "Flowchart",
    "Forest", "Html", "Lanes", "Link", "Look", "Numbered",
    "Places", "Shown", "Step", "Table", "Words", "address_of",
    "anchor", "as_printed", "bullets", "cell", "day", "element", "intervals_of", "joined", "light",
    "linked", "listed", "number", "p_value", "percent", "places", "printed", "publish",
    "scrolling", "sentence", "show", "wrapped",
]
