"""The one exception that stands for bad input."""


class InputError(ValueError):
    """Something a user gave cannot be used.

    The message is one plain line that names the thing, the reason and the remedy. The command
    line prints it and ends with status 2; the pages show it in place of a traceback.
    """
