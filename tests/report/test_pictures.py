"""Pictures for a terminal: what is drawn where, in braille and without, wide and narrow."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from negotiate_rt import AdditiveUtility, BargainingProblem, Issue, NegotiationConfig, NegotiationExecutor, scenarios
from negotiate_rt.report.canvas import GUTTER, Canvas
from negotiate_rt.report.following import Following
from negotiate_rt.report.pictures import NARROWEST, WIDEST, plane_picture, talk_picture
from negotiate_rt.report.svg import Axis
from negotiate_rt.report.talk import Talk
from negotiate_rt.report.theory import solved_issues

POINTS = {"a": (0, 10), "b": (5, 5), "c": (10, 0), "d": (1, 1)}


def theory() -> object:
    utilities = [AdditiveUtility({"deal": 1}, {"deal": {name: one[k] for name, one in POINTS.items()}}) for k in range(2)]
    return solved_issues(BargainingProblem([Issue("deal", tuple(POINTS))], utilities))


def talk(name: str) -> Talk:
    one, following = scenarios.load(name), Following()
    agents, config, problem = one.job(1)
    [_] = following.jobs([(agents, config, problem)])
    outcome = NegotiationExecutor(clock="virtual", name=name).run(agents, config, problem)
    following.started(outcome.id)
    following.add(outcome)
    return following.study.talks[0]


def text(lines: object) -> list[str]:
    return [line.plain for line in lines]  # type: ignore[attr-defined]


def test_corners_of_the_plane_are_corners_of_the_canvas() -> None:
    canvas = Canvas(Axis("x", [0, 1], room=0), Axis("y", [0, 1], room=0), 10, 5)
    for x, y, letter in ((0, 0, "a"), (1, 0, "b"), (0, 1, "c"), (1, 1, "d")):
        canvas.letter(x, y, letter)
    rows = text(canvas.lines())[:5]
    assert rows[0][GUTTER:] == "c        d"
    assert rows[4][GUTTER:] == "a        b"


def test_lines_are_unbroken_and_letters_give_way_sideways() -> None:
    canvas = Canvas(Axis("x", [0, 1], room=0), Axis("y", [0, 1], room=0), 10, 5, ascii_only=True)
    canvas.line([(0, 0), (1, 0)])
    canvas.letter(0.5, 1, "A")
    canvas.letter(0.5, 1, "B")
    canvas.fill(0.5, 1, "o")
    rows = text(canvas.lines())[:5]
    assert rows[4][GUTTER:] == "." * 10
    assert "AB" in rows[0]
    assert "o" not in rows[0]


def test_the_plane_shows_points_frontier_deals_and_legend() -> None:
    shown = text(plane_picture(theory(), 80, deals=[(1.0, 1.0)]))  # type: ignore[arg-type]
    whole = "\n".join(shown)
    for sign in ("N", "K", "E", "U", "L", "○", "d", "●", "utility of 0", "utility of 1", "Pareto frontier", "no deal"):
        assert sign in whole
    assert max(map(len, shown)) <= max(80, len(shown[-1]))


@pytest.mark.parametrize("width", [NARROWEST, 40, 300])
def test_pictures_keep_to_the_width(width: int) -> None:
    shown = text(plane_picture(theory(), width))[:-1] + text(talk_picture(talk("haggling"), width))[:-1]  # type: ignore[arg-type]
    assert shown
    assert max(map(len, shown)) <= min(width, WIDEST)


def test_a_terminal_too_narrow_gets_none() -> None:
    assert text(plane_picture(theory(), NARROWEST - 1)) == []  # type: ignore[arg-type]
    assert text(talk_picture(talk("haggling"), 10)) == []


def test_ascii_stays_ascii() -> None:
    shown = text(plane_picture(theory(), 60, deals=[(5, 5)], ascii_only=True))  # type: ignore[arg-type]
    shown += text(talk_picture(talk("haggling"), 60, ascii_only=True))
    assert all(line.isascii() for line in shown)
    assert "x deal" in shown[len(text(plane_picture(theory(), 60, ascii_only=True))) - 1]  # type: ignore[arg-type]


def test_offer_curves_end_at_the_deal() -> None:
    for name, label in (("haggling", "offers"), ("campsite", "utility of one's own offers")):
        shown = text(talk_picture(talk(name), 80))
        assert shown[0].strip() == label
        assert "●" in "".join(shown[:-1])
        assert "the deal" in shown[-1]


def test_one_round_is_no_curve() -> None:
    assert text(talk_picture(talk("vickrey"), 80)) == []
    assert text(talk_picture(Talk(NegotiationExecutor(clock="virtual").run(*jobless())), 80)) == []


def jobless() -> tuple[list[object], NegotiationConfig]:
    agents, _, _ = scenarios.load("haggling").job(1)
    return agents, NegotiationConfig("bilateral", 1)


def test_colours_obey_the_console() -> None:
    for plain in (True, False):
        console = Console(file=io.StringIO(), force_terminal=True, no_color=plain, color_system="standard", width=80)
        console.print(*plane_picture(theory(), 80), sep="\n")  # type: ignore[arg-type]
        shown = console.file.getvalue()  # type: ignore[attr-defined]
        assert ("\x1b[36m" in shown) is not plain
