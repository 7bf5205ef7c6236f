"""The review's own networks: what its planned syntheses compare, seen together by class."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import Any

from livingreview_network.components import ComponentSynthesis, component_synthesis
from livingreview_network.contrasts import Pair, connected_parts
from livingreview_network.synthesis import NetworkSynthesis, network_synthesis
from livingreview_plan import ArmCount, PlannedResult, PrintedEstimate, carry_out
from livingreview_pool import Effect
from livingreview_record import (
    Arm,
    Comparison,
    PlannedNetwork,
    Quantity,
    Review,
    Rule,
    Study,
    has_design,
    mention,
)


@dataclass(frozen=True)
class Edge:
    """One comparison of two classes in one study; `effect` is None where no estimate is usable.

    `label` is the study's, with the mark of a report that was not read in full; `asked` says of
    which patients the estimate is and how it was adjusted, and `printed` what the report prints: an
    estimate with its interval, or counts.
    """

    study: Study
    label: str
    comparison: Comparison
    effect: Effect | None = None
    asked: Quantity | None = None
    printed: str = ""

    @property
    def arms(self) -> tuple[Arm, Arm]:
        """The experimental arm and its control."""
        ids = self.comparison.experimental, self.comparison.control
        return self.study.arms[ids[0]], self.study.arms[ids[1]]

    @property
    def pair(self) -> Pair:
        """The two classes, in alphabetical order."""
        first, second = sorted(arm.treatment_class for arm in self.arms)
        return first, second


@dataclass(frozen=True)
class ReviewNetwork:
    """One network of `review.yaml`: `edges` with an estimate, and `silent` ones without."""

    review: Review
    plan: PlannedNetwork
    edges: tuple[Edge, ...]
    silent: tuple[Edge, ...]
    measure: str

    @property
    def is_plausible(self) -> bool:
        """Whether transitivity is judged plausible, so that estimates are shown."""
        return self.plan.transitivity.plausible

    @cached_property
    def pairs(self) -> Mapping[Pair, tuple[Edge, ...]]:
        """The compared pairs of classes, each with its studies that give an estimate."""
        every = sorted({edge.pair for edge in (*self.edges, *self.silent)})
        return {pair: tuple(one for one in self.edges if one.pair == pair) for pair in every}

    @cached_property
    def parts(self) -> list[tuple[str, ...]]:
        """The classes that estimates join, largest part first."""
        return connected_parts(edge.pair for edge in self.edges)

    @cached_property
    def alone(self) -> tuple[str, ...]:
        """Classes that are compared with others, and by no estimate."""
        joined = {one for part in self.parts for one in part}
        return tuple(sorted({one for pair in self.pairs for one in pair} - joined))

    @cached_property
    def patients(self) -> Mapping[str, tuple[int, bool]]:
        """Of each class the printed patients of its arms, and whether every arm prints them."""
        arms = {
            (edge.study.id, arm.id): (edge.study, arm)
            for edge in (*self.edges, *self.silent)
            for arm in edge.arms
        }
        found: dict[str, tuple[int, bool]] = {}
        for study, arm in arms.values():
            asked = Quantity(arm.id, population="whole", outcome="participants", statistic="n")
            size = mention(study, asked)
            number, complete = found.get(arm.treatment_class, (0, True))
            more = 0 if size is None else int(size.number.value)
            found[arm.treatment_class] = number + more, complete and size is not None
        return found

    @cached_property
    def syntheses(self) -> tuple[NetworkSynthesis, ...]:
        """The estimates of each part; ValueError where the contrasts of a study do not fit."""
        return tuple(
            network_synthesis(*_columns([edge for edge in self.edges if edge.pair[0] in part]))
            for part in self.parts
        )

    @cached_property
    def components(self) -> ComponentSynthesis | None:
        """What components of classes add; None where no estimate is between such classes."""
        made_of = components_of(self.review)
        pure = [edge for edge in self.edges if set(edge.pair) <= made_of.keys()]
        return component_synthesis(*_columns(pure), made_of=made_of) if pure else None

    @property
    def loops(self) -> int:
        """Degrees of freedom between designs: independent ways to examine consistency."""
        return sum(one.between.df for one in self.syntheses)


def review_networks(review: Review) -> dict[str, ReviewNetwork]:
    """Return the networks of the review by id, from the estimates that its syntheses take."""
    declared = review.protocol.networks
    planned = declared.of if declared else ()
    return {plan.id: _network(review, plan, declared.design) for plan in planned if declared}


def components_of(review: Review) -> Mapping[str, tuple[str, ...]]:
    """Return the parts of which the treatments of a class all consist, by class."""
    return review.protocol.networks.components if review.protocol.networks else {}


def _network(review: Review, plan: PlannedNetwork, design: Rule) -> ReviewNetwork:
    results = [carry_out(review, synthesis)[0] for synthesis in plan.syntheses]
    edges = tuple(edge for result in results for edge in _edges(review, result))
    told = {(edge.study.id, edge.pair) for edge in edges}
    silent = (one for one in _compared(review, design) if (one.study.id, one.pair) not in told)
    return ReviewNetwork(review, plan, edges, tuple(silent), results[0].measure)


def _edges(review: Review, result: PlannedResult) -> Iterator[Edge]:
    for estimate, effect in zip(result.estimates, result.effects, strict=True):
        study = review.studies[estimate.study_id]
        if isinstance(estimate, ArmCount):
            continue
        if isinstance(estimate, PrintedEstimate):
            comparison = study.comparisons[estimate.estimate.quantity.comparison]
            printed = f"{estimate.estimate.value} ({estimate.spread.value})"
        else:
            sides = estimate.experimental, estimate.control
            ids = [side.sources[0].quantity.arm_id for side in sides]
            every = study.comparisons.values()
            comparison = next(one for one in every if [one.experimental, one.control] == ids)
            printed = estimate.words
        asked = estimate.sources[0].quantity
        edge = Edge(study, estimate.label, comparison, effect, asked, printed)
        if edge.pair[0] != edge.pair[1]:
            yield edge


def _compared(review: Review, design: Rule) -> Iterator[Edge]:
    """Yield every comparison of classes in included studies of the design that is asked for."""
    for study in review.studies.values():
        if study.status == "included" and has_design(study, design):
            every = (Edge(study, study.label, one) for one in study.comparisons.values())
            yield from (edge for edge in every if edge.pair[0] != edge.pair[1])


def _columns(edges: list[Edge]) -> tuple[list[Any], ...]:
    """Return what the engine takes; ValueError where two studies share patients."""
    effects = [edge.effect for edge in edges if edge.effect is not None]
    for one, other in combinations(effects, 2):
        if one.study != other.study and one.cohorts & other.cohorts:
            msg = f"{one.study} and {other.study}: need studies that share no patients, found both"
            raise ValueError(msg)
    return (
        [edge.study.id for edge in edges],
        *([edge.arms[side].treatment_class for edge in edges] for side in (0, 1)),
        [effect.yi for effect in effects],
        [effect.vi for effect in effects],
    )
