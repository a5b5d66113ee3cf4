"""What every benchmark shares: versions, seed, interleaved runs, spread, ratios. Prints; asserts nothing about time."""

from __future__ import annotations

import gc
import platform
import statistics
import sys
import time
from collections.abc import Callable
from importlib.metadata import version

SEED = 7


def header(title: str, **facts: object) -> None:
    """Print what is measured, on what, with which versions and numbers."""
    packages = ", ".join(f"{name} {version(name)}" for name in ("negotiate-rt", "anyio", "msgspec", "numpy"))
    print(f"# {title}")
    print(f"  CPython {platform.python_version()} on {platform.machine()}, {packages}")
    print(f"  seed={SEED}, " + ", ".join(f"{name}={value}" for name, value in facts.items()))


def interleaved(cases: dict[str, Callable[[], float]], repeats: int = 5) -> dict[str, list[float]]:
    """Run all cases in turn, `repeats` times after one warm-up; each returns its own figure (CPU seconds per unit)."""
    figures: dict[str, list[float]] = {name: [] for name in cases}
    for turn in range(repeats + 1):
        for name, case in cases.items():
            gc.collect()
            figure = case()
            if turn:
                figures[name].append(figure)
    return figures


def report(figures: dict[str, list[float]], unit: str, scale: float = 1e6) -> None:
    """Print each case's median with its spread."""
    for name, values in figures.items():
        low, mid, high = (scale * one for one in (min(values), statistics.median(values), max(values)))
        print(f"  {name:<58} {mid:10.3f} {unit}   (min {low:.3f}, max {high:.3f}, n={len(values)})")


def ratio(figures: dict[str, list[float]], one: str, other: str, goal: str) -> float:
    """Print and return the median of the pairwise ratios of two cases of one interleaved run."""
    pairs = [a / b for a, b in zip(figures[one], figures[other], strict=True)]
    middle = statistics.median(pairs)
    print(f"  => {one} / {other}: {middle:.2f} (min {min(pairs):.2f}, max {max(pairs):.2f}); goal {goal}")
    return middle


def cpu(function: Callable[[], int]) -> float:
    """Return the CPU seconds per unit of a function that returns how many units it did."""
    start = time.process_time()
    units = function()
    return (time.process_time() - start) / units


def quick() -> bool:
    """Whether a short run was asked for (`--quick`)."""
    return "--quick" in sys.argv
