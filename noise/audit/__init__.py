"""The record of every changed label, and how to change it back."""
