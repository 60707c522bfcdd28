"""The endpoint's path, which clients keep as it was given, with or without its last slash."""

from django.urls import path

from policyhub.awsapi.views import query

app_name = "awsapi"
urlpatterns = [
    path("aws", query),
    path("aws/", query, name="query"),
]
