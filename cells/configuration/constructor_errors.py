"""What a constructor that Hydra calls says of a setting, by the key that the user has set."""

import re

from hydra.errors import InstantiationException

from errors import InputError

KEY = re.compile(r"(?P<node>\w+(?:\.\w+)*)\.(?P<name>\w+)=")


def refusal_in(error: InstantiationException) -> str | None:
    """Return the message of the InputError that a constructor raised; None: it raised another.

    A constructor names its keys as if it stood where its group puts it, `noise.K`. Inside another
    node, such as `noise.target`, the key is that node's.
    """
    if not isinstance(error.__cause__, InputError):
        return None
    message = str(error.__cause__)
    found, place = KEY.match(message), re.search(r"full_key: (\S+)", str(error))
    if found is None or place is None:
        return message
    node, built = found["node"], place[1]
    inside = f"{node}.".startswith(f"{built}.")
    if inside or node.partition(".")[0] != built.partition(".")[0]:
        return message
    return f"{built}.{found['name']}={message[found.end() :]}"
