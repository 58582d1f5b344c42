"""The project that the predecessor's documentation has in mind."""
