"""The imports of a year as their pages show them: the list, one being read, its columns, what it would change."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from hashlib import sha256
from typing import Any, NamedTuple

from django.core.paginator import EmptyPage, PageNotAnInteger, Paginator
from django.db.models import Count, Prefetch, Q, Sum
from django.utils import timezone
from django.utils.text import capfirst
from openpyxl.utils import get_column_letter

from actions.models import Campagne
from actions.situation import RequeteCampagne
from comptes.templatetags.typographie import accord, pluriel
from documents import Colonne as ColonneDeTableau
from documents import Groupe, Tableau
from documents.formats import montant, nombre, taille_lisible
from financements.models import AmbiguiteMontants, Financeur, LecturePossible

from ..forms.imports import Choix, ColonneProposee
from ..imports import champs
from ..imports.application import en_panne
from ..imports.champs import Confiance
from ..imports.modele import Candidat, Colonne, Disposition, Structure, corriger
from ..imports.preparation import ABANDONNABLES
from ..models import ImportTableur, LigneImport
from ..navigation import Lien

Statut, Categorie = ImportTableur.Statut, LigneImport.Categorie

IMPORTS_PAR_PAGE = 25
LIGNES_PAR_PAGE = 50
# Beyond, the page would take too long to read: the file has them all.
PROBLEMES_MONTRES = 200
# A value longer than this is folded: a narrative has thousands of characters.
VALEUR_COURTE = 180
EXEMPLES_MONTRES = 3
# Beyond, the answers to a question are a list to unfold.
CHOIX_MONTRES = 6

# -- States ----------------------------------------------------------------------------------------
# The worker has it: the page says how far it is.
STATUTS_EN_COURS = (Statut.RECU, Statut.LECTURE, Statut.APPLICATION, Statut.ANNULATION)
SIGNES = {
    Statut.RECU: "encours",
    Statut.LECTURE: "encours",
    Statut.COLONNES: "alerte",
    Statut.A_RELIRE: "alerte",
    Statut.APPLICATION: "encours",
    Statut.APPLIQUE: "fait",
    Statut.ANNULATION: "encours",
    Statut.ANNULE: "attente",
    Statut.REFUSE: "bloque",
    Statut.ABANDONNE: "attente",
}
# What is written of the rows that a person did not choose for.
ECRITES_D_OFFICE = (Categorie.CREEE, Categorie.MODIFIEE)
# What is written when a person says so.
ECRIVABLES = (*ECRITES_D_OFFICE, Categorie.CONFLIT, Categorie.SUPPRIMEE)
# What a person may keep or leave, row by row; a row left aside asks nothing any more.
CHOISISSABLES = (*ECRIVABLES, Categorie.A_DECIDER)
ECRITES = Q(retenue=True, categorie__in=ECRIVABLES) | Q(retenue__isnull=True, categorie__in=ECRITES_D_OFFICE)
# Rows that hold no action.
SANS_ACTION = (Categorie.CONTROLE, Categorie.IGNOREE)


class Mots(NamedTuple):
    """The words of a category: in the tabs, in the sentence of the preview, once it is written."""

    onglet: str
    lues: str
    ecrites: str = ""


# In the order of what is to be done.
MOTS = {
    Categorie.A_DECIDER: Mots("À décider", "à décider"),
    Categorie.REFUSEE: Mots("Refusées", "refusée,refusées"),
    Categorie.CONFLIT: Mots(
        "Changées des deux côtés", "changée des deux côtés,changées des deux côtés", "modifiée,modifiées"
    ),
    Categorie.CREEE: Mots("À créer", "à créer", "créée,créées"),
    Categorie.MODIFIEE: Mots("À modifier", "à modifier", "modifiée,modifiées"),
    Categorie.SUPPRIMEE: Mots(
        "Absentes du classeur", "absente du classeur,absentes du classeur", "retirée,retirées"
    ),
    Categorie.INCHANGEE: Mots("Inchangées", "inchangée,inchangées"),
    Categorie.IGNOREE: Mots("Sans action", "sans action"),
}


def _accorder(n: int, mots: str) -> str:
    """Return « 3 à créer », « 1 refusée », « 35 inchangées »."""
    return f"{nombre(n)} {accord(n, mots) if ',' in mots else mots}"


# -- The list --------------------------------------------------------------------------------------
@dataclass(frozen=True)
class ImportFait:
    """An import of the list: its sign, what it did in a few words, where it leads."""

    import_: ImportTableur
    comptes: Mapping[str, int]

    @property
    def signe(self) -> str:
        return SIGNES[Statut(self.import_.statut)]

    @property
    def fait(self) -> str:
        """What it wrote, or what it waits for: « 46 créées, 2 modifiées »."""
        if self.import_.statut in (Statut.REFUSE, Statut.ABANDONNE):
            return self.import_.message
        if self.import_.statut in (Statut.APPLIQUE, Statut.ANNULE):
            return phrase_ecrites(self.comptes)
        return ""


class JournalImports:
    """The imports of a year, the newest first, with what each one did."""

    def __init__(self, request: RequeteCampagne) -> None:
        self.request = request
        self.imports = ImportTableur.objects.visibles_par(request.user).filter(campagne=request.campagne)

    @cached_property
    def nombre(self) -> int:
        return self.imports.count()

    @cached_property
    def page(self) -> Any:
        """The page of the list that the address asks for, the nearest one when it does not exist."""
        choisis = self.imports.select_related("auteur").order_by("-cree_le", "-pk")
        return _page(Paginator(choisis, IMPORTS_PAR_PAGE), self.request)

    @cached_property
    def lignes(self) -> list[ImportFait]:
        comptes = ecrites_par_import(self.page.object_list)
        return [ImportFait(import_, comptes.get(import_.pk, {})) for import_ in self.page.object_list]

    @property
    def archivee(self) -> bool:
        """Whether nothing more is written in this year."""
        return self.request.campagne.statut == Campagne.Statut.ARCHIVEE


def ecrites_par_import(imports: Iterable[ImportTableur]) -> dict[int, dict[str, int]]:
    """Return how many rows each import wrote, by category; in one query."""
    comptes: dict[int, dict[str, int]] = {}
    lignes = LigneImport.objects.filter(ECRITES, import_tableur__in=list(imports))
    for import_, categorie, combien in (
        lignes.order_by().values_list("import_tableur", "categorie").annotate(combien=Count("pk"))
    ):
        comptes.setdefault(import_, {})[categorie] = combien
    return comptes


def phrase_ecrites(comptes: Mapping[str, int]) -> str:
    """Return what was written, in words: « 46 lignes créées, 2 modifiées »; « Rien n'a changé » for nothing."""
    modifiees = sum(comptes.get(c, 0) for c in (Categorie.MODIFIEE, Categorie.CONFLIT))
    faits = [
        (n, mots)
        for n, mots in (
            (comptes.get(Categorie.CREEE, 0), "créée,créées"),
            (modifiees, "modifiée,modifiées"),
            (comptes.get(Categorie.SUPPRIMEE, 0), "retirée,retirées"),
        )
        if n
    ]
    if not faits:
        return "Rien n'a changé"
    (premier, mots), *suite = faits
    debut = f"{pluriel(premier, 'ligne,lignes')} {accord(premier, mots)}"
    return ", ".join([debut, *(pluriel(n, mots) for n, mots in suite)])


def _page(pages: Paginator, request: RequeteCampagne) -> Any:
    try:
        return pages.page(request.GET.get("page", 1))
    except PageNotAnInteger:
        return pages.page(1)
    except EmptyPage:
        return pages.page(pages.num_pages)


# -- While the worker has it -----------------------------------------------------------------------
# How long nothing may move before the page says what to check, in seconds.
PATIENCE = 30
IMMOBILE = "Rien n'avance depuis trente secondes"
ETAPES = {
    Statut.RECU: (
        "Votre fichier attend d'être lu",
        "Il est arrivé entier. La lecture commence dans un instant.",
    ),
    Statut.LECTURE: (
        "Lecture de votre tableau",
        "Pilotis cherche la feuille et les titres, reconnaît les colonnes, puis compare chaque ligne à ce qu'il sait "
        "déjà. Rien n'est écrit.",
    ),
    Statut.APPLICATION: (
        "Écriture de ce que vous avez retenu",
        "Tout est écrit d'un coup : si quelque chose l'empêche, rien ne l'est.",
    ),
    Statut.ANNULATION: (
        "Annulation de l'import",
        "Pilotis remet chaque chose comme elle était avant l'import.",
    ),
}


class Arret(NamedTuple):
    """What is said of a work that does not move: a title, and what to do."""

    titre: str
    conseil: str


SERVICE = "le service « pilotis-taches », ou la commande « manage.py db_worker »"
PREVENIR = f"prévenez la personne qui tient le serveur ({SERVICE})"
LENTE = "C'est plus long que d'habitude"
# Nothing moved for half a minute.
LENTEURS = {
    Statut.RECU: Arret(
        IMMOBILE,
        "Votre fichier est gardé, rien n'est perdu. Le programme qui fait ce travail est peut-être arrêté : "
        f"{PREVENIR}. La lecture commencera d'elle-même dès qu'il sera relancé.",
    ),
    Statut.LECTURE: Arret(
        IMMOBILE,
        "Votre fichier est gardé, rien n'est perdu. Un très grand tableau demande parfois une minute. Si rien n'avance "
        "d'ici là, un bouton vous proposera ici de recommencer la lecture.",
    ),
    Statut.APPLICATION: Arret(
        LENTE,
        "Un très grand tableau demande parfois quelques minutes. Si le travail s'arrête, rien n'est écrit à moitié, et "
        "un bouton vous proposera ici de le recommencer au bout de dix minutes.",
    ),
    Statut.ANNULATION: Arret(
        LENTE,
        "Un très grand tableau demande parfois quelques minutes. Si le travail s'arrête, rien n'est défait à moitié, "
        "et un bouton vous proposera ici de le recommencer au bout de dix minutes.",
    ),
}
# The worker that had it, or was to take it, has stopped.
ARRETS = {
    Statut.RECU: Arret(
        "Personne n'a encore lu votre fichier",
        f"Il est gardé, rien n'est perdu. Le programme qui fait ce travail est sans doute arrêté : {PREVENIR}. Une "
        "fois qu'il est relancé, recommencez si rien ne vient.",
    ),
    Statut.LECTURE: Arret(
        "La lecture s'est arrêtée en chemin",
        "Rien n'a été écrit ; votre fichier et vos réponses sont gardés. Recommencez la lecture. Si elle n'avance pas "
        f"davantage, {PREVENIR}.",
    ),
    Statut.APPLICATION: Arret(
        "L'écriture s'est arrêtée en chemin",
        "Rien n'a été écrit à moitié ; ce que vous avez retenu est gardé. Recommencez. Si rien n'avance davantage, "
        f"{PREVENIR}.",
    ),
    Statut.ANNULATION: Arret(
        "L'annulation s'est arrêtée en chemin",
        f"Rien n'a été défait à moitié. Recommencez. Si rien n'avance davantage, {PREVENIR}.",
    ),
}


class Progression:
    """How far the worker is, since when nothing moved, and what to do then."""

    def __init__(self, request: RequeteCampagne, import_: ImportTableur) -> None:
        self.import_ = import_
        self.request = request
        self.titre, self.phrase = ETAPES[Statut(import_.statut)]

    @cached_property
    def en_panne(self) -> bool:
        """Whether the work can be given to the worker again."""
        return en_panne(self.import_)

    @property
    def immobile(self) -> bool:
        """Whether nothing moved for a while: the program that does this work is perhaps stopped."""
        dernier = self.import_.pris_le or self.import_.cree_le
        return self.en_panne or (timezone.now() - dernier).total_seconds() >= PATIENCE

    @property
    def arret(self) -> Arret:
        """What is said when nothing moves."""
        statut = Statut(self.import_.statut)
        return (ARRETS if self.en_panne else LENTEURS)[statut]

    @property
    def abandonnable(self) -> bool:
        """Whether it can be given up meanwhile."""
        return self.import_.statut in ABANDONNABLES

    @property
    def suite(self) -> str:
        """The address to look at next."""
        return f"{self.request.path}?vu={self.import_.statut}-{self.import_.fait}"

    @property
    def avancement(self) -> str:
        """« 1 200 lignes sur 5 000 », empty while nothing is counted."""
        if not self.import_.a_faire:
            return ""
        return f"{pluriel(self.import_.fait, 'ligne,lignes')} sur {nombre(self.import_.a_faire)}"


# -- The columns -----------------------------------------------------------------------------------
CONFIANCES = {
    Confiance.SURE: ("fait", "Reconnue"),
    Confiance.PROBABLE: ("encours", "Probable"),
    Confiance.INCERTAINE: ("alerte", "À vérifier"),
    Confiance.INCONNUE: ("alerte", "Non reconnue"),
}
# Kept as they are: nothing is to be understood of them.
SANS_LECTURE = (champs.NOTE, champs.IGNORER)
LIGNE_DU_TABLEAU = "Celui de la colonne « Financeur »"


class FinanceurPropose(NamedTuple):
    """A funder to choose for a column of money: what is sent, and the words."""

    valeur: str
    libelle: str


@dataclass(frozen=True)
class ColonneLue:
    """A column on the mapping page: what is written, what is understood, how sure, and why."""

    colonne: Colonne
    lettre: str
    form: Any
    financeurs: list[FinanceurPropose]

    @property
    def champ(self) -> Any:
        return self.form[f"champ_{self.colonne.index}"]

    @property
    def financeur(self) -> Any:
        return self.form[f"financeur_{self.colonne.index}"]

    @property
    def etat(self) -> Any:
        return self.form[f"etat_{self.colonne.index}"]

    @property
    def signe(self) -> str:
        if self.colonne.champ in SANS_LECTURE and self.colonne.confiance != Confiance.INCONNUE:
            return "attente"
        return CONFIANCES[self.colonne.confiance][0]

    @property
    def confiance(self) -> str:
        if self.colonne.champ in SANS_LECTURE and self.colonne.confiance != Confiance.INCONNUE:
            return "Gardée à part"
        return CONFIANCES[self.colonne.confiance][1]

    @property
    def exemples(self) -> tuple[str, ...]:
        return self.colonne.exemples[:EXEMPLES_MONTRES]

    @property
    def financeurs_proposes(self) -> list[FinanceurPropose]:
        """The funders of the contract, and first what the header says when it is none of them."""
        dit = self.financeur.value() or ""
        connus = [FinanceurPropose("", LIGNE_DU_TABLEAU), *self.financeurs]
        if any(dit == financeur.valeur for financeur in connus):
            return connus
        return [FinanceurPropose(dit, f"« {dit} », comme dans le tableau"), *connus]


class PageColonnes:
    """What was recognised of a workbook, to be corrected."""

    def __init__(self, request: RequeteCampagne, import_: ImportTableur) -> None:
        self.request = request
        self.import_ = import_
        self.structure = corriger(Structure.from_dict(import_.structure), import_.correspondances)

    @property
    def en_fiches(self) -> bool:
        """Whether each action is a form: what is called a column is then a row of it."""
        return self.structure.disposition == Disposition.FICHE

    def _lettre(self, index: int) -> str:
        return str(index + 1) if self.en_fiches else get_column_letter(index + 1)

    @property
    def proposees(self) -> list[ColonneProposee]:
        """What the form starts from."""
        return [
            ColonneProposee(
                colonne.index,
                self._lettre(colonne.index),
                champs.MONTANT if colonne.est_montant else colonne.champ,
                colonne.financeur,
                colonne.etat or "accorde",
            )
            for colonne in self.structure.colonnes
        ]

    @cached_property
    def choix(self) -> Choix:
        """The fields to choose from, by group; the amounts of a funder are one, their state is asked apart."""
        tranches = [
            (tranche.age_min, tranche.age_max) for tranche in self.request.campagne.tranches.order_by("ordre")
        ]
        lus = [colonne.champ for colonne in self.structure.colonnes]
        proposes = champs.champs_proposes(tranches or champs.TRANCHES_USUELLES, lus=lus)
        groupes: Choix = []
        for titre, membres in proposes.items():
            choix = [(champ.nom, champ.libelle) for champ in membres if not champs.est_montant(champ.nom)]
            if len(choix) < len(membres):
                choix = [(champs.MONTANT, "Montant d'un financeur"), *choix]
            groupes.append((titre, choix))
        return groupes

    def colonnes(self, form: Any) -> list[ColonneLue]:
        """Return the columns as the page shows them, with the fields of `form`."""
        financeurs = [
            FinanceurPropose(financeur.sigle, _nom_du_financeur(financeur))
            for financeur in Financeur.objects.visibles_par(self.request.user)
            .filter(contrat=self.request.contrat)
            .order_by("ordre", "nom")
        ]
        return [
            ColonneLue(colonne, self._lettre(colonne.index), form, financeurs)
            for colonne in self.structure.colonnes
        ]

    @property
    def a_verifier(self) -> int:
        """How many columns ask for a look."""
        return sum(
            colonne.confiance in (Confiance.INCERTAINE, Confiance.INCONNUE)
            for colonne in self.structure.colonnes
        )

    @property
    def phrase(self) -> str:
        """« 16 colonnes, dont 2 à vérifier. »"""
        toutes = pluriel(len(self.structure.colonnes), "colonne,colonnes")
        if not self.a_verifier:
            return f"{toutes}, toutes reconnues."
        return f"{toutes}, dont {nombre(self.a_verifier)} à vérifier."

    @property
    def ou(self) -> str:
        """Where the table was found: « feuille « 2023 », titres en ligne 3 »."""
        return _ou(self.structure.feuille, self.structure.entete)

    @property
    def tableaux(self) -> list[Candidat]:
        """The other tables of the workbook, that could be read in place of this one."""
        lu = (self.structure.feuille, self.structure.entete)
        return [c for c in self.structure.candidats if (c.feuille, c.entete) != lu]

    @property
    def libelles_des_tableaux(self) -> list[str]:
        return [
            f"{capfirst(_ou(candidat.feuille, candidat.entete))} : {', '.join(candidat.titres[:4])}"
            for candidat in self.tableaux
        ]


def _ou(feuille: str, entete: tuple[int, int]) -> str:
    premiere, derniere = entete[0] + 1, entete[1] + 1
    lignes = f"en ligne {premiere}" if premiere == derniere else f"sur les lignes {premiere} à {derniere}"
    return f"feuille « {feuille} », titres {lignes}"


def _nom_du_financeur(financeur: Financeur) -> str:
    return financeur.sigle if financeur.sigle == financeur.nom else f"{financeur.sigle} – {financeur.nom}"


def _structure(import_: ImportTableur) -> Structure | None:
    """Return what the columns of an import are, as a person said; None for a workbook of Pilotis."""
    if not import_.structure:
        return None
    return corriger(Structure.from_dict(import_.structure), import_.correspondances)


# -- Answers that hold for many questions ----------------------------------------------------------
# What the questions of a kind may be told at once: the beginning of their key, the answer, the words of the button.
PARTOUT = (
    ("porteur:", "nouveau", "Créer les {n} porteurs que Pilotis ne connaît pas"),
    ("financeur:", "nouveau", "Créer les {n} financeurs que Pilotis ne connaît pas"),
    ("axe:", "nouveau", "Ajouter les {n} axes au contrat"),
    ("territoire:", "vide", "Ne pas indiquer les {n} territoires inconnus"),
    ("illisible:", "vide", "Laisser vides les {n} cases illisibles"),
    ("montants:", "plus_tard", "Remettre à plus tard les {n} choix de montants"),
)


DEBUT_DE_QUESTION = "question-"
# The key of the questions about what a cell says begins so.
CELLULE_DOUTEUSE = "cellule:"


# That of the questions about the amounts of a row.
MONTANTS_A_TRANCHER = "montants:"


class LecturesConnues(NamedTuple):
    """What Pilotis keeps of amounts to settle: why they are, and the total of each reading by answer."""

    explication: str
    totaux: Mapping[str, Decimal | None]


class Geste(NamedTuple):
    """A button that answers many questions at once: the beginning of their keys, and its words."""

    prefixe: str
    libelle: str


def nom_de_la_question(cle: str) -> str:
    """Return the name of the field of a question: that of its key, since the rank of a question changes with answers.

    A key has the words of a cell, of any length: the name has its fingerprint.
    """
    return f"{DEBUT_DE_QUESTION}{sha256(cle.encode()).hexdigest()[:16]}"


def reponse_partout(prefixe: str) -> str:
    """Return the answer given at once to the questions whose key begins so, an empty text when there is none."""
    return next((valeur for debut, valeur, _ in PARTOUT if debut == prefixe), "")


# -- The preview -----------------------------------------------------------------------------------
@dataclass(frozen=True)
class ValeurLue:
    """A value of a row, in words; folded when it is long."""

    texte: str

    @property
    def longue(self) -> bool:
        return len(self.texte) > VALEUR_COURTE

    @property
    def debut(self) -> str:
        return f"{self.texte[:VALEUR_COURTE].rstrip()}…"


@dataclass(frozen=True)
class ChangementLu:
    """A cell that would change something: what it is, the cell, before and after; the value now in a conflict."""

    libelle: str
    cellule: str
    ancien: ValeurLue
    nouveau: ValeurLue
    conflit: bool
    actuel: ValeurLue


def changements_lus(changements: Iterable[Mapping[str, Any]]) -> list[ChangementLu]:
    """Return the changes of a row as they are shown."""
    return [
        ChangementLu(
            libelle=changement["libelle"],
            cellule=changement.get("cellule", ""),
            ancien=ValeurLue(changement.get("ancien", "")),
            nouveau=ValeurLue(changement.get("nouveau", "")),
            conflit=bool(changement.get("conflit")),
            actuel=ValeurLue(changement.get("actuel", "")),
        )
        for changement in changements
    ]


@dataclass(frozen=True)
class ChoixLu:
    """A possible answer: its rank, its words, whether it is the likeliest; its amounts when it is a reading."""

    rang: int
    choix: Mapping[str, Any]
    proposee: bool
    # of the funders of the total, when the readings are those that Pilotis keeps
    total: str = ""

    @property
    def valeur(self) -> str:
        return str(self.choix["valeur"])

    @property
    def libelle(self) -> str:
        return str(self.choix["titre" if self.cases else "libelle"])

    @property
    def cases(self) -> list[tuple[str, str]]:
        """The funders and their amounts, in the order of the columns."""
        return [(case["libelle"], case["valeur"]) for case in self.choix.get("montants", [])]


@dataclass(frozen=True)
class QuestionLue:
    """Something to decide in a row: its possible answers, the one that was given, the rows it holds for."""

    rang: int
    question: Mapping[str, Any]
    reponse: str
    lignes: int
    lectures_connues: "LecturesConnues | None" = None
    # the total that the row prints, in euros
    imprime: str = ""

    @property
    def explication(self) -> str:
        """Why it is asked, when the question does not say it: what was noted of the readings."""
        dite = self.lectures_connues.explication if self.lectures_connues and self.lectures else ""
        explication = dite or str(self.question.get("explication", ""))
        return "" if explication == self.question["phrase"] else explication

    @property
    def total_imprime(self) -> str:
        """The total printed on the row, in words, beside readings of its amounts."""
        montants = self.question["cle"].startswith(MONTANTS_A_TRANCHER)
        return montant(Decimal(self.imprime)) if montants and self.imprime else ""

    @property
    def nom(self) -> str:
        """The name of its field in the form of the row."""
        return nom_de_la_question(self.question["cle"])

    @cached_property
    def _choix(self) -> list[ChoixLu]:
        # A doubtful cell has no likeliest reading: whoever wrote it knows, nobody guesses.
        doutes = self.question["cle"].startswith(CELLULE_DOUTEUSE)
        proposition = "" if doutes else self.question.get("proposition", "")
        return [
            ChoixLu(rang, choix, choix["valeur"] == proposition, self._total(choix["valeur"]))
            for rang, choix in enumerate(self.question["choix"])
        ]

    def _total(self, valeur: str) -> str:
        total = self.lectures_connues.totaux.get(valeur) if self.lectures_connues else None
        return "" if total is None else montant(total)

    @property
    def totaux(self) -> bool:
        """Whether the total of each reading is known."""
        return any(choix.total for choix in self.lectures)

    @property
    def lectures(self) -> list[ChoixLu]:
        """The answers that are amounts by funder: they are compared in a table."""
        return [choix for choix in self._choix if choix.cases]

    @property
    def financeurs(self) -> list[str]:
        """The headers of that table, empty when there is none."""
        return [financeur for financeur, _ in self.lectures[0].cases] if self.lectures else []

    @property
    def choix_simples(self) -> list[ChoixLu]:
        """The others, the likeliest first."""
        simples = [choix for choix in self._choix if not choix.cases]
        return sorted(simples, key=lambda choix: not choix.proposee)

    @property
    def en_liste(self) -> bool:
        """Whether there are too many answers to show them all: every axe, every territory."""
        return len(self.choix_simples) > CHOIX_MONTRES

    @property
    def vaut_pour(self) -> str:
        """« Votre réponse vaut pour 4 lignes. », empty when it holds for this one alone."""
        return f"Votre réponse vaut pour {pluriel(self.lignes, 'ligne,lignes')}." if self.lignes > 1 else ""


@dataclass(frozen=True)
class QuestionPartagee:
    """A question that several rows ask, answered through the first of them: its key, its rank among the rows."""

    ligne: int
    ordre: int
    question: QuestionLue


@dataclass(frozen=True)
class LigneVue:
    """A row of the preview."""

    ligne: LigneImport
    # how many rows ask each question
    communes: Mapping[str, int]
    plusieurs_feuilles: bool
    lectures_connues: LecturesConnues | None = None
    structure: Structure | None = None

    @property
    def notes(self) -> list[tuple[str, str]]:
        """The cells of the row that no field takes, with their titles: kept with the import, written nowhere."""
        return self.structure.notes(self.ligne.brut) if self.structure else []

    @property
    def ancre(self) -> str:
        return f"ligne-{self.ligne.ordre}"

    @property
    def ou(self) -> str:
        """« Ligne 12 », with its sheet when there are several."""
        numero = f"ligne {self.ligne.numero}" if self.ligne.numero else "absente du classeur"
        return capfirst(f"{self.ligne.feuille}, {numero}" if self.plusieurs_feuilles else numero)

    @property
    def titre(self) -> str:
        return self.ligne.titre or "(sans titre)"

    @property
    def categorie(self) -> str:
        """Its category in words, for one row: « à créer »."""
        return MOTS[Categorie(self.ligne.categorie)].lues.partition(",")[0]

    @property
    def fait(self) -> str:
        """What was done of it, in words: « créée »."""
        return MOTS[Categorie(self.ligne.categorie)].ecrites.partition(",")[0]

    @cached_property
    def changements(self) -> list[ChangementLu]:
        return changements_lus(self.ligne.changements)

    @property
    def cree(self) -> bool:
        """Whether what it would write is new: there is nothing to compare it with."""
        a_decider = self.ligne.categorie == Categorie.A_DECIDER
        return self.ligne.categorie == Categorie.CREEE or (a_decider and not self.ligne.objet)

    @cached_property
    def _questions(self) -> list[QuestionLue]:
        return [
            QuestionLue(
                rang,
                question,
                self.ligne.reponses.get(question["cle"], ""),
                self.communes.get(question["cle"], 1),
                self.lectures_connues,
                str(self.ligne.valeurs.get("lues", {}).get("total_ligne", {}).get("lu") or ""),
            )
            for rang, question in enumerate(self.ligne.questions)
        ]

    @property
    def questions(self) -> list[QuestionLue]:
        """What is asked here: what several rows ask is asked once, above them, until it is answered."""
        return [question for question in self._questions if question.reponse or question.lignes == 1]

    @property
    def ailleurs(self) -> int:
        """How many of its questions are asked above, with those of other rows."""
        return len(self._questions) - len(self.questions)

    @property
    def repondue(self) -> bool:
        """Whether each of its questions has its answer."""
        return all(question.reponse for question in self._questions)

    @property
    def a_choisir(self) -> bool:
        """Whether a person may keep or leave the row."""
        return self.ligne.categorie in CHOISISSABLES

    @property
    def refusee(self) -> bool:
        """Whether it is refused: it can only be left aside, so that it asks nothing more."""
        return self.ligne.categorie == Categorie.REFUSEE

    @property
    def retenue(self) -> bool:
        """Whether it is not left aside: what is still to be decided is kept until someone says otherwise."""
        if self.ligne.retenue is not None:
            return self.ligne.retenue
        return self.ligne.categorie in (*ECRITES_D_OFFICE, Categorie.A_DECIDER, Categorie.CONFLIT)


class Apercu:
    """What an import would do, a category at a time, a page at a time: as many queries whatever the rows."""

    def __init__(self, request: RequeteCampagne, import_: ImportTableur) -> None:
        self.request = request
        self.import_ = import_

    # -- What is shown ------------------------------------------------------------------------------
    @property
    def voir(self) -> str:
        """What the address asks to see: the rows, « totaux » or « remarques »."""
        demande = self.request.GET.get("voir", "")
        return demande if demande in ("totaux", "remarques") else ""

    @property
    def parties(self) -> list[Lien]:
        """The tabs: rows, printed totals, everything that is odd."""
        parties = [Lien(f"Lignes ({nombre(self.lues)})", "?", self.voir == "")]
        if self.import_.totaux:
            ecarts = f"{pluriel(len(self.ecarts), 'écart,écarts')}" if self.ecarts else "justes"
            parties.append(Lien(f"Totaux ({ecarts})", "?voir=totaux", self.voir == "totaux"))
        if self.problemes:
            remarques = f"Remarques ({nombre(len(self.problemes))})"
            parties.append(Lien(remarques, "?voir=remarques", self.voir == "remarques"))
        return parties

    @cached_property
    def ecarts(self) -> list[dict[str, str]]:
        """The printed totals that the rows do not make."""
        return [total for total in self.import_.totaux if total["ecart"]]

    @property
    def justes(self) -> list[dict[str, str]]:
        """The printed totals that the rows make."""
        return [total for total in self.import_.totaux if not total["ecart"]]

    # -- How many ----------------------------------------------------------------------------------
    @cached_property
    def _par_choix(self) -> list[tuple[str, bool | None, int]]:
        """How many rows of each category, by what was chosen of them; in one query."""
        lignes = self.import_.lignes.order_by().values_list("categorie", "retenue")
        return list(lignes.annotate(n=Count("pk")))

    @cached_property
    def comptes(self) -> Counter[str]:
        """How many rows of each category."""
        comptes: Counter[str] = Counter()
        for categorie, _, n in self._par_choix:
            comptes[categorie] += n
        return comptes

    @property
    def _laissees(self) -> Counter[str]:
        """How many rows of each category a person left aside."""
        comptes: Counter[str] = Counter()
        for categorie, retenue, n in self._par_choix:
            if retenue is False and categorie in CHOISISSABLES:
                comptes[categorie] += n
        return comptes

    @property
    def lues(self) -> int:
        """How many rows hold an action."""
        return sum(n for categorie, n in self.comptes.items() if categorie not in SANS_ACTION)

    @cached_property
    def a_ecrire(self) -> int:
        return ecrites(self.import_)

    @property
    def phrase(self) -> str:
        """« 46 lignes lues : 3 à créer, 8 à décider, 35 inchangées. Rien n'est encore écrit. »"""
        laissees = self._laissees
        morceaux = [
            _accorder(n, MOTS[categorie].lues)
            for categorie in (
                *(Categorie.CREEE, Categorie.MODIFIEE, Categorie.SUPPRIMEE, Categorie.CONFLIT),
                *(Categorie.A_DECIDER, Categorie.REFUSEE, Categorie.INCHANGEE),
            )
            if (n := self.comptes[categorie] - laissees[categorie])
        ]
        if n := laissees.total():
            morceaux.append(_accorder(n, "laissée de côté,laissées de côté"))
        suite = f" : {', '.join(morceaux)}" if morceaux else ""
        return f"{pluriel(self.lues, 'ligne lue,lignes lues')}{suite}. Rien n'est encore écrit."

    # -- Which rows --------------------------------------------------------------------------------
    @cached_property
    def categorie(self) -> str:
        """The category shown: that of the address, else the first that has rows."""
        demandee = self.request.GET.get("categorie", "")
        if demandee in MOTS:
            return demandee
        return next((c for c in MOTS if self.comptes[c]), Categorie.A_DECIDER)

    @property
    def onglets(self) -> list[Lien]:
        """The categories that have rows, with how many."""
        return [
            Lien(f"{mots.onglet} ({nombre(n)})", f"?categorie={categorie}", categorie == self.categorie)
            for categorie, mots in MOTS.items()
            if (n := self.comptes[categorie]) or categorie == self.categorie
        ]

    @cached_property
    def page(self) -> Any:
        lignes = self.import_.lignes.filter(categorie=self.categorie).order_by("ordre")
        return _page(Paginator(lignes.select_related("annuelle__bilan"), LIGNES_PAR_PAGE), self.request)

    @cached_property
    def _lectures_connues(self) -> dict[int, LecturesConnues]:
        """What is kept of the amounts to settle that the rows ask about, by action; in two queries."""
        demandees = self.import_.lignes.exclude(questions=[]).order_by().values("annuelle")
        du_total = Sum("montants__montant", filter=Q(montants__financeur__dans_total=True))
        lectures = LecturePossible.objects.annotate(total=du_total).order_by("ordre")
        ambiguites = AmbiguiteMontants.objects.filter(
            action_annuelle__in=demandees, tranchee_le__isnull=True
        ).prefetch_related(Prefetch("lectures", lectures))
        return {
            ambiguite.action_annuelle_id: LecturesConnues(
                ambiguite.explication,
                {f"lecture:{lecture.pk}": lecture.total for lecture in ambiguite.lectures.all()},
            )
            for ambiguite in ambiguites.order_by("pk")
        }

    @cached_property
    def lignes(self) -> list[LigneVue]:
        return [self.vue(ligne) for ligne in self.page.object_list]

    @cached_property
    def _structure(self) -> Structure | None:
        return _structure(self.import_)

    def vue(self, ligne: LigneImport) -> LigneVue:
        """Return a row as it is shown."""
        connues = self._lectures_connues.get(ligne.annuelle_id or 0)
        return LigneVue(ligne, self._communes, self._plusieurs_feuilles, connues, self._structure)

    @cached_property
    def _posees(self) -> list[tuple[int, int, list[dict[str, Any]], dict[str, str], bool | None]]:
        """The rows that ask something: key, rank, questions, what was answered, whether they are kept."""
        lignes = self.import_.lignes.exclude(questions=[]).exclude(categorie=Categorie.REFUSEE)
        return list(lignes.order_by("ordre").values_list("pk", "ordre", "questions", "reponses", "retenue"))

    @cached_property
    def _communes(self) -> Counter[str]:
        """How many rows ask each question."""
        return Counter(question["cle"] for _, _, questions, _, _ in self._posees for question in questions)

    @cached_property
    def _ouvertes(self) -> dict[str, QuestionPartagee]:
        """The questions without an answer, by key, through the first row that asks each one."""
        ouvertes: dict[str, QuestionPartagee] = {}
        for pk, ordre, questions, reponses, retenue in self._posees:
            for rang, question in enumerate(questions):
                cle = question["cle"]
                if retenue is not False and cle not in reponses and cle not in ouvertes:
                    lue = QuestionLue(rang, question, "", self._communes[cle])
                    ouvertes[cle] = QuestionPartagee(pk, ordre, lue)
        return ouvertes

    @property
    def partagees(self) -> list[QuestionPartagee]:
        """The open questions that several rows ask, those that settle the most rows first."""
        partagees = [ouverte for ouverte in self._ouvertes.values() if ouverte.question.lignes > 1]
        return sorted(partagees, key=lambda partagee: (-partagee.question.lignes, partagee.ordre))[
            :LIGNES_PAR_PAGE
        ]

    @property
    def gestes(self) -> list[Geste]:
        """The buttons that answer at once several questions of a kind, still open, that propose the same."""
        ouvertes = [
            (cle, ouverte.question.question.get("proposition", "")) for cle, ouverte in self._ouvertes.items()
        ]
        gestes = []
        for prefixe, valeur, mots in PARTOUT:
            n = sum(cle.startswith(prefixe) and proposee == valeur for cle, proposee in ouvertes)
            if n > 1:
                gestes.append(Geste(prefixe, mots.format(n=nombre(n))))
        return gestes

    @cached_property
    def _plusieurs_feuilles(self) -> bool:
        return self.import_.lignes.order_by().values("feuille").distinct().count() > 1

    @property
    def se_choisit(self) -> bool:
        """Whether the rows of this category can be kept or left."""
        return self.categorie in CHOISISSABLES

    # -- What is wrong, what is still to be answered -----------------------------------------------
    @cached_property
    def problemes(self) -> list[dict[str, Any]]:
        """Every problem, in the order of the sheet: gravite, code, feuille, ligne, colonne, message, remede, titre."""
        return problemes(self.import_)

    @property
    def problemes_montres(self) -> list[dict[str, Any]]:
        return self.problemes[:PROBLEMES_MONTRES]


def problemes(import_: ImportTableur) -> list[dict[str, Any]]:
    """Return every problem found in an import, in the order of the sheet, with the title of its row."""
    lignes = import_.lignes.exclude(problemes=[]).order_by("ordre").values_list("titre", "problemes")
    return [{**probleme, "titre": titre} for titre, trouves in lignes for probleme in trouves]


GRAVITES = {"bloquant": "Bloquant", "alerte": "Alerte", "info": "Information"}


def tableau_des_problemes(import_: ImportTableur) -> Tableau:
    """Return the problems of an import as a table, to be written as a file."""
    trouves = problemes(import_)
    return Tableau(
        titre="Ce qui est à corriger",
        nom=f"import-a-corriger-{import_.cree_le:%Y-%m-%d}",
        colonnes=(
            ColonneDeTableau(cle="feuille", titre="Feuille"),
            ColonneDeTableau(cle="ligne", titre="Ligne", valeur=lambda p: str(p["ligne"] or "")),
            ColonneDeTableau(cle="colonne", titre="Colonne"),
            ColonneDeTableau(cle="titre", titre="Action"),
            ColonneDeTableau(cle="gravite", titre="Gravité", valeur=lambda p: GRAVITES[p["gravite"]]),
            ColonneDeTableau(cle="message", titre="Ce qui ne va pas"),
            ColonneDeTableau(cle="remede", titre="Comment corriger"),
        ),
        groupes=(Groupe(lignes=trouves),),
    )


def ecrites(import_: ImportTableur) -> int:
    """Return how many rows confirming would write."""
    return import_.lignes.filter(ECRITES).count()


# -- Before writing, and before undoing ------------------------------------------------------------
def consequences(import_: ImportTableur) -> list[str]:
    """Return in words what confirming would write, a sentence a kind of change."""
    creees = modifiees = cellules = retirees = 0
    for categorie, changements in (
        import_.lignes.filter(ECRITES).order_by().values_list("categorie", "changements")
    ):
        if categorie == Categorie.CREEE:
            creees += 1
        elif categorie == Categorie.SUPPRIMEE:
            retirees += 1
        else:
            modifiees += 1
            cellules += len([c for c in changements if c.get("retenu", True)])
    phrases = []
    if creees:
        phrases.append(f"{pluriel(creees, 'ligne sera créée,lignes seront créées')}.")
    if modifiees:
        phrases.append(
            f"{pluriel(modifiees, 'ligne sera modifiée,lignes seront modifiées')} : "
            f"{pluriel(cellules, 'valeur change,valeurs changent')}."
        )
    if retirees:
        phrases.append(f"{pluriel(retirees, 'ligne sera retirée,lignes seront retirées')}.")
    return phrases


def laissees(import_: ImportTableur) -> dict[str, int]:
    """Return how many rows are left as they are, by reason: « choisies », « refusees », « inchangees »."""
    lignes = import_.lignes.exclude(ECRITES)
    return {
        "choisies": lignes.filter(retenue=False).count(),
        "refusees": lignes.filter(categorie=Categorie.REFUSEE).count(),
        "inchangees": lignes.filter(categorie=Categorie.INCHANGEE).count(),
    }


# -- What came of it -------------------------------------------------------------------------------
class Issue:
    """An import that is over: what it wrote, row by row, and what undoing would take back."""

    def __init__(self, request: RequeteCampagne, import_: ImportTableur) -> None:
        self.request = request
        self.import_ = import_

    @property
    def signe(self) -> str:
        return SIGNES[Statut(self.import_.statut)]

    @cached_property
    def _comptes(self) -> dict[str, int]:
        return ecrites_par_import([self.import_]).get(self.import_.pk, {})

    @property
    def phrase(self) -> str:
        """« 46 créées, 2 modifiées »."""
        return phrase_ecrites(self._comptes)

    @cached_property
    def page(self) -> Any:
        lignes = self.import_.lignes.filter(ECRITES).select_related("annuelle").order_by("ordre")
        return _page(Paginator(lignes, LIGNES_PAR_PAGE), self.request)

    @property
    def ecrites_lues(self) -> list[LigneVue]:
        """The rows that were written, none when the import never was."""
        if self.import_.applique_le is None:
            return []
        structure = _structure(self.import_)
        return [
            LigneVue(ligne, {}, plusieurs_feuilles=False, structure=structure)
            for ligne in self.page.object_list
        ]

    @property
    def ce_qui_part(self) -> list[str]:
        """What undoing does, a sentence a kind of change."""
        creees = self._comptes.get(Categorie.CREEE, 0)
        retirees = self._comptes.get(Categorie.SUPPRIMEE, 0)
        modifiees = sum(self._comptes.get(c, 0) for c in (Categorie.MODIFIEE, Categorie.CONFLIT))
        phrases = []
        if creees:
            phrases.append(f"{pluriel(creees, 'ligne créée disparaît,lignes créées disparaissent')}.")
        if modifiees:
            mots = "ligne modifiée retrouve ses,lignes modifiées retrouvent leurs"
            phrases.append(f"{pluriel(modifiees, mots)} valeurs d'avant.")
        if retirees:
            phrases.append(f"{pluriel(retirees, 'ligne retirée revient,lignes retirées reviennent')}.")
        return phrases

    @property
    def taille(self) -> str:
        return taille_lisible(self.import_.taille)
