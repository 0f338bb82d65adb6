"""What is asked in a bilan: the steps, the words of each question, how what is typed is read."""

from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from actions.models import Question
from comptes.champs import ChampDate, ChampMontantFormulaire, ChampNombre, ChampTexte
from contrats.models import ContratVille
from documents import formats

from .. import effectifs as eff
from ..models import Bilan

# -- Steps -----------------------------------------------------------------------------------------
DEROULEMENT, PUBLICS, INDICATEURS, MOYENS, BUDGET, RELECTURE = (
    "deroulement",
    "publics",
    "indicateurs",
    "moyens",
    "budget",
    "relecture",
)
ETAPES = {
    DEROULEMENT: "Déroulement",
    PUBLICS: "Publics",
    INDICATEURS: "Indicateurs",
    MOYENS: "Moyens et partenaires",
    BUDGET: "Budget réalisé",
    RELECTURE: "Relecture et envoi",
}
# What an action that did not take place has nothing to say of.
SANS_OBJET = (PUBLICS, INDICATEURS, MOYENS, BUDGET)
# A comment, a gap or a missing answer may name a whole group.
ETAPE_DU_GROUPE = {"effectifs": PUBLICS, "indicateurs": INDICATEURS, "budget": BUDGET, "pieces": DEROULEMENT}

# -- The columns of the bilan ----------------------------------------------------------------------
CHAMPS_DEROULEMENT = (
    "realisation",
    "motif_non_realisation",
    "date_debut",
    "date_fin",
    "dates_lieux",
    "nombre_seances",
)
CHAMPS_MOYENS = ("moyens", "salaries", "benevoles", "intervenants", "partenariats")
# The fields of the bilan itself that are typed; everything else belongs to the operations.
CHAMPS_SAISIS = (*CHAMPS_DEROULEMENT, *Bilan.CHAMPS_RECIT, "type_public", *CHAMPS_MOYENS)
NOMBRES = ("salaries", "benevoles", "intervenants", "nombre_seances")
DATES = ("date_debut", "date_fin")
LIBELLES = {
    "realisation": "L'action a été",
    "motif_non_realisation": "Pourquoi",
    "date_debut": "Elle a commencé le",
    "date_fin": "Elle a fini le",
}
AIDES = {
    "motif_non_realisation": "Pourquoi, et ce qui est prévu. Demandé quand l'action n'a pas eu lieu ou a été reportée.",
    "date_debut": "Le jour de la première séance, par exemple 08/01/2024.",
    "date_fin": "Le jour de la dernière, par exemple 28/06/2024.",
    "dates_lieux": "Par exemple : les mercredis de 14 h à 16 h, à la maison de quartier.",
    "nombre_seances": "Par exemple : 24 pour un atelier chaque semaine de janvier à juin.",
    "mise_en_oeuvre": "Ce qui s'est passé, avec qui, à quel rythme.",
    "objectifs_atteints": "Ce que l'action a changé. Par exemple : huit personnes sur douze ont repris une formation.",
    "points_forts": "Ce qui a bien marché.",
    "difficultes": "Ce qui a manqué ou freiné, et ce que vous avez essayé.",
    "perspectives": "Ce que vous souhaitez poursuivre, changer ou arrêter.",
    "participation_habitants": "Leur place dans le choix, la préparation ou la conduite de l'action.",
    "egalite_femmes_hommes": "Qui vient, qui ne vient pas, et comment chacune et chacun trouve sa place.",
    "type_public": "Par exemple : enfants d'école élémentaire, familles monoparentales, demandeurs d'emploi.",
    "moyens": "Personnel, locaux, matériel, transport.",
    "salaries": "Par exemple : 2 pour deux personnes, même à temps partiel.",
    "benevoles": "Les personnes qui ont aidé sans être payées, au moins une fois.",
    "intervenants": "Les personnes payées par une autre structure ou sur facture.",
    "partenariats": "Les structures qui ont pris part à l'action.",
}
PUBLIC = {eff.ENSEMBLE: "ensemble du public", eff.QPV: "habitantes et habitants du QPV"}
# Nobody leads a million people; a larger number is a telephone number or a missing space.
PLUS_GRAND_EFFECTIF = 999_999
# The usual posts of an association's budget (Cerfa 15059), when the forecast budget names none.
COMPTES_USUELS = ("60", "61", "62", "63", "64", "65", "70", "74", "75", "RESSPROPRES")
SUBVENTIONS = "74"
# The names of the accounts are those of accountants: what goes there, in plain words.
AIDES_BUDGET = {
    "60": "Par exemple : fournitures, petit matériel, alimentation.",
    "61": "Par exemple : location d'une salle ou d'un véhicule, assurance, entretien.",
    "62": "Par exemple : intervenants sur facture, transport, communication.",
    "63": "Par exemple : taxe sur les salaires.",
    "64": "Salaires et charges sociales des personnes employées pour l'action.",
    "65": "Par exemple : droits d'auteur, cotisations à un réseau.",
    "70": "Par exemple : participation des familles, billetterie, ventes.",
    "74": "Celles qui ne sont pas dans la liste, par exemple une aide à l'emploi.",
    "75": "Par exemple : cotisations, dons, mécénat.",
    "RESSPROPRES": "Ce que votre structure a pris sur ses réserves.",
    "66": "Par exemple : agios, intérêts d'un emprunt.",
    "67": "Par exemple : une pénalité, la perte d'un matériel.",
    "68": "La part de l'année d'un matériel acheté pour plusieurs années.",
    "69": "Rare pour une association.",
    "CHARGINDIRECT": "La part des frais de la structure (loyer, comptabilité) mise au compte de l'action.",
    "73": "Par exemple : prestations de la CAF calculées par acte ou par heure.",
    "76": "Par exemple : intérêts d'un livret.",
    "77": "Par exemple : la vente d'un matériel.",
    "78": "Une subvention reçue une autre année et utilisée cette année.",
    "79": "Par exemple : le remboursement d'une formation ou d'un salaire.",
    "86": "La valeur des aides gratuites : bénévoles, salles et matériel prêtés, dons.",
    "87": "La même valeur, du côté des recettes : les deux totaux sont égaux.",
    "860": "Par exemple : denrées ou vêtements reçus et distribués.",
    "861": "Par exemple : salle ou véhicule prêtés, à leur prix de location.",
    "862": "Par exemple : l'intervention gratuite d'un professionnel.",
    "864": "Les heures des bénévoles, par exemple 100 heures à 12 €.",
    "870": "Les heures des bénévoles, du côté des recettes.",
    "871": "Ce qui vous a été prêté ou fait gratuitement.",
    "875": "Ce qui vous a été donné, à sa valeur.",
}
# What the compte rendu financier asks beside the amounts (Cerfa 15059: « annexe » and signature), by field of Budget.
QUESTIONS_CRF = {
    "repartition_charges": (
        "Comment avez-vous partagé les frais de structure",
        "Si une part du loyer ou des salaires est comptée ici : selon quelle règle, par exemple les heures passées.",
    ),
    "contributions": (
        "Les aides gratuites",
        "Bénévoles, salles, dons : lesquels, et comment vous en avez estimé la valeur.",
    ),
    "observations": ("Vos remarques sur ce budget", "Si quelque chose est à préciser pour qui vous finance."),
    "signataire": (
        "Qui signe le compte rendu financier",
        "Prénom et nom de la personne qui engage la structure.",
    ),
    "qualite": ("En tant que", "Par exemple : présidente, trésorier."),
    "fait_a": ("Fait à", "La commune."),
    "fait_le": ("Le", ""),
}
CHAMP = "bilans/bilan_champ.html"
QUANTITE_ILLISIBLE = "Saisissez un nombre en chiffres, par exemple 30 ou 12,5."


class ChampQuantite(ChampMontantFormulaire):
    """A quantity of anything: « 30 », « 12,5 ». Gives a Decimal with two decimals, or None."""

    def __init__(self, *, unite: str = "", **options: Any) -> None:
        super().__init__(**options)
        self.widget.attrs.pop("data-unite", None)
        if unite:
            self.widget.attrs["data-unite"] = unite

    def lire(self, texte: str) -> Decimal:
        try:
            return super().lire(texte)
        except ValidationError:
            raise ValidationError(QUANTITE_ILLISIBLE) from None

    def prepare_value(self, value: Any) -> Any:
        return formats.nombre(value) if isinstance(value, Decimal) else value


class ChampDateDuContrat(ChampDate):
    """A day of the contract: another one is a mistake in the year."""

    def __init__(self, contrat: ContratVille, **options: Any) -> None:
        self.contrat = contrat
        super().__init__(**options)

    def to_python(self, value: Any) -> date | None:
        jour = super().to_python(value)
        if jour and not self.contrat.contient(jour):
            dates = periode(self.contrat.date_debut, self.contrat.date_fin)
            raise ValidationError(f"Cette date est hors du contrat, qui va {dates}.")
        return jour


def periode(debut: date | None, fin: date | None) -> str:
    """Return « du 8 janvier 2024 au 28 juin 2024 », « à partir du … », « jusqu'au … », or an empty string."""
    if debut and debut == fin:
        return f"le {formats.date_longue(debut)}"
    if debut and fin:
        return f"du {formats.date_longue(debut)} au {formats.date_longue(fin)}"
    if debut:
        return f"à partir du {formats.date_longue(debut)}"
    return f"jusqu'au {formats.date_longue(fin)}" if fin else ""


# -- The field of a question ------------------------------------------------------------------------
def champ_de_colonne(nom: str, contrat: ContratVille) -> forms.Field:
    champ: forms.Field
    if nom == "realisation":
        champ = forms.ChoiceField(choices=Bilan.Realisation.choices, widget=forms.RadioSelect, required=False)
    elif nom in NOMBRES:
        champ = ChampNombre(required=False)
    elif nom in DATES:
        champ = ChampDateDuContrat(contrat, required=False)
    else:
        champ = ChampTexte(required=False, widget=forms.Textarea(attrs={"rows": 3}))
    return champ


def avec_l_obligation(aide: str, obligatoire: bool) -> str:
    """Return the help of a question, which says whether the bilan waits for its answer."""
    if not obligatoire:
        return aide
    return f"{aide} Réponse demandée pour envoyer le bilan.".strip()


def mettre_en_page(champ: Any, libelle: str = "", aide: str = "") -> None:
    """Give a field our template, and its words."""
    champ.template_name = CHAMP
    champ.label, champ.help_text = libelle or champ.label, aide or champ.help_text


def champ_de_question(question: Question, stocke: str = "") -> forms.Field:
    """Return the form field of a question of the campaign, without its words; `stocke` is the answer it has."""
    if question.type == Question.Type.NOMBRE:
        return ChampQuantite(required=False, unite=question.unite)
    if question.type == Question.Type.TEXTE:
        return ChampTexte(required=False, widget=forms.Textarea(attrs={"rows": 3}))
    if question.type == Question.Type.OUI_NON:
        return forms.ChoiceField(
            choices=[("oui", "Oui"), ("non", "Non")], widget=forms.RadioSelect, required=False
        )
    choix = question.choix_proposes
    if stocke and stocke not in choix:
        # Answered before the list was changed: the answer stands until another is chosen.
        choix = [*choix, stocke]
    return forms.ChoiceField(choices=[("", "Choisissez"), *((c, c) for c in choix)], required=False)
