from __future__ import annotations

from examples.supply_chain import SILENT, WHEELS, main


def test_the_record_of_earlier_work_saves_the_wait_for_who_falls_silent(capsys):
    found = main()
    assert [order.called_off for order in found["cost"]] == [(SILENT,)] * 3
    assert [order.called_off for order in found["expected-cost"]] == [(SILENT,), (), ()]
    assert [order.seconds for order in found["expected-cost"]] == [54, 44, 44], "ten seconds of silence, once"
    printed = capsys.readouterr().out
    assert "likely to deliver: Acme 0.33" in printed
    assert printed.count("Acme was called off") == 4


def test_the_next_best_maker_gets_the_wheels():
    for orders in main().values():
        assert {(order.assembler, order.maker, order.wheels) for order in orders} == {("Nord", "Roll", 960.0)}
        assert min(WHEELS, key=lambda maker: WHEELS[maker]) == SILENT
