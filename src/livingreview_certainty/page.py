"""The chapter of the summaries of findings, and the statements that pages make from them."""

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path

from livingreview_appraisal import Asked, MissingEvidence, load_missing, load_questions
from livingreview_certainty import grade
from livingreview_display import Words, publish, sentence, show
from livingreview_record import Grade
from livingreview_results import SynthesisPage


class FindingsPage(SynthesisPage):
    """What the review says, by question; `root` is the folder that holds `data/`."""

    def __init__(self, root: Path | str = "..") -> None:
        super().__init__(root)
        self.questions: Mapping[str, Asked] = load_questions(root, self.results)

    @cached_property
    def missing(self) -> Mapping[str, MissingEvidence]:
        """Which evidence is missing from each synthesis, and what that may do."""
        return load_missing(self.root, self.results, self.review.studies)

    @property
    def grades(self) -> Mapping[str, Grade]:
        """The certainty of each synthesis."""
        return self.review.certainty

    def statements(self) -> dict[str, str]:
        """Return each statement by the id of its question and its synthesis."""
        return {
            f"{asked.id}.{one.synthesis}": grade.says(
                asked, one, self.results[one.synthesis][0], self.grades[one.synthesis]
            )
            for asked in self.questions.values()
            for one in asked.outcomes
            if self.results[one.synthesis]
        }

    def publish_statements(self, chapter: str) -> None:
        """Publish each statement under the chapter's name, `statement` and its key."""
        for key, text in self.statements().items():
            publish(f"{chapter}.statement.{key}", text)

    def summary(self, question: str) -> None:
        """Show whom a question is about, and its summary of findings."""
        asked = self.questions[question]
        show(Words(f"In {asked.population}: {asked.subject}, against {asked.against}."))
        show(grade.summary(self.review, asked, self.results, self.grades))

    def certainty(self) -> None:
        """Show the certainty of each synthesis, which opens to its domains."""
        if self.appraisals is not None:
            show(grade.Certainty(self.results, self.grades, self.appraisals, self.missing))

    def says(self, question: str) -> None:
        """Show the statements on a question as a list."""
        found = [text for key, text in self.statements().items() if key.startswith(f"{question}.")]
        show(Words([sentence(text) for text in found]))
