"""The chapter on risk of bias: judgements by tool, who made them, what the audit adds."""

from pathlib import Path

from livingreview_appraisal import tables as appraisal
from livingreview_appraisal.appraisals import load_appraisals
from livingreview_appraisal.missing import load_missing
from livingreview_appraisal.tools import load_tool
from livingreview_display import Table, Words, bullets, publish, show
from livingreview_record import load_review


class AppraisalPage:
    """Risk of bias and trust; `root` is the folder that holds `data/`, seen from the chapter."""

    def __init__(self, root: Path | str = "..") -> None:
        self.root = root
        self.review = load_review(root)
        self.appraisals = load_appraisals(root, self.review)

    def publish_results(self) -> None:
        """Publish how many results were judged, with how many answers, by how many assessors."""
        standing = self.appraisals.standing().values()
        answers = sum(one.answer != "NA" for each in standing for one in each.answers.values())
        publish("appraisal.targets", str(len(standing)))
        publish("appraisal.answers", str(answers))
        publish("appraisal.assessors", str(len(self.appraisals.assessors)))

    def lights(self, tool: str) -> None:
        """Show the judgements by one tool as traffic lights that open to their support."""
        show(appraisal.lights(self.appraisals, self.review, tool))

    def source(self, tool: str) -> None:
        """Show where a tool comes from, and how far it could be confirmed."""
        show(Words(load_tool(tool).source))

    def assessors(self) -> None:
        """Show who judged, and how far they agree."""
        show(Words(bullets(f"{name}: {who}" for name, who in self.appraisals.assessors.items())))
        caption, empty = "Agreement of assessors", "There is one assessor, so no agreement to show."
        show(Table(appraisal.agreements(self.appraisals), caption, empty))

    def findings(self) -> None:
        """Show which findings of the audit enter which judgements."""
        found = appraisal.carried(self.appraisals, self.review)
        show(Table(found, "Findings of the audit that judgements rest on"))

    def missing(self) -> None:
        """Show for each synthesis what evidence is missing, and what that may do."""
        syntheses = [one.id for one in self.review.protocol.syntheses]
        found = load_missing(self.root, syntheses, self.review.studies)
        show(appraisal.Missing(found, self.review))

    def contacts(self) -> None:
        """Show what was asked of authors."""
        empty = "No author has been asked anything yet."
        show(Table(appraisal.contacts(self.appraisals), "Questions to authors", empty))

    def statement(self, key: str) -> None:
        """Show what is stated on roles, conflicts, funding or the use of AI."""
        show(Words(self.appraisals.statements[key]))
