"""`run_tournament`: games played, kept and reported; Ctrl-C or a cancellation keeps what is done."""

from __future__ import annotations

from contextlib import ExitStack
from functools import partial
from pathlib import Path

from negotiate_rt.executor.executor import run_sync
from negotiate_rt.lab.folder import TournamentFolder
from negotiate_rt.lab.playing import Sink, play_games
from negotiate_rt.lab.report import TournamentReport, check_analysis, tournament_report
from negotiate_rt.lab.results import GameResult
from negotiate_rt.lab.tournament import Tournament


class TournamentRun:
    """One run of a tournament: what was played before and what comes now, in `results`, in no order that means anything.

    out: a folder to keep results in; one that an equal tournament has begun is gone on with. force: replace what is there.
    analysis: report the tournament as a game, too. on_result: told of each game as it ends. Raises ConfigurationError
    for a folder of another tournament, and for an analysis that cannot be made.
    """

    def __init__(
        self, tournament: Tournament, *, out: str | Path | None = None, force: bool = False, analysis: bool = False,
        on_result: Sink | None = None,
    ) -> None:  # fmt: skip
        if analysis:
            check_analysis(tournament)
        self.tournament = tournament
        self.analysis = analysis
        self.results: list[GameResult] = []
        self.folder = None if out is None else TournamentFolder(out, tournament, force=force)
        if self.folder is not None:
            self.results.extend(self.folder.results)
        self.on_result = on_result

    async def play(self, jobs: int = 1) -> None:
        """Play what has not been played yet."""
        with ExitStack() as stack:
            if self.folder is not None:
                stack.enter_context(self.folder)
            played = {one.number for one in self.results}
            await play_games(self.tournament, self._add, played=played, jobs=jobs)

    def report(self) -> TournamentReport:
        """Return the report of what has been played so far, and write it and the tables to the folder, if there is one."""
        report = tournament_report(self.tournament, self.results, analysis=self.analysis)
        if self.folder is not None:
            self.folder.finish(report, self.results)
        return report

    def _add(self, result: GameResult) -> None:
        self.results.append(result)
        if self.folder is not None:
            self.folder.add(result)
        if self.on_result is not None:
            self.on_result(result)


async def play_tournament(
    tournament: Tournament, *, jobs: int = 1, out: str | Path | None = None, force: bool = False, analysis: bool = False,
    on_result: Sink | None = None,
) -> TournamentReport:  # fmt: skip
    """Play a tournament and return its report. Arguments as in `run_tournament`."""
    run = TournamentRun(tournament, out=out, force=force, analysis=analysis, on_result=on_result)
    await run.play(jobs)
    return run.report()


def run_tournament(
    tournament: Tournament, *, jobs: int = 1, out: str | Path | None = None, force: bool = False, analysis: bool = False,
    on_result: Sink | None = None,
) -> TournamentReport:  # fmt: skip
    """Play a tournament and return its report, without an event loop of one's own.

    jobs: worker processes; the report is the same whatever their number. out: a folder that keeps every result as it comes;
    the same tournament goes on where it was cut off, another one is refused unless `force` is given. analysis: the
    tournament as a game, too. on_result: told of each GameResult. Raises ConfigurationError for what the caller did wrong.
    """
    play = partial(
        play_tournament, tournament, jobs=jobs, out=out, force=force, analysis=analysis, on_result=on_result
    )
    report: TournamentReport = run_sync(play)
    return report
