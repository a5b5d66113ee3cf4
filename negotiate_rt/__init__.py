"""negotiate_rt: a runtime in which autonomous agents reach agreements.

Start here; the rest is found from these, and `negotiate-rt list` and `negotiate-rt explain NAME` tell it:

- run: NegotiationExecutor (`execute`, `start`, `stream`, `run`), NegotiationConfig, Auction, Society; outcome: NegotiationOutcome
- take part: Buyer, Seller, Negotiator, Bidder, Contractor, Manager, Agent; decide: View, Propose, Accept, Walk, FaultPolicy
- be about something: BargainingProblem, Issue, OutcomeSpace, AdditiveUtility, Pie, Task, DcopProblem, CoalitionGame
- concede: LinearConcession, ExponentialConcession, TimeDependentConcession, TitForTatConcession, make_strategy
- rules of one's own: NegotiationProtocol, and check_protocol in negotiate_rt.testing
- theory: frontier, nash_point, rubinstein, solve_winners, shapley, nucleolus, dcop_optimum
- trouble and proof: Network, Journal, Trace, load_domain; the commands stress, verify, replay, audit, tournament

Names load on first use (PEP 562), so that importing the package costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

__version__ = "0.1.0"

_WHERE = {
    "agents.claimant": "Claimant",
    "agents": "Agent Bidder Buyer Contractor Manager Negotiator Seller",
    "agents.broker": "Broker",
    "agents.mediator": "Mediator",
    "agents.partner": "Partner",
    "errors": (
        "CodecError ConfigurationError ForeignAwaitError InvalidDecision InvalidOffer JournalError LocalProtocolError "
        "MailboxFull NegotiationError ProtocolDefinitionError ProtocolError RemoteProtocolError SocietyClosed StalledError"
    ),
    "executor.auction": "Auction",
    "executor.executor": "NegotiationExecutor",
    "executor.listeners": "NegotiationListener",
    "executor.negotiation": "Negotiation NegotiationStatus",
    "executor.society": "Society",
    "journal.journal": "Journal",
    "journal.record": "Record Trace",
    "lab": "Arena Contestant GameResult Tournament TournamentReport play_tournament run_tournament",
    "lab.stress": "Campaign StressReport run_campaign stress_agents",
    "runtime.outages": "Hold Partition",
    "runtime.presets": "preset",
    "messages.acknowledgement": "Acknowledgement",
    "messages.codec": "Codec",
    "messages.config": "FaultPolicy NegotiationConfig NegotiationType",
    "messages.envelope": "Envelope Route",
    "messages.outcome": (
        "AGREED DEADLOCK FAILED TIMEOUT Bid Fault NegotiationOffer NegotiationOutcome NegotiationState"
    ),
    "messages.performatives": (
        "Accept Agree Cancel Cfp Confirm Disconfirm Failure Inform InformDone InformIf InformRef InformResult Left Lapse Message "
        "Notice NotUnderstood Propagate Propose Proxy QueryIf QueryRef Refuse Reject Request RequestWhen RequestWhenever Skip "
        "Subscribe Walk Withdraw"
    ),
    "messages.view": "View sleep",
    "problems": (
        "AdditiveUtility BargainingProblem Constraint ContinuousIssue ExponentialEvaluation ForbiddenConstraint "
        "ImpliedConstraint IntegerIssue Issue LinearConstraint LinearEvaluation OptionalIssue OrdinalIssue OutcomeSpace "
        "Pie PolynomialEvaluation PriceProblem Span Task TriangularEvaluation"
    ),
    "problems.auction": (
        "AuctionCall AuctionClosed AuctionOptions AuctionResult ClockCall ClockOptions DutchOptions EnglishOptions OutcryCall"
    ),
    "problems.games": "CoalitionGame",
    "problems.coalitions": (
        "CoalitionAgreement CoalitionCall CoalitionEvent CoalitionNews CoalitionOptions CoalitionProposal CoalitionResult "
        "CoalitionTheory"
    ),
    "problems.known_games": "AirportGame BankruptcyGame GloveGame WeightedVotingGame",
    "problems.dividing": "Cake DivisionResult Estate Rent",
    "problems.division_calls": "AppraisalCall Award ChoiceCall ClaimCall CutCall EnvyCall MarkCall PickCall WishCall",
    "problems.goods": "DivisionProblem",
    "problems.influence": "InfluenceUtility draw_influence",
    "problems.mediation": "Ballot MediationOptions MediationResult PairAsked PreferencesAsked RankingAsked Suggested",
    "problems.scaling": "normalized",
    "problems.inverse": "InverseUtility inverse",
    "problems.lots": "AscendingOptions AscendingResult LotBid LotState LotsCall LotsClosed",
    "problems.orders": "DoubleAuctionOptions DoubleAuctionResult Order OrdersCall",
    "problems.positions": "PositionOptions PositionsCall PositionsResult",
    "problems.types": "CommonPrior PartyType TypeDistribution",
    "problems.bundles": "BundleCall CombinatorialOptions CombinatorialResult",
    "problems.combinatorial": "BundleAuction BundleBid BundleBids",
    "problems.units": "UnitOptions UnitsCall UnitsResult",
    "problems.bargaining": "Discount",
    "problems.dcop": "CostFunction DcopProblem Variable",
    "problems.derived": "AffineUtility DiscountedUtility UncertainUtility",
    "problems.interdependent": "Box ConstraintUtility HyperRectangleUtility WeightedConstraint",
    "problems.tabular": "RankedUtility TabularUtility",
    "problems.trading": "ContinuousOptions MarketNews MarketResult Quote Trade",
    "protocols.alternating_menus": "MenuOptions",
    "protocols.alternating_multiple_offers": "BallotResult",
    "protocols.awarding": "ContractNetOptions ContractResult Penalty ProgressReport",
    "protocols.base": "NegotiationProtocol",
    "protocols.brokering": "Brokerage Proxied ProxyReply ProxyResult",
    "protocols.cocoa": "CocoaOptions",
    "protocols.concurrent_bargaining": "CommitmentOptions ConcurrentResult",
    "protocols.divide_and_choose": "DividerOptions",
    "protocols.dividing": "DivisionOptions",
    "protocols.account": "SolvingResult",
    "protocols.solving": "Solver Solving SolvingOptions Told lockstep",
    "protocols.dpop": "DpopOptions DpopResult",
    "protocols.dsa": "DsaOptions",
    "protocols.engagement": "Engagement",
    "protocols.envy_cycles": "EnvyOptions",
    "protocols.interaction": "InteractionOptions",
    "protocols.iterated_contract_net": "IteratedContractNetOptions IteratedContractResult Iteration Revision",
    "protocols.max_sum": "MaxSumOptions",
    "protocols.mgm": "MgmOptions",
    "protocols.mgm2": "Mgm2Options",
    "protocols.monotonic_concession": "ConcessionOptions",
    "protocols.nash_demand": "DemandOptions DemandResult",
    "protocols.query": "QueryOptions QueryResult",
    "protocols.request": "RequestResult",
    "protocols.round_robin": "RoundRobinOptions",
    "protocols.rubinstein": "RubinsteinOptions",
    "protocols.sealed_division": "BankruptcyOptions RentOptions SerialOptions WelfareOptions",
    "protocols.signalled_bargaining": "Signal SignalOptions",
    "report.analysis": "Analysis analyze",
    "protocols.subscribe": "News SubscribeOptions SubscribeResult",
    "report.comparison": "Comparison compare",
    "report.game_analysis": "GameAnalysis analyze_game",
    "report.metrics": "Metrics",
    "report.tracing": "OpenTelemetryTracing",
    "protocols.sync_bb": "SyncBbOptions",
    "runtime.latency": "Constant Empirical Exponential LogNormal Normal Uniform",
    "runtime.network": "Network NetworkFaults",
    "runtime.link": "LinkFaults",
    "runtime.restart": "RestartPolicy",
    "scenarios.cats": "load_cats read_cats write_cats",
    "scenarios.cats_drawing": "draw_cats",
    "scenarios.dcop_drawing": "draw_colouring draw_ising",
    "scenarios.dcop_files": "load_dcop write_dcop",
    "scenarios.dcop_generators": "draw_dcop",
    "scenarios.dcop_toml": "read_dcop_toml",
    "scenarios.dcop_worlds": "draw_meetings draw_secp draw_sensors",
    "scenarios.dcop_yaml": "read_dcop",
    "scenarios.domains": "load_domain write_domain",
    "scenarios.genius": "read_genius read_genius_folder",
    "scenarios.genius_writing": "write_genius",
    "scenarios.geniusweb": "read_geniusweb read_geniusweb_folder",
    "scenarios.geniusweb_writing": "write_geniusweb",
    "lab.mediating": "MediationComparison SettledWay compare_mediation",
    "lab.revelation": "PlayedAuction revealed_auction",
    "lab.revenue": "FormatRevenue RevenueComparison compare_revenue",
    "solutions.audit": "audit",
    "solutions.audit_report": "AuditReport Counterexample Finding",
    "solutions.clarke": "clarke wants",
    "solutions.manipulability": "Manipulability gibbard_satterthwaite manipulability",
    "solutions.mechanism_library": "ready_mechanism",
    "solutions.mechanisms": "Chance Decision DirectMechanism TypeSpace from_prior revelation",
    "solutions.myerson": "bulow_klemperer expected_revenue optimal_auction optimal_reserve virtual_value",
    "solutions.probes": "Attack ProbeReport collusion false_names",
    "solutions.value_distributions": "DensityDistribution DiscreteDistribution ExponentialDistribution UniformDistribution",
    "solutions.voting": "condorcet_winner vote",
    "solutions.all_pay": "all_pay_bid",
    "solutions.alternating_offers": (
        "PeriodPlan SequentialEquilibrium backward_induction pie_points stationary_equilibrium"
    ),
    "solutions.best_response": "BestResponse best_response",
    "solutions.call_market": "Clearing clear_call_market gains_from_trade mcafee",
    "solutions.coalitions.values": "banzhaf shapley",
    "solutions.coalitions.sampling": "SampledValue sample_banzhaf sample_shapley",
    "solutions.coalitions.core": "CoreVerdict core_point is_core_empty is_in_core",
    "solutions.coalitions.nucleolus": "LeastCore least_core nucleolus prenucleolus",
    "solutions.coalitions.kohlberg": "is_nucleolus",
    "solutions.coalitions.kernel": "KernelVerdict is_in_kernel kernel_point",
    "solutions.coalitions.bargaining_set": "BargainingSetVerdict Objection counter_objection is_in_bargaining_set",
    "solutions.coalitions.coalition_structures": "CoalitionStructure optimal_structure",
    "solutions.coalitions.graphs": "GraphGame myerson_value",
    "solutions.coalitions.judging": "best_structure judge_structure structure_values",
    "solutions.coalitions.properties": "GameVerdict is_convex is_monotone is_superadditive",
    "solutions.coalitions.proposing": "ProposerPayoffs random_proposer_shares rejector_proposes",
    "solutions.coalitions.hedonic": (
        "HedonicGame StabilityVerdict is_core_stable is_individually_stable is_nash_stable stable_partitions"
    ),
    "solutions.division.two_parties": "AdjustedWinner adjusted_winner divide_and_choose",
    "solutions.division.sealed_bids": "SealedBids knaster",
    "solutions.division.turns": "envy_cycle_elimination round_robin",
    "solutions.division.nash_welfare": "WelfareDivision maximum_nash_welfare",
    "solutions.division.leximin": "leximin",
    "solutions.division.maximin": "MaximinPartition maximin_partition",
    "solutions.division.bankruptcy": (
        "constrained_equal_awards constrained_equal_losses contested_garment divide_estate "
        "proportional_awards talmud"
    ),
    "solutions.division.fairness": (
        "Envy FairnessVerdict Inequity Shortfall assess_division is_ef1 is_efx is_envy_free is_equitable "
        "is_maximin_share is_pareto_optimal is_prop1 is_proportional"
    ),
    "solutions.division.trades": "Improvement",
    "solutions.division.awards": "assess_awards",
    "solutions.division.cake": "CakeValue assess_cake cut_and_choose even_paz moving_knife",
    "solutions.division.with_money": "assess_with_money",
    "solutions.division.rent": "RentDivision divide_rent",
    "solutions.division.random_assignment": "assignment_lottery probabilistic_serial",
    "solutions.curves": "ConcaveCurve LinearCurve",
    "solutions.dcop.local_optima": "LocalOptimality is_one_optimal is_two_optimal",
    "solutions.dcop.optimum": "DcopSolution TooWide dcop_optimum",
    "solutions.dcop.pseudo_tree": "PseudoTree best_pseudo_tree pseudo_tree",
    "solutions.mediation.optimum": "MediatedOptimum mediated_optimum",
    "solutions.demand": (
        "DemandEquilibrium DemandGame SmoothedDemands demand_equilibria outcome_demand_game pie_demand_game smoothed_demands "
        "smoothed_pie"
    ),
    "solutions.double_auction": "LinearDoubleAuction double_auction_price first_best_gains linear_double_auction",
    "solutions.equilibrium_bidding": "first_price_ask first_price_bid",
    "solutions.exploitability": (
        "EquilibriumVerdict Exploitability SubgameVerdict exploitability is_equilibrium is_subgame_perfect"
    ),
    "solutions.frontier": "ParetoFrontier frontier",
    "solutions.levelled_commitment": "BreachEquilibrium BreachSide break_even breach_equilibrium",
    "solutions.lotteries": "Lotteries",
    "executor.winners": "solve_winners",
    "solutions.payments": (
        "BlockingCoalition Payments blocking_coalition core_payments first_price_payments payments_by vcg_payments"
    ),
    "solutions.winners": "Allocation Deadline",
    "solutions.multi_unit": "UnitAllocation allocate_units discriminatory_payments uniform_price vickrey_payments",
    "solutions.myerson_satterthwaite": "ContinuousPrior TradeBound myerson_satterthwaite",
    "solutions.offer_strategies": "OfferAnswer OfferAutomaton OfferTable",
    "solutions.order_book": "OrderBook",
    "solutions.points": (
        "BargainingSolutions Solution bargaining_solutions egalitarian_point equal_loss_point "
        "kalai_smorodinsky_point nash_point utilitarian_point"
    ),
    "solutions.positions": (
        "EnvyFreeBounds PositionAssignment assign_positions balanced_bids envy_free_bounds gsp_payments "
        "is_locally_envy_free"
    ),
    "solutions.quality": "Assessment PriceZone Zone assess_outcome opposition price_zone zone_of_agreement",
    "solutions.rubinstein": "EquilibriumShares ShareInterval rubinstein",
    "solutions.terms": "AlternatingOffers discount_factor impatience_factor",
    "solutions.ultimatum": "UltimatumEquilibrium UltimatumSolution ultimatum",
    "solutions.unanimity": "UnanimityShares unanimity",
    "strategies.acceptance": (
        "AcceptAspiration AcceptCombined AcceptConstant AcceptLastChance AcceptNext AcceptOptimally AcceptPrevious "
        "AcceptTime AcceptWindow AllOf AnyOf"
    ),
    "strategies.bid_rules": (
        "BudgetBidding EquilibriumShading NormalValues PowerValues RatioBidding ShadedBidding SnipingBidding TruthfulBidding "
        "UniformValues"
    ),
    "strategies.bidding": "BidRule BidStrategy",
    "strategies.bids": "ConcedingBids IssueByIssueBids MicroBids NiceTitForTatBids RandomBids TradeOffBids",
    "strategies.coalitions": "FORMING EquilibriumOffers MyopicBestResponse ValueDemand",
    "strategies.claiming": "Valuation honest",
    "strategies.composed": (
        "ComposedStrategy Considerate HardHeaded MicroStrategy NiceTitForTat OptimalStopping RandomWalker "
        "Reciprocal TradeOff"
    ),
    "strategies.concession": (
        "ConcessionStrategy ExponentialConcession LinearConcession TimeDependentConcession TitForTatConcession"
    ),
    "strategies.equilibrium": (
        "EquilibriumStrategy OutcomeEquilibrium PieEquilibrium PriceEquilibrium TableStrategy play_equilibrium"
    ),
    "strategies.estimation": "ConcessionFit ReservationBelief fit_concession",
    "strategies.faratin": (
        "AveragedTitForTat DynamicDeadlineTactic ExponentialTactic MixedConcession PolynomialTactic "
        "RandomAbsoluteTitForTat RelativeTitForTat ResourceTactic"
    ),
    "strategies.models": "Accuracy accuracy",
    "strategies.opponent": "BayesianModel FrequencyModel",
    "strategies.reliability": "Reliability ReliabilityLedger",
    "strategies.straightforward": "StraightforwardBidding",
    "strategies.zero_intelligence": "ZeroIntelligence",
    "strategies.registry": "STRATEGIES make_strategy",
}
_HOME = {name: module for module, names in _WHERE.items() for name in names.split()}
__all__ = ["__version__", *sorted(_HOME)]


def __getattr__(name: str) -> Any:  # whatever the name is in its own module
    module = _HOME.get(name)
    if module is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(f"{__name__}.{module}"), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
