"""One colour and one name per family, the same on every page, curve, border and figure."""

from typing import NamedTuple

# Okabe and Ito's palette: colour-blind eyes tell them apart, on light and dark alike.
COLOURS = {"ae": "#0072b2", "vae": "#d55e00", "gan": "#009e73"}
REAL_COLOUR = "#8a8a8a"
SPARE_COLOURS = ("#cc79a7", "#e69f00", "#56b4e9")  # for families that somebody adds
# Not the families' colours. Found by search: contrast of 3:1 to both grounds, and far apart for
# all kinds of colour vision, the first four the furthest.
CLASS_COLOURS = ("#5a5ac3", "#1ea5a5", "#875a5a", "#96961e", "#f04b87", "#007800", "#b478f0")


class FamilyName(NamedTuple):
    short: str
    long: str


NAMES = {
    "ae": FamilyName("AE", "autoencoder"),
    "vae": FamilyName("VAE", "variational autoencoder"),
    "gan": FamilyName("GAN", "generative adversarial network"),
}


def family_name(family: str) -> FamilyName:
    """What a family is called; one without an entry has its own name."""
    return NAMES.get(family, FamilyName(family.upper(), ""))


def family_colour(family: str) -> str:
    """A family's colour as #rrggbb; one without an entry always gets the same spare one."""
    return COLOURS.get(family, SPARE_COLOURS[sum(family.encode()) % len(SPARE_COLOURS)])


def class_colour(label: int) -> str:
    """The colour of a class as #rrggbb; beyond seven classes they come again."""
    return CLASS_COLOURS[label % len(CLASS_COLOURS)]
