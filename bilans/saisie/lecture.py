"""A bilan as it is read, in full: what the last step, the receipt and the reading page show."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from comptes.templatetags.typographie import insecables, pluriel
from documents import formats
from financements.models import CompteBudgetaire

from .. import effectifs as eff
from ..models import Bilan, Effectif, ValeurIndicateur
from .champs import Case, Champ, Montant
from .questions import (
    BUDGET,
    CHAMPS_DEROULEMENT,
    CHAMPS_MOYENS,
    DEROULEMENT,
    INDICATEURS,
    MOYENS,
    PUBLIC,
    PUBLICS,
)
from .registre import Recit, Saisie


class ReponseLue(NamedTuple):
    """A question and its answer as it is read; an empty text when nothing was answered."""

    champ: str
    libelle: str
    texte: str


# The step where it is typed, the title, the answers.
Partie = tuple[str, str, list[ReponseLue]]


class Section(NamedTuple):
    """A part of a bilan as it is read."""

    titre: str
    reponses: list[ReponseLue]

    @property
    def repondues(self) -> list[ReponseLue]:
        """The questions that have an answer."""
        return [reponse for reponse in self.reponses if reponse.texte]

    @property
    def sans_reponse(self) -> list[str]:
        """The questions left without an answer."""
        return [reponse.libelle for reponse in self.reponses if not reponse.texte]


def sections_lues(bilan: Bilan, saisie: Saisie | None = None) -> list[Section]:
    """Return everything that a bilan says, section by section, with French labels and texts.

    An unanswered question is there with an empty text; a section that asks nothing is left out, as is a step
    without object that says nothing. Give `saisie` when it is read already.
    """
    lue = saisie or Saisie(bilan)
    parties = (
        *_parties_du_recit(lue),
        (INDICATEURS, "Indicateurs et questions", _lire_indicateurs(lue)),
        (MOYENS, "Moyens et partenaires", _lire(lue, CHAMPS_MOYENS)),
        (BUDGET, "Budget réalisé", _lire_budget(lue)),
        (DEROULEMENT, "Pièces jointes", _lire_pieces(bilan)),
    )
    return _sections(lue, parties)


def sections_du_recit(bilan: Bilan) -> list[Section]:
    """Return what a bilan tells, and of whom, as `sections_lues` does; neither its indicators nor its money.

    No query for a bilan read with its campaign and its numbers of people (`effectifs__tranche`).
    """
    lue = Recit(bilan)
    return _sections(lue, _parties_du_recit(lue))


def _parties_du_recit(saisie: Saisie) -> tuple[Partie, ...]:
    return (
        (DEROULEMENT, "Déroulement", _lire(saisie, CHAMPS_DEROULEMENT)),
        (DEROULEMENT, "Ce que vous en retenez", _lire(saisie, Bilan.CHAMPS_RECIT)),
        (PUBLICS, "Publics", [*_lire_publics(saisie), *_lire(saisie, ("type_public",))]),
    )


def _sections(saisie: Saisie, parties: Iterable[Partie]) -> list[Section]:
    return [
        Section(titre, reponses)
        for etape, titre, reponses in parties
        if reponses and (etape not in saisie.sans_objet or any(r.texte for r in reponses))
    ]


def _reponse(saisie: Saisie, champ: Champ) -> ReponseLue:
    texte = saisie.attente.get(champ.nom) or champ.texte()
    return ReponseLue(champ.nom, insecables(champ.libelle), texte)


def _lire(saisie: Saisie, noms: Iterable[str]) -> list[ReponseLue]:
    reponses = [_reponse(saisie, saisie.champs[nom]) for nom in noms]
    motive = saisie.bilan.realisation in Bilan.REALISATIONS_MOTIVEES
    # Asked only of an action that did not take place.
    return [r for r in reponses if r.texte or motive or r.champ != "motif_non_realisation"]


def _lire_publics(saisie: Saisie) -> Iterator[ReponseLue]:
    for perimetre, grille in saisie.grilles().items():
        titre = Effectif.Perimetre(perimetre).label
        estimation = saisie.champs[f"{perimetre}_estimation"]
        estime = " (estimation)" if estimation.valeur else ""
        if grille.est_vide:
            yield ReponseLue(f"{perimetre}_ensemble_T", titre, "")
        for rang in grille.rangs:
            nom = f"{titre}{estime}" if rang.tranche is None else f"{titre}, {rang.tranche.libelle}"
            cle = eff.Cellule(rang.tranche.pk if rang.tranche else None, eff.TOTAL)
            yield ReponseLue(eff.nom_du_champ(perimetre, cle), insecables(nom), _phrase_du_rang(rang))
    for case in saisie.champs.values():
        if isinstance(case, Case) and case.nom in saisie.attente:
            yield _reponse(saisie, case)
    for ligne in saisie.effectifs:
        if not eff.est_une_cellule(ligne):
            yield ReponseLue("effectifs", ligne.get_mesure_display(), _phrase_de_l_effectif(ligne))


def _phrase_du_rang(rang: eff.Rang) -> str:
    """Return « 30 personnes : 12 femmes, 18 hommes »."""
    parts = (
        (rang.femmes, "femme,femmes"),
        (rang.hommes, "homme,hommes"),
        (rang.non_renseigne, "non renseigné,non renseignés"),
    )
    detail = ", ".join(pluriel(combien, formes) for combien, formes in parts if combien is not None)
    total = pluriel(rang.total, "personne,personnes")
    return insecables(f"{total} : {detail}" if detail else total)


def _phrase_de_l_effectif(ligne: Effectif) -> str:
    if ligne.valeur is None:
        texte = f"entre {formats.nombre(ligne.valeur_min)} et {formats.nombre(ligne.valeur_max)}"
    else:
        texte = f"{'environ ' if ligne.approximatif else ''}{formats.nombre(ligne.valeur)}"
    details = []
    if ligne.sexe != eff.TOTAL:
        details.append(ligne.get_sexe_display().lower())
    if ligne.tranche_id:
        details.append(str(ligne.tranche))
    if ligne.perimetre == eff.QPV:
        details.append(PUBLIC[eff.QPV])
    if ligne.precision:
        details.append(ligne.precision)
    return f"{texte} ({', '.join(details)})" if details else texte


def _lire_indicateurs(saisie: Saisie) -> list[ReponseLue]:
    reponses = [_reponse(saisie, champ) for champ in saisie.de_l_etape(INDICATEURS)]
    for ligne in saisie.valeurs_indicateurs:
        if ligne.critere_id is None and ligne.demande_id is None:
            reponses.append(ReponseLue("indicateurs", insecables(ligne.libelle), _phrase_du_releve(ligne)))
    return reponses


def _phrase_du_releve(ligne: ValeurIndicateur) -> str:
    """Return « environ 153 séances (femmes 120, hommes 33) »; an empty string when it has no figure."""
    morceaux = []
    if ligne.valeur is not None:
        environ = "environ " if ligne.approximatif else ""
        unite = f"{formats.INSECABLE}{ligne.unite}" if ligne.unite else ""
        morceaux.append(f"{environ}{formats.nombre(ligne.valeur)}{unite}")
    parts = ((ligne.valeur_femmes, "femmes"), (ligne.valeur_hommes, "hommes"))
    connues = [f"{mot} {formats.nombre(valeur)}" for valeur, mot in parts if valeur is not None]
    if connues:
        morceaux.append(f"({', '.join(connues)})")
    if ligne.precision:
        morceaux.append(f"– {ligne.precision}")
    return " ".join(morceaux)


def _lire_budget(saisie: Saisie) -> list[ReponseLue]:
    """Return the lines that have an amount, the totals, then what was written about them."""
    champs = saisie.de_l_etape(BUDGET)
    reponses = _repondues(saisie, (champ for champ in champs if isinstance(champ, Montant)))
    ecrits = _repondues(saisie, (champ for champ in champs if not isinstance(champ, Montant)))
    if not reponses:
        return [*([ReponseLue("budget", "Montants", "")] if saisie.montants else []), *ecrits]
    totaux = [
        (f"Total des {mot}", saisie.total_du_budget(sens))
        for sens, mot in (
            (CompteBudgetaire.Sens.CHARGE, "dépenses"),
            (CompteBudgetaire.Sens.PRODUIT, "recettes"),
        )
    ]
    reponses += [
        ReponseLue("budget", libelle, formats.montant(total))
        for libelle, total in totaux
        if total is not None
    ]
    return reponses + ecrits


def _repondues(saisie: Saisie, champs: Iterable[Champ]) -> list[ReponseLue]:
    lues = [_reponse(saisie, champ) for champ in champs]
    return [lue for lue in lues if lue.texte]


def _lire_pieces(bilan: Bilan) -> list[ReponseLue]:
    return [
        ReponseLue("pieces", piece.get_nature_display(), piece.nom)
        for piece in bilan.pieces.order_by("depose_le", "pk")
    ]
