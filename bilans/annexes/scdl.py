"""« scdl »: the essential data of grant agreements, schema « subventions » 2.1.1, 16 columns in order (domaine.md §5).

Agreements above the threshold of the written convention, judged by porteur and funder over the year (FIN-13; loi
n° 2000-321, art. 10; décret n° 2017-779). What cannot be published is listed with its reason and where to mend it.
"""

import csv
import io
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, BinaryIO

from django.db.models import Q

from actions.models import Campagne, ReglagesControles
from comptes.models import Utilisateur
from contrats.models import ContratVille, Deliberation
from documents import Colonne, Groupe, Tableau, TypeColonne, rendre
from documents.formats import additionner, montant
from documents.normalisation import normaliser
from documents.rendu_csv import inerte
from financements.models import Financeur, LigneFinancement, MontantConvention, Versement
from financements.querysets import STATUTS_SANS_ARGENT
from porteurs.models import Convention, Porteur

COLONNES = (
    *("nomAttribuant", "idAttribuant", "dateConvention", "referenceDecision", "nomBeneficiaire"),
    *("idBeneficiaire", "rnaBeneficiaire", "objet", "montant", "nature", "conditionsVersement"),
    *("datesPeriodeVersement", "idRAE", "notificationUE", "pourcentageSubvention", "dispositifAide"),
)
NUMERAIRE, EN_NATURE = "aide en numéraire", "aide en nature"
LONGUEUR_MAX = 256
# The schema knows no letter in a RNA: those of Corsica and overseas are refused by the national validator.
RNA_DU_SCHEMA = re.compile(r"W\d{9}")
# The law bears on grants to bodies of private law; what goes to these may be published, and is said to be optional.
PUBLICS = {
    *(Porteur.Type.COMMUNE, Porteur.Type.SERVICE_COMMUNE, Porteur.Type.SERVICE_EPCI, Porteur.Type.CCAS),
    *(Porteur.Type.ETABLISSEMENT_PUBLIC, Porteur.Type.SCOLAIRE),
}
# Règlement (UE) 2023/2831 bears on undertakings: an association that sells nothing is not one.
ENTREPRISES = {Porteur.Type.ENTREPRISE, Porteur.Type.COOPERATIVE, Porteur.Type.BAILLEUR}
NATURES_PUBLIEES = {
    LigneFinancement.NatureCredit.SPECIFIQUE,
    LigneFinancement.NatureCredit.DROIT_COMMUN,
    LigneFinancement.NatureCredit.AUTRE_PUBLIC,
    LigneFinancement.NatureCredit.NON_PRECISEE,
    LigneFinancement.NatureCredit.VALORISATION,
}


@dataclass(frozen=True)
class Manque:
    """Why an agreement cannot be published: the sentence, and what the page of which object would mend."""

    phrase: str
    # « financeur », « porteur », « ligne », « convention » or « versements »
    ou: str
    cle: str = ""

    @property
    def commun(self) -> bool:
        """Whether it is missing from a funder or a structure: told once, mended once for all their grants."""
        return self.ou in ("financeur", "porteur")


@dataclass
class Accord:
    """A grant of one funder to one structure: a convention, or a funding line that has none."""

    financeur: Financeur | None
    structure: Porteur
    objet: str
    montant: Decimal
    en_nature: bool = False
    convention: Convention | None = None
    lignes: list[LigneFinancement] = field(default_factory=list)
    deliberation: Deliberation | None = None
    date_decision: date | None = None
    versements: list[Versement] = field(default_factory=list)

    @property
    def jour(self) -> date | None:
        """The day of the agreement: that of the signed convention, else of the decision."""
        signee = self.convention.date_signature if self.convention else None
        delibere = self.deliberation.date if self.deliberation else None
        return signee or self.date_decision or delibere

    @property
    def dates_de_versement(self) -> list[date]:
        """The days of the payments made, else planned, in order; cancelled ones left out."""
        jours = [
            v.date_versement or v.date_prevue for v in self.versements if v.statut != Versement.Statut.ANNULE
        ]
        return sorted(jour for jour in jours if jour)

    @property
    def date_inconnue(self) -> bool:
        """Whether a payment that counts has no day yet."""
        return any(
            v.statut != Versement.Statut.ANNULE and not (v.date_versement or v.date_prevue)
            for v in self.versements
        )

    @property
    def aide_a_verifier(self) -> bool:
        """Whether the structure may be paid under « de minimis » rules: a business, or a body that sells.

        Nothing in Pilotis says it of a grant: the page asks a person to look.
        """
        return self.structure.type in ENTREPRISES

    @property
    def facultatif(self) -> bool:
        """Whether the structure is public: the law does not ask for its grants to be published."""
        return self.structure.type in PUBLICS

    @property
    def rna(self) -> str:
        """The number of the association, when the national schema accepts it."""
        return self.structure.rna if RNA_DU_SCHEMA.fullmatch(self.structure.rna) else ""

    def manques(self) -> list[Manque]:
        """Return what the schema requires and is not known."""
        trouves = []
        if self.financeur is None:
            trouves.append(
                Manque("La convention ne dit pas quel financeur paie.", "convention", self._cle_convention)
            )
        elif not self.financeur.siret:
            trouves.append(
                Manque(f"Le SIRET de « {self.financeur} » manque.", "financeur", self.financeur.cle)
            )
        if not self.structure.siret and not self.rna:
            trouves.append(Manque(self._sans_numero(), "porteur", self.structure.cle))
        if self.jour is None:
            phrase = "Aucune décision ni convention signée n'est datée."
            if self.convention:
                trouves.append(Manque(phrase, "convention", self._cle_convention))
            else:
                trouves.append(Manque(phrase, "ligne", self.lignes[0].cle))
        if not self.dates_de_versement:
            ou, cle = (
                ("convention", self._cle_convention)
                if not self.lignes
                else ("versements", self.lignes[0].cle)
            )
            trouves.append(Manque("Aucun versement n'est prévu ni fait.", ou, cle))
        return trouves

    def _sans_numero(self) -> str:
        if self.structure.rna:
            return (
                f"Le SIRET de « {self.structure} » manque. Son numéro RNA ne suffit pas : le schéma national refuse "
                "ceux de Corse et d'outre-mer, qui ont une lettre."
            )
        return f"Le SIRET ou le numéro RNA de « {self.structure} » manque."

    @property
    def _cle_convention(self) -> str:
        return self.convention.cle if self.convention else ""

    def valeurs(self) -> dict[str, Any]:
        """Return the cells of a publishable agreement, by name of column."""
        jours = self.dates_de_versement
        # Several payments are spread over a period, be it of one day; one of which the day is unknown makes two.
        unique = len(set(jours)) == 1 and not self.date_inconnue
        periode = jours[0].isoformat() if unique else f"{jours[0]}/{jours[-1]}"
        reference = ""
        if self.deliberation:
            reference = self.deliberation.identifiant_actes or self.deliberation.numero
        return {
            "nomAttribuant": str(self.financeur),
            "idAttribuant": self.financeur.siret if self.financeur else "",
            "dateConvention": self.jour,
            "referenceDecision": reference,
            "nomBeneficiaire": self.structure.nom,
            "idBeneficiaire": self.structure.siret,
            "rnaBeneficiaire": self.rna,
            "objet": _abreger(self.objet),
            "montant": self.montant,
            "nature": EN_NATURE if self.en_nature else NUMERAIRE,
            "conditionsVersement": "unique" if unique else "échelonné",
            "datesPeriodeVersement": periode,
            "idRAE": "",
            # Said on the page and in the notes, with the grants of which a person must make sure.
            "notificationUE": "non",
            # A grant has one beneficiary here.
            "pourcentageSubvention": "1.00",
            "dispositifAide": "",
        }


@dataclass(frozen=True)
class DonneesOuvertes:
    """The agreements of a year above the threshold: those to publish, those that cannot be, those that need not be."""

    seuil: Decimal
    publiables: list[Accord]
    a_completer: list[tuple[Accord, list[Manque]]]
    hors_champ: list[tuple[Accord, str]]
    # how many stay under the threshold
    sous_le_seuil: int

    @property
    def total(self) -> Decimal | None:
        """The sum of what can be published, in euros."""
        return additionner(accord.montant for accord in self.publiables)


def donnees_ouvertes(
    contrat: ContratVille, campagne: Campagne, utilisateur: Utilisateur | None
) -> DonneesOuvertes:
    """Return the agreements of the year, as far as the account sees them (None for all)."""
    reglages = ReglagesControles.objects.filter(campagne=campagne).first() or ReglagesControles()
    seuil = reglages.seuil_convention
    accords = _accords(contrat, campagne, utilisateur)
    cumuls: dict[tuple[int | None, int], Decimal] = {}
    for accord in accords:
        cle = (accord.financeur.pk if accord.financeur else None, accord.structure.pk)
        cumuls[cle] = cumuls.get(cle, Decimal(0)) + accord.montant
    donnees = DonneesOuvertes(seuil, [], [], [], 0)
    sous_le_seuil = 0
    for accord in accords:
        cle = (accord.financeur.pk if accord.financeur else None, accord.structure.pk)
        if cumuls[cle] <= seuil:
            sous_le_seuil += 1
        elif raison := _hors_champ(accord):
            donnees.hors_champ.append((accord, raison))
        elif manques := accord.manques():
            donnees.a_completer.append((accord, manques))
        else:
            donnees.publiables.append(accord)
    return DonneesOuvertes(seuil, donnees.publiables, donnees.a_completer, donnees.hors_champ, sous_le_seuil)


def _hors_champ(accord: Accord) -> str:
    """Return why an agreement is no public grant; empty when it is one."""
    if accord.financeur is None:
        return ""
    if accord.financeur.type == Financeur.Type.PRIVE:
        return "Le financeur est privé."
    siren = accord.financeur.siret[:9]
    meme_nom = normaliser(accord.financeur.nom) == normaliser(accord.structure.nom)
    if meme_nom or (siren and siren == accord.structure.siret[:9]):
        return "La structure est un service du financeur : ce n'est pas une subvention."
    return ""


# -- Reading ---------------------------------------------------------------------------------------
def _accords(contrat: ContratVille, campagne: Campagne, utilisateur: Utilisateur | None) -> list[Accord]:
    lignes = LigneFinancement.objects.filter(
        action_annuelle__campagne=campagne, nature_credit__in=NATURES_PUBLIEES
    )
    montants = MontantConvention.objects.filter(
        convention__contrat=contrat, annee=campagne.annee, montant_vote__gt=0
    )
    if utilisateur is not None:
        lignes, montants = lignes.visibles_par(utilisateur), montants.visibles_par(utilisateur)
    # An action that gets nothing is published only for what it was paid.
    lignes = lignes.avec_verse().filter(~Q(action_annuelle__statut__in=STATUTS_SANS_ARGENT) | Q(verse__gt=0))
    lues = lignes.select_related(
        *("financeur", "deliberation", "convention__deliberation", "action_annuelle__action__porteur__parent")
    ).prefetch_related("versements")
    par_accord: dict[tuple[Any, ...], Accord] = {}
    for ligne in lues.order_by("financeur__ordre", "action_annuelle__action__porteur__nom_normalise", "pk"):
        _ajouter_ligne(par_accord, ligne)
    _ajouter_conventions(par_accord, montants, campagne.annee)
    return list(par_accord.values())


def _ajouter_ligne(par_accord: dict[tuple[Any, ...], Accord], ligne: LigneFinancement) -> None:
    octroye = ligne.montant_notifie if ligne.montant_notifie is not None else ligne.montant_accorde
    if not octroye:
        return
    structure: Porteur = ligne.action_annuelle.action.porteur.structure
    en_nature = ligne.nature_credit == LigneFinancement.NatureCredit.VALORISATION
    seule = () if ligne.convention_id else (ligne.pk,)
    cle = (ligne.convention_id, ligne.financeur_id, structure.pk, en_nature, *seule)
    accord = par_accord.get(cle)
    if accord is None:
        accord = par_accord[cle] = Accord(
            financeur=ligne.financeur,
            structure=structure,
            objet=ligne.action_annuelle.action.intitule,
            montant=Decimal(0),
            en_nature=en_nature,
            convention=ligne.convention,
            deliberation=ligne.deliberation or (ligne.convention.deliberation if ligne.convention else None),
            date_decision=ligne.date_decision,
        )
    elif ligne.action_annuelle.action.intitule not in accord.objet:
        accord.objet += f" ; {ligne.action_annuelle.action.intitule}"
    accord.montant += octroye
    accord.lignes.append(ligne)
    accord.versements += ligne.versements.all()


def _ajouter_conventions(
    par_accord: dict[tuple[Any, ...], Accord], montants: Iterable[MontantConvention], annee: int
) -> None:
    """Add the yearly amounts of conventions that no funding line already counts, and the payments of conventions."""
    comptees = {
        (a.convention.pk, a.financeur.pk if a.financeur else None)
        for a in par_accord.values()
        if a.convention
    }
    lus: Any = montants
    for vote in lus.select_related(
        *("financeur", "deliberation", "convention__porteur__parent", "convention__deliberation")
    ).order_by("convention", "pk"):
        if (vote.convention_id, vote.financeur_id) in comptees:
            continue
        convention = vote.convention
        par_accord[("convention", vote.pk)] = Accord(
            financeur=vote.financeur,
            structure=convention.porteur.structure,
            objet=convention.intitule,
            montant=vote.montant_vote,
            convention=convention,
            deliberation=vote.deliberation or convention.deliberation,
            date_decision=vote.vote_le,
        )
    conventions = {a.convention.pk for a in par_accord.values() if a.convention}
    de_convention: dict[int | None, list[Versement]] = {}
    for versement in Versement.objects.filter(convention__in=conventions, annee=annee).order_by(
        "numero", "pk"
    ):
        de_convention.setdefault(versement.convention_id, []).append(versement)
    for accord in par_accord.values():
        if accord.convention:
            accord.versements += de_convention.get(accord.convention.pk, [])


def _abreger(texte: str) -> str:
    """Return a text of at most 256 characters once written in the file, on one line."""
    propre = " ".join(texte.split())
    place = LONGUEUR_MAX - len(inerte(propre)) + len(propre)
    return propre if len(propre) <= place else f"{propre[: place - 2].rstrip()} …"


# -- The annex -------------------------------------------------------------------------------------
def scdl(
    contrat: ContratVille,
    campagne: Campagne,
    utilisateur: Utilisateur | None = None,
    actions: object = None,
    *,
    selection: str = "",
) -> Tableau:
    """Return the agreements that can be published, one a row, in the 16 columns of the schema."""
    donnees = donnees_ouvertes(contrat, campagne, utilisateur)
    return tableau_scdl(contrat, campagne, donnees, donnees.publiables)


def tableau_scdl(
    contrat: ContratVille, campagne: Campagne, donnees: DonneesOuvertes, publiables: list[Accord]
) -> Tableau:
    """Return `publiables` as a table; the notes say what was left out."""
    restent = len(donnees.a_completer)
    return Tableau(
        titre=f"Données essentielles des conventions de subvention {campagne.annee}",
        nom=f"scdl-subventions-{contrat.slug}-{campagne.annee}",
        colonnes=tuple(
            Colonne(
                cle=nom, titre=nom, type=_type(nom), total=nom == "montant", entete_ligne=nom == COLONNES[0]
            )
            for nom in COLONNES
        ),
        groupes=[Groupe(lignes=[accord.valeurs() for accord in publiables])],
        vide="Aucune subvention ne peut être publiée.",
        notes=(
            f"Subventions de plus de {montant(donnees.seuil)} dans l'année, par structure et par financeur.",
            f"{restent} à compléter avant de pouvoir être publiées : la page « Données ouvertes » dit pourquoi.",
            "La colonne « notificationUE » dit « non » : Pilotis ne sait pas quelles subventions sont des aides de "
            "minimis. À vérifier pour les entreprises, les coopératives et les bailleurs.",
        ),
        pied=f"{contrat.nom_court} {campagne.annee}",
        format_page="A3",
    )


def _type(nom: str) -> TypeColonne:
    return {"montant": TypeColonne.MONTANT, "dateConvention": TypeColonne.DATE}.get(nom, TypeColonne.TEXTE)


def ecrire_scdl(contenu: Any, format: str, sortie: BinaryIO) -> None:
    """Write the annex. Its CSV is that of the schema: UTF-8, comma, decimal point, ISO dates, no total."""
    if format != "csv":
        rendre(contenu, format, sortie)
        return
    flux = io.TextIOWrapper(sortie, encoding="utf-8", newline="", write_through=True)
    ecrivain = csv.writer(flux, lineterminator="\r\n")
    ecrivain.writerow(COLONNES)
    for groupe in contenu.iterer_groupes():
        for ligne in groupe.iterer():
            ecrivain.writerow(_cellule(ligne[nom]) for nom in COLONNES)
    flux.flush()
    flux.detach()


def _cellule(valeur: Any) -> str:
    """Return a cell of the file: a text that a spreadsheet would run as a formula is made inert."""
    if isinstance(valeur, date):
        return valeur.isoformat()
    if isinstance(valeur, Decimal):
        return f"{valeur:.2f}"
    return inerte(str(valeur))
