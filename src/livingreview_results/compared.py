"""What the rows of a plot compare: the arms in words, how many were in each, the risk of bias."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from livingreview_appraisal import Appraisals
from livingreview_display import STUDY, Forest
from livingreview_plan import PlannedResult
from livingreview_pool import measure as find_measure
from livingreview_record import Printed, Quantity, Study, table_first
from livingreview_results.rows import FLAG
from livingreview_results.tables import arms_column


def arms_of(study: Study, number: Printed, counts: str) -> tuple[str, str]:
    """Return the arms that an estimate is about in words, and what is counted in them.

    `counts` are the counted events, where the estimate is made of them; else the printed numbers
    of participants stand for it, where both arms' are printed.
    """
    about = number.quantity
    if not about.comparison:
        pairs = [one for one in study.comparisons.values() if one.experimental == about.arm_id]
        alone = study.arms[about.arm_id].label
        return (pairs[0].label if pairs and " v " in counts else alone), counts
    comparison = study.comparisons[about.comparison]
    wanted = Quantity(
        population=about.population,
        subgroup=about.subgroup,
        outcome="participants",
        statistic="n",
    )
    arms = (replace(wanted, arm_id=arm) for arm in (comparison.experimental, comparison.control))
    sizes = [table_first(study.by_quantity.get(arm, ())) for arm in arms]
    sized = " v ".join(size[0].value for size in sizes) if all(sizes) else ""
    return comparison.label, counts or sized


def with_studies(
    plot: Forest,
    results: Sequence[PlannedResult],
    studies: Mapping[str, Study],
    appraisals: Appraisals | None,
) -> Forest:
    """Return the plot with what each study compares and its risk of bias, where that is judged.

    `results` are those whose studies the rows are, in their order.
    """
    if plot.rows.empty:
        return plot
    told = []
    for result in results:
        for effect, estimate in zip(result.effects, result.estimates, strict=True):
            number = next(source for source in effect.sources if isinstance(source, Printed))
            risk = appraisals.risk_of(number) if appraisals is not None else ""
            told.append((*arms_of(studies[effect.study], number, estimate.words), risk))
    each, nothing = iter(told), ("", "", "")
    rows = [next(each) if mark == STUDY else nothing for mark in plot.rows["mark"]]
    arms, counts, risks = zip(*rows, strict=True)
    return replace(
        plot,
        rows=plot.rows.assign(arms=arms, counts=counts, risk=risks),
        headings=_headings(results[0]),
        note=DAGGER if plot.rows["label"].str.contains(FLAG.strip()).any() else "",
    )


DAGGER = "† marks a study one of whose numbers is touched by a finding of the audit"


def _headings(result: PlannedResult) -> dict[str, str]:
    """What the columns beside the plot are called."""
    known = find_measure(result.measure)
    counted = any(estimate.words for estimate in result.estimates)
    return {
        "label": "Study or model",
        "arms": "Compared" if known.compares else "Treatment",
        "counts": arms_column(result) if counted else result.terms.fill("{Participants}"),
        "text": f"{known.label if known.compares else 'Proportion'} (95% interval)",
        "weight": "Weight",
        "risk": "Risk of bias",
    }
