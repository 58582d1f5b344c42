"""Programs that run beside Spark and know nothing of Kairflow; it takes their text."""
