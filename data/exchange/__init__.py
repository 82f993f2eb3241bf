"""Judgements and training examples as files that other toolkits read."""
