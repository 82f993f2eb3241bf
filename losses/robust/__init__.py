"""Losses that a wrong label harms less than cross-entropy."""
