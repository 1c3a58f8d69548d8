from __future__ import annotations

from threading import Thread

import numpy as np
import pytest
import torch
from sklearn.decomposition import PCA
from tqdm.auto import tqdm

from ballgen.errors import InputError
from ballgen.latent.embedding import (
    EMBEDDINGS,
    PCAEmbedding,
    TSNEEmbedding,
    UMAPEmbedding,
    inside_polygon,
)

pytestmark = pytest.mark.slow  # minutes, or processes of their own

GROUPS, EACH, SIZE = 3, 40, 8


@pytest.fixture(scope="module")
def codes() -> torch.Tensor:
    """Three groups, ten of their own widths apart; codes 0-39 are the first, and so on."""
    generator = torch.Generator().manual_seed(0)
    centres = 10 * torch.eye(GROUPS, SIZE)
    return centres.repeat_interleave(EACH, 0) + torch.randn(
        GROUPS * EACH, SIZE, generator=generator
    )


@pytest.fixture(scope="module")
def fitted(codes) -> dict:
    return {name: kind().fit(codes) for name, kind in EMBEDDINGS.items()}


def centres(places: torch.Tensor) -> torch.Tensor:
    return places.view(GROUPS, EACH, -1).mean(1)


def test_pca_agrees_with_scikit_learn(codes):
    ours = PCAEmbedding(3).fit(codes)
    theirs = PCA(3).fit(codes.numpy())
    wanted = torch.from_numpy(theirs.transform(codes.numpy()))
    signs = (ours.coordinates_ * wanted).sum(0).sign()
    assert torch.allclose(ours.coordinates_ * signs, wanted, atol=1e-4)
    assert ours.explained_variance_ratio_ == pytest.approx(
        theirs.explained_variance_ratio_, abs=1e-5
    )


def test_the_signs_of_pca_do_not_depend_on_the_order_of_codes(codes):
    forth, back = PCAEmbedding().fit(codes), PCAEmbedding().fit(codes.flip(0))
    assert torch.allclose(forth.coordinates_, back.coordinates_.flip(0), atol=1e-4)


def test_pca_there_and_back_is_exact(codes):
    pca = PCAEmbedding().fit(codes)
    places = torch.tensor([[0.0, 0.0], [3.0, -2.0], [40.0, 5.0]])
    assert torch.allclose(pca.transform(pca.inverse_transform(places)), places, atol=1e-4)
    assert torch.allclose(pca.inverse_transform(pca.coordinates_), codes, atol=1e-4)
    flat = codes.clone()
    flat[:, 2:] = 0  # all there is lies in a plane
    pca = PCAEmbedding().fit(flat)
    assert torch.allclose(pca.inverse_transform(pca.coordinates_), flat, atol=1e-4)


@pytest.mark.parametrize("latent_dim", [1, 8])
def test_pca_comes_back_from_the_coordinates_of_some_of_its_codes(codes, latent_dim):
    codes = codes[:, :latent_dim]
    whole, some = PCAEmbedding().fit(codes), slice(0, None, 3)
    again = PCAEmbedding().restore(codes[some], whole.coordinates_[some])
    assert torch.allclose(again.transform(codes), whole.coordinates_, atol=1e-4)


@pytest.mark.parametrize("dims", [2, 3])
def test_pca_lays_codes_of_one_number_on_a_line(codes, dims):
    short = codes[:, :1]
    pca = PCAEmbedding(dims).fit(short)
    assert pca.coordinates_.shape == (GROUPS * EACH, dims)
    assert torch.allclose(pca.coordinates_[:, :1], short - short.mean(), atol=1e-5)
    assert not pca.coordinates_[:, 1:].any()
    assert pca.explained_variance_ratio_.tolist() == [1] + [0] * (dims - 1)
    beside = pca.coordinates_ + torch.tensor([0.0] + [5.0] * (dims - 1))
    assert torch.allclose(pca.inverse_transform(beside), short, atol=1e-5)


@pytest.mark.parametrize("name", EMBEDDINGS)
def test_groups_stay_apart(fitted, name):
    places = fitted[name].coordinates_
    assert places.shape == (GROUPS * EACH, 2)
    nearest = torch.cdist(places, centres(places)).argmin(1)
    assert torch.equal(nearest, torch.arange(GROUPS).repeat_interleave(EACH))


def test_what_umap_compiles_is_kept_for_the_next_process(fitted):
    import umap.umap_

    kept = umap.umap_.smooth_knn_dist.stats
    assert kept.cache_hits or kept.cache_misses


@pytest.mark.parametrize("name", ["t-SNE", "UMAP"])
def test_a_points_place_leads_back_to_its_code_and_that_to_its_place(fitted, codes, name):
    places = fitted[name].coordinates_
    assert torch.allclose(fitted[name].inverse_transform(places), codes, atol=0.05)
    assert torch.allclose(fitted[name].transform(codes), places, atol=0.05)


@pytest.mark.parametrize("name", ["t-SNE", "UMAP"])
def test_a_place_between_points_is_a_mixture_of_theirs(fitted, codes, name):
    one = fitted[name]
    _, rows = one.nearest(one.coordinates_[:1], 2)
    between = one.coordinates_[rows[0]].mean(0, keepdim=True)
    code = one.inverse_transform(between)
    low, high = codes[:EACH].amin(0), codes[:EACH].amax(0)
    assert ((code >= low) & (code <= high)).all()
    assert (code - codes[:EACH]).norm(dim=1).min() > 0


def test_a_place_on_pcas_plane_is_as_far_from_the_centre_as_images():
    generator = torch.Generator().manual_seed(0)
    shell = torch.nn.functional.normalize(torch.randn(200, 48, generator=generator), dim=1)
    pca = PCAEmbedding().fit(7 * shell)
    places = torch.tensor([[0.0, 0.0], [0.5, -0.5], [1.0, 1.0]])
    lengths = (pca.inverse_transform(places) - pca.codes_.mean(0)).norm(dim=1)
    assert ((lengths > 6.5) & (lengths < 7.5)).all()


def test_the_seed_decides(codes):
    places = TSNEEmbedding(seed=1).fit(codes).coordinates_
    assert torch.equal(TSNEEmbedding(seed=1).fit(codes).coordinates_, places)


@pytest.mark.parametrize("kind", [TSNEEmbedding, UMAPEmbedding])
def test_progress_is_reported_up_to_the_end(codes, kind):
    told = []
    kind().fit(codes, told.append)
    assert told == sorted(told)
    assert 0 <= told[0] < 0.1 and told[-1] == 1


@pytest.mark.parametrize("kind", [TSNEEmbedding, UMAPEmbedding])
def test_it_can_be_stopped_from_its_progress(codes, kind):
    class Enough(Exception):
        pass

    def stop(share: float) -> None:
        if share > 0.2:
            raise Enough

    with pytest.raises(Enough):
        kind().fit(codes, stop)
    # Other bars, in other threads, are not held up by the one that ended so.
    other = Thread(target=lambda: list(tqdm(range(2), disable=True)), daemon=True)
    other.start()
    other.join(10)
    assert not other.is_alive()


def test_what_cannot_be_mapped_is_told(codes, fitted):
    with pytest.raises(InputError, match="2 or 3 dimensions, got 4"):
        PCAEmbedding(4)
    with pytest.raises(InputError, match="give more images"):
        TSNEEmbedding().fit(codes[:3])
    with pytest.raises(InputError, match="infinite"):
        PCAEmbedding().fit(codes.log())
    with pytest.raises(InputError, match=r"shape \(M, 2\)"):
        fitted["t-SNE"].inverse_transform(torch.zeros(1, 3))
    with pytest.raises(InputError, match="coordinates hold infinite"):
        fitted["PCA"].inverse_transform(torch.tensor([[0.0, torch.inf]]))


def test_a_bent_region_holds_what_lies_in_it():
    horseshoe = np.array([[0, 0], [6, 0], [6, 4], [4, 4], [4, 2], [2, 2], [2, 4], [0, 4]])
    places = torch.tensor([[1.0, 3.0], [5.0, 3.0], [3.0, 1.0], [3.0, 3.0], [7.0, 1.0], [-1.0, 1.0]])
    assert inside_polygon(places, horseshoe).tolist() == [True, True, True, False, False, False]


def test_the_direction_in_which_corners_go_round_does_not_matter():
    corners = np.array([[0, 0], [2, 0], [1, 2]])
    places = torch.rand(50, 2, generator=torch.Generator().manual_seed(0)) * 3
    held = inside_polygon(places, corners)
    assert torch.equal(held, inside_polygon(places, corners[::-1]))
    assert 0 < held.sum() < 50
