"""A drawing surface for a terminal: eight dots a character in braille, or one character a cell where that cannot be shown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from rich.text import Text

from negotiate_rt.report.svg import Axis
from negotiate_rt.report.words import number

_BITS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))  # of a braille character, by row and column of its dots
_FIRST = 0x2800
GUTTER = 9  # columns for the numbers at the left


class Canvas:
    """A plane of `columns` by `rows` characters between two axes. What is drawn later covers the colour of what was there."""

    def __init__(self, x: Axis, y: Axis, columns: int, rows: int, *, ascii_only: bool = False) -> None:
        self.x, self.y = x, y
        self.columns, self.rows = max(8, columns), max(4, rows)
        self.ascii_only = ascii_only
        self._fine = (1, 1) if ascii_only else (2, 4)
        self._dots = [[0] * self.columns for _ in range(self.rows)]
        self._styles = [[""] * self.columns for _ in range(self.rows)]
        self._letters: dict[tuple[int, int], tuple[str, str]] = {}

    def dot(self, x: float, y: float, style: str = "") -> None:
        """Draw a dot."""
        self._set(*self._at(x, y), style)

    def line(self, points: Sequence[tuple[float, float]], style: str = "") -> None:
        """Draw a line through points."""
        places = [self._at(*point) for point in points]
        for (x, y), (to_x, to_y) in pairwise(places):
            steps = max(abs(to_x - x), abs(to_y - y), 1)
            for step in range(steps + 1):
                self._set(x + round((to_x - x) * step / steps), y + round((to_y - y) * step / steps), style)
        if len(places) == 1:
            self._set(*places[0], style)

    def letter(self, x: float, y: float, letter: str, style: str = "bold") -> None:
        """Put a letter at a point; where one stands already, in the nearest free cell of the row."""
        across, down = self._at(x, y)
        row, column = down // self._fine[1], across // self._fine[0]
        for step in (0, 1, -1, 2, -2, 3, -3):
            if (row, column + step) not in self._letters and 0 <= column + step < self.columns:
                self._letters[row, column + step] = (letter, style)
                return

    def fill(self, x: float, y: float, letter: str, style: str = "") -> None:
        """Put a sign at a point unless a letter stands there."""
        across, down = self._at(x, y)
        self._letters.setdefault((down // self._fine[1], across // self._fine[0]), (letter, style))

    def lines(self) -> Iterator[Text]:
        """Yield the plane line by line, with its axes."""
        tall = self.rows - 1
        numbers = {round(self._share(tick) * tall): tick for tick in self.y.ticks}
        for row in range(self.rows):
            label = number(numbers[row], 4) if row in numbers else ""
            text = Text(no_wrap=True, overflow="crop")
            text.append(f"{label[:GUTTER - 2]:>{GUTTER - 2}} ", "dim")
            text.append("|" if self.ascii_only else "┤" if row in numbers else "│", "dim")
            for column in range(self.columns):
                text.append(*self._cell(row, column))
            yield text
        yield Text(" " * (GUTTER - 1) + ("+" + "-" * self.columns if self.ascii_only else "└" + "─" * self.columns), style="dim")
        yield self._numbers_below()
        yield Text(" " * GUTTER + f"{self.x.label:^{self.columns}}"[: self.columns], no_wrap=True, overflow="crop")

    def _share(self, value: float) -> float:
        return 1 - self.y.place(value, 0.0, 1.0)

    def _numbers_below(self) -> Text:
        line = [" "] * self.columns
        free = 0
        for tick in self.x.ticks:
            label = number(tick, 4)
            start = min(self.columns - len(label), max(0, round(self.x.place(tick, 0, self.columns - 1)) - len(label) // 2))
            if start >= free:
                line[start : start + len(label)] = label
                free = start + len(label) + 1
        return Text(" " * GUTTER + "".join(line), style="dim", no_wrap=True, overflow="crop")

    def _cell(self, row: int, column: int) -> tuple[str, str]:
        if (row, column) in self._letters:
            return self._letters[row, column]
        dots = self._dots[row][column]
        if self.ascii_only:
            return ("." if dots else " "), self._styles[row][column]
        return (chr(_FIRST + dots) if dots else " "), self._styles[row][column]

    def _at(self, x: float, y: float) -> tuple[int, int]:
        wide, tall = self._fine
        return (
            round(self.x.place(x, 0, self.columns * wide - 1)),
            round(self.y.place(y, self.rows * tall - 1, 0)),
        )

    def _set(self, across: int, down: int, style: str) -> None:
        wide, tall = self._fine
        row, column = down // tall, across // wide
        self._dots[row][column] |= 1 if self.ascii_only else _BITS[down % tall][across % wide]
        self._styles[row][column] = style
