"""Text from outside: of links, names, files and messages, shown as exactly what it is.

Streamlit renders nearly all text as Markdown, with links, images, icons, colours and formulas, and
Plotly renders some HTML. What is not written in this package goes through here on its way there;
a test holds all pages to that.
"""

import re

import streamlit as st

from ballgen.util.wording import readable

# An invisible character, where a mark would still be read once backslashes are gone: in addresses
# without brackets, :codes: and arrows.
GLUE = "\N{WORD JOINER}"
GLUED = re.compile(
    r"(?<=:)(?=\S)|(?<=www)(?=\.)|(?<=@)(?=\S)|(?<!\S)(?=(?:<->|->|<-|--|>=|<=|~=)(?!\S))",
    re.IGNORECASE,
)
# Not the underscores inside of names, which are no markup.
ESCAPED = re.compile(r"([\\`*\[\]<>$~|&#]|(?<![^\W_])_|_(?![^\W_]))")
FIRST = re.compile(r"^(\d*)([-+.)]|-+|=+)(?=\s|$)")  # of a list, a rule or a heading


def escaped(text: object) -> str:
    """Markdown that shows `text`, on one line, as it is."""
    return FIRST.sub(r"\1\\\2", ESCAPED.sub(r"\\\1", GLUED.sub(GLUE, readable(text))))


def show_error(error: object, icon: str = ":material/error:") -> None:
    """What went wrong, in a red box."""
    st.error(escaped(error), icon=icon)


def show_warning(warning: object, icon: str = ":material/warning:") -> None:
    """What is not as it should be, in a yellow box."""
    st.warning(escaped(warning), icon=icon)
