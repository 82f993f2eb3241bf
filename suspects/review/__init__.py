"""The page on which a person reviews the most suspect labels."""
