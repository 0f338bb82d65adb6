"""What is said under the annexes of a year: how far the bilans are, what the figures are, what is unsettled."""

from typing import Any

from django.db.models import Count, Q, QuerySet

from actions.models import ActionAnnuelle
from comptes.templatetags.typographie import accord, pluriel
from documents import INSECABLE, montant
from financements.models import AmbiguiteMontants, TotalControle

from ..models import Bilan, Effectif
from ..suivi import suivies_par
from .argent import Argent
from .lecture import Lecture, lisibles

# Titles quoted in a note; beyond, their number is enough.
TITRES_CITES = 12


def communes(lecture: Lecture) -> tuple[str, ...]:
    """Return how far the bilans are, and what the table leaves out."""
    if not lecture.nombre:
        return ()
    notes = [_avancement(lecture), _hors_programme(lecture)]
    if lecture.valides:
        notes.append("Seuls les bilans validés sont repris dans ce tableau.")
    if not lecture.tout and not lecture.financeur:
        notes.append("Ce tableau ne contient que les actions de votre structure.")
    return tuple(note for note in notes if note)


def financieres(lecture: Lecture, argent: Argent) -> tuple[str, ...]:
    """Return what the figures of an annex with money are, and what is still to be settled in them."""
    if not lecture.nombre:
        return ()
    notes = [_beneficiaires(lecture)]
    if argent.saisi:
        notes += [_montants(argent), _ambiguites(lecture), _controles(lecture, argent)]
    else:
        notes.append(
            f"Aucun financement n'est saisi pour {lecture.campagne.annee} (montants {argent.adjectif})."
        )
    return tuple(note for note in notes if note)


# -- Bilans ----------------------------------------------------------------------------------------
def _avancement(lecture: Lecture) -> str:
    """Return « 25 bilans validés, 11 transmis, 3 attendus, 2 dispensés sur 41 actions ; 16 structures. »"""
    (premier, formes), *suite = [(nombre, formes) for nombre, formes in _compter(lecture) if nombre]
    phrases = [f"{pluriel(premier, 'bilan,bilans')} {accord(premier, formes)}"]
    phrases += [pluriel(nombre, formes) for nombre, formes in suite]
    actions = pluriel(lecture.nombre, "action,actions")
    structures = pluriel(lecture.structures, "structure,structures")
    return f"{', '.join(phrases)} sur {actions}{INSECABLE}; {structures}."


def _compter(lecture: Lecture) -> list[tuple[int, str]]:
    """Return how many rows have a bilan in each situation, with its name for one and for several."""
    bilans = lisibles(Bilan.objects.all(), lecture.utilisateur).filter(action_annuelle__in=lecture.cles)
    statuts: dict[str, int] = dict(bilans.order_by().values_list("statut").annotate(n=Count("pk")))
    suivies = Q() if lecture.utilisateur is None else suivies_par(lecture.utilisateur)
    sans_bilan = (
        lecture.actions.filter(suivies)
        .exclude(statut__in=ActionAnnuelle.STATUTS_SANS_BILAN)
        .exclude(pk__in=bilans.order_by().values("action_annuelle"))
        .count()
    )

    def somme(*etats: str) -> int:
        return sum(statuts.get(etat, 0) for etat in etats)

    # A funder does not see what becomes of a bilan before it is validated.
    reste = "pas encore validé,pas encore validés" if lecture.financeur else "non attendu,non attendus"
    return [
        (somme(*Bilan.STATUTS_VALIDES), "validé,validés"),
        (somme(*Bilan.STATUTS_EN_LECTURE), "transmis,transmis"),
        (somme(Bilan.Statut.A_COMPLETER), "à compléter,à compléter"),
        (somme(Bilan.Statut.A_SAISIR, Bilan.Statut.EN_SAISIE) + sans_bilan, "attendu,attendus"),
        (somme(Bilan.Statut.DISPENSE), "dispensé,dispensés"),
        (lecture.nombre - sum(statuts.values()) - sans_bilan, reste),
    ]


def _hors_programme(lecture: Lecture) -> str:
    """Return how many actions of the year are not of its programme; nothing under a selection."""
    ecartees = 0 if lecture.selection else lecture.annee.count() - lecture.nombre
    if not ecartees:
        return ""
    verbe = accord(ecartees, "n'a pas été programmée et ne figure,n'ont pas été programmées et ne figurent")
    return f"{pluriel(ecartees, 'action,actions')} de l'année {verbe} pas dans ce tableau."


# -- Figures ---------------------------------------------------------------------------------------
def _beneficiaires(lecture: Lecture) -> str:
    """Return why the people are not added up, and whose number is an estimate."""
    estimes = lecture.bilans.filter(
        effectifs__perimetre=Effectif.Perimetre.QPV,
        effectifs__mesure=Effectif.Mesure.PERSONNES,
        effectifs__valeur__isnull=False,
        effectifs__approximatif=True,
    )
    note = (
        f"Bénéficiaires{INSECABLE}: les nombres ne sont pas additionnés, car une même personne peut participer "
        "à plusieurs actions."
    )
    if titres := _titres(lecture, estimes):
        note += f" Nombre estimé par le porteur pour {_citer(titres)}."
    return note


def _montants(argent: Argent) -> str:
    note = f"{argent.definition}. Case vide{INSECABLE}: aucun montant saisi{INSECABLE}; 0{INSECABLE}: montant nul."
    if not argent.total:
        noms = ", ".join(financeur.nom for financeur in argent.financeurs)
        return f"{note} Vous ne voyez que vos montants ({noms})."
    if argent.dans_total:
        note += f" TOTAL PDV{INSECABLE}: total de la politique de la ville"
        exclus = ", ".join(financeur.sigle for financeur in argent.hors_total)
        note += f", sans {exclus}." if exclus else "."
        note += f" Part{INSECABLE}: en % de ce total, arrondie au dixième pour que la somme fasse 100{INSECABLE}%."
    return note


def _ambiguites(lecture: Lecture) -> str:
    """Return the rows of the source document whose amounts a person has still to settle."""
    ouvertes = lisibles(AmbiguiteMontants.objects.all(), lecture.utilisateur).filter(tranchee_le__isnull=True)
    titres = _titres(lecture, ouvertes)
    if not titres:
        return ""
    lignes = pluriel(len(titres), "ligne,lignes")
    return f"{lignes} dont la répartition entre financeurs reste à confirmer{INSECABLE}: {_citer(titres)}."


def _controles(lecture: Lecture, argent: Argent) -> str:
    """Return the printed totals that the rows do not give; they are of the whole programme, as granted."""
    if lecture.selection or argent.etat != "accorde":
        return ""
    imprimes = lisibles(TotalControle.objects.all(), lecture.utilisateur).filter(
        campagne=lecture.campagne,
        nature=TotalControle.Nature.MONTANT,
        porteur__isnull=True,
        action_annuelle__isnull=True,
    )
    ecarts = []
    for imprime in imprimes.select_related("financeur").order_by("ordre"):
        calcule = argent.sommes.get(imprime.financeur_id) if imprime.financeur_id else argent.total_pdv
        if calcule is not None and calcule != imprime.valeur:
            nom = imprime.financeur.sigle if imprime.financeur else "TOTAL PDV"
            ecarts.append(f"{nom} {montant(imprime.valeur)}, calculé {montant(calcule)}")
    if not ecarts:
        return ""
    return (
        "Les totaux de ce tableau sont la somme de ses lignes. Le document d'origine en imprimait d'autres"
        f"{INSECABLE}: {f'{INSECABLE}; '.join(ecarts)}."
    )


def _titres(lecture: Lecture, objets: QuerySet[Any]) -> list[str]:
    """Return the titles of the rows that `objets` (bilans, amounts to settle) are about, in the table's order."""
    concernees = objets.filter(action_annuelle__in=lecture.cles).order_by().values("action_annuelle")
    lignes = lecture.actions.filter(pk__in=concernees).dans_l_ordre()
    return list(lignes.values_list("action__intitule", flat=True))


def _citer(titres: list[str]) -> str:
    cites = ", ".join(f"«{INSECABLE}{titre}{INSECABLE}»" for titre in titres[:TITRES_CITES])
    reste = len(titres) - TITRES_CITES
    return f"{cites} et {pluriel(reste, 'autre,autres')}" if reste > 0 else cites
