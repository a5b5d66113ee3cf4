"""The charts of a report: the utility plane, offer curves, bids, and how often something was so."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import combinations
from typing import Any

from negotiate_rt.report.svg import SERIES, SHAPES, Axis, Chart, short
from negotiate_rt.report.talk import Talk, Worths, bids_of, offers_of, own_curves, thinned, value_curves
from negotiate_rt.report.theory import Theory
from negotiate_rt.report.words import number, words

POINT_MARKS = {  # a solution's name -> how it is drawn: outlines, so that several at one place all show
    "Nash": ("star", "ring s0"), "Kalai-Smorodinsky": ("diamond", "ring s1"), "egalitarian": ("square", "ring s2"),
    "utilitarian": ("triangle", "ring s3"), "equal loss": ("cross", "ring s4"),
}  # fmt: skip
MOST_PAIRS = 6  # planes of one problem: all pairs of four parties
FRONTIER_DRAWN = 2_000  # vectors of a frontier in one chart
TRAILED = 4  # parties whose offers are drawn into a plane
CURVES = 12  # agents whose lines are drawn in one chart


class Deals:
    """Where sessions ended, for a utility plane: one vector of utilities each, in the order of the parties."""

    def __init__(self, utilities: Sequence[Sequence[float]], label: str = "deal") -> None:
        self.utilities = utilities
        self.label = label


def planes(
    theory: Theory, name: str, deals: Deals | None = None, offers: Sequence[Worths] = (), cloud: Any = None
) -> list[str]:  # cloud: utility vectors of shape (outcomes, parties), or None
    """Return the utility plane of each pair of parties as SVG; of the first few pairs where there are many."""
    return [one.svg() for one in plane_charts(theory, name, deals, offers, cloud)]


def plane_charts(
    theory: Theory, name: str, deals: Deals | None = None, offers: Sequence[Worths] = (), cloud: Any = None
) -> list[Chart]:  # as above
    """Return the charts of the utility planes."""
    pairs = list(combinations(range(len(theory.parties)), 2))[:MOST_PAIRS]
    return [_plane(theory, f"{name}-{a}-{b}", (a, b), deals or Deals(()), offers, cloud) for a, b in pairs]


def _plane(
    theory: Theory, name: str, pair: tuple[int, int], deals: Deals, offers: Sequence[Worths], cloud: Any
) -> Chart:
    first, second = pair
    frontier = [(row[first], row[second]) for row in drawn_frontier(theory)]
    without = theory.solutions.disagreement
    made = [(one.utilities[first], one.utilities[second]) for one in offers]
    ended = [(one[first], one[second]) for one in deals.utilities]
    around = [] if cloud is None else cloud[:, pair].tolist()
    seen = [*frontier, *made, *ended, *around, (without[first], without[second])]
    names = theory.parties[first], theory.parties[second]
    chart = Chart(
        Axis(f"utility of {names[0]}", (x for x, _ in seen)), Axis(f"utility of {names[1]}", (y for _, y in seen)),
        title=f"Utilities of {names[0]} and {names[1]}", description=_told(theory, pair, ended), name=name,
    )  # fmt: skip
    chart.cloud(around)
    two = len(theory.parties) == 2
    if theory.kind == "issues":
        chart.line(frontier if two else (), "s5 thin dashed")
        chart.marks(frontier if len(frontier) <= 200 else [], "dot", "f5")
        chart.cloud(frontier if len(frontier) > 200 else [])
        chart.note("dot", "f5", f"Pareto frontier ({number(len(theory.frontier_points()))})")
    else:
        chart.line(frontier, "s5", "all deals")
    _trails(chart, theory, pair, offers)
    for one in theory.solutions:
        shape, style = POINT_MARKS[one.name]
        place = one.utilities[first], one.utilities[second]
        chart.marks([place], shape, style, [f"{one.name}: {number(place[0])}, {number(place[1])}"])
        chart.note(shape, style, one.name)
    chart.marks([(without[first], without[second])], "ring", "quiet thin", ["no deal"])
    chart.note("ring", "quiet thin", "no deal (disagreement)")
    counted = Counter(ended)
    titles = [f"{deals.label}: {number(x)}, {number(y)}; {count} x" for (x, y), count in counted.items()]
    chart.marks(list(counted), "ring", "s6", titles)
    if counted:
        chart.note("ring", "s6", deals.label)
    return chart


def drawn_frontier(theory: Theory) -> list[list[float]]:
    """Return the vectors of a frontier, thinned to what can be told apart."""
    vectors = theory.frontier_points()
    return [vectors[place].tolist() for place in thinned(range(len(vectors)), FRONTIER_DRAWN)]


def _trails(chart: Chart, theory: Theory, pair: tuple[int, int], offers: Sequence[Worths]) -> None:
    for place, name in enumerate(theory.parties[:TRAILED]):
        points = [(one.utilities[pair[0]], one.utilities[pair[1]]) for one in offers if one.offer.agent == name]
        if points:
            chart.line(thinned(points), f"s{place} thin", f"offers of {name}")


def _told(theory: Theory, pair: tuple[int, int], ended: Sequence[tuple[float, float]]) -> str:
    if not theory.possible:
        return "No bargain is possible: no deal gives every party its reservation value."
    points = "; ".join(
        f"{one.name} {number(one.utilities[pair[0]])}, {number(one.utilities[pair[1]])}" for one in theory.solutions
    )
    deals = f" {len(ended)} deal(s), the first at {number(ended[0][0])}, {number(ended[0][1])}." if ended else ""
    return f"Solution points: {points}.{deals}"


def talk_charts(talk: Talk, name: str, issues: Sequence[str] = ()) -> list[str]:
    """Return the charts of one session: its offer curves or bids, and its utility plane, as far as they are known."""
    offers = offers_of(talk)
    charts = []
    if offers:
        charts.append(utility_curves(talk, offers, f"{name}-own", issues).svg())
    if not offers or (talk.theory is not None and talk.theory.kind == "price"):
        bids = bids_of(talk.outcome)
        values = value_curves(talk.outcome)
        if bids:
            charts.append(bid_chart(talk, bids, f"{name}-bids").svg())
        elif values:
            charts.append(value_chart(talk, values, f"{name}-values").svg())
    if talk.theory is not None:
        ended = talk.comparison
        deals = Deals([ended.utilities] if ended is not None and ended.agreed else ())
        charts += planes(talk.theory, f"{name}-plane", deals, offers)
    return charts


def utility_curves(talk: Talk, offers: Sequence[Worths], name: str, issues: Sequence[str] = ()) -> Chart:
    """Return what each side's offers are worth to itself, round by round."""
    curves = own_curves(talk, offers)
    told = "; ".join(f"{who} from {number(line[0][1])} to {number(line[-1][1])}" for who, line in curves.items())
    return _curves(talk, curves, ("utility of one's own offer", "Own utility of the offers", told), name, issues)


def value_chart(talk: Talk, curves: dict[str, list[tuple[float, float]]], name: str) -> Chart:
    """Return what each side offered, where offers are numbers, round by round."""
    what = "price" if talk.theory is not None and talk.theory.kind == "price" else "offer"
    told = "; ".join(
        f"{who} from {number(line[0][1])} to {number(line[-1][1])}" for who, line in list(curves.items())[:CURVES]
    )
    return _curves(talk, curves, (what, f"The {what}s by round", told), name, ())


def _curves(
    talk: Talk, curves: dict[str, list[tuple[float, float]]], words_: tuple[str, str, str], name: str,
    issues: Sequence[str],
) -> Chart:  # fmt: skip
    label, title, told = words_
    shown = dict(list(curves.items())[:CURVES])
    points = [point for line in shown.values() for point in line]
    chart = Chart(
        Axis("round", (x for x, _ in points), whole=True), Axis(label, (y for _, y in points)),
        title=f"{title}, session {talk.outcome.id}", description=told, name=name,
    )  # fmt: skip
    for place, (who, line) in enumerate(shown.items()):
        chart.line(line, f"s{place % SERIES}", who)
        if len(line) <= 60:
            titles = [f"{who}, round {x:g}: {number(y)}" for x, y in line]
            chart.marks(line, "dot", f"f{place % SERIES}", titles)
    accepted = talk.outcome.accepted_offer
    last = shown.get(accepted.agent) if accepted is not None else None
    if accepted is not None and last:
        at = [point for point in last if point[0] == accepted.round] or last[-1:]
        chart.marks(at[:1], "ring", "s6", [f"deal: {words(accepted.value, issues)}"])
        chart.note("ring", "s6", "the deal")
    return chart


def bid_chart(talk: Talk, bids: Sequence[tuple[str, float]], name: str) -> Chart:
    """Return what everybody bid, in the order of arrival, the winner's ringed."""
    points = [(float(place), value) for place, (_, value) in enumerate(bids, 1)]
    told = "; ".join(f"{who} {number(value)}" for who, value in bids[:CURVES])
    chart = Chart(
        Axis("bid, in order of arrival", [0, len(points) + 1], whole=True), Axis("bid", [0, *(y for _, y in points)]),
        title=f"The bids, session {talk.outcome.id}", description=told, name=name,
    )  # fmt: skip
    for place, (point, (who, value)) in enumerate(zip(points, bids, strict=True)):
        chart.marks([point], SHAPES[place % len(SHAPES)], f"f{place % SERIES}", [f"{who}: {number(value)}"])
        if len(bids) <= CURVES:
            chart.note(SHAPES[place % len(SHAPES)], f"f{place % SERIES}", f"{who}: {number(value)}")
    won = talk.outcome.accepted_offer
    chart.marks([point for point, (who, _) in zip(points, bids, strict=True) if won is not None and who == won.agent],
                "ring", "s6", ["won"])  # fmt: skip
    return chart


def gains_plane(gains: Iterable[tuple[float, ...]], parties: Sequence[str], name: str) -> Chart:
    """Return where deals lie between nothing gained and all that each of the first two parties could gain."""
    counted = Counter((round(one[0], 3), round(one[1], 3)) for one in gains)
    chart = Chart(
        Axis(f"gain of {parties[0]}, share of its most", [0, 1, *(x for x, _ in counted)]),
        Axis(f"gain of {parties[1]}, share of its most", [0, 1, *(y for _, y in counted)]),
        title="Deals by the share of what each party could gain at most",
        description=f"{sum(counted.values())} deals; 0 is the reservation value, 1 the most in any rational outcome.", name=name,
    )  # fmt: skip
    chart.line([(0, 0), (1, 1)], "s2 thin dashed", "equal shares (Kalai-Smorodinsky)")
    chart.line([(0, 1), (1, 0)], "s5 thin dashed", "shares that sum to 1")
    chart.marks(list(counted), "circle", "s6 ring thin", [f"{x:.1%}, {y:.1%}; {n} x" for (x, y), n in counted.items()])
    chart.note("ring", "s6", "deals")
    return chart


def histogram(values: Sequence[float], label: str, name: str, *, whole: bool = False) -> Chart:
    """Return how often values fell where."""
    low, high, bins = min(values), max(values), max(4, min(24, math.isqrt(len(values)) + 1))
    span = high - low
    wide = max(1.0, -(-(span + 1) // bins)) if whole else (span / bins or 1.0)
    start = low - 0.5 if whole else low
    counts = Counter(min(bins - 1, int((value - start) / wide)) for value in values)
    chart = Chart(
        Axis(label, [start, start + wide * (max(counts) + 1)], room=0, whole=whole),
        Axis("sessions", [0, *counts.values()], whole=True, room=0),
        title=f"How often: {short(label)}", description=f"from {number(low)} to {number(high)}, {len(values)} values", name=name,
    )  # fmt: skip
    for place, count in sorted(counts.items()):
        chart.bar(start + place * wide, start + (place + 1) * wide, count, f"{count} x")
    return chart
