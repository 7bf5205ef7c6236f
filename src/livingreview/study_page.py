"""The chapter of one study: its prose calls one method for each section."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from livingreview.tables import entries
from livingreview.tables import study as study_tables
from livingreview.tables.audit import AuditPage
from livingreview.tables.entries import EntriesPage
from livingreview.tables.layouts import numbers_table
from livingreview.tables.recomputed import recomputed
from livingreview.tables.sections import numbers_in
from livingreview.tables.subgroups import interactions
from livingreview_display import (
    HAZARD_RATIO,
    MONTHS,
    PERCENT,
    Axis,
    Forest,
    Link,
    Table,
    Words,
    bullets,
    printed,
    publish,
    sentence,
    show,
)
from livingreview_plan import carry_out
from livingreview_record import FORM_OF, load_review
from livingreview_results import texts_by_key


@dataclass(frozen=True)
class Section:
    """What one section of a study's chapter shows of the printed numbers.

    `lead` stands before the table; `drawn` are the statistics that figures show, each with its
    axis.
    """

    caption: str
    drawn: Mapping[str, Axis] = field(default_factory=dict)
    lead: str = ""


def _of_ratio(words: str) -> Axis:
    return replace(HAZARD_RATIO, label=f"{words.capitalize()} (log scale)")


TIME = replace(MONTHS, label="{Time_unit}")
SECTIONS: Mapping[str, Section] = {
    "design": Section("Every number of the methods, from doses to eligibility limits, as printed"),
    "flow": Section("{Participants} in each arm and analysis, as printed"),
    "characteristics": Section(
        "Characteristics of the {participants}, as printed",
        lead="Numbers of {participants} with percentages in brackets, and p-values, stand exactly "
        "as printed.",
    ),
    "response": Section("Response to the treatment, as printed", drawn={"percent": PERCENT}),
    "survival": Section(
        "Events, median times and rates at fixed times, as printed",
        {"median": TIME, "rate": PERCENT},
    ),
    "contrasts": Section(
        "Comparisons of the arms, as printed",
        {form.statistic: _of_ratio(form.words) for form in FORM_OF.values() if form.ratio},
    ),
    "subgroups": Section(
        "Results in subgroups, as printed",
        {"median": TIME, "hr": HAZARD_RATIO},
        "Results in subgroups are exploratory: the more subgroups are looked at, the more "
        "differences appear by chance.",
    ),
    "prognosis": Section(
        "Prognostic factors, as printed",
        {"hr": HAZARD_RATIO},
        "A hazard ratio above one means earlier death or progression in the group named first. "
        "Where the paper does not print which group is the reference, the direction is not known.",
    ),
    "safety": Section("Side effects, as printed", drawn={"percent": PERCENT}),
    "other": Section("Follow-up, treatment given and other results, as printed"),
}
AT_A_GLANCE = 6  # rows of a table that a page shows at once; a longer one is folded
INTERACTIONS = (
    "Where a ratio is printed for all {participants} and for a subgroup, both imply one for the "
    "{participants} outside the subgroup, and a test of whether the subgroup differs from them. "
    "This takes the ratio of all {participants} for the mean of the two parts, weighted by "
    "1 / SE², so it is approximate. A subgroup that is named because its result was significant "
    "is selected: its effect is likely to look larger than it is."
)
COMPARISONS = (
    "Each line unfolds to what is printed, what follows from other printed numbers, and by which "
    "arithmetic or test. A number agrees when it is what follows under its own rounding, or under "
    "another usual convention, which is then named: it fits the other printed numbers, and no "
    "more is known of it. Remarks on the design are listed and not counted."
)
NUMBER_BY_NUMBER = "All comparisons, table by table, on a page of their own"
SAME_PATIENTS = (
    "These reports may count some of the same {participants}. "
    "Results that rest on the same {participants} are never pooled."
)
DOUBTFUL = "Where a print is doubtful, or a place says less than another, the extraction says so."
NOT_READ = (
    "Nothing was read off figures or estimated from them, and what stands only in a figure or a "
    "supplement is missing here."
)


class StudyPage(EntriesPage):
    """The chapter of one study; each method shows what one section holds.

    `root` is the folder that holds `data/`, seen from the chapter.
    """

    schema = "study"

    def __init__(self, study_id: str, root: Path | str = "..") -> None:
        self.root = Path(root)
        self.review = load_review(root, only=[study_id])
        self.study = self.review.studies[study_id]

    def _entry(self, key: str) -> Any:
        return getattr(self.study, key)

    def _say(self, words: str) -> str:
        return self.study.terms.fill(words)

    def publish_numbers(self) -> None:
        """Publish the study's main printed results under their own keys (see `published`)."""
        for key, text in study_tables.published(self.study).items():
            publish(key, text, as_printed=True)

    def publish(self, key: str, *, interval: bool = True, **identity: str) -> None:
        """Publish one printed quantity, named as in `printed`, under `STUDY-ID.key`."""
        publish(f"{self.study.id}.{key}", printed(self.study, interval=interval, **identity))

    def publish_statement(self, key: str, kind: str, name: str) -> None:
        """Publish what the study's one statement of a kind says, under `STUDY-ID.key`."""
        (statement,) = (one for one in self.study.statements if one.kind == kind)
        publish(f"{self.study.id}.{key}", getattr(statement, name))

    def publish_effect(self, key: str, synthesis_id: str, measure: str) -> None:
        """Publish the study's own effect in a planned synthesis under `STUDY-ID.key`."""
        texts = texts_by_key({synthesis_id: carry_out(self.review, synthesis_id)})
        publish(f"{self.study.id}.{key}", texts[f"{synthesis_id}.{measure}.{self.study.id}"])

    def reports(self) -> None:
        """Show the study's status, its reports, and reports that may share its patients."""
        self.status()
        self.read("Reports of the study, and what of them was read")
        show(Words("What could not be confirmed:"))
        self.not_confirmed()
        shared = entries.shared_patients(self.study)
        empty = "No other report is known to us."
        show(Words(self._say(SAME_PATIENTS)), Words(bullets(shared, empty=empty)))

    def status(self) -> None:
        """Show the study's status in this review, why it has it, and how much of it was read."""
        status = self.study.status.replace("-", " ")
        show(
            Words(sentence(f"Status in this review: {status}. {self.study.status_reason}")),
            Words(entries.level_of_reading(self.study)),
        )

    def read(self, caption: str) -> None:
        """Show the study's reports, and what of each was read."""
        show(Table(entries.reports(self.study, self.review.dictionary), caption, fold=True))

    def not_confirmed(self) -> None:
        """Show what could not be confirmed about the reports."""
        show(Words(bullets(entries.not_confirmed(self.study))))

    def methods(self) -> None:
        """Show who the patients were to be, the design, the arms and how outcomes are defined."""
        self.patients()
        self.design("Design of the study")
        show(
            Table(
                study_tables.arms(self.study, self.review.protocol.treatment_classes),
                "Arms and regimens",
            ),
            Table.unless_empty(
                entries.definitions(self.study),
                "How outcomes are defined, and from when time is counted",
            ),
            Words(bullets(entries.notes(self.study), empty="No further notes.")),
        )

    def patients(self) -> None:
        """Show the study's patients in words."""
        show(Words(f"{self._say('{Participants}')}: {self.study.population}"))

    def design(self, caption: str) -> None:
        """Show how the study was done."""
        show(Table(entries.design(self.study, self.review.dictionary), caption))

    def numbers(self, name: str) -> None:
        """Show every printed number of one of `SECTIONS` in a table, and estimates in figures."""
        section, frame = SECTIONS[name], numbers_table(self.study, name)
        if frame.empty:
            show(None)
            return
        caption = self._say(section.caption)
        rows = {
            statistic: study_tables.rows_to_draw(self.study, name, statistic)
            for statistic in section.drawn
        }
        show(
            Words(self._say(section.lead)) if section.lead else None,
            *(
                Forest(rows[statistic], axis.in_terms(self.study.terms), caption)
                for statistic, axis in section.drawn.items()
                if not rows[statistic].empty
            ),
            Table(frame, caption, fold=len(frame) > AT_A_GLANCE),
        )

    def results(self) -> None:
        """Show the sections that hold a printed number, one after the other."""
        for name in SECTIONS:
            if numbers_in(self.study, name):
                self.numbers(name)

    def interactions(self) -> None:
        """Show what ratios of all patients and of a subgroup imply for the other patients."""
        frame = interactions(self.study)
        if not frame.empty:
            caption = self._say("Subgroups against the other {participants}, calculated")
            show(Words(self._say(INTERACTIONS)), Table(frame, caption))

    def notes(self) -> None:
        """Show what the extraction notes on single numbers."""
        caption = "Notes of the extraction on single numbers"
        frame = study_tables.notes(self.study)
        if frame.empty:
            show(None)
        else:
            show(Words(DOUBTFUL), Table(frame, caption, fold=True))

    def audit(self) -> None:
        """Show what the audit finds in the study's printed numbers."""
        show(AuditPage(review=self.review).panel(self.study))

    def recomputed(self) -> None:
        """Show every comparison that the audit makes in the study, folded by table."""
        folds = recomputed(self.study, AuditPage(review=self.review).of_study(self.study))
        show(*([Words(COMPARISONS), *folds] if folds else ()))

    def number_by_number(self) -> None:
        """Show the link to the page of all comparisons, where the book has one for the study."""
        page = f"{self.study.id}-numbers"
        is_there = (self.root / "chapters" / f"{page}.md").is_file()
        show(Link(NUMBER_BY_NUMBER, f"{page}.html") if is_there else None)

    def text(self, key: str) -> None:
        """Show a text of `study.yaml`, or its items as a list."""
        found = getattr(self.study, key)
        words = bullets(found) if isinstance(found, tuple) else found
        show(Words(words) if found else None)

    def points(self, key: str) -> None:
        """Show the points below a key of `study.yaml` as a list."""
        found = getattr(self.study, key).get("points", ())
        show(Words(bullets(found)) if found else None)

    def not_available(self) -> None:
        """Show which results of the study are not available to this review."""
        if not self.study.not_available:
            show(None)
            return
        show(Words(NOT_READ))
        self.records("not_available", "Results that are not available to us")
