"""WHAT HAPPENED: records of what was said and how it ended, observed by callback so that no agent can forget to."""

from negotiate_rt.journal.record import Record, Trace

__all__ = ["Record", "Trace"]
