"""Files that the browser asks for once, in place of data that come with every answer."""

from streamlit import runtime


def address_of(content: bytes, kind: str, place: str) -> str:
    """Where the browser finds `content` as long as this page shows it, below the server's root.

    kind   its type, as "image/webp"
    place  names what it is for: a later file of the same place may replace it
    """
    # As st.image does; Streamlit has no public name for it.
    address = runtime.get_instance().media_file_mgr.add(content, kind, place)
    return address.lstrip("/")
