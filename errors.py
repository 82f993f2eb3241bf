"""The one exception for input that cannot be used.

It is raised wherever the user's configuration, data or files are at fault. Its message is complete:
what is wrong and where, the value, what is allowed, and how to fix it. `run.py` prints the message
without a traceback. Every other exception is a bug.
"""


class InputError(ValueError):
    """The user's configuration, data or files cannot be used."""
