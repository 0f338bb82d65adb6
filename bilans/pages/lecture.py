"""The page of a bilan: what was planned beside what was done, the differences with last year, the remarks.

The fiche action is on one side, the answers on the other, part by part; the story of the bilan is in
`chronologie`. What an account may not read is not given to the template.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property

from django.db.models import Q
from django.utils.text import capfirst

from actions.models import ActionAnnuelle
from comptes.historique import Changement, Evenement
from comptes.modeles import libelle_du_champ
from comptes.models import Utilisateur
from comptes.templatetags.typographie import euros, insecables, nombre, pluriel, pourcent
from contrats.models import Territoire
from documents import INSECABLE

from .. import effectifs as eff
from ..models import Bilan, Commentaire, Transition, ValeurIndicateur
from ..saisie import (
    BUDGET,
    CHAMPS_DEROULEMENT,
    Champ,
    Indicateur,
    Montant,
    Reponse,
    Saisie,
    periode,
)
from ..saisie import noms as lieux
from ..suivi import selon_bilan
from .action import plan_de_financement
from .chronologie import Chronologie, changes_depuis_le_renvoi
from .comparaison import (
    CHAMPS_NOMBRES,
    AnneePrecedente,
    Ecart,
    Nombre,
    annee_precedente,
    cle_de_l_indicateur,
    cle_du_libelle,
    nombres_de_la_grille,
)
from .consultation import GrilleLue, LectureBilan, commentaires_par_champ

# Each part: its code, its title, the fields of the fiche, the fields of the bilan.
PARTIES: tuple[tuple[str, str, tuple[str, ...], tuple[str, ...]], ...] = (
    (
        "resultats",
        "Objectifs et résultats",
        ("objectifs", "description"),
        ("realisation", "motif_non_realisation", *Bilan.CHAMPS_RECIT),
    ),
    ("dates", "Dates et lieux", ("lieux",), ("date_debut", "date_fin", "dates_lieux", "nombre_seances")),
    ("publics", "Publics", ("public_vise", "tarifs"), ("type_public",)),
    ("indicateurs", "Indicateurs et questions", (), ()),
    (
        "moyens",
        "Moyens",
        ("moyens_humains", "moyens_materiels"),
        ("moyens", "salaries", "benevoles", "intervenants"),
    ),
    ("partenaires", "Partenaires", ("partenaires",), ("partenariats",)),
    ("budget", "Budget", ("moyens_financiers",), ()),
)
# A label of the form that is not read well as a statement.
LIBELLES = {"date_debut": "Début", "date_fin": "Fin"}
COLONNES = {eff.TOTAL: "", eff.FEMMES: "femmes", eff.HOMMES: "hommes"}
# What an action that did not take place has nothing to say of.
SANS_OBJET = ("publics", "indicateurs", "moyens", "partenaires", "budget")


@dataclass(frozen=True)
class Prevu:
    """What the fiche says of something."""

    libelle: str
    texte: str


@dataclass(frozen=True)
class Lue:
    """An answer as it is read, with last year's and what was said of it; an empty text when there is none."""

    champ: str
    libelle: str
    texte: str
    # a figure or a date, read in one line
    courte: bool = False
    ecart: Ecart | None = None
    # the text of last year, to unfold; `pareil` when this year's is the same word for word
    avant: str = ""
    pareil: bool = False
    releve: ValeurIndicateur | None = None
    remarques: list[Commentaire] = field(default_factory=list)


@dataclass(frozen=True)
class Poste:
    """A line of the budget: euros planned and spent, as they are read; an empty text when nothing is said."""

    libelle: str
    prevu: str
    realise: str
    total: bool = False


@dataclass
class Partie:
    """A part of the page: on one side the fiche, on the other the answers, then those that are missing."""

    code: str
    titre: str
    prevus: list[Prevu]
    lues: list[Lue] = field(default_factory=list)
    absentes: list[Lue] = field(default_factory=list)
    postes: list[Poste] = field(default_factory=list)
    # what was said of the whole group
    remarques: list[Commentaire] = field(default_factory=list)
    groupe: str = ""
    sans_objet: bool = False


@dataclass(frozen=True)
class GrilleComparee:
    """A grid of people, and how each of its totals differs from last year's."""

    lue: GrilleLue
    ecarts: list[tuple[str, Ecart]]


class PageDuBilan:
    """What the page of a bilan shows to one account."""

    def __init__(self, bilan: Bilan, utilisateur: Utilisateur) -> None:
        self.bilan = bilan
        self.annuelle = bilan.action_annuelle
        self.utilisateur = utilisateur
        self.lecture = LectureBilan(bilan, utilisateur)
        self.saisie = Saisie(bilan)
        self.remarques = self._remarques()

    # -- The pile ----------------------------------------------------------------------------------
    @cached_property
    def a_lire_ensuite(self) -> list[ActionAnnuelle]:
        """The other bilans of the year that wait for the reader, in the programme's order, from this one on.

        Empty for an account that does not run the contract.
        """
        if not self.lecture.gere:
            return []
        campagne = self.annuelle.campagne
        visibles = ActionAnnuelle.objects.visibles_par(self.utilisateur).filter(campagne=campagne)
        attendent = selon_bilan("a_lire", self.utilisateur, campagne)
        pile = list(
            visibles.filter(attendent | Q(pk=self.annuelle.pk)).select_related("action").dans_l_ordre()
        )
        rang = pile.index(self.annuelle)
        return pile[rang + 1 :] + pile[:rang]

    # -- Parts -------------------------------------------------------------------------------------
    @cached_property
    def parties(self) -> list[Partie]:
        """The parts that have something to say on one side or the other."""
        parties = [self._partie(*partie) for partie in PARTIES]
        return [p for p in parties if p.prevus or p.lues or p.absentes or p.groupe]

    @property
    def fiche_vide(self) -> bool:
        """Whether the fiche says nothing at all: then the bilan takes the whole width."""
        return not any(partie.prevus for partie in self.parties)

    @property
    def parties_sans_fiche(self) -> list[str]:
        """The titles of the parts of which the fiche says nothing, while it says something of others."""
        return [] if self.fiche_vide else [partie.titre for partie in self.parties if not partie.prevus]

    def _partie(self, code: str, titre: str, fiche: tuple[str, ...], noms: tuple[str, ...]) -> Partie:
        partie = Partie(code, titre, [*self._de_la_fiche(fiche), *self._en_plus(code)])
        partie.sans_objet = code in SANS_OBJET and self.bilan.realisation in Bilan.REALISATIONS_MOTIVEES
        for champ in self._champs(code, noms):
            self._ranger(partie, self._lire(champ))
        if code == "indicateurs":
            partie.groupe = lieux.INDICATEURS
            partie.lues += self._releves_libres()
        elif code == "publics":
            partie.groupe = lieux.EFFECTIFS
        elif code == "budget" and self.lecture.suit:
            partie.groupe = lieux.BUDGET
            partie.postes = self._postes()
        if partie.groupe:
            partie.remarques = self.remarques.get(partie.groupe, [])
        return partie

    def _champs(self, code: str, noms: tuple[str, ...]) -> list[Champ]:
        if code == "indicateurs":
            indicateurs = self.saisie.de_l_etape("indicateurs")
            # The figures by sex are read on the line of their indicator.
            return [c for c in indicateurs if not (isinstance(c, Indicateur) and c.colonne != "valeur")]
        return [self.saisie.champs[nom] for nom in noms]

    def _ranger(self, partie: Partie, lue: Lue) -> None:
        if lue.texte or lue.releve or lue.remarques:
            partie.lues.append(lue)
        elif lue.champ == "motif_non_realisation":
            # Asked only of an action that did not take place; the checklist says it then.
            return
        elif not partie.sans_objet:
            partie.absentes.append(replace(lue, libelle=self._dans_la_phrase(lue)))

    def _dans_la_phrase(self, lue: Lue) -> str:
        """Return the name of a missing answer in the middle of a sentence."""
        if lue.champ == "realisation":
            return "si l'action a eu lieu"
        if isinstance(self.saisie.champs[lue.champ], Reponse | Indicateur):
            return f"«{INSECABLE}{lue.libelle}{INSECABLE}»"
        return f"{lue.libelle[:1].lower()}{lue.libelle[1:]}"

    def _lire(self, champ: Champ) -> Lue:
        texte = self.saisie.attente.get(champ.nom) or champ.texte()
        if champ.nom == "realisation":
            texte = texte.lower()
        releve = champ.releve.ligne if isinstance(champ, Indicateur) else None
        avant = self.avant.textes.get(champ.nom, "") if self.avant else ""
        return Lue(
            champ.nom,
            insecables(LIBELLES.get(champ.nom, champ.libelle)),
            texte,
            courte=champ.nom in (*CHAMPS_DEROULEMENT[:1], *CHAMPS_DEROULEMENT[2:4], *CHAMPS_NOMBRES)
            or (isinstance(champ, Reponse | Indicateur) and "\n" not in texte and len(texte) < 80),
            ecart=self._ecart(champ),
            avant=avant,
            pareil=bool(avant) and avant == texte,
            releve=releve,
            remarques=self.remarques.get(champ.nom, []),
        )

    def _ecart(self, champ: Champ) -> Ecart | None:
        if self.avant is None:
            return None
        if champ.nom in CHAMPS_NOMBRES:
            return self.avant.ecart(champ.nom, champ.valeur)
        if isinstance(champ, Indicateur) and champ.releve.ligne is not None:
            return self.avant.ecart(cle_de_l_indicateur(champ.releve.ligne), champ.valeur)
        if isinstance(champ, Reponse) and not isinstance(champ.valeur, str):
            return self.avant.ecart(cle_du_libelle(champ.libelle), champ.valeur)
        return None

    def _releves_libres(self) -> list[Lue]:
        """Return the figures that the document gave in its own words, asked by nobody."""
        return [
            Lue(
                lieux.INDICATEURS,
                ligne.libelle,
                "",
                releve=ligne,
                ecart=self.avant.ecart(cle_de_l_indicateur(ligne), ligne.valeur) if self.avant else None,
            )
            for ligne in self.saisie.valeurs_indicateurs
            if ligne.critere_id is None and ligne.demande_id is None
        ]

    # -- The fiche ---------------------------------------------------------------------------------
    def _de_la_fiche(self, champs: Iterable[str]) -> list[Prevu]:
        # A funder reads its own money only: what the fiche says of the other aids is not for it.
        lus = (champ for champ in champs if self.lecture.suit or champ != "moyens_financiers")
        return [
            Prevu(capfirst(libelle_du_champ(ActionAnnuelle, champ)), texte)
            for champ in lus
            if (texte := getattr(self.annuelle, champ))
        ]

    def _en_plus(self, code: str) -> list[Prevu]:
        """Return what the fiche says elsewhere than in its texts: dates, territories, critères, amounts."""
        if code == "resultats":
            return self._volets()
        if code == "dates":
            return self._dates_et_territoires()
        if code == "indicateurs":
            return [
                Prevu(critere.libelle, self._cible(critere.cible, critere.unite))
                for critere in self.annuelle.indicateurs.order_by("ordre")
            ]
        return self._montants() if code == "budget" else []

    def _dates_et_territoires(self) -> list[Prevu]:
        prevus = []
        if dates := periode(self.annuelle.date_debut, self.annuelle.date_fin):
            prevus.append(Prevu("Dates", capfirst(dates)))
        parts = [
            f"{part.territoire}{f' ({pourcent(part.part)})' if part.part else ''}"
            for part in self.annuelle.parts_territoires.select_related("territoire").order_by("pk")
        ]
        if parts:
            prevus.append(Prevu(capfirst(str(Territoire._meta.verbose_name_plural)), ", ".join(parts)))
        return prevus

    def _volets(self) -> list[Prevu]:
        return [
            Prevu(volet.intitule, "\n".join(m for m in (volet.description, volet.dates, volet.lieux) if m))
            for volet in self.annuelle.volets.order_by("ordre")
        ]

    @staticmethod
    def _cible(cible: Nombre | None, unite: str) -> str:
        return f"Cible : {nombre(cible)}{f' {unite}' if unite else ''}" if cible is not None else ""

    def _montants(self) -> list[Prevu]:
        """Return what each funder that the account sees brings, in the latest state that is known."""
        plan = plan_de_financement(self.annuelle, self.utilisateur, complet=self.lecture.suit)
        prevus = []
        for rangee in (*plan.lignes, *plan.hors_total):
            connus = [montant for montant in rangee.montants if montant.valeur is not None]
            texte = ", ".join(f"{euros(m.valeur)} {m.etat.lower()}" for m in connus)
            prevus.append(Prevu(str(rangee.ligne.financeur), texte))
        if plan.total:
            dits = ", ".join(
                f"{euros(m.valeur)} {m.etat.lower()}" for m in plan.total if m.valeur is not None
            )
            prevus.append(Prevu("Total politique de la ville", dits))
        return prevus

    # -- Budget ------------------------------------------------------------------------------------
    def _postes(self) -> list[Poste]:
        """Return the lines of the budgets, planned and spent: for who reads all the money of the action."""
        prevues = self.saisie.budgets["previsionnel"]
        postes = []
        for sens, mot in (("charge", "dépenses"), ("produit", "recettes")):
            champs = [
                champ
                for champ in self.saisie.de_l_etape(BUDGET)
                if isinstance(champ, Montant) and champ.compte.sens == sens
            ]
            siens = []
            for champ in champs:
                prevu = [
                    ligne.montant
                    for ligne in prevues
                    if ligne.compte_id == champ.compte.pk
                    and (ligne.financeur_id == (champ.financeur.pk if champ.financeur else None))
                ]
                if prevu or champ.valeur is not None:
                    siens.append(
                        Poste(champ.libelle, euros(sum(prevu)) if prevu else "", euros(champ.valeur))
                    )
            if siens:
                total_prevu = sum(
                    ligne.montant
                    for ligne in prevues
                    if ligne.compte.sens == sens and not ligne.compte.hors_total
                )
                total = self.saisie.total_du_budget(sens)
                postes += [
                    *siens,
                    Poste(f"Total des {mot}", euros(total_prevu) if prevues else "", euros(total), True),
                ]
        return postes

    # -- People ------------------------------------------------------------------------------------
    @cached_property
    def grilles(self) -> list[GrilleComparee]:
        """The people, by perimeter, with the differences since last year."""
        return [GrilleComparee(lue, self._ecarts_de(lue)) for lue in self.lecture.grilles]

    def _ecarts_de(self, lue: GrilleLue) -> list[tuple[str, Ecart]]:
        if self.avant is None:
            return []
        ecarts = []
        for colonne, valeur in nombres_de_la_grille(lue.grille).items():
            ecart = self.avant.ecart((lue.perimetre, colonne), valeur)
            # A breakdown that neither year knows, or that one of them does not, is no difference of people.
            if ecart is None or (colonne != eff.TOTAL and ecart.phrase.startswith("non renseigné")):
                continue
            mots = COLONNES[colonne] or "personne,personnes"
            dit = (
                pluriel(valeur, mots if "," in mots else f"{mots[:-1]},{mots}") if valeur is not None else ""
            )
            ecarts.append((dit, ecart))
        return ecarts

    # -- Last year ---------------------------------------------------------------------------------
    @cached_property
    def avant(self) -> AnneePrecedente | None:
        """The same action a year before, for who reads the bilan over; None in its first year."""
        return annee_precedente(self.bilan, self.utilisateur) if self.lecture.gere else None

    @property
    def phrase_avant(self) -> str:
        """What there is to compare with, in a sentence; empty for who does not read the bilan over."""
        if not self.lecture.gere:
            return ""
        if self.avant is None:
            return "Première année de l'action : il n'y a pas de bilan précédent à comparer."
        if not self.avant.recue:
            return f"Le bilan {self.avant.annee} de cette action n'a pas été transmis : rien à comparer."
        return f"Les chiffres sont comparés à ceux du bilan {self.avant.annee}."

    @cached_property
    def a_regarder(self) -> list[tuple[str, str, str]]:
        """The sharp differences with last year: place of the page, what, the sentence."""
        vifs = [
            (lieux.EFFECTIFS, comparee.lue.titre, f"{dit}, {ecart.phrase}" if dit else ecart.phrase)
            for comparee in self.grilles
            for dit, ecart in comparee.ecarts
            if ecart.vif
        ]
        vifs += [
            (
                lue.champ,
                lue.libelle,
                f"{_valeur(lue)}, {lue.ecart.phrase}" if _valeur(lue) else lue.ecart.phrase,
            )
            for partie in self.parties
            for lue in (*partie.lues, *partie.absentes)
            if lue.ecart and lue.ecart.vif
        ]
        return vifs

    # -- Remarks -----------------------------------------------------------------------------------
    @cached_property
    def noms(self) -> dict[str, str]:
        """What people call each field."""
        return lieux.noms_des_champs(self.saisie)

    def _remarques(self) -> dict[str, list[Commentaire]]:
        """Return the remarks by block of the page; one whose field is gone stands with the whole bilan."""
        if not self.lecture.suit:
            return {}
        places: dict[str, list[Commentaire]] = {}
        for champ, liste in commentaires_par_champ(self.bilan, self.utilisateur).items():
            bloc = lieux.place(champ)
            places.setdefault(bloc if bloc in self.noms else lieux.TOUT, []).extend(liste)
        return {bloc: sorted(liste, key=lambda r: (r.date, r.pk)) for bloc, liste in places.items()}

    @cached_property
    def peut_commenter(self) -> bool:
        """Whether the account may write a remark or a note somewhere of its own accord."""
        return self.lecture.gere and self.utilisateur.has_perm("bilans.noter", self.bilan)

    @cached_property
    def ouverts(self) -> list[tuple[str, str, Commentaire]]:
        """The last open word of each conversation and each open note: block of the page, its name, the remark."""
        derniers = []
        for bloc, liste in self.remarques.items():
            ouvertes = [remarque for remarque in liste if remarque.regle_le is None]
            echanges = [remarque for remarque in ouvertes if not remarque.interne]
            notes = [remarque for remarque in ouvertes if remarque.interne]
            derniers += [(bloc, self.noms[bloc], r) for r in (*echanges[-1:], *notes)]
        return derniers

    # -- Story -------------------------------------------------------------------------------------
    @cached_property
    def chronologie(self) -> list[Evenement]:
        """What happened, the newest first; nothing to who does not work on the bilan."""
        if not self.lecture.suit:
            return []
        return Chronologie(self.bilan, self.utilisateur, self.noms).evenements()

    @cached_property
    def depuis_le_renvoi(self) -> tuple[Transition, list[Changement]] | None:
        """What the porteur changed since the bilan was sent back, while it is read again."""
        if not self.lecture.gere or self.bilan.statut not in Bilan.STATUTS_EN_LECTURE:
            return None
        return changes_depuis_le_renvoi(self.bilan, self.utilisateur)


def commentaires_a_renvoyer(bilan: Bilan, utilisateur: Utilisateur) -> list[tuple[str, Commentaire]]:
    """Return the open remarks to the porteur that goes with what is sent back, each with the name of its field."""
    noms = lieux.noms_des_champs(Saisie(bilan))
    return [
        (noms.get(champ, noms[lieux.TOUT]), remarque)
        for champ, liste in commentaires_par_champ(bilan, utilisateur).items()
        for remarque in liste
        if not remarque.interne and not getattr(remarque, "du_porteur", False) and remarque.regle_le is None
    ]


def _valeur(lue: Lue) -> str:
    if lue.releve is not None and lue.releve.valeur is not None:
        unite = f"{INSECABLE}{lue.releve.unite}" if lue.releve.unite else ""
        return f"{nombre(lue.releve.valeur)}{unite}"
    return lue.texte
