"""The core's own components, registered through the same hook as everybody's."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ganzoo.registry.builtin_formats import FORMATS, SUFFIXES
from ganzoo.registry.builtin_recognisers import RECOGNISERS
from ganzoo.registry.builtin_rules import RULES
from ganzoo.registry.discovery import Register, hookimpl
from ganzoo.registry.plugin_api import API

GANZOO_API = API

COMPONENTS = {
    "generator": {
        "resnet": (".networks.resnet:ResNet", "residual blocks between down- and upsampling"),
        "unet": (".networks.unet:UNet", "encoder and decoder with skip connections"),
        "attention_resnet": (
            ".networks.attention_resnet:AttentionResNet",
            "residual blocks, and masks that say where the input stays",
        ),
        "vit_unet": (".networks.vit_unet:ViTUNet", "a U-Net around a vision transformer"),
        "recolour": (
            ".networks.recolour:Recolour",
            "changes the colours of an image as a whole, and adds no content",
        ),
        "timm_unet": (".networks.timm_unet:TimmUNet", "a U-Net on an encoder of timm"),
        "coupled": (
            ".networks.coupled:CoupledGenerator",
            "two images of one latent, by generators that share their first layers",
        ),
        "dcgan": (
            ".networks.convolutional:ConvolutionalGenerator",
            "a vector, and a class by choice, to an image by transposed convolutions",
        ),
    },
    "discriminator": {
        "patchgan": (
            ".networks.patchgan:PatchGAN",
            "a logit for each overlapping patch, 16 to 286 px",
        ),
        "pixel": (".networks.pixel:PixelDiscriminator", "a logit for each pixel"),
        "coupled": (
            ".networks.coupled:CoupledDiscriminator",
            "logits of two domains, by discriminators that share their last layers",
        ),
        "dcgan": (
            ".networks.convolutional:ConvolutionalDiscriminator",
            "one logit for an image, and its class by choice",
        ),
    },
    "module": {
        "detach": (".networks.operations:Detach", "stops the gradient"),
        "concat": (".networks.operations:Concat", "joins images along channels"),
        "flip": (".networks.operations:Flip", "mirrors images left to right"),
    },
    "loss": {
        "lsgan": (".losses.adversarial:LSGAN", "adversarial, least squares"),
        "vanilla": (".losses.adversarial:Vanilla", "adversarial, cross-entropy"),
        "hinge": (".losses.adversarial:Hinge", "adversarial, with a margin"),
        "wasserstein": (".losses.adversarial:Wasserstein", "adversarial, the Wasserstein distance"),
        "relativistic": (
            ".losses.adversarial:Relativistic",
            "adversarial, real against fake in pairs",
        ),
        "l1": (".losses.plain:L1", "mean absolute difference"),
        "l2": (".losses.plain:L2", "mean squared difference"),
        "huber": (".losses.plain:Huber", "squared near 0, absolute beyond"),
        "low_pass": (
            ".losses.low_pass:LowPass",
            "mean absolute difference after a blur: texture is free",
        ),
        "cross_entropy": (
            ".losses.classification:CrossEntropy",
            "how far logits are from telling the class",
        ),
        "ssim": (".losses.structure:SSIM", "one minus structural similarity"),
        "total_variation": (
            ".losses.structure:TotalVariation",
            "mean absolute difference of neighbours",
        ),
        "perceptual": (
            ".losses.perceptual:Perceptual",
            "difference of what a trained network sees",
        ),
        "feature_matching": (
            ".losses.features:FeatureMatching",
            "mean absolute difference of features, layer by layer",
        ),
    },
    "penalty": {
        "r1": (".losses.penalties:R1", "half the discriminator's squared slope at real images"),
        "r2": (".losses.penalties:R2", "half the discriminator's squared slope at fake images"),
        "gradient": (
            ".losses.penalties:Gradient",
            "the discriminator's slope between real and fake images, away from 1",
        ),
    },
    "buffer": {"history": (".buffers.history:History", "half past fakes, half new ones")},
    "data": {
        "streets": (".data.streets:Streets", "drawn street scenes and their label maps"),
        "street_bands": (".data.street_bands:StreetBands", "drawn streets in five bands"),
        "digits": (".data.digits:Digits", "handwritten digits and their classes"),
        "folders": (".data.folders:Folders", "two folders of unpaired images"),
        "paired_folders": (
            ".data.paired_folders:PairedFolders",
            "two folders of pairs, or side-by-side images",
        ),
        "class_folders": (
            ".data.class_folders:ClassFolders",
            "images in one folder a class, and their classes",
        ),
    },
    "augmentation": {
        "flip": (".augmentations.geometric:RandomFlip", "mirrors images across, down, or both"),
        "rot90": (
            ".augmentations.geometric:RandomRot90",
            "turns images by multiples of 90 degrees",
        ),
        "scale": (".augmentations.geometric:RandomScale", "enlarges a crop of an image"),
        "color_jitter": (
            ".augmentations.photometric:RandomColorJitter",
            "varies brightness, contrast, saturation and hue",
        ),
        "blur": (".augmentations.photometric:RandomBlur", "blurs by a random Gaussian"),
        "noise": (".augmentations.photometric:RandomNoise", "adds Gaussian noise"),
    },
    "latent": {
        "normal": (".latents:NormalLatent", "standard normal noise"),
        "uniform": (".latents:UniformLatent", "uniform noise in [-1, 1]"),
        "categorical": (".latents:CategoricalLatent", "a class label, all classes alike"),
    },
    "init": {
        "normal": (".inits:NormalInit", "normal weights of a small deviation"),
        "xavier": (".inits:XavierInit", "Glorot and Bengio's normal"),
        "kaiming": (".inits:KaimingInit", "He et al.'s normal"),
        "orthogonal": (".inits:OrthogonalInit", "orthogonal matrices"),
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
        "constant": (".schedules:Constant", "the first learning rate throughout"),
        "linear": (".schedules:Linear", "constant at first, then linearly to 0"),
        "cosine": (".schedules:Cosine", "half a cosine, down to 0"),
        "step": (".schedules:Step", "drops at given fractions of the training"),
    },
    "metric": {
        "palette_score": (
            ".metrics.palette:PaletteScore",
            "label maps by nearest colour: pixel and class accuracy, class IoU",
        ),
        "fcn_score": (
            ".metrics.fcn:FcnScore",
            "photos made of label maps, read by a network that learnt from real ones",
        ),
        "downstream_segmentation": (
            ".metrics.downstream_segmentation:DownstreamSegmentation",
            "real images segmented by a network that learnt from generated ones",
        ),
        "downstream_classification": (
            ".metrics.downstream_classification:DownstreamClassification",
            "real images classified by a network that learnt from generated ones",
        ),
        "fid": (".metrics.fid:Fid", "Frechet inception distance on a network's features"),
        "kid": (".metrics.kid:Kid", "kernel inception distance on a network's features"),
        "quick_kid": (".metrics.quick_kid:QuickKid", "kernel inception distance of few images"),
        "mind": (".metrics.mind:Mind", "Monge inception distance: sliced transport of features"),
        "inception_score": (
            ".metrics.inception_score:InceptionScore",
            "clear and many classes of generated images, by Inception v3",
        ),
        "precision_recall": (
            ".metrics.precision_recall:PrecisionRecall",
            "fidelity and variety of many images together, by nearest neighbours",
        ),
        "memorisation": (
            ".metrics.memorisation:Memorisation",
            "are generated images copies of training images?",
        ),
        "lpips": (".metrics.lpips:Lpips", "learned perceptual distance"),
        "input_lpips": (
            ".metrics.input_lpips:InputLpips",
            "learned perceptual distance of translations to their inputs",
        ),
        "structure_distance": (
            ".metrics.structure_distance:StructureDistance",
            "how much translations change the structure of their inputs",
        ),
        "psnr": (".metrics.psnr:Psnr", "peak signal-to-noise ratio, in dB"),
        "ssim": (".metrics.ssim:Ssim", "structural similarity"),
        "cycle_error": (
            ".metrics.cycle_error:CycleError",
            "mean absolute error of what was translated there and back",
        ),
    },
    "callback": {
        "early_stopping": (
            ".callbacks.early_stopping:EarlyStopping",
            "stops once a score has not improved for several evaluations",
        ),
        "gradient_balance": (
            ".callbacks.gradient_balance:GradientBalance",
            "weights adversarial terms by the gradients of the terms against them",
        ),
    },
    "output": {
        "latent_search": (
            ".outputs.latent_search:LatentSearch",
            "translation by the latent whose image is the input",
        ),
    },
    **FORMATS,
    "recogniser": RECOGNISERS,
    "rule": {name: (f".rules.{target}", summary) for name, (target, summary) in RULES.items()},
}


@hookimpl
def register_components(register: Register) -> None:
    """The components above."""
    for kind, named in COMPONENTS.items():
        for name, (target, summary) in named.items():
            place = f"ganzoo.components{target}" if target.startswith(".") else target
            suffixes = SUFFIXES.get((kind, name), ())
            register(kind, name, place, summary=summary, suffixes=suffixes)


@hookimpl
def register_recipes(register: Callable[[Path], None]) -> None:
    """The recipes of the zoo: beside the package in a wheel, at the top in a checkout."""
    here = Path(__file__).parent.parent
    folder = here / "recipes" if (here / "recipes").is_dir() else here.parent / "recipes"
    register(folder)
    register(folder / "sets")
    register(folder / "cityscapes")
