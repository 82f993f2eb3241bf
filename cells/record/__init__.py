"""What a cell leaves behind: its directory, lock, log, scores, failures and export."""
