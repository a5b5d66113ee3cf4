"""A folder of results: outcomes line by line as they come, events, and at the end the report and the scenario's copy."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Self

import msgspec

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.journal.record import Record
from negotiate_rt.messages.outcome import NegotiationOutcome
from negotiate_rt.report.comparison import Comparison
from negotiate_rt.report.plain import encoded, outcome_record, plain
from negotiate_rt.report.rows import OutcomeRows
from negotiate_rt.report.tally import Report

OUTCOMES, ROWS, EVENTS, REPORT, PAGE = "outcomes.jsonl", "outcomes.csv", "events.jsonl", "report.json", "report.html"
WRITTEN = (OUTCOMES, ROWS, EVENTS, REPORT, PAGE)


class ResultFolder:
    """Opens a folder for a run's results and closes its files on the way out.

    What an earlier run left there is refused, or replaced with `force`. Raises ConfigurationError where nothing can be
    written. Each outcome is one line of outcomes.jsonl and one row of outcomes.csv, written at once: a run that is killed
    keeps what it had. agents: those with a column of their own in the CSV.
    """

    def __init__(
        self, path: str | Path, issues: Sequence[str] = (), agents: Sequence[str] = (), *, force: bool = False
    ) -> None:
        self.path = Path(path)
        self.issues = tuple(issues)
        self._events: IO[bytes] | None = None
        self._files = ExitStack()
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            self._clear(force)
            self._lines = self._files.enter_context((self.path / OUTCOMES).open("wb", buffering=0))
            text = (self.path / ROWS).open("w", buffering=1, encoding="utf-8", errors="backslashreplace", newline="")
            self._rows = OutcomeRows(self._files.enter_context(text), self.issues, agents)
        except FileExistsError:
            raise ConfigurationError(f"--out {self.path}: is no folder; name another") from None
        except OSError as error:
            self._files.close()
            raise ConfigurationError(f"--out {self.path}: cannot write there: {error.strerror or error}") from None

    def _clear(self, force: bool) -> None:
        for name in WRITTEN:
            if force:
                (self.path / name).unlink(missing_ok=True)
            elif (self.path / name).exists():
                what = f"holds {name} of an earlier run; name another folder, or replace it with --force"
                raise ConfigurationError(f"--out {self.path}: {what}")

    def add(self, outcome: NegotiationOutcome, comparison: Comparison | None = None) -> None:
        """Write one outcome, with how it compares with theory where that is known."""
        self._lines.write(encoded(outcome_record(outcome, self.issues)) + b"\n")
        self._rows.add(outcome, comparison)

    def event(self, record: Record) -> None:
        """Write one event, such as a message said or heard, to events.jsonl: a journal for an executor."""
        if self._events is None:
            self._events = self._files.enter_context((self.path / EVENTS).open("wb"))
        try:
            line = encoded(record)
        except Exception:  # noqa: BLE001  # the border to agents' values: whatever cannot be encoded is told in words
            line = encoded(msgspec.structs.replace(record, content=plain(record.content)))
        self._events.write(line + b"\n")

    def finish(self, report: Report, scenario: str = "", form: str = "toml", page: str = "") -> None:
        """Write the report as JSON and as the page given, and the scenario's text beside them."""
        (self.path / REPORT).write_bytes(msgspec.json.format(encoded(report)) + b"\n")
        if scenario:
            (self.path / f"scenario.{form}").write_text(scenario, encoding="utf-8", errors="backslashreplace")
        if page:
            (self.path / PAGE).write_text(page, encoding="utf-8", errors="xmlcharrefreplace")

    def written(self) -> tuple[str, ...]:
        """Return the names of the files that are there."""
        scenario = sorted(one.name for one in self.path.glob("scenario.*"))
        names = (OUTCOMES, REPORT, *scenario, ROWS, EVENTS, PAGE)
        return tuple(name for name in names if (self.path / name).exists())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *reason: object) -> None:
        self._files.close()
