"""Fields of which the server says something in a place below them, while one writes.

In the admin's forms and in the short ones outside of it: the text as readers will see it, or what
the reference and the policy say of a pattern.
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.admin.widgets import AdminTextareaWidget, AdminTextInputWidget
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString


class _AnsweredWhileTyping:
    """A widget with a place below it, which the server fills."""

    # How it is asked, by which route and with which parameter; the place's class and role.
    method, route, sent_as, place, role = "", "", "", "", "group"

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        """Have the server asked when the field is entered, and as one goes on."""
        live = {
            f"hx-{self.method}": reverse(self.route),
            "hx-trigger": "focus once, input changed delay:300ms",
            "hx-target": f"next .{self.place}",
            "data-sent-as": self.sent_as,
        }
        made: dict[str, Any] = super().get_context(name, value, {**(attrs or {}), **live})  # type: ignore[misc]
        return made

    def render(self, *args: Any, **kwargs: Any) -> SafeString:
        """The field, and the place below it."""
        below = format_html('<div class="{}" role="{}"></div>', self.place, self.role)
        return SafeString(super().render(*args, **kwargs) + below)  # type: ignore[misc]


class _Previewed(_AnsweredWhileTyping):
    """A text in Markdown; below it stands how readers will see it."""

    method, route, sent_as, place = "post", "curating:preview", "text", "as-read"


class _LookedUp(_AnsweredWhileTyping):
    """A service or an action pattern, looked up, with its statements in the page's policy."""

    method, route, sent_as = "get", "curating:look_up_pattern", "pattern"
    place, role = "looked-up", "status"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__({"spellcheck": "false", **(attrs or {})})  # type: ignore[call-arg]


class MarkdownTextarea(_Previewed, AdminTextareaWidget):
    """A text in Markdown, in the admin."""


class PatternInput(_LookedUp, AdminTextInputWidget):
    """A pattern, in the admin."""


class ShortMarkdownTextarea(_Previewed, forms.Textarea):
    """A text in Markdown, in a short form."""


class ShortPatternInput(_LookedUp, forms.TextInput):
    """A pattern, in a short form."""
