from django.apps import AppConfig


class PorteursConfig(AppConfig):
    name = "porteurs"
    verbose_name = "Porteurs de projet"

    def ready(self) -> None:
        from allauth.account.signals import user_logged_in

        from . import acces, regles  # noqa: F401 — declares who sees and who may do what
        from .invitations import noter_premiere_connexion

        user_logged_in.connect(noter_premiere_connexion)
