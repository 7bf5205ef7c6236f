"""Network meta-analysis by contrasts: several treatments, direct and indirect evidence.

`network_synthesis` estimates every pair of treatments of a connected network and says where its
evidence agrees; `component_synthesis` estimates what the components of treatments add.  Both take
plain arrays: study, two treatments, estimate and variance.
"""

from livingreview_network.components import ComponentSynthesis, component_synthesis
from livingreview_network.contrasts import NotConnectedError, connected_parts
from livingreview_network.synthesis import (
    Contrast,
    NetworkSynthesis,
    QPart,
    Split,
    network_synthesis,
)

__all__ = [
    "ComponentSynthesis",
    "Contrast",
    "NetworkSynthesis",
    "NotConnectedError",
    "QPart",
    "Split",
    "component_synthesis",
    "connected_parts",
    "network_synthesis",
]
