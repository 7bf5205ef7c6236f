"""A network of the review in tables and words: what differs, what is direct, what is told apart."""

from collections.abc import Iterator

import pandas as pd

from livingreview_display import number, p_value, percent
from livingreview_network.contrasts import Pair
from livingreview_network.figures import Geometry
from livingreview_network.joined import Edge, ReviewNetwork, components_of
from livingreview_network.synthesis import Contrast, NetworkSynthesis, Split
from livingreview_pool import measure
from livingreview_record import Quantity, Review, levels_of, share_of

COMPARISON, STUDY, NOT_PRINTED = "Comparison", "Study", "not printed"
WITHHELD = "not shown: transitivity is not judged plausible"
NO_PATH = "no other path"
COUNTED = ("n", "percent")
MIXED = "differs between the {participants} of the class"


def label_of(network: ReviewNetwork, treatment: str) -> str:
    """Return a class in words."""
    return network.review.protocol.treatment_classes[treatment]


def geometry(network: ReviewNetwork) -> Geometry:
    """Return the network as a drawing: the classes that estimates join first."""
    order = [*(one for part in network.parts for one in part), *network.alone]
    every = [edge.pair for edge in (*network.edges, *network.silent)]
    return Geometry(
        network.plan.title,
        {one: (label_of(network, one), *_size(network, one)) for one in order},
        {pair: (len(used), every.count(pair)) for pair, used in network.pairs.items()},
    )


def nodes(network: ReviewNetwork) -> pd.DataFrame:
    """Return the classes by the numbers of the drawing, with what is printed of their size."""
    named = enumerate(geometry(network).nodes.values(), 1)
    return pd.DataFrame(
        {"Number": str(place), "Class": label, "In its arms": size}
        for place, (label, size, _) in named
    )


def differences(network: ReviewNetwork) -> pd.DataFrame:
    """Return what may keep the comparisons from being joined, study by study."""
    compare = networks.compare if (networks := network.review.protocol.networks) else {}
    number_of = {one: str(place) for place, one in enumerate(geometry(network).nodes, 1)}
    rows = []
    for edges in network.pairs.values():
        for edge in edges:
            places = [number_of[arm.treatment_class] for arm in edge.arms]
            design = {head: _said(network, edge, key) for key, head in compare.items()}
            rows.append(
                {
                    STUDY: edge.label,
                    COMPARISON: f"{edge.comparison.label} ({places[0]} and {places[1]})",
                    **design,
                    network.review.terms.participants.capitalize(): _whose(edge),
                    "Adjustment": _adjustment(edge),
                }
            )
    return pd.DataFrame(rows)


def _said(network: ReviewNetwork, edge: Edge, key: str) -> str:
    """Return what the design of a study says, with the share that is printed where it is mixed.

    Of an estimate of a part of the patients, who all are of the main population, that is said.
    """
    said = str(edge.study.design.get(key, NOT_PRINTED))
    rule, share = network.review.protocol.main_population, share_of(network.review, edge.study)
    if rule is None or key != rule.design or said in (rule.all, rule.none):
        return said
    if edge.asked is not None and _is_main_part(network.review, edge.asked):
        return rule.all
    return said if share is None else f"{said}: {share:g}%"


def _is_main_part(review: Review, asked: Quantity) -> bool:
    """Whether a rule takes these patients from a study of which too few are of the main population.

    Such a rule names the part of the study that is.
    """
    taken = (one for plan in review.protocol.syntheses for one in plan.include.patients)
    return (asked.population, asked.subgroup) in {
        (one.population, one.subgroup) for one in taken if one.share == "less"
    }


def evidence(network: ReviewNetwork) -> pd.DataFrame:
    """Return, for each pair of the joined classes, what is direct and what is indirect."""
    rows = []
    for one in network.syntheses:
        for split in one.splits:
            pair = _direction(network, (split.network.first, split.network.second))
            row = {COMPARISON: _against(network, *pair)}
            row["Direct, by study"] = "; ".join(_studies(network, pair)) or "no study"
            rows.append(row | dict(_estimated(network, one, split, pair)))
    return pd.DataFrame(rows)


def consistency(network: ReviewNetwork) -> str:
    """Say whether direct and indirect evidence can be compared, and how far they agree."""
    if not network.loops:
        return (
            "No loop of comparisons is closed, so nothing shows whether direct and indirect agree."
        )
    parts = [one.between_random for one in network.syntheses if one.between_random.df]
    told = ", ".join(f"Q {number(q.q)} on {q.df}, p {p_value(q.pval)}" for q in parts)
    return f"Between the designs: {told}, by the full design-by-treatment interaction model."


def connection(network: ReviewNetwork) -> list[str]:
    """Say which classes estimates join, and which they do not."""
    joined = [f"Joined by estimates: {_listed(network, part)}." for part in network.parts]
    if len(joined) > 1:
        joined.append("No estimate leads from one of these groups to another: they are not joined.")
    if network.alone:
        joined.append(
            "Compared in studies that print no estimate which a synthesis can take, so joined to "
            "nothing: "
            f"{_listed(network, network.alone)}."
        )
    return joined


def components(network: ReviewNetwork) -> pd.DataFrame:
    """Return what each joined class consists of: the design matrix of the components."""
    made_of = components_of(network.review)
    mixed = network.review.terms.fill(MIXED)
    return pd.DataFrame(
        {
            "Class": label_of(network, one),
            "Consists of": ", ".join(made_of[one]) if one in made_of else mixed,
        }
        for part in network.parts
        for one in part
    )


def components_told(network: ReviewNetwork) -> list[str]:
    """Say of each component whether the comparisons tell its effect, and why not."""
    found = network.components
    if found is None:
        return [
            "No estimate is of two classes that each consist of the same throughout, so what a "
            "component adds cannot be told."
        ]
    told = [f"{name}: {reason}." for name, reason in found.not_identified.items()]
    for name, one in found.components.items():
        told.append(f"{name}: {_ratio(network, one) if network.is_plausible else WITHHELD}.")
    return told


def _size(network: ReviewNetwork, treatment: str) -> tuple[str, int]:
    """Return how many are printed for the arms of a class, in words and as a number."""
    found, complete = network.patients[treatment]
    if not found:
        return NOT_PRINTED, 0
    who = network.review.terms.participants
    return f"{'' if complete else 'at least '}{number(found, 0)} {who}", found


def _direction(network: ReviewNetwork, pair: Pair) -> Pair:
    """Return the pair in the direction of its first study: experimental against control."""
    edges = network.pairs.get(pair, ())
    first, second = (arm.treatment_class for arm in edges[0].arms) if edges else pair
    return first, second


def _against(network: ReviewNetwork, first: str, second: str) -> str:
    return f"{label_of(network, first)}, against: {label_of(network, second)}"


def _listed(network: ReviewNetwork, classes: tuple[str, ...]) -> str:
    return "; ".join(label_of(network, one) for one in classes)


def _whose(edge: Edge) -> str:
    """Return of which patients of the study an estimate is."""
    if edge.asked is None:
        return NOT_PRINTED
    words = [edge.study.populations[edge.asked.population].label]
    for part in levels_of(edge.asked.subgroup):
        variable = edge.study.variables[part.variable]
        words.append(f"{variable.label}: {variable.levels[part.level]}")
    return "; ".join(words)


def _adjustment(edge: Edge) -> str:
    if isinstance(edge.asked, Quantity) and edge.asked.statistic in COUNTED:
        return "none: from counts"
    return (edge.asked and edge.asked.adjustment) or NOT_PRINTED


def _studies(network: ReviewNetwork, pair: Pair) -> Iterator[str]:
    """Yield what each study prints of a pair, or what it implies in this direction."""
    for edge in network.pairs.get((min(pair), max(pair)), ()):
        if edge.effect is None:
            continue
        turn = 1 if edge.arms[0].treatment_class == pair[0] else -1
        lower, upper = sorted(turn * limit for limit in edge.effect.interval())
        implied = _text(network, turn * edge.effect.yi, lower, upper)
        is_counted = edge.asked is not None and edge.asked.statistic in COUNTED
        told = f"{edge.printed}, {implied}" if is_counted else edge.printed
        yield f"{edge.label}: {told if turn > 0 else implied}"


def _estimated(
    network: ReviewNetwork, whole: NetworkSynthesis, split: Split, pair: Pair
) -> Iterator[tuple[str, str]]:
    """Yield the cells of what the network estimates, or the reason why nothing is shown."""
    if not network.is_plausible:
        yield "Through other treatments", WITHHELD if split.indirect else NO_PATH
        return
    turn = 1 if pair[0] == split.network.first else -1
    for name, one in (("Direct", split.direct), ("Indirect", split.indirect)):
        yield name, _ratio(network, one, turn) if one else "none"
    together = _ratio(network, whole.contrast(*pair))
    yield "Together", f"{together}, {percent(100 * split.share)} direct"
    yield (
        "Direct and indirect differ, p",
        p_value(split.difference.pval) if split.difference else "",
    )
    yield "Certainty", network.plan.certainty.level if network.plan.certainty else ""


def _ratio(network: ReviewNetwork, one: Contrast, turn: int = 1) -> str:
    lower, upper = sorted((turn * one.ci_lower, turn * one.ci_upper))
    return _text(network, turn * one.mean, lower, upper)


def _text(network: ReviewNetwork, *values: float) -> str:
    known = measure(network.measure)
    first, low, high = (number(float(known.to_display(value))) for value in values)
    return f"{first} ({low} to {high})"
