"""The pages of the fiches: the list of a year, the steps of one, what is known beside, what changed since last year."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.urls import reverse

from comptes.models import Utilisateur
from comptes.templatetags.typographie import insecables
from porteurs.models import Porteur

from ..models import BilanStructure
from ..operations.brouillon import ConflitDeChamp
from ..operations.etats import Manque
from ..operations.structure import contradictions_de_la_fiche, etape_du_manque, manques_de_la_fiche
from ..structure import ETAPES, EXERCICES, RELECTURE, SaisieStructure, SectionLue, sections_de_la_fiche
from ..structure.chiffres import titre_de_l_exercice
from .saisie import EN_COURS, FAIT, VIDE, Etape

Statut = BilanStructure.Statut
SUITES: Mapping[str, str] = {
    Statut.A_SAISIR: "Répondez étape par étape ; ce que vous tapez est enregistré au fur et à mesure.",
    Statut.EN_SAISIE: "Terminez la saisie, relisez, puis transmettez.",
    Statut.A_COMPLETER: "Corrigez ce qui est demandé, puis transmettez de nouveau.",
    Statut.TRANSMIS: "Elle est transmise. La personne chargée de mission la relit.",
    Statut.VALIDE: "Elle est validée.",
}
BOUTONS: Mapping[str, str] = {
    Statut.A_SAISIR: "Remplir la fiche",
    Statut.EN_SAISIE: "Continuer la fiche",
    Statut.A_COMPLETER: "Compléter la fiche",
}
# A state and the sign that goes with it (composants : etat).
SIGNES: Mapping[str, str] = {
    Statut.A_SAISIR: "attente",
    Statut.EN_SAISIE: "encours",
    Statut.TRANSMIS: "encours",
    Statut.A_COMPLETER: "alerte",
    Statut.VALIDE: "fait",
}


class ParcoursFiche:
    """The steps of a fiche, with what is missing in each and how much of it is filled."""

    def __init__(self, saisie: SaisieStructure) -> None:
        self.saisie = saisie
        self.manques = manques_de_la_fiche(saisie)
        self.etapes = [self._etape(code, rang) for rang, code in enumerate(ETAPES, 1)]

    def etape(self, code: str) -> Etape:
        """Return a step by its code."""
        return next(etape for etape in self.etapes if etape.code == code)

    @property
    def a_reprendre(self) -> str:
        """The first step that waits for something, or that holds nothing yet; the last one when all is there."""
        attendues = (etape.code for etape in self.etapes if etape.manques or etape.etat == VIDE)
        return next(attendues, RELECTURE)

    def suivante(self, code: str) -> str:
        """Return the step after `code`."""
        codes = list(ETAPES)
        return codes[min(codes.index(code) + 1, len(codes) - 1)]

    def precedente(self, code: str) -> str:
        """Return the step before `code`; blank for the first."""
        codes = list(ETAPES)
        rang = codes.index(code)
        return codes[rang - 1] if rang else ""

    def manques_de(self, code: str) -> list[Manque]:
        """Return what is missing in a step."""
        return [manque for manque in self.manques if etape_du_manque(self.saisie, manque) == code]

    def phrases(self) -> dict[str, list[str]]:
        """Return what does not add up, by name of field, in sentences; what is missing is said at the last step."""
        phrases: dict[str, list[str]] = {}
        for manque in contradictions_de_la_fiche(self.saisie):
            phrases.setdefault(manque.champ, []).append(insecables(manque.phrase))
        return phrases

    def _etape(self, code: str, rang: int) -> Etape:
        if code == RELECTURE:
            combien = len(self.manques)
            return Etape(
                code, ETAPES[code], rang, EN_COURS if combien else FAIT, combien, 0 if combien else 100
            )
        champs = self.saisie.de_l_etape(code)
        remplis = [champ for champ in champs if not champ.est_vide or champ.nom in self.saisie.attente]
        combien = len(self.manques_de(code))
        part = 100 * len(remplis) // len(champs) if champs else 0
        etat = VIDE if not remplis else EN_COURS if combien else FAIT
        return Etape(code, ETAPES[code], rang, etat, combien, part)


@dataclass(frozen=True)
class PageFiche:
    """A step as it is shown: its place, what someone else wrote, what does not add up."""

    parcours: ParcoursFiche
    etape: Etape
    conflits: Mapping[str, ConflitDeChamp]
    # What bilans/saisie/champ.html reads beside: a fiche has no remark on a field, nor figures of another year there.
    commentaires: Mapping[str, Any] = field(default_factory=dict)
    connus: Mapping[str, Any] = field(default_factory=dict)

    @property
    def phrases(self) -> dict[str, list[str]]:
        """What does not add up, by name of field."""
        return self.parcours.phrases()

    @property
    def exercices(self) -> list[str]:
        """The three exercises of the key figures, in order."""
        return [titre_de_l_exercice(exercice, self.parcours.saisie.annee) for exercice in EXERCICES]

    @property
    def suivante(self) -> str:
        """The step after this one."""
        return self.parcours.suivante(self.etape.code)

    @property
    def precedente(self) -> str:
        """The step before this one; blank for the first."""
        return self.parcours.precedente(self.etape.code)


@dataclass(frozen=True)
class Difference:
    """An answer that is not last year's."""

    libelle: str
    avant: str
    apres: str


class LectureFiche:
    """A fiche as it is read, beside last year's."""

    def __init__(self, fiche: BilanStructure, utilisateur: Utilisateur) -> None:
        self.fiche, self.utilisateur = fiche, utilisateur
        self.saisie = SaisieStructure(fiche)

    @cached_property
    def sections(self) -> list[SectionLue]:
        """Everything that the fiche says."""
        return sections_de_la_fiche(self.saisie)

    @cached_property
    def precedente(self) -> BilanStructure | None:
        """The fiche of the same structure in the year before that the account sees; None when there is none."""
        return precedente(self.fiche, self.utilisateur)

    @cached_property
    def differences(self) -> list[Difference]:
        """What is not as in the fiche before, in the order of the fiche; nothing without one."""
        if self.precedente is None:
            return []
        return differences(SaisieStructure(self.precedente), self.saisie)


def precedente(fiche: BilanStructure, utilisateur: Utilisateur | None) -> BilanStructure | None:
    """Return the last fiche of the structure before this one, as far as the account may see."""
    fiches = (
        BilanStructure.objects.all()
        if utilisateur is None
        else BilanStructure.objects.visibles_par(utilisateur)
    )
    trouvee: BilanStructure | None = (
        fiches.filter(porteur=fiche.porteur_id, campagne__annee__lt=fiche.campagne.annee)
        .select_related("campagne", "porteur")
        .order_by("-campagne__annee")
        .first()
    )
    return trouvee


def differences(avant: SaisieStructure, apres: SaisieStructure) -> list[Difference]:
    """Return what two fiches do not say alike, by question; key figures are compared exercise by exercise."""
    anciens = {champ.nom: champ.texte() for champ in avant.champs.values()}
    return [
        Difference(champ.libelle, anciens.get(champ.nom, ""), champ.texte())
        for champ in apres.champs.values()
        if champ.texte() != anciens.get(champ.nom, "")
    ]


@dataclass(frozen=True)
class FicheDue:
    """A fiche that a structure owes or has sent, for its home page."""

    fiche: BilanStructure
    url: str
    bouton: str
    suite: str


def fiches_dues(utilisateur: Any) -> list[FicheDue]:
    """Return the fiches of the structures that the account represents, those to write first."""
    fiches = (
        BilanStructure.objects.visibles_par(utilisateur)
        .filter(porteur__in=_siens(utilisateur))
        .exclude(campagne__statut="archivee")
        .select_related("porteur", "campagne__contrat")
        .order_by("-campagne__annee", "porteur__nom_normalise")
    )
    dues = [_due(fiche) for fiche in fiches]
    return sorted(dues, key=lambda due: not due.fiche.modifiable_par_le_porteur)


def _siens(utilisateur: Any) -> Any:
    return Porteur.objects.de_l_utilisateur(utilisateur).values("pk")


def _due(fiche: BilanStructure) -> FicheDue:
    modifiable = fiche.modifiable_par_le_porteur
    nom = "fiche_structure_saisir" if modifiable else "fiche_structure"
    arguments = [fiche.campagne.contrat.slug, fiche.campagne.annee, fiche.cle]
    bouton = BOUTONS.get(Statut(fiche.statut), "Lire la fiche")
    return FicheDue(fiche, reverse(nom, args=arguments), bouton, SUITES[fiche.statut])
