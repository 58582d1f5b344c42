"""A project whose configuration is full of placeholders."""
