"""Comparing what a table says with what Pilotis holds: which action each row is, what it would change, what to ask.

Nothing is guessed: a name that is not known for sure is a question, and so is an amount that can be read in several
ways. Answers are kept in the import, by key of question, and each row has a copy of its own; computing a row again
gives the same result.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import Any, NamedTuple

from actions.models import ActionAnnuelle, Campagne
from comptes.templatetags.typographie import insecables
from contrats.models import Territoire
from documents.formats import montant
from documents.identifiants import IdentifiantInvalide, reparer_siret
from documents.normalisation import normaliser
from financements.models import AmbiguiteMontants, LigneFinancement
from porteurs.doublons import compacter, ressemblants

from ..controles.montants_lus import enumerer
from ..models import Bilan, ImportTableur, LigneImport
from ..operations.etats import REFUS
from .cellules import Cellule, Lues
from .ecriture import PEUT_S_ECRIRE
from .referentiel import Referentiel, decouper
from .valeurs import (
    Json,
    Registre,
    ValeursJson,
    nom_de_l_estimation,
    nom_du_montant,
    noms_du_bilan,
    valeurs_actuelles,
)

Categorie = LigneImport.Categorie
Probleme = dict[str, Any]
Question = dict[str, Any]
NIVEAUX = ("axe_1", "axe_2", "axe_3")
# What says who a row is, or is only compared: never written as such.
IDENTITE = ("porteur", "siret", "rna", "intitule", "annee", "total_ligne", "sous_total", *NIVEAUX)
LONGUEUR_INTITULE = 255
# What a table of another year says of what was done: never taken when only its actions are.
DU_BILAN_DIT = ("bilan.", "effectif:", "budget:realise")
ACTIONS_SEULES = "actions"
# Actions proposed for one row that resembles them.
RENOMMEES_MAX = 2
# Rows computed between two looks at the progress.
PAS = 250
LONGUEUR_PORTEUR = 200


@dataclass
class Rangee:
    """A row of the table being compared: who it is, what it says, what is asked, what is wrong."""

    ligne: LigneImport
    lues: Lues
    # what was answered in the whole import
    reponses: Mapping[str, str] = field(default_factory=dict)
    porteur: Json = None
    structure: str = ""
    intitule: str = ""
    dispositif: str | None = None
    # the table has a column for it: it decides which year of the action the row is
    dispositif_dit: bool = False
    annuelle: int | None = None
    # the action has another title in Pilotis, and takes that of the row
    renommee: bool = False
    valeurs: ValeursJson = field(default_factory=dict)
    cellules: dict[str, str] = field(default_factory=dict)
    questions: list[Question] = field(default_factory=list)
    problemes: list[Probleme] = field(default_factory=list)
    # the questions whose answer means nothing any more: a porteur deleted since
    a_redire: set[str] = field(default_factory=set)
    refusee: bool = False
    laissee: bool = False

    @property
    def identite(self) -> tuple[str, str] | None:
        """What two rows of one action share; None while the porteur or the title is not known."""
        if self.porteur is None or not self.intitule:
            return None
        return cle_de(self.porteur), normaliser(self.intitule)

    def reponse(self, cle: str) -> str:
        """Return the answer that was given to a question, empty when none was."""
        return str(self.reponses.get(cle, ""))

    def signaler(
        self, gravite: str, message: str, remede: str = "", *, cellule: str = "", code: str = ""
    ) -> None:
        """Add a problem; a blocking one refuses the row."""
        self.problemes.append(probleme(self.ligne, gravite, message, remede, cellule=cellule, code=code))
        self.refusee = self.refusee or gravite == "bloquant"


def probleme(
    ligne: LigneImport, gravite: str, message: str, remede: str = "", *, cellule: str = "", code: str = ""
) -> Probleme:
    """Return a problem as the preview shows it: where it is, what is wrong, how to mend it."""
    return {
        "gravite": gravite,
        "code": code,
        "feuille": ligne.feuille,
        "ligne": ligne.numero,
        "colonne": cellule.rstrip("0123456789"),
        "cellule": cellule,
        "message": insecables(message),
        "remede": insecables(remede),
    }


def cle_de_la_cellule(nom: str, texte: str) -> str:
    """Return the key of the question about a cell that can be read in several ways."""
    return f"cellule:{nom}:{normaliser(texte)[:120]}"


def cle_de_l_annee(annee: int) -> str:
    """Return the key of the question about a table that says another year than the one it is imported into."""
    return f"annee:{annee}"


def cle_de(valeur: Json) -> str:
    """Return what tells two rows apart, one of which may be still to create."""
    return normaliser(valeur["nouveau"]) if isinstance(valeur, dict) else str(valeur)


class Annee(NamedTuple):
    """An action of the year, as it is looked for."""

    pk: int
    cle: str
    dispositif: str | None
    ordre: int
    statut: str
    bilan: str | None


class LectureConnue(NamedTuple):
    """A reading of an ambiguous row: its key, its rank, euros by funder."""

    pk: int
    ordre: int
    montants: Mapping[int, Decimal]


def choix(valeur: str, libelle: str) -> dict[str, str]:
    """Return an answer to choose."""
    return {"valeur": valeur, "libelle": insecables(libelle)}


def question(
    cle: str,
    phrase: str,
    cellule: str,
    possibles: Sequence[Mapping[str, Any]],
    proposition: str = "",
    **plus: Any,
) -> Question:
    """Return a question as the preview asks it; `proposition` is shown first, never taken as an answer."""
    return {
        "cle": cle,
        "phrase": insecables(phrase),
        "cellule": cellule,
        "choix": list(possibles),
        "proposition": proposition,
        **plus,
    }


class Rapprochement:
    """Compares the rows of an import with a year of the contract: a fixed number of queries, whatever the rows."""

    def __init__(self, import_: ImportTableur) -> None:
        self.import_ = import_
        self.campagne: Campagne = import_.campagne
        self.registre = Registre(self.campagne)
        self.referentiel = Referentiel(self.campagne, self.registre)
        self._posees: dict[str, Question] = {}

    # -- What Pilotis holds ------------------------------------------------------------------------
    @cached_property
    def actuelles(self) -> dict[int, ValeursJson]:
        return valeurs_actuelles(self.campagne)

    @cached_property
    def annees(self) -> dict[int, Annee]:
        lues = ActionAnnuelle.objects.filter(campagne=self.campagne).order_by("ordre", "pk")
        colonnes = ("pk", "cle", "dispositif_id", "ordre", "statut", "bilan__statut")
        return {
            pk: Annee(pk, cle, dispositif, ordre or 0, statut, bilan)
            for pk, cle, dispositif, ordre, statut, bilan in lues.values_list(*colonnes)
        }

    @cached_property
    def annees_par_identite(self) -> dict[tuple[str, str], list[Annee]]:
        index: dict[tuple[str, str], list[Annee]] = defaultdict(list)
        for annee in self.annees.values():
            valeurs = self.actuelles[annee.pk]
            index[str(valeurs["porteur"]), normaliser(valeurs["intitule"])].append(annee)
        return index

    @cached_property
    def ambiguites(self) -> dict[int, list[LectureConnue]]:
        """The readings of the rows that nobody settled, by action."""
        index: dict[int, list[LectureConnue]] = {}
        ouvertes = AmbiguiteMontants.objects.filter(
            action_annuelle__campagne=self.campagne, tranchee_le__isnull=True
        )
        for ambiguite in ouvertes.prefetch_related("lectures__montants").order_by("pk"):
            index[ambiguite.action_annuelle_id] = [
                LectureConnue(
                    lecture.pk, lecture.ordre, {m.financeur_id: m.montant for m in lecture.montants.all()}
                )
                for lecture in ambiguite.lectures.all()
            ]
        return index

    @cached_property
    def lignes_multiples(self) -> set[tuple[int, int]]:
        """The (action, funder) that have several funding lines: nobody guesses which one a table means."""
        vues: set[tuple[int, int]] = set()
        doubles: set[tuple[int, int]] = set()
        lignes = LigneFinancement.objects.filter(action_annuelle__campagne=self.campagne).order_by("pk")
        for couple in lignes.values_list("action_annuelle_id", "financeur_id"):
            (doubles if couple in vues else vues).add(couple)
        return doubles

    # -- All rows ----------------------------------------------------------------------------------
    def rapprocher(
        self,
        lignes: Sequence[LigneImport],
        seulement: set[int] | None = None,
        avancer: Callable[[int], object] | None = None,
    ) -> list[LigneImport]:
        """Compute the rows of actions and return those that were: unsaved, complete.

        `avancer` is told, now and then, how many are done.

        All of `lignes` are identified, since two rows may be one action; `seulement` (keys) limits which are
        computed, with those that become another action.
        """
        for ligne in lignes:
            # What was asked once keeps its words: looking for the names that resemble another is what takes long.
            self._posees |= {posee["cle"]: posee for posee in ligne.questions}
        rangees = [self._identifier(ligne) for ligne in lignes]
        self._apparier(rangees)
        self._proposer_les_renommees(rangees)
        calculees = []
        for rangee in rangees:
            ligne = rangee.ligne
            autre = ligne.annuelle_id != rangee.annuelle
            if seulement is None or ligne.pk in seulement or autre:
                self._calculer(rangee)
                calculees.append(ligne)
            if avancer is not None and len(calculees) % PAS == 0:
                avancer(len(calculees))
        return calculees

    # -- Who a row is ------------------------------------------------------------------------------
    def _identifier(self, ligne: LigneImport) -> Rangee:
        lues = ligne.valeurs["lues"]
        rangee = Rangee(ligne, lues, self.import_.reponses)
        rangee.problemes = list(ligne.valeurs["signalements"])
        rangee.intitule = str(lues.get("intitule", {}).get("lu") or "")
        self._demander_l_annee(rangee)
        self._reconnaitre_porteur(rangee)
        self._reconnaitre_dispositif(rangee)
        return rangee

    def _demander_l_annee(self, rangee: Rangee) -> None:
        """Ask, once for the whole table and before anything else, what to do of one that says another year."""
        annee, dite = self.campagne.annee, self.import_.structure.get("annee")
        de_la_ligne = rangee.lues.get("annee", {}).get("lu")
        if de_la_ligne is not None:
            # The row itself says its year: that of another year is not an action of this one.
            rangee.laissee = de_la_ligne != annee
            return
        if dite in (None, annee):
            return
        rangee.questions.append(
            question(
                cle_de_l_annee(dite),
                f"Ce tableau dit {dite}, vous êtes en {annee}. Que reprendre ?",
                "",
                [
                    choix("tout", f"Tout reprendre comme étant de {annee}"),
                    choix(
                        ACTIONS_SEULES, "Seulement les actions : ni les bilans, ni les nombres de personnes"
                    ),
                    choix("arreter", f"Ne rien reprendre : ce tableau est bien de {dite}"),
                ],
            )
        )
        rangee.laissee = rangee.reponse(cle_de_l_annee(dite)) == "arreter"

    def _est_sans_bilan(self, rangee: Rangee) -> bool:
        """Whether only the action of the row is taken, for its table is of another year."""
        dite = self.import_.structure.get("annee")
        return dite is not None and rangee.reponse(cle_de_l_annee(dite)) == ACTIONS_SEULES

    def _reconnaitre_porteur(self, rangee: Rangee) -> None:
        cellule = rangee.lues.get("porteur", {})
        nom = str(cellule.get("lu") or "")
        siret = _siret(rangee.lues)
        _signaler_le_siret(rangee)
        connu = self.referentiel.porteur(nom, siret) if nom or siret else None
        if connu is not None:
            rangee.porteur, rangee.structure = connu.pk, str(connu.structure)
            return
        rangee.structure = normaliser(nom)
        if not nom:
            return
        cle = f"porteur:{normaliser(nom)}"
        case = cellule.get("cellule", "")
        self._demander(rangee, cle, case, lambda: self._demander_porteur(cle, nom, case))
        reponse = rangee.reponse(cle)
        sens, _, reste = reponse.partition(":")
        if reponse == "ignorer":
            rangee.laissee = True
        elif sens in ("porteur", "alias") and reste in self.referentiel.porteurs_par_cle:
            porteur = self.referentiel.porteurs_par_cle[reste]
            rangee.porteur, rangee.structure = porteur.pk, str(porteur.structure)
        elif sens == "nouveau":
            rangee.porteur = _porteur_nouveau(reste or nom, rangee.lues)
            rangee.structure = cle_de(rangee.porteur)
        elif sens == "service" and reste in self.referentiel.porteurs_par_cle:
            mere = self.referentiel.porteurs_par_cle[reste]
            rangee.porteur = {**_porteur_nouveau(nom, rangee.lues), "parent": mere.pk}
            rangee.structure = str(mere.pk)
        elif reponse:
            rangee.a_redire.add(cle)

    def _demander(self, rangee: Rangee, cle: str, cellule: str, faire: Callable[[], Question]) -> None:
        """Ask a question that several rows may ask: `faire` makes it once, the others have it at their cell."""
        if cle not in self._posees:
            self._posees[cle] = faire()
        rangee.questions.append({**self._posees[cle], "cellule": cellule})

    def _demander_porteur(self, cle: str, nom: str, cellule: str) -> Question:
        """Return the question that an unknown name asks: one that resembles, several in one cell, a service, new."""
        mere = self.referentiel.mere(nom)
        # « VILLE - Service jeunesse » is of the Ville, and is not the Ville.
        proches = [porteur for porteur in self.referentiel.porteurs_proches(nom) if porteur != mere]
        parties = decouper(nom)
        connues = [porteur for partie in parties if (porteur := self.referentiel.porteur(partie)) is not None]
        if len(parties) > 1 and (connues or "/" in nom or ";" in nom or "\n" in nom):
            return self._demander_lequel(cle, nom, parties, cellule)
        possibles = [
            choix(f"alias:{porteur.cle}", f"C'est {porteur.nom} (son autre nom sera retenu)")
            for porteur in proches
        ]
        if mere is not None:
            possibles.append(choix(f"service:{mere.cle}", f"Créer ce service, rattaché à {mere.nom}"))
        possibles += [
            choix("nouveau", f"Créer le porteur « {nom} »"),
            choix("ignorer", "Laisser cette ligne de côté"),
        ]
        if proches:
            phrase = f"« {nom} » ressemble à « {proches[0].nom} ». Est-ce le même porteur ?"
            proposition = f"alias:{proches[0].cle}"
        elif mere is not None:
            phrase = f"« {nom} » n'est pas encore connu. Est-ce un service de « {mere.nom} » ?"
            proposition = f"service:{mere.cle}"
        else:
            phrase, proposition = f"« {nom} » n'est pas encore connu. Qui est-ce ?", "nouveau"
        return question(cle, phrase, cellule, possibles, proposition, texte=nom)

    def _demander_lequel(self, cle: str, nom: str, parties: Sequence[str], cellule: str) -> Question:
        possibles = []
        for partie in parties:
            connu = self.referentiel.porteur(partie)
            if connu is not None:
                possibles.append(choix(f"porteur:{connu.cle}", f"{connu.nom} porte l'action"))
            else:
                possibles.append(choix(f"nouveau:{partie}", f"Créer « {partie} », qui porte l'action"))
        possibles += [
            choix("nouveau", f"Créer un seul porteur nommé « {nom} »"),
            choix("ignorer", "Laisser cette ligne de côté"),
        ]
        return question(
            cle,
            f"« {nom} » nomme plusieurs porteurs : lequel porte l'action ?",
            cellule,
            possibles,
            possibles[0]["valeur"],
            texte=nom,
        )

    def _reconnaitre_dispositif(self, rangee: Rangee) -> None:
        cellule = rangee.lues.get("dispositif", {})
        dit = cellule.get("lu")
        if dit:
            rangee.dispositif_dit = True
            rangee.dispositif = self._nomenclature(rangee, "dispositif", self.referentiel.dispositifs)
            return
        texte = str(rangee.lues.get("bilan.mise_en_oeuvre", {}).get("lu") or "")
        rangee.dispositif = self.referentiel.dispositif_du_texte(texte, rangee.intitule)

    def _nomenclature(self, rangee: Rangee, nom: str, connus: Mapping[str, str]) -> str | None:
        """Return the code that a cell names in a list; ask when it names none."""
        cellule = rangee.lues[nom]
        texte = str(cellule["lu"])
        code = connus.get(compacter(texte))
        if code is not None:
            return code
        cle = f"{nom}:{normaliser(texte)}"
        libelles = self.registre.dispositifs if nom == "dispositif" else self.registre.thematiques
        case = cellule["cellule"]
        self._demander(
            rangee, cle, case, lambda: self._demander_nomenclature(cle, nom, texte, case, libelles)
        )
        sens, _, reste = rangee.reponse(cle).partition(":")
        return reste if sens == "code" and reste in libelles else None

    def _demander_nomenclature(
        self, cle: str, nom: str, texte: str, cellule: str, libelles: Mapping[str, str]
    ) -> Question:
        # Two codes may have one label (« 3 » and « 3.1 »): the first is what the label means by itself.
        codes: dict[str, str] = {}
        for code, libelle in libelles.items():
            codes.setdefault(normaliser(libelle), code)
        libelles = {code: libelles[code] for code in codes.values()}
        proches = [c for c, libelle in libelles.items() if ressemblants(texte, [libelle])]
        possibles = [choix(f"code:{c}", f"C'est « {libelles[c]} »") for c in proches]
        possibles += [choix("vide", "Ne pas l'indiquer"), *self._autres(libelles, proches)]
        mot = "dispositif" if nom == "dispositif" else "thématique"
        return question(
            cle,
            f"« {texte} » n'est pas {'un' if nom == 'dispositif' else 'une'} {mot} connu"
            f"{'' if nom == 'dispositif' else 'e'}. Que retenir ?",
            cellule,
            possibles,
            possibles[0]["valeur"],
        )

    def _autres(self, libelles: Mapping[str, str], sauf: Iterable[str]) -> list[dict[str, str]]:
        return [choix(f"code:{c}", libelle) for c, libelle in libelles.items() if c not in set(sauf)]

    # -- Which action ------------------------------------------------------------------------------
    def _apparier(self, rangees: Sequence[Rangee]) -> None:
        """Give each row the action of the year that it is: same porteur, same title, then dispositif, then order.

        Two rows of one action that nothing tells apart are perhaps one written twice: both ask which one to keep.
        """
        groupes: dict[tuple[str, str], list[Rangee]] = defaultdict(list)
        for rangee in rangees:
            if (identite := rangee.identite) is not None and not rangee.laissee:
                groupes[identite].append(rangee)
        for identite, groupe in groupes.items():
            libres = list(self.annees_par_identite.get(identite, ()))
            restantes = _departager(groupe) if len(groupe) > len(libres) else groupe
            autant = len(restantes) == len(libres)
            for critere in (_meme_dispositif, _sans_dispositif, _dans_l_ordre):
                if critere is _dans_l_ordre and not autant:
                    continue
                for rangee in restantes:
                    annee = next((a for a in libres if critere(rangee, a)), None)
                    if rangee.annuelle is None and annee is not None:
                        rangee.annuelle = annee.pk
                        libres.remove(annee)

    def _proposer_les_renommees(self, rangees: Sequence[Rangee]) -> None:
        """Ask whether a row that no action is resembles one of its porteur that the file does not have.

        Never assumed: « Atelier cuisine » and « Ateliers cuisine » may be two actions.
        """
        prises = {rangee.annuelle for rangee in rangees}
        dites = {rangee.identite for rangee in rangees}
        libres: dict[str, list[Annee]] = defaultdict(list)
        for (porteur, intitule), annees in self.annees_par_identite.items():
            if (porteur, intitule) not in dites:
                libres[porteur] += [annee for annee in annees if annee.pk not in prises]
        for rangee in rangees:
            if rangee.annuelle is not None or rangee.laissee or rangee.identite is None:
                continue
            titres = {annee.pk: self._intitule(annee) for annee in libres.get(rangee.identite[0], ())}
            semblables = set(ressemblants(rangee.intitule, titres.values()))
            proches = [
                annee for annee in libres.get(rangee.identite[0], ()) if titres[annee.pk] in semblables
            ]
            if proches:
                self._demander_si_renommee(rangee, proches[:RENOMMEES_MAX], prises)

    def _demander_si_renommee(
        self, rangee: Rangee, proches: Sequence[Annee], prises: set[int | None]
    ) -> None:
        possibles = []
        for annee in proches:
            titre = self._intitule(annee)
            possibles += [
                choix(f"meme:{annee.cle}", f"C'est la même action : garder « {titre} »"),
                choix(f"renommer:{annee.cle}", f"C'est la même action : la renommer « {rangee.intitule} »"),
            ]
        possibles.append(choix("nouvelle", f"Créer l'action « {rangee.intitule} »"))
        cle = f"action:{rangee.ligne.numero}:{normaliser(rangee.intitule)}"
        rangee.questions.append(
            question(
                cle,
                f"« {rangee.intitule} » ressemble à « {self._intitule(proches[0])} » (même porteur) : "
                "est-ce la même action ?",
                rangee.lues.get("intitule", {}).get("cellule", ""),
                possibles,
                possibles[0]["valeur"],
            )
        )
        sens, _, reste = rangee.reponse(cle).partition(":")
        choisie = next((annee for annee in proches if annee.cle == reste), None)
        if choisie is None:
            return
        if choisie.pk in prises:
            rangee.signaler(
                "bloquant",
                f"« {self._intitule(choisie)} » est déjà une autre ligne du tableau.",
                "Choisissez une autre réponse pour l'une des deux lignes.",
            )
            return
        prises.add(choisie.pk)
        rangee.annuelle, rangee.renommee = choisie.pk, sens == "renommer"

    def _intitule(self, annee: Annee) -> str:
        return str(self.actuelles[annee.pk]["intitule"])

    def absentes(self, lignes: Sequence[LigneImport]) -> list[str]:
        """Return the titles of the actions of the year that no row is, of the porteurs that the rows name.

        Those that a row resembles are left out: they are asked about.
        """
        presentes = {ligne.annuelle_id for ligne in lignes}
        proposees = {
            possible["valeur"].partition(":")[2]
            for ligne in lignes
            for posee in ligne.questions
            if posee["cle"].startswith("action:")
            for possible in posee["choix"]
        }
        porteurs = {
            self.actuelles[pk]["porteur"] for pk in presentes if pk is not None and pk in self.actuelles
        } | {
            change["valeur"]
            for ligne in lignes
            for change in ligne.changements
            if change["champ"] == "porteur" and isinstance(change["valeur"], int)
        }
        return [
            self._intitule(annee)
            for annee in self.annees.values()
            if annee.pk not in presentes
            and annee.cle not in proposees
            and self.actuelles[annee.pk]["porteur"] in porteurs
        ]

    # -- What a row says ---------------------------------------------------------------------------
    def _calculer(self, rangee: Rangee) -> None:
        """Compute everything that the row of the import holds."""
        ligne = rangee.ligne
        self._verifier_l_identite(rangee)
        if not rangee.laissee:
            self._resoudre(rangee)
        actuelles = self.actuelles.get(rangee.annuelle, {}) if rangee.annuelle is not None else {}
        self._refuser_les_impossibles(rangee, actuelles)
        changements = [] if rangee.laissee else self._changements(rangee, actuelles)
        changements = self._poser_la_question_des_montants(rangee, actuelles, changements)
        changements = self._verifier_le_bilan(rangee, changements)
        self._verifier_les_ensembles(rangee, actuelles, changements)
        annee = self.annees.get(rangee.annuelle) if rangee.annuelle is not None else None
        ligne.annuelle_id = rangee.annuelle
        ligne.objet = f"annuelle:{annee.cle}" if annee else ""
        ligne.titre = _titre(rangee)
        ligne.changements, ligne.questions, ligne.problemes = changements, rangee.questions, rangee.problemes
        ligne.retenir_les_reponses({c: dit for c, dit in rangee.reponses.items() if c not in rangee.a_redire})
        ligne.categorie = self._categorie(rangee)

    def _verifier_l_identite(self, rangee: Rangee) -> None:
        lues = rangee.lues
        if not rangee.intitule:
            rangee.signaler(
                "bloquant",
                f"La ligne {rangee.ligne.numero} n'a pas d'intitulé d'action.",
                "Écrivez l'intitulé dans le tableau, puis déposez-le de nouveau ; ou laissez la ligne de côté.",
            )
        elif len(rangee.intitule) > LONGUEUR_INTITULE:
            rangee.signaler(
                "bloquant",
                f"L'intitulé de la ligne {rangee.ligne.numero} a {len(rangee.intitule)} caractères : il en faut "
                f"{LONGUEUR_INTITULE} au plus.",
                "Raccourcissez-le dans le tableau, ou vérifiez que la colonne est bien celle de l'intitulé.",
                cellule=lues["intitule"]["cellule"],
            )
        nom = str(lues.get("porteur", {}).get("lu") or "")
        if not nom and rangee.porteur is None:
            rangee.signaler(
                "bloquant",
                f"La ligne {rangee.ligne.numero} ne dit pas quel porteur.",
                "Écrivez le porteur dans le tableau, ou indiquez quelle colonne le donne.",
            )
        elif len(nom) > LONGUEUR_PORTEUR:
            rangee.signaler(
                "bloquant",
                f"Le porteur de la ligne {rangee.ligne.numero} a plus de {LONGUEUR_PORTEUR} caractères.",
                "Vérifiez que la colonne est bien celle du porteur.",
                cellule=lues["porteur"]["cellule"],
            )
        annee = lues.get("annee", {}).get("lu")
        if annee is not None and annee != self.campagne.annee:
            rangee.signaler(
                "info",
                f"Cette ligne est de {annee} : elle n'est pas de l'année {self.campagne.annee}.",
                f"Pour la reprendre, importez le fichier dans l'année {annee}.",
                cellule=lues["annee"]["cellule"],
            )

    def _resoudre(self, rangee: Rangee) -> None:
        """Give each value its final name and its plain value; ask what cannot be known."""
        if rangee.annuelle is None:
            for nom, valeur in (("intitule", rangee.intitule or None), ("porteur", rangee.porteur)):
                rangee.valeurs[nom] = valeur
                rangee.cellules[nom] = rangee.lues.get(nom, {}).get("cellule", "")
        sans_bilan = self._est_sans_bilan(rangee)
        if rangee.renommee:
            rangee.valeurs["intitule"] = rangee.intitule
            rangee.cellules["intitule"] = rangee.lues["intitule"]["cellule"]
        for nom, cellule in rangee.lues.items():
            if nom in IDENTITE or nom == "dispositif":
                continue
            if sans_bilan and nom.startswith(DU_BILAN_DIT):
                continue
            definitif: str | None = nom
            if nom.startswith("montant:"):
                definitif = self._resoudre_financeur(rangee, nom, cellule)
            if definitif is None:
                continue
            valeur = self._valeur(rangee, nom, definitif, cellule)
            if valeur is not ABSENTE:
                rangee.valeurs[definitif] = valeur
                rangee.cellules[definitif] = cellule["cellule"]
        self._resoudre_axe(rangee)
        self._resoudre_le_motif(rangee)
        if rangee.dispositif_dit:
            rangee.valeurs["dispositif"] = rangee.dispositif
            rangee.cellules["dispositif"] = rangee.lues["dispositif"]["cellule"]
        elif rangee.annuelle is None and rangee.dispositif is not None:
            rangee.valeurs["dispositif"] = rangee.dispositif
        if rangee.annuelle is None and "ordre" not in rangee.valeurs:
            rangee.valeurs["ordre"] = self._premier_rang + rangee.ligne.valeurs["rang"]

    @cached_property
    def _premier_rang(self) -> int:
        """The rank after which new actions come: below those that the year has already."""
        return max((annee.ordre for annee in self.annees.values()), default=0)

    def _valeur(self, rangee: Rangee, nom: str, definitif: str, cellule: Cellule) -> Json:
        """Return the plain value of a cell; ABSENTE when nothing is to be written of it."""
        if "lu" not in cellule:
            return self._demander_la_valeur(rangee, nom, definitif, cellule)
        lu = cellule["lu"]
        if lu is not None and nom == "territoires":
            return self._resoudre_territoires(rangee, cellule)
        if lu is not None and nom == "thematique":
            code = self._nomenclature(rangee, "thematique", self.referentiel.thematiques)
            return code if code is not None else ABSENTE
        if cellule.get("approximatif") and definitif.startswith("effectif:"):
            rangee.valeurs[nom_de_l_estimation(definitif)] = True
        return lu

    def _demander_la_valeur(self, rangee: Rangee, nom: str, definitif: str, cellule: Cellule) -> Json:
        """Ask what a cell says when it can be read in several ways, or not at all."""
        texte = str(cellule["texte"])
        libelle = self.registre.libelle(definitif) if definitif not in IDENTITE else definitif
        if "lectures" in cellule:
            cle = cle_de_la_cellule(nom, texte)
            possibles = [choix(f"valeur:{valeur}", mots) for valeur, mots in cellule["lectures"]]
            phrase = f"{libelle} : {cellule['question']}"
        else:
            cle = f"illisible:{nom}:{normaliser(texte)[:120]}"
            possibles, phrase = [], f"{libelle} : {cellule['illisible']}"
        possibles += [
            choix("vide", "Laisser cette case vide"),
            choix("ignorer", "Laisser cette ligne de côté"),
        ]
        rangee.questions.append(question(cle, phrase, cellule["cellule"], possibles, possibles[0]["valeur"]))
        reponse = rangee.reponse(cle)
        if reponse == "ignorer":
            rangee.laissee = True
        for valeur, _ in cellule.get("lectures", ()):
            if reponse == f"valeur:{valeur}":
                return valeur
        return ABSENTE

    def _resoudre_financeur(self, rangee: Rangee, nom: str, cellule: Cellule) -> str | None:
        """Return the name of an amount once its funder is known; None when it is to be left."""
        _, etat, libelle = nom.split(":", 2)
        connu = self.referentiel.financeur(libelle)
        if connu is not None:
            return nom_du_montant(etat, connu.pk)
        if cellule.get("lu") is None and "texte" not in cellule:
            return None
        cle = f"financeur:{normaliser(libelle)}"
        if all(posee["cle"] != cle for posee in rangee.questions):
            case = cellule["cellule"]
            self._demander(rangee, cle, case, lambda: self._demander_financeur(cle, libelle, case))
        reponse = rangee.reponse(cle)
        sens, _, reste = reponse.partition(":")
        if sens == "financeur" and reste.isdecimal() and int(reste) in self.registre.financeurs:
            return nom_du_montant(etat, int(reste))
        return nom_du_montant(etat, f"+{libelle}") if reponse == "nouveau" else None

    def _demander_financeur(self, cle: str, libelle: str, cellule: str) -> Question:
        proches = self.referentiel.financeurs_proches(libelle)
        autres = [f for f in self.registre.financeurs.values() if f not in proches]
        possibles = [choix(f"financeur:{f.pk}", f"C'est {f.nom}") for f in proches]
        possibles.append(choix("nouveau", f"Créer le financeur « {libelle} »"))
        possibles += [choix(f"financeur:{f.pk}", f"C'est {f.nom}") for f in autres]
        possibles.append(choix("ignorer", "Ne pas reprendre cette colonne"))
        return question(
            cle,
            f"Le financeur « {libelle} » n'est pas connu de ce contrat. Qui est-ce ?",
            cellule,
            possibles,
            possibles[0]["valeur"],
            texte=libelle,
        )

    def _resoudre_axe(self, rangee: Rangee) -> None:
        dits = [
            (str(rangee.lues[niveau]["lu"]), rangee.lues[niveau]["cellule"])
            for niveau in NIVEAUX
            if rangee.lues.get(niveau, {}).get("lu")
        ]
        if not dits:
            return
        textes = [texte for texte, _ in dits]
        cellule = dits[-1][1]
        axe = self.referentiel.axe(textes)
        if axe is not None:
            rangee.valeurs["axe"], rangee.cellules["axe"] = axe.pk, cellule
            return
        cle = f"axe:{'|'.join(normaliser(texte) for texte in textes)}"
        self._demander(rangee, cle, cellule, lambda: self._demander_axe(cle, textes, cellule))
        sens, _, reste = rangee.reponse(cle).partition(":")
        if sens == "axe" and reste.isdecimal() and int(reste) in self.registre.axes:
            rangee.valeurs["axe"], rangee.cellules["axe"] = int(reste), cellule
        elif sens == "nouveau":
            rangee.valeurs["axe"], rangee.cellules["axe"] = {"nouveau": textes}, cellule

    def _demander_axe(self, cle: str, textes: Sequence[str], cellule: str) -> Question:
        contrat = self.campagne.contrat
        dernier = textes[-1]
        proches = [
            axe
            for axe in self.registre.axes.values()
            if axe.niveau == len(textes) and ressemblants(dernier, [axe.libelle])
        ]
        possibles = [choix(f"axe:{axe.pk}", f"C'est « {axe} »") for axe in proches]
        possibles.append(choix("nouveau", f"Créer « {' / '.join(textes)} » dans le contrat"))
        possibles.append(choix("vide", "Ne pas indiquer d'axe"))
        possibles += [
            choix(f"axe:{axe.pk}", str(axe)) for axe in self.registre.axes.values() if axe not in proches
        ]
        mot = (contrat.niveau_1, contrat.niveau_2, contrat.niveau_3)[len(textes) - 1] or "axe"
        return question(
            cle,
            f"« {' / '.join(textes)} » n'est pas un {mot} du contrat. Que retenir ?"
            if not _feminin(mot)
            else f"« {' / '.join(textes)} » n'est pas une {mot} du contrat. Que retenir ?",
            cellule,
            possibles,
            possibles[0]["valeur"],
        )

    def _resoudre_territoires(self, rangee: Rangee, cellule: Cellule) -> Json:
        texte = str(cellule["lu"])
        entier = self.referentiel.territoires.get(normaliser(texte))
        if entier is not None:
            return [entier]
        trouves: list[int] = []
        nouveaux: list[dict[str, str]] = []
        for partie in decouper(texte):
            connu = self.referentiel.territoires.get(normaliser(partie))
            if connu is None:
                connu = self._choisir_le_territoire(rangee, partie, cellule["cellule"], nouveaux)
            if connu is not None:
                trouves.append(connu)
        if not trouves and not nouveaux:
            return ABSENTE
        return [*sorted(set(trouves)), *nouveaux]

    def _choisir_le_territoire(
        self, rangee: Rangee, nom: str, cellule: str, nouveaux: list[dict[str, str]]
    ) -> int | None:
        cle = f"territoire:{normaliser(nom)}"
        self._demander(rangee, cle, cellule, lambda: self._demander_territoire(cle, nom, cellule))
        sens, _, reste = rangee.reponse(cle).partition(":")
        if sens == "alias" and reste.isdecimal() and int(reste) in self.registre.territoires:
            return int(reste)
        if sens in ("nouveau", "nouveau_qpv"):
            type_ = Territoire.Type.QPV if sens == "nouveau_qpv" else Territoire.Type.QUARTIER_VECU
            nouveaux.append({"nouveau": nom, "type": type_})
        return None

    def _demander_territoire(self, cle: str, nom: str, cellule: str) -> Question:
        noms = self.registre.territoires
        proches = [pk for pk, connu in noms.items() if ressemblants(nom, [connu])]
        ordre = [*proches, *(pk for pk in noms if pk not in proches)]
        possibles = [choix(f"alias:{pk}", f"C'est {noms[pk]} (son autre nom sera retenu)") for pk in ordre]
        possibles += [
            choix("nouveau", f"Créer le quartier vécu « {nom} »"),
            choix("nouveau_qpv", f"Créer le quartier prioritaire (QPV) « {nom} »"),
            choix("vide", "Ne pas l'indiquer"),
        ]
        return question(
            cle,
            f"« {nom} » n'est pas un territoire connu du contrat. Lequel est-ce ?",
            cellule,
            possibles,
            f"alias:{proches[0]}" if proches else "vide",
            texte=nom,
        )

    def _resoudre_le_motif(self, rangee: Rangee) -> None:
        """Take as the reason of a state the very words that give it, when the table has no other."""
        statut = rangee.valeurs.get("statut")
        if statut in ActionAnnuelle.STATUTS_MOTIVES and not rangee.valeurs.get("motif"):
            deja = self.actuelles.get(rangee.annuelle or 0, {})
            if deja.get("statut") != statut or not deja.get("motif"):
                rangee.valeurs["motif"] = rangee.lues["statut"].get("texte", "")
                rangee.cellules["motif"] = rangee.lues["statut"]["cellule"]
        faite = rangee.valeurs.get("bilan.realisation")
        if faite in Bilan.REALISATIONS_MOTIVEES and not rangee.valeurs.get("bilan.motif_non_realisation"):
            deja = self.actuelles.get(rangee.annuelle or 0, {})
            if not deja.get("bilan.motif_non_realisation"):
                rangee.valeurs["bilan.motif_non_realisation"] = rangee.lues["bilan.realisation"].get(
                    "texte", ""
                )
                rangee.cellules["bilan.motif_non_realisation"] = rangee.lues["bilan.realisation"]["cellule"]

    # -- What it would change ----------------------------------------------------------------------
    def _changements(self, rangee: Rangee, actuelles: ValeursJson) -> list[dict[str, Any]]:
        changements = []
        for nom, valeur in rangee.valeurs.items():
            if nom.startswith("estimation:") or (valeur is None and nom not in actuelles):
                continue
            if valeur == actuelles.get(nom) or _deja_dit(nom, valeur, actuelles):
                continue
            changements.append(self.changement(nom, actuelles.get(nom), valeur, rangee.cellules.get(nom, "")))
            estimation = nom_de_l_estimation(nom)
            if nom.startswith("effectif:") and estimation in rangee.valeurs:
                changements.append(self.changement(estimation, None, True, rangee.cellules.get(nom, "")))
        return changements

    def changement(self, nom: str, base: Json, valeur: Json, cellule: str) -> dict[str, Any]:
        """Return a change as the preview shows it."""
        return {
            "champ": nom,
            "libelle": self.registre.libelle(nom),
            "ancien": self.registre.afficher(nom, base),
            "nouveau": self.registre.afficher(nom, valeur),
            "cellule": cellule,
            "conflit": False,
            "actuel": "",
            "valeur": valeur,
            "base": base,
            "retenu": True,
        }

    def _refuser_les_impossibles(self, rangee: Rangee, actuelles: ValeursJson) -> None:
        for nom, valeur in rangee.valeurs.items():
            if valeur == actuelles.get(nom):
                continue
            phrase = self.registre.verifier(nom, valeur)
            if phrase:
                rangee.signaler(
                    "bloquant",
                    f"{self.registre.libelle(nom)} : {phrase}",
                    "Corrigez la cellule dans le tableau, puis déposez-le de nouveau.",
                    cellule=rangee.cellules.get(nom, ""),
                )

    def _verifier_les_ensembles(
        self, rangee: Rangee, actuelles: ValeursJson, changements: Sequence[Mapping[str, Any]]
    ) -> None:
        """Check what several values say together, and what only one funding line can hold."""
        apres = {**actuelles, **{c["champ"]: c["valeur"] for c in changements}}
        debut, fin = apres.get("date_debut"), apres.get("date_fin")
        if debut and fin and fin < debut:
            rangee.signaler(
                "bloquant",
                "L'action finirait avant d'avoir commencé : vérifiez les deux dates.",
                "Corrigez l'une des deux dans le tableau.",
                cellule=rangee.cellules.get("date_fin", ""),
                code="DAT-04",
            )
        for changement in changements:
            famille, _, reste = changement["champ"].partition(":")
            financeur = reste.partition(":")[2]
            if famille != "montant" or not financeur.isdecimal():
                continue
            if (rangee.annuelle, int(financeur)) in self.lignes_multiples:
                nom = self.registre.financeurs[int(financeur)].nom
                rangee.signaler(
                    "bloquant",
                    f"« {nom} » a plusieurs lignes de financement pour cette action : le tableau ne dit pas "
                    "laquelle.",
                    "Corrigez-les une à une sur la fiche de l'action.",
                    cellule=changement["cellule"],
                )

    def _verifier_le_bilan(self, rangee: Rangee, changements: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Refuse what the state of the bilan forbids; leave out what no bilan is awaited to say."""
        du_bilan = set(noms_du_bilan(c["champ"] for c in changements))
        if not du_bilan:
            return changements
        annee = self.annees.get(rangee.annuelle or 0)
        statut = rangee.valeurs.get("statut") or (annee.statut if annee else ActionAnnuelle.Statut.PROGRAMMEE)
        if annee is not None and annee.bilan is not None:
            if annee.bilan not in PEUT_S_ECRIRE:
                premier = next(c for c in changements if c["champ"] in du_bilan)
                rangee.signaler(
                    "bloquant",
                    REFUS[Bilan.Statut(annee.bilan)],
                    "Rouvrez le bilan, puis relisez le fichier ; ou laissez cette ligne de côté.",
                    cellule=premier["cellule"],
                )
        elif statut in ActionAnnuelle.STATUTS_SANS_BILAN:
            libelle = ActionAnnuelle.Statut(statut).label.lower()
            rangee.signaler(
                "info",
                f"Aucun bilan n'est attendu d'une action dans l'état « {libelle} » : ce que le tableau en dit reste "
                "avec la ligne, sans être repris.",
            )
            return [c for c in changements if c["champ"] not in du_bilan]
        return changements

    # -- Amounts to settle -------------------------------------------------------------------------
    def _poser_la_question_des_montants(
        self, rangee: Rangee, actuelles: ValeursJson, changements: list[dict[str, Any]]
    ) -> list[dict[str, Any]]:
        """Ask which reading of the amounts is the right one, and return the changes that the answer makes."""
        if rangee.laissee:
            return changements
        lectures = self.ambiguites.get(rangee.annuelle or 0)
        if lectures:
            return self._choisir_la_lecture(rangee, actuelles, changements, lectures)
        douteux = rangee.ligne.valeurs.get("douteux")
        if douteux:
            return self._confirmer_le_dernier(rangee, changements, douteux)
        return changements

    def _choisir_la_lecture(
        self,
        rangee: Rangee,
        actuelles: ValeursJson,
        changements: list[dict[str, Any]],
        lectures: Sequence[LectureConnue],
    ) -> list[dict[str, Any]]:
        dans_le_total = [f.pk for f in self.registre.financeurs.values() if f.dans_total]
        du_fichier = {
            pk: Decimal(euros)
            for pk in dans_le_total
            if (euros := rangee.valeurs.get(nom_du_montant("accorde", pk))) is not None
        }
        cle = f"montants:{rangee.ligne.numero}"
        concernes = [pk for pk in self.registre.financeurs if any(pk in le.montants for le in lectures)]
        possibles: list[dict[str, Any]] = [
            self._choix_de_lecture(lecture, concernes, du_fichier) for lecture in lectures
        ]
        possibles.append(choix("plus_tard", "Décider plus tard : les montants ne changent pas"))
        rangee.questions.append(
            question(
                cle,
                "Les montants de cette ligne se lisent de plusieurs façons. Laquelle est juste ?",
                rangee.cellules.get(nom_du_montant("accorde", min(du_fichier)), "") if du_fichier else "",
                possibles,
                "plus_tard",
            )
        )
        du_total = {nom_du_montant("accorde", pk) for pk in dans_le_total}
        autres = [c for c in changements if c["champ"] not in du_total]
        choisie = next((le for le in lectures if rangee.reponse(cle) == f"lecture:{le.pk}"), None)
        if choisie is None:
            # « plus tard », or no answer yet: nobody touches what is to be settled.
            return autres
        return [*autres, self._trancher(rangee, choisie)]

    def _choix_de_lecture(
        self, lecture: LectureConnue, concernes: Sequence[int], du_fichier: Mapping[int, Decimal]
    ) -> dict[str, Any]:
        """Return a reading as an answer: in words, and « titre » with « montants » for who shows it as a table."""
        suite = " (celle du fichier)" if lecture.montants == du_fichier else ""
        montants = lecture.montants
        return {
            **choix(f"lecture:{lecture.pk}", self._dire(montants) + suite),
            "titre": f"Lecture {lecture.ordre}{suite}",
            "montants": [
                {
                    "libelle": self.registre.financeurs[pk].sigle,
                    "valeur": montant(montants[pk]) if pk in montants else "",
                }
                for pk in concernes
            ],
        }

    def _trancher(self, rangee: Rangee, lecture: LectureConnue) -> dict[str, Any]:
        return {
            "champ": "lecture",
            "libelle": "Montants à trancher",
            "ancien": "à trancher",
            "nouveau": self._dire(lecture.montants),
            "cellule": "",
            "conflit": False,
            "actuel": "",
            "valeur": lecture.pk,
            "base": None,
            "retenu": True,
        }

    def _dire(self, montants: Mapping[int, Decimal]) -> str:
        financeurs = self.registre.financeurs
        return ", ".join(
            f"{financeur.sigle} {montant(montants[pk])}"
            for pk, financeur in financeurs.items()
            if pk in montants
        )

    def _confirmer_le_dernier(
        self, rangee: Rangee, changements: list[dict[str, Any]], douteux: Mapping[str, str]
    ) -> list[dict[str, Any]]:
        """Ask whether an amount that is also the sum of those before it is one (domaine.md §9, FIN-08)."""
        change = next((c for c in changements if c["cellule"] == douteux["cellule"]), None)
        if change is None:
            return changements
        cle = f"montants:{rangee.ligne.numero}"
        montants = {c["champ"]: c["valeur"] for c in changements if c["champ"].startswith("montant:")}
        sans = {nom: valeur for nom, valeur in montants.items() if nom != change["champ"]}
        possibles = [
            choix("fichier", f"{change['nouveau']} est bien un montant de « {change['libelle']} »"),
            choix("sans", f"{change['nouveau']} est un total : pas de montant pour « {change['libelle']} »"),
        ]
        # An amount beside the total leaves nothing to settle between the funders of the total.
        a_trancher = self._est_dans_le_total(change["champ"])
        if a_trancher:
            possibles.append(
                choix("plus_tard", "Décider plus tard : écrire comme dans le fichier, à trancher ensuite")
            )
        rangee.questions.append(
            question(
                cle,
                douteux["phrase"],
                douteux["cellule"],
                possibles,
                "plus_tard" if a_trancher else "fichier",
                lectures=[montants, sans],
                explication=douteux["phrase"],
            )
        )
        if rangee.reponse(cle) == "sans":
            return [c for c in changements if c is not change]
        return changements

    def _est_dans_le_total(self, nom: str) -> bool:
        """Whether an amount is of a funder of the total; one still to create is, as far as is known."""
        financeur = nom.rpartition(":")[2]
        return not financeur.isdecimal() or self.registre.financeurs[int(financeur)].dans_total

    # -- The outcome -------------------------------------------------------------------------------
    def _categorie(self, rangee: Rangee) -> str:
        if rangee.laissee:
            return Categorie.IGNOREE
        if rangee.refusee:
            return Categorie.REFUSEE
        if any(posee["cle"] not in rangee.ligne.reponses for posee in rangee.questions):
            return Categorie.A_DECIDER
        if rangee.annuelle is None:
            return Categorie.CREEE
        return Categorie.MODIFIEE if rangee.ligne.changements else Categorie.INCHANGEE


class _Absente:
    """A value that nothing says, which is not a blank."""


ABSENTE = _Absente()


# -- Telling rows apart ----------------------------------------------------------------------------
def _departager(groupe: Sequence[Rangee]) -> list[Rangee]:
    """Ask which row to keep of those that a dispositif does not tell apart; return the rows to pair."""
    par_dispositif: dict[str | None, list[Rangee]] = defaultdict(list)
    for rangee in groupe:
        par_dispositif[rangee.dispositif].append(rangee)
    restantes = []
    for dispositif, pareilles in par_dispositif.items():
        if len(pareilles) == 1:
            restantes += pareilles
        elif (gardee := _demander_laquelle(pareilles, dispositif)) is not None:
            restantes.append(gardee)
    return restantes


def _demander_laquelle(pareilles: Sequence[Rangee], dispositif: str | None) -> Rangee | None:
    """Ask which of these rows to keep; return it, the first as long as nobody said, None when none is."""
    identite = "|".join(pareilles[0].identite or ())
    cle = f"doublon:{identite}|{dispositif or ''}"
    numeros = enumerer([str(rangee.ligne.numero) for rangee in pareilles])
    possibles = [
        choix(f"garder:{rangee.ligne.numero}", f"Garder la ligne {rangee.ligne.numero} ({_en_euros(rangee)})")
        for rangee in pareilles
    ]
    possibles.append(choix("aucune", "Les laisser toutes de côté"))
    phrase = f"Les lignes {numeros} portent la même action, « {pareilles[0].intitule} »."
    for rangee in pareilles:
        cellule = rangee.lues.get("intitule", {}).get("cellule", "")
        rangee.questions.append(question(cle, f"{phrase} Laquelle garder ?", cellule, possibles))
        rangee.signaler(
            "alerte",
            phrase,
            "Choisissez la ligne à garder. Si ce sont deux actions, précisez l'intitulé, ou indiquez le dispositif de "
            "chacune dans une colonne, puis déposez le tableau de nouveau.",
            cellule=cellule,
            code="COH-13",
        )
    reponse = pareilles[0].reponse(cle)
    if not reponse:
        return pareilles[0]
    gardee = next((r for r in pareilles if reponse == f"garder:{r.ligne.numero}"), None)
    for rangee in pareilles:
        rangee.laissee = rangee is not gardee
    return gardee


def _en_euros(rangee: Rangee) -> str:
    """Return the money of a row, to tell it from another: its printed total, else the sum of its amounts."""
    total = rangee.lues.get("total_ligne", {}).get("lu")
    montants = [lu["lu"] for nom, lu in rangee.lues.items() if nom.startswith("montant:") and lu.get("lu")]
    if total is None and not montants:
        return "sans montant"
    return montant(Decimal(total) if total is not None else sum(map(Decimal, montants), Decimal(0)))


def _meme_dispositif(rangee: Rangee, annee: Annee) -> bool:
    return annee.dispositif == rangee.dispositif


def _sans_dispositif(rangee: Rangee, annee: Annee) -> bool:
    """The year of the action says no dispositif, or the row does not."""
    return annee.dispositif is None or (rangee.dispositif is None and not rangee.dispositif_dit)


def _dans_l_ordre(rangee: Rangee, _: Annee) -> bool:
    """As many rows as actions of this porteur and title: they are the same, unless a column says otherwise."""
    return not rangee.dispositif_dit


def _titre(rangee: Rangee) -> str:
    porteur = str(rangee.lues.get("porteur", {}).get("lu") or "")
    return " – ".join(mots for mots in (porteur, rangee.intitule) if mots)[:500]


def _siret(lues: Lues) -> str:
    """Return the SIRET that a row says, mended when a spreadsheet mangled it; empty when it says none."""
    dit = str(lues.get("siret", {}).get("lu") or "")
    try:
        return reparer_siret(dit).numero if dit else ""
    except IdentifiantInvalide:
        return ""


def _signaler_le_siret(rangee: Rangee) -> None:
    """Say of a row that its SIRET was mended, or that it is not one and is left out."""
    cellule = rangee.lues.get("siret", {})
    dit, case = str(cellule.get("lu") or ""), cellule.get("cellule", "")
    if not dit:
        return
    try:
        repare = reparer_siret(dit)
    except IdentifiantInvalide as erreur:
        rangee.signaler(
            "alerte",
            f"Le SIRET « {dit} » n'est pas repris. {erreur}",
            "Corrigez-le dans le tableau, ou indiquez-le ensuite sur la page du porteur.",
            cellule=case,
        )
        return
    # Spaces between the groups are how people write it: not worth a word.
    if repare.repare and not repare.espaces_seules:
        rangee.signaler("info", f"Le SIRET « {dit} » est lu {repare.numero}. {repare.repare}", cellule=case)


def _porteur_nouveau(nom: str, lues: Lues) -> dict[str, Any]:
    return {"nouveau": nom, "siret": _siret(lues)} if _siret(lues) else {"nouveau": nom}


def _deja_dit(nom: str, valeur: Json, actuelles: ValeursJson) -> bool:
    """Whether a narrative is already there under another name: a reason, a description, several fields in one cell."""
    if nom != "bilan.mise_en_oeuvre" or valeur is None:
        return False
    ailleurs = ("motif", "description", "bilan.motif_non_realisation")
    return actuelles.get(nom) is None and any(actuelles.get(autre) == valeur for autre in ailleurs)


def _feminin(mot: str) -> bool:
    return normaliser(mot).split()[0] in ("thematique", "orientation", "priorite", "action", "mesure")
