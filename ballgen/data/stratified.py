"""Chooses some images of many so that every class keeps its share.

The choice depends on names and a salt alone: not on the order in which a folder was listed.
"""

import hashlib
import heapq
from collections import Counter, defaultdict
from collections.abc import Hashable, Sequence


def rank(key: str, salt: str) -> bytes:
    """The place of `key` in a fixed random order, which `salt` chooses."""
    return hashlib.sha256(f"{salt}:{key}".encode("utf-8", "surrogatepass")).digest()


def shares(counts: Counter[Hashable], total: int, keep: int = 0) -> dict[Hashable, int]:
    """How many of `total` fall to each class, in proportion to `counts` (largest remainder).

    Each class keeps `keep` members back, as long as `total` can be reached without them.
    """
    size = sum(counts.values())
    room = {name: max(count - keep, 0) for name, count in counts.items()}
    if sum(room.values()) < total:
        room = dict(counts)
    exact = {name: total * count / size for name, count in counts.items()}
    taken = {name: min(int(exact[name]), room[name]) for name in counts}
    # What is left goes one by one to the class that lacks most; of two, to the larger, then later.
    order = sorted(counts, key=lambda name: (counts[name], str(name)), reverse=True)
    lacking = [
        (taken[name] - exact[name], place, name)
        for place, name in enumerate(order)
        if taken[name] < room[name]
    ]
    heapq.heapify(lacking)
    for _ in range(min(total, size) - sum(taken.values())):
        _, place, name = heapq.heappop(lacking)
        taken[name] += 1
        if taken[name] < room[name]:
            heapq.heappush(lacking, (taken[name] - exact[name], place, name))
    return taken


def choose(
    keys: Sequence[str], labels: Sequence[Hashable], total: int, salt: str, keep: int = 0
) -> list[int]:
    """Indices, ascending, of `total` items: every class in its share, random within a class."""
    members = defaultdict(list)
    for index, label in enumerate(labels):
        members[label].append(index)
    taken = shares(Counter(labels), total, keep) if keys else {}
    chosen = []
    for label, indices in members.items():
        ranked = sorted(indices, key=lambda index: rank(keys[index], salt))
        chosen += ranked[: taken[label]]
    return sorted(chosen)
