from __future__ import annotations

import pytest
import torch
from torch import nn

from ballgen.training.optimizers import ROUNDS, A, B, C, Muon, orthogonal
from tests.helpers.tiny import tiny_balls, tiny_model
from tests.helpers.training import begin, train

RATE = 0.01


def drawn(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("shape", ((12, 40), (40, 12), (16, 16)))
def test_orthogonal_keeps_the_directions_and_evens_out_their_lengths(shape):
    matrix = drawn(*shape)
    left, lengths, right = torch.linalg.svd(matrix, full_matrices=False)
    assert lengths.max() > 2 * lengths.min()
    turned = left.T @ orthogonal(matrix) @ right.T
    assert turned.diagonal().min() > 0.6
    assert turned.diagonal().max() < 1.25
    assert (turned - turned.diagonal().diag()).abs().max() < 0.1


def test_orthogonal_is_what_five_rounds_on_the_matrix_itself_give():
    matrix = drawn(30, 4) @ drawn(4, 90, seed=1)  # of rank 4: the other singular values are 0
    wide = matrix / matrix.norm()
    for _ in range(ROUNDS):
        square = wide @ wide.T
        wide = A * wide + (B * square + C * square @ square) @ wide
    torch.testing.assert_close(orthogonal(matrix), wide, atol=1e-3, rtol=0)


def test_orthogonal_of_nothing_is_nothing():
    assert not orthogonal(torch.zeros(3, 5)).any()


def weights_after(optimiser_of, gradients: list[list[torch.Tensor]], layout) -> list[torch.Tensor]:
    """A kernel and a bias after steps along the gradients given."""
    kernel = drawn(8, 4, 3, 3, seed=7).to(memory_format=layout)
    weights = [nn.Parameter(kernel), nn.Parameter(drawn(8, seed=8))]
    optimiser = optimiser_of(weights)
    for step in gradients:
        for weight, gradient in zip(weights, step, strict=True):
            weight.grad = gradient.clone(memory_format=torch.preserve_format)
        optimiser.step()
    return [weight.detach() for weight in weights]


def muon(weights) -> Muon:
    return Muon(weights, lr=RATE, fused=True)


def adam(weights) -> torch.optim.Adam:
    return torch.optim.Adam(weights, lr=RATE, fused=True)


GRADIENTS = [[drawn(8, 4, 3, 3, seed=i), drawn(8, seed=i + 20)] for i in range(4)]


def test_optimizers_moves_vectors_as_adam_does_and_matrices_otherwise():
    ours = weights_after(muon, GRADIENTS, torch.contiguous_format)
    theirs = weights_after(adam, GRADIENTS, torch.contiguous_format)
    assert torch.equal(ours[1], theirs[1])
    assert (ours[0] - theirs[0]).abs().max() > RATE / 2


def test_a_matrix_moves_about_as_far_as_adam_would_move_it_whatever_the_gradients_size():
    small = [[1e-4 * gradient for gradient in step] for step in GRADIENTS[:1]]
    start = weights_after(muon, [], torch.contiguous_format)[0]
    for gradients in (GRADIENTS[:1], small):
        moved = weights_after(muon, gradients, torch.contiguous_format)[0] - start
        assert moved.square().mean().sqrt() == pytest.approx(0.2 * RATE, rel=0.2)


def test_the_layout_in_memory_changes_nothing():
    usual = weights_after(muon, GRADIENTS, torch.contiguous_format)
    last = weights_after(muon, GRADIENTS, torch.channels_last)
    assert all(torch.allclose(a, b, atol=1e-6) for a, b in zip(usual, last, strict=True))


def test_a_step_goes_on_past_the_last_gradient():
    """Momentum: without it the second step would be that of its gradient alone."""
    first, second = GRADIENTS[0], GRADIENTS[1]
    one = weights_after(muon, [first], torch.contiguous_format)[0]
    both = weights_after(muon, [first, second], torch.contiguous_format)[0] - one
    start = weights_after(muon, [], torch.contiguous_format)[0]
    alone = weights_after(muon, [second], torch.contiguous_format)[0] - start
    cosine = torch.cosine_similarity(both.flatten(), alone.flatten(), dim=0)
    assert 0.2 < cosine < 0.98


def test_gradients_are_still_there_after_the_step():
    weights = [nn.Parameter(drawn(4, 4))]
    optimiser = muon(weights)
    weights[0].grad = drawn(4, 4, seed=1)
    optimiser.step()
    assert torch.equal(weights[0].grad, drawn(4, 4, seed=1))


def test_an_autoencoder_learns_a_few_balls_by_muon():
    balls = tiny_balls(16)
    changes = {"finetuning": "none", "ema_decay": 0.0, "width": 8, "schedule": "constant"}
    changes |= {"optimizer.name": "muon", "learning_rate": 1e-2, "batch_size": 16}
    training = train(begin(tiny_model("ae", balls, **changes), 120), balls)
    assert training.history[-1]["mse"] < 0.02 < 0.1 < training.history[0]["mse"]
