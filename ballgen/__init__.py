"""ballgen: autoencoders, variational autoencoders and GANs on images of sports balls.

import ballgen

balls = ballgen.load_images("sportballs", split="test")
model = ballgen.load_model("checkpoints/vae")
images = model.sample(64, seed=0, prior="flow")
scores = ballgen.evaluate(model, balls, prior="flow")
"""

from typing import Any

__version__ = "0.1.0"

# Loaded on first use: `import ballgen` stays quick, and the command line's --help with it.
_LAZY_IMPORTS = {
    "Experiment": "ballgen.experiment",
    "ImageSet": "ballgen.data.imageset",
    "InputError": "ballgen.errors",
    "Recipe": "ballgen.recipes",
    "evaluate": "ballgen.scores.evaluate",
    "get_recipe": "ballgen.recipes",
    "load_checkpoint": "ballgen.checkpoint.folder",
    "load_images": "ballgen.data.sources",
    "load_model": "ballgen.checkpoint.folder",
}
__all__ = [*_LAZY_IMPORTS]


def __getattr__(name: str) -> Any:
    if name not in _LAZY_IMPORTS:
        raise AttributeError(f"module 'ballgen' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_LAZY_IMPORTS[name]), name)
