"""Arithmetic expressions over named variables, such as `0 if a != b else 10`, read and run without `eval`.

Files of others bring costs as Python expressions. They are parsed with `ast`, every node is checked against a short list,
and what is left becomes a tree of closures: numbers, texts, names of variables, arithmetic, comparisons, `and`, `or`, `not`,
`in` a listed set, `x if c else y`, and calls of the functions in FUNCTIONS. There are no attributes, subscripts, assignments
or comprehensions, arithmetic takes numbers only, and powers are bounded: an expression costs its length and no more.
"""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable, Mapping
from typing import Any

from negotiate_rt.errors import ConfigurationError, suggest

Evaluation = Callable[[Mapping[str, Any]], Any]  # Any: a number, a truth value or a text, as the expression has it

LONGEST = 10_000  # characters; Python's parser is recursive
DEEPEST = 80  # nested nodes
LARGEST_POWER = 1_024  # bits of a whole number: what a float can hold


def _power(base: Any, exponent: Any) -> Any:
    if isinstance(base, int) and isinstance(exponent, int) and base.bit_length() * abs(exponent) > LARGEST_POWER:
        return float(base) ** exponent
    return base**exponent


def _number(value: Any) -> Any:
    if not isinstance(value, int | float):
        raise ConfigurationError(f"arithmetic takes numbers, got {value!r}")
    if isinstance(value, int) and value.bit_length() > LARGEST_POWER:
        raise OverflowError("whole number too large")
    return value


def _round(value: float, digits: int = 0) -> float:
    return round(value, digits) if digits else round(value)


FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "abs": abs, "min": min, "max": max, "round": _round, "int": int, "float": float, "bool": bool, "pow": _power,
    "sqrt": math.sqrt, "exp": math.exp, "log": math.log, "floor": math.floor, "ceil": math.ceil,
}  # fmt: skip
CONSTANTS: Mapping[str, float] = {"inf": math.inf, "infinity": math.inf}
ARITHMETIC: Mapping[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv, ast.Mod: operator.mod, ast.Pow: _power,
}  # fmt: skip
SIGNS: Mapping[type[ast.unaryop], Callable[[Any], Any]] = {ast.UAdd: operator.pos, ast.USub: operator.neg}
COMPARISONS: Mapping[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Eq: operator.eq, ast.NotEq: operator.ne, ast.Lt: operator.lt, ast.LtE: operator.le, ast.Gt: operator.gt,
    ast.GtE: operator.ge, ast.In: lambda one, some: one in some, ast.NotIn: lambda one, some: one not in some,
}  # fmt: skip


class CostExpression:
    """A cost as an expression in Python's syntax over `variables`; called with their values in the order of `.variables`.

    Without `variables` those it names are taken, in the order in which they first stand. Raises ConfigurationError for what
    is no such expression, and when called for a cost that is no number (division by zero, a text, a complex root).
    """

    __slots__ = ("_evaluate", "text", "variables")

    def __init__(self, text: str, variables: tuple[str, ...] | None = None) -> None:
        self.text = text.strip()
        if len(text) > LONGEST:
            raise ConfigurationError(f"an expression may have {LONGEST} characters, this one has {len(text)}")
        try:
            tree = ast.parse(self.text, mode="eval")
        except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
            reason = error.msg if isinstance(error, SyntaxError) else str(error) or type(error).__name__
            raise ConfigurationError(f"expected one expression, got {self.text!r}: {reason}") from None
        reader = _Reader(variables)
        self._evaluate = reader.read(tree.body, 0)
        self.variables = tuple(reader.found) if variables is None else tuple(variables)

    def __call__(self, *values: Any) -> float:
        """Return the cost where the variables have these values, as a float; infinity is allowed."""
        try:
            cost = self._evaluate(dict(zip(self.variables, values, strict=True)))
            if isinstance(cost, int | float):  # a truth value counts as 0 or 1
                return float(cost)
        except (ArithmeticError, ValueError, TypeError, ConfigurationError) as error:
            raise ConfigurationError(f"{self.text!r} has no value at {self._named(values)}: {error}") from None
        raise ConfigurationError(f"{self.text!r} must be a number, got {cost!r} at {self._named(values)}")

    def _named(self, values: tuple[Any, ...]) -> str:
        return (
            ", ".join(f"{name}={value!r}" for name, value in zip(self.variables, values, strict=False)) or "any place"
        )

    def __repr__(self) -> str:
        return f"CostExpression({self.text!r})"


class _Reader:
    """Turns checked nodes into closures, and gathers the names of variables."""

    def __init__(self, variables: tuple[str, ...] | None) -> None:
        self.legal = variables
        self.found: dict[str, None] = {}

    def read(self, node: ast.expr, depth: int) -> Evaluation:
        reading = READINGS.get(type(node))
        if reading is None:
            raise ConfigurationError(f"an expression may not hold {ast.unparse(node)!r} ({type(node).__name__})")
        if depth > DEEPEST:
            raise ConfigurationError(f"an expression may be nested {DEEPEST} deep")
        return reading(self, node, depth + 1)

    def constant(self, node: ast.Constant, depth: int) -> Evaluation:
        value = node.value
        if not isinstance(value, int | float | str):
            raise ConfigurationError(f"an expression may hold numbers and texts, not {value!r}")
        return lambda values: value

    def name(self, node: ast.Name, depth: int) -> Evaluation:
        name = node.id
        if name in CONSTANTS and (self.legal is None or name not in self.legal):
            return lambda values: CONSTANTS[name]
        if self.legal is not None and name not in self.legal:
            raise ConfigurationError(f"unknown variable {name!r}{suggest(name, self.legal)}")
        self.found[name] = None
        return lambda values: values[name]

    def arithmetic(self, node: ast.BinOp, depth: int) -> Evaluation:
        apply = ARITHMETIC.get(type(node.op))
        if apply is None:
            raise ConfigurationError(f"an expression may not use {type(node.op).__name__} in {ast.unparse(node)!r}")
        left, right = self.read(node.left, depth), self.read(node.right, depth)
        return lambda values: apply(_number(left(values)), _number(right(values)))

    def unary(self, node: ast.UnaryOp, depth: int) -> Evaluation:
        operand = self.read(node.operand, depth)
        if isinstance(node.op, ast.Not):
            return lambda values: not operand(values)
        apply = SIGNS.get(type(node.op))
        if apply is None:
            raise ConfigurationError(f"an expression may not use {type(node.op).__name__} in {ast.unparse(node)!r}")
        return lambda values: apply(_number(operand(values)))

    def logic(self, node: ast.BoolOp, depth: int) -> Evaluation:
        parts = [self.read(part, depth) for part in node.values]
        if isinstance(node.op, ast.And):
            return lambda values: all(part(values) for part in parts)
        return lambda values: any(part(values) for part in parts)

    def comparison(self, node: ast.Compare, depth: int) -> Evaluation:
        terms = [self.read(term, depth) for term in (node.left, *node.comparators)]
        unknown = [type(one).__name__ for one in node.ops if type(one) not in COMPARISONS]
        if unknown:
            raise ConfigurationError(f"an expression may not compare by {unknown[0]} in {ast.unparse(node)!r}")
        tests = [COMPARISONS[type(one)] for one in node.ops]

        def compare(values: Mapping[str, Any]) -> bool:
            found = [term(values) for term in terms]
            return all(test(one, other) for test, one, other in zip(tests, found, found[1:], strict=False))

        return compare

    def choice(self, node: ast.IfExp, depth: int) -> Evaluation:
        test, then, otherwise = (self.read(part, depth) for part in (node.test, node.body, node.orelse))
        return lambda values: then(values) if test(values) else otherwise(values)

    def listing(self, node: ast.Tuple | ast.List | ast.Set, depth: int) -> Evaluation:
        parts = [self.read(part, depth) for part in node.elts]
        return lambda values: tuple(part(values) for part in parts)

    def call(self, node: ast.Call, depth: int) -> Evaluation:
        function = FUNCTIONS.get(node.func.id) if isinstance(node.func, ast.Name) else None
        if function is None or node.keywords:
            raise ConfigurationError(f"an expression may call {', '.join(FUNCTIONS)}, not {ast.unparse(node)!r}")
        terms = [self.read(term, depth) for term in node.args]
        listed = len(terms) == 1 and function in (min, max)

        def call(values: Mapping[str, Any]) -> Any:
            found = [term(values) for term in terms]
            return function(
                [_number(one) for one in found[0]] if listed else _number(found[0]), *map(_number, found[1:])
            )

        if not terms:
            raise ConfigurationError(f"{ast.unparse(node)!r} needs an argument")
        return call


READINGS: Mapping[type[ast.expr], Callable[[_Reader, Any, int], Evaluation]] = {
    ast.Constant: _Reader.constant, ast.Name: _Reader.name, ast.BinOp: _Reader.arithmetic, ast.UnaryOp: _Reader.unary,
    ast.BoolOp: _Reader.logic, ast.Compare: _Reader.comparison, ast.IfExp: _Reader.choice, ast.Tuple: _Reader.listing,
    ast.List: _Reader.listing, ast.Set: _Reader.listing, ast.Call: _Reader.call,
}  # fmt: skip
