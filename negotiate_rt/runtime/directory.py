"""Yellow pages (FIPA's directory facilitator): who is here, what they can do, and who has died.

Synchronous and deterministic: names come in the order of registration, listeners are called in the order they came, and
each hears all events in the same order, even of changes that another listener makes while it is told. Leaving the pages
is not dying: an agent may withdraw its services and live on.
"""

from __future__ import annotations

import traceback
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable
from functools import partial
from typing import TypeAlias

import msgspec

from negotiate_rt.errors import ConfigurationError, suggest

MAX_DEATHS = 1000  # the oldest is forgotten; whoever asks then hears "unknown", which also means: not here any more
MAX_FAILURES = 100


class Registered(msgspec.Struct, frozen=True):
    """An agent entered the pages."""

    name: str
    capabilities: tuple[str, ...]


class LeftDirectory(msgspec.Struct, frozen=True):
    """An agent left the pages: it withdrew, or died."""

    name: str
    capabilities: tuple[str, ...]


class Death(msgspec.Struct, frozen=True):
    """An agent ended. `reason` as its society gave it, or "unknown" (then `at` is None); `at`: seconds on its clock."""

    name: str
    reason: str
    at: float | None


class ListenerFailure(msgspec.Struct, frozen=True):
    """A listener raised. `trace`: the formatted traceback."""

    listener: str
    event: Registered | LeftDirectory | Death
    trace: str


Event: TypeAlias = Registered | LeftDirectory
Listener: TypeAlias = Callable[[Event], object]
Mourner: TypeAlias = Callable[[Death], object]


class Subscription:
    """A listener's place. After `cancel` it hears nothing more, not even what is being announced right now."""

    __slots__ = ("_forget", "active")

    def __init__(self, forget: Callable[[Subscription], object] | None = None) -> None:
        self._forget = forget
        self.active = forget is not None

    def cancel(self) -> None:
        """Stop listening; a second call does nothing."""
        self.active = False
        forget, self._forget = self._forget, None
        if forget is not None:
            forget(self)


class DirectoryStatistics(msgspec.Struct, frozen=True):
    """Sizes of a directory."""

    registered: int
    capabilities: int
    listeners: int
    watchers: int
    failures: int


class Directory:
    """The yellow pages of one society. `failures` lists what listeners raised, the latest hundred."""

    def __init__(self) -> None:
        self.failures: deque[ListenerFailure] = deque(maxlen=MAX_FAILURES)
        self._pages: dict[str, tuple[str, ...]] = {}
        self._able: dict[str, dict[str, None]] = {}  # capability -> names, a dict for its order
        self._living: set[str] = set()
        self._deaths: OrderedDict[str, Death] = OrderedDict()
        self._listeners: dict[Subscription, tuple[str | None, Listener]] = {}
        self._watchers: dict[str, dict[Subscription, Mourner]] = {}
        self._told: deque[Callable[[], None]] = deque()
        self._telling = False

    # -- pages ---------------------------------------------------------------------------------------------------------

    def register(self, name: str, capabilities: Iterable[str] = ()) -> None:
        """Enter an agent with what it can do. Raises ConfigurationError if the name is taken.

        Cost: O(capabilities), and O(listeners) to tell them.
        """
        if name in self._pages:
            raise ConfigurationError(f"agent {name!r} is registered already: names are unique in a society")
        if isinstance(capabilities, str):
            raise ConfigurationError(f"capabilities of {name!r} must be several strings: write ({capabilities!r},)")
        able = tuple(dict.fromkeys(capabilities))
        self._pages[name] = able
        for capability in able:
            self._able.setdefault(capability, {})[name] = None
        self._living.add(name)
        self._deaths.pop(name, None)
        self._announce(Registered(name, able))

    def leave(self, name: str) -> None:
        """Take an agent off the pages; it lives on. Raises ConfigurationError for a name that is not there."""
        if name not in self._pages:
            raise ConfigurationError(f"agent {name!r} is not in the directory{suggest(name, self._pages)}")
        able = self._pages.pop(name)
        for capability in able:
            names = self._able[capability]
            del names[name]
            if not names:
                del self._able[capability]
        self._announce(LeftDirectory(name, able))

    def died(self, name: str, reason: str, at: float) -> None:
        """Note that an agent has ended: it is taken off the pages, then those who watch it are told, once."""
        if name in self._pages:
            self.leave(name)
        self._living.discard(name)
        death = self._deaths[name] = Death(name, reason, at)
        self._deaths.move_to_end(name)
        if len(self._deaths) > MAX_DEATHS:
            self._deaths.popitem(last=False)
        for subscription, on_death in self._watchers.pop(name, {}).items():
            self._told.append(partial(self._mourn, subscription, on_death, death))
        self._tell()

    def search(self, *capabilities: str) -> tuple[str, ...]:
        """Return the names of those who can do all of this, in the order they registered; without arguments, of all.

        Cost: O(those who can do the first).
        """
        if not capabilities:
            return tuple(self._pages)
        first, *others = (self._able.get(one, {}) for one in capabilities)
        return tuple(name for name in first if all(name in names for names in others))

    def capabilities(self, name: str) -> tuple[str, ...]:
        """Return what an agent says it can do; empty if it is not on the pages."""
        return self._pages.get(name, ())

    # -- listeners -----------------------------------------------------------------------------------------------------

    def subscribe(self, capability: str | None = None, *, on_change: Listener) -> Subscription:
        """Hear from now on who enters and leaves: those with one capability, or everybody."""
        subscription = Subscription(self._unsubscribe)
        self._listeners[subscription] = (capability, on_change)
        return subscription

    def watch(self, name: str, on_death: Mourner) -> Subscription:
        """Hear once that an agent has ended; at once if it is dead already or unknown, as OTP's monitors do."""
        if name not in self._living:
            death = self._deaths.get(name) or Death(name, "unknown", None)
            subscription = Subscription(_nowhere)
            self._told.append(partial(self._mourn, subscription, on_death, death))
            self._tell()
            return subscription
        subscription = Subscription(lambda one: self._unwatch(name, one))
        self._watchers.setdefault(name, {})[subscription] = on_death
        return subscription

    def _unsubscribe(self, subscription: Subscription) -> None:
        self._listeners.pop(subscription, None)

    def _unwatch(self, name: str, subscription: Subscription) -> None:
        watchers = self._watchers.get(name, {})
        watchers.pop(subscription, None)
        if not watchers:
            self._watchers.pop(name, None)

    # -- telling -------------------------------------------------------------------------------------------------------

    def _announce(self, event: Event) -> None:
        if self._listeners:
            listening = tuple(self._listeners.items())  # who joins later hears later events only
            self._told.append(partial(self._publish, event, listening))
            self._tell()

    def _tell(self) -> None:
        """Announce in order. A change made by a listener waits until all have heard the one before."""
        if self._telling:
            return
        self._telling = True
        try:
            while self._told:
                self._told.popleft()()
        finally:
            self._telling = False

    def _publish(self, event: Event, listening: tuple[tuple[Subscription, tuple[str | None, Listener]], ...]) -> None:
        for subscription, (capability, on_change) in listening:
            if subscription.active and (capability is None or capability in event.capabilities):
                self._call(on_change, event)

    def _mourn(self, subscription: Subscription, on_death: Mourner, death: Death) -> None:
        if subscription.active:
            subscription.cancel()  # a death is told once
            self._call(on_death, death)

    def _call(self, listener: Callable[..., object], event: Event | Death) -> None:
        try:
            listener(event)
        except Exception as error:  # noqa: BLE001  # the border to users' code: one that raises harms nobody
            trace = "".join(traceback.format_exception(error))
            self.failures.append(ListenerFailure(getattr(listener, "__qualname__", repr(listener)), event, trace))

    def statistics(self) -> DirectoryStatistics:
        """Return the directory's sizes."""
        watchers = sum(len(one) for one in self._watchers.values())
        listeners = len(self._listeners)
        return DirectoryStatistics(len(self._pages), len(self._able), listeners, watchers, len(self.failures))

    def __contains__(self, name: object) -> bool:
        return name in self._pages

    def __len__(self) -> int:
        return len(self._pages)

    def __repr__(self) -> str:
        return f"<Directory of {len(self)} agents, {len(self._able)} capabilities>"


def _nowhere(_: Subscription) -> None:
    """A subscription that was never entered anywhere has nothing to forget."""
