"""What the browser sends of a folder becomes a .zip."""

from __future__ import annotations

import io
import json
import zipfile

import pytest

from ballgen.errors import InputError
from ballgen.ui.widgets.sources import to_zip


def sent(files: dict[str, bytes]) -> bytes:
    """As upload.js sends it."""
    names = json.dumps([(path, len(content)) for path, content in files.items()]).encode()
    return len(names).to_bytes(4, "little") + names + b"".join(files.values())


def test_a_folder_becomes_a_zip_whose_names_lead_nowhere() -> None:
    files = {"mine/a/1.png": b"one", "mine/../../b\\..\\\n.png": b"two", "/ä.png": b""}
    name, content = to_zip("mine.folder", sent(files))
    assert name == "mine.zip" and to_zip("mine.folder", sent(files))[1] == content
    archive = zipfile.ZipFile(io.BytesIO(content))
    found = {name: archive.read(name) for name in archive.namelist()}
    assert found == {"mine/a/1.png": b"one", "mine/b_..__.png": b"two", "ä.png": b""}


def test_a_zip_stays_as_it_is() -> None:
    assert to_zip("my balls.zip", b"any") == ("my balls.zip", b"any")


@pytest.mark.parametrize("content", [b"", b"\xff\xff\xff\xff", sent({"1.png": b"one"})[:-1]])
def test_what_did_not_arrive_whole_is_refused(content: bytes) -> None:
    with pytest.raises(InputError, match=r"mine\.folder did not arrive whole: try again"):
        to_zip("mine.folder", content)
