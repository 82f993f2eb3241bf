"""Test collections: their records and their sources.

Reading order: `records` and `collection`, then the sources: `folder`, `ir_dataset`,
`standard_library`.
"""
