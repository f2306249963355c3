"""A look at an output: how it follows its inputs, and whether its colours are upside down."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from ganzoo.engine.rng import derive, numpy_generator, torch_generator
from ganzoo.inference.model import Model
from ganzoo.interfaces import Data
from ganzoo.training.alarms.probed import ProbedOutput

COUNT = 4  # samples that are looked at
SEED = derive("alarms")

Example = Mapping[str, Tensor]


def examples(data: Data, model: Model) -> list[dict[str, Tensor]]:
    """A few test samples (1, ...) with latents; training samples where there are none.

    None of them shows an item again, as an output that is equal for equal inputs is no detection.
    """
    held_out = min([data.test_count(), *data.test_counts().values()])
    count = min(COUNT, held_out or len(data))
    found: list[dict[str, Tensor]] = []
    for number in range(count):
        if held_out:
            sample = data.test_sample(number * held_out // count)
        else:
            chance = numpy_generator(SEED, number)
            sample = data.train_sample(number * len(data) // count, chance)
        given = {name: value[None] for name, value in sample.items()}
        found.append(given | _latents(model, number))
    return [example | _labels(model, number) for number, example in enumerate(found)]


def _latents(model: Model, number: int) -> dict[str, Tensor]:
    return {
        name: latent.draw((1, *model.variables[name].shape), torch_generator(SEED, name, number))
        for name, latent in model.latents.items()
    }


def _labels(model: Model, number: int) -> dict[str, Tensor]:
    """A class of its own for each example, as far as there are so many."""
    classes = {name: variable.classes for name, variable in model.variables.items()}
    return {name: torch.tensor([number % count]) for name, count in classes.items() if count}


def look(model: Model, probed: ProbedOutput, shown: Sequence[Example]) -> dict[str, Any] | None:
    """What `detectors` reads of an output; None where its values are not finite."""
    made = {name: _varied(model, probed, shown, name) for name in probed.inputs}
    if not all(images.isfinite().all() for images in made.values()):
        return None
    main = made[probed.source or probed.inputs[0]]
    seen: dict[str, Any] = {"count": len(shown), "print": _print(main)}
    like = probed.real or probed.source
    usual = spread(torch.cat([example[like] for example in shown]).float()) if like else 0.0
    if usual > 0 and len(shown) > 1:
        distinct = [name for name in made if model.variables[name].classes != 1]
        seen["spread"] = {name: round(spread(made[name]) / usual, 6) for name in distinct}
    mirror = _mirror(main, probed, shown)
    return {**seen, "mirror": mirror} if mirror else seen


def _varied(model: Model, probed: ProbedOutput, shown: Sequence[Example], name: str) -> Tensor:
    """The output (K, ...) for the first example with each one's `name`; chance is always the same.

    One by one, so that no image depends on the others.
    """
    made = []
    for example in shown:
        inputs = {n: (example if n == name else shown[0])[n] for n in probed.inputs}
        value = model.evaluate([probed.wire], inputs, SEED)[0]
        made.append((value[-1] if isinstance(value, list) else value).float().cpu())
    return torch.cat(made)


def spread(images: Tensor) -> float:
    """How much images (K, ...) differ: the root of the variance over K, averaged over the rest."""
    return float(images.var(0, correction=0).mean().sqrt())


def _print(images: Tensor) -> str:
    """A few characters that are others if a single bit of the images is."""
    return hashlib.blake2b(images.numpy().tobytes(), digest_size=6).hexdigest()


def _mirror(made: Tensor, probed: ProbedOutput, shown: Sequence[Example]) -> dict[str, Any] | None:
    """Errors of the output and of its negative, and how it goes with what it is compared to."""
    if probed.mirror is None or probed.source is None:
        return None
    given = torch.cat([example[probed.source] for example in shown]).float()
    real = torch.cat([example[probed.real or probed.source] for example in shown]).float()
    wanted = given if probed.mirror == "input" else real
    beside = real if probed.mirror == "target" else given
    if made.shape != beside.shape or made.shape[1:2] != wanted.shape[1:2]:
        return None
    if probed.mirror == "means":
        plain, inverse = errors(_means(made), _means(wanted))
    else:
        plain, inverse = errors(made, wanted)
    figures = {"plain": plain, "inverse": inverse, "correlation": correlation(made, beside)}
    return {"of": probed.mirror, **{name: round(value, 6) for name, value in figures.items()}}


def errors(made: Tensor, wanted: Tensor) -> tuple[float, float]:
    """The mean absolute error of what was made, and of its negative."""
    return float((made - wanted).abs().mean()), float((-made - wanted).abs().mean())


def _means(images: Tensor) -> Tensor:
    """The mean colour (C)."""
    return images.mean((0, *range(2, images.dim())))


def correlation(one: Tensor, other: Tensor) -> float:
    """Pearson's, of each channel of (K, C, H, W), averaged; 0 where a channel does not vary."""
    flat = [images.transpose(0, 1).flatten(1) for images in (one, other)]
    a, b = (channels - channels.mean(1, keepdim=True) for channels in flat)
    scale = a.norm(dim=1) * b.norm(dim=1)
    found = (a * b).sum(1) / scale.clamp_min(1e-12)
    return float(torch.where(scale > 1e-6, found, 0.0).mean())
