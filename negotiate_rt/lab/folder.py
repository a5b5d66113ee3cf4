"""A folder of results that grows while games are played, so that a tournament that was cut off can go on.

tournament.json tells what is played; games.jsonl holds one result a line, in the order in which games ended; at the end
games.csv (in the order of the games), ranking.csv and report.json are written. Equal tournaments give equal bytes in
these three, however often they were cut off and however many processes played.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Self

import msgspec

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.lab.report import TournamentReport
from negotiate_rt.lab.results import GameResult
from negotiate_rt.lab.standings import Standing
from negotiate_rt.lab.tournament import Tournament

PLAN, GAMES, TABLE, RANKING, REPORT = "tournament.json", "games.jsonl", "games.csv", "ranking.csv", "report.json"
MOST_TOLD = 3  # differences between two tournaments that are told


class Plan(msgspec.Struct, frozen=True):
    """What tournament.json holds."""

    fingerprint: str
    tournament: dict[str, Any]


class TournamentFolder:
    """A folder for a tournament's results, new or begun by an equal one. Entered, it takes results until it is left.

    results: what had been played. force: what another tournament left there is replaced. Raises ConfigurationError for the
    folder of another tournament, for results that cannot be read, and where nothing can be written. A last line that was
    cut short is dropped: its game is played again.
    """

    def __init__(self, path: str | Path, tournament: Tournament, *, force: bool = False) -> None:
        self.path = Path(path)
        self.tournament = tournament
        self.results: list[GameResult] = []
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            if force or not self._belongs():
                self._begin()
            else:
                self._resume()
        except FileExistsError:
            raise ConfigurationError(f"--out {self.path}: is no folder; name another") from None
        except OSError as error:
            raise ConfigurationError(f"--out {self.path}: cannot write there: {error.strerror or error}") from None

    def add(self, result: GameResult) -> None:
        """Write one result. Without a buffer: a run that is killed keeps what it had."""
        self._stream.write(msgspec.json.encode(result) + b"\n")

    def finish(self, report: TournamentReport, results: Iterable[GameResult]) -> None:
        """Write games.csv, ranking.csv and report.json."""
        ordered = sorted(results, key=lambda one: one.number)
        (self.path / TABLE).write_text(games_csv(ordered), encoding="utf-8", newline="")
        (self.path / RANKING).write_text(ranking_csv(report.ranking), encoding="utf-8", newline="")
        (self.path / REPORT).write_bytes(msgspec.json.format(msgspec.json.encode(report)) + b"\n")

    def __enter__(self) -> Self:
        try:
            self._stream = (self.path / GAMES).open("ab", buffering=0)
        except OSError as error:
            raise ConfigurationError(f"--out {self.path}: cannot write there: {error.strerror or error}") from None
        return self

    def __exit__(self, *reason: object) -> None:
        self._stream.close()

    def _belongs(self) -> bool:
        """Whether the folder was begun by an equal tournament; False for one that holds none."""
        try:
            content = (self.path / PLAN).read_bytes()
        except FileNotFoundError:
            if (self.path / GAMES).exists():
                raise self._foreign("games without a tournament.json that tells of what") from None
            return False
        try:
            plan = msgspec.json.decode(content, type=Plan)
        except msgspec.MsgspecError as error:
            raise self._foreign(f"a {PLAN} that cannot be read ({error})") from None
        if plan.fingerprint != self.tournament.fingerprint:
            told = "; ".join(differences(plan.tournament, self.tournament.description)) or "it is of another make"
            raise self._foreign(f"another tournament: {told}")
        return True

    def _foreign(self, what: str) -> ConfigurationError:
        return ConfigurationError(f"--out {self.path}: holds {what}; name another folder, or replace it with --force")

    def _begin(self) -> None:
        for name in (GAMES, TABLE, RANKING, REPORT):
            (self.path / name).unlink(missing_ok=True)
        plan = Plan(self.tournament.fingerprint, self.tournament.description)
        (self.path / PLAN).write_bytes(msgspec.json.format(msgspec.json.encode(plan)) + b"\n")

    def _resume(self) -> None:
        try:
            content = (self.path / GAMES).read_bytes()
        except FileNotFoundError:
            return
        whole = content[: content.rfind(b"\n") + 1]
        if len(whole) < len(content):
            with (self.path / GAMES).open("r+b") as stream:
                stream.truncate(len(whole))
        found: dict[int, GameResult] = {}
        for place, line in enumerate(whole.splitlines(), 1):
            result = self._read(line, place)
            found.setdefault(result.number, result)
        self.results = list(found.values())

    def _read(self, line: bytes, place: int) -> GameResult:
        where = f"--out {self.path}: {GAMES}, line {place}"
        try:
            result = msgspec.json.decode(line, type=GameResult)
        except msgspec.MsgspecError as error:
            raise ConfigurationError(f"{where}: no result of a game ({error}); remove the line, or use --force") from None
        known = 0 <= result.number < self.tournament.games
        if not known or result.strategies != self.tournament.lineup(self.tournament.game(result.number)):
            raise ConfigurationError(f"{where}: the tournament has no such game; remove the line, or use --force")
        return result


def differences(before: dict[str, Any], now: dict[str, Any]) -> list[str]:
    """Say in what two descriptions of tournaments differ, as JSON holds them."""
    plain = msgspec.json.decode(msgspec.json.encode(now))
    found = []
    for key in plain:
        old, new = before.get(key), plain[key]
        if old != new:
            was, is_now = _short(old), _short(new)
            found.append(f"{key} {was} of other content" if was == is_now else f"{key} {was}, not {is_now}")
    return [*found[:MOST_TOLD], *([f"and {len(found) - MOST_TOLD} more"] if len(found) > MOST_TOLD else [])]


def _short(value: Any) -> str:  # a plain tree
    if isinstance(value, list):
        return ", ".join(str(one[0]) if isinstance(one, list) and one else str(one) for one in value)
    return str(value)


def games_csv(results: Sequence[GameResult]) -> str:
    """Return one row a game; what goes by seat has a column for each, as many as the largest game needs."""
    seats = max((len(one.strategies) for one in results), default=2)
    by_seat = [f"{what}_{seat}" for what in ("strategy", "utility", "faults") for seat in range(1, seats + 1)]
    plain = ("welfare", "to_frontier", "to_nash", "to_kalai_smorodinsky", "ending", "duration_ms")
    rows: list[Sequence[Any]] = [("number", "scenario", "repeat", "agreed", "rounds", *by_seat, *plain, "deal")]
    for one in results:
        seated = [*_padded(one.strategies, seats), *_padded(one.utilities, seats), *_padded(one.faults, seats)]
        deal = "" if one.deal is None else msgspec.json.encode(one.deal).decode()
        facts = [getattr(one, name) for name in plain]
        rows.append((one.number, one.scenario, one.repeat, int(one.agreed), one.rounds, *seated, *facts, deal))
    return _csv(rows)


def ranking_csv(ranking: Sequence[Standing]) -> str:
    """Return one row a contestant, best first."""
    names = Standing.__struct_fields__
    return _csv([names, *([getattr(one, name) for name in names] for one in ranking)])


def _padded(values: Sequence[Any], seats: int) -> list[Any]:
    return [*values, *([""] * (seats - len(values)))]


def _csv(rows: Iterable[Sequence[Any]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()
