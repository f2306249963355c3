"""Traces an output once, by torch.export, for batches and images of every size."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import torch
from torch.export import Dim, ExportedProgram
from torch.fx.experimental import _config

from ganzoo.errors import ModelError, first_line
from ganzoo.inference.exporting.graph import ExportedOutput
from ganzoo.inference.exporting.graph_input import COUNT, GraphInput

# Sizes while tracing: all different, so that none is taken for another.
COUNT_TRACED, FIRST_SIDE, NEXT_SIDE = 2, 61, 14


def trace(graph: ExportedOutput) -> ExportedProgram:
    """The program of an output, whose open sizes stay open.

    Raises:
        ModelError: torch cannot trace it, or a network takes some sizes alone.
    """
    sizes = _traced_sizes(graph.inputs)
    examples = tuple(each.make_example(sizes, 0) for each in graph.inputs)
    dims = {name: Dim(name) for name in sizes}
    shapes = tuple(
        {place: dims[axis] for place, axis in enumerate(each.axes) if isinstance(axis, str)}
        for each in graph.inputs
    )
    config: Any = _config
    try:
        # Else torch would make a case of its own of one pixel, which padding rules out.
        with config.patch(backed_size_oblivious=True), warnings.catch_warnings(), torch.no_grad():
            warnings.simplefilter("ignore")
            return torch.export.export(graph, examples, dynamic_shapes=(shapes,), strict=False)
    except Exception as error:  # whatever a network's own code makes the tracer raise
        raise ModelError(
            f"'{graph.wire}' cannot be exported: torch cannot trace it for images of every size "
            f"({first_line(error)})"
        ) from error


def _traced_sizes(inputs: Sequence[GraphInput]) -> dict[str, int]:
    """A size for each open axis."""
    axes = dict.fromkeys(axis for each in inputs for axis in each.axes if isinstance(axis, str))
    sides = [axis for axis in axes if axis != COUNT]
    sizes = {axis: FIRST_SIDE + NEXT_SIDE * place for place, axis in enumerate(sides)}
    return {COUNT: COUNT_TRACED, **sizes}
