from __future__ import annotations

from tests.report.conftest import balls, models, untrained

__all__ = ["balls", "models", "untrained"]
