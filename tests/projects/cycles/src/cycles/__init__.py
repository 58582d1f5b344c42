"""Groupings that look fine pair by pair, and make a cycle together."""
