"""The one place where names become objects: recipe in, Experiment out."""

from ganzoo.build.experiment import Experiment, build_recipe, load_model

__all__ = ["Experiment", "build_recipe", "load_model"]
