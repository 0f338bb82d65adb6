from django.apps import AppConfig


class PorteursConfig(AppConfig):
    name = "porteurs"
    verbose_name = "Porteurs de projet"

    def ready(self) -> None:
        from . import acces, regles  # noqa: F401 — declares who sees and who may do what
