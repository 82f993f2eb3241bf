"""The command line, read before Hydra composes anything.

Reading order: `command_line` (its overrides), `choices` and `known_keys` (what may be written),
`command_errors` (what Hydra says, in words), `help`.
"""
