"""The page of a report: one file that needs nothing else, opened from a disk as well as from a server."""

from reporting.page.build import write_page

__all__ = ["write_page"]
