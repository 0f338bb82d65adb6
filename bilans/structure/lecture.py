"""A fiche as it is read, whole: what the last step, the page, the files and the comparison show."""

from dataclasses import dataclass
from itertools import groupby

from comptes.templatetags.typographie import insecables
from documents import montant, pourcentage
from documents.formats import date_longue

from .chiffres import EXERCICES, LigneChiffre, Montant, titre_de_l_exercice
from .questions import ACTIVITE, CHIFFRES, IDENTIFICATION, QUESTIONS, VIE
from .saisie import SaisieStructure

SANS_ILLISIBLES = "sans les montants à corriger"


@dataclass(frozen=True)
class ReponseLue:
    """A question and its answer as it is read; an empty text when nothing was answered.

    What is typed and refused is there too, marked « à corriger ».
    """

    champ: str
    libelle: str
    texte: str


@dataclass(frozen=True)
class GroupeLu:
    """Questions read together under a title."""

    titre: str
    reponses: list[ReponseLue]


@dataclass(frozen=True)
class RangeeLue:
    """A row of the key figures as it is read: amounts and shares by exercise, in pairs."""

    libelle: str
    nature: str
    cellules: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class SectionLue:
    """A part of the fiche as it is read; `chiffres` for that of the key figures only."""

    etape: str
    titre: str
    groupes: list[GroupeLu]
    exercices: tuple[str, ...] = ()
    chiffres: tuple[RangeeLue, ...] = ()


def sections_de_la_fiche(saisie: SaisieStructure) -> list[SectionLue]:
    """Return everything that a fiche says, section by section, as document 003 has them."""
    titres = {IDENTIFICATION: "Identification", VIE: "Vie de la structure"}
    sections = [SectionLue(etape, titre, _groupes(saisie, etape)) for etape, titre in titres.items()]
    sections.append(SectionLue(ACTIVITE, "Bilan et perspectives d'activité", _axes(saisie)))
    sections.append(
        SectionLue(
            CHIFFRES,
            "Chiffres clefs",
            _groupes(saisie, CHIFFRES),
            tuple(titre_de_l_exercice(exercice, saisie.annee) for exercice in EXERCICES),
            tuple(rangee(ligne) for ligne in saisie.chiffres.lignes()),
        )
    )
    return sections


def rangee(ligne: LigneChiffre) -> RangeeLue:
    """Return a row of the key figures in French."""
    cellules = tuple((_montant(lu), pourcentage(lu.part)) for lu in ligne.montants)
    return RangeeLue(ligne.libelle, ligne.nature, cellules)


def _montant(lu: Montant) -> str:
    """Return an amount as it is read; one that leaves another out says so beside."""
    return f"{montant(lu.valeur)} ({SANS_ILLISIBLES})".lstrip() if lu.partiel else montant(lu.valeur)


def entete_de_la_fiche(saisie: SaisieStructure) -> list[ReponseLue]:
    """Return what stands at the head of the fiche: the structure, and the date of its commission de suivi."""
    fiche = saisie.fiche
    return [
        ReponseLue("porteur", "Structure", str(fiche.porteur)),
        ReponseLue("annee", "Année", str(saisie.annee)),
        ReponseLue("commission_le", "Commission de suivi annuelle du", date_longue(fiche.commission_le)),
    ]


def _groupes(saisie: SaisieStructure, etape: str) -> list[GroupeLu]:
    siennes = [question for question in QUESTIONS if question.etape == etape]
    return [
        GroupeLu(titre, [_reponse(saisie, question.code) for question in questions])
        for titre, questions in groupby(siennes, key=lambda question: question.groupe)
    ]


def _axes(saisie: SaisieStructure) -> list[GroupeLu]:
    return [
        GroupeLu(
            insecables(f"Axe n° {axe.ordre} : {axe.intitule}"),
            [
                _reponse(saisie, f"axe_{axe.ordre}_{colonne}", mot)
                for colonne, mot in (("bilan", "Bilan"), ("perspectives", "Perspectives"))
            ],
        )
        for axe in saisie.axes
    ]


def _reponse(saisie: SaisieStructure, nom: str, libelle: str = "") -> ReponseLue:
    champ = saisie.champs[nom]
    refuse = saisie.attente.get(nom)
    texte = f"{refuse} (à corriger)" if refuse else champ.texte()
    return ReponseLue(nom, insecables(libelle or champ.libelle), texte)
