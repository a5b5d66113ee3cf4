"""Divisions by sealed appraisal: each claimant states once what things are worth to it, and a rule does the rest.

The rules: adjusted winner (Brams and Taylor 1996), Knaster's sealed bids (Steinhaus 1948), envy-cycle elimination (Lipton,
Markakis, Mossel and Saberi 2004), maximum Nash welfare (Caragiannis and others 2019) and leximin over whole items,
probabilistic serial (Bogomolnaia and Moulin 2001), envy-free rents (Alkan, Demange and Gale 1991), and the rules of
bankruptcy (Aumann and Maschler 1985; Thomson 2003). They are pure functions in solutions/division; the protocols here differ in
nothing but which of them the referee applies, to how many, and what it asks for.

Appraisals are sealed: they go to the referee, each hears its own award, and nobody what another stated. (A journal holds them,
as it does sealed bids: whoever shows it to claimants breaks the seal.) What a rule cannot divide ends FAILED (infeasible).
Searches and verdicts that may take long run off the event loop.
"""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any, ClassVar, Literal, NamedTuple

from msgspec.structs import force_setattr, replace

from negotiate_rt.errors import ConfigurationError, suggest
from negotiate_rt.messages.config import NegotiationConfig, seconds, whole
from negotiate_rt.problems.dividing import DivisionResult, Estate, Rent
from negotiate_rt.problems.division_calls import AppraisalCall, ClaimCall, DivisionCall
from negotiate_rt.problems.exact import Exact
from negotiate_rt.problems.goods import Bundle as Items
from negotiate_rt.problems.goods import DivisionProblem, Item
from negotiate_rt.protocols.dividing import Division, DivisionOptions, Sitting, whole_shares
from negotiate_rt.protocols.division_stakes import check_answers, settle_estate, settle_items, settle_rent
from negotiate_rt.protocols.division_verdicts import LARGE, judged, patience
from negotiate_rt.runtime.bundle import Bundle
from negotiate_rt.runtime.seat import Seat
from negotiate_rt.solutions.division.bankruptcy import RULES, divide_estate
from negotiate_rt.solutions.division.fairness import FairnessVerdict
from negotiate_rt.strategies.claiming import Valuation, plain_number


class WelfareOptions(DivisionOptions, frozen=True, kw_only=True):
    """Options of maximum Nash welfare and leximin. solver: `own`, `highs`, or `auto`; nodes: of our own search; seconds: of
    HiGHS's (None: half of what is left). normalized: worths count as parts of what all items are worth to a claimant (leximin
    only: the Nash product is the same). Raises ConfigurationError.
    """

    solver: Literal["auto", "own", "highs"] = "auto"
    nodes: int = 100_000
    seconds: float | None = None
    normalized: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.solver not in ("auto", "own", "highs"):
            raise ConfigurationError(f"options.solver: expected auto, own or highs, got {self.solver!r}")
        force_setattr(self, "nodes", whole("options.nodes", self.nodes, 1))
        force_setattr(self, "seconds", seconds("options.seconds", self.seconds))
        if not isinstance(self.normalized, bool):
            raise ConfigurationError(f"options.normalized: expected true or false, got {self.normalized!r}")


class SerialOptions(DivisionOptions, frozen=True, kw_only=True):
    """Options of probabilistic serial. draw: whether, with as many items as claimants, one allocation is drawn by the chances."""

    draw: bool = True


class RentOptions(DivisionOptions, frozen=True, kw_only=True):
    """Options of rent division. rent: of the whole flat, where the problem names only rooms. Raises ConfigurationError."""

    rent: float | None = None


class BankruptcyOptions(DivisionOptions, frozen=True, kw_only=True):
    """Options of bankruptcy. rule: talmud, proportional, equal-awards, equal-losses or contested-garment (of two). Raises
    ConfigurationError."""

    rule: str = "talmud"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.rule not in RULES:
            expected = f"options.rule: expected one of {', '.join(RULES)}, got {self.rule!r}"
            raise ConfigurationError(expected + suggest(str(self.rule), RULES))


class Work(NamedTuple):
    """What a referee works with: the options, a stream of chance, and, in a thread, the seconds that verdicts may take."""

    options: Any  # of the protocol's type
    rng: random.Random
    patience: float = math.inf


class SealedDivision(Division):
    """Root of the divisions by one sealed answer each. A subclass says in `divide` who gets what."""

    chores: ClassVar[bool] = True  # whether worths may be below 0
    some: ClassVar[bool] = False  # whether each claimant must value some item
    searches: ClassVar[bool] = False  # whether dividing itself may take long

    def settle(self, seats: Sequence[Seat], config: NegotiationConfig, problem: Any) -> Any:
        """Return what is divided. Raises ConfigurationError for what the rule cannot divide, or who cannot answer."""
        claimants = [seat for seat in seats if seat.role != self.convener]
        stake = self.at_stake(claimants, config, problem)
        for seat in seats:
            seat.problem = stake
        check_answers(claimants, self.call(stake), stated_honestly)
        return stake

    def at_stake(self, claimants: Sequence[Seat], config: NegotiationConfig, problem: Any) -> Any:
        """Return what is divided, and tell each seat what it wants. Raises ConfigurationError."""
        return settle_items(self.name, claimants, problem)

    def call(self, stake: Any) -> DivisionCall:
        """Return what each claimant is asked."""
        return AppraisalCall(items=stake, chores=self.chores, some=self.some)

    def divide(self, problem: DivisionProblem, options: Any, rng: random.Random) -> DivisionResult:
        """Return who gets what, without verdicts. Raises ConfigurationError for what the rule cannot divide."""
        raise NotImplementedError(f"{type(self).__name__} must say who gets what")

    def divided(self, stake: Any, answers: Mapping[str, Any], work: Work) -> DivisionResult:
        """Return who gets what by what was stated, and the verdicts. Raises ConfigurationError. May run in a thread."""
        problem = DivisionProblem(answers, stake)
        found = self.divide(problem, work.options, work.rng)
        return replace(found, verdicts=self.verdicts(problem, found, work.patience)) if work.options.verdicts else found

    def verdicts(self, problem: DivisionProblem, found: DivisionResult, seconds: float) -> Mapping[str, FairnessVerdict]:
        """Return the verdicts; those that are not begun within so many seconds stay undecided."""
        return judged(problem, found, seconds)

    async def referee(self, talk: Bundle) -> None:
        """Ask everybody at once, apply the rule to those who have stated something, and tell each its award."""
        talk.conversation.round = 1
        sitting = Sitting(talk, self.promises)
        call = self.call(talk.problem)
        answers = await sitting.ask(dict.fromkeys(talk.ends, call))
        least = self.least(talk)
        while True:
            answers = {name: answers[name] for name in answers if name not in sitting.gone}
            if len(answers) < least:
                return sitting.fail()
            try:
                found = await self._worked_out(talk, answers)
            except ConfigurationError as error:
                return sitting.fail(f"infeasible: {error}")
            await sitting.linger()
            if not any(name in sitting.gone for name in answers):
                break
        return await sitting.conclude(replace(found, left_out=sitting.why()))

    def least(self, talk: Bundle) -> int:
        """Return how many claimants the rule cannot do without."""
        return 2

    async def _worked_out(self, talk: Bundle, answers: Mapping[str, Any]) -> DivisionResult:
        rng = random.Random(f"{talk.conversation.terms.seed}/{talk.name}/{','.join(answers)}")  # the same, if done again
        options, left = talk.options, talk.deadline - talk.now
        if self.searches and options.seconds is None and left < math.inf:
            options = replace(options, seconds=max(left / 2, 1e-3))
        if self.searches or len(answers) * len(getattr(talk.problem, "rooms", talk.problem)) > LARGE:
            work = Work(options, rng, patience(talk))
            return await talk.compute(self.divided, talk.problem, answers, work)  # type: ignore[no-any-return]
        return self.divided(talk.problem, answers, Work(options, rng))


def stated_honestly(mine: Valuation) -> Any:  # what answers an AppraisalCall or a ClaimCall
    """Return what a claimant states who tells the truth."""
    if mine.items is None:
        return mine.claim
    return [plain_number(worth) for worth in mine.items.row(mine.party)]


def of_bundles(
    rule: str, problem: DivisionProblem, allocation: Mapping[str, Items], **more: Any  # further fields of the result
) -> DivisionResult:
    """Return the result of giving out whole items."""
    given = {item for bundle in allocation.values() for item in bundle}
    return DivisionResult(
        rule=rule, allocation=dict(allocation), shares=whole_shares(allocation, problem.items),
        worths={party: problem.told(problem.worth(party, bundle)) for party, bundle in allocation.items()},
        remainder=tuple(item for item in problem.items if item not in given), **more,
    )  # fmt: skip


# -- the rules --------------------------------------------------------------------------------------------------------


class AdjustedWinnerProtocol(SealedDivision):
    """Two claimants state points for goods; one item is split at most, and both are equally well off."""

    name = "adjusted-winner"
    promises = ("envy-free", "proportional", "Pareto-optimal", "equitable")
    seats: ClassVar = {"referee": 1, "claimant": (2, 2)}
    chores = False
    some = True

    def divide(self, problem: DivisionProblem, options: Any, rng: random.Random) -> DivisionResult:
        """Return what adjusted winner gives."""
        from negotiate_rt.solutions.division.two_parties import adjusted_winner

        shares = adjusted_winner(problem).shares
        return DivisionResult(
            rule=self.name, shares=shares, allocation=wholly_held(shares),
            worths={party: problem.told(problem.worth(party, one)) for party, one in shares.items()},
        )  # fmt: skip

    def verdicts(self, problem: DivisionProblem, found: DivisionResult, seconds: float) -> Mapping[str, FairnessVerdict]:
        """Return the verdicts; equitable in points."""
        return judged(problem, found, seconds, normalized=True)


class Knaster(SealedDivision):
    """Sealed bids for each item; the highest gets it, and money makes up for what each is short of its fair share."""

    name = "knaster"
    promises = ("proportional", "Pareto-optimal")

    def divide(self, problem: DivisionProblem, options: Any, rng: random.Random) -> DivisionResult:
        """Return what Knaster's procedure gives."""
        from negotiate_rt.solutions.division.sealed_bids import knaster

        found = knaster(problem)
        return of_bundles(self.name, problem, found.allocation, payments=found.payments)

    def verdicts(self, problem: DivisionProblem, found: DivisionResult, seconds: float) -> Mapping[str, FairnessVerdict]:
        """Return the verdicts, money counted."""
        from negotiate_rt.solutions.division.with_money import assess_with_money

        return assess_with_money(problem, found.allocation, found.payments)


class MaximumNashWelfare(SealedDivision):
    """Whole goods so that the product of worths is largest, proven so where time allows; fair up to one item, and efficient."""

    name = "maximum-nash-welfare"
    promises = ("EF1", "Pareto-optimal")
    options = WelfareOptions
    chores = False
    searches = True

    def divide(self, problem: DivisionProblem, options: Any, rng: random.Random) -> DivisionResult:
        """Return an allocation with the largest product."""
        from negotiate_rt.solutions.division.nash_welfare import maximum_nash_welfare

        limit = math.inf if options.seconds is None else options.seconds
        found = maximum_nash_welfare(problem, solver=options.solver, nodes=options.nodes, seconds=limit)
        return of_bundles(self.name, problem, found.allocation, proven=found.proven, method=found.method)


class Leximin(SealedDivision):
    """Whole items so that the worst off is as well off as can be, then the second worst, and so on."""

    name = "leximin"
    promises = ("Pareto-optimal",)
    options = WelfareOptions
    searches = True

    def divide(self, problem: DivisionProblem, options: Any, rng: random.Random) -> DivisionResult:
        """Return a leximin allocation."""
        from negotiate_rt.solutions.division.leximin import leximin

        limit = math.inf if options.seconds is None else options.seconds
        found = leximin(problem, normalized=options.normalized, solver=options.solver, nodes=options.nodes, seconds=limit)
        return of_bundles(self.name, problem, found.allocation, proven=found.proven, method=found.method)


class ProbabilisticSerial(SealedDivision):
    """A lottery: all eat at one speed from the best item that is left; the chances are envy-free, and one draw decides."""

    name = "probabilistic-serial"
    promises = ("envy-free", "proportional")
    options = SerialOptions

    def divide(self, problem: DivisionProblem, options: Any, rng: random.Random) -> DivisionResult:
        """Return the chances, and, with as many items as claimants, what was drawn."""
        from negotiate_rt.solutions.division.random_assignment import assignment_lottery, probabilistic_serial

        shares = probabilistic_serial(problem)
        drawn = options.draw and len(problem.items) == len(problem.parties)
        return DivisionResult(
            rule=self.name, shares=shares, drawn=drawn,
            allocation=drawn_from(assignment_lottery(problem, shares), rng) if drawn else wholly_held(shares),
            worths={party: problem.told(problem.worth(party, one)) for party, one in shares.items()},
        )  # fmt: skip


class RentDivisionProtocol(SealedDivision):
    """Flatmates state what each room is worth to them; each gets one, at rents at which nobody wants another's."""

    name = "rent-division"
    promises = ("envy-free", "proportional", "Pareto-optimal")
    options = RentOptions

    def at_stake(self, claimants: Sequence[Seat], config: NegotiationConfig, problem: Any) -> Rent:
        """Return the flat, with as many rooms as claimants. Raises ConfigurationError."""
        stake = settle_rent(self.name, claimants, problem, self.settings(config).rent)
        rooms, count = len(stake.rooms), len(claimants)
        if rooms != count:
            raise ConfigurationError(f"{self.name}: expected as many rooms as claimants, {count}, got {rooms}")
        return stake

    def call(self, stake: Rent) -> AppraisalCall:
        """Return what each flatmate is asked."""
        return AppraisalCall(items=stake.rooms, chores=True, rent=float(stake.rent))

    def least(self, talk: Bundle) -> int:
        """Return how many flatmates it takes: all, or a room would stay empty."""
        return len(talk.problem.rooms)

    def divided(self, stake: Rent, answers: Mapping[str, Any], work: Work) -> DivisionResult:
        """Return rooms, rents and verdicts."""
        from negotiate_rt.solutions.division.rent import divide_rent
        from negotiate_rt.solutions.division.with_money import assess_with_money

        problem = DivisionProblem(answers, stake.rooms)
        found = divide_rent(problem, stake.rent)
        rooms = {party: frozenset({room}) for party, room in found.rooms.items()}
        payments = {party: found.payment(party) for party in rooms}
        made = of_bundles(self.name, problem, rooms, payments=payments)
        if not work.options.verdicts:
            return made
        return replace(made, verdicts=assess_with_money(problem, rooms, payments, one_each=True))


class Bankruptcy(SealedDivision):
    """Claims on an estate that does not suffice for all, met by the Talmud's rule or another."""

    name = "bankruptcy"
    promises = ("balanced", "claims-bounded", "order-preserving")
    options = BankruptcyOptions

    def at_stake(self, claimants: Sequence[Seat], config: NegotiationConfig, problem: Any) -> Estate:
        """Return the estate. Raises ConfigurationError."""
        count = len(claimants)
        if self.settings(config).rule == "contested-garment" and count != 2:
            raise ConfigurationError(f"options.rule: contested-garment is for two claims, got {count}; talmud is for any")
        return settle_estate(self.name, claimants, problem)

    def call(self, stake: Estate) -> ClaimCall:
        """Return what each claimant is asked."""
        return ClaimCall(estate=float(stake.amount))

    def divided(self, stake: Estate, answers: Mapping[str, Any], work: Work) -> DivisionResult:
        """Return awards and verdicts; claims that the estate suffices for are met in full."""
        from negotiate_rt.solutions.division.awards import assess_awards

        total = sum(answers.values())
        estate: Exact = min(stake.amount, total)
        awards = divide_estate(answers, estate, work.options.rule)
        verdicts = assess_awards(answers, estate, awards) if work.options.verdicts else {}
        return DivisionResult(rule=work.options.rule, awards=awards, worths=awards, verdicts=verdicts)

    async def _worked_out(self, talk: Bundle, answers: Mapping[str, Any]) -> DivisionResult:
        return self.divided(talk.problem, answers, Work(talk.options, talk.rng))  # n log n, and nothing is drawn


def wholly_held(shares: Mapping[str, Mapping[Item, Exact]]) -> dict[str, Items]:
    """Return the items that each gets all of."""
    return {name: frozenset(item for item, share in one.items() if share == 1) for name, one in shares.items()}


def drawn_from(lottery: Sequence[tuple[Fraction, dict[str, Items]]], rng: random.Random) -> dict[str, Items]:
    """Return one allocation of a lottery."""
    point = Fraction(rng.random())
    for chance, allocation in lottery:
        point -= chance
        if point < 0:
            return allocation
    return lottery[-1][1]
