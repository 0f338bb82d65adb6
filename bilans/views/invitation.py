"""The page of a personal link: who it is for, and the code that lets its owner in."""

from typing import Any

from allauth.account.views import RequestLoginCodeView
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from comptes.vues import page_suivante
from porteurs.models import Invitation

from ..pages.invitation import attentes, campagne_a_joindre


class EnvoiDuCode(RequestLoginCodeView):
    """The library's sign-in by code, for the address of a link: nobody types it, nobody may change it."""

    template_name = "bilans/invitation.html"
    email = ""
    suite = ""

    def get_form_kwargs(self) -> dict[str, Any]:
        return {"data": {"email": self.email}}

    def form_valid(self, form: Any) -> HttpResponse:
        # The page of the code and its message mask this address: a link may have been passed on.
        self.request.session["adresse_du_lien"] = self.email
        reponse: HttpResponse = super().form_valid(form)
        return reponse

    def get_success_url(self) -> str:
        return f"{reverse('account_confirm_login_code')}?{urlencode({'next': self.suite})}"

    def _redirect_to_pending_stage(self, request: HttpRequest, stage: Any) -> None:
        """Forget a code asked for another address: the button asks for this one."""


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest, jeton: str) -> HttpResponse:
    """Say what a link is for; send a code to its address. The link itself opens nothing, and a GET writes nothing.

    `suite` in the address is the page to land on. 410 for a link that expired or was withdrawn, 404 for one
    that never was.
    """
    reponse = _repondre(request, jeton)
    # « no-referrer » would have the browser send the button without its origin, which the CSRF check refuses.
    reponse.headers["Referrer-Policy"] = "same-origin"
    reponse.headers["X-Robots-Tag"] = "noindex, nofollow"
    return reponse


def _repondre(request: HttpRequest, jeton: str) -> HttpResponse:
    trouvee = _trouver(jeton)
    if trouvee is None or trouvee.retiree_le or trouvee.expire_le <= timezone.now():
        return _lien_ferme(request, trouvee)
    suite = page_suivante(request) or reverse("accueil")
    if request.user.is_authenticated and request.user.email == trouvee.email:
        return redirect(suite)
    contexte = {
        "invitation": trouvee,
        "attentes": attentes(trouvee.porteur),
        "campagne_contact": campagne_a_joindre(trouvee.porteur),
        "adresse_page": request.get_full_path(),
    }
    if request.method == "POST" and not request.user.is_authenticated:
        envoyer = EnvoiDuCode.as_view(email=trouvee.email, suite=suite, extra_context=contexte)
        reponse: HttpResponse = envoyer(request)
        return reponse
    return render(request, "bilans/invitation.html", {**contexte, "form": None})


def _trouver(jeton: str) -> Invitation | None:
    """Return the invitation of a link, whatever became of it; None for what is no token."""
    if "\0" in jeton:
        return None
    trouvee: Invitation | None = (
        Invitation.objects.filter(jeton=jeton).select_related("porteur__epci").first()
    )
    return trouvee


def _lien_ferme(request: HttpRequest, trouvee: Invitation | None) -> HttpResponse:
    contexte = {
        "invitation": trouvee,
        "campagne_contact": campagne_a_joindre(trouvee.porteur) if trouvee else None,
    }
    return render(request, "bilans/invitation_fermee.html", contexte, status=410 if trouvee else 404)
