"""The situation of the quartiers against the other scales: the published statistics, with their sources."""

from decimal import Decimal

from contrats.models import Statistique, ValeurStatistique
from contrats.statistiques import Theme, themes
from documents import INSECABLE, Colonne, Groupe, TypeColonne, nombre
from documents.graphiques import Graphique, Serie
from documents.rapport import Bloc

from ..donnees import Donnees
from ..mots import citer
from .commun import BARRES, bloc_tableau, dessine, dire

Echelle = ValeurStatistique.Echelle
# The scale that a quartier is set against, the nearest to the contract first.
REFERENCES = (Echelle.EPCI, Echelle.COMMUNE, Echelle.UNITE_URBAINE, Echelle.REGION, Echelle.NATIONAL)
DANS = {
    Echelle.EPCI: "dans l'intercommunalité",
    Echelle.COMMUNE: "dans la commune",
    Echelle.UNITE_URBAINE: "dans l'unité urbaine",
    Echelle.REGION: "dans la région",
    Echelle.NATIONAL: "en France",
}


def situation(d: Donnees) -> list[Bloc]:
    """Return the statistics of the contract by theme, their scales side by side, after the widest gaps."""
    statistiques = Statistique.objects.filter(contrat=d.contrat).order_by("ordre")
    lus = themes(statistiques)
    if not lus:
        return dire("situation", "Aucune statistique des quartiers n'est encore enregistrée dans le contrat.")
    presentes = {echelle for theme in lus for echelle in theme.echelles}
    echelles = [str(echelle.label) for echelle in Echelle if str(echelle.label) in presentes]
    # a source that is that of a whole theme stands beside its name
    sources = any(not theme.source for theme in lus)
    tableau = bloc_tableau(
        "situation",
        "Le quartier et les autres échelles",
        (
            Colonne(cle="libelle", titre="Ce qui est mesuré", poids=12, entete_ligne=True),
            *(Colonne(cle=echelle, titre=echelle, type=TypeColonne.MESURE) for echelle in echelles),
            *([Colonne(cle="source", titre="Source", poids=3)] if sources else []),
        ),
        [
            Groupe(
                titre=_titre(theme),
                lignes=[
                    {
                        "libelle": ligne.libelle,
                        "source": "" if theme.source else ligne.source or f"non{INSECABLE}écrite",
                        **dict.fromkeys(echelles),
                        **dict(ligne.cases),
                    }
                    for ligne in theme.lignes
                ],
            )
            for theme in lus
        ],
        notes=(f"Case vide{INSECABLE}: le contrat ne donne pas la valeur à cette échelle.",),
        adresses=[d.adresse("contrat")] * sum(len(theme.lignes) for theme in lus),
        repose_sur="des statistiques publiées, non des bilans",
    )
    return dessine(_graphique(list(statistiques.prefetch_related("valeurs"))), tableau)


def _titre(theme: Theme) -> str:
    nom = theme.nom or "Autres"
    return f"{nom} – {theme.source}" if theme.source else nom


def _graphique(statistiques: list[Statistique]) -> Graphique | None:
    """Return the percentages of the quartier beside those of the scale that most of them are given for."""
    paires = {echelle: _paires(statistiques, echelle) for echelle in REFERENCES}
    echelle = max(REFERENCES, key=lambda reference: len(paires[reference]))
    retenues = sorted(paires[echelle], key=lambda paire: -abs(paire[1] - paire[2]))[:BARRES]
    if not retenues:
        return None
    return Graphique(
        titre=_constat(retenues, echelle),
        sous_titre=f"Statistiques en % données pour le quartier et pour l'autre échelle{INSECABLE}: "
        f"{str(echelle.label).lower()}",
        categories=tuple(libelle for libelle, _, _ in retenues),
        series=(
            Serie("QPV", tuple(qpv for _, qpv, _ in retenues)),
            Serie(str(echelle.label), tuple(autre for _, _, autre in retenues)),
        ),
        type=TypeColonne.POURCENTAGE,
        intitule="Ce qui est mesuré",
        source=_sources(statistiques, {libelle for libelle, _, _ in retenues}),
    )


def _paires(statistiques: list[Statistique], echelle: Echelle) -> list[tuple[str, Decimal, Decimal]]:
    """Return (label, in the quartier, at the other scale) of the percentages that have both."""
    paires = []
    for statistique in statistiques:
        valeurs = {valeur.echelle: valeur.valeur for valeur in statistique.valeurs.all()}
        if statistique.unite == "%" and Echelle.QPV in valeurs and echelle in valeurs:
            paires.append((statistique.libelle, valeurs[Echelle.QPV], valeurs[echelle]))
    return paires


def _constat(paires: list[tuple[str, Decimal, Decimal]], echelle: Echelle) -> str:
    """Return the widest gap; the first ones being equal, the first in order."""
    libelle, qpv, autre = paires[0]
    if qpv == autre:
        return f"Aucun écart entre le quartier et l'autre échelle sur {len(paires)} mesures"
    return (
        f"L'écart le plus fort{INSECABLE}: {citer(libelle)}, {nombre(qpv)}{INSECABLE}% dans le quartier, "
        f"{nombre(autre)}{INSECABLE}% {DANS[echelle]}"
    )


def _sources(statistiques: list[Statistique], libelles: set[str]) -> str:
    sources = {s.source for s in statistiques if s.libelle in libelles and s.source}
    return f"Source{INSECABLE}: {f'{INSECABLE}; '.join(sorted(sources))}" if sources else ""
