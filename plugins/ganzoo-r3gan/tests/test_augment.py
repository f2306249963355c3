"""Each change against a case worked out by hand; then chance, gradients, and who shares a draw."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from ganzoo_r3gan.augment import Augment, cut, moved, recolored


def draws(*values: float) -> Tensor:
    return torch.tensor(values, dtype=torch.float64).view(-1, 1, 1, 1)


def images(count: int = 3, channels: int = 3, side: int = 16) -> Tensor:
    rng = torch.Generator().manual_seed(0)
    return torch.rand(count, channels, side, side, generator=rng, dtype=torch.float64) * 2 - 1


def changed(given: Tensor, seed: int = 0, **settings) -> Tensor:
    torch.manual_seed(seed)
    return Augment(**settings)(given)


def test_brightness_by_hand():
    found = recolored(images(2), draws(0.8, 0.1), draws(0.5, 0.5), draws(0.5, 0.5))
    torch.testing.assert_close(found, images(2) + draws(0.3, -0.4))


def test_saturation_by_hand():
    pixel = torch.tensor([0.0, 0.3, 0.6], dtype=torch.float64).view(1, 3, 1, 1)  # gray: 0.3
    found = recolored(pixel, draws(0.5), draws(1.0), draws(0.5))
    assert found.flatten().tolist() == pytest.approx([-0.3, 0.3, 0.9])
    gray = recolored(pixel, draws(0.5), draws(0.0), draws(0.5))
    assert gray.flatten().tolist() == pytest.approx([0.3] * 3)


def test_contrast_by_hand():
    row = torch.tensor([-0.5, 0.1], dtype=torch.float64).view(1, 1, 1, 2)  # the mean: -0.2
    found = recolored(row, draws(0.5), draws(0.5), draws(1.0))  # 1.5 times as far from it
    assert found.flatten().tolist() == pytest.approx([-0.65, 0.25])


def test_all_colours_in_their_order():
    """Brighter by 0.1: 0.1, 0.3, 0.8 with gray 0.4; saturation 1.5; then contrast 0.5 about 0.4."""
    pixel = torch.tensor([0.0, 0.2, 0.7], dtype=torch.float64).view(1, 3, 1, 1)
    found = recolored(pixel, draws(0.6), draws(0.75), draws(0.0))
    assert found.flatten().tolist() == pytest.approx([0.175, 0.325, 0.7])


def test_translation_by_hand():
    image = torch.tensor([[1.0, 2, 3], [4, 5, 6], [7, 8, 9]]).view(1, 1, 3, 3)
    both = moved(image.expand(2, 1, 3, 3), torch.tensor([1, 0]), torch.tensor([-1, 2]))
    assert both[0, 0].tolist() == [[0, 0, 0], [2, 3, 0], [5, 6, 0]]  # down 1, left 1
    assert both[1, 0].tolist() == [[0, 0, 1], [0, 0, 4], [0, 0, 7]]  # right 2


def test_cutout_by_hand():
    rows, columns = (torch.tensor([-1, 1]), 2), (torch.tensor([2, 0]), 2)
    found = cut(torch.ones(2, 1, 3, 4), rows, columns)
    assert found[0, 0].tolist() == [[1, 1, 0, 0], [1, 1, 1, 1], [1, 1, 1, 1]]
    assert found[1, 0].tolist() == [[1, 1, 1, 1], [0, 0, 1, 1], [0, 0, 1, 1]]


def test_a_translation_is_at_most_an_eighth_and_reaches_it_both_ways():
    spot = torch.zeros(2000, 1, 16, 16)
    spot[..., 8, 8] = 1
    places = changed(spot, policy=("translation",)).nonzero()[:, 2:] - 8
    assert set(map(tuple, places.tolist())) == {(a, b) for a in range(-2, 3) for b in range(-2, 3)}


def test_a_cutout_is_half_the_side_and_its_middle_anywhere():
    hidden = changed(torch.ones(4000, 1, 8, 8), policy=("cutout",)) == 0
    heights = hidden.any(3).sum(2).flatten()
    # 4 px where it lies inside; its middle is at one of 9 places, so 2 ... 4 px are seen.
    assert set(heights.tolist()) == {2, 3, 4}
    # All 4 px at 5 of 9 places; the standard error is 0.008.
    assert (heights == 4).double().mean().item() == pytest.approx(5 / 9, abs=0.03)


def test_colours_have_the_means_of_their_draws():
    flat = changed(torch.zeros(4000, 3, 2, 2), policy=("color",))[:, 0, 0, 0]
    assert (flat.min().item(), flat.max().item()) == pytest.approx((-0.5, 0.5), abs=0.01)
    assert flat.mean().item() == pytest.approx(0, abs=0.02)


def test_the_policy_names_what_is_done():
    ones = torch.ones(20, 1, 16, 16)
    assert set(changed(ones, policy=("translation", "cutout")).unique().tolist()) == {0, 1}
    assert changed(ones, policy=("color",)).min() > 0.4
    assert torch.equal(changed(ones, policy=("translation",), translation=0.0), ones)
    assert torch.equal(changed(ones, policy=("cutout",), cutout=0.0), ones)


def test_a_seed_repeats_the_draw():
    assert torch.equal(changed(images(), seed=1), changed(images(), seed=1))
    assert not torch.equal(changed(images(), seed=1), changed(images(), seed=2))


@pytest.mark.parametrize("change", ["color", "translation", "cutout"])
def test_every_image_has_a_draw_of_its_own(change):
    same = images(1).expand(20, -1, -1, -1)
    found = changed(same, policy=(change,))
    assert len({tuple(image.flatten().tolist()) for image in found}) > 10


def test_gradients_pass():
    given = images().requires_grad_()
    torch.manual_seed(0)
    assert torch.autograd.gradcheck(lambda x: changed(x), given, fast_mode=True)
    changed(given).sum().backward()
    assert given.grad is not None
    assert (given.grad != 0).any((1, 2, 3)).all()


def test_what_is_hidden_has_no_gradient():
    given = images().requires_grad_()
    found = changed(given, policy=("cutout",))
    found.sum().backward()
    assert torch.equal(given.grad == 0, found == 0)


def test_a_probability_of_one_draws_what_it_drew_without_the_setting():
    """The same draws in the same order, put together by hand."""
    torch.manual_seed(3)
    uniform = [torch.rand(3, 1, 1, 1, dtype=torch.float64) for _ in range(3)]
    shifts = [torch.randint(-2, 3, (3,)) for _ in range(2)]  # an eighth of 16 px
    hidden = [(torch.randint(17, (3,)) - 4, 8) for _ in range(2)]
    expected = cut(moved(recolored(images(), *uniform), *shifts), *hidden)
    assert torch.equal(changed(images(), seed=3), expected)
    assert torch.equal(changed(images(), seed=3, probability=1.0), expected)


def test_a_probability_of_zero_changes_nothing():
    assert torch.equal(changed(images(), probability=0.0), images())


def test_each_change_is_drawn_for_each_image():
    """Of 4000 images 0.3 are coloured and 0.3 cut, independently; the standard error is 0.007."""
    flat = changed(torch.ones(4000, 1, 8, 8), policy=("color", "cutout"), probability=0.3)
    is_cut = (flat == 0).any(3).any(2).flatten()
    is_coloured = (flat.amax((1, 2, 3)) != 1).flatten()
    assert is_cut.double().mean().item() == pytest.approx(0.3, abs=0.03)
    assert is_coloured.double().mean().item() == pytest.approx(0.3, abs=0.03)
    assert (is_cut & is_coloured).double().mean().item() == pytest.approx(0.09, abs=0.02)


def test_gradients_pass_with_a_probability():
    given = images().requires_grad_()
    changed(given, probability=0.5, policy=("color", "translation")).sum().backward()
    assert given.grad is not None
    assert (given.grad != 0).any((1, 2, 3)).all()


def test_it_changes_images_in_evaluation_mode_too():
    network = Augment().eval()
    assert not network.per_sample
    assert not list(network.parameters())
    assert not torch.equal(network(images()), images())


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"policy": ()}, "must name changes"),
        ({"policy": ("color", "color")}, "each once"),
        ({"translation": -0.1}, "translation is -0.1"),
        ({"cutout": 2.0}, "cutout is 2"),
        ({"probability": 1.5}, "probability is 1.5"),
    ],
)
def test_wrong_settings(settings, message):
    with pytest.raises(ValueError, match=message):
        Augment(**settings)
