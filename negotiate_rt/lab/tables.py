"""A tournament's report for people: tables for a terminal. The only part of this room that loads rich."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from negotiate_rt.lab.equilibria import Equilibria, Equilibrium
from negotiate_rt.lab.report import GameAnalysis, TournamentReport
from negotiate_rt.lab.standings import Standing
from negotiate_rt.report.tables import number, table

if TYPE_CHECKING:
    from rich.console import RenderableType

DIGITS = 3
MOST_EQUILIBRIA = 12  # told on a terminal; JSON has them all


def tournament_tables(report: TournamentReport) -> Iterator[RenderableType]:
    """Yield the parts of a report, in the order to print them."""
    yield Text.assemble(*_headline(report))
    yield _scenarios(report)
    if report.ranking:
        yield _ranking(report)
        yield Text(f"utility: own mean over all games and seats; {report.method}", style="dim")
        yield Text("welfare: sum over the parties; distances of the deal, or of no deal, in utilities", style="dim")
    if report.analysis is not None:
        yield from _analysis(report.analysis)


def _headline(report: TournamentReport) -> list[tuple[str, str]]:
    what = f"{number(len(report.ranking))} strategies on {number(len(report.scenarios))} scenarios"
    parts = [("tournament", "bold"), (f": {what}, {number(report.played)} games", "")]
    if report.interrupted:
        parts.append((f"; INTERRUPTED, {number(report.asked)} are to be played", "bold yellow"))
    facts = [f"{report.rounds} rounds", f"{report.repeats} repeats" if report.repeats > 1 else "", f"seed {report.seed}"]
    facts.append("every pairing in every seat" + (", self-play too" if report.self_play else ""))
    facts.append("utilities from 0 (a party's worst outcome) to 1 (its best)" if report.normalised else "")
    parts.append(("\n" + ", ".join(fact for fact in facts if fact), "dim"))
    return parts


def _scenarios(report: TournamentReport) -> Table:
    made = table("scenarios", "scenario", "outcomes", "Pareto-efficient", "Nash", "Kalai-Smorodinsky", "games", "agreed")
    for one in report.scenarios:
        made.add_row(
            Text(one.name), number(one.outcomes), number(one.frontier), _vector(one.nash), _vector(one.kalai_smorodinsky),
            number(one.games), _share(one.agreement_rate),
        )  # fmt: skip
    return made


def _ranking(report: TournamentReport) -> Table:
    columns = ("strategy", "#", "utility", "95 %", "p", "agreed", "welfare", "to Pareto", "to Nash", "to KS", "rounds")
    faulty = any(one.faults for one in report.ranking)
    made = table("ranking", *columns, *(["faults"] if faulty else []))
    for one in report.ranking:
        made.add_row(Text(one.strategy), *_measures(one)[: len(made.columns) - 1])
    return made


def _measures(one: Standing) -> list[str]:
    return [
        str(one.rank), f"{one.utility:.{DIGITS}f}", f"{one.low:.{DIGITS}f} - {one.high:.{DIGITS}f}", _p(one.p),
        _share(one.agreement_rate), _decimal(one.welfare), _decimal(one.to_frontier), _decimal(one.to_nash),
        _decimal(one.to_kalai_smorodinsky), number(one.rounds, DIGITS), number(one.faults),
    ]  # fmt: skip


def _analysis(analysis: GameAnalysis) -> Iterator[RenderableType]:
    matrix = analysis.matrix
    made = table("payoffs (mean utility of the row's strategy against the column's)", "", *matrix.strategies)
    for name, row in zip(matrix.strategies, matrix.payoffs, strict=True):
        made.add_row(Text(name), *map(_decimal, row))
    yield made
    pure = "; ".join(one if one == other else f"{one} against {other}" for one, other in analysis.pure)
    yield Text.assemble(("pure equilibria: ", "bold"), pure or "none")
    if analysis.mixed is not None:
        yield from _equilibria(analysis.mixed, matrix.strategies)
    elif analysis.note is not None:
        yield Text.assemble(("mixed equilibria: ", "bold"), (analysis.note, "yellow"))
    cycles = "; ".join(" > ".join((*cycle, cycle[0])) for cycle in analysis.cycles)
    yield Text.assemble(("best-response cycles: ", "bold"), cycles or "none")
    path = analysis.replication
    shares = sorted(path.survivors.items(), key=lambda item: -item[1])
    resting = _mixture([name for name, _ in shares], [share for _, share in shares])
    ended = "at rest" if path.settled else "still moving"
    yield Text.assemble(("replicator dynamics from equal shares: ", "bold"), f"{resting} ({ended} at time {path.times[-1]:g})")


def _equilibria(equilibria: Equilibria, names: Sequence[str]) -> Iterator[RenderableType]:
    count = len(equilibria.found)
    kind = f"all {count}" if equilibria.complete and not equilibria.degenerate else f"{count} found"
    told = f"{kind}, by {equilibria.method}" + ("; the game is degenerate, there may be more" if equilibria.degenerate else "")
    yield Text.assemble(("Nash equilibria: ", "bold"), told)
    for one in equilibria.found[:MOST_EQUILIBRIA]:
        yield Text(f"  {_sides(one, names)}: {_vector(one.payoffs)}")
    if count > MOST_EQUILIBRIA:
        yield Text(f"  and {count - MOST_EQUILIBRIA} more")


def _sides(one: Equilibrium, names: Sequence[str]) -> str:
    first = _mixture(names, one.first)
    return first if one.symmetric else f"{first} against {_mixture(names, one.second)}"


def _mixture(names: Sequence[str], shares: Sequence[float]) -> str:
    present = [(name, share) for name, share in zip(names, shares, strict=True) if share >= 0.0005]
    return present[0][0] if len(present) == 1 else " + ".join(f"{share:.1%} {name}" for name, share in present)


def _vector(values: Sequence[float] | None) -> str:
    return "-" if values is None else ", ".join(map(_decimal, values))


def _decimal(value: float | None) -> str:
    return "-" if value is None else f"{value:.{DIGITS}f}"


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.1%}"


def _p(value: float | None) -> str:
    return "-" if value is None else "<0.001" if value < 0.001 else f"{value:.3f}"
