"""Penalties on the slope of a discriminator.

D(x), the discriminator's value of a sample, is one number: the mean of the sample's logits over
patches, and then over scales. Adversarial losses average in the same way, so ∇D(x) is the gradient
that the generators learn from. With the penalty `gradient` it has a length of about 1 for any
number of patches, so that its proportion to the generators' other terms stays the same. Much public
code differentiates the sum of a sample's logits instead. For one logit there is no difference. For
P logits, R₁ of the sum with weight γ is R₁ of the mean with weight γP²; a gradient penalty of the
sum with weight λ is that of the mean with weight λP² and target 1/P.

x stands for all floating-point arguments of the discriminator, for both of `D(x, y)`; class labels
have no gradient. Norms are over all elements of a sample, means over samples. Batch norm in the
discriminator would mix the gradients of samples: use another norm there.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import torch
from torch import Tensor

from ganzoo.interfaces import Discriminate, DiscriminatorOutput, Penalty


class R1(Penalty):
    """Half the squared slope at real samples (Mescheder et al. 2018, arXiv:1801.04406, eq. 9).

    It includes the paper's factor 1/2: γ/2 E‖∇D(x)‖² is this penalty with weight γ. D(x) is the
    mean of a sample's logits; for code that sums over P patches, γ there is γP² here.
    """

    notation: ClassVar[str] = "½ E‖∇{real}‖₂²"

    def forward(
        self, discriminate: Discriminate, real: DiscriminatorOutput, fake: DiscriminatorOutput
    ) -> Tensor:
        """½ E‖∇D(x)‖₂² over real samples.

        Raises:
            ValueError: the discriminator takes nothing but labels.
        """
        return _half_square(real)


class R2(Penalty):
    """Half the squared slope at fake samples (Mescheder et al. 2018, arXiv:1801.04406, eq. 10).

    It is `r1` of the fakes, with the same factor 1/2.
    """

    notation: ClassVar[str] = "½ E‖∇{fake}‖₂²"

    def forward(
        self, discriminate: Discriminate, real: DiscriminatorOutput, fake: DiscriminatorOutput
    ) -> Tensor:
        """½ E‖∇D(x)‖₂² over fake samples; with a buffer, over those that it gave.

        Raises:
            ValueError: the discriminator takes nothing but labels.
        """
        return _half_square(fake)


class Gradient(Penalty):
    """A slope of 1 between real and fake samples (Gulrajani et al. 2017, arXiv:1704.00028, eq. 3).

    Each real sample is mixed with the fake one at its place in the batch, in a share that is
    uniform in [0, 1] and the same for all floating-point arguments of a sample; labels are those of
    the real sample. The paper's weight is 10. D(x) is the mean of a sample's logits.

    target: the slope that costs nothing.

    Raises:
        ValueError: target is negative.
    """

    notation: ClassVar[str] = "E[(‖∇ between {real} and {fake}‖₂ - target)²]"

    def __init__(self, target: float = 1.0) -> None:
        super().__init__()
        if target < 0:
            raise ValueError(f"target is {target:g}: a slope is never negative")
        self.target = target

    def forward(
        self, discriminate: Discriminate, real: DiscriminatorOutput, fake: DiscriminatorOutput
    ) -> Tensor:
        """E[(‖∇D(x̂)‖₂ - target)²], x̂ = ε x + (1 - ε) G(z), one ε for each sample.

        Raises:
            ValueError: real and fake arguments differ in shape, or there are only labels.
        """
        mixed = _mixed(real.arguments, fake.arguments)
        # Unlike the square root of a sum of squares, this norm has a gradient at 0.
        slope = torch.linalg.vector_norm(_gradients(mixed, discriminate(*mixed)), dim=1)
        loss: Tensor = (slope - self.target).square().mean()
        return loss


def _half_square(output: DiscriminatorOutput) -> Tensor:
    return _gradients(output.arguments, output.logits).square().sum(1).mean() / 2


def _gradients(arguments: Sequence[Tensor], logits: Sequence[Tensor]) -> Tensor:
    """∇D of each sample (N, elements), side by side for all floating-point arguments."""
    images = [argument for argument in arguments if argument.is_floating_point()]
    if not images:
        raise ValueError("a discriminator of nothing but labels has no gradient to penalise")
    values = torch.stack([scale.reshape(len(scale), -1).mean(1) for scale in logits]).mean(0)
    # The gradient of the sum is that of each value, which depends on its own sample only.
    gradients = torch.autograd.grad(values.sum(), images, create_graph=True, materialize_grads=True)
    return torch.cat([gradient.reshape(len(gradient), -1) for gradient in gradients], 1)


def _mixed(real: Sequence[Tensor], fake: Sequence[Tensor]) -> tuple[Tensor, ...]:
    """ε real + (1 - ε) fake, ready to be differentiated."""
    shapes = [[tuple(argument.shape) for argument in side] for side in (real, fake)]
    if shapes[0] != shapes[1]:
        raise ValueError(
            "real and fake arguments of the discriminator are mixed, and differ in shape: "
            f"{_format(shapes[0])} and {_format(shapes[1])}"
        )
    share = torch.rand(len(real[0]), device=real[0].device)
    return tuple(_mix(r, f, share) for r, f in zip(real, fake, strict=True))


def _mix(real: Tensor, fake: Tensor, share: Tensor) -> Tensor:
    if not real.is_floating_point():
        return real
    epsilon = share.to(real.dtype).reshape(-1, *[1] * (real.dim() - 1))
    return (epsilon * real + (1 - epsilon) * fake).requires_grad_()


def _format(shapes: Sequence[tuple[int, ...]]) -> str:
    return ", ".join(" x ".join(map(str, shape)) for shape in shapes)
