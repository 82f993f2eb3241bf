"""The configuration that a user writes: schema, choices, resolvers and checks.

Reading order: `schema` (the keys outside the groups), `resolvers` (functions in the YAML files),
`startup_checks` and `choices` (mistakes, reported early), `compatibility` (cells of earlier
versions), `help`.
"""
