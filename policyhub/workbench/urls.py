"""The URLs of the workbench; a page's twins have `.json` and `.md` for its last slash."""

from django.urls import path, register_converter
from django.urls.converters import StringConverter

from policyhub.workbench.reports import views as reports
from policyhub.workbench.watching import views as watching

app_name = "workbench"


class ReviewedPolicyConverter(StringConverter):
    """What a policy is called: a name without slashes, or an ARN."""

    regex = r"arn:[\s\S]+|[^/]+"


register_converter(ReviewedPolicyConverter, "reviewed")

urlpatterns = [
    path("policies/<reviewed:name>/report/", reports.policy_report, name="policy_report"),
    path(
        "policies/<reviewed:name>/report.json",
        reports.policy_report_json,
        name="policy_report_json",
    ),
    path("policies/<reviewed:name>/report.md", reports.policy_report_md, name="policy_report_md"),
    path("compare/report/", reports.comparison_report, name="comparison_report"),
    path("compare/report.json", reports.comparison_report_json, name="comparison_report_json"),
    path("compare/report.md", reports.comparison_report_md, name="comparison_report_md"),
    path("report/", reports.set_report, name="set_report"),
    path("report.json", reports.set_report_json, name="set_report_json"),
    path("report.md", reports.set_report_md, name="set_report_md"),
    path("watching/", watching.watching, name="watching"),
    path("watching/scenarios/", watching.watched_file, name="watched_file"),
    path("watching.json", watching.watching_json, name="watching_json"),
    path("watching/feed.atom", watching.watching_atom, name="watching_atom"),
]
