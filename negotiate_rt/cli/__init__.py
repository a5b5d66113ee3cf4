"""The command line: `negotiate-rt run`, `list`, `explain`, `validate`, `schema`, `demo`, `tournament`, `audit`, `solve`,
`mediate`, `generate`, `stress`, `verify`.

Results go to stdout, progress and logs to stderr. Exit codes: 0 all went well (no deal is well), 1 a bug of ours, 2 a
mistake of the user's, 4 a property that was required and is broken, 130 Ctrl-C, with partial results. Everything but
click loads inside the commands, so that help is there at once.
"""

from __future__ import annotations

from negotiate_rt.cli.auditing import audit
from negotiate_rt.cli.commands import main, program
from negotiate_rt.cli.generating import generate
from negotiate_rt.cli.mediating import mediate
from negotiate_rt.cli.solving import solve
from negotiate_rt.cli.stressing import stress
from negotiate_rt.cli.tournaments import tournament
from negotiate_rt.cli.verifying import verify

program.add_command(tournament)
program.add_command(audit)
program.add_command(stress)
program.add_command(solve)
program.add_command(mediate)
program.add_command(verify)
program.add_command(generate)

__all__ = ["main", "program"]
