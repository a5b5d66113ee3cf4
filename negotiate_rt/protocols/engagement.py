"""What a contractor's hook may take besides the task: a way to tell of progress and to subcontract, and facts of the call."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Sequence
from typing import Any

from negotiate_rt.errors import LocalProtocolError
from negotiate_rt.messages.config import NegotiationConfig
from negotiate_rt.messages.outcome import Bid, NegotiationOutcome
from negotiate_rt.messages.performatives import Inform
from negotiate_rt.problems.task import freeze
from negotiate_rt.runtime import pipe
from negotiate_rt.runtime.dialogue import Dialogue

NAMES = frozenset({"context", "engagement", "progress"})


class Engagement:
    """The second argument of a contractor's `bid` or `perform` that takes two.

    `manager` calls, in the negotiation `negotiation`, for the `round`-th time; `best` is the best proposal so far where
    the call tells it, `own` this contractor's last one, `penalty` what it costs to break the contract (None: it cannot be
    broken). Calling it, `progress("half done")`, tells the manager how the work
    goes. In a worker process (isolated agents) it can tell, too, but neither negotiate nor read the society's clock.
    """

    __slots__ = ("_talk", "best", "deadline", "manager", "negotiation", "own", "penalty", "round", "task")

    def __init__(self, talk: Dialogue | None, task: Any, facts: tuple[Any, ...]) -> None:  # facts: as `of` makes them
        self._talk = talk
        self.task = task
        self.manager: str
        self.negotiation: str
        self.round: int
        self.deadline: float
        self.best: Bid | None
        self.own: Any
        self.penalty: float | None
        self.manager, self.negotiation, self.round, self.deadline, self.best, self.own, self.penalty = facts

    @classmethod
    def of(cls, talk: Dialogue, task: Any, best: Bid | None = None) -> Engagement:
        """Return the engagement at this end of a dialogue."""
        own = talk.machine.board.own_last
        facts = (
            talk.other, talk.conversation.id, talk.conversation.round, talk.conversation.deadline, best,
            own.value if own is not None else None, talk.seat.context,
        )  # fmt: skip
        return cls(talk, task, facts)

    @property
    def now(self) -> float:
        """Seconds on the society's clock. Raises LocalProtocolError in a worker process."""
        return self._here().now

    @property
    def time_left(self) -> float:
        """Seconds until the whole negotiation must have ended (infinite without a limit)."""
        return self.deadline - self.now if self.deadline < math.inf else math.inf

    def report(self, content: Any = None) -> bool:
        """Tell the manager how the work goes. False, and nothing is said, while there is none to do: before the award,
        after a cancel has arrived, when the negotiation is over."""
        if self._talk is None:
            return pipe.tell(content)
        return self._talk.tell(Inform(freeze(content)))

    __call__ = report

    async def negotiate(
        self, agents: Sequence[Any], config: NegotiationConfig, problem: Any = None
    ) -> NegotiationOutcome:
        """Open a negotiation from inside this one (a contractor becomes initiator), and return its outcome.

        Arguments as for a society's `negotiate`. It must end by this negotiation's deadline, and is cancelled with it. Raises
        ConfigurationError for a mistake in the arguments, and when the chain of negotiations inside one another is too long.
        """
        talk = self._here()
        commons = talk.conversation.commons
        if commons is None:
            raise LocalProtocolError(f"{talk.conversation.id} was not opened by a society: nothing can be opened from it")
        handle = commons.begin_within(talk.conversation, talk.seat.agent, agents, config, problem)
        return await handle  # type: ignore[no-any-return]  # an awaitable of the executor's

    def _here(self) -> Dialogue:
        if self._talk is None:
            raise LocalProtocolError("the society's clock and negotiations are far away from an isolated agent's process")
        return self._talk

    def __reduce__(self) -> tuple[Any, ...]:
        facts = (self.manager, self.negotiation, self.round, self.deadline, self.best, self.own, self.penalty)
        return Engagement, (None, self.task, facts)

    def __repr__(self) -> str:
        return f"<Engagement by {self.manager} in {self.negotiation}, round {self.round}>"


def takes(function: Callable[..., Any] | None, count: int, names: frozenset[str] = NAMES) -> bool:
    """Return whether a hook takes this many arguments by position: its last one has no default, or is called like this.

    So `lambda task, k=i: ...` takes one. Cost: O(1); for what is no plain function, that of inspect.signature.
    """
    plain = getattr(function, "__func__", function)
    code = getattr(plain, "__code__", None)
    if function is None or (code is not None and code.co_argcount < count and not hasattr(plain, "__wrapped__")):
        return False
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):  # a builtin that does not tell
        return False
    positional = [one for one in parameters if one.kind in (one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD)]
    if len(positional) < count:
        return False
    last = positional[count - 1]
    return last.default is last.empty or last.name in names
