"""Protocols of one's own, in one file: the ultimatum game, and one in which the responder may plead first.

Ultimatum (Gueth, Schmittberger and Schwarze 1982): a proposer demands a share of a pie, the responder takes what is
left, or rejects, and then nobody gets anything. Whoever cares for money alone takes anything; people turn down what
they find unfair. A protocol is its seats, its table of legal moves, and a coroutine a seat; the engine, the guard,
deadlines, faults and outcomes come with the runtime. `register` refuses a table that is not sound, and `check_protocol`
says why.

The second protocol adds a move with a content of its own: a `Plea` names the least that the responder says it would
take. The rule `at_most_the_pie` keeps it within the pie; nothing makes it true. Talk is cheap, and a bluff pays.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, ClassVar

import msgspec

from negotiate_rt import (
    AGREED,
    FAILED,
    TIMEOUT,
    Accept,
    Inform,
    Message,
    NegotiationConfig,
    NegotiationExecutor,
    NegotiationProtocol,
    Negotiator,
    Pie,
    Propose,
    Reject,
    View,
)
from negotiate_rt.machine import Board, Refusal
from negotiate_rt.machine.diagram import mermaid
from negotiate_rt.protocols.guard import BARGAIN, judge_bargain
from negotiate_rt.runtime.dialogue import Dialogue
from negotiate_rt.runtime.seat import Question
from negotiate_rt.testing import check_protocol

PIE = Pie(10.0)
DEMANDS = (10.0, 9.0, 8.0, 7.0, 6.0, 5.0)
LEAST = {"Eve": 0.0, "Finn": 1.0, "Gus": 2.0, "Hanna": 3.0, "Ida": 5.0}  # the least share that each responder takes


# -------------------------------------------------------------------------------------------------------- the protocols
class Ultimatum(NegotiationProtocol):
    """One proposes, the other takes it or leaves it."""

    name, seats, start = "ultimatum", {"proposer": 1, "responder": 1}, "opening"
    moves: ClassVar = {
        "opening": {("proposer", Propose): "answer"},
        "answer": {("responder", Accept): AGREED, ("responder", Reject): FAILED},
    }
    timeouts: ClassVar = {"opening": TIMEOUT, "answer": TIMEOUT}

    async def proposer(self, talk: Dialogue) -> None:
        """Demand a share, and hear the answer."""
        await talk.send(await talk.ask())
        await talk.receive(Accept, Reject)

    async def responder(self, talk: Dialogue) -> None:
        """Hear what is left, and answer."""
        await talk.receive(Propose)
        await talk.send(await talk.ask())


class Plea(msgspec.Struct, frozen=True, tag="plea"):
    """What a responder says before the demand: the least share it would take, and why."""

    least: float
    words: str = ""


def at_most_the_pie(message: Message, board: Board, mine: bool, now: float) -> Refusal | None:
    """A plea names a share of the pie."""
    plea = message.content  # type: ignore[attr-defined]  # an Inform, for that is where this rule stands
    if not isinstance(plea, Plea):
        return Refusal(f"expected a Plea, got {plea!r}")
    try:
        board.check(plea.least)
    except ValueError as error:
        return Refusal(f"no plea: {error}")
    return None


class PleadedUltimatum(Ultimatum):
    """The ultimatum game after a plea: one state and one move more, with a content and a rule of their own."""

    name, start = "pleaded-ultimatum", "plea"
    moves: ClassVar = {"plea": {("responder", Inform): "opening"}, **Ultimatum.moves}
    timeouts: ClassVar = {"plea": TIMEOUT, **Ultimatum.timeouts}
    rules: ClassVar = {Inform: (at_most_the_pie,)}
    contents = (Plea,)
    questions: ClassVar = {"proposer": {None: BARGAIN, "demand": Question("demand", judge_bargain)}}

    async def proposer(self, talk: Dialogue) -> None:
        """Hear the plea, demand a share, and hear the answer."""
        plea = await talk.receive(Inform)
        if isinstance(plea, Inform):
            await talk.send(await talk.ask("demand", plea.content))
            await talk.receive(Accept, Reject)

    async def responder(self, talk: Dialogue) -> None:
        """Plead, then answer as in the plain game."""
        await talk.send(await talk.ask("plead"))
        await super().responder(talk)


# ----------------------------------------------------------------------------------------------------------- the agents
def demands(share: float) -> Negotiator:
    """Return a proposer that demands a fixed share."""
    return Negotiator("Pat", strategy=lambda view: Propose(share))


class Listener(Negotiator):
    """A proposer that leaves the responder what it pleads for, up to half of the pie."""

    def demand(self, plea: Plea) -> Propose:
        """Demand the rest."""
        return Propose(PIE.size - min(plea.least, PIE.size / 2))


class Pleader(Negotiator):
    """A responder that takes its least share or more, and pleads for `claim`."""

    def __init__(self, name: str, least: float, claim: float) -> None:
        super().__init__(name, reservation_value=least)
        self.claim = claim

    def plead(self, view: View) -> Inform:
        """Say what one would take, true or not."""
        return Inform(Plea(self.claim, "times are hard"))


# ----------------------------------------------------------------------------------------------------------- the tables
async def accepted(executor: NegotiationExecutor) -> dict[float, dict[str, bool]]:
    """Make every demand to every responder; return who took what was left."""
    config = NegotiationConfig("ultimatum", timeout=10)
    jobs = [
        ([demands(share), Negotiator(name, reservation_value=least)], config, PIE)
        for share in DEMANDS for name, least in LEAST.items()
    ]  # fmt: skip
    outcomes = iter(await executor.execute_many(jobs))
    return {share: {name: next(outcomes).agreed for name in LEAST} for share in DEMANDS}


async def pleaded(executor: NegotiationExecutor, claims: Mapping[str, float]) -> dict[str, float]:
    """Let every responder plead for its claim; return the share that each got."""
    config = NegotiationConfig("pleaded-ultimatum", timeout=10)
    jobs: list[Any] = [([Listener("Pat"), Pleader(name, LEAST[name], claims[name])], config, PIE) for name in LEAST]
    outcomes = await executor.execute_many(jobs)
    return {
        name: PIE.size - outcome.accepted_offer.value if outcome.accepted_offer else 0.0
        for name, outcome in zip(LEAST, outcomes, strict=True)
    }


async def play() -> tuple[dict[float, dict[str, bool]], dict[str, float], dict[str, float]]:
    """Register both protocols and play all games."""
    executor = NegotiationExecutor(clock="virtual", seed=1982)
    for protocol in (Ultimatum(), PleadedUltimatum()):
        check_protocol(protocol)
        executor.register(protocol)
    bluffs = dict.fromkeys(LEAST, 5.0)
    return await accepted(executor), await pleaded(executor, LEAST), await pleaded(executor, bluffs)


def main() -> tuple[dict[float, dict[str, bool]], dict[str, float], dict[str, float]]:
    """Print the second protocol's diagram, who takes what, and what pleas bring; return the tables."""
    taken, honest, bluffed = asyncio.run(play())
    print(mermaid(PleadedUltimatum().table))
    print("ultimatum: who takes what a demand leaves, and what the demand brings on average\n")
    print("demand " + "".join(f"{f'{name} ({least:g})':>11}" for name, least in LEAST.items()) + f"{'brings':>9}")
    for share, answers in taken.items():
        marks = "".join(f"{'takes' if yes else 'rejects':>11}" for yes in answers.values())
        print(f"{share:6.0f} {marks} {share * sum(answers.values()) / len(answers):8.1f}")
    print("\npleaded ultimatum: what each responder gets\n")
    for label, got in (("true pleas", honest), ("all plead for 5", bluffed)):
        rest = PIE.size - sum(got.values()) / len(got)
        print(
            f"{label:16}" + "".join(f"{name:>6} {share:g}" for name, share in got.items()) + f"   proposer {rest:.1f}"
        )
    return taken, honest, bluffed


if __name__ == "__main__":
    main()
