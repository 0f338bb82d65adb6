"""What a column of an imported table may be: the fields, by name, with their words for the mapping page.

Names are those of the model where there is one (`ActionAnnuelle.objectifs`, `Bilan.mise_en_oeuvre`). Two families
are open: `montant:<état>` for money, with the funder's label apart, and `effectif:<périmètre>:<sexe>:<ages>` for
people, where ages are « 6-15 », « 65- » (and more), « - » for all.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple

from documents import INSECABLE


class Genre(StrEnum):
    """What the cells of a column hold."""

    TEXTE = "texte"
    ENTIER = "entier"
    MONTANT = "montant"
    DATE = "date"
    CHOIX = "choix"
    PART = "part"
    LISTE = "liste"


class Confiance(StrEnum):
    """How sure a reading is; from the surest to what is not known."""

    SURE = "sure"
    PROBABLE = "probable"
    INCERTAINE = "incertaine"
    INCONNUE = "inconnue"

    @property
    def rang(self) -> int:
        """0 for the surest: what sorts readings, and `max` of which is the weakest link."""
        return list(Confiance).index(self)


@dataclass(frozen=True)
class ChampImport:
    """A field that a column may fill: its name, its label in the mapping page, its kind, its group, a line of help."""

    nom: str
    libelle: str
    genre: Genre
    groupe: str
    aide: str = ""


# -- Names that code compares ----------------------------------------------------------------------
PORTEUR, INTITULE, NOTE, IGNORER = "porteur", "intitule", "note", "ignorer"
TOTAL_LIGNE, SOUS_TOTAL, FINANCEUR, ANNEE = "total_ligne", "sous_total", "financeur", "annee"
MONTANT, EFFECTIF = "montant", "effectif"

# The states of an amount (domaine.md §0.5), in the order in which they come.
ETATS: Mapping[str, str] = MappingProxyType(
    {
        "demande": "demandé",
        "propose": "proposé",
        "accorde": "accordé",
        "notifie": "notifié",
        "verse": "versé",
    }
)
PERIMETRES: Mapping[str, str] = MappingProxyType({"total": "", "qpv": "du QPV"})
SEXES: Mapping[str, str] = MappingProxyType(
    {"T": "Personnes", "F": "Femmes", "H": "Hommes", "N": "Sexe non renseigné"}
)
# domaine.md §0.3; a campaign may have others: `champs_proposes` takes its own.
TRANCHES_USUELLES: tuple[tuple[int, int | None], ...] = (
    (0, 5),
    (6, 15),
    (16, 17),
    (18, 25),
    (26, 64),
    (65, None),
)


# -- People ----------------------------------------------------------------------------------------
class Effectif(NamedTuple):
    """What a column of people counts: « total » or « qpv », « T », « F », « H » or « N », ages in years.

    `age_max` is None for « and more »; both are None for all ages.
    """

    perimetre: str
    sexe: str
    age_min: int | None = None
    age_max: int | None = None

    @property
    def nom(self) -> str:
        """The name of the field: « effectif:qpv:F:6-15 », « personnes » for a total of all ages."""
        if self.sexe == "T" and self.age_min is None:
            return "personnes" if self.perimetre == "total" else "personnes_qpv"
        ages = "-".join("" if age is None else str(age) for age in (self.age_min, self.age_max))
        return f"{EFFECTIF}:{self.perimetre}:{self.sexe}:{ages}"

    @property
    def libelle(self) -> str:
        """« Femmes du QPV, 6 à 15 ans »."""
        mots = f"{SEXES[self.sexe]} {PERIMETRES[self.perimetre]}".strip()
        return f"{mots}, {self._ages}" if self._ages else mots

    @property
    def _ages(self) -> str:
        if self.age_min is None:
            return ""
        if self.age_max is None:
            return f"{self.age_min}{INSECABLE}ans et plus"
        if self.age_max == self.age_min:
            return f"{self.age_min}{INSECABLE}ans"
        return f"{self.age_min} à {self.age_max}{INSECABLE}ans"


_NOM_EFFECTIF = re.compile(r"effectif:(total|qpv):([TFHN]):(\d{1,3})?-(\d{1,3})?")


def lire_effectif(nom: str) -> Effectif | None:
    """Return what the field counts; None when it is no field of people."""
    if nom in ("personnes", "personnes_qpv"):
        return Effectif("total" if nom == "personnes" else "qpv", "T")
    lu = _NOM_EFFECTIF.fullmatch(nom)
    if lu is None:
        return None
    perimetre, sexe, age_min, age_max = lu.groups()
    return Effectif(perimetre, sexe, _age(age_min), _age(age_max))


def _age(ecrit: str | None) -> int | None:
    return int(ecrit) if ecrit else None


def _champ_effectif(effectif: Effectif) -> ChampImport:
    return ChampImport(effectif.nom, effectif.libelle, Genre.ENTIER, "Publics")


# -- Money -----------------------------------------------------------------------------------------
def champ_montant(etat: str) -> str:
    """Return the name of the field of an amount: « accorde » → « montant:accorde »."""
    return f"{MONTANT}:{etat}"


def est_montant(nom: str) -> bool:
    """Return whether the field is an amount of a funder."""
    return nom.startswith(f"{MONTANT}:")


# -- All of them -----------------------------------------------------------------------------------
def _champs() -> Iterable[ChampImport]:
    texte, liste, choix = Genre.TEXTE, Genre.LISTE, Genre.CHOIX
    entier, montant, jour = Genre.ENTIER, Genre.MONTANT, Genre.DATE
    yield ChampImport("porteur", "Porteur de projet", texte, "Porteur", "Un ou plusieurs noms dans la case.")
    yield ChampImport("siret", "SIRET du porteur", texte, "Porteur", "14 chiffres.")
    yield ChampImport("rna", "Numéro RNA du porteur", texte, "Porteur", "W et neuf caractères.")

    yield ChampImport("intitule", "Intitulé de l'action", texte, "Action")
    yield ChampImport(
        "reference", "Référence du dossier", texte, "Action", "Numéro interne, Dauphin ou Chorus."
    )
    yield ChampImport("ordre", "Numéro d'ordre", entier, "Action", "Le rang de l'action dans le tableau.")
    yield ChampImport("annee", "Année", entier, "Action")
    yield ChampImport("axe_1", "Axe, premier niveau", texte, "Action", "Enjeu, pilier, axe prioritaire.")
    yield ChampImport("axe_2", "Axe, deuxième niveau", texte, "Action", "Axe de travail, orientation.")
    yield ChampImport("axe_3", "Axe, troisième niveau", texte, "Action", "Objectif opérationnel.")
    yield ChampImport("thematique", "Thématique", texte, "Action")
    yield ChampImport("domaine", "Domaine", texte, "Action")
    yield ChampImport("dispositif", "Dispositif", texte, "Action", "Quartiers d'été, CLAS, PRE…")
    yield ChampImport("territoires", "Territoires", liste, "Action", "QPV, quartier vécu, commune.")
    yield ChampImport("type", "Nouvelle action ou reconduction", choix, "Action")
    yield ChampImport("statut", "État de l'action", choix, "Action", "Programmée, réalisée, reportée…")
    yield ChampImport("motif", "Motif", texte, "Action", "Pourquoi l'action est refusée, reportée…")
    yield ChampImport("description", "Description de l'action", texte, "Action")
    yield ChampImport("objectifs", "Objectifs", texte, "Action")
    yield ChampImport("public_vise", "Public visé", texte, "Action", "À qui l'action s'adresse.")
    yield ChampImport("lieux", "Lieux", texte, "Action")
    yield ChampImport("partenaires", "Partenaires", texte, "Action")
    yield ChampImport("moyens_humains", "Moyens humains prévus", texte, "Action")
    yield ChampImport("moyens_materiels", "Moyens matériels et locaux prévus", texte, "Action")
    yield ChampImport("moyens_financiers", "Autres aides, publiques ou privées", texte, "Action")
    yield ChampImport("tarifs", "Tarifs", texte, "Action")
    yield ChampImport("date_debut", "Début", jour, "Action")
    yield ChampImport("date_fin", "Fin", jour, "Action")

    yield ChampImport(
        "mise_en_oeuvre", "Déroulement de l'action, bilan", texte, "Bilan", "Le récit de ce qui a été fait."
    )
    yield ChampImport("objectifs_atteints", "Résultats au regard des objectifs", texte, "Bilan")
    yield ChampImport("points_forts", "Points forts", texte, "Bilan")
    yield ChampImport("difficultes", "Difficultés", texte, "Bilan")
    yield ChampImport("perspectives", "Perspectives", texte, "Bilan")
    yield ChampImport("participation_habitants", "Participation des habitantes et habitants", texte, "Bilan")
    yield ChampImport("egalite_femmes_hommes", "Égalité entre les femmes et les hommes", texte, "Bilan")
    yield ChampImport("type_public", "Type de public accueilli", texte, "Bilan")
    yield ChampImport("moyens", "Moyens humains et matériels", texte, "Bilan")
    yield ChampImport("partenariats", "Partenaires associés", texte, "Bilan")
    yield ChampImport("dates_lieux", "Dates et lieux", texte, "Bilan")
    yield ChampImport(
        "realisation", "L'action a été réalisée", choix, "Bilan", "Oui, non, en partie, reportée."
    )
    yield ChampImport("motif_non_realisation", "Motif de non-réalisation", texte, "Bilan")
    yield ChampImport("nombre_seances", "Nombre de séances", entier, "Bilan")
    yield ChampImport("salaries", "Salariés mobilisés", entier, "Bilan")
    yield ChampImport("benevoles", "Bénévoles mobilisés", entier, "Bilan")
    yield ChampImport("intervenants", "Intervenants extérieurs", entier, "Bilan")

    yield ChampImport(
        "personnes", "Personnes, tous publics", entier, "Publics", "Le nombre de personnes différentes."
    )
    yield ChampImport(
        "personnes_qpv", "Personnes du QPV", entier, "Publics", "Habitantes et habitants du quartier."
    )
    for effectif in _effectifs(TRANCHES_USUELLES):
        yield _champ_effectif(effectif)

    yield ChampImport(
        "financeur", "Financeur de la ligne", texte, "Argent", "Le nom de celui qui verse l'aide."
    )
    for etat, mot in ETATS.items():
        yield ChampImport(
            champ_montant(etat), f"Montant {mot}", montant, "Argent", "Indiquez aussi le financeur."
        )
    yield ChampImport("cout_prevu", "Coût total prévu", montant, "Argent")
    yield ChampImport("cout_realise", "Coût total réalisé", montant, "Argent")

    yield ChampImport(
        "total_ligne", "Total de la ligne", montant, "Contrôle", "Comparé à la somme des financeurs."
    )
    yield ChampImport(
        "sous_total", "Sous-total du porteur", montant, "Contrôle", "Comparé à la somme de ses lignes."
    )
    yield ChampImport("part", "Part, en %", Genre.PART, "Contrôle", "Un pourcentage imprimé : jamais repris.")
    yield ChampImport(
        "note",
        "À garder en note",
        texte,
        "Contrôle",
        "Gardée avec l'import : vous la retrouvez, ligne par ligne, sur sa page. Elle n'entre dans aucune fiche.",
    )
    yield ChampImport("ignorer", "Ne pas lire", texte, "Contrôle")


def _effectifs(tranches: Iterable[tuple[int, int | None]]) -> Iterable[Effectif]:
    """Yield what may be counted beside the two totals: by sex, then by band and sex."""
    bandes = list(tranches)
    for perimetre in PERIMETRES:
        for sexe in ("F", "H", "N"):
            yield Effectif(perimetre, sexe)
        for age_min, age_max in bandes:
            for sexe in SEXES:
                yield Effectif(perimetre, sexe, age_min, age_max)


CHAMPS: Mapping[str, ChampImport] = MappingProxyType({champ.nom: champ for champ in _champs()})


def champ(nom: str) -> ChampImport:
    """Return the field of that name, any age band included.

    Raises KeyError for a name that is no field.
    """
    if nom in CHAMPS:
        return CHAMPS[nom]
    effectif = lire_effectif(nom)
    if effectif is None:
        raise KeyError(nom)
    return _champ_effectif(effectif)


def existe(nom: str) -> bool:
    """Return whether there is a field of that name."""
    return nom in CHAMPS or lire_effectif(nom) is not None


def champs_proposes(
    tranches: Iterable[tuple[int, int | None]] = TRANCHES_USUELLES, *, lus: Iterable[str] = ()
) -> dict[str, list[ChampImport]]:
    """Return the fields to choose from, by group: with the age bands of the campaign and those that were `lus`."""
    attendus = [_champ_effectif(effectif) for effectif in _effectifs(tranches)]
    attendus += [champ(nom) for nom in lus if existe(nom)]
    fixes = [lu for lu in CHAMPS.values() if not lu.nom.startswith(f"{EFFECTIF}:")]
    groupes: dict[str, list[ChampImport]] = {}
    for propose in {lu.nom: lu for lu in (*fixes, *attendus)}.values():
        groupes.setdefault(propose.groupe, []).append(propose)
    return groupes
