"""A folder of results: outcomes.jsonl as they come, report.json and the scenario's copy at the end."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Self

import msgspec

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.messages.outcome import NegotiationOutcome
from negotiate_rt.report.plain import outcome_record
from negotiate_rt.report.tally import Report

OUTCOMES, REPORT = "outcomes.jsonl", "report.json"


class ResultFolder:
    """Opens a folder for a run's results and closes its file on the way out.

    What an earlier run left there is refused, or replaced with `force`. Raises ConfigurationError where nothing can be
    written. Each outcome is one line of JSON, written without a buffer: a run that is killed keeps what it had.
    """

    def __init__(self, path: str | Path, issues: Sequence[str] = (), *, force: bool = False) -> None:
        self.path = Path(path)
        self.issues = tuple(issues)
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            self._stream = (self.path / OUTCOMES).open("wb" if force else "xb", buffering=0)
        except FileExistsError:
            what = f"holds {OUTCOMES} of an earlier run" if self.path.is_dir() else "is no folder"
            raise ConfigurationError(
                f"--out {self.path}: {what}; name another folder, or replace it with --force"
            ) from None
        except OSError as error:
            raise ConfigurationError(f"--out {self.path}: cannot write there: {error.strerror or error}") from None
        if force:
            (self.path / REPORT).unlink(missing_ok=True)

    def add(self, outcome: NegotiationOutcome) -> None:
        """Write one outcome."""
        self._stream.write(msgspec.json.encode(outcome_record(outcome, self.issues)) + b"\n")

    def finish(self, report: Report, scenario: str = "", form: str = "toml") -> None:
        """Write the report, and the scenario's text beside it."""
        (self.path / REPORT).write_bytes(msgspec.json.format(msgspec.json.encode(report)) + b"\n")
        if scenario:
            (self.path / f"scenario.{form}").write_text(scenario, encoding="utf-8")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *reason: object) -> None:
        self._stream.close()
