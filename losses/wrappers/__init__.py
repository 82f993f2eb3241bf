"""Losses made of losses: a weighted sum, the pointwise view, both directions."""
