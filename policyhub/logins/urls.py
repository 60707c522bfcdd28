"""The URLs of one's own account."""

from django.urls import path

from policyhub.logins.provider_pages import sign_in, signed_in
from policyhub.logins.tokens_page import end_token, tokens, tokens_json

app_name = "logins"

urlpatterns = [
    path("login/provider/", sign_in, name="sign_in"),
    path("login/provider/done/", signed_in, name="signed_in"),
    path("account/tokens/", tokens, name="tokens"),
    path("account/tokens.json", tokens_json, name="tokens_json"),
    path("account/tokens/end/", end_token, name="end_token"),
]
