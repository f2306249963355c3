"""Winograd's convolution against torch's direct one in float64, by every instruction set."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn import functional
from torch.utils.flop_counter import FlopCounterMode

from ganzoo_winograd import convolution, library
from ganzoo_winograd.convolution import WinogradFunction, convolve, convolve_directly, is_fast

needs_library = pytest.mark.skipif(not library.is_available(), reason=library.explain())
BOUND = 1e-5  # of the relative error against float64; the worst measured is 2.3e-6
# N, C, K, H, W, padding, border
SHAPES = [
    (1, 32, 32, 16, 16, 1, "reflect"),
    (2, 20, 37, 13, 9, 0, "zeros"),
    (1, 5, 3, 7, 30, 1, "zeros"),
    (3, 16, 64, 5, 81, 1, "replicate"),
    (1, 8, 8, 2, 2, 1, "reflect"),
    (1, 8, 8, 3, 3, 0, "zeros"),
    (1, 3, 3, 1, 5, 1, "replicate"),
    (1, 4, 4, 1, 1, 1, "zeros"),
    (2, 24, 40, 70, 75, 1, "reflect"),  # several chunks of tiles, and a chunk across images
    (5, 64, 64, 17, 18, 1, "reflect"),
]


def make(*shape, seed=0):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def error(tensor, exact):
    return ((tensor.double() - exact).norm() / exact.norm()).item()


@pytest.fixture(params=["AVX-512", "AVX2", "plain"])
def instructions(request):
    """Each in turn; the best again afterwards."""
    found = library.find_library()
    best = found.instructions
    if not found.select(request.param):
        pytest.skip(f"this processor has no {request.param}")
    yield request.param
    found.select(best)


@needs_library
@pytest.mark.parametrize(("n", "c", "k", "h", "w", "padding", "border"), SHAPES)
def test_the_result_and_all_gradients_are_right(n, c, k, h, w, padding, border, instructions):
    inputs = [make(n, c, h, w), make(k, c, 3, 3, seed=1), make(k, seed=2)]
    exact = [tensor.double().requires_grad_() for tensor in inputs]
    wanted = convolve_directly(*exact, padding, border)
    slope = make(*wanted.shape, seed=3)
    wanted.backward(slope.double())
    given = [tensor.requires_grad_() for tensor in inputs]
    result = WinogradFunction.apply(*given, padding, border)
    result.backward(slope)
    assert error(result, wanted) < BOUND
    assert [error(a.grad, b.grad) < BOUND for a, b in zip(given, exact, strict=True)] == [True] * 3


@needs_library
def test_counts_of_ones(instructions):
    result = WinogradFunction.apply(
        torch.ones(1, 7, 5, 6), torch.ones(1, 7, 3, 3), torch.tensor([0.5]), 1, "zeros"
    )
    edge = [4.0, 6.0, 6.0, 6.0, 6.0, 4.0]
    middle = [6.0, 9.0, 9.0, 9.0, 9.0, 6.0]
    counted = torch.tensor([edge, middle, middle, middle, edge]) * 7 + 0.5
    torch.testing.assert_close(result[0, 0], counted, rtol=1e-6, atol=1e-5)


@needs_library
def test_each_gradient_alone_is_the_same():
    images, weight = make(2, 32, 9, 9), make(32, 32, 3, 3, seed=1)
    slope = make(2, 32, 9, 9, seed=2)

    def gradients(*needed):
        inputs = [
            t.clone().requires_grad_(n) for t, n in zip((images, weight), needed, strict=True)
        ]
        convolve(*inputs, None, 1, "reflect").backward(slope)
        return [tensor.grad for tensor in inputs]

    both = gradients(True, True)
    assert torch.equal(gradients(True, False)[0], both[0])
    assert torch.equal(gradients(False, True)[1], both[1])


@needs_library
def test_neither_threads_nor_the_batch_change_a_bit():
    images, weight = make(3, 48, 33, 20).requires_grad_(), make(32, 48, 3, 3, seed=1)
    alone = torch.cat([convolve(image[None], weight, None, 1, "zeros") for image in images])
    threads = torch.get_num_threads()
    torch.set_num_threads(3)
    try:
        together = convolve(images, weight, None, 1, "zeros")
    finally:
        torch.set_num_threads(threads)
    assert torch.equal(alone, together)


@needs_library
def test_memory_formats_and_views():
    images, weight = make(2, 32, 8, 12), make(40, 32, 3, 3, seed=1)
    usual = convolve(images, weight, None, 1, "reflect")
    last = images.to(memory_format=torch.channels_last)
    assert torch.equal(convolve(last, weight, None, 1, "reflect"), usual)
    turned = images.transpose(2, 3)
    direct = convolve_directly(turned, weight, None, 1, "reflect")
    torch.testing.assert_close(
        convolve(turned, weight, None, 1, "reflect"), direct, rtol=1e-4, atol=1e-3
    )


@needs_library
def test_the_gradient_of_a_gradient():
    def penalty(function):
        images, weight = make(1, 32, 6, 6), make(32, 32, 3, 3, seed=1)
        inputs = [images.requires_grad_(), weight.requires_grad_()]
        result = function(*inputs, None, 1, "reflect").square().sum()
        (slope,) = torch.autograd.grad(result, images, create_graph=True)
        slope.square().sum().backward()
        return [tensor.grad for tensor in inputs]

    for ours, torchs in zip(penalty(convolve), penalty(convolve_directly), strict=True):
        torch.testing.assert_close(ours, torchs, rtol=1e-3, atol=1e-3 * torchs.abs().max().item())


def test_what_is_refused_in_words_stays_refused():
    with pytest.raises(RuntimeError, match="expected input"):
        convolve(make(1, 40, 8, 8), make(32, 32, 3, 3))
    with pytest.raises(RuntimeError, match=r"[Pp]adding"):
        convolve(make(1, 32, 1, 1), make(32, 32, 3, 3), None, 1, "reflect")


@needs_library
def test_what_goes_the_fast_way():
    images, weight = make(1, 32, 8, 8), make(32, 32, 3, 3)
    assert is_fast(images, weight)
    assert is_fast(images, nn.Parameter(weight), None, 1)
    assert not is_fast(images.double(), weight.double())
    assert not is_fast(images.to("meta"), weight.to("meta"))
    assert not is_fast(images.bfloat16(), weight.bfloat16())
    assert not is_fast(images, make(32, 32, 5, 5))
    assert not is_fast(images[:, :16], make(32, 16, 3, 3))
    assert not is_fast(images, weight, None, 2)
    assert not is_fast(images[:0], weight)
    assert not is_fast(make(1, 32, 2, 8), weight)


@pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::torch.jit.TracerWarning")
def test_those_who_follow_torchs_operators_see_them(monkeypatch):
    images, weight = make(1, 32, 8, 8), make(32, 32, 3, 3)
    with FlopCounterMode(display=False) as counter:
        convolve(images, weight)
    assert counter.get_total_flops() == 2 * 9 * 32 * 32 * 6 * 6
    with torch.autocast("cpu", torch.bfloat16):
        assert convolve(images, weight).dtype == torch.bfloat16
    each = torch.func.vmap(lambda image: convolve(image[None], weight)[0])(images)
    torch.testing.assert_close(each, functional.conv2d(images, weight))
    slopes = torch.func.jvp(lambda image: convolve(image, weight), (images,), (images,))[1]
    torch.testing.assert_close(slopes, functional.conv2d(images, weight))
    traced = torch.jit.trace(convolve, (images, weight), check_trace=False)
    assert "_convolution" in str(traced.graph)
    monkeypatch.setattr(torch.compiler, "is_compiling", lambda: True)
    assert not is_fast(images, weight)


def test_without_the_library_torch_does_it(monkeypatch):
    monkeypatch.setattr(convolution, "find_library", lambda: "none here")
    images, weight, bias = make(1, 32, 8, 8), make(32, 32, 3, 3), make(32)
    assert not is_fast(images, weight)
    direct = convolve_directly(images, weight, bias, 1, "reflect")
    assert torch.equal(convolve(images, weight, bias, 1, "reflect"), direct)
