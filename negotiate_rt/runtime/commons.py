"""What the conversations of one society have in common beyond its kernel: yellow pages, records, and each other."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from negotiate_rt.runtime.directory import Directory

if TYPE_CHECKING:
    from negotiate_rt.runtime.conversation import Conversation


class Commons:
    """`directory`: who is here and can do what; `reliability`: what is known of contractors (a ledger, which the runtime
    does not look into); `begin_within(conversation, agent, agents, config, problem)` opens a conversation that `agent`
    starts from inside another, and returns its handle."""

    __slots__ = ("begin_within", "directory", "reliability")

    def __init__(
        self, directory: Directory, reliability: Any, begin_within: Callable[[Conversation, Any, Any, Any, Any], Any]
    ) -> None:
        self.directory = directory
        self.reliability = reliability
        self.begin_within = begin_within
