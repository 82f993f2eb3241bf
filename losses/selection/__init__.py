"""Rivals of robust losses, which choose the pairs to learn from by how well the model fits them."""
