"""The losses of retrieval itself: contrast, pairs, lists and distillation."""
