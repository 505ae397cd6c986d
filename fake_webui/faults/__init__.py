"""Faults: what can go wrong, which requests it happens to, and what it does to them."""
