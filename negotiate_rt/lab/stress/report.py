"""What a campaign tells of each cell, and how cells add up: exact counts, times in fine classes that can be added."""

from __future__ import annotations

import math
from collections import Counter

import msgspec

from negotiate_rt.lab.invariants import Violation
from negotiate_rt.lab.stress.campaign import Cell
from negotiate_rt.lab.stress.world import Played, WorldSpec, welfare

FINE = 100  # classes a decade of milliseconds: a percentile is right within 2.4 %
MOST_EXAMPLES = 5
FORMAT = 1  # of the JSON that --baseline reads


class Tally(msgspec.Struct, kw_only=True):
    """Counts of one cell, in one process; they add up."""

    worlds: int = 0
    shuffled: int = 0
    negotiations: int = 0
    agreed: int = 0
    states: dict[str, int] = msgspec.field(default_factory=dict)
    times: dict[int, int] = msgspec.field(default_factory=dict)  # class of the time to agreement -> how many
    rounds: int = 0
    messages: int = 0
    carried: int = 0
    troubled: int = 0
    survived: int = 0
    faults: int = 0
    gained: float = 0.0  # where there is a fault-free run to compare with
    possible: float = 0.0
    compared: int = 0
    violations: int = 0
    examples: list[tuple[int, Violation]] = msgspec.field(default_factory=list)  # (world's number, what)

    def add(self, number: int, world: WorldSpec, played: Played) -> None:
        """Count what came of a world."""
        self.worlds += 1
        self.shuffled += world.shuffle is not None
        self.carried += played.carried
        for session, outcome in played.outcomes.items():
            self.negotiations += 1
            self.states[str(outcome.final_state)] = self.states.get(str(outcome.final_state), 0) + 1
            self.rounds += outcome.rounds_used
            self.messages += outcome.messages
            self.faults += len(outcome.faults)
            trouble = session in played.troubled
            self.troubled += trouble
            if outcome.agreed:
                self.agreed += 1
                self.survived += trouble
                place = time_class(outcome.duration_ms)
                self.times[place] = self.times.get(place, 0) + 1
        self.break_(number, played.violations)

    def break_(self, number: int, violations: list[Violation]) -> None:
        """Count violations, and keep the first few."""
        self.violations += len(violations)
        self.examples += [(number, one) for one in violations[: max(0, MOST_EXAMPLES - len(self.examples))]]

    def compare(self, played: Played, clean: Played) -> None:
        """Set what was gained beside what the same world gives without faults."""
        for session, outcome in played.outcomes.items():
            if session in clean.outcomes:
                self.gained += welfare(outcome)
                self.possible += welfare(clean.outcomes[session])
                self.compared += 1

    def plus(self, other: Tally) -> None:
        """Add another process's counts."""
        for name in self.__struct_fields__:
            mine, theirs = getattr(self, name), getattr(other, name)
            if isinstance(mine, dict):
                setattr(self, name, dict(Counter(mine) + Counter(theirs)))
            elif isinstance(mine, list):
                setattr(self, name, sorted(mine + theirs, key=lambda one: one[0])[:MOST_EXAMPLES])
            else:
                setattr(self, name, mine + theirs)

    def percentile(self, share: float) -> float | None:
        """Return the time to agreement, in milliseconds, within which this share of agreements came."""
        wanted, seen = share * self.agreed, 0
        for place in sorted(self.times):
            seen += self.times[place]
            if seen >= wanted:
                return time_of(place)
        return None


def time_class(milliseconds: float) -> int:
    """Return the class of a time; below a microsecond they are all alike."""
    return 0 if milliseconds < 1e-3 else 1 + round(FINE * (math.log10(milliseconds) + 3))


def time_of(place: int) -> float:
    """Return the time that a class stands for, in milliseconds."""
    return 0.0 if place == 0 else 10 ** ((place - 1) / FINE - 3)


class CellReport(msgspec.Struct, frozen=True, kw_only=True):
    """One row; `latency` (the median, in seconds) and `loss` are those of its network. Times are milliseconds on the virtual
    clock; `welfare_lost` is a share of what the same worlds give without faults (None: not compared, or nothing to lose);
    `survived` of `troubled` negotiations agreed all the same."""

    label: tuple[str, ...]
    latency: float
    loss: float
    worlds: int
    shuffled: int
    negotiations: int
    agreed: int
    states: dict[str, int]
    p50: float | None
    p99: float | None
    rounds: float
    messages: int
    carried: int
    troubled: int
    survived: int
    faults: int
    welfare_lost: float | None
    violations: int

    @property
    def agreement_rate(self) -> float:
        """The share of negotiations that agreed."""
        return self.agreed / self.negotiations if self.negotiations else 0.0

    @property
    def timed_out(self) -> float:
        """The share of negotiations that ran into their timeout."""
        return self.states.get("TIMEOUT", 0) / self.negotiations if self.negotiations else 0.0

    @property
    def name(self) -> str:
        """The label in words."""
        return ", ".join(self.label)


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """A broken invariant, where, and the one command that plays that world again."""

    cell: tuple[str, ...]
    world: int
    violation: Violation
    command: str


class StressReport(msgspec.Struct, frozen=True, kw_only=True):
    """A whole campaign. `messages` were said in negotiations, `carried` by networks, repeats and acknowledgements included."""

    format: int = FORMAT
    command: str
    seed: int
    negotiations: int
    asked: int
    worlds: int
    messages: int
    carried: int
    violations: int
    seconds: float
    jobs: int
    cells: tuple[CellReport, ...]
    failures: tuple[Failure, ...] = ()

    @property
    def rate(self) -> float:
        """Negotiations a second of real time."""
        return self.negotiations / self.seconds if self.seconds else 0.0


def cell_report(cell: Cell, tally: Tally) -> CellReport:
    """Return a cell's row."""
    lost = None
    if tally.compared and tally.possible > 0:
        lost = 1 - tally.gained / tally.possible
    return CellReport(
        label=cell.label, latency=cell.latency, loss=cell.loss, worlds=tally.worlds, shuffled=tally.shuffled,
        negotiations=tally.negotiations, agreed=tally.agreed, states=dict(sorted(tally.states.items())),
        p50=tally.percentile(0.5), p99=tally.percentile(0.99), messages=tally.messages, carried=tally.carried,
        rounds=tally.rounds / tally.negotiations if tally.negotiations else 0.0, troubled=tally.troubled,
        survived=tally.survived, faults=tally.faults, welfare_lost=lost, violations=tally.violations,
    )  # fmt: skip
