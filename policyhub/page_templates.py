"""Django's templates, which let go of what they were given as soon as a page is rendered."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.template import TemplateDoesNotExist
from django.template.backends.django import DjangoTemplates, Template, reraise
from django.template.context import make_context
from django.utils.safestring import SafeString


class PageTemplates(DjangoTemplates):
    """Finds templates."""

    def get_template(self, template_name: str) -> PageTemplate:
        """The template of that name."""
        return PageTemplate(super().get_template(template_name).template, self)


class PageTemplate(Template):
    """A template whose rendering leaves no garbage.

    A context of Django's holds itself, by each of its dictionaries: all that a page showed, which
    are thousands of objects, would be kept until garbage is looked for, which holds up every
    thread.
    """

    def render(
        self, context: dict[str, Any] | None = None, request: HttpRequest | None = None
    ) -> SafeString:
        """Render it with what is to be shown."""
        made = make_context(context, request, autoescape=self.backend.engine.autoescape)
        try:
            return self.template.render(made)
        except TemplateDoesNotExist as error:
            reraise(error, self.backend)
        finally:
            made.dicts.clear()
