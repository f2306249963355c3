"""Translation by a generator that takes latents only."""

from __future__ import annotations

from typing import ClassVar, Literal

import torch
from torch import Tensor
from torch.nn.functional import interpolate

from ganzoo.interfaces import Output, Value, Wire, last_tensor


class LatentSearch(Output):
    """Find the latent whose image is the target, then render it (Liu, Tuzel 2016, sec. 5).

    arXiv:1606.07536. `search = "z", reconstruction = "G.x(z)", target = "x", render = "G.y(z)"`
    translates x: Adam (Kingma, Ba 2014, arXiv:1412.6980) optimises z until G.x(z) is close to x,
    and the output is G.y(z). Of many drawn latents the best few are optimised, and the best of
    these is rendered. A target of another size is resized to the reconstruction's for comparison,
    and the rendering to the target's.

    steps: optimizer steps.
    lr: the learning rate of the first step; it falls to 0 along half a cosine.
    draws: how many latents are drawn at first.
    starts: how many of them, the best, are optimised.
    distance: what is minimised, "l2" (mean square) or "l1" (mean absolute difference) of pixels.

    Raises:
        ValueError: a number is out of range.
    """

    latents: ClassVar[tuple[str, ...]] = ("search",)
    renders: ClassVar[str] = "render"

    def __init__(
        self,
        steps: int = 30,
        lr: float = 0.2,
        draws: int = 16,
        starts: int = 1,
        distance: Literal["l2", "l1"] = "l2",
    ) -> None:
        if steps < 0 or lr <= 0:
            raise ValueError("steps must be at least 0, and lr above 0")
        if not 1 <= starts <= draws:
            raise ValueError(f"starts is {starts}: it must be 1 to draws, {draws}")
        self.steps, self.lr, self.draws, self.starts = steps, lr, draws, starts
        self.distance = distance

    def make(self, search: Wire, reconstruction: Wire, target: Wire, render: Wire) -> Value:
        """The rendering (N, C, H, W) of the best latents, for a target (N, C, H, W)."""
        wanted = last_tensor(target())
        latents = self._start(search, reconstruction, wanted)
        with torch.enable_grad():
            optimised = self._move(latents.detach().clone(), search.text, reconstruction, wanted)
        costs = self._costs(reconstruction(self.starts, **{search.text: optimised}), wanted)
        best = _best(optimised, costs, 1)
        return _sized(last_tensor(render(1, **{search.text: best})), wanted)

    def _start(self, search: Wire, reconstruction: Wire, wanted: Tensor) -> Tensor:
        """The best draws (starts N, ...) for each sample."""
        drawn = last_tensor(search(self.draws))
        costs = self._costs(reconstruction(self.draws, **{search.text: drawn}), wanted)
        return _best(drawn, costs, self.starts)

    def _move(self, latents: Tensor, name: str, reconstruction: Wire, wanted: Tensor) -> Tensor:
        latents.requires_grad_()
        optimizer = torch.optim.Adam([latents], lr=self.lr)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, max(self.steps, 1))
        for _ in range(self.steps):
            cost = self._costs(reconstruction(self.starts, **{name: latents}), wanted).sum()
            (latents.grad,) = torch.autograd.grad(cost, latents)
            optimizer.step()
            schedule.step()
        return latents.detach()

    def _costs(self, reconstructions: Value, wanted: Tensor) -> Tensor:
        """The distance (times, N) of every reconstruction from its target."""
        images = last_tensor(reconstructions)
        sized = _sized(wanted, images)
        likes = torch.cat([sized] * (len(images) // len(wanted)))
        difference = images - likes
        pixels = difference.square() if self.distance == "l2" else difference.abs()
        return pixels.flatten(1).mean(1).reshape(-1, len(wanted))


def _best(latents: Tensor, costs: Tensor, count: int) -> Tensor:
    """The `count` cheapest latents of each sample, (count N, ...).

    latents: (times N, ...), all samples in turn. costs: (times, N).
    """
    places = costs.nan_to_num(torch.inf).argsort(dim=0, stable=True)[:count]
    samples = torch.arange(costs.shape[1], device=costs.device)
    by_turn = latents.reshape(*costs.shape, *latents.shape[1:])
    return by_turn[places, samples].flatten(0, 1)


def _sized(images: Tensor, like: Tensor) -> Tensor:
    if images.shape[2:] == like.shape[2:]:
        return images
    if images.dim() == 5:  # volumes, which torch enlarges and reduces without antialiasing alone
        return interpolate(images, like.shape[2:], mode="trilinear", align_corners=False)
    return interpolate(
        images, like.shape[-2:], mode="bilinear", align_corners=False, antialias=True
    )
