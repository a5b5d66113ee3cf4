"""Agents that move to worker processes: importable, as theirs must be."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from typing import Any

from negotiate_rt.errors import InvalidDecision
from negotiate_rt.messages.view import sleep


class Picky(Exception):
    """Pickles, and cannot be rebuilt."""

    def __init__(self, one: int, two: int) -> None:
        super().__init__("picky")


class Stubborn(Exception):
    """Has no text."""

    def __str__(self) -> str:
        raise ZeroDivisionError


class Unsayable:
    """A decision that cannot leave its process."""

    def __reduce__(self) -> Any:
        raise TypeError("stays here")


class Changeling:
    """A decision that cannot be rebuilt anywhere."""

    def __reduce__(self) -> Any:
        return int, ("no number",)


class Memory:
    """A strategy with state."""

    def __init__(self) -> None:
        self.seen: list[Any] = []


class Scholar:
    """Counts its calls, and misbehaves on demand."""

    def __init__(self, name: str = "Sol") -> None:
        self.name = name
        self.calls = 0
        self.strategy = Memory()
        self.loop: Any = None

    def decide(self, offer: Any) -> tuple[Any, int]:
        self.calls += 1
        return offer, self.calls

    def remember(self, strategy: Memory, offer: Any) -> tuple[bool, int]:
        strategy.seen.append(offer)
        return strategy is self.strategy, len(strategy.seen)

    def where(self) -> int:
        return os.getpid()

    def spin(self) -> None:
        while True:
            pass

    def shout(self) -> str:
        print("printed by the hook")  # noqa: T201  # that is what is tested
        os.write(1, b"written to descriptor 1\n")
        return sys.stdin.read()

    def invalid(self) -> None:
        raise InvalidDecision("no such move")

    def picky(self) -> None:
        raise Picky(1, 2)

    def stubborn(self) -> None:
        raise Stubborn

    def give_up(self) -> None:
        raise SystemExit(4)

    def unsayable(self) -> Unsayable:
        return Unsayable()

    def changeling(self) -> Changeling:
        return Changeling()

    def vanish(self) -> None:
        os._exit(3)

    def crash(self) -> None:
        os.kill(os.getpid(), signal.SIGSEGV)

    def delegate(self) -> None:
        """Wait for a process of its own, which holds stderr open as long as it lives."""
        child = subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"])
        os.write(2, b"!")
        child.wait()

    async def ponder(self) -> bool:
        """Sleep on the society's clock; tell whether the event loop is that of the call before."""
        await sleep(0.001)
        loop, self.loop = self.loop, asyncio.get_running_loop()
        return loop is self.loop


class Unborn(Scholar):
    """Cannot be rebuilt."""

    def __setstate__(self, state: Any) -> None:
        raise OSError("no library")


class Stillborn(Scholar):
    """Takes its process with it when it is rebuilt."""

    def __setstate__(self, state: Any) -> None:
        os._exit(7)


class Dreamer(Scholar):
    """Is rebuilt when the file named in its state appears; a FIFO, so that nobody polls."""

    def __init__(self, gate: str) -> None:
        super().__init__("Dora")
        self.gate = gate

    def __setstate__(self, state: Any) -> None:
        self.__dict__.update(state)
        with open(self.gate) as gate:
            gate.read()
