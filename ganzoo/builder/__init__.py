"""The one place where names become objects: recipe in, Experiment out; weights in, Model out."""

from ganzoo.builder.experiment import Experiment, build_recipe
from ganzoo.builder.trained import load_model

__all__ = ["Experiment", "build_recipe", "load_model"]
