"""What makes steps fast on NVIDIA's GPUs: number formats, algorithms, layouts, graphs and copies.

Every function does nothing, or what is right anyway, on other devices.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor


def allow_tf32(device: torch.device, allowed: bool) -> None:
    """Let convolutions and matrix products of float32 round their factors to TF32, or forbid it.

    TF32 keeps the range of float32 and 10 of its 23 bits behind the point; sums stay float32. GPUs
    have it from compute capability 8 on. It holds for the whole process.
    """
    if device.type == "cuda":
        # torch's newer names for the same (`fp32_precision`) make the older ones fail when read.
        torch.backends.cuda.matmul.allow_tf32 = allowed
        torch.backends.cudnn.allow_tf32 = allowed


@contextmanager
def fastest_algorithms(device: torch.device) -> Iterator[None]:
    """Let cuDNN time its algorithms for each convolution that is new to it, and keep the fastest.

    That pays where sizes recur, as they do in steps; samples and test images may have any size. It
    is left out where someone asked torch to be deterministic, as two runs may choose differently.
    """
    cudnn = torch.backends.cudnn
    deterministic = cudnn.deterministic or torch.are_deterministic_algorithms_enabled()
    if device.type != "cuda" or deterministic:
        yield
        return
    before, cudnn.benchmark = cudnn.benchmark, True
    try:
        yield
    finally:
        cudnn.benchmark = before


def send(tensor: Tensor, device: torch.device) -> Tensor:
    """The tensor on a device; nobody waits for the copy to a GPU.

    The GPU fetches it from pinned memory when its turn comes; from other memory, the copy would
    first wait for all that the GPU still has to do.
    """
    if device.type == "cuda" and tensor.device.type == "cpu":
        return tensor.pin_memory().to(device, non_blocking=True)
    return tensor.to(device)
