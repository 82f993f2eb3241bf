"""The mode of W&B: whether it can be online."""

import logging

import wandb

log = logging.getLogger(__name__)

MODES = ("offline", "online")


def usable_mode(mode: str) -> str:
    """Return the mode; offline, with a warning, if online is asked for without an API key."""
    return "offline" if mode == "online" and not _has_key() else mode


def _has_key() -> bool:
    present = wandb.api.api_key is not None
    if not present:
        log.warning(
            "W&B should be online, but no API key is set: recording offline. Set WANDB_API_KEY or "
            "run `wandb login`, then `wandb sync`."
        )
    return present
