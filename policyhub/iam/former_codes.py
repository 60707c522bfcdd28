"""Codes that JSON answers had by another name, given in addition for one release."""

from __future__ import annotations

from typing import Final

# The new code with the former one.
_FORMER_CODES: Final = {"invalid": "senseless", "invalidValue": "senselessValue"}


def former_code(code: str) -> dict[str, str]:
    """The member `formerly` of whatever has the code, or nothing if the code is not new.

    >>> former_code("invalid")
    {'formerly': 'senseless'}
    >>> former_code("missing")
    {}
    """
    former = _FORMER_CODES.get(code)
    return {"formerly": former} if former else {}
