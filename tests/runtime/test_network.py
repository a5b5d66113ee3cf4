from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.messages.envelope import Envelope, Route
from negotiate_rt.messages.performatives import Inform
from negotiate_rt.runtime.dead_letters import DeadLetters
from negotiate_rt.runtime.kernel import Kernel
from negotiate_rt.runtime.latency import Empirical, Exponential, Uniform
from negotiate_rt.runtime.mailbox import NOTHING, Mailbox
from negotiate_rt.runtime.network import LinkFaults, Network, NetworkFaults
from negotiate_rt.runtime.timers import DEADLINE


class Talk:
    closed = False


class End:
    """What a link knows of a dialogue's end: its mailbox, and whether its conversation is closed."""

    def __init__(self, world: World, name: str, **settings: Any) -> None:
        self.conversation = Talk()
        self.name = name
        self.heard: list[tuple[Any, float]] = []
        actor = world.kernel.spawn(name, self.listen)
        self.box = Mailbox(actor, **settings)

    async def listen(self) -> None:
        while True:
            envelope = await self.box.receive()
            if envelope is NOTHING or envelope is None:
                return
            self.heard.append((envelope.message.content, self.box.owner.kernel.now))

    @property
    def contents(self) -> list[Any]:
        return [content for content, _ in self.heard]


class World:
    def __init__(self, network: Network, seed: str = "seed") -> None:
        self.kernel = Kernel("virtual")
        self.dead = DeadLetters()
        self.network = network
        self.serial = 0
        network.bind(self.kernel, seed, self.dead.add)

    def say(self, content: Any, end: End, sender: str = "a") -> None:
        link = self.network.link(sender, end.name)
        assert link is not None
        self.serial += 1
        link.carry(Envelope(Route("c", sender, end.name, "p"), Inform(content), self.serial), end)

    def run(self) -> None:
        self.kernel.run_slice(0)


def run(network: Network, count: int = 200, seed: str = "seed", sender: str = "a") -> tuple[World, End]:
    """Say 0, 1, 2 ... a tenth of a second apart, and let the world come to rest."""
    world = World(network, seed)
    end = End(world, "b")
    for number in range(count):
        world.kernel.call_at(number / 10, lambda number=number: world.say(number, end, sender))
    world.run()
    return world, end


def check_conserved(network: Network) -> None:
    s = network.statistics()
    assert s.carried + s.duplicated == s.delivered + s.lost + s.blocked + s.undelivered + s.in_flight + s.held
    assert min(msgspec.structs.astuple(s)) >= 0


# ------------------------------------------------------------------------------------------------------- what is data
def test_a_network_without_faults_delivers_at_once() -> None:
    world, end = run(Network(), 5)
    assert end.heard == [(n, pytest.approx(n / 10)) for n in range(5)]
    assert world.network.statistics().delivered == 5
    assert len(world.kernel.timers) == 0


def test_only_a_static_network_without_faults_gives_no_link() -> None:
    for network, linked in ((Network(), True), (Network(static=True), False), (Network(0.1, static=True), True)):
        network.bind(Kernel("virtual"), "seed")
        assert (network.link("a", "b") is not None) is linked


def test_a_static_network_keeps_its_perfect_links_perfect() -> None:
    network = Network(static=True, links={("a", "b"): LinkFaults(loss=0.5)})
    network.bind(Kernel("virtual"), "seed")
    assert network.link("a", "b") is not None
    assert network.link("b", "a") is None
    with pytest.raises(ConfigurationError, match="static"):
        network.partition("a")
    with pytest.raises(ConfigurationError, match="static"):
        network.hold("a", "b")


def test_the_most_exact_exception_holds() -> None:
    exact, leaving, coming = (LinkFaults(latency=n) for n in (1, 2, 3))
    network = Network(9, links={("a", "b"): exact, "a > *": leaving, ("*", "b"): coming})
    network.bind(Kernel("virtual"), "seed")
    found = {pair: network.link(*pair).faults.latency.seconds for pair in ("ab", "ac", "cb", "ba")}
    assert found == {"ab": 1, "ac": 2, "cb": 3, "ba": 9}
    assert network.link("a", "b") is network.link("a", "b")


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Network(loss=1.5), "link: loss: expected a number from 0 to 1, got 1.5"),
        (lambda: Network(duplicate=-0.1), "link: duplicate"),
        (lambda: Network(latency=-1), "constant latency: seconds"),
        (lambda: Network(latency="slow"), "link: latency: expected seconds or a distribution, got 'slow'"),
        (lambda: LinkFaults(in_flight=0), "link: in_flight"),
        (lambda: Network(links={"ab": LinkFaults()}), "expected a pair of names or 'sender>receiver', got 'ab'"),
        (lambda: Network(links={("a", ""): LinkFaults()}), "expected a pair"),
        (lambda: Network(links={("a", "b"): 0.5}), "expected LinkFaults, got 0.5"),
    ],
)
def test_impossible_faults_are_refused_by_name(make: Callable[[], object], words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        make()


def test_a_network_is_read_from_a_table() -> None:
    table = """
    latency = {kind = "exponential", mean = 0.05}
    loss = 0.01
    [links."a>b"]
    latency = 1
    """
    network = Network.of(msgspec.toml.decode(table, type=NetworkFaults))
    network.bind(Kernel("virtual"), "seed")
    assert network.link("b", "a").faults.latency == Exponential(0.05)
    assert network.link("a", "b").faults.latency.seconds == 1
    with pytest.raises(msgspec.ValidationError, match=r"loss: expected a number from 0 to 1, got 2.0 - at `\$\.links"):
        msgspec.toml.decode('[links."a>b"]\nloss = 2', type=NetworkFaults)


# ------------------------------------------------------------------------------------------------------ on their way
def test_constant_latency_delays_each_message_by_as_much() -> None:
    _, end = run(Network(0.25), 4)
    assert end.heard == [(n, pytest.approx(n / 10 + 0.25)) for n in range(4)]


def test_messages_keep_their_order_unless_reordering_is_asked_for() -> None:
    _, ordered = run(Network(Uniform(0, 2)))
    assert ordered.contents == list(range(200))
    _, shuffled = run(Network(Uniform(0, 2), reorder=True))
    assert shuffled.contents != list(range(200))
    assert sorted(shuffled.contents) == list(range(200))


def test_messages_that_arrive_at_one_instant_keep_their_order() -> None:
    network = Network(Empirical((1.0, 0.5, 0.0)))
    world = World(network)
    end = End(world, "b")
    for number in range(50):
        world.say(number, end)
    world.run()
    assert end.contents == list(range(50))
    assert world.kernel.now == 1.0


def test_a_message_arrives_before_a_deadline_of_the_same_instant() -> None:
    world = World(Network(1.0))
    end = End(world, "b")
    seen: list[list[Any]] = []
    world.kernel.call_at(1.0, lambda: seen.append([len(end.box), end.box.handed is not NOTHING]), DEADLINE)
    world.run()
    world.kernel.call_at(2.0, lambda: seen.append(list(end.contents)), DEADLINE)
    world.say("x", end)
    world.run()
    assert seen == [[0, False], ["x"]]


def test_lost_messages_are_counted_and_told() -> None:
    world, end = run(Network(loss=0.3), 1000)
    lost = world.network.statistics().lost
    assert 250 < lost < 350
    assert world.dead.counts == {"lost": lost}
    assert len(end.heard) == 1000 - lost
    assert end.contents == sorted(set(end.contents))


def test_loss_of_one_loses_everything() -> None:
    _, end = run(Network(loss=1), 20)
    assert end.heard == []


def test_a_duplicate_is_the_same_envelope_again() -> None:
    world, end = run(Network(0.1, duplicate=0.2), 1000)
    twice = world.network.statistics().duplicated
    assert 150 < twice < 250
    assert len(end.heard) == 1000 + twice
    assert sorted(set(end.contents)) == list(range(1000))
    link = world.network.link("a", "b")
    assert link is not None
    assert link.duplicates
    assert not Network().faults.duplicate


def test_a_link_draws_the_same_chances_for_the_same_seed_whatever_others_do() -> None:
    faults = LinkFaults(latency=Uniform(0, 1), loss=0.2, duplicate=0.1)

    def heard(seed: str, noise: bool) -> list[tuple[Any, float]]:
        world = World(Network(links={"*>*": faults, "a>b": faults, "z>b": faults}), seed)
        end, other = End(world, "b"), End(world, "b")
        for number in range(100):
            world.say(number, end)
            if noise:
                world.say(number, other, "z")
        world.run()
        return end.heard

    assert heard("1", False) == heard("1", True)
    assert heard("1", False) != heard("2", False)


def test_streams_do_not_depend_on_the_hash_seed() -> None:
    network = Network(loss=0.5)
    network.bind(Kernel("virtual"), "world/7")
    link = network.link("a", "b")
    assert link is not None
    assert [round(link.rng.random(), 6) for _ in range(3)] == [0.099467, 0.381534, 0.849653]


# ------------------------------------------------------------------------------------------------------ on arrival
def test_messages_of_a_closed_conversation_are_dead_letters() -> None:
    world = World(Network(1.0))
    end = End(world, "b")
    world.say("x", end)
    end.conversation.closed = True
    world.run()
    assert world.dead.counts == {"closed": 1}
    assert world.dead.recent[0].item.message == Inform("x")
    assert world.network.statistics().undelivered == 1
    check_conserved(world.network)


def idle(world: World, **settings: Any) -> End:
    """An end whose reader is elsewhere."""
    end = End(world, "b", **settings)
    world.run()
    end.box.owner.waits_on = "something else"
    return end


def test_a_full_mailbox_drops_what_arrives_and_the_sender_never_knows() -> None:
    world = World(Network(1.0))
    end = idle(world, capacity=2, overflow="fail")
    for number in range(5):
        world.say(number, end)
    world.run()
    assert len(end.box) == 2
    s = world.network.statistics()
    assert (s.delivered, s.undelivered, s.in_flight) == (2, 3, 0)
    check_conserved(world.network)


@pytest.mark.parametrize("latency", [None, 1.0])
def test_a_mailbox_that_lets_senders_wait_gets_everything_in_order(latency: float | None) -> None:
    world = World(Network(latency))
    end = idle(world, capacity=2, overflow="wait")
    for number in range(6):
        world.say(number, end)
    world.run()
    assert len(end.box) == 2
    assert world.network.statistics().in_flight == 4
    check_conserved(world.network)
    assert [end.box.take_nowait().message.content for _ in range(6)] == list(range(6))
    assert world.network.statistics().in_flight == 0
    assert world.network.statistics().delivered == 6
    link = world.network.link("a", "b")
    assert link is not None
    assert link.backlogs == {}


def test_two_mailboxes_behind_one_link_do_not_hold_each_other_up() -> None:
    world = World(Network(1.0))
    full, free = idle(world, capacity=1, overflow="wait"), End(world, "b")
    for number in range(3):
        world.say(number, full)
        world.say(number, free)
    world.run()
    assert free.contents == [0, 1, 2]
    assert len(full.box) == 1


def test_what_waits_for_room_in_a_mailbox_that_closes_is_dead() -> None:
    world = World(Network(1.0))
    end = idle(world, capacity=1, overflow="wait")
    for number in range(4):
        world.say(number, end)
    world.run()
    end.conversation.closed = True
    end.box.close()
    assert world.dead.counts == {"closed": 3}
    assert world.network.statistics().in_flight == 0
    check_conserved(world.network)


def test_a_flood_on_a_slow_link_is_bounded() -> None:
    world = World(Network(links={"a>b": LinkFaults(latency=10, in_flight=50)}))
    end = End(world, "b")
    for number in range(5000):
        world.say(number, end)
    assert len(world.kernel.timers) == 50
    assert world.dead.counts == {"congested": 4950}
    world.run()
    assert end.contents == list(range(50))
    check_conserved(world.network)


# ------------------------------------------------------------------------------------------- partition, repair, hold
def pairs_that_pass(network: Network, names: str = "abcd") -> set[str]:
    passing = set()
    for sender in names:
        for receiver in names:
            link = network.link(sender, receiver)
            if sender != receiver and link is not None and not link.blocked:
                passing.add(sender + receiver)
    return passing


@pytest.mark.parametrize("linked_before", [False, True])
def test_a_partition_blocks_both_ways_between_two_groups_only(linked_before: bool) -> None:
    network = World(Network()).network
    everybody = pairs_that_pass(network) if linked_before else {x + y for x in "abcd" for y in "abcd" if x != y}
    network.partition({"a"}, {"b", "c"})
    assert pairs_that_pass(network) == everybody - {"ab", "ba", "ac", "ca"}
    network.repair()
    assert pairs_that_pass(network) == everybody


def test_a_one_way_partition_blocks_one_direction() -> None:
    network = World(Network()).network
    network.partition("a", ["b"], one_way=True)
    assert pairs_that_pass(network, "ab") == {"ba"}


def test_an_agent_can_be_cut_off_from_everybody() -> None:
    network = World(Network()).network
    network.partition("a")
    assert pairs_that_pass(network, "abc") == {"bc", "cb"}
    network.repair()
    network.partition({"a", "b"}, one_way=True)
    assert pairs_that_pass(network, "abc") == {"ab", "ba", "ca", "cb"}


def test_one_of_two_partitions_can_be_repaired() -> None:
    network = World(Network()).network
    first = network.partition("a", "b")
    network.partition("a", {"b", "c"})
    network.repair(first)
    assert pairs_that_pass(network, "abc") == {"bc", "cb"}


def test_a_partition_loses_what_is_said_and_lets_arrive_what_was_on_its_way() -> None:
    world = World(Network(1.0))
    end = End(world, "b")
    world.say("before", end)
    world.network.partition("a", "b")
    world.say("during", end)
    world.network.repair()
    world.say("after", end)
    world.run()
    assert end.contents == ["before", "after"]
    assert world.dead.counts == {"blocked": 1}
    assert world.network.statistics().blocked == 1


def test_held_messages_are_released_in_order_as_if_said_then() -> None:
    world = World(Network(1.0))
    end = End(world, "b")
    world.network.hold("a", "b")
    for number in range(3):
        world.say(number, end)
    world.kernel.call_at(5.0, lambda: world.network.release("a", "b"))
    assert world.network.statistics().held == 3
    assert "3 held" in repr(world.network.link("a", "b"))
    world.run()
    assert end.heard == [(0, 6.0), (1, 6.0), (2, 6.0)]
    assert world.network.statistics().held == 0
    check_conserved(world.network)


def test_hold_works_before_links_exist_in_one_or_both_directions_and_twice() -> None:
    network = World(Network()).network
    network.hold("a", "b", one_way=True)
    network.hold("a", "b")
    held = [network.link(*pair).held is not None for pair in ("ab", "ba", "ac")]
    assert held == [True, True, False]
    network.hold("a", "b")
    network.release("a", "b", one_way=True)
    held = [network.link(*pair).held is not None for pair in ("ab", "ba")]
    assert held == [False, True]
    network.release("a", "nobody")


def test_what_is_held_is_bounded_too() -> None:
    world = World(Network(links={"a>b": LinkFaults(in_flight=2)}))
    end = End(world, "b")
    world.network.hold("a", "b")
    for number in range(5):
        world.say(number, end)
    assert world.dead.counts == {"congested": 3}
    world.network.release("a", "b")
    world.run()
    assert end.contents == [0, 1]
    check_conserved(world.network)


def test_a_release_into_a_partition_is_blocked_and_wakes_the_host() -> None:
    woken = []
    world = World(Network(1.0))
    world.kernel.wake_host = lambda: woken.append(1)
    end = End(world, "b")
    world.network.hold("a", "b")
    world.say("x", end)
    world.network.partition("a", "b")
    world.network.release("a", "b")
    assert world.network.statistics().blocked == 1
    assert woken == [1]
    assert "blocked" in repr(world.network.link("a", "b"))


# ---------------------------------------------------------------------------------------------------------- its life
def test_an_unbound_network_says_what_to_do() -> None:
    network = Network()
    network.partition("a", "b")
    network.hold("a", "c")
    network.release("a", "c")
    with pytest.raises(ConfigurationError, match="network="):
        network.link("a", "b")


def test_binding_again_starts_afresh_but_keeps_partitions() -> None:
    world, _ = run(Network(loss=0.5), 20)
    world.network.partition("a", "b")
    first = world.network.link("a", "b")
    for actor in list(world.kernel.actors):
        world.kernel.kill(actor)
    again = World(world.network)
    assert again.network.statistics().carried == 0
    assert again.network.link("a", "b") is not first
    assert again.network.link("a", "b").blocked
    assert repr(again.network) == "<Network: 1 links, 1 partitions, 0 messages in flight>"


def test_two_societies_cannot_share_a_network() -> None:
    world, _ = run(Network(), 1)
    with pytest.raises(ConfigurationError, match="a Network of its own"):
        world.network.bind(Kernel("virtual"), "other")
    world.network.bind(world.kernel, "the same kernel may")


@settings(max_examples=60)
@given(
    some.lists(some.sampled_from(["say", "say", "cut", "repair", "hold", "release", "wait", "close"]), max_size=40),
    some.floats(0, 1), some.floats(0, 1), some.booleans(), some.sampled_from(["fail", "wait", "drop-oldest"]),
)  # fmt: skip
def test_every_message_is_accounted_for_and_order_is_kept(steps, loss, duplicate, reorder, overflow) -> None:
    world = World(Network(Uniform(0, 1), loss, duplicate, reorder))
    end = End(world, "b", capacity=2, overflow=overflow)
    actions: dict[str, Callable[[], object]] = {
        "cut": lambda: world.network.partition("a", "b"),
        "repair": world.network.repair,
        "hold": lambda: world.network.hold("a", "b"),
        "release": lambda: world.network.release("a", "b"),
        "wait": lambda: world.kernel.advance(),
        "close": lambda: setattr(end.conversation, "closed", True),
    }
    for number, step in enumerate(steps):
        if step == "say":
            world.say(number, end)
        else:
            actions[step]()
        check_conserved(world.network)
    world.run()
    check_conserved(world.network)
    assert world.network.statistics().in_flight == 0
    if not reorder:
        assert end.contents == sorted(end.contents)
