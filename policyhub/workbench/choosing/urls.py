"""The URLs of templates; a page's JSON twin has `.json` for its last slash."""

from django.urls import path, register_converter
from django.urls.converters import StringConverter

from policyhub.workbench.choosing import views

app_name = "templates"


class TemplatePolicyConverter(StringConverter):
    """What a policy is called: a name without slashes, or an ARN."""

    regex = r"arn:[\s\S]+|[^/]+"


register_converter(TemplatePolicyConverter, "template_policy")

urlpatterns = [
    path("policies/<template_policy:name>/template/", views.policy_template, name="policy"),
    path(
        "policies/<template_policy:name>/template.json",
        views.policy_template_json,
        name="policy_json",
    ),
    path("template/", views.document_template, name="document"),
    path("template.json", views.document_template_json, name="document_json"),
]
