"""The configuration that a user writes: schema, resolvers and checks.

Reading order: `schema` (the keys outside the groups) and `group_keys`, `resolvers` (functions in
the YAML files), `startup_checks` (mistakes, reported early) with `signatures` and `annotations`
(types), `compatibility` and `renamed_keys` (cells of earlier versions).
"""
