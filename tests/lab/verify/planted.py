"""Protocols with one bug each, and the property that tells it."""

from __future__ import annotations

from negotiate_rt.machine import Table, names_standing_offer
from negotiate_rt.machine.joint import JointTable
from negotiate_rt.messages.outcome import AGREED, FAILED, TIMEOUT
from negotiate_rt.messages.performatives import Accept, Cancel, Cfp, Inform, Propose, Reject, Walk, Withdraw
from negotiate_rt.protocols import Bilateral, ConcurrentBargaining, ContractNet, FirstPriceAuction, VickreyAuction
from negotiate_rt.protocols.stacked_alternating_offers import StackedAlternatingOffers


def without(moves, state, *rows):
    """Rows as they are, but for some of one state."""
    return {**moves, state: {row: to for row, to in moves[state].items() if row not in rows}}



class DroppedTimeout(ContractNet):
    timeouts = {state: to for state, to in ContractNet.timeouts.items() if state != "performing"}


class TimeoutsInACircle(ContractNet):
    timeouts = {**ContractNet.timeouts, "lapsed": "awaiting_bid"}


class MissingReject(FirstPriceAuction):
    moves = without(FirstPriceAuction.moves, "awaiting_result", ("auctioneer", Reject))


class DoubleAward(VickreyAuction):
    joint = {**VickreyAuction.joint, "selling": {Accept: "selling", Inform: "selling", "sold": AGREED}}


class UnsoldAfterAward(FirstPriceAuction):
    joint = {**FirstPriceAuction.joint, "selling": {Inform: "selling", "sold": AGREED, "unsold": FAILED}}


class SoldToNobody(FirstPriceAuction):
    joint = {**FirstPriceAuction.joint, "closed": {**FirstPriceAuction.joint["closed"], "sold": AGREED}}


class AwardedAnewWhileAtWork(ContractNet):
    joint_guards = {}


class AcceptsWithoutAnOffer(Bilateral):
    rules = {("responder", Accept): ()}


class AcceptsWhatWasWithdrawn(Bilateral):
    rules = {("initiator", Accept): (), ("responder", Accept): ()}
    skips = {}


class AcceptanceFails(Bilateral):
    moves = {**Bilateral.moves, "awaiting_responder": {**Bilateral.moves["awaiting_responder"], ("responder", Accept): FAILED}}


class CrossingCancel(ContractNet):
    moves = without(ContractNet.moves, "cancelling", ("contractor", Propose))


class CrossingWithdrawal(Bilateral):
    moves = without(
        without(Bilateral.moves, "awaiting_responder", ("responder", Withdraw)), "awaiting_initiator", ("initiator", Withdraw)
    )
    skips = {}


class NobodyCanAccept(FirstPriceAuction):
    joint = {**FirstPriceAuction.joint, "closed": {Reject: "closed", Accept: "closed", "unsold": FAILED}}


class NoEndOfEvaluating(FirstPriceAuction):
    joint = {
        "collecting": {Cfp: "collecting", Reject: "collecting", "closed": "closed"},
        "closed": {Reject: "closed", Accept: "selling"},
        "selling": {Inform: "selling", "postponed": "waiting"},
        "waiting": {Inform: "waiting", "sold": AGREED, "unsold": FAILED, "again": "musing"},
        "musing": {Inform: "musing", Reject: "musing"},
    }


class ForcedToConfirm(ConcurrentBargaining):
    moves = without(ConcurrentBargaining.moves, "choosing", ("buyer", Reject))


class TwoDealsAtOneTable(StackedAlternatingOffers):
    joint = {
        "bargaining": {
            **StackedAlternatingOffers.joint["bargaining"], Accept: "bargaining", "agreed": AGREED,
        },
    }  # fmt: skip


WAITING_FOR_EACH_OTHER = Table(
    "crossed", "start",
    {
        "start": {("ann", Propose): "ann_said", ("bob", Propose): "bob_said"},
        "ann_said": {("bob", Accept): AGREED, ("bob", Walk): FAILED, ("bob", Propose): "both_bob"},
        "bob_said": {("ann", Accept): AGREED, ("ann", Walk): FAILED, ("ann", Propose): "both_ann"},
        "both_bob": {("bob", Accept): AGREED, ("bob", Walk): FAILED},
        "both_ann": {("ann", Accept): AGREED, ("ann", Walk): FAILED},
    },
    timeouts=dict.fromkeys(("start", "ann_said", "bob_said", "both_bob", "both_ann"), TIMEOUT),
    rules={Accept: (names_standing_offer,)},
)  # fmt: skip
"""Both may open. If both do, each waits in the end for the other, for the table says that it is the other's turn."""

AGREED_ON_SILENCE = Table(
    "posted-price", "posting", {"posting": {("seller", Propose): "answer"}, "answer": {("buyer", Accept): AGREED}},
    timeouts={"posting": TIMEOUT, "answer": TIMEOUT},
)  # fmt: skip
"""The buyer may take the price, and has no way to say no; and nothing ever fails."""

OWN_OFFER = Table(
    "own-offer", "asking",
    {
        "asking": {("seller", Propose): "answer"},
        "answer": {("seller", Accept): AGREED, ("seller", Cancel): FAILED, ("buyer", Reject): FAILED},
    },
    timeouts={"asking": TIMEOUT, "answer": TIMEOUT}, rules={Accept: (names_standing_offer,)},
)  # fmt: skip
"""Every state is connected, and yet nobody ever agrees: the only one who may accept has nothing but its own offer."""

RACE = Table(
    "race", "calling",
    {
        "calling": {("boss", Cfp): "called"},
        "called": {("hand", Propose): "offered", ("boss", Cancel): "OFF"},
        "offered": {("boss", Accept): "WON", ("boss", Reject): "LOST"},
    },
    timeouts={"calling": "LOST", "called": "LOST", "offered": "LOST"},
    rules={Accept: (names_standing_offer,)},
)  # fmt: skip
RACE_JOINT = JointTable(
    "race", "boss", "calling",
    {"calling": {Cfp: "calling", Cancel: "calling", Accept: "calling", Reject: "calling", "done": AGREED, "void": FAILED}},
    {"calling": FAILED},
)  # fmt: skip
"""A cancel that crosses an offer, in a bare table under a bare joint table; and an award that may be declared void."""

PLANTED = {  # protocol -> (the property that fails, words of what is wrong)
    DroppedTimeout: ("silence", "'performing', and silence leads nowhere"),
    TimeoutsInACircle: ("silence", "circle: awaiting_bid, lapsed, awaiting_bid"),
    MissingReject: ("refusals", "auctioneer in 'awaiting_result' may accept, and has no way to decline"),
    DoubleAward: ("winners", "2 participants hold what 1 may win"),
    UnsoldAfterAward: ("outcome", "the outcome is FAILED, and an acceptance was binding"),
    SoldToNobody: ("outcome", "the outcome is AGREED, and nobody was awarded anything"),
    AwardedAnewWhileAtWork: ("winners", "may be awarded anew while the one who has it is still in 'performing'"),
    AcceptsWithoutAnOffer: ("offers", "responder accepts, and nothing stands to be accepted"),
    AcceptsWhatWasWithdrawn: ("offers", "is bound by an acceptance of an offer that stands no longer"),
    AcceptanceFails: ("outcome", "responder accepts an offer that stands, and the talk ends in FAILED"),
    CrossingCancel: ("receptions", "contractor propose reaches manager in state 'cancelling', where no row takes it"),
    CrossingWithdrawal: ("receptions", "initiator withdraw reaches responder in state 'awaiting_initiator'"),
    NobodyCanAccept: ("reach", "nothing that can happen leads to AGREED, selling"),
    NoEndOfEvaluating: ("endings", "'musing', from which no row leads to an end"),
    ForcedToConfirm: ("refusals", "buyer in 'choosing' may accept, and has no way to decline"),
    TwoDealsAtOneTable: ("winners", "2 participants hold what 1 may win"),
}
