"""XML into a small tree that knows its lines, and refuses what only an attack or a wrong file would hold.

The standard library's own trees forget on which line an element stands, and expand entities. Here a document may declare
no entity at all, nest at most 64 deep, and hold at most half a million elements.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from xml.parsers import expat

from negotiate_rt.scenarios.reading import MAX_BYTES, ScenarioError, shown

MOST_DEPTH = 64
MOST_ELEMENTS = 500_000  # some 200 MB as objects; the largest published domains hold a few thousand


class Element:
    """One element: its tag in lower case, attributes, children, and the line where it begins."""

    __slots__ = ("attributes", "children", "line", "tag")

    def __init__(self, tag: str, attributes: dict[str, str], line: int) -> None:
        self.tag = tag.lower()
        self.attributes = attributes
        self.line = line
        self.children: list[Element] = []

    def all(self, tag: str) -> Iterator[Element]:
        """Iterate over the children with a tag."""
        return (child for child in self.children if child.tag == tag)

    def first(self, tag: str) -> Element | None:
        """Return the first child with a tag, or None."""
        return next(self.all(tag), None)

    def __repr__(self) -> str:
        return f"<{self.tag}> at line {self.line}"


def read_xml(content: bytes, source: str) -> Element:
    """Return a document's root. Raises ScenarioError, naming `source` and the line, for anything but plain XML."""
    if len(content) > MAX_BYTES:
        raise ScenarioError([f"expected at most {MAX_BYTES} bytes, got {len(content)} or more"], source)
    builder = Builder()
    try:
        builder.parser.Parse(content, True)
    except expat.ExpatError as error:
        text = expat.ErrorString(error.code)
        raise ScenarioError([f"line {error.lineno}: not XML: {text} (column {error.offset + 1})"], source) from None
    except Refused as refusal:
        line = builder.parser.CurrentLineNumber
        raise ScenarioError([f"line {line}: {refusal}"], source) from None
    except (ValueError, LookupError) as error:  # an encoding that nobody knows, or one byte of it that is none
        raise ScenarioError([f"line {builder.parser.CurrentLineNumber}: not XML: {error}"], source) from None
    assert builder.root is not None  # expat refuses a document without an element
    return builder.root


class Refused(Exception):
    """What a document may not hold; raised through expat, and turned into a ScenarioError outside."""


class Builder:
    """Builds the tree as expat walks the text."""

    def __init__(self) -> None:
        self.root: Element | None = None
        self.open: list[Element] = []
        self.count = 0
        self.parser = expat.ParserCreate()
        self.parser.StartElementHandler = self.start
        self.parser.EndElementHandler = self.end
        self.parser.EntityDeclHandler = self.entity
        self.parser.ExternalEntityRefHandler = self.external
        self.parser.SkippedEntityHandler = self.entity

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """Begin an element."""
        self.count += 1
        if self.count > MOST_ELEMENTS:
            raise Refused(f"expected at most {MOST_ELEMENTS} elements")
        if len(self.open) >= MOST_DEPTH:
            raise Refused(f"expected elements nested at most {MOST_DEPTH} deep")
        element = Element(tag, attributes, self.parser.CurrentLineNumber)
        if self.open:
            self.open[-1].children.append(element)
        else:
            self.root = element
        self.open.append(element)

    def end(self, tag: str) -> None:
        """End the element that is open."""
        self.open.pop()

    def external(self, context: str, *rest: str | None) -> int:
        """Refuse a reference to another document."""
        self.entity(context)
        return 0

    def entity(self, name: Any, *rest: Any) -> None:  # whatever expat tells of an entity
        """Refuse an entity, declared or referred to."""
        raise Refused(f"expected no entities, got {shown(str(name))}: they can blow a small file up to gigabytes")
