"""What the fiche asks, step by step: the sections, the questions and the words of document 003."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from comptes.champs import MOINS, ChampDate, ChampMontantFormulaire, ChampNombre, ChampTexte, ChampTexteLu
from documents import formats
from documents.identifiants import IdentifiantInvalide, reparer_siret

from ..saisie.questions import CHAMP, ChampQuantite

IDENTIFICATION, VIE, ACTIVITE, CHIFFRES, RELECTURE = (
    "identification",
    "vie",
    "activite",
    "chiffres",
    "relecture",
)
ETAPES: Mapping[str, str] = {
    IDENTIFICATION: "Identification",
    VIE: "Vie de la structure",
    ACTIVITE: "Bilan et perspectives",
    CHIFFRES: "Chiffres clefs",
    RELECTURE: "Relecture et envoi",
}
LIGNE, TEXTE, ENTIER, QUANTITE, JOUR, PART = "ligne", "texte", "entier", "quantite", "jour", "part"
SIRET, COURRIEL, APE = "siret", "courriel", "ape"
APE_FAUX = "Un code APE a quatre chiffres et une lettre, par exemple 94.99Z."
COURRIEL_INCOMPLET = "Écrivez une adresse électronique complète, par exemple contact@association.fr."
PART_TROP_GRANDE = "Une part ne dépasse pas 100 %."
MONTANT_SIGNE = "Écrivez un montant, par exemple 24 000, ou -3 500 pour une perte."


@dataclass(frozen=True)
class Question:
    """A question of the fiche: its code, its words, its step, its group within the step, how it is answered.

    `colonne` says that the answer is a column of the fiche rather than a row of its own.
    """

    code: str
    libelle: str
    etape: str
    groupe: str
    genre: str = LIGNE
    aide: str = ""
    unite: str = ""
    colonne: bool = False
    obligatoire: bool = False


def _questions(etape: str, groupe: str, *lignes: tuple[Any, ...], **communs: Any) -> list[Question]:
    return [Question(code, libelle, etape, groupe, *reste, **communs) for code, libelle, *reste in lignes]


QUESTIONS: tuple[Question, ...] = (
    *_questions(
        IDENTIFICATION,
        "Structure",
        ("denomination", "Dénomination"),
        obligatoire=True,
    ),
    *_questions(
        IDENTIFICATION,
        "Coordonnées",
        ("adresse", "Adresse postale"),
        ("courriel", "Adresse électronique", COURRIEL),
        ("telephone", "Téléphone"),
    ),
    *_questions(
        IDENTIFICATION,
        "Éléments juridiques",
        ("forme", "Statut", LIGNE, "Par exemple : association loi 1901."),
        ("date_creation", "Date de création", JOUR),
        ("date_statuts", "Date de mise à jour des statuts", JOUR),
        ("siret", "Numéro SIRET", SIRET),
        ("ape", "Code APE", APE, "Par exemple 94.99Z, gardé sans point ni espace."),
        ("agrement_debut", "Agrément « Centre social », du", JOUR),
        ("agrement_fin", "Agrément « Centre social », au", JOUR),
    ),
    *_questions(
        IDENTIFICATION,
        "Gouvernance",
        ("president", "Président(e)"),
        ("vice_president", "Vice-président(e)"),
        ("tresorier", "Trésorier(e)"),
        ("secretaire", "Secrétaire"),
        ("directeur", "Directeur(rice)"),
        ("elus", "Élus représentant la collectivité dans les instances"),
    ),
    *_questions(
        VIE,
        "Année écoulée",
        ("salaries_permanents", "Nombre de salariés permanents", ENTIER),
        ("etp_permanents", "Équivalent temps plein (ETP) des salariés permanents", QUANTITE, "", "ETP"),
        ("salaries_non_permanents", "Nombre de salariés non permanents", ENTIER),
        (
            "etp_non_permanents",
            "Équivalent temps plein (ETP) des salariés non permanents",
            QUANTITE,
            "",
            "ETP",
        ),
        ("adherents", "Nombre d'adhérents", ENTIER),
        ("familles", "Nombre de familles", ENTIER),
    ),
    *_questions(
        VIE,
        "Adhérents par secteur géographique",
        ("secteur_territoire", "Territoire de la structure", PART, "", "%"),
        ("secteur_commune", "Autres quartiers de la commune", PART, "", "%"),
        ("secteur_ailleurs", "Intercommunalité et hors commune", PART, "", "%"),
    ),
    *_questions(
        VIE,
        "Adhérents par quotient familial (activités à tarification sociale)",
        ("qf_bas", "Quotient de 0 à 800 €", PART, "", "%"),
        ("qf_moyen", "Quotient de 800 à 3 000 €", PART, "", "%"),
        ("qf_haut", "Quotient de plus de 3 000 €", PART, "", "%"),
    ),
    *_questions(
        VIE,
        "Ce qui s'est passé",
        ("evenements", "Événements majeurs intervenus", TEXTE),
        ("points_forts", "Points forts", TEXTE),
        ("points_faibles", "Points faibles", TEXTE),
        colonne=True,
    ),
    *_questions(
        VIE,
        "Année à venir",
        ("enjeux", "Enjeux", TEXTE),
        ("evenements_programmes", "Événements majeurs programmés", TEXTE),
        colonne=True,
    ),
    Question("commentaires_chiffres", "Commentaires", CHIFFRES, "Commentaires", TEXTE, colonne=True),
)
# Shares that make a whole, by the name under which it is said.
REPARTITIONS: Mapping[str, tuple[str, ...]] = {
    "Adhérents par secteur géographique": ("secteur_territoire", "secteur_commune", "secteur_ailleurs"),
    "Adhérents par quotient familial": ("qf_bas", "qf_moyen", "qf_haut"),
}
# Asked once; carried from one year to the next, to be corrected.
DURABLES = tuple(question.code for question in QUESTIONS if question.etape == IDENTIFICATION)


class ChampSiret(ChampTexteLu):
    """A SIRET, its spaces taken away; a sentence says what is wrong with another number."""

    def lire(self, texte: str) -> str:
        try:
            return reparer_siret(texte).numero
        except IdentifiantInvalide as faux:
            raise ValidationError(str(faux)) from None


class ChampApe(ChampTexteLu):
    """A code of the French nomenclature of activities, four digits and a letter: « 94.99 z » gives « 9499Z »."""

    def lire(self, texte: str) -> str:
        code = re.sub(r"[\s.]", "", texte).upper()
        if not re.fullmatch(r"[0-9]{4}[A-Z]", code):
            raise ValidationError(APE_FAUX)
        return code


class ChampCourriel(ChampTexteLu):
    """An address of e-mail."""

    clavier = "email"

    def lire(self, texte: str) -> str:
        try:
            validate_email(texte)
        except ValidationError:
            raise ValidationError(COURRIEL_INCOMPLET) from None
        return texte


class ChampPart(ChampQuantite):
    """A share in hundredths, from 0 to 100."""

    def lire(self, texte: str) -> Decimal:
        valeur = super().lire(texte.removesuffix("%").rstrip())
        if valeur > 100:
            raise ValidationError(PART_TROP_GRANDE)
        return valeur


class ChampMontantSigne(ChampMontantFormulaire):
    """An amount in euros that may be a loss: « -3 500 »."""

    def lire(self, texte: str) -> Decimal:
        negatif = texte[:1] in MOINS
        try:
            montant = super().lire(texte[1:].strip() if negatif else texte)
        except ValidationError:
            raise ValidationError(MONTANT_SIGNE) from None
        return -montant if negatif else montant


def champ_de(question: Question) -> forms.Field:
    """Return the form field of a question."""
    options: dict[str, Any] = {
        "label": question.libelle,
        "required": False,
        "help_text": question.aide,
        "template_name": CHAMP,
    }
    if question.genre == TEXTE:
        return ChampTexte(**options, widget=forms.Textarea(attrs={"rows": 4}))
    if question.genre == ENTIER:
        return ChampNombre(**options)
    if question.genre == QUANTITE:
        return ChampQuantite(**options, unite=question.unite)
    if question.genre == PART:
        return ChampPart(**options, unite=question.unite)
    if question.genre == JOUR:
        return ChampDate(**options)
    if question.genre == SIRET:
        return ChampSiret(**options)
    if question.genre == APE:
        return ChampApe(**options)
    if question.genre == COURRIEL:
        return ChampCourriel(**options)
    return ChampTexte(**options)


def lisible_de(question: Question, valeur: Any) -> str:
    """Return an answer as it is read: « 11,26 ETP », « 14 », « 30 juin 2025 », « 43 % »."""
    if valeur is None or valeur == "":
        return ""
    if question.genre == JOUR:
        return formats.date_longue(valeur)
    if question.genre == PART:
        decimales = 0 if valeur == valeur.to_integral_value() else 1
        return formats.pourcentage(valeur, decimales)
    if question.genre in (ENTIER, QUANTITE):
        texte = formats.nombre(valeur)
        return f"{texte}{formats.INSECABLE}{question.unite}" if question.unite else texte
    return str(valeur)
