"""Acknowledged delivery as an option, and the acknowledgement that travels back for it."""

from __future__ import annotations

import msgspec

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.messages.envelope import Route
from negotiate_rt.problems.scalars import finite


class Acknowledgement(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a channel sees to it that each message arrives once and in order over a link that loses, repeats or reorders.

    What is not acknowledged within `retry_after` seconds (best above a round trip) is sent again, then after `backoff`
    times as long each time, `longest` at most; after `attempts` sendings in vain the channel gives up. Raises
    ConfigurationError.
    """

    retry_after: float = 0.2
    backoff: float = 2.0
    longest: float = 5.0
    attempts: int = 20  # with the other defaults 77 s of trying: longer than a negotiation lasts by default

    def __post_init__(self) -> None:
        for name, least in (("retry_after", 1e-6), ("backoff", 1.0), ("longest", 1e-6)):
            value = finite(getattr(self, name), f"acknowledged.{name}", ConfigurationError)
            if not least <= value <= 1e6:
                raise ConfigurationError(f"acknowledged.{name}: expected a number from {least:g} to 1e+06, got {value!r}")
        if self.longest < self.retry_after:
            raise ConfigurationError(
                f"acknowledged.longest: expected at least retry_after ({self.retry_after:g}), got {self.longest:g}"
            )
        if not isinstance(self.attempts, int) or isinstance(self.attempts, bool) or not 1 <= self.attempts <= 1000:
            raise ConfigurationError(f"acknowledged.attempts: expected a whole number from 1 to 1000, got {self.attempts!r}")

    def wait(self, attempt: int) -> float:
        """Return seconds to wait for the acknowledgement of the `attempt`-th sending, from 1."""
        wait, further = self.retry_after, attempt
        while (further := further - 1) > 0 and wait < self.longest:  # not a power, which overflows
            wait *= self.backoff
        return min(wait, self.longest)


def acknowledgement(name: str, given: object) -> Acknowledgement | None:
    """Return an option from itself, True (the defaults) or False and None (not acknowledged). Raises ConfigurationError."""
    if given is True:
        return Acknowledgement()
    if given is None or given is False:
        return None
    if not isinstance(given, Acknowledgement):
        raise ConfigurationError(f"{name}: expected true, false or an Acknowledgement, got {given!r}")
    return given


class Acknowledged(msgspec.Struct, frozen=True, gc=False):
    """Goes back over the link of the other direction: every message of `route` up to number `up_to` has arrived."""

    route: Route
    up_to: int
