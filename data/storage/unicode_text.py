"""Text that every library and every file can hold."""


def well_formed(text: str) -> str:
    r"""Return the text with `?` for each half of a surrogate pair.

    JSON can spell such a half (`"\ud83d"`), UTF-8 cannot hold it, and tokenizers refuse it.
    """
    return text.encode("utf-8", "replace").decode("utf-8")
