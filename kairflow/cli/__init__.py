"""The command line: one module per verb, each of them parse, call, report."""
