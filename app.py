"""The front door of the dashboard: streamlit run app.py"""

from __future__ import annotations

from ballgen.ui.shell import open_app

open_app()
