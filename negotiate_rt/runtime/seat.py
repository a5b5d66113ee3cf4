"""Who sits where: one agent in one role of one conversation, and how its hooks are called."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Hashable, Mapping
from enum import Enum
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.messages.performatives import Message

if TYPE_CHECKING:
    from negotiate_rt.runtime.dialogue import Dialogue


class HookKind(Enum):
    """How a hook is called: in place, as a task that the society owns, or in a worker process that can be killed."""

    PLAIN = "plain"
    ASYNC = "async"
    ISOLATED = "isolated"


class Question:
    """What a role asks its agent: the hook's name, its arguments, and how a decision becomes a message.

    `judge(dialogue, decision)` returns a message ready to send, or raises InvalidDecision or LocalProtocolError. `view`
    makes the hook's one argument; without it the hook is called with the arguments of `ask`. `execution` marks work
    rather than a decision: turn_timeout does not bind it. `adapt(strategy, agent)` makes a hook of a fallback strategy;
    `default` decides for an agent that has no such hook. `routine(seat, hook)` returns a function that takes a stock
    agent's turns in the hook's place (it may leave one to the hook by returning None), or None for any other agent.
    """

    __slots__ = ("adapt", "default", "execution", "hook", "judge", "routine", "view")

    def __init__(  # noqa: PLR0913  # what is known of a hook, by name
        self, hook: str, judge: Callable[[Dialogue, Any], Message],  # Any: whatever an agent returns
        view: Callable[..., Any] | None = None, execution: bool = False,  # Any: messages.View
        adapt: Callable[[Any, Any], Callable[..., Any]] | None = None,  # Any: a strategy, an agent
        default: Callable[..., Any] | None = None,  # Any: a decision
        routine: Callable[[Seat, Callable[..., Any]], Callable[[Dialogue], Message | None] | None] | None = None,
    ) -> None:  # fmt: skip
        self.hook = hook
        self.judge = judge
        self.view = view
        self.execution = execution
        self.adapt = adapt or _as_it_is
        self.default = default
        self.routine = routine


def _as_it_is(strategy: Any, agent: Any) -> Callable[..., Any]:  # a callable of the hook's own arguments
    return strategy  # type: ignore[no-any-return]


class Asked:
    """A question bound to one agent's hook, and to the routine that spares it, if there is one."""

    __slots__ = ("function", "kind", "question", "routine")

    def __init__(self, question: Question, function: Callable[..., Any], kind: HookKind) -> None:
        self.question = question
        self.function = function
        self.kind = kind
        self.routine: Callable[[Dialogue], Message | None] | None = None


class Seat:
    """One agent in one role.

    `preferences` and `strategy` are what the agent wants here, resolved for the problem; `worker` is set for isolated
    agents; `context` holds what the protocol wants to keep per seat.
    """

    __slots__ = (
        "agent", "asked", "context", "guard", "name", "own", "preferences", "problem", "questions", "role", "strategy", "worker",
    )  # fmt: skip

    def __init__(
        self, agent: Any, role: str, questions: Mapping[str | None, Question]
    ) -> None:  # agent: anything with a name
        self.agent = agent
        self.name: str = agent.name
        self.role = role
        self.questions = questions
        self.preferences: Any = None  # problems.Preferences, which the runtime does not look into
        self.strategy: Any = None
        self.problem: Any = None  # what is at stake here
        self.context: Any = None  # the protocol's own
        self.guard: bool = getattr(agent, "guard", True)
        self.worker: Any = None  # runtime.isolation.Worker
        self.own: Asked | None = None  # the answer to the role's own question, found at the first one
        self.asked: dict[str, Asked] = {}  # the answers to others

    def resolve(self, hook: str | None, given: bool = False) -> Asked:
        """Return the agent's hook for a question, found once a seat; `given`: it is asked with arguments.

        Raises ConfigurationError if the agent has no such hook.
        """
        key = f"{hook}()" if given and hook is not None and hook not in self.questions else hook
        asked = self.own if key is None else self.asked.get(key)
        if asked is None:
            question = self.question(hook, given)
            function = self.function(question)
            kind = HookKind.PLAIN
            if self.worker is not None and hasattr(self.agent, question.hook):
                kind = HookKind.ISOLATED
                function = self.worker.hook(question.hook)
            elif is_async(function):
                kind = HookKind.ASYNC
            asked = Asked(question, function, kind)
            if question.routine is not None and kind is HookKind.PLAIN:
                asked.routine = question.routine(self, function)
            if key is None:
                self.own = asked
            else:
                self.asked[key] = asked
        return asked

    def question(self, hook: str | None, given: bool = False) -> Question:
        """Return the question that goes with a hook's name. One that nobody declared is judged like the role's own; its hook
        is called with the arguments of `ask`, or with the view if there are none."""
        known = self.questions.get(hook)
        if known is not None:
            return known
        own = self.questions[None]
        return Question(hook or own.hook, own.judge, None if given else own.view)

    def function(self, question: Question) -> Callable[..., Any]:
        """Return what answers a question. Raises ConfigurationError if nothing does."""
        function = getattr(self.agent, question.hook, question.default)
        if not callable(function):
            raise ConfigurationError(
                f"agent {self.name!r} ({type(self.agent).__name__}) cannot sit as {self.role}: it has no hook "
                f"{question.hook!r}; give it one (`def {question.hook}(self, ...)`) or seat an agent that has"
            )
        return function

    def __repr__(self) -> str:
        return f"<Seat {self.role}: {self.name}>"


def is_async(function: Callable[..., Any]) -> bool:
    """Return whether a hook is a coroutine function, looking through objects with an async __call__.

    Cost: O(1), a tenth of what inspect takes for a plain function; no hook is kept alive for it.
    """
    function = getattr(function, "__func__", function)
    code = getattr(function, "__code__", None)
    if code is not None:
        return bool(code.co_flags & inspect.CO_COROUTINE) or hasattr(function, "_is_coroutine_mark")  # 3.12 can mark one
    kind: Any = type(function)  # Any: typeshed does not take a type for hashable
    return inspect.iscoroutinefunction(function) or _calls_async(kind)


@lru_cache(1024)
def _calls_async(kind: Hashable) -> bool:
    return inspect.iscoroutinefunction(getattr(kind, "__call__", None))  # noqa: B004  # the method itself, to look at
