"""Which judgements are corrupted, and what may replace them."""
