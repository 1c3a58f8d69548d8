"""Whether a place on the map is like images' codes: coverage in all dimensions."""

from __future__ import annotations

import pytest
import torch

from ballgen.latent.coverage import ReferenceCodes
from ballgen.ui.latent.selected import out_of_support_text

RADIUS, SIZE = 12.5, 48


@pytest.fixture(scope="module", params=[60, 1500])
def codes(request) -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    return RADIUS / SIZE**0.5 * torch.randn(request.param, SIZE, generator=generator)


def test_an_images_own_code_is_known(codes):
    reference = ReferenceCodes.leave_one_out(codes)
    assert not any(out_of_support_text(reference, code[None]) for code in codes[:50])


def test_a_code_near_the_centre_is_not(codes):
    reference = ReferenceCodes.leave_one_out(codes)
    words = out_of_support_text(reference, codes.mean(0, keepdim=True) + 0.1)
    assert "too near the centre" in words and "where 99% of images have" in words


def test_what_is_far_from_all_is_not(codes):
    reference = ReferenceCodes.leave_one_out(codes)
    words = out_of_support_text(reference, codes[:1] * 9)
    assert "In all 48 latent dimensions" in words and "times the median distance" in words
