"""The history of a training: one row of numbers per epoch, and which of them mean what."""

Row = dict[str, float]

ON_VALIDATION = "val_"  # begins the name of a term that was measured on held-out images
NOT_TERMS = ("epoch", "images", "seconds", "best_epoch")
TERM_NAMES = {
    "loss": "loss, what is minimised",
    "mse": "mse, mean squared error",
    "kl": "kl, nats per image",
    "bce": "bce, nats per image",
    "sigma": "sigma, −log likelihood",
    "code": "code, ½‖code‖²",
    "discriminator": "discriminator loss",
    "generator": "generator loss",
    "r1": "r1, gradient penalty",
    "inversion": "inversion, error of codes",
    "kid": "kid, of samples",
}


def terms_of(*rows: Row) -> list[str]:
    """The losses and their terms in some rows, in order; training's and validation's share one."""
    names = (name.removeprefix(ON_VALIDATION) for row in rows for name in minimised(row))
    return [name for name in dict.fromkeys(names) if name not in NOT_TERMS]


def is_finetuning(row: Row) -> bool:
    """Whether the decoder of an AE or VAE faced a discriminator in that epoch."""
    return "generator" in row and bool({"mse", "bce"} & row.keys())


def minimised(row: Row) -> Row:
    """A row without the "loss" of a GAN: the sum of what opposed networks minimise, so of nothing.

    In fine-tuning "loss" is that of the reconstructions.
    """
    opposed = "generator" in row and not is_finetuning(row)
    return {name: row[name] for name in row if not (opposed and name == "loss")}


def best_epoch(history: list[Row]) -> dict[str, int] | None:
    """The best "epoch" by validation, and of how many "epochs": those before fine-tuning.

    None for a history without any, as older ones are.
    """
    rows = [row for row in history if "best_epoch" in row]
    return {"epoch": rows[-1]["best_epoch"], "epochs": rows[-1]["epoch"]} if rows else None


def best_in_words(history: list[Row]) -> str:
    """ "14 of 20", or "32 of 32, then fine-tuning"; "" for a history without any."""
    best = best_epoch(history)
    if best is None:
        return ""
    later = ", then fine-tuning" if best["epochs"] < history[-1]["epoch"] else ""
    return f"{best['epoch']} of {best['epochs']}{later}"
