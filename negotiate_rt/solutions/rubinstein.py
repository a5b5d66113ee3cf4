"""Subgame-perfect division of a pie by alternating offers: Rubinstein (1982) and what has been built on it.

Two parties divide a pie. v_i is what i gets when it proposes, t_j the least that j accepts. Refusing leaves j a share
k_j of what it gets as the next proposer, plus e_j (see `Stakes`), and an indifferent responder accepts, so

    v_i = pie - t_j,    t_j = max(0, outside option of j, k_j·v_j + e_j),

in every period; without a horizon v and t are the same in all. Equations and cases: Rubinstein, "Perfect equilibrium in a
bargaining model", 1982; Ståhl, "Bargaining theory", 1972 (finite horizon); Binmore, Rubinstein and Wolinsky, "The Nash
bargaining solution in economic modelling", 1986 (risk of breakdown); Osborne and Rubinstein, "Bargaining and markets",
1990, sections 3.9, 3.12 and 4.2 (costs, outside options, breakdown).

An outside option is no disagreement point: it counts only where leaving beats waiting, and then the responder gets exactly it.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import msgspec

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.solutions.terms import AlternatingOffers, Number, PerParty, Stakes, size_of_pie

TIES = "an indifferent responder accepts; a proposer who is indifferent between agreeing and waiting agrees"


class OfferRule(msgspec.Struct, frozen=True, kw_only=True):
    """What the equilibrium says for one period.

    proposer: who offers. demand: what it asks for itself. least: the smallest share that the responder accepts.
    agreed: whether that demand is accepted. leaves: whether the responder takes its outside option when it refuses.
    values: what the game is worth to the two parties, in values of this period.
    """

    proposer: int
    demand: Number
    least: Number
    agreed: bool
    leaves: bool
    values: tuple[Number, Number]


class EquilibriumShares(msgspec.Struct, frozen=True, kw_only=True):
    """The subgame-perfect equilibrium of dividing a pie.

    shares: what the parties get, in order of party and in values of `period`, the period of agreement (their outside
    options if they part without one). proposer: who
    proposes first. rules: one per period; without a horizon two, which alternate. option_binds: whether a party's
    outside option decides what it gets as a responder. disagreement: what never agreeing is worth.
    """

    shares: tuple[Number, Number]
    proposer: int
    pie: Number
    agreement: bool
    period: int  # of the agreement, or of the end
    rules: tuple[OfferRule, ...]
    horizon: int | None
    unique: bool
    option_binds: tuple[bool, bool]
    definition: str
    disagreement: str
    ties: str = TIES

    def rule(self, period: int) -> OfferRule:
        """Return the rule of a period, from 1; IndexError before the first and after the last. Cost: O(1)."""
        if period < 1 or (self.horizon is not None and period > self.horizon):
            raise IndexError(f"periods count from 1 to {self.horizon or 'no end'}, got {period}")
        return self.rules[(period - 1) % len(self.rules)]

    def demand(self, party: int) -> Number:
        """Return what a party asks for itself when it first proposes; ConfigurationError if it never does."""
        return self._first(party, proposes=True).demand

    def least(self, party: int) -> Number:
        """Return the smallest share that a party accepts when it first answers; ConfigurationError if it never does."""
        return self._first(party, proposes=False).least

    def _first(self, party: int, *, proposes: bool) -> OfferRule:
        for rule in self.rules[:2]:
            if (rule.proposer == party) == proposes:
                return rule
        raise ConfigurationError(
            f"party {party} never {'proposes' if proposes else 'answers'} in {self.horizon} period(s)"
        )


class ShareInterval(msgspec.Struct, frozen=True, kw_only=True):
    """All shares that immediate agreement in a subgame-perfect equilibrium can give: an interval and not a point.

    lowest, highest: by party; one's lowest goes with the other's highest. With equal fixed costs below the pie there are
    also equilibria that waste time (Rubinstein 1982, Conclusion I).
    """

    lowest: tuple[Number, Number]
    highest: tuple[Number, Number]
    proposer: int
    pie: Number
    definition: str
    disagreement: str
    unique: bool = False
    ties: str = TIES


def rubinstein(
    game: AlternatingOffers | PerParty, pie: Number = 1, *, horizon: int | None = None
) -> EquilibriumShares | ShareInterval:
    """Return the subgame-perfect division of a pie of size `pie` > 0 between two parties who make offers in turn.

    game: the rules; discounts alone are short for `AlternatingOffers(discounts=..., horizon=horizon)`. Without a horizon
    the first proposer gets (1-δ2)/(1-δ1·δ2) if there is nothing but discounting; the equations of this module are solved in
    fractions and rounded once, so that the answer is right to the last digit for any δ. With a horizon: backward induction
    that never subtracts nearly equal numbers, O(horizon). All numbers fractions or whole: so is the answer.

    Equal fixed costs without discounting give a `ShareInterval`. ConfigurationError if there is neither an end nor
    a cost of delay (both δ = 1: indeterminate), or if breaking down or the deadline is worth more to the two than the pie.
    >>> rubinstein((Fraction(9, 10), Fraction(8, 10))).shares
    (Fraction(5, 7), Fraction(2, 7))
    """
    if not isinstance(game, AlternatingOffers):
        game = AlternatingOffers(discounts=game, horizon=horizon)
    elif horizon is not None:
        raise ConfigurationError("give the horizon in the rules: AlternatingOffers(horizon=...)")
    pie = size_of_pie(pie)
    exact = game.is_exact(pie)
    _check_payoffs(game, pie)
    if game.horizon is not None:
        size: Number = Fraction(pie) if exact else float(pie)
        rules = tuple(_backwards(game, size, game.stakes(2, exact=exact)))[::-1]
        return _result(game, size, rules)
    return _stationary(game, Fraction(pie), exact)


def _stationary(game: AlternatingOffers, pie: Fraction, exact: bool) -> EquilibriumShares | ShareInterval:
    stakes = game.stakes(2, exact=True)
    if all(one.lose == 0 and one.add == 0 for one in stakes):
        raise ConfigurationError(
            "without a horizon, both discounts 1 and no cost or risk of delay leave every division an equilibrium: "
            "indeterminate. Give a horizon, a discount below 1, costs, or a risk of breakdown"
        )
    kept: Any = (lambda x: x) if exact else float
    if sum(one.option or 0 for one in stakes) > pie:
        return _no_deal(game, pie, stakes, kept)
    floors = [max(Fraction(0), Fraction(one.option or 0)) for one in stakes]
    if stakes[0].lose == stakes[1].lose == 0 and stakes[0].add == stakes[1].add:
        cost = -stakes[0].add
        low, high = floors[game.first] + cost, pie - floors[1 - game.first]
        if low < high:
            lows = (low, pie - high) if game.first == 0 else (pie - high, low)
            highs = (pie - lows[1], pie - lows[0])
            return ShareInterval(
                lowest=(kept(lows[0]), kept(lows[1])), highest=(kept(highs[0]), kept(highs[1])),
                proposer=game.first, pie=kept(pie), definition=describe(game), disagreement=_disagreement(game),
            )  # fmt: skip
    demands = _solve(pie, stakes, floors)
    rules = tuple(_rule(game.proposer(period), demands, pie, stakes, kept) for period in (1, 2))
    return _result(game, kept(pie), rules)


def _solve(pie: Fraction, stakes: tuple[Stakes, ...], floors: list[Fraction]) -> tuple[Fraction, Fraction]:
    """Return what each gets as a proposer. v_1 -> pie - t_2(pie - t_1(v_1)) rises by less than one for one, so that just
    one of the four combinations of "waiting decides" and "the floor decides" agrees with itself; exact, so it is found.
    """
    first, second = stakes
    span = Fraction(first.lose + second.lose - first.lose * second.lose)  # 1 - k_1·k_2
    found = []
    if span:
        found.append(tuple(
            Fraction(pie * other.lose - other.add + other.keep * own.add) / span
            for own, other in ((first, second), (second, first))
        ))  # fmt: skip
    by_floor = [pie - floors[1], pie - floors[0]]  # as a proposer against the other's floor
    found.append((by_floor[0], Fraction(pie - first.keep * by_floor[0] - first.add)))
    found.append((Fraction(pie - second.keep * by_floor[1] - second.add), by_floor[1]))
    found.append((by_floor[0], by_floor[1]))
    for demands in found:
        least = [max(floors[i], stakes[i].keep * demands[i] + stakes[i].add) for i in (0, 1)]
        if demands[0] == pie - least[1] and demands[1] == pie - least[0]:
            return demands[0], demands[1]
    raise ConfigurationError("these rules have no stationary equilibrium with immediate agreement")


def _rule(
    proposer: int, demands: tuple[Fraction, Fraction], pie: Fraction, stakes: tuple[Stakes, ...], kept: Any
) -> OfferRule:
    other = 1 - proposer
    demand = demands[proposer]
    least = pie - demand
    option = stakes[other].option
    waiting = stakes[other].keep * demands[other] + stakes[other].add
    values = (kept(demand), kept(least))
    return OfferRule(
        proposer=proposer, demand=kept(demand), least=kept(least), agreed=True,
        leaves=option is not None and option > waiting, values=values if proposer == 0 else values[::-1],
    )  # fmt: skip


def _no_deal(game: AlternatingOffers, pie: Fraction, stakes: tuple[Stakes, ...], kept: Any) -> EquilibriumShares:
    options = tuple(Fraction(one.option or 0) for one in stakes)
    for one, option in zip(stakes, options, strict=True):
        if one.keep * option + one.add > option:
            raise ConfigurationError("a risk of breakdown that beats the outside option leaves no unique equilibrium")
    values = (kept(options[0]), kept(options[1]))
    rules = tuple(
        OfferRule(
            proposer=who, demand=kept(pie), least=values[1 - who], agreed=False, leaves=True, values=values,
        )
        for who in (game.proposer(1), game.proposer(2))
    )  # fmt: skip
    return _result(game, kept(pie), rules)


def _backwards(game: AlternatingOffers, pie: Number, stakes: tuple[Stakes, ...]) -> Iterator[OfferRule]:
    """Yield the rules from the last period to the first."""
    assert game.horizon is not None  # `rubinstein` asks only then
    waiting: tuple[Number, Number] = (stakes[0].deadline, stakes[1].deadline)
    left: tuple[Number, Number] | None = None  # the pie less what waiting gives the other, without cancellation
    for period in range(game.horizon, 0, -1):
        rule = _step(game.proposer(period), pie, stakes, waiting, left)
        yield rule
        after = rule.values
        waiting = (stakes[0].keep * after[0] + stakes[0].add, stakes[1].keep * after[1] + stakes[1].add)
        left = None
        if rule.agreed:  # then after[0] + after[1] is the pie
            left = (after[0] + stakes[1].lose * after[1] - stakes[1].add,
                    after[1] + stakes[0].lose * after[0] - stakes[0].add)  # fmt: skip


def _step(
    proposer: int, pie: Number, stakes: tuple[Stakes, ...], waiting: tuple[Number, Number],
    left: tuple[Number, Number] | None,
) -> OfferRule:  # fmt: skip
    other = 1 - proposer
    option, alternative = stakes[other].option, waiting[other]
    leaves = option is not None and option > alternative
    least = max(option if leaves and option is not None else alternative, 0)
    demand = left[proposer] if left is not None and least == alternative else pie - least
    refused = (stakes[proposer].option or 0) if leaves else waiting[proposer]
    agreed = least <= pie and demand >= refused
    mine, theirs = (demand, least) if agreed else (refused, option if leaves and option is not None else alternative)
    return OfferRule(
        proposer=proposer, demand=demand if agreed else pie, least=least, agreed=agreed, leaves=leaves,
        values=(mine, theirs) if proposer == 0 else (theirs, mine),
    )  # fmt: skip


def _result(game: AlternatingOffers, pie: Number, rules: tuple[OfferRule, ...]) -> EquilibriumShares:
    period = 1
    while not rules[period - 1].agreed and not rules[period - 1].leaves and period < len(rules):
        period += 1
    end = rules[period - 1]
    binds = [False, False]
    for rule in rules[:2]:
        binds[1 - rule.proposer] = rule.leaves
    return EquilibriumShares(
        shares=end.values, proposer=game.first, pie=pie, agreement=end.agreed, period=period, rules=rules,
        horizon=game.horizon, unique=True, option_binds=(binds[0], binds[1]), definition=describe(game),
        disagreement=_disagreement(game),
    )  # fmt: skip


def describe(game: AlternatingOffers) -> str:
    """Return which solution these rules ask for, and whose it is."""
    parts = ["subgame-perfect equilibrium of alternating offers"]
    parts.append("Rubinstein 1982" if game.horizon is None else f"Ståhl 1972, {game.horizon} periods")
    if game.outside_options is not None:
        parts.append("responders may take outside options (Osborne and Rubinstein 1990, 3.12)")
    if game.breakdown:
        parts.append(f"breakdown risk {game.breakdown} (Binmore, Rubinstein and Wolinsky 1986)")
    if any(game.costs if isinstance(game.costs, tuple) else (game.costs,)):
        parts.append("fixed costs per period")
    return "; ".join(parts)


def _disagreement(game: AlternatingOffers) -> str:
    if game.horizon is not None:
        return f"deadline payoffs {game.deadline_payoffs} after period {game.horizon}"
    return f"breakdown payoffs {game.breakdown_payoffs}" if game.breakdown else "0 for never agreeing"


def _check_payoffs(game: AlternatingOffers, pie: Number) -> None:
    """Raise ConfigurationError if ending without a deal is worth more than the pie, so that there is nothing to divide."""
    for name, counts in (("breakdown_payoffs", bool(game.breakdown)), ("deadline_payoffs", game.horizon is not None)):
        value = getattr(game, name)
        pair = value if isinstance(value, tuple) else (value, value)
        if counts and (sum(pair) > pie or max(pair) > pie):
            raise ConfigurationError(
                f"{name} {pair} must not exceed the pie {pie}, in total or alone: nothing to bargain over"
            )
