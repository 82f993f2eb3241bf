"""Retrieval losses: contrast, pairs, lists and distillation.

Read first: `cross_entropy`; each of the other files stands alone.
"""
