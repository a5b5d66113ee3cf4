"""WHO MAY SAY WHAT: one file a protocol."""

from negotiate_rt.protocols.base import NegotiationProtocol
from negotiate_rt.protocols.bilateral import Bilateral

BUILT_IN: tuple[type[NegotiationProtocol], ...] = (Bilateral,)
