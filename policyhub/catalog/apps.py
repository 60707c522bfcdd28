"""The catalogue: policies, what they grant, and where that is known from."""

from django.apps import AppConfig


class CatalogConfig(AppConfig):
    """The room that holds the models; everything else reads from it."""

    name = "policyhub.catalog"
    label = "catalog"
    verbose_name = "Catalogue"
