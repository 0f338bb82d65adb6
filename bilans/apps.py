from django.apps import AppConfig


class BilansConfig(AppConfig):
    name = "bilans"
    verbose_name = "Bilans"

    def ready(self) -> None:
        from . import acces, regles  # noqa: F401 — declares who sees and who may do what
