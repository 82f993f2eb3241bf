"""Tables of a report, and the files they are written to."""
