"""Risk of bias as traffic lights: symbol, colour and word, each opening to its support."""

import math
from collections.abc import Iterable, Mapping, Sequence

import pandas as pd

from livingreview_appraisal.agreement import agreement
from livingreview_appraisal.appraisals import Appraisal, Appraisals, Judged
from livingreview_appraisal.missing import STATES, SYMBOLS, MissingEvidence
from livingreview_appraisal.tools import ANSWERS, Domain, load_tool
from livingreview_display import (
    Html,
    Shown,
    element,
    joined,
    light,
    listed,
    number,
    scrolling,
    sentence,
)
from livingreview_record import Review


class Lights(Shown):
    """A table of judgements, a row for each target and a column for each domain of a tool."""

    def __init__(
        self, appraisals: Sequence[Appraisal], labels: Sequence[str], caption: str
    ) -> None:
        self.appraisals = appraisals
        self.labels = labels
        self.caption = caption

    def __repr__(self) -> str:
        """The judgements in plain text, a line for each target, with the answers behind them."""
        lines = [self.caption]
        for one, label in zip(self.appraisals, self.labels, strict=True):
            words = [f"{one.tool.domains[name].label}: {_words(one, name)}" for name in one.domains]
            overall = one.tool.judgements[one.overall.judgement]
            lines.append(f"{label} | overall: {overall} | {' | '.join(words)}")
            given = ", ".join(f"{key} {one.answers[key].answer}" for key in one.tool.questions)
            lines.append(f"  {given}")
        return "\n".join(lines)

    def html(self) -> Html:
        """The table, in which each judgement opens to the answers that it rests on."""
        if not self.appraisals:
            return element("p", f"{self.caption}: none so far.")
        tool = self.appraisals[0].tool
        heads = ["Result", "Overall", *(domain.label for domain in tool.domains.values())]
        rows = [
            element("tr", element("th", label, scope="row"), *self._cells(one))
            for one, label in zip(self.appraisals, self.labels, strict=True)
        ]
        head = element("tr", *(element("th", name, scope="col") for name in heads))
        body = joined(*rows, between="\n")
        return scrolling(self.caption, head, body, "dataframe printed stacks lights")

    def _cells(self, one: Appraisal) -> list[Html]:
        overall = _light(one.tool.judgements[one.overall.judgement])
        overall = _opened(overall, [sentence(one.overall.why or _worst(one))])
        cells = [element("td", overall, data_label="Overall")]
        for name in one.domains:
            domain = one.tool.domains[name]
            shown = _opened(_light(_words(one, name)), _support(one, domain))
            cells.append(element("td", shown, data_label=domain.label))
        return cells


def _worst(one: Appraisal) -> str:
    """From which domains the overall judgement comes: those judged worst."""
    judged = one.overall.judgement
    worst = [
        one.tool.domains[key].label for key, it in one.domains.items() if it.judgement == judged
    ]
    alike = len(worst) == len(one.domains)
    return "all domains are judged so" if alike else f"the worst of the domains: {listed(worst)}"


def _words(one: Appraisal, name: str) -> str:
    """The judgement of a domain; `no` for one that decides at once and did not."""
    judgement = one.domains[name].judgement
    best = next(iter(one.tool.judgements))
    undecided = one.tool.domains[name].decides_at_once and judgement == best
    return "no" if undecided else one.tool.judgements[judgement]


def _light(words: str) -> Html:
    symbol, _ = light(words)
    kind = words.replace(" ", "-")
    return element("span", f"{symbol} {words}", class_=f"light {kind}")


def _opened(head: Html, lines: Iterable[str]) -> Html:
    return element(
        "details",
        element("summary", head),
        element("ul", *(element("li", line) for line in lines)),
    )


def _support(one: Appraisal, domain: Domain) -> list[str]:
    """Why the domain is judged so: what was stated, then each answer that was asked for."""
    judged = one.domains[domain.id]
    return [*_stated(one, judged), *(_answered(one, key) for key in domain.questions)]


def _stated(one: Appraisal, judged: Judged) -> list[str]:
    lines = []
    if judged.why:
        differs = judged.computed not in (None, judged.judgement)
        given = f"; the answers give {judged.computed}" if differs else ""
        lines.append(f"{'Why' if judged.computed else 'Stated'}{given}: {sentence(judged.why)}")
    if judged.direction:
        lines.append(f"Direction: {sentence(judged.direction)}")
    return lines


def _answered(one: Appraisal, key: str) -> str:
    answer = one.answers[key]
    head = f"{key} {one.tool.questions[key].asks} {sentence(ANSWERS[answer.answer])}"
    if answer.answer == "NA":
        return head
    found = f" Finding of the audit: {', '.join(answer.finding)}." if answer.finding else ""
    return f"{head} {sentence(answer.support)} ({answer.place}){found}"


def lights(appraisals: Appraisals, review: Review, tool: str) -> Lights:
    """The judgements that stand by one tool, in the order of the file."""
    standing = appraisals.standing()
    chosen = [standing[id_] for id_ in appraisals.targets if id_ in standing]
    chosen = [one for one in chosen if one.target.tool == tool]
    labels = [
        f"{review.studies[one.target.study].label}: {one.target.label[:1].lower()}"
        f"{one.target.label[1:]}"
        for one in chosen
    ]
    caption = f"{chosen[0].tool.label}" if chosen else tool
    return Lights(chosen, labels, caption)


def agreements(appraisals: Appraisals) -> pd.DataFrame:
    """How far each two assessors agree on the domains that both judged."""
    names = [name for name in appraisals.assessors if appraisals.judgements(name)]
    lines = []
    for place, name in enumerate(names):
        for other in names[place + 1 :]:
            found = agreement(appraisals.judgements(name), appraisals.judgements(other))
            kappa = "not defined" if math.isnan(found.kappa) else number(found.kappa)
            lines.append([f"{name}, {other}", str(found.judgements), str(found.same), kappa])
    return pd.DataFrame(lines, columns=["Assessors", "Judgements", "The same", "Kappa"])


def carried(appraisals: Appraisals, review: Review) -> pd.DataFrame:
    """Each finding of the audit that a judgement rests on, with the results it is carried to."""
    rows: dict[tuple[str, str], dict[str, list[str]]] = {}
    for one in appraisals.standing().values():
        for answer in one.answers.values():
            for finding in answer.finding:
                known = rows.setdefault((one.target.study, finding), {})
                known.setdefault(answer.question, []).append(one.target.label)
    lines = [
        [
            review.studies[study].label,
            finding,
            ", ".join(questions),
            "; ".join(dict.fromkeys(label for labels in questions.values() for label in labels)),
        ]
        for (study, finding), questions in rows.items()
    ]
    return pd.DataFrame(lines, columns=["Study", "Finding", "Question", "Results"])


def contacts(appraisals: Appraisals) -> pd.DataFrame:
    """What was asked of authors, and what they answered."""
    lines = [list(row.values()) for row in appraisals.contacts]
    return pd.DataFrame(lines, columns=["Day", "Study", "Asked of", "Asked", "Answered"])


class Missing(Shown):
    """Of each synthesis what evidence is missing, and the judgement, which opens to its reasons."""

    def __init__(self, found: Mapping[str, MissingEvidence], review: Review) -> None:
        titles = {one.id: one.title for one in review.protocol.syntheses}
        self.judged = [(titles[id_], one) for id_, one in found.items()]
        self.labels = {id_: study.label for id_, study in review.studies.items()}

    def __repr__(self) -> str:
        """The judgement of each synthesis, the studies without a result, and the answers."""
        lines = []
        for title, one in self.judged:
            lines.append(f"{title}: {one.words}")
            lines += [f"  {line}" for line in self._lines(one)]
        return "\n".join(lines)

    def html(self) -> Html:
        """A line for each synthesis, which opens to who is missing and to the answers."""
        parts = [
            element(
                "details",
                element("summary", f"{title}: ", _light(one.words)),
                element("ul", *(element("li", line) for line in self._lines(one))),
                class_="records",
            )
            for title, one in self.judged
        ]
        return joined(*parts, between="\n")

    def _lines(self, one: MissingEvidence) -> list[str]:
        questions = load_tool("rob-me").questions
        absent = [
            f"{SYMBOLS[each.state]} {self.labels[each.study]}: {STATES[each.state]}. "
            f"{sentence(each.why)} ({each.place})"
            for each in one.absent
        ]
        answered = [
            f"{key} {questions[key].asks} {sentence(ANSWERS[answer])} {sentence(support)}"
            for key, (answer, support) in one.answers.items()
            if support
        ]
        return [*absent, *answered]
