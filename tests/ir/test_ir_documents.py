"""The shared strategy: its documents are as wild as the tests that use it assume."""

from __future__ import annotations

from contextlib import suppress

from hypothesis import Phase, find, given, settings
from hypothesis.errors import NoSuchExample

from kairflow.ir import Document
from kairflow.ir.model import ReasonKind
from tests.ir_documents import documents, plain_text


def features(document: Document) -> set[str]:
    config = document.deployment.run_config
    reasons = {reason.kind for group in document.groups for reason in group.reasons}
    names = [one.name for one in document.nodes]
    found = {
        "several groups": len(document.groups) > 1,
        "needs": any(group.needs for group in document.groups),
        "memory": ReasonKind.MEMORY in reasons,
        "spark": ReasonKind.SPARK in reasons,
        "resource class": any(group.resource_class for group in document.groups),
        "parameters": bool(document.parameters),
        "extension": bool(document.model_extra),
        "git": document.source.git is not None,
        "template": any("{{" in name for name in names),
        "quote": any('"' in name for name in names),
        "control character": any(not name.isprintable() for name in names),
        "pod template": bool(config.kubernetes_pod_templates),
        "sensors": bool(config.external_dependencies),
        "spark cluster": config.spark is not None,
        "mlflow": config.mlflow is not None,
        "macro": bool(config.macro_params),
        "run parameter": bool(config.run_params),
        "retries": config.retries is not None,
        "retries of a class": any(c.retries for c in config.resources.values()),
        "retries of a node": any(n.retries for n in config.nodes.values()),
        "affinity": any(c.affinity for c in config.resources.values()),
        "secret": bool(config.secrets),
    }
    return {name for name, present in found.items() if present}


FEATURES = {
    "affinity",
    "control character",
    "extension",
    "git",
    "macro",
    "memory",
    "mlflow",
    "needs",
    "parameters",
    "pod template",
    "quote",
    "resource class",
    "retries",
    "retries of a class",
    "retries of a node",
    "run parameter",
    "secret",
    "sensors",
    "several groups",
    "spark",
    "spark cluster",
    "template",
}
# To find one of each is enough: the smallest does not matter.
SEARCH = settings(max_examples=5_000, deadline=None, database=None, phases=[Phase.generate])


def test_documents_show_every_feature() -> None:
    seen = set[str]()

    def all_seen(document: Document) -> bool:
        seen.update(features(document))
        return seen == FEATURES

    with suppress(NoSuchExample):
        find(documents(), all_seen, settings=SEARCH)
    assert seen == FEATURES


@settings(max_examples=30, deadline=None)
@given(documents(plain_text()))
def test_text_is_the_callers_choice(document: Document) -> None:
    for one in document.nodes:
        assert one.name.replace("_", "a").isalpha()
        assert one.function.isascii()
