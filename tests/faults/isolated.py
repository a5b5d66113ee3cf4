"""Agents that move to worker processes: importable, as theirs must be."""

from __future__ import annotations

from negotiate_rt import Buyer
from negotiate_rt.strategies.deciding import concede


class Spinner(Buyer):
    """Burns its processor for ever."""

    def decide(self, view):
        while True:
            pass


class Steady(Buyer):
    """Decides as anybody would, elsewhere."""

    def decide(self, view):
        return concede(view)
