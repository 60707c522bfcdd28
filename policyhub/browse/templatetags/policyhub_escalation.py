"""The tag that lays out how a document leads to more power."""

from __future__ import annotations

from collections.abc import Sequence

from django.template import Library

from policyhub.browse.escalation import graph
from policyhub.browse.escalation.paths import EscalationPath

register = Library()


@register.simple_tag
def escalation_graph(paths: Sequence[EscalationPath]) -> graph.EscalationGraph:
    """Lay out the graph of how a document leads to more power."""
    return graph.escalation_graph(paths)
