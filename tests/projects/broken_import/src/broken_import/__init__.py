"""A project whose library is not installed."""
