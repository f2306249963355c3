"""The core's own parts, registered through the same hook as everybody's."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ganzoo.plugins import API, Register, hookimpl

GANZOO_API = API

PARTS = {
    "generator": {
        "resnet": ("ganzoo.networks.resnet:ResNet", "residual blocks between down- and upsampling"),
        "unet": ("ganzoo.networks.unet:UNet", "encoder and decoder with skip connections"),
        "timm_unet": ("ganzoo.networks.timm_unet:TimmUNet", "a U-Net on an encoder of timm"),
        "coupled": (
            "ganzoo.networks.coupled:CoupledGenerator",
            "two images of one latent, by generators that share their first layers",
        ),
        "dcgan": (
            "ganzoo.networks.convolutional:ConvolutionalGenerator",
            "a vector, and a class by choice, to an image by transposed convolutions",
        ),
    },
    "discriminator": {
        "patchgan": (
            "ganzoo.networks.patchgan:PatchGAN",
            "judges overlapping patches, 16 to 286 px",
        ),
        "pixel": ("ganzoo.networks.pixel:PixelCritic", "judges single pixels"),
        "coupled": (
            "ganzoo.networks.coupled:CoupledCritic",
            "judges two domains, by critics that share their last layers",
        ),
        "dcgan": (
            "ganzoo.networks.convolutional:ConvolutionalCritic",
            "judges an image as a whole, and a class by choice: one logit",
        ),
    },
    "module": {
        "detach": ("ganzoo.networks.operations:Detach", "stops the gradient"),
        "concat": ("ganzoo.networks.operations:Concat", "joins images along channels"),
        "flip": ("ganzoo.networks.operations:Flip", "mirrors images left to right"),
    },
    "loss": {
        "lsgan": ("ganzoo.losses.adversarial:LSGAN", "adversarial, least squares"),
        "vanilla": ("ganzoo.losses.adversarial:Vanilla", "adversarial, cross-entropy"),
        "hinge": ("ganzoo.losses.adversarial:Hinge", "adversarial, with a margin"),
        "wasserstein": ("ganzoo.losses.adversarial:Wasserstein", "adversarial, earth mover's"),
        "relativistic": (
            "ganzoo.losses.adversarial:Relativistic",
            "adversarial, real against fake in pairs",
        ),
        "l1": ("ganzoo.losses.plain:L1", "mean absolute difference"),
        "l2": ("ganzoo.losses.plain:L2", "mean squared difference"),
        "huber": ("ganzoo.losses.plain:Huber", "squared near 0, absolute beyond"),
        "cross_entropy": (
            "ganzoo.losses.classification:CrossEntropy",
            "how far logits are from telling the class",
        ),
        "ssim": ("ganzoo.losses.structure:SSIM", "one minus structural similarity"),
        "total_variation": (
            "ganzoo.losses.structure:TotalVariation",
            "mean absolute difference of neighbours",
        ),
        "perceptual": (
            "ganzoo.losses.perceptual:Perceptual",
            "difference of what a trained network sees",
        ),
        "feature_matching": (
            "ganzoo.losses.features:FeatureMatching",
            "mean absolute difference of features, layer by layer",
        ),
    },
    "penalty": {
        "r1": ("ganzoo.losses.penalties:R1", "half the critic's squared slope at real images"),
        "r2": ("ganzoo.losses.penalties:R2", "half the critic's squared slope at fake images"),
        "gradient": (
            "ganzoo.losses.penalties:Gradient",
            "the critic's slope between real and fake images, away from 1",
        ),
    },
    "buffer": {"history": ("ganzoo.buffers.history:History", "half past fakes, half new ones")},
    "data": {
        "streets": ("ganzoo.data.streets:Streets", "drawn street scenes and their label maps"),
        "earth": ("ganzoo.data.earth:Earth", "satellite photos and maps of the same places"),
        "digits": ("ganzoo.data.digits:Digits", "handwritten digits and their classes"),
        "folders": ("ganzoo.data.folders:Folders", "two folders of unpaired images"),
        "paired_folders": (
            "ganzoo.data.paired_folders:PairedFolders",
            "two folders of pairs, or side-by-side images",
        ),
        "class_folders": (
            "ganzoo.data.class_folders:ClassFolders",
            "images in one folder a class, and their classes",
        ),
    },
    "latent": {
        "normal": ("ganzoo.latents:Normal", "standard normal noise"),
        "uniform": ("ganzoo.latents:Uniform", "uniform noise in [-1, 1]"),
        "categorical": ("ganzoo.latents:Categorical", "a class label, all classes alike"),
    },
    "init": {
        "normal": ("ganzoo.inits:Normal", "normal weights of a small deviation"),
        "xavier": ("ganzoo.inits:Xavier", "Glorot and Bengio's normal"),
        "kaiming": ("ganzoo.inits:Kaiming", "He et al.'s normal"),
        "orthogonal": ("ganzoo.inits:Orthogonal", "orthogonal matrices"),
    },
    "optimizer": {
        "adam": ("torch.optim:Adam", "Adam"),
        "adamw": ("torch.optim:AdamW", "Adam with decoupled weight decay"),
        "nadam": ("torch.optim:NAdam", "Adam with Nesterov momentum"),
        "radam": ("torch.optim:RAdam", "Adam with a rectified start"),
        "rmsprop": ("torch.optim:RMSprop", "RMSprop"),
        "sgd": ("torch.optim:SGD", "gradient descent, with momentum by choice"),
    },
    "schedule": {
        "constant": ("ganzoo.schedules:Constant", "the first learning rate throughout"),
        "linear": ("ganzoo.schedules:Linear", "constant at first, then linearly to 0"),
        "cosine": ("ganzoo.schedules:Cosine", "half a cosine, down to 0"),
        "step": ("ganzoo.schedules:Step", "drops at given fractions of the training"),
    },
    "metric": {
        "palette_score": (
            "ganzoo.metrics.palette:PaletteScore",
            "label maps by nearest colour: pixel and class accuracy, class IoU",
        ),
        "fcn_score": (
            "ganzoo.metrics.fcn:FcnScore",
            "photos made of label maps, read by a network that learnt from real ones",
        ),
        "fid": ("ganzoo.metrics.fid:Fid", "Frechet inception distance on a network's features"),
        "kid": ("ganzoo.metrics.kid:Kid", "kernel inception distance on a network's features"),
        "precision_recall": (
            "ganzoo.metrics.precision_recall:PrecisionRecall",
            "fidelity and variety of a crowd of images, by nearest neighbours",
        ),
        "lpips": ("ganzoo.metrics.lpips:Lpips", "learned perceptual distance"),
        "psnr": ("ganzoo.metrics.psnr:Psnr", "peak signal-to-noise ratio, in dB"),
        "ssim": ("ganzoo.metrics.ssim:Ssim", "structural similarity"),
        "cycle_error": (
            "ganzoo.metrics.cycle_error:CycleError",
            "mean absolute error of what was translated there and back",
        ),
    },
    "output": {
        "latent_search": (
            "ganzoo.outputs.latent_search:LatentSearch",
            "translation by the latent whose image is the input",
        ),
    },
}


@hookimpl
def register_components(register: Register) -> None:
    """The parts above."""
    for kind, parts in PARTS.items():
        for name, (target, summary) in parts.items():
            register(kind, name, target, summary=summary)


@hookimpl
def register_recipes(register: Callable[[Path], None]) -> None:
    """The recipes of the zoo: beside the package in a wheel, at the top in a checkout."""
    here = Path(__file__).parent
    register(here / "recipes" if (here / "recipes").is_dir() else here.parent / "recipes")
