"""Charts: round ticks, marks where the numbers say, one well-formed file, words for those who cannot see it."""

from __future__ import annotations

import math
import re
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from negotiate_rt.report.charts import histogram
from negotiate_rt.report.svg import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, Axis, Chart, escape, short, ticks

FINITE = st.floats(allow_nan=False, allow_infinity=False)


def chart(**names: str) -> Chart:
    told = {"title": "a title", "description": "what it shows", "name": "one", **names}
    return Chart(Axis("across", [0, 10], room=0), Axis("up", [0, 100], room=0), **told)


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [(0, 1, [0, 0.2, 0.4, 0.6, 0.8, 1]), (-3.7, 128, [0, 50, 100]), (0, 36, [0, 10, 20, 30]), (5, 5, [5])],
)
def test_ticks_are_round(low: float, high: float, expected: list[float]) -> None:
    assert ticks(low, high) == pytest.approx(expected)
    assert ticks(1, 3, whole=True) == [1, 2, 3]


@given(FINITE, FINITE)
def test_any_range_has_a_scale(one: float, other: float) -> None:
    axis = Axis("x", [one, other])
    assert len(axis.ticks) <= 15
    for value in (one, other, *axis.ticks):
        assert 0 <= axis.place(value, 0, 100) <= 100
    assert axis.place(min(one, other), 0, 100) <= axis.place(max(one, other), 0, 100)


def test_an_axis_without_values_or_with_one_is_widened() -> None:
    assert Axis("x", []).low < Axis("x", []).high
    assert Axis("x", [7]).low < 7 < Axis("x", [7]).high
    assert Axis("x", [math.nan, math.inf, 3, 4]).ticks[0] >= 3


def test_points_land_where_the_axes_say() -> None:
    made = chart()
    assert made.at(0, 0) == (LEFT, HEIGHT - BOTTOM)
    assert made.at(10, 100) == (WIDTH - RIGHT, TOP)
    assert made.at(5, 50) == ((LEFT + WIDTH - RIGHT) / 2, (TOP + HEIGHT - BOTTOM) / 2)


def test_a_chart_that_stands_alone_is_a_well_formed_file_with_its_style() -> None:
    made = chart(title="<a> & 'b'")
    made.line([(0, 0), (10, 100)], "s0", "<script>line")
    made.marks([(5, 50)], "star", "f1", ['"told" <b>'])
    made.cloud([(1, 1), (1, 1), (2, 2)])
    made.bar(1, 2, 30, "30 x")
    made.note("ring", "s6", "a deal")
    text = made.svg(alone=True)
    root = ElementTree.fromstring(text)
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert [one.text for one in root][:2] == ["<a> & 'b'", "what it shows"]
    assert "prefers-color-scheme:dark" in text
    assert "<script>" not in text
    assert "<title>&quot;told&quot; &lt;b&gt;</title>" in text
    inside = made.svg()
    assert "xmlns" not in inside
    assert "<style" not in inside
    assert inside.count("h0") == 2
    assert re.search(r'aria-labelledby="one-t one-d"', inside)


def test_escape_leaves_nothing_that_ends_a_text() -> None:
    assert escape("<a href=\"x\">&'\x00") == "&lt;a href=&quot;x&quot;&gt;&amp;&#x27;\ufffd"
    assert escape("é 山 \ud800") == "é 山 \ufffd"
    assert short("abc", 2) == "a…"


def test_a_histogram_counts_everything_once() -> None:
    for values, whole in (([1.0, 1, 2, 5], True), ([0.5] * 3, False), ([float(n) for n in range(500)], True)):
        told = re.findall(r"<title>(\d+) x</title>", histogram(values, "rounds", "h", whole=whole).svg())
        assert sum(map(int, told)) == len(values)
