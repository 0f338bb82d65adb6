"""Entering a bilan: step by step for the porteur, on one page for the chargé·e de mission."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.text import capfirst
from django.views.decorators.http import require_http_methods, require_POST

from actions.situation import RequeteCampagne
from comptes.models import Utilisateur
from comptes.reprise import garder_la_saisie, oublier_saisie, saisie_gardee
from comptes.templatetags.typographie import pluriel
from comptes.versions import Conflit, VersionPerimee, comparer, lire_version
from comptes.vues import exiger, lire_json

from .. import operations
from ..controles.justifications import Constat, constats_bilan
from ..forms import BilanForm, EtapeForm, valeurs
from ..models import Bilan
from ..operations import OperationRefusee
from ..operations.brouillon import Changement, ConflitDeChamp, ResultatBrouillon, enregistrer_brouillon
from ..operations.budgets import partir_du_previsionnel
from ..operations.suggestions import ignorer_suggestion, propositions, reprendre_suggestion
from ..pages.consultation import commentaires_par_champ
from ..pages.pieces import pieces_du_bilan
from ..pages.saisie import EFFECTIFS, LONGUEUR_MAX, PHRASE_TROP_LONG, PageEtape, PageRelecture, Parcours
from ..regles import porte_le_bilan
from ..saisie import DEROULEMENT, ETAPES, RELECTURE, Saisie, empreinte, marque
from .bilan import PASSAGES
from .brouillons import ILLISIBLE, lire_les_changements, reponse_du_brouillon
from .commun import CHANGE_ENTRE_TEMPS, adresse, lire_plutot, trouver_bilan
from .pieces import recevoir

PAS_ENVOYE = (
    "Votre connexion avait pris fin : le bilan n'est pas encore transmis. Relisez-le, puis appuyez de nouveau "
    "sur « Transmettre le bilan »."
)
REPRISE = (
    "Voici ce que vous aviez écrit quand votre connexion a pris fin : relisez-le, puis enregistrez, "
    "car ce n'est pas encore enregistré."
)


@garder_la_saisie
@require_http_methods(["GET", "POST"])
def bilan_saisir(request: RequeteCampagne, cle: str) -> HttpResponse:
    """Enter a bilan: save it, then hand it over or validate it."""
    bilan = trouver_bilan(request, cle)
    gere = request.user.has_perm("bilans.gerer", bilan)
    if not (gere or porte_le_bilan(request.user, bilan)):
        exiger(request, "bilans.saisir", bilan, operations.refus(bilan))
    if request.method == "GET" and not request.user.has_perm("bilans.saisir", bilan):
        return lire_plutot(request, bilan)
    return _saisir_d_un_bloc(request, bilan) if gere else _saisir_par_etapes(request, bilan)


# -- Step by step ----------------------------------------------------------------------------------
def _saisir_par_etapes(request: RequeteCampagne, bilan: Bilan) -> HttpResponse:
    etape = request.GET.get("etape", "")
    if request.method == "POST":
        if etape == RELECTURE:
            return _envoyer(request, bilan)
        return _enregistrer_etape(request, bilan, etape if etape in ETAPES else DEROULEMENT)
    parcours = _parcours(request, Saisie(bilan))
    if etape not in ETAPES:
        etape = parcours.a_reprendre
    if etape == RELECTURE:
        gardee = saisie_gardee(request, _adresse_de_l_etape(request, bilan, etape))
        if gardee and gardee.get("suite") == "transmettre":
            messages.warning(request, PAS_ENVOYE)
        return _montrer_la_relecture(request, parcours)
    gardee = saisie_gardee(request, _adresse_de_l_etape(request, bilan, etape))
    typees = lire_les_champs(gardee, parcours.saisie, etape) if gardee else {}
    if not _sont_sauves(parcours.saisie, typees):
        messages.warning(request, REPRISE)
    if gardee and "releve" in gardee:
        # What the page knew as saved when it was typed on: tells what someone else changed since.
        typees["releve"] = str(gardee["releve"])
    return _montrer_l_etape(request, parcours, etape, typees)


def _enregistrer_etape(request: RequeteCampagne, bilan: Bilan, etape: str) -> HttpResponse:
    """Save what was typed in a step, then go where its button says, or show what could not be saved."""
    saisie = Saisie(bilan)
    typees = lire_les_champs(request.POST, saisie, etape)
    marques = lire_le_releve(request.POST.get("releve", ""))
    champs = {
        nom: Changement("", texte, marques.get(nom, ""))
        for nom, texte in typees.items()
        if request.POST.get(f"choix_{nom}") != "autre"
    }
    try:
        resultat = enregistrer_brouillon(bilan, request.user, champs)
    except OperationRefusee as refus:
        messages.error(request, str(refus))
        return _montrer_l_etape(request, _parcours(request, saisie), etape, typees)
    oublier_saisie(request, request.get_full_path())
    suite = request.POST.get("suite", "")
    if suite == "joindre" or request.FILES:
        recevoir(request, bilan)
    parcours = _parcours(request, resultat.saisie)
    if resultat.conflits or resultat.refuses:
        return _montrer_ce_qui_reste(request, parcours, etape, typees, resultat)
    if suite == "joindre":
        return redirect(f"{_adresse_de_l_etape(request, bilan, etape)}#pieces")
    if suite == "previsionnel":
        _partir_du_previsionnel(request, bilan)
        return redirect(_adresse_de_l_etape(request, bilan, etape))
    if _decider_d_une_suggestion(request, bilan):
        return redirect(f"{_adresse_de_l_etape(request, bilan, etape)}#suggestions")
    return redirect(_adresse_de_l_etape(request, bilan, _suite(request, parcours, etape, resultat)))


def _partir_du_previsionnel(request: RequeteCampagne, bilan: Bilan) -> None:
    try:
        combien = partir_du_previsionnel(bilan, request.user)
    except OperationRefusee as refus:
        messages.warning(request, str(refus))
    else:
        repris = pluriel(
            combien, "montant prévu est repris,montants prévus sont repris,aucun montant n'était à reprendre"
        )
        messages.success(request, f"{capfirst(repris)}. Corrigez maintenant ceux qui ont changé.")


def _suite(request: RequeteCampagne, parcours: Parcours, etape: str, resultat: ResultatBrouillon) -> str:
    """Return the step to show next, and say what to look at again when one stays for that.

    One stays for what does not add up in what was just changed; pressed again, the button goes on.
    """
    suite = request.POST.get("suite", "")
    if suite == "precedent":
        return parcours.precedente(etape)
    if suite == "transmettre":
        return RELECTURE
    contradictions = [a for a in parcours.anomalies_de(etape) if a.bloquante]
    if resultat.change and (resultat.a_corriger or contradictions):
        messages.warning(
            request,
            "Votre saisie est enregistrée. Quelque chose est à revoir dans cette page, avant d'envoyer le bilan.",
        )
        return etape
    if suite == "continuer":
        _dire_ce_qui_reste_a_revoir(request, parcours, etape)
        return parcours.suivante(etape)
    messages.success(request, "Votre saisie est enregistrée. Vous pouvez continuer, ou revenir plus tard.")
    return etape


def _decider_d_une_suggestion(request: RequeteCampagne, bilan: Bilan) -> bool:
    """Take or leave aside the suggestion whose button was pressed, what was typed being saved; return whether one was.

    The button belongs to the form of the page: nothing typed beside it is lost.
    """
    geste, _, marque = request.POST.get("suite", "").partition(":")
    try:
        if geste == "reprendre":
            prise = reprendre_suggestion(bilan, request.user, marque)
            messages.success(request, f"{prise.champ.libelle} : « {prise.lisible} » est enregistré.")
        elif geste == "ignorer":
            laissee = ignorer_suggestion(bilan, request.user, marque)
            messages.success(
                request, f"{laissee.champ.libelle} : « {laissee.lisible} » ne vous sera plus proposé."
            )
        else:
            return False
    except OperationRefusee as refus:
        messages.warning(request, str(refus))
    return True


def _dire_ce_qui_reste_a_revoir(request: RequeteCampagne, parcours: Parcours, etape: str) -> None:
    """Say what contradicts itself, or cannot be read, in the step that one leaves: it stops nothing before the end."""
    phrases = parcours.a_revoir(etape)
    if phrases:
        titre = parcours.etape(etape).titre
        messages.warning(request, f"À revoir dans « {titre} » avant d'envoyer le bilan. {' '.join(phrases)}")


def _montrer_ce_qui_reste(
    request: RequeteCampagne,
    parcours: Parcours,
    etape: str,
    typees: Mapping[str, str],
    resultat: ResultatBrouillon,
) -> HttpResponse:
    """Show the step with what was typed and could not be saved, beside what someone else wrote."""
    restees = {nom: typees[nom] for nom in (*resultat.conflits, *resultat.refuses) if nom in typees}
    if resultat.conflits:
        messages.warning(
            request,
            "Le reste est enregistré. Quelqu'un a écrit autre chose pendant ce temps : comparez les deux "
            "versions, choisissez, puis enregistrez.",
        )
    for phrase in resultat.refuses.values():
        messages.error(request, phrase)
    return _montrer_l_etape(request, parcours, etape, restees, resultat.conflits)


def _envoyer(request: RequeteCampagne, bilan: Bilan) -> HttpResponse:
    """Hand the bilan over once, however many times the button is pressed."""
    oublier_saisie(request, request.get_full_path())
    suite = request.POST.get("suite", "")
    if suite != "transmettre":
        parcours = Parcours(Saisie(bilan))
        etape = parcours.precedente(RELECTURE) if suite == "precedent" else RELECTURE
        return redirect(_adresse_de_l_etape(request, bilan, etape))
    version = request.POST.get("version")
    try:
        operations.transmettre(
            bilan, request.user, version=None if version is None else lire_version(version)
        )
    except VersionPerimee:
        messages.warning(request, CHANGE_ENTRE_TEMPS)
    except OperationRefusee as refus:
        restants = len(operations.manques(bilan))
        # The page lists them, each with its link: said twice, they would push the list out of sight.
        phrase = f"Ce bilan ne peut pas encore être transmis : {restants} points sont à régler."
        messages.warning(request, phrase if restants > 1 else str(refus))
    else:
        messages.success(
            request,
            f"{PASSAGES['transmettre'].fait} Vous n'avez plus rien à faire. Votre reçu vous est envoyé par courriel ; "
            "il est aussi plus bas dans cette page.",
        )
        return redirect(adresse(request, "bilan_detail", bilan.action_annuelle.cle))
    return redirect(_adresse_de_l_etape(request, bilan, RELECTURE))


def _montrer_l_etape(
    request: RequeteCampagne,
    parcours: Parcours,
    etape: str,
    typees: Mapping[str, str],
    conflits: Mapping[str, ConflitDeChamp] | None = None,
) -> HttpResponse:
    bilan = parcours.saisie.bilan
    form = EtapeForm(parcours.saisie, etape, typees)
    page = PageEtape(parcours, parcours.etape(etape), form, request.user, conflits or {})
    contexte = _contexte(request, parcours, page)
    contexte |= {
        "form": form,
        "pieces": pieces_du_bilan(bilan, request.user, etape) if etape == DEROULEMENT else None,
        # What is on the page and saved nowhere: the browser keeps it, and warns before leaving.
        "en_attente": any("data-avant" in champ.widget.attrs for champ in form.fields.values()),
    }
    return render(request, "bilans/bilan_etape.html", contexte)


def _montrer_la_relecture(request: RequeteCampagne, parcours: Parcours) -> HttpResponse:
    page = PageRelecture(parcours, parcours.etape(RELECTURE))
    return render(request, "bilans/bilan_etape_relecture.html", _contexte(request, parcours, page))


def _contexte(
    request: RequeteCampagne, parcours: Parcours, page: PageEtape | PageRelecture
) -> dict[str, Any]:
    bilan = parcours.saisie.bilan
    return {
        "bilan": bilan,
        "annuelle": bilan.action_annuelle,
        "page": page,
        "parcours": parcours,
        "longueur_max": LONGUEUR_MAX,
        "phrase_trop_long": PHRASE_TROP_LONG,
        "url_saisie": adresse(request, "bilan_saisir", bilan.action_annuelle.cle),
        "url_page": adresse(request, "bilan_detail", bilan.action_annuelle.cle),
    }


def _parcours(request: RequeteCampagne, saisie: Saisie) -> Parcours:
    return Parcours(saisie, commentaires_par_champ(saisie.bilan, request.user))


def _adresse_de_l_etape(request: RequeteCampagne, bilan: Bilan, etape: str) -> str:
    return f"{adresse(request, 'bilan_saisir', bilan.action_annuelle.cle)}?etape={etape}"


def lire_les_champs(donnees: Mapping[str, Any], saisie: Saisie, etape: str) -> dict[str, str]:
    """Return what a page sent of the fields of a step, as typed; an unticked box is a blank."""
    champs = {}
    for champ in saisie.de_l_etape(etape):
        coche = getattr(champ.formulaire.widget, "input_type", "") in ("checkbox", "radio")
        if champ.nom in donnees or (coche and "releve" in donnees):
            champs[champ.nom] = str(donnees.get(champ.nom, ""))
    return champs


def lire_le_releve(texte: str) -> dict[str, str]:
    """Return the marks of what a page had shown, by field; none when it does not say."""
    try:
        lues = lire_json(texte or "{}")
    except ValueError:
        return {}
    return {str(nom): str(marque) for nom, marque in lues.items()} if isinstance(lues, dict) else {}


def _sont_sauves(saisie: Saisie, typees: Mapping[str, str]) -> bool:
    """Return whether what was typed is what is saved."""
    champs = saisie.champs
    return all(
        empreinte(champs[nom], texte) == empreinte(champs[nom], saisie.brut(nom))
        for nom, texte in typees.items()
    )


# -- Saving as one types ---------------------------------------------------------------------------
@require_POST
def bilan_brouillon(request: RequeteCampagne, cle: str) -> HttpResponse:
    """Save what was just typed and answer in JSON: what is saved, what is to be corrected, what someone else wrote."""
    # The operation reads the bilan again under its lock: here, only whether the account sees it.
    visibles = Bilan.objects.visibles_par(request.user).only("pk")
    bilan = get_object_or_404(visibles, action_annuelle__campagne=request.campagne, action_annuelle__cle=cle)
    champs = lire_les_changements(request.body)
    if champs is None:
        return JsonResponse({"message": ILLISIBLE}, status=400)
    try:
        resultat = enregistrer_brouillon(bilan, request.user, champs)
    except (OperationRefusee, PermissionDenied) as refus:
        return JsonResponse({"message": str(refus)}, status=403)
    return JsonResponse(_reponse_du_brouillon(resultat, request.user))


def _reponse_du_brouillon(resultat: ResultatBrouillon, utilisateur: Utilisateur) -> dict[str, Any]:
    parcours = Parcours(resultat.saisie)
    anomalies = [
        {"champ": parcours.lieu(anomalie), "message": anomalie.message, "bloquante": anomalie.bloquante}
        for anomalie in parcours.anomalies
    ]
    return reponse_du_brouillon(resultat, resultat.bilan.version, utilisateur, anomalies, parcours.etapes)


# The cells of the grids begin so (bilans.effectifs.nom_du_champ).
CASES = ("total_", "qpv_")


# -- On one page -----------------------------------------------------------------------------------
def _saisir_d_un_bloc(request: RequeteCampagne, bilan: Bilan) -> HttpResponse:
    constats = constats_bilan(bilan)
    # The chargé·e de mission reads here what stops the validation, the texts of the bilan included.
    manques = [*operations.manques(bilan, constats=constats)]
    manques += [m for m in operations.manques_pour_valider(bilan, constats=constats) if m not in manques]
    chemin = request.get_full_path()
    gardee = None if request.method == "POST" else saisie_gardee(request, chemin)
    form = BilanForm(request.POST if request.method == "POST" else gardee, instance=bilan)
    if gardee:
        messages.warning(request, REPRISE)
    conflit = None
    if request.method == "POST" and form.is_valid():
        try:
            reponse = _enregistrer(request, bilan, form)
            oublier_saisie(request, chemin)
            return reponse
        except VersionPerimee as perimee:
            conflit = _mettre_en_regard(form, perimee.actuel)
        except OperationRefusee as refus:
            form.add_error(None, str(refus))
    contexte = {
        "annuelle": bilan.action_annuelle,
        "bilan": bilan,
        "form": form,
        "conflit": conflit,
        "manques": manques,
        "phrases": {} if form.is_bound else _par_champ(constats),
        "justifiable": any(constat.bloque and constat.justifiable for constat in constats),
        "enregistre_le": _enregistre_le(bilan),
        "releves": [v for v in form.saisie.valeurs_indicateurs if v.critere_id is v.demande_id is None],
        "url_page": adresse(request, "bilan_detail", bilan.action_annuelle.cle),
        "propositions": [] if form.is_bound else propositions(form.saisie),
    }
    return render(request, "bilans/bilan_saisir.html", contexte)


def _par_champ(constats: Iterable[Constat]) -> dict[str, list[str]]:
    """Return what does not add up at each field, in sentences; what was decided of is not said again.

    What a text says of a cell is said under the grids.
    """
    phrases: dict[str, list[str]] = {}
    for constat in constats:
        anomalie = constat.anomalie
        if constat.justification is None:
            lieu = EFFECTIFS if anomalie.citation and anomalie.champ.startswith(CASES) else anomalie.champ
            phrases.setdefault(lieu, []).append(anomalie.message)
    return phrases


def _enregistre_le(bilan: Bilan) -> datetime | None:
    """Return when the bilan was last saved; None when nobody has entered anything."""
    if bilan.statut == Bilan.Statut.A_SAISIR:
        return None
    derniere = bilan.historique.values_list("history_date", flat=True).first()
    return derniere if isinstance(derniere, datetime) else None


def _enregistrer(request: RequeteCampagne, bilan: Bilan, form: BilanForm) -> HttpResponse:
    """Write a valid form, then do what its button says; return where to go."""
    cle, version = bilan.action_annuelle.cle, form.cleaned_data["version"] or 0
    avant = bilan.version
    actuel = operations.enregistrer_bilan(
        bilan,
        request.user,
        champs=form.champs(),
        effectifs=form.effectifs(),
        autres=form.autres(),
        version=version,
    )
    suite = request.POST.get("suite")
    if _decider_d_une_suggestion(request, actuel):
        return redirect(f"{adresse(request, 'bilan_saisir', cle)}#suggestions")
    if suite not in ("transmettre", "valider"):
        if actuel.version == avant:
            messages.info(request, "Rien n'a changé : tout était déjà enregistré.")
        else:
            messages.success(request, "Le bilan est enregistré. Vous pouvez continuer, ou revenir plus tard.")
        return redirect(adresse(request, "bilan_saisir", cle))
    try:
        getattr(operations, suite)(actuel, request.user)
    except OperationRefusee as refus:
        messages.warning(request, f"Votre saisie est enregistrée. {refus}")
        return redirect(adresse(request, "bilan_saisir", cle))
    messages.success(request, PASSAGES[suite].fait)
    return redirect(adresse(request, "bilan_detail", cle))


def _mettre_en_regard(form: BilanForm, actuel: Bilan) -> Conflit:
    """Return the gap between what was typed and what someone else saved, the form ready to be sent again.

    What the page had shown, which its marks tell, says who changed what.
    """
    marques, actuelle = lire_le_releve(form.cleaned_data["releve"]), Saisie(actuel)
    conflit = comparer(form, actuel, valeurs(actuel))
    donnees: Any = form.data
    for nom, ecart in list(conflit.ecarts.items()):
        champ = actuelle.champs[nom]
        ecart = replace(ecart, autre=actuelle.attente.get(nom) or champ.texte())
        conflit.ecarts[nom] = ecart
        if marques.get(nom) == actuelle.marque(nom):
            # Only the typist changed this one.
            del conflit.ecarts[nom]
        elif marques.get(nom) == marque(champ, str(form.data.get(nom, ""))):
            donnees[nom] = actuelle.brut(nom)
            conflit.ecarts[nom] = replace(ecart, repris=True)
    donnees["releve"] = json.dumps({nom: actuelle.marque(nom) for nom in actuelle.champs})
    # What was taken over counts in the totals that the page shows.
    form.full_clean()
    return conflit
