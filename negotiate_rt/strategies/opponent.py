"""Models of the opponent, as parameters: what its offers tell about its utility. Estimates are in `models`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import msgspec

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.problems.issues import OutcomeSpace
from negotiate_rt.problems.scalars import finite

if TYPE_CHECKING:
    from negotiate_rt.strategies.coarse import CoarseEstimate
    from negotiate_rt.strategies.models import BayesianEstimate, FrequencyEstimate


class FrequencyModel(msgspec.Struct, frozen=True, tag_field="kind", tag="frequency", forbid_unknown_fields=True):
    """Guess an additive utility from how often the opponent asks for each value.

    rule "hard-headed": all issues weigh 1/n at first; an issue whose value stays the same from one offer to the next
    gains `rate` / n, then weights are rescaled to sum 1; a value is worth (1 + times asked) / (1 + most times asked in its
    issue) (van Krimpen, Looije and Hajizadeh, "HardHeaded", 2013). rule "smith": an issue weighs in proportion to its most
    frequent value's share of all offers, and a value is worth its count by the largest of its issue (van Galen Last,
    "Agent Smith", 2012). `distinct` counts each outcome once however often it is repeated.
    """

    rule: Literal["hard-headed", "smith"] = "hard-headed"
    rate: float = 0.2
    distinct: bool = False

    def __post_init__(self) -> None:
        if self.rule not in ("hard-headed", "smith"):
            raise ConfigurationError(f"rule must be 'hard-headed' or 'smith', got {self.rule!r}")
        if finite(self.rate, "rate", ConfigurationError) < 0:
            raise ConfigurationError(f"rate must be >= 0, got {self.rate}")

    def start(self, space: OutcomeSpace) -> FrequencyEstimate | CoarseEstimate:
        """Return an estimate that has seen nothing yet; on a grid of 101 values an issue where these are far too many."""
        from negotiate_rt.strategies.coarse import CoarseEstimate, coarse_space  # late: numpy
        from negotiate_rt.strategies.models import FrequencyEstimate

        coarse = coarse_space(space)
        own = FrequencyEstimate(coarse, self)
        return own if coarse is space else CoarseEstimate(space, own)


class BayesianModel(msgspec.Struct, frozen=True, tag_field="kind", tag="bayesian", forbid_unknown_fields=True):
    """Learn an additive utility by Bayes' rule over weights and shapes of evaluation functions.

    The scalable variant of Hindriks and Tykhonov, "Opponent modelling in automated multi-issue negotiation using
    Bayesian learning", AAMAS 2008: each issue has its own hypotheses, of its weight (the n rank-order weights
    2k / n(n+1)) and of its evaluation (triangles that peak at each of its values, so uphill and downhill too; for up to
    four values without an order every ranking of them), and expectations stand for the other issues. An offer b at time
    t has likelihood e^(-(u_h(b) - u'(t))^2 / (2 deviation^2)), where u'(t) = 1 - concession t is what the opponent is
    thought to ask for.
    `distinct` learns from each outcome once, however often it is repeated.
    """

    deviation: float = 0.25
    concession: float = 0.5
    distinct: bool = True

    def __post_init__(self) -> None:
        if finite(self.deviation, "deviation", ConfigurationError) <= 0:
            raise ConfigurationError(f"deviation must be > 0, got {self.deviation}")
        if not 0 <= finite(self.concession, "concession", ConfigurationError) <= 1:
            raise ConfigurationError(f"concession must be in [0, 1], got {self.concession}")

    def start(self, space: OutcomeSpace) -> BayesianEstimate | CoarseEstimate:
        """Return an estimate that has seen nothing yet; on a grid of 101 values an issue where these are far too many."""
        from negotiate_rt.strategies.coarse import CoarseEstimate, coarse_space  # late: numpy
        from negotiate_rt.strategies.models import BayesianEstimate

        coarse = coarse_space(space)
        own = BayesianEstimate(coarse, self)
        return own if coarse is space else CoarseEstimate(space, own)


AnyModel = FrequencyModel | BayesianModel
MODELS: dict[str, Any] = {"frequency": FrequencyModel, "bayesian": BayesianModel}
"""The models by the names that scenario files use."""
