"""A comparison of mediation with direct bargaining, for people."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rich.text import Text

from negotiate_rt.lab.mediating import MediationComparison, SettledWay
from negotiate_rt.report.tables import number, table

if TYPE_CHECKING:
    from rich.console import RenderableType


def comparison_tables(found: MediationComparison) -> Iterator[RenderableType]:
    """Yield the parts of a comparison, in the order to print them."""
    size = "without number" if found.outcomes is None else number(found.outcomes)
    yield Text(f"parties {', '.join(found.parties)}; outcomes {size}; at most {found.rounds} rounds, seed {found.seed}")
    yield Text(best_in_words(found), style="dim")
    shown = table("ways to settle it", "way", "ended", "rounds", "messages", "welfare", "of best", "worst gain")
    for way in found.ways:
        shown.add_row(*_cells(way))
    yield shown
    for way in found.ways:
        if way.ended != "AGREED" and way.reason:
            yield Text(f"{way.way}: {way.reason}", style="dim")


def best_in_words(found: MediationComparison) -> str:
    """Return what is known of the best social welfare."""
    if found.best is None:
        return "no outcome is known that gives every party what it has without a deal"
    how = "proven" if found.proven else "the best found" if found.bound is None else f"at most {number(found.bound, 4)}"
    return f"best social welfare {number(found.best, 4)} ({how})"


def _cells(way: SettledWay) -> list[str]:
    ended = f"{way.ended}, imposed" if way.imposed else way.ended
    if way.welfare is None or way.worst is None:
        return [way.way, ended, "-", "-", "-", "-", "-"]
    share = "-" if way.share is None else f"{way.share:.1%}"
    return [way.way, ended, str(way.rounds), number(way.messages), number(way.welfare, 4), share, number(way.worst, 4)]
