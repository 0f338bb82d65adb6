from django.db import migrations, models


def rassembler(apps, schema_editor):
    """Keep with each import what was answered in its rows, which each held them all."""
    ImportTableur = apps.get_model("bilans", "ImportTableur")
    LigneImport = apps.get_model("bilans", "LigneImport")
    for import_ in ImportTableur.objects.order_by("pk").values_list("pk", flat=True):
        repondues = LigneImport.objects.filter(import_tableur=import_).exclude(reponses={}).order_by("ordre")
        donnees = {}
        # one row at a time: they may be large
        for cle in list(repondues.values_list("pk", flat=True)):
            ligne = LigneImport.objects.only("questions", "reponses").get(pk=cle)
            donnees |= ligne.reponses
            posees = [question["cle"] for question in ligne.questions]
            ligne.reponses = {posee: ligne.reponses[posee] for posee in posees if posee in ligne.reponses}
            ligne.save(update_fields=["reponses"])
        ImportTableur.objects.filter(pk=import_).update(reponses=donnees)


class Migration(migrations.Migration):

    dependencies = [
        ('bilans', '0009_documents_conventions'),
    ]

    operations = [
        migrations.AddField(
            model_name='importtableur',
            name='reponses',
            field=models.JSONField(blank=True, default=dict, verbose_name='réponses'),
        ),
        migrations.AddField(
            model_name='importtableur',
            name='absentes',
            field=models.TextField(blank=True, verbose_name='actions absentes'),
        ),
        migrations.RunPython(rassembler, migrations.RunPython.noop),
    ]
