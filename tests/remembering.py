"""Components that remember, in every way that an author might think of; none knows of checkpoints.

Each lets what it remembers change its result, so that a resume that loses it ends elsewhere.
"""

from __future__ import annotations

from collections import deque
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import normalize, relu

from ganzoo.interfaces import (
    AdversarialLoss,
    Discriminator,
    Generator,
    Latent,
    Loss,
    Penalty,
    Schedule,
    Variable,
)
from ganzoo.registry.components import Component
from ganzoo.registry.discovery import installed


class Began(AdversarialLoss):
    """Boundary equilibrium: k, a buffer, moves with every verdict (Berthelot et al. 2017)."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("k", torch.zeros(()))

    def generator_loss(self, fake: Tensor, real: Tensor | None = None) -> Tensor:
        return fake.abs().mean() * (1 + self.k)

    def discriminator_loss(self, real: Tensor, fake: Tensor) -> Tensor:
        on_real, on_fake = real.abs().mean(), fake.abs().mean()
        loss = on_real - self.k * on_fake
        balance = 0.5 * on_real.detach() - on_fake.detach()
        self.k = (self.k + 0.3 * balance).clamp(-1, 1)
        return loss


class Numbered(AdversarialLoss):
    """The same with a plain number, a plain tensor and a deque in place of a buffer."""

    def __init__(self) -> None:
        super().__init__()
        self.calls, self.mean, self.past = 0, torch.zeros(()), deque(maxlen=2)

    def generator_loss(self, fake: Tensor, real: Tensor | None = None) -> Tensor:
        mean = self.mean.to(fake.device)
        return fake.square().mean() * (1 + 0.1 * self.calls + sum(self.past) + mean)

    def discriminator_loss(self, real: Tensor, fake: Tensor) -> Tensor:
        self.calls += 1
        before = self.mean.to(real.device)
        self.mean = 0.5 * before + real.detach().mean()
        self.past.append(fake.detach().mean())
        return (real - 1 - before).square().mean() + fake.square().mean()


class PathLength(Loss):
    """A running mean of a slope (Karras et al. 2020), in a buffer."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(()))

    def forward(self, prediction: Tensor, target: Tensor) -> Tensor:
        slope = (prediction - target).abs().mean()
        loss = (slope - self.mean.clone()).square() + slope
        with torch.no_grad():
            self.mean.lerp_(slope, 0.3)
        return loss


class Queue(Loss):
    """MoCo's: a queue of keys from an encoder that follows another one slowly (He et al. 2020)."""

    def __init__(self) -> None:
        super().__init__()
        self.query = nn.Conv2d(3, 4, 3)
        self.key = nn.Conv2d(3, 4, 3).requires_grad_(False).eval()
        self.key.load_state_dict(self.query.state_dict())
        self.register_buffer("keys", normalize(torch.ones(6, 4), dim=1))

    def forward(self, prediction: Tensor, target: Tensor) -> Tensor:
        with torch.no_grad():
            for slow, quick in zip(self.key.parameters(), self.query.parameters(), strict=True):
                slow.data = slow.data * 0.9 + quick.data * 0.1
            keys = normalize(self.key(target).mean((2, 3)), dim=1)
        query = normalize(self.query(prediction).mean((2, 3)), dim=1)
        logits = torch.cat([(query * keys).sum(1, keepdim=True), query @ self.keys.clone().T], 1)
        self.keys.copy_(torch.cat([self.keys[1:], keys[:1]]))
        return -logits.log_softmax(1)[:, 0].mean()


class Running(Penalty):
    """A running mean of slopes."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(()))

    def forward(self, judge, real, fake) -> Tensor:
        total = sum(scale.mean() for scale in real.logits)
        slopes = torch.autograd.grad(total, [real.arguments[-1]], create_graph=True)[0]
        size = slopes.square().sum()
        with torch.no_grad():
            self.mean.lerp_(size, 0.5)
        return (size - self.mean).square() + size


class Remembering(Generator):
    """A running mean of what it made, which its next images lean on."""

    def __init__(self) -> None:
        super().__init__()
        self.in_channels = self.out_channels = 3
        self.layer = nn.Conv2d(3, 3, 3, padding=1)
        self.register_buffer("mean", torch.zeros(3, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        made = torch.tanh(self.layer(x) + self.mean)
        if self.training:
            with torch.no_grad():
                self.mean.lerp_(made.mean((0, 2, 3))[:, None, None], 0.2)
        return made


class Judging(Discriminator):
    """The same in a critic, which runs outside its own player as well."""

    def __init__(self) -> None:
        super().__init__()
        self.in_channels = 3
        self.layer = nn.Conv2d(3, 1, 3)
        self.register_buffer("mean", torch.zeros(()))

    def logits(self, images: Tensor) -> Tensor:
        logits = self.layer(images) + relu(self.mean)
        with torch.no_grad():
            self.mean.lerp_(logits.mean() + 1, 0.2)
        return logits


class _Sized(Latent):
    def variable(self, variables) -> Variable:
        return variables["x"]


class Counting(_Sized):
    """Plain numbers, tensors and a generator of chance of its own."""

    def __init__(self) -> None:
        self.count, self.last = 0, torch.zeros(3, 1, 1)
        self.chance, self.other = torch.Generator().manual_seed(5), np.random.default_rng(6)

    def draw(self, shape: tuple[int, ...], rng: torch.Generator) -> Tensor:
        self.count += 1
        own = torch.randn(1, generator=self.chance) + float(self.other.normal())
        made = torch.randn(shape, generator=rng) / self.count + 0.5 * self.last + 0.1 * own
        self.last = made.mean((0, 2, 3))[:, None, None]
        return made


class Moving(_Sized, nn.Module):
    """A module with a buffer."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(3, 1, 1))

    def draw(self, shape: tuple[int, ...], rng: torch.Generator) -> Tensor:
        made = torch.randn(shape, generator=rng) + self.mean
        self.mean.lerp_(made.mean((0, 2, 3))[:, None, None], 0.5)
        return made


class Holding(_Sized):
    """No module, but it holds one, and an object of a class of its own."""

    def __init__(self) -> None:
        self.inner, self.notes = Moving(), Notes()

    def draw(self, shape: tuple[int, ...], rng: torch.Generator) -> Tensor:
        self.notes.many["draws"] = self.notes.many.get("draws", 0) + 1
        return self.inner.draw(shape, rng) / self.notes.many["draws"]


class Notes:
    def __init__(self) -> None:
        self.many: dict[str, int] = {}


class Plateau(Schedule):
    """Goes by how often it was asked."""

    def __init__(self) -> None:
        self.asked = 0

    def factor(self, progress) -> float:
        self.asked += 1
        return 1 / self.asked


class Grouped(torch.optim.SGD):
    """Keeps an estimate in its groups, as Prodigy does."""

    def __init__(self, params, lr: float = 1e-2) -> None:
        super().__init__(params, lr)
        for group in self.param_groups:
            group["estimate"] = 1.0

    def step(self, closure=None):
        for group in self.param_groups:
            group["estimate"] *= 0.9
            for parameter in group["params"]:
                if parameter.grad is not None:
                    parameter.grad.mul_(group["estimate"])
        return super().step(closure)


class Secret:
    """What no file of plain values can hold: a closure that counts."""

    def __init__(self) -> None:
        count = iter(range(100))
        self.next = lambda: next(count) + 1


class Drawing(Latent):
    """Counts in secret."""

    def __init__(self) -> None:
        self.secret = Secret()

    def variable(self, variables) -> Variable:
        return Variable(3)

    def draw(self, shape: tuple[int, ...], rng: torch.Generator) -> Tensor:
        return torch.randn(shape, generator=rng) / self.secret.next()


class Secretive(PathLength):
    """Counts in secret."""

    def __init__(self) -> None:
        super().__init__()
        self.secret = Secret()

    def forward(self, prediction: Tensor, target: Tensor) -> Tensor:
        return (prediction - target).square().mean() * self.secret.next()


class Arguing(Began):
    """Counts in secret."""

    def __init__(self) -> None:
        super().__init__()
        self.secret = Secret()

    def discriminator_loss(self, real: Tensor, fake: Tensor) -> Tensor:
        return (real - fake).square().mean() * self.secret.next()


class Grudging(Running):
    """Counts in secret."""

    def __init__(self) -> None:
        super().__init__()
        self.secret = Secret()

    def forward(self, judge, real, fake) -> Tensor:
        return super().forward(judge, real, fake) * self.secret.next()


class Hiding(Remembering):
    """Counts in secret."""

    def __init__(self) -> None:
        super().__init__()
        self.secret = Secret()

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x) * self.secret.next()


KINDS = {
    "generator": [Remembering, Hiding],
    "discriminator": [Judging],
    "loss": [Began, Numbered, PathLength, Queue, Secretive, Arguing],
    "penalty": [Running, Grudging],
    "latent": [Counting, Moving, Holding, Drawing],
    "schedule": [Plateau],
    "optimizer": [Grouped],
}


def register() -> None:
    """Make them known by `mine.<class>`, as a plugin does."""
    module = Path(__file__).stem
    for kind, classes in KINDS.items():
        for part in classes:
            name = f"mine.{part.__name__.lower()}"
            component = Component(kind, name, f"{module}:{part.__name__}", "a part", "mine", "1")
            installed().registry.components[(kind, name)] = component
