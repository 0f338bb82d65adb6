from django.apps import AppConfig


class ContratsConfig(AppConfig):
    name = "contrats"
    verbose_name = "Contrats de ville"

    def ready(self) -> None:
        from . import acces, regles  # noqa: F401 — declares who sees and who may do what
