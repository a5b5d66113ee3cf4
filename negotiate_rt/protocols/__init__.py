"""WHO MAY SAY WHAT: one file a protocol."""

from negotiate_rt.protocols.base import NegotiationProtocol
from negotiate_rt.protocols.bilateral import Bilateral
from negotiate_rt.protocols.contract_net import ContractNet
from negotiate_rt.protocols.sealed_bid import FirstPriceAuction, VickreyAuction

BUILT_IN: tuple[type[NegotiationProtocol], ...] = (Bilateral, ContractNet, FirstPriceAuction, VickreyAuction)
