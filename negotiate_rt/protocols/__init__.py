"""WHO MAY SAY WHAT: one file a protocol. Everything that a protocol of one's own needs is here by name; the built-in ones
load on first use."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from negotiate_rt.machine import Board, Refusal, Rule, Table
from negotiate_rt.protocols.base import NegotiationProtocol
from negotiate_rt.protocols.catalogue import PLACES
from negotiate_rt.protocols.guard import BARGAIN, judge_bargain, view_of
from negotiate_rt.runtime.bundle import Bundle
from negotiate_rt.runtime.dialogue import Dialogue
from negotiate_rt.runtime.seat import Question

if TYPE_CHECKING:
    from negotiate_rt.protocols.all_pay_auction import AllPayAuction
    from negotiate_rt.protocols.alternating_menus import AlternatingMenus
    from negotiate_rt.protocols.alternating_multiple_offers import AlternatingMultipleOffers
    from negotiate_rt.protocols.bilateral import Bilateral
    from negotiate_rt.protocols.brokering import BrokeringProtocol
    from negotiate_rt.protocols.coalition_formation import CoalitionFormation
    from negotiate_rt.protocols.cocoa import Cocoa
    from negotiate_rt.protocols.combinatorial_auction import CombinatorialAuction
    from negotiate_rt.protocols.concurrent_bargaining import ConcurrentBargaining
    from negotiate_rt.protocols.continuous_double_auction import ContinuousDoubleAuction
    from negotiate_rt.protocols.contract_net import ContractNet
    from negotiate_rt.protocols.divide_and_choose import DivideAndChoose
    from negotiate_rt.protocols.double_auction import DoubleAuction
    from negotiate_rt.protocols.dpop import Dpop
    from negotiate_rt.protocols.dsa import Dsa
    from negotiate_rt.protocols.dutch_auction import DutchAuction
    from negotiate_rt.protocols.english_auction import EnglishAuction
    from negotiate_rt.protocols.envy_cycles import EnvyCycleElimination
    from negotiate_rt.protocols.gsp_auction import GspAuction
    from negotiate_rt.protocols.iterated_contract_net import IteratedContractNet
    from negotiate_rt.protocols.japanese_auction import JapaneseAuction
    from negotiate_rt.protocols.max_sum import MaxSum
    from negotiate_rt.protocols.mediation import Mediation
    from negotiate_rt.protocols.mgm import Mgm
    from negotiate_rt.protocols.mgm2 import Mgm2
    from negotiate_rt.protocols.monotonic_concession import MonotonicConcession
    from negotiate_rt.protocols.moving_knife import MovingKnife
    from negotiate_rt.protocols.multi_unit import DiscriminatoryAuction, MultiUnitVickreyAuction, UniformPriceAuction
    from negotiate_rt.protocols.nash_demand import NashDemand
    from negotiate_rt.protocols.propose import ProposeProtocol
    from negotiate_rt.protocols.query import QueryProtocol
    from negotiate_rt.protocols.recruiting import RecruitingProtocol
    from negotiate_rt.protocols.request import RequestProtocol
    from negotiate_rt.protocols.round_robin import RoundRobin
    from negotiate_rt.protocols.rubinstein import Rubinstein
    from negotiate_rt.protocols.sealed_bid import FirstPriceAuction, VickreyAuction
    from negotiate_rt.protocols.sealed_division import (
        AdjustedWinnerProtocol,
        Bankruptcy,
        Knaster,
        Leximin,
        MaximumNashWelfare,
        ProbabilisticSerial,
        RentDivisionProtocol,
    )
    from negotiate_rt.protocols.signalled_bargaining import SignalledBargaining
    from negotiate_rt.protocols.simultaneous_ascending_auction import SimultaneousAscendingAuction
    from negotiate_rt.protocols.stacked_alternating_offers import StackedAlternatingOffers
    from negotiate_rt.protocols.subscribe import SubscribeProtocol
    from negotiate_rt.protocols.sync_bb import SyncBb

    BUILT_IN: tuple[type[NegotiationProtocol], ...]

_HOME = {kind: module for module, kind in (place.split(".") for place in PLACES.values())}


def __getattr__(name: str) -> Any:  # a protocol's class, or all of them
    if name == "BUILT_IN":
        value: Any = tuple(getattr(import_module(f"{__name__}.{module}"), kind) for kind, module in _HOME.items())
    elif name in _HOME:
        value = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value
    return value


__all__ = [
    "BARGAIN",
    "BUILT_IN",
    "AdjustedWinnerProtocol",
    "AllPayAuction",
    "AlternatingMenus",
    "AlternatingMultipleOffers",
    "Bankruptcy",
    "Bilateral",
    "Board",
    "BrokeringProtocol",
    "Bundle",
    "CoalitionFormation",
    "Cocoa",
    "CombinatorialAuction",
    "ConcurrentBargaining",
    "ContinuousDoubleAuction",
    "ContractNet",
    "Dialogue",
    "DiscriminatoryAuction",
    "DivideAndChoose",
    "DoubleAuction",
    "Dpop",
    "Dsa",
    "DutchAuction",
    "EnglishAuction",
    "EnvyCycleElimination",
    "FirstPriceAuction",
    "GspAuction",
    "IteratedContractNet",
    "JapaneseAuction",
    "Knaster",
    "Leximin",
    "MaxSum",
    "MaximumNashWelfare",
    "Mediation",
    "Mgm",
    "Mgm2",
    "MonotonicConcession",
    "MovingKnife",
    "MultiUnitVickreyAuction",
    "NashDemand",
    "NegotiationProtocol",
    "ProbabilisticSerial",
    "ProposeProtocol",
    "QueryProtocol",
    "Question",
    "RecruitingProtocol",
    "Refusal",
    "RentDivisionProtocol",
    "RequestProtocol",
    "RoundRobin",
    "Rubinstein",
    "Rule",
    "SignalledBargaining",
    "SimultaneousAscendingAuction",
    "StackedAlternatingOffers",
    "SubscribeProtocol",
    "SyncBb",
    "Table",
    "UniformPriceAuction",
    "VickreyAuction",
    "judge_bargain",
    "view_of",
]  # fmt: skip
