"""The porteur's form as it is shown: its steps, what is missing in each, what is known beside the fields."""

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cached_property
from itertools import chain
from typing import NamedTuple

from django.forms import BoundField

from comptes.champs import PLUS_LONG_TEXTE, TROP_LONG
from comptes.models import Utilisateur
from comptes.templatetags.typographie import insecables, pluriel
from documents import additionner, formats
from financements.budgets import (
    SeuilEcart,
    phrase_a_expliquer,
    phrase_du_desaccord,
    phrase_du_solde,
    phrase_en_nature,
)
from financements.models import Budget, CompteBudgetaire

from .. import effectifs as eff
from ..controles import Anomalie, Gravite
from ..forms import EtapeForm, FormulaireSaisie, Groupe
from ..models import Bilan, Commentaire
from ..operations import Manque, constats_de_la_saisie, manques
from ..operations.brouillon import ConflitDeChamp
from ..operations.suggestions import Proposition, propositions
from ..saisie import (
    BUDGET,
    DEROULEMENT,
    ETAPES,
    INDICATEURS,
    MOYENS,
    PUBLICS,
    RELECTURE,
    Case,
    Champ,
    Colonne,
    ColonneDuBudget,
    Estimation,
    Indicateur,
    Montant,
    Reponse,
    Saisie,
    Section,
    periode,
    sections_lues,
)
from .comparaison import AnneePrecedente, annee_precedente, cle_du_libelle

# The grids of people as a whole.
EFFECTIFS = "effectifs"
VIDE, EN_COURS, FAIT, SANS_OBJET = "vide", "encours", "fait", "sans_objet"


# What the browser is told of the longest text, so that it sends nothing that would be refused: the same words.
LONGUEUR_MAX = PLUS_LONG_TEXTE
PHRASE_TROP_LONG = insecables(TROP_LONG.replace("{limite}", formats.nombre(PLUS_LONG_TEXTE)))


# -- Steps -----------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Etape:
    """A step of the form: how far it is, how many points it waits for, how much of it is filled (0 to 100)."""

    code: str
    titre: str
    rang: int
    etat: str
    manques: int
    part: int
    # remarks that wait for an answer
    commentaires: int = 0

    @property
    def hauteur(self) -> int:
        """The height of its upright, out of 34; nothing filled leaves a base to stand on."""
        return 4 + 30 * self.part // 100

    @property
    def haut(self) -> int:
        """Where its upright begins, from the top."""
        return 34 - self.hauteur

    @property
    def libelle(self) -> str:
        """How far it is, in words."""
        if self.manques:
            return pluriel(self.manques, "point à régler,points à régler")
        if self.code == RELECTURE:
            return "prêt à envoyer"
        return {VIDE: "à remplir", EN_COURS: "en cours", FAIT: "rien à régler", SANS_OBJET: "sans objet"}[
            self.etat
        ]


class Parcours:
    """The steps of a bilan, with what is missing, what does not add up and what was remarked in each.

    `commentaires` are those that the account may read, by name of field.
    """

    def __init__(self, saisie: Saisie, commentaires: Mapping[str, list[Commentaire]] | None = None) -> None:
        self.saisie = saisie
        self.commentaires = commentaires or {}
        constats = constats_de_la_saisie(saisie)
        self.manques = manques(saisie.bilan, saisie, constats)
        # What somebody decided of, for these figures, is not said again to who types.
        self.anomalies = [constat.anomalie for constat in constats if constat.justification is None]
        self.anomalies += self._indicateurs_contredits()
        self.etapes = [
            replace(self._etape(code, rang), commentaires=len(self.commentaires_de(code)))
            for rang, code in enumerate(ETAPES, 1)
        ]

    def _indicateurs_contredits(self) -> list[Anomalie]:
        """Return what stops the sending of an indicator that has its figures: said where they are typed."""
        remplis = {
            c.nom for c in self.saisie.indicateurs if not c.est_vide and c.nom not in self.saisie.attente
        }
        return [
            Anomalie("indicateur", Gravite.BLOQUANT, insecables(manque.phrase), manque.champ)
            for manque in self.manques
            if manque.champ in remplis
        ]

    def _etape(self, code: str, rang: int) -> Etape:
        if code == RELECTURE:
            combien = len(self.manques)
            return Etape(
                code, ETAPES[code], rang, EN_COURS if combien else FAIT, combien, 0 if combien else 100
            )
        combien = len(self.manques_de(code))
        champs = self.saisie.de_l_etape(code)
        remplis = [c for c in champs if not c.est_vide or c.nom in self.saisie.attente]
        if code in self.saisie.sans_objet and not combien:
            return Etape(code, ETAPES[code], rang, SANS_OBJET, 0, 0)
        if not remplis:
            return Etape(code, ETAPES[code], rang, VIDE, combien, 0)
        if combien:
            return Etape(code, ETAPES[code], rang, EN_COURS, combien, 50)
        return Etape(code, ETAPES[code], rang, FAIT, 0, 100)

    def etape(self, code: str) -> Etape:
        """Return a step by its code."""
        return next(etape for etape in self.etapes if etape.code == code)

    def manques_de(self, code: str) -> list[Manque]:
        """Return what is missing in a step."""
        return [manque for manque in self.manques if self.saisie.etape_du_champ(manque.champ) == code]

    def commentaires_de(self, code: str) -> list[Commentaire]:
        """Return the open remarks on the answers of a step, those to which the porteur had the last word left out."""
        return [
            commentaire
            for champ, liste in self.commentaires.items()
            if self.saisie.etape_du_champ(champ) == code
            for commentaire in _sans_reponse(liste)
        ]

    @property
    def remarques(self) -> list[tuple[Commentaire, str]]:
        """What was remarked and waits for an answer, each with the step where it is read."""
        return [
            (commentaire, DEROULEMENT if code == RELECTURE else code)
            for code in ETAPES
            for commentaire in self.commentaires_de(code)
        ]

    def anomalies_de(self, code: str) -> list[Anomalie]:
        """Return what does not add up in a step."""
        return [a for a in self.anomalies if self.saisie.etape_du_champ(a.champ) == code]

    def lieu(self, anomalie: Anomalie) -> str:
        """Return where a finding is said: at its field; under the grids for what a text says of one of their cells."""
        dans_une_grille = isinstance(self.saisie.champs.get(anomalie.champ), Case)
        return EFFECTIFS if dans_une_grille and anomalie.citation else anomalie.champ

    def a_revoir(self, code: str) -> list[str]:
        """Return what contradicts itself or cannot be read in a step, in sentences; what is only missing left out."""
        phrases = [anomalie.message for anomalie in self.anomalies_de(code) if anomalie.bloquante]
        illisibles = [manque for manque in self.manques_de(code) if manque.champ in self.saisie.attente]
        return list(dict.fromkeys([*phrases, *(manque.phrase for manque in illisibles)]))

    @property
    def utiles(self) -> list[str]:
        """The codes of the steps that one goes through, in order."""
        return [etape.code for etape in self.etapes if etape.etat != SANS_OBJET]

    def suivante(self, code: str) -> str:
        """Return the step after `code`; the last one after itself."""
        return self._voisine(code, 1)

    def precedente(self, code: str) -> str:
        """Return the step before `code`; the first one before itself."""
        return self._voisine(code, -1)

    def _voisine(self, code: str, pas: int) -> str:
        codes, ordre = self.utiles, list(ETAPES)
        rang = ordre.index(code)
        voisines = [c for c in codes if (ordre.index(c) - rang) * pas > 0]
        if not voisines:
            return code
        return voisines[0] if pas > 0 else voisines[-1]

    @property
    def a_reprendre(self) -> str:
        """The step to open first: the first one that waits for something.

        A bilan sent back opens where something is asked: at a remark, else at what contradicts itself.
        """
        statut = self.saisie.bilan.statut
        if statut == Bilan.Statut.A_SAISIR:
            return DEROULEMENT
        if statut == Bilan.Statut.A_COMPLETER:
            demandees = [c for c in self.utiles if self.commentaires_de(c)]
            demandees += [c for c in self.utiles if any(a.bloquante for a in self.anomalies_de(c))]
            return demandees[0] if demandees else DEROULEMENT
        attendues = [e.code for e in self.etapes if e.etat in (VIDE, EN_COURS) and e.code != RELECTURE]
        return attendues[0] if attendues else RELECTURE


def _sans_reponse(commentaires: Sequence[Commentaire]) -> list[Commentaire]:
    """Return what was remarked on one field and is still open, nothing when the porteur answered last."""
    ouverts = [c for c in commentaires if c.regle_le is None and not c.interne]
    if not ouverts or getattr(ouverts[-1], "du_porteur", False):
        return []
    return [c for c in ouverts if not getattr(c, "du_porteur", False)]


# -- What is known beside the fields ---------------------------------------------------------------
class Connu(NamedTuple):
    """Something known about a question, shown beside it and never in place of the answer."""

    titre: str
    texte: str
    # a long text is folded
    replie: bool = False


# Beyond, a text known beside a field is folded.
TEXTE_LONG = 160


def connus(saisie: Saisie, etape: str, utilisateur: Utilisateur) -> dict[str, list[Connu]]:
    """Return what is known beside each field of a step: fiche action, amounts, last year. A fixed number of queries."""
    par_champ: dict[str, list[Connu]] = {}

    sources = [_argent(saisie) if etape == BUDGET else _fiche(saisie, etape)]
    precedente = None if etape == BUDGET else annee_precedente(saisie.bilan, utilisateur)
    if precedente is not None and precedente.recue:
        sources.append(list(_annee_d_avant(saisie, etape, precedente)))
    for nom, titre, texte in chain.from_iterable(sources):
        if texte:
            connu = Connu(titre, insecables(texte), len(texte) > TEXTE_LONG)
            par_champ.setdefault(nom, []).append(connu)
    return par_champ


def _fiche(saisie: Saisie, etape: str) -> list[tuple[str, str, str]]:
    """Return what the fiche action says, beside the questions that it announces."""
    fiche = saisie.annuelle
    if etape == DEROULEMENT:
        territoires = ", ".join(str(territoire) for territoire in fiche.territoires.order_by("pk"))
        return [
            ("date_debut", "Prévu", periode(fiche.date_debut, fiche.date_fin)),
            ("dates_lieux", "Lieux prévus", fiche.lieux),
            ("dates_lieux", "Territoires", territoires),
            ("mise_en_oeuvre", "Ce que prévoyait la fiche action", fiche.description),
            ("objectifs_atteints", "Les objectifs de la fiche action", fiche.objectifs),
        ]
    if etape == PUBLICS:
        return [("type_public", "Public visé par la fiche action", fiche.public_vise)]
    if etape == MOYENS:
        return [
            ("moyens", "Moyens humains prévus", fiche.moyens_humains),
            ("moyens", "Moyens matériels prévus", fiche.moyens_materiels),
            ("partenariats", "Partenaires annoncés", fiche.partenaires),
        ]
    return []


def _argent(saisie: Saisie) -> list[tuple[str, str, str]]:
    """Return the amounts granted, by funder, and those of the forecast budget, by account."""
    accordes: dict[int, list[Decimal | None]] = {}
    for ligne in saisie.lignes_financement:
        montant = ligne.montant_notifie if ligne.montant_notifie is not None else ligne.montant_accorde
        accordes.setdefault(ligne.financeur_id, []).append(montant)
    connus = []
    for champ in saisie.montants:
        if champ.financeur is not None:
            accorde = additionner(accordes.get(champ.financeur.pk, []))
            connus.append((champ.nom, "Accordé", formats.montant(accorde)))
        connus.append((champ.nom, "Prévu", formats.montant(champ.prevu)))
    return [*connus, *_qui_signe(saisie)]


def _qui_signe(saisie: Saisie) -> list[tuple[str, str, str]]:
    """Return who represents the structure, beside who signs the compte rendu financier."""
    porteur = saisie.annuelle.action.porteur
    representant = (
        porteur.representants.filter(legal=True, date_fin__isnull=True).order_by("nom", "pk").first()
    )
    if representant is None:
        return []
    return [
        ("crf_signataire", "Représentant légal", representant.nom),
        ("crf_qualite", "Fonction", representant.fonction),
    ]


def _annee_d_avant(saisie: Saisie, etape: str, precedente: AnneePrecedente) -> Iterator[tuple[str, str, str]]:
    """Give what the bilan of the year before said, beside the same questions."""
    en, nombres = f"En {precedente.annee}", precedente.nombres
    for champ in saisie.de_l_etape(etape):
        if isinstance(champ, Colonne):
            ancien = nombres.get(champ.nom)
            texte = formats.nombre(ancien) if ancien is not None else precedente.textes.get(champ.nom, "")
            yield champ.nom, en, texte
        elif isinstance(champ, Indicateur) and champ.colonne == "valeur":
            origine = champ.releve.demande or champ.releve.critere
            cle = cle_du_libelle(champ.libelle)
            if origine is not None and origine.indicateur_id:
                cle = ("indicateur", origine.indicateur_id)
            yield champ.nom, en, _avec_unite(nombres.get(cle), champ.releve.unite)
        elif isinstance(champ, Reponse):
            ancien = nombres.get(cle_du_libelle(champ.libelle))
            yield champ.nom, en, _avec_unite(ancien, champ.question.unite)
    if etape == PUBLICS:
        for perimetre in eff.PERIMETRES:
            yield f"grille_{perimetre}", en, _personnes(nombres, perimetre)


def _avec_unite(valeur: int | Decimal | None, unite: str) -> str:
    texte = formats.nombre(valeur)
    return f"{texte}{formats.INSECABLE}{unite}" if texte and unite else texte


def _personnes(nombres: Mapping[Hashable, int | Decimal], perimetre: str) -> str:
    """Return « 45 personnes (30 femmes, 15 hommes) »; an empty string when nothing is known."""
    total = nombres.get((perimetre, eff.TOTAL))
    parts = ((eff.FEMMES, "femme,femmes"), (eff.HOMMES, "homme,hommes"))
    detail = ", ".join(
        pluriel(nombres[perimetre, sexe], formes) for sexe, formes in parts if (perimetre, sexe) in nombres
    )
    if total is None:
        return ""
    texte = pluriel(total, "personne,personnes")
    return f"{texte} ({detail})" if detail else texte


# -- Money -----------------------------------------------------------------------------------------
class Solde(NamedTuple):
    """The totals of the budget in euros, None when nothing is known, and what their gap means."""

    depenses: Decimal | None
    recettes: Decimal | None
    phrase: str


def solde(saisie: Saisie) -> Solde:
    """Return the totals of the budget « réalisé » and their gap in words, blank while an amount cannot be read."""
    depenses = saisie.total_du_budget(CompteBudgetaire.Sens.CHARGE)
    recettes = saisie.total_du_budget(CompteBudgetaire.Sens.PRODUIT)
    if (
        depenses is None
        or recettes is None
        or any(_illisibles(saisie, sens) for sens in CompteBudgetaire.Sens)
    ):
        return Solde(depenses, recettes, "")
    phrase = phrase_du_solde(recettes - depenses)
    return Solde(depenses, recettes, insecables(phrase))


def _illisibles(saisie: Saisie, sens: str) -> list[Montant]:
    """Return the amounts of one side that are typed and cannot be read: its total leaves them out."""
    return [
        m
        for m in saisie.montants
        if m.compte.sens == sens and not m.compte.hors_total and m.nom in saisie.attente
    ]


class LigneDuBudget(NamedTuple):
    """A box of the budget and, under the last one of a post, the explanation of its gap."""

    champ: BoundField
    explication: BoundField | None = None
    # the post, and its gap as it is saved, in words; blank when there is nothing to explain
    poste: str = ""
    ecart: str = ""


class PartieDuBudget(NamedTuple):
    """One side of the budget: the boxes to fill first, then the others, folded while they are all blank."""

    titre: str
    sens: str
    lignes: list[LigneDuBudget]
    rares: list[LigneDuBudget]
    ouverte: bool
    # what its total leaves out, in words; blank when it counts everything that is typed
    non_compte: str = ""


class PageBudget:
    """The step « Budget réalisé »: few boxes first, the others one press away."""

    TITRES = ((CompteBudgetaire.Sens.CHARGE, "Dépenses"), (CompteBudgetaire.Sens.PRODUIT, "Recettes"))

    def __init__(self, saisie: Saisie, form: FormulaireSaisie) -> None:
        self.saisie, self.form = saisie, form
        self._compare = saisie.budget_compare
        self._ecarts = {p.compte.pk: insecables(phrase_a_expliquer(p)) for p in self._compare.a_expliquer}
        self._explications = {e.compte.pk: e for e in saisie.explications}

    @property
    def parties(self) -> list[PartieDuBudget]:
        """The dépenses, then the recettes, contributions in kind left out."""
        return [self._partie(titre, sens) for sens, titre in self.TITRES]

    @property
    def contributions(self) -> list[PartieDuBudget]:
        """The contributions in kind, on both sides."""
        titres = ("Ce que valent les aides reçues", "D'où elles viennent")
        return [
            self._contributions(titre, sens) for titre, (sens, _) in zip(titres, self.TITRES, strict=True)
        ]

    def _contributions(self, titre: str, sens: str) -> PartieDuBudget:
        """Return one side of the contributions in kind: those planned or typed first, all when there is none."""
        siennes = self._de(sens, hors_total=True)
        premieres = [m for m in siennes if m.prevu is not None or self.form[m.nom].value()] or siennes
        autres = [m for m in siennes if m not in premieres]
        lignes, rares = ([self._nue(m) for m in montants] for montants in (premieres, autres))
        return PartieDuBudget(titre, sens, lignes, rares, False)

    @property
    def contributions_ouvertes(self) -> bool:
        """Whether a contribution in kind is planned, or typed."""
        montants = [m for m in self.saisie.montants if m.compte.hors_total]
        return any(m.prevu is not None for m in montants) or self._un_rempli(montants)

    @property
    def desaccords(self) -> list[str]:
        """What the recettes and the programme do not say alike, funder by funder."""
        return [
            insecables(phrase_du_desaccord(d))
            for d in self._compare.desaccords(Budget.Type.REALISE)
            if d.financeur
        ]

    @property
    def phrase_nature(self) -> str:
        """What is said of contributions in kind that are not the same on both sides."""
        solde = self._compare.solde_en_nature(Budget.Type.REALISE)
        return insecables(phrase_en_nature(solde)) if solde else ""

    @property
    def compte_rendu(self) -> list[BoundField]:
        """What the compte rendu financier asks beside the amounts."""
        return [self.form[c.nom] for c in self._colonnes]

    @property
    def compte_rendu_ouvert(self) -> bool:
        """Whether something is written there."""
        return self._un_rempli(self._colonnes)

    @property
    def a_reprendre(self) -> bool:
        """Whether a planned amount may be the start of an actual one that is blank."""
        return any(m.prevu is not None and not self.form[m.nom].value() for m in self.saisie.montants)

    @property
    def seuil(self) -> SeuilEcart:
        """Over which gap an explanation is asked."""
        return self._compare.seuil

    @property
    def _colonnes(self) -> list[ColonneDuBudget]:
        return [c for c in self.saisie.champs.values() if isinstance(c, ColonneDuBudget)]

    def _de(self, sens: str, *, hors_total: bool = False) -> list[Montant]:
        return [
            m for m in self.saisie.montants if m.compte.sens == sens and m.compte.hors_total == hors_total
        ]

    def _partie(self, titre: str, sens: str) -> PartieDuBudget:
        siens = self._de(sens)
        premiers = [m for m in siens if not m.rare]
        rares = [m for m in siens if m.rare]
        derniers = {m.poste: m.nom for m in (*rares, *premiers)}
        return PartieDuBudget(
            titre,
            sens,
            [self._ligne(m, derniers) for m in premiers],
            [self._ligne(m, derniers) for m in rares],
            self._un_rempli(rares),
            self._non_compte(sens),
        )

    def _non_compte(self, sens: str) -> str:
        combien = len(_illisibles(self.saisie, sens))
        return f"Ce total ne compte pas {pluriel(combien, 'montant,montants')} à corriger." if combien else ""

    def _ligne(self, montant: Montant, derniers: Mapping[str, str]) -> LigneDuBudget:
        explication = self._explications.get(montant.poste)
        if explication is None or derniers[montant.poste] != montant.nom:
            return self._nue(montant)
        champ = self.form[explication.nom]
        ecart = self._ecarts.get(montant.poste, "")
        return LigneDuBudget(self.form[montant.nom], champ, insecables(explication.compte.libelle), ecart)

    def _nue(self, montant: Montant) -> LigneDuBudget:
        return LigneDuBudget(self.form[montant.nom])

    def _un_rempli(self, champs: Sequence[Champ]) -> bool:
        """Return whether one of the fields holds something, saved or only typed."""
        return any(self.form[champ.nom].value() for champ in champs)


# -- The page of a step ----------------------------------------------------------------------------
@dataclass
class PageEtape:
    """What the page of a step shows to the account that types."""

    parcours: Parcours
    etape: Etape
    form: EtapeForm
    utilisateur: Utilisateur
    # what someone else wrote meanwhile, by field
    conflits: Mapping[str, ConflitDeChamp] = field(default_factory=dict)

    @property
    def saisie(self) -> Saisie:
        """The bilan as it is."""
        return self.parcours.saisie

    @cached_property
    def connus(self) -> dict[str, list[Connu]]:
        """What is known beside each field."""
        return connus(self.saisie, self.etape.code, self.utilisateur)

    @cached_property
    def commentaires(self) -> dict[str, list[Commentaire]]:
        """What was said of the fields, by name; of the cells of the grids, under « effectifs »."""
        par_champ: dict[str, list[Commentaire]] = {}
        for nom, liste in self.parcours.commentaires.items():
            champ = self.saisie.champs.get(nom)
            cle = "effectifs" if isinstance(champ, Case | Estimation) else nom
            par_champ.setdefault(cle, []).extend(liste)
        return par_champ

    @property
    def anomalies(self) -> list[Anomalie]:
        """What does not add up in the step."""
        return self.parcours.anomalies_de(self.etape.code)

    @cached_property
    def phrases(self) -> dict[str, list[str]]:
        """What does not add up at each field, the gaps of the grids left out: the grids say them."""
        phrases: dict[str, list[str]] = {}
        for anomalie in self.anomalies:
            lieu = self.parcours.lieu(anomalie)
            if lieu == EFFECTIFS or not isinstance(self.saisie.champs.get(lieu), Case | None):
                phrases.setdefault(lieu, []).append(anomalie.message)
        return phrases

    @cached_property
    def propositions(self) -> list[Proposition]:
        """What the texts of the bilan propose for the fields of the step."""
        return [p for p in propositions(self.saisie) if p.champ.etape == self.etape.code]

    @property
    def precedente(self) -> str:
        """The code of the step before, blank on the first one."""
        code = self.parcours.precedente(self.etape.code)
        return "" if code == self.etape.code else code

    @property
    def suivante(self) -> str:
        """The code of the step after."""
        return self.parcours.suivante(self.etape.code)

    @property
    def sans_objet(self) -> bool:
        """Whether an action that did not take place has nothing to say here."""
        return self.etape.code in self.saisie.sans_objet

    def groupes(self) -> list[Groupe]:
        """Return the fields by group, in the order of the page."""
        if self.etape.code == INDICATEURS:
            return list(self._groupes_des_indicateurs())
        return list(self.form.groupes())

    def _groupes_des_indicateurs(self) -> Iterator[Groupe]:
        criteres = [champ for champ in self.saisie.indicateurs if champ.releve.critere]
        demandes = [champ for champ in self.saisie.indicateurs if champ.releve.demande]
        groupes: tuple[tuple[str, str, str, Sequence[Champ]], ...] = (
            (
                "criteres",
                "Les critères de votre action",
                "Ceux que la fiche action annonçait, avec ce que vous visiez.",
                criteres,
            ),
            (
                "demandes",
                "Les indicateurs demandés cette année",
                "Laissez vide ce que vous ne savez pas.",
                demandes,
            ),
            ("questions", "Les questions de cette année", "", self.saisie.questions),
        )
        for code, titre, phrase, champs in groupes:
            if champs:
                yield Groupe(code, titre, phrase, self.form.rangees(champs))

    @cached_property
    def budget(self) -> "PageBudget":
        """The budget, when it is the step."""
        return PageBudget(self.saisie, self.form)

    @cached_property
    def solde(self) -> Solde:
        """The totals of the budget."""
        return solde(self.saisie)


@dataclass
class PageRelecture:
    """What the last page shows: everything as it will be sent, what is missing, what to look at again."""

    parcours: Parcours
    etape: Etape

    @property
    def saisie(self) -> Saisie:
        """The bilan as it is."""
        return self.parcours.saisie

    @cached_property
    def sections(self) -> list[tuple[Section, str]]:
        """Everything as it will be sent, each part with the step where it is corrected."""
        return [
            (section, self.saisie.etape_du_champ(section.reponses[0].champ))
            for section in sections_lues(self.saisie.bilan, self.saisie)
        ]

    @property
    def manques(self) -> list[tuple[Manque, str]]:
        """What is missing before sending, each with its step."""
        return [(manque, self.saisie.etape_du_champ(manque.champ)) for manque in self.parcours.manques]

    @property
    def alertes(self) -> list[tuple[Anomalie, str]]:
        """What to look at again, which stops nothing, each with its step."""
        return [
            (anomalie, self.saisie.etape_du_champ(anomalie.champ))
            for anomalie in self.parcours.anomalies
            if not anomalie.bloquante
        ]

    @property
    def precedente(self) -> str:
        """The code of the step before."""
        return self.parcours.precedente(self.etape.code)
