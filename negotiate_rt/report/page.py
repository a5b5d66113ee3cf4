"""A run as one page of HTML: figures, charts and a few sessions, in one file that asks nothing of any network."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from negotiate_rt.report import divisions, searches
from negotiate_rt.report.analysis import Analysis
from negotiate_rt.report.charts import Deals, gains_plane, histogram, planes, talk_charts
from negotiate_rt.report.coalitions import in_line as coalitions_in_line
from negotiate_rt.report.plain import plain
from negotiate_rt.report.series import Spread
from negotiate_rt.report.study import ENDED, Study
from negotiate_rt.report.svg import STYLE, escape
from negotiate_rt.report.talk import Talk
from negotiate_rt.report.tally import GroupReport, Report
from negotiate_rt.report.theory import Theory
from negotiate_rt.report.words import in_line, number, share, words

POLICY = "default-src 'none'; style-src 'unsafe-inline'"  # the browser itself sees to it that nothing is fetched
OFFERS_TOLD = 200  # of one session, in the middle of which some are left out
FAULTS_TOLD = 20
DEAL = ' class="deal"'
LOOK = """
*{box-sizing:border-box}body{margin:0;background:var(--ground);color:var(--ink);font:15px/1.5 system-ui,sans-serif}
main{max-width:1100px;margin:0 auto;padding:24px 16px 64px}h1{margin:0 0 4px;font-size:1.7rem}
h2{margin:36px 0 8px;font-size:1.25rem}h3{margin:24px 0 4px;font-size:1.05rem}p{margin:4px 0 10px}
.soft{color:var(--soft)}.big{display:flex;flex-wrap:wrap;gap:12px;margin:16px 0}
.big div{background:var(--panel);border:1px solid var(--rule);border-radius:8px;padding:10px 16px;min-width:130px}
.big b{display:block;font-size:1.5rem}
.charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,380px),1fr));gap:16px}
figure{margin:0;background:var(--panel);border:1px solid var(--rule);border-radius:8px;padding:8px}svg{width:100%;height:auto}
figcaption{color:var(--soft);font-size:.85rem;padding:2px 6px}.wide{overflow-x:auto}
table{border-collapse:collapse;margin:8px 0;font-variant-numeric:tabular-nums}caption{text-align:left;color:var(--soft)}
th,td{padding:3px 12px 3px 0;border-bottom:1px solid var(--rule);text-align:right;vertical-align:top}
th:first-child,td:first-child,.left td,.left th{text-align:left}td{overflow-wrap:anywhere;max-width:42em}
summary{cursor:pointer;padding:4px 0}summary:focus-visible{outline:2px solid var(--c0)}tr.deal td{font-weight:600;color:var(--c2)}
@media print{details{display:block}}
"""


def page(report: Report, study: Study, issues: Sequence[str] = (), about: str = "") -> str:
    """Return the whole page. `about`: what the scenario says of itself. Everything a user named is escaped."""
    parts = [
        f"<header><h1>{escape(report.scenario)}</h1><p>{escape(about)}</p>{_facts(report)}</header>",
        _big(report),
        _section("How the sessions ended", _endings(report.total), _measures(report)),
        _section("What the parties got", _utilities(report)),
        _section("Beside theory", *_theory(report, study)),
        _section("Coalitions beside theory", *_coalitions(report)),
        _section("Divisions beside theory", *_divisions(report)),
        _section("Searches beside theory", *_searches(report)),
        _section("All deals at a glance", _figures(_glance(study))),
        _section("Faults of agents", _faults(report.total)),
        _section("Some sessions", *(_session(talk, place, issues) for place, talk in enumerate(study.talks))),
    ]
    return document(f"{report.scenario}: {number(report.total.sessions)} sessions", parts)


def document(title: str, parts: Iterable[str]) -> str:
    """Return parts as an HTML document with our style, light and dark."""
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n<meta name="color-scheme" content="light dark">\n'
        f"<title>{escape(title)}</title>\n<style>{STYLE}{LOOK}</style>\n</head>\n<body>\n<main>\n"
        + "\n".join(part for part in parts if part)
        + "\n</main>\n</body>\n</html>\n"
    )


def table(head: Sequence[str], rows: Iterable[Sequence[object]], caption: str = "", kind: str = "") -> str:
    """Return a table; "" without rows. The first cell of each row is its header."""
    told = [
        "<tr>" + f'<th scope="row">{escape(row[0])}</th>' + "".join(f"<td>{escape(one)}</td>" for one in row[1:]) + "</tr>"
        for row in rows
    ]
    if not told:
        return ""
    above = f"<caption>{escape(caption)}</caption>" if caption else ""
    columns = "".join(f'<th scope="col">{escape(one)}</th>' for one in head)
    body = f"<thead><tr>{columns}</tr></thead><tbody>{''.join(told)}</tbody>"
    return f'<div class="wide"><table class="{kind}">{above}{body}</table></div>'


def figure(chart: str, caption: str = "") -> str:
    """Return a chart with words below."""
    return f"<figure>{chart}{f'<figcaption>{escape(caption)}</figcaption>' if caption else ''}</figure>"


def _figures(charts: Iterable[str]) -> str:
    told = "".join(figure(chart) for chart in charts)
    return f'<div class="charts">{told}</div>' if told else ""


def _section(title: str, *parts: str) -> str:
    inner = "\n".join(part for part in parts if part)
    return f"<section><h2>{escape(title)}</h2>\n{inner}</section>" if inner else ""


def _facts(report: Report) -> str:
    facts = [
        f"{report.clock} clock" if report.clock else "", "" if report.seed is None else f"seed {report.seed}",
        f"{report.wall_seconds:.2f} s" if report.wall_seconds else "",
        f"interrupted: {number(report.asked)} sessions were asked for" if report.interrupted else "",
    ]  # fmt: skip
    return f'<p class="soft">{escape(", ".join(one for one in facts if one))}</p>'


def _big(report: Report) -> str:
    total, theory = report.total, report.theory
    told = [
        (number(total.sessions), "sessions"), (share(total.agreement_rate), f"agreed ({number(total.agreed)})"),
        (number(total.rounds.mean), "rounds on average"), (number(sum(total.faults.values())), "faults of agents"),
    ]  # fmt: skip
    if theory and theory.efficient is not None:
        told.append((share(theory.efficient), "of deals Pareto-efficient"))
    if theory and theory.welfare is not None:
        told.append((share(theory.welfare), "of the best joint utility"))
    return '<div class="big">' + "".join(f"<div><b>{escape(one)}</b>{escape(what)}</div>" for one, what in told) + "</div>"


def _coalitions(report: Report) -> Iterable[str]:
    """Return what became of coalition formations: in a line, payoffs by player, and structures by how often."""
    found = report.coalitions
    if not found:
        return
    values = {"Shapley": found.shapley, "nucleolus": found.nucleolus}
    known = {name: one for name, one in values.items() if one is not None}
    yield f"<p>{escape(coalitions_in_line(found))}</p>"
    rows = [
        (name, number(one.mean), number(one.min), number(one.max), *(number(told.get(name)) for told in known.values()))
        for name, one in found.payoffs.items()
    ]
    yield table(("player", "mean", "min", "max", *known), rows, "cost shares" if found.costs else "payoffs")
    yield table(("structure", "sessions"), [(told, number(count)) for told, count in found.structures.items()])


def _divisions(report: Report) -> Iterable[str]:
    """Return which properties fair divisions had, and which their rules promise."""
    found = report.divisions
    if found:
        yield f"<p>{escape(divisions.in_line(found))}</p>"
        yield table(divisions.COLUMNS, divisions.rows(found), "fairness")


def _searches(report: Report) -> Iterable[str]:
    """Return what searches for an assignment came to, and what they took."""
    found = report.searches
    if found:
        yield f"<p>{escape(searches.in_line(found))}</p>"
        yield table(searches.COLUMNS, searches.rows(found), "assignments")


def _endings(total: GroupReport) -> str:
    rows: list[tuple[object, ...]] = []
    for state, count in total.final_states.items():
        rows.append((state, number(count), share(count / total.sessions), ""))
    for code, count in total.failure_codes.items():
        rows.append((f"– {code}", number(count), share(count / total.sessions), total.examples.get(code, "")))
    return table(("state", "sessions", "share", "the first"), rows, "Final states, and failures by code")


def _measures(report: Report) -> str:
    groups = list(report.protocols.items())
    rows = []
    for name, group in groups:
        for what in ("rounds", "messages", "offers", "duration_ms"):
            spread: Spread = getattr(group, what)
            label = what.replace("duration_ms", "time, ms")
            rows.append((f"{name}: {label}", *_spread(spread)))
    return table(("", "mean", "min", "median", "p99", "max", "sessions"), rows, "What it took")


def _utilities(report: Report) -> str:
    rows = [
        (name if len(report.protocols) == 1 else f"{name} ({protocol})", *_spread(spread))
        for protocol, group in report.protocols.items()
        for name, spread in group.utilities.items()
    ]
    return table(("agent", "mean", "min", "median", "p99", "max", "sessions"), rows, "Utility by agent; no deal counts as well")


def _spread(spread: Spread) -> list[str]:
    return [number(one) for one in (spread.mean, spread.min, spread.p50, spread.p99, spread.max, spread.count)]


def _theory(report: Report, study: Study) -> list[str]:
    found = report.theory
    if not found:
        return []
    rows: list[tuple[object, ...]] = [
        ("sessions set beside theory", f"{number(found.compared)} of {number(report.total.sessions)}"),
        ("a bargain was possible", number(found.possible)),
        ("– and was reached", share(found.reached / found.possible) if found.possible else "-"),
        ("no bargain was possible", number(found.compared - found.possible)),
        ("– and yet there was a deal", number(found.impossible_agreed)),
        ("deals that are Pareto-efficient", share(found.efficient)),
        ("deals that leave nobody below its reservation value", share(found.rational)),
        ("joint utility of deals, share of the best", share(found.welfare)),
        ("mean distance of deals to the frontier", number(found.to_frontier)),
        *((f"– to {name}", number(distance)) for name, distance in found.to_points.items()),
    ]
    told = [table(("figure", "value"), rows)]
    if found.utilities:
        worth = [
            ("how they ended" if name == ENDED else name, *(number(one) for one in by_party.values()))
            for name, by_party in found.utilities.items()
        ]
        told.append(table(("mean utility", *study.parties), worth, "Where a bargain was possible, deals as if struck at once"))
    theory = study.plane
    if theory is not None:
        told.append(_figures(planes(theory, "all", Deals(study.deals, "deals"))))
        told.append(definitions(theory))
    elif any(study.gains):
        told.append(_figures([gains_plane([one for one in study.gains if one], study.parties, "gains").svg()]))
    return told


def definitions(theory: Theory) -> str:
    """Return what each solution point of a problem is, and where."""
    rows = [(one.name, ", ".join(number(own) for own in one.utilities), one.definition) for one in theory.solutions]
    return table(("point", "utilities", "definition"), rows, "", "left")


def analysis_page(found: Analysis, theory: Theory, charts: Sequence[str]) -> str:
    """Return the analysis of one problem as a page: the verdict, the planes, the points and the frontier."""
    about = f"{found.verdict}; {len(found.parties)} parties" + (f", {number(found.outcomes)} outcomes" if found.outcomes else "")
    head = ("", *found.parties, "deal")
    vectors = (
        (place, *(number(one.utilities[name], 6) for name in found.parties), words(one.deal))
        for place, one in enumerate(found.frontier, 1)
    )
    points = (
        (name, *(number(one.utilities[party], 6) for party in found.parties), words(one.deal))
        for name, one in found.solutions.items()
    )
    shown = f"{number(len(found.frontier))} of {number(found.frontier_size)} vectors" if found.frontier_size else ""
    parts = [
        f"<header><h1>{escape(found.name)}</h1><p>{escape(about)}</p></header>",
        _section("Utilities", _figures(charts)),
        _section("Solution points", table(head, points), definitions(theory)),
        _section("Pareto frontier", table(head, vectors, shown)),
    ]
    return document(f"{found.name}: analysis", parts)


def _glance(study: Study) -> list[str]:
    charts = []
    rounds, prices = study.rounds.sample, study.prices.sample
    if len(rounds) > 1:
        charts.append(histogram(rounds, "rounds until agreement", "rounds", whole=True).svg())
    if len(prices) > 1:
        charts.append(histogram(prices, "price agreed on or paid", "prices").svg())
    return charts


def _faults(total: GroupReport) -> str:
    rows = [(kind, number(count), total.examples.get(kind, "")) for kind, count in total.faults.items()]
    return table(("kind", "times", "the first"), rows, "", "left")


def _session(talk: Talk, place: int, issues: Sequence[str]) -> str:
    outcome = talk.outcome
    ending = f"{outcome.final_state} in round {outcome.rounds_used}"
    if outcome.accepted_offer is not None:
        ending += f" at {words(outcome.accepted_offer.value, issues)}"
    if outcome.failure_reason is not None:
        ending += f": {outcome.failure_reason}"
    parts = [f"<h3>{escape(outcome.id)}</h3><p>{escape(ending)}</p>", _beside(talk), _result(talk)]
    parts.append(_figures(talk_charts(talk, f"talk{place}", issues)))
    faults = [(one.who, one.what, one.cause) for one in outcome.faults[:FAULTS_TOLD]]
    parts.append(table(("agent", "fault", "cause"), faults, "", "left"))
    parts.append(_offers(talk, issues))
    return "<article>" + "".join(part for part in parts if part) + "</article>"


def _beside(talk: Talk) -> str:
    found = talk.comparison
    if found is None:
        return ""
    if not found.possible:
        return "<p>No bargain was possible: no deal gives every party its reservation value.</p>"
    told = [
        "Pareto-efficient" if found.efficient else f"{number(found.to_frontier)} from the frontier",
        *(f"{number(distance)} from {name}" for name, distance in found.to_points.items()),
    ]
    own = ", ".join(f"{name} {number(one)}" for name, one in zip(found.parties, found.utilities, strict=True))
    return f'<p class="soft">{escape(own)}: {escape("; ".join(told))}.</p>'


def _result(talk: Talk) -> str:
    told = plain(talk.outcome.result)
    if not isinstance(told, dict):
        return ""
    facts = "; ".join(f"{key}: {in_line(one)}" for key, one in told.items() if key != "bids" and one)
    return f'<p class="soft">{escape(facts)}</p>'


def _offers(talk: Talk, issues: Sequence[str]) -> str:
    offers = talk.outcome.all_offers
    if not offers:
        return ""
    accepted = talk.outcome.accepted_offer
    half = OFFERS_TOLD // 2
    shown = list(offers) if len(offers) <= OFFERS_TOLD else [*offers[:half], *offers[-half:]]
    rows = "".join(
        f"<tr{DEAL if accepted is not None and one.id == accepted.id else ''}>"
        f"<td>{one.round}</td><td>{escape(one.agent)}</td><td>{escape(words(one.value, issues))}</td></tr>"
        for one in shown
    )
    left = f" ({number(len(shown))} of {number(len(offers))} shown)" if len(shown) < len(offers) else ""
    head = '<thead><tr><th scope="col">round</th><th scope="col">agent</th><th scope="col">offer</th></tr></thead>'
    table_ = f'<div class="wide"><table class="left">{head}<tbody>{rows}</tbody></table></div>'
    return f"<details><summary>The offers{left}</summary>{table_}</details>"
