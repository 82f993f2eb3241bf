"""Reading finished cells and run files."""
