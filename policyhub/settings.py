"""Every setting of Policyhub, read from the environment.

The names and their meaning are listed in policyhub/help/running.md; a value that makes no
sense stops the program with a sentence naming the variable.
"""

from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path

import environ
from django.core.exceptions import ImproperlyConfigured

from policyhub.database_urls import databases
from policyhub.logs import keep_sentence
from policyhub.secret_key import secret_key

BASE_DIR = Path(__file__).resolve().parent.parent
FIXTURES_DIR = BASE_DIR / "fixtures"

env = environ.Env()


def flag(name: str, default: bool = False) -> bool:
    """Read a yes or no from the environment; anything else is refused, never guessed."""
    text: str = env.str(name, default="").strip().lower()
    if not text:
        return default
    if text in {"1", "on", "true", "yes"}:
        return True
    if text in {"0", "off", "false", "no"}:
        return False
    raise ImproperlyConfigured(f"{name} is `{text}`: set it to on or off")


def megabytes(name: str, default: int) -> int:
    """Read a whole number of megabytes from the environment, as bytes."""
    text: str = env.str(name, default="").strip()
    if not text.isascii() or not (text or "0").isdigit():
        raise ImproperlyConfigured(f"{name} is `{text}`: set it to a whole number of megabytes")
    return (int(text) if text else default) * 1_000_000


def networks(name: str) -> tuple[IPv4Network | IPv6Network, ...]:
    """Read addresses and networks, separated by commas, from the environment."""
    texts = [text.strip() for text in env.str(name, default="").split(",") if text.strip()]
    try:
        return tuple(map(ip_network, texts))
    except ValueError as error:
        raise ImproperlyConfigured(
            f"{name}: {error}; give addresses or networks such as 10.0.0.0/8, separated by commas"
        ) from error


DEBUG = flag("DEBUG")
DATA_DIR = Path(env.str("POLICYHUB_DATA_DIR", default="") or BASE_DIR / ".policyhub").resolve()
LOGIN_REQUIRED = flag("POLICYHUB_LOGIN_REQUIRED")
# An OpenID Connect provider whose accounts may log in; roles by what its claim `groups` has.
OIDC_ISSUER: str = env.str("POLICYHUB_OIDC_ISSUER", default="").rstrip("/")
OIDC_CLIENT_ID: str = env.str("POLICYHUB_OIDC_CLIENT_ID", default="")
OIDC_CLIENT_SECRET: str = env.str("POLICYHUB_OIDC_CLIENT_SECRET", default="")
OIDC_NAME: str = env.str("POLICYHUB_OIDC_NAME", default="")
OIDC_SCOPES: str = env.str("POLICYHUB_OIDC_SCOPES", default="openid profile email")
OIDC_ROLES: dict[str, str] = env.dict("POLICYHUB_OIDC_ROLES", default={})
# Whether `/aws/` answers boto3 and the AWS CLI.
AWS_API = flag("POLICYHUB_AWS_API", default=True)
# Whether `start` brings in every known version of AWS's policies, or today's catalogue alone.
HISTORY = flag("POLICYHUB_HISTORY", default=True)
LINTING = flag("POLICYHUB_LINTING", default=True)
# Whether policies' pages are made before anybody asks for them.
WARMING = flag("POLICYHUB_WARMING", default=True)
# How much of catalogue and search index a server may keep in memory, before it uses the database.
MEMORY_BYTES = megabytes("POLICYHUB_MEMORY_MB", default=1_000)
# The proxies in front, whose `X-Forwarded-For` says where a request comes from.
TRUSTED_PROXIES = networks("POLICYHUB_TRUSTED_PROXIES")
# Set where TLS ends in front of Policyhub: cookies become secure, plain HTTP is redirected.
HTTPS = flag("POLICYHUB_HTTPS")


SECRET_KEY = secret_key(env.str("SECRET_KEY", default=""), DATA_DIR / "secret-key")
ALLOWED_HOSTS: list[str] = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])

INSTALLED_APPS = [
    "policyhub.catalog",
    "policyhub.judge",
    "policyhub.browse",
    "policyhub.search",
    "policyhub.serving",
    "policyhub.compare",
    "policyhub.simulate",
    "policyhub.awsapi",
    "policyhub.curating",
    "policyhub.help",
    "policyhub.logins",
    "policyhub.backups",
    "policyhub.workbench",
    "policyhub.desk",
    # Its modules are found by the map of URLs: most commands begin without them.
    "django.contrib.admin.apps.SimpleAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django_htmx",
    "axes",
    "csp",
]

MIDDLEWARE = [
    "policyhub.headers.isolate",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "policyhub.health.answer_probes",
    "policyhub.failures.AnswerFailures",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "policyhub.compression.compress",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "policyhub.http.refuse_nul",
    "policyhub.http.leave_out_empty",
    "django_htmx.middleware.HtmxMiddleware",
    "policyhub.revalidation.Revalidate",
    "axes.middleware.AxesMiddleware",
]
if LOGIN_REQUIRED:
    _place = MIDDLEWARE.index("django.contrib.messages.middleware.MessageMiddleware")
    MIDDLEWARE[_place:_place] = [
        "policyhub.logins.tokens.ReadWithToken",
        "policyhub.logins.required.LoginRequired",
    ]

ROOT_URLCONF = "policyhub.urls"
WSGI_APPLICATION = "policyhub.wsgi.application"

_IN_MEMORY = "django.core.cache.backends.locmem.LocMemCache"
CACHES = {
    "default": {"BACKEND": _IN_MEMORY},
    # What a process keeps of answers that hang on the data alone, where no server's processes share
    # them (policyhub.kept_answers).
    "answers": {
        "BACKEND": _IN_MEMORY,
        "LOCATION": "answers",
        "TIMEOUT": 3_600,
        "OPTIONS": {"MAX_ENTRIES": 400},
    },
}

TEMPLATES = [
    {
        "BACKEND": "policyhub.page_templates.PageTemplates",
        "NAME": "django",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "loaders": [
                (
                    "django.template.loaders.cached.Loader",
                    [
                        "policyhub.indentation.Loader",
                        "django.template.loaders.app_directories.Loader",
                    ],
                )
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "policyhub.catalog.context_processors.provenance",
            ],
        },
    },
]

DATABASES = databases(
    env.str("DATABASE_URL", default="") or f"sqlite:///{DATA_DIR / 'policyhub.sqlite3'}",
    env.str("DATABASE_REPLICA_URL", default=""),
)
if len(DATABASES) > 1:
    INSTALLED_APPS.append("policyhub.replicas")
    DATABASE_ROUTERS = ["policyhub.replicas.routing.ReplicaRouter"]
    MIDDLEWARE.insert(
        MIDDLEWARE.index("policyhub.failures.AnswerFailures"),
        "policyhub.replicas.middleware.read_from_replicas",
    )
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "browse:overview"
LOGOUT_REDIRECT_URL = "browse:overview"
# Who waits how long after wrong passwords: policyhub/logins/delays.py.
AXES_HANDLER = "policyhub.logins.delays.GrowingDelays"
AXES_LOCKOUT_CALLABLE = "policyhub.logins.delays.refusal"
AXES_CLIENT_IP_CALLABLE = "policyhub.logins.addresses.counted_address"
# The handler decides before a password is looked at; axes forgets failures after these hours.
AXES_LOCK_OUT_AT_FAILURE = False
# No limit, so that the admin shows no state that axes would work out of it.
AXES_FAILURE_LIMIT = 0
AXES_COOLOFF_TIME = 24
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
# An attempt during the delay doesn't make it longer.
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_VERBOSE = False
# Left out of the record of a failure, as the password is.
AXES_SENSITIVE_PARAMETERS = ["csrfmiddlewaretoken"]

# Several pasted documents of 256 KB each: percent-encoding makes JSON up to three times as long.
DATA_UPLOAD_MAX_MEMORY_SIZE = 12_000_000

LANGUAGE_CODE = "en-us"
TIME_ZONE = "UTC"
USE_I18N = False
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = DATA_DIR / "static"
# Files that are looked for at the root of a site: robots.txt and favicon.ico.
WHITENOISE_ROOT = BASE_DIR / "static" / "root"
WHITENOISE_ALLOW_ALL_ORIGINS = False
# Pages name files with their digest alone; compressing each a second time is half of the work.
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
# Collected files too are for their owner alone: the server itself serves them.
FILE_UPLOAD_PERMISSIONS = 0o600
FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o700
STATICFILES_DIRS = [BASE_DIR / "static"]
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "policyhub.bundles.BundleFinder",
]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}

# Everything is served by us: no inline script, no inline style, nothing from elsewhere.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
    }
}
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "policyhub.failures.form_without_token"
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SECURE = HTTPS
SECURE_SSL_REDIRECT = HTTPS
# A probe comes from nearby, over plain HTTP, with the machine's address as Host.
SECURE_REDIRECT_EXEMPT = ["^healthz$", "^readyz$"]
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
# For other names of the domain only Policyhub's owner can decide, so both are required.
SECURE_HSTS_INCLUDE_SUBDOMAINS = flag("POLICYHUB_HSTS_SUBDOMAINS")
SECURE_HSTS_PRELOAD = flag("POLICYHUB_HSTS_PRELOAD")
# The two checks that ask for what only the owner of a domain may promise.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
if HTTPS:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
else:
    # Served as plain HTTP, by default to this machine alone: the four checks that ask for TLS
    # (HSTS, redirect, secure session and CSRF cookies) can't be met. POLICYHUB_HTTPS turns all
    # four on.
    SILENCED_SYSTEM_CHECKS += ["security.W004", "security.W008", "security.W012", "security.W016"]

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {
        "sentence": {
            "()": "django.utils.log.CallbackFilter",
            "callback": keep_sentence,
        }
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "filters": ["sentence"]}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    # Failed log-ins are logged once, by `policyhub.logins`.
    "loggers": {"axes": {"level": "ERROR"}},
}
