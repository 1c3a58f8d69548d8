from __future__ import annotations

from tests.helpers.runs import finished, registry, tiny_run

__all__ = ["finished", "registry", "tiny_run"]
