from django.db import migrations, models


def dater_les_versements(apps, schema_editor):
    """Give a payment of a convention the year of its planned date, when it has none."""
    versements = apps.get_model("financements", "Versement").objects
    for versement in versements.filter(convention__isnull=False, annee__isnull=True).order_by("pk"):
        jour = versement.date_prevue or versement.date_versement or versement.convention.date_debut
        versements.filter(pk=versement.pk).update(annee=jour.year)


class Migration(migrations.Migration):
    dependencies = [("financements", "0004_programmation_versements_budgets")]

    operations = [
        migrations.RunPython(dater_les_versements, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name='versement',
            constraint=models.CheckConstraint(condition=models.Q(('convention__isnull', True), ('annee__isnull', False), _connector='OR'), name='versement_convention_annee', violation_error_message="Un versement d'une convention dit de quelle année il est."),
        ),
    ]
