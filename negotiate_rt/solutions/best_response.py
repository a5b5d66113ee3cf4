"""How two strategies of alternating offers play, and how well a party can do against a given one.

A best response is found by dynamic programming over the periods and the opponent's states: its offers, what it accepts and
how it moves on are known, so what remains is a decision problem of one party (Puterman, "Markov decision processes", 1994,
chapter 4). Values are those of period 1, risks of breakdown taken in. The game needs a horizon.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any, NamedTuple

import msgspec
import numpy as np
from numpy.typing import ArrayLike, NDArray

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.solutions.alternating_offers import Board, Vector
from negotiate_rt.solutions.offer_strategies import (
    BoundTable,
    OfferAnswer,
    OfferAutomaton,
    OfferTable,
    Strategy,
    automaton,
    checked_answer,
    checked_offer,
)
from negotiate_rt.solutions.terms import AlternatingOffers

BUDGET = 1_000_000  # answers asked of a strategy before it is said to remember too much


class Play(msgspec.Struct, frozen=True, kw_only=True):
    """How two strategies play: what the game is worth to both, what was offered, and how it ended.

    outcome: the number of the agreed outcome, or None. left: who took its outside option, or None. period: the last one played
    if nothing breaks down before.
    """

    values: Vector
    path: tuple[int, ...]
    period: int
    outcome: int | None
    left: int | None


class BestResponse(msgspec.Struct, frozen=True, kw_only=True):
    """The best that a party can do against a strategy. strategy: an automaton that does it. play: how that goes."""

    party: int
    value: float
    play: Play
    strategy: Any  # an OfferAutomaton

    def as_table(self) -> OfferTable:
        """Return the response as a table to play; ConfigurationError if the opponent has states, so that a table cannot tell.

        In periods in which the opponent proposes, `offers` holds what it is expected to offer.
        """
        table: OfferTable = self.strategy.table()
        return table


def play(
    points: ArrayLike, game: AlternatingOffers, strategies: Sequence[Strategy], *, memory: int | None = None
) -> Play:
    """Return how two strategies, one per party, play a game with a horizon. Cost: O(horizon) decisions.

    memory: how many of the last offers a function sees (None: all). ConfigurationError for what is no strategy, or if one
    offers what is no outcome.
    """
    board = finite_board(points, game)
    return run_play(board, game, as_pair(board, strategies, memory))


def best_response(
    points: ArrayLike, game: AlternatingOffers, opponent: Strategy, party: int, *, memory: int | None = None
) -> BestResponse:
    """Return the best response of `party` to the other's strategy, and its value.

    opponent: a table, an automaton, or a function of (period, history, role), `history` the numbers of all outcomes offered so
    far, oldest first, role "propose" or "respond" (the last of the history is what it answers). memory: how many of the
    last offers the function looks at; it is then shown no more. Ties: accept before all else, else the first outcome.
    Cost: O(horizon · outcomes) for a table; O(horizon · states · outcomes) answers otherwise. ConfigurationError if
    that is more than a million: a function that remembers everything has outcomes^(horizon/2) histories.
    """
    board = finite_board(points, game)
    if isinstance(party, bool) or party not in (0, 1):
        raise ConfigurationError(f"party must be 0 or 1, got {party!r}")
    other = automaton(opponent, board.columns[1 - party], memory)
    response = _Response(board, game, other, party)
    pair = (response, other) if party == 0 else (other, response)
    return BestResponse(party=party, value=response.value, play=run_play(board, game, pair), strategy=response)


class _Edge(NamedTuple):  # what an opponent's state leads to in one period
    answers: NDArray[np.int8] | None  # its answer to each of my offers
    offer: int  # its own offer, where it proposes
    after: tuple[Hashable, ...]  # its state after a refusal: one for all, or one for each of my offers


class _Response:
    """A best response as an automaton; its state is the opponent's."""

    __slots__ = ("after", "board", "edges", "game", "opponent", "party", "start", "value")

    def __init__(self, board: Board, game: AlternatingOffers, opponent: OfferAutomaton, party: int) -> None:
        self.board = board
        self.game = game
        self.opponent = opponent
        self.party = party
        self.start = opponent.start
        self.edges = self._reachable()
        self.after: list[dict[Hashable, float]] = [
            {} for _ in self.edges
        ]  # what waiting is worth, by period and next state
        self.value = self._solve()

    def offer(self, state: Any, period: int) -> int:
        """Return the best offer to make in a state of the opponent."""
        return int(np.argmax(self._offers(period, self.edges[period - 1][state])))

    def answer(self, state: Any, period: int, offer: int) -> OfferAnswer:
        """Return the best answer; to an offer that is not the opponent's own, as if refusing its own came next."""
        edge = self.edges[period - 1][state]
        return self._answer(offer, self.after[period - 1][edge.after[0]])[0]

    def table(self) -> OfferTable:
        """Return the response as a table, one entry per period."""
        if any(len(layer) > 1 for layer in self.edges):
            raise ConfigurationError("the opponent has states that a table cannot follow: play the automaton instead")
        option = self.board.stakes[self.party].option
        offers, least, leaves = [], [], []
        for period, layer in enumerate(self.edges, 1):
            [(state, edge)] = layer.items()
            waiting = self.after[period - 1][edge.after[0]]
            offers.append(self.offer(state, period) if edge.answers is not None else edge.offer)
            leaves.append(option is not None and option > waiting)
            least.append(waiting if option is None else max(waiting, float(option)))
        return OfferTable(tuple(offers), tuple(least), tuple(leaves))

    def advance(self, state: Any, period: int, offer: int) -> Hashable:
        """Return the opponent's state after a refusal."""
        after = self.edges[period - 1][state].after
        return after[offer] if len(after) > 1 else after[0]

    def _reachable(self) -> list[dict[Hashable, _Edge]]:
        assert self.game.horizon is not None  # `finite_board` has looked
        layers: list[dict[Hashable, _Edge]] = []
        states: dict[Hashable, None] = {self.start: None}
        asked = 0
        for period in range(1, self.game.horizon + 1):
            mine = self.game.proposer(period) == self.party
            asked += len(states) * (len(self.board.points) if mine else 1)
            if asked > BUDGET and not isinstance(self.opponent, BoundTable):
                raise ConfigurationError(
                    f"the strategy can be in {len(states)} states by period {period}: more than {BUDGET} answers to ask for. "
                    "Say memory=k if it looks at the last k offers only, or shorten the game"
                )
            layer = {state: self._edge(state, period, mine) for state in states}
            layers.append(layer)
            states = dict.fromkeys(after for edge in layer.values() for after in edge.after)
        return layers

    def _edge(self, state: Any, period: int, mine: bool) -> _Edge:
        outcomes = len(self.board.points)
        other = self.opponent
        if not mine:
            offer = checked_offer(other, state, period, outcomes)
            return _Edge(None, offer, (other.advance(state, period, offer),))
        may_leave = self.board.stakes[1 - self.party].option is not None
        if isinstance(other, BoundTable):
            answers = other.answers(period)
            if not may_leave:
                checked_answer(other, state, period, int(np.argmax(answers)), may_leave)
            return _Edge(answers, -1, (None,))
        given = [checked_answer(other, state, period, offer, may_leave) for offer in range(outcomes)]
        after = tuple(other.advance(state, period, offer) for offer in range(outcomes))
        return _Edge(np.array(given, dtype=np.int8), -1, after)

    def _solve(self) -> float:
        worth: dict[Hashable, float] = {}
        stakes = self.board.stakes[self.party]
        for period in range(len(self.edges), 0, -1):
            edges = self.edges[period - 1]
            if period == len(self.edges):
                worth = {state: float(stakes.deadline) for edge in edges.values() for state in edge.after}
                self.after[period - 1] = worth
            else:
                keep, add = float(stakes.keep), float(stakes.add)
                self.after[period - 1] = {state: keep * value + add for state, value in worth.items()}
            worth = {state: self._worth(period, edge) for state, edge in edges.items()}
        return worth[self.start]

    def _worth(self, period: int, edge: _Edge) -> float:
        if edge.answers is None:
            return self._answer(edge.offer, self.after[period - 1][edge.after[0]])[1]
        return float(self._offers(period, edge).max())

    def _offers(self, period: int, edge: _Edge) -> NDArray[np.float64]:
        assert edge.answers is not None  # my turn to propose
        after = self.after[period - 1]
        refused = [after[state] for state in edge.after]
        parted = self.board.parting(1 - self.party)[self.party]
        worth = np.where(edge.answers == OfferAnswer.LEAVE, parted, refused)
        return np.where(edge.answers == OfferAnswer.ACCEPT, self.board.columns[self.party], worth)

    def _answer(self, offer: int, refused: float) -> tuple[OfferAnswer, float]:
        taken = float(self.board.columns[self.party][offer])
        option = self.board.stakes[self.party].option
        best = max(taken, refused, refused if option is None else float(option))
        if taken == best:
            return OfferAnswer.ACCEPT, best
        return (OfferAnswer.REJECT if refused == best else OfferAnswer.LEAVE), best


def finite_board(points: ArrayLike, game: AlternatingOffers) -> Board:
    """Return a two-party game with a horizon, ready to be played; ConfigurationError if it is none."""
    board = Board(points, game)
    if board.parties != 2:
        raise ConfigurationError(f"responses are those of two parties, the points are of {board.parties}")
    if game.horizon is None:
        raise ConfigurationError("a best response is found in a finite game: give a horizon")
    return board


def as_pair(board: Board, strategies: Sequence[Strategy], memory: int | None) -> tuple[OfferAutomaton, OfferAutomaton]:
    """Return two strategies, one per party, as automata; ConfigurationError if there are not two."""
    if not isinstance(strategies, (tuple, list)) or len(strategies) != 2:
        raise ConfigurationError("two parties need two strategies, in order of party")
    return automaton(strategies[0], board.columns[0], memory), automaton(strategies[1], board.columns[1], memory)


def run_play(board: Board, game: AlternatingOffers, pair: tuple[OfferAutomaton, OfferAutomaton]) -> Play:
    """Return how two automata play."""
    assert game.horizon is not None  # `finite_board` has looked
    states = [pair[0].start, pair[1].start]
    path: list[int] = []
    values, outcome, left = board.deadline, None, None
    for period in range(1, game.horizon + 1):
        who = game.proposer(period)
        other = 1 - who
        offer = checked_offer(pair[who], states[who], period, len(board.points))
        path.append(offer)
        may_leave = board.stakes[other].option is not None
        answer = checked_answer(pair[other], states[other], period, offer, may_leave)
        if answer is OfferAnswer.ACCEPT:
            values, outcome = tuple(board.points[offer].tolist()), offer
            break
        if answer is OfferAnswer.LEAVE:
            values, left = board.parting(other), other
            break
        if period < game.horizon:
            states = [one.advance(state, period, offer) for one, state in zip(pair, states, strict=True)]
    for _ in range(len(path) - 1):
        values = board.wait(values)
    return Play(values=values, path=tuple(path), period=len(path), outcome=outcome, left=left)
