"""`run_campaign`: worlds shared out among worker processes, counted, reported; a broken one is found again by its number."""

from __future__ import annotations

import asyncio
import gc
import math
import shlex
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.executor.executor import run_sync
from negotiate_rt.lab.invariants import Surroundings, Violation
from negotiate_rt.lab.stress.campaign import Campaign, Cell
from negotiate_rt.lab.stress.report import Failure, StressReport, Tally, cell_report
from negotiate_rt.lab.stress.world import Played, WorldSpec, healthy, play
from negotiate_rt.lab.workers import packed, play_in_workers
from negotiate_rt.messages.config import whole
from negotiate_rt.runtime.kernel import described

LOOKED_AT_TWICE = 20  # every so manyeth world of a cell is played again: is it the same, to the byte?
COMPARED = 10  # and so many are played without faults, too, besides those: what was lost?
UNIT = 400  # negotiations that a process plays between two reports
PROBE = 4  # sessions by which a scenario's cost is measured
SPAN = 1_000_000  # worlds of one cell at most
PATIENCE = 60.0  # real seconds that a world may take: one that stands still must not stop a campaign
Sink = Callable[["Done"], object]
Unit = tuple[int, tuple[int, ...]]  # a cell's place, and its worlds by their numbers
Done = tuple[int, Tally]


class Plan:
    """The worlds of a campaign: `counts` of each cell, `worlds` in all. A world's number tells its cell and its place there, and
    so stays the same however many are played. Where there are many scenarios, dear ones are played less often, so that each
    gets about as much of the processor as any other; how dear they are is measured, which is all that a machine decides."""

    def __init__(self, campaign: Campaign) -> None:
        self.campaign = campaign
        self.cells = campaign.cells()
        self.counts = [max(1, count) for count in self._shares()]
        self.worlds = sum(self.counts)

    def _shares(self) -> Iterator[int]:
        weights = weights_of(self.cells) if len(self.campaign.scenarios) > 1 else [1.0] * len(self.cells)
        total, sessions = sum(weights), self.campaign.sessions
        for weight in weights:
            yield min(SPAN - 1, -(-round(self.campaign.negotiations * weight / total) // sessions))

    @property
    def negotiations(self) -> int:
        """How many negotiations all worlds hold."""
        return self.worlds * self.campaign.sessions

    def units(self) -> Iterator[Unit]:
        """Yield what is shared out: a few worlds of one cell each."""
        size = max(1, UNIT // self.campaign.sessions)
        for place, count in enumerate(self.counts):
            first = place * SPAN
            for start in range(first, first + count, size):
                yield place, tuple(range(start, min(start + size, first + count)))


def world_numbered(campaign: Campaign, number: int) -> WorldSpec:
    """Return a campaign's world by its number. Raises ConfigurationError if there is no such cell."""
    cells = campaign.cells()
    place = whole("world", number, 0) // SPAN
    if place >= len(cells):
        raise ConfigurationError(f"world: the campaign has {len(cells)} cells, and so no world {number}")
    return world_of(campaign, cells[place], number)


def world_of(campaign: Campaign, cell: Cell, number: int) -> WorldSpec:
    """Return the world of a number: every second one with a schedule of its own. The same place in another cell has the same
    seed, so that cells differ by what is swept and not by the draw."""
    seed = campaign.seed * 1_000_003 + number % SPAN
    return WorldSpec(
        spec=cell.spec, network=cell.network, seed=seed, sessions=tuple(range(1, campaign.sessions + 1)),
        shuffle=seed if campaign.schedules and number % 2 else None, troubles=campaign.troubles,
    )  # fmt: skip


def weights_of(cells: list[Cell]) -> list[float]:
    """Return how often each cell is to be played: by the inverse of the processor time that its scenario takes, in powers of
    two, which measuring anew seldom changes."""
    known: dict[int, float] = {}

    async def probe() -> None:
        for cell in cells:
            if id(cell.spec) not in known:
                world = WorldSpec(spec=cell.spec, network=cell.network, seed=0, sessions=tuple(range(1, PROBE + 1)))
                await play_safely(world)  # the first loads what it needs
                start = time.process_time()
                await play_safely(world)
                known[id(cell.spec)] = 2.0 ** -round(math.log2(1e-4 + time.process_time() - start))

    run_sync(probe)
    return [known[id(cell.spec)] for cell in cells]


# -- playing ----------------------------------------------------------------------------------------------------------


class Desk:
    """What a worker process keeps from unit to unit."""

    def __init__(self, campaign: Campaign, cells: list[Cell]) -> None:
        self.campaign = campaign
        self.cells = cells

    def __reduce__(self) -> tuple[object, ...]:
        return Desk, (self.campaign, self.cells)


def play_unit(desk: Desk, unit: Unit) -> Done:
    """Play a few worlds of one cell: what a worker process does."""
    place, numbers = unit
    tally = Tally()
    run_sync(partial(_play_all, desk.campaign, desk.cells[place], numbers, tally))
    return place, tally


async def play_safely(world: WorldSpec, *, digest: bool = False) -> Played | Violation:
    """Play a world; one that breaks down or stands still is a violation, too."""
    try:
        async with asyncio.timeout(PATIENCE):
            return await play(world, digest=digest)
    except TimeoutError:
        return Violation("world-goes-on", "", f"after {PATIENCE:g} real seconds it was not over")
    except Exception as error:  # noqa: BLE001  # whatever a broken runtime raises: it is told, with the world that shows it
        return Violation("world-stands", "", f"it broke down: {described(error)}")


async def _play_all(campaign: Campaign, cell: Cell, numbers: tuple[int, ...], tally: Tally) -> None:
    before = Surroundings.now()
    for number in numbers:
        world = world_of(campaign, cell, number)
        twice = number % SPAN % LOOKED_AT_TWICE == 0
        played = await play_safely(world, digest=twice)
        if isinstance(played, Violation):
            tally.break_(number, [played])
            continue
        tally.add(number, world, played)
        if twice:
            again = await play_safely(world, digest=True)
            if isinstance(again, Violation) or again.digest != played.digest:
                tally.break_(number, [Violation("same-seed-same-bytes", "", "played twice, it was not the same")])
        if twice or number % SPAN < COMPARED:
            clean = await play_safely(healthy(world))
            if not isinstance(clean, Violation):
                tally.compare(played, clean)
    await asyncio.sleep(0)
    left = [Violation("released", "", text) for text in Surroundings.now().left(before)]
    if left:
        gc.collect()
        left = [Violation("released", "", text) for text in Surroundings.now().left(before)]
    tally.break_(numbers[-1], left)


async def play_campaign(plan: Plan, *, jobs: int = 1, on_done: Sink | None = None) -> list[Tally]:
    """Play all worlds and return the counts by cell; they do not depend on `jobs`. on_done: told of each unit."""
    tallies = [Tally() for _ in plan.cells]

    def take(done: Done) -> None:
        place, tally = done
        tallies[place].plus(tally)
        if on_done is not None:
            on_done(done)

    units = list(plan.units())
    desk = Desk(plan.campaign, plan.cells)
    jobs = min(whole("jobs", jobs, 1), len(units))
    if jobs > 1:
        await play_in_workers(play_unit, packed(desk), iter(units), take, jobs)
        return tallies
    for place, numbers in units:
        tally = Tally()
        await _play_all(plan.campaign, plan.cells[place], numbers, tally)
        take((place, tally))
    return tallies


def run_campaign(
    campaign: Campaign, *, jobs: int = 1, on_done: Sink | None = None, plan: Plan | None = None
) -> StressReport:
    """Run a campaign and return its report, without an event loop of one's own.

    jobs: worker processes; the report does not depend on it, but for the seconds. Raises ConfigurationError.
    """
    made = plan or Plan(campaign)
    start = time.perf_counter()
    tallies: list[Any] = run_sync(partial(play_campaign, made, jobs=jobs, on_done=on_done))
    return report_of(made, tallies, time.perf_counter() - start, jobs)


def report_of(plan: Plan, tallies: list[Tally], seconds: float, jobs: int) -> StressReport:
    """Return the report of what has been played so far."""
    cells = tuple(cell_report(cell, tally) for cell, tally in zip(plan.cells, tallies, strict=True) if tally.worlds)
    words = ["negotiate-rt", "stress", *plan.campaign.arguments()]
    failures = tuple(
        Failure(
            cell=cell.label, world=number, violation=violation, command=shlex.join([*words, "--world", str(number)])
        )
        for cell, tally in zip(plan.cells, tallies, strict=True)
        for number, violation in tally.examples
    )
    return StressReport(
        command=shlex.join(words), seed=plan.campaign.seed, asked=plan.negotiations,
        negotiations=sum(one.negotiations for one in cells), worlds=sum(one.worlds for one in cells),
        messages=sum(one.messages for one in cells), carried=sum(one.carried for one in cells),
        violations=sum(one.violations for one in cells), seconds=seconds, jobs=jobs, cells=cells, failures=failures,
    )  # fmt: skip
