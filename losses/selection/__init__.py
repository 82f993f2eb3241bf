"""Rivals of a robust loss: they choose the pairs to learn from, by how badly the model fits them."""
