"""The IAM query protocol, for boto3 and the AWS CLI."""

from django.apps import AppConfig


class AwsApiConfig(AppConfig):
    """The room of `/aws/`."""

    name = "policyhub.awsapi"
    label = "awsapi"

    def ready(self) -> None:
        """Have failures under `/aws/` answered in AWS's shape."""
        from policyhub.awsapi.views import failure_in_xml
        from policyhub.failures import answer_in_own_shape

        answer_in_own_shape("/aws", failure_in_xml)
