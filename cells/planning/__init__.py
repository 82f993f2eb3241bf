"""What a sweep will do, before it launches anything.

Read first: `composition` (the configurations of a grid); `independence` and `remembered_files` make
it quick. `states` tells what has been done, `state_tables` shows it. `plan` brings both together,
`variants` names cells, `refusals` says what is not launched, and `plan_lines` what is.
"""
