"""The functions of a DAG file that tell somebody when a task fails."""

from __future__ import annotations

from kairflow.lower.airflow.emit_values import keywords, text
from kairflow.lower.airflow.model import Message
from kairflow.lower.codegen import nodes as n


def message_function(message: Message) -> n.FunctionDef:
    """Build a callback; two tasks that shared a notifier would send the first one's text twice."""
    entries: dict[str, n.Expression | None] = {
        "slack_webhook_conn_id": text(message.connection_id),
        "text": n.TextBlock.from_text(message.text),
    }
    notifier = n.Call(n.Name("SlackWebhookNotifier"), (), keywords(entries))
    name = n.Name("notifier")
    return n.FunctionDef(
        name=message.function,
        parameters=(n.Parameter("context", n.Name("Any")),),
        docstring="Tell Slack that a task failed.",
        body=(
            n.Comment("Made anew each time: sending fills its text in for good."),
            n.Assign(name, notifier),
            n.ExprStatement(n.Call(name, (n.Name("context"),))),
        ),
        returns=n.Literal(None),
    )
