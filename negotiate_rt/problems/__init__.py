"""What is at stake: issues and outcome spaces, utilities, tasks, and what each party wants of them."""

from negotiate_rt.problems.bargaining import BargainingProblem, Pie, PriceProblem
from negotiate_rt.problems.issues import Issue, Outcome, OutcomeSpace, Scalar
from negotiate_rt.problems.preferences import (
    OutcomePreferences,
    PiePreferences,
    Preferences,
    PricePreferences,
    UnknownPreferences,
    ValuedPricePreferences,
)
from negotiate_rt.problems.task import FrozenMapping, Task, freeze
from negotiate_rt.problems.utility import AdditiveUtility, UtilityFunction, utility_table

__all__ = [
    "AdditiveUtility", "BargainingProblem", "FrozenMapping", "Issue", "Outcome", "OutcomePreferences", "OutcomeSpace",
    "Pie", "PiePreferences", "Preferences", "PricePreferences", "PriceProblem", "Scalar", "Task", "UnknownPreferences",
    "UtilityFunction", "ValuedPricePreferences", "freeze", "utility_table",
]
