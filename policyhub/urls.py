"""The map of URLs; each room has its own."""

from django.contrib import admin
from django.contrib.auth.views import LoginView, LogoutView
from django.urls import include, path

from policyhub.health import PROBES
from policyhub.logins.provider import provider_name

handler400 = "policyhub.failures.bad_request"
handler403 = "policyhub.failures.forbidden"
handler404 = "policyhub.failures.not_found"
handler500 = "policyhub.failures.server_error"

admin.autodiscover()

urlpatterns = [
    # Before the pages of policies: an ARN takes whatever follows it in a path.
    path("", include("policyhub.workbench.urls")),
    path("", include("policyhub.workbench.choosing.urls")),
    path("", include("policyhub.browse.urls")),
    path("", include("policyhub.search.urls")),
    path("", include("policyhub.compare.urls")),
    path("", include("policyhub.simulate.urls")),
    path("", include("policyhub.awsapi.urls")),
    path("", include("policyhub.curating.urls")),
    path("", include("policyhub.desk.urls")),
    path("", include("policyhub.help.urls")),
    path("", include("policyhub.logins.urls")),
    *(path(address.removeprefix("/"), probe) for address, probe in PROBES.items()),
    path("admin/", admin.site.urls),
    path(
        "login/",
        LoginView.as_view(extra_context={"provider_name": provider_name}),
        name="login",
    ),
    path("logout/", LogoutView.as_view(), name="logout"),
]
