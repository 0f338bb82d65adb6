"""What an annex is, and those that exist: each is declared once, in `ANNEXES`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import BinaryIO

from django.utils.text import capfirst, slugify

from actions.models import Campagne
from actions.querysets import ActionAnnuelleQuerySet
from comptes.models import Utilisateur
from contrats.annexes import enjeux
from contrats.models import ContratVille
from documents import FORMATS, Tableau, fragment_html, rendre
from documents.document_texte import DocumentTexte, fragment_texte
from documents.rendu_texte import FORMATS_TEXTE, rendre_texte

from .argent import ETATS
from .crf import comptes_rendus
from .fiche_action import fiches_action
from .fiche_structure import FORMATS_FICHE, FichesStructure, ecrire_fiches, fiches_structure
from .financements import GROUPEMENTS, MONTANTS, financements
from .porteurs import porteurs
from .scdl import ecrire_scdl, scdl
from .synthese import synthese


@dataclass(frozen=True, kw_only=True)
class Option:
    """A choice that an annex offers; `choix` gives the words of each value."""

    nom: str
    description: str
    choix: Mapping[str, str]
    defaut: str


Contenu = Tableau | DocumentTexte | FichesStructure


def rendre_annexe(contenu: Contenu, format: str, sortie: BinaryIO) -> None:
    """Write an annex, a table or a text, to a binary output. Raises ErreurRendu when it cannot be made."""
    if isinstance(contenu, FichesStructure):
        ecrire_fiches(contenu, format, sortie)
    elif isinstance(contenu, DocumentTexte):
        rendre_texte(contenu, format, sortie)
    else:
        rendre(contenu, format, sortie)


def fragment_annexe(contenu: Contenu) -> str:
    """Return an annex as a piece of a page."""
    if isinstance(contenu, FichesStructure):
        return fragment_texte(contenu.document)
    return fragment_texte(contenu) if isinstance(contenu, DocumentTexte) else fragment_html(contenu)


@dataclass(frozen=True, kw_only=True)
class AnnexeDeclaree:
    """An annex, known by its name in the addresses and on the command line.

    `construire(contrat, campagne, utilisateur, actions, selection=…, **options)` returns the Tableau, or the
    DocumentTexte for an annex that is read rather than computed with (then `formats=FORMATS_TEXTE`).
    `actions`, when given, are exactly the rows to show and `selection` says in words how they were chosen;
    otherwise the annex takes the whole programme of the year. `permission` is asked on the contract.
    """

    nom: str
    titre: str
    description: str
    lecteurs: str
    permission: str
    construire: Callable[..., Contenu]
    formats: tuple[str, ...] = FORMATS
    # how the files are written; an annex whose format is fixed by law has its own
    ecrire: Callable[[Contenu, str, BinaryIO], None] = rendre_annexe
    options: tuple[Option, ...] = ()
    # its rows are actions: the filters of the list apply to it
    par_action: bool = True

    def nom_fichier(self, contrat: ContratVille, campagne: Campagne, format: str) -> str:
        """Return « annexe-porteurs-bagnols-sur-ceze-2023.xlsx »."""
        lieu = slugify(contrat.nom_court) or contrat.slug
        return f"annexe-{self.nom}-{lieu}-{campagne.annee}.{format}"


def _enjeux(
    contrat: ContratVille,
    campagne: Campagne,
    utilisateur: Utilisateur | None = None,
    actions: ActionAnnuelleQuerySet | None = None,
    *,
    selection: str = "",
) -> Tableau:
    """Return the table of the contract, the same whatever the year, the reader and the filters."""
    return enjeux(contrat)


ANNEXES: dict[str, AnnexeDeclaree] = {
    annexe.nom: annexe
    for annexe in (
        AnnexeDeclaree(
            nom="synthese",
            titre="Synthèse des actions",
            description="Chaque action de l'année, sa structure et ce qu'elle a donné.",
            lecteurs="l'équipe du contrat, les financeurs, les porteurs pour leurs actions",
            permission="actions.lister",
            construire=synthese,
        ),
        AnnexeDeclaree(
            nom="porteurs",
            titre="Bilan par porteur",
            description="Chaque action avec son axe, son bilan, son public, ses moyens et la part de chaque financeur.",
            lecteurs="l'équipe du contrat, les financeurs pour leur colonne, les porteurs pour leurs actions",
            permission="actions.lister",
            construire=porteurs,
            options=(
                Option(
                    nom="montant",
                    description="Montants",
                    choix={nom: capfirst(adjectif) for nom, (adjectif, _) in ETATS.items()},
                    defaut="accorde",
                ),
                Option(
                    nom="papier",
                    description="Papier",
                    choix={"A3": "A3, en paysage", "A4": "A4, en paysage"},
                    defaut="A3",
                ),
            ),
        ),
        AnnexeDeclaree(
            nom="financements",
            titre="Programmation des financements",
            description="Chaque action avec ce que chaque financeur se voit demander, propose, accorde et verse.",
            lecteurs="l'équipe du contrat, les financeurs pour leur colonne",
            permission="financements.lire_programme",
            construire=financements,
            options=(
                Option(nom="montant", description="Montants", choix=MONTANTS, defaut="accorde"),
                Option(nom="groupes", description="Lignes", choix=GROUPEMENTS, defaut="structure"),
                Option(
                    nom="papier",
                    description="Papier",
                    choix={"A4": "A4, en paysage", "A3": "A3, en paysage"},
                    defaut="A4",
                ),
            ),
        ),
        AnnexeDeclaree(
            nom="enjeux",
            titre="Tableau des enjeux",
            description="Les axes du contrat, leurs objectifs, partenaires, leviers et critères d'évaluation.",
            lecteurs="toutes les personnes qui ont accès au contrat",
            permission="contrats.lire",
            construire=_enjeux,
            par_action=False,
        ),
        AnnexeDeclaree(
            nom="fiche-action",
            titre="Fiches action",
            description="Ce que chaque action prévoit : objectifs, moyens, volets, publics, critères, budget.",
            lecteurs="l'équipe du contrat, les financeurs, les porteurs pour leurs actions",
            permission="actions.lister",
            construire=fiches_action,
            formats=FORMATS_TEXTE,
        ),
        AnnexeDeclaree(
            nom="crf",
            titre="Comptes rendus financiers",
            description="Pour chaque action : bilan qualitatif, budget prévu et réalisé, écarts expliqués, signature.",
            lecteurs="l'équipe du contrat, les porteurs pour leurs actions",
            permission="bilans.lire_comptes_rendus",
            construire=comptes_rendus,
            formats=FORMATS_TEXTE,
        ),
        AnnexeDeclaree(
            nom="scdl",
            titre="Données ouvertes des subventions (SCDL)",
            description="Les subventions au-dessus du seuil, dans les seize colonnes du schéma national.",
            lecteurs="l'équipe du contrat, qui la publie",
            permission="contrats.gerer",
            construire=scdl,
            formats=("csv",),
            ecrire=ecrire_scdl,
            par_action=False,
        ),
        AnnexeDeclaree(
            nom="fiche-structure",
            titre="Fiches de travail et d'analyse",
            description="Ce que chaque structure dit de son année : sa vie, ses actions par axe, ses chiffres clefs.",
            lecteurs="l'équipe du contrat, les structures pour leur fiche",
            permission="porteurs.lister_conventions",
            construire=fiches_structure,
            formats=FORMATS_FICHE,
            par_action=False,
        ),
    )
}
