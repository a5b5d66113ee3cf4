"""Malformed domain files: the file, the line or path, and what was expected; never another exception, never a hang."""

from __future__ import annotations

import random
from contextlib import suppress
from pathlib import Path

import pytest

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.scenarios import ScenarioError, load_domain, read_genius, read_genius_folder, read_geniusweb_folder
from negotiate_rt.scenarios import domains as forms
from negotiate_rt.scenarios.domain import Source
from negotiate_rt.scenarios.domain_files import domain_of
from negotiate_rt.scenarios.domains import sniffed
from tests.scenarios.domains_at_random import GENIUS, GENIUSWEB, TOML


def put(folder: Path, texts: dict[str, str]) -> Path:
    for name, text in texts.items():
        (folder / name).write_bytes(text.encode("utf-8"))
    return folder


def refusal(*paths: Path) -> ScenarioError:
    with pytest.raises(ScenarioError) as caught:
        load_domain(*paths)
    return caught.value


BOMB = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]>\n'

# what to replace in which file by what, and what is said: the line it is about, and what was expected there
GENIUS_SLIPS = {
    "truncated": ("car_buyer.xml", '<weight index="1" value="1"/>', None, "line 14: not XML: no element found"),
    "not closed": (
        "car.xml", '<item index="1" value="red" cost="0" description="bright"/>', "<item>", "line 7: not XML: mismatched",
    ),
    "no attribute": ("car.xml", 'name="Colour"', "", "line 4: <issue> has no name; expected text"),
    "weight missing": (
        "car_buyer.xml", '<weight index="2" value="1"/>', "",
        "line 7: issue 'Doors' has no weight; expected <weight index=\"2\" value=\"...\"/> in its objective",
    ),
    "negative weight": (
        "car_buyer.xml", '<weight index="2" value="1"/>', '<weight index="2" value="-1"/>',
        "line 15: expected value to be a number >= 0, got '-1'",
    ),
    "weight no number": (
        "car_buyer.xml", '<weight index="2" value="1"/>', '<weight index="2" value="NaN"/>',
        "line 15: expected value to be a finite number, got 'NaN'",
    ),
    "weight infinite": (
        "car_buyer.xml", '<weight index="2" value="1"/>', '<weight index="2" value="1e999"/>',
        "line 15: expected value to be a finite number, got '1e999'",
    ),
    "weight twice": (
        "car_buyer.xml", '<weight index="2" value="1"/>', '<weight index="1" value="1"/>',
        "line 15: the weight of issue 1 stands twice, also at line 14",
    ),
    "weight of nothing": (
        "car_buyer.xml", '<weight index="3"', '<weight index="9"', "line 16: there is no issue with index '9', only 1, 2, 3",
    ),
    "weight without value": (
        "car_buyer.xml", '<weight index="3" value="2"/>', '<weight index="3"/>',
        "line 16: <weight> has no value; expected a finite number",
    ),
    "duplicate value": (
        "car.xml", 'value="white"', 'value="red"', "line 6: issue 'Colour': item 'red' stands twice, also at line 5",
    ),
    "duplicate issue": (
        "car.xml", 'name="Doors"', 'name="Colour"', "line 8: issue 'Colour' stands twice, also at line 4",
    ),
    "unknown issue": (
        "car_buyer.xml", 'name="Doors"', 'name="Dors"',
        "has no issue 'Dors', only Colour, Doors, Price; did you mean 'Doors'?",
    ),
    "unknown value": (
        "car_buyer.xml", 'value="white"', 'value="wite"',
        "line 5: issue 'Colour' of the domain {domain} has no value 'wite', only 'red', 'white'; did you mean 'white'?",
    ),
    "value missing": (
        "car_buyer.xml", '<item index="2" value="white" evaluation="10"/>', "",
        "line 3: issue 'Colour' has no item 'white', which the domain {domain} has at line 4",
    ),
    "evaluation missing": (
        "car_buyer.xml", ' evaluation="10"', "", "line 5: <item> has no evaluation; expected a finite number",
    ),
    "evaluation negative": (
        "car_buyer.xml", 'evaluation="10"', 'evaluation="-10"', "line 5: expected evaluation to be a number >= 0, got '-10'",
    ),
    "bounds differ": (
        "car_buyer.xml", 'lowerbound="2" upperbound="6"', 'lowerbound="2" upperbound="7"',
        "line 7: issue 'Doors' has the bounds [2, 7], but the domain {domain} has [2, 6] at line 8",
    ),
    "bounds turned round": (
        "car.xml", 'lowerbound="2" upperbound="6"', 'lowerbound="6" upperbound="2"',
        "line 8: expected lowerbound <= upperbound, got 6 > 2",
    ),
    "bounds not whole": (
        "car.xml", 'lowerbound="2"', 'lowerbound="2.5"', "line 8: expected lowerbound to be a whole number, got '2.5'",
    ),
    "bounds missing": (
        "car.xml", '<range lowerbound="10.0" upperbound="30.0"/>', "", "line 9: <issue> has no lowerbound",
    ),
    "type": (
        "car.xml", 'vtype="integer"', 'vtype="intger"',
        "line 8: expected type to be one of discrete, integer, real, got 'intger'; did you mean 'integer'?",
    ),
    "evaluator missing": (
        "car_buyer.xml", '<evaluator ftype="linear" offset="0.2" slope="0.2"/>', "",
        "line 7: issue 'Doors' has no <evaluator>; expected one of linear, triangular, constant",
    ),
    "evaluator unknown": (
        "car_seller.xml", 'ftype="triangular"', 'ftype="triangle"',
        "line 8: expected ftype to be one of linear, triangular, constant, got 'triangle'; did you mean 'triangular'?",
    ),
    "evaluator below 0": (
        "car_buyer.xml", 'parameter1="-0.05"', 'parameter1="-0.5"', "line 12: issue 'Price': expected worths >= 0, got -13.5",
    ),
    "triangle": (
        "car_seller.xml", 'parameter2="4"', 'parameter2="9"', "line 8: a triangle needs low <= peak <= high",
    ),
    "discount": (
        "car_buyer.xml", '<discount_factor value="0.9"/>', '<discount_factor value="1.9"/>',
        "line 18: expected a discount factor within [0, 1], got 1.9",
    ),
    "reservation": (
        "car_buyer.xml", '<reservation value="0.25"/>', '<reservation value="a bit"/>',
        "line 19: expected value to be a finite number, got 'a bit'",
    ),
    "reservation twice": (
        "car_buyer.xml", '<reservation value="0.25"/>', '<reservation value="0"/>\n<reservation value="0"/>',
        "line 20: <reservation> stands twice, also at line 19",
    ),
    "wrong root": (
        "car_buyer.xml", "utility_space>", "utilities>",
        "line 1: expected the root <utility_space> of a Genius utility profile, got <utilities>",
    ),
    "entities": (
        "car.xml", "<negotiation_template>", BOMB + "<negotiation_template>", "line 1: expected no entities, got 'a'",
    ),
    "no issue": ("car.xml", "<issue", "<tissue", "not XML: mismatched tag"),
}  # fmt: skip


@pytest.mark.parametrize("slip", GENIUS_SLIPS)
def test_a_slip_in_genius_xml_is_told_at_its_line(tmp_path: Path, slip: str) -> None:
    name, old, new, said = GENIUS_SLIPS[slip]
    put(tmp_path, GENIUS)
    text = GENIUS[name]
    assert old in text
    (tmp_path / name).write_text(text[: text.index(old)] if new is None else text.replace(old, new), encoding="utf-8")
    error = refusal(tmp_path)
    assert error.source == str(tmp_path / name)
    assert str(error).startswith(error.source)
    assert said.format(domain=tmp_path / "car.xml") in str(error)


def test_thousands_of_slips_take_no_longer_than_fifty(tmp_path: Path) -> None:
    """Each misspelt value would be compared with all that there are."""
    many = "".join(f'<item value="white{place}" evaluation="1"/>\n' for place in range(3_000))
    put(tmp_path, GENIUS)
    for name in ("car.xml", "car_buyer.xml"):
        other = many.replace("white", "w" if name == "car.xml" else "v")
        text = GENIUS[name].replace('<item index="2"', other + '<item index="2"')
        (tmp_path / name).write_text(text, encoding="utf-8")
    assert str(refusal(tmp_path)).count("\n") == 51
    values = ", ".join(f"v{place} = 1" for place in range(3_000))
    web = GENIUSWEB["flat1.json"].replace('"low": 0.25', values.replace("v", '"v').replace(" =", '":') + ', "low": 0.25')
    (tmp_path / "web").mkdir()
    put(tmp_path / "web", {**GENIUSWEB, "flat1.json": web})
    assert str(refusal(tmp_path / "web")).count("\n") >= 50
    own = TOML.replace("{none = 0,", f"{{none = 0, {values},")
    with pytest.raises(ScenarioError) as caught:
        domain_of(Source("own.toml", "own", own.encode()), "toml")
    assert len(caught.value.flaws) == 51


def test_all_slips_of_a_genius_file_are_told_at_once(tmp_path: Path) -> None:
    put(tmp_path, GENIUS)
    text = GENIUS["car_buyer.xml"].replace('evaluation="5"', 'evaluation="x"').replace('value="0.9"', 'value="-1"')
    (tmp_path / "car_buyer.xml").write_text(text, encoding="utf-8")
    assert [flaw.partition(":")[0] for flaw in refusal(tmp_path).flaws] == ["line 4", "line 18"]


def test_a_missing_issue_is_told_with_both_files(tmp_path: Path) -> None:
    put(tmp_path, GENIUS)
    lines = GENIUS["car_seller.xml"].splitlines()
    (tmp_path / "car_seller.xml").write_text("\n".join(lines[:2] + lines[6:]), encoding="utf-8")
    error = refusal(tmp_path)
    assert error.source.endswith("car_seller.xml")
    assert f"issue 'Colour' is missing, which the domain {tmp_path / 'car.xml'} has at line 4" in str(error)


def test_a_folder_holds_one_domain_file(tmp_path: Path) -> None:
    put(tmp_path, {"car_buyer.xml": GENIUS["car_buyer.xml"]})
    assert "expected one domain file (<negotiation_template>) in the folder, got none" in str(refusal(tmp_path))
    put(tmp_path, {"a.xml": GENIUS["car.xml"], "b.xml": GENIUS["car.xml"]})
    assert f"got 2: {tmp_path / 'a.xml'}, {tmp_path / 'b.xml'}" in str(refusal(tmp_path))


def test_a_profile_in_the_place_of_the_domain_is_named_as_one(tmp_path: Path) -> None:
    put(tmp_path, GENIUS)
    with pytest.raises(ScenarioError, match="this is a profile: name the domain file first"):
        read_genius(tmp_path / "car_buyer.xml", tmp_path / "car.xml")
    with pytest.raises(ScenarioError, match="this is a domain file"):
        read_genius(tmp_path / "car.xml", tmp_path / "car.xml")


def test_what_is_missing_or_empty_is_told(tmp_path: Path) -> None:
    for read in (read_genius_folder, read_geniusweb_folder, load_domain):
        with pytest.raises(ScenarioError, match=r"No such file|there is no such file"):
            read(tmp_path / "nowhere")
    assert "expected domain files (.xml, .json, .toml) in the folder, got none" in str(refusal(tmp_path))
    with pytest.raises(ScenarioError, match="expected a domain file or folder, got none"):
        load_domain()
    put(tmp_path, {"empty.xml": ""})
    assert "no element found" in str(refusal(tmp_path))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b'<?xml version="1.0" encoding="klingon"?><a/>', "not XML"),
        (b"<a>" * 100, "line 1: expected elements nested at most 64 deep"),
        (b'<!DOCTYPE a SYSTEM "other.dtd"><a>&b;</a>', "expected no entities, got 'b'"),
        (b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>', "expected no entities, got 'b'"),
        (b'<!DOCTYPE a [<!ENTITY % b "x">]><a/>', "expected no entities, got 'b'"),
        (b"<a>\xff</a>", "not XML: not well-formed (invalid token)"),
        (b"<a/>" + b" " * 2**24, "bytes"),
    ],
)
def test_xml_that_is_an_attack_is_refused(tmp_path: Path, content: bytes, said: str) -> None:
    (tmp_path / "x.xml").write_bytes(content)
    assert said in str(refusal(tmp_path / "x.xml"))


def test_xml_of_too_many_elements_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("negotiate_rt.scenarios.xml_tree.MOST_ELEMENTS", 100)
    (tmp_path / "x.xml").write_bytes(b"<a>" + b"<b/>\n" * 100 + b"</a>")
    assert "line 100: expected at most 100 elements" in str(refusal(tmp_path / "x.xml"))


WEB = "LinearAdditiveUtilitySpace"
WEB_SLIPS = {
    "truncated": ("flat1.json", '"reservationBid"', None, "not JSON"),
    "key twice": ("flat1.json", '"rent": 0.3', '"floor": 0.3', "not JSON: the key 'floor' stands twice in one object"),
    "no number": ("flat1.json", '"rent": 0.3', '"rent": NaN', "not JSON: NaN is no number"),
    "weight missing": ("flat1.json", '"rent": 0.3, ', "", f"{WEB}.issueWeights.rent: missing"),
    "weights short": (
        "flat1.json", '"rent": 0.3', '"rent": 0.2', f"{WEB}.issueWeights: expected weights that sum to 1, got 0.9",
    ),
    "weight negative": (
        "flat1.json", '"rent": 0.3', '"rent": -0.3',
        f"{WEB}.issueWeights.rent: expected a finite number within [0, 1], got -0.3",
    ),
    "weight text": (
        "flat1.json", '"rent": 0.3', '"rent": "x"', f"{WEB}.issueWeights.rent: expected a finite number within",
    ),
    "unknown issue": (
        "flat1.json", '"rent": 0.3', '"rnt": 0.3',
        f"{WEB}.issueWeights.rnt: the domain has no such issue, only floor, rent, rate; did you mean 'rent'?",
    ),
    "worth above 1": (
        "flat1.json", '"high": 1.0', '"high": 1.5',
        f"{WEB}.issueUtilities.floor.discreteutils.valueUtilities.high: expected a finite number within [0, 1], got 1.5",
    ),
    "unknown value": (
        "flat1.json", '"high": 1.0', '"hgh": 1.0', "valueUtilities.hgh: the issue has no such value, only 'low', 'high'; did you",
    ),
    "value missing": ("flat1.json", ', "high": 1.0', "", "valueUtilities.high: missing"),
    "kind of utilities": (
        "flat1.json", '"discreteutils"', '"numberutils"',
        f"{WEB}.issueUtilities.floor: expected discreteutils for 'low', 'high', got numberutils",
    ),
    "line": (
        "flat1.json", '"highValue": 900', '"highValue": 600', "rent.numberutils: expected lowValue < highValue, got 600 and 600",
    ),
    "line too short": (
        "flat2.json", '"highValue": 900', '"highValue": 700', "rent.numberutils: expected worths within [0, 1], got 3 at 900",
    ),
    "line without end": (
        "flat1.json", '"lowUtility": 0.2, ', "", "rate.numberutils.lowUtility: expected a finite number",
    ),
    "value twice": (
        "flat.json", '["low", "high"]', '["low", "low"]', "issuesValues.floor.values[1]: 'low' stands twice, also at [0]",
    ),
    "value no text": (
        "flat.json", '["low", "high"]', '["low", 2]', "issuesValues.floor.values[1]: expected text, got 2",
    ),
    "no values": (
        "flat.json", '["low", "high"]', "[]", "issuesValues.floor.values: expected one or more values, got none",
    ),
    "neither": (
        "flat.json", '{"values": ["low", "high"]}', "{}", "issuesValues.floor: expected either values or range, got neither",
    ),
    "range": (
        "flat.json", "[600, 900, 50]", "[600, 900, 0]", "issuesValues.rent.range: expected low <= high and step > 0",
    ),
    "short range": (
        "flat.json", "[600, 900, 50]", "[600, 900]", "issuesValues.rent.range: expected [low, high, step], got 2",
    ),
    "long range": (
        "flat.json", '"0.1"]', '"1e-9"]', "issuesValues.rate.range: expected at most 100000 numbers that are not whole",
    ),
    "no issues": ("flat.json", '"issuesValues"', '"issueValues"', "did you mean 'issuesValues'?"),
    "domains differ": (
        "flat1.json", "[600, 900, 50]", "[600, 950, 50]",
        f"{WEB}.domain.issuesValues.rent: got whole numbers from 600 to 950 in steps of 50, but {{domain}} has whole numbers",
    ),
    "party twice": ("flat2.json", '"landlord"', '"tenant"', f"{WEB}.name: another file has the party 'tenant', too"),
    "bid": (
        "flat1.json", '"rent": 700', '"rent": 710',
        f"{WEB}.reservationBid.issuevalues.rent: expected one of whole numbers from 600 to 900 in steps of 50, got 710",
    ),
    "bid incomplete": ("flat1.json", '"rent": 700, ', "", f"{WEB}.reservationBid.issuevalues.rent: missing"),
    "wrong root": (
        "flat2.json", f'"{WEB}"', '"SumOfGroups"', f"expected {WEB} (a profile) or issuesValues (a domain), got SumOf",
    ),
    "no weights": ("flat1.json", '"issueWeights"', '"weights"', f"{WEB}.issueWeights: missing; expected an object"),
}  # fmt: skip


@pytest.mark.parametrize("slip", WEB_SLIPS)
def test_a_slip_in_geniusweb_json_is_told_at_its_path(tmp_path: Path, slip: str) -> None:
    name, old, new, said = WEB_SLIPS[slip]
    put(tmp_path, GENIUSWEB)
    text = GENIUSWEB[name]
    assert old in text
    (tmp_path / name).write_text(text[: text.index(old)] if new is None else text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ScenarioError) as caught:
        read_geniusweb_folder(tmp_path)
    error = caught.value
    assert error.source == str(tmp_path / name)
    assert said.format(domain=tmp_path / "flat.json") in str(error)


TOML_SLIPS = {
    "truncated": ("rate = -0.1\n", "rate = ", "not TOML"),
    "field": ("discount = 0.95", "discont = 0.95", "party[0].discont: no such field; did you mean 'discount'?"),
    "discount": (
        "discount = 0.95", "discount = 1.5", "party[0].discount: expected a finite number >= 0 and <= 1, got 1.5",
    ),
    "weight missing": ("latency = 0.25, ", "", "party[0].weights.latency: missing"),
    "weight negative": (
        "latency = 0.25", "latency = -1", "party[0].weights.latency: expected a finite number >= 0, got -1",
    ),
    "weight nan": (
        "latency = 0.25", "latency = nan", "party[0].weights.latency: expected a finite number >= 0, got nan",
    ),
    "unknown issue": (
        "latency = 0.25", "latncy = 0.25",
        "party[0].weights.latncy: there is no such issue, only latency, support, price, backup; did you mean 'latency'?",
    ),
    "too few worths": (
        "support = [1, 0.5, 0]", "support = [1, 0.5]", "party[0].values.support: expected 3 numbers, one for each of",
    ),
    "worth missing": ("{none = 0, ", "{", "party[1].values.support.none: missing"),
    "unknown value": (
        "{none = 0, ", "{nne = 0, ", "party[1].values.support.nne: the issue has no such value, only 'none', 'email',",
    ),
    "table of a continuous issue": (
        "backup = [1, 2, 3, 4]", "backup = [1, 2, 3], price = [1, 2]", "party[0].evaluations.price: party[0].values.price says",
    ),
    "evaluation": ('"polynomial"', '"polynomal"', "party[0].evaluations.price.type: expected one of"),
    "evaluation of text": (
        "support = [1, 0.5, 0], backup = [1, 2, 3, 4]}\nevaluations = {",
        'backup = [1, 2, 3, 4]}\nevaluations = {support = {type = "linear", slope = 1}, ',
        "party[0].evaluations.support: expected an issue of numbers, got 'none', 'email', 'phone'",
    ),
    "type": ('type = "ordinal"', 'type = "ordnal"', "issue[1].type: expected one of categorical,"),
    "values missing": (
        'values = ["none", "email", "phone"]', "", "issue[1].values: missing; expected a list (or type = 'integer'",
    ),
    "bound missing": ("high = 50.5\n", "", "issue[2].high: missing; expected a finite number for type 'continuous'"),
    "values of a range": (
        "high = 50.5\n", "high = 50.5\nvalues = [1]", "issue[2].values: an issue of type 'continuous' has none",
    ),
    "bounds": ("low = 10\n", "low = 110\n", "issue[0]: issue 'latency': low must not be above high, got 110 > 100"),
    "not whole": ("low = 10\n", "low = 10.5\n", "issue[0]: issue 'latency': low must be a whole number, got 10.5"),
    "value twice": (
        '"none", "email"', '"email", "email"', "issue[1]: issue 'support': values[1] 'email' equals values[0] 'email'",
    ),
    "issue twice": ('name = "support"', 'name = "latency"', "issue[1].name 'latency' is also issue[0].name"),
    "party twice": ('name = "customer"', 'name = "provider"', "party[1].name: 'provider' is also the name of party[0]"),
    "constraint": ("most = 90", "", "constraint[0]: a linear constraint needs a bound: most, least or both"),
    "constraint on nothing": (
        "support = \"phone\"", 'supprt = "phone"', "there is no issue 'supprt', only latency, support,",
    ),
    "information": ('"complete"', '"open"', "information: expected one of complete, private, got 'open'"),
    "scenario": ('name = "service"', 'protocol = "bilateral"', "got a scenario, which has a protocol"),
}  # fmt: skip


@pytest.mark.parametrize("slip", TOML_SLIPS)
def test_a_slip_in_our_own_file_is_told_at_its_path(slip: str) -> None:
    old, new, said = TOML_SLIPS[slip]
    assert old in TOML
    text = TOML.replace(old, new, 1)
    with pytest.raises(ScenarioError) as caught:
        domain_of(Source("own.toml", "own", text.encode()), "toml")
    assert caught.value.source == "own.toml"
    assert said in str(caught.value)


# -- mutations --------------------------------------------------------------------------------------------------------

SPLICES = [
    b"", b"<", b">", b'"', b"{", b"}", b"[", b"]", b"-1", b"1e999", b"nan", b"&amp;", b"\x00", b"\xff", b"9" * 11, b"null",
]  # fmt: skip


def mutated(content: bytes, rng: random.Random) -> bytes:
    """The content with a few pieces cut, doubled, moved or replaced."""
    for _ in range(rng.randint(1, 4)):
        start = rng.randrange(len(content) + 1)
        stop = min(len(content), start + rng.choice((0, 1, 2, 8, 40)))
        piece = rng.choice((*SPLICES, content[start:stop] * 2, content[rng.randrange(len(content) + 1) :][:20]))
        content = content[:start] + piece + content[stop:]
    return content


def survives(texts: dict[str, str], rng: random.Random) -> None:
    victim = rng.choice(sorted(texts))
    sources = [
        Source(name, Path(name).stem, mutated(text.encode(), rng) if name == victim else text.encode())
        for name, text in sorted(texts.items())
    ]
    with suppress(ConfigurationError):
        forms._of_sources(sources, [sniffed(source, Path(source.path)) for source in sources])


@pytest.mark.parametrize("texts", [GENIUS, GENIUSWEB, {"own.toml": TOML}], ids=["genius", "geniusweb", "toml"])
@pytest.mark.parametrize("seed", range(3))
def test_mutated_files_give_a_problem_or_our_own_error(texts: dict[str, str], seed: int) -> None:
    rng = random.Random(f"mutations/{seed}")
    for _ in range(60):
        survives(texts, rng)
