"""Conventions: the list, one of them with what hangs from it, its deadlines, the papers received, the calendar."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import FileResponse, Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from actions.situation import RequeteCampagne
from comptes.historique import SUPPRESSION
from comptes.templatetags.typographie import date_longue, pluriel
from comptes.versions import VersionPerimee, comparer, lire_version, version_de
from comptes.vues import RIEN_DE_CHANGE, exiger
from financements.models import MontantConvention
from porteurs.echeances import fin_effective
from porteurs.models import (
    Avenant,
    AxeConvention,
    Convention,
    Echeance,
    EvenementConvention,
    Obligation,
    PartieConvention,
)
from porteurs.operations_conventions import (
    REFUS,
    Calcul,
    ajouter_echeance,
    calculer_echeances,
    creer_convention,
    demander,
    deplacer_echeance,
    dire_sans_objet,
    enregistrer_element,
    fin_du_preavis,
    modifier_convention,
    prochain_rang,
    propositions_d_echeances,
    refus_de_resilier,
    resilier_convention,
    rouvrir_echeance,
    supprimer_echeance,
    supprimer_element,
    tenir_echeance,
)

from ..echeances_dues import lire_rappels
from ..forms.conventions import (
    AvenantForm,
    AxeForm,
    ConventionForm,
    DecisionForm,
    DemandeForm,
    DocumentForm,
    DuplicationForm,
    EcheanceForm,
    EvenementForm,
    FormulaireConvention,
    MontantForm,
    ObligationForm,
    PartieForm,
    ResiliationForm,
)
from ..models import DocumentConvention
from ..operations.conventions import (
    dupliquer,
    enregistrer_montant,
    peut_retirer,
    recevoir_document,
    refus_de_supprimer,
    retirer_document,
    supprimer_convention,
    supprimer_montant,
)
from ..operations.etats import OperationRefusee
from ..operations.rappels import rappeler_les_echeances
from ..pages.conventions import (
    Calendrier,
    DocumentLu,
    EcheanceLue,
    ListeConventions,
    PageConvention,
    calendrier_ics,
    lire_documents,
    lire_echeances,
)
from ..pages.onglets import onglets_financements
from .pieces import FICHIER_SEUL

journal = logging.getLogger(__name__)
PAS_OUVERTE = (
    "Les conventions sont ouvertes à l'équipe du contrat de ville et aux structures qui les ont conclues."
)
CHANGE = "Quelqu'un vient de modifier cette fiche : relisez-la, puis recommencez."


# -- Reading ---------------------------------------------------------------------------------------
@require_safe
def conventions(request: RequeteCampagne) -> HttpResponse:
    """List the conventions that the account sees, with what they ask next."""
    exiger(request, "porteurs.lister_conventions", request.contrat, PAS_OUVERTE)
    gere = request.user.has_perm("contrats.gerer", request.contrat)
    contexte = {
        "liste": ListeConventions(request),
        "gere": gere,
        "onglets": onglets_financements(request, "conventions"),
    }
    return render(request, "bilans/conventions/liste.html", contexte)


@require_safe
def convention(request: RequeteCampagne, cle: str) -> HttpResponse:
    """Show a convention: what it asks this year, its obligations, its events, its amounts, its papers."""
    contexte = {"page": PageConvention(request, _trouver(request, cle))}
    return render(request, "bilans/conventions/convention.html", contexte)


@require_safe
def echeances(request: RequeteCampagne) -> HttpResponse:
    """Show the deadlines of every convention: what is late, then the year by month."""
    exiger(request, "porteurs.lister_conventions", request.contrat, PAS_OUVERTE)
    contexte = {
        "calendrier": Calendrier(request),
        "gere": request.user.has_perm("contrats.gerer", request.contrat),
    }
    return render(request, "bilans/conventions/calendrier.html", contexte)


@require_safe
def echeances_ics(request: RequeteCampagne) -> HttpResponse:
    """Give the deadlines still owed as a file that any calendar reads."""
    exiger(request, "porteurs.lister_conventions", request.contrat, PAS_OUVERTE)
    contenu = calendrier_ics(Calendrier(request).toutes, settings.PILOTIS_ADRESSE)
    reponse = HttpResponse(contenu, content_type="text/calendar; charset=utf-8")
    reponse["Content-Disposition"] = f'attachment; filename="echeances-{request.annee}.ics"'
    return reponse


@require_http_methods(["GET", "POST"])
def echeances_rappeler(request: RequeteCampagne) -> HttpResponse:
    """Show who would be reminded of what, then queue the e-mails."""
    exiger(request, "contrats.gerer", request.contrat, REFUS)
    retour, empechement = _adresse(request, "echeances"), ""
    if request.method == "POST":
        try:
            envoyes = rappeler_les_echeances(request.user, request.campagne)
        except OperationRefusee as refus:
            empechement = str(refus)
        else:
            messages.success(request, f"{pluriel(len(envoyes), 'rappel part,rappels partent')}.")
            return redirect(retour)
    contexte = {
        "rappels": lire_rappels(request.campagne),
        "empechement": empechement,
        "url_retour": retour,
        "sans_danger": True,
    }
    return render(request, "bilans/conventions/rappeler.html", contexte, status=409 if empechement else 200)


def _trouver(request: RequeteCampagne, cle: str, *, gerer: bool = False) -> Convention:
    """Return the convention, 404 when the account does not see it; with `gerer`, 403 when it may not change it."""
    visibles = Convention.objects.visibles_par(request.user).filter(contrat=request.contrat)
    trouvee: Convention = get_object_or_404(
        visibles.select_related("contrat", "porteur", "deliberation"), cle=cle
    )
    if gerer:
        exiger(request, "contrats.gerer", request.contrat, REFUS)
    return trouvee


def _adresse(request: RequeteCampagne, nom: str, *arguments: Any) -> str:
    return reverse(nom, args=[request.contrat.slug, request.annee, *arguments])


# -- The convention itself -------------------------------------------------------------------------
@require_http_methods(["GET", "POST"])
def convention_creer(request: RequeteCampagne) -> HttpResponse:
    """Create a convention."""
    exiger(request, "contrats.gerer", request.contrat, REFUS)
    nouvelle = Convention(contrat=request.contrat)
    initial = {"porteur": request.GET.get("porteur", "")}
    form = ConventionForm(
        request.POST if request.method == "POST" else None,
        instance=nouvelle,
        contrat=request.contrat,
        initial=initial,
    )
    if request.method == "POST" and form.is_valid():
        try:
            creer_convention(request.user, nouvelle, form.cleaned_data["territoires"])
        except ValidationError as refus:
            form.add_error(None, refus)
        else:
            messages.success(request, "La convention est créée. Décrivez maintenant ce qu'elle demande.")
            return redirect(_adresse(request, "convention", nouvelle.cle))
    retour = _adresse(request, "conventions")
    contexte = {"form": form, "convention": None, "conflit": None, "url_retour": retour}
    return render(request, "bilans/conventions/formulaire.html", contexte)


@require_http_methods(["GET", "POST"])
def convention_modifier(request: RequeteCampagne, cle: str) -> HttpResponse:
    """Correct a convention."""
    trouvee = _trouver(request, cle, gerer=True)
    retour, intitule = _adresse(request, "convention", cle), trouvee.intitule
    form = ConventionForm(
        request.POST if request.method == "POST" else None, instance=trouvee, contrat=request.contrat
    )
    conflit = None
    if request.method == "POST" and form.is_valid():
        if not form.has_changed():
            messages.info(request, RIEN_DE_CHANGE)
            return redirect(retour)
        version = form.cleaned_data["version"] or 0
        try:
            modifier_convention(request.user, trouvee, form.cleaned_data["territoires"], version=version)
        except VersionPerimee as perimee:
            conflit = comparer(form, perimee.actuel, ConventionForm.valeurs(perimee.actuel))
        except ValidationError as refus:
            form.add_error(None, refus)
        else:
            messages.success(request, "La convention est enregistrée.")
            return redirect(retour)
    contexte = {
        "form": form,
        "convention": trouvee,
        "intitule": intitule,
        "conflit": conflit,
        "url_retour": retour,
    }
    return render(request, "bilans/conventions/formulaire.html", contexte)


@require_http_methods(["GET", "POST"])
def convention_supprimer(request: RequeteCampagne, cle: str) -> HttpResponse:
    """Delete a draft, after asking."""
    trouvee = _trouver(request, cle, gerer=True)
    empechement = refus_de_supprimer(trouvee)
    if request.method == "POST":
        try:
            supprimer_convention(request.user, trouvee, version=lire_version(request.POST.get("version", "")))
        except VersionPerimee:
            empechement = CHANGE
        except ValidationError as refus:
            empechement = " ".join(refus.messages)
        else:
            messages.success(request, f"La convention « {trouvee} » est supprimée.")
            return redirect(_adresse(request, "conventions"))
    contexte = {
        "convention": trouvee,
        "empechement": empechement,
        "url_retour": _adresse(request, "convention", cle),
    }
    return render(
        request,
        "bilans/conventions/supprimer_convention.html",
        contexte,
        status=409 if empechement and request.method == "POST" else 200,
    )


@require_http_methods(["GET", "POST"])
def convention_dupliquer(request: RequeteCampagne, cle: str) -> HttpResponse:
    """Start a new convention from this one."""
    modele = _trouver(request, cle, gerer=True)
    form = DuplicationForm(request.POST if request.method == "POST" else None, modele=modele)
    if request.method == "POST" and form.is_valid():
        try:
            copie = dupliquer(request.user, modele, **form.cleaned_data)
        except ValidationError as refus:
            form.add_error(None, refus)
        else:
            messages.success(
                request, "La copie est créée, en projet. Relisez ses parties et ses obligations."
            )
            return redirect(_adresse(request, "convention", copie.cle))
    contexte = {"form": form, "convention": modele, "url_retour": _adresse(request, "convention", cle)}
    return render(request, "bilans/conventions/dupliquer.html", contexte)


@require_http_methods(["GET", "POST"])
def convention_resilier(request: RequeteCampagne, cle: str) -> HttpResponse:
    """End a signed convention before its time, with its reason."""
    trouvee = _trouver(request, cle, gerer=True)
    retour = _adresse(request, "convention", cle)
    if refus := refus_de_resilier(trouvee):
        messages.error(request, refus)
        return redirect(retour)
    form = ResiliationForm(
        request.POST if request.method == "POST" else None, initial={"version": trouvee.version}
    )
    if request.method == "POST" and form.is_valid():
        donnees = form.cleaned_data
        try:
            resilier_convention(
                request.user,
                trouvee,
                le=donnees["le"],
                motif=donnees["motif"],
                version=donnees["version"] or 0,
            )
        except VersionPerimee:
            form.add_error(None, CHANGE)
        except ValidationError as erreur:
            form.add_error(None, erreur)
        else:
            messages.success(
                request,
                f"La convention est résiliée au {date_longue(donnees['le'])}. Ce qui était dû après ce jour est sans "
                "objet.",
            )
            return redirect(retour)
    preavis = fin_du_preavis(trouvee, timezone.localdate()) if trouvee.preavis_mois else None
    contexte = {
        "form": form,
        "convention": trouvee,
        "fin": fin_effective(trouvee, trouvee.avenants.order_by("numero")),
        "preavis": preavis,
        "url_retour": retour,
    }
    return render(request, "bilans/conventions/resilier.html", contexte)


# -- What hangs from it ----------------------------------------------------------------------------
@dataclass(frozen=True)
class Genre:
    """A kind of row of a convention: its model, its form, the words of its pages, where it is shown."""

    modele: Any
    form: type[FormulaireConvention]
    ajouter: str
    modifier: str
    supprimer: str
    fait: str
    ancre: str
    rang: str = ""

    def nouveau(self, convention: Convention) -> Any:
        """Return a new row of `convention`, ranked after the others."""
        champs: dict[str, Any] = {"convention": convention}
        if self.rang:
            lignes = self.modele.objects.filter(convention=convention)
            champs[self.rang] = prochain_rang(lignes, self.rang)
        return self.modele(**champs)


GENRES: dict[str, Genre] = {
    "parties": Genre(
        *(PartieConvention, PartieForm, "Ajouter une partie", "Modifier une partie"),
        *("Supprimer cette partie ?", "La partie est enregistrée.", "parties", "ordre"),
    ),
    "axes": Genre(
        *(AxeConvention, AxeForm, "Ajouter un axe", "Modifier un axe"),
        *("Supprimer cet axe ?", "L'axe est enregistré.", "axes", "ordre"),
    ),
    "obligations": Genre(
        *(Obligation, ObligationForm, "Ajouter une obligation", "Modifier une obligation"),
        *("Supprimer cette obligation ?", "L'obligation est enregistrée.", "obligations", "ordre"),
    ),
    "avenants": Genre(
        *(Avenant, AvenantForm, "Ajouter un avenant", "Modifier un avenant"),
        *("Supprimer cet avenant ?", "L'avenant est enregistré.", "avenants", "numero"),
    ),
    "evenements": Genre(
        *(
            EvenementConvention,
            EvenementForm,
            "Noter une commission ou un événement",
            "Modifier un événement",
        ),
        *("Supprimer cet événement ?", "L'événement est enregistré.", "evenements"),
    ),
    "montants": Genre(
        *(
            MontantConvention,
            MontantForm,
            "Ajouter le montant d'une année",
            "Modifier le montant d'une année",
        ),
        *("Supprimer ce montant ?", "Le montant est enregistré.", "montants"),
    ),
}


def _genre(nom: str) -> Genre:
    if nom not in GENRES:
        raise Http404
    return GENRES[nom]


@require_http_methods(["GET", "POST"])
def element_ajouter(request: RequeteCampagne, cle: str, genre: str) -> HttpResponse:
    """Add a party, an axis, an obligation, an amendment, an event, a yearly amount."""
    trouvee, sorte = _trouver(request, cle, gerer=True), _genre(genre)
    return _saisir_element(request, trouvee, genre, sorte, sorte.nouveau(trouvee))


@require_http_methods(["GET", "POST"])
def element_modifier(request: RequeteCampagne, cle: str, genre: str, pk: int) -> HttpResponse:
    """Correct what hangs from a convention."""
    trouvee, sorte = _trouver(request, cle, gerer=True), _genre(genre)
    return _saisir_element(request, trouvee, genre, sorte, _element(sorte, trouvee, pk))


def _element(sorte: Genre, convention: Convention, pk: int) -> Any:
    element = get_object_or_404(sorte.modele.objects.filter(convention=convention), pk=pk)
    element.convention = convention
    return element


def _saisir_element(
    request: RequeteCampagne, trouvee: Convention, genre: str, sorte: Genre, element: Any
) -> HttpResponse:
    retour = f"{_adresse(request, 'convention', trouvee.cle)}#{sorte.ancre}"
    nouveau = element.pk is None
    form = sorte.form(
        request.POST if request.method == "POST" else None, instance=element, contrat=request.contrat
    )
    conflit = None
    if request.method == "POST" and form.is_valid():
        if not nouveau and not form.has_changed():
            messages.info(request, RIEN_DE_CHANGE)
            return redirect(retour)
        try:
            calcul = _enregistrer(
                request, trouvee, element, None if nouveau else form.cleaned_data["version"] or 0
            )
        except VersionPerimee as perimee:
            conflit = comparer(form, perimee.actuel, sorte.form.valeurs(perimee.actuel))
        except sorte.modele.DoesNotExist:
            form.add_error(None, "Quelqu'un vient de supprimer cette ligne : rien n'est enregistré.")
        except ValidationError as refus:
            _dire_au_champ(form, refus)
        else:
            messages.success(request, f"{sorte.fait} {_dire_le_calcul(calcul)}".strip())
            return redirect(retour)
    contexte = {
        "form": form,
        "convention": trouvee,
        "genre": genre,
        "sorte": sorte,
        "element": None if nouveau else element,
        "titre_page": sorte.ajouter if nouveau else sorte.modifier,
        "conflit": conflit,
        "url_retour": retour,
    }
    return render(request, "bilans/conventions/element.html", contexte)


def _enregistrer(request: RequeteCampagne, trouvee: Convention, element: Any, version: int | None) -> Calcul:
    if isinstance(element, MontantConvention):
        enregistrer_montant(request.user, trouvee, element, version=version)
        return Calcul()
    return enregistrer_element(request.user, trouvee, element, version=version)


def _dire_au_champ(form: Any, refus: ValidationError) -> None:
    """Put the sentences of an operation at their field, and at the top those of a field that the page has not."""
    if not hasattr(refus, "error_dict"):
        form.add_error(None, refus)
        return
    for nom, erreurs in refus.error_dict.items():
        form.add_error(nom if nom in form.fields else None, erreurs)


def _dire_le_calcul(calcul: Calcul) -> str:
    """Return what an event did to the deadlines, blank when nothing."""
    dites = [
        pluriel(nombre, formes)
        for nombre, formes in (
            (calcul.crees, "échéance créée,échéances créées"),
            (calcul.deplacees, "échéance déplacée,échéances déplacées"),
            (calcul.retirees, "échéance retirée,échéances retirées"),
        )
        if nombre
    ]
    return f"{', '.join(dites)}." if dites else ""


@require_http_methods(["GET", "POST"])
def element_supprimer(request: RequeteCampagne, cle: str, genre: str, pk: int) -> HttpResponse:
    """Delete what hangs from a convention, after asking."""
    trouvee, sorte = _trouver(request, cle, gerer=True), _genre(genre)
    element = _element(sorte, trouvee, pk)
    retour = f"{_adresse(request, 'convention', cle)}#{sorte.ancre}"
    empechement = ""
    if request.method == "POST":
        version = lire_version(request.POST.get("version", ""))
        try:
            calcul = _supprimer(request, trouvee, element, version)
        except VersionPerimee:
            empechement = CHANGE
        except ValidationError as refus:
            empechement = " ".join(refus.messages)
        else:
            messages.success(request, f"C'est supprimé. {_dire_le_calcul(calcul)}".strip())
            return redirect(retour)
    contexte = {
        "convention": trouvee,
        "sorte": sorte,
        "element": element,
        "version_element": version_de(element),
        "empechement": empechement,
        "url_retour": retour,
    }
    return render(
        request, "bilans/conventions/supprimer_element.html", contexte, status=409 if empechement else 200
    )


def _supprimer(request: RequeteCampagne, trouvee: Convention, element: Any, version: int) -> Calcul:
    if isinstance(element, MontantConvention):
        supprimer_montant(request.user, trouvee, element, version=version)
        return Calcul()
    return supprimer_element(request.user, trouvee, element, version=version)


# -- Deadlines -------------------------------------------------------------------------------------
@require_http_methods(["GET", "POST"])
def echeances_calculer(request: RequeteCampagne, cle: str) -> HttpResponse:
    """Show what computing the deadlines would do, then do it."""
    trouvee = _trouver(request, cle, gerer=True)
    retour = f"{_adresse(request, 'convention', cle)}#echeances"
    if request.method == "POST":
        calcul = calculer_echeances(request.user, trouvee)
        messages.success(
            request, _dire_le_calcul(calcul) or "Les échéances étaient à jour : rien n'a changé."
        )
        return redirect(retour)
    contexte = {
        "convention": trouvee,
        "propositions": propositions_d_echeances(trouvee),
        "url_retour": retour,
        "sans_danger": True,
    }
    return render(request, "bilans/conventions/calculer.html", contexte)


@require_http_methods(["GET", "POST"])
def echeance_ajouter(request: RequeteCampagne, cle: str) -> HttpResponse:
    """Type a deadline by hand."""
    trouvee = _trouver(request, cle, gerer=True)
    retour = f"{_adresse(request, 'convention', cle)}#echeances"
    nouvelle = Echeance(convention=trouvee)
    form = EcheanceForm(
        request.POST if request.method == "POST" else None, instance=nouvelle, contrat=request.contrat
    )
    if request.method == "POST" and form.is_valid():
        try:
            ajouter_echeance(request.user, nouvelle)
        except ValidationError as refus:
            _dire_au_champ(form, refus)
        else:
            messages.success(request, "L'échéance est ajoutée.")
            return redirect(retour)
    contexte = {
        "form": form,
        "convention": trouvee,
        "element": None,
        "titre_page": "Ajouter une échéance",
        "conflit": None,
        "url_retour": retour,
    }
    return render(request, "bilans/conventions/element.html", contexte)


@require_http_methods(["GET", "POST"])
def obligation_demander(request: RequeteCampagne, cle: str, pk: int) -> HttpResponse:
    """Ask for what is owed on request."""
    trouvee = _trouver(request, cle, gerer=True)
    obligation = _element(GENRES["obligations"], trouvee, pk)
    form = DemandeForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            demandee = demander(request.user, obligation, **form.cleaned_data)
        except ValidationError as refus:
            _dire_au_champ(form, refus)
        else:
            messages.success(request, f"La demande est notée pour le {date_longue(demandee.date)}.")
            return redirect(_adresse(request, "echeance", cle, demandee.pk))
    retour = f"{_adresse(request, 'convention', cle)}#obligations"
    contexte = {"form": form, "convention": trouvee, "obligation": obligation, "url_retour": retour}
    return render(request, "bilans/conventions/demander.html", contexte)


@require_http_methods(["GET", "POST"])
def echeance(request: RequeteCampagne, cle: str, pk: int) -> HttpResponse:
    """Show a deadline: what is expected, what was received; the desk says what becomes of it."""
    trouvee = _trouver(request, cle)
    gere = request.user.has_perm("contrats.gerer", request.contrat)
    lue = _echeance(request, trouvee, pk)
    form = DecisionForm(
        request.POST if request.method == "POST" else None,
        initial={"le": timezone.localdate(), "jour": lue.echeance.date},
    )
    if request.method == "POST":
        exiger(request, "contrats.gerer", request.contrat, REFUS)
        if form.is_valid() and (fait := _decider(request, lue.echeance, form)):
            messages.success(request, fait)
            return redirect(_adresse(request, "echeance", cle, pk))
    contexte = _contexte_echeance(request, trouvee, lue)
    contexte |= {"form": form, "gere": gere, "version_echeance": version_de(lue.echeance)}
    return render(request, "bilans/conventions/echeance.html", contexte)


def _contexte_echeance(request: RequeteCampagne, trouvee: Convention, lue: EcheanceLue) -> dict[str, Any]:
    documents = DocumentConvention.objects.visibles_par(request.user).filter(
        convention=trouvee, echeance=lue.echeance
    )
    gere = request.user.has_perm("contrats.gerer", request.contrat)
    depose = request.user.has_perm("porteurs.deposer_document", trouvee)
    return {
        "convention": trouvee,
        "lue": lue,
        "documents": lire_documents(documents, trouvee, request.user),
        "depot": DocumentForm(
            convention=trouvee,
            echeance=lue.echeance,
            gere=gere,
            initial={"libelle": "" if _attendus(lue) else lue.echeance.libelle},
            prefix="depot",
        )
        if depose and trouvee.statut != Convention.Statut.ARCHIVEE
        else None,
        "attendus": _attendus(lue),
        "url_retour": _adresse(request, "convention", trouvee.cle),
    }


def _attendus(lue: EcheanceLue) -> list[str]:
    """Return the papers that the text names for this deadline, one a line."""
    obligation = lue.echeance.obligation
    return [ligne.strip() for ligne in obligation.contenu.splitlines() if ligne.strip()] if obligation else []


def _echeance(request: RequeteCampagne, trouvee: Convention, pk: int) -> EcheanceLue:
    """Return a deadline of the convention. Raises Http404."""
    lues = lire_echeances(Echeance.objects.filter(convention=trouvee, pk=pk), request)
    if not lues:
        raise Http404
    return lues[0]


def _decider(request: RequeteCampagne, ligne: Echeance, form: DecisionForm) -> str:
    """Do what the form asks and return what was done; blank, with its sentence in the form, when it cannot be."""
    donnees, auteur = form.cleaned_data, request.user
    version = donnees["version"] or 0
    gestes: dict[str, tuple[Callable[[], Any], str]] = {
        form.TENIR: (
            lambda: tenir_echeance(auteur, ligne, donnees["le"], version=version),
            "L'échéance est tenue.",
        ),
        form.SANS_OBJET: (
            lambda: dire_sans_objet(auteur, ligne, donnees["motif"], version=version),
            "L'échéance est sans objet.",
        ),
        form.DEPLACER: (
            lambda: deplacer_echeance(auteur, ligne, donnees["jour"], version=version),
            "La nouvelle date est enregistrée.",
        ),
        form.ROUVRIR: (
            lambda: rouvrir_echeance(auteur, ligne, version=version),
            "L'échéance est de nouveau attendue.",
        ),
    }
    faire, fait = gestes[donnees["geste"]]
    try:
        faire()
    except VersionPerimee:
        form.add_error(None, CHANGE)
        return ""
    except ValidationError as refus:
        _dire_au_champ(form, refus)
        return ""
    return fait


@require_POST
def echeance_supprimer(request: RequeteCampagne, cle: str, pk: int) -> HttpResponse:
    """Delete a deadline typed by hand."""
    trouvee = _trouver(request, cle, gerer=True)
    ligne = get_object_or_404(Echeance.objects.filter(convention=trouvee), pk=pk)
    ligne.convention = trouvee
    try:
        supprimer_echeance(request.user, ligne, version=lire_version(request.POST.get("version", "")))
    except VersionPerimee:
        messages.error(request, CHANGE)
    except ValidationError as refus:
        messages.error(request, " ".join(refus.messages))
    else:
        messages.success(request, "L'échéance est supprimée.")
        return redirect(f"{_adresse(request, 'convention', cle)}#echeances")
    return redirect(_adresse(request, "echeance", cle, pk))


# -- Papers ----------------------------------------------------------------------------------------
@require_http_methods(["GET", "POST"])
def document_ajouter(request: RequeteCampagne, cle: str) -> HttpResponse:
    """Hand in a paper, or note that one was received; `echeance` in the address is what it answers."""
    trouvee = _trouver(request, cle)
    exiger(request, "porteurs.deposer_document", trouvee)
    gere = request.user.has_perm("contrats.gerer", request.contrat)
    lue = _echeance_du_document(request, trouvee)
    retour = lue.url if lue else f"{_adresse(request, 'convention', cle)}#documents"
    form = DocumentForm(
        *((request.POST, request.FILES) if request.method == "POST" else ()),
        convention=trouvee,
        echeance=lue.echeance if lue else None,
        gere=gere,
        prefix="depot",
        initial={"obligation": request.GET.get("obligation", "")},
    )
    if request.method == "POST" and form.is_valid() and _recevoir(request, trouvee, lue, form):
        return redirect(retour)
    contexte = {
        "form": form,
        "convention": trouvee,
        "lue": lue,
        "attendus": _attendus(lue) if lue else [],
        "gere": gere,
        "url_retour": retour,
    }
    return render(request, "bilans/conventions/document.html", contexte)


def _echeance_du_document(request: RequeteCampagne, trouvee: Convention) -> EcheanceLue | None:
    demandee = request.GET.get("echeance", "")
    if not demandee:
        return None
    return _echeance(request, trouvee, lire_version(demandee))


def _recevoir(
    request: RequeteCampagne, trouvee: Convention, lue: EcheanceLue | None, form: DocumentForm
) -> bool:
    donnees = form.cleaned_data
    try:
        document = recevoir_document(
            request.user,
            trouvee,
            libelle=donnees["libelle"],
            recu_le=donnees.get("recu_le") or timezone.localdate(),
            fichier=donnees["fichier"],
            obligation=donnees.get("obligation"),
            echeance=lue.echeance if lue else None,
            complet=donnees.get("complet", False),
        )
    except ValidationError as refus:
        _dire_au_champ(form, refus)
        return False
    suite = " L'échéance est tenue." if donnees.get("complet") else ""
    messages.success(request, f"« {document.libelle} » est enregistré.{suite}")
    return True


@require_safe
@FICHIER_SEUL
def document(request: RequeteCampagne, cle: str, document: str) -> HttpResponseBase:
    """Give the file: shown by the browser when it can do so safely, else downloaded."""
    trouve = _document(request, cle, document)
    if not trouve.fichier:
        raise Http404("Ce document a été reçu sur papier.")
    try:
        fichier = trouve.fichier.open("rb")
    except FileNotFoundError:
        journal.error("Document %s is missing from the disk (%s).", trouve.cle, trouve.fichier.name)
        raise Http404("Ce fichier n'est plus sur le serveur.") from None
    reponse = FileResponse(
        fichier,
        as_attachment=not DocumentLu(trouve, retirable=False).affichable,
        filename=trouve.nom,
        content_type=trouve.type_mime,
    )
    reponse["X-Content-Type-Options"] = "nosniff"
    # Read again at each visit: who may no longer see it has it no longer.
    reponse["Cache-Control"] = "private, no-cache"
    return reponse


@require_http_methods(["GET", "POST"])
def document_retirer(request: RequeteCampagne, cle: str, document: str) -> HttpResponse:
    """Ask whether to take a paper away, then do it."""
    trouvee = _trouver(request, cle)
    retour = f"{_adresse(request, 'convention', cle)}#documents"
    visibles = DocumentConvention.objects.visibles_par(request.user).filter(convention=trouvee, cle=document)
    trouve = visibles.select_related("echeance", "depose_par").first()
    if trouve is None:
        # The button pressed twice, or by two people: it is done.
        retires = DocumentConvention.historique.filter(
            convention=trouvee.pk, cle=document, history_type=SUPPRESSION
        )
        if request.method == "POST" and retires.exists():
            return redirect(retour)
        raise Http404
    if not peut_retirer(request.user, trouvee, trouve):
        raise PermissionDenied("Ce document a été déposé par quelqu'un d'autre, ou son échéance est réglée.")
    if request.method == "POST":
        retirer_document(request.user, trouve)
        messages.success(request, "Le document est retiré.")
        return redirect(retour)
    contexte = {"convention": trouvee, "document": trouve, "url_retour": retour}
    return render(request, "bilans/conventions/document_retirer.html", contexte)


def _document(request: RequeteCampagne, cle: str, document: str) -> DocumentConvention:
    trouve: DocumentConvention = get_object_or_404(
        DocumentConvention.objects.visibles_par(request.user),
        convention__contrat=request.contrat,
        convention__cle=cle,
        cle=document,
    )
    return trouve
