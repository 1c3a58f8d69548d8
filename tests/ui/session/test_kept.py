from __future__ import annotations

from ballgen.ui.session.kept import Kept


def test_the_one_used_longest_ago_is_forgotten_first():
    kept, made = Kept(2), []

    def asked(key: str) -> str:
        return kept.get(key, lambda: made.append(key) or key)

    assert [asked(key) for key in "abacab"] == list("abacab")
    assert made == ["a", "b", "c", "b"]
    assert "c" not in kept and "a" in kept


def test_what_is_put_replaces():
    kept = Kept(2)
    kept.put("a", 1)
    kept.put("a", 2)
    assert kept.get("a", lambda: 3) == 2
