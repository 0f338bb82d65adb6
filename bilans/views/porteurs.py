"""The porteurs of a year and what each of them carries."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from actions.situation import RequeteCampagne
from comptes.vues import exiger
from porteurs.echeances import fin_effective
from porteurs.models import Agrement, Convention, Porteur, Representant

from ..pages.repertoire import RepertoirePorteurs, annees_du_porteur

REFUS = "La liste des porteurs est ouverte à la personne qui tient le contrat et aux financeurs."


@require_safe
def liste_porteurs(request: RequeteCampagne) -> HttpResponse:
    """List the porteurs of the year, with what they carry and what is awaited from them."""
    exiger(request, "financements.lire_programme", request.contrat, REFUS)
    repertoire = RepertoirePorteurs(request)
    return render(request, "bilans/porteurs.html", {"repertoire": repertoire, "types": Porteur.Type.choices})


@require_safe
def porteur_detail(request: RequeteCampagne, cle: str) -> HttpResponse:
    """Show a porteur: who it is, what it signed, what it carries year after year."""
    visibles = Porteur.objects.visibles_par(request.user).filter(epci=request.contrat.epci_id)
    porteur = get_object_or_404(visibles.select_related("parent"), cle=cle)
    conventions = Convention.objects.visibles_par(request.user).filter(
        porteur=porteur, contrat=request.contrat
    )
    contexte = {
        "porteur": porteur,
        "dossier_ouvert": request.user.has_perm("porteurs.lire_dossier", porteur),
        "gere": request.user.has_perm("porteurs.modifier", porteur),
        "peut_inviter": request.user.has_perm("porteurs.inviter", porteur),
        "peut_lister": request.user.has_perm("financements.lire_programme", request.contrat),
        "parent": visibles.filter(pk=porteur.parent_id).first() if porteur.parent_id else None,
        "services": visibles.filter(parent=porteur).order_by("nom_normalise"),
        "alias": porteur.alias.order_by("libelle_normalise"),
        "representants": Representant.objects.visibles_par(request.user)
        .filter(porteur=porteur)
        .order_by("date_fin", "-legal", "nom"),
        "agrements": Agrement.objects.visibles_par(request.user).filter(porteur=porteur).order_by("type"),
        "conventions": [
            (convention, fin_effective(convention, convention.avenants.all()))
            for convention in conventions.prefetch_related("avenants").order_by(
                "-date_debut", "intitule", "pk"
            )
        ],
        "annees_porteur": annees_du_porteur(porteur, request),
    }
    return render(request, "bilans/porteur.html", contexte)
