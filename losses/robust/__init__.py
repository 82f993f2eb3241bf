"""Robust losses, which wrong labels harm less than cross-entropy.

Read any file alone; `generalized_cross_entropy` is a good start.
"""
