"""The campaign of the bilans: dates, instructions, questions, messages, opening and closing."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from actions.models import Campagne, IndicateurDemande, ModeleMessage, Question
from actions.situation import RequeteCampagne
from comptes.templatetags.typographie import pluriel
from comptes.versions import VersionPerimee, comparer, version_de
from comptes.vues import RIEN_DE_CHANGE, exiger

from ..forms.campagne import (
    ApercuForm,
    ArchivageForm,
    ClotureForm,
    DesarchivageForm,
    FormulaireVersionne,
    IndicateurForm,
    MessageForm,
    OuvertureForm,
    ProlongationForm,
    QuestionForm,
    RappelsForm,
    ReglagesForm,
    ReouvertureForm,
    ReprendreForm,
    TranchesForm,
    valeurs_du_message,
    valeurs_reglees,
)
from ..messages import MODELES, apercu
from ..operations import OperationRefusee
from ..operations import campagne as operations
from ..pages.campagne import (
    EVENEMENTS_MONTRES,
    PageCampagne,
    consequences,
    empechement,
    lignes,
    messages_lus,
    mots_a_remplacer,
    refus_de,
)
from ..pages.onglets import onglets_bilans

REFUS = "La campagne revient à la personne qui pilote le contrat de ville."
CHANGE_ENTRE_TEMPS = (
    "Une autre personne a changé la campagne pendant que vous étiez sur cette page. Rien n'est perdu de votre "
    "saisie : relisez-la, puis confirmez de nouveau."
)
RIEN_A_REPRENDRE = "Aucune année précédente n'a demandé autre chose : il n'y a rien à reprendre."
# The version of what is not stored yet: no row has it.
AUCUNE = 0


def _adresse(request: RequeteCampagne, nom: str, *arguments: Any) -> str:
    return reverse(nom, args=[request.contrat.slug, request.annee, *arguments])


def _page(request: RequeteCampagne) -> PageCampagne:
    """Return the page of the campaign, if the account runs the contract; else a 403."""
    exiger(request, "contrats.gerer", request.contrat, REFUS)
    return PageCampagne(request)


def _rendre(request: RequeteCampagne, gabarit: str, page: PageCampagne, **contexte: Any) -> HttpResponse:
    commun = {
        "page": page,
        "campagne": request.campagne,
        "onglets": onglets_bilans(request, "campagne"),
        "url_campagne": page.url("campagne"),
        "url_retour": page.url("campagne"),
    }
    return render(request, gabarit, commun | contexte)


def _refuser_si_archivee(request: RequeteCampagne) -> HttpResponse | None:
    """Lead back to the campaign, with its sentence, when its settings may not change any more."""
    refus = refus_de(request.campagne, "regler")
    if not refus:
        return None
    messages.info(request, refus)
    return redirect(_adresse(request, "campagne"))


# -- Where it stands -------------------------------------------------------------------------------
@require_safe
def campagne(request: RequeteCampagne) -> HttpResponse:
    """Show where the campaign stands, what comes next, and what was decided."""
    page = _page(request)
    tout = "historique" in request.GET
    chronologie = page.chronologie if tout else page.chronologie[:EVENEMENTS_MONTRES]
    return _rendre(
        request,
        "bilans/campagne.html",
        page,
        chronologie=chronologie,
        suite=len(page.chronologie) - len(chronologie),
    )


# -- Settings --------------------------------------------------------------------------------------
@require_http_methods(["GET", "POST"])
def campagne_reglages(request: RequeteCampagne) -> HttpResponse:
    """Edit dates, instructions and contact; `?partie=tranches` the age bands, `?partie=rappels` the reminders."""
    page = _page(request)
    if refuse := _refuser_si_archivee(request):
        return refuse
    partie = request.GET.get("partie")
    if partie == "tranches":
        return _tranches(request, page)
    if partie == "rappels":
        return _rappels(request, page)
    return _reglages(request, page)


def _reglages(request: RequeteCampagne, page: PageCampagne) -> HttpResponse:
    form = ReglagesForm(request.POST if request.method == "POST" else None, campagne=request.campagne)
    conflit = None
    if request.method == "POST" and form.is_valid():
        champs, version = dict(form.cleaned_data), form.cleaned_data["version"] or AUCUNE
        try:
            operations.regler_campagne(request.campagne, request.user, champs=champs, version=version)
        except VersionPerimee as perimee:
            conflit = comparer(form, perimee.actuel, valeurs_reglees(perimee.actuel))
        except ValidationError as refus:
            form.add_error(None, refus)
        else:
            return _fait(request, "Les réglages de la campagne sont enregistrés.")
    return _rendre(request, "bilans/campagne_reglages.html", page, form=form, conflit=conflit)


def _tranches(request: RequeteCampagne, page: PageCampagne) -> HttpResponse:
    form = TranchesForm(
        request.POST if request.method == "POST" else None,
        campagne=request.campagne,
        utilisees=operations.tranches_utilisees(request.campagne),
    )
    contexte = {
        "form": form,
        "titre": "Tranches d'âge",
        "rangees": "bilans/campagne_tranches.html",
    }

    def regler(version: int) -> None:
        operations.regler_tranches(request.campagne, request.user, form.saisies, version=version)

    return _regler_des_lignes(request, page, contexte, regler, "Les tranches d'âge sont enregistrées.")


def _rappels(request: RequeteCampagne, page: PageCampagne) -> HttpResponse:
    form = RappelsForm(
        request.POST if request.method == "POST" else None,
        campagne=request.campagne,
        prevues=[prevue for prevue in page.prevues if prevue.faite_le is None],
    )
    contexte = {"form": form, "titre": "Rappels prévus", "rangees": "bilans/campagne_rappels.html"}

    def regler(version: int) -> None:
        operations.regler_relances(request.campagne, request.user, form.dates, version=version)

    return _regler_des_lignes(request, page, contexte, regler, "Les dates des rappels sont enregistrées.")


def _regler_des_lignes(
    request: RequeteCampagne,
    page: PageCampagne,
    contexte: dict[str, Any],
    regler: Callable[[int], None],
    fait: str,
) -> HttpResponse:
    """Show a form of rows, or save it with `regler(version)`; rows of someone else meanwhile are put in it."""
    form, entretemps = contexte["form"], False
    if request.method == "POST" and form.is_valid():
        try:
            regler(form.cleaned_data["version"] or AUCUNE)
        except VersionPerimee:
            entretemps = True
            form.completer()
        except ValidationError as refus:
            form.add_error(None, refus)
        else:
            return _fait(request, fait)
    return _rendre(request, "bilans/campagne_lignes.html", page, entretemps=entretemps, **contexte)


def _fait(request: RequeteCampagne, phrase: str, nom: str = "campagne") -> HttpResponse:
    messages.success(request, phrase)
    return redirect(_adresse(request, nom))


# -- Questions and indicators ----------------------------------------------------------------------
@dataclass(frozen=True)
class Genre:
    """Questions, or indicators: what changes from one to the other on their pages."""

    modele: Any
    form: Any
    ajouter: Any
    modifier: Any
    un: str  # « une question »
    le: str  # « la question »
    nouveau: str
    cree: str
    enregistre: str
    url_modifier: str
    url_supprimer: str


QUESTION = Genre(
    Question,
    QuestionForm,
    operations.ajouter_question,
    operations.modifier_question,
    "une question",
    "la question",
    "Nouvelle question",
    "La question est ajoutée : les bilans la posent désormais.",
    "La question est enregistrée.",
    "question_modifier",
    "question_supprimer",
)
INDICATEUR = Genre(
    IndicateurDemande,
    IndicateurForm,
    operations.ajouter_indicateur,
    operations.modifier_indicateur,
    "un indicateur",
    "l'indicateur",
    "Nouvel indicateur",
    "L'indicateur est ajouté : les bilans le demandent désormais.",
    "L'indicateur est enregistré.",
    "indicateur_modifier",
    "indicateur_supprimer",
)
GENRES = {"question": QUESTION, "indicateur": INDICATEUR}
SENS = {"monter": -1, "descendre": 1}


@require_http_methods(["GET", "POST"])
def campagne_questions(request: RequeteCampagne) -> HttpResponse:
    """Show the questions and indicators asked, as the porteurs find them; change their order."""
    page = _page(request)
    if request.method == "POST":
        return _deplacer(request)
    questions = request.campagne.questions.all()
    demandes = request.campagne.indicateurs_demandes.all()
    rangs_questions = lignes(questions, "question", "reponses")
    rangs_indicateurs = lignes(demandes, "indicateur", "valeurs")
    return _rendre(
        request,
        "bilans/campagne_questions.html",
        page,
        questions=rangs_questions,
        indicateurs=rangs_indicateurs,
        apercu=ApercuForm(
            [rang.element for rang in rangs_questions], [rang.element for rang in rangs_indicateurs]
        ),
    )


@require_http_methods(["GET", "POST"])
def campagne_reprendre(request: RequeteCampagne) -> HttpResponse:
    """Show what an earlier year of the contract asked and this one does not, then ask what is ticked."""
    page = _page(request)
    if refuse := _refuser_si_archivee(request):
        return refuse
    reprise = page.reprise
    if not reprise:
        messages.info(request, RIEN_A_REPRENDRE)
        return redirect(page.url("campagne_questions"))
    form = ReprendreForm(request.POST if request.method == "POST" else None, reprise=reprise)
    if request.method == "POST" and form.is_valid():
        nombre = operations.reprendre_les_demandes(
            request.campagne,
            request.user,
            questions=form.cleaned_data.get("questions", []),
            indicateurs=form.cleaned_data.get("indicateurs", []),
        )
        repris = pluriel(nombre, "demande reprise,demandes reprises,Rien n'a été repris")
        return _fait(request, f"{repris} de {reprise.annee}.", "campagne_questions")
    return _rendre(
        request,
        "bilans/campagne_reprendre.html",
        page,
        form=form,
        reprise=reprise,
        url_retour=page.url("campagne_questions"),
        sans_danger=True,
    )


def _deplacer(request: RequeteCampagne) -> HttpResponse:
    """Move one question or indicator: the button says « question:12:monter »."""
    nom, _, reste = request.POST.get("deplacer", "").partition(":")
    pk, _, sens = reste.partition(":")
    # Python refuses to read a number of five thousand digits; no key has twenty.
    if nom not in GENRES or sens not in SENS or not (pk.isdecimal() and len(pk) < 20):
        raise Http404
    try:
        operations.deplacer(_element(request, GENRES[nom], int(pk)), request.user, SENS[sens])
    except OperationRefusee as refus:
        messages.error(request, str(refus))
    return redirect(f"{_adresse(request, 'campagne_questions')}#{nom}-{int(pk)}")


@require_http_methods(["GET", "POST"])
def question_creer(request: RequeteCampagne) -> HttpResponse:
    """Add a question."""
    return _ecrire_element(request, QUESTION)


@require_http_methods(["GET", "POST"])
def question_modifier(request: RequeteCampagne, pk: int) -> HttpResponse:
    """Edit a question."""
    return _ecrire_element(request, QUESTION, pk)


@require_http_methods(["GET", "POST"])
def question_supprimer(request: RequeteCampagne, pk: int) -> HttpResponse:
    """Ask, then remove a question that nobody has answered."""
    return _supprimer_element(request, QUESTION, pk)


@require_http_methods(["GET", "POST"])
def indicateur_creer(request: RequeteCampagne) -> HttpResponse:
    """Ask an indicator."""
    return _ecrire_element(request, INDICATEUR)


@require_http_methods(["GET", "POST"])
def indicateur_modifier(request: RequeteCampagne, pk: int) -> HttpResponse:
    """Edit an indicator asked."""
    return _ecrire_element(request, INDICATEUR, pk)


@require_http_methods(["GET", "POST"])
def indicateur_supprimer(request: RequeteCampagne, pk: int) -> HttpResponse:
    """Ask, then stop asking an indicator that nobody has answered."""
    return _supprimer_element(request, INDICATEUR, pk)


def _element(request: RequeteCampagne, genre: Genre, pk: int) -> Any:
    """Return a question or an indicator of this campaign; else a 404."""
    visibles = genre.modele.objects.visibles_par(request.user).filter(campagne=request.campagne)
    element = get_object_or_404(visibles, pk=pk)
    element.campagne = request.campagne
    return element


def _ecrire_element(request: RequeteCampagne, genre: Genre, pk: int | None = None) -> HttpResponse:
    """Show the form of a question or of an indicator, its preview when asked, or save it."""
    page = _page(request)
    if refuse := _refuser_si_archivee(request):
        return refuse
    element = genre.modele(campagne=request.campagne) if pk is None else _element(request, genre, pk)
    form = genre.form(request.POST if request.method == "POST" else None, instance=element)
    conflit = montre = None
    if request.method == "POST" and form.is_valid():
        if "apercu" in request.POST:
            montre = _apercu_de(genre, form.instance)
        elif pk is not None and not form.has_changed():
            messages.info(request, RIEN_DE_CHANGE)
            return redirect(page.url("campagne_questions"))
        else:
            try:
                _enregistrer_element(request, genre, form, nouveau=pk is None)
            except VersionPerimee as perimee:
                champs = {nom: getattr(perimee.actuel, nom) for nom in form.Meta.fields}
                conflit = comparer(form, perimee.actuel, champs)
            except ValidationError as refus:
                form.add_error(None, refus)
            else:
                return _fait(request, genre.cree if pk is None else genre.enregistre, "campagne_questions")
    return _rendre(
        request,
        "bilans/question_formulaire.html",
        page,
        form=form,
        conflit=conflit,
        apercu=montre,
        genre=genre,
        element=None if pk is None else _element(request, genre, pk),
        reponses=0 if pk is None else operations.nombre_de_reponses(element),
        url_retour=page.url("campagne_questions"),
        url_supprimer="" if pk is None else _adresse(request, genre.url_supprimer, pk),
    )


def _enregistrer_element(request: RequeteCampagne, genre: Genre, form: Any, *, nouveau: bool) -> None:
    if nouveau:
        genre.ajouter(request.campagne, request.user, form.cleaned_data)
        return
    version = form.cleaned_data["version"] or AUCUNE
    genre.modifier(form.instance, request.user, form.cleaned_data, version=version)


def _apercu_de(genre: Genre, element: Any) -> ApercuForm:
    return ApercuForm([element], []) if genre is QUESTION else ApercuForm([], [element])


def _supprimer_element(request: RequeteCampagne, genre: Genre, pk: int) -> HttpResponse:
    page = _page(request)
    if refuse := _refuser_si_archivee(request):
        return refuse
    element = _element(request, genre, pk)
    if request.method == "POST":
        try:
            operations.supprimer_element(element, request.user)
        except OperationRefusee:
            # Said on the page itself, which tells what can be done instead.
            pass
        else:
            return _fait(request, f"« {element} » n'est plus demandé aux porteurs.", "campagne_questions")
    return _rendre(
        request,
        "bilans/question_supprimer.html",
        page,
        genre=genre,
        element=element,
        empechement=empechement(element),
        url_retour=page.url("campagne_questions"),
        url_modifier=_adresse(request, genre.url_modifier, pk),
    )


# -- Messages --------------------------------------------------------------------------------------
@require_safe
def campagne_messages(request: RequeteCampagne) -> HttpResponse:
    """Show the messages of the campaign, and which are in the collectivity's own words."""
    page = _page(request)
    lus = messages_lus(request.campagne, request.user)
    return _rendre(request, "bilans/campagne_messages.html", page, lus=lus)


@require_http_methods(["GET", "POST"])
def campagne_message(request: RequeteCampagne, type: str) -> HttpResponse:
    """Edit a message, with a preview; go back to the words that Pilotis proposes."""
    page = _page(request)
    if type not in ModeleMessage.Type.values:
        raise Http404
    if refuse := _refuser_si_archivee(request):
        return refuse
    if request.method == "POST" and "reprendre" in request.POST:
        operations.reprendre_modele(request.campagne, request.user, type)
        return _fait(request, "Le message reprend les mots proposés par Pilotis.", "campagne_messages")
    modele = (
        ModeleMessage.objects.visibles_par(request.user).filter(campagne=request.campagne, type=type).first()
    )
    mots = modele or MODELES[type]
    initiales: dict[str, Any] = {
        "objet": mots.objet,
        "corps": mots.corps,
        "version": version_de(modele) if modele else AUCUNE,
    }
    form = MessageForm(request.POST if request.method == "POST" else None, initial=initiales, type_=type)
    conflit = None
    if request.method == "POST" and form.is_valid() and "apercu" not in request.POST:
        try:
            _ecrire_message(request, type, form)
        except VersionPerimee as perimee:
            conflit = comparer(form, perimee.actuel, valeurs_du_message(perimee.actuel))
        except ValidationError as refus:
            form.add_error(None, refus)
        else:
            return _fait(request, "Le message est enregistré.", "campagne_messages")
    montres = form.cleaned_data if form.is_bound and form.is_valid() else initiales
    return _rendre(
        request,
        "bilans/campagne_message.html",
        page,
        form=form,
        conflit=conflit,
        type=ModeleMessage.Type(type),
        ecrit=modele is not None,
        mots=mots_a_remplacer(type),
        apercu=apercu(request.campagne, type, montres["objet"], montres["corps"]),
        # A text with a mistake cannot be shown as it would be sent: what was last right is.
        apercu_en_cours=not form.is_bound or form.is_valid(),
        url_retour=page.url("campagne_messages"),
    )


def _ecrire_message(request: RequeteCampagne, type: str, form: MessageForm) -> None:
    lus = form.cleaned_data
    operations.ecrire_modele(
        request.campagne,
        request.user,
        type,
        objet=lus["objet"],
        corps=lus["corps"],
        version=lus["version"] or AUCUNE,
    )


# -- Opening, closing ------------------------------------------------------------------------------
@dataclass(frozen=True)
class Decision:
    """The page of a decision on the whole campaign: its question, its form, its button, what is said afterwards."""

    titre: str
    form: type[FormulaireVersionne]
    faire: Callable[..., Campagne]
    bouton: str
    fait: str
    danger: bool = False


DECISIONS = {
    "ouvrir": Decision(
        "Ouvrir les bilans",
        OuvertureForm,
        operations.ouvrir_les_bilans,
        "Ouvrir les bilans",
        "Les bilans sont ouverts. Il reste à inviter les porteurs : aucun courriel n'est encore parti.",
    ),
    "clore": Decision(
        "Clore les bilans",
        ClotureForm,
        operations.clore_les_bilans,
        "Clore les bilans",
        "Les bilans sont clos : les porteurs ne peuvent plus les saisir.",
        danger=True,
    ),
    "rouvrir": Decision(
        "Rouvrir les bilans",
        ReouvertureForm,
        operations.rouvrir_les_bilans,
        "Rouvrir les bilans",
        "Les bilans sont rouverts, et votre raison est dans l'historique.",
    ),
    "archiver": Decision(
        "Archiver l'année",
        ArchivageForm,
        operations.archiver_l_annee,
        "Archiver l'année",
        "L'année est archivée : plus rien n'y change.",
        danger=True,
    ),
    "desarchiver": Decision(
        "Sortir des archives l'année",
        DesarchivageForm,
        operations.desarchiver_l_annee,
        "Sortir des archives",
        "L'année est sortie des archives : ses bilans sont clos, et votre raison est dans l'historique.",
    ),
    "prolonger": Decision(
        "Changer l'échéance de tous les bilans",
        ProlongationForm,
        operations.prolonger_les_bilans,
        "Changer l'échéance",
        "La nouvelle échéance vaut pour tous les bilans. Relisez ci-dessous les rappels prévus.",
    ),
}


@require_http_methods(["GET", "POST"])
def campagne_ouvrir(request: RequeteCampagne) -> HttpResponse:
    """Open the bilans."""
    return _decider(request, "ouvrir")


@require_http_methods(["GET", "POST"])
def campagne_clore(request: RequeteCampagne) -> HttpResponse:
    """Close the bilans."""
    return _decider(request, "clore")


@require_http_methods(["GET", "POST"])
def campagne_rouvrir(request: RequeteCampagne) -> HttpResponse:
    """Reopen the bilans."""
    return _decider(request, "rouvrir")


@require_http_methods(["GET", "POST"])
def campagne_archiver(request: RequeteCampagne) -> HttpResponse:
    """Put the year in the archives."""
    return _decider(request, "archiver")


@require_http_methods(["GET", "POST"])
def campagne_desarchiver(request: RequeteCampagne) -> HttpResponse:
    """Take the year out of the archives."""
    return _decider(request, "desarchiver")


@require_http_methods(["GET", "POST"])
def campagne_prolonger(request: RequeteCampagne) -> HttpResponse:
    """Give all bilans another due date."""
    return _decider(request, "prolonger")


def _decider(request: RequeteCampagne, nom: str) -> HttpResponse:
    """Show the page of a decision, which says what follows, or do it."""
    page = _page(request)
    decision = DECISIONS[nom]
    refus = refus_de(request.campagne, nom)
    if request.method == "GET" and refus:
        messages.info(request, refus)
        return redirect(page.url("campagne"))
    donnees = request.POST.copy() if request.method == "POST" else None
    form = decision.form(donnees, campagne=request.campagne)
    if donnees is not None and form.is_valid():
        champs = dict(form.cleaned_data)
        champs["version"] = champs["version"] or AUCUNE
        try:
            decision.faire(request.campagne, request.user, **champs)
        except VersionPerimee as perimee:
            donnees["version"] = str(version_de(perimee.actuel))
            form.add_error(None, CHANGE_ENTRE_TEMPS)
        except ValidationError as faute:
            form.add_error(None, faute)
        except OperationRefusee as empeche:
            messages.error(request, str(empeche))
            return redirect(page.url("campagne"))
        else:
            return _fait(request, decision.fait)
    return _rendre(
        request,
        "bilans/campagne_decision.html",
        page,
        form=form,
        decision=decision,
        consequences=consequences(nom, page),
        sans_danger=not decision.danger,
    )
