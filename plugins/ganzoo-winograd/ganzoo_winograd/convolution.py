"""A 3 x 3 convolution with 36 multiplications for each 4 x 4 pixels, where direct ones take 144.

Winograd's F(4 x 4, 3 x 3), as in Lavin, Gray 2015, arXiv:1509.09308.
"""

from __future__ import annotations

import threading
from typing import Any, Literal

import torch
from ganzoo.components.networks.padding import ReflectionPad
from torch import Tensor
from torch.autograd import forward_ad
from torch.nn import functional
from torch.utils import _python_dispatch

from ganzoo_winograd.library import Convolution, Library, find_library

Border = Literal["zeros", "reflect", "replicate"]
BORDERS = {"zeros": 0, "reflect": 1, "replicate": 2}
# Channels: with fewer the transformations take what the products save; with more the scratch
# memory, 36 numbers for 9 weights, grows large.
FEWEST, MOST = 32, 512


def is_fast(images: Tensor, weight: Tensor, bias: Tensor | None = None, padding: int = 0) -> bool:
    """Whether `convolve` will take the fast path: fp32 on a CPU, and nothing that must see inside.

    A compiler, a tracer, autocast, a counter of FLOPs and forward-mode derivatives are given
    torch's own convolution.
    """
    return (
        not _is_watched()
        and _fits(images, weight, padding)
        and all(_is_plain(tensor) for tensor in (images, weight, bias) if tensor is not None)
        and isinstance(find_library(), Library)
    )


def convolve(
    images: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    padding: int = 0,
    border: Border = "zeros",
) -> Tensor:
    """Images (N, C, H, W) and weights (K, C, 3, 3) to (N, K, H + 2 padding - 2, W + ...).

    padding: pixels added on each side, 0 or 1 on the fast path.
    border: what they are: 0, or the image reflected or continued.

    Gradients are by Winograd's algorithm too; a second derivative is torch's own.
    """
    if not is_fast(images, weight, bias, padding):
        return convolve_directly(images, weight, bias, padding, border)
    return WinogradFunction.apply(images, weight, bias, padding, border)  # type: ignore[no-any-return]


def convolve_directly(
    images: Tensor, weight: Tensor, bias: Tensor | None, padding: int, border: Border
) -> Tensor:
    """The same by torch, on any device and in any precision."""
    if padding and border != "zeros":
        images = _extend(images, padding, border)
        padding = 0
    return functional.conv2d(images, weight, bias, padding=padding)


def _extend(images: Tensor, padding: int, border: Border) -> Tensor:
    if border == "reflect":
        return ReflectionPad(padding)(images)  # type: ignore[no-any-return]
    return functional.pad(images, (padding,) * 4, mode=border)


class WinogradFunction(torch.autograd.Function):
    """The fast path and its gradients."""

    @staticmethod
    def forward(
        ctx: Any,
        images: Tensor,
        weight: Tensor,
        bias: Tensor | None,
        padding: int,
        border: Border,
    ) -> Tensor:
        """(N, K, H', W')."""
        ctx.padding, ctx.border = padding, border
        ctx.save_for_backward(images, weight, bias)
        library, job = _load_library(), _describe(images, weight, padding, border)
        size = [extent + 2 * padding - 2 for extent in images.shape[2:]]
        result = images.new_empty(images.shape[0], weight.shape[0], *size)
        bias = bias.contiguous() if bias is not None else None
        inputs = (images.contiguous(), weight.contiguous(), bias)
        library.forward(job, *inputs, result, _scratch(library.workspace(job, False)))
        return result

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        """Those that are needed, of images, weight and bias."""
        images, weight, bias = ctx.saved_tensors
        needed = ctx.needs_input_grad[:3]
        if torch.is_grad_enabled() or not _is_plain(gradient):
            direct = _differentiate((images, weight, bias), needed, gradient, ctx)
            return *direct, None, None
        pixels = torch.empty_like(images, memory_format=torch.contiguous_format)
        weights = torch.empty_like(weight, memory_format=torch.contiguous_format)
        outputs = (pixels if needed[0] else None, weights if needed[1] else None)
        if needed[0] or needed[1]:
            library, job = _load_library(), _describe(images, weight, ctx.padding, ctx.border)
            inputs = (images.contiguous(), weight.contiguous(), gradient.contiguous())
            library.backward(job, *inputs, *outputs, _scratch(library.workspace(job, True)))
        return *outputs, gradient.sum((0, 2, 3)) if needed[2] else None, None, None


def _differentiate(
    inputs: tuple[Tensor, Tensor, Tensor | None],
    needed: tuple[bool, ...],
    gradient: Tensor,
    ctx: Any,
) -> list[Tensor | None]:
    """The gradients by torch, which can themselves be differentiated."""
    with torch.enable_grad():
        result = convolve_directly(*inputs, ctx.padding, ctx.border)
    wanted = [tensor for tensor, need in zip(inputs, needed, strict=True) if need]
    gradients = iter(torch.autograd.grad(result, wanted, gradient, create_graph=True))  # type: ignore[arg-type]
    return [next(gradients) if need else None for need in needed]


def _fits(images: Tensor, weight: Tensor, padding: int) -> bool:
    return (
        images.dim() == 4
        and weight.dim() == 4
        and weight.shape[2:] == (3, 3)
        and images.shape[1] == weight.shape[1]
        and min(weight.shape[:2]) >= FEWEST
        and max(weight.shape[:2]) <= MOST
        and padding in (0, 1)
        and images.shape[0] > 0
        and min(images.shape[2:]) >= 3 - padding  # reflection needs 2 pixels
    )


def _is_plain(tensor: Tensor) -> bool:
    """Memory that C++ may read: no subclass, no wrapper of functorch, no dual number."""
    return (
        type(tensor) in (Tensor, torch.nn.Parameter)
        and tensor.device.type == "cpu"
        and tensor.dtype == torch.float32
        and tensor.layout == torch.strided
        and not tensor.is_neg()
    )


def _is_watched() -> bool:
    """Whether somebody follows torch's own operators, which the fast path would hide."""
    try:
        return bool(
            torch.compiler.is_compiling()
            or torch.is_autocast_enabled("cpu")
            or torch._C._get_tracing_state()
            or torch._C._are_functorch_transforms_active()
            or _python_dispatch._get_current_dispatch_mode()
            or forward_ad._current_level >= 0
        )
    except AttributeError:  # another torch, which calls them otherwise: its own way is right
        return True


def _describe(images: Tensor, weight: Tensor, padding: int, border: Border) -> Convolution:
    n, c, h, w = images.shape
    return Convolution(n, c, weight.shape[0], h, w, padding, BORDERS[border])


def _load_library() -> Library:
    library = find_library()
    assert isinstance(library, Library)
    return library


_local = threading.local()


def _scratch(floats: int) -> Tensor:
    """Memory that this thread uses again; fresh pages would cost more than what is done there."""
    scratch: Tensor | None = getattr(_local, "scratch", None)
    if scratch is None or scratch.numel() < floats:
        scratch = _local.scratch = torch.empty(floats)
    return scratch
