"""Whether W&B can be online, and where its client may write."""

import logging
import os
import socket
import tempfile
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import wandb

log = logging.getLogger(__name__)

MODES = ("offline", "online")
SECONDS = 5.0
FOLDERS = ("WANDB_CACHE_DIR", "WANDB_CONFIG_DIR", "WANDB_DATA_DIR")


def usable_mode(mode: str) -> str:
    """Return the mode; offline, with a warning, without an API key or a way to the server."""
    if mode != "online":
        return mode
    if wandb.api.api_key is None:
        return _offline("no API key is set: set WANDB_API_KEY or run `wandb login`")
    url = os.environ.get("WANDB_BASE_URL") or str(wandb.setup().settings.base_url)
    return mode if _answers(url) else _offline(f"{url} does not answer")


def give_folders() -> None:
    """Let the client write its own files to a temporary folder where the home folder takes none."""
    home = Path(os.path.expanduser("~"))  # noqa: PTH111 - Path.home() raises where there is none
    if home.is_dir() and os.access(home, os.W_OK):
        return
    folder = Path(tempfile.gettempdir()) / f"wandb-{os.getuid()}"
    folder.mkdir(exist_ok=True)
    for name in FOLDERS:
        os.environ.setdefault(name, str(folder))


def _answers(url: str) -> bool:
    """Return whether a connection can be made, for which W&B's client would try for minutes.

    Behind a proxy it is a connection to the proxy.
    """
    parts = urlsplit(url)
    proxy = getproxies().get(parts.scheme)
    if proxy is not None and not proxy_bypass(parts.hostname or ""):
        parts = urlsplit(proxy if "//" in proxy else f"//{proxy}")
    try:
        port = parts.port or (443 if parts.scheme == "https" else 80)
        socket.create_connection((parts.hostname or "", port), SECONDS).close()
    except (OSError, ValueError):  # a port beyond 65535
        return False
    return True


def _offline(reason: str) -> str:
    log.warning(
        "W&B is to be online, but %s; recording offline. To upload later: `wandb sync`.", reason
    )
    return "offline"
