from __future__ import annotations

import pytest

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.runtime.dead_letters import DeadLetter, DeadLetters


def test_all_are_counted_and_the_last_are_kept() -> None:
    sink = DeadLetters(keep=2)
    for number in range(5):
        sink.add(number, "late" if number % 2 else "closed")
    assert sink.counts == {"closed": 3, "late": 2}
    assert sink.counts["never heard of"] == 0
    assert sink.total == 5
    assert sink.recent == (DeadLetter(3, "late"), DeadLetter(4, "closed"))
    assert repr(sink) == "<DeadLetters: 3 closed, 2 late>"


def test_an_empty_sink_says_so_and_one_may_keep_nothing() -> None:
    sink = DeadLetters(keep=0)
    assert repr(sink) == "<DeadLetters: none>"
    sink.add("x", "lost")
    assert sink.recent == ()
    assert sink.counts == {"lost": 1}


def test_counts_cannot_be_changed_from_outside() -> None:
    with pytest.raises(TypeError):
        DeadLetters().counts["lost"] = 3


def test_a_negative_size_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="got -1"):
        DeadLetters(-1)
