"""The chapters of the protocol and of the data: what is planned, who enters, and how many."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from livingreview.tables.entries import EntriesPage, by_name
from livingreview.tables.sections import subgroup_label
from livingreview.tables.timeline import timeline, timeline_table
from livingreview_display import Table, Words, bullets, day, listed, show
from livingreview_record import (
    PatientsRule,
    Review,
    levels_of,
    load_review,
    patients,
    share_class,
    share_of,
)

IMPORTANCE = {True: "critical", False: "important", None: "not said"}


class ProtocolPage(EntriesPage):
    """The chapters of the protocol and of the data: what `review.yaml` says, and what is there.

    `root` is the folder that holds `data/`, seen from the chapter.
    """

    schema = "review"

    def __init__(self, root: Path | str = "..") -> None:
        self.review = load_review(root)

    def _entry(self, key: str) -> Any:
        """What `review.yaml` says under a key, each entry of a list as a mapping."""
        found = getattr(self.review.protocol, key)
        if isinstance(found, tuple):
            return [{k: v for k, v in vars(one).items() if v not in ("", ())} for one in found]
        return found

    def said(self, words: str, key: str) -> None:
        """Show in a sentence what `review.yaml` says under a key."""
        found = self._entry(key)
        show(Words(f"{words} {day(str(found))}.") if found else None)

    def eligibility(self, key: str) -> None:
        """Show one part of the conditions under which a study enters: a text or a list."""
        found = self.review.protocol.eligibility.get(key)
        words = bullets(found) if isinstance(found, list) else str(found)
        show(Words(words) if found else None)

    def studies(self, caption: str) -> None:
        """Show every study with its status and how many numbers are extracted from it."""
        lines = [
            [one.label, one.status.replace("-", " "), str(len(one.reports)), str(len(one.numbers))]
            for one in self.review.studies.values()
        ]
        columns = ["Study", "Status", "Reports", "Printed numbers extracted"]
        show(Table(pd.DataFrame(lines, columns=columns), caption))

    def reasons(self) -> None:
        """Show why each study has its status."""
        told = [
            f"{study.label} ({study.status.replace('-', ' ')}): {study.status_reason}"
            for study in self.review.studies.values()
            if study.status_reason
        ]
        show(Words(bullets(told)) if told else None)

    def outcomes(self) -> None:
        """Show the outcomes of the review with definition, origin of time and importance."""
        lines = [
            [
                outcome.label,
                outcome.definition,
                outcome.origin or "not said",
                IMPORTANCE[outcome.critical],
            ]
            for outcome in self.review.protocol.outcomes.values()
        ]
        columns = ["Outcome", "Definition", "Counted from", "Importance"]
        frame = pd.DataFrame(lines, columns=columns)
        show(Table(frame, "Outcomes with definition and time origin"))

    def treatment_classes(self) -> None:
        """Show the classes of treatment, and the arms of the studies that are in each."""
        arms: dict[str, list[str]] = {id_: [] for id_ in self.review.protocol.treatment_classes}
        for study in self.review.studies.values():
            for arm in study.arms.values():
                arms[arm.treatment_class].append(f"{study.label}: {arm.label}")
        lines = [
            [words, "; ".join(arms[id_]) or "none so far"]
            for id_, words in self.review.protocol.treatment_classes.items()
        ]
        frame = pd.DataFrame(lines, columns=["Class of treatment", "Arms"])
        show(Table(frame, "Classes of treatment, and the arms in them"))

    def syntheses(self) -> None:
        """Show the planned syntheses, and which studies and patients enter them."""
        show(Table(syntheses(self.review), "Syntheses and who enters them"))

    def extraction(self) -> None:
        """Show how far the separate extractions agreed."""
        caption = "Agreement of the separate extractions"
        self._rows("data/extraction.csv", self.review.extraction, caption)

    def timeline(self) -> None:
        """Show the studies in calendar time, and their dates as a table to unfold."""
        show(timeline(self.review), timeline_table(self.review))

    def overlaps(self) -> None:
        """Show which studies may share patients, with each other or with what is not held."""
        studies = self.review.studies
        lines = [
            [
                study.label,
                studies[shared.other].label if shared.other in studies else shared.other,
                shared.certainty,
                shared.why,
                shared.source,
            ]
            for study in studies.values()
            for shared in study.shares_patients
        ]
        columns = ["Study", "May share patients with", "How certain", "Why", "Seen at"]
        frame = pd.DataFrame(lines, columns=columns)
        show(Table(frame, "Studies that may share patients", empty="There is none.", fold=True))

    def leads(self) -> None:
        """Show numbers that nothing uses until they are seen in the study's own report."""
        self._rows("data/leads.csv", self.review.leads, "Leads that await confirmation", fold=True)

    def indirect(self, question: str) -> None:
        """Show trials in other patients that stand beside a question."""
        rows = [one for one in self.review.indirect if one["question"] == question]
        shown = [{k: v for k, v in one.items() if k != "question"} for one in rows]
        self._rows("data/indirect.csv", shown, "Randomised trials in other patients, not pooled")

    def shares(self) -> None:
        """Show how large the share of each study's patients is whose results are the main ones."""
        words = {"enough": "the whole study", "less": "only patients of it that are printed apart"}
        lines = [
            [
                study.label,
                "not known" if (share := share_of(self.review, study)) is None else f"{share:g}%",
                words[share_class(self.review, study)],
            ]
            for study in self.review.studies.values()
            if study.status == "included"
        ]
        rule = self.review.protocol.main_population
        who = f"Share who {rule.label}" if rule else "Share"
        columns = ["Study", who, "Counts for the main analyses"]
        show(Table(pd.DataFrame(lines, columns=columns), "Share of the main population by study"))

    def _rows(
        self, file: str, rows: Iterable[Mapping[str, str]], caption: str, *, fold: bool = False
    ) -> None:
        """Show the rows of a file of the data, each column under its meaning, studies by name."""
        told = self.review.dictionary
        lines = [
            {told.heading(file, name): text for name, text in by_name(one, self.review).items()}
            for one in rows
        ]
        show(Table(pd.DataFrame(lines), caption, empty="There is none.", fold=fold))

    def file(self, name: str, caption: str) -> None:
        """Show what each column or key of a file of `data/` means, and its values."""
        rows = self.review.dictionary.of_file(name)
        lines = [[row["name"], row["meaning"], row["values"]] for row in rows]
        show(Table(pd.DataFrame(lines, columns=["Name", "Meaning", "Values"]), caption, fold=True))


def syntheses(review: Review) -> pd.DataFrame:
    """The planned syntheses: what is pooled, and which studies and patients enter."""
    lines = [
        [
            plan.title,
            plan.kind_rules.words + ("" if plan.pool else ", side by side, not pooled"),
            listed(status.replace("-", " ") for status in plan.include.status),
            "; else ".join(_rule(review, rule) for rule in plan.include.patients),
        ]
        for plan in review.protocol.syntheses
    ]
    who = review.terms.fill("{Participants}")
    return pd.DataFrame(lines, columns=["Synthesis", "From", "Status of the studies", who])


def _rule(review: Review, rule: PatientsRule) -> str:
    """One rule for the patients that enter, in the words of the studies and of the dictionary.

    A population and subgroup are called as the first study calls them that declares both.
    """
    population, subgroup = rule.population, rule.subgroup
    words = ", ".join(filter(None, (population, subgroup)))
    for study in review.studies.values():
        if population in study.populations and all(
            level in study.variables[name].levels if name in study.variables else False
            for name, level in levels_of(subgroup)
        ):
            parts = (study.populations[population].label, subgroup_label(study, subgroup))
            words = ", ".join(filter(None, parts))
            break
    terms = [
        f"{review.dictionary.heading('study', f'design.{key}')}: {value}"
        for key, value in rule.design.items()
    ]
    if rule.share:
        terms.append({"enough": "main population", "less": "other studies"}[rule.share])
    terms += [f"estimates: {rule.adjustment.replace('-', ' ')}"] if rule.adjustment else []
    return f"{words} ({'; '.join(terms)})" if terms else words


def not_yet_held(review: Review) -> dict[str, str]:
    """The randomised trials that the review does not hold yet, each by its name as a sentence."""
    return {
        trial.name: f"{trial.name} ({trial.registration}) compares {trial.compares}, "
        f"in {trial.patients}."
        for trial in review.protocol.not_yet_held
    }


def evidence_size(review: Review) -> dict[str, str]:
    """How many studies, patients and printed numbers there are, and until when was read.

    Patients of a study are counted once, in its whole population; studies known to share patients
    are not subtracted.
    """
    sizes = {"studies": str(len(review.studies)), "numbers": f"{len(review.numbers()):,}"}
    for status in sorted({study.status for study in review.studies.values()}):
        found = [study for study in review.studies.values() if study.status == status]
        sizes[f"{status}.studies"] = str(len(found))
        sizes[f"{status}.patients"] = str(sum(map(patients, found)))
    sizes["date"] = day(review.protocol.documents_read_until)
    return sizes
