"""What an agent sees when it is asked to decide, and how a reply becomes a decision.

The view shows the budget of rounds and time, the standing offer, the agent's own last offer and the legal moves; it
writes a prompt and a JSON schema for a language model, and parses what comes back.
"""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable, Mapping
from contextvars import ContextVar
from typing import Any

import msgspec

from negotiate_rt.errors import InvalidDecision, suggest
from negotiate_rt.messages.outcome import Bid, NegotiationOffer
from negotiate_rt.messages.performatives import Accept, Message, Propose, Refuse, Reject, Walk

CLOCK: ContextVar[Callable[[float], Awaitable[None]]] = ContextVar("negotiate_rt_clock")
MOVES: dict[str, str] = {
    "propose": "propose", "accept-proposal": "accept", "reject-proposal": "reject", "refuse": "refuse", "walk": "walk",
}  # fmt: skip


async def sleep(seconds: float) -> None:
    """Wait on the society's clock from inside an asynchronous hook. Raises RuntimeError outside of one."""
    clock = CLOCK.get(None)
    if clock is None:
        raise RuntimeError("negotiate_rt.sleep and view.sleep work inside asynchronous hooks only")
    await clock(seconds)


class View(msgspec.Struct, frozen=True):
    """What one agent may know at its turn. Times are seconds on the society's clock.

    `standing_offer` is the other side's, `own_last_offer` this agent's; `heard` are the values of the other side's offers,
    oldest first; `preferences` are the agent's own, private and resolved for the problem; `task` and `current_price` are
    set in contract nets and auctions; `repair` says why the decision of this turn was not taken, when asked again; `others`
    holds the other parties' preferences by name where these are common knowledge (information = "complete"), else None;
    `standing_offers` are all that may be accepted where the other side makes several at once, else empty; `signals` what
    the parties said of their wishes before bargaining, by name, else None; `call` is what the auctioneer said, in auctions.
    """

    agent: str
    role: str
    protocol: str
    negotiation: str
    round: int
    max_rounds: int
    now: float
    deadline: float
    may_say: tuple[str, ...]
    standing_offer: NegotiationOffer | None
    own_last_offer: NegotiationOffer | None
    heard: Any  # the live list of offer values; `history` is its frozen copy
    preferences: Any  # problems.Preferences
    strategy: Any
    problem: Any
    repair: str = ""
    task: Any = None
    current_price: float = 0.0
    previous_bids: tuple[Bid, ...] = ()
    others: Any = None  # a mapping of names to problems.Preferences, or None
    standing_offers: tuple[NegotiationOffer, ...] = ()
    signals: Any = None  # a mapping of names to what they said before bargaining, or None
    call: Any = None  # one of the calls of problems.auction, or None

    @property
    def rounds_left(self) -> int:
        """Rounds after this one."""
        return max(0, self.max_rounds - self.round)

    @property
    def time_left(self) -> float:
        """Seconds until this decision is late (infinite without a limit), as of when the view was made."""
        return self.deadline - self.now

    @property
    def history(self) -> tuple[Any, ...]:
        """Values of the other side's offers, oldest first."""
        return tuple(self.heard)

    @property
    def last_move(self) -> NegotiationOffer | None:
        """This agent's own last move."""
        return self.own_last_offer

    @property
    def legal_moves(self) -> tuple[str, ...]:
        """What may be decided now: of propose, accept, reject, refuse, walk (walk wherever a refusal is legal)."""
        moves = [MOVES[name] for name in self.may_say if name in MOVES]
        if "accept" in moves and self.standing_offer is None:
            moves.remove("accept")
        if "walk" not in moves and ("reject" in moves or "refuse" in moves):
            moves.append("walk")
        return tuple(moves)

    async def sleep(self, seconds: float) -> None:
        """Wait on the society's clock."""
        await sleep(seconds)

    # -- language models --------------------------------------------------------------------------------------------------

    def value_schema(self) -> dict[str, Any]:
        """Return the JSON schema of an offer's value."""
        schema = getattr(self.problem, "json_schema", None) or getattr(self.preferences, "json_schema", None)
        return schema() if schema is not None else {"type": "number"}

    def schema(self) -> dict[str, Any]:
        """Return the JSON schema of a reply: an object with `move`, and `value` for a proposal."""
        options: list[dict[str, Any]] = []
        for move in self.legal_moves:
            properties: dict[str, Any] = {"move": {"const": move}}
            if move == "propose":
                properties["value"] = self.value_schema()
            elif move != "accept":
                properties["reason"] = {"type": "string"}
            required = ["move", "value"] if move == "propose" else ["move"]
            options.append(
                {"type": "object", "properties": properties, "required": required, "additionalProperties": False}
            )
        return {"title": "decision", "oneOf": options}

    def as_prompt(self) -> str:
        """Return the situation and the expected reply in words, for a language model."""
        lines = [f"You are {self.agent}, the {self.role} in a {self.protocol} negotiation."]
        lines.append(f"Round {self.round} of {self.max_rounds}; {self.rounds_left} more after this one.")
        if self.time_left < math.inf:
            lines.append(f"You have {self.time_left:.3g} seconds for this decision.")
        if self.task is not None:
            lines.append(f"The task: {self.task!r}.")
        in_words = getattr(self.call, "in_words", None)
        if in_words is not None:
            lines.append(in_words())
        else:
            standing, own = self.standing_offer, self.own_last_offer
            offer = "nothing yet" if standing is None else self._words(standing.value)
            lines.append(f"The other side's standing offer: {offer}.")
            lines.append(f"Your own last offer: {'none yet' if own is None else self._words(own.value)}.")
        lines.extend(self._own_interest())
        if self.repair:
            lines.append(f"Your last reply could not be used: {self.repair}.")
        schema = msgspec.json.encode(self.schema()).decode()
        lines.append(f"Legal moves: {', '.join(self.legal_moves)}. Walking away is a legitimate choice.")
        lines.append(f"Reply with one JSON object and nothing else, matching this schema: {schema}")
        return "\n".join(lines)

    def _own_interest(self) -> list[str]:
        mine = self.preferences
        if mine is None or not mine.known:
            return []
        lines = []
        selling = getattr(mine, "selling", None)
        if selling is not None:
            side, bound = ("sell", "below") if selling else ("buy", "above")
            lines.append(f"You want to {side}; never go {bound} your limit of {mine.limit:g}.")
        else:
            lines.append(f"Never agree to less than your reservation value, a utility of {mine.reservation_value:g}.")
        if self.standing_offer is not None:
            worth = mine.utility(mine.check(self.standing_offer.value), False)
            lines.append(f"The standing offer is worth {worth:g} to you.")
        return lines

    def _words(self, value: Any) -> str:  # an offer's value
        space = getattr(self.problem, "space", None)
        if space is not None and isinstance(value, tuple):
            return msgspec.json.encode(space.describe(value)).decode()
        return f"{value:g}" if isinstance(value, float) else str(value)

    def parse(self, reply: str | bytes | Mapping[str, Any] | Message) -> Message:
        """Return the decision that a reply states: Propose, Accept, Walk, or the Reject or Refuse that is legal here.

        Takes a JSON object, alone or inside other text, or a mapping, or a decision. Raises InvalidDecision, which counts
        as an invalid decision and not as a crash, and says what was expected.
        """
        if isinstance(reply, Message):
            return reply
        fields = dict(reply) if isinstance(reply, Mapping) else find_object(reply)
        move = fields.pop("move", fields.pop("action", None))
        move = MOVES.get(str(move).lower(), str(move).lower())
        if move not in self.legal_moves:
            raise InvalidDecision(
                f"move {move!r} is not legal here; expected one of: {', '.join(self.legal_moves)}"
                + suggest(move, self.legal_moves)
            )
        if move == "propose":
            return Propose(self._value(fields))
        if move == "accept":
            return Accept()
        reason = str(fields.get("reason", ""))
        refusals: dict[str, type[Walk | Reject | Refuse]] = {"walk": Walk, "reject": Reject, "refuse": Refuse}
        return refusals[move](reason)

    def _value(self, fields: dict[str, Any]) -> Any:  # the problem's own value
        if "value" not in fields:
            raise InvalidDecision("a proposal needs a 'value', e.g. " + example(self.value_schema()))
        check = getattr(self.preferences or self.problem, "check", None)
        try:
            return check(fields["value"]) if check is not None else fields["value"]
        except ValueError as error:
            raise InvalidDecision(str(error)) from None


def find_object(reply: str | bytes) -> dict[str, Any]:
    """Return the first JSON object in a text (a model may wrap it in words or a code fence). Raises InvalidDecision."""
    if not isinstance(reply, (str, bytes)):
        raise InvalidDecision(f"expected a JSON object or text that holds one, got {type(reply).__name__}")
    text = reply.decode(errors="replace") if isinstance(reply, bytes) else reply
    import json

    decoder = json.JSONDecoder(parse_constant=_no_constant)
    start = text.find("{")
    tries = 0
    while start >= 0 and tries < 32:
        try:
            found, _ = decoder.raw_decode(text, start)
        except (ValueError, RecursionError):
            start, tries = text.find("{", start + 1), tries + 1
            continue
        if isinstance(found, dict):
            return found
        break
    raise InvalidDecision(f"no JSON object in the reply {text[:80]!r}; expected for example " + '{"move": "accept"}')


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is no number")


def example(schema: Mapping[str, Any]) -> str:
    """Return a reply that would fit, for error texts."""
    value: Any = 42
    if schema.get("type") == "object":
        value = {
            name: (one.get("enum") or [one.get("const", 0)])[0] for name, one in schema.get("properties", {}).items()
        }
    return msgspec.json.encode({"move": "propose", "value": value}).decode()
