"""Orchard: what a season's apples are worth, and where to store them."""
