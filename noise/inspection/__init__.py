"""A look at corrupted labels before anybody trains on them."""
