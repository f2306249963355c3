"""A trained model and its outputs, as samples, metrics and `ganzoo translate` use them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, overload

import torch
from torch import Tensor, nn

from ganzoo.inference.calling import Given, call
from ganzoo.inference.drawing import draw
from ganzoo.inference.engines.engine_choice import Engine, engine_of
from ganzoo.inference.origin import UNKNOWN, Origin, describe_size, floating_tensors
from ganzoo.inference.output_values import evaluate_outputs
from ganzoo.inference.output_wire import OutputWire as OutputWire
from ganzoo.inference.output_wire import find_output
from ganzoo.inference.resting import resting_modules as resting_modules
from ganzoo.inference.saving import File, save_image
from ganzoo.inference.scale import Scale
from ganzoo.inference.speeding import AskedPrecision, speed_up
from ganzoo.inference.translate_images import Image, translate_images
from ganzoo.interfaces import Latent, Value, Variable
from ganzoo.printing.text import one_line

if TYPE_CHECKING:
    from ganzoo.inference.exporting.export_formats import PixelType
    from ganzoo.inference.exporting.parity import Parity


@dataclass(repr=False)
class Model:
    """Trained networks, and the outputs that they were trained for: a function of images.

        model = ganzoo.load_model("runs/cyclegan")
        labels = model("x2y", x="photo.png")  # pictures in, a picture out
        labels = model("x2y", x=photos)  # tensors (N, 3, H, W) in [-1, 1] in, and out
        digits = ganzoo.load_model("runs/cgan").sample(16)  # from latents alone

    networks: modules by name; a model file holds only those that its outputs call.
    outputs: by name; the first one is the default.
    variables: the kind and shape of every name in a wire, latents included.
    latents: by name, the components that draw latents.
    resting: by network, the modules that stay in evaluation mode even during training; see
        `resting_modules`.
    origin: the recipe, the file and the step that the weights come from.
    precision: what networks compute in: that of their weights, or bf16 by autocast.
    """

    networks: Mapping[str, nn.Module]
    outputs: Mapping[str, OutputWire]
    variables: Mapping[str, Variable]
    latents: Mapping[str, Latent]
    resting: Mapping[str, frozenset[str]] = field(default_factory=dict)
    origin: Origin = UNKNOWN
    precision: Literal["float32", "bf16"] = "float32"
    _home: torch.device = field(default=torch.device("cpu"), repr=False)

    @property
    def device(self) -> torch.device:
        """The networks' device; of networks without tensors, that of the last `to`, or the CPU."""
        return self._example().device

    @property
    def dtype(self) -> torch.dtype:
        """The networks' floating-point type; float32 under autocast, or if they hold no tensors."""
        return torch.float32 if self.precision == "bf16" else self._example().dtype

    def __repr__(self) -> str:
        """`<ganzoo.Model cyclegan, step 300: x2y, y2x; 2 networks, 688 k parameters, cpu>`."""
        outputs = ", ".join(self.outputs) or "no outputs"
        size = describe_size(self.networks)
        return one_line(f"<ganzoo.Model {self.origin}: {outputs}; {size}, {self.device}>")

    def to(self, device: str | torch.device) -> Model:
        """Move the networks to a device."""
        self._home = torch.device(device)
        for network in self.networks.values():
            network.to(device)
        return self

    @overload
    def __call__(
        self, output: str = "", *, seed: int = 0, scale: Scale = "trained", **inputs: Tensor
    ) -> Value: ...
    @overload
    def __call__(
        self, output: str = "", *, seed: int = 0, scale: Scale = "trained", **inputs: Given
    ) -> Any: ...
    def __call__(
        self, output: str = "", *, seed: int = 0, scale: Scale = "trained", **inputs: Given
    ) -> Any:
        """Compute one output, from pictures or from tensors.

        output: its name; left out, the first output.
        seed: of latents and dropout.
        inputs: by variable, one of:
            a picture: a file, a Pillow image, or an array (H, W, C) of the values that files hold.
                It is read as the training files were, and resized by `scale` (see
                `ganzoo.inference.scale.Scale`). The result has the picture's size. It is a Pillow
                image where Pillow has such, or an array if all pictures are arrays: of the type and
                on the range of the training files that it is like. Random draws are seeded by the
                content, as in `ganzoo translate`. A volume is a file of slices or an array
                (D, H, W, C), and becomes an array;
            a tensor (N, C, H, W), or (C, H, W) for one image: floating-point in [-1, 1], or uint8.
                It is used without resizing, and the result is a tensor in [-1, 1]. Volumes are
                (N, C, D, H, W);
            a class, for a variable with classes: a number or a tensor (N,).
            Images without a negative value cause a warning, as they may be meant for 0 ... 1.

        Raises:
            ValueError: there is no such output, an input is missing, or an input has a wrong kind,
                shape, number of channels or range.
            DataError: a file cannot be read.
        """
        return call(self, self.output(output), inputs, seed, scale)

    def translate(
        self,
        image: Image | Sequence[Image],
        output: str = "",
        *,
        seed: int = 0,
        scale: Scale = "trained",
        **more: Given,
    ) -> Any:
        """Translate an image, or each of a list; what goes in is what comes out.

            labels = model.translate(Image.open("photo.png"))  # a Pillow image
            labels = model.translate([array, "b.png"])  # an array (H, W, C), and a Pillow image

        image: a file, a Pillow image, an array or a tensor, as `Model.__call__` takes it; which
            input of the output it is needs not be said. Of a file comes a Pillow image. Or a list
            of any of them, which are translated one after another into a list.
        output, seed, scale: see `Model.__call__`.
        more: what the output needs beside one image, by name: classes, or other images.

        Raises:
            ValueError: as `Model.__call__`; or the output takes no image, or several of which not
                all but one are given by name.
            DataError: a file cannot be read.
        """
        return translate_images(self, self.output(output), image, seed, scale, more)

    def output(self, name: str = "") -> OutputWire:
        """An output by its name; the first output if no name is given.

        Raises:
            ValueError: there is no such output.
        """
        return find_output(self.outputs, name)

    def sample(
        self,
        count: int,
        output: str = "",
        *,
        label: int | None = None,
        seed: int = 0,
        start: int = 0,
    ) -> Tensor:
        """Draw images (count, C, H, W) from an output that needs only latents and class labels.

        output: its name; left out, the first such output.
        label: the class of all images; left out, the classes take turns.
        seed, start: a seed defines an endless sequence of images, of which the ones from number
            `start` on are drawn. An image does not depend on how many are drawn with it.

        Raises:
            ValueError: there is no such output, it needs other inputs, there is no such class, or
                count is less than 1.
        """
        return draw(self, count, output, label, seed, start)

    def save_image(
        self, image: Tensor, path: File, output: str = "", like: File = "", quality: int = 0
    ) -> None:
        """Write an image of an output, (C, H, W) or (1, C, H, W) in [-1, 1], as `translate` does.

        like: the file that it was made from, of which the profile, EXIF and resolution are kept.
        quality: of JPEG and WebP, 1 ... 100; 0 is the usual one.

        Raises:
            ValueError, GanzooError, OSError: see `ganzoo.inference.saving.save_image`.
        """
        save_image(self, image, path, self.output(output), like, quality)

    def to_onnx(
        self,
        path: File,
        output: str = "",
        *,
        precision: Literal["fp32", "fp16"] = "fp32",
        pixels: PixelType | None = None,
    ) -> Parity:
        """Write an output as a new ONNX file for images of any size, as `ganzoo export` does.

        output: its name; left out, the first output. precision: what the file computes in.
        pixels: take and give pixels (N, H, W, C) of this type, not images (N, C, H, W) in [-1, 1].
        Returns how far the file is from the model, as measured before it was written.

        Raises:
            ValueError, GanzooError: see `ganzoo.inference.exporting.export_model`.
        """
        from ganzoo.inference.exporting.export_model import export_model
        from ganzoo.inference.exporting.pixel_form import PixelForm

        form = PixelForm(pixels) if pixels else None
        return export_model(self, Path(path), "onnx", output, precision, form)

    def speed_up(
        self,
        precision: AskedPrecision = "float32",
        *,
        compiled: bool = False,
        engine: Engine | None = None,
    ) -> Model:
        """A faster copy, for inference alone; results in float32 differ in their fifth digit.

        precision: "bf16" computes under autocast, in which results differ in their second digit;
            "auto" does so where the device has arithmetic for it. "float32" is that of the weights.
        engine: see `ganzoo.inference.engines.engine_choice.Engine`; compiled stands for "compile".

        Raises:
            ValueError: the model is such a copy already, or there is no such precision or engine.
            GanzooError: the device or the engine does not compute so, or something is missing.
        """
        return speed_up(self, precision, engine_of(engine, compiled))

    def evaluate(
        self, outputs: list[OutputWire], inputs: Mapping[str, Tensor], seed: int
    ) -> list[Value]:
        """Evaluate several outputs on one batch; networks keep their modes and running statistics.

        The modules in `resting` are in evaluation mode even if an output has `train_mode`.
        """
        return evaluate_outputs(self, outputs, inputs, seed)

    def autocast(self) -> AbstractContextManager[Any]:
        """A context in which networks compute in the model's precision."""
        is_bf16 = self.precision == "bf16"
        return torch.autocast(self.device.type, torch.bfloat16) if is_bf16 else nullcontext()

    def _example(self) -> Tensor:
        """Some tensor of the networks, for its device and type; an empty one if they hold none."""
        nothing = torch.empty(0, device=self._home, dtype=torch.float32)
        return next(floating_tensors(self.networks.values()), nothing)
