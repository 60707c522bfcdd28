"""A minimised document with what it had before patterns took its place."""

from __future__ import annotations

from typing import Any

from policyhub.workbench.documents import statements_of, values
from policyhub.workbench.minimising.minimised import MinimisedPolicy


def written_out(found: MinimisedPolicy) -> Any:
    """The document as it was before patterns took the place of names."""
    statements = statements_of(found.document)
    names = {(each.path, each.pattern): each.replaces for each in found.open_to}
    for place, statement in enumerate(statements):
        if "Action" in statement:
            path = f"Statement[{place}].Action"
            statement["Action"] = [
                name
                for each in values(statement["Action"])
                for name in names.get((path, each), (each,))
            ]
    return {**found.document, "Statement": statements}
