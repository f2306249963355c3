"""A denoised image must keep the low frequencies of the noisy one."""

from __future__ import annotations

from ganzoo.components.losses.low_pass import LowPass


class BlurConsistency(LowPass):
    """The core's `low_pass` with a blur that suits noise: E‖B(prediction) - B(target)‖₁.

    Du, Chen, Yang 2020, arXiv:2003.12769, use it as background consistency, on several scales.
    A blur averages noise away and leaves shapes and colours, so prediction and target (denoised and
    noisy, in either order) may differ in the noise and in nothing that is larger than it.
    Of white noise of deviation s about s / (2 sigma √π) remains: 0.14 s for sigma = 2. The noise
    must have the mean 0: salt and pepper has not, and pulls bright and dark areas towards gray.

    sigma: the blur's standard deviation in pixels; frequencies above about 1 / (2 π sigma) cycles a
        pixel are free.

    Raises:
        ValueError: sigma is not positive.
    """

    def __init__(self, sigma: float = 2.0) -> None:
        super().__init__(sigma)
