"""The content of a file of torch.export."""

from __future__ import annotations

import io
import json
import warnings
from collections.abc import Mapping

import torch
from torch.export import ExportedProgram

METADATA = "ganzoo.json"


def make_program_file(program: ExportedProgram, metadata: Mapping[str, str]) -> bytes:
    """The content of a .pt2 file; its metadata is a file inside."""
    content = io.BytesIO()
    torch.export.save(program, content, extra_files={METADATA: json.dumps(metadata)})
    return content.getvalue()


def read_program(content: bytes) -> ExportedProgram:
    """The program in the content of a .pt2 file that was written just now."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return torch.export.load(io.BytesIO(content))
