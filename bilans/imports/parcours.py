"""Reading the rows of a table downwards: what each one is, and what it takes from those above.

Rows are read once: sums of what is above tell a subtotal from an amount.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from functools import cached_property

from documents.normalisation import normaliser
from documents.tableurs.modele import Valeur, adresse

from . import champs, signalements
from .modele import AVEC_ACTIONS
from .profils import en_texte, est_pourcentage, est_vide, nombre_lu
from .rangees import ACTIONS, AXES, Brouillon, NatureLigne, Tableau, nombres_de
from .reperage import signaler_les_cases
from .signalements import Signalement, signaler
from .titres import cle_titre

_TOTAL = re.compile(r"(sous[ -]?total|s ?/ ?total|total|totaux|somme|cumul|montant total|ensemble$)\b")
_TOTAL_SEC = re.compile(r"(sous[ -]?total|s ?/ ?total|total|totaux|total general|somme|cumul)( :)?")
_SOUS_TOTAL = re.compile(r"(sous[ -]?total|s ?/ ?total|cumul)\b")
_GENERAL = re.compile(r"total (general|programm|contrat|global|de la programmation|toutes)|totaux|total pdv")
_LIBELLE_PARTS = re.compile(r"(%|parts?|repartition|taux|pourcentages?|en %)\b|%")
_TITRE_D_AXE = re.compile(
    r"(axe|pilier|enjeu|orientation|objectif|volet|theme|thematique|priorite|domaine)s?\b"
)
# Sure even where the porteurs stand: « PILIER 1 : … », when « Axe Sud » may be an association.
_BLOC_D_AXE = re.compile(r"(axe|pilier|enjeu|objectif|thematique)s?\b(\s*(n°|n)?\s*\d|[^:]{0,40}:)")
_NOTE = re.compile(r"(\*|nb\b|n\.b|source|note\b|remarque|\(\d|fait a|legende|\d\)|attention)")
_FIN_DE_PHRASE = (".", "!", "?", "…", ":", "»")
# A column filled on fewer rows than this, first row included, is filled once for a group of rows.
_PART_GROUPEE = Decimal("0.6")


class _Sommes:
    """What the rows above add up to, by column: since the last subtotal, for each porteur, in all."""

    def __init__(self) -> None:
        self.bloc: dict[int, Decimal] = {}
        self.tout: dict[int, Decimal] = {}
        self.par_porteur: dict[str, dict[int, Decimal]] = {}
        self.plus_grands: dict[int, Decimal] = {}

    def ajouter(self, porteur: str, nombres: Mapping[int, Decimal]) -> None:
        """Count the figures of an action."""
        du_porteur = self.par_porteur.setdefault(porteur, {})
        for i, nombre in nombres.items():
            for sommes in (self.bloc, self.tout, du_porteur):
                sommes[i] = sommes.get(i, Decimal(0)) + nombre
            self.plus_grands[i] = max(self.plus_grands.get(i, nombre), nombre)

    def clore(self) -> None:
        """Begin a block: what is above has its subtotal."""
        self.bloc, self.plus_grands = {}, {}


class Parcours:
    """The reading of the rows, one after the other."""

    def __init__(self, tableau: Tableau) -> None:
        self.tableau = tableau
        self.sommes = _Sommes()
        self.precedent: Brouillon | None = None
        self.porteur: tuple[Valeur, str, int] | None = None
        self.titre_courant: dict[str, tuple[Valeur, str]] = {}
        self.apres_total = False

    @cached_property
    def derniere_action(self) -> int:
        """The last row that can only be an action: a title or a porteur, and something else.

        Of a table that has neither column, the last row that is no total.
        """
        tableau = self.tableau
        cles = [i for i in (tableau.porteur, tableau.intitule) if i is not None]
        for rang in range(len(tableau.feuille.lignes) - 1, tableau.debut - 1, -1):
            propres = tableau.propres(rang)
            nomme = not cles or any(isinstance(propres.get(i), str) for i in cles)
            if nomme and len(propres) >= 2 and not self._est_un_total(propres, nombres_de(propres)):
                return rang
        return tableau.debut - 1

    @cached_property
    def groupees(self) -> list[int]:
        """The columns of axes filled once for a group of rows, as merged cells are once they are lost."""
        return [i for i in self.tableau.des_champs(*AXES) if self._est_groupee(i)]

    def _est_groupee(self, i: int) -> bool:
        tableau, intitule = self.tableau, self.tableau.intitule
        if intitule is None or i > intitule:
            return False
        lignes = [ligne for ligne in tableau.feuille.lignes[tableau.debut :] if not est_vide(ligne[intitule])]
        remplies = sum(not est_vide(ligne[i]) for ligne in lignes)
        commence = bool(lignes) and not est_vide(lignes[0][i])
        return commence and remplies < _PART_GROUPEE * len(lignes)

    def lire(self) -> Iterator[Brouillon]:
        """Yield the rows below the header."""
        tableau = self.tableau
        avec_actions = tableau.structure.disposition in AVEC_ACTIONS
        for rang in range(tableau.debut, len(tableau.feuille.lignes)):
            propres, herites = tableau.propres(rang), tableau.herites(rang)
            nature = self._nature(rang, propres, herites)
            if not avec_actions and nature in (*ACTIONS, NatureLigne.SUITE):
                nature = NatureLigne.NOTE
            brouillon = tableau.brouillon(rang, nature, propres)
            if nature in ACTIONS:
                self._repeter(brouillon)
            self._completer(brouillon, propres, herites)
            yield brouillon

    # -- What it is --------------------------------------------------------------------------------
    def _nature(self, rang: int, propres: Mapping[int, Valeur], herites: Mapping[int, object]) -> NatureLigne:
        tableau = self.tableau
        if not propres:
            return NatureLigne.VIDE
        if self._est_l_entete(propres):
            return NatureLigne.ENTETE
        nombres = nombres_de(propres)
        if self._est_de_parts(rang, propres, nombres):
            return NatureLigne.PARTS
        un_total = self._est_un_total(propres, nombres)
        if un_total and not self._est_une_action_titree(propres, herites, nombres):
            return self._quel_total(rang, propres, nombres)
        if len(nombres) == len(propres) and not propres.keys() & {tableau.intitule, tableau.porteur}:
            return self._que_des_nombres(rang, nombres, bool(herites.keys() & {tableau.intitule}))
        if len(propres) == 1 and not herites:
            return self._une_seule_case(rang, *next(iter(propres.items())))
        if propres.keys() <= tableau.longs and not herites.keys() & {tableau.intitule, tableau.porteur}:
            if self.apres_total or self.precedent is None:
                return NatureLigne.NOTE
            return NatureLigne.SUITE
        return self._action(rang, propres, herites)

    def _est_l_entete(self, propres: Mapping[int, Valeur]) -> bool:
        for titres in self.tableau.titres_par_ligne:
            if len(titres) < 2:
                continue
            pareils = sum(
                isinstance(valeur, str) and titres.get(i) == cle_titre(valeur[:200])
                for i, valeur in propres.items()
                if i in titres
            )
            if pareils >= 2 and 10 * pareils >= 6 * len(propres):
                return True
        return False

    def _est_de_parts(self, rang: int, propres: Mapping[int, Valeur], nombres: Mapping[int, Decimal]) -> bool:
        textes = [valeur for i, valeur in propres.items() if isinstance(valeur, str) and i not in nombres]
        libelles = [texte for texte in textes if not est_pourcentage(texte)]
        if len(libelles) > 1:
            return False
        annonce = bool(libelles) and bool(_LIBELLE_PARTS.match(normaliser(libelles[0][:100])))
        if libelles and not annonce:
            return False
        parts = [i for i, valeur in propres.items() if self._est_une_part(rang, i, valeur)]
        return len(parts) == len(propres) - len(libelles) and (len(parts) >= 2 or (annonce and bool(parts)))

    def _est_une_part(self, rang: int, i: int, valeur: Valeur) -> bool:
        if (rang, i) in self.tableau.feuille.pourcentages or est_pourcentage(valeur):
            return True
        # « 0,47 » without its format; a 0 beside it is a part too
        en_argent = i in self.tableau.en_nombres and not isinstance(valeur, (str, bool))
        lu = nombre_lu(valeur)
        return en_argent and lu is not None and 0 <= lu <= 1

    def _est_un_total(self, propres: Mapping[int, Valeur], nombres: Mapping[int, Decimal]) -> bool:
        """Return whether a label of the row says « total », with figures and no text of an action."""
        textes = {i: valeur for i, valeur in propres.items() if isinstance(valeur, str) and i not in nombres}
        if not textes or len(textes) > 3 or len(textes) == len(propres):
            return False
        if any(len(texte) > 80 for texte in textes.values()):
            return False
        tableau = self.tableau
        motif = _TOTAL_SEC if {tableau.porteur, tableau.intitule} <= textes.keys() else _TOTAL
        trouver = motif.fullmatch if motif is _TOTAL_SEC else motif.match
        cles = [i for i in textes if i not in tableau.longs]
        return any(trouver(normaliser(textes[i])) for i in (cles or textes))

    def _est_une_action_titree(
        self, propres: Mapping[int, Valeur], herites: Mapping[int, object], nombres: Mapping[int, Decimal]
    ) -> bool:
        """Return whether the title of an action happens to begin so: « Sous-total respect ».

        It has a porteur, written or merged from above, whom the title does not name, and its figures are no sum.
        """
        tableau = self.tableau
        titre = propres.get(tableau.intitule) if tableau.intitule is not None else None
        if not isinstance(titre, str) or tableau.porteur not in propres.keys() | herites.keys():
            return False
        return bool(nombres) and not self._dit_de_qui(titre) and not self._est_une_somme_connue(nombres)

    def _dit_de_qui(self, libelle: str) -> bool:
        """Return whether « Sous-total … » says nothing more, or names the porteur of the rows above, or an axe."""
        reste = _TOTAL.sub("", normaliser(libelle), count=1).strip(" :-")
        mots = set(cle_titre(reste).split())
        return not mots or bool(_TITRE_D_AXE.match(reste)) or mots <= set(_cle_porteur(self.porteur).split())

    def _est_une_somme_connue(self, nombres: Mapping[int, Decimal]) -> bool:
        """Return whether half of the figures at least are sums of what is above: one of them may be wrong."""
        for sommes in (self.sommes.bloc, self.sommes.tout, *self._du_porteur()):
            justes = sum(sommes.get(i) == nombre for i, nombre in nombres.items())
            if 2 * justes >= len(nombres):
                return True
        return False

    def _quel_total(
        self, rang: int, propres: Mapping[int, Valeur], nombres: Mapping[int, Decimal]
    ) -> NatureLigne:
        """Return whether a row that says « total » is the whole's or a part's: by its words, its sums, its place."""
        dits = [normaliser(valeur) for valeur in propres.values() if isinstance(valeur, str)]
        if any(_SOUS_TOTAL.match(dit) for dit in dits):
            return NatureLigne.SOUS_TOTAL
        if any(_GENERAL.match(dit) for dit in dits) or rang > self.derniere_action:
            return NatureLigne.TOTAL
        if (
            nombres
            and self._egales(nombres, self.sommes.tout)
            and not self._egales(nombres, self.sommes.bloc)
        ):
            return NatureLigne.TOTAL
        return NatureLigne.SOUS_TOTAL

    def _que_des_nombres(self, rang: int, nombres: Mapping[int, Decimal], sous_un_titre: bool) -> NatureLigne:
        """Return what a row without a word is: a subtotal, a total, an orphan number, amounts of the row above."""
        if sous_un_titre:
            return NatureLigne.CONTINUATION
        if len(nombres) == 1:
            if self._est_une_somme(*next(iter(nombres.items()))):
                return NatureLigne.TOTAL if self._est_le_tout(rang, nombres) else NatureLigne.SOUS_TOTAL
            return NatureLigne.ORPHELINE
        if rang > self.derniere_action:
            return NatureLigne.TOTAL
        grands = all(nombre >= self.sommes.plus_grands.get(i, Decimal(0)) for i, nombre in nombres.items())
        if grands or self._egales(nombres, self.sommes.bloc) or self.precedent is None:
            return NatureLigne.SOUS_TOTAL
        return NatureLigne.CONTINUATION

    def _est_une_somme(self, i: int, nombre: Decimal) -> bool:
        """Return whether a lone number is the sum of what is above: of its column, or of the totals of the rows."""
        sommes = [self.sommes.bloc, self.sommes.tout, *self._du_porteur()]
        colonnes = {i}
        if self.tableau.par_index[i].champ in (champs.SOUS_TOTAL, champs.TOTAL_LIGNE, champs.NOTE):
            colonnes |= set(self.tableau.des_champs(champs.TOTAL_LIGNE))
            if any(self._des_montants(somme) == nombre for somme in sommes):
                return True
        return any(somme.get(colonne) == nombre for somme in sommes for colonne in colonnes)

    def _du_porteur(self) -> list[dict[int, Decimal]]:
        porteur = _cle_porteur(self.porteur)
        return [self.sommes.par_porteur[porteur]] if porteur in self.sommes.par_porteur else []

    def _des_montants(self, sommes: Mapping[int, Decimal]) -> Decimal | None:
        lus = [
            sommes[colonne.index]
            for colonne in self.tableau.colonnes
            if colonne.est_montant and colonne.index in sommes
        ]
        return sum(lus, Decimal(0)) if lus else None

    def _est_le_tout(self, rang: int, nombres: Mapping[int, Decimal]) -> bool:
        entier = self.sommes.bloc != self.sommes.tout or rang > self.derniere_action
        return rang > self.derniere_action and entier and self._egales(nombres, self.sommes.tout)

    def _egales(self, nombres: Mapping[int, Decimal], sommes: Mapping[int, Decimal]) -> bool:
        return all(sommes.get(i, Decimal(0)) == nombre for i, nombre in nombres.items())

    def _une_seule_case(self, rang: int, i: int, valeur: Valeur) -> NatureLigne:
        """Return what a row of one text is: the end of the text above, a heading, a note, an action by its title."""
        tableau = self.tableau
        texte = normaliser(en_texte(valeur)[:200])
        large = (rang, i) in tableau.larges
        if i in tableau.longs and not large:
            coupee = self.precedent is not None and not self.apres_total and not _NOTE.match(texte)
            return NatureLigne.SUITE if coupee else NatureLigne.NOTE
        titre = large or i != tableau.intitule or bool(_TITRE_D_AXE.match(texte))
        if _NOTE.match(texte) or (titre and rang > self.derniere_action):
            return NatureLigne.NOTE
        if titre:
            return NatureLigne.TITRE if len(texte) <= 120 else NatureLigne.NOTE
        if len(tableau.colonnes) <= 2:
            return self._action(rang, {i: valeur}, {})
        if self.apres_total:
            return NatureLigne.NOTE
        # a title alone: an action of the porteur above when the porteur stands at its left, a heading otherwise
        apres_un_porteur = tableau.porteur is not None and tableau.porteur < i and self.porteur is not None
        if apres_un_porteur:
            return NatureLigne.CONTINUATION
        return NatureLigne.NOTE if rang > self.derniere_action else NatureLigne.TITRE

    def _action(self, rang: int, propres: Mapping[int, Valeur], herites: Mapping[int, object]) -> NatureLigne:
        """Return whether the row is an action by itself, one that goes on, or a note after the table."""
        tableau = self.tableau
        dits = propres.keys() | herites.keys()
        if tableau.intitule is None and tableau.porteur is None:
            return NatureLigne.NOTE if self.apres_total else NatureLigne.ACTION
        a_un_intitule, a_un_porteur = tableau.intitule in dits, tableau.porteur in dits
        if not a_un_intitule and not a_un_porteur:
            if self.precedent is None or (rang > self.derniere_action and self.apres_total):
                return NatureLigne.NOTE
            return NatureLigne.CONTINUATION
        manque = tableau.porteur is not None and tableau.porteur not in propres and self.porteur is not None
        sans_titre = tableau.intitule is not None and tableau.intitule not in propres
        meme = a_un_porteur and _cle_porteur(self.porteur) == _cle(propres.get(tableau.porteur or 0))
        if manque or (sans_titre and self.precedent is not None and (a_un_intitule or meme)):
            return NatureLigne.CONTINUATION
        return NatureLigne.ACTION

    # -- What it says ------------------------------------------------------------------------------
    def _completer(
        self,
        brouillon: Brouillon,
        propres: Mapping[int, Valeur],
        herites: Mapping[int, tuple[Valeur, tuple[int, int]]],
    ) -> None:
        """Give the row what it takes from above, and remember what the next ones will need."""
        nature = brouillon.nature
        if nature is NatureLigne.SOUS_TOTAL:
            self._douter_du_sous_total(brouillon, propres)
        if nature in ACTIONS:
            self._heriter(brouillon, propres, herites)
            self._retenir(brouillon, propres)
        elif nature is NatureLigne.SUITE and self.precedent is not None:
            self._recoller(self.precedent, brouillon, propres)
        elif nature is NatureLigne.TITRE:
            self._intituler(brouillon, propres)
        elif nature is NatureLigne.SOUS_TOTAL:
            self.sommes.clore()
        elif nature is NatureLigne.TOTAL:
            self.sommes.clore()
            self.apres_total = brouillon.rang > self.derniere_action
        signaler_les_cases(self.tableau, brouillon, propres)

    def _douter_du_sous_total(self, brouillon: Brouillon, propres: Mapping[int, Valeur]) -> None:
        """Say of a subtotal that it may be an action: nobody of whom it would be, no sum that it is."""
        intitule = self.tableau.intitule
        titre = propres.get(intitule) if intitule is not None else None
        nombres = nombres_de(propres)
        if not isinstance(titre, str) or not nombres or not _SOUS_TOTAL.match(normaliser(titre)):
            return
        if not self._dit_de_qui(titre) and not self._est_une_somme_connue(nombres):
            brouillon.signalements.append(
                signalements.sous_total_douteux(
                    titre, brouillon.numero, adresse(brouillon.rang, intitule or 0)
                )
            )

    def _heriter(
        self,
        brouillon: Brouillon,
        propres: Mapping[int, Valeur],
        herites: Mapping[int, tuple[Valeur, tuple[int, int]]],
    ) -> None:
        tableau = self.tableau
        for i, (valeur, origine) in herites.items():
            self._donner(brouillon, tableau.cles[i], valeur, adresse(*origine))
        avant = self.precedent
        for cle, (valeur, cellule) in self.titre_courant.items():
            self._donner(brouillon, cle, valeur, cellule)
        vides = []
        porteur_vide = tableau.porteur is not None and champs.PORTEUR not in brouillon.valeurs
        if porteur_vide and self.porteur is not None:
            self._donner(brouillon, champs.PORTEUR, self.porteur[0], self.porteur[1])
            vides.append("le porteur")
        if avant is None:
            return
        for i in self.groupees:
            cle = tableau.cles[i]
            if cle in avant.valeurs:
                self._donner(brouillon, cle, avant.valeurs[cle], avant.cellules[cle])
        sans_titre = tableau.intitule is not None and champs.INTITULE not in brouillon.valeurs
        if sans_titre and brouillon.nature is NatureLigne.CONTINUATION and champs.INTITULE in avant.valeurs:
            self._donner(
                brouillon, champs.INTITULE, avant.valeurs[champs.INTITULE], avant.cellules[champs.INTITULE]
            )
            vides.append("l'intitulé")
        elif sans_titre:
            brouillon.signalements.append(
                signalements.sans_intitule(brouillon.numero, adresse(brouillon.rang, tableau.intitule or 0))
            )
        if vides:
            premiere = tableau.porteur if "le porteur" in vides else tableau.intitule
            au_dessus = self.porteur[2] if vides == ["le porteur"] and self.porteur else avant.numero
            brouillon.signalements.append(
                signalements.comme_au_dessus(
                    vides, brouillon.numero, au_dessus, adresse(brouillon.rang, premiere or 0)
                )
            )

    def _repeter(self, brouillon: Brouillon) -> None:
        """Give the row what it says to be as above: « idem », a mark of repetition. COH-11 says it."""
        avant, tableau = self.precedent, self.tableau
        if avant is None:
            return
        repris = [i for i in tableau.repetees(brouillon.rang) if tableau.cles[i] in avant.valeurs]
        for i in repris:
            # written in the row itself: not inherited
            cle = tableau.cles[i]
            brouillon.valeurs[cle] = avant.valeurs[cle]
            brouillon.cellules[cle] = adresse(brouillon.rang, i)
        if repris:
            titres = [tableau.par_index[i].titre for i in repris]
            brouillon.signalements.append(
                _idem(titres, brouillon.numero, avant.numero, adresse(brouillon.rang, repris[0]))
            )

    def _donner(self, brouillon: Brouillon, cle: str, valeur: Valeur, cellule: str) -> None:
        if cle not in brouillon.valeurs:
            brouillon.valeurs[cle] = valeur
            brouillon.cellules[cle] = cellule
            brouillon.heritees.add(cle)

    def _retenir(self, brouillon: Brouillon, propres: Mapping[int, Valeur]) -> None:
        if champs.PORTEUR in brouillon.valeurs and champs.PORTEUR not in brouillon.heritees:
            valeur = brouillon.valeurs[champs.PORTEUR]
            self.porteur = (valeur, brouillon.cellules[champs.PORTEUR], brouillon.numero)
        self.precedent, self.apres_total = brouillon, False
        figures = {
            i: lu
            for i, lu in nombres_de(propres).items()
            if i in self.tableau.en_nombres or not self._titree(i)
        }
        self.sommes.ajouter(_cle_porteur(self.porteur), figures)

    def _titree(self, i: int) -> bool:
        return bool(self.tableau.par_index[i].titre)

    def _recoller(self, avant: Brouillon, brouillon: Brouillon, propres: Mapping[int, Valeur]) -> None:
        for i, valeur in propres.items():
            cle, cellule = self.tableau.cles[i], adresse(brouillon.rang, i)
            texte = en_texte(valeur)
            dessus = avant.morceaux.get(cle) or [en_texte(avant.valeurs.get(cle))]
            certaine = texte[:1].islower() or not dessus[-1].rstrip().endswith(_FIN_DE_PHRASE)
            signalement = signalements.ligne_coupee(brouillon.numero, avant.numero, cellule, certaine)
            avant.recoller(cle, texte, cellule)
            avant.signalements.append(signalement)
        avant.suites.append(brouillon.numero)

    def _intituler(self, brouillon: Brouillon, propres: Mapping[int, Valeur]) -> None:
        """Remember a heading: the porteur or the axe of the rows below, when the table has no column for it."""
        i, valeur = next(iter(propres.items()))
        cellule = adresse(brouillon.rang, i)
        texte = normaliser(en_texte(valeur)[:100])
        du_porteur = i == self.tableau.porteur and (brouillon.rang, i) not in self.tableau.larges
        if du_porteur and not _BLOC_D_AXE.match(texte):
            self.porteur = (valeur, cellule, brouillon.numero)
        elif _TITRE_D_AXE.match(texte):
            if not self.tableau.des_champs("axe_1"):
                self.titre_courant["axe_1"] = (valeur, cellule)
                brouillon.signalements.append(
                    _axe_des_suivantes(en_texte(valeur)[:100], brouillon.numero, cellule)
                )
        elif self.tableau.porteur is None:
            self.titre_courant[champs.PORTEUR] = (valeur, cellule)
        self.sommes.clore()


def _idem(titres: Sequence[str], numero: int, au_dessus: int, cellule: str) -> Signalement:
    """COH-11: cells that say « idem », or a mark of repetition."""
    noms = ", ".join(f"« {titre} »" for titre in titres)
    lus = "est lu" if len(titres) == 1 else "sont lus"
    return signaler(
        "COH-11",
        "info",
        f"Ligne {numero}, {noms} {lus} comme à la ligne {au_dessus} : la case le dit (« idem », « // »).",
        cellule,
        "Si ce n'est pas le cas, écrivez ce qu'il faut lire.",
    )


def _axe_des_suivantes(titre: str, numero: int, cellule: str) -> Signalement:
    return signaler(
        "COH-11",
        "info",
        f"Ligne {numero}, « {titre} » est lu comme l'axe des lignes qui suivent.",
        cellule,
        "Si ce n'est pas un axe du contrat, effacez ce titre du tableau.",
    )


def _cle(valeur: Valeur) -> str:
    return cle_titre(en_texte(valeur)[:200]) if valeur is not None else ""


def _cle_porteur(porteur: tuple[Valeur, str, int] | None) -> str:
    return _cle(porteur[0]) if porteur else ""
