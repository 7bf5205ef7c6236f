"""The chapters of the summaries of findings: statements, tables, and the plain summary."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path

from livingreview_appraisal import (
    Asked,
    Language,
    MissingEvidence,
    load_languages,
    load_missing,
    load_questions,
    load_translation,
)
from livingreview_certainty import grade, summary
from livingreview_certainty.finding import Finding
from livingreview_certainty.told import Said, says, told
from livingreview_display import Html, Shown, Words, element, joined, publish, show
from livingreview_record import Grade
from livingreview_results import SynthesisPage

ENGLISH = "en"


class FindingsPage(SynthesisPage):
    """What the review says, by question; `root` is the folder that holds `data/`.

    With a `question`, only its syntheses are carried out, and `says` says what was found on it.
    """

    def __init__(self, root: Path | str = "..", *, question: str = "") -> None:
        super().__init__(root, question=question)
        planned = [plan.id for plan in self.review.protocol.syntheses]
        every = load_questions(root, planned, review=self.review)
        self.questions: Mapping[str, Asked] = {
            id_: asked for id_, asked in every.items() if question in ("", id_)
        }

    @cached_property
    def missing(self) -> Mapping[str, MissingEvidence]:
        """Which evidence is missing from each synthesis, and what that may do."""
        return load_missing(self.root, self.results, self.review.studies)

    @cached_property
    def languages(self) -> Mapping[str, Language]:
        """The languages of the plain summary; English is that of every other page."""
        return load_languages(self.root)

    @property
    def grades(self) -> Mapping[str, Grade]:
        """The certainty of each synthesis."""
        return self.review.certainty

    @cached_property
    def found(self) -> Mapping[str, list[Finding]]:
        """What was found on each outcome of each question."""
        return {
            id_: summary.findings(self.review, asked, self.results)
            for id_, asked in self.questions.items()
        }

    def statements(self) -> dict[str, str]:
        """Return each statement by the id of its question and its synthesis."""
        english = self.languages[ENGLISH]
        return {
            f"{asked.id}.{one.outcome.synthesis}": says(asked, one.outcome, one, english)
            for asked in self.questions.values()
            for one in self.found[asked.id]
        }

    def publish_statements(self, chapter: str) -> None:
        """Publish each statement under the chapter's name, `statement` and its key."""
        for key, text in self.statements().items():
            publish(f"{chapter}.statement.{key}", text)

    def summary(self, question: str) -> None:
        """Show whom a question is about, and its summary of findings."""
        asked, found = self.questions[question], self.found[question]
        show(Words(f"In {asked.population}: {asked.subject}, against {asked.against}."))
        show(summary.summary(self.review, asked, found, self.languages[ENGLISH]))

    def controls(self, question: str) -> None:
        """Show the printed medians of the control arms of a question side by side."""
        show(summary.controls(self.review, self.questions[question], self.found[question]))

    def certainty(self) -> None:
        """Show the certainty of each synthesis, which opens to its domains."""
        if self.appraisals is not None:
            show(grade.Certainty(self.results, self.grades, self.appraisals, self.missing))

    def says(self, question: str = "") -> None:
        """Show the statements on a question as a list, those on what nobody compared among them.

        Without one, those on the first question of the page.
        """
        question = question or next(iter(self.questions))
        asked, found = self.questions[question], self.found[question]
        show(Statements(told(asked, found, self.languages[ENGLISH], numbers=False)))

    def answers(self) -> None:
        """Show every statement, below the title of its question."""
        for id_, asked in self.questions.items():
            show(Words(f"{asked.title}:"))
            self.says(id_)

    def plain(self, language: str) -> "Plain":
        """Return the plain summary in a language: for each question its sentences by outcome."""
        spoken = self.languages[language]
        words = (
            self.questions
            if spoken.findings == self.languages[ENGLISH].findings
            else load_translation(self.root, spoken.findings, self.questions)
        )
        return Plain(
            spoken,
            [
                (asked, told(asked, self.found[id_], spoken, numbers=True))
                for id_, asked in words.items()
            ],
        )

    def show_plain(self, language: str) -> None:
        """Show the plain summary in a language."""
        show(self.plain(language))


class Statements(Shown):
    """What was found, as a list whose words lead to their grounds."""

    def __init__(self, said: Sequence[Said]) -> None:
        self.said = said

    def __repr__(self) -> str:
        """A line for each statement."""
        return "\n".join(f"- {one.text}" for one in self.said)

    def html(self) -> Html:
        """The list with its links."""
        return element("ul", *(element("li", one.html()) for one in self.said))


class Plain(Shown):
    """The plain summary in one language: questions, whom they are about, what was found."""

    def __init__(self, language: Language, questions: Sequence[tuple[Asked, list[Said]]]) -> None:
        self.language = language
        self.questions = questions

    @property
    def notice(self) -> str:
        """What is said of the text itself: that nobody has checked it, or who did."""
        return self.language.checked or self.language.awaiting

    def __repr__(self) -> str:
        """The notice, then each question with its sentences."""
        lines = [self.notice]
        for asked, said in self.questions:
            lines += [asked.title, self.language.about.format(population=asked.population)]
            lines.append(repr(Statements(said)))
        return "\n".join(lines)

    def html(self) -> Html:
        """The same, marked with its language."""
        parts = [element("p", element("strong", self.notice))]
        for asked, said in self.questions:
            about = self.language.about.format(population=asked.population)
            parts += [
                element("p", element("strong", asked.title)),
                element("p", about),
                Statements(said).html(),
            ]
        return element("div", joined(*parts, between="\n"), lang=self.language.code)
