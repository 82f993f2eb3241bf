"""The page of a report: one self-contained file that works from disk and from a server.

Read first: `build` puts the page together; `summary`, `winners` and `words` make its sentences;
`tables`, `queries`, `configs` and `provenance` its sections.
"""

from reporting.page.build import write_page

__all__ = ["write_page"]
