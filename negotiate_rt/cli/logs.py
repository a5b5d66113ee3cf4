"""Logs on stderr: one line a fact, `-v` and `-q` choose how many."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager

LEVELS = {-2: logging.CRITICAL + 1, -1: logging.ERROR, 0: logging.WARNING, 1: logging.INFO, 2: logging.DEBUG}
_OWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class Facts(logging.Formatter):
    """`12:00:01 WARNING hook_blocks_loop agent=Bea seconds=0.3`: an event and its fields."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        fields = " ".join(f"{key}={value}" for key, value in vars(record).items() if key not in _OWN)
        line = f"{self.formatTime(record, '%H:%M:%S')} {record.levelname} {record.getMessage()} {fields}".rstrip()
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


class Stderr(logging.Handler):
    """Writes to whatever stderr is now: a progress bar puts its own in the way while it shows."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line."""
        try:
            sys.stderr.write(self.format(record) + "\n")
        except Exception:  # noqa: BLE001  # logging's own custom: a log that cannot be written stops nothing
            self.handleError(record)


@contextmanager
def log_to_stderr(level: int) -> Iterator[None]:
    """Log this package's events from a level on: -2 nothing, -1 errors, 0 warnings, 1 sessions, 2 everything."""
    log = logging.getLogger("negotiate_rt")
    handler = Stderr()
    handler.setFormatter(Facts())
    before = log.level, log.propagate
    log.addHandler(handler)
    log.setLevel(LEVELS[max(-2, min(2, level))])
    log.propagate = False
    try:
        yield
    finally:
        log.removeHandler(handler)
        log.setLevel(before[0])
        log.propagate = before[1]
