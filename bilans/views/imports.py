"""Importing a spreadsheet: deposit, columns, preview, decisions, confirmation, undoing. Nothing is read here."""

from io import BytesIO
from typing import Any, cast

from csp.decorators import csp
from django.contrib import messages
from django.http import FileResponse, Http404, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from actions.situation import RequeteCampagne
from comptes.templatetags.typographie import accord, pluriel
from comptes.vues import exiger
from documents import rendre

from ..forms.imports import ColonnesForm, DepotForm, TableauForm
from ..imports import champs
from ..imports.annulation import actions_changees, annulable, annuler
from ..imports.application import abandonner, confirmer, obstacles, relancer
from ..imports.modele import corriger, incoherences
from ..imports.preparation import (
    ABANDONNABLES,
    APERCU_REFAIT,
    PLUS_POSEE,
    confirmer_colonnes,
    decider,
    deposer,
    relire,
    repondre_partout,
    retenir_tout,
)
from ..models import ImportTableur, LigneImport
from ..operations import OperationRefusee
from ..pages.imports import (
    CHOISISSABLES,
    DEBUT_DE_QUESTION,
    LIGNES_PAR_PAGE,
    MOTS,
    STATUTS_EN_COURS,
    Apercu,
    Issue,
    JournalImports,
    PageColonnes,
    Progression,
    consequences,
    ecrites,
    laissees,
    nom_de_la_question,
    reponse_partout,
    tableau_des_problemes,
)

Statut = ImportTableur.Statut

REFUS = "Les imports de tableaux sont ouverts à l'équipe qui pilote le contrat de ville."
ANNEE_ARCHIVEE = (
    "Cette année est archivée : rien n'y est plus importé. Pour corriger une erreur, désarchivez-la depuis la page "
    "« Campagne »."
)
PLUS_A_RELIRE = "Cet import n'est plus à relire : voici où il en est."
PLUS_A_ANNULER = "Cet import n'est pas à annuler : voici où il en est."
# The file of somebody else: downloaded, never shown in a page of ours.
FICHIER_SEUL = cast(Any, csp({"default-src": ["'none'"], "frame-ancestors": ["'none'"], "sandbox": []}))


# -- Finding ---------------------------------------------------------------------------------------
def _trouver(request: RequeteCampagne, cle: str) -> ImportTableur:
    """Return the import of this year, for who runs the contract. Raises Http404, PermissionDenied."""
    exiger(request, "contrats.gerer", request.contrat, REFUS)
    trouve: ImportTableur = get_object_or_404(
        ImportTableur.objects.visibles_par(request.user).select_related(
            "auteur", "applique_par", "annule_par"
        ),
        campagne=request.campagne,
        cle=cle,
    )
    # The same objects as the request's, so that nobody asks for them again.
    trouve.campagne = request.campagne
    return trouve


def _adresse(request: RequeteCampagne, nom: str, *suite: Any) -> str:
    return reverse(nom, args=[request.contrat.slug, request.annee, *suite])


def _par_htmx(request: RequeteCampagne) -> bool:
    return "HX-Request" in request.headers


def _aller(request: RequeteCampagne, adresse: str) -> HttpResponse:
    """Lead to another page, whether the browser or a script asks."""
    return HttpResponse(headers={"HX-Redirect": adresse}) if _par_htmx(request) else redirect(adresse)


def _plus_a_relire(
    request: RequeteCampagne, import_: ImportTableur, phrase: str = PLUS_A_RELIRE
) -> HttpResponse:
    messages.info(request, phrase)
    return _aller(request, _adresse(request, "import_detail", import_.cle))


# -- The list, and a new one -----------------------------------------------------------------------
@require_http_methods(["GET", "POST"])
def imports(request: RequeteCampagne) -> HttpResponse:
    """List the imports of the year and take a new file in; one that is refused keeps the page."""
    exiger(request, "contrats.gerer", request.contrat, REFUS)
    form = DepotForm(request.POST, request.FILES) if request.method == "POST" else DepotForm()
    if request.method == "POST" and form.is_valid():
        try:
            import_ = deposer(request.user, request.campagne, form.cleaned_data["fichier"])
        except OperationRefusee as refus:
            form.add_error("fichier", str(refus))
        else:
            return redirect(_adresse(request, "import_detail", import_.cle))
    contexte = {"journal": JournalImports(request), "form": form, "annee_archivee": ANNEE_ARCHIVEE}
    return render(request, "bilans/imports/liste.html", contexte)


# -- Where it stands -------------------------------------------------------------------------------
# What may be asked of the worker again: to compare anew with what Pilotis holds, to take up what stopped.
GESTES = {"relire": relire, "relancer": relancer}


@require_http_methods(["GET", "POST"])
def import_detail(request: RequeteCampagne, cle: str) -> HttpResponseBase:
    """Show an import as it stands: being read, its columns, its preview, what came of it. Have it read again."""
    import_ = _trouver(request, cle)
    if request.method == "POST":
        return _redemander(request, import_)
    if import_.statut in STATUTS_EN_COURS:
        contexte = {"import": import_, "progression": Progression(request, import_)}
        return render(request, "bilans/imports/progression.html", contexte)
    if _par_htmx(request) and "vu" in request.GET:
        # The page that waited for the worker: what it waited for is there.
        return _aller(request, request.path)
    if request.GET.get("problemes") == "csv":
        return _problemes_en_csv(import_)
    if import_.statut == Statut.COLONNES:
        return redirect(_adresse(request, "import_colonnes", cle))
    if import_.statut == Statut.A_RELIRE:
        return render(request, "bilans/imports/apercu.html", _contexte_apercu(request, import_))
    contexte = {"import": import_, "issue": Issue(request, import_)}
    return render(request, "bilans/imports/issue.html", contexte)


def _redemander(request: RequeteCampagne, import_: ImportTableur) -> HttpResponse:
    geste = GESTES.get(request.POST.get("geste", ""))
    if geste is None:
        return HttpResponse(status=400)
    try:
        geste(request.user, import_)
    except OperationRefusee as refus:
        messages.info(request, str(refus))
    return redirect(_adresse(request, "import_detail", import_.cle))


def _contexte_apercu(request: RequeteCampagne, import_: ImportTableur) -> dict[str, Any]:
    return {
        "import": import_,
        "apercu": Apercu(request, import_),
        "obstacles": obstacles(import_),
    }


def _problemes_en_csv(import_: ImportTableur) -> HttpResponseBase:
    contenu, tableau = BytesIO(), tableau_des_problemes(import_)
    rendre(tableau, "csv", contenu)
    contenu.seek(0)
    return FileResponse(
        contenu,
        as_attachment=True,
        filename=tableau.nom_fichier("csv"),
        content_type="text/csv; charset=utf-8",
    )


@require_safe
@FICHIER_SEUL
def import_fichier(request: RequeteCampagne, cle: str) -> HttpResponseBase:
    """Give back the file as it came: downloaded, whatever it says it is."""
    import_ = _trouver(request, cle)
    try:
        fichier = import_.fichier.open("rb")
    except FileNotFoundError:
        raise Http404("Ce fichier n'est plus sur le serveur.") from None
    reponse = FileResponse(
        fichier, as_attachment=True, filename=import_.nom, content_type="application/octet-stream"
    )
    reponse["X-Content-Type-Options"] = "nosniff"
    reponse["Cache-Control"] = "private, no-cache"
    return reponse


# -- The columns -----------------------------------------------------------------------------------
@require_http_methods(["GET", "POST"])
def import_colonnes(request: RequeteCampagne, cle: str) -> HttpResponse:
    """Show what each column was taken for; then read the rows as a person says, or another table of the workbook."""
    import_ = _trouver(request, cle)
    if import_.statut not in (Statut.COLONNES, Statut.A_RELIRE) or not import_.structure:
        return _plus_a_relire(request, import_)
    page = PageColonnes(request, import_)
    autre_tableau = "tableau" in request.POST
    form = ColonnesForm(
        request.POST if request.method == "POST" and not autre_tableau else None,
        colonnes=page.proposees,
        champs=page.choix,
        etats=champs.ETATS,
        montant=champs.MONTANT,
        intitule=champs.INTITULE,
        initial={"vides_effacent": bool(import_.options.get("vides_effacent"))},
    )
    tableaux = TableauForm(request.POST if autre_tableau else None, tableaux=page.libelles_des_tableaux)
    valide = tableaux.is_valid() if autre_tableau else _est_coherent(form, page)
    if valide:
        try:
            _lire_autrement(request, import_, page, tableaux if autre_tableau else form)
        except OperationRefusee as refus:
            (tableaux if autre_tableau else form).add_error(None, str(refus))
        else:
            return redirect(_adresse(request, "import_detail", cle))
    contexte = {
        "import": import_,
        "page": page,
        "form": form,
        "tableaux": tableaux,
        "colonnes": page.colonnes(form),
        "options": [form["memoriser"], form["vides_effacent"]],
        "etats": list(champs.ETATS.items()),
        "montant": champs.MONTANT,
    }
    return render(request, "bilans/imports/colonnes.html", contexte)


def _est_coherent(form: ColonnesForm, page: PageColonnes) -> bool:
    """Return whether the columns can all be what `form` says; each one that cannot has its sentence at its field."""
    if form.is_valid():
        for contredit in incoherences(corriger(page.structure, form.correspondances)):
            form.add_error(f"champ_{contredit.index}", contredit.phrase)
    return form.is_valid()


def _lire_autrement(
    request: RequeteCampagne, import_: ImportTableur, page: PageColonnes, form: ColonnesForm | TableauForm
) -> None:
    """Have the rows read as `form` says. Raises OperationRefusee."""
    if isinstance(form, TableauForm):
        choisi = page.tableaux[form.cleaned_data["tableau"]]
        confirmer_colonnes(
            request.user,
            import_,
            {},
            {},
            feuille=choisi.feuille,
            entete=choisi.entete,
            memoriser=False,
        )
        return
    confirmer_colonnes(
        request.user,
        import_,
        form.correspondances,
        {"vides_effacent": form.cleaned_data["vides_effacent"]},
        memoriser=form.cleaned_data["memoriser"],
    )


# -- Deciding --------------------------------------------------------------------------------------
@require_POST
def import_ligne(request: RequeteCampagne, cle: str, ordre: int) -> HttpResponse:
    """Answer the questions of a row, keep it or leave it; say the row again, with those that it changed."""
    import_ = _trouver(request, cle)
    try:
        ligne = _ligne(request, import_, ordre)
        reponses, vues = _reponses(request, ligne)
        ligne = decider(request.user, import_, ligne, reponses=reponses, vues=vues, retenue=_choix(request))
    except OperationRefusee as refus:
        messages.warning(request, str(refus))
        return _aller(request, _retour(request, import_))
    import_.refresh_from_db(fields=["absentes", "totaux"])
    if not _par_htmx(request):
        messages.success(request, _dit(ligne))
        return redirect(_retour(request, import_, f"ligne-{ordre}"))
    return _lignes_changees(request, import_, ligne)


def _ligne(request: RequeteCampagne, import_: ImportTableur, ordre: int) -> LigneImport:
    """Return the row that the form was about. Raises Http404; OperationRefusee when the preview was made anew since."""
    ligne: LigneImport | None = import_.lignes.filter(ordre=ordre, categorie__in=MOTS).first()
    vue = request.POST.get("ligne", "")
    if vue and (ligne is None or vue != str(ligne.pk)):
        raise OperationRefusee(APERCU_REFAIT)
    if ligne is None:
        raise Http404
    return ligne


def _reponses(request: RequeteCampagne, ligne: LigneImport) -> tuple[dict[str, str], dict[str, str]]:
    """Return what was answered, and the answers that the page showed, by key of the question.

    Raises OperationRefusee for an answer to a question that the row no longer asks.
    """
    dites = {
        str(nom): str(dit)
        for nom, dit in request.POST.items()
        if str(nom).startswith(DEBUT_DE_QUESTION) and dit
    }
    cles = {nom_de_la_question(question["cle"]): question["cle"] for question in ligne.questions}
    if dites.keys() - cles.keys():
        raise OperationRefusee(PLUS_POSEE)
    reponses = {cles[nom]: dit for nom, dit in dites.items()}
    vues = {cles[nom]: request.POST[f"vue-{nom}"] for nom in dites if f"vue-{nom}" in request.POST}
    return reponses, vues


def _choix(request: RequeteCampagne) -> bool | None:
    """Return whether the row is kept; None when the form had no such box."""
    return "retenue" in request.POST if "choix" in request.POST else None


def _dit(ligne: LigneImport) -> str:
    """Return what became of a row, in words."""
    ou = f"Ligne {ligne.numero}" if ligne.numero else ligne.titre
    if ligne.categorie == LigneImport.Categorie.A_DECIDER:
        return f"{ou} : choix enregistré, il reste à répondre."
    mots = MOTS[LigneImport.Categorie(ligne.categorie)].lues.partition(",")[0]
    laissee = ", laissée de côté" if ligne.retenue is False else ""
    return f"{ou} : choix enregistré. Elle est {mots}{laissee}."


def _retour(request: RequeteCampagne, import_: ImportTableur, ancre: str = "") -> str:
    """Return the address of the preview where the form was: the same category, the same page."""
    criteres = QueryDict(mutable=True)
    if request.POST.get("categorie") in MOTS:
        criteres["categorie"] = request.POST["categorie"]
    if request.POST.get("page", "").isdecimal():
        criteres["page"] = request.POST["page"]
    suite = f"?{criteres.urlencode()}" if criteres else ""
    return f"{_adresse(request, 'import_detail', import_.cle)}{suite}{f'#{ancre}' if ancre else ''}"


def _lignes_changees(request: RequeteCampagne, import_: ImportTableur, ligne: LigneImport) -> HttpResponse:
    """Return the row as it is now; beside it, those of the page that ask the same, the counts and the button."""
    contexte = _contexte_apercu(request, import_)
    apercu = contexte["apercu"]
    visibles = [int(n) for n in request.POST.get("visibles", "").split(",") if n.isdecimal() and len(n) < 8]
    autres = (
        import_.lignes.filter(ordre__in=visibles[:LIGNES_PAR_PAGE]).exclude(pk=ligne.pk).order_by("ordre")
    )
    posees = _cles(ligne)
    contexte |= {
        "vue": apercu.vue(ligne),
        "autres": [apercu.vue(autre) for autre in autres if posees & _cles(autre)],
        "annonce": _dit(ligne),
    }
    return render(request, "bilans/imports/reponse.html", contexte)


def _cles(ligne: LigneImport) -> set[str]:
    """Return what makes the questions of a row the same as those of another."""
    return {question["cle"] for question in ligne.questions}


@require_POST
def import_choisir(request: RequeteCampagne, cle: str) -> HttpResponse:
    """Keep, or leave, every row of a category; answer at once the questions that propose the same."""
    import_ = _trouver(request, cle)
    if "partout" in request.POST:
        return _repondre_partout(request, import_)
    categorie, retenue = request.POST.get("categorie", ""), request.POST.get("retenue") == "oui"
    if categorie not in CHOISISSABLES:
        return HttpResponse(status=400)
    try:
        combien = retenir_tout(request.user, import_, categorie, retenue)
    except OperationRefusee as refus:
        return _plus_a_relire(request, import_, str(refus))
    mots = "retenue,retenues" if retenue else "laissée de côté,laissées de côté"
    messages.success(request, f"{pluriel(combien, 'ligne,lignes')} {accord(combien, mots)}.")
    return redirect(_retour(request, import_))


def _repondre_partout(request: RequeteCampagne, import_: ImportTableur) -> HttpResponse:
    prefixe = request.POST["partout"]
    valeur = reponse_partout(prefixe)
    if not valeur:
        return HttpResponse(status=400)
    try:
        combien = repondre_partout(request.user, import_, prefixe, valeur)
    except OperationRefusee as refus:
        return _plus_a_relire(request, import_, str(refus))
    messages.success(request, f"{pluriel(combien, 'question a sa réponse,questions ont leur réponse')}.")
    return redirect(_adresse(request, "import_detail", import_.cle))


# -- Confirming, undoing, giving up ----------------------------------------------------------------
@require_http_methods(["GET", "POST"])
def import_confirmer(request: RequeteCampagne, cle: str) -> HttpResponse:
    """Say in figures what would be written, then have it written."""
    import_ = _trouver(request, cle)
    if import_.statut != Statut.A_RELIRE:
        return _plus_a_relire(request, import_)
    empeche = obstacles(import_)
    if empeche:
        for phrase in empeche:
            messages.warning(request, phrase)
        return redirect(_adresse(request, "import_detail", cle))
    if request.method == "POST":
        try:
            confirmer(request.user, import_)
        except OperationRefusee as refus:
            messages.warning(request, str(refus))
        return redirect(_adresse(request, "import_detail", cle))
    contexte = {
        "import": import_,
        "consequences": consequences(import_),
        "laissees": laissees(import_),
        "a_ecrire": ecrites(import_),
        "url_retour": _adresse(request, "import_detail", cle),
        "sans_danger": True,
    }
    return render(request, "bilans/imports/confirmer.html", contexte)


@require_http_methods(["GET", "POST"])
def import_annuler(request: RequeteCampagne, cle: str) -> HttpResponse:
    """Say what undoing takes back, then undo; or why it cannot be undone any more."""
    import_ = _trouver(request, cle)
    if import_.statut != Statut.APPLIQUE:
        return _plus_a_relire(request, import_, PLUS_A_ANNULER)
    empechements = annulable(import_)
    if request.method == "POST" and not empechements:
        try:
            annuler(request.user, import_)
        except OperationRefusee as refus:
            messages.error(request, str(refus))
        return redirect(_adresse(request, "import_detail", cle))
    contexte = {
        "import": import_,
        "issue": Issue(request, import_),
        "empechements": empechements,
        "actions_changees": actions_changees(import_) if empechements else [],
        "url_retour": _adresse(request, "import_detail", cle),
    }
    return render(request, "bilans/imports/annuler.html", contexte)


@require_http_methods(["GET", "POST"])
def import_abandonner(request: RequeteCampagne, cle: str) -> HttpResponse:
    """Ask whether to give an import up before anything is written, then do it."""
    import_ = _trouver(request, cle)
    if import_.statut not in ABANDONNABLES:
        return _plus_a_relire(request, import_)
    if request.method == "POST":
        try:
            abandonner(request.user, import_)
        except OperationRefusee as refus:
            return _plus_a_relire(request, import_, str(refus))
        messages.success(request, f"L'import de « {import_.nom} » est abandonné : rien n'a été écrit.")
        return redirect(_adresse(request, "imports"))
    contexte = {
        "import": import_,
        "en_lecture": import_.statut in STATUTS_EN_COURS,
        "url_retour": _adresse(request, "import_detail", cle),
    }
    return render(request, "bilans/imports/abandonner.html", contexte)
