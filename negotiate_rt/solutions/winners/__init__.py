"""Winner determination of combinatorial auctions: `solve(bids, deadline, hint)`, whatever the engine."""

from negotiate_rt.problems.bundles import ENGINES
from negotiate_rt.solutions.winners.deadline import NEVER, Deadline
from negotiate_rt.solutions.winners.engines import engine_of, installed
from negotiate_rt.solutions.winners.solving import Allocation, solve

__all__ = ["ENGINES", "NEVER", "Allocation", "Deadline", "engine_of", "installed", "solve"]
