"""The options of the CycleGAN and pix2pix authors' code as settings of a recipe."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ganzoo.files.untrusted import is_number
from ganzoo.interfaces.recogniser import Options
from ganzoo.registry.signature import as_written

PREPROCESS: dict[str, dict[str, Any]] = {
    "resize_and_crop": {"aspect": "squash"},
    "scale_width": {"aspect": "keep"},
    "scale_width_and_crop": {"aspect": "keep"},
    "crop": {"scale": "native", "resize": None},
    "none": {"scale": "native", "resize": None},
}
GAN_MODES = {"lsgan": "lsgan", "vanilla": "vanilla", "wgangp": "wasserstein", "hinge": "hinge"}


def lay_options_over(tables: dict[str, Any], options: Options, lines: list[str]) -> None:
    """Set in a recipe's tables what options of a training say; a line for each is added.

    Options that the recipe has no place for, or that make no sense, are left out.
    """
    for name, path, value in _settings(tables, options):
        table = _table_of(tables, path)
        key = path.rpartition(".")[2]
        if table is None or table.get(key) == value:
            continue
        if value is None:
            table.pop(key, None)
        else:
            table[key] = value
        lines.append(f"{path} = {as_written(value)}: {name} = {options.get(name)!s:.80}")


def _table_of(tables: dict[str, Any], path: str) -> dict[str, Any] | None:
    """The table that holds a setting, if the recipe has it."""
    table: Any = tables
    for key in path.split(".")[:-1]:
        table = table.get(key) if isinstance(table, dict) else None
    return table if isinstance(table, dict) else None


def _settings(tables: dict[str, Any], options: Options) -> Iterator[tuple[str, str, Any]]:
    """The option, the setting's path, and its value."""
    for name, path in (
        ("batch_size", "train.batch_size"),
        ("lr", "optimizers.default.lr"),
        ("lambda_L1", "losses.reconstruction.weight"),
        ("lambda_A", "losses.cycle_X.weight"),
        ("lambda_B", "losses.cycle_Y.weight"),
        ("load_size", "data.resize"),
    ):
        if is_number(options.get(name)):
            yield name, path, options[name]
    if is_number(options.get("beta1")):
        yield "beta1", "optimizers.default.betas", [options["beta1"], 0.999]
    yield from _weights(options)
    yield from _data(options)
    yield from _length(options)
    yield from _discriminators(tables, options)


def _weights(options: Options) -> Iterator[tuple[str, str, Any]]:
    """Identity terms weigh a share of the cycle's; a pool of 0 is none."""
    share = options.get("lambda_identity")
    for cycle, term in (("lambda_B", "identity_Y"), ("lambda_A", "identity_X")):
        if is_number(share) and is_number(options.get(cycle)):
            yield "lambda_identity", f"losses.{term}.weight", share * options[cycle]
    size = options.get("pool_size")
    for term in ("adversarial_Y", "adversarial_X"):
        if is_number(size):
            pool = {"type": "history", "size": size} if size else None
            yield "pool_size", f"losses.{term}.buffer", pool
    loss = GAN_MODES.get(str(options.get("gan_mode")))
    for term in ("adversarial", "adversarial_Y", "adversarial_X"):
        if loss:
            yield "gan_mode", f"losses.{term}.type", loss


def _data(options: Options) -> Iterator[tuple[str, str, Any]]:
    """How images were prepared; the folder itself is left out, as it is somebody's own."""
    for key, value in PREPROCESS.get(str(options.get("preprocess")), {}).items():
        yield "preprocess", f"data.{key}", value
    if isinstance(options.get("no_flip"), bool):
        yield "no_flip", "data.flip", not options["no_flip"]
    if options.get("direction") == "BtoA":
        if options.get("dataset_mode", "unaligned") != "unaligned":
            yield "direction", "data.direction", "yx"
        else:
            swapped = {"x": "trainB", "y": "trainA", "test_x": "testB", "test_y": "testA"}
            yield from (("direction", f"data.{key}", value) for key, value in swapped.items())


def _length(options: Options) -> Iterator[tuple[str, str, Any]]:
    """Epochs at the full rate, then epochs in which it falls."""
    full = options.get("n_epochs", options.get("niter"))
    falling = options.get("n_epochs_decay", options.get("niter_decay"))
    if not (is_number(full) and is_number(falling)) or full + falling < 1:
        return
    name = "n_epochs" if "n_epochs" in options else "niter"
    yield name, "train.length", f"{int(full + falling)} epochs"
    if options.get("lr_policy", "linear") == "linear" and falling:
        schedule = {"type": "linear", "hold": full / (full + falling), "by": "epoch"}
        yield name, "schedule", schedule


def _discriminators(tables: dict[str, Any], options: Options) -> Iterator[tuple[str, str, Any]]:
    """Width, depth and norm of the discriminators."""
    kind = options.get("netD")
    layers = options.get("n_layers_D", 3) if kind == "n_layers" else 3
    for name, table in tables["networks"].items():
        if table["type"] not in ("patchgan", "pixel"):
            continue
        new: dict[str, Any] = {"type": "pixel" if kind == "pixel" else "patchgan"}
        if kind in ("basic", "n_layers") and is_number(layers):
            new["layers"] = layers
        if is_number(options.get("ndf")):
            new["width"] = options["ndf"]
        if options.get("norm") in ("instance", "batch", "none"):
            new["norm"] = options["norm"]
        if "norm" in new or "width" in new:
            yield "netD", f"networks.{name}", {**_of_the_host(table), **new}


def _of_the_host(table: dict[str, Any]) -> dict[str, Any]:
    """What a network's table says beside its component's settings."""
    return {key: table[key] for key in ("partial", "trainable") if key in table}
