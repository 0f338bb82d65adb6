"""The year beside the one before: what is counted, what each funder accords, which actions came and went."""

from decimal import Decimal

from comptes.templatetags.typographie import pluriel
from documents import INSECABLE, Colonne, Groupe, TypeColonne, montant
from documents.graphiques import Graphique, Serie
from documents.rapport import Bloc

from ..donnees import Donnees
from .commun import BARRES, bloc_tableau, dessine, dire, source

RECONDUITES = "action reconduite,actions reconduites,aucune action reconduite"
NOUVELLES = "nouvelle,nouvelles,aucune nouvelle"
FINIES = "non reconduite,non reconduites,aucune qui ne le soit pas"


def comparaison(d: Donnees) -> list[Bloc]:
    """Return the figures of both years and their gap; why there is none when the year before is not known."""
    if not d.actions:
        return dire(
            "comparaison",
            f"Aucune action n'est encore au programme de {d.annee}{INSECABLE}: rien à comparer.",
        )
    if d.avant is None:
        return dire("comparaison", sans_comparaison(d))
    return [_comptes(d, d.avant), *_argent(d, d.avant)]


def sans_comparaison(d: Donnees) -> str:
    """Return why nothing is compared."""
    return f"Aucun programme {d.annee - 1} n'est enregistré dans ce contrat{INSECABLE}: il n'y a pas de comparaison."


def _comptes(d: Donnees, avant: Donnees) -> Bloc:
    lignes: list[tuple[str, int | None, int | None]] = [
        ("Actions", len(avant.actions), len(d.actions)),
        ("Structures", len(avant.structures), len(d.structures)),
        ("Bilans validés", avant.valides, d.valides),
    ]
    passes = {public.perimetre: public.total for public in avant.publics}
    lignes += [
        (
            f"Personnes – {public.libelle.lower()}".replace("qpv", "QPV"),
            passes[public.perimetre],
            public.total,
        )
        for public in d.publics
        if public.perimetre in passes
    ]
    return bloc_tableau(
        "comparaison",
        f"{d.annee} et {avant.annee}",
        (
            Colonne(cle="compte", titre="Ce qui est compté", poids=4, entete_ligne=True),
            Colonne(cle="avant", titre=str(avant.annee), type=TypeColonne.ENTIER),
            Colonne(cle="present", titre=str(d.annee), type=TypeColonne.ENTIER),
            Colonne(cle="ecart", titre="Écart", type=TypeColonne.ENTIER),
        ),
        [
            Groupe(
                lignes=[
                    {"compte": nom, "avant": passe, "present": present, "ecart": _ecart(present, passe)}
                    for nom, passe, present in lignes
                ]
            )
        ],
        notes=(
            phrase_reconduites(d, avant),
            f"Les bilans ne sont pas tous validés{INSECABLE}: {avant.annee}, {avant.sur_bilans}{INSECABLE}; "
            f"{d.annee}, {d.sur_bilans}. Un écart peut venir de là."
            if avant.valides < avant.attendus or d.valides < d.attendus
            else "",
        ),
        adresses=[d.liste(), d.adresse("liste_porteurs"), *[d.liste(bilan="valides")] * (len(lignes) - 2)],
        repose_sur=f"{avant.annee}{INSECABLE}: {avant.sur_bilans}{INSECABLE}; {d.annee}{INSECABLE}: {d.sur_bilans}",
    )


def phrase_reconduites(d: Donnees, avant: Donnees) -> str:
    """Return how many actions (across years, whatever their dispositif) are renewed, new, or not there any more."""
    presentes, passees = {a.action for a in d.actions}, {a.action for a in avant.actions}
    return (
        f"De {avant.annee} à {d.annee}{INSECABLE}: {pluriel(len(presentes & passees), RECONDUITES)}, "
        f"{pluriel(len(presentes - passees), NOUVELLES)}, {pluriel(len(passees - presentes), FINIES)}."
    )


def _ecart(present: int | None, passe: int | None) -> int | None:
    return None if present is None or passe is None else present - passe


def _argent(d: Donnees, avant: Donnees) -> list[Bloc]:
    """Return what each funder of the total accords in both years; nothing when one of them has no amount."""
    if d.total is None or avant.total is None:
        manquantes = [str(annee.annee) for annee in (avant, d) if annee.total is None]
        return dire(
            "comparaison-argent",
            f"Aucun montant accordé n'est enregistré pour {' ni pour '.join(manquantes)}{INSECABLE}: les crédits ne "
            "sont pas comparés.",
        )
    rangs = [pk for pk in d.financeurs if pk in d.apports or pk in avant.apports]
    noms = [d.financeurs[pk].nom for pk in rangs]
    tableau = bloc_tableau(
        "comparaison-argent",
        f"Les crédits accordés, {avant.annee} et {d.annee}",
        (
            Colonne(cle="financeur", titre="Financeur", poids=4, entete_ligne=True),
            Colonne(cle="avant", titre=str(avant.annee), type=TypeColonne.MONTANT, total=True),
            Colonne(cle="present", titre=str(d.annee), type=TypeColonne.MONTANT, total=True),
            Colonne(cle="ecart", titre="Écart", type=TypeColonne.MONTANT, total=True),
        ),
        [
            Groupe(
                lignes=[
                    {
                        "financeur": d.financeurs[pk].nom,
                        "avant": avant.apports.get(pk),
                        "present": d.apports.get(pk),
                        "ecart": d.apports.get(pk, Decimal(0)) - avant.apports.get(pk, Decimal(0)),
                    }
                    for pk in rangs
                ]
            )
        ],
        total="Total",
        notes=(
            f"Total de la politique de la ville. Case vide{INSECABLE}: aucun montant accordé cette année-là.",
        ),
        adresses=[d.liste(financeur=d.financeurs[pk].cle) for pk in rangs],
        repose_sur=f"{avant.annee}{INSECABLE}: {avant.sur_lignes}{INSECABLE}; {d.annee}{INSECABLE}: {d.sur_lignes}",
    )
    if not 1 <= len(rangs) <= BARRES:
        return [tableau]
    graphique = Graphique(
        titre=constat_argent(d, avant),
        sous_titre="Montants accordés par financeur, total de la politique de la ville",
        categories=tuple(noms),
        series=(
            Serie(str(avant.annee), tuple(avant.apports.get(pk) for pk in rangs)),
            Serie(str(d.annee), tuple(d.apports.get(pk) for pk in rangs)),
        ),
        type=TypeColonne.MONTANT,
        intitule="Financeur",
        source=source(d, "montants accordés"),
    )
    return dessine(graphique, tableau)


def constat_argent(d: Donnees, avant: Donnees) -> str:
    """Return how the total moved: « Les crédits accordés augmentent de 12 000 € »."""
    ecart = (d.total or Decimal(0)) - (avant.total or Decimal(0))
    if not ecart:
        return f"Les crédits accordés sont les mêmes qu'en {avant.annee}{INSECABLE}: {montant(d.total)}"
    verbe = "augmentent" if ecart > 0 else "baissent"
    return (
        f"Les crédits accordés {verbe} de {montant(abs(ecart))} par rapport à {avant.annee}{INSECABLE}: "
        f"{montant(d.total)}"
    )
