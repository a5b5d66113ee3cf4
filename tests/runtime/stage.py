"""A stage for roles: protocols whose roles are given as functions, and agents that answer from a list."""

from __future__ import annotations

import asyncio
from typing import ClassVar

from negotiate_rt import (
    AGREED,
    FAILED,
    TIMEOUT,
    Accept,
    Agent,
    Cfp,
    Inform,
    NegotiationConfig,
    NegotiationExecutor,
    NegotiationProtocol,
    Propose,
    Reject,
)
from negotiate_rt.protocols.base import Convener


class Answers(Agent):
    """Decides what is next on its list; a callable there is called with the view."""

    def __init__(self, name, *decisions):
        super().__init__(name)
        self.decisions = list(decisions)
        self.views = []

    def decide(self, view):
        self.views.append(view)
        decision = self.decisions.pop(0)
        return decision(view) if callable(decision) else decision


class Two(NegotiationProtocol):
    """One offers, the other accepts or rejects; either may inform meanwhile."""

    name = "two"
    seats: ClassVar = {"one": 1, "other": 1}
    start = "opening"
    moves: ClassVar = {
        "opening": {("one", Propose): "answer", ("one", Inform): "opening"},
        "answer": {("other", Accept): AGREED, ("other", Reject): FAILED, ("other", Inform): "answer"},
    }
    timeouts: ClassVar = {"opening": TIMEOUT, "answer": TIMEOUT}

    def __init__(self, one, other):
        self.play = {"one": one, "other": other}

    async def one(self, talk):
        await self.play["one"](talk)

    async def other(self, talk):
        await self.play["other"](talk)


class Many(NegotiationProtocol):
    """A chair calls, each member informs; it may call again."""

    name = "many"
    seats: ClassVar = {"chair": 1, "member": (1, None)}
    convener = "chair"
    start = "idle"
    moves: ClassVar = {"idle": {("chair", Cfp): "called"}, "called": {("member", Inform): "ANSWERED"}}
    timeouts: ClassVar = {"idle": "SILENT", "called": "SILENT"}
    skips: ClassVar = {"called": "PASSED"}
    joint_start = "calling"
    joint: ClassVar = {"calling": {Cfp: "calling", "again": "calling", "done": AGREED, "in vain": FAILED}}
    joint_timeouts: ClassVar = {"calling": FAILED}

    def __init__(self, chair, member):
        self.play = {"chair": chair, "member": member}

    def make_initiator(self, config, agents):
        return Convener("chair")

    def settle(self, seats, config, problem):
        return problem

    def utilities(self, seats, conversation):
        return {}

    async def chair(self, talk):
        await self.play["chair"](talk)

    async def member(self, talk):
        await self.play["member"](talk)


async def play(protocol, agents, problem=None, config=None, **settings):
    """Run a protocol on the virtual clock and return its outcome."""
    executor = NegotiationExecutor(clock="virtual", **settings)
    executor.register(protocol)
    negotiation = executor.execute(agents, config or NegotiationConfig(protocol.name, timeout=50.0), problem)
    outcome = await asyncio.wait_for(negotiation, 10)
    assert len(asyncio.all_tasks()) == 1
    return outcome
