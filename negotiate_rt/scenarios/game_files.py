"""Games in files of their own: TOML or JSON with a `type` on top, as a scenario's problem has it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.scenarios.domain import read_source
from negotiate_rt.scenarios.domain_files import EDITORS
from negotiate_rt.scenarios.domains import sniffed
from negotiate_rt.scenarios.game_format import GAMES, AnyGame, game_of
from negotiate_rt.scenarios.reading import ScenarioError, build, decoded, parse

TAGS = {str(one.__struct_config__.tag) for one in GAMES}
ABOUT = ("name", "description")


class GameFile(NamedTuple):
    """A game, and what it is called."""

    name: str
    game: Any  # a CoalitionGame, whose module is heavy


class _Held(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a game file holds, one step down, so that a flaw is told with its field."""

    game: AnyGame


def is_game(tree: Mapping[str, Any]) -> bool:
    """Whether a tree is a game file's: it says of which type."""
    return tree.get("type") in TAGS


def read_game(path: str | Path) -> GameFile | None:
    """Return the game in a file; None if it holds something else, or there is no such file. Raises ScenarioError."""
    place = Path(path)
    if not place.is_file():
        return None
    source = read_source(place)
    try:
        tree = parse(decoded(source.content), sniffed(source, place))
    except (ScenarioError, KeyError):
        return None  # told by who takes it for a scenario or a domain
    if not is_game(tree):
        return None
    about = {name: tree.pop(name, "") for name in ABOUT}
    tree.pop(EDITORS, None)
    try:
        game = game_of(build({"game": tree}, _Held).game, "game")
    except ScenarioError as error:
        raise ScenarioError([flaw.removeprefix("game.") for flaw in error.flaws], str(path)) from None
    except ConfigurationError as error:
        raise ScenarioError([str(error)], str(path)) from None
    return GameFile(str(about["name"] or place.stem), game)
