from __future__ import annotations

import numpy as np
import pytest
import torch

from ballgen.errors import InputError
from ballgen.util.checks import LAST_SEED, check_seed, generator_of


def test_any_whole_number_is_a_seed():
    assert check_seed(np.int64(3)) == 3
    draws = [torch.rand(4, generator=generator_of(seed)) for seed in (3, np.uint8(3), LAST_SEED)]
    assert torch.equal(draws[0], draws[1])
    assert not torch.equal(draws[0], draws[2])


@pytest.mark.parametrize(
    ("seed", "reason"),
    [(-1, "from 0 to .*, got -1"), (LAST_SEED + 1, "from 0 to"), (1.5, "a whole number .*got 1.5")],
)
def test_what_is_none_is_named(seed, reason):
    with pytest.raises(InputError, match=reason):
        check_seed(seed)
