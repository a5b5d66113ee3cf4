"""Which engine solves: our own, HiGHS or CP-SAT. Those of the extras are looked for, and loaded, on first use."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import lru_cache
from importlib.util import find_spec

from negotiate_rt.errors import ConfigurationError, suggest
from negotiate_rt.problems.bundles import ENGINES
from negotiate_rt.solutions.winners.deadline import Deadline
from negotiate_rt.solutions.winners.exact import Search, dynamic_program, programmable
from negotiate_rt.solutions.winners.highs import Engined
from negotiate_rt.solutions.winners.packing import Packing
from negotiate_rt.solutions.winners.prices import Prices, price

EXTRAS = {"cp-sat": ("ortools.sat.python.cp_model", "ortools"), "highs": ("highspy", "solvers")}  # the best first
LOADING = {"cp-sat": 2.0, "highs": 0.5}  # seconds to load an engine: twice what a calm machine takes
FEW = 60  # bids left up to which our own search comes first, and the nodes that it gets: some 20 ms
FEW_NODES = 2000
FIRST_STEPS, STEPS, MORE_STEPS = 24, 250, 2500  # subgradient steps: at once, before an engine, before our own search


@lru_cache(8)
def installed(engine: str) -> bool:
    """Whether an engine is installed here. It is loaded when it is first used."""
    return engine not in EXTRAS or find_spec(EXTRAS[engine][0].partition(".")[0]) is not None


def at_hand(engine: str, left: float) -> bool:
    """Whether an engine can be used within so many seconds: it is loaded, or there is time to load it."""
    return engine not in EXTRAS or EXTRAS[engine][0] in sys.modules or left > LOADING[engine]


def engine_of(asked: str | None) -> str:
    """Return the engine to use: the one asked for, else the best that is installed. Raises ConfigurationError."""
    name = "auto" if asked is None else asked
    if not isinstance(name, str) or name not in ENGINES:
        raise ConfigurationError(
            f"engine: expected one of {', '.join(ENGINES)}, got {asked!r}" + suggest(str(asked), ENGINES)
        )
    if name == "auto":
        return next((one for one in EXTRAS if installed(one)), "exact")
    if not installed(name):
        raise ConfigurationError(f"engine: {name!r} is not installed: pip install 'negotiate-rt[{EXTRAS[name][1]}]'")
    return name


def run_own(packing: Packing, chosen: list[int], priced: Prices, deadline: Deadline) -> tuple[str, Engined]:
    """Solve by the dynamic program where it is small, else by branch and bound until the deadline."""
    if programmable(packing):
        found = dynamic_program(packing)
        return "dynamic-program", Engined(found, packing.total(found), True)
    priced = price(packing, chosen, MORE_STEPS, deadline.expired)
    searched = Search(packing, priced.prices, priced.chosen, deadline.expired).run()
    return "branch-and-bound", Engined(searched.chosen, priced.bound, searched.complete)


def quick_search(packing: Packing, chosen: list[int], priced: Prices, expired: Callable[[], bool]) -> Engined | None:
    """Return what our own search finds within a few nodes, None if it does not come to an end."""
    if len(packing) > FEW:
        return None
    search = Search(packing, priced.prices, chosen, expired)
    search.limit = FEW_NODES
    searched = search.run()
    return Engined(searched.chosen, packing.total(searched.chosen), True) if searched.complete else None
