"""What a scenario file may hold, as frozen structs: the one place that names its fields; its JSON schema is made of them.

Wherever a number may be drawn, a table `{draw = "uniform", low = 10, high = 90}` stands for it: each session and each
agent draws its own, from a stream derived from the seed. A later kind of agent, problem or behaviour is one more struct
with a tag, added to its union.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

import msgspec
from msgspec import Meta

from negotiate_rt.messages.config import FAULT_KINDS
from negotiate_rt.problems.evaluations import EvaluationFunction
from negotiate_rt.problems.mediation import Disclosure
from negotiate_rt.runtime.network import NetworkFaults
from negotiate_rt.runtime.presets import PresetName
from negotiate_rt.scenarios.constraint_format import Scalar
from negotiate_rt.scenarios.dcop_format import AnyDcop
from negotiate_rt.scenarios.division_format import AnyDivision
from negotiate_rt.scenarios.domain_format import IssueSpec, Name, Positive, Probability, Whole
from negotiate_rt.scenarios.draws import Amount as Amount
from negotiate_rt.scenarios.game_format import AnyGame
from negotiate_rt.strategies.bid_rules import AnyBidding, BiddingName
from negotiate_rt.strategies.coalitions import AnyForming, FormingName
from negotiate_rt.strategies.registry import AnyStrategy, StrategyName

Number: TypeAlias = float


# -- strategies and behaviours ----------------------------------------------------------------------------------------

Concession: TypeAlias = AnyStrategy | StrategyName


Bidding: TypeAlias = AnyBidding | BiddingName
Forming: TypeAlias = AnyForming | FormingName


class Trouble(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind", forbid_unknown_fields=True):
    """When an agent misbehaves: in each of its decisions with `probability`, only in round `at_round`, only in its `at_call`-th
    decision, or from its first decision at `at` seconds of the society's clock on."""

    probability: Probability = 1.0
    at_round: Whole | None = None
    at_call: Whole | None = None
    at: Annotated[float, Meta(ge=0, le=1e6)] | None = None


class Slow(Trouble, frozen=True, kw_only=True, tag="slow", forbid_unknown_fields=True):
    """Think for `seconds` of the society's clock, then decide as usual."""

    seconds: Annotated[float, Meta(ge=0, le=1e6)] = 0.05


class Hang(Trouble, frozen=True, kw_only=True, tag="hang", forbid_unknown_fields=True):
    """Never answer."""


class Crash(Trouble, frozen=True, kw_only=True, tag="crash", forbid_unknown_fields=True):
    """Raise an error; with `restart_after`, be gone for so many seconds instead, and come back having forgotten everything."""

    restart_after: Annotated[float, Meta(ge=0, le=1e6)] | None = None


class Hog(Trouble, frozen=True, kw_only=True, tag="hog", forbid_unknown_fields=True):
    """Burn `seconds` of the processor (real ones, on any clock), then decide as usual."""

    seconds: Annotated[float, Meta(ge=0, le=10)] = 0.002


class Skew(Trouble, frozen=True, kw_only=True, tag="skew", forbid_unknown_fields=True):
    """Go by a clock of its own, which is `offset` seconds ahead and gains `drift` seconds a second, whatever others go by."""

    offset: Annotated[float, Meta(ge=-1e6, le=1e6)] = 1.0
    drift: Annotated[float, Meta(gt=-1, le=1e3)] = 0.0


class Nonsense(Trouble, frozen=True, kw_only=True, tag="nonsense", forbid_unknown_fields=True):
    """Return something that is no decision."""


Behaviour: TypeAlias = (
    Slow | Hang | Crash | Nonsense | Hog | Skew | Literal["slow", "hang", "crash", "nonsense", "hog", "skew"]
)  # fmt: skip


# -- agents -----------------------------------------------------------------------------------------------------------


class AgentSpec(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", forbid_unknown_fields=True):
    """What all agents share. With `count` above 1 there are that many, named `name-1`, `name-2` and so on."""

    name: Name
    count: Annotated[int, Meta(ge=1, le=100_000)] = 1
    guard: bool = True
    behaviour: Behaviour | None = None


class BuyerSpec(AgentSpec, frozen=True, kw_only=True, tag="buyer", forbid_unknown_fields=True):
    """Buys at `limit` or less. `outside_option`: the surplus that walking away gives."""

    limit: Amount
    opening: Amount | None = None
    strategy: Concession | None = None
    outside_option: Amount | None = None


class SellerSpec(AgentSpec, frozen=True, kw_only=True, tag="seller", forbid_unknown_fields=True):
    """Sells at `limit` or more. `outside_option`: the surplus that walking away gives."""

    limit: Amount
    opening: Amount | None = None
    strategy: Concession | None = None
    outside_option: Amount | None = None


class NegotiatorSpec(AgentSpec, frozen=True, kw_only=True, tag="negotiator", forbid_unknown_fields=True):
    """Bargains over many issues with an additive utility: the sum of weight times worth over the issues.

    `values`: issue -> what each of its values is worth, as a table by value or a list in the issue's order;
    `evaluations`: issue of numbers -> a line or curve ({type = "linear", slope = 2.0}). A numeric issue that stands in
    neither is worth its number. Without `weights` the party's utility is that of the scenario's domain.
    `shuffle_weights` deals the weights anew to the issues in each session.
    `outside_option`: the utility that walking away gives. `disclosure`: how much it tells a mediator, at most.
    """

    weights: dict[str, Amount] = {}
    values: dict[str, dict[str, float] | tuple[float, ...]] = {}
    evaluations: dict[str, EvaluationFunction] = {}
    shuffle_weights: bool = False
    reservation_value: Amount = 0.0
    opening: float | dict[str, Scalar] | None = None
    strategy: Concession | None = None
    outside_option: Amount | None = None
    disclosure: Disclosure = "full"


class PlainSpec(AgentSpec, frozen=True, kw_only=True, tag="plain", forbid_unknown_fields=True):
    """Brings no preferences: the scenario's reservation_value, initial_offer and strategy are its own.

    `strategy` is this agent's own instead, `outside_option` the utility that walking away gives it.
    """

    strategy: Concession | None = None
    outside_option: Amount | None = None


class BundleSpec(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What some goods are worth together, or not at all."""

    items: Annotated[tuple[Name, ...], Meta(min_length=1)]
    value: Amount


class BidderSpec(AgentSpec, frozen=True, kw_only=True, tag="bidder", forbid_unknown_fields=True):
    """Bids for a lot that is worth `value` to it; where several units are sold, a list: what each further one is worth.

    Where goods are sold in bundles it bids for `bundles`, of which it wants one, or without any for all goods at `value`.
    """

    value: Amount | tuple[Amount, ...] | None = None
    bundles: tuple[BundleSpec, ...] = ()
    strategy: Bidding | None = None
    side: Literal["buy", "sell"] | None = None  # where there are both


class ContractorSpec(AgentSpec, frozen=True, kw_only=True, tag="contractor", forbid_unknown_fields=True):
    """Bids for a task: `bid`, plus `rates` per unit of the task's attributes ({hours = 12.5}).

    `takes` seconds of the society's clock to perform it, tells of its progress every `tells_every` seconds (0: never), and
    succeeds with probability `reliability`. When called again it goes a `step` below the best proposal, down to `least`
    (without one it bids the same).
    """

    bid: Amount = 0.0
    rates: dict[str, Amount] = {}
    takes: Amount = 0.0
    reliability: Probability = 1.0
    capabilities: tuple[str, ...] = ()
    tells_every: Annotated[float, Meta(ge=0)] = 0.0
    least: Amount | None = None
    step: Positive = 1.0


class ResponderSpec(AgentSpec, frozen=True, kw_only=True, tag="responder", forbid_unknown_fields=True):
    """Answers requests, queries, proposals and subscriptions: `willing` with that probability, else it refuses or rejects.

    It `takes` seconds, and reports or answers `answer` with probability `reliability`, else it fails; with `agrees` it says
    agree first. To a subscriber it tells the `news`, one `every` so many seconds.
    """

    willing: Probability = 1.0
    takes: Amount = 0.0
    reliability: Probability = 1.0
    agrees: bool = False
    answer: Scalar | None = None
    news: tuple[Scalar, ...] = ()
    every: Amount = 1.0
    capabilities: tuple[str, ...] = ()


class BrokerSpec(AgentSpec, frozen=True, kw_only=True, tag="broker", forbid_unknown_fields=True):
    """Finds those of its `crew` who have the capability that a proxy asks for, and brings about dialogues with them."""

    crew: tuple[ResponderSpec, ...] = ()


class ClaimantSpec(AgentSpec, frozen=True, kw_only=True, tag="claimant", forbid_unknown_fields=True):
    """Takes part in a fair division, honestly: by what each item is worth to it, by what it claims of an estate, or by how dear
    each part of a cake is to it, between `edges` (equal parts, unless said)."""

    values: dict[str, Amount] = {}
    claim: Amount | None = None
    heights: tuple[Amount, ...] = ()
    edges: tuple[float, ...] = ()


class ManagerSpec(AgentSpec, frozen=True, kw_only=True, tag="manager", forbid_unknown_fields=True):
    """Awards by the rule in the options. Without one the runtime seats its own."""


class PartnerSpec(AgentSpec, frozen=True, kw_only=True, tag="partner", forbid_unknown_fields=True):
    """Forms coalitions by a strategy, and agrees to no payoff below `reservation_value` (what it gets alone, unless said)."""

    strategy: Forming | None = None
    reservation_value: Amount | None = None


AnyAgent: TypeAlias = (
    BuyerSpec | SellerSpec | NegotiatorSpec | PlainSpec | BidderSpec | ContractorSpec | ManagerSpec | ResponderSpec
    | BrokerSpec | PartnerSpec | ClaimantSpec
)  # fmt: skip


# -- what is at stake -------------------------------------------------------------------------------------------------


class PriceSpec(msgspec.Struct, frozen=True, tag="price", tag_field="type", forbid_unknown_fields=True):
    """One price."""


class PieSpec(msgspec.Struct, frozen=True, tag="pie", tag_field="type", forbid_unknown_fields=True):
    """A pie of `size` to divide between two."""

    size: Positive = 1.0


class IssuesSpec(msgspec.Struct, frozen=True, tag="issues", tag_field="type", forbid_unknown_fields=True):
    """Many issues at once. `information`: whether everybody knows what the others want."""

    issues: Annotated[tuple[IssueSpec, ...], Meta(min_length=1)]
    information: Literal["private", "complete"] = "private"


class TaskSpec(msgspec.Struct, frozen=True, tag="task", tag_field="type", forbid_unknown_fields=True):
    """A task to contract out, or the lot of an auction, with its attributes."""

    attributes: dict[str, Any]  # the user's own


class ProxySpec(msgspec.Struct, frozen=True, kw_only=True, tag="proxy", tag_field="type", forbid_unknown_fields=True):
    """What a broker is asked to do: a `protocol` with somebody, or with `everybody`, who has the `capability`."""

    capability: Name | tuple[Name, ...]
    content: dict[str, Any]  # the user's own
    protocol: Literal["request", "query", "propose", "subscribe"] = "request"
    everybody: bool = False


AnyProblem: TypeAlias = PriceSpec | PieSpec | IssuesSpec | TaskSpec | ProxySpec | AnyGame | AnyDivision | AnyDcop


# -- the whole --------------------------------------------------------------------------------------------------------

Remedy = Literal["repair", "skip", "withdraw", "fail"]


class FaultsSpec(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to do about a decision of each kind of fault: one remedy, or several in order."""

    late: Remedy | tuple[Remedy, ...] | None = None
    raised: Remedy | tuple[Remedy, ...] | None = None
    invalid: Remedy | tuple[Remedy, ...] | None = None
    illegal: Remedy | tuple[Remedy, ...] | None = None

    def given(self) -> dict[str, Any]:
        """Return the remedies by kind of fault, as a config takes them."""
        return {kind: getattr(self, kind) for kind in FAULT_KINDS if getattr(self, kind) is not None}


class ScenarioSpec(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A scenario: who negotiates what, under which protocol and limits, on which clock and network.

    Times are seconds. `sessions` are run unless the caller says otherwise; `options` are the protocol's own. `domain`: a
    file or folder with the problem, or several files, seen from the scenario's own folder: TOML, JSON, Genius, GeniusWeb.
    """

    name: Name
    protocol: Name
    agents: Annotated[tuple[AnyAgent, ...], Meta(min_length=1)] = ()
    description: str = ""
    problem: AnyProblem | None = None
    domain: Name | tuple[Name, ...] | None = None
    sessions: Whole = 1
    max_rounds: Whole = 100
    timeout: Positive | None = 60.0
    turn_timeout: Positive | None = None
    clock: Literal["real", "virtual"] = "real"
    seed: int = 0
    reservation_value: float | None = None
    initial_offer: float | None = None
    strategy: Concession | None = None
    options: dict[str, Any] = {}  # checked against the protocol's own struct
    on_fault: FaultsSpec = FaultsSpec()
    network: NetworkFaults | PresetName | None = None
