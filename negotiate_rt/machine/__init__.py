"""WHAT IS LEGAL: the table engine, the boards it reads, checks of a table, and its diagram."""

from negotiate_rt.machine.board import (
    Board,
    Refusal,
    Standing,
    finite_number,
    inside_outcome_space,
    names_own_offer,
    names_standing_offer,
)
from negotiate_rt.machine.engine import Machine
from negotiate_rt.machine.table import FINAL, Kind, Move, Moves, Rule, State, Table

__all__ = [
    "FINAL", "Board", "Kind", "Machine", "Move", "Moves", "Refusal", "Rule", "Standing", "State", "Table", "finite_number",
    "inside_outcome_space", "names_own_offer", "names_standing_offer",
]  # fmt: skip
