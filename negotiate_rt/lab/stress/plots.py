"""A campaign drawn: agreement rate and times over loss and latency, as a page of HTML or a picture."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.lab.stress.report import CellReport, StressReport
from negotiate_rt.report.page import document, figure, table
from negotiate_rt.report.svg import SERIES, SHAPES, Axis, Chart

FORMS = (".html", ".svg")
Measure = Callable[[CellReport], float | None]
MEASURES: tuple[tuple[str, Measure], ...] = (
    ("agreement rate, %", lambda cell: 100 * cell.agreement_rate),
    ("time to agreement, p50, s", lambda cell: None if cell.p50 is None else cell.p50 / 1000),
    ("time to agreement, p99, s", lambda cell: None if cell.p99 is None else cell.p99 / 1000),
    ("messages a negotiation", lambda cell: cell.messages / cell.negotiations if cell.negotiations else None),
    ("welfare lost, %", lambda cell: None if cell.welfare_lost is None else 100 * cell.welfare_lost),
)


def check_form(path: str) -> None:
    """Raise ConfigurationError unless a plot can be written to a file of this name."""
    if Path(path).suffix.lower() not in FORMS:
        raise ConfigurationError(f"--plot {path}: expected a name that ends in .svg or .html")


def write_plot(report: StressReport, path: str) -> None:
    """Draw a report into a file: .svg for the agreement rate alone, .html for everything. Raises ConfigurationError."""
    check_form(path)
    charts = list(stress_charts(report))
    text = charts[0].svg(alone=True) if Path(path).suffix.lower() == ".svg" else stress_page(report, charts)
    try:
        Path(path).write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(f"--plot {path}: cannot write there: {error.strerror or error}") from None


def stress_charts(report: StressReport) -> Iterator[Chart]:
    """Yield a chart for each measure: over loss or latency, whichever was swept further; a line for each of the rest."""
    losses = {cell.loss for cell in report.cells}
    over = "loss" if len(losses) >= len({cell.latency for cell in report.cells}) else "latency"
    label = "messages lost, %" if over == "loss" else "median latency, ms"
    for what, measure in MEASURES:
        lines: dict[str, list[tuple[float, float]]] = {}
        for cell in report.cells:
            across, height = 100 * cell.loss if over == "loss" else 1000 * cell.latency, measure(cell)
            if height is not None:
                lines.setdefault(series_of(cell, over), []).append((across, height))
        points = [point for line in lines.values() for point in line]
        x, y = Axis(label, [point[0] for point in points]), Axis(what, [0.0, *(point[1] for point in points)])
        told = "; ".join(
            f"{name}: " + ", ".join(f"{b:.4g} at {a:.4g}" for a, b in sorted(line)) for name, line in lines.items()
        )
        chart = Chart(x, y, title=what, description=told, name=f"stress-{what}")
        for place, (name, line) in enumerate(lines.items()):
            style = f"{place % SERIES}"
            chart.line(sorted(line), f"s{style}", name if place < 2 * SERIES else "")
            chart.marks(
                sorted(line), SHAPES[place % len(SHAPES)], f"f{style}", [f"{name}: {b:.4g}" for _, b in sorted(line)]
            )
        yield chart


def series_of(cell: CellReport, over: str) -> str:
    """Return which line a cell belongs to."""
    other = f"{1000 * cell.latency:g} ms" if over == "loss" else f"loss {100 * cell.loss:g} %"
    return ", ".join((*cell.label[:-1], other))


def stress_page(report: StressReport, charts: list[Chart]) -> str:
    """Return the report as a page of HTML."""
    head = (
        "cell",
        "runs",
        "agreed",
        "p50 ms",
        "p99 ms",
        "rounds",
        "messages",
        "welfare lost",
        "survived",
        "violations",
    )
    rows = [
        (
            cell.name, cell.negotiations, f"{100 * cell.agreement_rate:.1f} %", _short(cell.p50), _short(cell.p99),
            f"{cell.rounds:.1f}", cell.messages, "-" if cell.welfare_lost is None else f"{100 * cell.welfare_lost:.1f} %",
            f"{cell.survived} of {cell.troubled}", cell.violations,
        )
        for cell in report.cells
    ]  # fmt: skip
    figures = f'<div class="charts">{"".join(figure(chart.svg()) for chart in charts)}</div>'
    facts = table(("campaign", ""), [
        ("command", report.command), ("negotiations", report.negotiations), ("worlds", report.worlds),
        ("messages", report.messages), ("invariant violations", report.violations), ("a second", f"{report.rate:,.0f}"),
    ], kind="left")  # fmt: skip
    broken = table(
        ("broken", "world", "again"),
        [(str(one.violation), one.world, one.command) for one in report.failures],
        kind="left",
    )
    return document("stress", [f"<header><h1>Stress campaign</h1>{facts}</header>", broken, figures, table(head, rows)])


def _short(milliseconds: float | None) -> str:
    return "-" if milliseconds is None else f"{milliseconds:.4g}"
