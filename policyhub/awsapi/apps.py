"""The IAM query protocol, for boto3 and the AWS CLI."""

from django.apps import AppConfig


class AwsApiConfig(AppConfig):
    """The room of `/aws/`."""

    name = "policyhub.awsapi"
    label = "awsapi"
