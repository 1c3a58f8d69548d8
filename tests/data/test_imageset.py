from __future__ import annotations

import pytest
import torch

from ballgen.data.imageset import ImageSet
from ballgen.errors import InputError


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        (torch.tensor([0, 2]), "between 0 and 1"),
        (torch.tensor([-1, 0]), "between 0 and 1"),
        (torch.tensor([0.0, 1.0]), "labels must be int64"),
        (torch.tensor([[0], [1]]), "labels must be int64"),
        (torch.tensor([0]), "1 rows for 2 images"),
    ],
)
def test_labels_are_indices_into_the_class_names(labels, words):
    pixels = torch.zeros(2, 3, 8, 8, dtype=torch.uint8)
    with pytest.raises(InputError, match=words):
        ImageSet("mine", "test", pixels, labels, ("red", "green"))
    ImageSet("mine", "test", pixels, torch.tensor([0, 1]), ("red", "green"))
    ImageSet("none", "test", pixels[:0], torch.tensor([], dtype=torch.int64), ("red", "green"))
