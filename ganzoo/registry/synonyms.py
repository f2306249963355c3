"""What people call a setting elsewhere, and what it is called here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ganzoo.errors import did_you_mean

# The setting by its path; `default` and `G` stand for what the recipe has in their place.
SYNONYMS = {
    "optimizers.default.lr": ("lr", "learning_rate", "lrate", "base_lr", "lr_g", "lr_d"),
    "optimizers.default.betas": ("betas", "beta", "beta1", "beta2"),
    "optimizers.default.type": ("optimizer", "optim", "opt"),
    "optimizers.default.weight_decay": ("weight_decay", "wd"),
    "optimizers.default.clip_norm": ("clip", "grad_clip", "clip_grad_norm", "max_grad_norm"),
    "train.batch_size": ("batch_size", "batch", "bs", "batchsize"),
    "train.accumulate": ("accumulate", "accumulation", "gradient_accumulation_steps"),
    "train.workers": ("workers", "num_workers", "n_workers", "num_threads", "n_cpu"),
    "train.seed": ("seed", "random_seed", "manual_seed"),
    "train.precision": ("precision", "amp", "mixed_precision", "dtype", "half"),
    "train.tf32": ("tf32", "allow_tf32"),
    "train.device": ("device", "gpu", "cuda", "accelerator"),
    "train.tune": ("tune", "autotune", "benchmark"),
    "train.compile": ("compile", "torch_compile"),
    "train.channels_last": ("channels_last", "memory_format", "nhwc"),
    "train.log_every": ("log_every", "log_interval", "print_freq", "log_freq"),
    "checkpoints.every": ("save_every", "save_interval", "save_freq", "checkpoint_every"),
    "samples.every": ("sample_every", "sample_interval", "display_freq"),
    "samples.count": ("n_samples", "num_samples"),
    "data.size": ("image_size", "img_size", "imsize", "size", "resolution", "crop_size"),
    "data.resize": ("load_size", "resize"),
    "data.flip": ("flip", "no_flip", "hflip", "mirror"),
    "data.root": ("root", "dataroot", "data_root", "data_dir", "dataset_path", "dataset_dir"),
    "data.type": ("dataset", "dataset_mode"),
    "networks.G.width": ("ngf", "nf", "filters", "channels_base", "base_channels"),
    "networks.G.blocks": ("n_blocks", "num_blocks", "res_blocks"),
    "schedule.type": ("lr_policy", "scheduler", "lr_scheduler"),
    "ema.decay": ("ema_decay", "ema_beta"),
}
# Lengths have their unit beside them.
LENGTHS = {
    "epochs": ("epochs", "epoch", "n_epochs", "num_epochs", "max_epochs", "niter"),
    "steps": (
        *("steps", "max_steps", "num_steps", "n_steps", "iterations", "iters", "max_iter"),
        *("num_iterations", "total_steps"),
    ),
    "images": ("images", "kimg", "total_kimg"),
}


def synonym(key: str, value: Any, tables: Mapping[str, Any]) -> str:
    """` Did you mean 'optimizers.default.lr'?` for a key that is called otherwise here.

    tables: the recipe's, whose own names stand in the answer.
    """
    name = key.lower().replace("-", "_")
    for unit, others in LENGTHS.items():
        if name in others:
            return f' Write train.length = "{_count(value)} {unit}"'
    path = next((path for path, others in SYNONYMS.items() if name in others), "")
    return f" Did you mean '{_own(path, tables)}'?" if path else ""


def same_key(key: str, tables: Mapping[str, Any]) -> str:
    """` Did you mean 'networks.G.blocks'?` for a key that stands in another table of the recipe."""
    path = next(_same_key(key, tables), "")
    return f" Did you mean '{path}'?" if path else ""


def setting_meant(key: str, known: Iterable[str]) -> str:
    """` Did you mean 'lr'?` for a component's setting that is called otherwise elsewhere."""
    known = list(known)
    leaves = [p.rpartition(".")[2] for p, others in SYNONYMS.items() if key.lower() in others]
    meant = next((leaf for leaf in leaves if leaf in known), "")
    return f" Did you mean '{meant}'?" if meant else did_you_mean(key, known)


def _count(value: Any) -> str:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return f"{value:g}" if is_number and value > 0 else "200"


def _own(path: str, tables: Mapping[str, Any]) -> str:
    """A path with the recipe's own names in it: its first optimizer, its first network."""
    top, *inner = path.split(".")
    table = tables.get(top)
    if len(inner) == 2 and isinstance(table, Mapping) and table and inner[0] not in table:
        inner[0] = next(iter(table))
    return ".".join([top, *inner])


def _same_key(key: str, tables: Mapping[str, Any]) -> Iterator[str]:
    for name, table in tables.items():
        if isinstance(table, Mapping):
            yield from (f"{name}.{key}" for other in table if other == key)
            yield from (f"{name}.{path}" for path in _same_key(key, table))
