"""Static face of the front door: what type checkers see of the names that load on first use."""

from negotiate_rt.agents import (
    Agent as Agent,
)
from negotiate_rt.agents import (
    Bidder as Bidder,
)
from negotiate_rt.agents import (
    Buyer as Buyer,
)
from negotiate_rt.agents import (
    Contractor as Contractor,
)
from negotiate_rt.agents import (
    Manager as Manager,
)
from negotiate_rt.agents import (
    Negotiator as Negotiator,
)
from negotiate_rt.agents import (
    Seller as Seller,
)
from negotiate_rt.agents.broker import (
    Broker as Broker,
)
from negotiate_rt.agents.claimant import (
    Claimant as Claimant,
)
from negotiate_rt.agents.mediator import (
    Mediator as Mediator,
)
from negotiate_rt.agents.partner import (
    Partner as Partner,
)
from negotiate_rt.errors import (
    CodecError as CodecError,
)
from negotiate_rt.errors import (
    ConfigurationError as ConfigurationError,
)
from negotiate_rt.errors import (
    ForeignAwaitError as ForeignAwaitError,
)
from negotiate_rt.errors import (
    InvalidDecision as InvalidDecision,
)
from negotiate_rt.errors import (
    InvalidOffer as InvalidOffer,
)
from negotiate_rt.errors import (
    JournalError as JournalError,
)
from negotiate_rt.errors import (
    LocalProtocolError as LocalProtocolError,
)
from negotiate_rt.errors import (
    MailboxFull as MailboxFull,
)
from negotiate_rt.errors import (
    NegotiationError as NegotiationError,
)
from negotiate_rt.errors import (
    ProtocolDefinitionError as ProtocolDefinitionError,
)
from negotiate_rt.errors import (
    ProtocolError as ProtocolError,
)
from negotiate_rt.errors import (
    RemoteProtocolError as RemoteProtocolError,
)
from negotiate_rt.errors import (
    SocietyClosed as SocietyClosed,
)
from negotiate_rt.errors import (
    StalledError as StalledError,
)
from negotiate_rt.executor.auction import (
    Auction as Auction,
)
from negotiate_rt.executor.executor import (
    NegotiationExecutor as NegotiationExecutor,
)
from negotiate_rt.executor.listeners import (
    NegotiationListener as NegotiationListener,
)
from negotiate_rt.executor.negotiation import (
    Negotiation as Negotiation,
)
from negotiate_rt.executor.negotiation import (
    NegotiationStatus as NegotiationStatus,
)
from negotiate_rt.executor.society import (
    Society as Society,
)
from negotiate_rt.executor.winners import (
    solve_winners as solve_winners,
)
from negotiate_rt.journal.journal import (
    Journal as Journal,
)
from negotiate_rt.journal.record import (
    Record as Record,
)
from negotiate_rt.journal.record import (
    Trace as Trace,
)
from negotiate_rt.lab import (
    Arena as Arena,
)
from negotiate_rt.lab import (
    Contestant as Contestant,
)
from negotiate_rt.lab import (
    GameResult as GameResult,
)
from negotiate_rt.lab import (
    Tournament as Tournament,
)
from negotiate_rt.lab import (
    TournamentReport as TournamentReport,
)
from negotiate_rt.lab import (
    play_tournament as play_tournament,
)
from negotiate_rt.lab import (
    run_tournament as run_tournament,
)
from negotiate_rt.lab.mediating import (
    MediationComparison as MediationComparison,
)
from negotiate_rt.lab.mediating import (
    SettledWay as SettledWay,
)
from negotiate_rt.lab.mediating import (
    compare_mediation as compare_mediation,
)
from negotiate_rt.lab.revelation import (
    PlayedAuction as PlayedAuction,
)
from negotiate_rt.lab.revelation import (
    revealed_auction as revealed_auction,
)
from negotiate_rt.lab.revenue import (
    FormatRevenue as FormatRevenue,
)
from negotiate_rt.lab.revenue import (
    RevenueComparison as RevenueComparison,
)
from negotiate_rt.lab.revenue import (
    compare_revenue as compare_revenue,
)
from negotiate_rt.lab.stress import (
    Campaign as Campaign,
)
from negotiate_rt.lab.stress import (
    StressReport as StressReport,
)
from negotiate_rt.lab.stress import (
    run_campaign as run_campaign,
)
from negotiate_rt.lab.stress import (
    stress_agents as stress_agents,
)
from negotiate_rt.messages.acknowledgement import (
    Acknowledgement as Acknowledgement,
)
from negotiate_rt.messages.codec import (
    Codec as Codec,
)
from negotiate_rt.messages.config import (
    FaultPolicy as FaultPolicy,
)
from negotiate_rt.messages.config import (
    NegotiationConfig as NegotiationConfig,
)
from negotiate_rt.messages.config import (
    NegotiationType as NegotiationType,
)
from negotiate_rt.messages.envelope import (
    Envelope as Envelope,
)
from negotiate_rt.messages.envelope import (
    Route as Route,
)
from negotiate_rt.messages.outcome import (
    AGREED as AGREED,
)
from negotiate_rt.messages.outcome import (
    DEADLOCK as DEADLOCK,
)
from negotiate_rt.messages.outcome import (
    FAILED as FAILED,
)
from negotiate_rt.messages.outcome import (
    TIMEOUT as TIMEOUT,
)
from negotiate_rt.messages.outcome import (
    Bid as Bid,
)
from negotiate_rt.messages.outcome import (
    Fault as Fault,
)
from negotiate_rt.messages.outcome import (
    NegotiationOffer as NegotiationOffer,
)
from negotiate_rt.messages.outcome import (
    NegotiationOutcome as NegotiationOutcome,
)
from negotiate_rt.messages.outcome import (
    NegotiationState as NegotiationState,
)
from negotiate_rt.messages.performatives import (
    Accept as Accept,
)
from negotiate_rt.messages.performatives import (
    Agree as Agree,
)
from negotiate_rt.messages.performatives import (
    Cancel as Cancel,
)
from negotiate_rt.messages.performatives import (
    Cfp as Cfp,
)
from negotiate_rt.messages.performatives import (
    Confirm as Confirm,
)
from negotiate_rt.messages.performatives import (
    Disconfirm as Disconfirm,
)
from negotiate_rt.messages.performatives import (
    Failure as Failure,
)
from negotiate_rt.messages.performatives import (
    Inform as Inform,
)
from negotiate_rt.messages.performatives import (
    InformDone as InformDone,
)
from negotiate_rt.messages.performatives import (
    InformIf as InformIf,
)
from negotiate_rt.messages.performatives import (
    InformRef as InformRef,
)
from negotiate_rt.messages.performatives import (
    InformResult as InformResult,
)
from negotiate_rt.messages.performatives import (
    Lapse as Lapse,
)
from negotiate_rt.messages.performatives import (
    Left as Left,
)
from negotiate_rt.messages.performatives import (
    Message as Message,
)
from negotiate_rt.messages.performatives import (
    Notice as Notice,
)
from negotiate_rt.messages.performatives import (
    NotUnderstood as NotUnderstood,
)
from negotiate_rt.messages.performatives import (
    Propagate as Propagate,
)
from negotiate_rt.messages.performatives import (
    Propose as Propose,
)
from negotiate_rt.messages.performatives import (
    Proxy as Proxy,
)
from negotiate_rt.messages.performatives import (
    QueryIf as QueryIf,
)
from negotiate_rt.messages.performatives import (
    QueryRef as QueryRef,
)
from negotiate_rt.messages.performatives import (
    Refuse as Refuse,
)
from negotiate_rt.messages.performatives import (
    Reject as Reject,
)
from negotiate_rt.messages.performatives import (
    Request as Request,
)
from negotiate_rt.messages.performatives import (
    RequestWhen as RequestWhen,
)
from negotiate_rt.messages.performatives import (
    RequestWhenever as RequestWhenever,
)
from negotiate_rt.messages.performatives import (
    Skip as Skip,
)
from negotiate_rt.messages.performatives import (
    Subscribe as Subscribe,
)
from negotiate_rt.messages.performatives import (
    Walk as Walk,
)
from negotiate_rt.messages.performatives import (
    Withdraw as Withdraw,
)
from negotiate_rt.messages.view import (
    View as View,
)
from negotiate_rt.messages.view import (
    sleep as sleep,
)
from negotiate_rt.problems import (
    AdditiveUtility as AdditiveUtility,
)
from negotiate_rt.problems import (
    BargainingProblem as BargainingProblem,
)
from negotiate_rt.problems import (
    Constraint as Constraint,
)
from negotiate_rt.problems import (
    ContinuousIssue as ContinuousIssue,
)
from negotiate_rt.problems import (
    ExponentialEvaluation as ExponentialEvaluation,
)
from negotiate_rt.problems import (
    ForbiddenConstraint as ForbiddenConstraint,
)
from negotiate_rt.problems import (
    ImpliedConstraint as ImpliedConstraint,
)
from negotiate_rt.problems import (
    IntegerIssue as IntegerIssue,
)
from negotiate_rt.problems import (
    Issue as Issue,
)
from negotiate_rt.problems import (
    LinearConstraint as LinearConstraint,
)
from negotiate_rt.problems import (
    LinearEvaluation as LinearEvaluation,
)
from negotiate_rt.problems import (
    OptionalIssue as OptionalIssue,
)
from negotiate_rt.problems import (
    OrdinalIssue as OrdinalIssue,
)
from negotiate_rt.problems import (
    OutcomeSpace as OutcomeSpace,
)
from negotiate_rt.problems import (
    Pie as Pie,
)
from negotiate_rt.problems import (
    PolynomialEvaluation as PolynomialEvaluation,
)
from negotiate_rt.problems import (
    PriceProblem as PriceProblem,
)
from negotiate_rt.problems import (
    Span as Span,
)
from negotiate_rt.problems import (
    Task as Task,
)
from negotiate_rt.problems import (
    TriangularEvaluation as TriangularEvaluation,
)
from negotiate_rt.problems.auction import (
    AuctionCall as AuctionCall,
)
from negotiate_rt.problems.auction import (
    AuctionClosed as AuctionClosed,
)
from negotiate_rt.problems.auction import (
    AuctionOptions as AuctionOptions,
)
from negotiate_rt.problems.auction import (
    AuctionResult as AuctionResult,
)
from negotiate_rt.problems.auction import (
    ClockCall as ClockCall,
)
from negotiate_rt.problems.auction import (
    ClockOptions as ClockOptions,
)
from negotiate_rt.problems.auction import (
    DutchOptions as DutchOptions,
)
from negotiate_rt.problems.auction import (
    EnglishOptions as EnglishOptions,
)
from negotiate_rt.problems.auction import (
    OutcryCall as OutcryCall,
)
from negotiate_rt.problems.bargaining import (
    Discount as Discount,
)
from negotiate_rt.problems.bundles import (
    BundleCall as BundleCall,
)
from negotiate_rt.problems.bundles import (
    CombinatorialOptions as CombinatorialOptions,
)
from negotiate_rt.problems.bundles import (
    CombinatorialResult as CombinatorialResult,
)
from negotiate_rt.problems.coalitions import (
    CoalitionAgreement as CoalitionAgreement,
)
from negotiate_rt.problems.coalitions import (
    CoalitionCall as CoalitionCall,
)
from negotiate_rt.problems.coalitions import (
    CoalitionEvent as CoalitionEvent,
)
from negotiate_rt.problems.coalitions import (
    CoalitionNews as CoalitionNews,
)
from negotiate_rt.problems.coalitions import (
    CoalitionOptions as CoalitionOptions,
)
from negotiate_rt.problems.coalitions import (
    CoalitionProposal as CoalitionProposal,
)
from negotiate_rt.problems.coalitions import (
    CoalitionResult as CoalitionResult,
)
from negotiate_rt.problems.coalitions import (
    CoalitionTheory as CoalitionTheory,
)
from negotiate_rt.problems.combinatorial import (
    BundleAuction as BundleAuction,
)
from negotiate_rt.problems.combinatorial import (
    BundleBid as BundleBid,
)
from negotiate_rt.problems.combinatorial import (
    BundleBids as BundleBids,
)
from negotiate_rt.problems.dcop import (
    CostFunction as CostFunction,
)
from negotiate_rt.problems.dcop import (
    DcopProblem as DcopProblem,
)
from negotiate_rt.problems.dcop import (
    Variable as Variable,
)
from negotiate_rt.problems.derived import (
    AffineUtility as AffineUtility,
)
from negotiate_rt.problems.derived import (
    DiscountedUtility as DiscountedUtility,
)
from negotiate_rt.problems.derived import (
    UncertainUtility as UncertainUtility,
)
from negotiate_rt.problems.dividing import (
    Cake as Cake,
)
from negotiate_rt.problems.dividing import (
    DivisionResult as DivisionResult,
)
from negotiate_rt.problems.dividing import (
    Estate as Estate,
)
from negotiate_rt.problems.dividing import (
    Rent as Rent,
)
from negotiate_rt.problems.division_calls import (
    AppraisalCall as AppraisalCall,
)
from negotiate_rt.problems.division_calls import (
    Award as Award,
)
from negotiate_rt.problems.division_calls import (
    ChoiceCall as ChoiceCall,
)
from negotiate_rt.problems.division_calls import (
    ClaimCall as ClaimCall,
)
from negotiate_rt.problems.division_calls import (
    CutCall as CutCall,
)
from negotiate_rt.problems.division_calls import (
    EnvyCall as EnvyCall,
)
from negotiate_rt.problems.division_calls import (
    MarkCall as MarkCall,
)
from negotiate_rt.problems.division_calls import (
    PickCall as PickCall,
)
from negotiate_rt.problems.division_calls import (
    WishCall as WishCall,
)
from negotiate_rt.problems.games import (
    CoalitionGame as CoalitionGame,
)
from negotiate_rt.problems.goods import (
    DivisionProblem as DivisionProblem,
)
from negotiate_rt.problems.influence import (
    InfluenceUtility as InfluenceUtility,
)
from negotiate_rt.problems.influence import (
    draw_influence as draw_influence,
)
from negotiate_rt.problems.interdependent import (
    Box as Box,
)
from negotiate_rt.problems.interdependent import (
    ConstraintUtility as ConstraintUtility,
)
from negotiate_rt.problems.interdependent import (
    HyperRectangleUtility as HyperRectangleUtility,
)
from negotiate_rt.problems.interdependent import (
    WeightedConstraint as WeightedConstraint,
)
from negotiate_rt.problems.inverse import (
    InverseUtility as InverseUtility,
)
from negotiate_rt.problems.inverse import (
    inverse as inverse,
)
from negotiate_rt.problems.known_games import (
    AirportGame as AirportGame,
)
from negotiate_rt.problems.known_games import (
    BankruptcyGame as BankruptcyGame,
)
from negotiate_rt.problems.known_games import (
    GloveGame as GloveGame,
)
from negotiate_rt.problems.known_games import (
    WeightedVotingGame as WeightedVotingGame,
)
from negotiate_rt.problems.lots import (
    AscendingOptions as AscendingOptions,
)
from negotiate_rt.problems.lots import (
    AscendingResult as AscendingResult,
)
from negotiate_rt.problems.lots import (
    LotBid as LotBid,
)
from negotiate_rt.problems.lots import (
    LotsCall as LotsCall,
)
from negotiate_rt.problems.lots import (
    LotsClosed as LotsClosed,
)
from negotiate_rt.problems.lots import (
    LotState as LotState,
)
from negotiate_rt.problems.mediation import (
    Ballot as Ballot,
)
from negotiate_rt.problems.mediation import (
    MediationOptions as MediationOptions,
)
from negotiate_rt.problems.mediation import (
    MediationResult as MediationResult,
)
from negotiate_rt.problems.mediation import (
    PairAsked as PairAsked,
)
from negotiate_rt.problems.mediation import (
    PreferencesAsked as PreferencesAsked,
)
from negotiate_rt.problems.mediation import (
    RankingAsked as RankingAsked,
)
from negotiate_rt.problems.mediation import (
    Suggested as Suggested,
)
from negotiate_rt.problems.orders import (
    DoubleAuctionOptions as DoubleAuctionOptions,
)
from negotiate_rt.problems.orders import (
    DoubleAuctionResult as DoubleAuctionResult,
)
from negotiate_rt.problems.orders import (
    Order as Order,
)
from negotiate_rt.problems.orders import (
    OrdersCall as OrdersCall,
)
from negotiate_rt.problems.positions import (
    PositionOptions as PositionOptions,
)
from negotiate_rt.problems.positions import (
    PositionsCall as PositionsCall,
)
from negotiate_rt.problems.positions import (
    PositionsResult as PositionsResult,
)
from negotiate_rt.problems.scaling import (
    normalized as normalized,
)
from negotiate_rt.problems.tabular import (
    RankedUtility as RankedUtility,
)
from negotiate_rt.problems.tabular import (
    TabularUtility as TabularUtility,
)
from negotiate_rt.problems.trading import (
    ContinuousOptions as ContinuousOptions,
)
from negotiate_rt.problems.trading import (
    MarketNews as MarketNews,
)
from negotiate_rt.problems.trading import (
    MarketResult as MarketResult,
)
from negotiate_rt.problems.trading import (
    Quote as Quote,
)
from negotiate_rt.problems.trading import (
    Trade as Trade,
)
from negotiate_rt.problems.types import (
    CommonPrior as CommonPrior,
)
from negotiate_rt.problems.types import (
    PartyType as PartyType,
)
from negotiate_rt.problems.types import (
    TypeDistribution as TypeDistribution,
)
from negotiate_rt.problems.units import (
    UnitOptions as UnitOptions,
)
from negotiate_rt.problems.units import (
    UnitsCall as UnitsCall,
)
from negotiate_rt.problems.units import (
    UnitsResult as UnitsResult,
)
from negotiate_rt.protocols.account import (
    SolvingResult as SolvingResult,
)
from negotiate_rt.protocols.alternating_menus import (
    MenuOptions as MenuOptions,
)
from negotiate_rt.protocols.alternating_multiple_offers import (
    BallotResult as BallotResult,
)
from negotiate_rt.protocols.awarding import (
    ContractNetOptions as ContractNetOptions,
)
from negotiate_rt.protocols.awarding import (
    ContractResult as ContractResult,
)
from negotiate_rt.protocols.awarding import (
    Penalty as Penalty,
)
from negotiate_rt.protocols.awarding import (
    ProgressReport as ProgressReport,
)
from negotiate_rt.protocols.base import (
    NegotiationProtocol as NegotiationProtocol,
)
from negotiate_rt.protocols.brokering import (
    Brokerage as Brokerage,
)
from negotiate_rt.protocols.brokering import (
    Proxied as Proxied,
)
from negotiate_rt.protocols.brokering import (
    ProxyReply as ProxyReply,
)
from negotiate_rt.protocols.brokering import (
    ProxyResult as ProxyResult,
)
from negotiate_rt.protocols.cocoa import (
    CocoaOptions as CocoaOptions,
)
from negotiate_rt.protocols.concurrent_bargaining import (
    CommitmentOptions as CommitmentOptions,
)
from negotiate_rt.protocols.concurrent_bargaining import (
    ConcurrentResult as ConcurrentResult,
)
from negotiate_rt.protocols.divide_and_choose import (
    DividerOptions as DividerOptions,
)
from negotiate_rt.protocols.dividing import (
    DivisionOptions as DivisionOptions,
)
from negotiate_rt.protocols.dpop import (
    DpopOptions as DpopOptions,
)
from negotiate_rt.protocols.dpop import (
    DpopResult as DpopResult,
)
from negotiate_rt.protocols.dsa import (
    DsaOptions as DsaOptions,
)
from negotiate_rt.protocols.engagement import (
    Engagement as Engagement,
)
from negotiate_rt.protocols.envy_cycles import (
    EnvyOptions as EnvyOptions,
)
from negotiate_rt.protocols.interaction import (
    InteractionOptions as InteractionOptions,
)
from negotiate_rt.protocols.iterated_contract_net import (
    IteratedContractNetOptions as IteratedContractNetOptions,
)
from negotiate_rt.protocols.iterated_contract_net import (
    IteratedContractResult as IteratedContractResult,
)
from negotiate_rt.protocols.iterated_contract_net import (
    Iteration as Iteration,
)
from negotiate_rt.protocols.iterated_contract_net import (
    Revision as Revision,
)
from negotiate_rt.protocols.max_sum import (
    MaxSumOptions as MaxSumOptions,
)
from negotiate_rt.protocols.mgm import (
    MgmOptions as MgmOptions,
)
from negotiate_rt.protocols.mgm2 import (
    Mgm2Options as Mgm2Options,
)
from negotiate_rt.protocols.monotonic_concession import (
    ConcessionOptions as ConcessionOptions,
)
from negotiate_rt.protocols.nash_demand import (
    DemandOptions as DemandOptions,
)
from negotiate_rt.protocols.nash_demand import (
    DemandResult as DemandResult,
)
from negotiate_rt.protocols.query import (
    QueryOptions as QueryOptions,
)
from negotiate_rt.protocols.query import (
    QueryResult as QueryResult,
)
from negotiate_rt.protocols.request import (
    RequestResult as RequestResult,
)
from negotiate_rt.protocols.round_robin import (
    RoundRobinOptions as RoundRobinOptions,
)
from negotiate_rt.protocols.rubinstein import (
    RubinsteinOptions as RubinsteinOptions,
)
from negotiate_rt.protocols.sealed_division import (
    BankruptcyOptions as BankruptcyOptions,
)
from negotiate_rt.protocols.sealed_division import (
    RentOptions as RentOptions,
)
from negotiate_rt.protocols.sealed_division import (
    SerialOptions as SerialOptions,
)
from negotiate_rt.protocols.sealed_division import (
    WelfareOptions as WelfareOptions,
)
from negotiate_rt.protocols.signalled_bargaining import (
    Signal as Signal,
)
from negotiate_rt.protocols.signalled_bargaining import (
    SignalOptions as SignalOptions,
)
from negotiate_rt.protocols.solving import (
    Solver as Solver,
)
from negotiate_rt.protocols.solving import (
    Solving as Solving,
)
from negotiate_rt.protocols.solving import (
    SolvingOptions as SolvingOptions,
)
from negotiate_rt.protocols.solving import (
    Told as Told,
)
from negotiate_rt.protocols.solving import (
    lockstep as lockstep,
)
from negotiate_rt.protocols.subscribe import (
    News as News,
)
from negotiate_rt.protocols.subscribe import (
    SubscribeOptions as SubscribeOptions,
)
from negotiate_rt.protocols.subscribe import (
    SubscribeResult as SubscribeResult,
)
from negotiate_rt.protocols.sync_bb import (
    SyncBbOptions as SyncBbOptions,
)
from negotiate_rt.report.analysis import (
    Analysis as Analysis,
)
from negotiate_rt.report.analysis import (
    analyze as analyze,
)
from negotiate_rt.report.comparison import (
    Comparison as Comparison,
)
from negotiate_rt.report.comparison import (
    compare as compare,
)
from negotiate_rt.report.game_analysis import (
    GameAnalysis as GameAnalysis,
)
from negotiate_rt.report.game_analysis import (
    analyze_game as analyze_game,
)
from negotiate_rt.report.metrics import (
    Metrics as Metrics,
)
from negotiate_rt.report.tracing import (
    OpenTelemetryTracing as OpenTelemetryTracing,
)
from negotiate_rt.runtime.latency import (
    Constant as Constant,
)
from negotiate_rt.runtime.latency import (
    Empirical as Empirical,
)
from negotiate_rt.runtime.latency import (
    Exponential as Exponential,
)
from negotiate_rt.runtime.latency import (
    LogNormal as LogNormal,
)
from negotiate_rt.runtime.latency import (
    Normal as Normal,
)
from negotiate_rt.runtime.latency import (
    Uniform as Uniform,
)
from negotiate_rt.runtime.link import (
    LinkFaults as LinkFaults,
)
from negotiate_rt.runtime.network import (
    Network as Network,
)
from negotiate_rt.runtime.network import (
    NetworkFaults as NetworkFaults,
)
from negotiate_rt.runtime.outages import (
    Hold as Hold,
)
from negotiate_rt.runtime.outages import (
    Partition as Partition,
)
from negotiate_rt.runtime.presets import (
    preset as preset,
)
from negotiate_rt.runtime.restart import (
    RestartPolicy as RestartPolicy,
)
from negotiate_rt.scenarios.cats import (
    load_cats as load_cats,
)
from negotiate_rt.scenarios.cats import (
    read_cats as read_cats,
)
from negotiate_rt.scenarios.cats import (
    write_cats as write_cats,
)
from negotiate_rt.scenarios.cats_drawing import (
    draw_cats as draw_cats,
)
from negotiate_rt.scenarios.dcop_drawing import (
    draw_colouring as draw_colouring,
)
from negotiate_rt.scenarios.dcop_drawing import (
    draw_ising as draw_ising,
)
from negotiate_rt.scenarios.dcop_files import (
    load_dcop as load_dcop,
)
from negotiate_rt.scenarios.dcop_files import (
    write_dcop as write_dcop,
)
from negotiate_rt.scenarios.dcop_generators import (
    draw_dcop as draw_dcop,
)
from negotiate_rt.scenarios.dcop_toml import (
    read_dcop_toml as read_dcop_toml,
)
from negotiate_rt.scenarios.dcop_worlds import (
    draw_meetings as draw_meetings,
)
from negotiate_rt.scenarios.dcop_worlds import (
    draw_secp as draw_secp,
)
from negotiate_rt.scenarios.dcop_worlds import (
    draw_sensors as draw_sensors,
)
from negotiate_rt.scenarios.dcop_yaml import (
    read_dcop as read_dcop,
)
from negotiate_rt.scenarios.domains import (
    load_domain as load_domain,
)
from negotiate_rt.scenarios.domains import (
    write_domain as write_domain,
)
from negotiate_rt.scenarios.genius import (
    read_genius as read_genius,
)
from negotiate_rt.scenarios.genius import (
    read_genius_folder as read_genius_folder,
)
from negotiate_rt.scenarios.genius_writing import (
    write_genius as write_genius,
)
from negotiate_rt.scenarios.geniusweb import (
    read_geniusweb as read_geniusweb,
)
from negotiate_rt.scenarios.geniusweb import (
    read_geniusweb_folder as read_geniusweb_folder,
)
from negotiate_rt.scenarios.geniusweb_writing import (
    write_geniusweb as write_geniusweb,
)
from negotiate_rt.solutions.all_pay import (
    all_pay_bid as all_pay_bid,
)
from negotiate_rt.solutions.alternating_offers import (
    PeriodPlan as PeriodPlan,
)
from negotiate_rt.solutions.alternating_offers import (
    SequentialEquilibrium as SequentialEquilibrium,
)
from negotiate_rt.solutions.alternating_offers import (
    backward_induction as backward_induction,
)
from negotiate_rt.solutions.alternating_offers import (
    pie_points as pie_points,
)
from negotiate_rt.solutions.alternating_offers import (
    stationary_equilibrium as stationary_equilibrium,
)
from negotiate_rt.solutions.audit import (
    audit as audit,
)
from negotiate_rt.solutions.audit_report import (
    AuditReport as AuditReport,
)
from negotiate_rt.solutions.audit_report import (
    Counterexample as Counterexample,
)
from negotiate_rt.solutions.audit_report import (
    Finding as Finding,
)
from negotiate_rt.solutions.best_response import (
    BestResponse as BestResponse,
)
from negotiate_rt.solutions.best_response import (
    best_response as best_response,
)
from negotiate_rt.solutions.call_market import (
    Clearing as Clearing,
)
from negotiate_rt.solutions.call_market import (
    clear_call_market as clear_call_market,
)
from negotiate_rt.solutions.call_market import (
    gains_from_trade as gains_from_trade,
)
from negotiate_rt.solutions.call_market import (
    mcafee as mcafee,
)
from negotiate_rt.solutions.clarke import (
    clarke as clarke,
)
from negotiate_rt.solutions.clarke import (
    wants as wants,
)
from negotiate_rt.solutions.coalitions.bargaining_set import (
    BargainingSetVerdict as BargainingSetVerdict,
)
from negotiate_rt.solutions.coalitions.bargaining_set import (
    Objection as Objection,
)
from negotiate_rt.solutions.coalitions.bargaining_set import (
    counter_objection as counter_objection,
)
from negotiate_rt.solutions.coalitions.bargaining_set import (
    is_in_bargaining_set as is_in_bargaining_set,
)
from negotiate_rt.solutions.coalitions.coalition_structures import (
    CoalitionStructure as CoalitionStructure,
)
from negotiate_rt.solutions.coalitions.coalition_structures import (
    optimal_structure as optimal_structure,
)
from negotiate_rt.solutions.coalitions.core import (
    CoreVerdict as CoreVerdict,
)
from negotiate_rt.solutions.coalitions.core import (
    core_point as core_point,
)
from negotiate_rt.solutions.coalitions.core import (
    is_core_empty as is_core_empty,
)
from negotiate_rt.solutions.coalitions.core import (
    is_in_core as is_in_core,
)
from negotiate_rt.solutions.coalitions.graphs import (
    GraphGame as GraphGame,
)
from negotiate_rt.solutions.coalitions.graphs import (
    myerson_value as myerson_value,
)
from negotiate_rt.solutions.coalitions.hedonic import (
    HedonicGame as HedonicGame,
)
from negotiate_rt.solutions.coalitions.hedonic import (
    StabilityVerdict as StabilityVerdict,
)
from negotiate_rt.solutions.coalitions.hedonic import (
    is_core_stable as is_core_stable,
)
from negotiate_rt.solutions.coalitions.hedonic import (
    is_individually_stable as is_individually_stable,
)
from negotiate_rt.solutions.coalitions.hedonic import (
    is_nash_stable as is_nash_stable,
)
from negotiate_rt.solutions.coalitions.hedonic import (
    stable_partitions as stable_partitions,
)
from negotiate_rt.solutions.coalitions.judging import (
    best_structure as best_structure,
)
from negotiate_rt.solutions.coalitions.judging import (
    judge_structure as judge_structure,
)
from negotiate_rt.solutions.coalitions.judging import (
    structure_values as structure_values,
)
from negotiate_rt.solutions.coalitions.kernel import (
    KernelVerdict as KernelVerdict,
)
from negotiate_rt.solutions.coalitions.kernel import (
    is_in_kernel as is_in_kernel,
)
from negotiate_rt.solutions.coalitions.kernel import (
    kernel_point as kernel_point,
)
from negotiate_rt.solutions.coalitions.kohlberg import (
    is_nucleolus as is_nucleolus,
)
from negotiate_rt.solutions.coalitions.nucleolus import (
    LeastCore as LeastCore,
)
from negotiate_rt.solutions.coalitions.nucleolus import (
    least_core as least_core,
)
from negotiate_rt.solutions.coalitions.nucleolus import (
    nucleolus as nucleolus,
)
from negotiate_rt.solutions.coalitions.nucleolus import (
    prenucleolus as prenucleolus,
)
from negotiate_rt.solutions.coalitions.properties import (
    GameVerdict as GameVerdict,
)
from negotiate_rt.solutions.coalitions.properties import (
    is_convex as is_convex,
)
from negotiate_rt.solutions.coalitions.properties import (
    is_monotone as is_monotone,
)
from negotiate_rt.solutions.coalitions.properties import (
    is_superadditive as is_superadditive,
)
from negotiate_rt.solutions.coalitions.proposing import (
    ProposerPayoffs as ProposerPayoffs,
)
from negotiate_rt.solutions.coalitions.proposing import (
    random_proposer_shares as random_proposer_shares,
)
from negotiate_rt.solutions.coalitions.proposing import (
    rejector_proposes as rejector_proposes,
)
from negotiate_rt.solutions.coalitions.sampling import (
    SampledValue as SampledValue,
)
from negotiate_rt.solutions.coalitions.sampling import (
    sample_banzhaf as sample_banzhaf,
)
from negotiate_rt.solutions.coalitions.sampling import (
    sample_shapley as sample_shapley,
)
from negotiate_rt.solutions.coalitions.values import (
    banzhaf as banzhaf,
)
from negotiate_rt.solutions.coalitions.values import (
    shapley as shapley,
)
from negotiate_rt.solutions.curves import (
    ConcaveCurve as ConcaveCurve,
)
from negotiate_rt.solutions.curves import (
    LinearCurve as LinearCurve,
)
from negotiate_rt.solutions.dcop.local_optima import (
    LocalOptimality as LocalOptimality,
)
from negotiate_rt.solutions.dcop.local_optima import (
    is_one_optimal as is_one_optimal,
)
from negotiate_rt.solutions.dcop.local_optima import (
    is_two_optimal as is_two_optimal,
)
from negotiate_rt.solutions.dcop.optimum import (
    DcopSolution as DcopSolution,
)
from negotiate_rt.solutions.dcop.optimum import (
    TooWide as TooWide,
)
from negotiate_rt.solutions.dcop.optimum import (
    dcop_optimum as dcop_optimum,
)
from negotiate_rt.solutions.dcop.pseudo_tree import (
    PseudoTree as PseudoTree,
)
from negotiate_rt.solutions.dcop.pseudo_tree import (
    best_pseudo_tree as best_pseudo_tree,
)
from negotiate_rt.solutions.dcop.pseudo_tree import (
    pseudo_tree as pseudo_tree,
)
from negotiate_rt.solutions.demand import (
    DemandEquilibrium as DemandEquilibrium,
)
from negotiate_rt.solutions.demand import (
    DemandGame as DemandGame,
)
from negotiate_rt.solutions.demand import (
    SmoothedDemands as SmoothedDemands,
)
from negotiate_rt.solutions.demand import (
    demand_equilibria as demand_equilibria,
)
from negotiate_rt.solutions.demand import (
    outcome_demand_game as outcome_demand_game,
)
from negotiate_rt.solutions.demand import (
    pie_demand_game as pie_demand_game,
)
from negotiate_rt.solutions.demand import (
    smoothed_demands as smoothed_demands,
)
from negotiate_rt.solutions.demand import (
    smoothed_pie as smoothed_pie,
)
from negotiate_rt.solutions.division.awards import (
    assess_awards as assess_awards,
)
from negotiate_rt.solutions.division.bankruptcy import (
    constrained_equal_awards as constrained_equal_awards,
)
from negotiate_rt.solutions.division.bankruptcy import (
    constrained_equal_losses as constrained_equal_losses,
)
from negotiate_rt.solutions.division.bankruptcy import (
    contested_garment as contested_garment,
)
from negotiate_rt.solutions.division.bankruptcy import (
    divide_estate as divide_estate,
)
from negotiate_rt.solutions.division.bankruptcy import (
    proportional_awards as proportional_awards,
)
from negotiate_rt.solutions.division.bankruptcy import (
    talmud as talmud,
)
from negotiate_rt.solutions.division.cake import (
    CakeValue as CakeValue,
)
from negotiate_rt.solutions.division.cake import (
    assess_cake as assess_cake,
)
from negotiate_rt.solutions.division.cake import (
    cut_and_choose as cut_and_choose,
)
from negotiate_rt.solutions.division.cake import (
    even_paz as even_paz,
)
from negotiate_rt.solutions.division.cake import (
    moving_knife as moving_knife,
)
from negotiate_rt.solutions.division.fairness import (
    Envy as Envy,
)
from negotiate_rt.solutions.division.fairness import (
    FairnessVerdict as FairnessVerdict,
)
from negotiate_rt.solutions.division.fairness import (
    Inequity as Inequity,
)
from negotiate_rt.solutions.division.fairness import (
    Shortfall as Shortfall,
)
from negotiate_rt.solutions.division.fairness import (
    assess_division as assess_division,
)
from negotiate_rt.solutions.division.fairness import (
    is_ef1 as is_ef1,
)
from negotiate_rt.solutions.division.fairness import (
    is_efx as is_efx,
)
from negotiate_rt.solutions.division.fairness import (
    is_envy_free as is_envy_free,
)
from negotiate_rt.solutions.division.fairness import (
    is_equitable as is_equitable,
)
from negotiate_rt.solutions.division.fairness import (
    is_maximin_share as is_maximin_share,
)
from negotiate_rt.solutions.division.fairness import (
    is_pareto_optimal as is_pareto_optimal,
)
from negotiate_rt.solutions.division.fairness import (
    is_prop1 as is_prop1,
)
from negotiate_rt.solutions.division.fairness import (
    is_proportional as is_proportional,
)
from negotiate_rt.solutions.division.leximin import (
    leximin as leximin,
)
from negotiate_rt.solutions.division.maximin import (
    MaximinPartition as MaximinPartition,
)
from negotiate_rt.solutions.division.maximin import (
    maximin_partition as maximin_partition,
)
from negotiate_rt.solutions.division.nash_welfare import (
    WelfareDivision as WelfareDivision,
)
from negotiate_rt.solutions.division.nash_welfare import (
    maximum_nash_welfare as maximum_nash_welfare,
)
from negotiate_rt.solutions.division.random_assignment import (
    assignment_lottery as assignment_lottery,
)
from negotiate_rt.solutions.division.random_assignment import (
    probabilistic_serial as probabilistic_serial,
)
from negotiate_rt.solutions.division.rent import (
    RentDivision as RentDivision,
)
from negotiate_rt.solutions.division.rent import (
    divide_rent as divide_rent,
)
from negotiate_rt.solutions.division.sealed_bids import (
    SealedBids as SealedBids,
)
from negotiate_rt.solutions.division.sealed_bids import (
    knaster as knaster,
)
from negotiate_rt.solutions.division.trades import (
    Improvement as Improvement,
)
from negotiate_rt.solutions.division.turns import (
    envy_cycle_elimination as envy_cycle_elimination,
)
from negotiate_rt.solutions.division.turns import (
    round_robin as round_robin,
)
from negotiate_rt.solutions.division.two_parties import (
    AdjustedWinner as AdjustedWinner,
)
from negotiate_rt.solutions.division.two_parties import (
    adjusted_winner as adjusted_winner,
)
from negotiate_rt.solutions.division.two_parties import (
    divide_and_choose as divide_and_choose,
)
from negotiate_rt.solutions.division.with_money import (
    assess_with_money as assess_with_money,
)
from negotiate_rt.solutions.double_auction import (
    LinearDoubleAuction as LinearDoubleAuction,
)
from negotiate_rt.solutions.double_auction import (
    double_auction_price as double_auction_price,
)
from negotiate_rt.solutions.double_auction import (
    first_best_gains as first_best_gains,
)
from negotiate_rt.solutions.double_auction import (
    linear_double_auction as linear_double_auction,
)
from negotiate_rt.solutions.equilibrium_bidding import (
    first_price_ask as first_price_ask,
)
from negotiate_rt.solutions.equilibrium_bidding import (
    first_price_bid as first_price_bid,
)
from negotiate_rt.solutions.exploitability import (
    EquilibriumVerdict as EquilibriumVerdict,
)
from negotiate_rt.solutions.exploitability import (
    Exploitability as Exploitability,
)
from negotiate_rt.solutions.exploitability import (
    SubgameVerdict as SubgameVerdict,
)
from negotiate_rt.solutions.exploitability import (
    exploitability as exploitability,
)
from negotiate_rt.solutions.exploitability import (
    is_equilibrium as is_equilibrium,
)
from negotiate_rt.solutions.exploitability import (
    is_subgame_perfect as is_subgame_perfect,
)
from negotiate_rt.solutions.frontier import (
    ParetoFrontier as ParetoFrontier,
)
from negotiate_rt.solutions.frontier import (
    frontier as frontier,
)
from negotiate_rt.solutions.levelled_commitment import (
    BreachEquilibrium as BreachEquilibrium,
)
from negotiate_rt.solutions.levelled_commitment import (
    BreachSide as BreachSide,
)
from negotiate_rt.solutions.levelled_commitment import (
    breach_equilibrium as breach_equilibrium,
)
from negotiate_rt.solutions.levelled_commitment import (
    break_even as break_even,
)
from negotiate_rt.solutions.lotteries import (
    Lotteries as Lotteries,
)
from negotiate_rt.solutions.manipulability import (
    Manipulability as Manipulability,
)
from negotiate_rt.solutions.manipulability import (
    gibbard_satterthwaite as gibbard_satterthwaite,
)
from negotiate_rt.solutions.manipulability import (
    manipulability as manipulability,
)
from negotiate_rt.solutions.mechanism_library import (
    ready_mechanism as ready_mechanism,
)
from negotiate_rt.solutions.mechanisms import (
    Chance as Chance,
)
from negotiate_rt.solutions.mechanisms import (
    Decision as Decision,
)
from negotiate_rt.solutions.mechanisms import (
    DirectMechanism as DirectMechanism,
)
from negotiate_rt.solutions.mechanisms import (
    TypeSpace as TypeSpace,
)
from negotiate_rt.solutions.mechanisms import (
    from_prior as from_prior,
)
from negotiate_rt.solutions.mechanisms import (
    revelation as revelation,
)
from negotiate_rt.solutions.mediation.optimum import (
    MediatedOptimum as MediatedOptimum,
)
from negotiate_rt.solutions.mediation.optimum import (
    mediated_optimum as mediated_optimum,
)
from negotiate_rt.solutions.multi_unit import (
    UnitAllocation as UnitAllocation,
)
from negotiate_rt.solutions.multi_unit import (
    allocate_units as allocate_units,
)
from negotiate_rt.solutions.multi_unit import (
    discriminatory_payments as discriminatory_payments,
)
from negotiate_rt.solutions.multi_unit import (
    uniform_price as uniform_price,
)
from negotiate_rt.solutions.multi_unit import (
    vickrey_payments as vickrey_payments,
)
from negotiate_rt.solutions.myerson import (
    bulow_klemperer as bulow_klemperer,
)
from negotiate_rt.solutions.myerson import (
    expected_revenue as expected_revenue,
)
from negotiate_rt.solutions.myerson import (
    optimal_auction as optimal_auction,
)
from negotiate_rt.solutions.myerson import (
    optimal_reserve as optimal_reserve,
)
from negotiate_rt.solutions.myerson import (
    virtual_value as virtual_value,
)
from negotiate_rt.solutions.myerson_satterthwaite import (
    ContinuousPrior as ContinuousPrior,
)
from negotiate_rt.solutions.myerson_satterthwaite import (
    TradeBound as TradeBound,
)
from negotiate_rt.solutions.myerson_satterthwaite import (
    myerson_satterthwaite as myerson_satterthwaite,
)
from negotiate_rt.solutions.offer_strategies import (
    OfferAnswer as OfferAnswer,
)
from negotiate_rt.solutions.offer_strategies import (
    OfferAutomaton as OfferAutomaton,
)
from negotiate_rt.solutions.offer_strategies import (
    OfferTable as OfferTable,
)
from negotiate_rt.solutions.order_book import (
    OrderBook as OrderBook,
)
from negotiate_rt.solutions.payments import (
    BlockingCoalition as BlockingCoalition,
)
from negotiate_rt.solutions.payments import (
    Payments as Payments,
)
from negotiate_rt.solutions.payments import (
    blocking_coalition as blocking_coalition,
)
from negotiate_rt.solutions.payments import (
    core_payments as core_payments,
)
from negotiate_rt.solutions.payments import (
    first_price_payments as first_price_payments,
)
from negotiate_rt.solutions.payments import (
    payments_by as payments_by,
)
from negotiate_rt.solutions.payments import (
    vcg_payments as vcg_payments,
)
from negotiate_rt.solutions.points import (
    BargainingSolutions as BargainingSolutions,
)
from negotiate_rt.solutions.points import (
    Solution as Solution,
)
from negotiate_rt.solutions.points import (
    bargaining_solutions as bargaining_solutions,
)
from negotiate_rt.solutions.points import (
    egalitarian_point as egalitarian_point,
)
from negotiate_rt.solutions.points import (
    equal_loss_point as equal_loss_point,
)
from negotiate_rt.solutions.points import (
    kalai_smorodinsky_point as kalai_smorodinsky_point,
)
from negotiate_rt.solutions.points import (
    nash_point as nash_point,
)
from negotiate_rt.solutions.points import (
    utilitarian_point as utilitarian_point,
)
from negotiate_rt.solutions.positions import (
    EnvyFreeBounds as EnvyFreeBounds,
)
from negotiate_rt.solutions.positions import (
    PositionAssignment as PositionAssignment,
)
from negotiate_rt.solutions.positions import (
    assign_positions as assign_positions,
)
from negotiate_rt.solutions.positions import (
    balanced_bids as balanced_bids,
)
from negotiate_rt.solutions.positions import (
    envy_free_bounds as envy_free_bounds,
)
from negotiate_rt.solutions.positions import (
    gsp_payments as gsp_payments,
)
from negotiate_rt.solutions.positions import (
    is_locally_envy_free as is_locally_envy_free,
)
from negotiate_rt.solutions.probes import (
    Attack as Attack,
)
from negotiate_rt.solutions.probes import (
    ProbeReport as ProbeReport,
)
from negotiate_rt.solutions.probes import (
    collusion as collusion,
)
from negotiate_rt.solutions.probes import (
    false_names as false_names,
)
from negotiate_rt.solutions.quality import (
    Assessment as Assessment,
)
from negotiate_rt.solutions.quality import (
    PriceZone as PriceZone,
)
from negotiate_rt.solutions.quality import (
    Zone as Zone,
)
from negotiate_rt.solutions.quality import (
    assess_outcome as assess_outcome,
)
from negotiate_rt.solutions.quality import (
    opposition as opposition,
)
from negotiate_rt.solutions.quality import (
    price_zone as price_zone,
)
from negotiate_rt.solutions.quality import (
    zone_of_agreement as zone_of_agreement,
)
from negotiate_rt.solutions.rubinstein import (
    EquilibriumShares as EquilibriumShares,
)
from negotiate_rt.solutions.rubinstein import (
    ShareInterval as ShareInterval,
)
from negotiate_rt.solutions.rubinstein import (
    rubinstein as rubinstein,
)
from negotiate_rt.solutions.terms import (
    AlternatingOffers as AlternatingOffers,
)
from negotiate_rt.solutions.terms import (
    discount_factor as discount_factor,
)
from negotiate_rt.solutions.terms import (
    impatience_factor as impatience_factor,
)
from negotiate_rt.solutions.ultimatum import (
    UltimatumEquilibrium as UltimatumEquilibrium,
)
from negotiate_rt.solutions.ultimatum import (
    UltimatumSolution as UltimatumSolution,
)
from negotiate_rt.solutions.ultimatum import (
    ultimatum as ultimatum,
)
from negotiate_rt.solutions.unanimity import (
    UnanimityShares as UnanimityShares,
)
from negotiate_rt.solutions.unanimity import (
    unanimity as unanimity,
)
from negotiate_rt.solutions.value_distributions import (
    DensityDistribution as DensityDistribution,
)
from negotiate_rt.solutions.value_distributions import (
    DiscreteDistribution as DiscreteDistribution,
)
from negotiate_rt.solutions.value_distributions import (
    ExponentialDistribution as ExponentialDistribution,
)
from negotiate_rt.solutions.value_distributions import (
    UniformDistribution as UniformDistribution,
)
from negotiate_rt.solutions.voting import (
    condorcet_winner as condorcet_winner,
)
from negotiate_rt.solutions.voting import (
    vote as vote,
)
from negotiate_rt.solutions.winners import (
    Allocation as Allocation,
)
from negotiate_rt.solutions.winners import (
    Deadline as Deadline,
)
from negotiate_rt.strategies.acceptance import (
    AcceptAspiration as AcceptAspiration,
)
from negotiate_rt.strategies.acceptance import (
    AcceptCombined as AcceptCombined,
)
from negotiate_rt.strategies.acceptance import (
    AcceptConstant as AcceptConstant,
)
from negotiate_rt.strategies.acceptance import (
    AcceptLastChance as AcceptLastChance,
)
from negotiate_rt.strategies.acceptance import (
    AcceptNext as AcceptNext,
)
from negotiate_rt.strategies.acceptance import (
    AcceptOptimally as AcceptOptimally,
)
from negotiate_rt.strategies.acceptance import (
    AcceptPrevious as AcceptPrevious,
)
from negotiate_rt.strategies.acceptance import (
    AcceptTime as AcceptTime,
)
from negotiate_rt.strategies.acceptance import (
    AcceptWindow as AcceptWindow,
)
from negotiate_rt.strategies.acceptance import (
    AllOf as AllOf,
)
from negotiate_rt.strategies.acceptance import (
    AnyOf as AnyOf,
)
from negotiate_rt.strategies.bid_rules import (
    BudgetBidding as BudgetBidding,
)
from negotiate_rt.strategies.bid_rules import (
    EquilibriumShading as EquilibriumShading,
)
from negotiate_rt.strategies.bid_rules import (
    NormalValues as NormalValues,
)
from negotiate_rt.strategies.bid_rules import (
    PowerValues as PowerValues,
)
from negotiate_rt.strategies.bid_rules import (
    RatioBidding as RatioBidding,
)
from negotiate_rt.strategies.bid_rules import (
    ShadedBidding as ShadedBidding,
)
from negotiate_rt.strategies.bid_rules import (
    SnipingBidding as SnipingBidding,
)
from negotiate_rt.strategies.bid_rules import (
    TruthfulBidding as TruthfulBidding,
)
from negotiate_rt.strategies.bid_rules import (
    UniformValues as UniformValues,
)
from negotiate_rt.strategies.bidding import (
    BidRule as BidRule,
)
from negotiate_rt.strategies.bidding import (
    BidStrategy as BidStrategy,
)
from negotiate_rt.strategies.bids import (
    ConcedingBids as ConcedingBids,
)
from negotiate_rt.strategies.bids import (
    IssueByIssueBids as IssueByIssueBids,
)
from negotiate_rt.strategies.bids import (
    MicroBids as MicroBids,
)
from negotiate_rt.strategies.bids import (
    NiceTitForTatBids as NiceTitForTatBids,
)
from negotiate_rt.strategies.bids import (
    RandomBids as RandomBids,
)
from negotiate_rt.strategies.bids import (
    TradeOffBids as TradeOffBids,
)
from negotiate_rt.strategies.claiming import (
    Valuation as Valuation,
)
from negotiate_rt.strategies.claiming import (
    honest as honest,
)
from negotiate_rt.strategies.coalitions import (
    FORMING as FORMING,
)
from negotiate_rt.strategies.coalitions import (
    EquilibriumOffers as EquilibriumOffers,
)
from negotiate_rt.strategies.coalitions import (
    MyopicBestResponse as MyopicBestResponse,
)
from negotiate_rt.strategies.coalitions import (
    ValueDemand as ValueDemand,
)
from negotiate_rt.strategies.composed import (
    ComposedStrategy as ComposedStrategy,
)
from negotiate_rt.strategies.composed import (
    Considerate as Considerate,
)
from negotiate_rt.strategies.composed import (
    HardHeaded as HardHeaded,
)
from negotiate_rt.strategies.composed import (
    MicroStrategy as MicroStrategy,
)
from negotiate_rt.strategies.composed import (
    NiceTitForTat as NiceTitForTat,
)
from negotiate_rt.strategies.composed import (
    OptimalStopping as OptimalStopping,
)
from negotiate_rt.strategies.composed import (
    RandomWalker as RandomWalker,
)
from negotiate_rt.strategies.composed import (
    Reciprocal as Reciprocal,
)
from negotiate_rt.strategies.composed import (
    TradeOff as TradeOff,
)
from negotiate_rt.strategies.concession import (
    ConcessionStrategy as ConcessionStrategy,
)
from negotiate_rt.strategies.concession import (
    ExponentialConcession as ExponentialConcession,
)
from negotiate_rt.strategies.concession import (
    LinearConcession as LinearConcession,
)
from negotiate_rt.strategies.concession import (
    TimeDependentConcession as TimeDependentConcession,
)
from negotiate_rt.strategies.concession import (
    TitForTatConcession as TitForTatConcession,
)
from negotiate_rt.strategies.equilibrium import (
    EquilibriumStrategy as EquilibriumStrategy,
)
from negotiate_rt.strategies.equilibrium import (
    OutcomeEquilibrium as OutcomeEquilibrium,
)
from negotiate_rt.strategies.equilibrium import (
    PieEquilibrium as PieEquilibrium,
)
from negotiate_rt.strategies.equilibrium import (
    PriceEquilibrium as PriceEquilibrium,
)
from negotiate_rt.strategies.equilibrium import (
    TableStrategy as TableStrategy,
)
from negotiate_rt.strategies.equilibrium import (
    play_equilibrium as play_equilibrium,
)
from negotiate_rt.strategies.estimation import (
    ConcessionFit as ConcessionFit,
)
from negotiate_rt.strategies.estimation import (
    ReservationBelief as ReservationBelief,
)
from negotiate_rt.strategies.estimation import (
    fit_concession as fit_concession,
)
from negotiate_rt.strategies.faratin import (
    AveragedTitForTat as AveragedTitForTat,
)
from negotiate_rt.strategies.faratin import (
    DynamicDeadlineTactic as DynamicDeadlineTactic,
)
from negotiate_rt.strategies.faratin import (
    ExponentialTactic as ExponentialTactic,
)
from negotiate_rt.strategies.faratin import (
    MixedConcession as MixedConcession,
)
from negotiate_rt.strategies.faratin import (
    PolynomialTactic as PolynomialTactic,
)
from negotiate_rt.strategies.faratin import (
    RandomAbsoluteTitForTat as RandomAbsoluteTitForTat,
)
from negotiate_rt.strategies.faratin import (
    RelativeTitForTat as RelativeTitForTat,
)
from negotiate_rt.strategies.faratin import (
    ResourceTactic as ResourceTactic,
)
from negotiate_rt.strategies.models import (
    Accuracy as Accuracy,
)
from negotiate_rt.strategies.models import (
    accuracy as accuracy,
)
from negotiate_rt.strategies.opponent import (
    BayesianModel as BayesianModel,
)
from negotiate_rt.strategies.opponent import (
    FrequencyModel as FrequencyModel,
)
from negotiate_rt.strategies.registry import (
    STRATEGIES as STRATEGIES,
)
from negotiate_rt.strategies.registry import (
    make_strategy as make_strategy,
)
from negotiate_rt.strategies.reliability import (
    Reliability as Reliability,
)
from negotiate_rt.strategies.reliability import (
    ReliabilityLedger as ReliabilityLedger,
)
from negotiate_rt.strategies.straightforward import (
    StraightforwardBidding as StraightforwardBidding,
)
from negotiate_rt.strategies.zero_intelligence import (
    ZeroIntelligence as ZeroIntelligence,
)

__version__: str
