"""Where text goes: rich consoles that let a closed pipe be told to the program, and words as they are."""

from __future__ import annotations

import sys
from typing import NoReturn

from rich.console import Console

PIPED_WIDTH = 120  # columns where no terminal says how wide it is


class QuietConsole(Console):
    """A console that leaves a closed pipe to the program, which ends quietly."""

    def on_broken_pipe(self) -> NoReturn:
        """Raise BrokenPipeError, where rich would exit."""
        raise BrokenPipeError


def stdout_console() -> QuietConsole:
    """Return a console for results. Colours by NO_COLOR, FORCE_COLOR and what the terminal can."""
    return QuietConsole(highlight=False, markup=False, width=None if sys.stdout.isatty() else PIPED_WIDTH)


def stderr_console() -> QuietConsole:
    """Return a console for progress."""
    return QuietConsole(stderr=True)


def show(text: str) -> None:
    """Print one paragraph, wrapped nowhere."""
    stdout_console().print(text, soft_wrap=True)
