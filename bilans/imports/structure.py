"""Recognising a workbook: the sheet by its score, the header wherever it is, each column with how sure and why.

`reconnaitre` proposes; a person corrects (`corriger`); the signature of the headers remembers (`memoire`).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from hashlib import sha256

from comptes.templatetags.typographie import insecables, pluriel
from documents.tableurs.modele import Classeur, Feuille, Valeur

from . import champs, entetes, fiches
from .champs import Confiance, est_montant
from .colonnes import Lecture, Titre, accorder, est_sous_total, lire_colonne, parle_de_bilan
from .entetes import Entete
from .fiches import Fiche
from .modele import (
    AVEC_ACTIONS,
    Candidat,
    Colonne,
    Disposition,
    Structure,
    TableauIntrouvable,
    confiance_des_colonnes,
    corriger,
    manques,
)
from .profils import ECHANTILLON, Profil, couper, en_texte, est_vide, nombre_lu, profil
from .titres import cle_titre
from .vocabulaire import Vocabulaire, annees

__all__ = [
    "Candidat",
    "Colonne",
    "Confiance",
    "Disposition",
    "Structure",
    "TableauIntrouvable",
    "corriger",
    "reconnaitre",
]

# Sheets that explain or list: they lose to any other.
_FEUILLES_ANNEXES = frozenset(
    {
        "lisez",
        "moi",
        "lisezmoi",
        "notice",
        "aide",
        "liste",
        "parametre",
        "nomenclature",
        "emploi",
        "sommaire",
        "consigne",
    }
)
# « N+1 », « N », « N-1 »
_RELATIF = re.compile(r"\bN(?: ?[+-] ?\d)?\b")
CANDIDATS_MAX = 6
TITRES_MAX = 20
_SANS_TABLEAU = (
    "Aucun tableau n'a été trouvé dans ce classeur. Il faut une ligne de titres de colonnes (porteur, action…), "
    "puis une ligne par action. Vérifiez le fichier, puis déposez-le de nouveau."
)
_PHRASES = {
    Disposition.AXES: (
        "Ce tableau est celui des axes du contrat, pas des actions : aucune action ne sera créée. Ses axes, leurs "
        "objectifs, leurs partenaires et leurs critères se saisissent dans la page du contrat."
    ),
    Disposition.ENVELOPPES: (
        "Ce tableau donne des montants par axe, sans les actions : aucune action ne sera créée. Ses montants servent "
        "de totaux de contrôle."
    ),
    Disposition.BUDGET: (
        "Ce tableau est le budget d'une structure, exercice par exercice : ce n'est pas un tableau d'actions, "
        "aucune ne sera créée."
    ),
    Disposition.AUTRE: (
        "Ce n'est pas un tableau d'actions : il donne des pourcentages par catégorie. Aucune action ne sera créée. "
        "Si c'en est un quand même, dites quelle colonne donne l'intitulé des actions."
    ),
}


@dataclass(frozen=True)
class _Trouve:
    """A table that may be the right one."""

    feuille: Feuille
    score: float
    entete: Entete | None = None
    fiche: Fiche | None = None

    @property
    def lignes(self) -> tuple[int, int]:
        if self.entete is not None:
            return self.entete.premiere, self.entete.derniere
        premiere = self.fiche.etiquettes[0].ligne if self.fiche else 0
        return premiere, premiere

    @property
    def titres(self) -> tuple[str, ...]:
        if self.entete is not None:
            return tuple(titre.entier for titre in self.entete.titres if titre.texte)
        return tuple(etiquette.texte for etiquette in self.fiche.etiquettes) if self.fiche else ()


def reconnaitre(
    classeur: Classeur,
    *,
    financeurs: Sequence[str] = (),
    memoire: Mapping[str, Mapping[str, Mapping[str, str]]] | None = None,
    feuille: str | None = None,
    entete: tuple[int, int] | None = None,
    niveaux: Sequence[str] = (),
    annee: int | None = None,
) -> Structure:
    """Return what is recognised of a workbook: its table of actions, or the sentence that says what it is instead.

    `financeurs` are the labels of the contract's funders, short and long; `niveaux` its words for its axes, from the
    first level down; `annee` the year that is expected. `memoire` gives, by signature, what a person said of the same
    headers: it is applied. `feuille` and `entete` (first and last header rows, from zero) are what a person chose.

    Raises TableauIntrouvable when there is no table, or no such sheet.
    """
    mots = Vocabulaire(financeurs, niveaux)
    feuilles = [lue for lue in classeur.feuilles if feuille is None or lue.nom == feuille]
    if not feuilles:
        raise TableauIntrouvable(
            _SANS_TABLEAU if feuille is None else f"La feuille « {feuille} » n'est pas là."
        )
    if entete is not None:
        trouves = [_impose(feuilles, entete, mots)]
        # what was not chosen can still be, so that a wrong choice is taken back
        autres = _chercher(classeur.feuilles, mots, annee)
    else:
        trouves = _chercher(feuilles, mots, annee) or _au_moins_une_grille(feuilles, mots)
        autres = trouves[1:]
    if not trouves:
        raise TableauIntrouvable(_SANS_TABLEAU)
    structure = _decrire(classeur, trouves[0], mots, annee)
    structure = replace(
        structure,
        semblables=_semblables(trouves),
        candidats=_candidats(trouves[0], autres, mots),
    )
    souvenir = (memoire or {}).get(structure.signature)
    if souvenir is not None:
        structure = corriger(structure, souvenir, raison="Comme la dernière fois.")
    return replace(structure, avertissements=_avertissements(structure, trouves[0].feuille))


# -- Which table -----------------------------------------------------------------------------------
def _chercher(feuilles: Sequence[Feuille], mots: Vocabulaire, annee: int | None) -> list[_Trouve]:
    """Return the tables of the sheets, best first; those of hidden sheets after all others."""
    trouves = [trouve for feuille in feuilles for trouve in _dans(feuille, mots, annee)]
    return sorted(trouves, key=lambda trouve: (trouve.feuille.masquee, -trouve.score))


def _dans(feuille: Feuille, mots: Vocabulaire, annee: int | None) -> list[_Trouve]:
    if not feuille.lignes:
        return []
    coefficient = 0.2 if set(cle_titre(feuille.nom).split()) & _FEUILLES_ANNEXES else 1.0
    avantage = 50.0 if annee is not None and annees(feuille.nom) == [annee] else 0.0
    trouves = [
        _Trouve(feuille, coefficient * entete.score + avantage, entete)
        for entete in entetes.trouver(feuille, mots)
        if entete.connus
    ]
    fiche = fiches.trouver(feuille, mots)
    connus = max((trouve.entete.connus for trouve in trouves if trouve.entete), default=0)
    if fiche is not None and fiche.connus > max(connus, 2):
        # beside a form, what looks like a header is a line of it
        return [_Trouve(feuille, coefficient * fiche.score + avantage, fiche=fiche)]
    return trouves


def _au_moins_une_grille(feuilles: Sequence[Feuille], mots: Vocabulaire) -> list[_Trouve]:
    """Return the first grid with unknown titles: a person will say what its columns are."""
    for feuille in sorted(feuilles, key=lambda lue: lue.masquee):
        rangs = entetes.sans_titres_connus(feuille)
        if rangs is not None:
            return [_Trouve(feuille, 0, entetes.lire(feuille, *rangs, mots))]
    return []


def _impose(feuilles: Sequence[Feuille], lignes: tuple[int, int], mots: Vocabulaire) -> _Trouve:
    """Return the table whose header is where a person says; of several sheets, in the first visible one.

    Raises TableauIntrouvable when these rows are not in the sheet.
    """
    feuille = min(feuilles, key=lambda lue: lue.masquee)
    premiere, derniere = lignes
    dedans = 0 <= premiere <= derniere < len(feuille.lignes)
    if not dedans or derniere - premiere >= entetes.NIVEAUX_MAX:
        raise TableauIntrouvable(
            f"La feuille « {feuille.nom} » a {pluriel(len(feuille.lignes), 'ligne,lignes')} : choisissez une, deux ou "
            f"trois lignes de titres parmi elles."
        )
    return _Trouve(feuille, 0, entetes.lire(feuille, premiere, derniere, mots))


def _candidats(choisi: _Trouve, autres: Sequence[_Trouve], mots: Vocabulaire) -> tuple[Candidat, ...]:
    """Return what else could be read: the rows near those chosen as the header, then the other tables, best first."""
    voisins = []
    if choisi.entete is not None:
        entetes_voisins = entetes.voisins(choisi.feuille, choisi.entete, mots)
        voisins = [_Trouve(choisi.feuille, voisin.score, voisin) for voisin in entetes_voisins]
    proposes: dict[tuple[str, tuple[int, int]], Candidat] = {}
    for trouve in (*voisins, *autres[:CANDIDATS_MAX]):
        ou = (trouve.feuille.nom, trouve.lignes)
        if ou != (choisi.feuille.nom, choisi.lignes):
            titres = tuple(couper(titre) for titre in trouve.titres)
            proposes.setdefault(ou, Candidat(*ou, round(trouve.score), titres))
    return tuple(proposes.values())


def _semblables(trouves: Sequence[_Trouve]) -> tuple[str, ...]:
    """Return the other visible sheets that have the same titles as the one chosen."""
    choisi = trouves[0]
    cles = [cle_titre(titre) for titre in choisi.titres]
    noms = (
        trouve.feuille.nom
        for trouve in trouves[1:]
        if trouve.feuille is not choisi.feuille
        and not trouve.feuille.masquee
        and [cle_titre(titre) for titre in trouve.titres] == cles
    )
    return tuple(dict.fromkeys(noms))


# -- What it is ------------------------------------------------------------------------------------
def _decrire(classeur: Classeur, trouve: _Trouve, mots: Vocabulaire, annee: int | None) -> Structure:
    if trouve.fiche is not None:
        return _decrire_fiche(classeur, trouve.feuille, trouve.fiche, mots, annee)
    if trouve.entete is None:
        raise TableauIntrouvable(_SANS_TABLEAU)
    return _decrire_tableau(classeur, trouve.feuille, trouve.entete, mots, annee)


def _decrire_tableau(
    classeur: Classeur, feuille: Feuille, entete: Entete, mots: Vocabulaire, annee: int | None
) -> Structure:
    titres_du_tableau = _titres_au_dessus(feuille, entete.premiere)
    trouvee = _annee(titres_du_tableau, feuille, classeur)
    donnees = feuille.lignes[entete.derniere + 1 :]
    largeur = len(feuille.lignes[0]) if feuille.lignes else 0
    remplies = _remplies(donnees, largeur)
    indices = [
        i for i in range(largeur) if remplies[i] or (i < len(entete.titres) and entete.titres[i].texte)
    ]
    titres = [entete.titres[i] if i < len(entete.titres) else Titre("") for i in indices]
    rangs = _echantillon(feuille, entete.derniere + 1)
    profils = [_profil(feuille, rangs, i) for i in indices]
    bilan = parle_de_bilan(titres, [*titres_du_tableau, feuille.nom, classeur.nom])
    lectures = [
        lire_colonne(titre, apercu, mots, bilan) for titre, apercu in zip(titres, profils, strict=True)
    ]
    sous_totaux = _sous_totaux(feuille, entete, indices, titres, profils, lectures)
    lectures = accorder(titres, lectures, profils, annee or trouvee, sous_totaux)
    colonnes = tuple(
        _colonne(i, titre, apercu, lecture)
        for i, titre, apercu, lecture in zip(indices, titres, profils, lectures, strict=True)
    )
    disposition = _disposition(colonnes, titres, profils)
    return Structure(
        feuille=feuille.nom,
        entete=(entete.premiere, entete.derniere),
        colonnes=colonnes,
        signature=_signature(colonnes),
        titres=titres_du_tableau,
        annee=trouvee,
        disposition=disposition,
        confiance=confiance_des_colonnes(colonnes) if disposition in AVEC_ACTIONS else Confiance.INCONNUE,
    )


def _decrire_fiche(
    classeur: Classeur, feuille: Feuille, fiche: Fiche, mots: Vocabulaire, annee: int | None
) -> Structure:
    premiere = fiche.etiquettes[0].ligne
    titres_de_la_fiche = _titres_au_dessus(feuille, premiere)
    bilan = parle_de_bilan([], [*titres_de_la_fiche, feuille.nom, classeur.nom])
    titres = [Titre(etiquette.texte) for etiquette in fiche.etiquettes]
    profils = [
        profil([etiquette.suite or None, *feuille.lignes[etiquette.ligne][etiquette.colonne + 1 :]])
        for etiquette in fiche.etiquettes
    ]
    # in a form, an amount is a sentence as often as a number: what is written does not say what the label is
    lectures = [lire_colonne(titre, Profil(), mots, bilan) for titre in titres]
    lectures = accorder(titres, lectures, profils, annee, [False] * len(titres))
    colonnes = tuple(
        _colonne(etiquette.ligne, titre, apercu, lecture)
        for etiquette, titre, apercu, lecture in zip(fiche.etiquettes, titres, profils, lectures, strict=True)
    )
    return Structure(
        feuille=feuille.nom,
        entete=(premiere, premiere),
        colonnes=colonnes,
        signature=_signature(colonnes),
        titres=titres_de_la_fiche,
        annee=_annee(titres_de_la_fiche, feuille, classeur),
        disposition=Disposition.FICHE,
        confiance=confiance_des_colonnes(colonnes),
    )


def _colonne(index: int, titre: Titre, apercu: Profil, lecture: Lecture) -> Colonne:
    en_euros = est_montant(lecture.champ)
    return Colonne(
        index=index,
        titre=titre.entier,
        groupe=titre.groupe,
        champ=lecture.champ,
        financeur=lecture.financeur if en_euros else "",
        etat=lecture.champ.partition(":")[2] if en_euros else "",
        confiance=lecture.confiance,
        raison=lecture.raison,
        exemples=apercu.exemples,
    )


def _titres_au_dessus(feuille: Feuille, premiere: int) -> tuple[str, ...]:
    """Return what stands above the header, one text for each row that says something."""
    lignes = (
        " ".join(
            dict.fromkeys(
                en_texte(valeur) for valeur in ligne[: entetes.COLONNES_MAX] if not est_vide(valeur)
            )
        )
        for ligne in feuille.lignes[: min(premiere, entetes.LIGNES_MAX)]
    )
    return tuple(" ".join(ligne.split())[:500] for ligne in lignes if ligne)[:TITRES_MAX]


def _annee(titres: Sequence[str], feuille: Feuille, classeur: Classeur) -> int | None:
    """Return the only year that the titles name, else the sheet's name, else the file's."""
    for textes in (titres, [feuille.nom], [classeur.nom.replace("_", " ")]):
        lues = {lue for texte in textes for lue in annees(texte)}
        if lues:
            return lues.pop() if len(lues) == 1 else None
    return None


def _remplies(donnees: Sequence[Sequence[Valeur]], largeur: int) -> list[bool]:
    """Return which columns say something below the header."""
    restantes = set(range(largeur))
    for ligne in donnees:
        restantes -= {colonne for colonne in restantes if not est_vide(ligne[colonne])}
        if not restantes:
            break
    return [colonne not in restantes for colonne in range(largeur)]


def _echantillon(feuille: Feuille, debut: int) -> list[int]:
    """Return the rows to know the columns by: those without a word, totals or shares, say nothing of an action."""
    rangs = range(debut, min(debut + ECHANTILLON, len(feuille.lignes)))
    avec_des_mots = [
        rang
        for rang in rangs
        if any(isinstance(valeur, str) and nombre_lu(valeur) is None for valeur in feuille.lignes[rang])
    ]
    return avec_des_mots or list(rangs)


def _profil(feuille: Feuille, rangs: Sequence[int], colonne: int) -> Profil:
    return profil(
        f"{feuille.lignes[rang][colonne]} %"
        if (rang, colonne) in feuille.pourcentages
        else feuille.lignes[rang][colonne]
        for rang in rangs
    )


def _sous_totaux(
    feuille: Feuille,
    entete: Entete,
    indices: Sequence[int],
    titres: Sequence[Titre],
    profils: Sequence[Profil],
    lectures: Sequence[Lecture],
) -> list[bool]:
    """Return of each column whether it has no title and its figures are the subtotals of the rows."""
    sans_titre = [not titre.texte and apercu.numerique for titre, apercu in zip(titres, profils, strict=True)]
    if not any(sans_titre):
        return sans_titre
    lignes = feuille.lignes[entete.derniere + 1 : entete.derniere + 1 + ECHANTILLON]
    totaux = _totaux_des_lignes(lignes, indices, lectures)
    porteur = next((i for i, lu in zip(indices, lectures, strict=True) if lu.champ == champs.PORTEUR), None)
    porteurs = ["" if porteur is None else cle_titre(en_texte(ligne[porteur])[:100]) for ligne in lignes]
    return [
        possible and est_sous_total([nombre_lu(ligne[i]) for ligne in lignes], totaux, porteurs)
        for possible, i in zip(sans_titre, indices, strict=True)
    ]


def _totaux_des_lignes(
    lignes: Sequence[Sequence[Valeur]], indices: Sequence[int], lectures: Sequence[Lecture]
) -> list[Decimal | None]:
    """Return the total printed in each row, else the sum of its amounts; None for a row without money."""
    imprimes = [i for i, lu in zip(indices, lectures, strict=True) if lu.champ == champs.TOTAL_LIGNE]
    montants = [i for i, lu in zip(indices, lectures, strict=True) if est_montant(lu.champ)]
    totaux: list[Decimal | None] = []
    for ligne in lignes:
        lus = [nombre_lu(ligne[i]) for i in (imprimes[:1] or montants)]
        connus = [lu for lu in lus if lu is not None]
        totaux.append(sum(connus, Decimal(0)) if connus else None)
    return totaux


def _signature(colonnes: Sequence[Colonne]) -> str:
    """Return the SHA-256 of the normalised headers, each at its place: the same layout, whatever is in it."""
    cles = "\n".join(f"{colonne.index}:{cle_titre(colonne.titre)}" for colonne in colonnes if colonne.titre)
    return sha256(cles.encode()).hexdigest()


# -- What kind of table ----------------------------------------------------------------------------
def _disposition(
    colonnes: Sequence[Colonne], titres: Sequence[Titre], profils: Sequence[Profil]
) -> Disposition:
    lus = {colonne.champ for colonne in colonnes}
    axes = lus & {"axe_1", "axe_2", "axe_3", "thematique"}
    argent = any(est_montant(champ) or champ.startswith("cout") for champ in lus)
    parts = "part" in lus or any(apercu.en_pourcentage for apercu in profils)
    nomme = bool(lus & {champs.INTITULE, champs.PORTEUR})
    lies = {mot for titre in titres for mot in cle_titre(titre.texte).split()} & {"levier", "critere"}
    if axes and not nomme and not argent and len(lus & {"objectifs", "partenaires"}) + len(lies) >= 2:
        return Disposition.AXES
    if axes and not nomme and argent:
        return Disposition.ENVELOPPES
    if not nomme and (_exercices(titres) >= 2 or _a_des_postes(titres)) and (argent or parts):
        return Disposition.BUDGET
    autres = lus - {champs.INTITULE, champs.NOTE, "part", "lieux", "thematique", "ordre"}
    if parts and not argent and not autres:
        return Disposition.AUTRE
    return Disposition.TABLEAU


def _exercices(titres: Sequence[Titre]) -> int:
    """Return how many exercises are side by side: « N+1 », « N », « N-1 », « 2024 »."""
    groupes = {titre.groupe or titre.texte for titre in titres}
    return sum(bool(annees(groupe)) or bool(_RELATIF.search(groupe)) for groupe in groupes)


def _a_des_postes(titres: Sequence[Titre]) -> bool:
    return any(
        cle_titre(titre.texte) in {"poste", "charge", "produit", "compte", "ressource"} for titre in titres
    )


# -- What is to be said ----------------------------------------------------------------------------
def _avertissements(structure: Structure, feuille: Feuille) -> tuple[str, ...]:
    phrases = []
    if structure.disposition in _PHRASES:
        phrases.append(_PHRASES[structure.disposition])
    phrases += manques(structure.disposition, structure.colonnes)
    if structure.semblables:
        noms = ", ".join(f"« {nom} »" for nom in structure.semblables[:5])
        autres = pluriel(len(structure.semblables), "autre feuille a,autres feuilles ont")
        phrases.append(f"{autres} les mêmes titres ({noms}) : seule « {structure.feuille} » est lue ici.")
    if feuille.masquee:
        phrases.append(f"La feuille « {feuille.nom} », qui est lue, est masquée dans le classeur.")
    lignes = sum(ligne > structure.entete[1] for ligne in feuille.lignes_masquees)
    if lignes:
        masquees = pluriel(lignes, "ligne masquée est lue,lignes masquées sont lues")
        phrases.append(f"{masquees} avec les autres : vérifiez les filtres du classeur.")
    colonnes = sum(colonne.index in feuille.colonnes_masquees for colonne in structure.colonnes)
    if colonnes and structure.disposition is not Disposition.FICHE:
        phrases.append(
            f"{pluriel(colonnes, 'colonne masquée est lue,colonnes masquées sont lues')} avec les autres."
        )
    return tuple(insecables(phrase) for phrase in phrases)
