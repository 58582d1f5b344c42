"""The contract between the stages: the IR, its canonical text, its rules and its schema."""

from kairflow.ir.codec import digest, dump_document
from kairflow.ir.model import Document
from kairflow.ir.reading import read_document
from kairflow.ir.version import IR_VERSION

__all__ = ["IR_VERSION", "Document", "digest", "dump_document", "read_document"]
