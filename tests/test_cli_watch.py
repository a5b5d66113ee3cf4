"""`--watch`: what it counts, what it says, and that it comes and goes with a run."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from negotiate_rt import Buyer, NegotiationConfig, NegotiationExecutor, Seller
from negotiate_rt.cli.commands import program
from negotiate_rt.cli.watching import Watch, counted


class Thinker(Seller):
    """Thinks for a while, on the society's clock."""

    async def decide(self, view):
        await view.sleep(5)
        return super().decide(view)


def told(watch):
    return dict(watch.rows())


async def test_a_running_society_is_looked_at():
    executor = NegotiationExecutor()
    clock = iter(range(100))
    watch = Watch("haggling", 2, executor.statistics, lambda: float(next(clock)))
    watch.look()
    assert watch.now is None  # nothing runs yet
    going = [
        executor.start([Buyer(f"b{k}", 80), Thinker(f"s{k}", 60)], NegotiationConfig("bilateral", 10)) for k in range(2)
    ]
    while executor.statistics().calls_running < 2:  # noqa: ASYNC110  # nobody tells of calls
        await asyncio.sleep(0)
    watch.look()
    found = told(watch)
    assert found["sessions"] == "0 of 2, 2 open, 0 a second"
    assert found["hooks"].startswith("2 at work")
    assert "s0 decide" in found["slowest"]
    for one in going:
        one.cancel("enough")
        watch.add(await one)
        watch.done += 1
    assert told(watch)["ended"] == "2 FAILED"


def test_rates_are_those_of_the_last_looks():
    snapshots = iter([10, 40, 100])
    clock = iter([0.0, 1.0, 2.0])

    def snapshot():
        boxes = SimpleNamespace(waiting=3, fullest=2, dropped=1)
        return SimpleNamespace(
            open=4, messages=next(snapshots), calls_running=0, calls_waiting=0, orphans=0, mailboxes=boxes, slowest=(),
            dead_letters_by={"lost": 2, "closed": 5},
        )  # fmt: skip

    watch = Watch("w", 9, snapshot, lambda: next(clock))
    for _ in range(3):
        watch.look()
        watch.done += 2
    assert watch.rates() == (2.0, 45.0)
    assert told(watch)["dead letters"] == "5 closed, 2 lost"
    assert told(watch)["mailboxes"] == "3 messages wait, 2 in the fullest, 1 dropped"
    assert "45 a second" in watch.line()


def test_nothing_counted_is_a_dash():
    assert counted({}) == "-"


@pytest.mark.parametrize(
    "arguments", [("run", "haggling", "-n", "30", "--clock", "virtual"), ("demo", "-n", "60", "--clock", "virtual")]
)
def test_run_and_demo_can_be_watched(arguments):
    result = CliRunner().invoke(program, [*arguments, "--watch"], prog_name="negotiate-rt")
    assert result.exit_code == 0
    lines = [
        line
        for line in result.stderr.splitlines()
        if line.startswith(f"{'haggling' if 'run' in arguments else 'demo'}: sessions")
    ]
    total = arguments[3] if "run" in arguments else "60"
    assert f"sessions {total} of {total}" in lines[-1]
    assert "AGREED" in lines[-1]


def test_json_goes_to_stdout_alone():
    result = CliRunner().invoke(
        program, ["run", "haggling", "-n", "5", "--clock", "virtual", "--watch", "--json"], prog_name="negotiate-rt"
    )
    assert result.stdout.startswith("{")
    assert "haggling: sessions" in result.stderr
