"""A project whose catalog keeps everything on disk, by one pattern."""
