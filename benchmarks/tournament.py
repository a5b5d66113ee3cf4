"""Games per CPU-second of a round robin beside NegMAS: same domains, same rounds, the five strategies that both have.

Boulware, linear, conceder (time-dependent concession with exponents 4, 1, 1/4), tit-for-tat and MiCRO meet in every pairing,
in both seats, on four published two-party domains (Genius XML, read by each side's own reader before the clock starts),
100 rounds, discounts and reservation values put aside. Our side plays a whole tournament: results, distances to the frontier
and to the solution points included. NegMAS only runs its mechanisms, in a process of its own, by the interpreter given with
--peer (an environment where `pip install negmas` was run); it is never imported here. The domains are not part of the
project: --data, or NEGOTIATE_RT_DATA, names the folder that holds them.
Run: python benchmarks/tournament.py --peer PATH/TO/python --data PATH [--quick]
"""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

from harness import header, interleaved, quick, ratio, report

from negotiate_rt import BargainingProblem, Tournament
from negotiate_rt.lab.playing import play_games
from negotiate_rt.lab.results import GameResult
from negotiate_rt.scenarios import load_domain

DOMAINS = ("NiceOrDie", "Laptop", "ItexvsCypress", "EnglandZimbabwe")
FIELD = ("boulware", "linear", "conceder", "tit-for-tat", "micro")
ROUNDS = 100
REPEATS = 4 if quick() else 10
PEER_REPEATS = 1 if quick() else 2
PEER = """
import json, sys, time, warnings
warnings.filterwarnings("ignore")
import negmas
from negmas import (
    BoulwareTBNegotiator, ConcederTBNegotiator, LinearTBNegotiator, MiCRONegotiator, NaiveTitForTatNegotiator, SAOMechanism,
)
from negmas.inout import Scenario
folders, rounds, repeats = json.loads(sys.argv[1])
field = (BoulwareTBNegotiator, LinearTBNegotiator, ConcederTBNegotiator, NaiveTitForTatNegotiator, MiCRONegotiator)
domains = [Scenario.from_genius_folder(folder, ignore_discount=True, ignore_reserved=True) for folder in folders]
played, agreed, used = 0, 0, 0
def once(domain, first, second):
    mechanism = SAOMechanism(outcome_space=domain.outcome_space, n_steps=rounds)
    mechanism.add(first(), ufun=domain.ufuns[0])
    mechanism.add(second(), ufun=domain.ufuns[1])
    return mechanism.run()
for domain in domains:
    for one in field:
        once(domain, one, one)
start = time.process_time()
for _ in range(repeats):
    for domain in domains:
        for first in field:
            for second in field:
                state = once(domain, first, second)
                played, agreed, used = played + 1, agreed + (state.agreement is not None), used + state.step
seconds = time.process_time() - start
print(json.dumps([seconds, played, agreed, used, negmas.__version__]))
"""
USED: dict[str, float] = {}  # rounds a game, by side


def argument(name: str, without: str) -> str:
    """Return what the command line gives behind `name`; leave with a message if it gives nothing."""
    place = sys.argv.index(name) + 1 if name in sys.argv else len(sys.argv)
    if place >= len(sys.argv):
        sys.exit(without)
    return sys.argv[place]


def folders() -> list[str]:
    """Return the folders of the four domains."""
    missing = "give the folder that holds the Genius domains: --data PATH, or NEGOTIATE_RT_DATA"
    named = None if "--data" in sys.argv else os.environ.get("NEGOTIATE_RT_DATA")
    place = Path(named or argument("--data", missing))
    for folder in (place / "genius", place):
        if (folder / DOMAINS[0]).is_dir():
            return [str(folder / name) for name in DOMAINS]
    sys.exit(f"no Genius domains in {place}; {missing}")


def plain_problems(places: list[str]) -> dict[str, BargainingProblem]:
    """Return the domains' issues and utilities, and no more."""
    problems = {Path(place).name: load_domain(place) for place in places}
    return {name: BargainingProblem(one.space, one.utilities) for name, one in problems.items()}


def ours(places: list[str]) -> float:
    """Play our tournament; return CPU seconds a game."""
    tournament = Tournament(plain_problems(places), FIELD, rounds=ROUNDS, repeats=REPEATS)
    results: list[GameResult] = []
    start = time.process_time()
    asyncio.run(play_games(tournament, results.append))
    seconds = time.process_time() - start
    tell("negotiate_rt", len(results), sum(one.agreed for one in results), sum(one.rounds for one in results))
    return seconds / len(results)


def peer(interpreter: str, places: list[str]) -> float:
    """Have NegMAS play; return CPU seconds a game."""
    given = json.dumps([places, ROUNDS, PEER_REPEATS])
    ran = subprocess.run([interpreter, "-c", PEER, given], capture_output=True, text=True, check=False)
    if ran.returncode:
        sys.exit(f"the peer failed:\n{ran.stderr}")
    seconds, played, agreed, used, version = json.loads(ran.stdout.splitlines()[-1])
    tell(f"NegMAS {version}", played, agreed, used)
    return float(seconds) / played


def tell(who: str, played: int, agreed: int, used: int) -> None:
    """Print once what a side's games came to, so that one can see that they are alike."""
    side = who.partition(" ")[0]
    if side not in USED:
        USED[side] = used / played
        print(f"  {who}: {played} games, {agreed / played:.1%} agreed, {used / played:.1f} rounds a game")


def main() -> None:
    """Measure and print."""
    interpreter = argument("--peer", "give the interpreter of an environment with NegMAS: --peer PATH/TO/python")
    places = folders()
    header("round robin beside NegMAS", domains=len(places), strategies=len(FIELD), rounds=ROUNDS)
    figures = interleaved(
        {"NegMAS SAO": lambda: peer(interpreter, places), "negotiate_rt tournament": lambda: ours(places)},
        repeats=2 if quick() else 5,
    )
    report(figures, "ms CPU a game", 1e3)
    ratio(figures, "NegMAS SAO", "negotiate_rt tournament", ">= 30")
    for name, values in figures.items():
        each = statistics.median(values)
        a_round = 1e6 * each / USED[name.partition(" ")[0]]
        print(f"  {name}: {1 / each:,.0f} games a CPU-second, {a_round:,.1f} µs a round")


if __name__ == "__main__":
    main()
