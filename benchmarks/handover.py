"""What a message and a turn cost, against the bare hand-over of the same kernel and against asyncio's own tools.

bare hand-over: an integer through the kernel's mailbox with a deadline set; message: the same through a Dialogue, checked by
both machines; turn: a bilateral negotiation's whole turn (view, plain hook, guard, offer id, both machines, supervisor), with
the negotiation's own start and end spread over its turns, and without them;
asyncio: tasks over asyncio.Queue with wait_for per receive. All hosted in asyncio, 1,000 pairs, interleaved.
Run: python benchmarks/handover.py [--quick]
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable
from typing import Any

from harness import cpu, header, interleaved, quick, ratio, report

from negotiate_rt import Buyer, FaultPolicy, Inform, NegotiationConfig, NegotiationExecutor, Propose, Seller
from negotiate_rt.machine import Table
from negotiate_rt.messages.view import View
from negotiate_rt.runtime.actor import Actor
from negotiate_rt.runtime.calls import Calls
from negotiate_rt.runtime.conversation import Conversation, Terms
from negotiate_rt.runtime.host import Host
from negotiate_rt.runtime.kernel import Kernel
from negotiate_rt.runtime.mailbox import Mailbox
from negotiate_rt.runtime.seat import Question, Seat
from negotiate_rt.runtime.seating import Wiring

PAIRS = 100 if quick() else 1000
TRIPS = 20 if quick() else 50


class Named:
    """Anything with a name."""

    def __init__(self, name: str) -> None:
        self.name = name


def hosted(build: Callable[[Kernel, Calls, Callable[..., None]], None]) -> None:
    """Run what `build` spawns in a kernel inside asyncio, until all its actors have ended."""

    async def main() -> None:
        kernel = Kernel()
        calls = Calls(kernel)
        host = Host(kernel, calls)

        def ended(actor: Actor, result: Any, error: BaseException | None) -> None:
            if error is not None:
                raise error
            if not kernel.actors:
                host.stop()

        build(kernel, calls, ended)
        await host.run()

    asyncio.run(main())


def bare() -> int:
    """Hand integers over between 1,000 pairs of actors."""

    async def ping(mine: list[Mailbox], other: list[Mailbox], kernel: Kernel) -> None:
        for number in range(TRIPS):
            other[0].put(number)
            await mine[0].receive(kernel.now + 10)

    async def pong(mine: list[Mailbox], other: list[Mailbox], kernel: Kernel) -> None:
        for _ in range(TRIPS):
            other[0].put(await mine[0].receive(kernel.now + 10))

    def build(kernel: Kernel, calls: Calls, ended: Callable[..., None]) -> None:
        for _ in range(PAIRS):
            one: list[Mailbox] = []
            two: list[Mailbox] = []
            one.append(Mailbox(kernel.spawn("ping", ping, one, two, kernel, on_end=ended)))
            two.append(Mailbox(kernel.spawn("pong", pong, two, one, kernel, on_end=ended)))

    hosted(build)
    return 2 * PAIRS * TRIPS


TABLE = Table("ping-pong", "ping", {"ping": {("a", Inform): "pong"}, "pong": {("b", Inform): "ping"}})


def message() -> int:
    """Send Informs between 1,000 pairs of dialogue ends, checked by both machines."""
    said = Inform(1)

    async def first(talk: Any) -> None:
        for _ in range(TRIPS):
            await talk.send(said)
            await talk.receive(deadline=talk.now + 10)

    async def second(talk: Any) -> None:
        for _ in range(TRIPS):
            await talk.receive(deadline=talk.now + 10)
            await talk.send(said)

    def build(kernel: Kernel, calls: Calls, ended: Callable[..., None]) -> None:
        wiring = Wiring(None, 1024, "fail", None)
        terms = Terms(100, math.inf, math.inf, FaultPolicy(), "0")
        question = {None: Question("decide", lambda talk, decision: said)}
        for number in range(PAIRS):
            conversation = Conversation(f"c/{number}", TABLE, kernel, calls, terms)
            seats = Seat(Named("a"), "a", question), Seat(Named("b"), "b", question)
            for end, role in zip(wiring.pair(conversation, *seats), (first, second), strict=True):
                actor = kernel.spawn(end.name, role, end, on_end=ended)
                end.attach(actor, wiring.mailbox(actor))

    hosted(build)
    return 2 * PAIRS * TRIPS


class High(Seller):
    """Asks the same price for ever."""

    def decide(self, view: View) -> Propose:
        """Offer it."""
        return Propose(100.0)


class Low(Buyer):
    """Offers the same price for ever."""

    def decide(self, view: View) -> Propose:
        """Offer it."""
        return Propose(1.0)


def turn(rounds: int = TRIPS) -> int:
    """Whole turns of 1,000 bilateral negotiations, from execute to outcome."""

    async def main() -> int:
        executor = NegotiationExecutor()
        config = NegotiationConfig("bilateral", max_rounds=rounds)
        jobs = [([Low("Bea", 80.0), High("Sam", 60.0)], config) for _ in range(PAIRS)]
        return sum([2 * outcome.rounds_used async for outcome in executor.stream(jobs, limit=PAIRS)])

    return asyncio.run(main())


def turn_alone() -> float:
    """Return the CPU seconds of one more turn: of negotiations of many rounds less those of one round."""
    many, one = cpu(lambda: turn(TRIPS + 1)), cpu(lambda: turn(1))
    return (many * (TRIPS + 1) - one) / TRIPS


def queues() -> int:
    """The same hand-over between asyncio tasks, a queue each, a wait_for a receive."""

    async def ping(mine: asyncio.Queue[int], other: asyncio.Queue[int]) -> None:
        for number in range(TRIPS):
            other.put_nowait(number)
            await asyncio.wait_for(mine.get(), 10)

    async def pong(mine: asyncio.Queue[int], other: asyncio.Queue[int]) -> None:
        for _ in range(TRIPS):
            other.put_nowait(await asyncio.wait_for(mine.get(), 10))

    async def main() -> None:
        parties: list[Awaitable[None]] = []
        for _ in range(PAIRS):
            one: asyncio.Queue[int] = asyncio.Queue()
            two: asyncio.Queue[int] = asyncio.Queue()
            parties += [ping(one, two), pong(two, one)]
        await asyncio.gather(*parties)

    asyncio.run(main())
    return 2 * PAIRS * TRIPS


def main() -> None:
    """Measure and print."""
    header("hand-over, message, turn", pairs=PAIRS, trips=TRIPS)
    figures = interleaved(
        {
            "bare hand-over": lambda: cpu(bare),
            "message, both machines": lambda: cpu(message),
            "whole turn": lambda: cpu(turn),
            "whole turn, start and end apart": turn_alone,
            "asyncio.Queue + wait_for": lambda: cpu(queues),
        },
        repeats=3 if quick() else 7,
    )
    report(figures, "µs CPU each")
    ratio(figures, "message, both machines", "bare hand-over", "<= 2")
    ratio(figures, "whole turn", "bare hand-over", "<= 4")
    ratio(figures, "whole turn, start and end apart", "bare hand-over", "<= 4")
    ratio(figures, "asyncio.Queue + wait_for", "message, both machines", ">= 10")


if __name__ == "__main__":
    main()
