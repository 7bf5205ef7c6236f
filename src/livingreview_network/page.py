"""The chapter of the networks: geometry, transitivity, direct and indirect evidence, components."""

from pathlib import Path

from livingreview_display import Table, Words, publish, sentence, show
from livingreview_network import tables
from livingreview_network.joined import review_networks
from livingreview_record import load_review

LINES = (
    "A line is as wide as the number of its studies that give an estimate, broken where none does."
)


class NetworkPage:
    """The networks of the review; `root` is the folder that holds `data/`."""

    def __init__(self, root: Path | str = "..") -> None:
        self.networks = review_networks(load_review(root))

    def publish_results(self) -> None:
        """Publish of each network its studies, joined and compared classes, and loops."""
        for id_, one in self.networks.items():
            joined = {name for part in one.parts for name in part}
            counted = {
                "studies": len({edge.study.id for edge in one.edges}),
                "studies-without": len({edge.study.id for edge in one.silent}),
                "classes": len(joined) + len(one.alone),
                "joined": len(joined),
                "loops": one.loops,
            }
            for key, value in counted.items():
                publish(f"network.{id_}.{key}", str(value))

    def geometry(self, network: str) -> None:
        """Show which classes are compared, and which of them estimates join."""
        one = self.networks[network]
        show(tables.geometry(one), Table(tables.nodes(one), f"{one.plan.title}: classes"))
        show(Words([LINES, *tables.connection(one)]))

    def transitivity(self, network: str) -> None:
        """Show what differs between the comparisons, and the judgement with its reasons."""
        one = self.networks[network]
        caption = f"{one.plan.title}: what differs, with the numbers of the drawing"
        show(Table(tables.differences(one), caption))
        said = "plausible" if one.is_plausible else "not plausible"
        show(Words(f"Transitivity is judged {said}."))
        show(Words([sentence(reason) for reason in one.plan.transitivity.reasons]))

    def evidence(self, network: str) -> None:
        """Show direct and indirect evidence apart, and whether they can be compared."""
        one = self.networks[network]
        known = tables.evidence(one)
        caption = f"{one.plan.title}: direct and indirect evidence"
        show(Table(known, caption, "No study gives an estimate."), Words(tables.consistency(one)))

    def components(self, network: str) -> None:
        """Show what the classes consist of, and which component's effect could be told."""
        one = self.networks[network]
        show(Table(tables.components(one), f"{one.plan.title}: components"))
        show(Words(tables.components_told(one)))
