"""Trackers, which follow a cell from outside: its own files, or W&B."""
