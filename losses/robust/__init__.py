"""Robust losses, which wrong labels harm less than cross-entropy."""
