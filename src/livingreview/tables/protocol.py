"""The review's protocol as tables: outcomes, planned syntheses, who enters them, and how many."""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from livingreview.tables.entries import named
from livingreview.tables.sections import subgroup_label
from livingreview.wording import listed
from livingreview_record import ALL_ARMS, Review, Study

KINDS: Mapping[str, str] = {
    "proportion": "Proportions of single arms",
    "two-arm": "Ratios and differences from the counts of two arms",
    "hazard-ratio": "Printed hazard ratios",
}


def outcomes(review: Review) -> pd.DataFrame:
    """The outcomes of the review with definition, origin of time and importance."""
    lines = [
        [
            outcome["label"],
            outcome["definition"],
            outcome.get("origin", "not said"),
            {True: "critical", False: "important"}.get(outcome.get("critical"), "not said"),
        ]
        for outcome in review.protocol["outcomes"].values()
    ]
    return pd.DataFrame(lines, columns=["Outcome", "Definition", "Counted from", "Importance"])


def treatment_classes(review: Review) -> pd.DataFrame:
    """The classes of treatment, and the arms of the studies that are in each."""
    lines = []
    for id_, words in review.protocol["treatment_classes"].items():
        arms = [
            f"{study.label}: {arm.label}"
            for study in review.studies.values()
            for arm in study.arms.values()
            if arm.treatment_class == id_
        ]
        lines.append([words, "; ".join(arms) or "none so far"])
    return pd.DataFrame(lines, columns=["Class of treatment", "Arms"])


def syntheses(review: Review) -> pd.DataFrame:
    """The planned syntheses: what is pooled, and which studies and patients enter."""
    lines = [
        [
            plan["title"],
            KINDS[plan["kind"]] + ("" if plan.get("pool", True) else ", side by side, not pooled"),
            listed(status.replace("-", " ") for status in plan["include"]["status"]),
            "; ".join(_rule(review, rule) for rule in plan["include"]["patients"]),
        ]
        for plan in review.protocol["syntheses"]
    ]
    return pd.DataFrame(lines, columns=["Synthesis", "From", "Status of the studies", "Patients"])


def _rule(review: Review, rule: Mapping[str, Any]) -> str:
    """One rule for the patients that enter, in the words of the studies and of the dictionary."""
    words = _words_of_patients(review, rule["population"], rule.get("subgroup", ""))
    terms = [
        f"{named(review.dictionary, 'study', f'design.{key}')}: {value}"
        for key, value in rule.get("design", {}).items()
    ]
    return f"{words} ({'; '.join(terms)})" if terms else words


def _words_of_patients(review: Review, population: str, subgroup: str) -> str:
    """A population and subgroup as the first study that declares both calls them."""
    parts = [part.partition("=")[::2] for part in subgroup.split("&") if part]
    for study in review.studies.values():
        declared = population in study.populations and all(
            name in study.variables and level in study.variables[name].levels
            for name, level in parts
        )
        if declared:
            label = study.populations[population].label
            return f"{label}, {subgroup_label(study, subgroup)}" if subgroup else label
    return ", ".join(filter(None, (population, subgroup)))


def studies(review: Review) -> pd.DataFrame:
    """Every study with its status and the number of printed numbers extracted from it."""
    lines = [
        [
            study.label,
            study.status.replace("-", " "),
            str(len(study.reports)),
            str(len(study.numbers)),
        ]
        for study in review.studies.values()
    ]
    return pd.DataFrame(lines, columns=["Study", "Status", "Reports", "Printed numbers extracted"])


def reasons(review: Review) -> list[str]:
    """Why each study has its status, as sentences."""
    return [
        f"{study.label} ({study.status.replace('-', ' ')}): {study.status_reason}"
        for study in review.studies.values()
        if study.status_reason
    ]


def not_yet_held(review: Review) -> dict[str, str]:
    """The randomised trials that the review does not hold yet, each by its name as a sentence."""
    return {
        trial["name"]: f"{trial['name']} ({trial['registration']}) compares {trial['compares']}, "
        f"in {trial['patients']}."
        for trial in review.protocol.get("not_yet_held", [])
    }


def evidence_size(review: Review) -> dict[str, str]:
    """How many studies and patients there are, by status, and how many printed numbers.

    Patients of a study are counted once, in its whole population; studies known to share patients
    are not subtracted.
    """
    sizes = {"studies": str(len(review.studies)), "numbers": f"{len(review.numbers()):,}"}
    for status in sorted({study.status for study in review.studies.values()}):
        found = [study for study in review.studies.values() if study.status == status]
        sizes[f"{status}.studies"] = str(len(found))
        sizes[f"{status}.patients"] = str(sum(patients(study) for study in found))
    return sizes


def patients(
    study: Study, outcome: str = "participants", category: str = "", *, population: str = "whole"
) -> int:
    """How many patients of a population are counted under an outcome or characteristic.

    As printed for all arms together, else the sum of the arms.
    """
    printed = {
        number.quantity.arm_id: int(number.number.value)
        for number in study.find(
            outcome=outcome, population=population, subgroup="", category=category, statistic="n"
        )
    }
    return printed.get(ALL_ARMS, sum(size for arm, size in printed.items() if arm in study.arms))
