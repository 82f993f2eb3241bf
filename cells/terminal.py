"""What libraries may draw on the terminal."""

import os
import sys


def without_bars() -> None:
    """Switches libraries' progress bars off where no terminal shows them; they read these variables when they are imported."""
    if not sys.stderr.isatty():
        for name in ("TQDM_DISABLE", "HF_HUB_DISABLE_PROGRESS_BARS"):
            os.environ.setdefault(name, "1")
