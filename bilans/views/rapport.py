"""Composing the annual report: opening it, its sections in order, writing one, its blocks, photographs and highlights.

A text is saved as one types, like a bilan (docs/interface.md); without a script, every button of its page saves it.
"""

import logging
from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import FileResponse, Http404, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from actions.models import ActionAnnuelle
from actions.situation import RequeteCampagne
from comptes.reprise import garder_la_saisie, oublier_saisie, saisie_gardee
from comptes.vues import exiger
from documents.prose import en_html

from ..forms.rapport import NouveauPhareForm, NouvelleSectionForm, PhotoForm, RedactionForm
from ..models import PhotoRapport, RapportAnnuel, SectionRapport
from ..operations import OperationRefusee
from ..operations.brouillon import Changement, ConflitDeChamp
from ..pages.rapport import PageRapport, PageSection, a_mettre_en_avant, apercu, phares_listes
from ..pages.saisie import LONGUEUR_MAX, PHRASE_TROP_LONG
from ..rapport.blocs import BLOCS
from ..rapport.redaction import (
    PHARES_MAX,
    ResultatRedige,
    SaisieRedigee,
    ajouter_photo,
    ajouter_section,
    choisir_blocs,
    ecrire_phares,
    ecrire_section,
    mettre_en_avant,
    montrer_section,
    ne_plus_mettre_en_avant,
    ouvrir_rapport,
    ranger_phares,
    ranger_sections,
    reprendre_l_an_dernier,
    retirer_photo,
    saisie_de_la_section,
    saisie_des_phares,
    supprimer_section,
)
from .brouillons import ILLISIBLE, lire_les_changements, reponse_du_brouillon
from .pieces import FICHIER_SEUL
from .saisie import REPRISE, lire_le_releve

journal = logging.getLogger(__name__)

EQUIPE = "Le rapport annuel se prépare dans l'équipe du contrat de ville. Vous le lirez quand il sera prêt."
PLUS_LA = "Ce que vous écriviez n'est plus dans le rapport : copiez votre texte, puis revenez au rapport."
SENS = {"monter": -1, "descendre": 1}


# -- The list --------------------------------------------------------------------------------------
@require_safe
def rapport(request: RequeteCampagne) -> HttpResponse:
    """Show the report of the year: its state, its sections, what is left to write; or why open it."""
    exiger(request, "contrats.gerer", request.contrat, EQUIPE)
    trouve = _rapports(request).first()
    page = PageRapport(request, trouve)
    gabarit = "bilans/rapport/rapport.html" if trouve else "bilans/rapport/ouvrir.html"
    return render(request, gabarit, {"rapport": trouve, "page": page})


@require_POST
def rapport_ouvrir(request: RequeteCampagne) -> HttpResponse:
    """Open the report of the year with the sections that the law asks for."""
    exiger(request, "contrats.gerer", request.contrat, EQUIPE)
    ouvrir_rapport(request.user, request.contrat, request.annee)
    messages.success(
        request, "Le rapport est ouvert, avec les sections que la loi demande et leurs chiffres du jour."
    )
    return redirect(_adresse(request, "rapport"))


@require_safe
def rapport_apercu(request: RequeteCampagne) -> HttpResponse:
    """Show the whole report as it stands today."""
    trouve = _trouver_rapport(request)
    return render(request, "bilans/rapport/apercu.html", {"rapport": trouve, **apercu(request, trouve)})


@garder_la_saisie
@require_http_methods(["GET", "POST"])
def rapport_section_ajouter(request: RequeteCampagne) -> HttpResponse:
    """Ask the title of a section of one's own, then add it and open it."""
    trouve = _trouver_rapport(request)
    form = NouvelleSectionForm(_donnees(request))
    if request.method == "POST" and form.is_valid():
        section = ajouter_section(request.user, trouve, form.cleaned_data["titre"])
        oublier_saisie(request, request.get_full_path())
        messages.success(request, f"La section « {section.titre} » est ajoutée.")
        return redirect(_adresse(request, "rapport_section", section.cle))
    contexte = {"rapport": trouve, "form": form, "url_retour": _adresse(request, "rapport")}
    return render(request, "bilans/rapport/section_ajouter.html", contexte)


@require_POST
def rapport_section_ranger(request: RequeteCampagne, cle: str) -> HttpResponse:
    """Move a section one step, show it or hide it, or take up last year's text: `geste` says which."""
    section = _trouver_section(request, cle)
    geste = request.POST.get("geste", "")
    if geste in SENS:
        cles = list(section.rapport.sections.order_by("ordre", "pk").values_list("cle", flat=True))
        ranger_sections(request.user, section.rapport, _deplacer(cles, cle, SENS[geste]))
    elif geste in ("montrer", "masquer"):
        montrer_section(request.user, section, geste == "montrer")
    elif geste == "reprendre":
        try:
            reprendre_l_an_dernier(request.user, section)
        except OperationRefusee as refus:
            messages.warning(request, str(refus))
        else:
            messages.success(
                request, "Le texte de l'an dernier est repris : relisez-le, puis mettez-le à jour."
            )
        return redirect(_adresse(request, "rapport_section", cle))
    return redirect(f"{_adresse(request, 'rapport')}#section-{cle}")


def _deplacer(cles: list[str], cle: str, sens: int) -> list[str]:
    """Return the keys with one of them moved a step, where there is room."""
    if cle not in cles:
        return cles
    rang = cles.index(cle)
    vers = min(max(rang + sens, 0), len(cles) - 1)
    cles.insert(vers, cles.pop(rang))
    return cles


@require_http_methods(["GET", "POST"])
def rapport_section_supprimer(request: RequeteCampagne, cle: str) -> HttpResponse:
    """Ask, then delete a section of one's own."""
    section = _trouver_section(request, cle)
    if request.method == "POST":
        try:
            supprimer_section(request.user, section)
        except OperationRefusee as refus:
            messages.warning(request, str(refus))
        else:
            messages.success(request, f"La section « {section.titre} » est supprimée.")
        return redirect(_adresse(request, "rapport"))
    contexte = {"section": section, "url_retour": _adresse(request, "rapport")}
    return render(request, "bilans/rapport/section_supprimer.html", contexte)


# -- Writing a section -----------------------------------------------------------------------------
@garder_la_saisie
@require_http_methods(["GET", "POST"])
def rapport_section(request: RequeteCampagne, cle: str) -> HttpResponse:
    """Write a section, choose its blocks: it is saved as one types, then by its buttons."""
    section = _trouver_section(request, cle)
    if request.method == "POST":
        return _enregistrer_section(request, section)
    saisie = saisie_de_la_section(section)
    return _montrer_section(request, section, saisie, _ce_qui_attendait(request, saisie))


def _enregistrer_section(request: RequeteCampagne, section: SectionRapport) -> HttpResponse:
    suite = request.POST.get("suite", "")
    _choisir_les_blocs(request, section, suite)
    saisie = saisie_de_la_section(section)
    typees = _lire_les_champs(request.POST, saisie)
    # Without a script, the button of an offered text sends the page: that text goes after what is written.
    if offert := next((o for o in PageSection(request, section).offerts if o.suite == suite), None):
        ecrit = typees.get("texte", section.texte).rstrip()
        typees["texte"] = f"{ecrit}\n\n{offert.texte}" if ecrit else offert.texte
    resultat = ecrire_section(request.user, section, _changements(request, typees))
    oublier_saisie(request, request.get_full_path())
    if restees := _ce_qui_reste(request, resultat, typees):
        return _montrer_section(
            request, _trouver_section(request, section.cle), resultat.saisie, restees, resultat
        )
    return redirect(_suite(request, section, suite))


def _choisir_les_blocs(request: RequeteCampagne, section: SectionRapport, suite: str) -> None:
    """Keep the blocks that were ticked, whatever the button, and move one when it is asked.

    Boxes left as the page showed them say nothing: someone else may have chosen others meanwhile.
    """
    connus, codes = request.POST.get("blocs_connus", "").split(), request.POST.getlist("bloc")
    geste, _, cible = suite.partition(":")
    if geste in SENS:
        codes = _deplacer(codes, cible, SENS[geste])
    if codes == connus:
        return
    try:
        choisir_blocs(request.user, section, codes, tuple(BLOCS))
    except OperationRefusee as refus:
        messages.warning(request, str(refus))


def _suite(request: RequeteCampagne, section: SectionRapport, suite: str) -> str:
    """Do what the button asks once the text is saved; return where to go."""
    ici = _adresse(request, "rapport_section", section.cle)
    geste, _, cible = suite.partition(":")
    if geste in ("blocs", *SENS):
        return f"{ici}#blocs"
    if geste == "photo":
        return _adresse(request, "rapport_photo_ajouter", section.cle)
    if geste == "retirer" and section.photos.filter(cle=cible).exists():
        return _adresse(request, "rapport_photo_retirer", section.cle, cible)
    if geste == "rapport":
        return _adresse(request, "rapport")
    if geste == "suivante" and (suivante := PageSection(request, section).suivante):
        return _adresse(request, "rapport_section", suivante.cle)
    if geste in ("proposition", "an_dernier"):
        messages.success(request, "Le texte est repris : relisez-le, puis corrigez-le.")
    return ici


def _montrer_section(
    request: RequeteCampagne,
    section: SectionRapport,
    saisie: SaisieRedigee,
    typees: Mapping[str, str],
    resultat: ResultatRedige | None = None,
) -> HttpResponse:
    contexte = _contexte_redige(request, section.rapport, saisie, typees, resultat) | {
        "section": section,
        "page": PageSection(request, section),
    }
    return render(request, "bilans/rapport/section.html", contexte)


@require_POST
def rapport_section_brouillon(request: RequeteCampagne, cle: str) -> HttpResponse:
    """Save what was just typed in a section and answer in JSON."""
    try:
        section = _trouver_section(request, cle)
    except Http404:
        return JsonResponse({"message": PLUS_LA}, status=404)
    return _repondre(request, lambda champs: ecrire_section(request.user, section, champs))


@require_POST
def rapport_section_lire(request: RequeteCampagne, cle: str) -> HttpResponse:
    """Return the text that is being typed as it will be read; nothing is saved."""
    _trouver_section(request, cle)
    return HttpResponse(en_html(request.POST.get("texte", "")[: 2 * LONGUEUR_MAX]))


# -- Photographs -----------------------------------------------------------------------------------
@garder_la_saisie
@require_http_methods(["GET", "POST"])
def rapport_photo_ajouter(request: RequeteCampagne, cle: str) -> HttpResponse:
    """Ask for a photograph, what it shows, who took it and the rights; then keep it."""
    section = _trouver_section(request, cle)
    form = PhotoForm(_donnees(request), request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            ajouter_photo(request.user, section, form.fichier_lu(), **form.photo())
        except ValidationError as erreur:
            _reporter(form, erreur)
        else:
            oublier_saisie(request, request.get_full_path())
            messages.success(request, "La photographie est ajoutée.")
            return redirect(f"{_adresse(request, 'rapport_section', cle)}#photos")
    contexte = {"section": section, "form": form, "url_retour": _adresse(request, "rapport_section", cle)}
    return render(request, "bilans/rapport/photo_ajouter.html", contexte)


def _reporter(form: PhotoForm, erreur: ValidationError) -> None:
    """Say each refusal at its field, on top for what is no field of the page."""
    for champ, phrases in erreur.message_dict.items():
        for phrase in phrases:
            form.add_error(champ if champ in form.fields else None, phrase)


@require_safe
@FICHIER_SEUL
def rapport_photo(request: RequeteCampagne, cle: str, photo: str) -> HttpResponseBase:
    """Give a photograph of a section to who composes the report."""
    trouvee = _trouver_photo(request, cle, photo)
    try:
        fichier = trouvee.fichier.open("rb")
    except FileNotFoundError:
        journal.error("Photograph %s is missing from the disk (%s).", trouvee.cle, trouvee.fichier.name)
        raise Http404("Cette photographie n'est plus sur le serveur.") from None
    reponse = FileResponse(fichier, filename=trouvee.nom, content_type=trouvee.type_mime)
    reponse["X-Content-Type-Options"] = "nosniff"
    # Read again at each visit: who may no longer see it has it no longer.
    reponse["Cache-Control"] = "private, no-cache"
    return reponse


@require_http_methods(["GET", "POST"])
def rapport_photo_retirer(request: RequeteCampagne, cle: str, photo: str) -> HttpResponse:
    """Ask, then take a photograph away."""
    trouvee = _trouver_photo(request, cle, photo)
    url_retour = f"{_adresse(request, 'rapport_section', cle)}#photos"
    if request.method == "POST":
        retirer_photo(request.user, trouvee)
        messages.success(request, "La photographie est retirée du rapport.")
        return redirect(url_retour)
    contexte = {"photo": trouvee, "section": trouvee.section, "url_retour": url_retour}
    return render(request, "bilans/rapport/photo_retirer.html", contexte)


# -- Highlights ------------------------------------------------------------------------------------
@garder_la_saisie
@require_http_methods(["GET", "POST"])
def rapport_phares(request: RequeteCampagne) -> HttpResponse:
    """Choose the actions put forward, order them, write what is said of each."""
    trouve = _trouver_rapport(request)
    if request.method == "POST":
        return _enregistrer_phares(request, trouve)
    saisie = saisie_des_phares(trouve)
    return _montrer_phares(request, trouve, saisie, _ce_qui_attendait(request, saisie))


def _enregistrer_phares(request: RequeteCampagne, trouve: RapportAnnuel) -> HttpResponse:
    typees = _lire_les_champs(request.POST, saisie_des_phares(trouve))
    resultat = ecrire_phares(request.user, trouve, _changements(request, typees))
    oublier_saisie(request, request.get_full_path())
    if restees := _ce_qui_reste(request, resultat, typees):
        return _montrer_phares(request, trouve, resultat.saisie, restees, resultat)
    geste, _, cible = request.POST.get("suite", "").partition(":")
    if geste in SENS:
        phares = trouve.actions_phares.order_by("ordre", "pk")
        cles = list(phares.values_list("action_annuelle__cle", flat=True))
        ranger_phares(request.user, trouve, _deplacer(cles, cible, SENS[geste]))
    if geste == "retirer" and trouve.actions_phares.filter(action_annuelle__cle=cible).exists():
        return redirect(_adresse(request, "rapport_phare_retirer", cible))
    if geste == "ajouter":
        return _ajouter_phare(request, trouve)
    return redirect(_adresse(request, "rapport" if geste == "rapport" else "rapport_phares"))


def _ajouter_phare(request: RequeteCampagne, trouve: RapportAnnuel) -> HttpResponse:
    form = _form_des_phares(request, trouve, request.POST)
    if form.is_valid():
        annuelle = form.cleaned_data["action"]
        try:
            mettre_en_avant(request.user, trouve, annuelle)
        except OperationRefusee as refus:
            form.add_error("action", str(refus))
        else:
            messages.success(request, f"« {annuelle.action.intitule} » est mise en avant.")
            return redirect(f"{_adresse(request, 'rapport_phares')}#phare-{annuelle.cle}")
    return _montrer_phares(request, trouve, saisie_des_phares(trouve), {}, ajout=form)


def _montrer_phares(
    request: RequeteCampagne,
    trouve: RapportAnnuel,
    saisie: SaisieRedigee,
    typees: Mapping[str, str],
    resultat: ResultatRedige | None = None,
    ajout: NouveauPhareForm | None = None,
) -> HttpResponse:
    contexte = _contexte_redige(request, trouve, saisie, typees, resultat)
    contexte |= {
        "ajout": ajout or _form_des_phares(request, trouve),
        "phares": phares_listes(trouve, contexte["form"]),
        "phares_max": PHARES_MAX,
    }
    return render(request, "bilans/rapport/phares.html", contexte)


def _form_des_phares(
    request: RequeteCampagne, trouve: RapportAnnuel, donnees: Any = None
) -> NouveauPhareForm:
    return NouveauPhareForm(donnees, actions=a_mettre_en_avant(request.campagne, trouve, request.user))


@require_POST
def rapport_phares_brouillon(request: RequeteCampagne) -> HttpResponse:
    """Save what was just typed of the actions put forward and answer in JSON."""
    trouve = _trouver_rapport(request)
    return _repondre(request, lambda champs: ecrire_phares(request.user, trouve, champs))


@require_http_methods(["GET", "POST"])
def rapport_phare_retirer(request: RequeteCampagne, cle: str) -> HttpResponse:
    """Ask, then stop putting an action forward."""
    trouve = _trouver_rapport(request)
    annuelle: ActionAnnuelle = get_object_or_404(
        ActionAnnuelle.objects.visibles_par(request.user).select_related("action"),
        mises_en_avant__rapport=trouve,
        cle=cle,
    )
    if request.method == "POST":
        ne_plus_mettre_en_avant(request.user, trouve, annuelle)
        messages.success(request, f"« {annuelle.action.intitule} » n'est plus mise en avant.")
        return redirect(_adresse(request, "rapport_phares"))
    phare = trouve.actions_phares.filter(action_annuelle=annuelle).order_by("pk").first()
    contexte = {"annuelle": annuelle, "phare": phare, "url_retour": _adresse(request, "rapport_phares")}
    return render(request, "bilans/rapport/phare_retirer.html", contexte)


# -- What is typed ---------------------------------------------------------------------------------
def _lire_les_champs(donnees: Mapping[str, Any], saisie: SaisieRedigee) -> dict[str, str]:
    """Return what a page sent of the fields, as typed."""
    return {nom: str(donnees[nom]) for nom in saisie.champs if nom in donnees}


def _changements(request: RequeteCampagne, typees: Mapping[str, str]) -> dict[str, Changement]:
    """Return what was typed, with the marks of what the page had shown; not what was given up for another version."""
    marques = lire_le_releve(request.POST.get("releve", ""))
    return {
        nom: Changement("", texte, marques.get(nom, ""))
        for nom, texte in typees.items()
        if request.POST.get(f"choix_{nom}") != "autre"
    }


def _ce_qui_attendait(request: RequeteCampagne, saisie: SaisieRedigee) -> dict[str, str]:
    """Return what was typed here when the session ended and is not saved yet, and say so."""
    gardee = saisie_gardee(request, request.get_full_path())
    typees = _lire_les_champs(gardee, saisie) if gardee else {}
    if not gardee or all(saisie.brut(nom) == texte for nom, texte in typees.items()):
        return {}
    messages.warning(request, REPRISE)
    return {**typees, "releve": str(gardee.get("releve", ""))}


def _ce_qui_reste(
    request: RequeteCampagne, resultat: ResultatRedige, typees: Mapping[str, str]
) -> dict[str, str]:
    """Return what was typed and is not saved: opposed to another version, or refused."""
    return {nom: typees[nom] for nom in (*resultat.conflits, *resultat.refuses) if nom in typees}


def _contexte_redige(
    request: RequeteCampagne,
    trouve: RapportAnnuel,
    saisie: SaisieRedigee,
    typees: Mapping[str, str],
    resultat: ResultatRedige | None,
) -> dict[str, Any]:
    form = RedactionForm(saisie, typees)
    conflits: Mapping[str, ConflitDeChamp] = resultat.conflits if resultat else {}
    return {
        "rapport": trouve,
        "form": form,
        "conflits": conflits,
        "version": resultat.version if resultat else trouve.version,
        "longueur_max": LONGUEUR_MAX,
        "phrase_trop_long": PHRASE_TROP_LONG,
        # What is on the page and saved nowhere: the browser keeps it, and warns before leaving.
        "en_attente": any("data-avant" in champ.widget.attrs for champ in form.fields.values()),
    }


def _repondre(request: RequeteCampagne, ecrire: Any) -> HttpResponse:
    """Save the changes that a page sent and answer what became of each."""
    champs = lire_les_changements(request.body)
    if champs is None:
        return JsonResponse({"message": ILLISIBLE}, status=400)
    try:
        resultat = ecrire(champs)
    except PermissionDenied as refus:
        return JsonResponse({"message": str(refus)}, status=403)
    except SectionRapport.DoesNotExist:
        return JsonResponse({"message": PLUS_LA}, status=404)
    return JsonResponse(reponse_du_brouillon(resultat, resultat.version, request.user, [], ()))


def _donnees(request: RequeteCampagne) -> Any:
    """Return what was sent, or what was typed here when the session ended; None for a page just opened."""
    if request.method == "POST":
        return request.POST
    gardee = saisie_gardee(request, request.get_full_path())
    if gardee is not None:
        messages.warning(request, REPRISE)
    return gardee


# -- Finding ---------------------------------------------------------------------------------------
def _rapports(request: RequeteCampagne) -> Any:
    """The report of the year, if any, as far as the account may see it."""
    return (
        RapportAnnuel.objects.visibles_par(request.user)
        .filter(contrat=request.contrat, annee=request.annee)
        .select_related("contrat__epci")
    )


def _trouver_rapport(request: RequeteCampagne) -> RapportAnnuel:
    exiger(request, "contrats.gerer", request.contrat, EQUIPE)
    trouve: RapportAnnuel = get_object_or_404(_rapports(request))
    return trouve


def _trouver_section(request: RequeteCampagne, cle: str) -> SectionRapport:
    trouvee: SectionRapport = get_object_or_404(
        SectionRapport.objects.visibles_par(request.user).select_related("rapport__contrat__epci"),
        rapport__contrat=request.contrat,
        rapport__annee=request.annee,
        cle=cle,
    )
    return trouvee


def _trouver_photo(request: RequeteCampagne, cle: str, photo: str) -> PhotoRapport:
    trouvee: PhotoRapport = get_object_or_404(
        PhotoRapport.objects.visibles_par(request.user).select_related("section__rapport__contrat__epci"),
        section__rapport__contrat=request.contrat,
        section__rapport__annee=request.annee,
        section__cle=cle,
        cle=photo,
    )
    return trouvee


def _adresse(request: RequeteCampagne, nom: str, *suite: str) -> str:
    return reverse(nom, args=[request.contrat.slug, request.annee, *suite])
