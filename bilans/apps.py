from django.apps import AppConfig


class BilansConfig(AppConfig):
    name = "bilans"
    verbose_name = "Bilans"

    def ready(self) -> None:
        from actions.operations import declarer_suite

        from . import acces, regles  # noqa: F401 — declares who sees and who may do what
        from .operations import courriels, etats, recus

        declarer_suite(etats.preparer_bilan)
        # Receipts come first: the e-mails carry them.
        etats.declarer_suite(recus.etablir_le_recu)
        etats.declarer_suite(courriels.suite_courriels)
        etats.declarer_suite_echeance(courriels.annoncer_prolongation)
