"""Societies: agents join, live, are found, restarted, watched, told of, negotiate, and leave."""

from __future__ import annotations

import asyncio

import pytest

from negotiate_rt import (
    Accept,
    Agent,
    Bidder,
    Buyer,
    ConfigurationError,
    Contractor,
    NegotiationConfig,
    NegotiationError,
    NegotiationExecutor,
    Negotiator,
    PriceProblem,
    Propose,
    RestartPolicy,
    Seller,
    Society,
    SocietyClosed,
    Task,
    Trace,
)

HAGGLE = NegotiationConfig("bilateral", max_rounds=10)


class Logged(Agent):
    """Notes its life."""

    def __init__(self, name, **options):
        super().__init__(name, **options)
        self.log = []

    async def on_start(self):
        self.log.append("start")

    def on_stop(self):
        self.log.append("stop")


class Echo(Logged):
    """Keeps what it is told; `crash` and `end` end its life."""

    async def live(self, inbox):
        self.log.append("live")
        while True:
            message = await inbox.receive()
            self.log.append(message)
            if message == "crash":
                raise ValueError("told to")
            if message == "end":
                return


async def settle():
    for _ in range(20):
        await asyncio.sleep(0)


async def thinks(view):
    await view.sleep(5)
    return Propose(5) if view.standing_offer is None else Accept()


# ------------------------------------------------------------------------------------------------------------------- life
async def test_agents_start_when_they_join_and_stop_when_they_leave():
    async with Society("s", clock="virtual") as society:
        one, other = Logged("one"), Logged("other")
        assert await society.spawn(one) is one
        await society.spawn(other)
        assert one.log == ["start"]
        await society.leave("one")
        await settle()
        assert one.log == ["start", "stop"]
        assert other.log == ["start"]
        assert "one" not in repr(society)
    assert other.log == ["start", "stop"]
    assert len(asyncio.all_tasks()) == 1


async def test_negotiating_by_name_and_with_guests():
    async with Society("bazaar", clock="virtual", seed=3) as society:
        await society.spawn(Buyer("Bea", 80, opening=40))
        await society.spawn(Seller("Sam", 60, opening=120))
        assert (await society.negotiate(["Bea", "Sam"], HAGGLE)).id == "bazaar/1"
        guest = await society.negotiate([Buyer("Guest", 90), "Sam"], HAGGLE)
        assert guest.id == "bazaar/2"
        assert guest.agreed
        with pytest.raises(ConfigurationError, match="nobody named 'Zoe' lives here; residents: Bea, Sam"):
            await society.negotiate(["Zoe", "Sam"], HAGGLE)
        assert (await society.negotiate(["Bea", "Sam"], HAGGLE)).id == "bazaar/3", "a refused start takes no number"


async def test_residents_are_started_once_for_many_negotiations():
    class Sam(Seller):
        started = 0

        def on_start(self):
            Sam.started += 1

    async with Society(clock="virtual") as society:
        await society.spawn(Sam("Sam", 60))
        outcomes = await asyncio.gather(*(society.negotiate([Buyer(f"b{n}", 80), "Sam"], HAGGLE) for n in range(20)))
        assert all(outcome.agreed for outcome in outcomes)
    assert Sam.started == 1


async def test_societies_are_numbered_unless_named():
    assert Society().name != Society().name
    assert Society("x").name == Society(name="x").name == "x"


# -------------------------------------------------------------------------------------------------------------- directory
async def test_yellow_pages():
    async with Society(clock="virtual") as society:
        events = []
        society.directory.subscribe("weld", on_change=events.append)
        await society.spawn(Contractor("c1", lambda task: 1, capabilities=["weld", "paint"]))
        await society.spawn(Contractor("c2", lambda task: 2), capabilities=("weld",))
        await society.spawn(Agent("c3"))
        assert society.directory.search("weld") == ("c1", "c2")
        assert society.directory.search("weld", "paint") == ("c1",)
        assert society.directory.search("sing") == ()
        outcome = await society.negotiate(
            society.directory.search("weld"), NegotiationConfig("contract-net"), Task(hours=1)
        )
        assert outcome.result.awarded == ("c1",)
        await society.leave("c1")
        assert society.directory.search("weld") == ("c2",)
        assert [event.name for event in events] == ["c1", "c2", "c1"]


async def test_capabilities_in_one_string_are_refused_and_nobody_is_left_behind():
    async with Society(clock="virtual") as society:
        with pytest.raises(ConfigurationError, match="capabilities of 'a' must be several strings"):
            await society.spawn(Agent("a"), capabilities="sing")
        await society.spawn(Agent("a"), capabilities=["sing"])


@pytest.mark.parametrize(
    ("agent", "text"),
    [
        (object(), "has no name; expected an agent or a callable that makes one"),
        (lambda: object(), "has no name"),
        (None, "has no name"),
        (Agent("taken"), "an agent named 'taken' lives here already"),
    ],
)
async def test_who_cannot_be_spawned(agent, text):
    async with Society(clock="virtual") as society:
        await society.spawn(Agent("taken"))
        with pytest.raises(ConfigurationError, match=text):
            await society.spawn(agent)


async def test_name_taken_in_the_pages_is_refused_and_free_again_later():
    async with Society(clock="virtual") as society:
        society.directory.register("x")
        agent = Logged("x")
        with pytest.raises(ConfigurationError, match="'x' is registered already"):
            await society.spawn(agent)
        await settle()
        assert agent.log == ["start", "stop"]
        society.directory.leave("x")
        await society.spawn(Agent("x"))
        await society.leave("x")
        await society.spawn(Agent("x"))


# ------------------------------------------------------------------------------------------------------------- start trouble
class Trouble(Agent):
    """Fails to start: raises, or takes too long."""

    def __init__(self, name, kind):
        super().__init__(name)
        self.kind = kind

    async def on_start(self):
        if self.kind == "raises":
            raise OSError("no network")
        await asyncio.sleep(60)


@pytest.mark.parametrize(
    ("kind", "text"), [("raises", "on_start raised OSError: no network"), ("late", "on_start was not done in time")]
)
async def test_agent_that_cannot_start_does_not_join(kind, text):
    async with Society(start_timeout=0.01) as society:
        with pytest.raises(NegotiationError, match=f"agent 't' could not start: {text}"):
            await society.spawn(Trouble("t", kind))
        assert society.directory.search() == () or "t" not in society.directory
        await society.spawn(Agent("t"))


@pytest.mark.parametrize(("kind", "code"), [("raises", "agent-crashed"), ("late", "agent-late")])
async def test_guest_that_cannot_start_fails_its_negotiation_with_the_blame(kind, code):
    executor = NegotiationExecutor(start_timeout=0.01)
    outcome = await executor.execute([Trouble("t", kind), Agent("b")], NegotiationConfig("bilateral"))
    assert outcome.final_state == "FAILED"
    assert outcome.failure_reason.startswith(f"{code}: t: on_start ")
    assert [(fault.who, fault.what) for fault in outcome.faults] == [("t", "raised" if kind == "raises" else "late")]
    assert len(asyncio.all_tasks()) == 1


async def test_spawn_that_is_cancelled_leaves_nobody_behind():
    async with Society() as society:
        task = asyncio.ensure_future(society.spawn(Trouble("t", "late")))
        await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await society.spawn(Agent("t"))
    assert len(asyncio.all_tasks()) == 1


async def test_stop_that_hangs_or_raises_is_logged_and_holds_nobody_up(caplog):
    class Hangs(Agent):
        async def on_stop(self):
            await asyncio.sleep(60)

    class Raises(Agent):
        def on_stop(self):
            raise OSError("cannot")

    async with Society(stop_timeout=0.01) as society:
        await society.spawn(Hangs("h"))
        await society.spawn(Raises("r"))
    assert caplog.text.count("agent_stop_failed") == 2
    assert len(asyncio.all_tasks()) == 1


# ------------------------------------------------------------------------------------------------------------ inbox, watch
async def test_telling_a_living_agent():
    async with Society(clock="virtual") as society:
        echo = await society.spawn(Echo("e"))
        society.tell("e", "one")
        society.tell("e", ("two", 2))
        await settle()
        assert echo.log == ["start", "live", "one", ("two", 2)]
        await society.spawn(Agent("deaf"))
        with pytest.raises(ConfigurationError, match="agent 'deaf' has no inbox"):
            society.tell("deaf", "x")
        with pytest.raises(ConfigurationError, match="nobody named 'zed' lives here"):
            society.tell("zed", "x")
    assert echo.log[-1] == "stop"


async def test_inbox_has_a_clock_and_deadlines():
    seen = []

    class Clock(Agent):
        async def live(self, inbox):
            seen.append(await inbox.receive(timeout=5))
            seen.append(inbox.now)
            await inbox.sleep(7)
            seen.append(inbox.now)

    async with Society(clock="virtual") as society:
        await society.spawn(Clock("c"))
        await settle()
    assert seen == [None, 5, 12]


async def test_watching_a_death_once():
    deaths = []
    async with Society(clock="virtual") as society:
        await society.spawn(Echo("e"))
        society.watch("e", deaths.append)
        society.tell("e", "crash")
        await settle()
        assert [(death.name, death.reason) for death in deaths] == [("e", "crashed: ValueError: told to")]
        society.watch("e", deaths.append)
        society.watch("stranger", deaths.append)
        assert [death.name for death in deaths] == ["e", "e", "stranger"], "told at once of the dead and the unknown"
    assert len(deaths) == 3


async def test_watching_in_the_inbox():
    class Widow(Logged):
        async def live(self, inbox):
            inbox.watch("e")
            death = await inbox.receive()
            self.log.append((death.name, death.reason))

    async with Society(clock="virtual") as society:
        await society.spawn(Echo("e"))
        widow = await society.spawn(Widow("w"))
        await society.leave("e")
        await settle()
        assert ("e", "left") in widow.log


async def test_life_that_ends_normally_is_a_death_of_its_own_kind():
    deaths = []
    async with Society(clock="virtual") as society:
        echo = await society.spawn(Echo("e"))
        society.watch("e", deaths.append)
        society.tell("e", "end")
        await settle()
        assert [death.reason for death in deaths] == ["ended"]
        assert echo.log[-1] == "stop"


# ---------------------------------------------------------------------------------------------------------------- restarts
async def test_restart_after_a_crash_up_to_the_intensity():
    deaths = []
    async with Society(clock="virtual") as society:
        echo = await society.spawn(Echo("e"), restart=RestartPolicy(max_restarts=2, within=60))
        society.watch("e", deaths.append)
        for _ in range(2):
            society.tell("e", "crash")
            await settle()
            assert "e" in society.directory
        assert deaths == []
        assert echo.log == ["start", "live", "crash", "start", "live", "crash", "start", "live"]
        society.tell("e", "crash")
        await settle()
        assert [death.reason for death in deaths] == ["crashed: ValueError: told to"]
        assert "e" not in society.directory


@pytest.mark.parametrize(
    ("kind", "message", "lives"),
    [
        ("permanent", "end", 2),
        ("permanent", "crash", 2),
        ("transient", "end", 1),
        ("transient", "crash", 2),
        ("temporary", "crash", 1),
    ],
)
async def test_restart_kinds(kind, message, lives):
    async with Society(clock="virtual") as society:
        echo = await society.spawn(Echo("e"), restart=RestartPolicy(kind=kind, max_restarts=1))
        society.tell("e", message)
        await settle()
        assert echo.log.count("live") == lives


async def test_factory_makes_a_fresh_agent_for_each_restart():
    made = []

    def factory():
        made.append(Echo("e"))
        return made[-1]

    async with Society(clock="virtual") as society:
        first = await society.spawn(factory, restart=RestartPolicy(max_restarts=1))
        assert first is made[0]
        society.tell("e", "crash")
        await settle()
        assert len(made) == 2
        assert made[1].log == ["start", "live"]
        society.tell("e", "hello")
        await settle()
        assert made[1].log[-1] == "hello"
        assert made[0].log == ["start", "live", "crash", "stop"]


@pytest.mark.parametrize("trouble", [lambda: 1 / 0, lambda: Echo("other"), lambda: None])
async def test_factory_that_fails_at_the_restart_gives_up_and_harms_nobody(trouble):
    made, deaths = [], []

    def factory():
        if made:
            return trouble()
        made.append(Echo("e"))
        return made[0]

    async with Society(clock="virtual") as society:
        await society.spawn(factory, restart=RestartPolicy(max_restarts=3))
        society.watch("e", deaths.append)
        society.tell("e", "crash")
        await settle()
        assert len(deaths) == 1
        assert (await society.negotiate([Buyer("b", 80), Seller("s", 60)], HAGGLE)).agreed


async def test_restart_waits_for_its_backoff():
    async with Society(clock="virtual") as society:
        echo = await society.spawn(Echo("e"), restart=RestartPolicy(backoff=10))
        society.tell("e", "crash")
        await settle()
        assert echo.log.count("live") == 2
        assert society.now == 10


# ----------------------------------------------------------------------------------------------------------------- leaving
async def test_leaving_in_the_middle_ends_ones_two_party_talks():
    async with Society(clock="virtual") as society:
        await society.spawn(Negotiator("slow", strategy=thinks))
        handle = society.start(["slow", Seller("S", 60)], HAGGLE, PriceProblem())
        await asyncio.sleep(0)
        await society.leave("slow")
        outcome = await handle
        assert (outcome.final_state, outcome.reason_code) == ("FAILED", "walked-away")
        assert "slow: left" in outcome.failure_reason
        assert society.statistics().open == 0


async def test_leaving_before_one_is_seated():
    class Slow(Seller):
        async def on_start(self):
            await asyncio.sleep(10)

    async with Society(clock="virtual") as society:
        await society.spawn(Buyer("b", 80))
        handle = society.start(["b", Slow("s", 60)], HAGGLE)
        await asyncio.sleep(0)
        await society.leave("b")
        assert (await handle).reason_code == "walked-away"


async def test_many_go_on_without_the_one_who_left():
    async def slow_bid(view):
        await view.sleep(5)
        return view.preferences or 9

    async with Society(clock="virtual") as society:
        await society.spawn(Bidder("early", 5))
        await society.spawn(Bidder("gone", strategy=slow_bid))
        await society.spawn(Bidder("late", strategy=slow_bid))
        handle = society.start(["early", "gone", "late"], NegotiationConfig("vickrey"), "lot")
        await asyncio.sleep(0)
        await society.leave("gone")
        outcome = await handle
        assert outcome.agreed
        assert outcome.result.winner.name == "late"
        assert [bid.agent for bid in outcome.result.bids] == ["early", "late"]


@pytest.mark.parametrize("protocol", ["vickrey", "first-price", "contract-net"])
async def test_bid_of_one_who_has_left_counts_for_nothing(protocol):
    async def slow(task_or_view):
        from negotiate_rt import sleep

        await sleep(5)
        return 7

    def make(name, value, waits=False):
        if protocol == "contract-net":
            return Contractor(name, slow if waits else lambda task: value)
        return Bidder(name, value, slow if waits else None)

    trace = Trace()
    best = 1 if protocol == "contract-net" else 99
    async with Society(clock="real", journal=trace) as society:
        await society.spawn(make("best", best))
        await society.spawn(make("b", 7, waits=True))
        handle = society.start(["best", "b"], NegotiationConfig(protocol, timeout=0.2), Task(hours=1))
        await asyncio.sleep(0.01)
        assert handle.status().offers == 1
        await society.leave("best")
        outcome = await handle
        assert outcome.reason_code == "no-bids", outcome


async def test_initiator_that_leaves_ends_the_whole():
    from negotiate_rt import Manager

    async with Society(clock="virtual") as society:
        await society.spawn(Manager("boss"))
        handle = society.start(
            ["boss", Contractor("c", lambda task: 1, lambda task: thinks)], NegotiationConfig("contract-net"), Task(h=1)
        )
        await society.leave("boss")
        assert (await handle).reason_code in ("walked-away", "agent-crashed")


async def test_unknown_agent_cannot_leave():
    async with Society(clock="virtual") as society:
        with pytest.raises(ConfigurationError, match="nobody named 'x' lives here; residents: none"):
            await society.leave("x")


async def test_closing_cancels_what_is_open():
    async with Society(clock="real") as society:
        handle = society.start([Negotiator("slow", strategy=thinks), Seller("S", 60)], HAGGLE, PriceProblem())
        await asyncio.sleep(0)
    outcome = await handle
    assert outcome.failure_reason == "cancelled: the society was closed"
    assert len(asyncio.all_tasks()) == 1


async def test_error_in_the_block_passes_and_leaves_nothing():
    with pytest.raises(ZeroDivisionError):  # noqa: PT012  # the block is the point
        async with Society(clock="virtual") as society:
            await society.spawn(Echo("e"))
            raise ZeroDivisionError
    assert len(asyncio.all_tasks()) == 1


# ---------------------------------------------------------------------------------------------------------- open and closed
async def test_society_that_is_not_open_takes_no_work():
    society = Society("s")
    with pytest.raises(SocietyClosed, match="society 's' is not open: use `async with Society"):
        await society.spawn(Agent("a"))
    async with society:
        pass
    for use in (lambda: society.start([Agent("a"), Agent("b")], HAGGLE), lambda: society.now, society.statistics):
        with pytest.raises(SocietyClosed):
            use()
    with pytest.raises(SocietyClosed):
        await society.negotiate([Agent("a"), Agent("b")], HAGGLE)
    with pytest.raises(SocietyClosed):
        await society.negotiate(["Bea", "Sam"], HAGGLE)
    with pytest.raises(SocietyClosed, match="has been opened before"):
        async with society:
            pass


async def test_unknown_setting_is_refused_by_name():
    with pytest.raises(ConfigurationError, match=r"Society: .*'clok'"):
        Society(clok="virtual")
    with pytest.raises(
        ConfigurationError, match="clock: expected 'real' or 'virtual', got 'virtal'; did you mean 'virtual'"
    ):
        Society(clock="virtal")


async def test_statistics_and_dump():
    async with Society(clock="virtual") as society:
        await society.spawn(Echo("e"))
        await settle()
        await society.negotiate([Buyer("b", 80), Seller("s", 60)], HAGGLE)
        statistics = society.statistics()
        assert (statistics.open, statistics.actors, statistics.calls_running, statistics.orphans) == (0, 1, 0, 0)
        assert statistics.steps > 0
        assert len(society.dump()) == 1
        assert society.dump()[0].startswith("e: waits for <Mailbox of e")
        assert repr(society) == f"<Society {society.name}: e>"


async def test_own_protocols_and_listeners_of_a_society():
    heard = []

    class Listener:
        def on_negotiation_completed(self, outcome):
            heard.append(outcome.id)

    async with Society("s", clock="virtual") as society:
        society.add_listener(Listener())
        assert "bilateral" in society.protocols
        await society.negotiate([Buyer("b", 80), Seller("s", 60)], HAGGLE)
    assert heard == ["s/1"]
