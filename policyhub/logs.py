"""What the log leaves out."""

from __future__ import annotations

from logging import LogRecord


def keep_sentence(record: LogRecord) -> bool:
    """Leave out the trace of what a client did wrong: it is long, and no fault of the code."""
    if record.name.startswith("django.security.") or getattr(record, "status_code", 500) < 500:
        record.exc_info = record.exc_text = None
    return True
