"""What an exported file says of itself: how pixels are read, the recipe, ganzoo's version."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

import ganzoo
from ganzoo.inference.exporting.graph import ExportedOutput
from ganzoo.inference.exporting.graph_input import GraphInput
from ganzoo.inference.exporting.pixel_form import range_of
from ganzoo.inference.model import Model
from ganzoo.interfaces import Variable


def describe_export(model: Model, graph: ExportedOutput, precision: str) -> dict[str, str]:
    """The metadata of an exported output, as texts; those of several values are JSON.

    version: ganzoo's. output, wire: what it computes. precision: see `ExportPrecision`.
    inputs: a list, one entry an input in order: its name, kind and axes, whether it takes pixels,
        and how images are read: see `Variable`; `range` holds the values that are -1 and 1.
    domain: what the output is an image of, in the same form; null where it is not known.
    recipe, weights: by which recipe the weights were trained, and at which step.
    """
    origin = model.origin
    domain = graph.domain and {"name": graph.domain_name, **_describe_reading(graph.domain)}
    return {
        "version": ganzoo.__version__,
        "output": graph.output_name,
        "wire": str(graph.wire),
        "precision": precision,
        "inputs": json.dumps([_describe_input(each) for each in graph.inputs]),
        "domain": json.dumps(domain),
        "recipe": json.dumps(origin.recipe.to_dict() if origin.recipe else None),
        "weights": json.dumps({"step": origin.step, "averaged": origin.averaged}),
    }


def _describe_input(given: GraphInput) -> dict[str, Any]:
    form = given.pixels and {"dtype": given.pixels.dtype, "channels": given.pixels.channels}
    values = {"name": given.name, "kind": given.kind, "axes": list(given.axes), "pixels": form}
    return values | _describe_reading(given.variable)


def _describe_reading(variable: Variable) -> dict[str, Any]:
    limits = range_of(variable) if variable.size else None
    return {**asdict(variable), "range": limits}
