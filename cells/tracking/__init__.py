"""Where a cell is followed from outside: its own files, or W&B."""
