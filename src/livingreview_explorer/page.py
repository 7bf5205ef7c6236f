"""The chapter of the explorer: every result as text, for a page that looks it up."""

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from livingreview_display import Html, Shown, element, number, show
from livingreview_explorer.explored import Baseline, Pooled, Question, explored, planned_ways
from livingreview_pool import measure
from livingreview_record import Review, load_review

MODELS = {
    "common": "Common effect",
    "reml": "Random effects, REML",
    "pm": "Random effects, Paule-Mandel",
    "dl": "Random effects, DerSimonian-Laird",
    "ml": "Random effects, maximum likelihood",
    "he": "Random effects, Hedges",
    "sj": "Random effects, Sidik-Jonkman",
    "bayes": "Bayesian random effects",
}
INTERVALS = {"z": "Normal", "adhoc": "Knapp-Hartung, modified", "knha": "Knapp-Hartung"}
NO_SCRIPT = (
    "This page looks results up with a small script, which is not running. The synthesis shows the "
    "planned results, and what leaving out each study changes."
)


class ExplorerPage:
    """The explorer; `root` is the folder that holds `data/`, seen from the chapter."""

    def __init__(self, root: Path | str = "..") -> None:
        self.review = load_review(root)

    def show(self) -> None:
        """Show the explorer of every planned comparison that has a result."""
        show(Explorer(self.review, tuple(explored(self.review))))


@dataclass(frozen=True, repr=False)
class Explorer(Shown):
    """All results that can be chosen, as data of one element; a script draws what is chosen."""

    review: Review
    questions: tuple[Question, ...]
    in_short = True

    def __repr__(self) -> str:
        """One line a comparison: how many subsets, and how many results."""
        lines = [
            f"{one.result.plan.id} {one.result.measure}: {len(one.ways)} choices of studies, "
            f"{sum(map(len, one.ways.values()))} results, {len(one.baselines)} baselines"
            for one in self.questions
        ]
        return "\n".join(lines or ["No comparison has a result."])

    def html(self) -> Html:
        """The element that holds the data, with a sentence for readers without the script."""
        text = json.dumps(self.data(), ensure_ascii=False, separators=(",", ":"))
        return element("div", element("p", NO_SCRIPT), class_="explorer", data_explorer=text)

    def data(self) -> dict[str, Any]:
        """Everything that the page can show: words, questions, and their results as texts."""
        who = self.review.terms.participants
        return {
            "models": MODELS,
            "intervals": INTERVALS,
            "words": {
                "absolute": f"Among 1,000 {who} at the risk of {{0}}: {{2}} {{1}} without the "
                "treatment that is asked about, {3} with it, a difference of {4}.",
                "other": "This is not the planned analysis: it was chosen after the results were "
                "known.",
                "kept": "The plan does not pool these studies: {0}",
            },
            "questions": [_question(one) for one in self.questions],
        }


def _question(question: Question) -> dict[str, Any]:
    result, known = question.result, measure(question.result.measure)
    return {
        "id": result.plan.id,
        "title": result.plan.title,
        "measure": result.measure,
        "label": known.label,
        "log": known.scale == "log",
        "favours": list(result.plan.favours),
        "certainty": result.certainty or "not judged",
        "note": result.not_pooled,
        "studies": [
            {"id": effect.study, "label": effect.name, **_shown(result.measure, alone)}
            for effect in result.effects
            for alone in [Pooled(effect.yi, *effect.interval())]
        ],
        "planned": list(planned_ways(len(result.effects))),
        "baselines": [{"words": one.label, "event": one.event} for one in question.baselines],
        "results": {
            ".".join(map(str, chosen)): {
                way: {
                    **_shown(result.measure, pooled),
                    "null": pooled.lower <= 0 <= pooled.upper,
                    "absolute": [_absolute(question, one, pooled) for one in question.baselines],
                }
                for way, pooled in ways.items()
            }
            for chosen, ways in question.ways.items()
        },
    }


def _shown(key: str, pooled: Pooled) -> dict[str, Any]:
    """The values to draw on the display scale, and their text."""
    known = measure(key)
    factor = 100 if known.is_in_percent else 1
    values = [factor * float(known.to_display(value)) for value in pooled]
    decimals, sign = (1, "%") if known.is_in_percent else (2, "")
    first, low, high = (number(value, decimals) for value in values)
    drawn = [float(f"{value:.4g}") if math.isfinite(value) else None for value in values]
    return {"at": drawn, "text": f"{first}{sign} ({low} to {high})"}


def _absolute(question: Question, baseline: Baseline, pooled: Pooled) -> list[str]:
    found = question.absolute(baseline, pooled)
    difference, low, high = (
        number(value, 0)
        for value in (found.difference, found.difference_lower, found.difference_upper)
    )
    control, treated = number(found.control, 0), number(found.experimental, 0)
    return [control, treated, f"{difference} ({low} to {high})"]
