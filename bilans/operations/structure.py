"""What changes a fiche de travail et d'analyse: asked of a structure, written as one types, sent, read, validated.

The same loop as a bilan: nothing typed is lost, what someone else wrote is opposed field by field, a fiche sent
back says why, and one that is validated changes no more until it is opened again with a reason.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from actions.models import Campagne
from comptes.historique import date_de_l_histoire, debut_du_brouillon
from comptes.models import Utilisateur
from comptes.signature import signer
from comptes.templatetags.typographie import insecables
from comptes.versions import VersionPerimee
from documents import montant, pourcentage
from porteurs.models import Agrement, Convention, MoyenHumain, Porteur, Representant

from ..models import AxeBilanStructure, BilanStructure, ReponseStructure, TransitionStructure
from ..regles import fiche_gelee
from ..saisie import Champ, canonique
from ..structure import RELECTURE, SaisieStructure
from ..structure.chiffres import nom_du_chiffre
from ..structure.questions import DURABLES, QUESTIONS, REPARTITIONS
from ..structure.saisie import ColonneFiche
from .brouillon import Changement, ConflitDeChamp, Tri, trier
from .courriels import annoncer_la_fiche
from .ecriture import PlumeFondue, PlumeSimple
from .etats import Manque, OperationRefusee

Statut = BilanStructure.Statut
# The nine axes of document 003, when the convention of the structure says none.
AXES = (
    "Animation globale",
    "Animation collective famille",
    "Animation jeunesse",
    "Médiation numérique",
    "Accès spécifique à la culture",
    "Actions particulières des projets de quartier « politique de la ville »",
    "Action sociale et partenariats avec le CCAS",
    "Participation citoyenne",
    "Insertion et accompagnement vers l'emploi",
)
# Where each operation starts from, and where it leads.
DEPUIS: Mapping[str, tuple[str, ...]] = {
    "enregistrer": (*BilanStructure.STATUTS_MODIFIABLES, Statut.TRANSMIS),
    "transmettre": BilanStructure.STATUTS_MODIFIABLES,
    "valider": (*BilanStructure.STATUTS_MODIFIABLES, Statut.TRANSMIS),
    "renvoyer": (Statut.TRANSMIS,),
    "rouvrir": (Statut.VALIDE,),
}
VERS: Mapping[str, str] = {
    "transmettre": Statut.TRANSMIS,
    "valider": Statut.VALIDE,
    "renvoyer": Statut.A_COMPLETER,
    "rouvrir": Statut.TRANSMIS,
}
# What the structure does itself, while the fiche is in its hands.
DU_PORTEUR = ("enregistrer", "transmettre")
REFUS: Mapping[str, str] = {
    Statut.A_SAISIR: "Cette fiche n'a pas encore été saisie.",
    Statut.EN_SAISIE: "Cette fiche n'a pas encore été transmise.",
    Statut.A_COMPLETER: "Cette fiche est entre les mains de la structure, à qui elle a été renvoyée.",
    Statut.TRANSMIS: "Cette fiche est transmise : elle est entre les mains de la personne chargée de mission.",
    Statut.VALIDE: "Cette fiche est validée : pour la modifier, il faut d'abord la rouvrir.",
}
ARCHIVEE = "L'année est archivée : ses fiches ne changent plus."


# -- Asking for it ---------------------------------------------------------------------------------
@transaction.atomic
def demander_fiches(
    auteur: Utilisateur, campagne: Campagne, porteurs: Iterable[Porteur], *, echeance: date | None = None
) -> list[BilanStructure]:
    """Ask each of `porteurs` for the fiche of the year, filled with what is known; return those that are new.

    Raises PermissionDenied, OperationRefusee for an archived year or a porteur of another intercommunality.
    """
    # The row of the campagne is the lock: two people cannot ask for the same fiche at once.
    campagne = Campagne.objects.select_for_update(no_key=True).get(pk=campagne.pk)
    if not auteur.has_perm("contrats.gerer", campagne.contrat):
        raise PermissionDenied
    if campagne.statut == Campagne.Statut.ARCHIVEE:
        raise OperationRefusee(ARCHIVEE)
    deja = set(campagne.bilans_structure.values_list("porteur", flat=True))
    nouvelles = []
    for porteur in porteurs:
        if porteur.epci_id != campagne.contrat.epci_id:
            raise OperationRefusee(f"« {porteur} » n'est pas une structure de ce contrat.")
        if porteur.pk not in deja:
            nouvelles.append(_ouvrir(auteur, campagne, porteur, echeance))
    return nouvelles


def _ouvrir(
    auteur: Utilisateur, campagne: Campagne, porteur: Porteur, echeance: date | None
) -> BilanStructure:
    fiche = BilanStructure(porteur=porteur, campagne=campagne, echeance=echeance)
    signer(fiche, auteur)
    fiche.save()
    AxeBilanStructure.objects.bulk_create(
        AxeBilanStructure(bilan_structure=fiche, ordre=ordre, intitule=intitule)
        for ordre, intitule in enumerate(axes_de_la_fiche(porteur, campagne), 1)
    )
    ReponseStructure.objects.bulk_create(
        ReponseStructure(
            bilan_structure=fiche,
            code=code,
            texte="" if isinstance(valeur, Decimal) else valeur,
            nombre=valeur if isinstance(valeur, Decimal) else None,
        )
        for code, valeur in ce_qui_est_connu(porteur, campagne).items()
        if valeur != ""
    )
    return fiche


def axes_de_la_fiche(porteur: Porteur, campagne: Campagne) -> list[str]:
    """Return the axes on which a structure reports: those of its last convention, else those of document 003."""
    convention = (
        Convention.objects.filter(porteur=porteur, contrat=campagne.contrat, axes__isnull=False)
        .order_by("-date_debut", "-pk")
        .first()
    )
    if convention is None:
        return list(AXES)
    return list(convention.axes.order_by("ordre").values_list("intitule", flat=True))


def ce_qui_est_connu(porteur: Porteur, campagne: Campagne) -> dict[str, str | Decimal]:
    """Return what a new fiche is filled with: last year's identification, else the structure's own file."""
    precedente = (
        BilanStructure.objects.filter(porteur=porteur, campagne__annee__lt=campagne.annee)
        .order_by("-campagne__annee")
        .first()
    )
    connu: dict[str, str | Decimal] = {**_du_repertoire(porteur), **_des_moyens(porteur, campagne.annee)}
    if precedente is not None:
        reponses = precedente.reponses.filter(code__in=DURABLES).exclude(texte="")
        connu |= dict(reponses.values_list("code", "texte"))
    return connu


def _du_repertoire(porteur: Porteur) -> dict[str, str]:
    """Return what the directory says of the structure, by code of question."""
    fonctions = {
        "president": ("président",),
        "vice_president": ("vice-président",),
        "tresorier": ("trésorier",),
        "secretaire": ("secrétaire",),
        "directeur": ("directeur", "directrice"),
    }
    ville = f"{porteur.code_postal} {porteur.ville}".strip()
    connu = {
        "denomination": porteur.nom,
        "siret": porteur.siret,
        "forme": porteur.get_type_display(),
        "adresse": ", ".join(mots for mots in (porteur.adresse, ville) if mots),
        "telephone": porteur.telephone,
        "courriel": porteur.email,
        "ape": porteur.code_ape,
        "date_creation": porteur.date_creation.isoformat() if porteur.date_creation else "",
        "date_statuts": porteur.date_statuts.isoformat() if porteur.date_statuts else "",
    }
    en_fonction = Representant.objects.filter(porteur=porteur, date_fin__isnull=True).order_by(
        "-legal", "nom"
    )
    for representant in en_fonction:
        dite = representant.fonction.lower()
        for code, mots in fonctions.items():
            if any(dite.startswith(mot) for mot in mots) and not connu.get(code):
                connu[code] = representant.nom
    agrement = (
        Agrement.objects.filter(porteur=porteur, type__icontains="centre social")
        .order_by("-date_fin")
        .first()
    )
    if agrement is not None:
        connu["agrement_debut"] = agrement.date_debut.isoformat() if agrement.date_debut else ""
        connu["agrement_fin"] = agrement.date_fin.isoformat() if agrement.date_fin else ""
    return connu


MOYENS = (
    "salaries_permanents",
    "etp_permanents",
    "salaries_non_permanents",
    "etp_non_permanents",
    "adherents",
    "familles",
)


def _des_moyens(porteur: Porteur, annee: int) -> dict[str, Decimal]:
    """Return the people of the structure that are known for the year."""
    moyens = MoyenHumain.objects.filter(porteur=porteur, annee=annee).first()
    if moyens is None:
        return {}
    return {code: Decimal(getattr(moyens, code)) for code in MOYENS if getattr(moyens, code) is not None}


# -- What may be done ------------------------------------------------------------------------------
def gestes_possibles(fiche: BilanStructure, utilisateur: Any) -> set[str]:
    """Return the names of the operations that this account may do on this fiche in its present state."""
    gere = utilisateur.has_perm("structures.gerer", fiche)
    porte = utilisateur.has_perm("structures.porter", fiche)
    return {nom for nom in DEPUIS if _est_permis(nom, fiche, gere=gere, porte=porte)}


def _est_permis(nom: str, fiche: BilanStructure, *, gere: bool, porte: bool) -> bool:
    if fiche.statut not in DEPUIS[nom] or fiche_gelee(fiche):
        return False
    return gere or (porte and nom in DU_PORTEUR and fiche.modifiable_par_le_porteur)


def refus_de_la_fiche(fiche: BilanStructure) -> str:
    """Return why the fiche cannot be changed now, in a sentence."""
    return insecables(ARCHIVEE if fiche_gelee(fiche) else REFUS[fiche.statut])


def _prendre(
    fiche: BilanStructure, auteur: Utilisateur, nom: str, version: int | None = None
) -> BilanStructure:
    """Return the stored fiche, locked, if this account may do `nom` on it or finds it already done."""
    actuelle: BilanStructure = (
        BilanStructure.objects.select_for_update(no_key=True, of=("self",))
        .select_related("campagne__contrat__epci", "porteur__parent")
        .get(pk=fiche.pk)
    )
    gere = auteur.has_perm("structures.gerer", actuelle)
    porte = auteur.has_perm("structures.porter", actuelle)
    if not gere and not (porte and nom in DU_PORTEUR):
        raise PermissionDenied("Cette fiche est celle d'une autre structure.")
    if actuelle.statut == VERS.get(nom):
        return actuelle
    if not _est_permis(nom, actuelle, gere=gere, porte=porte):
        raise OperationRefusee(refus_de_la_fiche(actuelle))
    if version is not None and actuelle.version != version:
        raise VersionPerimee(actuelle)
    return actuelle


# -- Writing ---------------------------------------------------------------------------------------
@dataclass(kw_only=True)
class ResultatFiche(Tri):
    """What became of each field of a fiche; `saisie` is the fiche as it is now."""

    saisie: SaisieStructure

    @property
    def fiche(self) -> BilanStructure:
        """The fiche as it is now."""
        return self.saisie.fiche


@transaction.atomic
def enregistrer_fiche(
    fiche: BilanStructure, utilisateur: Utilisateur, champs: Mapping[str, Changement]
) -> ResultatFiche:
    """Save what was typed, field by field, and return what became of each; nothing is refused for being missing.

    Raises PermissionDenied for an account that the fiche does not belong to, OperationRefusee when its state does
    not allow it.
    """
    actuelle = _prendre(fiche, utilisateur, "enregistrer")
    resultat = ResultatFiche(saisie=SaisieStructure(actuelle))
    valeurs = trier(resultat, resultat.saisie, champs, lambda champ: _opposer(resultat.saisie, champ))
    quand, _ = debut_du_brouillon(actuelle, utilisateur)
    plume = PlumeFondue(utilisateur, quand)
    resultat.change |= _ecrire(resultat.saisie, valeurs, plume)
    if resultat.change:
        if actuelle.statut == Statut.A_SAISIR:
            _passer(actuelle, utilisateur, Statut.EN_SAISIE)
        actuelle.version += 1
        with date_de_l_histoire(actuelle, quand):
            plume.enregistrer(actuelle)
    return resultat


def _ecrire(saisie: SaisieStructure, valeurs: Mapping[str, Any], plume: PlumeFondue) -> bool:
    """Store `valeurs` by name of field; what waited to be corrected there waits no more."""
    change = False
    for nom, valeur in valeurs.items():
        champ = saisie.champs[nom]
        if nom in saisie.attente:
            del saisie.attente[nom]
            change = True
        if canonique(champ.valeur) != canonique(valeur):
            champ.ecrire(valeur, plume)
            change = True
    return change


def _opposer(saisie: SaisieStructure, champ: Champ) -> ConflitDeChamp:
    """Return what someone else wrote in a field, by whom and when as far as the history says."""
    objet: Any = champ.objet
    if objet is None or isinstance(champ, ColonneFiche) or champ.nom in saisie.attente:
        objet = saisie.fiche
    ligne = objet.historique.select_related("history_user").first()
    return ConflitDeChamp(
        champ.libelle,
        saisie.brut(champ.nom),
        saisie.attente.get(champ.nom) or champ.texte(),
        ligne.history_user if ligne else None,
        ligne.history_date if ligne else None,
    )


def _passer(fiche: BilanStructure, auteur: Utilisateur, vers: str, motif: str = "") -> TransitionStructure:
    """Change the state of a fiche, which is not saved here; write the passage and return it."""
    passage: TransitionStructure = TransitionStructure.objects.create(
        bilan_structure=fiche, de=fiche.statut, vers=vers, auteur=auteur, motif=motif
    )
    fiche.statut = vers
    return passage


# -- The loop --------------------------------------------------------------------------------------
def manques_de_la_fiche(saisie: SaisieStructure) -> list[Manque]:
    """Return what is to be done before the fiche is sent: what is missing, unreadable, or contradicts itself."""
    manques = [
        Manque(f"Indiquez : {question.libelle[0].lower()}{question.libelle[1:]}.", question.code)
        for question in QUESTIONS
        if question.obligatoire
        and saisie.champs[question.code].est_vide
        and question.code not in saisie.attente
    ]
    manques += [Manque(f"{champ.libelle} : {phrase}", champ.nom) for champ, phrase in saisie.en_attente()]
    manques += list(contradictions_de_la_fiche(saisie))
    axes = [champ for champ in saisie.champs.values() if champ.nom.startswith("axe_")]
    if axes and all(champ.est_vide for champ in axes):
        manques.append(
            Manque("Dites ce qui a été fait, ou ce qui est prévu, sur un axe au moins.", axes[0].nom)
        )
    return manques


def contradictions_de_la_fiche(saisie: SaisieStructure) -> Iterator[Manque]:
    """Give what does not add up: shares that do not make a hundred, a « dont » greater than its whole."""
    for titre, codes in REPARTITIONS.items():
        parts = [saisie.champs[code].valeur for code in codes]
        connues = [part for part in parts if part is not None]
        total = sum(connues, Decimal(0))
        # Rounded shares may miss half a point each (domaine.md §9).
        if len(connues) == len(codes) and abs(total - 100) > Decimal("0.5") * len(codes):
            yield Manque(f"{titre} : les parts font {pourcentage(total)}, au lieu de 100 %.", codes[0])
        elif total > 100 + Decimal("0.5") * len(codes):
            yield Manque(f"{titre} : les parts dépassent 100 %.", codes[0])
    for code, exercice, partie, tout in saisie.chiffres.contradictions():
        yield Manque(
            f"La subvention de la collectivité ({montant(partie)}) dépasse le total des subventions ({montant(tout)}).",
            nom_du_chiffre(code, exercice),
        )


@transaction.atomic
def transmettre_fiche(
    fiche: BilanStructure, auteur: Utilisateur, *, version: int | None = None
) -> BilanStructure:
    """Hand the fiche over and return it; once sent, it is left as it is.

    Raises PermissionDenied, OperationRefusee (what is missing, or its state), VersionPerimee when someone wrote in it
    since `version`.
    """
    actuelle = _prendre(fiche, auteur, "transmettre", version)
    if actuelle.statut == Statut.TRANSMIS:
        return actuelle
    _refuser_les_manques(actuelle)
    _signer_la_remise(actuelle, auteur)
    return _garder(actuelle, _passer(actuelle, auteur, Statut.TRANSMIS))


@transaction.atomic
def valider_fiche(fiche: BilanStructure, auteur: Utilisateur) -> BilanStructure:
    """Accept the fiche and return it; its people become those of the structure for the year.

    From the hands of the structure it is entering on its behalf. Raises PermissionDenied, OperationRefusee.
    """
    actuelle = _prendre(fiche, auteur, "valider")
    if actuelle.statut == Statut.VALIDE:
        return actuelle
    _refuser_les_manques(actuelle)
    if actuelle.statut != Statut.TRANSMIS:
        _signer_la_remise(actuelle, auteur)
    actuelle.valide_le, actuelle.valide_par = timezone.now(), auteur
    _retenir_les_moyens(actuelle)
    return _garder(actuelle, _passer(actuelle, auteur, Statut.VALIDE))


@transaction.atomic
def renvoyer_fiche(fiche: BilanStructure, auteur: Utilisateur, motif: str) -> BilanStructure:
    """Send the fiche back to its structure with `motif` and return it. Raises PermissionDenied, OperationRefusee."""
    return _rendre(fiche, auteur, "renvoyer", motif, "Dites ce qui est à compléter : la structure le lira.")


@transaction.atomic
def rouvrir_fiche(fiche: BilanStructure, auteur: Utilisateur, motif: str) -> BilanStructure:
    """Open a validated fiche again with `motif` and return it. Raises PermissionDenied, OperationRefusee."""
    return _rendre(fiche, auteur, "rouvrir", motif, "Dites pourquoi cette fiche est rouverte.")


def _rendre(fiche: BilanStructure, auteur: Utilisateur, nom: str, motif: str, phrase: str) -> BilanStructure:
    actuelle = _prendre(fiche, auteur, nom)
    if actuelle.statut == VERS[nom]:
        return actuelle
    if not motif.strip():
        raise OperationRefusee(phrase)
    if nom == "renvoyer":
        actuelle.motif_renvoi = motif.strip()
    actuelle.valide_le = actuelle.valide_par = None
    return _garder(actuelle, _passer(actuelle, auteur, VERS[nom], motif.strip()))


def _signer_la_remise(fiche: BilanStructure, auteur: Utilisateur) -> None:
    fiche.transmis_le, fiche.transmis_par, fiche.motif_renvoi = timezone.now(), auteur, ""


def _refuser_les_manques(fiche: BilanStructure) -> None:
    if manques := manques_de_la_fiche(SaisieStructure(fiche)):
        raise OperationRefusee(" ".join(manque.phrase for manque in manques))


def _retenir_les_moyens(fiche: BilanStructure) -> None:
    """Give the structure's file the people of the year, as the fiche counts them; what it does not say is kept."""
    saisie = SaisieStructure(fiche)
    dits = {code: saisie.champs[code].valeur for code in MOYENS if not saisie.champs[code].est_vide}
    if dits:
        MoyenHumain.objects.update_or_create(porteur=fiche.porteur, annee=fiche.campagne.annee, defaults=dits)


def _garder(fiche: BilanStructure, passage: TransitionStructure) -> BilanStructure:
    """Save a fiche whose state has changed, and write to the structure about it."""
    fiche.version += 1
    PlumeSimple(passage.auteur).enregistrer(fiche)
    annoncer_la_fiche(fiche, passage)
    return fiche


def etape_du_manque(saisie: SaisieStructure, manque: Manque) -> str:
    """Return the step where what is missing is typed."""
    return saisie.etape_du_champ(manque.champ) if manque.champ else RELECTURE
