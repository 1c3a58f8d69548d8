"""Puts what lies beside the package into a wheel, as ballgen/bundle/: see ballgen/util/paths.py.

An editable installation (`pip install -e .`) finds it all in the clone.
"""

from __future__ import annotations

from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

FILES = (
    "app.py",
    "train_all.py",
    "pages",
    "checkpoints",
    "studies/four_hypotheses/gains.csv",
    ".streamlit",
)


class Bundle(BuildHookInterface):
    """hatchling finds this class by itself."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Add the files to a wheel; `version` is "editable" where the clone stays in use."""
        if version == "standard":
            build_data["force_include"] |= {name: f"ballgen/bundle/{name}" for name in FILES}
