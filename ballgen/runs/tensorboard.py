"""A run as TensorBoard reads it: its losses, images and codes, epoch by epoch, in one file."""

import io
import tempfile
import warnings
from pathlib import Path

import numpy as np
from PIL import Image

from ballgen.errors import InputError
from ballgen.runs.folder import RunFolder
from ballgen.runs.frames import frame_epochs, read_fixed_images, read_frame
from ballgen.runs.registry import Registry, Run
from ballgen.util.files import write_file


def export_events(registry: Registry, run: Run, out: Path) -> Path:
    """Write `out/<run's id>/events.out.tfevents.…`, in place of what an earlier export wrote.

    TensorBoard shows every folder below its --logdir as a run. Raises `InputError` before the
    first epoch's end, and where `out` cannot be written.
    """
    target = out / run.id / events_name(run)
    write_file(target, events_bytes(registry, run))
    return target


def events_name(run: Run) -> str:
    """The file's name: TensorBoard looks for its beginning."""
    return f"events.out.tfevents.{run.created_at:.0f}.{run.id}"


def events_bytes(registry: Registry, run: Run) -> bytes:
    """The event file: every column of the history as a scalar, every frame as two images and a
    histogram, with the epoch as the step and the seconds of training as the time. Raises
    `InputError` before the first epoch's end.
    """
    from tensorboardX import SummaryWriter  # late: only this export needs it

    folder = RunFolder(registry.folder, run)
    history = folder.history()
    if not history:
        raise InputError(f"run {run.name} has no epoch to write yet: wait for the end of its first")
    times = {row["epoch"]: run.created_at + row.get("seconds", 0.0) for row in history}
    with tempfile.TemporaryDirectory() as aside:
        with SummaryWriter(aside) as writer:
            for row in history:
                for name, value in row.items():
                    if name != "epoch":
                        writer.add_scalar(name, value, row["epoch"], times[row["epoch"]])
            # A killed run may have drawn epochs that it has to do again: the history is behind.
            for epoch in filter(times.__contains__, frame_epochs(folder.frames)):
                try:
                    _add_frame(writer, folder.frames, epoch, times[epoch])
                except InputError as damage:
                    warnings.warn(str(damage), stacklevel=2)
        (written,) = Path(aside).iterdir()
        return written.read_bytes()


def _add_frame(writer, frames: Path, epoch: int, time: float) -> None:
    frame, fixed = read_frame(frames, epoch), read_fixed_images(frames)
    above_each_other = np.concatenate([_pixels(fixed.originals), _pixels(frame.reconstructions)])
    writer.add_image("samples", _pixels(frame.samples), epoch, time, dataformats="HWC")
    writer.add_image("reconstructions", above_each_other, epoch, time, dataformats="HWC")
    writer.add_histogram("codes", frame.codes, epoch, walltime=time)


def _pixels(png: bytes) -> np.ndarray:
    """uint8 (H, W, 3)."""
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB"))
