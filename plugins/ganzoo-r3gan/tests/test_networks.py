"""Both networks: how many parameters, what they are at the start, what they refuse."""

from __future__ import annotations

from itertools import pairwise

import pytest
import torch
from torch import Tensor

from ganzoo_r3gan.discriminator import ResNetDiscriminator
from ganzoo_r3gan.generator import ResNetGenerator

SMALL = {"widths": (8, 8, 4), "blocks": 1, "group_width": 4}


def rng(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def parameters(network: torch.nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


def trunk(widths: tuple[int, ...], blocks: int, expansion: int, group: int) -> int:
    """Blocks: two 1 x 1, one 3 x 3 of `group` channels, two biases; and where widths change."""
    inner = [width * expansion for width in widths]
    of_blocks = [2 * w * e + 9 * e * group + 2 * e for w, e in zip(widths, inner, strict=True)]
    return blocks * sum(of_blocks) + sum(a * b for a, b in pairwise(widths) if a != b)


@pytest.mark.parametrize("classes", [None, 7])
@pytest.mark.parametrize("widths", [(8,), (8, 8, 4), (16, 8, 8, 4, 2)])
def test_how_many_parameters(widths, classes):
    shared, settings = trunk(widths, 3, 4, 2), {"blocks": 3, "expansion": 4, "group_width": 2}
    first, last, long = widths[0], widths[-1], classes or 0
    made = ResNetGenerator(5, 2, widths, classes=classes, **settings)
    vector = 10 if classes else 5
    assert parameters(made) == shared + vector * first + 16 * first + 2 * last + long * 5
    seen = ResNetDiscriminator(2, widths, classes=classes, **settings)
    verdict = first if classes else 1
    assert parameters(seen) == shared + 2 * last + 16 * first + first * verdict + long * first


def test_the_papers_networks_for_faces_of_256_px():
    """Block by block: 4 stages of 768 channels, then 384, 192, 96; two blocks each."""
    blocks = 2 * (4 * 2_583_552 + 701_952 + 203_520 + 64_896)
    changes = 768 * 384 + 384 * 192 + 192 * 96
    with torch.device("meta"):
        widths = (768, 768, 768, 768, 384, 192, 96)
        made, seen = ResNetGenerator(widths=widths), ResNetDiscriminator(widths=widths)
    assert (made.size, seen.size) == (256, 256)
    assert parameters(made) == blocks + changes + 64 * 768 + 16 * 768 + 3 * 96 == 23_057_952
    assert parameters(seen) == blocks + changes + 768 + 16 * 768 + 3 * 96 == 23_009_568


def test_at_the_start_both_are_linear():
    """All that is not linear stands in residuals, which are 0, or has biases, which are too."""
    torch.manual_seed(0)
    made, seen = ResNetGenerator(5, **SMALL).double(), ResNetDiscriminator(**SMALL).double()
    for network, a, b in (
        (made, rng(2, 5), rng(2, 5, seed=1)),
        (seen, rng(2, 3, 16, 16), rng(2, 3, 16, 16, seed=1)),
    ):
        torch.testing.assert_close(network(a + 3 * b), network(a) + 3 * network(b))
        assert network(a).abs().max() > 0


def test_sizes_and_shapes():
    made, seen = ResNetGenerator(5, 2, **SMALL).double(), ResNetDiscriminator(2, **SMALL).double()
    images = made(rng(3, 5))
    assert images.shape == (3, 2, 16, 16)
    assert seen(images).shape == (3, 1)
    assert made.per_sample
    assert seen.per_sample


def test_a_class_changes_the_image_and_the_verdict():
    torch.manual_seed(0)
    made = ResNetGenerator(5, classes=3, **SMALL).double()
    seen = ResNetDiscriminator(classes=3, **SMALL).double()
    same, labels = rng(1, 5).expand(3, 5), torch.arange(3)
    images = made(same, labels)
    assert not torch.allclose(images[0], images[1])
    logits = seen(images[:1].expand(3, -1, -1, -1), labels)
    assert not torch.allclose(logits[0], logits[1])
    # The logit is the product of what was seen with the class's vector.
    features = seen.model(images[:1])
    torch.testing.assert_close(logits, seen.embedding.weight @ features.T)


@pytest.mark.parametrize("network", [ResNetGenerator, ResNetDiscriminator])
@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"widths": ()}, "widths is empty"),
        ({"widths": (8, 0)}, "widths is 0"),
        ({"widths": (8, 4), "group_width": 16}, r"block of 4 channels is 8 wide.*group_width = 16"),
        ({"blocks": 0}, "blocks is 0"),
        ({"expansion": 0}, "expansion is 0"),
        ({"group_width": 0}, "group_width is 0"),
        ({"classes": 0}, "classes is 0"),
        ({"in_channels": 0}, "in_channels is 0"),
    ],
)
def test_wrong_settings(network, settings, message):
    with pytest.raises(ValueError, match=message):
        network(**settings)


def test_wrong_inputs():
    with pytest.raises(ValueError, match="in_channels = 5"):
        ResNetGenerator(5, **SMALL)(torch.zeros(2, 6))
    with pytest.raises(ValueError, match="from 4 to 16 px"):
        ResNetDiscriminator(**SMALL)(torch.zeros(1, 3, 32, 32))
    with pytest.raises(ValueError, match="set classes"):
        ResNetDiscriminator(**SMALL)(torch.zeros(1, 3, 16, 16), torch.zeros(1, dtype=torch.int64))
    with pytest.raises(ValueError, match=r"needs a label: G\(z, c\)"):
        ResNetGenerator(5, classes=2, **SMALL)(torch.zeros(1, 5))
