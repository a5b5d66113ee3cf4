"""Verdicts on an allocation: is it fair, in which sense, and if not, who has to complain of what.

Items may be goods, chores or both. Without further word: u_i(B) is what bundle B is worth to party i, A_i its own bundle, M all
items, n the number of parties. Worths are compared exactly; where floats came in, to one part in 10**9.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import permutations

import msgspec

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.problems.exact import Exact
from negotiate_rt.problems.goods import Allocation, Bundle, DivisionProblem, Item, Party
from negotiate_rt.solutions.division.maximin import NODES, maximin_partition
from negotiate_rt.solutions.division.pareto import improvement
from negotiate_rt.solutions.division.trades import Improvement

_FIRST_NODES = 5000  # of the search for a maximin share: most that are missed are missed by far


class Envy(msgspec.Struct, frozen=True, kw_only=True):
    """`party` sees its own bundle worth `own` and that of `envied` worth `other`, after `removed` was taken away (None: nothing
    was, or nothing can be).
    """

    party: Party
    envied: Party
    own: Exact
    other: Exact
    removed: Item | None = None


class Shortfall(msgspec.Struct, frozen=True, kw_only=True):
    """What `party` has is worth `own` to it, less than the `due` it can claim; `bundles` shows how it could secure that."""

    party: Party
    own: Exact
    due: Exact
    bundles: tuple[Bundle, ...] = ()


class Inequity(msgspec.Struct, frozen=True, kw_only=True):
    """What `party` has is worth `own` to it, which is less than the `other` that `better` has by its own measure."""

    party: Party
    better: Party
    own: Exact
    other: Exact


class FairnessVerdict(msgspec.Struct, frozen=True, kw_only=True):
    """Whether an allocation has a property; true or false like a bool (an undecided verdict counts as false).

    holds: None where the search for a counterexample was cut short. witness: why it does not hold. reason: in words.
    """

    property: str
    holds: bool | None
    witness: Envy | Shortfall | Inequity | Improvement | None = None
    reason: str = ""

    def __bool__(self) -> bool:
        return self.holds is True

    def __str__(self) -> str:
        return f"{self.property}: {self.reason}"


def is_envy_free(problem: DivisionProblem, allocation: Allocation) -> FairnessVerdict:
    """Return whether nobody prefers another's bundle, u_i(A_i) >= u_i(A_j); of whole items or of shares (Foley 1967)."""
    shares = problem.shares(allocation)
    for party, envied in permutations(problem.parties, 2):
        whole = all(share == 1 for one in (shares[party], shares[envied]) for share in one.values())
        own, other = (
            problem.worth(party, list(shares[one]) if whole else shares[one]) for one in (party, envied)
        )
        if own + problem.slack(party) < other:
            return _envy(problem, "envy-free", (party, envied, None), own, other)
    return FairnessVerdict(property="envy-free", holds=True, reason="nobody prefers another's bundle")


def is_ef1(problem: DivisionProblem, allocation: Allocation) -> FairnessVerdict:
    """Return whether envy ends when one item goes: a good from the envied bundle, or a chore from one's own (Budish 2011).

    For mixed items either (Aziz, Caragiannis, Igarashi and Walsh 2022). The witness names the removal that helps most.
    """
    bundles = problem.bundles(allocation)
    for party, envied in permutations(problem.parties, 2):
        ways = list(_removals(problem, party, bundles[party], bundles[envied]))
        item, own, other = max(ways, key=lambda way: way[1] - way[2])
        if own + problem.slack(party) < other:
            return _envy(problem, "EF1", (party, envied, item), own, other)
    return FairnessVerdict(property="EF1", holds=True, reason="nobody envies another by more than one item")


def is_efx(problem: DivisionProblem, allocation: Allocation, *, zero_valued: bool = True) -> FairnessVerdict:
    """Return whether envy ends whichever one item goes: any good from the envied bundle, any chore from one's own.

    zero_valued: whether that holds for items worth nothing to the envious, too (EFX of Plaut and Roughgarden 2020; False:
    of Caragiannis and others 2019); among mixed items never. The witness names the removal that helps least.
    """
    bundles = problem.bundles(allocation)
    zero = zero_valued and problem.kind != "mixed"
    for party, envied in permutations(problem.parties, 2):
        before = problem.worth(party, bundles[party]), problem.worth(party, bundles[envied])
        ways = list(_removals(problem, party, bundles[party], bundles[envied]))[1:]
        ways = [way for way in ways if way[1] - way[2] > before[0] - before[1] or (zero and way[1:] == before)]
        item, own, other = min(ways, key=lambda way: way[1] - way[2], default=(None, *before))
        if own + problem.slack(party) < other:
            return _envy(problem, "EFX", (party, envied, item), own, other)
    return FairnessVerdict(property="EFX", holds=True, reason="nobody envies another once any one item goes")


def is_proportional(problem: DivisionProblem, allocation: Allocation) -> FairnessVerdict:
    """Return whether everybody has an equal part of all, u_i(A_i) >= u_i(M)/n; of whole items or of shares (Steinhaus 1948)."""
    return _at_least(problem, allocation, "proportional", lambda party: problem.total(party) / len(problem.parties))


def is_prop1(problem: DivisionProblem, allocation: Allocation) -> FairnessVerdict:
    """Return whether everybody would have an equal part with one good more, or one chore less (Conitzer, Freeman, Shah 2017)."""
    bundles = problem.bundles(allocation)
    for party in problem.parties:
        mine = bundles[party]
        best = max(problem.worth(party, bundle) for bundle in _one_away(problem, mine))
        due = problem.total(party) / len(problem.parties)
        if best + problem.slack(party) < due:
            return _short(problem, "PROP1", party, best, due)
    return FairnessVerdict(property="PROP1", holds=True, reason="all have an equal part, but for one item at most")


def is_maximin_share(problem: DivisionProblem, allocation: Allocation, *, nodes: int = NODES) -> FairnessVerdict:
    """Return whether everybody has its maximin share: what it could secure by dividing all in n and taking the worst bundle.

    Undecided where finding a share took more than `nodes` and the bounds do not tell (Budish 2011). The witness shows bundles
    that secure what is due; it is the share itself where that was quickly found, else no more than the share.
    """
    bundles = problem.bundles(allocation)
    undecided = None
    for party in problem.parties:
        own = problem.worth(party, bundles[party])
        if problem.additive and own >= problem.total(party) / len(problem.parties):
            continue  # no worst bundle is worth more than an equal part
        found = maximin_partition(problem, party, nodes=min(nodes, _FIRST_NODES))
        if not found.proven and own >= min(problem.worth(party, bundle) for bundle in found.bundles):
            found = maximin_partition(problem, party, nodes=nodes)
        due = min(problem.worth(party, bundle) for bundle in found.bundles)
        if own + problem.slack(party) < due:
            return _short(problem, "maximin share", party, own, due, found.bundles)
        if not found.proven and float(own) < float(found.bound):
            undecided = party
    if undecided is not None:
        reason = f"undecided: the maximin share of {undecided} was not found within {nodes} steps; ask for more nodes"
        return FairnessVerdict(property="maximin share", holds=None, reason=reason)
    return FairnessVerdict(property="maximin share", holds=True, reason="all have their maximin share")


def is_equitable(problem: DivisionProblem, allocation: Allocation, *, normalized: bool = False) -> FairnessVerdict:
    """Return whether all value what they have alike, u_i(A_i) = u_j(A_j); of whole items or of shares.

    normalized: measured as a part of what all items are worth to the party, u_i(A_i)/u_i(M).
    """
    levels = {}
    for party, shares in problem.shares(allocation).items():
        worth = _worth_of(problem, party, shares)
        total = problem.total(party)
        levels[party] = worth / total if normalized and total else worth
    low, high = min(levels, key=lambda one: levels[one]), max(levels, key=lambda one: levels[one])
    slack = max(problem.slack(low), problem.slack(high))
    if levels[high] - levels[low] <= slack:
        return FairnessVerdict(property="equitable", holds=True, reason="all value what they have alike")
    own, other = problem.told(levels[low]), problem.told(levels[high])
    return FairnessVerdict(
        property="equitable", holds=False, witness=Inequity(party=low, better=high, own=own, other=other),
        reason=f"{low} has {float(own):.6g} by its own measure, {high} has {float(other):.6g}",
    )  # fmt: skip


def is_pareto_optimal(
    problem: DivisionProblem, allocation: Allocation, *, divisible: bool | None = None, nodes: int = NODES
) -> FairnessVerdict:
    """Return whether no other allocation is at least as good for all and better for one; the witness is one that is.

    divisible: among shares of items, too; by default where the allocation itself splits items: goods by trades along cycles
    (exactly), chores and mixed items by a linear program, to one part in 10**9. Whole items: trades, then an exact search;
    beyond `nodes` HiGHS decides for up to 10 seconds, if it is installed and the worths are exact and not too long; else, and
    beyond 5,000 shares, it is undecided (deciding it is coNP-complete). Items that are left over may stay so in the other
    allocation.
    """
    found = improvement(problem, allocation, divisible, nodes)
    if found is None:
        return FairnessVerdict(property="Pareto-optimal", holds=True, reason="nobody can gain unless another loses")
    if not found.worths:
        return FairnessVerdict(
            property="Pareto-optimal", holds=None, reason=f"undecided within {nodes} steps, or there are too many items"
        )
    gains = [party for party, (before, after) in found.worths.items() if after > before]
    reason = f"{', '.join(map(str, gains))} could gain, and nobody would lose"
    return FairnessVerdict(property="Pareto-optimal", holds=False, witness=found, reason=reason)


def assess_division(
    problem: DivisionProblem, allocation: Allocation, *, normalized: bool = False, nodes: int = NODES,
    expired: Callable[[], bool] = lambda: False,
) -> dict[str, FairnessVerdict]:
    """Return all verdicts on an allocation, by property; where items are split those that are about shares: envy-free,
    proportional, Pareto-optimal and equitable (as parts of what all items are worth to a party, if `normalized`).

    nodes: of each search, for maximin shares and Pareto optimality, as told there. expired: whether the time is
    up; what is not begun by then stays undecided, and the two searches come last.
    """
    judges: dict[str, Callable[[], FairnessVerdict]] = {
        "envy-free": lambda: is_envy_free(problem, allocation), "EFX": lambda: is_efx(problem, allocation),
        "EF1": lambda: is_ef1(problem, allocation), "proportional": lambda: is_proportional(problem, allocation),
        "PROP1": lambda: is_prop1(problem, allocation),
        "equitable": lambda: is_equitable(problem, allocation, normalized=normalized),
        "Pareto-optimal": lambda: is_pareto_optimal(problem, allocation, nodes=nodes),
        "maximin share": lambda: _maximin_if_possible(problem, allocation, nodes),
    }  # fmt: skip
    if not splits_nothing(problem, allocation):
        for name in ("EFX", "EF1", "PROP1", "maximin share"):
            del judges[name]
    return {
        name: FairnessVerdict(property=name, holds=None, reason="undecided: the time was up") if expired() else judge()
        for name, judge in judges.items()
    }


def _maximin_if_possible(problem: DivisionProblem, allocation: Allocation, nodes: int) -> FairnessVerdict:
    try:
        return is_maximin_share(problem, allocation, nodes=nodes)
    except ConfigurationError as error:  # worths that are functions, of too many bundles
        return FairnessVerdict(property="maximin share", holds=None, reason=f"undecided: {error}")


def splits_nothing(problem: DivisionProblem, allocation: Allocation) -> bool:
    """Whether an allocation splits no item."""
    return all(share == 1 for one in problem.shares(allocation).values() for share in one.values())


def _removals(
    problem: DivisionProblem, party: Party, mine: Bundle, theirs: Bundle
) -> Iterator[tuple[Item | None, Fraction, Fraction]]:
    """Yield (item, own worth, other's worth): with nothing removed, then with each item that is a good there or a chore here."""
    own, other = problem.worth(party, mine), problem.worth(party, theirs)
    yield None, own, other
    kind = problem.kind
    for item in problem.items:
        if item in theirs and kind != "chores":
            yield item, own, problem.worth(party, theirs - {item})
        if item in mine and kind != "goods":
            yield item, problem.worth(party, mine - {item}), other


def _one_away(problem: DivisionProblem, mine: Bundle) -> Iterator[Bundle]:
    yield mine
    for item in problem.items:
        yield mine ^ {item}


def _worth_of(problem: DivisionProblem, party: Party, shares: dict[Item, Fraction]) -> Fraction:
    return problem.worth(party, list(shares) if all(share == 1 for share in shares.values()) else shares)


def _at_least(
    problem: DivisionProblem, allocation: Allocation, name: str, due_of: Callable[[Party], Fraction]
) -> FairnessVerdict:
    for party, shares in problem.shares(allocation).items():
        own, due = _worth_of(problem, party, shares), due_of(party)
        if own + problem.slack(party) < due:
            return _short(problem, name, party, own, due)
    return FairnessVerdict(property=name, holds=True, reason="all have an equal part of everything")


def _envy(
    problem: DivisionProblem, name: str, who: tuple[Party, Party, Item | None], own: Fraction, other: Fraction
) -> FairnessVerdict:
    party, envied, item = who
    without = "" if item is None else f" even without {item}"
    witness = Envy(party=party, envied=envied, own=problem.told(own), other=problem.told(other), removed=item)
    reason = f"{party} envies {envied}{without}: {float(own):.6g} against {float(other):.6g}"
    return FairnessVerdict(property=name, holds=False, witness=witness, reason=reason)


def _short(  # the facts of one witness
    problem: DivisionProblem, name: str, party: Party, own: Fraction, due: Fraction, bundles: tuple[Bundle, ...] = ()
) -> FairnessVerdict:
    witness = Shortfall(party=party, own=problem.told(own), due=problem.told(due), bundles=bundles)
    reason = f"{party} has {float(own):.6g}, and {float(due):.6g} is due"
    return FairnessVerdict(property=name, holds=False, witness=witness, reason=reason)
