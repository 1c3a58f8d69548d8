from __future__ import annotations

from collections import Counter

import pytest

from ballgen.data.stratified import choose, shares


def test_shares_add_up_and_follow_the_counts():
    taken = shares(Counter(a=70, b=25, c=5), 10)
    assert sum(taken.values()) == 10
    assert taken == {"a": 7, "b": 2, "c": 1} or taken == {"a": 7, "b": 3, "c": 0}


def test_a_class_keeps_members_back_where_it_can():
    counts = Counter(big=100, **{f"lone{index}": 1 for index in range(10)})
    assert shares(counts, 11)["big"] == 10
    assert shares(counts, 11, keep=1)["big"] == 11
    assert sum(shares(Counter(a=1, b=1), 1, keep=1).values()) == 1


def test_more_than_there_is_gives_all():
    assert choose(["x", "y"], ["a", "b"], 5, "salt") == [0, 1]
    assert choose([], [], 5, "salt") == []


def test_choice_depends_on_keys_not_on_order():
    keys, labels = [f"p{i}" for i in range(40)], ["a", "b"] * 20
    chosen = {keys[i] for i in choose(keys, labels, 10, "salt")}
    back = choose(keys[::-1], labels[::-1], 10, "salt")
    assert {keys[::-1][i] for i in back} == chosen
    assert Counter(labels[keys.index(key)] for key in chosen) == {"a": 5, "b": 5}


@pytest.mark.parametrize("salt", ["limit 1", "limit 2"])
def test_another_salt_chooses_others(salt):
    keys = [str(i) for i in range(100)]
    assert choose(keys, ["a"] * 100, 10, salt) != choose(keys, ["a"] * 100, 10, "limit 0")
