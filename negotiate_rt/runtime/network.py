"""What may happen to a message on its way: latency, loss, duplication, reordering, partition, hold.

A link is one direction between two agents, shared by all their conversations. All its chance comes from a stream of
its own, seeded by text, so that another link's traffic never changes what happens here. Partition and hold act when a
message leaves the sender: what is already on its way arrives. System events (Skip, Left, Notice) never travel over
links.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Self

import msgspec

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.messages.acknowledgement import Acknowledgement, acknowledgement
from negotiate_rt.runtime.latency import Latency
from negotiate_rt.runtime.link import Link, LinkFaults, OnDrop
from negotiate_rt.runtime.outages import Outage, schedule

if TYPE_CHECKING:
    from negotiate_rt.runtime.dialogue import Dialogue
    from negotiate_rt.runtime.kernel import Kernel

__all__ = ["ANYONE", "Cut", "Link", "LinkFaults", "Network", "NetworkFaults", "NetworkStatistics"]

ANYONE = "*"


class NetworkFaults(LinkFaults, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A whole network as data, as it stands in a scenario file: one set of faults for every link, and exceptions.

    `links` maps "sender>receiver" to that link's own faults; either may be `*`. `acknowledged`: whether every channel
    repeats what was lost and drops what came twice (a table: how), unless a negotiation's config says otherwise.
    `outages`: partitions and holds at given times.
    """

    links: dict[str, LinkFaults] = {}  # as a TOML table comes; it never crosses an actor's border
    acknowledged: Acknowledgement | bool = False
    outages: tuple[Outage, ...] = ()

    @property
    def still(self) -> bool:
        """Whether nothing is ever partitioned or held."""
        return not self.outages


class NetworkStatistics(msgspec.Struct, frozen=True, kw_only=True):
    """What became of messages. carried + duplicated = delivered + lost + blocked + undelivered + in_flight + held.

    `undelivered`: the conversation was closed, the mailbox refused it, or too much was on its way. `in_flight` and
    `held` (behind a hold) are those of this moment, all others count since the network was bound.
    """

    carried: int
    delivered: int
    lost: int
    duplicated: int
    held: int
    blocked: int
    undelivered: int
    in_flight: int


class Cut(msgspec.Struct, frozen=True, eq=False):
    """One partition: nothing passes from `one` to `other` (None: to everybody else), nor back unless `one_way`."""

    one: frozenset[str]
    other: frozenset[str] | None
    one_way: bool

    def blocks(self, sender: str, receiver: str) -> bool:
        """Return whether a message between these two is lost."""
        return self._crosses(sender, receiver) or (not self.one_way and self._crosses(receiver, sender))

    def _crosses(self, sender: str, receiver: str) -> bool:
        if ANYONE in self.one:
            return self.other is None or receiver in self.other
        return sender in self.one and (receiver not in self.one if self.other is None else receiver in self.other)


class Network:
    """The links of one society, and what can be done to them while it runs.

    The first four arguments are the faults of every link (see LinkFaults). `links` gives some links their own:
    `{("a", "b"): LinkFaults(loss=0.1)}` is the direction from a to b, `*` stands for anyone (a pair's own entry comes
    before the sender's, that before the receiver's). With `static` a perfect link costs nothing, and nothing can be
    partitioned or held. `acknowledged`: channels see to it that each message arrives once and in order (True, or an
    Acknowledgement that says how), unless a negotiation's config says otherwise. Raises ConfigurationError for values out
    of range.
    """

    def __init__(  # noqa: PLR0913  # four faults of every link by place, the rest by keyword
        self, latency: Latency | float | None = None, loss: float = 0.0, duplicate: float = 0.0, reorder: bool = False,
        links: Mapping[tuple[str, str] | str, LinkFaults] | None = None, *, static: bool = False,
        acknowledged: Acknowledgement | bool = False,
    ) -> None:  # fmt: skip
        self.faults = LinkFaults(latency=latency, loss=loss, duplicate=duplicate, reorder=reorder)
        self.exceptions = {ends_of(key): faults_of(key, value) for key, value in (links or {}).items()}
        self.static = static
        self.acknowledged = acknowledgement("network: acknowledged", acknowledged)
        self.kernel: Kernel | None = None
        self.outages: tuple[Outage, ...] = ()
        self.cuts: list[Cut] = []
        self.holds: set[tuple[str, str]] = set()
        self._start_afresh("", _nobody)

    @classmethod
    def of(cls, description: NetworkFaults, *, static: bool = False) -> Self:
        """Make a network of its description."""
        links: dict[tuple[str, str] | str, LinkFaults] = {ends_of(key): one for key, one in description.links.items()}
        network = cls(links=links, static=static, acknowledged=description.acknowledged)
        network.faults = description
        network.outages = description.outages
        if static and not description.still:
            network._check_not_static()
        return network

    def _start_afresh(self, seed: str, on_drop: OnDrop) -> None:
        self.seed = seed
        self.on_drop = on_drop
        self.links: dict[tuple[str, str], Link] = {}
        self.carried = self.delivered = self.lost = self.duplicated = self.blocked = self.undelivered = 0
        self.in_flight = self.held = 0

    def bind(self, kernel: Kernel, seed: str, on_drop: OnDrop | None = None) -> None:
        """Start carrying for a society: fresh links, streams and counters; partitions and holds made before stay.

        `on_drop(envelope, reason)` hears of every message that will not arrive: lost, blocked, congested, closed.
        Raises ConfigurationError while another society still runs on this network.
        """
        if self.kernel is not None and self.kernel is not kernel and self.kernel.actors:
            raise ConfigurationError("this network carries another society's messages: each needs a Network of its own")
        self.kernel = kernel
        self._start_afresh(seed, on_drop or _nobody)
        for outage in self.outages:
            schedule(outage, self, kernel)

    def link(self, sender: str, receiver: str) -> Link | None:
        """Return the link for one direction, the same one each time; None if messages may pass by hand. Cost: O(1), and
        O(partitions) the first time."""
        link = self.links.get((sender, receiver))
        if link is None:
            if self.kernel is None:
                raise ConfigurationError("this network is bound to no society yet: pass it as network=...")
            faults = self._faults(sender, receiver)
            if self.static and faults.perfect:
                return None
            link = self.links[sender, receiver] = Link(self, sender, receiver, faults)
            link.blocked = self._blocked(sender, receiver)
            if (sender, receiver) in self.holds:
                link.hold()
        return link

    def connect(self, one: Dialogue, two: Dialogue, acknowledged: Acknowledgement | bool | None = None) -> None:
        """Put the links between the two ends of a dialogue; `acknowledged` None: as for the whole network."""
        there, back = self.link(one.name, two.name), self.link(two.name, one.name)
        option = self.acknowledged if acknowledged is None else acknowledgement("acknowledged", acknowledged)
        if option is None:
            one.link, two.link = there, back
            for link, receiving in ((there, two), (back, one)):
                if link is not None and link.duplicates:
                    receiving.seen = set()
            return
        from negotiate_rt.runtime.acknowledging import AcknowledgedChannel  # late: few ask for it

        one.link = None if there is None else AcknowledgedChannel(option, there, back, two)
        two.link = None if back is None else AcknowledgedChannel(option, back, there, one)

    def _faults(self, sender: str, receiver: str) -> LinkFaults:
        for key in ((sender, receiver), (sender, ANYONE), (ANYONE, receiver)):
            if key in self.exceptions:
                return self.exceptions[key]
        return self.faults

    def _blocked(self, sender: str, receiver: str) -> bool:
        return any(cut.blocks(sender, receiver) for cut in self.cuts)

    # -- while it runs ------------------------------------------------------------------------------------------------

    def partition(
        self, one: Iterable[str] | str, other: Iterable[str] | str | None = None, *, one_way: bool = False
    ) -> Cut:
        """Let nothing pass between two groups of agents (`other` None: between `one` and everybody else; `one` "*": anybody).

        With `one_way` only what goes from `one` to `other` is blocked. Returns the cut, for `repair`. Cost: O(links).
        """
        self._check_not_static()
        cut = Cut(names_of(one), None if other is None else names_of(other), one_way)
        self.cuts.append(cut)
        self._reroute()
        return cut

    def repair(self, cut: Cut | None = None) -> None:
        """Undo one partition, or all of them. What was blocked meanwhile is lost. Cost: O(links x partitions)."""
        self.cuts = [] if cut is None else [one for one in self.cuts if one is not cut]
        self._reroute()

    def _reroute(self) -> None:
        for link in self.links.values():
            link.blocked = self._blocked(link.sender, link.receiver)

    def hold(self, one: str, other: str, *, one_way: bool = False) -> None:
        """Keep what two agents say to each other (with `one_way`: what `one` says to `other`) until `release`."""
        self._check_not_static()
        for pair in directions(one, other, one_way):
            self.holds.add(pair)
            if pair in self.links:
                self.links[pair].hold()

    def release(self, one: str, other: str, *, one_way: bool = False) -> None:
        """Send what was kept, in order, as if it were said now."""
        for pair in directions(one, other, one_way):
            self.holds.discard(pair)
            if pair in self.links:
                self.links[pair].release()
        if self.kernel is not None:
            self.kernel.wake_host()

    def _check_not_static(self) -> None:
        if self.static:
            raise ConfigurationError("a static network cannot be partitioned or held: leave out static=True")

    def statistics(self) -> NetworkStatistics:
        """Return what became of messages so far. Cost: O(1)."""
        return NetworkStatistics(
            carried=self.carried, delivered=self.delivered, lost=self.lost, duplicated=self.duplicated, held=self.held,
            blocked=self.blocked, undelivered=self.undelivered, in_flight=self.in_flight,
        )  # fmt: skip

    def __repr__(self) -> str:
        return f"<Network: {len(self.links)} links, {len(self.cuts)} partitions, {self.in_flight} messages in flight>"


def directions(one: str, other: str, one_way: bool) -> tuple[tuple[str, str], ...]:
    """Return the links between two agents that something concerns."""
    return ((one, other),) if one_way else ((one, other), (other, one))


def names_of(group: Iterable[str] | str) -> frozenset[str]:
    """Return a group of agents; a single name is a group of one, not of its letters."""
    return frozenset([group] if isinstance(group, str) else group)


def ends_of(key: tuple[str, str] | str) -> tuple[str, str]:
    """Return sender and receiver of a key of `links`: a pair, or "sender>receiver". Raises ConfigurationError."""
    pair = tuple(name.strip() for name in key.split(">")) if isinstance(key, str) else key
    if len(pair) != 2 or not all(pair):
        raise ConfigurationError(f"network: links: expected a pair of names or 'sender>receiver', got {key!r}")
    return pair[0], pair[1]


def faults_of(key: object, value: object) -> LinkFaults:
    """Return a value of `links`, checked. Raises ConfigurationError."""
    if not isinstance(value, LinkFaults):
        raise ConfigurationError(f"network: links: {key!r}: expected LinkFaults, got {value!r}")
    return value


def _nobody(item: Any, reason: str) -> None:
    """Nobody wants to know of dropped messages."""
