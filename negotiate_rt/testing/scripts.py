"""Scripted parties: agents whose decisions are written down beforehand, and who remember what they were asked."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from fractions import Fraction
from typing import Any, TypeVar

from negotiate_rt.messages.performatives import Message, Propose, Walk
from negotiate_rt.messages.view import sleep

Party = TypeVar("Party")
OFFERS = (int, float, Fraction, tuple, Mapping)  # what a bargainer may write in the place of Propose


class Late:
    """A decision that takes its time: `seconds` on the society's clock, then `decision`."""

    def __init__(self, seconds: float, decision: Any = None) -> None:  # decision: as a script has them
        self.seconds = seconds
        self.decision = decision

    def __repr__(self) -> str:
        return f"Late({self.seconds}, {self.decision!r})"


class Script:
    """The decisions of one agent, played one a call. `asked`: the arguments of each call, oldest first; `views`: the first of
    each; `left`: what has not been played yet.
    """

    def __init__(self, decisions: tuple[Any, ...], then: Any, wrap: bool) -> None:
        self.left = list(decisions)
        self.then = then
        self.wrap = wrap
        self.asked: list[tuple[Any, ...]] = []

    @property
    def views(self) -> list[Any]:
        """What the agent was shown, oldest first."""
        return [arguments[0] for arguments in self.asked if arguments]

    def __call__(self, *arguments: Any) -> Any:
        """Play the next decision."""
        self.asked.append(arguments)
        return self._decided(self.left.pop(0) if self.left else self.then, arguments)

    def _decided(self, decision: Any, arguments: tuple[Any, ...]) -> Any:
        if isinstance(decision, Late):
            return self._later(decision, arguments)
        if isinstance(decision, BaseException) or (isinstance(decision, type) and issubclass(decision, BaseException)):
            raise decision
        if callable(decision) and not isinstance(decision, Message):
            decision = decision(*arguments)
        if self.wrap and isinstance(decision, OFFERS) and not isinstance(decision, (bool, Message)):
            return Propose(decision)
        return decision

    async def _later(self, late: Late, arguments: tuple[Any, ...]) -> Any:
        await sleep(late.seconds)
        decision = self._decided(late.decision, arguments)
        return await decision if isinstance(decision, Awaitable) else decision

    def __repr__(self) -> str:
        return f"<Script: {len(self.asked)} played, {len(self.left)} left>"


def scripted(agent: Party, *decisions: Any, hook: str = "", then: Any = ...) -> Party:
    """Let an agent play a script in the place of its own hook, and return it; `agent.script` tells what it was asked.

    A decision is what the hook may return, an exception to raise, a function of the hook's arguments that decides, or Late.
    In the hook `decide` a bare number, outcome or mapping is proposed. hook: whose place it takes (default: the first
    that the agent has of decide, bid, handle_request, answer, consider, mediate). then: what it decides once the script is
    used up (default: Walk for `decide`, else None, which drops out). Raises ValueError for an agent without such a hook.

    >>> from negotiate_rt import Accept, Buyer, NegotiationConfig, NegotiationExecutor, Seller
    >>> seller = scripted(Seller("Sam", 60), 100, 90, Accept())
    >>> outcome = NegotiationExecutor(clock="virtual").run([Buyer("Bea", 80, opening=70), seller], NegotiationConfig("bilateral"))
    >>> outcome.agreed, len(seller.script.views)
    (True, 3)
    """
    known = ("decide", "bid", "handle_request", "answer", "consider", "mediate")
    name = hook or next((one for one in known if callable(getattr(agent, one, None))), "")
    if not name:
        raise ValueError(f"{agent!r} has none of the hooks {', '.join(known)}: say which one with hook=")
    fallback: Any = then
    if then is ...:
        fallback = Walk("the script is over") if name == "decide" else None
    script = Script(decisions, fallback, wrap=name == "decide")
    play: Callable[..., Any] = script.__call__
    vars(agent)[name] = play
    vars(agent)["script"] = script
    return agent
