"""Follows a stream of sessions, so that each outcome can be set beside what the agents of its session wanted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.executor.settings import Settings
from negotiate_rt.messages.outcome import NegotiationOutcome
from negotiate_rt.report.comparison import Comparison
from negotiate_rt.report.study import Study
from negotiate_rt.report.theory import Theories, Theory

RIVALRY = ("concurrent-bargaining",)  # protocols that leave some of the parties out of the deal: theirs is another theory
Job = Any  # (agents, config) or (agents, config, problem), as an executor takes them


class Following:
    """Between a source of jobs and an executor's stream: `stream(following.jobs(source), limit, following.started)`.

    It holds the jobs that are open and no others. `settings` knows the protocols: built-in ones unless given.
    """

    def __init__(self, study: Study | None = None, settings: Settings | None = None) -> None:
        self.study = study or Study(Theories())
        self._settings = settings or Settings(name="report")
        self._open: dict[str, Job] = {}
        self._last: Job = None

    def jobs(self, jobs: Iterable[Job]) -> Iterator[Job]:
        """Yield the jobs, remembering the last."""
        for self._last in jobs:
            yield self._last

    def started(self, session: str) -> None:
        """Remember that the last job has this id."""
        self._open[session] = self._last

    def add(self, outcome: NegotiationOutcome) -> Comparison | None:
        """Take an outcome; return how it compares with theory, None where theory says nothing."""
        return self.study.add(outcome, self._theory(self._open.pop(outcome.id, None)))

    def _theory(self, job: Job) -> Theory | None:
        if job is None:
            return None
        agents, config, *problem = job
        try:
            protocol, seats, _, resolved, _ = self._settings.plan(agents, config, problem[0] if problem else None)
            if protocol.name in RIVALRY:
                return None
            return self.study.theories.of(seats, resolved)
        except ConfigurationError:  # a protocol of one's own that is not registered here, a space too large to solve
            return None
