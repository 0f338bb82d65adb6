from django.apps import AppConfig


class BilansConfig(AppConfig):
    name = "bilans"
    verbose_name = "Bilans"

    def ready(self) -> None:
        from actions.operations import declarer_suite

        from . import acces, regles  # noqa: F401 — declares who sees and who may do what
        from .operations import preparer_bilan

        declarer_suite(preparer_bilan)
