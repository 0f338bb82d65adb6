"""The lists and annexes of a year as workbooks to change in Excel and bring back on the page « Imports »."""

from collections.abc import Callable
from io import BytesIO

from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from actions.models import ActionAnnuelle, Campagne
from actions.querysets import ActionAnnuelleQuerySet
from actions.situation import RequeteCampagne
from comptes.vues import exiger
from documents import TYPES_MIME, ErreurRendu

from ..annexes.lecture import au_programme
from ..imports.retour import JEUX, exporter, nom_du_fichier
from ..pages.filters import FiltreActions
from ..pages.listes import ListeActions, ListeDeLAnnee, SuiviBilans
from ..pages.programme import avec_colonnes, trier
from ..pages.repertoire import RepertoirePorteurs

REFUS = (
    "Les classeurs à modifier sont ouverts à l'équipe qui pilote le contrat de ville : elle seule peut rapporter ce "
    "qui y change. Les annexes se téléchargent aussi dans Excel, pour être lues."
)
ARCHIVEE = (
    "Cette année est archivée : rien n'y est plus importé, et un classeur modifié ne pourrait pas y revenir. "
    "Désarchivez-la d'abord depuis la page « Campagne »."
)


# -- Which rows ------------------------------------------------------------------------------------
def _de_la_liste(liste: ListeDeLAnnee) -> list[int]:
    """Return exactly the rows of a list, in its order, all its pages."""
    tris = liste.tris or list(liste.tri_par_defaut)
    lignes = avec_colonnes(liste.lignes, [nom for nom, _ in tris], liste.request.user)
    return list(trier(lignes, tris).values_list("pk", flat=True))


def _actions(request: RequeteCampagne) -> list[int]:
    return _de_la_liste(ListeActions(request))


def _bilans(request: RequeteCampagne) -> list[int]:
    return _de_la_liste(SuiviBilans(request))


def _porteurs(request: RequeteCampagne) -> list[int]:
    return [porteur.pk for porteur in RepertoirePorteurs(request).porteurs]


def _annexe(request: RequeteCampagne) -> list[int]:
    """Return the rows of an annex by action: those of the filters, else the programme of the year."""
    filtre = FiltreActions(request)
    lignes: ActionAnnuelleQuerySet = filtre.qs
    if not filtre.appliques():
        siennes = ActionAnnuelle.objects.visibles_par(request.user).filter(campagne=request.campagne)
        lignes = au_programme(siennes)
    return list(lignes.dans_l_ordre().values_list("pk", flat=True))


def _tout(request: RequeteCampagne) -> None:
    return None


LIGNES: dict[str, Callable[[RequeteCampagne], list[int] | None]] = {
    "actions": _actions,
    "bilans": _bilans,
    "financements": _actions,
    "porteurs": _porteurs,
    "annexe-synthese": _annexe,
    "annexe-porteurs": _annexe,
    "enjeux": _tout,
}


@require_safe
def classeur_modifiable(request: RequeteCampagne, jeu: str) -> HttpResponseBase:
    """Give the rows that the address asks for as a workbook to change; a page in French, 503, when none can be made."""
    if jeu not in JEUX:
        raise Http404
    exiger(request, "contrats.gerer", request.contrat, REFUS)
    if request.campagne.statut == Campagne.Statut.ARCHIVEE:
        raise PermissionDenied(ARCHIVEE)
    classe = JEUX[jeu]
    options = {nom: request.GET[nom] for nom in classe.OPTIONS if request.GET.get(nom)}
    choisi = classe(request.campagne, options)
    contenu = BytesIO()
    try:
        exporter(choisi, LIGNES[jeu](request), contenu)
    except ErreurRendu as erreur:
        return _dire_l_echec(request, str(erreur))
    contenu.seek(0)
    return FileResponse(
        contenu,
        as_attachment=True,
        filename=nom_du_fichier(choisi),
        content_type=TYPES_MIME["xlsx"],
    )


def _dire_l_echec(request: RequeteCampagne, phrase: str) -> HttpResponse:
    return render(request, "bilans/modifiable_echec.html", {"phrase": phrase}, status=503)
