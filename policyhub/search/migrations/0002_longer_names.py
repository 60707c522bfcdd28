"""Names that hold a customer's ARN."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("search", "0001_texts")]

    operations = [
        migrations.AlterField("foundtext", "name", models.CharField(max_length=2100)),
    ]
