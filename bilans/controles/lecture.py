"""Reading from the database what the rules of a bilan need, in a fixed number of queries."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from actions.models import (
    Action,
    ActionAnnuelle,
    Campagne,
    IndicateurAction,
    ReglagesControles,
    TrancheAge,
)
from contrats.models import Territoire
from documents.normalisation import normaliser

from .. import effectifs as eff
from ..models import Bilan, ValeurIndicateur
from .contexte import Contexte, Seuils, TerritoireLu

# What a bilan and a fiche say in words.
CHAMPS_BILAN = (*Bilan.CHAMPS_RECIT, "type_public", "moyens", "dates_lieux", "partenariats")
CHAMPS_FICHE = (
    "domaine",
    "objectifs",
    "description",
    "public_vise",
    "lieux",
    "moyens_humains",
    "moyens_materiels",
    "moyens_financiers",
    "partenaires",
    "tarifs",
)
# The words by which a critère counts people: its target is then the number of people planned.
UNITES_DE_PERSONNES = ("personne", "beneficiaire", "participant", "habitant", "jeune", "enfant", "usager")


# -- What the bilans of a year share ------------------------------------------------------------------
@dataclass(frozen=True, kw_only=True)
class Cadre:
    """What every bilan of a year is read beside: its year, its thresholds, its age bands, its territories."""

    annee: int
    seuils: Seuils
    tranches: tuple[TrancheAge, ...]
    territoires: tuple[TerritoireLu, ...]


def cadre(campagne: Campagne, tranches: Iterable[TrancheAge] | None = None) -> Cadre:
    """Return what the bilans of a year share, in three queries (two when the age bands are given or prefetched)."""
    return Cadre(
        annee=campagne.annee,
        seuils=lire_seuils(campagne),
        tranches=tuple(campagne.tranches.all() if tranches is None else tranches),
        territoires=lire_territoires(campagne.contrat_id),
    )


def lire_seuils(campagne: Campagne) -> Seuils:
    """Return the thresholds of a year: those that were set, else the defaults."""
    reglages = ReglagesControles.objects.filter(campagne=campagne).first()
    if reglages is None:
        return Seuils()
    return Seuils(**{nom: getattr(reglages, nom) for nom in Seuils.__dataclass_fields__})


def lire_territoires(contrat: int) -> tuple[TerritoireLu, ...]:
    """Return the territories of a contract with their other names, in one query."""
    lus: dict[int, TerritoireLu] = {}
    rangees = Territoire.objects.filter(contrat=contrat).order_by("type", "pk", "alias__pk")
    for pk, nom, type_, population, alias in rangees.values_list(
        "pk", "nom", "type", "population", "alias__libelle"
    ):
        connus = lus[pk].alias if pk in lus else ()
        lus[pk] = TerritoireLu(
            pk=pk,
            nom=nom,
            type=type_,
            population=population,
            alias=(*connus, alias) if alias else connus,
        )
    return tuple(lus.values())


# -- A bilan ---------------------------------------------------------------------------------------
def contexte(
    bilan: Bilan,
    *,
    commun: Cadre | None = None,
    grilles: Mapping[str, eff.Grille] | None = None,
    precedents: "Precedents | None" = None,
    criteres: Iterable[IndicateurAction] | None = None,
    indicateurs: Iterable[ValeurIndicateur] | None = None,
) -> Contexte:
    """Return the context of a bilan; what is given is not read again.

    `grilles` are those of a page that holds more than the database (a cell that waits to be corrected);
    `criteres` those of the action, `indicateurs` the figures that the bilan gives.
    """
    annuelle = bilan.action_annuelle
    campagne = annuelle.campagne
    partage = commun or cadre(campagne)
    avant = precedents if precedents is not None else lire_precedents(campagne, [annuelle.action])
    effectifs = None if grilles else list(bilan.effectifs.all())
    return Contexte(
        annee=campagne.annee,
        grilles=grilles or eff.grilles(effectifs or (), partage.tranches),
        seuils=partage.seuils,
        textes=lire_recits(bilan),
        fiche=lire_fiche(annuelle),
        territoires=partage.territoires,
        precedent=avant.get(annuelle),
        estimes=None if effectifs is None else frozenset(e.perimetre for e in effectifs if e.approximatif),
        personnes_prevues=_personnes_prevues(annuelle.indicateurs.all() if criteres is None else criteres),
        indicateurs=tuple(
            (valeur.libelle, valeur.unite, valeur.valeur)
            for valeur in (bilan.valeurs_indicateurs.all() if indicateurs is None else indicateurs)
        ),
    )


def lire_recits(bilan: Bilan) -> dict[str, str]:
    """Return what a bilan says in words, by field."""
    return {champ: getattr(bilan, champ) for champ in CHAMPS_BILAN}


def lire_fiche(annuelle: ActionAnnuelle) -> dict[str, str]:
    """Return what the fiche of an action says, by field."""
    return {
        "intitule": annuelle.action.intitule,
        **{champ: getattr(annuelle, champ) for champ in CHAMPS_FICHE},
    }


def _personnes_prevues(criteres: Iterable[IndicateurAction]) -> int | None:
    """Return the target of the only critère that counts people, None without one or when two could be it."""
    cibles = [
        critere.cible
        for critere in criteres
        if critere.cible is not None and _compte_des_personnes(f"{critere.unite} {critere.libelle}")
    ]
    if len(cibles) != 1 or cibles[0] != int(cibles[0]):
        return None
    return int(cibles[0])


def _compte_des_personnes(mots: str) -> bool:
    return any(mot.startswith(UNITES_DE_PERSONNES) for mot in normaliser(mots).split())


class Precedents:
    """The people reached the year before, by porteur and normalised title, then by dispositif."""

    def __init__(self) -> None:
        self._trouves: dict[tuple[int, str], dict[str | None, dict[str, int]]] = defaultdict(dict)

    def ajouter(self, action: Action, dispositif: str | None, personnes: dict[str, int]) -> None:
        """Add the people of a bilan, by perimeter."""
        self._trouves[_identite(action)][dispositif] = personnes

    def get(self, annuelle: ActionAnnuelle) -> Mapping[str, int]:
        """Return the people of the same action, those of the same dispositif when it had several rows."""
        rangs = self._trouves.get(_identite(annuelle.action), {})
        if len(rangs) == 1:
            return next(iter(rangs.values()))
        return rangs.get(annuelle.dispositif_id, {})

    @property
    def par_action(self) -> dict[tuple[int, str], int]:
        """The people of the whole public by porteur and normalised title; nothing where several rows share both."""
        return {
            identite: personnes[eff.ENSEMBLE]
            for identite, rangs in self._trouves.items()
            if len(rangs) == 1
            for personnes in rangs.values()
            if eff.ENSEMBLE in personnes
        }


def _identite(action: Action) -> tuple[int, str]:
    return action.porteur_id, action.intitule_normalise


def lire_precedents(campagne: Campagne, actions: Iterable[Action]) -> Precedents:
    """Return what the received bilans of the year before say of the same actions, in one query when there are none.

    The contract may be another one: 2024 follows the last year of the contract before.
    """
    cherchees = list(actions)
    bilans = (
        Bilan.objects.recus()
        .filter(
            action_annuelle__campagne__annee=campagne.annee - 1,
            action_annuelle__action__porteur__in={action.porteur_id for action in cherchees},
            action_annuelle__action__intitule_normalise__in={a.intitule_normalise for a in cherchees},
        )
        .select_related("action_annuelle__action")
        .prefetch_related("effectifs__tranche")
        .order_by("pk")
    )
    precedents = Precedents()
    for bilan in bilans:
        effectifs = bilan.effectifs.all()
        tranches = {e.tranche_id: e.tranche for e in effectifs if e.tranche is not None}
        grilles = eff.grilles(effectifs, tranches.values())
        precedents.ajouter(
            bilan.action_annuelle.action,
            bilan.action_annuelle.dispositif_id,
            {perimetre: grille.total for perimetre, grille in grilles.items() if grille.total is not None},
        )
    return precedents
