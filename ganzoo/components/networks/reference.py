"""Weights of the authors' PyTorch code: the one place where a `.pth` file is read.

`ResNet`, `UNet`, `PatchGAN` and `PixelDiscriminator` use its names, so nothing needs translating.
"""

from __future__ import annotations

import io
import pickletools
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

import torch
from torch import Tensor

from ganzoo.errors import ModelError
from ganzoo.files.untrusted import refuse_special

LIMIT = 2 * 2**30
ARCHIVE = b"PK\x03\x04"  # with which the loader takes a file for an archive, whatever its end is
PICKLED = 2**26  # bytes of the part of a file that describes its tensors
MOST_VALUES = 2**17  # tensors and other values in a file
DEEPEST, LONGEST = 32, 1024  # levels of dicts in dicts, characters of the names above a value
STATISTICS = ("running_mean", "running_var", "num_batches_tracked")
# What weights are made of. torch's loader knows more: with some of that, ten bytes fill a memory.
BUILDERS = {
    *("collections OrderedDict", "collections Counter", "builtins set", "__builtin__ set"),
    *(
        "torch Size",
        "torch device",
        "torch.nn.parameter Parameter",
        "torch.serialization _get_layout",
    ),
    *(
        f"torch._utils _rebuild_{name}"
        for name in ("tensor", "tensor_v2", "tensor_v3", "parameter")
    ),
    *("torch._utils _rebuild_sparse_tensor", "torch.storage UntypedStorage"),
}
COPYING = (  # operations that copy what was made before: again and again, they fill a memory
    ("GET", "REDUCE"),
    ("GET", "TUPLE1", "REDUCE"),
    ("MARK", "GET", "TUPLE", "REDUCE"),
    ("GET", "BUILD"),
)


def read_pth(path: Path | str, limit: int = LIMIT) -> dict[str, Tensor]:
    """The weights of one network in a `.pth` file, on the CPU.

    torch's own restricted loader reads it (weights_only), so no code in the file can run. The
    statistics that instance norm kept in old versions of torch, and the prefix of a network saved
    from several GPUs, are dropped.

    path: the file.
    limit: the most bytes of the file, and of what it unpacks to.

    Raises:
        ModelError: the file is missing, too large, or not a flat dict of tensors.
    """
    path = Path(path)
    weights = _loaded(path, limit)
    _refuse_other_values(path, weights)
    return _without_statistics(_without_prefix(_copied(path, weights, limit)))


def read_nested_pth(path: Path | str, limit: int = LIMIT) -> dict[str, Tensor]:
    """All tensors in a `.pth`, `.ckpt` or `.bin` file, as `read_pth`, in dicts of dicts or none.

    Names are joined by dots, as `state_dict.netG_A.model.1.weight`. What is no tensor is left out:
    numbers, texts, lists.

    Raises:
        ModelError: the file is missing, too large, or holds other than tensors and plain values.
    """
    path = Path(path)
    tensors = _tensors_within(path, _loaded(path, limit))
    if not tensors:
        raise ModelError(f"{path}: holds no weights")
    return _without_statistics(_copied(path, tensors, limit))


def _loaded(path: Path, limit: int) -> Any:
    """What torch's loader makes of a file that is neither too large nor asks for odd things."""
    _refuse_large(path, limit)
    try:
        _refuse_code(path)
        return torch.load(path, map_location="cpu", weights_only=True)
    except ModelError:
        raise
    except Exception as error:  # whatever a damaged or hostile file makes the loader raise
        raise ModelError(
            f"{path}: torch cannot read this as plain weights ({type(error).__name__}); "
            "it must be a state dict written by torch.save(network.state_dict(), ...)"
        ) from error


def _refuse_code(path: Path) -> None:
    """Look through what a file asks the loader to do, before it does so."""
    with path.open("rb") as file:
        if file.read(len(ARCHIVE)) == ARCHIVE:
            _refuse_code_in_archive(path)
            return
        file.seek(0)
        for _ in range(5):  # in the old format, five descriptions before the values
            _scan(path, file)
            _check_size(path, file.tell())


def _refuse_code_in_archive(path: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        # The loader's own search does not look at the case of letters.
        pickles = [e for e in archive.infolist() if e.filename.lower().endswith("data.pkl")]
        if len(pickles) != 1:
            raise ModelError(f"{path}: describes its tensors {len(pickles)} times, not once")
        _check_size(path, pickles[0].file_size)
        _scan(path, io.BytesIO(archive.read(pickles[0])))


def _check_size(path: Path, size: int) -> None:
    if size > PICKLED:
        raise ModelError(f"{path}: describes its tensors in {size:,} bytes; {PICKLED:,} are read")


def _scan(path: Path, file: IO[bytes]) -> None:
    """Refuse a description that asks for code, or for the same thing again and again."""
    last: list[str] = []
    for operation, value, _ in pickletools.genops(file):
        name = operation.name.replace("LONG_BIN", "").replace("BIN", "")
        if name in ("PUT", "MEMOIZE"):
            continue
        if name == "GLOBAL" and not _is_builder(str(value)):
            raise ModelError(
                f"{path}: asks for {' '.join(str(value).split()):.80}, which is no weight; nothing "
                "was run; save the network's state dict alone: torch.save(network.state_dict(), F)"
            )
        last = [*last[-3:], name]
        if any(tuple(last[-len(odd) :]) == odd for odd in COPYING):
            raise ModelError(f"{path}: copies its own values, which weights do not do")


def _is_builder(name: str) -> bool:
    module, _, word = name.partition(" ")
    is_type = isinstance(getattr(torch, word, None), torch.dtype) or word.endswith("Storage")
    return name in BUILDERS or (module == "torch" and is_type)


def _refuse_large(path: Path, limit: int) -> None:
    """Refuse a large file before it is read; a small archive may unpack to a large one."""
    try:
        refuse_special(path)
        size = path.stat().st_size
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                size = max(size, sum(entry.file_size for entry in archive.infolist()))
    except (OSError, zipfile.BadZipFile, NotImplementedError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise ModelError(f"{path}: cannot be read ({reason})") from error
    if size > limit:
        raise ModelError(f"{path}: holds {size:,} bytes, more than the {limit:,} allowed")


def _refuse_other_values(path: Path, weights: Any) -> None:
    if not isinstance(weights, Mapping) or not weights:
        raise ModelError(f"{path}: holds no weights but a {type(weights).__name__}")
    for key, value in weights.items():
        if not isinstance(key, str) or not _is_plain(value):
            raise ModelError(
                f"{path}: is no flat dict of tensors, as {key!r:.80} holds a "
                f"{type(value).__name__}; save the network's own state dict"
            )


def _tensors_within(path: Path, weights: Any) -> dict[str, Tensor]:
    """The tensors in dicts of any depth."""
    tensors: dict[str, Tensor] = {}
    left: list[tuple[str, Any, int]] = [("", weights, 0)]
    for _ in range(MOST_VALUES):
        if not left:
            return tensors
        name, value, depth = left.pop()
        if isinstance(value, Mapping):
            if depth > DEEPEST or len(name) > LONGEST:
                raise ModelError(f"{path}: its dicts are nested too deeply, or have long names")
            if len(left) + len(value) > MOST_VALUES:
                break
            named = ((key, v) for key, v in value.items() if isinstance(key, (str, int)))
            below = [(f"{name}.{key}" if name else str(key), v, depth + 1) for key, v in named]
            left += reversed(below)
        elif _is_plain(value):
            tensors[name] = value
    raise ModelError(f"{path}: holds more values in dicts than any network has")


def _copied(path: Path, weights: Mapping[str, Tensor], limit: int) -> dict[str, Tensor]:
    """The weights, each with memory of its own."""
    # A view can be larger than the memory behind it: count before copying.
    if sum(value.numel() * value.element_size() for value in weights.values()) > limit:
        raise ModelError(f"{path}: its tensors have more than the {limit:,} bytes allowed")
    return {key: value.detach().contiguous() for key, value in weights.items()}


def _is_plain(value: object) -> bool:
    if not isinstance(value, Tensor) or value.device.type != "cpu":
        return False
    return value.layout == torch.strided and not value.is_quantized


def _without_prefix(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    """Without `module.`, the name under which nn.DataParallel holds a network."""
    if not all(key.startswith("module.") for key in weights):
        return weights
    return {key.removeprefix("module."): value for key, value in weights.items()}


def _without_statistics(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    """Without the statistics of instance norm; batch norm has a weight beside those it needs."""

    def is_left_over(key: str) -> bool:
        layer, _, name = key.rpartition(".")
        return name in STATISTICS and f"{layer}.weight" not in weights

    return {key: value for key, value in weights.items() if not is_left_over(key)}
