"""The money of the programme: by funder, by axe, by nature of credits. What is accorded, in the total and beside it."""

from collections.abc import Iterable, Sequence
from decimal import Decimal

from comptes.templatetags.typographie import accord, insecables
from documents import INSECABLE, Colonne, Groupe, TypeColonne, additionner, montant, repartir_100
from documents.graphiques import Forme, Graphique, Serie
from documents.rapport import Bloc, BlocTableau

from ..constats import qui_a_le_plus
from ..donnees import Donnees, LigneLue, NatureCredit, somme, sommer_par
from ..mots import avec_article, citer, part
from .actions import groupes_par_axe
from .commun import (
    NATURES,
    bloc_tableau,
    dessine,
    dire,
    monnaie,
    notes_argent,
    regrouper,
    sans_argent,
    source,
)

CREDITS = "des crédits accordés"
TOUS = "tous les crédits accordés"


# -- By funder -------------------------------------------------------------------------------------
def argent_financeurs(d: Donnees) -> list[Bloc]:
    """Return what each funder accords, its share of the total, and what is beside it."""
    if d.total is None and not d.hors_total:
        return sans_argent(d, "argent_financeurs")
    return dessine(_graphique_des_financeurs(d), _tableau_des_financeurs(d))


def _graphique_des_financeurs(d: Donnees) -> Graphique | None:
    if not d.apports:
        return None
    apports = [(d.financeurs[pk].nom, euros) for pk, euros in d.apports.items()]
    montres = regrouper(apports, "Les {n} autres financeurs")
    return Graphique(
        titre=constat_financeurs(d),
        sous_titre=f"Montants accordés en {d.annee}, total de la politique de la ville{INSECABLE}: {montant(d.total)}",
        categories=tuple(nom for nom, _ in montres),
        series=(Serie("Accordé", tuple(valeur for _, valeur in montres)),),
        type=TypeColonne.MONTANT,
        intitule="Financeur",
        source=source(d, "montants accordés"),
    )


def constat_financeurs(d: Donnees) -> str:
    """Return who brings most: « La Ville et l'État portent 84 % des crédits accordés »; empty without any amount."""
    apports = [(avec_article(d.financeurs[pk].nom), euros) for pk, euros in d.apports.items()]
    return qui_a_le_plus(
        apports, verbe="porte,portent", quoi=CREDITS, tout=TOUS, compte="financeur,financeurs"
    )


def _tableau_des_financeurs(d: Donnees) -> BlocTableau:
    par_financeur: dict[int, list[LigneLue]] = {}
    for ligne in [*d.accordees, *d.hors_total]:
        par_financeur.setdefault(ligne.financeur, []).append(ligne)
    rangs = [pk for pk in d.financeurs if pk in par_financeur]
    comptees = {pk: [li for li in d.accordees if li.financeur == pk] for pk in rangs}
    hors = {pk: [li for li in d.hors_total if li.financeur == pk] for pk in rangs}
    parts = repartir_100([somme(comptees[pk]) for pk in rangs])
    colonnes = monnaie(d)
    lignes = [
        {
            "financeur": d.financeurs[pk].nom,
            "actions": _soutenues(par_financeur[pk]),
            **colonnes.cellules(comptees[pk], hors[pk], points),
        }
        for pk, points in zip(rangs, parts, strict=True)
    ]
    return bloc_tableau(
        "argent_financeurs",
        "Les crédits par financeur",
        (
            Colonne(cle="financeur", titre="Financeur", poids=4, entete_ligne=True),
            Colonne(cle="actions", titre="Actions", type=TypeColonne.ENTIER),
            *colonnes.colonnes(),
        ),
        [Groupe(lignes=lignes)],
        total="Total",
        notes=[
            *notes_argent(d),
            f"Actions{INSECABLE}: celles auxquelles le financeur accorde un montant{INSECABLE}; une action a souvent "
            "plusieurs financeurs, ces nombres ne s'additionnent pas.",
        ],
        adresses=[d.liste(financeur=d.financeurs[pk].cle, accorde=1) for pk in rangs],
        repose_sur=d.sur_lignes,
    )


def _soutenues(lignes: Iterable[LigneLue]) -> int:
    """Return how many actions receive something on these lines: asked for is not given, nor is zero."""
    return len({ligne.action for ligne in lignes if ligne.accorde})


# -- By axe ----------------------------------------------------------------------------------------
def argent_axes(d: Donnees) -> list[Bloc]:
    """Return what each axe receives, natures of credits apart when they are known; an action counts in its main axe."""
    if d.total is None and not d.hors_total:
        return sans_argent(d, "argent_axes")
    comptees, hors = _par_axe(d, d.accordees), _par_axe(d, d.hors_total)
    presents = {*comptees, *hors}
    if presents == {None}:
        return dire(
            "argent_axes",
            f"Aucune action qui reçoit des crédits n'est encore rattachée aux {d.contrat.niveau_1_pluriel} du "
            "contrat.",
        )
    rangs: list[int | None] = [axe for axe in d.axes if axe in presents]
    rangs += [None] if None in presents else []
    colonnes = monnaie(d)
    parts = repartir_100([somme(comptees.get(axe, [])) for axe in rangs])
    valeurs = {
        axe: colonnes.cellules(comptees.get(axe, []), hors.get(axe, []), points)
        for axe, points in zip(rangs, parts, strict=True)
    }
    groupes, adresses = groupes_par_axe(d, valeurs)
    tableau = bloc_tableau(
        "argent_axes",
        f"Les crédits par {d.contrat.niveau_1}",
        (Colonne(cle="axe", titre="Axe", poids=4, entete_ligne=True), *colonnes.colonnes()),
        groupes,
        total="Total",
        notes=[*notes_argent(d), "Les crédits d'une action comptent une fois, dans son axe principal."],
        adresses=adresses,
        repose_sur=d.sur_lignes,
    )
    return dessine(_graphique_des_axes(d), tableau)


def _par_axe(d: Donnees, lignes: Sequence[LigneLue]) -> dict[int | None, list[LigneLue]]:
    par_axe: dict[int | None, list[LigneLue]] = {}
    for ligne in lignes:
        par_axe.setdefault(d.par_pk[ligne.action].axe, []).append(ligne)
    return par_axe


def par_tete(d: Donnees) -> list[tuple[str, Decimal]]:
    """Return what each first level of the tree receives, in reading order, then what has no axe."""
    sommes = sommer_par(
        d.accordees, lambda ligne: tete.pk if (tete := d.tete(d.par_pk[ligne.action].axe)) else None
    )
    lus = [(d.axes[axe].libelle, sommes[axe]) for axe in d.axes if axe in sommes]
    return [*lus, ("Sans axe", sommes[None])] if None in sommes else lus


def _graphique_des_axes(d: Donnees) -> Graphique | None:
    tetes = par_tete(d)
    if len(tetes) < 2 or not any(euros for _, euros in tetes):
        return None
    natures = monnaie(d)
    return Graphique(
        titre=constat_axes(d),
        sous_titre=f"Montants accordés en {d.annee} par {d.contrat.niveau_1}, total de la politique de la ville",
        categories=tuple(nom for nom, _ in tetes),
        series=_series(d, natures.natures)
        if natures.separees
        else (Serie("Accordé", tuple(euros for _, euros in tetes)),),
        forme=Forme.EMPILEES if natures.separees else Forme.BARRES,
        type=TypeColonne.MONTANT,
        intitule=d.contrat.niveau_1.capitalize(),
        source=source(d, "montants accordés"),
    )


def _series(d: Donnees, natures: Sequence[str]) -> tuple[Serie, ...]:
    """Return a series a nature, over the first levels of the tree that receive something."""
    par_case = sommer_par(
        d.accordees,
        lambda ligne: (tete.pk if (tete := d.tete(d.par_pk[ligne.action].axe)) else None, ligne.nature),
    )
    presents = {axe for axe, _ in par_case}
    rangs: list[int | None] = [axe for axe in d.axes if axe in presents]
    rangs += [None] if None in presents else []
    return tuple(
        Serie(NATURES[nature], tuple(par_case.get((axe, nature)) for axe in rangs)) for nature in natures
    )


def constat_axes(d: Donnees) -> str:
    """Return which first level receives most; empty without any amount."""
    return qui_a_le_plus(
        [(nom if nom == "Sans axe" else citer(nom), euros) for nom, euros in par_tete(d)],
        verbe="reçoit,reçoivent",
        quoi=CREDITS,
        tout=TOUS,
        compte=f"{d.contrat.niveau_1},{d.contrat.niveau_1_pluriel}",
    )


# -- By nature -------------------------------------------------------------------------------------
def argent_natures(d: Donnees) -> list[Bloc]:
    """Return crédits spécifiques and droit commun apart, and what is not known (loi n° 2014-173, art. 6)."""
    if d.total is None and not d.hors_total:
        return sans_argent(d, "argent_natures")
    comptees = sommer_par(d.accordees, lambda ligne: ligne.nature)
    hors = sommer_par(d.hors_total, lambda ligne: ligne.nature)
    connues = {*comptees, *hors}
    rangs = [nature for nature in NATURES if nature in connues]
    parts = repartir_100([comptees.get(nature) for nature in rangs])
    lignes = [
        {
            "nature": NATURES[nature],
            "actions": _soutenues(ligne for ligne in d.lignes if ligne.nature == nature),
            "accorde": comptees.get(nature),
            "part": points,
            "hors_total": hors.get(nature),
        }
        for nature, points in zip(rangs, parts, strict=True)
    ]
    colonnes = [
        Colonne(cle="nature", titre="Nature des crédits", poids=4, entete_ligne=True),
        Colonne(cle="actions", titre="Actions", type=TypeColonne.ENTIER),
        Colonne(cle="accorde", titre="Accordé", type=TypeColonne.MONTANT, total=True),
        Colonne(cle="part", titre="Part", type=TypeColonne.POURCENTAGE),
    ]
    if d.hors_total:
        colonnes.append(Colonne(cle="hors_total", titre="Hors total", type=TypeColonne.MONTANT, total=True))
    return [
        bloc_tableau(
            "argent_natures",
            "Crédits spécifiques et droit commun",
            colonnes,
            [Groupe(lignes=lignes)],
            total="Total",
            notes=[
                phrase_natures(d),
                insecables(
                    "Crédits spécifiques : ceux de la politique de la ville. Droit commun : les crédits ordinaires des "
                    "politiques publiques."
                ),
            ],
            adresses=[d.liste(nature=nature, accorde=1) for nature in rangs],
            repose_sur=d.sur_lignes,
        )
    ]


def phrase_natures(d: Donnees) -> str:
    """Return in one sentence how the credits are shared between specific ones and droit commun, and what is unknown."""
    if not d.total:
        return ""
    comptees = sommer_par(d.accordees, lambda ligne: ligne.nature)
    inconnu = comptees.get(NatureCredit.NON_PRECISEE)
    if inconnu == d.total:
        return "La nature des crédits n'est précisée pour aucun montant."
    dites = [
        f"{part(comptees[nature], d.total)} {mots}"
        for nature, mots in (
            (NatureCredit.SPECIFIQUE, "de crédits spécifiques"),
            (NatureCredit.DROIT_COMMUN, "de droit commun"),
        )
        if comptees.get(nature)
    ]
    autres = additionner(
        euros
        for nature, euros in comptees.items()
        if nature not in (NatureCredit.SPECIFIQUE, NatureCredit.DROIT_COMMUN, NatureCredit.NON_PRECISEE)
    )
    if autres:
        dites.append(f"{part(autres, d.total)} d'autres natures")
    suite = (
        f"{INSECABLE}; la nature de {part(inconnu, d.total)} des montants n'est pas précisée"
        if inconnu
        else ""
    )
    return f"{accord(len(dites), 'Part connue,Parts connues')}{INSECABLE}: {', '.join(dites)}{suite}."
