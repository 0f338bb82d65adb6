from django.apps import AppConfig


class ActionsConfig(AppConfig):
    name = "actions"
    verbose_name = "Actions"

    def ready(self) -> None:
        from . import acces, regles  # noqa: F401 — declares who sees and who may do what
