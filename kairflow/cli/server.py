"""Open the way to an Airflow server, as every verb that speaks to one does."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kairflow.cli.option_groups import Answer, ServerOptions
    from kairflow.deploy.airflow_client import AirflowClient
    from kairflow.errors import Diagnostic


@contextmanager
def connected(
    host: str, server: ServerOptions, answer: Answer, warnings: list[Diagnostic]
) -> Iterator[AirflowClient]:
    """Yield a client that knows the server's line; what is unsafe goes to `warnings`.

    Raises:
        UsageError: credentials or certificates are incomplete.
        AirflowError: the server cannot be reached, or is no Airflow.
    """
    from kairflow.cli.report import print_diagnostics, working
    from kairflow.deploy.airflow_access import read_access, warn_of
    from kairflow.deploy.airflow_client import AirflowClient
    from kairflow.deploy.airflow_http import Clock, Connection, open_http

    access = read_access(os.environ, server.ca_file)
    found = list(warn_of(host, access))
    warnings += found
    if found and not answer.is_silent:
        print_diagnostics(found)
    with open_http(access) as http:
        client = AirflowClient(Connection(http, host, access, Clock()))
        with working(f"Looking for Airflow at {host}", quiet=answer.is_silent):
            client.find_line()
        yield client
