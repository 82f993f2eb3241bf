"""Rivals of robust losses, which choose the pairs to learn from by how well the model fits them.

Reading order: `small_loss`; `pair_evidence` with `gaussian_mixture`, then `mixture` and
`pair_correction`, which use them.
"""
