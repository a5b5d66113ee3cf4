"""Who has the floor when coalitions are formed: turns and rounds, hearing answers, telling the news, and when to close."""

from __future__ import annotations

from collections.abc import Iterable

from negotiate_rt.messages.performatives import Cancel, Inform, InformResult, Lapse, Left, Message, Propose, Walk
from negotiate_rt.problems.coalitions import CoalitionNews, CoalitionOptions
from negotiate_rt.protocols.calling import LAPSED, reject_late
from negotiate_rt.protocols.coalition_register import Register
from negotiate_rt.protocols.open_auction import reopen
from negotiate_rt.runtime.bundle import Bundle

PATIENCE = 3  # turns without a word, after which a party counts as one that lets them pass
LISTENING, DECIDING, ANSWERING = "listening", "deciding", "answering"


class Floor:
    """Turns and rounds of one talk. `passed`: who has let a turn pass since anything changed; `rejector`: who was first to
    reject the last proposal; `closes_at`: when the talk closes, so that what was formed is announced before the deadline.
    """

    def __init__(self, talk: Bundle) -> None:
        options: CoalitionOptions = talk.options
        self.talk = talk
        self.options = options
        self.register = Register(talk.problem, talk.ends, options)
        self.rank = {name: place for place, name in enumerate(talk.ends)}
        self.passed: set[str] = set()
        self.rejector: str | None = None
        self.silent: set[str] = set()
        self.vain: dict[str, int] = {}  # turns in a row of which no word came, by name
        self.left = 0  # turns of this round
        self.place = -1  # of who had the floor last, in seating order
        self.round = 0
        self.closes_at = talk.deadline - options.margin(talk.conversation.terms.timeout)
        self.keep()

    # -- turns ------------------------------------------------------------------------------------------------------------

    async def next(self) -> str | None:
        """Return who has the floor next; None once the talk closes."""
        talk = self.talk
        while talk.now < self.closes_at:
            free = self.register.free()
            if len(free) < 2 or self.passed.issuperset(free):
                return None
            if self.left <= 0:
                if self.round >= talk.conversation.terms.max_rounds:
                    return None
                self._begin(free)
            self.left -= 1
            self.register.turn += 1
            name = self._drawn(free)
            self.place = self.rank[name]
            if self.within_reach(name):
                return name
            await self._pause()
        return None

    def _begin(self, free: list[str]) -> None:
        self.round += 1
        self.talk.conversation.round = self.register.round = self.round
        self.silent = reopen(self.talk, free, self.silent)
        self.left = len(free)

    def _drawn(self, free: list[str]) -> str:
        rejector, self.rejector = self.rejector, None
        if self.options.order == "random":
            return self.talk.rng.choice(free)
        if self.options.order == "rejector" and rejector in free:
            assert rejector is not None
            return rejector
        return next((name for name in free if self.rank[name] > self.place), free[0])

    async def _pause(self) -> None:
        """Hear who is late, where nobody else can be called meanwhile."""
        if not any(map(self.within_reach, self.register.free())):
            await self.hear([], self.due())

    def within_reach(self, name: str) -> bool:
        """Whether a party can be asked anything now."""
        return name not in self.register.gone and self.talk.state(name) == LISTENING

    def due(self) -> float:
        """Return until when the next answer is taken."""
        now = self.talk.now
        return min(self.closes_at, now + self.options.wait_for(self.closes_at - now))

    def unheard(self, name: str) -> None:
        """No word came from who had the floor: a message is lost, or it is. Often enough, it has as good as let its turn pass."""
        self.vain[name] = self.vain.get(name, 0) + 1
        if self.vain[name] >= PATIENCE:
            self.passed.add(name)

    def stir(self) -> None:
        """Something has changed: everybody may want to move again."""
        self.passed.clear()
        self.rejector = None

    # -- hearing and telling ------------------------------------------------------------------------------------------------

    async def hear(self, awaited: Iterable[str], due: float) -> dict[str, Message]:
        """Return the answers of those awaited, by name, in the order of arrival; the dialogues of the silent lapse when due.

        With nobody awaited it returns as soon as anything has been heard. What else comes is dealt with on the way.
        """
        talk = self.talk
        waiting = dict.fromkeys(awaited)
        heard: dict[str, Message] = {}
        idle, late = not waiting, False
        while waiting or idle:
            name, message = await talk.receive(deadline=due)
            if isinstance(message, Lapse):
                if not late:  # what comes at the very instant it was due, such as word that a hook was late
                    due, late = talk.now, True
                    continue
                for silent in waiting:
                    talk.lapse(silent)
                break
            idle = False
            self.vain.pop(name, None)
            expected = name in waiting
            waiting.pop(name, None)
            if isinstance(message, (Walk, Left)):
                self._gone(name, message)
            elif expected:
                heard[name] = message
            else:
                await self._note_late(name, message)
        return heard

    async def _note_late(self, name: str, message: Message) -> None:
        """Deal with what comes after it was awaited."""
        if isinstance(message, Propose):
            await reject_late(self.talk, name)
        elif isinstance(message, Cancel) and self.register.leave(name):
            self.stir()

    def _gone(self, name: str, message: Walk | Left) -> None:
        if isinstance(message, Walk):
            reason = f"walked-away: {name}" + (f": {message.reason}" if message.reason else "")
        else:
            reason = message.reason or f"agent-crashed: {name}"
            if self.talk.state(name) == LAPSED:
                self.talk.lapse(name)
        self.register.depart(name, reason)
        self.stir()

    async def tell(self) -> None:
        """Tell everybody what has happened, if anything has, and keep what the talk has come to by now."""
        events = self.register.news()
        if not events:
            return
        self.keep()
        news = Inform(CoalitionNews(events=events, standing=self.register.call()))
        talk = self.talk
        there = [name for name, end in talk.ends.items() if not end.machine.state.final]
        await talk.send_all(news, there)

    async def dismiss(self) -> None:
        """Tell everybody that the talk is over: how things stand, or whoever is still silent that it need not answer."""
        said = InformResult(self.register.call()), Cancel("the talk is over")
        for name, end in self.talk.ends.items():
            state = end.machine.state
            if not state.final:
                await self.talk.send(said[state.name != LISTENING], name)

    def keep(self) -> None:
        """Keep the result by now where the supervisor finds it, should the talk be ended from outside."""
        self.talk.conversation.result = self.register.result()

    def why_apart(self) -> str:
        """Return why nothing has been formed, a code in front."""
        register = self.register
        if len(register.free()) < 2 and register.gone:
            return next(iter(register.gone.values()))
        if any(event.kind == "formed" for event in register.history):
            return "refused: no coalition lasted"
        if any(event.kind == "fell" for event in register.history):
            return "refused: no proposal was accepted by all its members"
        return "refused: nobody proposed a coalition"
