"""From a source to a stored collection: reading, checking, splitting, sampling."""
