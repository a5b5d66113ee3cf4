"""What parties say to each other when they form coalitions, how the talk may be set up, and what it comes to.

Who works with whom, and how they share what that yields, is one thing here: a proposal names a payoff for each member. What a
coalition is worth, the game says (`problems.games.CoalitionGame`); nothing here loads it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Literal

import msgspec
from msgspec.structs import force_setattr

from negotiate_rt.errors import ConfigurationError, InvalidOffer, suggest
from negotiate_rt.problems.auction import wait
from negotiate_rt.problems.scalars import finite
from negotiate_rt.problems.task import FrozenMapping

SHARED = 1e-9
"""Payoffs add up to a coalition's worth if they are off by no more, relative to the largest number among them."""

Order = Literal["seating", "random", "rejector"]


class CoalitionProposal(msgspec.Struct, frozen=True, tag="coalition-proposal"):
    """Let us work together, and share what that yields like this: a payoff by member (in a cost game, a share of the cost).

    Raises InvalidOffer for no members at all, and payoffs that are no finite numbers.
    """

    payoffs: Mapping[str, float]

    def __post_init__(self) -> None:
        if not isinstance(self.payoffs, Mapping) or not self.payoffs:
            raise InvalidOffer(f"a proposal names a payoff for each member, got {self.payoffs!r}")
        paid = {name: float(finite(one, f"the payoff of {name!r}", InvalidOffer)) for name, one in self.payoffs.items()}
        force_setattr(self, "payoffs", FrozenMapping(paid))

    @property
    def coalition(self) -> frozenset[str]:
        """Who would work together."""
        return frozenset(self.payoffs)

    def __str__(self) -> str:
        return f"({', '.join(f'{name} {payoff:.10g}' for name, payoff in self.payoffs.items())})"


class CoalitionSpace:
    """What may be proposed in a game: any two or more of its players, who share out exactly what they are worth together.

    It stands where a bargainer's preferences stand, so that a proposal is checked once, when it is made or comes from outside.
    least: what the party gets alone, or its own reservation value if it has one; in a cost game the most that it pays.
    """

    __slots__ = ("costs", "game", "least", "player")

    known = False

    def __init__(self, game: Any, player: str, least: float) -> None:  # a CoalitionGame
        self.game = game
        self.costs: bool = game.costs
        self.player = player
        self.least = least

    def check(self, value: Any) -> CoalitionProposal:
        """Return a proposal, made of one or of payoffs by member. Raises InvalidOffer."""
        if isinstance(value, CoalitionProposal):
            proposal = value
        elif isinstance(value, Mapping):
            proposal = CoalitionProposal(value)
        else:
            raise InvalidOffer(f"expected a CoalitionProposal or payoffs by member, got {value!r}")
        players = self.game.players
        for name in proposal.payoffs:
            if name not in players:
                known = ", ".join(map(str, players))
                raise InvalidOffer(f"{name!r} is no player of this game, only {known}{suggest(str(name), players)}")
        worth, paid = float(self.game.worth(proposal.payoffs)), math.fsum(proposal.payoffs.values())
        if abs(paid - worth) > SHARED * max(abs(worth), *map(abs, proposal.payoffs.values())):
            told = ", ".join(sorted(proposal.payoffs))
            raise InvalidOffer(f"{told} share out {paid:.10g}, but together they are worth {worth:.10g}")
        return proposal

    def short(self, payoff: float) -> bool:
        """Whether a payoff is less than this party can have alone, beyond rounding."""
        lacking = payoff - self.least if self.costs else self.least - payoff
        return lacking > SHARED * max(abs(payoff), abs(self.least))

    def json_schema(self) -> dict[str, Any]:
        """Return the JSON schema of a proposal: an object of payoffs by member."""
        return {
            "type": "object",
            "properties": {str(name): {"type": "number"} for name in self.game.players},
            "minProperties": 1,
            "additionalProperties": False,
        }


class CoalitionAgreement(msgspec.Struct, frozen=True, kw_only=True, tag="coalition-agreement"):
    """A coalition that stands: all its members have accepted this proposal. offer: its id. proposer: who made it. round, turn:
    when; turns are counted from 1 through all rounds."""

    offer: str
    proposer: str
    payoffs: Mapping[str, float]
    round: int
    turn: int

    @property
    def coalition(self) -> frozenset[str]:
        """Who works together."""
        return frozenset(self.payoffs)


EventKind = Literal["proposed", "joined", "rejected", "silent", "fell", "formed", "dissolved", "left", "gone"]


class CoalitionEvent(msgspec.Struct, frozen=True, kw_only=True, tag="coalition-event"):
    """One thing that happened. by: who proposed, joined, rejected, left its coalition (`left`), gave no answer (`silent`) or
    left the talk (`gone`); of a coalition that formed, or a proposal that fell, its proposer. payoffs: of the coalition it is
    about.
    """

    kind: EventKind
    by: str
    round: int
    offer: str = ""
    payoffs: Mapping[str, float] = {}

    def __str__(self) -> str:
        about = f" {self.offer} {CoalitionProposal(self.payoffs)}" if self.payoffs else ""
        return f"round {self.round}: {self.by} {self.kind}{about}"


class CoalitionCall(msgspec.Struct, frozen=True, kw_only=True, tag="coalition-call"):
    """How things stand, as a party is told.

    agreements: the coalitions that stand. payoffs: what each party has now, those alone what they are worth alone. gone: who
    has left the talk. fallen: what was proposed since anything last changed, and refused by a member. leaving: whether
    members may still leave their coalition. order, discount: as the options say. closes_at: until when an answer is taken
    (None: as long as the talk lasts). proposal: what this party is asked to join, if it is, and who proposed it.
    """

    agreements: tuple[CoalitionAgreement, ...]
    payoffs: Mapping[str, float]
    gone: tuple[str, ...] = ()
    fallen: tuple[CoalitionProposal, ...] = ()
    leaving: bool = True
    round: int = 1
    closes_at: float | None = None
    costs: bool = False
    order: Order = "seating"
    discount: float = 1.0
    proposal: CoalitionProposal | None = None
    proposer: str = ""

    def agreement_of(self, name: str) -> CoalitionAgreement | None:
        """Return the agreement that a party is in; None if it is alone."""
        return next((one for one in self.agreements if name in one.payoffs), None)

    def available(self) -> tuple[str, ...]:
        """Return who may still be proposed to, in seating order."""
        bound = set(self.gone)
        if not self.leaving:
            bound.update(name for one in self.agreements for name in one.payoffs)
        return tuple(name for name in self.payoffs if name not in bound)

    def in_words(self) -> str:
        """Return the situation in words, for a language model."""
        what = "cost share" if self.costs else "payoff"
        lines = [
            f"Agreed in round {one.round}: {CoalitionProposal(one.payoffs)}." for one in self.agreements
        ] or ["No coalition has been formed yet."]  # fmt: skip
        lines.append(f"The {what} of each party as things stand: {CoalitionProposal(self.payoffs)}.")
        if self.gone:
            lines.append(f"Gone: {', '.join(self.gone)}.")
        if self.proposal is None:
            lines.append("Propose a coalition that you are in, with a payoff for each member, or refuse to let your turn pass.")
            if self.leaving:
                lines.append("To leave your coalition, propose one of yourself alone.")
        else:
            lines.append(f"{self.proposer} proposes {self.proposal}. It is formed only if every member accepts.")
        return "\n".join(lines)


class CoalitionNews(msgspec.Struct, frozen=True, kw_only=True, tag="coalition-news"):
    """What everybody hears: what has happened, and how things stand now."""

    events: tuple[CoalitionEvent, ...]
    standing: CoalitionCall


class CoalitionOptions(msgspec.Struct, frozen=True, kw_only=True):
    """How coalitions are formed.

    order: who proposes next: in `seating` order; at `random`, drawn anew each time, as in Okada (1996); or who first rejected
    the last proposal (`rejector`), else the next in seating order, as in Chatterjee, Dutta, Ray and Sengupta (1993).
    leaving: whether members may leave a coalition, or be lured away, until the close; if not, a coalition is final once formed.
    discount: what a payoff agreed in the t-th turn is worth: discount**(t - 1) of it. reply_by: seconds or timedelta for one
    turn or answer (None: half of what is left). closing: seconds before the deadline at which the talk closes, so that what
    was formed stands (None: a twentieth of the whole, at most a second). theory: whether the result is set beside theory.
    Raises ConfigurationError.
    """

    order: Order = "seating"
    leaving: bool = True
    discount: float = 1.0
    reply_by: float | timedelta | None = None
    closing: float | timedelta | None = None
    theory: bool = True

    def __post_init__(self) -> None:
        if self.order not in ("seating", "random", "rejector"):
            raise ConfigurationError(f"options.order: expected seating, random or rejector, got {self.order!r}")
        for name in ("leaving", "theory"):
            if not isinstance(getattr(self, name), bool):
                raise ConfigurationError(f"options.{name}: expected true or false, got {getattr(self, name)!r}")
        discount = finite(self.discount, "options.discount", ConfigurationError)
        if not 0 <= discount <= 1:
            raise ConfigurationError(f"options.discount: expected from 0 to 1, got {discount:g}")
        for name in ("reply_by", "closing"):
            if getattr(self, name) is not None:
                force_setattr(self, name, wait(f"options.{name}", getattr(self, name)))

    def wait_for(self, left: float) -> float:
        """Return the seconds that one turn or answer gets, of those that are left."""
        return left / 2 if self.reply_by is None else float(self.reply_by)  # type: ignore[arg-type]  # seconds by now

    def margin(self, timeout: float) -> float:
        """Return how many seconds before the deadline the talk closes."""
        if self.closing is not None:
            return float(self.closing)  # type: ignore[arg-type]  # seconds by now
        return min(1.0, timeout / 20)


class CoalitionTheory(msgspec.Struct, frozen=True, kw_only=True):
    """What theory says of a result. stable: whether it is in the core of its coalition structure (no coalition could do better
    on its own). blocking, gain: a coalition that could, and what it would gain. best, best_structure: the coalition structure
    of largest total worth (least cost). shapley, nucleolus: of the best structure, each coalition sharing its own worth
    (Aumann and Dreze 1974), None where there is none. reason: the verdict in words.
    """

    stable: bool
    reason: str
    best: float
    best_structure: tuple[frozenset[str], ...]
    blocking: frozenset[str] | None = None
    gain: float = 0.0
    shapley: Mapping[str, float] | None = None
    nucleolus: Mapping[str, float] | None = None
    core_empty: bool | None = None


class CoalitionResult(msgspec.Struct, frozen=True, kw_only=True):
    """What the talk came to. structure: a partition of the players in seating order, those alone included. payoffs: of each,
    those alone what they are worth alone. worth: of all coalitions together. formed: the agreements of two or more. gone: who
    had left. history: all that happened. theory: how that compares with theory, None where it was not asked for, or is too
    much work.
    """

    structure: tuple[frozenset[str], ...]
    payoffs: Mapping[str, float]
    worth: float
    formed: tuple[CoalitionAgreement, ...] = ()
    gone: tuple[str, ...] = ()
    history: tuple[CoalitionEvent, ...] = ()
    costs: bool = False
    theory: CoalitionTheory | None = None

    @property
    def stable(self) -> bool | None:
        """Whether no coalition could do better on its own; None where theory was not asked."""
        return None if self.theory is None else self.theory.stable

    @property
    def efficiency(self) -> float | None:
        """The worth as a share of the best (in a cost game, the least cost as a share of the cost); None without a positive
        one."""
        if self.theory is None:
            return None
        part, whole = (self.theory.best, self.worth) if self.costs else (self.worth, self.theory.best)
        return part / whole if whole > 0 else None
