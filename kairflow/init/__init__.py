"""What a project starts with: a configuration that explains itself, and workflows for GitHub.

It looks at the project's folder, makes texts, and writes nothing.
"""

from kairflow.init.configuration import config_text
from kairflow.init.project import Project, find_project
from kairflow.init.request import Request, checked
from kairflow.init.workflows import workflow_texts

__all__ = ["Project", "Request", "checked", "config_text", "find_project", "workflow_texts"]
