"""Losses that remember (query, document) pairs from one epoch to the next."""
