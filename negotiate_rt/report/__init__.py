"""TELLING IT: outcomes counted in bounded memory, shown as tables, kept as files."""

from negotiate_rt.report.files import ResultFolder
from negotiate_rt.report.plain import outcome_record, plain
from negotiate_rt.report.series import Series, Spread
from negotiate_rt.report.tally import GroupReport, Report, Tally

__all__ = ["GroupReport", "Report", "ResultFolder", "Series", "Spread", "Tally", "outcome_record", "plain"]
