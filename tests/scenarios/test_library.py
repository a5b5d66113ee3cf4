"""The scenarios that come with the package, their schema, and the demonstration made of them."""

from __future__ import annotations

from collections import Counter

import pytest

from negotiate_rt import NegotiationExecutor, scenarios
from negotiate_rt.executor.settings import built_in as protocols
from negotiate_rt.report import Tally
from negotiate_rt.scenarios.demo import Demo
from negotiate_rt.scenarios.format import Behaviour, Bidding, Concession, Forming
from negotiate_rt.strategies import STRATEGIES
from negotiate_rt.strategies.bid_rules import BIDDINGS
from negotiate_rt.strategies.coalitions import FORMING


@pytest.mark.parametrize("name", scenarios.built_in())
def test_built_in_scenario_runs_and_mostly_agrees(name: str) -> None:
    one = scenarios.load(name)
    outcomes = one.executor("virtual").run_many(one.jobs(20))
    assert one.name == name
    assert one.spec.description
    assert sum(outcome.agreed for outcome in outcomes) >= 15
    assert not any(outcome.faults for outcome in outcomes)


def test_every_protocol_has_a_built_in_scenario() -> None:
    assert {scenarios.load(name).protocol for name in scenarios.built_in()} == set(protocols())


def test_schema_covers_every_field_and_every_protocols_options() -> None:
    schema = scenarios.schema()
    parts = schema["$defs"]
    fields = parts["ScenarioSpec"]["properties"]
    kinds = {one.options.__name__ for one in protocols().values() if one.options is not None}
    assert schema["$ref"] == "#/$defs/ScenarioSpec"
    assert set(fields) == {*scenarios.ScenarioSpec.__struct_fields__, "$schema"}
    assert {one.get("$ref", "").rpartition("/")[2] for one in fields["options"]["anyOf"]} == {"", *kinds}
    assert kinds <= set(parts)
    assert parts["BuyerSpec"]["required"] == ["type", "name", "limit"]


def test_bare_names_are_those_of_the_structs() -> None:
    def words(union: object) -> tuple[set[str], set[str]]:
        parts = union.__args__  # type: ignore[attr-defined]
        bare = {
            word for part in parts for word in getattr(part, "__args__", ()) if not hasattr(part, "__struct_config__")
        }
        structs = [part for part in parts if hasattr(part, "__struct_config__")]
        free = [part for part in structs if len(part.__struct_defaults__) == len(part.__struct_fields__)]
        return bare, {str(part.__struct_config__.tag) for part in free}  # those that need no parameter

    for union in (Concession, Bidding, Behaviour, Forming):
        bare, tags = words(union)
        assert bare == tags
    assert words(Concession)[1] == set(STRATEGIES)
    assert words(Forming)[1] == set(FORMING)
    assert words(Bidding)[1] == set(BIDDINGS) - {"budget"}


def test_demo_accounts_for_every_session_and_shows_every_trouble() -> None:
    demo = Demo(seed=1)
    tally = Tally()
    for outcome in NegotiationExecutor(clock="virtual", seed=1, name="demo").run_many(demo.jobs(250)):
        tally.add(outcome)
    total = tally.report("demo").total
    assert sum(total.final_states.values()) == total.sessions == 250
    assert total.agreed + sum(total.failure_codes.values()) == 250
    assert set(demo.troubled) == {"slow", "hang", "crash", "nonsense"}
    assert {"late", "raised", "invalid"} <= set(total.faults)
    assert "role" not in total.faults
    assert set(tally.protocols) == set(protocols())


def test_demo_is_the_same_under_the_same_seed() -> None:
    def limits(seed: int) -> list[object]:
        return [[getattr(agent, "limit", agent.name) for agent in agents] for agents, _, _ in Demo(seed).jobs(20)]

    assert limits(3) == limits(3)
    assert limits(3) != limits(4)
    first, again = Demo(5), Demo(5)
    assert len(list(first.jobs(100))) == len(list(again.jobs(100))) == 100
    assert first.troubled == again.troubled != Counter()
