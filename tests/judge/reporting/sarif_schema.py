"""The part of the SARIF 2.1.0 schema that reports use, written out and closed.

Required members, types, patterns and the relations between `kind` and `level` are those of the
standard; what reports never use is not allowed here at all, so that a new member is looked up
before it is written.
"""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]

TEXT: Schema = {"type": "string", "minLength": 1}
LINE: Schema = {"type": "integer", "minimum": 1}


def closed(required: str, **members: Schema) -> Schema:
    return {
        "type": "object",
        "additionalProperties": False,
        "required": required.split(),
        "properties": members,
    }


MESSAGE = closed("text", text=TEXT)
DESCRIPTION = closed("text", text={**TEXT, "maxLength": 1_024})
ARTIFACT = closed("uri", uri={"type": "string", "format": "uri-reference"}, uriBaseId=TEXT)
REGION = closed("startLine", startLine=LINE, startColumn=LINE, endLine=LINE, endColumn=LINE)
LEVEL: Schema = {"enum": ["none", "note", "warning", "error"]}
PROPERTIES: Schema = {"type": "object"}

RULE = closed(
    "id shortDescription fullDescription defaultConfiguration",
    id=TEXT,
    name=TEXT,
    shortDescription=DESCRIPTION,
    fullDescription=DESCRIPTION,
    defaultConfiguration=closed("level", level=LEVEL),
    helpUri={"type": "string", "format": "uri", "pattern": "^https://"},
    help=MESSAGE,
    properties=closed(
        "tags",
        tags={"type": "array", "maxItems": 20, "uniqueItems": True, "items": TEXT},
        **{"security-severity": {"type": "string", "pattern": r"^(10\.0|\d\.\d)$"}},
    ),
)
FIX = closed(
    "artifactChanges",
    description=MESSAGE,
    artifactChanges={
        "type": "array",
        "minItems": 1,
        "items": closed(
            "artifactLocation replacements",
            artifactLocation=ARTIFACT,
            replacements={
                "type": "array",
                "minItems": 1,
                "items": closed(
                    "deletedRegion",
                    deletedRegion=REGION,
                    insertedContent=closed("text", text={"type": "string"}),
                ),
            },
        ),
    },
)
RESULT: Schema = closed(
    "ruleId ruleIndex level message locations partialFingerprints",
    ruleId=TEXT,
    ruleIndex={"type": "integer", "minimum": 0},
    kind={"enum": ["informational"]},
    level=LEVEL,
    message=MESSAGE,
    locations={
        "type": "array",
        "minItems": 1,
        "maxItems": 1_000,
        "items": closed(
            "physicalLocation",
            physicalLocation=closed(
                "artifactLocation region", artifactLocation=ARTIFACT, region=REGION
            ),
            logicalLocations={
                "type": "array",
                "items": closed("fullyQualifiedName", fullyQualifiedName=TEXT),
            },
        ),
    },
    partialFingerprints={"type": "object", "additionalProperties": TEXT},
    suppressions={
        "type": "array",
        "items": closed("kind", kind={"enum": ["inSource", "external"]}, justification=TEXT),
    },
    fixes={"type": "array", "items": FIX},
    properties=PROPERTIES,
) | {
    "if": {"required": ["kind"]},
    "then": {"properties": {"level": {"const": "none"}}},
}
RUN = closed(
    "tool results",
    tool=closed("driver", driver=closed("name rules", name=TEXT, rules={
        "type": "array", "uniqueItems": True, "items": RULE,
    })),
    columnKind={"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
    originalUriBaseIds={"type": "object", "additionalProperties": closed("", description=MESSAGE)},
    invocations={"type": "array", "items": closed(
        "executionSuccessful",
        executionSuccessful={"type": "boolean"},
        toolExecutionNotifications={
            "type": "array", "items": closed("message", level=LEVEL, message=MESSAGE),
        },
    )},
    results={"type": "array", "maxItems": 25_000, "items": RESULT},
)  # fmt: skip
SARIF = closed(
    "version runs",
    version={"const": "2.1.0"},
    runs={"type": "array", "minItems": 1, "maxItems": 20, "items": RUN},
    **{"$schema": {"type": "string", "format": "uri"}},
)
