"""What the tests of fair divisions share: claimants of all kinds, and one division on the virtual clock."""

from __future__ import annotations

from typing import Any

from negotiate_rt import Claimant, NegotiationConfig, NegotiationExecutor, NegotiationOutcome, Trace

LETTERS = "abcdefgh"


def honest(*rows: Any) -> list[Claimant]:
    """Claimants a, b and so on, with these values."""
    return [Claimant(LETTERS[place], row) for place, row in enumerate(rows)]


def held(
    kind: str, claimants: Any, problem: Any = None, *, trace: Trace | None = None, network: Any = None, protocol: Any = None,
    **config: Any,
) -> NegotiationOutcome:  # fmt: skip
    """One division's outcome. protocol: one of the test's own, in the place of the built-in one."""
    executor = NegotiationExecutor(clock="virtual", journal=trace, network=network, seed=config.pop("world", 0))
    if protocol is not None:
        executor.register(protocol)
    return executor.run(claimants, NegotiationConfig(kind, **config), problem)


def thinking(name: str, values: Any, seconds: float) -> Claimant:
    """A claimant that takes so long for each honest answer."""

    class Thinker(Claimant):
        async def claim(self, view: Any) -> Any:
            await view.sleep(seconds)
            return Claimant.claim(self, view)

    return Thinker(name, values)


def crashing(name: str, values: Any, at: int = 1) -> Claimant:
    """A claimant whose hook raises at its so-manieth question, and answers honestly before."""

    class Crasher(Claimant):
        asked = 0

        def claim(self, view: Any) -> Any:
            self.asked += 1
            if self.asked >= at:
                raise OSError("power failure")
            return Claimant.claim(self, view)

    return Crasher(name, values)


def answering(name: str, *answers: Any, values: Any = None) -> Claimant:
    """A claimant that gives these answers, the last one for ever."""
    left = list(answers)
    return Claimant(name, values, lambda view: left.pop(0) if len(left) > 1 else left[0])
