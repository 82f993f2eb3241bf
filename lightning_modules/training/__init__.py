"""The Lightning module that trains a network, and what happens around its steps."""
