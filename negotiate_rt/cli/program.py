"""How the program ends: exit codes, one clear message for a user's mistake, quiet when a pipe closes."""

from __future__ import annotations

import difflib
import os
import sys
import traceback
from typing import Any

import rich_click as click
from click.exceptions import Exit

MISTAKE, BUG, INTERRUPTED = 2, 1, 130
REPORT_IT = "This is a bug in negotiate_rt, not a mistake of yours: please report it, with the lines above."


class Program(click.RichGroup):
    """The group of all commands; turns what they raise into an exit code."""

    def invoke(self, ctx: click.Context) -> Any:  # whatever the command returns
        """Run the command."""
        from negotiate_rt.errors import ConfigurationError, JournalError

        try:
            return super().invoke(ctx)
        except (ConfigurationError, JournalError) as error:
            fail(str(error))
            raise Exit(MISTAKE) from None
        except KeyboardInterrupt:
            fail("interrupted")
            raise Exit(INTERRUPTED) from None
        except BrokenPipeError:
            hush()
            raise Exit(0) from None
        except (click.ClickException, Exit, click.Abort):
            raise
        except Exception as error:  # noqa: BLE001  # the last resort: whatever it is, the user gets told whose it is
            traceback.print_exc()
            fail(f"{type(error).__name__}: {error}\n{REPORT_IT}")
            raise Exit(BUG) from None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command of a name; an unknown one is answered with the nearest."""
        known = self.list_commands(ctx)
        if args and not args[0].startswith("-") and args[0] not in known:
            close = difflib.get_close_matches(args[0], known, n=1)
            hint = f" Did you mean {close[0]!r}?" if close else f" Commands: {', '.join(known)}."
            ctx.fail(f"No such command {args[0]!r}.{hint}")
        return super().resolve_command(ctx, args)


def fail(text: str) -> None:
    """Say on stderr what went wrong."""
    click.echo(f"{click.style('Error:', fg='red')} {text}", err=True)


def hush() -> None:
    """Let nothing more be written to a stdout that nobody reads."""
    try:
        target = sys.stdout.fileno()
    except (OSError, ValueError):  # not a real file, as in tests
        return
    devnull = os.open(os.devnull, os.O_WRONLY)
    os.dup2(devnull, target)
    os.close(devnull)
