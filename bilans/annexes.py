"""The annexes of a year: what each one is, who may open it, and the two that compile the bilans.

An annex is declared once (`ANNEXES`) and built as a `documents.Tableau`; the page, the files and the command
`exporter` only render it. Rows and figures go through `visibles_par`: the same annex opened by two accounts
shows each what it may see. An account of None is the command line, which sees everything.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import Any, Literal, cast

from django.db.models import Q, Sum
from django.utils.text import slugify

from actions.models import Campagne
from actions.querysets import ActionAnnuelleQuerySet
from comptes.models import Utilisateur
from comptes.templatetags.typographie import pluriel
from contrats.annexes import enjeux
from contrats.models import ContratVille, Territoire
from documents import Colonne, Tableau, TypeColonne
from financements.models import Financeur, LigneFinancement

from . import notes
from .lecture import Lecture, Ligne, lire, lisibles, motif, moyens, phrase, recit

# QPV named in a title; beyond, the name of the contract is enough.
QPV_CITES = 3


# -- What an annex is ------------------------------------------------------------------------------
@dataclass(frozen=True, kw_only=True)
class Option:
    """A choice that an annex offers; `choix` gives the words of each value."""

    nom: str
    description: str
    choix: Mapping[str, str]
    defaut: str


@dataclass(frozen=True, kw_only=True)
class AnnexeDeclaree:
    """An annex, known by its name in the addresses and on the command line.

    `construire(contrat, campagne, utilisateur, actions, selection=…, **options)` returns the Tableau.
    `actions`, when given, are exactly the rows to show and `selection` says in words how they were chosen;
    otherwise the annex takes the whole programme of the year. `permission` is asked on the contract.
    """

    nom: str
    titre: str
    description: str
    lecteurs: str
    permission: str
    construire: Callable[..., Tableau]
    options: tuple[Option, ...] = ()
    # its rows are actions: the filters of the list apply to it
    par_action: bool = True

    def nom_fichier(self, contrat: ContratVille, campagne: Campagne, format: str) -> str:
        """Return « annexe-porteurs-bagnols-sur-ceze-2023.xlsx »."""
        lieu = slugify(contrat.nom_court) or contrat.slug
        return f"annexe-{self.nom}-{lieu}-{campagne.annee}.{format}"


def _cadre(lecture: Lecture) -> dict[str, Any]:
    """Return what stands on every page of an annex of the year, and in place of its rows when it has none."""
    return {
        "pied": f"{lecture.contrat.nom_court} · {lecture.contrat.nom} · {lecture.campagne.annee}",
        "auteur": lecture.contrat.epci.nom,
        "vide": "Aucune action ne correspond à cette sélection."
        if lecture.selection
        else f"Aucune action n'est encore au programme de {lecture.campagne.annee}.",
    }


# -- synthese: the layout of document 000 ----------------------------------------------------------
def synthese(
    contrat: ContratVille,
    campagne: Campagne,
    utilisateur: Utilisateur | None = None,
    actions: ActionAnnuelleQuerySet | None = None,
    *,
    selection: str = "",
) -> Tableau:
    """Return the synthesis of the year's actions: ACTION, STRUCTURE, DESCRIPTIF, structures together."""
    lecture = lire(contrat, campagne, utilisateur, actions, selection)
    return Tableau(
        titre=f"ANNEXE NOTICE BILAN CONTRAT DE VILLE {campagne.annee}",
        sous_titre=" – ".join(m for m in ("TABLEAU – SYNTHÈSE DES ACTIONS", lecture.selection) if m),
        nom=f"Synthèse {campagne.annee}",
        colonnes=(
            Colonne(cle="action", titre="ACTION", poids=2, entete_ligne=True),
            Colonne(cle="structure", titre="STRUCTURE", poids=1.8, fusionner=True),
            Colonne(cle="descriptif", titre="DESCRIPTIF", poids=8),
        ),
        groupes=partial(lecture.groupes, _decrire_synthese),
        afficher_titres_groupes=False,
        notes=notes.communes(lecture),
        **_cadre(lecture),
    )


def _decrire_synthese(ligne: Ligne) -> dict[str, Any]:
    return {
        "action": ligne.intitule,
        "structure": ligne.porteur,
        "descriptif": recit(ligne.bilan) or motif(ligne) or ligne.description,
    }


# -- porteurs: the layout of document 002 ----------------------------------------------------------
# The states of an amount: the adjective, the definition.
ETATS = {
    "demande": ("demandés", "Montants demandés aux financeurs"),
    "propose": ("proposés", "Montants proposés à l'instruction"),
    "accorde": ("accordés", "Montants accordés par les financeurs"),
    "notifie": ("notifiés", "Montants notifiés aux porteurs"),
}
HORS_TOTAL = "Hors total"


@dataclass(frozen=True)
class Argent:
    """The columns of money of an annex, and the sums that decide which ones there are (euros)."""

    etat: str
    financeurs: tuple[Financeur, ...]
    sommes: Mapping[int, Decimal]
    # every amount of the rows is in sight: they may be added
    total: bool

    @property
    def definition(self) -> str:
        """What the amounts are."""
        return ETATS[self.etat][1]

    @property
    def adjectif(self) -> str:
        """« accordés »."""
        return ETATS[self.etat][0]

    @property
    def saisi(self) -> bool:
        """Whether there is an amount to show."""
        return bool(self.sommes)

    @property
    def dans_total(self) -> list[Financeur]:
        """The funders of the total, those of one group of columns brought together behind its first one."""
        rangs: dict[str, int] = {}
        comptes = [f for f in self.financeurs if f.dans_total]
        for rang, financeur in enumerate(comptes):
            rangs.setdefault(financeur.groupe or _cle(financeur), rang)
        return sorted(comptes, key=lambda f: rangs[f.groupe or _cle(f)])

    @property
    def hors_total(self) -> list[Financeur]:
        """The funders beside the total (the CAF in document 002)."""
        return [f for f in self.financeurs if not f.dans_total]

    @property
    def total_pdv(self) -> Decimal | None:
        """The sum of what counts in the politique de la ville total, None without any amount."""
        montants = [self.sommes[f.pk] for f in self.dans_total if f.pk in self.sommes]
        return sum(montants, Decimal(0)) if montants else None

    def colonnes(self) -> tuple[Colonne, ...]:
        """Return the funders of the total under their group, « TOTAL PDV », then those beside the total."""
        if not self.saisi:
            return ()
        comptes = self.dans_total
        colonnes = [_colonne(f, "" if f.groupe == HORS_TOTAL else f.groupe, part=self.total) for f in comptes]
        if self.total and comptes:
            colonnes.append(
                Colonne(
                    cle="total_pdv",
                    titre="TOTAL PDV",
                    type=TypeColonne.MONTANT,
                    somme_de=tuple(_cle(f) for f in comptes),
                    total=True,
                    poids=1.1,
                )
            )
        groupe = HORS_TOTAL if comptes else ""
        return (*colonnes, *(_colonne(f, groupe, part=False) for f in self.hors_total))

    def montants(self, ligne: Ligne) -> dict[str, Decimal | None]:
        """Return what each funder brings to an action, by column; blank for one that brings nothing."""
        return {_cle(financeur): ligne.montants.get(financeur.pk) for financeur in self.financeurs}


def _cle(financeur: Financeur) -> str:
    return f"f{financeur.pk}"


def _colonne(financeur: Financeur, groupe: str, *, part: bool) -> Colonne:
    return Colonne(
        cle=_cle(financeur),
        titre=financeur.sigle,
        groupe=groupe,
        type=TypeColonne.MONTANT,
        total=True,
        part=part,
    )


def porteurs(
    contrat: ContratVille,
    campagne: Campagne,
    utilisateur: Utilisateur | None = None,
    actions: ActionAnnuelleQuerySet | None = None,
    *,
    selection: str = "",
    montant: str = "accorde",
    papier: str = "A3",
) -> Tableau:
    """Return the bilan of the year by porteur, with what each funder brings.

    `montant` is the state of the amounts (a key of `ETATS`), `papier` A3 or A4. A funder reads its own
    column and no « TOTAL PDV »: the others' amounts are not its to see.
    """
    lecture = lire(contrat, campagne, utilisateur, actions, selection)
    argent = _argent(lecture, montant)
    return Tableau(
        titre=f"BILAN DES ACTIONS DU CONTRAT DE VILLE {campagne.annee} PAR PORTEUR – {_lieu(lecture)}",
        sous_titre=_sous_titre_porteurs(lecture, argent),
        nom=f"Porteurs {campagne.annee}",
        colonnes=(*_colonnes_decrites(contrat), *argent.colonnes()),
        groupes=partial(
            lecture.groupes,
            partial(_decrire_porteurs, argent),
            montant=montant if argent.saisi else "",
            sous_total="Sous-total" if argent.saisi else "",
        ),
        afficher_titres_groupes=False,
        total="Total général",
        libelle_parts="Part" if argent.total else "",
        notes=(*notes.communes(lecture), *notes.financieres(lecture, argent)),
        format_page=cast(Literal["A4", "A3"], papier),
        **_cadre(lecture),
    )


def _argent(lecture: Lecture, etat: str) -> Argent:
    financeurs = lisibles(Financeur.objects.filter(contrat=lecture.contrat), lecture.utilisateur)
    if lecture.financeur:
        financeurs = financeurs.filter(acces__utilisateur=lecture.utilisateur)
    lignes = lisibles(LigneFinancement.objects.all(), lecture.utilisateur).filter(
        action_annuelle__in=lecture.cles, financeur__in=financeurs.order_by().values("pk")
    )
    sommes = lignes.order_by().values_list("financeur").annotate(somme=Sum(f"montant_{etat}"))
    return Argent(
        etat=etat,
        financeurs=tuple(financeurs.order_by("ordre", "nom", "pk")),
        sommes={financeur: somme for financeur, somme in sommes if somme is not None},
        total=not lecture.financeur,
    )


def _colonnes_decrites(contrat: ContratVille) -> tuple[Colonne, ...]:
    return (
        Colonne(cle="porteur", titre="Porteur de projet", poids=2, fusionner=True),
        Colonne(cle="intitule", titre="Intitulé de l'action", poids=2.2, entete_ligne=True),
        Colonne(cle="axe_1", titre=phrase(contrat.niveau_1), poids=1.9),
        Colonne(cle="axe_2", titre=phrase(contrat.niveau_2), poids=2),
        Colonne(cle="bilan", titre="Bilan d'action et perspectives", poids=8),
        Colonne(cle="beneficiaires", titre="Nombre de bénéficiaires QPV", type=TypeColonne.ENTIER, poids=1.2),
        Colonne(cle="type_public", titre="Type de public bénéficiaire", poids=5),
        Colonne(cle="moyens", titre="Moyens humains et matériels", poids=3.2),
    )


def _decrire_porteurs(argent: Argent, ligne: Ligne) -> dict[str, Any]:
    bilan = ligne.bilan
    premier, *suite = ligne.niveaux or ("",)
    return {
        "porteur": ligne.porteur,
        "intitule": ligne.intitule,
        "axe_1": premier,
        "axe_2": " / ".join(suite),
        "bilan": recit(bilan) or motif(ligne),
        "beneficiaires": bilan["personnes_qpv"] if bilan else None,
        "type_public": bilan["type_public"] if bilan else "",
        "moyens": moyens(bilan),
        **argent.montants(ligne),
    }


def _lieu(lecture: Lecture) -> str:
    """Return the QPV of the year in capitals, or the name of the contract when there are many or none."""
    annee = lecture.campagne.annee
    valables = Q(generation__isnull=True) | (
        Q(generation__date_debut__year__lte=annee)
        & (Q(generation__date_fin__isnull=True) | Q(generation__date_fin__year__gte=annee))
    )
    qpv = Territoire.objects.filter(valables, contrat=lecture.contrat, type=Territoire.Type.QPV)
    noms = list(qpv.order_by("recherche", "pk").values_list("nom", flat=True)[: QPV_CITES + 1])
    if not noms or len(noms) > QPV_CITES:
        return lecture.contrat.nom_court.upper()
    return f"QPV {', '.join(nom.removeprefix('QPV ') for nom in noms)}".upper()


def _sous_titre_porteurs(lecture: Lecture, argent: Argent) -> str:
    morceaux = [
        lecture.selection or pluriel(lecture.nombre, "action,actions"),
        pluriel(lecture.structures, "structure,structures"),
    ]
    if argent.saisi:
        morceaux.append(f"montants {argent.adjectif}")
    return phrase(", ".join(morceaux))


# -- The registry ----------------------------------------------------------------------------------
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
                    choix={nom: phrase(adjectif) for nom, (adjectif, _) in ETATS.items()},
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
            nom="enjeux",
            titre="Tableau des enjeux",
            description="Les axes du contrat, leurs objectifs, partenaires, leviers et critères d'évaluation.",
            lecteurs="toutes les personnes qui ont accès au contrat",
            permission="contrats.lire",
            construire=_enjeux,
            par_action=False,
        ),
    )
}
