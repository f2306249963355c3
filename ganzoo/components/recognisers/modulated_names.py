"""U-Nets around a vision transformer, by the names of UVCGANv2's code."""

from __future__ import annotations

from collections.abc import Iterator
from math import isqrt
from typing import Any

from ganzoo.components.recognisers.layer_names import NumberedLayers
from ganzoo.interfaces.recogniser import Guess, Options, Recogniser, Shapes

OUTER, INNER = "net.modnet.", "inner_module."
MOST_LEVELS = 16
ARGUMENTS = "generator_model_args"  # where that code's config.json has a generator's settings
# Settings that leave no trace in the tensors, and the only values that ganzoo's network has.
FIXED = {
    "activ": "gelu",
    "modnet_activ": "leakyrelu",
    "modnet_norm": None,
    "modnet_demod": True,
    "activ_output": "sigmoid",
}


class ModulatedNames(Recogniser):
    """UVCGANv2's `vit-modnet`: levels `net.modnet`, `net.modnet.inner_module` ...

    The number of heads is in no tensor; it is read from `config.json`, else it is the paper's.
    """

    def recognise(self, shapes: Shapes, options: Options) -> Iterator[Guess]:
        """At most one guess."""
        levels = _levels(shapes)
        if not levels or any(_odd(options)):
            return
        widths = [shapes[f"{level}conv.downsample.weight"][0] for level in levels]
        centre = f"{levels[-1]}{INNER}"
        inner = _transformer(shapes, centre)
        if inner is None:
            return
        settings, evidence = inner
        in_channels = (*shapes.get("net.layer_input.0.weight", ()), 0, 0)[1]
        heads, assumed = _heads(options, settings["features"])
        settings |= {"in_channels": in_channels, "out_channels": in_channels, "widths": widths}
        settings |= {"kernel": shapes[f"{OUTER}conv.downsample.weight"][-1], "heads": heads}
        places = frozenset({f"{centre}trans_input.{axis}_const" for axis in "xy"} & shapes.keys())
        pixels = next((shapes[name][-1] for name in places if shapes[name]), 0)
        yield Guess(
            "generator",
            "vit_unet",
            settings,
            {
                f"levels of {', '.join(map(str, widths))}": f"{OUTER}conv.downsample ...",
                **evidence,
            },
            unneeded=places,
            assumed=assumed,
            size=isqrt(pixels) * 2 ** len(widths) or None,
        )


def _levels(shapes: Shapes) -> list[str]:
    """The prefix of each level, from the outermost to the innermost."""
    levels: list[str] = []
    level = OUTER
    while len(levels) < MOST_LEVELS and len(shapes.get(f"{level}conv.downsample.weight", ())) == 4:
        levels.append(level)
        level = f"{level}{INNER}"
    return levels


def _transformer(shapes: Shapes, centre: str) -> tuple[dict[str, Any], dict[str, str]] | None:
    """What the innermost module tells; None if it is no transformer."""
    names = {"tokens": "extra_tokens", "projector": "trans_input.embed.projector.weight"}
    names["hidden"] = "encoder.encoder.0.ffn.net.0.weight"
    given = {key: shapes.get(f"{centre}{name}", ()) for key, name in names.items()}
    if [len(given[key]) for key in names] != [3, 2, 2]:
        return None
    blocks = NumberedLayers(shapes, f"{centre}encoder.encoder.")
    settings: dict[str, Any] = {
        "features": given["tokens"][2],
        "blocks": len(blocks.tensors),
        "hidden": given["hidden"][0],
        "embedding": given["projector"][0],
        "extra_tokens": given["tokens"][1],
    }
    return settings, {
        f"tokens of {settings['features']}": f"{centre}extra_tokens {given['tokens']}",
        f"{settings['blocks']} transformer blocks": blocks.between(sorted(blocks.tensors)),
    }


def _heads(options: Options, features: int) -> tuple[int, tuple[str, ...]]:
    """How many heads, and what was assumed."""
    said = options.get(f"{ARGUMENTS}_n_heads")
    if isinstance(said, int):
        return said, ()
    heads = next(n for n in (6, 8, 4, 3, 2, 1) if features % n == 0)
    return heads, (f"{heads} heads of attention, which no tensor tells (heads)",)


def _odd(options: Options) -> Iterator[str]:
    """Settings of a config.json that ganzoo's network does not have."""
    for name, value in FIXED.items():
        if options.get(f"{ARGUMENTS}_{name}", value) != value:
            yield name
