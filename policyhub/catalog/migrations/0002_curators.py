"""The group that may edit what people write, and see what AWS says."""

from django.db import migrations

GROUP = "Curators"
MAY = {
    "policy": ("view", "change"),
    "policyversion": ("view",),
    "statement": ("view",),
    "permissiondescription": ("view", "add", "change", "delete"),
    "changelogentry": ("view", "add", "change", "delete"),
}


def make_group(apps, schema_editor):
    # Permissions are made after all migrations have run; the group needs them now.
    ContentType = apps.get_model("contenttypes", "ContentType")
    Permission = apps.get_model("auth", "Permission")
    Group = apps.get_model("auth", "Group")
    group, _ = Group.objects.get_or_create(name=GROUP)
    for model, verbs in MAY.items():
        content_type, _ = ContentType.objects.get_or_create(app_label="catalog", model=model)
        name = apps.get_model("catalog", model)._meta.verbose_name
        for verb in verbs:
            permission, _ = Permission.objects.get_or_create(
                content_type=content_type,
                codename=f"{verb}_{model}",
                defaults={"name": f"Can {verb} {name}"},
            )
            group.permissions.add(permission)


def remove_group(apps, schema_editor):
    apps.get_model("auth", "Group").objects.filter(name=GROUP).delete()


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0001_initial"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunPython(make_group, remove_group)]
