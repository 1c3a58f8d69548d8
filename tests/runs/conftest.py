from __future__ import annotations

from tests.helpers.runs import registry, tiny_run

__all__ = ["registry", "tiny_run"]
