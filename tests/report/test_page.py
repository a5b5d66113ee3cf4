"""A report is one page of HTML that needs no network, lets nothing through unescaped, and holds for every kind of run."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest

from negotiate_rt import (
    AdditiveUtility,
    BargainingProblem,
    Issue,
    NegotiationConfig,
    NegotiationExecutor,
    Negotiator,
    Propose,
    scenarios,
)
from negotiate_rt.report import Tally
from negotiate_rt.report.following import Following
from negotiate_rt.report.page import page
from negotiate_rt.report.study import DRAWN_AGREED, DRAWN_FAILED

EVIL = '<script>alert("x")</script>&\'\x00\x1b'
VOID = {"meta"}
FETCHING = {"script", "link", "img", "iframe", "object", "embed", "image", "use", "base", "form", "video", "audio", "a"}


class Reader(HTMLParser):
    """Checks that tags nest, that ids differ, and that nothing points outside; keeps the text."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.wanted: list[str] = []
        self.words: list[str] = []
        self.style = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag not in VOID:
            self.open.append(tag)
        for name, value in attrs:
            assert name not in ("src", "href", "srcset", "action", "xlink:href", "style"), (tag, name, value)
            assert not name.startswith("on"), (tag, name)
            if name == "id":
                self.ids.append(value or "")
            if name == "aria-labelledby":
                self.wanted += (value or "").split()

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "style":
            self.style += data
        else:
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join("".join(self.words).split())


def read(html: str) -> Reader:
    reader = Reader()
    reader.feed(html)
    reader.close()
    assert reader.open == []
    assert len(reader.ids) == len(set(reader.ids))
    assert set(reader.wanted) <= set(reader.ids)
    assert not FETCHING & set(reader.tags)
    assert "url(" not in reader.style
    assert "@import" not in reader.style
    assert not re.search(r"https?:|//[a-z]", html)
    assert "default-src 'none'" in html
    for chart in re.findall(r"<svg.*?</svg>", html, re.DOTALL):
        ElementTree.fromstring(chart)
        assert "NaN" not in chart
        assert 'role="img"' in chart
    return reader


def made(one: scenarios.Scenario, sessions: int) -> tuple[str, Following]:
    tally, following = Tally(), Following()
    executor = one.executor("virtual")

    async def run() -> None:
        async for outcome in executor.stream(following.jobs(one.jobs(sessions)), 50, following.started):
            tally.add(outcome)
            following.add(outcome)

    from negotiate_rt.executor.executor import run_sync

    run_sync(run)
    report = tally.report(one.name, clock="virtual", seed=1, theory=following.study.report())
    return page(report, following.study, one.issues, one.spec.description), following


@pytest.mark.parametrize("name", scenarios.built_in())
def test_every_kind_of_scenario_has_a_page(name: str) -> None:
    html, following = made(scenarios.load(name), 6)
    reader = read(html)
    assert "How the sessions ended" in reader.text
    assert "6 sessions" in reader.text
    assert "svg" in reader.tags
    assert "Some sessions" in reader.text
    assert len(following.study.talks) <= DRAWN_AGREED + DRAWN_FAILED
    if name in ("haggling", "campsite", "holiday"):
        for words in ("Beside theory", "Pareto-efficient", "Nash", "Kalai-Smorodinsky", "mean distance of deals to the frontier"):
            assert words in reader.text


def test_sessions_that_share_one_problem_share_one_plane_and_its_definitions() -> None:
    text = scenarios.built_in_text("campsite").replace("shuffle_weights = true", "shuffle_weights = false")
    html, following = made(scenarios.loads(text), 5)
    assert following.study.plane is not None
    assert "maximises the product of the parties' gains" in read(html).text
    html, following = made(scenarios.load("haggling"), 5)
    assert following.study.plane is None
    assert "share of its most" in read(html).text


def test_no_agreement_at_all_and_no_session_at_all_have_a_page() -> None:
    hopeless = scenarios.loads(
        'name = "x"\nprotocol = "bilateral"\nmax_rounds = 3\n'
        'agents = [{type = "buyer", name = "Bea", limit = 1}, {type = "seller", name = "Sam", limit = 9}]'
    )
    html, following = made(hopeless, 3)
    reader = read(html)
    assert "No bargain was possible" in reader.text
    assert "0.0%" in reader.text
    study = following.study.report()
    assert study is not None
    assert (study.compared, study.possible, study.deals, study.efficient) == (3, 0, 0, None)
    empty = page(Tally().report("none"), Following().study)
    assert "0 sessions" in read(empty).text.replace("sessions", "sessions ")


def test_what_users_name_is_escaped_everywhere() -> None:
    issue = Issue(EVIL, (EVIL, "b"))
    names = [f"{EVIL}{place}" for place in range(2)]
    worth = [AdditiveUtility({EVIL: 1}, {EVIL: {EVIL: 1 - place, "b": place}}) for place in range(2)]

    class Talks(Negotiator):
        def decide(self, view: object) -> object:
            if getattr(view, "round", 1) > 2:
                raise RuntimeError(EVIL)
            return Propose((EVIL,))

    agents = [Talks(names[0], worth[0]), Negotiator(names[1], worth[1])]
    problem = BargainingProblem([issue])
    executor = NegotiationExecutor(clock="virtual", name=EVIL)
    tally, following = Tally(), Following()

    async def run() -> None:
        jobs = [(agents, NegotiationConfig("bilateral", 4), problem)]
        async for outcome in executor.stream(following.jobs(jobs), 1, following.started):
            tally.add(outcome)
            following.add(outcome)

    from negotiate_rt.executor.executor import run_sync

    run_sync(run)
    report = tally.report(EVIL, theory=following.study.report())
    html = page(report, following.study, (EVIL,), EVIL)
    reader = read(html)
    assert "<script" not in html.lower()
    assert "\x00" not in html
    assert "\x1b" not in html
    assert '<script>alert("x")</script>' in reader.text  # as words


def test_unicode_stays_as_it_is() -> None:
    name = "Zoë 山田 \U0001f91d"
    text = f'name = "交渉"\nprotocol = "bilateral"\nagents = [{{type = "buyer", name = "{name}", limit = 80}}, ' + (
        '{type = "seller", name = "שרה", limit = 60}]'
    )
    html, _ = made(scenarios.loads(text), 1)
    reader = read(html)
    for word in ("交渉", "Zoë 山田 \U0001f91d", "שרה"):
        assert word in reader.text


@pytest.mark.slow
def test_thousands_of_sessions_are_sampled() -> None:
    html, following = made(scenarios.load("haggling"), 3_000)
    read(html)
    assert len(html) < 600_000
    assert len(following.study.deals) <= 1_000
    assert following.study._seen > 1_000
    assert len(following._open) == 0


def test_a_long_talk_keeps_both_sides_and_its_end() -> None:
    from negotiate_rt.report.study import LONGEST, shortened

    one = scenarios.loads(
        f'name = "x"\nprotocol = "bilateral"\nmax_rounds = {LONGEST * 2}\n'
        'agents = [{type = "buyer", name = "Bea", limit = 1}, {type = "seller", name = "Sam", limit = 9}]'
    )
    [outcome] = one.executor("virtual").run_many(one.jobs(1))
    assert len(outcome.all_offers) > LONGEST
    kept: Sequence[object] = shortened(outcome).all_offers
    assert len(kept) <= LONGEST + 8
    assert {offer.agent for offer in shortened(outcome).all_offers} == {"Bea", "Sam"}
    assert kept[-1] == outcome.all_offers[-1]
    assert len({offer.agent for offer in shortened(outcome).all_offers[:10]}) == 2
