"""What is at stake: issues and outcome spaces, utilities, tasks, and what each party wants of them."""

from negotiate_rt.problems.bargaining import BargainingProblem, Pie, PriceProblem
from negotiate_rt.problems.evaluations import (
    ExponentialEvaluation,
    LinearEvaluation,
    PolynomialEvaluation,
    TriangularEvaluation,
)
from negotiate_rt.problems.issues import (
    Constraint,
    ContinuousIssue,
    ForbiddenConstraint,
    ImpliedConstraint,
    IntegerIssue,
    Issue,
    LinearConstraint,
    OptionalIssue,
    OrdinalIssue,
    Outcome,
    OutcomeSpace,
    Scalar,
    Span,
)
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
    "AdditiveUtility", "BargainingProblem", "Constraint", "ContinuousIssue", "ExponentialEvaluation",
    "ForbiddenConstraint", "FrozenMapping", "ImpliedConstraint", "IntegerIssue", "Issue", "LinearConstraint",
    "LinearEvaluation", "OptionalIssue", "OrdinalIssue", "Outcome", "OutcomePreferences", "OutcomeSpace", "Pie",
    "PiePreferences", "PolynomialEvaluation", "Preferences", "PricePreferences", "PriceProblem", "Scalar", "Span",
    "Task", "TriangularEvaluation", "UnknownPreferences", "UtilityFunction", "ValuedPricePreferences", "freeze",
    "utility_table",
]  # fmt: skip
