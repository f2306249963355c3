"""Which output of a model is meant, and the images that it is made from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ganzoo.errors import ModelError, did_you_mean

if TYPE_CHECKING:
    from ganzoo.inference.model import Model, OutputWire


def check_output(model: Model, output: str) -> None:
    """Check that an output of that name exists; "" stands for the default.

    Raises:
        ModelError: there is no such output.
    """
    if output and output not in model.outputs:
        hint = did_you_mean(output, model.outputs) or f" There is {', '.join(model.outputs)}."
        raise ModelError(f"the model has no output '{output}'.{hint}")


def image_names(model: Model, output: OutputWire) -> list[str]:
    """The images among an output's inputs, by name; latents are none."""
    names = sorted(output.names - set(model.latents))
    return [name for name in names if model.variables[name].size is not None]


def find_input(model: Model, output: str) -> str:
    """The name of the one image that an output is made from.

    Raises:
        ModelError: there is no such output, or it is not made from one image.
    """
    check_output(model, output)
    try:
        chosen = model.output(output)
    except ValueError as error:
        raise ModelError(str(error)) from None
    wire, needed = chosen.wire, sorted(chosen.names - set(model.latents))
    if len(needed) != 1 or model.variables[needed[0]].size is None:
        hint = "; use ganzoo sample" if all(model.variables[n].classes for n in needed) else ""
        raise ModelError(
            f"'{wire}' is not made from one image, so there is nothing to translate{hint}"
        )
    return needed[0]
