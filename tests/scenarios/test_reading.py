"""Scenario texts: every slip is told at its path, all slips of a file at once."""

from __future__ import annotations

import json

import pytest

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.scenarios import ScenarioError, loads
from negotiate_rt.scenarios.format import ScenarioSpec
from negotiate_rt.scenarios.reading import MAX_BYTES, blamed, build, decoded, parse
from negotiate_rt.strategies import STRATEGIES

HEAD = 'name = "x"\nprotocol = "bilateral"\n'
SELLER = '[[agents]]\ntype = "seller"\nname = "Sam"\nlimit = 60\n'
BUYER = '[[agents]]\ntype = "buyer"\nname = "Bea"\nlimit = 80\n'


def flaws_of(text: str, form: str = "toml") -> tuple[str, ...]:
    with pytest.raises(ScenarioError) as caught:
        loads(text, form, "file")
    return caught.value.flaws


SLIPS = {
    "misspelt field": ("max_round = 3", "", "max_round: no such field; did you mean 'max_rounds'?"),
    "field like no other": ("zzz = 3", "", "zzz: no such field; fields: name, protocol, agents, description,"),
    "field of an agent": ("", "limt = 3", "agents[1].limt: seller has no such field; did you mean 'limit'?"),
    "strategy's field": (
        "", 'strategy = {name = "exponential", rat = 5}',
        "agents[1].strategy.rat: exponential has no such field; did you mean 'rate'?",
    ),
    "strategy's value": (
        "", 'strategy = {name = "exponential", rate = "five"}',
        "agents[1].strategy.rate: expected a finite number, got 'five'",
    ),
    "strategy out of range": (
        "", 'strategy = {name = "time-dependent", beta = -1}', "agents[1].strategy.beta: must be > 0, got -1.0",
    ),
    "strategy's name": (
        "", 'strategy = {name = "exponentail"}',
        f"agents[1].strategy.name: expected one of {', '.join(sorted(STRATEGIES))}, got 'exponentail'; "
        "did you mean 'exponential'?",
    ),
    "bare strategy": (
        "", 'strategy = "liner"',
        f"agents[1].strategy: expected one of {', '.join(sorted(STRATEGIES))}, got 'liner'; "
        "did you mean 'linear'?",
    ),
    "strategy of a wrong kind": (
        "", "strategy = 3", f"agents[1].strategy: expected a table with 'name' or one of {', '.join(sorted(STRATEGIES))}, got 3",
    ),
    "tag missing": ("", "strategy = {rate = 5}", "agents[1].strategy.name: missing; expected one of"),
    "tag of a wrong kind": ("", "strategy = {name = 5}", "agents[1].strategy.name: expected one of"),
    "behaviour": ("", 'behaviour = "craash"', "agents[1].behaviour: expected one of crash, hang, hog, nonsense, skew, slow, got"),
    "draw upside down": (
        "", 'opening = {draw = "uniform", low = 9, high = 1}',
        "agents[1].opening.high: expected at least low (9), got 1",
    ),
    "too few": ("max_rounds = 0", "", "max_rounds: expected a whole number >= 1, got 0"),
    "not whole": ("max_rounds = 2.5", "", "max_rounds: expected a whole number >= 1, got 2.5"),
    "bool for a number": ("max_rounds = true", "", "max_rounds: expected a whole number"),
    "not finite": ("timeout = inf", "", "timeout: expected a finite number > 0, got inf"),
    "huge": ("seed = 9" + "0" * 400, "", "seed: expected a whole number, got an integer of 1332 bits"),
    "word": ('clock = "virtul"', "", "clock: expected one of real, virtual, got 'virtul'; did you mean 'virtual'?"),
    "empty name": ("", 'count = 0', "agents[1].count: expected a whole number >= 1 and <= 100000, got 0"),
    "a table for a word": ("clock = {a = 1}", "", "clock: expected one of real, virtual, got a table"),
    "a list for a number": ("seed = [1, 2]", "", "seed: expected a whole number, got a list of 2"),
    "a date": ("seed = 1979-05-27", "", "seed: expected a whole number, got 1979-05-27"),
    "true or false": ("", 'guard = "yes"', "agents[1].guard: expected true or false, got 'yes'"),
    "latency": (
        "network = {latency = {kind = \"unifrm\", low = 0, high = 1}}", "",
        "network.latency.kind: expected one of constant, empirical, exponential, log-normal, normal, uniform, got 'unifrm'",
    ),
    "latency out of range": (
        'network = {latency = {kind = "uniform", low = -1, high = 1}}', "",
        "network.latency.low: expected a number from 0 to 1e+06, got -1.0",
    ),
    "sample": (
        'network = {latency = {kind = "empirical", samples = [0.1, -2]}}', "",
        "network.latency.samples[1]: expected a number from 0 to 1e+06, got -2.0",
    ),
    "link": (
        'network = {links = {"a>b" = {loss = 7}}}', "", 'network.links."a>b".loss: expected a number from 0 to 1, got 7.0',
    ),
    "remedy": ('on_fault = {late = "skp"}', "", "on_fault.late: expected one of fail, repair, skip, withdraw, got 'skp'"),
    "remedies": (
        'on_fault = {invalid = ["repair", "x"]}', "", "on_fault.invalid[1]: expected one of fail, repair, skip, withdraw",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("top", "own", "wanted"), SLIPS.values(), ids=SLIPS)
def test_a_slip_is_told_at_its_path(top: str, own: str, wanted: str) -> None:
    (flaw,) = flaws_of(f"{HEAD}{top}\n{BUYER}{SELLER}{own}\n")
    assert sorted_options(flaw).startswith(sorted_options(wanted))


def sorted_options(flaw: str) -> str:
    """The order of a closed set of words is that of the unions in the code; a test should not care."""
    head, mark, rest = flaw.partition("expected one of ")
    words, got, tail = rest.partition(", got ")
    return head + mark + (", ".join(sorted(words.split(", "))) if got else words) + got + tail


def test_all_slips_of_a_file_are_told_at_once_under_its_name() -> None:
    text = HEAD + "max_rounds = 0\nclok = 1\n" + BUYER + "limitt = 3\n" + SELLER.replace("60", '"much"')
    with pytest.raises(ScenarioError) as caught:
        loads(text, "toml", "some.toml")
    assert isinstance(caught.value, ConfigurationError)
    assert caught.value.source == "some.toml"
    assert str(caught.value).splitlines()[0] == "some.toml: 4 errors:"
    assert {flaw.partition(":")[0] for flaw in caught.value.flaws} == {
        "max_rounds", "clok", "agents[0].limitt", "agents[1].limit",
    }  # fmt: skip


def test_missing_fields_are_named_with_what_they_should_hold() -> None:
    assert flaws_of('protocol = "bilateral"\nagents = [{type = "buyer"}]') == (
        "name: missing; expected text",
        "agents[0].name: missing; expected text",
        "agents[0].limit: missing; expected a finite number or a table with 'draw'",
    )
    assert flaws_of('name = ""\nprotocol = "bilateral"\nagents = []') == (
        "name: expected text, got none", "agents: expected at least 1, got 0",
    )  # fmt: skip


def test_json_says_the_same_as_toml() -> None:
    tree = {
        "$schema": "schema.json", "name": "x", "protocol": "bilateral", "timeout": None,
        "agents": [{"type": "buyer", "name": "Bea", "limit": 80}, {"type": "seller", "name": "Sam", "limit": 60}],
    }  # fmt: skip
    from_json = loads(json.dumps(tree), "json").spec
    from_toml = loads(HEAD + BUYER + SELLER).spec
    assert from_json.agents == from_toml.agents
    assert from_json.timeout is None


@pytest.mark.parametrize(
    ("text", "form", "wanted"),
    [
        ("x = [", "toml", "not TOML: "),
        ("x = 1\ny = = 2", "toml", "(at line 2, column 5)"),
        ('{"a": 1,\n "b": }', "json", "not JSON: Expecting value (at line 2, column 7)"),
        ('{"a": 1, "a": 2}', "json", "not JSON: the key 'a' stands twice in one object"),
        ('{"a": NaN}', "json", "not JSON: NaN is no number"),
        ('{"a": ' + "9" * 5000 + "}", "json", "not JSON: Exceeds the limit"),
        ("[1, 2]", "json", "expected an object with fields, got a list of 2"),
        ("[" * 100_000, "json", "nests too deep"),
    ],
)
def test_what_is_no_toml_or_json_is_told_with_its_line(text: str, form: str, wanted: str) -> None:
    (flaw,) = flaws_of(text, form)
    assert wanted in flaw


def test_bytes_must_be_utf8_and_not_too_many() -> None:
    assert decoded(b"\xef\xbb\xbfname") == "name"
    with pytest.raises(ScenarioError, match="expected UTF-8 text, but byte 1 is not"):
        decoded(b"a\xff")
    with pytest.raises(ScenarioError, match="expected at most 16777216 bytes"):
        decoded(b" " * (MAX_BYTES + 1))


def test_long_words_are_cut_and_not_compared() -> None:
    (flaw,) = flaws_of(HEAD + f'clock = "{"v" * 5000}"\n' + BUYER + SELLER)
    assert len(flaw) < 200
    assert "did you mean" not in flaw


def test_an_integer_stays_one_where_numbers_and_words_are_alike() -> None:
    values = build(parse('values = [0, 1.5, "a", true]', "toml"), dict[str, tuple[str | bool | int | float, ...]])
    assert [type(one) for one in values["values"]] == [int, float, str, bool]


def test_blame_falls_on_the_struct_where_the_text_names_no_field() -> None:
    assert blamed("something is wrong", "a.b", ("low", "high")) == ("a.b", "something is wrong")
    assert blamed("pie.size must be > 0", "problem", ("size",)) == ("problem.size", "must be > 0")
    assert blamed("nothing", "a", ()) == ("a", "nothing")


def test_a_spec_keeps_what_was_written() -> None:
    spec = build(parse(HEAD + BUYER + SELLER + 'strategy = "linear"\n', "toml"), ScenarioSpec)
    assert spec.agents[0].limit == 80.0
    assert spec.agents[1].strategy == "linear"
