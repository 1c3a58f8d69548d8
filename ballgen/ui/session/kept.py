"""What all sessions of the server have made, kept for whoever asks next."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Made = TypeVar("Made")


class Kept(Generic[Made]):
    """At most so many results by key; the one used longest ago is forgotten first."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._made: OrderedDict[Hashable, Made] = OrderedDict()

    def __contains__(self, key: Hashable) -> bool:
        return key in self._made

    def get(self, key: Hashable, make: Callable[[], Made]) -> Made:
        """What is kept under `key`, made first if there is nothing."""
        if key not in self._made:
            self.put(key, make())
        self._made.move_to_end(key)
        return self._made[key]

    def put(self, key: Hashable, made: Made) -> None:
        """Keep it under `key`, in place of what was there."""
        self._made[key] = made
        self._made.move_to_end(key)
        while len(self._made) > self._most:
            self._made.popitem(last=False)
