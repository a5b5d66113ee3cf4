from __future__ import annotations

import copy
import pickle
from collections.abc import Mapping

import pytest

from negotiate_rt.errors import ConfigurationError
from negotiate_rt.problems.task import FrozenMapping, Task, freeze


def test_a_task_is_a_mapping_of_its_attributes():
    task = Task(hours=4, title="weld")
    assert isinstance(task, Mapping)
    assert task["hours"] == 4
    assert dict(task) == {"hours": 4, "title": "weld"}
    assert len(task) == 2
    assert "hours" in task
    assert repr(Task(hours=4)) == "Task(hours=4)"


def test_a_task_may_have_an_attribute_called_self():
    assert Task(self=1)["self"] == 1


def test_names_that_are_no_identifiers_still_show():
    assert repr(Task(**{"due date": 3})) == "Task(**{'due date': 3})"


def test_everything_inside_a_task_is_frozen():
    task = Task(steps=[1, [2, {"on": {"m1"}}]], raw=bytearray(b"x"), more={"a": [1]}, seen={1, 2})
    assert task["steps"] == (1, (2, FrozenMapping({"on": frozenset({"m1"})})))
    assert isinstance(task["more"], FrozenMapping)
    assert task["more"]["a"] == (1,)
    assert task["raw"] == b"x"
    assert type(task["seen"]) is frozenset
    with pytest.raises(TypeError):
        task["hours"] = 5
    with pytest.raises(AttributeError):
        task.hours = 5


def test_a_change_to_the_source_does_not_reach_the_task():
    steps = [1]
    task = Task(steps=steps)
    steps.append(2)
    assert task["steps"] == (1,)


def test_tasks_equal_other_mappings_and_hash_by_value():
    assert Task(hours=4) == Task(hours=4) == {"hours": 4}
    assert Task(hours=4) == {"hours": 4}
    assert Task(hours=4) != Task(hours=5)
    assert Task(hours=4) != 4
    assert hash(Task(a=1, b={"c": [2]})) == hash(Task(b={"c": [2]}, a=1))
    task = Task(hours=4)
    assert hash(task) == hash(task)
    assert {task: "x"}[Task(hours=4)] == "x"


def test_a_task_with_unhashable_values_is_not_hashable():
    class Odd:
        __hash__ = None

    with pytest.raises(TypeError, match="unhashable"):
        hash(Task(odd=Odd()))


def test_a_missing_attribute_names_those_there_are_and_the_closest():
    with pytest.raises(KeyError, match=r"the task has no attribute 'hour', only hours, cost; did you mean 'hours'?"):
        Task(hours=4, cost=1)["hour"]
    with pytest.raises(KeyError, match="only none at all"):
        Task()["x"]
    with pytest.raises(KeyError, match=r"there is no key 'b', only a, 3"):
        Task(more={"a": 1, 3: 4})["more"]["b"]
    with pytest.raises(KeyError, match="there is no key 1, only none at all"):
        FrozenMapping({})[1]


def test_tasks_pickle_and_copy():
    task = Task(hours=4, more={"a": [1]})
    hash(task)
    for twin in (pickle.loads(pickle.dumps(task)), copy.deepcopy(task), copy.copy(task)):
        assert twin == task
        assert type(twin) is Task
        assert type(twin["more"]) is FrozenMapping
    assert repr(task["more"]) == "{'a': (1,)}"


def test_a_task_that_contains_itself_is_refused():
    loop: list[object] = []
    loop.append({"again": loop})
    with pytest.raises(ConfigurationError, match="contains itself"):
        Task(loop=loop)


def test_freezing_keeps_what_is_frozen_already():
    inner = Task(a=1)
    assert freeze(inner) is inner
    assert freeze("text") == "text"
    assert Task(inner=inner)["inner"] is inner
