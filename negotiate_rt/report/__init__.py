"""TELLING IT: outcomes counted in bounded memory, set beside theory, shown as tables and pictures, kept as files."""

from negotiate_rt.report.comparison import Comparison, compare
from negotiate_rt.report.files import ResultFolder
from negotiate_rt.report.plain import outcome_record, plain
from negotiate_rt.report.series import Series, Spread
from negotiate_rt.report.tally import GroupReport, Report, Tally

__all__ = [
    "Comparison", "GroupReport", "Report", "ResultFolder", "Series", "Spread", "Tally", "compare", "outcome_record", "plain",
]  # fmt: skip
