"""The core's augmentations, by torchvision; the contract is `ganzoo.interfaces.Augmentation`."""
