"""Retrieval losses: contrast, pairs, lists and distillation."""
