"""Encoders that tell which documents are alike."""
