"""Runs image files of any size through a trained model; results have the size of their inputs."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from ganzoo.components.data.headers import HeaderSummary, header_warnings
from ganzoo.components.data.scales import scale_warnings
from ganzoo.inference.alike import threads_beside
from ganzoo.inference.chosen_output import find_input
from ganzoo.inference.image_stages import Encoded, ImageStages, Unreadable
from ganzoo.inference.image_writing import write_content
from ganzoo.inference.light_images import in_evaluation_mode
from ganzoo.inference.model import Model, OutputWire
from ganzoo.inference.output_format import OutputFormat
from ganzoo.inference.overlap import read_ahead, write_behind
from ganzoo.inference.scale import Scale
from ganzoo.inference.targets import Existing, Pair, find_pairs, left_to_do
from ganzoo.inference.tiling.big_image import BigResult, NoProgress, TileProgress
from ganzoo.inference.tiling.tiling import Tiling
from ganzoo.inference.translation_lines import describe_end, describe_output, describe_scale


@dataclass
class Translation:
    """A translation of files; iterating over it translates them, in order.

    pairs: the inputs and outputs to do. there: how many outputs exist already and are skipped.
    left_out: a sentence about the other files in the folder.
    scale, seed: see `ganzoo.inference.scale`.
    format: what the outputs are written as.
    memory: the bytes that the program may take in all; None: what is free. shares: how many
        processes share that. tiling: how images are computed that it does not hold. progress:
        follows these.
    done: how many files were translated. refused: why files could not be read, a sentence each.
    headers: the headers of files of which some content was not used, such as further pages.
    """

    model: Model
    wire: OutputWire
    variable: str
    pairs: list[Pair]
    there: int
    left_out: str
    scale: Scale
    seed: int
    unreadable: Unreadable
    format: OutputFormat
    memory: int | None = None
    shares: int = 1
    progress: TileProgress = field(default_factory=NoProgress)
    done: int = 0
    refused: list[str] = field(default_factory=list)
    headers: dict[Path, HeaderSummary] = field(default_factory=dict)
    tiling: Tiling = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.tiling = Tiling(self.model, self.wire, self.variable, self.memory, self.shares)

    def __iter__(self) -> Generator[Pair, None, None]:
        """Yield each (input, output) after the output was written.

        The next file is read and the last one written while the networks compute, and several are
        computed at a time if they are light. What waits to be written when the iteration is closed
        is still written.

        Raises:
            DataError: an input cannot be read, or the model cannot take it.
            GanzooError: an output cannot be written.
            ModelError: the model gives no image, or one that the format cannot hold.
        """
        settings = self.scale, self.seed, self.unreadable, self.format, self.progress
        stages = ImageStages(self.tiling, *settings)
        threads = threads_beside(self.model, stages.lanes)
        with (
            in_evaluation_mode([*self.model.networks.values()] if stages.lanes > 1 else []),
            closing(read_ahead(self.pairs, stages.read, threads)) as read,
            closing(stages.compute(read)) as results,
            closing(write_behind(results, stages.encode, self._write, threads)) as written,
        ):
            for pair, unreadable in written:
                if unreadable:
                    self.refused.append(unreadable)
                else:
                    yield pair

    @property
    def scale_line(self) -> str:
        """The scale at which the networks see images, as a sentence."""
        return describe_scale(self.model.variables[self.variable], self.scale)

    @property
    def output_line(self) -> str:
        """Which output is made, as "output: x2y, from x; others by --output: y2x"."""
        return describe_output(self.model.outputs, self.wire, self.variable)

    @property
    def closing_line(self) -> str:
        """The result in numbers: "38 translated, 2 there already, 1 unreadable"."""
        left = len(self.pairs) - self.done - len(self.refused)
        return describe_end(self.done, self.there, len(self.refused), left, self.left_out)

    @property
    def warnings(self) -> list[str]:
        """Warnings about content of files that was not used, or values that were cut off."""
        translated = [source for source, _ in self.pairs[: self.done + len(self.refused)]]
        return [
            *header_warnings(self.headers),
            *scale_warnings(translated, self.model.variables[self.variable]),
        ]

    def _write(self, pair: Pair, encoded: Encoded) -> str:
        """Write an output; returns why its input cannot be read, or nothing."""
        if isinstance(encoded, str):
            return encoded
        if isinstance(encoded, BigResult):
            encoded.write()
            header = encoded.image.header
        else:
            content, header = encoded
            write_content(pair[1], content)
        self.done += 1
        if header.unread or header.left_out:
            self.headers[pair[0]] = header
        return ""


def translate(
    model: Model,
    source: Path,
    target: Path,
    output: str = "",
    *,
    scale: Scale = "trained",
    seed: int = 0,
    existing: Existing = "error",
    unreadable: Unreadable = "stop",
    format_: str = "",
    quality: int | None = None,
    memory: int | None = None,
) -> Translation:
    """Prepare to translate a file to a file, or a folder to a folder; iterate over the result.

    scale: how an image is resized for the networks; its result has the image's own size.
    seed: of latents and dropout. They depend on an image's content, not on its place in the folder.
    format_, quality: see `ganzoo.inference.output_format.OutputFormat`.
    memory: the bytes that the program may take in all; an image that needs more is computed in
        tiles. None: what is free.

    Raises:
        DataError: the input is missing.
        GanzooError: an output file exists already, two outputs would be one file, or a format
            cannot hold what it is to hold.
        ModelError: the model has no such output, or it is not made from one image.
    """
    variable, wire = find_input(model, output), model.output(output)
    domain = model.variables.get(wire.domain)
    written = OutputFormat(format_, quality, model.variables[variable], domain)
    pairs, left_out = find_pairs(source, target, written)
    todo = left_to_do(pairs, existing)
    written.refuse_obstacles(todo)
    there = len(pairs) - len(todo)
    return Translation(
        model, wire, variable, todo, there, left_out, scale, seed, unreadable, written, memory
    )
