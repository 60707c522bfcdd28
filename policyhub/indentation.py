"""Templates without their indentation, which people need and pages don't."""

from __future__ import annotations

import re

from django.template import Origin
from django.template.loaders import filesystem

_INDENTATION = re.compile(r"\n[ \t]+")


class Loader(filesystem.Loader):
    """Loads the templates of the project, each line without the spaces that it begins with.

    They would make pages a third larger. Line breaks stay: they are the white space between
    words, and errors name a template's lines.
    """

    def get_contents(self, origin: Origin) -> str:
        """Return a template's text; the caching loader in front of it asks once for each."""
        return _INDENTATION.sub("\n", super().get_contents(origin))
