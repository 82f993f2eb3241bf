"""Encoders that measure the similarity of documents."""
