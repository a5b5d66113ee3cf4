"""Winner determination: every engine against brute force, against each other, with and without time."""

from __future__ import annotations

import itertools
import math
import random
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.problems.combinatorial import BundleAuction, BundleBid, BundleBids
from negotiate_rt.solutions.winners import Allocation, Deadline, engine_of, engines, solve
from negotiate_rt.solutions.winners.exact import Search, dynamic_program
from negotiate_rt.solutions.winners.greedy import first_allocation
from negotiate_rt.solutions.winners.packing import Packing
from negotiate_rt.solutions.winners.prices import price, promising

OWN = ("auto", "exact", "greedy")
SOLVERS = ("highs", "cp-sat")


class Ticking:
    """A clock that goes on by a step each time it is read."""

    def __init__(self, step: float) -> None:
        self.step = step
        self.time = 0.0

    def __call__(self) -> float:
        self.time += self.step
        return self.time


def never() -> bool:
    return False


def brute_force(auction: BundleAuction) -> Fraction:
    """The largest exact value over all sets of bids that no good and no dummy forbids."""
    best = Fraction(0)
    own = auction.exclusions
    worths = [Fraction(bid.value) for bid in auction.bids]

    def extend(place: int, goods: frozenset, dummies: frozenset, value: Fraction) -> None:
        nonlocal best
        best = max(best, value)
        for bid in range(place, len(auction.bids)):
            if not (auction.bids[bid].items & goods or own[bid] & dummies):
                extend(bid + 1, goods | auction.bids[bid].items, dummies | own[bid], value + worths[bid])

    extend(0, frozenset(), frozenset(), Fraction(0))
    return best


def check(auction: BundleAuction, found: Allocation) -> None:
    """The allocation is one: its bids are here, share nothing, and are worth what it says."""
    assert all(bid in auction.bids for bid in found.winners)
    for one, other in itertools.combinations(found.winners, 2):
        assert not one.items & other.items
        if one.bidder == other.bidder:
            assert auction.languages[one.bidder] != "xor"
            assert not one.dummies & other.dummies
    assert found.value == pytest.approx(math.fsum(bid.value for bid in found.winners), rel=1e-12)
    assert found.bound >= found.value
    assert found.proven or found.bound > found.value
    sold = [good for items in found.allocation.values() for good in items]
    assert len(sold) == len(set(sold))
    assert set(sold) <= auction.goods


def random_auction(seed: int, goods: int = 6, most: int = 14) -> BundleAuction:
    """A few bidders in all three languages; values repeat, and may be 0."""
    rng = random.Random(seed)
    said = []
    for name in range(rng.randint(1, 5)):
        language = rng.choice(("xor", "or", "or*"))
        bids = {}
        for _ in range(rng.randint(1, max(1, most // 5))):
            items = frozenset(rng.sample(range(goods), rng.randint(1, min(4, goods))))
            dummies = frozenset(rng.sample("xyz", rng.randint(0, 2))) if language == "or*" else frozenset()
            bids[items, dummies] = BundleBid(f"b{name}", items, rng.choice((0, 1, 2, 3, 5, rng.random() * 8)), dummies)
        said.append(BundleBids(tuple(bids.values()), language))
    return BundleAuction(said, range(goods))


@pytest.mark.parametrize("engine", [*OWN, *SOLVERS])
@given(seed=st.integers(0, 10**6))
@settings(max_examples=10, deadline=None)
def test_every_engine_finds_the_optimum_of_small_auctions(engine, seed):
    if engine in SOLVERS and not engines.installed(engine):
        pytest.skip(f"{engine} is not installed: pip install 'negotiate-rt[solvers,ortools]'")
    auction = random_auction(seed)
    found = solve(auction, engine=engine)
    check(auction, found)
    best = float(brute_force(auction))
    assert found.bound >= best * (1 - 1e-9)
    if engine == "greedy":
        assert found.value >= best / math.sqrt(len(auction.goods)) - 1e-9
        return
    assert found.proven
    assert found.value == pytest.approx(best, rel=1e-9, abs=1e-12)


@given(seed=st.integers(0, 10**6))
@settings(max_examples=25, deadline=None)
def test_dynamic_program_and_search_agree(seed):
    packing = Packing.of(random_auction(seed, goods=9, most=30))
    packing = packing.among(packing.undominated())
    exact = packing.total(dynamic_program(packing))
    chosen = first_allocation(packing, [], never)
    priced = price(packing, chosen, 100, never)
    searched = Search(packing, priced.prices, chosen, never).run()
    assert searched.complete
    assert packing.feasible(searched.chosen)
    assert packing.total(searched.chosen) == pytest.approx(exact, rel=1e-9, abs=1e-12)
    assert priced.bound >= exact * (1 - 1e-12)
    kept = packing.among(promising(priced, packing.total(chosen), chosen))
    assert kept.total(dynamic_program(kept)) == pytest.approx(exact, rel=1e-9, abs=1e-12)


def bids(*said):
    return [BundleBid(name, frozenset(items), value) for name, items, value in said]


def test_xor_bidder_wins_one_bid_and_or_bidder_several():
    said = tuple(bids(("a", "x", 3), ("a", "y", 4), ("a", "xy", 5)))
    assert solve(BundleAuction(said)).value == 5
    assert solve(BundleAuction(said, language="or")).value == 7
    assert solve([BundleBids(said, "or")]).allocation == {"a": frozenset("xy")}


def test_dummy_goods_of_two_bidders_are_not_one():
    one = BundleBids((BundleBid("a", {"x"}, 1, {"d"}), BundleBid("a", {"y"}, 2, {"d"})), "or*")
    other = BundleBids((BundleBid("b", {"x"}, 4, {"d"}), BundleBid("b", {"z"}, 3, {"e"})), "or*")
    found = solve([one, other])
    assert found.value == 9
    assert found.allocation == {"a": {"y"}, "b": {"x", "z"}}


def test_nothing_bid_is_an_allocation_of_nothing():
    found = solve([])
    assert (found.value, found.bound, found.proven, dict(found.allocation)) == (0.0, 0.0, True, {})


def test_a_bid_of_zero_wins_what_nobody_else_wants():
    found = solve(bids(("a", "x", 0), ("b", "y", 2)))
    assert found.allocation == {"a": {"x"}, "b": {"y"}}
    assert found.value == 2


def test_values_near_two_to_the_53rd_are_told_apart():
    big = 2.0**53
    found = solve(bids(("a", "x", big - 1), ("b", "x", big), ("c", "x", big - 2), ("d", "y", 1)))
    assert found.allocation == {"b": {"x"}, "d": {"y"}}


@pytest.mark.parametrize("engine", SOLVERS)
@pytest.mark.parametrize("scale", [1e-200, 1e-6, 1.0, 1e9, 2.0**53, 1e200])
def test_engines_do_not_mind_the_unit_of_money(engine, scale):
    if not engines.installed(engine):
        pytest.skip(f"{engine} is not installed")
    rng = random.Random(3)
    plain = [(f"b{n}", rng.sample("abcdefghij", rng.randint(2, 4)), rng.random()) for n in range(40)]
    best = solve(bids(*plain), engine="exact")
    found = solve(bids(*((name, items, value * scale) for name, items, value in plain)), engine=engine)
    assert found.proven
    assert [bid.bidder for bid in found.winners] == [bid.bidder for bid in best.winners]


# ------------------------------------------------------------------------------------------------------------- deadlines
def hard(count: int = 400) -> BundleAuction:
    rng = random.Random(5)
    return BundleAuction(
        bids(*((f"b{n}", rng.sample(range(60), 5), 5 + rng.random()) for n in range(count))), range(60)
    )


@pytest.mark.parametrize("engine", [None, *OWN])
def test_at_the_deadline_the_best_allocation_comes_with_its_bound(engine):
    auction = hard()
    found = solve(auction, Deadline(1.0, Ticking(0.02 if engine != "auto" else 2.0)), engine=engine)
    check(auction, found)
    assert not found.proven
    assert 0.6 * found.bound <= found.value < found.bound < math.inf


def test_a_deadline_that_has_passed_still_gives_an_allocation():
    auction = hard()
    found = solve(auction, Deadline(0.0, Ticking(0.0)))
    check(auction, found)
    assert found.value > 0
    assert found.engine == "greedy"


def test_cancelling_stops_our_own_search():
    auction, clock = hard(), Ticking(0.0)
    deadline = Deadline(1000.0, clock)
    reads = 0

    def reading() -> float:
        nonlocal reads
        reads += 1
        if reads == 40:
            deadline.cancel()
        return 0.0

    deadline._clock = reading
    assert not solve(auction, deadline, engine="exact").proven
    assert deadline.expired()


def test_what_is_to_be_told_of_a_cancellation_is_told_once():
    told = []
    deadline = Deadline()
    deadline.when_cancelled(lambda: told.append("one"))
    part = deadline.share(0.5)
    assert part.left() == math.inf
    deadline.cancel()
    deadline.cancel()
    deadline.when_cancelled(lambda: told.append("two"))
    assert told == ["one", "two"]
    assert part.expired()
    assert "0 s left" in repr(part)


def test_a_hint_is_where_the_search_starts():
    auction = hard()
    best = solve(auction, Deadline(1.0, Ticking(0.02)), engine="exact")
    again = solve(auction, Deadline(0.0, Ticking(0.0)), best)
    assert again.value >= best.value
    other = solve(auction, Deadline(0.0, Ticking(0.0)), [*best.winners, BundleBid("stranger", {1}, 9)])
    assert other.value >= best.value


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"engine": "gurobi"}, "expected one of auto"),
        ({"engine": "hihgs"}, "did you mean 'highs'"),
        ({"deadline": 1.0}, "negotiate_rt.solve_winners takes plain seconds"),
    ],
)
def test_wrong_arguments_are_told(arguments, words):
    with pytest.raises(ConfigurationError, match=words):
        solve(hard(3), **arguments)


def test_seconds_need_a_clock():
    with pytest.raises(ConfigurationError, match=r"clock=time.monotonic"):
        Deadline(1.0)
    with pytest.raises(ConfigurationError, match="finite"):
        Deadline(math.nan, Ticking(1))


def test_an_engine_that_is_missing_is_named_with_its_extra(monkeypatch):
    monkeypatch.setattr(engines, "installed", lambda engine: engine not in SOLVERS)
    assert engine_of(None) == "exact"
    with pytest.raises(ConfigurationError, match=r"negotiate-rt\[solvers\]"):
        engine_of("highs")
    found = solve(hard(30))
    assert found.proven


def test_an_engine_that_would_have_to_be_loaded_first_is_left_when_time_is_short(monkeypatch):
    monkeypatch.setattr(engines, "EXTRAS", {"highs": ("never_loaded", "solvers"), "cp-sat": ("never_loaded", "ortools")})
    assert not engines.at_hand("highs", 0.4)
    assert engines.at_hand("highs", 0.6)
    assert not engines.at_hand("cp-sat", 1.0)
    assert engines.at_hand("exact", 0.0)
    found = solve(hard(), Deadline(0.45, Ticking(0.002)), engine="highs")
    assert found.engine == "branch-and-bound"
