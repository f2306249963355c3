"""How weights start. Random numbers come from torch's global generator, which the caller seeds."""

from __future__ import annotations

from abc import ABC, abstractmethod

from torch import Tensor, nn
from torch.nn.modules.batchnorm import _NormBase
from torch.nn.modules.conv import _ConvNd
from torch.nn.utils.parametrize import is_parametrized

from ganzoo.components.networks.input_skip import starts_at_zero


class _Init(ABC):
    """Fills weights as `fill` does, biases with 0, and the scales of norms from N(1, spread).

    What starts at zero, as the end of a network that starts as a copy, is left there.
    """

    spread: float = 0.02

    def __call__(self, network: nn.Module) -> None:
        """Fill every convolution, linear layer and norm of the network; leave other modules."""
        network.apply(self._fill_module)

    @abstractmethod
    def fill(self, weight: Tensor) -> None:
        """Fill the weight of a convolution or linear layer, in place."""

    def _fill_module(self, module: nn.Module) -> None:
        if starts_at_zero(module):
            return
        if isinstance(module, _ConvNd | nn.Linear):
            self.fill(_parameter(module))
        elif isinstance(module, _NormBase | nn.GroupNorm) and module.affine:
            nn.init.normal_(module.weight, 1.0, self.spread)
        else:
            return
        if module.bias is not None:
            nn.init.zeros_(module.bias)


class NormalInit(_Init):
    """N(0, std), as in DCGAN (Radford et al. 2015, arXiv:1511.06434) and CycleGAN.

    std: the standard deviation, also of the scales of norms around 1.

    Raises:
        ValueError: std is negative.
    """

    def __init__(self, std: float = 0.02) -> None:
        _refuse_negative("std", std)
        self.spread = std

    def fill(self, weight: Tensor) -> None:
        """N(0, std)."""
        nn.init.normal_(weight, 0.0, self.spread)


class XavierInit(_Init):
    """Variance by both fans: gain² · 2 / (in + out) (Glorot, Bengio 2010).

    gain: the factor of the standard deviation, and that of the scales of norms around 1.

    Raises:
        ValueError: gain is negative.
    """

    def __init__(self, gain: float = 0.02) -> None:
        _refuse_negative("gain", gain)
        self.spread = gain

    def fill(self, weight: Tensor) -> None:
        """N(0, gain · sqrt(2 / (in + out)))."""
        nn.init.xavier_normal_(weight, self.spread)


class KaimingInit(_Init):
    """Variance by the inputs, for ReLU: 2 / in (He et al. 2015, arXiv:1502.01852)."""

    def fill(self, weight: Tensor) -> None:
        """N(0, sqrt(2 / in))."""
        nn.init.kaiming_normal_(weight)


class OrthogonalInit(_Init):
    """A random orthogonal matrix times gain (Saxe et al. 2013, arXiv:1312.6120).

    gain: the factor, and the standard deviation of the scales of norms around 1.

    Raises:
        ValueError: gain is negative.
    """

    def __init__(self, gain: float = 0.02) -> None:
        _refuse_negative("gain", gain)
        self.spread = gain

    def fill(self, weight: Tensor) -> None:
        """Rows, each an output's weights flattened, orthogonal and of length gain."""
        nn.init.orthogonal_(weight, self.spread)


def _parameter(module: _ConvNd | nn.Linear) -> Tensor:
    """The weight itself; under spectral norm, `module.weight` is only computed from it."""
    if is_parametrized(module, "weight"):
        return module.parametrizations["weight"].original  # type: ignore
    return module.weight


def _refuse_negative(name: str, value: float) -> None:
    if value < 0:
        raise ValueError(f"{name} is {value}: it must not be negative")
