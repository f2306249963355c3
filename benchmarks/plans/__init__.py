"""Parts of `python -m benchmarks planning`: data sets, hand-made recipes, trainings, tables."""
