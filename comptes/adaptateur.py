"""What django-allauth asks of us: closed registration, our own French sentences."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.http import HttpRequest


class AdaptateurComptes(DefaultAccountAdapter):
    """Accounts are opened by the collectivity; nobody registers alone."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "account_inactive": "Ce compte est désactivé. Adressez-vous à la personne qui pilote le contrat de ville.",
        "email_password_mismatch": (
            "L'adresse ou le mot de passe ne correspond pas. Vérifiez-les, ou demandez un code par courriel."
        ),
        "incorrect_code": (
            "Ce code ne correspond pas. Recopiez celui du dernier courriel reçu, ou demandez-en un nouveau."
        ),
        "incorrect_password": "Ce mot de passe ne correspond pas.",
        "invalid_login": "Cette adresse ne permet pas de se connecter.",
        "invalid_password_reset": "Ce lien n'est plus valable. Demandez-en un nouveau.",
        "too_many_login_attempts": (
            "Trop d'essais de suite. Attendez quelques minutes, puis demandez un nouveau code par courriel."
        ),
        "enter_current_password": "Indiquez votre mot de passe actuel.",
        "rate_limited": "Trop de demandes en peu de temps. Attendez une minute, puis recommencez.",
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Return False: an account is opened by the collectivity."""
        return False

    def render_mail(
        self,
        template_prefix: str,
        email: str | list[str],
        context: dict[str, Any],
        headers: dict[str, str] | None = None,
    ) -> Any:
        """Return the e-mail, plain text, signed by the collectivity."""
        context = {
            **context,
            "signature": settings.PILOTIS_COLLECTIVITE or "L'équipe du contrat de ville",
            "duree_code": settings.ACCOUNT_LOGIN_BY_CODE_TIMEOUT // 60,
        }
        return super().render_mail(template_prefix, email, context, headers)
