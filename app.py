"""The front door of the dashboard: streamlit run app.py"""

from __future__ import annotations

if __name__ == "__main__":  # a visit of a page
    from ballgen.ui.shell import open_app

    open_app()
else:  # the server, which Streamlit finds by the name `app`
    from streamlit.starlette import App

    from ballgen.ui.server import MIDDLEWARE, lifespan

    app = App(__file__, middleware=MIDDLEWARE, lifespan=lifespan)
