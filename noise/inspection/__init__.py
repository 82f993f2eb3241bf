"""Inspection of corrupted labels before training."""
