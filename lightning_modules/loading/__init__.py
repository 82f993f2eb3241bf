"""Building and saving networks, from scratch, from a hub or from a folder."""
