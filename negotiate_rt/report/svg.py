"""Charts as SVG of our own: axes, lines and marks, light and dark, each with a title and a description in words.

Colours are classes, so that one style sheet serves charts inside a page and charts that stand alone. Everything that
was named by a user goes through `escape`.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable, Sequence
from html import escape as html_escape

Points = Iterable[tuple[float, float]]
WIDTH, HEIGHT = 460, 340
LEFT, RIGHT, TOP, BOTTOM = 62, 14, 14, 46  # margins for ticks and labels
SERIES = 8  # colours that the style sheet tells apart
SHAPES = ("circle", "square", "triangle", "diamond", "star")
_LARGEST = sys.float_info.max
UNSAFE = dict.fromkeys((*range(9), 11, 12, *range(14, 32), 127, 65534, 65535, *range(55296, 57344)), "�")

STYLE = """
:root{--ink:#1a1c20;--soft:#5b616b;--rule:#d5d9e0;--ground:#fff;--panel:#f6f7f9;--cloud:#a9b1bd;
--c0:#0060ad;--c1:#b3470b;--c2:#006b4f;--c3:#8a3d78;--c4:#7a5c00;--c5:#0b7285;--c6:#a1243c;--c7:#4b4f9e}
@media (prefers-color-scheme:dark){:root{--ink:#e8eaee;--soft:#a3abb8;--rule:#3a404b;--ground:#14161a;--panel:#1c1f25;
--cloud:#565e6b;--c0:#6db3f2;--c1:#f59a5c;--c2:#4fcfa4;--c3:#dd9fcd;--c4:#e3c14d;--c5:#62c6d8;--c6:#f2899b;--c7:#a9adf5}}
svg{font:12px system-ui,sans-serif;color:var(--ink)}
svg text{fill:var(--ink)}svg .soft{fill:var(--soft)}svg .axis{stroke:var(--soft);stroke-width:1}
svg .grid{stroke:var(--rule);stroke-width:1}svg .line{fill:none;stroke-width:2;stroke-linejoin:round}
svg .dashed{stroke-dasharray:4 3}
svg .ring{fill:none;stroke-width:2}
svg .dots{stroke:var(--cloud);stroke-width:3;stroke-linecap:round;opacity:.6}
svg .quiet{stroke:var(--soft)}svg .thin{stroke-width:1}
""" + "".join(f"svg .f{n}{{fill:var(--c{n})}}svg .s{n}{{stroke:var(--c{n})}}" for n in range(SERIES))  # fmt: skip


def escape(value: object) -> str:
    """Return text that is safe in HTML and in SVG, in content and in attributes."""
    return html_escape(str(value).translate(UNSAFE), quote=True)


class Axis:
    """A linear scale from values to pixels, with round ticks. A range that is empty or a point is widened."""

    def __init__(self, label: str, values: Iterable[float], *, whole: bool = False, room: float = 0.04) -> None:
        finite = [value for value in values if math.isfinite(value)]
        low, high = min(finite, default=0.0), max(finite, default=1.0)
        if high - low <= 1e-12 * max(abs(low), abs(high), 1e-300):
            low, high = low - (abs(low) * 0.1 or 0.5), high + (abs(high) * 0.1 or 0.5)
        pad = high * room - low * room
        self.label = label
        self.low, self.high = max(low - pad, -_LARGEST), min(high + pad, _LARGEST)
        self.ticks = ticks(low, high, whole=whole)

    def place(self, value: float, start: float, end: float) -> float:
        """Return where a value lies between two pixels."""
        share = (value / 2 - self.low / 2) / (self.high / 2 - self.low / 2)  # halves: the range may not fit a float
        return start + min(1.0, max(0.0, share)) * (end - start)


def ticks(low: float, high: float, wanted: int = 5, *, whole: bool = False) -> list[float]:
    """Return round numbers from low to high, about as many as wanted."""
    rough = high / wanted - low / wanted
    if not math.isfinite(rough) or rough <= 0:
        return [low]
    power = 10.0 ** math.floor(math.log10(rough))
    if not power:
        return [low, high]
    step = next(one * power for one in (1, 2, 2.5, 5, 10) if one * power >= rough * 0.999)
    if whole:
        step = max(1.0, math.ceil(step))
    first = math.ceil(low / step - 1e-9)
    found = [(first + place) * step for place in range(wanted * 3)]
    return [0.0 if abs(value) < step * 1e-9 else value for value in found if value <= high + step * 1e-9]


class Chart:
    """One chart. Shapes are drawn in the order of the calls, within the frame of two axes."""

    def __init__(self, x: Axis, y: Axis, *, title: str, description: str, name: str) -> None:
        self.x, self.y = x, y
        self.title, self.description, self.name = title, description, name
        self._parts: list[str] = []
        self._legend: list[tuple[str, str]] = []

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Return the pixel of a point."""
        across = self.x.place(x, LEFT, WIDTH - RIGHT)
        return round(across, 1), round(self.y.place(y, HEIGHT - BOTTOM, TOP), 1)

    def line(self, points: Points, style: str, label: str = "") -> None:
        """Draw a line through points; a label puts it into the legend."""
        path = " ".join(f"{across:g},{down:g}" for across, down in (self.at(*point) for point in points))
        if path:
            self._parts.append(f'<polyline class="line {style}" points="{path}"/>')
        if label:
            swatch = f'<line class="line {style}" x1="1" x2="21" y1="7" y2="7"/>'
            self._legend.append((swatch, label))

    def marks(self, points: Sequence[tuple[float, float]], shape: str, style: str, titles: Sequence[str] = ()) -> None:
        """Draw a mark at each point, with the words that pointing at it shows."""
        for place, point in enumerate(points):
            told = f"<title>{escape(titles[place])}</title>" if place < len(titles) else ""
            self._parts.append(mark(*self.at(*point), shape, style, told))

    def cloud(self, points: Points) -> None:
        """Draw many small dots as one shape; those on the same pixel once."""
        pixels = {self.at(*point) for point in points}
        if pixels:
            dots = "".join(f"M{across:g} {down:g}h0" for across, down in sorted(pixels))
            self._parts.append(
                f'<path d="{dots}" class="dots"/>'
            )

    def bar(self, low: float, high: float, tall: float, told: str) -> None:
        """Draw a bar over a range of the first axis."""
        (left, top), (right, bottom) = self.at(low, tall), self.at(high, 0)
        box = f'x="{left + 0.5:g}" y="{top:g}" width="{max(1.0, right - left - 1):g}" height="{max(0.0, bottom - top):g}"'
        self._parts.append(f'<rect class="f0" {box}><title>{escape(told)}</title></rect>')

    def note(self, shape: str, style: str, label: str) -> None:
        """Put a mark into the legend."""
        self._legend.append((mark(11, 7, shape, style), label))

    def svg(self, *, alone: bool = False) -> str:
        """Return the chart; `alone`: as a file of its own, with its style."""
        rows = math.ceil(len(self._legend) / 2)
        height = HEIGHT + 20 * rows + (8 if rows else 0)
        key = "".join(c if c.isalnum() else "-" for c in self.name if c.isascii())
        head = f'<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-labelledby="{key}-t {key}-d"'
        style = ""
        if alone:
            head += f' xmlns="http://www.w3.org/2000/svg" width="{WIDTH * 2}" height="{height * 2}"'
            style = f'<style>{STYLE}</style><rect width="{WIDTH}" height="{height}" style="fill:var(--ground)"/>'
        told = f'<title id="{key}-t">{escape(self.title)}</title><desc id="{key}-d">{escape(self.description)}</desc>'
        return f"{head}>{told}{style}{self._frame()}{''.join(self._parts)}{self._notes()}</svg>"

    def _frame(self) -> str:
        bottom, right = HEIGHT - BOTTOM, WIDTH - RIGHT
        parts = []
        for tick in self.y.ticks:
            _, down = self.at(self.x.low, tick)
            parts.append(f'<line class="grid" x1="{LEFT}" x2="{right}" y1="{down:g}" y2="{down:g}"/>')
            parts.append(f'<text class="soft" x="{LEFT - 6}" y="{down + 4:g}" text-anchor="end">{tick:.6g}</text>')
        for tick in self.x.ticks:
            across, _ = self.at(tick, self.y.low)
            parts.append(f'<line class="grid" x1="{across:g}" x2="{across:g}" y1="{TOP}" y2="{bottom}"/>')
            parts.append(f'<text class="soft" x="{across:g}" y="{bottom + 16}" text-anchor="middle">{tick:.6g}</text>')
        parts.append(f'<path class="axis" fill="none" d="M{LEFT} {TOP}V{bottom}H{right}"/>')
        middle = (LEFT + right) / 2
        parts.append(f'<text x="{middle:g}" y="{bottom + 36}" text-anchor="middle">{escape(short(self.x.label))}</text>')
        centre = (TOP + bottom) / 2
        turned = f'transform="rotate(-90 14 {centre:g})"'
        parts.append(f'<text x="14" y="{centre:g}" text-anchor="middle" {turned}>{escape(short(self.y.label, 44))}</text>')
        return "".join(parts)

    def _notes(self) -> str:
        parts = []
        for place, (swatch, label) in enumerate(self._legend):
            row, column = divmod(place, 2)
            across, down = 30 + column * (WIDTH // 2 - 20), HEIGHT + 20 * row
            told = f'<text x="28" y="11">{escape(short(label, 30))}<title>{escape(label)}</title></text>'
            parts.append(f'<g transform="translate({across} {down})">{swatch}{told}</g>')
        return "".join(parts)


def mark(across: float, down: float, shape: str, style: str, told: str = "") -> str:
    """Return a mark around a pixel: circle, square, triangle, diamond, cross, star, ring or dot."""
    if shape in ("circle", "ring", "dot"):
        radius = {"circle": 5, "ring": 8, "dot": 2.5}[shape]
        kind = f"ring {style}" if shape == "ring" else style
        return f'<circle class="{kind}" cx="{across:g}" cy="{down:g}" r="{radius}">{told}</circle>'
    return f'<path class="{style}" transform="translate({across:g} {down:g})" d="{_OUTLINES[shape]}">{told}</path>'


def short(text: str, most: int = 60) -> str:
    """Return a text of at most so many characters."""
    return text if len(text) <= most else text[: most - 1] + "…"


_OUTLINES = {
    "square": "M-5-5H5V5H-5z", "triangle": "M0-6.5 6 5H-6z", "diamond": "M0-7 7 0 0 7-7 0z",
    "cross": "M-6-6 6 6M-6 6 6-6",
    "star": "M0-8 1.9-2.6 7.6-2.5 3.1 1 4.7 6.5 0 3.2-4.7 6.5-3.1 1-7.6-2.5-1.9-2.6z",
}  # fmt: skip
