"""Static face of the front door: what type checkers see of the names that load on first use."""

from negotiate_rt.agents import (
    Agent as Agent,
    Bidder as Bidder,
    Buyer as Buyer,
    Contractor as Contractor,
    Manager as Manager,
    Negotiator as Negotiator,
    Seller as Seller,
)
from negotiate_rt.errors import (
    CodecError as CodecError,
    ConfigurationError as ConfigurationError,
    ForeignAwaitError as ForeignAwaitError,
    InvalidDecision as InvalidDecision,
    InvalidOffer as InvalidOffer,
    LocalProtocolError as LocalProtocolError,
    MailboxFull as MailboxFull,
    NegotiationError as NegotiationError,
    ProtocolDefinitionError as ProtocolDefinitionError,
    ProtocolError as ProtocolError,
    RemoteProtocolError as RemoteProtocolError,
    SocietyClosed as SocietyClosed,
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
    NegotiationStatus as NegotiationStatus,
)
from negotiate_rt.executor.society import (
    Society as Society,
)
from negotiate_rt.journal.record import (
    Record as Record,
    Trace as Trace,
)
from negotiate_rt.messages.codec import (
    Codec as Codec,
)
from negotiate_rt.messages.config import (
    FaultPolicy as FaultPolicy,
    NegotiationConfig as NegotiationConfig,
    NegotiationType as NegotiationType,
)
from negotiate_rt.messages.envelope import (
    Envelope as Envelope,
    Route as Route,
)
from negotiate_rt.messages.outcome import (
    AGREED as AGREED,
    Bid as Bid,
    DEADLOCK as DEADLOCK,
    FAILED as FAILED,
    Fault as Fault,
    NegotiationOffer as NegotiationOffer,
    NegotiationOutcome as NegotiationOutcome,
    NegotiationState as NegotiationState,
    TIMEOUT as TIMEOUT,
)
from negotiate_rt.messages.performatives import (
    Accept as Accept,
    Agree as Agree,
    Cancel as Cancel,
    Cfp as Cfp,
    Confirm as Confirm,
    Disconfirm as Disconfirm,
    Failure as Failure,
    Inform as Inform,
    InformDone as InformDone,
    InformIf as InformIf,
    InformRef as InformRef,
    InformResult as InformResult,
    Lapse as Lapse,
    Left as Left,
    Message as Message,
    NotUnderstood as NotUnderstood,
    Notice as Notice,
    Propagate as Propagate,
    Propose as Propose,
    Proxy as Proxy,
    QueryIf as QueryIf,
    QueryRef as QueryRef,
    Refuse as Refuse,
    Reject as Reject,
    Request as Request,
    RequestWhen as RequestWhen,
    RequestWhenever as RequestWhenever,
    Skip as Skip,
    Subscribe as Subscribe,
    Walk as Walk,
    Withdraw as Withdraw,
)
from negotiate_rt.messages.view import (
    View as View,
    sleep as sleep,
)
from negotiate_rt.problems import (
    AdditiveUtility as AdditiveUtility,
    BargainingProblem as BargainingProblem,
    Issue as Issue,
    OutcomeSpace as OutcomeSpace,
    Pie as Pie,
    PriceProblem as PriceProblem,
    Task as Task,
)
from negotiate_rt.problems.auction import (
    AuctionCall as AuctionCall,
    AuctionOptions as AuctionOptions,
    AuctionResult as AuctionResult,
)
from negotiate_rt.protocols.awarding import (
    ContractNetOptions as ContractNetOptions,
    ContractResult as ContractResult,
)
from negotiate_rt.protocols.base import (
    NegotiationProtocol as NegotiationProtocol,
)
from negotiate_rt.runtime.latency import (
    Constant as Constant,
    Empirical as Empirical,
    Exponential as Exponential,
    LogNormal as LogNormal,
    Normal as Normal,
    Uniform as Uniform,
)
from negotiate_rt.runtime.network import (
    Network as Network,
)
from negotiate_rt.runtime.link import (
    LinkFaults as LinkFaults,
)
from negotiate_rt.runtime.restart import (
    RestartPolicy as RestartPolicy,
)
from negotiate_rt.strategies.concession import (
    ExponentialConcession as ExponentialConcession,
    LinearConcession as LinearConcession,
    TimeDependentConcession as TimeDependentConcession,
    TitForTatConcession as TitForTatConcession,
)

__version__: str
