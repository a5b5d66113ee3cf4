"""`--watch`: a running society, looked at now and then: sessions and rates, how they end, who is slow, what is lost.

Drawn on stderr, anew in place on a terminal, else as a line a second. It takes snapshots and counts outcomes; nothing in the
society knows of it.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter, deque
from collections.abc import Callable
from typing import Any

from rich.console import Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from negotiate_rt.cli.consoles import stderr_console
from negotiate_rt.messages.outcome import NegotiationOutcome

LOOK = 0.25  # seconds between two looks on a terminal
LINE = 1.0  # elsewhere
SPAN = 20  # looks that a rate goes back
NAMED = 5  # agents that are named


class Watch:
    """What is on the screen. `done` counts sessions that have ended; `add` is told each outcome; `look` takes a snapshot.

    statistics: returns a WorldStatistics, or None while nothing runs. clock: seconds, for rates.
    """

    def __init__(
        self, what: str, total: int, statistics: Callable[[], Any], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.what = what
        self.total = total
        self.statistics = statistics
        self.clock = clock
        self.done = 0
        self.states: Counter[str] = Counter()
        self.faults: Counter[str] = Counter()
        self.slow: dict[str, tuple[float, str]] = {}  # agent -> the longest that a hook of its was seen at work, and which
        self.now: Any = None  # the last snapshot
        self.looks: deque[tuple[float, int, int]] = deque(maxlen=SPAN)  # when, sessions, messages
        self.console = stderr_console()
        self.live: Live | None = None

    def add(self, outcome: NegotiationOutcome) -> None:
        """Count how a session ended."""
        self.states[str(outcome.final_state)] += 1
        for fault in outcome.faults:
            self.faults[fault.what] += 1

    def look(self) -> None:
        """Take a snapshot."""
        now = self.statistics()
        if now is None:  # before the first, and after the last negotiation
            return
        self.now = now
        self.looks.append((self.clock(), self.done, now.messages))
        for call in now.slowest:
            if call.seconds > self.slow.get(call.agent, (0.0, ""))[0]:
                self.slow[call.agent] = (call.seconds, call.hook)

    def rates(self) -> tuple[float, float]:
        """Return sessions and messages a second, over the last few looks."""
        if len(self.looks) < 2 or self.looks[-1][0] <= self.looks[0][0]:
            return 0.0, 0.0
        (first, sessions, messages), (last, done, said) = self.looks[0], self.looks[-1]
        return (done - sessions) / (last - first), (said - messages) / (last - first)

    def rows(self) -> list[tuple[str, str]]:
        """Return what is shown: a name and a value each."""
        sessions, messages = self.rates()
        now = self.now
        rows = [
            ("sessions", f"{self.done:,} of {self.total:,}, {now.open if now else 0:,} open, {sessions:,.0f} a second"),
            ("messages", f"{now.messages if now else 0:,}, {messages:,.0f} a second"),
            ("ended", counted(self.states)),
            ("faults", counted(self.faults)),
        ]
        if now is None:
            return rows
        boxes = now.mailboxes
        rows += [
            ("hooks", f"{now.calls_running:,} at work, {now.calls_waiting:,} wait for a place, {now.orphans:,} orphans"),
            ("mailboxes", f"{boxes.waiting:,} messages wait, {boxes.fullest:,} in the fullest, {boxes.dropped:,} dropped"),
            ("dead letters", counted(now.dead_letters_by)),
        ]
        slowest = sorted(self.slow.items(), key=lambda one: (-one[1][0], one[0]))[:NAMED]
        rows.append(("slowest", ", ".join(f"{name} {hook} {seconds:.2f} s" for name, (seconds, hook) in slowest) or "-"))
        return rows

    def picture(self) -> Group:
        """Return it as a small table under a title."""
        table = Table.grid(padding=(0, 2))
        for name, value in self.rows():
            table.add_row(Text(name, style="bold"), Text(value))
        return Group(Text(self.what, style="bold cyan"), table)

    def line(self) -> str:
        """Return it as one line."""
        return f"{self.what}: " + "; ".join(f"{name} {value}" for name, value in self.rows() if value != "-")

    async def keep_fresh(self) -> None:
        """Look, and show what there is, now and then."""
        while True:
            self.look()
            if self.live is not None:
                self.live.update(self.picture(), refresh=True)
            else:
                self.console.print(self.line(), soft_wrap=True, markup=False, highlight=False)
            await asyncio.sleep(LOOK if self.live is not None else LINE)

    def __enter__(self) -> Watch:
        if self.console.is_terminal:
            self.live = Live(self.picture(), console=self.console, auto_refresh=False)
            self.live.start()
        return self

    def __exit__(self, *reason: object) -> None:
        if self.live is not None:
            self.live.update(self.picture(), refresh=True)
            self.live.stop()
        else:
            self.console.print(self.line(), soft_wrap=True, markup=False, highlight=False)


def counted(counts: Any) -> str:  # a mapping of words to numbers
    """Return `3 lost, 1 closed`, the most first."""
    ordered = sorted(counts.items(), key=lambda one: (-one[1], one[0]))
    return ", ".join(f"{count:,} {word}" for word, count in ordered) or "-"
