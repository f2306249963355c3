"""The core's rules for `ganzoo plan`, by name, in the order in which they are asked in a stage."""

from __future__ import annotations

RULES = {
    "goal": ("goal_rules:ChosenGoal", "restore, content or style, where the user does not say so"),
    "files": ("reading_rules:Files", "where images are, and that broken ones are skipped"),
    "channels": ("reading_rules:ImageChannels", "gray as one channel, others as they are"),
    "values": ("reading_rules:ValueRange", "which stored values become black and white"),
    "label_maps": ("reading_rules:LabelMaps", "label maps are resized to the nearest pixel"),
    "sample_size": ("cutting_rules:SampleSize", "the side that the images alone call for"),
    "mirroring": ("cutting_rules:Mirroring", "half of the samples are mirrored"),
    "unpaired": ("unpaired_rules:Unpaired", "two generators and two discriminators"),
    "cycle": ("unpaired_rules:Cycle", "how much there and back should give the input"),
    "identity": ("unpaired_rules:Identity", "terms that keep colours, where they stay"),
    "pairs": ("pair_rules:Pairs", "near the true image, and not to be told from one"),
    "generators": ("network_rules:Generators", "the kind of the generators"),
    "discriminators": ("network_rules:Discriminators", "the kind of the discriminators"),
    "start_as_copy": ("network_rules:StartAsCopy", "a skip from input to output for near domains"),
    "batch": ("length_rules:Batch", "samples a step, and the seed"),
    "capacity": ("capacity_rules:Capacity", "sizes of samples and networks by time and memory"),
    "crops": ("cutting_rules:WholeOrCrop", "whole images reduced, or crops at full resolution"),
    "few_images": ("few_image_rules:FewImages", "smaller crops, below 200 images"),
    "precision": ("length_rules:Precision", "half precision, where that is faster"),
    "length": ("length_rules:Length", "steps by the time, at most 200 epochs"),
    "optimizer": ("length_rules:Optimizer", "Adam and its rate by the length"),
    "decay": ("length_rules:Decay", "the learning rate falls in the second half"),
    "split": ("measuring_rules:ValidationSplit", "held-out images that choose the best model"),
    "scores": ("measuring_rules:MeasuredScores", "realism, faithfulness, truth"),
    "best_model": ("measuring_rules:BestModel", "the score that chooses"),
    "pictures": ("measuring_rules:SamplePictures", "what samples show, and how often"),
    "saved_states": ("measuring_rules:SavedStates", "how often a run can be resumed from"),
}
