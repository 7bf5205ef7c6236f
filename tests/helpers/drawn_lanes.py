"""What a figure of lanes shows, read off the drawing by the numbers at its axis."""

from matplotlib.figure import Figure
from matplotlib.text import Text


def scale(figure: Figure) -> tuple[float, float]:
    """Inches of the axis' zero and of one unit, by the places of its numbers."""
    at = {float(t.get_text()): t.get_position()[0] for t in numbers_at_the_axis(figure)}
    (low, first), (high, last) = min(at.items()), max(at.items())
    unit = (last - first) / (high - low)
    return first - unit * low, unit


def numbers_at_the_axis(figure: Figure) -> list[Text]:
    """The numbers below the lanes."""
    texts = [one for one in figure.axes[0].texts if one.get_text().isdigit()]
    lowest = max(one.get_position()[1] for one in texts)
    return [one for one in texts if one.get_position()[1] == lowest]


def symbols(figure: Figure, shape: str) -> list[tuple[float, float]]:
    """Values and heights in inches of the symbols in lanes; those of the key stand above."""
    zero, unit = scale(figure)
    number = numbers_at_the_axis(figure)[0].get_text()
    top = min(t.get_position()[1] for t in figure.axes[0].texts if t.get_text() == number)
    lines = [line for line in figure.axes[0].lines if line.get_marker() == shape]
    found = [(line.get_xdata()[0], line.get_ydata()[0]) for line in lines]
    return [((x - zero) / unit, y) for x, y in found if y > top]


def spans(figure: Figure, width: float) -> list[tuple[float, ...]]:
    """The ends of the lines of a width, in values."""
    zero, unit = scale(figure)
    lines = [line for line in figure.axes[0].lines if line.get_linewidth() == width]
    return [tuple((x - zero) / unit for x in line.get_xdata()) for line in lines]
