"""The Lightning module that trains a network, and the callbacks around its steps.

Read first: `ranking_module`, then `optimization`, `callbacks` and `diagnostics`.
"""
