"""Open the way to an Airflow server, as every verb that speaks to one does."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kairflow.cli.option_groups import Answer, ServerOptions
    from kairflow.cli.places import Configured
    from kairflow.deploy.airflow_client import AirflowClient
    from kairflow.errors import Diagnostic


@dataclass(frozen=True, slots=True)
class Server:
    """A server that answers, and what is unsafe about the way to it."""

    client: AirflowClient
    warnings: tuple[Diagnostic, ...]
    """People have been told already."""


@contextmanager
def connected(server: ServerOptions, configured: Configured, answer: Answer) -> Iterator[Server]:
    """Yield the server, whose line is known.

    Raises:
        UsageError: nobody says where it is; or credentials or certificates are incomplete.
        AirflowError: the server cannot be reached, or is no Airflow.
    """
    from kairflow.cli.places import find_host
    from kairflow.cli.report import print_diagnostics, working
    from kairflow.deploy.airflow_access import read_access, warn_of
    from kairflow.deploy.airflow_client import AirflowClient
    from kairflow.deploy.airflow_http import Clock, Connection, open_http

    host = find_host(server.host, configured)
    access = read_access(os.environ, server.ca_file)
    warnings = tuple(warn_of(host, access))
    if warnings and not answer.is_silent:
        print_diagnostics(warnings)
    with open_http(access, host) as http:
        client = AirflowClient(Connection(http, host, access, Clock()))
        with working(f"Looking for Airflow at {host}", quiet=answer.is_silent):
            client.find_line()
        yield Server(client, warnings)
