# ruff: noqa: E501 - tables
"""Folders as people have them: whole kinds, each read right."""

from __future__ import annotations

import io
import json

import pytest
from PIL import Image

from tests.data.conftest import COLOURS
from tests.helpers.folders import colours, load_folder, named_labels

pytestmark = pytest.mark.filterwarnings("error")  # such as Pillow's, of odd files
NAMES = ("red", "green")  # of image n: NAMES[n % 2]


def image(colour, kind: str = "PNG", mode: str = "RGB", size=(32, 32), **options) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size, COLOURS.get(colour, colour)).convert(mode).save(file, kind, **options)
    return file.getvalue()


def images(form: str = "{}.png", first: int = 0, count: int = 20) -> dict[str, bytes]:
    return {form.format(n): image(NAMES[n % 2]) for n in range(first, first + count)}


def rows(form: str, *header: str, count: int = 20) -> str:
    """{n} is an image's number, {c} its class, {k} 0 or 1, {f} a measure."""
    found = [
        {"n": n, "c": NAMES[n % 2], "k": n % 2, "j": 1 - n % 2, "f": n / 7} for n in range(count)
    ]
    return "\n".join([*header, *(form.format(**row) for row in found)])


def in_json(**row: str) -> list[dict]:
    return [{key: text.format(n=n, c=NAMES[n % 2]) for key, text in row.items()} for n in range(20)]


def json_lines(found: list) -> str:
    return "\n".join(map(json.dumps, found))


FLAT, SPLITS = images(), images("train/{}.png") | images("test/{}.png", 20, 6)
SHARDS = images("00000/img{}.png", 0, 10) | images("00001/img{}.png", 10, 10)
# name: files, training and test images, names of factors, and of classes where they are others.
# Of 20 images in one pool, 4 are held out.
TABLES = {
    "labels.csv": (FLAT | {"labels.csv": rows("{n}.png,{c}", "file,label")}, 16, 4),
    "labels.tsv": (FLAT | {"labels.tsv": rows("{n}.png\t{c}", "file\tlabel")}, 16, 4),
    "labels.txt": (FLAT | {"labels.txt": rows("{n}.png {c}")}, 16, 4),
    "semicolons": (FLAT | {"metadata.csv": rows("{n}.png;{c}", "file_name;label")}, 16, 4),
    "a mark of bytes": (FLAT | {"labels.csv": "\ufeff" + rows("{n}.png,{c}", "id,label")}, 16, 4),
    "annotations.csv": (FLAT | {"annotations.csv": rows("{n}.png,{c}", "image,class")}, 16, 4),
    "any name": (FLAT | {"birds.csv": rows("{n},{n}.png,{c}", ",filepaths,labels")}, 16, 4),
    "beside a folder": (
        images("pictures/{}.png") | {"data.csv": rows("pictures/{n}.png,{c}", "path,label")}, 16, 4,
    ),
    "kaggle": (
        SPLITS | {"train.csv": rows("{n},{c}", "id,label"),
                  "sample_submission.csv": rows("{n},red", "id,label", count=26)}, 16, 4,
    ),
    "kaggle, rows of tests": (
        SPLITS | {"train.csv": rows("{n},{c}", "id,label"), "test.csv": rows("{n}", "id")}, 16, 4,
    ),
    "kaggle, one folder": (
        images("images/train_{}.jpg") | images("images/test_{}.jpg", 0, 6)
        | {"train.csv": rows("train_{n},{j},{k}", "image_id,red,green"),
           "test.csv": rows("test_{n}", "image_id", count=6)}, 16, 4,
    ),
    "a table for each split": (
        images("images/{}.png", 0, 26)
        | {"train.csv": rows("{n}.png,{c}", "file,label"),
           "test.csv": "file,label\n" + "\n".join(f"{n}.png,{NAMES[n % 2]}" for n in range(20, 26))},
        20, 6,
    ),
    "a column of splits": (
        FLAT | {"labels.csv": "file,label,split\n" + "\n".join(
            f"{n}.png,{NAMES[n % 2]},{'test' if n < 6 else 'train'}" for n in range(20))}, 14, 6,
    ),
    "hugging face": (
        SPLITS | {"train/metadata.csv": rows("{n}.png,{c}", "file_name,label"),
                  "test/metadata.csv": "file_name,label\n20.png,red\n21.png,green\n22.png,red"},
        20, 3,
    ),
    "hugging face, jsonl": (
        FLAT | {"metadata.jsonl": json_lines(in_json(file_name="{n}.png", label="{c}"))}, 16, 4,
    ),
    "json": (FLAT | {"dataset.json": json.dumps(in_json(image="{n}.png", category="{c}"))}, 16, 4),
    "json, by name": (
        FLAT | {"labels.json": json.dumps({f"{n}.png": NAMES[n % 2] for n in range(20)})}, 16, 4,
    ),
    "json, columns": (
        FLAT | {"dataset.json": json.dumps({"file_name": [f"{n}.png" for n in range(20)],
                                            "labels": [NAMES[n % 2] for n in range(20)]})}, 16, 4,
    ),
    "stylegan": (
        SHARDS | {"classes.txt": "red\ngreen\n", "dataset.json": json.dumps(
            {"labels": [[f"0000{n // 10}/img{n}.png", n % 2] for n in range(20)]})}, 16, 4,
        (), ("red", "green"),
    ),
    "lost zeros": (images("{:05d}.png") | {"labels.csv": rows("{n},{c}", "id,label")}, 16, 4),
    "gained a fraction": (images("{:05d}.png") | {"train.csv": rows("{n}.0,{c}", "id,label")}, 16, 4),
    "another extension": (images("{}.png") | {"labels.csv": rows("{n}.jpg,{c}", "id,label")}, 16, 4),
    "numbers are factors": (
        FLAT | {"metadata.csv": rows("{n},{n}.png,{c},{f},{n},640", "id,file_name,label,size px,x px,width")},
        16, 4, ("size px", "x px"),
    ),
    "indicators": (FLAT | {"labels.csv": rows("{n}.png,{f},{j},{k}", "file,weight,red,green")}, 16, 4, ("weight",)),
    "indicators of yes": (FLAT | {"attributes.csv": rows("{n}.png,{j},{k}", "file,red,green").replace("0\n", "-1\n")}, 16, 4),
    "indicators of several": (
        {f"{NAMES[n % 2]}/{n}.png": image(NAMES[n % 2]) for n in range(20)}
        | {"labels.csv": rows("{n}.png,{c},{k},1", "file,label,round,new", count=19) + "\n19.png,green,1,0"}, 16, 4,
        ("round", "new"),
    ),
    "splits below the classes": (
        {f"{NAMES[n % 2]}/{'val' if n < 6 else 'train'}/{n}.png": image(NAMES[n % 2]) for n in range(20)}, 14, 6,
    ),
    "attributes": (
        {f"{NAMES[n % 2]}/{n}.png": image(NAMES[n % 2]) for n in range(20)}
        | {"list_attr.csv": rows("{n},{j},{k},1", "image_id,a,b,c"), "0.json": json.dumps({"imagePath": "0.png", "version": "5"}),
           "notes.txt": "3.png is red\n4.png is not\n"}, 16, 4,
    ),
    "folders beside captions": (
        {f"{NAMES[n % 2]}/{n}.png": image(NAMES[n % 2]) for n in range(20)}
        | {"metadata.csv": rows("{n}.png,picture number {n}", "file_name,text")}, 16, 4,
    ),
    "folders, tests without": (
        {f"train/{NAMES[n % 2]}/{n}.png": image(NAMES[n % 2]) for n in range(20)}
        | images("test/{}.png", 20, 6), 16, 4,
    ),
    "train2017": (
        {f"{split}2017/{NAMES[n % 2]}/{n}.png": image(NAMES[n % 2]) for n in range(20)
         for split in ("train", "val")}, 20, 20,
    ),
    "what systems leave behind": (
        {f"{NAMES[n % 2]}/{n}.PNG": image(NAMES[n % 2]) for n in range(20)}
        | {"__MACOSX/red/._1.png": b"x", "red/Thumbs.db": b"x", "red/.DS_Store": b"x", "desktop.ini": "x",
           "red/._2.png": b"x", "README.txt": "0.png is red\n"}, 16, 4,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", TABLES)
def test_kinds_of_labels(name, tmp_path):
    files, train, test, factors, classes = (
        *TABLES[name],
        *((), ("green", "red"))[len(TABLES[name]) - 3 :],
    )
    for path, content in files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(content if isinstance(content, bytes) else content.encode())
    for split, count in (("train", train), ("test", test)):
        found = load_folder(tmp_path, split)
        assert len(found) == count, (found.skipped_files, found.class_names)
        assert found.class_names == classes
        assert named_labels(found) == colours(found)
        assert found.factor_names == factors
