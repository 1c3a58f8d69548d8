from __future__ import annotations

import pytest

from ballgen.data.reading.image_names import ImageNames
from ballgen.data.reading.label_tables import read_factors, read_labels, sort_classes
from ballgen.errors import InputError

NAMES = ImageNames(["img_0.png", "img_1.png", "sub/img_2.jpg"])


def labels(text: str, classes=()) -> list[tuple[str, tuple[str, ...]]]:
    return pairs(text.encode(), NAMES, classes)


def pairs(data: bytes, names: ImageNames, classes=()) -> list[tuple[str, tuple[str, ...]]]:
    table = read_labels(data, "labels.csv", names, classes)
    return [*zip(table.images, table.labels, strict=True)]


def test_image_names_with_and_without_folder_and_extension():
    for name in ("img_2", "img_2.jpg", "sub/img_2", "sub/img_2.jpg", "./img_2", "Train/img_2.jpg"):
        assert NAMES.find(name) == "sub/img_2.jpg"
    assert NAMES.find("img_9") is None
    both = ImageNames(["a.1", "a.1.png"])
    assert both.find("a.1") == "a.1"


@pytest.mark.parametrize(
    "text",
    [
        "img_0,2\nimg_1,0\n",
        "file,label\nimg_0,2\nimg_1,0\n",
        "Image ID,class\nimg_0,2\nimg_1,0\n",
        "ball,kind\nimg_0.png,2\nimg_1.png,0\n",
        "ball,kind\nimg_0.png,2,\nimg_1.png,0,\n",
        "ball,kind,\nimg_0.png,2\nimg_1.png,0\n",
        "\ufeffimg_0;2\r\nimg_1;0\r\n\r\n",
        "img_0\t2.0\nimg_1\t0.0",
        " img_0 , 2 \n img_1 , 0 \n",
        "2,img_0\n0,img_1\n",
        "label,file\n2,img_0.png\n0,img_1.png\n",
        ",file,label,width\n0,img_0.png,2,640\n1,img_1.png,0,480\n",
        "file,photographer,class,class name\nimg_0,ann,2,golf\nimg_1,bob,0,tennis\n",
    ],
)
def test_spellings_of_one_label_column(text):
    assert [row for _, row in labels(text)] == [("2",), ("0",)]


def test_the_row_of_a_missing_image_is_no_header():
    assert labels("img_7,2\nimg_0,2\n") == [("img_7", ("2",)), ("img_0", ("2",))]
    assert labels("img_7\nimg_0\n") == [("img_7", ()), ("img_0", ())]


def test_no_label_column_and_several():
    assert labels("filename\nimg_0\nimg_1\n") == [("img_0", ()), ("img_1", ())]
    assert labels("img_0,1,2\nimg_1,0\n") == [("img_0", ("1", "2")), ("img_1", ("0", ""))]


def test_only_columns_named_as_labels_are_objects_where_a_header_names_some():
    second = "file,label,label_2\nimg_0,1,2\nimg_1,0,\n"
    assert labels(second) == [("img_0", ("1", "2")), ("img_1", ("0", ""))]
    better = "image_id,object_id,label\nimg_0,7,1\nimg_1,8,0\n"
    assert labels(better) == [("img_0", ("1",)), ("img_1", ("0",))]
    numbered = "file,weather,class_1,class_2\nimg_0,rain,1,2\nimg_1,sun,0,\n"
    assert labels(numbered) == [("img_0", ("1", "2")), ("img_1", ("0", ""))]
    unnamed = "file,left,right\nimg_0,1,2\nimg_1,0,\n"
    assert labels(unnamed) == [("img_0", ("1", "2")), ("img_1", ("0", ""))]


@pytest.mark.parametrize(
    ("header", "rows"),
    [
        (",filename,breed", ["0,img_0,owl", "1,img_1,cat", "2,img_2,owl"]),
        ("index,filename,breed", ["0,img_0,owl", "1,img_1,cat", "2,img_2,owl"]),
        ("image,width,height,sport", ["img_0,32,48,owl", "img_1,48,32,cat", "img_2,32,32,owl"]),
        ("filename,split,breed", ["img_0,train,owl", "img_1,test,cat", "img_2,train,owl"]),
        ("image,photographer,kept", ["img_0,ann,owl", "img_1,ann,cat", "img_2,ann,owl"]),
        ("filename,cat,dog,owl", ["img_0,0,0,1", "img_1,1,0,0", "img_2,0,0,1.0"]),
    ],
)
def test_the_column_of_classes_is_found_among_others(header, rows):
    expected = [("img_0", ("owl",)), ("img_1", ("cat",)), ("img_2", ("owl",))]
    assert labels("\n".join([header, *rows])) == expected


def test_columns_that_share_classes_are_several_objects():
    text = "file,left,right,by\nimg_0,owl,cat,ann\nimg_1,cat,,bob\nimg_2,owl,owl,eve\n"
    found = labels(text)
    assert found == [("img_0", ("owl", "cat")), ("img_1", ("cat", "")), ("img_2", ("owl", "owl"))]


def test_names_may_differ_in_case_or_in_how_accents_are_written():
    names = ImageNames(["Ba\u0308r.png", "a.png", "b.png", "B.png"])
    assert names.find("B\u00e4r.png") == "Ba\u0308r.png"
    assert names.find("A.PNG") == "a.png"
    assert (names.find("b.png"), names.find("B")) == ("b.png", "B.png")
    assert names.find("B.PNG") is None  # could be either


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_lines_may_end_as_on_an_old_macintosh(encoding):
    data = "file,label\rimg_0,1\rimg_1,0\r".encode(encoding)
    found = pairs(data, ImageNames(["img_0.png", "img_1.png"]))
    assert found == [("img_0", ("1",)), ("img_1", ("0",))]


def test_an_index_that_could_name_images_too_does_not():
    names = ImageNames([f"{number}.png" for number in range(12)])
    shuffled = [7, 3, 11, 0, 5, 1, 10, 2, 4, 6, 9, 8]
    rows = [f"{i},{n}.png,{n % 2}" for i, n in enumerate(shuffled)]
    expected = [(f"{n}.png", (str(n % 2),)) for n in shuffled]
    for header in ([",filename,label"], ["id,filename,label"]):
        text = "\n".join([*header, *rows])
        assert pairs(text.encode(), names) == expected
    text = "\n".join(["label,id", *(f"{n},{i}" for i, n in enumerate(shuffled))])
    found = pairs(text.encode(), names)
    assert found == [(str(i), (str(n),)) for i, n in enumerate(shuffled)]


def test_the_delimiter_is_one_that_stands_in_every_line():
    assert labels("file;label, by hand\nimg_0;2\nimg_1;0")[0] == ("img_0", ("2",))


def test_long_numbers_stay_apart():
    rows = labels(f"img_0,{10**16}\nimg_1,{10**16 + 1}\nimg_2,{10**16 + 1}.0")
    assert [row for _, row in rows] == [(f"{10**16}",), (f"{10**16 + 1}",), (f"{10**16 + 1}",)]
    assert labels(f"img_0,{'9' * 400}\nimg_1,1")[0] == ("img_0", ("9" * 400,))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1"])
def test_encodings_of_spreadsheets(encoding):
    rows = pairs("img_0\tfußball\nimg_1\tgolf\n".encode(encoding), NAMES)
    assert rows == [("img_0", ("fußball",)), ("img_1", ("golf",))]


def test_whole_numbers_are_indices_into_classes_and_words_are_names():
    assert labels("img_0,1\nimg_1,0", ("golf", "tennis"))[0] == ("img_0", ("tennis",))
    assert labels("img_0,golf\nimg_1,tennis", ("golf", "tennis"))[0] == ("img_0", ("golf",))
    with pytest.raises(InputError, match=r"label 2, but classes\.txt names only 2"):
        labels("img_0,2", ("golf", "tennis"))


def test_empty_tables():
    for text in ("", "\n\n", "file,label\n"):
        with pytest.raises(InputError, match="lists no images"):
            labels(text)


def test_factors():
    names, rows = read_factors(b"file,x px,angle deg\nimg_0,1.5,90\n", "factors.csv", NAMES)
    assert names == ("x px", "angle deg")
    assert rows == {"img_0.png": (1.5, 90.0)}
    for bad, reason in ((b"file\nimg_0\n", "no header"), (b"file,x px\nimg_0,left\n", "row 2"),
                        (b"file,x px\nimg_0,inf\n", "row 2: x px is .*, no finite number"),
                        (b"file,x px\nimg_0,1e39\n", "row 2: x px is .*, no finite number"),
                        (b"file,x px\nimg_0,nan\n", "row 2: x px is .*, no finite number"),
                        (b"file,x px\nimg_0,1,2\n", "row of 3 cells")):  # fmt: skip
        with pytest.raises(InputError, match=reason):
            read_factors(bad, "factors.csv", NAMES)


def test_classes_sort_as_numbers_if_they_are_numbers():
    assert sort_classes(["10", "9", "1"]) == ["1", "9", "10"]
    assert sort_classes(["b", "10", "9"]) == ["10", "9", "b"]
