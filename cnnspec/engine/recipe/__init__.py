"""How a network is trained, as data: read, checked and resolved without torch.

    recipe.yaml ──parse──► Node ──flags──► Node ──read──► Recipe     operations under torch's own names
                                                   └─sound: settings that cannot go together

Operations are declared in optimizers, schedulers, losses and transforms, one class each.
"""

from cnnspec.engine.recipe.model import EarlyStopping, Recipe, Warmup
from cnnspec.engine.recipe.read import read
from cnnspec.engine.recipe.shipped import known_recipes, load_recipe

__all__ = ["EarlyStopping", "Recipe", "Warmup", "known_recipes", "load_recipe", "read"]
