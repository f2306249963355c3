"""A probe of an output: how it varies with each input, and whether its colours are inverted."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from ganzoo.engine.rng import derive, numpy_generator, torch_generator
from ganzoo.inference.model import Model
from ganzoo.inference.scale import match_sizes
from ganzoo.interfaces import Data, last_tensor
from ganzoo.training.alarms.probed import ProbedOutput

COUNT = 4  # samples that outputs are computed for
SEED = derive("alarms")

Example = Mapping[str, Tensor]


def choose_examples(data: Data, model: Model) -> list[dict[str, Tensor]]:
    """Up to 4 test samples (1, ...) with latents; training samples where there are none.

    No variable shows the same item twice: equal outputs for equal inputs would prove nothing.
    """
    held_out = min([data.test_count(), *data.test_counts().values()])
    count = min(COUNT, held_out or len(data))
    examples: list[dict[str, Tensor]] = []
    for number in range(count):
        if held_out:
            sample = data.test_sample(number * held_out // count)
        else:
            rng = numpy_generator(SEED, number)
            sample = data.train_sample(number * len(data) // count, rng)
        batch = {name: value[None] for name, value in sample.items()}
        examples.append(batch | _draw_latents(model, number, batch))
    return [example | _choose_labels(model, number) for number, example in enumerate(examples)]


def _draw_latents(model: Model, number: int, sample: Example) -> dict[str, Tensor]:
    """Latents of a sample; spatial ones have its size, which may be another than training's."""
    variables = match_sizes(model.variables, sample)
    return {
        name: latent.draw(
            (1, *latent.variable(variables).shape), torch_generator(SEED, name, number)
        )
        for name, latent in model.latents.items()
    }


def _choose_labels(model: Model, number: int) -> dict[str, Tensor]:
    """A class for each label: each example has another one, while there are enough."""
    classes = {name: variable.classes for name, variable in model.variables.items()}
    return {name: torch.tensor([number % count]) for name, count in classes.items() if count}


def probe_output(
    model: Model, probed: ProbedOutput, examples: Sequence[Example]
) -> dict[str, Any] | None:
    """What `detectors` reads of an output, as JSON; None where its values are not finite."""
    images = {name: _vary(model, probed, examples, name) for name in probed.inputs}
    if not all(each.isfinite().all() for each in images.values()):
        return None
    main = images[probed.source or probed.inputs[0]]
    observed: dict[str, Any] = {"count": len(examples), "print": _hash(main)}
    reference = probed.real or probed.source
    usual = _spread_of(examples, reference) if reference else 0.0
    if usual > 0 and len(examples) > 1:
        varied = [name for name in images if model.variables[name].classes != 1]
        observed["spread"] = {name: round(spread(images[name]) / usual, 6) for name in varied}
    mirror = _compare_negative(main, probed, examples)
    return {**observed, "mirror": mirror} if mirror else observed


def _vary(model: Model, probed: ProbedOutput, examples: Sequence[Example], name: str) -> Tensor:
    """The output (K, ...) for the first example, with `name` taken from each of the K examples.

    One forward pass each, so that no image depends on the others; all random draws are the same.
    """
    outputs = []
    for example in examples:
        inputs = {n: (example if n == name else examples[0])[n] for n in probed.inputs}
        value = model.evaluate([probed.wire], inputs, SEED)[0]
        outputs.append(last_tensor(value).float().cpu())
    return torch.cat(outputs)


def _spread_of(examples: Sequence[Example], name: str) -> float:
    return spread(torch.cat([example[name] for example in examples]).float())


def spread(images: Tensor) -> float:
    """How much images (K, ...) differ: the root of the variance over K, averaged over the rest."""
    return float(images.var(0, correction=0).mean().sqrt())


def _hash(images: Tensor) -> str:
    """A hash of the images: 12 hexadecimal digits."""
    return hashlib.blake2b(images.numpy().tobytes(), digest_size=6).hexdigest()


def _compare_negative(
    output: Tensor, probed: ProbedOutput, examples: Sequence[Example]
) -> dict[str, Any] | None:
    """The errors of the output and of its negative, and its correlation; None where none apply.

    The correlation is with the target where the data are paired, else with the input.
    """
    if probed.mirror is None or probed.source is None:
        return None
    source = torch.cat([example[probed.source] for example in examples]).float()
    real = torch.cat([example[probed.real or probed.source] for example in examples]).float()
    wanted = source if probed.mirror == "input" else real
    beside = real if probed.mirror == "target" else source
    if output.shape != beside.shape or output.shape[1:2] != wanted.shape[1:2]:
        return None
    if probed.mirror == "means":
        plain, inverse = mean_errors(_mean_colour(output), _mean_colour(wanted))
    else:
        plain, inverse = mean_errors(output, wanted)
    values = {"plain": plain, "inverse": inverse, "correlation": correlation(output, beside)}
    return {"of": probed.mirror, **{name: round(value, 6) for name, value in values.items()}}


def mean_errors(output: Tensor, wanted: Tensor) -> tuple[float, float]:
    """The mean absolute error of the output, and of its negative."""
    return float((output - wanted).abs().mean()), float((-output - wanted).abs().mean())


def _mean_colour(images: Tensor) -> Tensor:
    """The mean (C,) over images (K, C, H, W)."""
    return images.mean((0, *range(2, images.dim())))


def correlation(one: Tensor, other: Tensor) -> float:
    """Pearson's, of each channel of (K, C, H, W), averaged; 0 where a channel does not vary."""
    flat = [images.transpose(0, 1).flatten(1) for images in (one, other)]
    a, b = (channels - channels.mean(1, keepdim=True) for channels in flat)
    scale = a.norm(dim=1) * b.norm(dim=1)
    correlations = (a * b).sum(1) / scale.clamp_min(1e-12)
    return float(torch.where(scale > 1e-6, correlations, 0.0).mean())
