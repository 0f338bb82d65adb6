"""Figures that speak of the same people: a total and its parts, the parts of one list."""

from collections.abc import Sequence

from . import lexique as lex
from .comptes import Compte
from .faits import Nature
from .jetons import Jeton, Sorte

_COORDONNE = {",", "et", "/", "+", "&", "puis", "ainsi", "que", "-", "–", "ou", "voire"}
_SOIT = {"soit", "savoir", "lesquels", "lesquelles", "repartis", "reparties", "composes", "composees", "compose",
         "composee"}  # fmt: skip
_AVANT_UN_LIEU = {"en", "au", "a", "aux", "dans", "de", "du", "des", "d'", "l'", "la", "les", "classe", "classes",
                  "ecole", "ecoles", "section", "niveau", "cycle"}  # fmt: skip
# After « dont 12 », what says that the noun is that of the total.
_NOM_OMIS = {"en", "du", "de", "des", "d'", "au", "aux", "a", "dans", "pour", "sont", "ont", "etaient", "issus",
             "issues", "venant", "habitant", "habitent", "residant", "resident", "qui", "hors", "vivant", "sous",
             "ayant", "n'", "se"}  # fmt: skip
_QUARTIER = {"qpv", "quartier", "quartiers"}
_LOIN = 40


class Liens:
    """The groups of a text, made in one pass over its figures."""

    def __init__(self, jetons: Sequence[Jeton], phrases: Sequence[int], comptes: Sequence[Compte]) -> None:
        self.jetons, self.phrases, self.comptes = jetons, phrases, comptes
        self.groupes = self.listes = 0
        # the chain in which each figure stands, from its first to its last
        self.chaines: list[list[Compte]] = []

    def lier(self) -> None:
        """Give their group to the figures, the missing nouns their noun; set aside what stays without one."""
        self._nommer_les_niveaux()
        self._enchainer()
        for rang, chaine in enumerate(self.chaines):
            self._lier(rang, chaine)
        for compte in self.comptes:
            if compte.nature is None or (compte.article and not compte.groupe):
                compte.ecarte = True

    # -- Lists -------------------------------------------------------------------------------------
    def _enchainer(self) -> None:
        """« 59 filles et 82 garçons », « 6 en maternelle, 88 en élémentaire »: figures one after another."""
        for compte in self.comptes:
            derniere = self.chaines[-1] if self.chaines else None
            if derniere is not None and self._s_enchaine(derniere, compte):
                derniere.append(compte)
            else:
                self.chaines.append([compte])

    def _s_enchaine(self, chaine: Sequence[Compte], suivant: Compte) -> bool:
        dernier = chaine[-1]
        # « 6 familles et 2 personnes isolées » are parts of the same public
        natures = {dernier.nature, suivant.nature}
        if suivant.nature is None or (len(natures) > 1 and natures != {Nature.MENAGES, Nature.EFFECTIF}):
            return False
        if suivant.nature not in (Nature.EFFECTIF, Nature.FREQUENTATION, Nature.MENAGES, Nature.REALISATION):
            return False
        entre = [self.jetons[i].norme for i in range(dernier.suite, suivant.debut)]
        if len(entre) > 2 or any(mot not in _COORDONNE for mot in entre):
            return False
        if len(natures) > 1:
            return entre in (["et"], ["+"])
        # a total, then its parts: « 34 participants, 20 garçons et 14 filles » is no list of three
        if not (entre and entre[0] in ("et", "+", "/", "&")) and suivant.sexue and not dernier.sexue:
            return False
        if not entre and dernier.categorie == suivant.categorie:
            return False
        # « 20 inscrits, 12 enfants »; « 5 bénévoles et 30 participants »
        if entre == [","] and lex.TOTAL in (dernier.categorie, suivant.categorie):
            return False
        if (dernier.categorie == lex.ENCADRANTS) != (suivant.categorie == lex.ENCADRANTS):
            return False
        return dernier.debut != suivant.debut

    def _nommer_les_niveaux(self) -> None:
        """« 43 au collège et 4 au lycée »: what is counted is told before, the level is what tells them apart."""
        for compte in self.comptes:
            if compte.nature is not None:
                continue
            for i in range(compte.fin, min(compte.fin + 5, len(self.jetons))):
                mot = self.jetons[i].norme
                if mot in lex.NIVEAUX and i > compte.fin:
                    compte.nature, compte.categorie = Nature.EFFECTIF, lex.NIVEAUX[mot]
                    compte.fin = compte.suite = i + 1
                    break
                if mot not in _AVANT_UN_LIEU:
                    break

    # -- Totals ------------------------------------------------------------------------------------
    def _lier(self, rang: int, chaine: list[Compte]) -> None:
        premier = chaine[0]
        par_dont = self._introduit(premier, lex.DONT | _SOIT)
        if premier.nature is None:
            self._suite_sans_nom(rang, premier)
            if premier.nature is not None:
                return
            tete = self._tete_du_nom_omis(rang, premier, par_dont)
            if tete is not None:
                self._nommer(premier, tete)
                if premier.prevu:
                    self._comparer(tete, premier)
                else:
                    self._grouper(tete, chaine)
            return
        if premier.nom is None and premier.categorie in lex.NIVEAUX.values():
            self._lier_les_niveaux(rang, chaine, par_dont)
            return
        tete = self._entier_detaille(rang, chaine) or self._tete(rang, chaine, par_dont)
        if tete is not None:
            self._heriter(tete, chaine)
            self._grouper(tete, chaine)
        elif len(chaine) > 1 and not all(compte.article for compte in chaine):
            self._grouper(None, chaine)

    def _tete(self, rang: int, chaine: Sequence[Compte], par_dont: bool) -> Compte | None:
        """Return the total that the list details: said by « dont », a parenthesis, a colon, or both sexes."""
        premier = chaine[0]
        candidat = self._precedent(rang)
        if candidat is None or not _detaille(candidat, chaine):
            return None
        meme_phrase = self.phrases[candidat.debut] == self.phrases[premier.debut]
        if par_dont:
            return candidat if meme_phrase and premier.debut - candidat.suite <= _LOIN else None
        deux_sexes = {compte.categorie for compte in chaine} == set(lex.SEXES) and len(chaine) == 2
        entre = [self.jetons[i].norme for i in range(candidat.suite, premier.debut)]
        if entre and entre[-1] == "(" and "(" not in entre[:-1] and len(entre) <= 6:
            return candidat
        if not deux_sexes or candidat.sexue:
            return None
        if meme_phrase and entre and entre[-1] == ":" and len(entre) <= _LOIN:
            return candidat
        if all(mot in (",", "-", "–", ".") for mot in entre) and len(entre) <= 2:
            return candidat
        # « 576 personnes en 2023 dont 387 pour l'apprentissage. 384 femmes et 192 hommes »: a sentence of its own
        ouvre = self.phrases[premier.debut - 1] != self.phrases[premier.debut]
        suit = self.phrases[premier.debut] - self.phrases[candidat.debut] == 1
        exact = sum(compte.quantite.valeur or 0 for compte in chaine) == candidat.quantite.valeur
        return candidat if ouvre and suit and exact else None

    def _precedent(self, rang: int) -> Compte | None:
        """Return the total just before a list: a figure alone, or that of the list just before."""
        for chaine in reversed(self.chaines[max(0, rang - 3) : rang]):
            if chaine[0].nature is None:
                continue
            if len(chaine) == 1 and not (chaine[0].groupe and not chaine[0].tete):
                return chaine[0]
            if not chaine[0].groupe or not chaine[0].ventilation:
                return None
            tetes = [c for c in self.comptes_du_groupe(chaine[0].groupe, rang) if c.tete]
            return tetes[0] if tetes else None
        return None

    def comptes_du_groupe(self, groupe: int, rang: int) -> list[Compte]:
        """Return the figures of a group among the few lists just before the list `rang`."""
        return [c for chaine in self.chaines[max(0, rang - 6) : rang] for c in chaine if c.groupe == groupe]

    def _lier_les_niveaux(self, rang: int, chaine: list[Compte], par_dont: bool) -> None:
        tete = self._precedent(rang)
        lie = tete is not None and self.phrases[tete.debut] == self.phrases[chaine[0].debut]
        if tete is None or not lie or not (par_dont or len(chaine) > 1) or not _detaille(tete, chaine):
            for compte in chaine:
                compte.nature = None
            return
        for compte in chaine:
            compte.unite, compte.lemme = tete.unite, tete.lemme
        self._grouper(tete, chaine)

    def _tete_du_nom_omis(self, rang: int, compte: Compte, par_dont: bool) -> Compte | None:
        """« dont 387 pour l'apprentissage », « (47 de Bagnols) », « (20 prévues) »."""
        suivant = self.jetons[compte.fin] if compte.fin < len(self.jetons) else None
        tete = self._precedent(rang)
        if suivant is None or tete is None or tete.nature == Nature.DUREE:
            return None
        if self.phrases[tete.debut] != self.phrases[compte.debut]:
            return None
        entre = [self.jetons[i].norme for i in range(tete.suite, compte.debut)]
        if len(entre) > _LOIN:
            return None
        if suivant.norme.startswith("prevu") and tete.nature is not None and len(entre) <= 10:
            compte.prevu, compte.fin = True, compte.fin + 1
            return tete
        parenthese = bool(entre) and entre[-1] == "(" and len(entre) <= 3
        if not (par_dont or parenthese) or suivant.norme not in _NOM_OMIS:
            return None
        return tete if _detaille(tete, [compte]) else None

    def _suite_sans_nom(self, rang: int, compte: Compte) -> None:
        """« 300 usagers + 200 occasionnels », « une moyenne de 55 enfants et 32 en août »: the noun is before."""
        avant = self.chaines[rang - 1][-1] if rang else None
        if avant is None or avant.nature is None or self.phrases[avant.debut] != self.phrases[compte.debut]:
            return
        lien, suivants = self.jetons[compte.debut - 1].norme, self._suivants(compte, 2)
        if lien == "+" and not avant.groupe and compte.debut - avant.suite <= 4:
            mot = suivants[0] if suivants else None
            if mot is not None and mot.sorte == Sorte.MOT and lex.nom(mot) is None:
                self._nommer(compte, avant)
                compte.categorie, compte.fin = avant.categorie, compte.fin + 1
                self._grouper(None, [avant, compte])
        en_un_mois = len(suivants) == 2 and suivants[0].norme == "en" and suivants[1].norme in lex.MOIS
        if lien == "et" and avant.moyenne and en_un_mois:
            self._nommer(compte, avant)
            compte.categorie = avant.categorie

    def _suivants(self, compte: Compte, combien: int) -> Sequence[Jeton]:
        return self.jetons[compte.fin : compte.fin + combien]

    def _entier_detaille(self, rang: int, chaine: Sequence[Compte]) -> Compte | None:
        """« 100 pour le spectacle (25 enfants + 20 adultes) »: the number before the parenthesis, without noun."""
        avant = self.chaines[rang - 1] if rang else []
        if len(avant) != 1 or avant[0].nature is not None or len(chaine) < 2:
            return None
        seul, premier = avant[0], chaine[0]
        if self.jetons[premier.debut - 1].texte != "(" or premier.debut - seul.fin > 8:
            return None
        suivants = self._suivants(seul, 1)
        if (
            not suivants
            or suivants[0].norme != "pour"
            or self.phrases[seul.debut] != self.phrases[premier.debut]
        ):
            return None
        seul.nature, seul.categorie, seul.article = premier.nature, lex.TOTAL, False
        return seul

    def _introduit(self, compte: Compte, mots: set[str]) -> bool:
        i = compte.debut - 1
        while (
            i >= 0 and compte.debut - i <= 3 and self.jetons[i].norme in (",", ":", "en", "a", "les", "des")
        ):
            i -= 1
        return i >= 0 and self.jetons[i].norme in mots

    # -- Writing what was found --------------------------------------------------------------------
    def _nommer(self, compte: Compte, tete: Compte) -> None:
        compte.nature, compte.unite, compte.lemme = tete.nature, tete.unite, tete.lemme
        compte.periodicite, compte.moyenne = tete.periodicite, tete.moyenne
        suivants = {self.jetons[i].norme for i in range(compte.fin, min(compte.fin + 5, len(self.jetons)))}
        compte.categorie = lex.QPV if suivants & _QUARTIER else tete.categorie if compte.prevu else lex.AUTRE

    def _heriter(self, tete: Compte, chaine: Sequence[Compte]) -> None:
        for compte in chaine:
            compte.nature = tete.nature
            compte.periodicite = compte.periodicite or tete.periodicite
            compte.moyenne = compte.moyenne or tete.moyenne
            if compte.age_min is None and compte.age_max is None:
                compte.age_min, compte.age_max = tete.age_min, tete.age_max

    def _comparer(self, realise: Compte, prevu: Compte) -> None:
        """« 33 femmes (20 prévues) »: the same group, neither a part of the other."""
        if not realise.groupe:
            self.groupes += 1
            realise.groupe = self.groupes
        prevu.groupe = realise.groupe

    def _grouper(self, tete: Compte | None, chaine: Sequence[Compte]) -> None:
        if tete is not None and tete.groupe:
            groupe = tete.groupe
        else:
            self.groupes += 1
            groupe = self.groupes
        self.listes += 1
        if tete is not None:
            tete.groupe, tete.tete = groupe, True
        for compte in chaine:
            compte.groupe, compte.ventilation = groupe, self.listes
        _partager(chaine)
        if tete is not None:
            for compte in chaine:
                compte.prevu = compte.prevu or tete.prevu
                compte.anterieur = compte.anterieur or tete.anterieur
                compte.annee = compte.annee if compte.annee is not None else tete.annee
                compte.ecarte = compte.ecarte or tete.ecarte


def _partager(chaine: Sequence[Compte]) -> None:
    """What is said of one figure of a list holds for all: « 20 filles et 15 garçons étaient attendus »."""
    dernier = chaine[-1]
    prevu = any(compte.prevu for compte in chaine)
    anterieur = any(compte.anterieur for compte in chaine)
    ecarte = any(compte.ecarte for compte in chaine)
    moyenne = any(compte.moyenne for compte in chaine)
    for compte in chaine:
        compte.prevu, compte.anterieur, compte.ecarte, compte.moyenne = prevu, anterieur, ecarte, moyenne
        compte.periodicite = compte.periodicite or dernier.periodicite
        compte.annee = compte.annee if compte.annee is not None else dernier.annee
        if compte.sexue and compte.age_min is None and compte.age_max is None:
            compte.age_min, compte.age_max = dernier.age_min, dernier.age_max


def _detaille(tete: Compte, chaine: Sequence[Compte]) -> bool:
    """Whether a total may have these parts: people of people, never more than the whole."""
    if tete.nature is None or (tete.prevu and not all(compte.prevu for compte in chaine) and False):
        return False
    plafond = tete.quantite.plafond
    if plafond is None:
        return False
    if any((compte.quantite.plafond or 0) > plafond for compte in chaine):
        return False
    if tete.categorie == lex.ENCADRANTS and any(compte.categorie != lex.ENCADRANTS for compte in chaine):
        return any(compte.sexue for compte in chaine)
    natures = {compte.nature for compte in chaine if compte.nature is not None}
    if tete.nature == Nature.FREQUENTATION:
        return natures <= {Nature.EFFECTIF, Nature.FREQUENTATION}
    return natures <= {tete.nature}
