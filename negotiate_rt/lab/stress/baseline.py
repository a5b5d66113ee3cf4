"""A campaign beside an earlier one: what has become worse by more than chance explains."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import msgspec

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.lab.stress.report import FORMAT, CellReport, StressReport

SIGMAS = 3.0  # by which a rate must fall to count: one cell in a thousand does so by chance
LEAST_RATE = 0.01  # and by this much at least
TIMES, LEAST_TIME = 1.25, 1.0  # times as long, and so many milliseconds longer
MESSAGES = 1.25
LEAST_WELFARE = 0.02


class Regression(msgspec.Struct, frozen=True):
    """What has become worse in a cell: from what to what."""

    cell: str
    measure: str
    before: float
    now: float

    def __str__(self) -> str:
        return f"{self.cell}: {self.measure}: {self.before:.4g} before, {self.now:.4g} now"


def load_baseline(path: str | Path) -> StressReport:
    """Return an earlier report, as `--json` has printed it. Raises ConfigurationError."""
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise ConfigurationError(f"baseline: {path}: cannot be read: {error.strerror or error}") from None
    try:
        report = msgspec.json.decode(content, type=StressReport)
    except (msgspec.ValidationError, msgspec.DecodeError) as error:
        raise ConfigurationError(
            f"baseline: {path}: expected what `negotiate-rt stress --json` prints: {error}"
        ) from None
    if report.format != FORMAT:
        raise ConfigurationError(f"baseline: {path}: its format is {report.format}, expected {FORMAT}: run it again")
    return report


def regressions(before: StressReport, now: StressReport) -> list[Regression]:
    """Return what has become worse in the cells that both have; violations count everywhere."""
    known = {cell.label: cell for cell in before.cells}
    found = [
        Regression(
            cell.name, "violations", float(known[cell.label].violations if cell.label in known else 0), cell.violations
        )
        for cell in now.cells
        if cell.violations
    ]
    for cell in now.cells:
        if cell.label in known:
            found += _worse(known[cell.label], cell)
    return found


def unknown_cells(before: StressReport, now: StressReport) -> list[str]:
    """Return the names of the cells that the earlier campaign did not have: of them nothing but violations is compared."""
    known = {cell.label for cell in before.cells}
    return [cell.name for cell in now.cells if cell.label not in known]


def _worse(before: CellReport, now: CellReport) -> Iterator[Regression]:
    rates = before.agreement_rate, now.agreement_rate
    if rates[0] - rates[1] > max(LEAST_RATE, SIGMAS * _deviation(before, now)):
        yield Regression(now.name, "agreement rate", *rates)
    for name in ("p50", "p99"):
        one, two = getattr(before, name), getattr(now, name)
        if one is not None and two is not None and two > TIMES * one and two > one + LEAST_TIME:
            yield Regression(now.name, f"time to agreement, {name} in ms", one, two)
    if before.negotiations and now.negotiations:
        one, two = before.messages / before.negotiations, now.messages / now.negotiations
        if two > MESSAGES * one + 1:
            yield Regression(now.name, "messages a negotiation", one, two)
    lost, slack = (before.welfare_lost, now.welfare_lost), max(LEAST_WELFARE, SIGMAS * _deviation(before, now))
    if lost[0] is not None and lost[1] is not None and lost[1] > lost[0] + slack:
        yield Regression(now.name, "welfare lost", lost[0], lost[1])


def _deviation(one: CellReport, two: CellReport) -> float:
    """Return the standard deviation of the difference of two rates, were they the same."""
    total = one.negotiations + two.negotiations
    rate = (one.agreed + two.agreed) / total if total else 0.0
    parts = sum(1 / cell.negotiations for cell in (one, two) if cell.negotiations)
    return math.sqrt(rate * (1 - rate) * parts)
