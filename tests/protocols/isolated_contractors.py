"""Contractors that move to worker processes: importable, as theirs must be."""

from __future__ import annotations

import os
from typing import Any

from negotiate_rt import Agent, Contractor


class FarAway(Contractor):
    """Works in another process, and tells how it gets on."""

    def __init__(self, name: str, home: int) -> None:
        super().__init__(name, isolated=True)
        self.home = home

    def bid(self, task: Any) -> float:
        assert os.getpid() != self.home
        return 1.0

    def perform(self, task: Any, progress: Any) -> str:
        assert os.getpid() != self.home
        for step in range(3):
            progress({"step": step})
        return progress.manager


class FarTicker(Agent):
    """Tells news from another process."""

    def notify(self, subject: Any, tell: Any) -> list[str]:
        tell("first")
        return ["second", "third"]
