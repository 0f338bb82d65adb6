"""The indicators: target, value and evolution of those of the contract, then what bilans count in their own words."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from actions.models import IndicateurAction
from comptes.templatetags.typographie import pluriel
from contrats.models import Indicateur
from documents import INSECABLE, Colonne, Groupe, Mesure, TypeColonne, additionner, nombre
from documents.rapport import Bloc

from ...models import Bilan, ValeurIndicateur
from ..donnees import Donnees
from ..mots import signer
from .commun import bloc_tableau, dire

SIGNES = {Indicateur.Unite.POURCENT: "%", Indicateur.Unite.EURO: "€"}


def indicateurs(d: Donnees) -> list[Bloc]:
    """Return the indicators of the contract, then the quantities that validated bilans give in their own words."""
    suivis = list(Indicateur.objects.filter(contrat=d.contrat).order_by("code"))
    blocs = [_du_contrat(d, suivis)] if suivis else []
    dites = [
        (pk, valeur)
        for pk, bilan in d.bilans.items()
        for valeur in sorted(bilan.valeurs_indicateurs.all(), key=lambda v: v.ordre)
        if _indicateur(valeur) is None and valeur.valeur is not None
    ]
    if dites:
        blocs.append(_dans_leurs_mots(d, dites))
    if blocs:
        return blocs
    return dire(
        "indicateurs",
        f"Le contrat n'a pas encore d'indicateur enregistré, et aucun bilan validé de {d.annee} ne chiffre ce qu'il a "
        "produit.",
    )


def _indicateur(valeur: ValeurIndicateur) -> int | None:
    """Return the indicator of the contract that a value answers (pk), None for a quantity of its own."""
    if valeur.indicateur_id:
        return valeur.indicateur_id
    return valeur.demande.indicateur_id if valeur.demande else None


@dataclass(frozen=True)
class _Mesure:
    """What a year says of an indicator: the value, the women and men of it, and how many bilans give one.

    `environ`: a bilan says that what it gives is an estimate.
    """

    valeur: Decimal | None
    femmes: Decimal | None
    hommes: Decimal | None
    bilans: int
    environ: bool


def _mesurer(d: Donnees, indicateur: Indicateur) -> _Mesure:
    """Return the value of an indicator over the validated bilans, as it is said to add up."""
    donnees = [(bilan, valeur) for bilan in d.bilans.values() for valeur in _comptees(bilan, indicateur)]
    valeurs = [valeur for _, valeur in sorted(donnees, key=_du_plus_ancien)]
    nombres = [valeur.valeur for valeur in valeurs if valeur.valeur is not None]
    agregation = Indicateur.Agregation
    retenue: Decimal | None = None
    if indicateur.agregation == agregation.SOMME:
        retenue = additionner(nombres)
    elif indicateur.agregation == agregation.MAXIMUM:
        retenue = max(nombres, default=None)
    elif indicateur.agregation == agregation.DERNIERE or len(nombres) == 1:
        retenue = nombres[-1] if nombres else None
    somme = indicateur.agregation == agregation.SOMME
    return _Mesure(
        valeur=retenue,
        femmes=additionner(v.valeur_femmes for v in valeurs) if somme else None,
        hommes=additionner(v.valeur_hommes for v in valeurs) if somme else None,
        bilans=len({bilan.pk for bilan, _ in donnees}),
        environ=any(v.approximatif for v in valeurs if somme or v.valeur == retenue),
    )


def _comptees(bilan: Bilan, indicateur: Indicateur) -> list[ValeurIndicateur]:
    """Return what a bilan gives of an indicator: as the campaign asks it, else as the action or the bilan put it.

    An action that follows an indicator that the campaign asks of all answers twice: once is counted.
    """
    donnees = [
        valeur
        for valeur in bilan.valeurs_indicateurs.all()
        if _indicateur(valeur) == indicateur.pk and valeur.valeur is not None
    ]
    return [valeur for valeur in donnees if valeur.demande_id] or donnees


def _du_plus_ancien(paire: tuple[Bilan, ValeurIndicateur]) -> tuple[str, int]:
    bilan, valeur = paire
    return (bilan.valide_le.isoformat() if bilan.valide_le else "", valeur.pk)


def _du_contrat(d: Donnees, suivis: Sequence[Indicateur]) -> Bloc:
    cibles = _cibles(d, suivis)
    lignes = []
    for indicateur in suivis:
        mesure = _mesurer(d, indicateur)
        avant = _mesurer(d.avant, indicateur).valeur if d.avant else None
        lignes.append(
            {
                "indicateur": indicateur.libelle,
                "unite": indicateur.get_unite_display(),
                "cible": _avec_unite(cibles.get(indicateur.pk), indicateur),
                "valeur": _avec_unite(mesure.valeur, indicateur, environ=mesure.environ),
                "femmes": _avec_unite(mesure.femmes, indicateur),
                "hommes": _avec_unite(mesure.hommes, indicateur),
                "avant": _avec_unite(avant, indicateur),
                "evolution": _evolution(mesure.valeur, avant, indicateur),
                "bilans": mesure.bilans,
            }
        )
    colonnes = [
        Colonne(cle="indicateur", titre="Indicateur", poids=4, entete_ligne=True),
        Colonne(cle="unite", titre="Unité"),
        Colonne(cle="cible", titre="Cible", type=TypeColonne.MESURE),
        Colonne(cle="valeur", titre=str(d.annee), type=TypeColonne.MESURE),
    ]
    if any(indicateur.sexue for indicateur in suivis):
        colonnes += [
            Colonne(cle="femmes", titre="dont femmes", type=TypeColonne.MESURE),
            Colonne(cle="hommes", titre="dont hommes", type=TypeColonne.MESURE),
        ]
    colonnes += [
        Colonne(cle="avant", titre=str(d.annee - 1), type=TypeColonne.MESURE),
        Colonne(cle="evolution", titre="Évolution"),
        Colonne(cle="bilans", titre="Bilans qui le donnent", type=TypeColonne.ENTIER),
    ]
    return bloc_tableau(
        "indicateurs",
        "Les indicateurs du contrat",
        colonnes,
        [Groupe(lignes=lignes)],
        notes=(
            f"Case vide{INSECABLE}: aucun bilan validé ne le donne, ou plusieurs le donnent et il ne s'additionne pas.",
            f"Cible{INSECABLE}: celle que les fiches des actions se fixent.",
        ),
        adresses=[d.liste(bilan="valides")] * len(lignes),
        repose_sur=d.sur_bilans,
    )


def _cibles(d: Donnees, suivis: Sequence[Indicateur]) -> dict[int, Decimal]:
    """Return the targets that the actions of the programme set, by indicator, where they add up."""
    par_indicateur: dict[int, list[Decimal]] = {}
    fixees = IndicateurAction.objects.filter(
        action_annuelle__in=d.programme.order_by().values("pk"), indicateur__in=suivis, cible__isnull=False
    )
    for indicateur, cible in fixees.order_by("pk").values_list("indicateur", "cible"):
        par_indicateur.setdefault(indicateur, []).append(cible)
    agregation = Indicateur.Agregation
    cibles = {}
    for indicateur in suivis:
        siennes = par_indicateur.get(indicateur.pk, [])
        if indicateur.agregation == agregation.SOMME and siennes:
            cibles[indicateur.pk] = sum(siennes, Decimal(0))
        elif indicateur.agregation == agregation.MAXIMUM and siennes:
            cibles[indicateur.pk] = max(siennes)
        elif len(siennes) == 1:
            cibles[indicateur.pk] = siennes[0]
    return cibles


def _avec_unite(valeur: Decimal | None, indicateur: Indicateur, *, environ: bool = False) -> Mesure | None:
    if valeur is None:
        return None
    return Mesure(valeur, SIGNES.get(Indicateur.Unite(indicateur.unite), ""), environ)


def _evolution(valeur: Decimal | None, avant: Decimal | None, indicateur: Indicateur) -> str:
    if valeur is None or avant is None:
        return ""
    ecart = valeur - avant
    if not ecart:
        return "stable"
    unite = f"{INSECABLE}points" if indicateur.unite == Indicateur.Unite.POURCENT else ""
    return signer(ecart, f"{nombre(ecart)}{unite}")


def _dans_leurs_mots(d: Donnees, dites: Sequence[tuple[int, ValeurIndicateur]]) -> Bloc:
    bilans = len({pk for pk, _ in dites})
    return bloc_tableau(
        "indicateurs-bilans",
        "Ce que les bilans comptent, dans leurs mots",
        (
            Colonne(cle="action", titre="Action", poids=3, entete_ligne=True, fusionner=True),
            Colonne(cle="libelle", titre="Ce qui est compté", poids=3),
            Colonne(cle="valeur", titre="Nombre", type=TypeColonne.MESURE),
            Colonne(cle="unite", titre="Unité", poids=2),
        ),
        [
            Groupe(
                lignes=[
                    {
                        "action": d.par_pk[pk].intitule,
                        "libelle": valeur.libelle,
                        "valeur": Mesure(valeur.valeur, environ=valeur.approximatif)
                        if valeur.valeur is not None
                        else None,
                        "unite": valeur.unite,
                    }
                    for pk, valeur in dites
                ]
            )
        ],
        notes=(
            "Ces nombres sont propres à chaque action : ils ne s'additionnent pas.".replace(
                " :", f"{INSECABLE}:"
            ),
        ),
        adresses=[d.adresse("bilan_detail", d.par_pk[pk].cle) for pk, _ in dites],
        repose_sur=f"{pluriel(bilans, 'bilan qui en donne,bilans qui en donnent')}, sur "
        f"{pluriel(d.valides, 'bilan validé,bilans validés')}",
    )
