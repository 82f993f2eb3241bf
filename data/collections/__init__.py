"""Test collections: their records, and where they come from."""
