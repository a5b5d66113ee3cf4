"""A broker, or recruiter: finds agents in the society's directory and brings about dialogues with them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, ClassVar

from negotiate_rt.agents.agent import Agent
from negotiate_rt.errors import ConfigurationError
from negotiate_rt.messages.performatives import Failure
from negotiate_rt.protocols.brokering import Brokerage, Proxied, ProxyReply


class Broker(Agent):
    """Mediates as the proxy says: everybody who fits at once, or one after the other until one has served.

    agents: whom it knows besides those who live in the society; each must differ in name. A subclass may refuse in
    `handle_proxy(proxied)`, or choose otherwise in `mediate`. Raises ConfigurationError.
    """

    role: ClassVar[str] = "broker"

    def __init__(self, name: str, agents: Sequence[Any] = (), *, guard: bool = True) -> None:
        super().__init__(name, guard=guard)
        self.known = {agent.name: agent for agent in agents}
        if len(self.known) < len(agents) or name in self.known:
            raise ConfigurationError(f"agent {name!r}: the names of the agents that a broker knows must differ, and from its own")

    async def mediate(self, proxied: Proxied, context: Brokerage) -> Any:  # the replies, or a Failure
        """Look up who fits, hold the dialogues, and return the replies."""
        names = self.able(proxied, context)
        if not names:
            return Failure(f"no match: nobody here is capable of {', '.join(proxied.capability)}")
        replies: list[ProxyReply] = []
        if proxied.everybody:
            replies += await asyncio.gather(*(self.address(name, proxied, context) for name in names))
        else:
            for name in names:
                replies.append(await self.address(name, proxied, context))
                if replies[-1].served:
                    break
        if not any(reply.served for reply in replies):
            return Failure(f"nobody served: {replies[-1].agent}: {replies[-1].reason}")
        return tuple(replies)

    def able(self, proxied: Proxied, context: Brokerage) -> list[str]:
        """Return who fits: residents in the order in which they came, then those whom only the broker knows."""
        able = dict.fromkeys(context.search(*proxied.capability))
        for name, agent in self.known.items():
            if all(one in getattr(agent, "capabilities", ()) for one in proxied.capability):
                able[name] = None
        return list(able)

    async def address(self, name: str, proxied: Proxied, context: Brokerage) -> ProxyReply:
        """Hold the dialogue with one agent."""
        parties = [context.leader, self.known.get(name, name)]
        outcome = await context.negotiate(parties, proxied.config(), proxied.content)
        return ProxyReply.of(name, outcome)
