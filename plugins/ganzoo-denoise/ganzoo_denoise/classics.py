"""Two classic denoisers of scikit-image, which learn nothing: what a trained one must beat."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

import numpy as np
import torch
from torch import Tensor

Classic = Callable[[Tensor, float, float], Tensor]
"""A noisy image (C, H, W) in [-1, 1], a strength and the noise's deviation to a denoised one."""

MISSING = (
    "total variation and non-local means are scikit-image's, which is missing: "
    "pip install scikit-image, or set classics = false"
)


def total_variation(noisy: Tensor, strength: float, sigma: float) -> Tensor:
    """Rudin, Osher, Fatemi 1992, solved as in Chambolle 2004; the strength is its weight.

    The weight is for intensities in [0, 1]; sigma is not looked at.
    """
    denoised = restoration().denoise_tv_chambolle(_pixels(noisy), weight=strength, channel_axis=-1)
    return _image(denoised, noisy)


def non_local_means(noisy: Tensor, strength: float, sigma: float) -> Tensor:
    """Buades, Coll, Morel 2005: patches of 5 px from 13 x 13 px, the fast kind.

    The strength is the filter's h, in deviations of the noise; sigma is that deviation in [0, 1],
    which is taken off the patches' distances.
    """
    denoised = restoration().denoise_nl_means(
        _pixels(noisy),
        patch_size=5,
        patch_distance=6,
        h=strength * sigma,
        sigma=sigma,
        fast_mode=True,
        channel_axis=-1,
    )
    return _image(denoised, noisy)


def restoration() -> ModuleType:
    """scikit-image's module of that name.

    Raises:
        ValueError: scikit-image is missing; says what to do.
    """
    try:
        import skimage.restoration
    except ImportError as error:
        raise ValueError(MISSING) from error
    module: ModuleType = skimage.restoration
    return module


def _pixels(image: Tensor) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """(C, H, W) in [-1, 1] to (H, W, C) in [0, 1]."""
    return ((image.double() + 1) / 2).movedim(0, -1).numpy()


def _image(pixels: np.ndarray[tuple[int, ...], np.dtype[np.float64]], like: Tensor) -> Tensor:
    return torch.from_numpy(pixels * 2 - 1).movedim(-1, 0).to(like.dtype)
