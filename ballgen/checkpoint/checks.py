"""Whether a checkpoint's JSON says what its readers expect."""

import re
from typing import Annotated, Any

from pydantic import BaseModel, Field, ValidationError

from ballgen.util.checks import LAST_SEED, is_figure
from ballgen.util.settings import first_fault

TEXT_SCORES = ("prior", "features", "left_out")
# Scores that pages show with another one, which has to be there as well.
PARTNERS = {
    r"kid(_real|_reconstructions|_normal|_mean_image|_noise)?": "{}_sd",
    r"sse_se": "sse",
    r"sse": "mse",
    r"c2st_low": "c2st_high",
}
Count = Annotated[int, Field(ge=1, lt=2**53)]
Number = Annotated[float, Field(ge=0, lt=2**53)]


class _Data(BaseModel, strict=True):
    source: str
    limit: Count | None
    digest: str
    train_images: Count
    test_images: Count
    test_digest: str


class _Best(BaseModel, strict=True):
    epoch: Count
    epochs: Count


class _Record(BaseModel, strict=True):
    image_shape: Annotated[list[Count], Field(min_length=3, max_length=3)]
    class_names: Annotated[list[str], Field(min_length=1)]
    class_shares: list[Number]
    data: _Data
    seed: Annotated[int, Field(ge=0, le=LAST_SEED)]
    minutes: Number | None
    epochs: Count
    images: Count
    seconds: Number
    whole_seconds: Number = Field(0)  # missing in older ones
    precision: str
    parameters: Count
    threads: Count = Field(1)  # missing in older ones
    best: _Best = Field(None)  # missing where nothing was validated
    versions: dict[str, str]
    digests: dict[str, str]


def check_record(record: dict[str, Any]) -> None:
    """Raises `ValueError` unless a record has all that its readers use, beside its recipe."""
    try:
        _Record.model_validate(record)
    except ValidationError as error:
        raise ValueError(first_fault(error)) from error
    if len(record["class_shares"]) != len(record["class_names"]):
        raise ValueError("class_shares: there must be one for each class")


def check_history(history: list[Any]) -> None:
    """Raises `ValueError` unless there are rows, each with an epoch, of nothing but numbers."""
    if not history:
        raise ValueError("it has no epoch")
    for number, row in enumerate(history, 1):
        numbers = isinstance(row, dict) and all(map(is_figure, row.values()))
        if not numbers or not isinstance(row.get("epoch"), int):
            raise ValueError(f"line {number} holds no epoch's numbers")


def check_scores(scores: Any) -> None:
    """Raises `ValueError` unless scores are numbers by name, complete with what explains them."""
    if not isinstance(scores, dict):
        raise ValueError("it holds no figures by name")
    for name, value in scores.items():
        if not (isinstance(value, str) if name in TEXT_SCORES else is_figure(value)):
            raise ValueError(f"{name}: {str(value)[:40]!r} is none")
        if name.endswith("count") and value < 1:
            raise ValueError(f"{name}: {value} is too few")
        for pattern, partner in PARTNERS.items():
            if re.fullmatch(pattern, name) and partner.format(name) not in scores:
                raise ValueError(f"{name} lacks its {partner.format(name)}")
