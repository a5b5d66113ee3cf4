"""Many worlds at once: tournaments between strategies, and what they are as games."""

from negotiate_rt.lab.arenas import Arena
from negotiate_rt.lab.contestants import Contestant
from negotiate_rt.lab.empirical import PayoffMatrix, Replication, payoff_matrix, replicate
from negotiate_rt.lab.equilibria import Equilibria, Equilibrium, mixed_equilibria
from negotiate_rt.lab.report import GameAnalysis, TournamentReport
from negotiate_rt.lab.results import GameResult
from negotiate_rt.lab.running import play_tournament, run_tournament
from negotiate_rt.lab.standings import Standing
from negotiate_rt.lab.tournament import Tournament

__all__ = [
    "Arena", "Contestant", "Equilibria", "Equilibrium", "GameAnalysis", "GameResult", "PayoffMatrix", "Replication",
    "Standing", "Tournament", "TournamentReport", "mixed_equilibria", "payoff_matrix", "play_tournament", "replicate",
    "run_tournament",
]
