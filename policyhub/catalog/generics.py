"""Django's classes that are generic to a type checker only: when run, `Feed[Policy]` is `Feed`."""

from __future__ import annotations

from typing import Any

_SUBSCRIPT = "__class_getitem__"


def allow_subscripts() -> None:
    """Let the classes be written with the type of their rows, as the checker asks for."""
    from django.contrib.admin.options import BaseModelAdmin
    from django.contrib.syndication.views import Feed
    from django.forms.models import BaseInlineFormSet, BaseModelForm

    for each in (BaseModelAdmin, Feed, BaseModelForm, BaseInlineFormSet):
        setattr(each, _SUBSCRIPT, classmethod(_itself))


def _itself(generic: type, _: Any) -> type:
    return generic
