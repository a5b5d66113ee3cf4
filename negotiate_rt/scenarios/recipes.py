"""From an agent's description to agents: one recipe each, checked once, then followed afresh in every session."""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import cached_property, lru_cache
from typing import Any

from negotiate_rt.agents import Agent, Bidder, Buyer, Manager, Negotiator, Seller
from negotiate_rt.agents.partner import Partner
from negotiate_rt.problems import AdditiveUtility, BargainingProblem
from negotiate_rt.scenarios.behaviours import misbehave
from negotiate_rt.scenarios.claiming import claimant
from negotiate_rt.scenarios.contracting import broker, contractor, responder
from negotiate_rt.scenarios.format import (
    AgentSpec,
    Amount,
    BidderSpec,
    Bidding,
    BrokerSpec,
    BuyerSpec,
    ClaimantSpec,
    Concession,
    ContractorSpec,
    ManagerSpec,
    NegotiatorSpec,
    PartnerSpec,
    PlainSpec,
    ResponderSpec,
    SellerSpec,
)
from negotiate_rt.scenarios.preferences import check_names, worths_of
from negotiate_rt.scenarios.reading import ScenarioError, hint, listed
from negotiate_rt.strategies import STRATEGIES
from negotiate_rt.strategies.bid_rules import BIDDINGS
from negotiate_rt.strategies.bidding import BidRule
from negotiate_rt.strategies.coalitions import FORMING


class Chance:
    """A stream of its own for one agent in one session, made when it is first drawn from."""

    def __init__(self, seed: str) -> None:
        self.seed = seed

    @cached_property
    def rng(self) -> random.Random:
        """The stream."""
        return random.Random(self.seed)

    def amount(self, given: Amount) -> float:
        """Return a number as it stands, or one drawn."""
        return given if isinstance(given, (int, float)) else given.draw(self.rng)


Recipe = Callable[[str, Chance], Agent]  # (name, chance) -> a fresh agent


class Stage:
    """What recipes need to know of the whole: the problem, and what an award goes by."""

    def __init__(self, problem: Any, award: str) -> None:
        self.problem = problem
        self.award = award


def recipe(spec: AgentSpec, stage: Stage, path: str) -> Recipe:
    """Return how to make an agent. Raises ScenarioError for a description that does not fit the problem."""
    make: Recipe = _RECIPES[type(spec)](spec, stage, path)
    trouble = spec.behaviour
    if trouble is None and spec.guard:
        return make
    if trouble is not None and isinstance(spec, ManagerSpec):
        raise ScenarioError([f"{path}.behaviour: a manager awards by the options' rule and has no decision to spoil"])

    def guarded(name: str, chance: Chance) -> Agent:
        agent = make(name, chance)
        agent.guard = spec.guard
        if trouble is not None:
            misbehave(agent, trouble, chance.rng, lambda: make(name, Chance(chance.seed)))
        return agent

    return guarded


def concession(given: Concession | None) -> Any:  # a ConcessionStrategy, or None for the default
    """Return a strategy; a bare name is one with its defaults."""
    return STRATEGIES[given]() if isinstance(given, str) else given


# -- prices and pies --------------------------------------------------------------------------------------------------


def _trader(spec: BuyerSpec | SellerSpec, stage: Stage, path: str) -> Recipe:
    kind = Buyer if isinstance(spec, BuyerSpec) else Seller
    strategy = concession(spec.strategy)

    def make(name: str, chance: Chance) -> Agent:
        opening = None if spec.opening is None else chance.amount(spec.opening)
        limit = chance.amount(spec.limit)
        return kind(name, limit, opening, strategy, outside_option=_elsewhere(spec.outside_option, chance))

    return make


def _plain(spec: PlainSpec, stage: Stage, path: str) -> Recipe:
    strategy = concession(spec.strategy)

    def make(name: str, chance: Chance) -> Agent:
        option = _elsewhere(spec.outside_option, chance)
        if strategy is None and option is None:
            return Agent(name)
        return Negotiator(name, strategy=strategy, outside_option=option)

    return make


def _elsewhere(option: Amount | None, chance: Chance) -> float | None:
    """Return what walking away is worth, if anything is said of it."""
    return None if option is None else chance.amount(option)


# -- many issues ------------------------------------------------------------------------------------------------------


def _negotiator(spec: NegotiatorSpec, stage: Stage, path: str) -> Recipe:
    space = getattr(stage.problem, "space", None)
    if not isinstance(stage.problem, BargainingProblem) or space is None:
        raise ScenarioError([f"{path}: a negotiator needs a problem with issues: [problem] type = 'issues'"])
    flaws: list[str] = []
    if not spec.weights and spec.count == 1 and spec.name in stage.problem.utilities:
        return _of_domain(spec, path)
    if not spec.weights:
        known = [str(name) for name in getattr(stage.problem.utilities, "keys", tuple)()]
        others = f", only of {listed(known)}{hint(spec.name, known)}" if known else ""
        raise ScenarioError([f"{path}.weights: missing; the problem knows no utility of {spec.name!r}{others}"])
    check_names(spec.weights, space, f"{path}.weights", flaws, complete=True)
    tables = worths_of(space, spec.values, spec.evaluations, path, flaws)
    if isinstance(spec.opening, dict):
        check_names(spec.opening, space, f"{path}.opening", flaws, complete=True)
    if flaws:
        raise ScenarioError(flaws)
    strategy = concession(spec.strategy)

    @lru_cache(256)  # a utility is ranked over its whole space once: weights that come again need not be ranked again
    def utility(weights: tuple[tuple[str, float], ...]) -> AdditiveUtility:
        return AdditiveUtility(dict(weights), tables, space)

    def make(name: str, chance: Chance) -> Agent:
        wanted = utility(_weights(spec, chance))
        least = chance.amount(spec.reservation_value)
        option = _elsewhere(spec.outside_option, chance)
        return _willing(Negotiator(name, wanted, least, spec.opening, strategy, outside_option=option), spec)

    return make


def _of_domain(spec: NegotiatorSpec, path: str) -> Recipe:
    """Return a party that wants what the problem says of it by name."""
    for field in ("values", "evaluations", "shuffle_weights"):
        if getattr(spec, field):
            raise ScenarioError([f"{path}.{field}: this agent's utility is the domain's; give weights to replace it"])
    strategy = concession(spec.strategy)

    def make(name: str, chance: Chance) -> Agent:
        least, option = chance.amount(spec.reservation_value), _elsewhere(spec.outside_option, chance)
        return _willing(Negotiator(name, None, least, spec.opening, strategy, outside_option=option), spec)

    return make


def _willing(agent: Negotiator, spec: NegotiatorSpec) -> Negotiator:
    """Return the agent, which tells a mediator as much as the description says."""
    if spec.disclosure != "full":
        agent.disclosure = spec.disclosure
    return agent


def _weights(spec: NegotiatorSpec, chance: Chance) -> tuple[tuple[str, float], ...]:
    weights = [chance.amount(weight) for weight in spec.weights.values()]
    if spec.shuffle_weights:
        chance.rng.shuffle(weights)
    return tuple(zip(spec.weights, weights, strict=True))


# -- auctions and contracts -------------------------------------------------------------------------------------------


def _bidder(spec: BidderSpec, stage: Stage, path: str) -> Recipe:
    strategy = bidding(spec.strategy)
    given = spec.value
    if spec.bundles:
        return _bundle_bidder(spec, strategy, path)
    if given is None:
        raise ScenarioError([f"{path}.value: missing; a bidder needs a value, or bundles"])
    if not isinstance(given, tuple):
        return lambda name, chance: Bidder(name, chance.amount(given), strategy, side=spec.side)
    if not given:
        raise ScenarioError([f"{path}.value: expected at least one value, got none"])

    def make(name: str, chance: Chance) -> Bidder:  # each unit is worth at most what the one before was, or costs as much
        values = sorted(map(chance.amount, given), reverse=spec.side != "sell")
        return Bidder(name, tuple(values), strategy, side=spec.side)

    return make


def _bundle_bidder(spec: BidderSpec, strategy: BidRule | None, path: str) -> Recipe:
    if spec.value is not None:
        raise ScenarioError([f"{path}.value: a bidder for bundles has no value beside them"])
    bundles = [frozenset(one.items) for one in spec.bundles]
    for place, one in enumerate(spec.bundles):
        if len(bundles[place]) < len(one.items) or bundles[place] in bundles[:place]:
            raise ScenarioError([f"{path}.bundles[{place}].items: a good, or the bundle, is named twice"])

    def make(name: str, chance: Chance) -> Bidder:
        values = {bundle: chance.amount(one.value) for bundle, one in zip(bundles, spec.bundles, strict=True)}
        return Bidder(name, values, strategy)

    return make


def bidding(given: Bidding | None) -> BidRule | None:
    """Return a bid strategy, None for the truth; a bare name is one with its defaults."""
    return BIDDINGS[given]() if isinstance(given, str) else given


def _manager(spec: ManagerSpec, stage: Stage, path: str) -> Recipe:
    return lambda name, chance: Manager(name)


def _partner(spec: PartnerSpec, stage: Stage, path: str) -> Recipe:
    strategy = FORMING[spec.strategy]() if isinstance(spec.strategy, str) else spec.strategy

    def make(name: str, chance: Chance) -> Agent:
        least = None if spec.reservation_value is None else chance.amount(spec.reservation_value)
        return Partner(name, strategy, reservation_value=least)

    return make


_RECIPES: dict[type, Callable[[Any, Stage, str], Recipe]] = {
    BidderSpec: _bidder, BrokerSpec: broker, BuyerSpec: _trader,
    ClaimantSpec: claimant, ContractorSpec: contractor, ManagerSpec: _manager,
    NegotiatorSpec: _negotiator, PartnerSpec: _partner, PlainSpec: _plain, ResponderSpec: responder, SellerSpec: _trader,
}  # fmt: skip
