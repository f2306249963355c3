"""Measurements that anyone can repeat: `python -m benchmarks --help`.

Variants run in processes of their own and take turns; what counts are the ratios within one run.
Nothing here imports torch before the arguments are read.
"""
