"""Recipes: knobs, one section a file."""

from trivet.recipe.read import build_recipe, knobs, read_recipe
from trivet.recipe.recipe import Recipe

__all__ = ["Recipe", "build_recipe", "knobs", "read_recipe"]
