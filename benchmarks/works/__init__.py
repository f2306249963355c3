"""What the variants' processes do; these modules import torch and ganzoo, those above do not."""
