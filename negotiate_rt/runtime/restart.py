"""Whether a long-lived agent that ended is started again: one-for-one, with intensity, as in OTP. Pure."""

from __future__ import annotations

import math
from collections import deque
from typing import Literal, get_args

import msgspec

from negotiate_rt.errors import ConfigurationError, suggest

Kind = Literal["permanent", "transient", "temporary"]
KINDS: tuple[str, ...] = get_args(Kind)
MAX_DOUBLINGS = 16  # of the backoff; beyond that the wait is longer than anybody's patience, and floats stay finite


class RestartPolicy(msgspec.Struct, frozen=True):
    """When an agent that ended is started again, and when its society gives up on it.

    `permanent`: always; `transient`: only after a crash; `temporary`: never. More than `max_restarts` within the last
    `within` seconds means giving up. `backoff`: seconds before a restart, doubled for each further one within the
    window. Raises ConfigurationError for a value out of range.
    """

    kind: Kind = "permanent"
    max_restarts: int = 3
    within: float = 5.0
    backoff: float = 0.0

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            nearest = suggest(str(self.kind), KINDS)
            raise ConfigurationError(f"restart kind must be one of {KINDS}, got {self.kind!r}{nearest}")
        if not self.max_restarts >= 0:
            raise ConfigurationError(f"max_restarts must be >= 0, got {self.max_restarts}")
        if not 0 < self.within < math.inf:
            raise ConfigurationError(f"within must be finite and > 0 seconds, got {self.within}")
        if not 0 <= self.backoff < math.inf:
            raise ConfigurationError(f"backoff must be finite and >= 0 seconds, got {self.backoff}")


class RestartRecord:
    """The restarts of one agent. `recent` holds their times (seconds on the society's clock), oldest first, at most
    `max_restarts` + 1 of them."""

    __slots__ = ("policy", "recent")

    def __init__(self, policy: RestartPolicy) -> None:
        self.policy = policy
        self.recent: deque[float] = deque(maxlen=policy.max_restarts + 1)

    def should(self, reason_normal: bool) -> bool:
        """Return whether the policy wants a restart after a normal end (True) or a crash (False)."""
        return self.policy.kind == "permanent" or (self.policy.kind == "transient" and not reason_normal)

    def allow(self, now: float) -> bool:
        """Count a restart at `now`; False when that is one too many. The window is closed: a restart exactly `within`
        seconds ago still counts, as in OTP. Cost: O(1) amortised."""
        recent = self.recent
        while recent and recent[0] < now - self.policy.within:
            recent.popleft()
        recent.append(now)
        return len(recent) <= self.policy.max_restarts

    @property
    def delay(self) -> float:
        """Seconds to wait before the restart that was allowed last."""
        return float(self.policy.backoff * 2 ** min(max(len(self.recent) - 1, 0), MAX_DOUBLINGS))

    def __repr__(self) -> str:
        policy = self.policy
        return f"<RestartRecord {policy.kind}: {len(self.recent)} of {policy.max_restarts} in {policy.within:g} s>"
