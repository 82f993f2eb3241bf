"""The tables of a report and their files.

Reading order: `table` (a table before rendering), `result_tables` (what the report's tables show),
`captions`, then the files: `table_files` and `csv_files`.
"""
