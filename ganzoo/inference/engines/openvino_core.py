"""OpenVINO itself, and what it computes on this processor; without torch."""

from __future__ import annotations

from functools import cache
from typing import Any

from ganzoo.registry.extras import import_extra


@cache
def openvino_core() -> Any:
    """OpenVINO's one entry, opened once."""
    return import_extra("openvino").Core()


def computes_bf16() -> bool:
    """Whether it has bf16 arithmetic on this processor; elsewhere it would compute in float32."""
    return "BF16" in openvino_core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")
