"""Trackers, which follow a cell from outside: its own files, or W&B.

Read first: `tracker` (the interface and the local tracker), then `wandb_tracker`.
"""
