"""What a user may ask to be grouped; apart, so that a command line can name it at no cost."""

from __future__ import annotations

from enum import Enum


class GroupBy(str, Enum):
    """What else is kept together, besides what has to be."""

    NONE = "none"
    NAMESPACE = "namespace"
    TAG = "tag"
    PIPELINE = "pipeline"
