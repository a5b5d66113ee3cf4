"""CPU seconds to import the package and to print the command's help, in processes of their own, interleaved.

Run: python benchmarks/startup.py
"""

from __future__ import annotations

import resource
import subprocess
import sys

from harness import header, interleaved, report


def child(*arguments: str) -> float:
    """Return the CPU seconds (user and system) of one child process."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    """Measure and print."""
    header("start-up")
    figures = interleaved(
        {
            "python -c pass": lambda: child("-c", "pass"),
            "import negotiate_rt (goal <= 0.2)": lambda: child("-c", "import negotiate_rt"),
            "import and use of the executor": lambda: child("-c", "from negotiate_rt import Buyer, NegotiationExecutor"),
            "negotiate-rt --help (goal <= 0.3)": lambda: child("-m", "negotiate_rt", "--help"),
        },
        repeats=7,
    )
    report(figures, "s CPU", 1.0)


if __name__ == "__main__":
    main()
