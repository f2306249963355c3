"""What this package has to say to `ganzoo plan`: noisy x and clean y are to be restored."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar

from ganzoo.components.rules.relations import colours_stay
from ganzoo.interfaces import Aim, Decision, Fingerprint, RecipeDraft, Rule
from ganzoo.interfaces.rule import Said, Stage

LEAST, TIMES = 0.02, 3.0  # noise of x, and how many times that of y
SIZES = {"width": 32, "layers": 7, "norm": "none"}


class NoisyGoal(Rule):
    """To restore, where x is noisy and y is clean.

    Noisy: its noise is above 0.02 of the range and three times that of y, channels are the same
    and the distance of colours is below 0.1. Measured at 32 px on 2026-11-29: noisy photos (sigma
    25 of 255) 0.087 and clean ones 0.012; edges of photos 0.030, but colours differ.
    """

    stage: ClassVar[Stage] = "goal"

    def decide(self, draft: RecipeDraft) -> Iterator[Aim]:
        """The aim, unless the user has one."""
        if draft.wishes.goal is None and is_noisy(draft.facts):
            yield Aim("restore", f"x is noisy and y is clean: {describe_noise(draft.facts)}")


class LearntNoise(Rule):
    """Learns the noise of x, adds it to y, and learns to remove it (Chen et al. 2018, CVPR).

    Where x is noisy, y is clean, they are no pairs, and the goal is to restore: the recipe
    `denoise.noise_model`. It gained 8.2 dB over noisy photos (48 px, 1,600 steps, 2026-11-22),
    where a cycle lost 0.2.
    """

    stage: ClassVar[Stage] = "objective"

    def decide(self, draft: RecipeDraft) -> Iterator[Said]:
        """Networks, players, terms and rates in place of the core's."""
        facts = draft.facts
        if facts.paired or draft.goal != "restore" or not is_noisy(facts):
            return
        reason = f"x is noisy: {describe_noise(facts)}; as denoise.noise_model"
        change = "--goal style for other differences than noise"
        for path in ("losses", "outputs"):
            yield Decision(path, None, reason)
        for path, value in noise_tables(draft.value("data.channels", 3)).items():
            yield Decision(path, value, reason, change if path == "losses" else "")


def is_noisy(facts: Fingerprint) -> bool:
    """Whether x shows what y shows, with noise."""
    x, y = facts.domains
    return colours_stay(facts) and x.noise > LEAST and x.noise > TIMES * y.noise


def describe_noise(facts: Fingerprint) -> str:
    """The numbers."""
    return f"noise of {facts.x.noise:.3f} of the range, y has {facts.y.noise:.3f}"


def noise_tables(channels: int) -> dict[str, Any]:
    """The tables of `denoise.noise_model` for images of some channels, by their paths."""
    denoiser = {"type": "denoise.dncnn", **SIZES}
    small = {"width": 32, "receptive_field": 16, "norm": "none", "init": {"type": "kaiming"}}
    fake = "residual(B(y, z))"
    return {
        "networks.N": denoiser,
        "networks.B": {"type": "denoise.noiser", "latent_channels": channels},
        "networks.D": {"type": "patchgan", "in_channels": channels + 1, **small},
        "networks.residual": {"type": "denoise.residual"},
        "networks.detach": {"type": "detach"},
        "latents": {"z": {"type": "normal", "like": "y"}},
        "losses": {
            "adversarial": {"type": "lsgan", "real": "D(residual(x))", "fake": f"D({fake})"},
            "denoising": {
                "type": "l1",
                "prediction": "N(detach(B(y, z)))",
                "target": "y",
                "player": "denoisers",
            },
        },
        "players": {
            "order": ["generators", "discriminators", "denoisers"],
            "denoisers": {"networks": ["N"]},
        },
        "outputs": {"x2y": "N(x)"},
        "optimizers": {
            "generators": {"type": "adam", "lr": 3e-4, "betas": [0.5, 0.999]},
            "discriminators": {"type": "adam", "lr": 1e-3, "betas": [0.5, 0.999]},
            "denoisers": {"type": "adam", "lr": 2e-3},
        },
        "train.batch_size": 4,
    }
