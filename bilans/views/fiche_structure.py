"""The fiches de travail et d'analyse of a year: asked for, written step by step, sent, read, validated, exported."""

from collections.abc import Callable, Mapping
from io import BytesIO
from typing import Any, NamedTuple

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.text import slugify
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from actions.situation import RequeteCampagne
from comptes.reprise import garder_la_saisie, oublier_saisie, saisie_gardee
from comptes.templatetags.typographie import pluriel
from comptes.versions import VersionPerimee, lire_version
from comptes.vues import exiger
from documents import NOMS_FORMATS, TYPES_MIME, ErreurRendu

from ..annexes.fiche_structure import FORMATS_FICHE, rendre_fiche
from ..forms.decisions import MotifForm
from ..forms.structure import DemandeFichesForm, FicheEtapeForm
from ..models import BilanStructure
from ..operations import OperationRefusee
from ..operations.brouillon import Changement, ConflitDeChamp
from ..operations.courriels import prevenus_de_la_fiche
from ..operations.structure import (
    ResultatFiche,
    demander_fiches,
    enregistrer_fiche,
    gestes_possibles,
    refus_de_la_fiche,
    renvoyer_fiche,
    rouvrir_fiche,
    transmettre_fiche,
    valider_fiche,
)
from ..pages.onglets import onglets_financements
from ..pages.saisie import LONGUEUR_MAX, PHRASE_TROP_LONG
from ..pages.structure import SIGNES, SUITES, LectureFiche, PageFiche, ParcoursFiche
from ..structure import ETAPES, IDENTIFICATION, RELECTURE, SaisieStructure
from .brouillons import ILLISIBLE, lire_les_changements, reponse_du_brouillon
from .saisie import REPRISE, lire_le_releve

LECTEURS = (
    "Les fiches de travail et d'analyse sont ouvertes à l'équipe du contrat de ville et aux structures."
)
CHANGE_ENTRE_TEMPS = (
    "Cette fiche a été modifiée depuis que vous avez ouvert la page : relisez-la, puis recommencez."
)


# -- The list --------------------------------------------------------------------------------------
@require_safe
def fiches_structure(request: RequeteCampagne) -> HttpResponse:
    """List the fiches of the year that the account sees."""
    exiger(request, "porteurs.lister_conventions", request.contrat, LECTEURS)
    fiches = (
        BilanStructure.objects.visibles_par(request.user)
        .filter(campagne=request.campagne)
        .select_related("porteur", "transmis_par")
        .order_by("porteur__nom_normalise")
    )
    contexte = {
        "fiches": [(fiche, SIGNES[fiche.statut]) for fiche in fiches],
        "gere": request.user.has_perm("contrats.gerer", request.contrat),
        "onglets": onglets_financements(request, "fiches_structure"),
    }
    return render(request, "bilans/structure/liste.html", contexte)


@require_http_methods(["GET", "POST"])
def fiches_structure_demander(request: RequeteCampagne) -> HttpResponse:
    """Ask structures for the fiche of the year."""
    exiger(request, "contrats.gerer", request.contrat, "Seule l'équipe du contrat demande une fiche.")
    retour = reverse("fiches_structure", args=[request.contrat.slug, request.annee])
    donnees = request.POST if request.method == "POST" else None
    form = DemandeFichesForm(donnees, campagne=request.campagne)
    if request.method == "POST" and form.is_valid():
        try:
            nouvelles = demander_fiches(
                request.user,
                request.campagne,
                form.cleaned_data["porteurs"],
                echeance=form.cleaned_data["echeance"],
            )
        except OperationRefusee as refus:
            form.add_error(None, str(refus))
        else:
            combien = pluriel(len(nouvelles), "fiche est demandée,fiches sont demandées")
            messages.success(
                request,
                f"{combien}. Les structures la trouvent sur leur page, avec ce que Pilotis sait déjà.",
            )
            return redirect(retour)
    return render(request, "bilans/structure/demander.html", {"form": form, "url_retour": retour})


# -- Reading ---------------------------------------------------------------------------------------
@require_safe
def fiche_structure(request: RequeteCampagne, cle: str) -> HttpResponse:
    """Show a fiche, what changed since the year before, and what may be done with it."""
    fiche = _trouver(request, cle)
    contexte = {
        "fiche": fiche,
        "lecture": LectureFiche(fiche, request.user),
        "gestes": gestes_possibles(fiche, request.user),
        "signe": SIGNES[fiche.statut],
        "suite": SUITES[fiche.statut],
        "passages": fiche.transitions.select_related("auteur").order_by("-quand", "-pk"),
        "fichiers": [
            (NOMS_FORMATS[format], _adresse(request, "fiche_structure_fichier", cle, format))
            for format in FORMATS_FICHE
        ],
    }
    return render(request, "bilans/structure/fiche.html", contexte)


@require_safe
def fiche_structure_fichier(request: RequeteCampagne, cle: str, format: str) -> HttpResponseBase:
    """Give a fiche as PDF, Word or Excel; back to its page, with a sentence, when it cannot be made."""
    if format not in FORMATS_FICHE:
        raise Http404
    fiche = _trouver(request, cle)
    contenu = BytesIO()
    try:
        rendre_fiche(fiche, format, contenu, request.user)
    except ErreurRendu as erreur:
        messages.error(request, str(erreur))
        return redirect(_adresse(request, "fiche_structure", cle))
    contenu.seek(0)
    nom = f"fiche-structure-{slugify(fiche.porteur.nom)[:60] or fiche.cle}-{request.annee}.{format}"
    return FileResponse(contenu, as_attachment=True, filename=nom, content_type=TYPES_MIME[format])


# -- Writing ---------------------------------------------------------------------------------------
@garder_la_saisie
@require_http_methods(["GET", "POST"])
def fiche_structure_saisir(request: RequeteCampagne, cle: str) -> HttpResponse:
    """Write a fiche step by step: each is saved as one types, then by its buttons."""
    fiche = _trouver(request, cle)
    if request.method == "GET" and "enregistrer" not in gestes_possibles(fiche, request.user):
        messages.info(request, refus_de_la_fiche(fiche))
        return redirect(_adresse(request, "fiche_structure", cle))
    etape = request.GET.get("etape", "")
    if request.method == "POST":
        if etape == RELECTURE:
            return _envoyer(request, fiche)
        return _enregistrer_etape(request, fiche, etape if etape in ETAPES else IDENTIFICATION)
    parcours = ParcoursFiche(SaisieStructure(fiche))
    if etape not in ETAPES:
        etape = parcours.a_reprendre
    if etape == RELECTURE:
        return _montrer_la_relecture(request, parcours)
    gardee = saisie_gardee(request, _adresse_de_l_etape(request, fiche, etape))
    typees = _lire_les_champs(gardee, parcours.saisie, etape) if gardee else {}
    if gardee and any(parcours.saisie.brut(nom) != texte for nom, texte in typees.items()):
        messages.warning(request, REPRISE)
        typees["releve"] = str(gardee.get("releve", ""))
    return _montrer_l_etape(request, parcours, etape, typees)


def _enregistrer_etape(request: RequeteCampagne, fiche: BilanStructure, etape: str) -> HttpResponse:
    saisie = SaisieStructure(fiche)
    typees = _lire_les_champs(request.POST, saisie, etape)
    marques = lire_le_releve(request.POST.get("releve", ""))
    champs = {
        nom: Changement("", texte, marques.get(nom, ""))
        for nom, texte in typees.items()
        if request.POST.get(f"choix_{nom}") != "autre"
    }
    try:
        resultat = enregistrer_fiche(fiche, request.user, champs)
    except OperationRefusee as refus:
        messages.error(request, str(refus))
        return _montrer_l_etape(request, ParcoursFiche(saisie), etape, typees)
    oublier_saisie(request, request.get_full_path())
    parcours = ParcoursFiche(resultat.saisie)
    if resultat.conflits or resultat.refuses:
        restees = {nom: typees[nom] for nom in (*resultat.conflits, *resultat.refuses) if nom in typees}
        for phrase in resultat.refuses.values():
            messages.error(request, phrase)
        return _montrer_l_etape(request, parcours, etape, restees, resultat.conflits)
    suite = request.POST.get("suite", "")
    if suite == "precedent":
        vers = parcours.precedente(etape) or etape
    elif resultat.change and parcours.manques_de(etape):
        messages.warning(request, "Votre saisie est enregistrée. Quelque chose est à revoir dans cette page.")
        vers = etape
    else:
        vers = parcours.suivante(etape) if suite == "continuer" else etape
    return redirect(_adresse_de_l_etape(request, fiche, vers))


def _envoyer(request: RequeteCampagne, fiche: BilanStructure) -> HttpResponse:
    """Hand the fiche over once, however many times the button is pressed."""
    suite, cle = request.POST.get("suite", ""), fiche.cle
    if suite != "transmettre":
        parcours = ParcoursFiche(SaisieStructure(fiche))
        return redirect(_adresse_de_l_etape(request, fiche, parcours.precedente(RELECTURE)))
    version = request.POST.get("version")
    try:
        transmettre_fiche(fiche, request.user, version=None if version is None else lire_version(version))
    except VersionPerimee:
        messages.warning(request, CHANGE_ENTRE_TEMPS)
    except OperationRefusee as refus:
        messages.warning(request, str(refus))
    else:
        messages.success(request, "La fiche est transmise. Vous n'avez plus rien à faire.")
        return redirect(_adresse(request, "fiche_structure", cle))
    return redirect(_adresse_de_l_etape(request, fiche, RELECTURE))


def _montrer_l_etape(
    request: RequeteCampagne,
    parcours: ParcoursFiche,
    etape: str,
    typees: Mapping[str, str],
    conflits: Mapping[str, ConflitDeChamp] | None = None,
) -> HttpResponse:
    form = FicheEtapeForm(parcours.saisie, etape, typees)
    contexte = _contexte(request, parcours, etape, conflits) | {
        "form": form,
        # What is on the page and saved nowhere: the browser keeps it, and warns before leaving.
        "en_attente": any("data-avant" in champ.widget.attrs for champ in form.fields.values()),
    }
    return render(request, "bilans/structure/etape.html", contexte)


def _montrer_la_relecture(request: RequeteCampagne, parcours: ParcoursFiche) -> HttpResponse:
    contexte = _contexte(request, parcours, RELECTURE, None)
    fiche = parcours.saisie.fiche
    contexte["lecture"] = LectureFiche(fiche, request.user)
    contexte["prevenus_recu"] = [c.email for c in prevenus_de_la_fiche(fiche, request.user, recu=True)]
    contexte["manques"] = [
        (manque, parcours.saisie.etape_du_champ(manque.champ)) for manque in parcours.manques
    ]
    return render(request, "bilans/structure/relecture.html", contexte)


def _contexte(
    request: RequeteCampagne,
    parcours: ParcoursFiche,
    etape: str,
    conflits: Mapping[str, ConflitDeChamp] | None,
) -> dict[str, Any]:
    fiche = parcours.saisie.fiche
    return {
        "fiche": fiche,
        "parcours": parcours,
        "page": PageFiche(parcours, parcours.etape(etape), conflits or {}),
        "longueur_max": LONGUEUR_MAX,
        "phrase_trop_long": PHRASE_TROP_LONG,
        "url_saisie": _adresse(request, "fiche_structure_saisir", fiche.cle),
    }


@require_POST
def fiche_structure_brouillon(request: RequeteCampagne, cle: str) -> HttpResponse:
    """Save what was just typed and answer in JSON: what is saved, what is to be corrected, what someone else wrote."""
    fiche = _trouver(request, cle)
    champs = lire_les_changements(request.body)
    if champs is None:
        return JsonResponse({"message": ILLISIBLE}, status=400)
    try:
        resultat = enregistrer_fiche(fiche, request.user, champs)
    except (OperationRefusee, PermissionDenied) as refus:
        return JsonResponse({"message": str(refus)}, status=403)
    return JsonResponse(_reponse_du_brouillon(resultat, request))


def _reponse_du_brouillon(resultat: ResultatFiche, request: RequeteCampagne) -> dict[str, Any]:
    parcours = ParcoursFiche(resultat.saisie)
    anomalies = [
        {"champ": champ, "message": phrase, "bloquante": True}
        for champ, phrases in parcours.phrases().items()
        for phrase in phrases
    ]
    return reponse_du_brouillon(resultat, resultat.fiche.version, request.user, anomalies, parcours.etapes)


# -- The loop --------------------------------------------------------------------------------------
class Geste(NamedTuple):
    """A change of state by who runs the contract: its words, and what it does."""

    titre: str
    bouton: str
    fait: str
    faire: Callable[..., BilanStructure]
    libelle: str = ""
    aide: str = ""
    manquant: str = ""


GESTES: Mapping[str, Geste] = {
    "valider": Geste(
        "Valider cette fiche ?",
        "Valider la fiche",
        "La fiche est validée. Ses effectifs sont repris dans le dossier de la structure.",
        valider_fiche,
    ),
    "renvoyer": Geste(
        "Renvoyer cette fiche à la structure ?",
        "Renvoyer la fiche",
        "La fiche est renvoyée : la structure lit votre message en tête de sa fiche.",
        renvoyer_fiche,
        "Ce qui est à compléter",
        "La structure le lira dans le courriel et en tête de sa fiche.",
        "Dites ce qui est à compléter : la structure le lira.",
    ),
    "rouvrir": Geste(
        "Rouvrir cette fiche ?",
        "Rouvrir la fiche",
        "La fiche est rouverte.",
        rouvrir_fiche,
        "Pourquoi la rouvrir",
        "Gardé dans l'histoire de la fiche, et dit à la structure.",
        "Dites pourquoi cette fiche est rouverte.",
    ),
}


@require_http_methods(["GET", "POST"])
def fiche_structure_geste(request: RequeteCampagne, cle: str, geste: str) -> HttpResponse:
    """Ask, then validate a fiche, send it back or open it again."""
    if geste not in GESTES:
        raise Http404
    fiche, mots = _trouver(request, cle), GESTES[geste]
    exiger(request, "structures.gerer", fiche, "Seule l'équipe du contrat valide ou renvoie une fiche.")
    form = _form_du_geste(request, mots)
    if request.method == "POST" and (form is None or form.is_valid()):
        motif = (form.cleaned_data["motif"],) if form else ()
        try:
            mots.faire(fiche, request.user, *motif)
        except OperationRefusee as refus:
            if form is None:
                messages.warning(request, str(refus))
                return redirect(_adresse(request, "fiche_structure", cle))
            form.add_error(None, str(refus))
        else:
            messages.success(request, mots.fait)
            return redirect(_adresse(request, "fiche_structure", cle))
    contexte = {
        "fiche": fiche,
        "geste": mots,
        "form": form,
        "prevenus": prevenus_de_la_fiche(fiche, request.user),
        "sans_danger": geste == "valider",
        "url_retour": _adresse(request, "fiche_structure", cle),
    }
    return render(request, "bilans/structure/geste.html", contexte)


def _form_du_geste(request: RequeteCampagne, mots: Geste) -> MotifForm | None:
    if not mots.libelle:
        return None
    donnees = request.POST if request.method == "POST" else None
    return MotifForm(donnees, libelle=mots.libelle, aide=mots.aide, manquant=mots.manquant)


# -- Finding ---------------------------------------------------------------------------------------
def _trouver(request: RequeteCampagne, cle: str) -> BilanStructure:
    fiche: BilanStructure = get_object_or_404(
        BilanStructure.objects.visibles_par(request.user).select_related(
            "porteur__parent", "campagne__contrat__epci", "transmis_par", "valide_par"
        ),
        campagne=request.campagne,
        cle=cle,
    )
    return fiche


def _lire_les_champs(donnees: Mapping[str, Any], saisie: SaisieStructure, etape: str) -> dict[str, str]:
    """Return what a page sent of the fields of a step, as typed."""
    return {champ.nom: str(donnees[champ.nom]) for champ in saisie.de_l_etape(etape) if champ.nom in donnees}


def _adresse(request: RequeteCampagne, nom: str, *suite: str) -> str:
    return reverse(nom, args=[request.contrat.slug, request.annee, *suite])


def _adresse_de_l_etape(request: RequeteCampagne, fiche: BilanStructure, etape: str) -> str:
    return f"{_adresse(request, 'fiche_structure_saisir', fiche.cle)}?etape={etape}"
