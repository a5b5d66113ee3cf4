"""Recipes of agents that work for others: contractors, and responders to requests, queries, proposals and subscriptions."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from functools import partial
from typing import TYPE_CHECKING, Any

from negotiate_rt.agents import Agent, Contractor
from negotiate_rt.agents.broker import Broker
from negotiate_rt.messages.performatives import Agree, Failure, Refuse
from negotiate_rt.messages.view import sleep
from negotiate_rt.problems import FrozenMapping
from negotiate_rt.scenarios.behaviours import work
from negotiate_rt.scenarios.format import BrokerSpec, ContractorSpec, ResponderSpec
from negotiate_rt.scenarios.reading import ScenarioError, hint, listed, step

if TYPE_CHECKING:
    from negotiate_rt.scenarios.recipes import Chance, Recipe, Stage


def contractor(spec: ContractorSpec, stage: Stage, path: str) -> Recipe:
    """Return how to make a contractor. Raises ScenarioError for rates of what the task has no number of."""
    check_rates(spec, stage.problem, path)
    whole = stage.award != "cost"  # a rule that looks at more than the cost

    def make(name: str, chance: Chance) -> Agent:
        base, rates = chance.amount(spec.bid), {one: chance.amount(rate) for one, rate in spec.rates.items()}
        takes = max(0.0, chance.amount(spec.takes))
        least = None if spec.least is None else chance.amount(spec.least)

        def price(task: Any) -> float:
            return base + float(sum(rate * task[one] for one, rate in rates.items()))

        def answer(cost: float) -> Any:  # a cost, or a mapping that holds it
            return {"cost": cost, "time": takes, "reliability": spec.reliability} if whole else cost

        def bid(task: Any) -> Any:  # as `answer`
            return answer(price(task))

        def haggle(task: Any, call: Any) -> Any:  # as `answer`
            return answer(undercut(name, spec, call, price(task), least))

        perform: Any = None
        if takes and spec.tells_every:
            perform = partial(_tell_and_work, takes, spec, chance.rng)
        elif takes or spec.reliability < 1:
            perform = work(takes, spec.reliability, chance.rng)
        return Contractor(name, bid if least is None else haggle, perform, spec.capabilities)

    return make


def check_rates(spec: ContractorSpec, task: Any, path: str) -> None:
    """Raise ScenarioError for rates of what the task has no number of."""
    known = task if isinstance(task, FrozenMapping) else {}
    flaws = []
    for name in spec.rates:
        if isinstance(known.get(name), bool) or not isinstance(known.get(name), (int, float)):
            numbers = [one for one in known if isinstance(known[one], (int, float))]
            what = f"the task has no number {name!r}, only {listed(numbers) or 'none'}"
            flaws.append(f"{step(f'{path}.rates', name)}: {what}{hint(name, numbers)}")
    if flaws:
        raise ScenarioError(flaws)


def undercut(name: str, spec: ContractorSpec, call: Any, opening: float, least: float | None) -> float:
    """Return the cost to bid when called again: a step below the best, down to the least it would take."""
    if call.best is None or least is None:
        return opening
    best = call.best.value["cost"] if isinstance(call.best.value, FrozenMapping) else call.best.value
    own = call.own["cost"] if isinstance(call.own, FrozenMapping) else call.own
    standing = opening if own is None else own
    return float(standing if call.best.agent == name else min(standing, max(least, best - spec.step)))


async def _tell_and_work(takes: float, spec: ContractorSpec, rng: random.Random, task: Any, progress: Any) -> Any:  # a report
    done = 0.0
    while done + spec.tells_every < takes:
        await sleep(spec.tells_every)
        done += spec.tells_every
        progress(done / takes)
    await sleep(takes - done)
    return None if spec.reliability >= 1 or rng.random() < spec.reliability else Failure("the work went wrong")


class Responder(Agent):
    """Answers whatever it is asked, as a scenario describes it."""

    def __init__(self, name: str, spec: ResponderSpec, takes: float, every: float, rng: random.Random) -> None:
        super().__init__(name, capabilities=spec.capabilities)
        self.spec = spec
        self.takes = takes
        self.every = every
        self.rng = rng

    def _unwilling(self) -> bool:
        return self.spec.willing < 1 and self.rng.random() >= self.spec.willing

    async def handle_request(self, action: Any) -> Any:
        """Refuse, agree, or do it at once."""
        if self._unwilling():
            return Refuse("not willing")
        return Agree() if self.spec.agrees else await self.perform(action)

    async def perform(self, subject: Any) -> Any:
        """Work, and report or answer."""
        if self.takes:
            await sleep(self.takes)
        failed = self.spec.reliability < 1 and self.rng.random() >= self.spec.reliability
        return Failure("it went wrong") if failed else self.spec.answer

    async def answer(self, query: Any) -> Any:
        """Answer as described."""
        return await self.handle_request(query)

    async def consider(self, proposal: Any) -> bool:
        """Accept, if willing."""
        if self.takes:
            await sleep(self.takes)
        return not self._unwilling()

    def handle_subscription(self, subject: Any) -> bool:
        """Agree, if willing."""
        return not self._unwilling()

    async def notify(self, subject: Any) -> AsyncIterator[Any]:
        """Tell each piece of news, one every so often."""
        for news in self.spec.news:
            await sleep(self.every)
            yield news


def broker(spec: BrokerSpec, stage: Stage, path: str) -> Recipe:
    """Return how to make a broker with the agents that it knows."""
    crew = [(one, responder(one, stage, path)) for one in spec.crew]

    def make(name: str, chance: Chance) -> Agent:
        known = []
        for one, recipe in crew:
            names = [one.name] if one.count == 1 else [f"{one.name}-{number}" for number in range(1, one.count + 1)]
            known += [recipe(each, type(chance)(f"{chance.seed}/{each}")) for each in names]
        return Broker(name, known)

    return make


def responder(spec: ResponderSpec, stage: Stage, path: str) -> Recipe:
    """Return how to make a responder."""

    def make(name: str, chance: Chance) -> Agent:
        takes, every = max(0.0, chance.amount(spec.takes)), max(0.0, chance.amount(spec.every))
        return Responder(name, spec, takes, every, random.Random(f"{chance.seed}/answers"))

    return make
