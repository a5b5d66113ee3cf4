from __future__ import annotations

import re

from negotiate_rt.machine import Table
from negotiate_rt.machine.diagram import mermaid, rules_text
from negotiate_rt.messages.performatives import Accept, Propose, Reject
from tests.machine.tables import contracting, haggling, whole


def test_a_small_table_is_drawn_in_full() -> None:
    moves = {
        "opening": {("proposer", Propose): "to answer"},
        "to answer": {("responder", Accept): "AGREED", ("responder", Reject): "FAILED"},
    }
    table = Table("ultimatum", "opening", moves, timeouts={"to answer": "TIMEOUT"}, skips={"opening": "to answer"})
    assert mermaid(table) == (
        "stateDiagram-v2\n"
        '    state "to answer" as to_answer\n'
        "    [*] --> opening\n"
        "    opening --> to_answer: proposer propose\n"
        "    to_answer --> AGREED: responder accept-proposal\n"
        "    to_answer --> FAILED: responder reject-proposal\n"
        "    opening --> to_answer: skip\n"
        "    to_answer --> TIMEOUT: timeout or skip\n"
        "    AGREED --> [*]\n"
        "    FAILED --> [*]\n"
        "    TIMEOUT --> [*]\n"
    )
    assert rules_text(table) == (
        "state      who        says             leads to\n"
        "---------  ---------  ---------------  -------------\n"
        "opening    proposer   propose          to answer\n"
        "           -          skip             to answer\n"
        "to answer  responder  accept-proposal  AGREED (end)\n"
        "           responder  reject-proposal  FAILED (end)\n"
        "           -          timeout or skip  TIMEOUT (end)\n"
        "\n"
        "ends: AGREED, FAILED, TIMEOUT\n"
    )


def test_every_row_is_an_arrow_and_a_line() -> None:
    table = haggling()
    drawing, text = mermaid(table), rules_text(table)
    for state, rows in table.moves.items():
        for (who, kind), to in rows.items():
            act = kind.__struct_config__.tag
            assert f"    {state} --> {to}: {who} {act}\n" in drawing
            shown = "(stays)" if to == state else to
            assert re.search(rf"{who} +{act} +{re.escape(shown)}", text)
    assert "buyer_to_answer --> DEADLOCK: rounds used up" in drawing
    assert re.search(r"- +rounds used up +DEADLOCK \(end\)", text)
    assert "buyer_to_answer --> TIMEOUT: timeout\n" in drawing


def test_a_joint_table_is_drawn_beside_the_dialogue() -> None:
    drawing = mermaid(contracting(), whole())
    assert 'state "manager, the whole" as joint_table {' in drawing
    assert 'state "manager and contractor, each dialogue" as dialogue_table {' in drawing
    assert "        collecting" not in drawing  # every id of the joint table is its own
    assert "joint_collecting --> joint_awarding: 'evaluated'\n" in drawing
    assert "joint_collecting --> joint_awarding: timeout\n" in drawing
    assert "joint_awarding --> joint_awarding: accept-proposal\n" in drawing
    assert "joint_AGREED --> [*]" in drawing
    assert "DONE --> [*]" in drawing
    assert drawing.count("{") == drawing.count("}") == 2


def test_the_text_of_a_joint_table_follows_the_dialogues() -> None:
    text = rules_text(contracting(), whole())
    assert "NOT_AWARDED (end)" in text
    dialogue, joint = text.split("\nthe whole, as manager leads it ('quoted': a step of its own)\n")
    assert dialogue.endswith("ends: NOT_AWARDED, DONE, CANCELLED, NOT_DONE\n")
    lines = joint.splitlines()
    assert lines[0].split() == ["state", "says", "or", "does", "leads", "to"]
    assert re.fullmatch(r"collecting +reject-proposal +\(stays\)", lines[4])
    assert any(re.fullmatch(r" +'nobody' +FAILED \(end\)", line) for line in lines)
    assert any(re.fullmatch(r" +timeout +TIMEOUT \(end\)", line) for line in lines)
    assert not any(line != line.rstrip() for line in text.splitlines())


def test_a_guarded_step_tells_where_nobody_may_be() -> None:
    guarded = whole(guards={"evaluated": ("working", "awaiting_bid")})
    assert "'evaluated' (nobody in working, awaiting_bid)" in rules_text(contracting(), guarded)
    assert "'evaluated' (nobody in working, awaiting_bid)" in mermaid(contracting(), guarded)


def test_states_get_identifiers_that_mermaid_reads() -> None:
    moves = {"end": {("a", Propose): "to-answer"}, "to-answer": {("b", Accept): "to.answer", ("b", Reject): "Note"}}
    drawing = mermaid(Table("odd", "end", moves))
    ids = set(re.findall(r"^    (?:(\w+) --> |.* as (\w+)$)", drawing, re.MULTILINE))
    assert {one or other for one, other in ids} == {"end_", "to_answer", "to_answer_", "Note_"}
    assert '    state "to.answer" as to_answer_\n' in drawing
