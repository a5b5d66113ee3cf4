"""Scenarios as a whole: what they check before anything runs, and the jobs they make."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import pytest

from negotiate_rt import scenarios
from negotiate_rt.agents import Agent, Manager
from negotiate_rt.messages.config import NegotiationConfig
from negotiate_rt.problems import Task
from negotiate_rt.scenarios import Scenario, ScenarioError, loads
from negotiate_rt.strategies import ExponentialConcession, LinearConcession


def scenario(body: str, protocol: str = "bilateral") -> Scenario:
    return loads(f'name = "x"\nprotocol = "{protocol}"\n{body}')


PAIR = """
agents = [
    {type = "buyer", name = "Bea", limit = {draw = "uniform", low = 70, high = 90}},
    {type = "seller", name = "Sam", limit = 60, opening = {draw = "choice", values = [100, 120]}},
]
"""
TASK = 'problem = {type = "task", attributes = {hours = 4, what = "paint"}}\n'
ISSUES = 'problem = {type = "issues", issues = [{name = "food", values = [0, 1, 2]}, {name = "site", values = ["a", "b"]}]}\n'


def negotiators(first: str, second: str = "values = {site = [1, 0]}") -> str:
    return (
        ISSUES + f'[[agents]]\ntype = "negotiator"\nname = "Ann"\nweights = {{food = 2, site = 1}}\n{first}\n'
        f'[[agents]]\ntype = "negotiator"\nname = "Ben"\nweights = {{food = 1, site = 2}}\n{second}\n'
    )


# -- jobs -------------------------------------------------------------------------------------------------------------


def test_each_session_gets_fresh_agents_and_draws_its_own_numbers() -> None:
    jobs = list(scenario(PAIR).jobs(50))
    buyers = [agents[0] for agents, _, _ in jobs]
    assert len({id(agent) for agents, _, _ in jobs for agent in agents}) == 100
    assert all(70 <= buyer.limit <= 90 for buyer in buyers)
    assert len({buyer.limit for buyer in buyers}) == 50
    assert {agents[1].opening for agents, _, _ in jobs} == {100.0, 120.0}


def test_a_session_is_the_same_however_many_are_run_and_another_under_another_seed() -> None:
    one = scenario(PAIR)
    limits = [agents[0].limit for agents, _, _ in one.jobs(20)]
    assert [agents[0].limit for agents, _, _ in one.jobs(5)] == limits[:5]
    assert one.job(17)[0][0].limit == limits[16]
    assert one.job(17, seed=1)[0][0].limit != limits[16]
    assert one.job(17, seed=0)[0][0].limit == limits[16]


def test_jobs_are_made_one_at_a_time() -> None:
    endless = scenario(PAIR).jobs(10**12)
    assert len(list(itertools.islice(endless, 3))) == 3


def test_count_makes_many_with_numbered_names() -> None:
    many = scenario(TASK + 'agents = [{type = "contractor", name = "crew", count = 3, bid = 5}]', "contract-net")
    assert many.agents == ("crew-1", "crew-2", "crew-3")
    assert [agent.name for agent in many.job(1)[0]] == ["crew-1", "crew-2", "crew-3"]
    assert repr(many) == "<Scenario x: contract-net, 3 agents>"


def test_config_holds_what_the_file_says() -> None:
    one = scenario(
        'max_rounds = 7\ntimeout = 3\nturn_timeout = 0.5\nstrategy = {name = "exponential", rate = 2}\n'
        'reservation_value = 30\ninitial_offer = 90\non_fault = {late = "fail", invalid = ["repair", "withdraw"]}\n'
        'agents = [{type = "plain", name = "a"}, {type = "plain", name = "b"}]'
    )  # fmt: skip
    agents, config, problem = one.job(1)
    assert [type(agent) for agent in agents] == [Agent, Agent]
    assert problem is None
    assert config == NegotiationConfig(
        "bilateral", 7, 3.0, 30.0, 90.0, ExponentialConcession(rate=2.0), turn_timeout=0.5,
        on_fault={"late": "fail", "invalid": ("repair", "withdraw")},
    )  # fmt: skip


def test_sessions_default_to_what_the_file_says() -> None:
    assert len(list(scenario("sessions = 4\n" + PAIR).jobs())) == 4
    assert len(list(scenario(PAIR).jobs())) == 1


def test_executor_has_clock_network_and_seed_of_the_file_unless_told_otherwise() -> None:
    one = scenario('clock = "virtual"\nseed = 9\nnetwork = {latency = 0.5}\n' + PAIR)
    outcome = one.executor().run(*one.job(1))
    again = one.executor().run(*one.job(1))
    assert outcome == again
    assert outcome.id == "x/1"
    assert outcome.duration_ms >= 500 * outcome.messages - 500
    assert scenario(PAIR).executor(clock="virtual", name="y").name == "y"


# -- kinds of agents --------------------------------------------------------------------------------------------------


def test_bare_strategy_names_stand_for_their_defaults() -> None:
    one = scenario(
        'agents = [{type = "buyer", name = "a", limit = 9, strategy = "linear"}, {type = "seller", name = "b", limit = 1}]'
    )
    buyer, seller = one.job(1)[0]
    assert buyer.strategy == LinearConcession()
    assert seller.strategy is None


@pytest.mark.parametrize(
    "values",
    [
        "values = {food = [0, 5, 10], site = [1, 0]}",
        "values = {food = {0 = 0, 1 = 5, 2 = 10}, site = {a = 1, b = 0}}",
        'values = {food = {"0.0" = 0, "1.0" = 5, "2.0" = 10}, site = [1, 0]}',
    ],
)
def test_worths_are_tables_by_value_or_lists_in_order(values: str) -> None:
    one = scenario(negotiators(values))
    ann, ben = one.job(1)[0]
    assert one.issues == ("food", "site")
    assert ann.utility((1, "a")) == 2 * 5 + 1
    assert ben.utility((2, "b")) == 2.0  # a numeric issue without a table is worth its number


def test_bools_and_fractions_are_keys_too() -> None:
    body = (
        'problem = {type = "issues", issues = [{name = "tax", values = [true, false]}, {name = "rate", values = [0.5, 1]}]}\n'
        '[[agents]]\ntype = "negotiator"\nname = "Ann"\nweights = {tax = 1, rate = 1}\n'
        'values = {tax = {true = 1, false = 0}, rate = {"0.50" = 3, "1" = 4}}\nopening = {tax = true, rate = 1}\n'
        '[[agents]]\ntype = "negotiator"\nname = "Ben"\nweights = {tax = 1, rate = 1}\nopening = 1.5\n'
    )
    ann, ben = scenario(body).job(1)[0]
    assert ann.utility((True, 0.5)) == 4.0
    assert ann.opening == {"tax": True, "rate": 1}
    assert ben.utility((False, 1)) == 1.0


def test_shuffled_weights_are_dealt_anew_in_each_session() -> None:
    reservation = 'reservation_value = {draw = "normal", mean = 1, deviation = 0.2, low = 0}'
    one = scenario(negotiators(f"values = {{site = [1, 0]}}\nshuffle_weights = true\n{reservation}"))
    dealt = {tuple(dict(agents[0].utility.weights).items()) for agents, _, _ in one.jobs(20)}
    assert dealt == {(("food", 2.0), ("site", 1.0)), (("food", 1.0), ("site", 2.0))}


def test_contractors_bid_a_base_and_rates_per_unit_of_the_task() -> None:
    crew_of_one = '{type = "contractor", name = "c", bid = 20, rates = {hours = 2.5}, capabilities = ["paint"]}'
    one = scenario(TASK + f'agents = [{crew_of_one}, {{type = "manager", name = "m"}}]', "contract-net")
    crew, boss = one.job(1)[0]
    assert crew.bid(Task(hours=4)) == 30.0
    assert crew.capabilities == ("paint",)
    assert type(boss) is Manager
    outcome = one.executor("virtual").run(*one.job(1))
    assert outcome.result.awarded == ("c",)


def test_contractors_name_time_and_reliability_where_the_rule_asks_for_them() -> None:
    body = (
        'options = {award = "time"}\n' + TASK + 'agents = [{type = "contractor", name = "quick", bid = 9, takes = 1}, '
        '{type = "contractor", name = "cheap", bid = 2, takes = 3}]'
    )
    one = scenario(body, "contract-net")
    assert one.job(1)[0][0].bid(Task(hours=4)) == {"cost": 9.0, "time": 1.0, "reliability": 1.0}
    outcome = one.executor("virtual").run(*one.job(1))
    assert outcome.result.awarded == ("quick",)
    assert outcome.duration_ms == 1000.0


def test_an_unreliable_winner_fails_and_is_replaced() -> None:
    bad = '{type = "contractor", name = "bad", bid = 1, reliability = 0}'
    one = scenario(TASK + f'agents = [{bad}, {{type = "contractor", name = "good", bid = 2}}]', "contract-net")
    outcome = one.executor("virtual").run(*one.job(1))
    assert outcome.result.awarded == ("good",)
    assert outcome.result.reports["bad"] == "the work went wrong"


@pytest.mark.parametrize(
    ("strategy", "bid"), [('"truthful"', 50.0), ('"shaded"', 45.0), ('{name = "shaded", factor = 0.5}', 25.0)]
)
def test_bidders_bid_their_value_or_a_share_of_it(strategy: str, bid: float) -> None:
    one = scenario(f'agents = [{{type = "bidder", name = "b", value = 50, strategy = {strategy}}}]', "FIRST_PRICE")
    outcome = one.executor("virtual").run(*one.job(1))
    assert one.protocol == "first-price-auction"
    assert outcome.result.pay_price == bid


def test_a_pie_is_divided_and_a_price_named() -> None:
    pie = scenario(
        'problem = {type = "pie", size = 10}\nagents = [{type = "plain", name = "a"}, {type = "plain", name = "b"}]'
    )
    assert pie.problem.size == 10.0
    assert scenario('problem = {type = "price"}\n' + PAIR).issues == ()


def test_guard_can_be_switched_off() -> None:
    one = scenario(
        'agents = [{type = "buyer", name = "a", limit = 9, guard = false}, {type = "seller", name = "b", limit = 1}]'
    )
    assert [agent.guard for agent in one.job(1)[0]] == [False, True]


# -- what is refused --------------------------------------------------------------------------------------------------

REFUSED = {
    "protocol": ("vickery", 'agents = [{type = "bidder", name = "b", value = 1}]', "protocol: expected one of "),
    "options of none": (
        "bilateral", "options = {a = 1}\n" + PAIR, "options: this protocol takes none, got a table with a",
    ),
    "option misspelt": (
        "vickrey", 'options = {reserv_price = 1}\nagents = [{type = "bidder", name = "b", value = 1}]',
        "options.reserv_price: no such field; did you mean 'reserve_price'?",
    ),
    "option out of range": (
        "vickrey", 'options = {reserve_price = -1}\nagents = [{type = "bidder", name = "b", value = 1}]',
        "options.reserve_price: expected a finite price of at least 0, got -1",
    ),
    "award": (
        "contract-net", 'options = {award = "csot"}\n' + TASK + 'agents = [{type = "contractor", name = "c", bid = 1}]',
        "options.award: expected cost, time, reliability, expected-cost or a callable, got 'csot'; did you mean 'cost'?",
    ),
    "seats": (
        "bilateral", 'agents = [{type = "plain", name = "a", count = 3}]', "agents: bilateral: needs 1 responder, got 2",
    ),
    "names": (
        "bilateral", 'agents = [{type = "plain", name = "a"}, {type = "plain", name = "a"}]',
        "agents[1].name: 'a' is also a name of agents[0]; names must differ",
    ),
    "no task": (
        "contract-net", 'agents = [{type = "contractor", name = "c", bid = 1}]', "problem: missing; expected a task",
    ),
    "rates": (
        "contract-net", TASK + 'agents = [{type = "contractor", name = "c", rates = {hors = 1}}]',
        "agents[0].rates.hors: the task has no number 'hors', only hours; did you mean 'hours'?",
    ),
    "rates of words": (
        "contract-net", TASK + 'agents = [{type = "contractor", name = "c", rates = {what = 1}}]',
        "agents[0].rates.what: the task has no number 'what', only hours",
    ),
    "opening": (
        "bilateral", 'agents = [{type = "buyer", name = "a", limit = 3, opening = 5}, {type = "plain", name = "b"}]',
        "agents[0]: a buyer's opening 5.0 must not lie above its limit 3.0",
    ),
    "no issues": (
        "bilateral", 'agents = [{type = "negotiator", name = "a", weights = {x = 1}}, {type = "plain", name = "b"}]',
        "agents[0]: a negotiator needs a problem with issues: [problem] type = 'issues'",
    ),
    "weight of no issue": (
        "bilateral", negotiators("").replace("weights = {food = 2, site = 1}", "weights = {fod = 2, site = 1}"),
        "agents[0].weights.fod: there is no such issue, only food, site; did you mean 'food'?",
    ),
    "worth of no value": (
        "bilateral", negotiators("values = {site = {a = 1, c = 2}}"),
        "agents[0].values.site.c: the issue has no such value, only 'a', 'b'",
    ),
    "worth missing": (
        "bilateral", negotiators("values = {site = {a = 1}}"), "agents[0].values.site.b: missing",
    ),
    "worth twice": (
        "bilateral", negotiators('values = {site = [1, 0], food = {0 = 1, 1 = 2, 2 = 3, "2.0" = 4}}'),
        "agents[0].values.food.\"2.0\": 2 stands twice",
    ),
    "worths too few": (
        "bilateral", negotiators("values = {site = [1]}"),
        "agents[0].values.site: expected 2 numbers, one for each of 'a', 'b', got 1",
    ),
    "worths of words": (
        "bilateral", negotiators(""), "agents[0].values.site: missing; say what each of 'a', 'b' is worth",
    ),
    "opening partial": (
        "bilateral", negotiators("values = {site = [1, 0]}\nopening = {food = 1}"), "agents[0].opening.site: missing",
    ),
    "double issue": (
        "bilateral",
        'problem = {type = "issues", issues = [{name = "a", values = [1, 1]}]}\n'
        'agents = [{type = "plain", name = "a", count = 2}]',
        "problem: issue 'a': values[1] 1 equals values[0] 1",
    ),
    "manager's behaviour": (
        "contract-net",
        TASK + 'agents = [{type = "contractor", name = "c", bid = 1}, {type = "manager", name = "m", behaviour = "slow"}]',
        "agents[1].behaviour: a manager awards by the options' rule and has no decision to spoil",
    ),
    "repair of the late": (
        "bilateral", 'on_fault = {late = "repair"}\n' + PAIR, "on_fault.late: a late hook is never called twice",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("protocol", "body", "wanted"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_run_is_refused_before_anything_starts(protocol: str, body: str, wanted: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        scenario(body, protocol)
    assert any(flaw.startswith(wanted) for flaw in caught.value.flaws), caught.value.flaws


# -- files ------------------------------------------------------------------------------------------------------------

PLAIN = 'name = "x"\nprotocol = "bilateral"\n' + PAIR


def test_files_are_read_by_their_suffix_or_their_first_character(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text(PLAIN)
    (tmp_path / "b").write_text(PLAIN)
    tree = {"name": "x", "protocol": "bilateral", "agents": [{"type": "plain", "name": "a", "count": 2}]}
    (tmp_path / "c.json").write_text(json.dumps(tree))
    (tmp_path / "d").write_text(json.dumps(tree))
    assert [scenarios.load(tmp_path / name).form for name in ("a.toml", "b", "c.json", "d")] == [
        "toml",
        "toml",
        "json",
        "json",
    ]
    assert scenarios.load(tmp_path / "a.toml").text == PLAIN


def test_a_missing_file_is_told_with_the_built_in_ones(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match=r"hagling: there is no such file; .*did you mean 'haggling'\?"):
        scenarios.load("hagling")
    with pytest.raises(ScenarioError, match=r"expected domain files .* in the folder, got none"):
        scenarios.load(tmp_path)
    with pytest.raises(ScenarioError, match=r"no built-in scenario 'x', only adjusted-winner, all-pay, .*, campsite"):
        scenarios.built_in_text("x")


def test_a_file_named_like_a_built_in_scenario_is_reached_by_its_suffix(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("haggling.toml").write_text(PLAIN)
    assert scenarios.load("haggling.toml").name == "x"
    assert scenarios.load("haggling").name == "haggling"
