"""Yellow pages: order, capabilities, subscriptions, deaths."""

from __future__ import annotations

import pytest

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.runtime.directory import MAX_DEATHS, MAX_FAILURES, Death, Directory, LeftDirectory, Registered


@pytest.fixture
def directory() -> Directory:
    directory = Directory()
    directory.register("Zoe", ("translate", "print"))
    directory.register("Abe", ["print"])
    directory.register("Mia", {"translate": 1})
    return directory


# ---------------------------------------------------------------------------------------------------------------- pages
def test_search_answers_in_the_order_of_registration(directory):
    assert directory.search() == ("Zoe", "Abe", "Mia")
    assert directory.search("translate") == ("Zoe", "Mia")
    assert directory.search("print") == ("Zoe", "Abe")


def test_search_for_several_capabilities_wants_all_of_them(directory):
    assert directory.search("print", "translate") == ("Zoe",)
    assert directory.search("print", "fly") == ()


def test_search_for_what_nobody_can_do_is_empty(directory):
    assert directory.search("fly") == ()


def test_name_is_taken_once(directory):
    with pytest.raises(ConfigurationError, match="'Abe' is registered already"):
        directory.register("Abe")
    assert directory.capabilities("Abe") == ("print",), "the first registration stands"


def test_capabilities_in_one_string_are_refused(directory):
    with pytest.raises(ConfigurationError, match=r"write \('translate',\)"):
        directory.register("Eve", "translate")
    assert "Eve" not in directory


def test_capability_named_twice_counts_once():
    directory = Directory()
    directory.register("Bea", ("sew", "sew"))
    assert directory.capabilities("Bea") == ("sew",)


def test_one_that_left_is_not_found_and_may_come_back_at_the_end(directory):
    directory.leave("Zoe")
    assert directory.search("translate") == ("Mia",)
    assert directory.capabilities("Zoe") == ()
    directory.register("Zoe", ("translate",))
    assert directory.search("translate") == ("Mia", "Zoe")


def test_leaving_without_being_there_is_refused_with_the_nearest_name(directory):
    with pytest.raises(ConfigurationError, match="'Zoee' is not in the directory; did you mean 'Zoe'"):
        directory.leave("Zoee")


def test_directory_tells_its_sizes(directory):
    directory.subscribe(on_change=print)
    directory.watch("Abe", print)
    sizes = directory.statistics()
    assert (sizes.registered, sizes.capabilities, sizes.listeners, sizes.watchers, sizes.failures) == (3, 2, 1, 1, 0)
    assert len(directory) == 3
    assert repr(directory) == "<Directory of 3 agents, 2 capabilities>"


# -------------------------------------------------------------------------------------------------------- subscriptions
def test_subscriber_hears_who_enters_and_leaves(directory):
    heard = []
    directory.subscribe(on_change=heard.append)
    directory.register("Eve", ("spy",))
    directory.leave("Zoe")
    assert heard == [Registered("Eve", ("spy",)), LeftDirectory("Zoe", ("translate", "print"))]


def test_subscriber_to_a_capability_hears_of_nothing_else(directory):
    heard = []
    directory.subscribe("spy", on_change=heard.append)
    directory.register("Eve", ("spy",))
    directory.register("Tom", ("sing",))
    directory.leave("Zoe")
    assert heard == [Registered("Eve", ("spy",))]


def test_cancelled_subscription_hears_nothing(directory):
    heard = []
    subscription = directory.subscribe(on_change=heard.append)
    assert subscription.active
    subscription.cancel()
    subscription.cancel()
    directory.leave("Zoe")
    assert heard == []
    assert not subscription.active
    assert directory.statistics().listeners == 0


def test_subscription_cancelled_by_an_earlier_listener_does_not_hear_the_running_event(directory):
    heard = []
    directory.subscribe(on_change=lambda event: later.cancel())
    later = directory.subscribe(on_change=heard.append)
    directory.leave("Zoe")
    assert heard == []


def test_change_made_by_a_listener_is_heard_by_all_after_the_first(directory):
    orders = {"first": [], "second": []}

    def follow(event):
        orders["first"].append(event.name)
        if event.name == "Eve":
            directory.register("Tom")

    directory.subscribe(on_change=follow)
    directory.subscribe(on_change=lambda event: orders["second"].append(event.name))
    directory.register("Eve")
    assert orders == {"first": ["Eve", "Tom"], "second": ["Eve", "Tom"]}


def test_subscriber_that_joins_while_an_event_is_told_hears_later_ones_only(directory):
    heard = []
    directory.subscribe(on_change=lambda event: directory.subscribe(on_change=heard.append))
    directory.register("Eve")
    assert heard == []


def test_listener_that_raises_harms_nobody(directory):
    heard = []

    def broken(event):
        raise ZeroDivisionError("no")

    directory.subscribe(on_change=broken)
    directory.subscribe(on_change=heard.append)
    directory.leave("Zoe")
    assert [event.name for event in heard] == ["Zoe"]
    (failure,) = directory.failures
    assert failure.listener.endswith("broken")
    assert failure.event == heard[0]
    assert "ZeroDivisionError: no" in failure.trace


def test_failures_of_a_listener_do_not_fill_the_memory():
    directory = Directory()
    directory.subscribe(on_change=lambda event: 1 / 0)
    for number in range(MAX_FAILURES + 5):
        directory.register(f"agent-{number}")
    assert len(directory.failures) == MAX_FAILURES
    assert directory.failures[-1].event.name == f"agent-{MAX_FAILURES + 4}"


def test_interrupt_in_a_listener_passes_and_leaves_a_working_directory(directory):
    heard = []
    signals = iter([KeyboardInterrupt])

    def interrupted(event):
        for signal in signals:
            raise signal

    directory.subscribe(on_change=interrupted)
    directory.subscribe(on_change=heard.append)
    with pytest.raises(KeyboardInterrupt):
        directory.leave("Zoe")
    directory.leave("Abe")
    assert [event.name for event in heard] == ["Abe"]


# --------------------------------------------------------------------------------------------------------------- deaths
def test_death_is_told_once_to_each_watcher_after_the_pages_are_true(directory):
    heard = []
    directory.subscribe(on_change=heard.append)
    first = directory.watch("Zoe", lambda death: heard.append((death, directory.search())))
    directory.watch("Zoe", heard.append)
    directory.died("Zoe", "crashed", 4.5)
    death = Death("Zoe", "crashed", 4.5)
    assert heard == [LeftDirectory("Zoe", ("translate", "print")), (death, ("Abe", "Mia")), death]
    assert not first.active
    assert directory.statistics().watchers == 0


def test_watching_the_dead_fires_at_once_with_what_is_known(directory):
    heard = []
    directory.died("Zoe", "crashed", 4.5)
    assert not directory.watch("Zoe", heard.append).active
    assert heard == [Death("Zoe", "crashed", 4.5)]


def test_watching_a_stranger_fires_at_once(directory):
    heard = []
    directory.watch("Nobody", heard.append)
    assert heard == [Death("Nobody", "unknown", None)]


def test_leaving_the_pages_is_not_dying(directory):
    heard = []
    directory.watch("Zoe", heard.append)
    directory.leave("Zoe")
    assert heard == []
    directory.died("Zoe", "stopped", 9.0)
    assert heard == [Death("Zoe", "stopped", 9.0)]


def test_one_that_is_started_again_can_be_watched_again(directory):
    heard = []
    directory.died("Zoe", "crashed", 1.0)
    directory.register("Zoe")
    subscription = directory.watch("Zoe", heard.append)
    assert heard == []
    assert subscription.active
    directory.died("Zoe", "crashed again", 2.0)
    assert heard == [Death("Zoe", "crashed again", 2.0)]


def test_cancelled_watch_hears_nothing_and_harms_no_other(directory):
    heard = []
    cancelled = directory.watch("Zoe", heard.append)
    directory.watch("Zoe", heard.append)
    cancelled.cancel()
    directory.died("Zoe", "crashed", 1.0)
    assert heard == [Death("Zoe", "crashed", 1.0)]
    alone = directory.watch("Abe", heard.append)
    alone.cancel()
    assert directory.statistics().watchers == 0


def test_watch_cancelled_by_an_earlier_watcher_is_silent(directory):
    heard = []
    directory.watch("Zoe", lambda death: later.cancel())
    later = directory.watch("Zoe", heard.append)
    directory.died("Zoe", "crashed", 1.0)
    assert heard == []


def test_watcher_that_raises_harms_nobody(directory):
    heard = []
    directory.watch("Zoe", lambda death: 1 / 0)
    directory.watch("Zoe", heard.append)
    directory.died("Zoe", "crashed", 1.0)
    assert len(heard) == 1
    assert len(directory.failures) == 1


def test_restart_by_a_watcher_is_possible_while_the_death_is_told(directory):
    def restart(death):
        directory.register(death.name, ("translate",))
        directory.watch(death.name, restart)

    directory.watch("Zoe", restart)
    directory.died("Zoe", "crashed", 1.0)
    directory.died("Zoe", "crashed", 2.0)
    assert directory.search("translate") == ("Mia", "Zoe")
    assert not directory.failures


def test_oldest_deaths_are_forgotten_as_to_their_reason():
    directory = Directory()
    for number in range(MAX_DEATHS + 1):
        directory.died(f"agent-{number}", "stopped", float(number))
    heard = []
    directory.watch("agent-0", heard.append)
    directory.watch("agent-1", heard.append)
    assert [death.reason for death in heard] == ["unknown", "stopped"]
