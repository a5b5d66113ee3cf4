"""What a strategy remembers: one session for each negotiation and seat, gone with the negotiation.

A strategy itself is a value: parameters, and no memory. It may be used by many agents in many negotiations at once.
Its sessions hang on the seat's preferences, which live exactly as long as the seat does, so that nothing has to tell a
strategy that a negotiation is over. In a worker process preferences arrive anew with each question; a strategy that
was unpickled therefore also keeps the last `KEPT` sessions by the negotiation's name.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar
from weakref import ref

import msgspec

from negotiate_rt.errors import InvalidDecision, InvalidOffer
from negotiate_rt.messages.performatives import Accept, Message, Propose, Walk
from negotiate_rt.messages.view import View
from negotiate_rt.strategies.deciding import concede

if TYPE_CHECKING:
    from negotiate_rt.strategies.liking import Liking
    from negotiate_rt.strategies.models import OpponentModel
    from negotiate_rt.strategies.options import Options

KEPT = 64  # sessions by name, of a strategy that came from another process, and for one preferences object
HOPELESS = "no outcome is worth its reservation value"


class Scene:
    """What one party has seen in one negotiation, for its bidding and its acceptance to look at.

    progress: t in [0, 1], from the first round to the last. second: whether the opponent spoke first.
    waning: whether deals lose worth by waiting. worths: the utilities of the opponent's offers to oneself; times: when they
    came, as progress; seen: the distinct ones. best: the best offer heard, best_worth its utility. made: one's own offers,
    oldest first. target: where bidding has conceded to, on the strategy's scale, last in the round `conceded`. aspiration:
    the least utility it would settle for this turn, None for that of its offer. offered: the standing offer's utility.

    These utilities are those of deals struck at once. standing, upcoming: what the standing offer is worth now, and one's
    own next offer if it is taken, which is less where deals lose worth by waiting.
    """

    __slots__ = (
        "_liking", "_model", "_options", "_rng", "_seed", "aspiration", "best", "best_worth", "conceded", "made", "memory",
        "model_of", "offered", "progress", "round", "second", "seen", "standing", "target", "times", "upcoming", "waning",
        "worths",
    )  # fmt: skip

    def __init__(self, seed: str, model_of: Any = None) -> None:  # model_of: a model of `strategies.models`, or None
        self._seed = seed
        self._rng: random.Random | None = None
        self._options: Options | None = None
        self._model: OpponentModel | None = None
        self._liking: Liking | None = None
        self.model_of = model_of
        self.progress = 0.0
        self.round = 0
        self.second = False
        self.waning = False
        self.worths: list[float] = []
        self.times: list[float] = []
        self.made: list[Any] = []
        self.seen: set[Any] = set()
        self.best: Any = None
        self.best_worth = -math.inf
        self.aspiration: float | None = None
        self.target: float | None = None
        self.conceded = 0
        self.offered = -math.inf
        self.standing: float | None = None
        self.upcoming = 0.0
        self.memory: dict[str, Any] = {}  # what a part wants to keep, by a name of its own

    @property
    def rng(self) -> random.Random:
        """This session's stream of chance, made from the strategy's seed, the agent's name and its role."""
        if self._rng is None:
            self._rng = random.Random(self._seed)
        return self._rng

    def options(self, view: View) -> Options:
        """Return what this party may offer, best first; found at the first call."""
        if self._options is None:
            from negotiate_rt.strategies.options import options_of  # late: numpy

            self._options = options_of(view.preferences)
        return self._options

    def model(self, view: View) -> OpponentModel | None:
        """Return the model of the opponent, up to date; None if the strategy has none. What is common knowledge is known."""
        if self.model_of is None:
            return None
        model = self._model
        if model is None:
            from negotiate_rt.strategies.models import model_for  # late: numpy

            model = self._model = model_for(view, self.model_of, self.options(view))
        for place in range(model.heard, len(self.times)):
            model.update(view.heard[place], self.times[place])
        return model

    def behind(self) -> int:
        """Return how many offers the model has not learned from yet: it does when it is asked for."""
        model = self._model
        return len(self.times) if model is None else len(self.times) - model.heard

    def liking(self, view: View) -> Liking:
        """Return what the opponent should think of one's options, as of when it learned last."""
        if self._liking is None:
            from negotiate_rt.strategies.liking import Liking  # late: numpy

            self._liking = Liking(self.options(view))
        return self._liking

    def attend(self, view: View) -> None:
        """Take in what has been said since the last turn. O(new offers)."""
        preferences, worths, heard = view.preferences, self.worths, view.heard
        round, known = view.round, len(worths)
        if round != self.round:
            if not self.round:
                self.second = bool(heard)
                self.waning = undiscounted(preferences) is not preferences
            self.round = round
            last = view.max_rounds - 1
            self.progress = (round - 1) / last if round <= last else 1.0
        base = undiscounted(preferences) if self.waning else preferences
        if len(heard) > known:
            for value in heard[known:]:
                worth = base.utility(value, False)
                worths.append(worth)
                if worth > self.best_worth:
                    self.best, self.best_worth = value, worth
                self.times.append(self.progress)
                self.seen.add(value)
        own, made = view.own_last_offer, self.made
        if made:
            said = None if own is None else own.value
            if said is not made[-1] and (own is None or said != made[-1]):
                made.pop()  # decided, but never said: refused by the guard, or lost with its turn
        offer = view.standing_offer
        self.aspiration = None
        if offer is None:
            self.offered, self.standing = -math.inf, None
        else:
            value = offer.value
            self.offered = worths[-1] if worths and value is heard[-1] else base.utility(value, False)
            self.standing = preferences.utility(value, False) if self.waning else self.offered


Bidding = Callable[[Scene, View], Any]
"""What to offer next: a value of the problem, or None if there is nothing worth offering."""
Acceptance = Callable[[Scene, View], bool]
"""Whether to accept the standing offer; asked only if it is worth one's reservation value."""


def undiscounted(preferences: Any) -> Any:  # problems.Preferences
    """Return the preferences over deals that are struck at once, which discounted ones are based on."""
    while True:
        base = getattr(preferences, "base", None)
        if base is None:
            return preferences
        preferences = base


class Session:
    """One party's decisions in one negotiation: bidding, then acceptance. A callable of the view."""

    __slots__ = ("acceptance", "bidding", "scene")

    def __init__(self, scene: Scene, bidding: Bidding, acceptance: Acceptance) -> None:
        self.scene = scene
        self.bidding = straight(bidding)
        self.acceptance = straight(acceptance)

    def __call__(self, view: View) -> Message:
        """Decide a turn. Walks away if nothing is worth offering. Raises InvalidDecision without preferences."""
        return self.decide(view)

    def decide(self, view: View) -> Message:
        """Decide a turn, as a call does."""
        scene, preferences, bid, accept = self.scene, view.preferences, self.bidding, self.acceptance
        if preferences is None:
            raise InvalidDecision(f"agent {view.agent!r} has no preferences here, which a composed strategy decides by")
        scene.attend(view)
        if "propose" not in view.may_say:
            return concede(view)
        try:
            value = bid(scene, view)
            if value is None:
                return Walk(HOPELESS)
            least = preferences.reservation_value
            upcoming = preferences.utility(value, True)
            if upcoming < least:  # deals have lost worth since the bidding looked
                value = preferences.offer(preferences.limit)
                upcoming = preferences.utility(value, True)
                if upcoming < least:
                    return Walk(HOPELESS)
            scene.upcoming = upcoming
        except InvalidOffer as error:
            return Walk(str(error))
        standing = scene.standing
        if standing is not None and standing >= least and "accept-proposal" in view.may_say and accept(scene, view):
            return Accept()
        scene.made.append(value)
        return Propose(value)


def straight(part: Any) -> Any:  # any callable
    """Return what to call for a callable: a struct's own method, which Python calls without a detour, or itself."""
    own: Any = part
    return own.__call__ if isinstance(part, msgspec.Struct) else part


class Strategy(msgspec.Struct, frozen=True, dict=True, tag_field="name"):
    """A strategy with memory, as a value: `start(view)` opens a session; calling it finds the session of the view.

    Subclasses are frozen structs of parameters, and say in `parts` what they are composed of.
    """

    takes_view: ClassVar[bool] = True  # it decides by itself, so that nobody needs to inspect the signature

    def parts(self) -> tuple[Bidding, Acceptance, Any]:  # the last: a model of the opponent, or None
        """Return bidding, acceptance and the model of the opponent."""
        raise NotImplementedError

    def start(self, view: View) -> Session:
        """Return a session of its own for this negotiation and seat, to be called with the view of each turn."""
        bidding, acceptance, model = self.parts()
        seed = f"{getattr(self, 'seed', 0)}/{view.agent}/{view.role}"
        return Session(Scene(seed, model), bidding, acceptance)

    def __call__(self, view: View) -> Message:
        """Decide a turn, remembering this negotiation's earlier ones."""
        found: Sessions | None = self.__dict__.get("_sessions")
        if found is None:
            found = self.__dict__["_sessions"] = Sessions()
        return found.session(self, view).decide(view)

    def __reduce__(self) -> tuple[Any, ...]:
        return _revived, (type(self), tuple([getattr(self, name) for name in self.__struct_fields__]))


def _revived(kind: type[Strategy], values: tuple[Any, ...]) -> Strategy:
    strategy = kind(*values)
    strategy.__dict__["_sessions"] = Sessions(by_name=True)
    return strategy


class Sessions:
    """The sessions of one strategy. `by_name`: keep the last ones of preferences that are gone, to be taken up again."""

    __slots__ = ("_by_name", "_living")

    def __init__(self, by_name: bool = False) -> None:
        self._living: dict[int, tuple[Any, Named]] = {}  # id of preferences -> a reference to them, sessions
        self._by_name: Named | None = {} if by_name else None

    def __len__(self) -> int:
        """How many sessions are open."""
        return sum(len(sessions) for _, sessions in self._living.values()) + len(self._by_name or ())

    def session(self, strategy: Strategy, view: View) -> Session:
        """Return the session of this view's negotiation and seat, a new one if there is none. O(1)."""
        living = self._living.get(id(view.preferences))
        sessions = self._open(view.preferences) if living is None else living[1]
        key = (view.negotiation, view.agent)
        found = sessions.get(key)
        if found is not None and view.round >= found.scene.round:
            return found
        earlier = self._by_name.pop(key, None) if self._by_name and sessions is not self._by_name else None
        found = earlier if earlier is not None and follows(view, earlier.scene) else strategy.start(view)
        return keep(sessions, key, found)

    def _open(self, preferences: Any) -> Named:
        sessions: Named = {}
        number = id(preferences)
        living, by_name = self._living, self._by_name

        def drop(_: object) -> None:
            _, left = living.pop(number)
            if by_name is not None:
                for key, session in left.items():
                    keep(by_name, key, session)

        try:
            living[number] = (ref(preferences, drop), sessions)
        except TypeError:  # preferences of somebody's own that take no weak references: held by name instead
            if self._by_name is None:
                self._by_name = sessions
            return self._by_name
        return sessions


Named = dict[tuple[str, str], Session]  # by negotiation and agent


def keep(sessions: Named, key: tuple[str, str], session: Session) -> Session:
    """Keep a session, as the newest of at most `KEPT`, and return it."""
    sessions.pop(key, None)
    if len(sessions) >= KEPT:
        del sessions[next(iter(sessions))]
    sessions[key] = session
    return session


def follows(view: View, scene: Scene) -> bool:
    """Whether a view can be that of a turn after what a scene has seen: another society may use the same names again."""
    known = len(scene.worths)
    if view.round < scene.round or len(view.heard) < known or (view.own_last_offer is None and len(scene.made) > 1):
        return False
    return not known or undiscounted(view.preferences).utility(view.heard[known - 1], False) == scene.worths[-1]
