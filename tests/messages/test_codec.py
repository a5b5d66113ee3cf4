from __future__ import annotations

import enum
import json
import math
import string
import subprocess
import sys
from typing import Any

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as some

from negotiate_rt.errors import CodecError
from negotiate_rt.messages.codec import Codec
from negotiate_rt.messages.content import LEAST, MOST
from negotiate_rt.messages.envelope import Envelope, Route
from negotiate_rt.messages.performatives import (
    PERFORMATIVES,
    SYSTEM_EVENTS,
    Accept,
    Cfp,
    Inform,
    Message,
    Notice,
    Propose,
    Walk,
    fipa_name,
)
from negotiate_rt.problems.task import FrozenMapping, Task


class Lot(msgspec.Struct, frozen=True, kw_only=True, tag="lot"):
    items: frozenset[str]
    price: float = 0.0
    next: Lot | Point | None = None

    def __post_init__(self) -> None:
        if self.price < 0:
            raise ValueError(f"price must be >= 0, got {self.price}")


class Point(msgspec.Struct, frozen=True, tag=True):
    x: Any = None
    y: Any = None


class Sly(msgspec.Struct, frozen=True):
    value: int

    def __post_init__(self) -> None:
        assert 1 / self.value


class Overbid(Message, frozen=True, tag="overbid"):
    lot: Lot
    by: float = 1.0


class Colour(enum.StrEnum):
    RED = "red"


class Level(enum.IntEnum):
    HIGH = 3


CONTENTS = (Lot, Point, Sly, Overbid)
JSON, MSGPACK = Codec("json", CONTENTS), Codec("msgpack", CONTENTS)
BOTH = pytest.mark.parametrize("codec", [JSON, MSGPACK], ids=["json", "msgpack"])
ROUTE = Route("world/7", "Bea", "Sam", "bilateral")


def said(message: Message) -> Envelope:
    return Envelope(ROUTE, message, 3, 2, 7.5)


def wire(**changes: Any) -> bytes:
    """A valid proposal as JSON, with changes to the frame; DROP leaves a key out."""
    frame = {
        "conversation": "world/7", "sender": "Bea", "receiver": "Sam", "protocol": "bilateral", "reply_with": 3,
        "in_reply_to": 2, "reply_by": None, "message": {"performative": "propose", "value": 5, "offer": "world/7/1"},
    }  # fmt: skip
    frame.update(changes)
    return json.dumps({key: value for key, value in frame.items() if value is not DROP}).encode()


def proposal(value: Any, **changes: Any) -> bytes:
    return wire(message={"performative": "propose", "value": value, **changes})


DROP = object()


# --------------------------------------------------------------------------------------------------- there and back
@BOTH
@pytest.mark.parametrize("kind", [*PERFORMATIVES, *SYSTEM_EVENTS], ids=fipa_name)
def test_every_act_and_system_event_round_trips(codec: Codec, kind: type[Message]) -> None:
    samples = {"str": "a reason", "Content": (1, "x"), "float | None": 2.5, "int": 4, "tuple[str, ...]": ("a", "b")}
    full = kind(**{field: samples[kind.__annotations__[field]] for field in kind.__struct_fields__})
    for message in [full] if kind is Propose else [full, kind()]:
        envelope = said(message)
        back = codec.decode(codec.encode(envelope))
        assert back == envelope
        assert type(back.message) is kind


scalars = (
    some.none() | some.booleans() | some.integers() | some.integers(-(2**200), 2**200)
    | some.floats(allow_nan=False, allow_infinity=False) | some.text(max_size=8) | some.binary(max_size=8)
)  # fmt: skip
contents = some.recursive(
    scalars,
    lambda inner: (
        some.lists(inner, max_size=3).map(tuple)
        | some.frozensets(inner, max_size=3)
        | some.dictionaries(some.text(max_size=5) | some.just("$type"), inner, max_size=3).map(lambda d: Task(**d))
        | some.builds(Point, inner, inner)
        | some.builds(Lot, items=some.frozensets(some.text(max_size=3), max_size=2), price=some.floats(0, 1e300))
    ),
    max_leaves=8,
)


def same(one: Any, other: Any) -> bool:
    """Equal, and of the same types throughout: 1, 1.0 and True are equal."""
    return one == other and repr_sorted(one) == repr_sorted(other)


def repr_sorted(value: Any) -> str:
    if isinstance(value, frozenset):
        return f"{{{','.join(sorted(map(repr_sorted, value)))}}}"
    if isinstance(value, tuple):
        return f"({','.join(map(repr_sorted, value))})"
    if isinstance(value, Task):
        return f"Task({','.join(sorted(f'{key!r}:{repr_sorted(one)}' for key, one in value.items()))})"
    if isinstance(value, msgspec.Struct):
        return f"{type(value).__name__}{repr_sorted(msgspec.structs.astuple(value))}"
    return f"int {value:x}" if type(value) is int else repr(value)


@settings(max_examples=30)
@given(contents)
@example((LEAST, MOST, LEAST - 1, MOST + 1, 2**64 - 1, 2**64, -0.0, 5e-324, 1.7976931348623157e308))
@example(10**5000)
@example((True, 1, 1.0, "", b"", (), frozenset(), Task()))
@example(Task(**{"$type": "set", "items": Task(**{"$type": 1})}))
def test_every_content_comes_back_equal_and_of_the_same_type(content: Any) -> None:
    for codec in (JSON, MSGPACK):
        envelope = said(Inform(content))
        data = codec.encode(envelope)
        back = codec.decode(data)
        assert same(back.message.content, content)
        assert back == envelope
        assert codec.encode(back) == data


@BOTH
def test_mutable_and_subclassed_contents_come_back_frozen_and_plain(codec: Codec) -> None:
    narrow = type("Narrow", (float,), {})(2.5)
    content = [{"a": [1, {2}]}, bytearray(b"x"), Colour.RED, Level.HIGH, FrozenMapping({"k": 1}), narrow]
    back = codec.decode(codec.encode(said(Cfp(content)))).message.content
    assert same(back, (Task(a=(1, frozenset({2}))), b"x", "red", 3, Task(k=1), 2.5))


@BOTH
def test_structs_nest_and_acts_of_ones_own_travel(codec: Codec) -> None:
    lot = Lot(items=frozenset({"b", "a"}), price=2, next=Lot(items=frozenset(), next=Point((1,), Task(z=1))))
    envelope = said(Overbid(lot, 2.0))
    assert codec.decode(codec.encode(envelope)) == envelope


def test_the_wire_form_is_one_flat_object_with_sorted_keys() -> None:
    assert JSON.encode(Envelope(ROUTE, Accept("world/7/1"), 4)) == (
        b'{"conversation":"world/7","in_reply_to":0,"message":{"offer":"world/7/1","performative":"accept-proposal"},'
        b'"protocol":"bilateral","receiver":"Sam","reply_by":null,"reply_with":4,"sender":"Bea"}'
    )


def test_what_may_be_left_out_has_the_envelopes_defaults() -> None:
    data = wire(reply_with=DROP, in_reply_to=DROP, reply_by=DROP, message={"performative": "walk"})
    assert JSON.decode(bytearray(data)) == Envelope(ROUTE, Walk())


def test_special_contents_look_as_documented() -> None:
    content = (frozenset({2, "b"}), 2**64, b"xx", Task(**{"$type": 1}), Point(1))
    tree = json.loads(JSON.encode(said(Inform(content))))["message"]["content"]
    assert tree == [
        {"$type": "set", "items": ["b", 2]},
        {"$type": "int", "hex": "10000000000000000"},
        {"$type": "bytes", "base64": "eHg="},
        {"$type": "task", "items": {"$type": 1}},
        {"$type": "Point", "x": 1, "y": None},
    ]


@pytest.mark.slow
def test_bytes_do_not_depend_on_the_hash_seed() -> None:
    program = (
        "from negotiate_rt.messages.codec import Codec\n"
        "from negotiate_rt.messages.envelope import Envelope, Route\n"
        "from negotiate_rt.messages.performatives import Inform\n"
        "content = frozenset({'one', 'two', 'three', frozenset({'four', 'five'})})\n"
        "print(Codec('json').encode(Envelope(Route('c', 'a', 'b', 'p'), Inform(content))))"
    )
    runs = [
        subprocess.run([sys.executable, "-c", program], env={"PYTHONHASHSEED": seed}, capture_output=True, check=True)
        for seed in ("1", "2")
    ]
    assert runs[0].stdout == runs[1].stdout != b""


# ------------------------------------------------------------------------------------------------- refused to write
@BOTH
@pytest.mark.parametrize(
    ("message", "words"),
    [
        (Propose((1, (2, math.nan))), "$.message.value[1][1]: expected a finite number, got nan"),
        (Propose(1, "", math.inf), "$.message.expires_at: expected a finite number, got inf"),
        (Inform(object()), "$.message.content: expected None, bool, int"),
        (Inform(1j), "got a value of type complex"),
        (Inform({"due date": ({"x": {1: 2}},)}), "$.message.content['due date'][0].x: expected keys that are strings"),
        (Inform("\ud800"), "$.message.content: expected text, got '\\ud800', which holds half a surrogate pair"),
        (Inform({"\ud800": 1}), "half a surrogate pair"),
        (Inform(frozenset({1j})), "$.message.content[0]: expected None"),
        (Accept(5), "$.message.offer: Expected `str`, got `int`"),
        (Notice("", 0, ("a", 1)), "$.message.legal[1]: Expected `str`, got `int`"),
        (Inform(Lot(items=frozenset({1}))), "$.message.content.items[0]: Expected `str`, got `int`"),
        (Inform(Lot(items=frozenset(), price=math.nan)), "$.message.content.price: expected a finite number"),
        (Inform(Walk()), "got a value of type Walk: register it, contents=(Walk, ...)"),
        (Point(1), "$.message: expected a performative, got a value of type Point: register it"),
        (5, "$.message: expected a performative, got 5"),
    ],
)
def test_what_cannot_be_carried_is_refused_with_its_path(codec: Codec, message: Any, words: str) -> None:
    with pytest.raises(CodecError) as caught:
        codec.encode(said(message))
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("envelope", "words"),
    [
        (Envelope(Route(1, "a", "b", "p"), Walk()), "$.conversation: Expected `str`, got `int`"),
        (Envelope(Route("c", "a", ["b"], "p"), Walk()), "$.receiver: expected at most"),
        (Envelope(ROUTE, Walk(), -1), "$.reply_with: expected a whole number of at least 0, got -1"),
        (Envelope(ROUTE, Walk(), 1, 1.5), "$.in_reply_to: Expected `int`, got `float`"),
        (Envelope(ROUTE, Walk(), 1, 1, math.inf), "$.reply_by: expected a finite number, got inf"),
    ],
)
def test_a_broken_envelope_is_refused_with_its_path(envelope: Envelope, words: str) -> None:
    with pytest.raises(CodecError) as caught:
        JSON.encode(envelope)
    assert words in str(caught.value)


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = (value,)
    return value


@BOTH
def test_depth_is_limited_both_ways(codec: Codec) -> None:
    deep = Codec(codec.format, max_depth=100)
    assert codec.decode(codec.encode(said(Inform(nested(32))))) == said(Inform(nested(32)))
    too_deep = said(Inform(nested(33)))
    for act in (lambda: codec.encode(too_deep), lambda: codec.decode(deep.encode(too_deep))):
        with pytest.raises(CodecError, match=r"\[0\]: expected at most 32 containers inside each other"):
            act()


def test_a_value_that_contains_itself_is_too_deep() -> None:
    loop: list[Any] = []
    loop.append(loop)
    with pytest.raises(CodecError, match="containers inside each other"):
        JSON.encode(said(Inform(loop)))


@pytest.mark.parametrize("data", [b"[" * 500_000, b'{"message":' * 90_000, b"\x91" * 900_000, b"\x81\xa1a" * 300_000])
def test_bottomless_input_is_refused(data: bytes) -> None:
    for codec in (JSON, MSGPACK):
        with pytest.raises(CodecError):
            codec.decode(data)


def test_size_is_limited_both_ways() -> None:
    small = Codec(max_bytes=300)
    with pytest.raises(CodecError, match=r"\$: expected at most 300 bytes, got \d+"):
        small.encode(said(Inform("x" * 300)))
    with pytest.raises(CodecError, match=r"\$: expected at most 300 bytes, got 301"):
        small.decode(b" " * 301)


# ------------------------------------------------------------------------------------------------------ refused to read
@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "$: expected json: Input data was truncated"),
        (b"{} x", "trailing characters"),
        (b'"\xff"', "$: expected json"),
        ("{}", "$: expected bytes, got str"),
        (b"[]", "$: Expected `object`, got `array`"),
        (b"NaN", "malformed"),
        (wire(sender=5), "$.sender: Expected `str`, got `int`"),
        (wire(sender=DROP), "$: Object missing required field `sender`"),
        (wire(colour="red"), "unknown field `colour`"),
        (wire(reply_with=-1), "$.reply_with: expected a whole number of at least 0, got -1"),
        (wire(in_reply_to=True), "$.in_reply_to: Expected `int`, got `bool`"),
        (wire(reply_by="soon"), "$.reply_by: Expected `float | null`, got `str`"),
        (wire(message=[]), "$.message: Expected `object`, got `array`"),
        (wire(message={}), "$.message.performative: expected one of"),
        (wire(message={"performative": 5}), "got 5"),
        (wire(message={"performative": "propse"}), "got 'propse'; did you mean 'propose'?"),
        (wire(message={"performative": "x" * 9000}), "xxx...'"),
        (wire(message={"performative": "propose"}), "$.message: propose lacks its field 'value'"),
        (proposal(1, ofer="x"), "$.message.ofer: propose has no field 'ofer', only value, offer, expires_at; did you"),
        (proposal(1, offer=2), "$.message.offer: Expected `str`, got `int`"),
        (proposal(1, expires_at=[]), "$.message.expires_at: Expected `float | null`, got `array`"),
        (proposal(1).replace(b"1}", b"1e999}"), "expected json: Number out of range"),
        (proposal([0, {"$type": "lott"}]), "$.message.value[1].$type: expected one of set, int, bytes, task, lot"),
        (proposal({"$type": 5}), "$.message.value.$type: expected one of"),
        (proposal({"$type": "lot"}), "$.message.value: lot lacks its field 'items'"),
        (proposal({"$type": "lot", "items": [], "prize": 2}), "$.message.value.prize: lot has no field 'prize'"),
        (proposal({"$type": "lot", "items": ["a", 1]}), "$.message.value.items[1]: Expected `str`, got `int`"),
        (proposal({"$type": "lot", "items": [], "price": -2}), "$.message.value: price must be >= 0, got -2"),
        (proposal({"$type": "lot", "items": [], "next": {"$type": "Sly", "value": 1}}), "$.message.value.next: Expec"),
        (proposal({"$type": "Sly", "value": 0}), "$.message.value: Sly refuses these values: ZeroDivisionError"),
        (proposal({"$type": "set"}), "$.message.value: expected 'items' beside '$type' and nothing else"),
        (proposal({"$type": "set", "items": 5}), "$.message.value.items: expected list, got 5"),
        (proposal({"$type": "set", "items": [1, 1]}), "$.message.value.items: expected members that differ"),
        (proposal({"$type": "set", "items": [1, {"$type": ""}]}), "$.message.value.items[1].$type: expected one of"),
        (proposal({"$type": "int", "hex": "ff"}), "$.message.value.hex: expected hexadecimal digits of an integer be"),
        (proposal({"$type": "int", "hex": "x"}), "expected hexadecimal"),
        (proposal({"$type": "int", "hex": 5}), "$.message.value.hex: expected str, got 5"),
        (proposal({"$type": "bytes", "base64": "eHh="}), "$.message.value.base64: expected base64, got 'eHh='"),
        (proposal({"$type": "bytes", "base64": "é"}), "expected base64"),
        (proposal({"$type": "task", "items": []}), "$.message.value.items: expected dict, got a value of type"),
        (proposal([10**4000, "1" * 100, {"$type": 2**999}]), "got an integer of 1000 bits"),
    ],
)
def test_what_is_no_message_is_refused_with_its_path(data: Any, words: str) -> None:
    with pytest.raises(CodecError) as caught:
        JSON.decode(data)
    assert words in str(caught.value)
    assert len(str(caught.value)) < 900


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (math.nan, "$.message.value: expected a finite number, got nan"),
        ([-math.inf], "$.message.value[0]: expected a finite number, got -inf"),
        ({1: 2}, "$.message.value: expected keys that are strings, got 1"),
        (msgspec.msgpack.Ext(5, b"x"), "$.message.value: expected None, bool"),
        ({"$type": "set", "items": [{"$type": "Point", "x": {"$type": "Point", "x": {"a": 1}}}]}, ""),
    ],
)
def test_messagepack_that_json_could_not_say_is_refused_too(value: Any, words: str) -> None:
    tree = json.loads(wire())
    tree["message"]["value"] = value
    if words:
        with pytest.raises(CodecError) as caught:
            MSGPACK.decode(msgspec.msgpack.encode(tree))
        assert words in str(caught.value)
    else:
        MSGPACK.decode(msgspec.msgpack.encode(tree))


def test_members_of_a_set_that_cannot_be_hashed_are_refused() -> None:
    class Loose(msgspec.Struct, frozen=True, tag="loose"):
        items: list[int]

    data = proposal({"$type": "set", "items": [{"$type": "loose", "items": [1]}]})
    with pytest.raises(CodecError, match=r"\$\.message\.value\.items: expected members that can be hashed"):
        Codec(contents=(Loose,)).decode(data)


def test_messagepack_numbers_that_are_not_finite_are_refused_in_the_frame() -> None:
    tree = json.loads(wire())
    with pytest.raises(CodecError, match=r"\$\.reply_by: expected a finite number, got nan"):
        MSGPACK.decode(msgspec.msgpack.encode({**tree, "reply_by": math.nan}))
    with pytest.raises(CodecError, match=r"malformed|truncated"):
        MSGPACK.decode(b"\xdd\xff\xff\xff\xff")  # an array that claims four thousand million members


# ------------------------------------------------------------------------------------------------------------- fuzz
EVERYTHING = (1, 2.5, frozenset({"a"}), Task(k=(None, True)), 2**70, b"\x00", Lot(items=frozenset("ab")))
VALID = said(Propose(EVERYTHING, "o", 9.0))
SEEDS = {codec.format: codec.encode(VALID) for codec in (JSON, MSGPACK)}


def check_reads_or_refuses(codec: Codec, data: bytes) -> None:
    try:
        envelope = codec.decode(data)
    except CodecError:
        return
    assert codec.decode(codec.encode(envelope)) == envelope


@BOTH
@settings(max_examples=50)
@given(data=some.binary(max_size=64) | some.text(string.printable, max_size=64).map(str.encode))
def test_random_bytes_are_read_or_refused(codec: Codec, data: bytes) -> None:
    check_reads_or_refuses(codec, data)


@BOTH
@settings(max_examples=50)
@given(
    changes=some.lists(some.tuples(some.integers(0, 999), some.integers(0, 255), some.sampled_from("sidr")), max_size=4)
)
def test_mutated_messages_are_read_or_refused(codec: Codec, changes: list[tuple[int, int, str]]) -> None:
    data = bytearray(SEEDS[codec.format])
    for place, byte, what in changes:
        at = place % (len(data) or 1)
        if what == "i":
            data.insert(at, byte)
        elif what == "d":
            del data[at : at + byte % 9]
        elif what == "r":
            data += data[at : at + byte]
        elif data:
            data[at] = byte
    check_reads_or_refuses(codec, bytes(data))


trees = some.recursive(
    some.none() | some.booleans() | some.integers(-(2**63), 2**64 - 1) | some.floats() | some.text(max_size=5)
    | some.binary(max_size=3),
    lambda inner: some.lists(inner, max_size=3) | some.dictionaries(
        some.sampled_from(["$type", "items", "hex", "base64", "x", "price"]) | some.text(max_size=2),
        inner | some.sampled_from(["set", "int", "bytes", "task", "lot", "Point", "Sly"]), max_size=3,
    ),
    max_leaves=8,
)  # fmt: skip


@settings(max_examples=40)
@given(tree=trees)
def test_any_tree_in_place_of_a_content_is_read_or_refused(tree: Any) -> None:
    frame = {"conversation": "c", "sender": "a", "receiver": "b", "protocol": "p"}
    frame["message"] = {"performative": "inform", "content": tree}
    check_reads_or_refuses(MSGPACK, msgspec.msgpack.encode(frame))


@BOTH
def test_every_prefix_of_a_message_is_refused(codec: Codec) -> None:
    data = SEEDS[codec.format]
    for end in range(len(data)):
        with pytest.raises(CodecError):
            codec.decode(data[:end])


def test_a_caller_without_stack_gets_no_other_error() -> None:
    def deep(act: Any) -> Any:
        try:
            return deep(act)
        except RecursionError:
            return act()

    outcomes = []
    for act in (lambda: JSON.decode(SEEDS["json"]), lambda: JSON.encode(VALID)):
        try:
            outcomes.append(deep(act))
        except CodecError:
            outcomes.append(None)
        except RecursionError:
            pytest.fail("a RecursionError came out")
    assert len(outcomes) == 2


# ----------------------------------------------------------------------------------------------------- construction
@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Codec("jsn"), "format: expected json or msgpack, got 'jsn'; did you mean 'json'?"),
        (lambda: Codec(max_depth=0), "max_depth from 1 to 100"),
        (lambda: Codec(max_depth=101), "max_depth from 1 to 100"),
        (lambda: Codec(max_bytes=0), "max_bytes >= 1"),
        (lambda: Codec(contents=(Lot, Lot)), "tag 'lot' of Lot is taken: it is that of Lot"),
        (lambda: Codec(contents=(msgspec.defstruct("Twin", [], frozen=True, tag="set"),)), "tag 'set' of Twin is"),
        (lambda: Codec(contents=(type("Bid", (Message,), {}, frozen=True, tag="propose"),)), "tag 'propose' of Bid is"),
        (lambda: Codec(contents=(type("Soft", (msgspec.Struct,), {}),)), "expected classes of frozen msgspec structs"),
        (lambda: Codec(contents=(int,)), "expected classes of frozen msgspec structs, got <class 'int'>"),
        (lambda: Codec(contents=(5,)), "got 5"),
        (
            lambda: Codec(contents=(msgspec.defstruct("Own", ["a"], frozen=True, rename={"a": "$type"}),)),
            "Own names a field '$type'",
        ),
    ],
)
def test_impossible_codecs_are_refused(make: Any, words: str) -> None:
    with pytest.raises(CodecError) as caught:
        make()
    assert words in str(caught.value)


def test_renamed_fields_travel_under_their_new_names() -> None:
    kind = msgspec.defstruct("Camel", [("unit_price", float)], frozen=True, rename="camel")
    codec = Codec(contents=(kind,))
    data = codec.encode(said(Inform(kind(2.0))))
    assert b'{"$type":"Camel","unitPrice":2.0}' in data
    assert codec.decode(data).message.content == kind(2.0)


def test_the_schema_names_every_act_and_registered_struct() -> None:
    schema = JSON.schema()
    acts = {one["properties"]["performative"]["const"]: one for one in schema["properties"]["message"]["oneOf"]}
    assert list(acts) == [fipa_name(kind) for kind in (*PERFORMATIVES, *SYSTEM_EVENTS, Overbid)]
    assert acts["propose"]["required"] == ["performative", "value"]
    assert acts["propose"]["properties"]["value"] == {"$ref": "#/$defs/content"}
    assert acts["propose"]["properties"]["offer"] == {"type": "string"}
    assert schema["required"] == ["conversation", "sender", "receiver", "protocol", "message"]
    assert schema["$defs"]["content-lot"]["required"] == ["$type", "items"]
    assert {"$ref": "#/$defs/content-Point"} in schema["$defs"]["content"]["anyOf"]
    json.dumps(schema)
