"""One call that says whether a bargaining strategy keeps what every strategy promises, however it decides."""

from __future__ import annotations

import inspect
import pickle
import random
import sys
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from functools import partial
from typing import Any, Literal, NamedTuple

from msgspec.structs import replace

from negotiate_rt.agents import Buyer, Negotiator, Seller
from negotiate_rt.errors import InvalidDecision, InvalidOffer
from negotiate_rt.executor.executor import NegotiationExecutor
from negotiate_rt.messages.config import NegotiationConfig
from negotiate_rt.messages.performatives import Accept, Message, Propose
from negotiate_rt.messages.view import View
from negotiate_rt.problems import AdditiveUtility, BargainingProblem, Issue, OutcomeSpace, Pie
from negotiate_rt.strategies.concession import TimeDependentConcession, TitForTatConcession
from negotiate_rt.strategies.deciding import as_hook

Kind = Literal["price", "pie", "issues"]
KINDS: tuple[Kind, ...] = ("price", "pie", "issues")
CALLS = 2_000  # of functions, that one decision may take on average: MiCRO takes about 20, a model's table about 100
BILATERAL = NegotiationConfig("bilateral")


class Situation(NamedTuple):
    """One negotiation to put a strategy into. `seat`: the place of the strategy's party, 0 speaks first."""

    name: str
    kind: Kind
    problem: Any  # what the executor takes
    party: Callable[[Callable[[View], Any]], Any]  # hook -> agent
    opponent: Callable[[], Any]
    seat: int
    rounds: int
    hopeless: bool = False
    config: NegotiationConfig = BILATERAL


class Record:
    """What a strategy decided in one negotiation, and what is wrong with it. A callable of the view."""

    def __init__(self, strategy: Callable[..., Any], situation: Situation, seconds: float | None = None) -> None:
        self.decide = as_hook(strategy)
        self.situation = situation
        self.decisions: list[str] = []
        self.wrong: list[str] = []
        self.calls = 0
        self.seconds = 0.0

    def __call__(self, view: View) -> Any:  # a decision, or nothing good
        """Ask the strategy, and look at what it decides before the guard does."""
        try:
            decision = self._counted(view)
        except (InvalidDecision, InvalidOffer) as error:
            if not self.situation.hopeless:
                self.wrong.append(f"decides in every situation: round {view.round}: {type(error).__name__}: {error}")
            raise
        except Exception as error:  # the border to somebody's code
            self.wrong.append(f"raises nothing: round {view.round}: {type(error).__name__}: {error}")
            raise
        self.decisions.append(f"round {view.round}: {shown(decision)}")
        self._judge(view, decision)
        return decision

    def _counted(self, view: View) -> Any:  # as above
        def count(_: Any, event: str, __: Any) -> None:
            if event in ("call", "c_call"):
                self.calls += 1

        before, started = sys.getprofile(), time.perf_counter()
        sys.setprofile(count)
        try:
            return self.decide(view)
        finally:
            sys.setprofile(before)
            self.seconds += time.perf_counter() - started

    def _judge(self, view: View, decision: Any) -> None:
        mine = view.preferences
        if inspect.isawaitable(decision):
            if inspect.iscoroutine(decision):
                decision.close()
            self.wrong.append("is a plain function, not async")
        elif not isinstance(decision, Message):
            self.wrong.append(f"returns Propose, Accept or Walk: round {view.round}: got {decision!r}")
        elif isinstance(decision, Propose):
            try:
                value = mine.check(decision.value)
            except ValueError as error:
                self.wrong.append(f"offers values of the problem only: round {view.round}: {error}")
                return
            self._compare(view, mine.utility(value, True), f"offers {shown(decision)}")
        elif isinstance(decision, Accept):
            if view.standing_offer is None:
                self.wrong.append(f"accepts only what stands: round {view.round}: nothing does")
            else:
                worth = mine.utility(view.standing_offer.value, False)
                self._compare(view, worth, f"accepts {view.standing_offer.value!r}")

    def _compare(self, view: View, worth: float, what: str) -> None:
        least = view.preferences.reservation_value
        if not worth >= least:
            text = f"{what}, which is worth {worth:g} where {least:g} is the least"
            self.wrong.append(f"never goes below its reservation value: round {view.round}: {text}")


def shown(decision: Any) -> str:  # whatever a strategy returned
    """Return a decision in short, the same for the same decision."""
    return f"propose {decision.value!r}" if isinstance(decision, Propose) else repr(decision)


def check_strategy(
    strategy: Callable[..., Any], *, kinds: Collection[Kind] = KINDS, calls: int | None = CALLS,
    seconds: float | None = None, information: Literal["private", "complete"] = "private",
    config: NegotiationConfig = BILATERAL,
) -> None:  # fmt: skip
    """Raise AssertionError that lists what a bargaining strategy gets wrong: which claim, in which situation.

    strategy: a concession strategy (round, max_rounds, reservation_value, current_value, history) -> value, or a plain
    callable of the view. Claims: it decides in every situation and raises nothing; offers and acceptances are legal and
    never worth less than the reservation value; the same situation gives the same decisions again, from a pickled copy
    too where it can be pickled; negotiations that run at the same time do not meddle with each other; on 10,000 outcomes
    a decision takes at most `calls` function calls on average (None: any), and `seconds` if given. Situations: prices,
    pies and issues (`kinds`) in both seats against patient, mirroring, random and silent opponents; one round only, a
    single outcome, ties, and no outcome worth having, where walking away or InvalidDecision is expected.
    information: what the problem reveals. config: any protocol for two parties that take turns, with its options; rounds
    are the situation's own. Cost: about 0.3 seconds for a simple strategy.
    """
    wrong: list[str] = []
    situations = [one._replace(config=config) for one in _situations(information) if one.kind in kinds]
    alone: dict[str, list[str]] = {}
    for situation in situations:
        record = _run(strategy, [situation])[0]
        alone[situation.name] = record.decisions
        wrong += _claims(record)
    if not wrong:
        wrong += _repeated(strategy, situations, alone)
    if not wrong and "issues" in kinds:
        situation = _of_issues("10,000 outcomes", (10, 10, 10, 10), 100, information)[0]
        wrong += _budgeted(strategy, situation._replace(config=config), calls, seconds)
    if wrong:
        name = getattr(strategy, "__name__", None) or repr(strategy)
        raise AssertionError(f"strategy {name} does not keep its promises:\n" + "\n".join(_grouped(wrong)))


def _grouped(wrong: Sequence[str]) -> Iterator[str]:
    """Yield a line for each claim: its first counterexample, and how many more there are."""
    by_claim: dict[str, list[str]] = {}
    for one in wrong:
        by_claim.setdefault(one.partition(":")[0], []).append(one)
    for several in by_claim.values():
        more = f"; {len(several) - 1} more" if len(several) > 1 else ""
        yield f"  - {several[0]}{more}"


def _claims(record: Record) -> list[str]:
    return [f"{one} (situation: {record.situation.name})" for one in dict.fromkeys(record.wrong)]


def _run(strategy: Callable[..., Any], situations: Sequence[Situation]) -> list[Record]:
    """Run situations, all at the same time, and return what was decided in each."""
    records = [Record(strategy, one) for one in situations]
    jobs = []
    for record in records:
        one = record.situation
        agents = [one.party(record), one.opponent()]
        config = replace(one.config, max_rounds=one.rounds)
        jobs.append((agents if one.seat == 0 else agents[::-1], config, one.problem))
    for record, outcome in zip(records, NegotiationExecutor(clock="virtual", seed=0).run_many(jobs), strict=True):
        own = [fault for fault in outcome.faults if fault.agent == "party"]
        if own and not record.wrong and not record.situation.hopeless:
            record.wrong.append(f"commits no fault: {own[0].kind}: {own[0].cause}")
        if record.situation.hopeless and outcome.agreed:
            record.wrong.append("agrees to nothing that is below its reservation value")
    return records


def _repeated(strategy: Callable[..., Any], situations: Sequence[Situation], alone: dict[str, list[str]]) -> Iterator[str]:
    """Run all situations again, now at the same time, by the strategy itself and by a copy."""
    for record in _run(strategy, situations):
        situation = record.situation
        if record.decisions == alone[situation.name]:
            continue
        again = _run(strategy, [situation])[0].decisions
        if again == alone[situation.name]:
            claim, again = "keeps negotiations apart that run at the same time", record.decisions
        else:
            claim = "decides the same in the same situation"
        yield f"{claim}: {_difference(alone[situation.name], again)} (situation: {situation.name})"
    try:
        copy = pickle.loads(pickle.dumps(strategy))
    except Exception:  # noqa: BLE001  # a function of somebody's own need not be picklable, and may say so in any way
        return
    for record in _run(copy, situations):
        name = record.situation.name
        if record.decisions != alone[name]:
            what = _difference(alone[name], record.decisions)
            yield f"decides the same once pickled: {what} (situation: {name})"


def _difference(first: list[str], second: list[str]) -> str:
    for one, other in zip(first, second, strict=False):
        if one != other:
            return f"{one}, then {other}"
    return f"{len(first)} decisions, then {len(second)}"


def _budgeted(
    strategy: Callable[..., Any], situation: Situation, calls: int | None, seconds: float | None
) -> Iterator[str]:
    """Bargain over 10,000 outcomes for 100 rounds and count."""
    record = _run(strategy, [situation])[0]
    yield from _claims(record)
    decisions = max(1, len(record.decisions))
    if calls is not None and record.calls > calls * decisions:
        each = record.calls / decisions
        yield f"decides within its budget: {each:.0f} function calls a decision, at most {calls} (situation: 10,000 outcomes)"
    if seconds is not None and record.seconds > seconds * decisions:
        each = record.seconds / decisions
        yield f"decides within its budget: {each:.2g} s a decision, at most {seconds:g} (situation: 10,000 outcomes)"


# -- situations -------------------------------------------------------------------------------------------------------


def silent(view: View) -> None:
    """Decide nothing: each turn is skipped."""


def erratic(view: View) -> Message:
    """Offer by chance, sometimes far out, and never accept: the same in every negotiation."""
    rng = random.Random(f"{view.round}/{view.role}")
    space = getattr(view.problem, "space", None)
    if space is not None:
        return Propose(space.at(rng.randrange(space.size)))
    if isinstance(view.problem, Pie):
        return Propose(rng.random() * view.problem.size)
    return Propose(rng.choice((0.0, -50.0, 1e12, 40.0, 90.0, rng.uniform(50.0, 100.0))))


OPPONENTS: dict[str, Any] = {  # strategies and hooks
    "a patient opponent": TimeDependentConcession(0.3), "a mirroring opponent": TitForTatConcession(),
    "a silent opponent": silent, "an erratic opponent": erratic,
}  # fmt: skip


def _situations(information: str) -> Iterator[Situation]:
    yield from _prices()
    yield from _pies()
    yield from _of_issues("issues", (4, 3, 5), 20, information)
    yield from _of_issues("one round", (3, 2), 1, information)
    yield from _of_issues("two rounds", (3, 2), 2, information)
    yield from _of_issues("a single outcome", (1,), 5, information)
    yield from _of_issues("ties", (3, 3), 8, information, flat=True)
    yield from _of_issues("nothing worth having", (3, 2), 4, information, least=1.5)
    yield from _of_issues("only the best worth having", (3, 2), 6, information, least=1.0)


def _each(name: str) -> Iterator[tuple[str, Any, int]]:
    """Yield a name, an opponent and a seat for every pairing."""
    for who, opponent in OPPONENTS.items():
        for seat, place in enumerate(("first", "second")):
            yield f"{name}, {who}, speaking {place}", opponent, seat


def _prices() -> Iterator[Situation]:
    limits: tuple[tuple[str, float, float, int], ...] = (
        ("a price", 80.0, 60.0, 12), ("a price without a bargain", 50.0, 70.0, 6), ("one round of a price", 80.0, 60.0, 1),
    )  # fmt: skip
    for title, most, least, rounds in limits:
        for side in ("buying", "selling"):
            for name, opponent, seat in _each(f"{title}, {side}"):
                traders = (
                    lambda who, hook, most=most: Buyer(who, most, 40.0, hook),
                    lambda who, hook, least=least: Seller(who, least, 120.0, hook),
                )
                mine, other = traders if side == "buying" else traders[::-1]
                yield Situation(name, "price", None, partial(mine, "party"), partial(other, "opponent", opponent), seat, rounds)


def _pies() -> Iterator[Situation]:
    for rounds in (1, 10):
        for name, opponent, seat in _each(f"a pie, {rounds} round{'s' if rounds > 1 else ''}"):
            party, other = partial(_negotiator, "party", 2.0), partial(_negotiator, "opponent", 3.0, opponent)
            yield Situation(name, "pie", Pie(10.0), party, other, seat, rounds)


def _negotiator(name: str, least: float, hook: Any) -> Negotiator:
    return Negotiator(name, reservation_value=least, strategy=hook)


def _of_issues(
    title: str, sizes: Sequence[int], rounds: int, information: Any, *, least: float = 0.2, flat: bool = False
) -> list[Situation]:
    """Return situations over issues of those sizes, in which the party's best values are the opponent's worst."""
    space = OutcomeSpace([Issue(f"issue {k}", tuple(f"value {v}" for v in range(size))) for k, size in enumerate(sizes)])
    total = sum(range(1, len(sizes) + 1))
    utilities = {}
    for name, up in (("party", True), ("opponent", False)):
        ranks = {
            issue.name: {
                value: 1.0 if flat or issue.size == 1 else (place if up else issue.size - 1 - place) / (issue.size - 1)
                for place, value in enumerate(issue.values)
            }
            for issue in space.issues
        }
        order = list(space.issues) if up else list(reversed(space.issues))
        weights = {issue.name: (number + 1) / total for number, issue in enumerate(order)}
        utilities[name] = AdditiveUtility(weights, ranks, space)
    problem = BargainingProblem(space, utilities, {"party": least, "opponent": 0.1}, information=information)
    hopeless = least > 1.0 + 1e-9
    return [
        Situation(
            name, "issues", problem, partial(_negotiator, "party", 0.0), partial(_negotiator, "opponent", 0.0, opponent),
            seat, rounds, hopeless,
        )
        for name, opponent, seat in _each(title)
    ]  # fmt: skip
