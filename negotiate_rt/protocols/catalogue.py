"""Which protocols are built in, and where each lives. One is loaded, with all that it needs, when it is first looked up."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from functools import cache
from importlib import import_module

from negotiate_rt.protocols.base import NegotiationProtocol

PLACES = {  # name -> module and class, in the order in which they are listed
    "bilateral": "bilateral.Bilateral",
    "rubinstein": "rubinstein.Rubinstein",
    "monotonic-concession": "monotonic_concession.MonotonicConcession",
    "stacked-alternating-offers": "stacked_alternating_offers.StackedAlternatingOffers",
    "alternating-multiple-offers": "alternating_multiple_offers.AlternatingMultipleOffers",
    "alternating-menus": "alternating_menus.AlternatingMenus",
    "nash-demand": "nash_demand.NashDemand",
    "concurrent-bargaining": "concurrent_bargaining.ConcurrentBargaining",
    "signalled-bargaining": "signalled_bargaining.SignalledBargaining",
    "contract-net": "contract_net.ContractNet",
    "iterated-contract-net": "iterated_contract_net.IteratedContractNet",
    "first-price-auction": "sealed_bid.FirstPriceAuction",
    "vickrey-auction": "sealed_bid.VickreyAuction",
    "english-auction": "english_auction.EnglishAuction",
    "japanese-auction": "japanese_auction.JapaneseAuction",
    "dutch-auction": "dutch_auction.DutchAuction",
    "request": "request.RequestProtocol",
    "query": "query.QueryProtocol",
    "propose": "propose.ProposeProtocol",
    "subscribe": "subscribe.SubscribeProtocol",
    "brokering": "brokering.BrokeringProtocol",
    "recruiting": "recruiting.RecruitingProtocol",
    "discriminatory-auction": "multi_unit.DiscriminatoryAuction",
    "uniform-price-auction": "multi_unit.UniformPriceAuction",
    "multi-unit-vickrey-auction": "multi_unit.MultiUnitVickreyAuction",
    "double-auction": "double_auction.DoubleAuction",
    "continuous-double-auction": "continuous_double_auction.ContinuousDoubleAuction",
    "simultaneous-ascending-auction": "simultaneous_ascending_auction.SimultaneousAscendingAuction",
    "gsp-auction": "gsp_auction.GspAuction",
    "all-pay-auction": "all_pay_auction.AllPayAuction",
    "combinatorial-auction": "combinatorial_auction.CombinatorialAuction",
    "divide-and-choose": "divide_and_choose.DivideAndChoose",
    "adjusted-winner": "sealed_division.AdjustedWinnerProtocol",
    "knaster": "sealed_division.Knaster",
    "round-robin": "round_robin.RoundRobin",
    "envy-cycle-elimination": "envy_cycles.EnvyCycleElimination",
    "maximum-nash-welfare": "sealed_division.MaximumNashWelfare",
    "leximin": "sealed_division.Leximin",
    "probabilistic-serial": "sealed_division.ProbabilisticSerial",
    "rent-division": "sealed_division.RentDivisionProtocol",
    "bankruptcy": "sealed_division.Bankruptcy",
    "moving-knife": "moving_knife.MovingKnife",
    "coalition-formation": "coalition_formation.CoalitionFormation",
    "mediation": "mediation.Mediation",
    "dpop": "dpop.Dpop",
    "mgm": "mgm.Mgm",
    "mgm-2": "mgm2.Mgm2",
    "dsa": "dsa.Dsa",
    "max-sum": "max_sum.MaxSum",
    "sync-bb": "sync_bb.SyncBb",
    "cocoa": "cocoa.Cocoa",
}


@cache
def built_in(name: str) -> NegotiationProtocol:
    """Return the built-in protocol of this very name: one instance for all societies. Raises KeyError."""
    module, kind = PLACES[name].split(".")
    protocol: NegotiationProtocol = getattr(import_module(f"{__package__}.{module}"), kind)()
    return protocol


class Catalogue(MutableMapping[str, NegotiationProtocol]):
    """A society's protocols by name: the built-in ones, and what was registered beside them or in their place.

    Listing names loads nothing. Checks of the built-in ones are tests of ours: 20 ms that no program need spend.
    """

    __slots__ = ("_loaded", "_names")

    def __init__(self) -> None:
        self._names = dict.fromkeys(PLACES)
        self._loaded: dict[str, NegotiationProtocol] = {}

    def __getitem__(self, name: str) -> NegotiationProtocol:
        found = self._loaded.get(name)
        if found is None:
            if name not in self._names:
                raise KeyError(name)
            found = self._loaded[name] = built_in(name)
        return found

    def __setitem__(self, name: str, protocol: NegotiationProtocol) -> None:
        self._names[name] = None
        self._loaded[name] = protocol

    def __delitem__(self, name: str) -> None:
        del self._names[name]
        self._loaded.pop(name, None)

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def __repr__(self) -> str:
        return f"<Catalogue: {', '.join(self)}>"
