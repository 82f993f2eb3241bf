"""Cells side by side: one attempt at a cell, the sweep around it, its signals and its GPUs."""
