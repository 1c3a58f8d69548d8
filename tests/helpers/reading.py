"""Reads from a page what it shows."""

from __future__ import annotations

import base64
import io
import json

import numpy as np
import torch
from PIL import Image
from streamlit.testing.v1 import AppTest

from ballgen.ui.widgets.images import SHEET_COLUMNS


def images_of(app: AppTest, key: str, row: int = 0) -> torch.Tensor:
    """The images of one row of a sheet, uint8 (N, 3, H, W), as the browser gets them."""
    data = json.loads(app.get_by_key(key).proto.json)
    file = io.BytesIO(base64.b64decode(data["rows"][row]["sheet"]))
    pixels = np.asarray(Image.open(file).convert("RGB"))
    return cut(pixels, data["count"], data["height"], data["width"])


def followed(app: AppTest, key: str, row: int = 0) -> tuple[dict, torch.Tensor]:
    """What a sheet follows, and its images for each place of it, uint8 (frames, N, 3, H, W)."""
    data = json.loads(app.get_by_key(key).proto.json)
    file = io.BytesIO(base64.b64decode(data["rows"][row]["sheet"]))
    pixels = np.asarray(Image.open(file).convert("RGB"))
    (follow,), count = data["follow"], data["count"]
    frames = follow["frames"]
    tiles = cut(pixels, frames * count, data["height"], data["width"])
    return follow | {"asks": data["asks"]}, tiles.unflatten(0, (frames, count))


def cells(app: AppTest, key: str) -> dict[str, dict]:
    """The cells of a row of a figure, by the titles of their columns."""
    data = json.loads(app.get_by_key(key).proto.json)
    titles = [column["title"] for column in data["columns"]]
    return dict(zip(titles, data["rows"], strict=True))


def cut(sheet: np.ndarray, count: int, height: int, width: int) -> torch.Tensor:
    """uint8 (N, 3, H, W) of a sheet (rows, columns, 3)."""
    places = [divmod(index, SHEET_COLUMNS) for index in range(count)]
    parts = [
        sheet[row * height : (row + 1) * height, column * width : (column + 1) * width]
        for row, column in places
    ]
    return torch.from_numpy(np.stack(parts)).permute(0, 3, 1, 2)


def alt(app: AppTest, key: str) -> str:
    """What is read aloud in place of a sheet."""
    return json.loads(app.get_by_key(key).proto.json)["alt"]


def said(app: AppTest) -> str:
    """All prose on the page."""
    parts = [app.title, app.header, app.markdown, app.caption, app.info, app.warning, app.code]
    return "\n".join(element.value for part in parts for element in part)


def table_of(app: AppTest, first: str):
    """The table whose first column has this title, by that column, as it is read."""
    (table,) = (t.value for t in (*app.table, *app.dataframe) if t.value.columns[0] == first)
    table = table.replace(r"^\*\*(.*)\*\*$", r"\1", regex=True)  # bold
    return table.replace(r"\\(.)", r"\1", regex=True).set_index(first)
