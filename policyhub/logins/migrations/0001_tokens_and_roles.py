"""Personal tokens, and the groups of reviewers and administrators."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

ACCOUNTS = {"user": ("view", "add", "change", "delete"), "group": ("view",)}


def make_groups(apps, schema_editor):
    # Permissions are made after all migrations have run; the group needs them now.
    ContentType = apps.get_model("contenttypes", "ContentType")
    Permission = apps.get_model("auth", "Permission")
    Group = apps.get_model("auth", "Group")
    Group.objects.get_or_create(name="Reviewers")
    administrators, _ = Group.objects.get_or_create(name="Administrators")
    administrators.permissions.add(*Group.objects.get(name="Curators").permissions.all())
    for model, verbs in ACCOUNTS.items():
        content_type, _ = ContentType.objects.get_or_create(app_label="auth", model=model)
        for verb in verbs:
            permission, _ = Permission.objects.get_or_create(
                content_type=content_type,
                codename=f"{verb}_{model}",
                defaults={"name": f"Can {verb} {model}"},
            )
            administrators.permissions.add(permission)


def remove_groups(apps, schema_editor):
    names = ("Reviewers", "Administrators")
    apps.get_model("auth", "Group").objects.filter(name__in=names).delete()


class Migration(migrations.Migration):
    initial = True
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("catalog", "0002_curators"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [
        migrations.CreateModel(
            name="PersonalToken",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=100)),
                ("digest", models.CharField(max_length=64, unique=True)),
                ("made_at", models.DateTimeField(auto_now_add=True)),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="tokens",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={"ordering": ["pk"]},
        ),
        migrations.RunPython(make_groups, remove_groups),
    ]
