"""The IAM query protocol, for boto3 and the AWS CLI."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.apps import AppConfig

if TYPE_CHECKING:
    from django.http import HttpResponse

    from policyhub.failures import Failure


class AwsApiConfig(AppConfig):
    """The room of `/aws/`."""

    name = "policyhub.awsapi"
    label = "awsapi"

    def ready(self) -> None:
        """Have failures under `/aws/` answered in AWS's shape."""
        from policyhub.failures import answer_in_own_shape

        answer_in_own_shape("/aws", _failure_in_xml)


def _failure_in_xml(failure: Failure) -> HttpResponse:
    """Imported where one happens: commands begin sooner without the room's views."""
    from policyhub.awsapi.views import failure_in_xml

    return failure_in_xml(failure)
