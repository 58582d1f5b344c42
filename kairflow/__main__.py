"""`python -m kairflow` is the `kairflow` command."""

from kairflow.cli.app import main

main()
