"""What is asked of `init`, checked before anything is made; an address never repeats a password."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from kairflow.deploy.addresses import address_mistake
from kairflow.deploy.airflow_host import host_mistake
from kairflow.errors import Code, Diagnostic, UsageError

_COMMIT = "${commit_id}"
_PLACEHOLDER = re.compile(r"\$\{[^{}]*\}")
"""What is filled in later; until then, something stands there."""


@dataclass(frozen=True, slots=True)
class Request:
    """Where Airflow is, where it finds DAGs, and which image holds the project."""

    host: str
    output: str | None = None
    image: str | None = None
    with_actions: bool = False

    def image_for(self, slug: str) -> str:
        """Return the image's name; with workflows, each commit has one of its own."""
        if not self.with_actions:
            return self.image or slug
        name = self.image or f"${{registry}}/{slug}"
        return name if _has_tag(name) else f"{name}:{_COMMIT}"

    @property
    def scheme(self) -> str:
        """Return the kind of place that DAG files go to; empty for a folder."""
        head, found, _ = (self.output or "").partition("://")
        return head.lower() if found else ""


def checked(request: Request) -> Request:
    """Return the request with its addresses as they are written down.

    Raises:
        UsageError: an address cannot be one, or holds credentials; a name cannot be an image's.
    """
    if faults := (*_host_faults(request.host), *_output_faults(request), *_image_faults(request)):
        raise UsageError(faults)
    return replace(request, host=request.host.rstrip("/"))


def _host_faults(url: str) -> Iterator[Diagnostic]:
    if found := host_mistake(url):
        yield Diagnostic(Code.ADDRESS_INVALID, found[0], "URL", found[1])


def _output_faults(request: Request) -> Iterator[Diagnostic]:
    output, where = request.output, "--output"
    if output is None:
        if request.with_actions:
            message = "the workflows have to know where Airflow finds its DAG files"
            hint = "add --output, such as gs://my-bucket/dags"
            yield Diagnostic(Code.OUTPUT_MISSING, message, where, hint)
    elif found := address_mistake(_PLACEHOLDER.sub("x", output)):
        yield Diagnostic(Code.ADDRESS_INVALID, found[0], where, found[1])


def _image_faults(request: Request) -> Iterator[Diagnostic]:
    image, where = request.image, "--image"
    if image is None:
        return
    if not re.fullmatch(r"\S+", image) or not image.isprintable():
        message, hint = f"found {image!r}, expected the name of an image", "no white space in it"
        yield Diagnostic(Code.NAME_INVALID, message, where, hint)
    elif request.with_actions and _has_tag(image) and "${" not in image.rpartition("/")[2]:
        message = f"found a tag in {image!r}, expected none: each commit has an image of its own"
        hint = "leave the tag out, and the workflows take the commit"
        yield Diagnostic(Code.NAME_INVALID, message, where, hint)


def _has_tag(image: str) -> bool:
    return bool(re.search("[:@]", image.rpartition("/")[2]))
