"""The one exception for input that cannot be used.

Raised wherever configuration, data or files given by the user are at fault; its message is complete
by itself: what is wrong and where, the value, what is allowed, and how to mend it. `run.py` prints
the message without a traceback. Every other exception is a bug.
"""


class InputError(ValueError):
    """The user's configuration, data or files cannot be used as they are."""
