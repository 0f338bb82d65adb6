from django.apps import AppConfig


class FinancementsConfig(AppConfig):
    name = "financements"
    verbose_name = "Financements"

    def ready(self) -> None:
        from actions.operations import declarer_suite

        from . import acces, regles  # noqa: F401 — declares who sees and who may do what
        from .operations.enveloppes import verifier_action

        declarer_suite(verifier_action)
