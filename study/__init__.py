"""This project's own study: its grid, tuning, archive and reproduction."""
