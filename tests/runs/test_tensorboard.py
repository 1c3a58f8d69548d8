from __future__ import annotations

import io
import struct
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tensorboardX.proto.event_pb2 import Event

from ballgen.errors import InputError
from ballgen.runs.folder import RunFolder
from ballgen.runs.frames import read_fixed_images, read_frame
from ballgen.runs.registry import Run
from ballgen.runs.tensorboard import events_bytes, export_events
from tests.cli.test_runs import runs
from tests.helpers.tiny import tiny_recipe

pytestmark = pytest.mark.slow  # minutes, or processes of their own


def read_events(file: Path) -> list[Event]:
    """The events of a file of TFRecords: length, its checksum, the event, its checksum."""
    content, events = file.read_bytes(), []
    while content:
        (length,) = struct.unpack_from("<Q", content)
        events.append(Event.FromString(content[12 : 12 + length]))
        content = content[12 + length + 4 :]
    return events


def pixels(png: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB"))


def test_events_hold_the_history_the_frames_and_the_codes(registry, finished, tmp_path):
    run = finished
    out = tmp_path / "board"
    for _ in range(2):  # a second time it takes the place of the first
        done = runs("export", run.id, "--out", str(out))
        assert done.returncode == 0, done.stderr
    (file,) = (path for path in out.rglob("*") if path.is_file())
    assert file.parent.name == run.id and str(file) in done.stdout

    events = read_events(file)
    folder = RunFolder(registry.folder, run)
    found = {(v.tag, e.step): (v, e.wall_time) for e in events for v in e.summary.value}
    history = folder.history()
    for row in history:
        for name in row.keys() - {"epoch"}:
            value, time = found.pop((name, row["epoch"]))
            assert value.simple_value == np.float32(row[name])
            assert time == pytest.approx(run.created_at + row["seconds"])
    originals = pixels(read_fixed_images(folder.frames).originals)
    for row in history:
        frame = read_frame(folder.frames, row["epoch"])
        samples = found.pop(("samples", row["epoch"]))[0].image.encoded_image_string
        assert (pixels(samples) == pixels(frame.samples)).all()
        rebuilt = pixels(found.pop(("reconstructions", row["epoch"]))[0].image.encoded_image_string)
        assert (rebuilt == np.concatenate([originals, pixels(frame.reconstructions)])).all()
        codes = found.pop(("codes", row["epoch"]))[0].histo
        assert codes.num == frame.codes.size
        assert (codes.min, codes.max) == (frame.codes.min(), frame.codes.max())
    assert found == {}


def test_frames_that_the_history_does_not_know_are_left_out(registry, finished, tmp_path):
    folder = RunFolder(registry.folder, finished)
    folder.write_history(folder.history()[:1])
    file = export_events(registry, finished, tmp_path)
    assert {event.step for event in read_events(file) if event.summary.value} == {1}


def test_a_row_without_its_seconds_is_written_all_the_same(registry):
    run = registry.add(Run(id="ae-1", name="old", recipe=tiny_recipe("ae").to_dict()))
    RunFolder(registry.folder, run).write_history([{"epoch": 1, "loss": 0.5}])
    assert events_bytes(registry, run)


def test_a_run_without_an_epoch_has_nothing_to_export(registry):
    run = registry.add(Run(id="ae-1", name="new", recipe=tiny_recipe("ae").to_dict()))
    with pytest.raises(InputError, match="wait for the end of its first"):
        events_bytes(registry, run)
    done = runs("export", run.id, "--out", "board")
    assert done.returncode == 2 and len(done.stderr.splitlines()) == 1
