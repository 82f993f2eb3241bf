"""Judgements and training examples as files of other toolkits.

Written: `qrels_file` and `examples_file`. Read: `import_examples` (the command), `example_sources`
(files and data sets), `example_records` (their columns) and `examples_folder` (what they become).
"""
