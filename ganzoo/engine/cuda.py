"""What makes steps fast on NVIDIA's GPUs: number formats, algorithms, layouts, graphs and copies.

Every function does nothing, or what is right anyway, on other devices.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn


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
def begin_step(device: torch.device, compiled: bool) -> Iterator[None]:
    """What a step of the game runs in.

    compiled: whether players are. Then a step of their CUDA graphs begins, and what they returned
        in the step before is overwritten. Without this, each player's graph would overwrite the
        fakes that the player before it has just returned.
    """
    if compiled and device.type == "cuda":
        torch.compiler.cudagraph_mark_step_begin()  # type: ignore[no-untyped-call]
    with _fastest_algorithms(device):
        yield


@contextmanager
def _fastest_algorithms(device: torch.device) -> Iterator[None]:
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


def place_network(
    network: nn.Module, device: torch.device, dtype: torch.dtype, channels_last: bool
) -> None:
    """Move a network to a device.

    channels_last: on CUDA, keep the convolutions' weights in that layout; cuDNN then computes in
        it. Never on a CPU, where that is slower. What a convolution returns is in that layout, too,
        so that `view` may fail where `reshape` does not.
    """
    network.to(device, dtype)
    if channels_last and device.type == "cuda":
        for module in network.modules():
            if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
                module.to(memory_format=torch.channels_last)


def compile_player(player: nn.Module, device: torch.device) -> None:
    """Run a player through torch.compile; on CUDA as a CUDA graph, which spares its launches.

    Not with `dynamic=False`, although sizes stay the same: numbers that a callback adjusts would be
    compiled in, and after eight of them torch compiles no more.
    """
    if device.type == "cuda":
        player.compile(mode="reduce-overhead")
    else:
        player.compile()


def send(tensor: Tensor, device: torch.device) -> Tensor:
    """The tensor on a device; nobody waits for the copy to a GPU.

    The GPU fetches it from pinned memory when its turn comes; from other memory, the copy would
    first wait for all that the GPU still has to do.
    """
    if device.type == "cuda" and tensor.device.type == "cpu":
        return tensor.pin_memory().to(device, non_blocking=True)
    return tensor.to(device)
