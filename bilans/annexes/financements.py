"""« financements », the programming of a year: each action with what each funder is asked, proposes, accords, pays."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import groupby
from typing import Any, Literal, cast

from django.utils.text import capfirst

from actions.models import ActionAnnuelle, Campagne
from actions.querysets import ActionAnnuelleQuerySet
from comptes.models import Utilisateur
from comptes.templatetags.typographie import pluriel
from contrats.models import Axe, ContratVille
from documents import INSECABLE, Colonne, Groupe, Tableau, TypeColonne, additionner
from documents.formats import montant as en_euros
from financements.models import Financeur, LigneFinancement
from financements.programmation import Etat
from financements.verses import HorsProgramme, bilan_verse, verse_par_ligne

from .lecture import Lecture, lire, lisibles

TOUS = "tous"
MONTANTS = {
    **{etat.value: str(etat.label) for etat in Etat},
    TOUS: "Tous les états, côte à côte",
}
HORS_PROGRAMME = "Versé par convention, hors programme"
GROUPEMENTS = {"structure": "Par structure", "axe": "Par axe", "dispositif": "Par dispositif"}
# A funder, a state: what a column of the table holds.
Case = tuple[int, Etat]


@dataclass(frozen=True)
class Argent:
    """The amounts of the rows (euros) by action, then by funder and state, and the columns that they need."""

    montants: Mapping[int, Mapping[Case, Decimal]]
    financeurs: tuple[Financeur, ...]
    etats: tuple[Etat, ...]
    # every amount of the rows is in sight: they may be added
    total: bool
    # paid by conventions, taken by no row; of a whole year only
    hors_programme: tuple[HorsProgramme, ...] = ()

    @property
    def saisi(self) -> bool:
        """Whether there is an amount to show."""
        return bool(self.montants or self.hors_programme)

    def sommes(self, etat: Etat, *, dans_total: bool) -> Decimal | None:
        """Return the sum of a state over all the rows, of the funders of the total or of the others."""
        retenus = {f.pk for f in self.financeurs if f.dans_total is dans_total}
        return additionner(
            montant
            for par_case in self.montants.values()
            for (financeur, lu), montant in par_case.items()
            if lu is etat and financeur in retenus
        )


def financements(
    contrat: ContratVille,
    campagne: Campagne,
    utilisateur: Utilisateur | None = None,
    actions: ActionAnnuelleQuerySet | None = None,
    *,
    selection: str = "",
    montant: str = Etat.ACCORDE.value,
    groupes: str = "structure",
    papier: str = "A4",
) -> Tableau:
    """Return the programming of the year: every action, refused and adjourned ones included, with its amounts.

    `montant` is a state of the amounts or `TOUS`, `groupes` what the rows are brought together by, `papier` A3 or
    A4. A funder reads its own columns and no total: the others' amounts are not its to see.
    """
    lecture = lire(contrat, campagne, utilisateur, actions, selection)
    if actions is None:
        # The grid shows what was refused too: so does what is printed of it.
        lecture = replace(lecture, actions=lecture.annee)
    argent = _lire_argent(
        lecture, tuple(Etat) if montant == TOUS else (Etat(montant),), entiere=actions is None
    )
    return Tableau(
        titre=f"PROGRAMMATION {campagne.annee} DU CONTRAT DE VILLE – {contrat.nom_court.upper()}",
        sous_titre=_sous_titre(lecture, argent, montant),
        nom=f"Programmation {campagne.annee}",
        colonnes=(*_decrites(lecture), *_colonnes(argent)),
        groupes=lambda: _groupes(lecture, argent, groupes),
        total="Total général",
        libelle_parts="Part" if argent.total and montant != TOUS else "",
        notes=_notes(lecture, argent, montant),
        format_page=cast(Literal["A4", "A3"], papier),
        **lecture.cadre,
    )


# -- What is read ----------------------------------------------------------------------------------
def _lire_argent(lecture: Lecture, etats: tuple[Etat, ...], *, entiere: bool) -> Argent:
    """Return the amounts that the reader sees, lines of several natures added; states without any are left out.

    Of a year that is whole (`entiere`), what conventions paid beside the programme is there too: nothing paid is lost.
    """
    financeurs = lisibles(Financeur.objects.filter(contrat=lecture.contrat), lecture.utilisateur)
    if lecture.financeur:
        financeurs = financeurs.filter(acces__utilisateur=lecture.utilisateur)
    lignes = lisibles(LigneFinancement.objects.all(), lecture.utilisateur).filter(
        action_annuelle__in=lecture.cles, financeur__in=financeurs.order_by().values("pk")
    )
    par_ligne = verse_par_ligne(lignes) if Etat.VERSE in etats else {}
    montants: dict[int, dict[Case, Decimal]] = defaultdict(dict)
    for ligne in lignes.order_by("pk"):
        for etat in etats:
            valeur = getattr(ligne, etat.champ) if etat.saisi else par_ligne.get(ligne.pk)
            if valeur is not None:
                case = (ligne.financeur_id, etat)
                par_case = montants[ligne.action_annuelle_id]
                par_case[case] = par_case.get(case, Decimal(0)) + valeur
    connus = {case for par_case in montants.values() for case in par_case}
    lus = tuple(financeurs.order_by("-dans_total", "ordre", "nom", "pk"))
    hors: tuple[HorsProgramme, ...] = ()
    if entiere and Etat.VERSE in etats:
        verses = bilan_verse(lecture.campagne, lecture.utilisateur).hors_programme
        hors = tuple(lu for lu in verses if lu.financeur is None or lu.financeur in lus)
    return Argent(
        montants=dict(montants),
        financeurs=lus,
        etats=tuple(
            etat for etat in etats if any(lu is etat for _, lu in connus) or (etat is Etat.VERSE and hors)
        ),
        total=not lecture.financeur,
        hors_programme=hors,
    )


# -- Columns ---------------------------------------------------------------------------------------
def _decrites(lecture: Lecture) -> tuple[Colonne, ...]:
    """Return what describes a row; whether actions are new or renewed is left out where none says."""
    types = (
        (Colonne(cle="type", titre="Type", poids=1.1),) if lecture.actions.exclude(type="").exists() else ()
    )
    return (
        Colonne(cle="porteur", titre="Porteur", poids=1.8, fusionner=True),
        Colonne(cle="intitule", titre="Intitulé de l'action", poids=2.6, entete_ligne=True),
        Colonne(cle="axe", titre="Axe", poids=1.8),
        *types,
        Colonne(cle="statut", titre="État", poids=1.1),
    )


def _colonnes(argent: Argent) -> Iterator[Colonne]:
    """Yield the funders, each state under its funder when there are several, then the total of each state."""
    plusieurs = len(argent.etats) > 1
    comptes = [f for f in argent.financeurs if f.dans_total]
    for financeur in comptes:
        yield from (_colonne(financeur, etat, argent, plusieurs=plusieurs) for etat in argent.etats)
    if argent.total and comptes:
        for etat in argent.etats:
            yield Colonne(
                cle=f"total-{etat.value}",
                titre=str(etat.label) if plusieurs else "TOTAL PDV",
                groupe="TOTAL PDV" if plusieurs else "",
                type=TypeColonne.MONTANT,
                somme_de=tuple(_cle((f.pk, etat)) for f in comptes),
                total=True,
                poids=1.1,
            )
    for financeur in argent.financeurs:
        if not financeur.dans_total:
            yield from (_colonne(financeur, etat, argent, plusieurs=plusieurs) for etat in argent.etats)


def _colonne(financeur: Financeur, etat: Etat, argent: Argent, *, plusieurs: bool) -> Colonne:
    hors = "" if financeur.dans_total or not argent.total else "Hors total"
    nom = f"{financeur.sigle} (hors total)" if hors else financeur.sigle
    return Colonne(
        cle=_cle((financeur.pk, etat)),
        titre=str(etat.label) if plusieurs else financeur.sigle,
        groupe=nom if plusieurs else hors,
        type=TypeColonne.MONTANT,
        total=True,
        part=argent.total and financeur.dans_total and not plusieurs,
    )


def _cle(case: Case) -> str:
    financeur, etat = case
    return f"f{financeur}-{etat.value}"


# -- Rows ------------------------------------------------------------------------------------------
def _groupes(lecture: Lecture, argent: Argent, choix: str) -> Iterator[Groupe]:
    """Yield the rows by structure, first level of the main axe or dispositif; in the programme's order."""
    annuelles = list(
        lecture.actions.dans_l_ordre().select_related("action__porteur__parent", "dispositif", "axe__parent")
    )
    axes = {axe.pk: axe for axe in Axe.objects.filter(contrat=lecture.contrat)}
    rangs = {pk: rang for rang, pk in enumerate(axes)}

    def cle(annuelle: ActionAnnuelle) -> tuple[int, str]:
        """What a row is grouped by: a rank that sorts, and the title."""
        if choix == "axe":
            axe = _premier_niveau(axes, annuelle.axe_id)
            return (rangs[axe.pk], axe.libelle) if axe else (len(rangs), "Sans axe")
        if choix == "dispositif":
            dispositif = annuelle.dispositif
            return (dispositif.ordre, str(dispositif)) if dispositif else (10**6, "Sans dispositif")
        structure = annuelle.action.porteur.parent or annuelle.action.porteur
        return (structure.pk, structure.nom)

    rangees: Sequence[ActionAnnuelle] = annuelles if choix == "structure" else sorted(annuelles, key=cle)
    for (_, titre), suite in groupby(rangees, key=cle):
        yield Groupe(
            titre=titre,
            lignes=[_decrire(annuelle, argent) for annuelle in suite],
            sous_total=f"Sous-total {titre}" if argent.saisi else "",
        )
    if connues := [hors for hors in argent.hors_programme if hors.financeur is not None]:
        yield Groupe(
            titre=HORS_PROGRAMME,
            lignes=[_decrire_la_convention(hors, argent) for hors in connues],
            sous_total=f"Sous-total {HORS_PROGRAMME}",
        )


def _decrire_la_convention(hors: HorsProgramme, argent: Argent) -> dict[str, Any]:
    """Return the row of what a funder paid by a convention beside the programme."""
    payee = hors.financeur.pk if hors.financeur else None
    return {
        "porteur": hors.convention.porteur.nom,
        "intitule": hors.convention.intitule,
        "axe": "",
        "type": "",
        "statut": "",
        **{
            _cle((financeur.pk, etat)): hors.montant if (financeur.pk, etat) == (payee, Etat.VERSE) else None
            for financeur in argent.financeurs
            for etat in argent.etats
        },
    }


def _premier_niveau(axes: Mapping[int, Axe], cle: int | None) -> Axe | None:
    axe = axes.get(cle) if cle else None
    while axe is not None and axe.parent_id:
        axe = axes[axe.parent_id]
    return axe


def _decrire(annuelle: ActionAnnuelle, argent: Argent) -> dict[str, Any]:
    cases = argent.montants.get(annuelle.pk, {})
    dispositif = f" ({annuelle.dispositif})" if annuelle.dispositif else ""
    return {
        "porteur": annuelle.action.porteur.nom,
        "intitule": f"{annuelle.action.intitule}{dispositif}",
        "axe": annuelle.axe.libelle if annuelle.axe else "",
        "type": annuelle.get_type_display(),
        "statut": annuelle.get_statut_display(),
        **{
            _cle((financeur.pk, etat)): cases.get((financeur.pk, etat))
            for financeur in argent.financeurs
            for etat in argent.etats
        },
    }


# -- Words -----------------------------------------------------------------------------------------
def _sous_titre(lecture: Lecture, argent: Argent, montant: str) -> str:
    morceaux = [lecture.selection or pluriel(lecture.nombre, "action,actions")]
    if not argent.saisi:
        morceaux.append("aucun montant")
    elif montant == TOUS and len(argent.etats) == 1:
        morceaux.append(f"montants {argent.etats[0].label.lower()}s, les seuls connus")
    elif montant == TOUS:
        morceaux.append("montants de la demande au versement")
    else:
        morceaux.append(f"montants {Etat(montant).label.lower()}s")
    return capfirst(", ".join(morceaux))


def _notes(lecture: Lecture, argent: Argent, montant: str) -> tuple[str, ...]:
    """Return what the figures are, and whose are shown."""
    if not argent.saisi or not (lecture.nombre or argent.hors_programme):
        return ()
    notes = [f"Case vide{INSECABLE}: aucun montant{INSECABLE}; 0{INSECABLE}: montant nul."]
    if not argent.total:
        noms = ", ".join(financeur.nom for financeur in argent.financeurs)
        return (*notes, f"Vous ne voyez que vos montants ({noms}).")
    hors = [financeur.sigle for financeur in argent.financeurs if not financeur.dans_total]
    if hors:
        notes.append(f"TOTAL PDV{INSECABLE}: total de la politique de la ville, sans {', '.join(hors)}.")
    if argent.hors_programme:
        notes.append(f"{HORS_PROGRAMME}{INSECABLE}: ce qu'aucune ligne de la convention ne prend.")
    sans = additionner(hors.montant for hors in argent.hors_programme if hors.financeur is None)
    if sans:
        notes.append(
            f"En plus, {en_euros(sans)} sont versés par convention, hors programme, sans financeur précis."
        )
    if montant != TOUS:
        notes.append(
            f"Part{INSECABLE}: en % du TOTAL PDV, arrondie au dixième pour que la somme fasse 100{INSECABLE}%."
        )
    return tuple(notes)
