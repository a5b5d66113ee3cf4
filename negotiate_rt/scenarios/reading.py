"""From the text of a scenario file to frozen structs, with every error at its path.

A decoder of our own walks msgspec's description of the types, because msgspec stops at its first error: people want to
hear of all their slips at once, with what was expected, what stands there, and what they may have meant.
"""

from __future__ import annotations

import json
import math
import re
import tomllib
from collections.abc import Callable, Iterable
from functools import lru_cache
from itertools import islice
from typing import Any, TypeVar

from msgspec import inspect as kinds

from negotiate_rt.errors import ConfigurationError, suggest

T = TypeVar("T")
Tree = Any  # what TOML and JSON give: dicts, lists, strings, numbers, bools, None, and TOML's dates
MAX_BYTES = 16 * 2**20  # a scenario is written by hand or a script; a larger file is some other file
MOST_FLAWS = 50  # told of one file; who has more has the wrong file
MOST_COMPARED = 500  # words that a misspelt one is compared with: some milliseconds
SHOWN = 60  # characters of an offending value in an error
FLAWED: Any = object()  # stands for a value that was refused, so that its neighbours are still looked at


class ScenarioError(ConfigurationError):
    """A scenario that cannot be run. `flaws`: each as `path: what was expected, what was found`; `source`: the file."""

    def __init__(self, flaws: Iterable[str], source: str = "") -> None:
        self.flaws = tuple(flaws)
        self.source = source
        head = f"{source}: " if source else ""
        lead = f"{head}{len(self.flaws)} errors:\n" if len(self.flaws) > 1 else head
        super().__init__(lead + "\n".join(f"  {flaw}" if len(self.flaws) > 1 else flaw for flaw in self.flaws))


# -- text -------------------------------------------------------------------------------------------------------------


def decoded(content: str | bytes) -> str:
    """Return a file's content as text. Raises ScenarioError unless it is UTF-8, and not too long."""
    if len(content) > MAX_BYTES:
        raise ScenarioError([f"expected at most {MAX_BYTES} bytes, got {len(content)} or more"])
    try:
        return content.decode("utf-8-sig") if isinstance(content, bytes) else content
    except UnicodeDecodeError as error:
        raise ScenarioError([f"expected UTF-8 text, but byte {error.start} is not: {error.reason}"]) from None


def parse(text: str, form: str, decimal: Callable[[str], Any] = float) -> Tree:
    """Return the tree that a text in `form` ("toml" or "json") holds. Raises ScenarioError, which names the line.

    decimal: what to make of a number with a point or an exponent.
    """
    try:
        tree = tomllib.loads(text, parse_float=decimal) if form == "toml" else _read_json(text, decimal)
    except tomllib.TOMLDecodeError as error:
        raise ScenarioError([f"not TOML: {error}"]) from None
    except json.JSONDecodeError as error:
        raise ScenarioError([f"not JSON: {error.msg} (at line {error.lineno}, column {error.colno})"]) from None
    except RecursionError:
        raise ScenarioError(["nests too deep"]) from None
    except ValueError as error:  # a number of thousands of digits, and what `_once` and `_no_number` refuse
        raise ScenarioError([f"not {form.upper()}: {error}"]) from None
    if not isinstance(tree, dict):
        raise ScenarioError([f"expected an object with fields, got {shown(tree)}"])
    return tree


def _read_json(text: str, decimal: Callable[[str], Any]) -> Tree:
    return json.loads(text, object_pairs_hook=_once, parse_constant=_no_number, parse_float=decimal)


def _once(pairs: list[tuple[str, Tree]]) -> dict[str, Tree]:
    tree: dict[str, Tree] = {}
    for key, value in pairs:
        if key in tree:
            raise ValueError(f"the key {key!r} stands twice in one object")
        tree[key] = value
    return tree


def _no_number(name: str) -> float:
    raise ValueError(f"{name} is no number")


# -- trees ------------------------------------------------------------------------------------------------------------


def build(tree: Tree, wanted: type[T], path: str = "") -> T:
    """Return a value of type `wanted`, every struct in it checked. Raises ScenarioError with all that is wrong."""
    reader = Reader()
    value = reader.value(tree, description(wanted), path)  # type: ignore[arg-type]  # types can be hashed
    if reader.flaws:
        raise ScenarioError(reader.flaws)
    return value  # type: ignore[no-any-return]  # built after `wanted`


@lru_cache(64)
def description(wanted: Any) -> Any:  # a type -> msgspec's description of it
    """Return what msgspec knows of a type; made anew it would cost most of a scenario's reading."""
    return kinds.type_info(wanted)


class Reader:
    """Builds values and gathers `flaws` on the way."""

    def __init__(self) -> None:
        self.flaws: list[str] = []

    def refuse(self, path: str, text: str) -> Any:
        """Note a flaw; return what stands for the value."""
        self.flaws.append(f"{path}: {text}" if path else text)
        return FLAWED

    def _no_word(self, path: str, tree: Tree, known: Iterable[Any]) -> Any:
        return self.refuse(path, f"expected one of {listed(known)}, got {shown(tree)}{hint(tree, known)}")

    def value(self, tree: Tree, kind: Any, path: str) -> Any:
        """Return what `tree` stands for, or FLAWED."""
        kind = bare(kind)
        options = [bare(one) for one in kind.types] if isinstance(kind, kinds.UnionType) else [kind]
        for option in sorted(options, key=lambda one: isinstance(one, kinds.FloatType)):  # last: an int stays an int
            if _could_be(tree, option):
                if isinstance(option, kinds.StructType):
                    return self._struct(tree, self._tagged(tree, kind, option, path), path)
                return self._plain(tree, option, path)
        return self.refuse(path, f"expected {expected(kind)}, got {shown(tree)}")

    def _plain(self, tree: Tree, kind: Any, path: str) -> Any:
        if isinstance(kind, kinds.DictType):
            return self._mapping(tree, kind.value_type, path)
        if isinstance(kind, (kinds.ListType, kinds.VarTupleType)):
            return self._items(tree, kind, path)
        if isinstance(kind, kinds.LiteralType):
            return tree if tree in kind.values else self._no_word(path, tree, kind.values)
        if isinstance(kind, (kinds.FloatType, kinds.IntType)):
            return self._number(tree, kind, path)
        if isinstance(kind, kinds.StrType) and len(tree) < (kind.min_length or 0):
            return self.refuse(path, "expected text, got none")
        return tree

    def _number(self, tree: int | float, kind: Any, path: str) -> Any:
        if isinstance(tree, int) and tree.bit_length() > 63:
            return self.refuse(path, f"expected {expected(kind)}, got an integer of {tree.bit_length()} bits")
        inside = (
            math.isfinite(tree)
            and (kind.gt is None or tree > kind.gt) and (kind.ge is None or tree >= kind.ge)
            and (kind.lt is None or tree < kind.lt) and (kind.le is None or tree <= kind.le)
        )  # fmt: skip
        if not inside:
            return self.refuse(path, f"expected {expected(kind)}, got {shown(tree)}")
        return float(tree) if isinstance(kind, kinds.FloatType) else tree

    def _items(self, tree: list[Tree], kind: Any, path: str) -> Any:
        if len(tree) < (kind.min_length or 0):
            return self.refuse(path, f"expected at least {kind.min_length}, got {len(tree)}")
        items = [self.value(one, kind.item_type, f"{path}[{place}]") for place, one in enumerate(tree)]
        return FLAWED if any(one is FLAWED for one in items) else tuple(items)

    def _mapping(self, tree: dict[str, Tree], kind: Any, path: str) -> Any:
        found = {key: self.value(one, kind, step(path, key)) for key, one in tree.items()}
        return FLAWED if any(one is FLAWED for one in found.values()) else found

    def _tagged(self, tree: dict[str, Tree], kind: Any, option: Any, path: str) -> Any:
        """Return the struct among a union's that the tag names, or None."""
        options = [bare(one) for one in kind.types] if isinstance(kind, kinds.UnionType) else [option]
        known = {one.tag: one for one in options if isinstance(one, kinds.StructType)}
        if option.tag_field is None or (len(known) == 1 and option.tag_field not in tree):
            return option
        tag = tree.get(option.tag_field)
        if option.tag_field not in tree:
            self.refuse(step(path, option.tag_field), f"missing; expected one of {listed(known)}")
        elif not isinstance(tag, str) or tag not in known:
            self._no_word(step(path, option.tag_field), tag, known)
        return known.get(tag) if isinstance(tag, str) else None

    def _struct(self, tree: dict[str, Tree], kind: Any, path: str) -> Any:
        if kind is None:
            return FLAWED
        fields = {field.encode_name: field for field in kind.fields}
        tag_field = kind.tag_field
        for key in tree:
            if len(self.flaws) > MOST_FLAWS:
                break
            if key not in fields and key != tag_field:
                known = [name for name in (tag_field, *fields) if name]
                owner = f"{kind.tag} has " if isinstance(kind.tag, str) else ""
                self.refuse(
                    step(path, key), f"{owner}no such field" + (hint(key, known) or f"; fields: {', '.join(known)}")
                )
        values = {}
        for name, field in fields.items():
            if name in tree:
                values[field.name] = self.value(tree[name], field.type, step(path, name))
            elif field.required:
                values[field.name] = self.refuse(step(path, name), f"missing; expected {expected(field.type)}")
        if any(value is FLAWED for value in values.values()):
            return FLAWED
        try:
            return kind.cls(**values)
        except ValueError as error:
            return self.refuse(*blamed(str(error), path, fields))


def blamed(text: str, path: str, fields: Iterable[str]) -> tuple[str, str]:
    """Return path and words of a struct's own refusal, at the field that the text names first."""
    found = re.search(rf"\b({'|'.join(fields)})\b(\[\d+\])?:?\s*", text) if fields else None
    if found is None:
        return path, text
    return step(path, found[1]) + (found[2] or ""), text[found.end() :]


def bare(kind: Any) -> Any:
    """Return a type's description without the metadata around it."""
    while isinstance(kind, kinds.Metadata):
        kind = kind.type
    return kind


_TAKES: tuple[tuple[tuple[Any, ...], Callable[[Tree], bool]], ...] = (
    ((kinds.StructType, kinds.DictType), lambda tree: isinstance(tree, dict)),
    ((kinds.ListType, kinds.VarTupleType), lambda tree: isinstance(tree, list)),
    ((kinds.StrType, kinds.LiteralType), lambda tree: isinstance(tree, str)),
    ((kinds.BoolType,), lambda tree: isinstance(tree, bool)),
    ((kinds.IntType,), lambda tree: isinstance(tree, int) and not isinstance(tree, bool)),
    ((kinds.FloatType,), lambda tree: isinstance(tree, (int, float)) and not isinstance(tree, bool)),
    ((kinds.NoneType,), lambda tree: tree is None),
    ((kinds.AnyType,), lambda tree: True),
)


def _could_be(tree: Tree, kind: Any) -> bool:
    return any(isinstance(kind, known) and takes(tree) for known, takes in _TAKES)


# -- words ------------------------------------------------------------------------------------------------------------


def expected(kind: Any) -> str:
    """Return a type in a user's words."""
    kind = bare(kind)
    if isinstance(kind, kinds.UnionType):
        words = dict.fromkeys(expected(one) for one in kind.types if not isinstance(bare(one), kinds.NoneType))
        return " or ".join(words)
    if isinstance(kind, kinds.StructType):
        return f"a table with {kind.tag_field!r}" if kind.tag_field else "a table"
    if isinstance(kind, kinds.LiteralType):
        return f"one of {listed(kind.values)}"
    if isinstance(kind, (kinds.ListType, kinds.VarTupleType)):
        return f"a list, each {expected(kind.item_type)}"
    if isinstance(kind, (kinds.IntType, kinds.FloatType)):
        noun = "a whole number" if isinstance(kind, kinds.IntType) else "a finite number"
        bounds = ((">", kind.gt), (">=", kind.ge), ("<", kind.lt), ("<=", kind.le))
        limits = " and ".join(f"{sign} {bound:g}" for sign, bound in bounds if bound is not None)
        return f"{noun} {limits}".strip()
    return _PLAIN.get(type(kind).__name__, "a value")


_PLAIN = {"DictType": "a table", "StrType": "text", "BoolType": "true or false", "NoneType": "nothing"}


def step(path: str, key: str) -> str:
    """Return the path of a field: `agents[1].strategy`, `links."a>b"`."""
    name = key if re.fullmatch(r"[\w-]+", key) else json.dumps(key[:SHOWN])
    return f"{path}.{name}" if path else name


def listed(words: Iterable[Any]) -> str:
    """Return words of a closed set, for an error text; of very many the first."""
    first = [str(word) for word in islice(words, MOST_FLAWS + 1)]
    return ", ".join(first if len(first) <= MOST_FLAWS else [*first[:-1], "..."])


def hint(word: Any, known: Iterable[Any]) -> str:
    """Return `; did you mean 'x'?` or nothing; a long word is not compared, nor one with very many: that takes too long."""
    if not isinstance(word, str) or len(word) > SHOWN:
        return ""
    words = [str(one) for one in islice(known, MOST_COMPARED + 1)]
    return suggest(word, words) if len(words) <= MOST_COMPARED else ""


def shown(tree: Tree) -> str:
    """Return a value as it stands in the file, cut short; of a container only what it is."""
    if isinstance(tree, dict):
        return "a table"
    if isinstance(tree, list):
        return f"a list of {len(tree)}"
    if isinstance(tree, str):
        return repr(tree if len(tree) <= SHOWN else tree[: SHOWN - 3] + "...")
    if tree is None or isinstance(tree, bool):
        return json.dumps(tree)
    if isinstance(tree, int) and tree.bit_length() > 4 * SHOWN:
        return f"an integer of {tree.bit_length()} bits"  # str refuses thousands of digits
    return str(tree)
