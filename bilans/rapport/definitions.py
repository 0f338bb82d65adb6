"""The words of the report and what they mean there, and where its figures come from."""

from comptes.templatetags.typographie import date_longue, insecables
from contrats.models import Statistique
from documents.rapport import Definition

from .donnees import Donnees

DEFINITIONS = (
    (
        "Accordé",
        "Montant qu'un financeur décide de donner à une action. Ce n'est pas encore un versement.",
    ),
    (
        "Action",
        "Ce qu'une structure mène une année dans le contrat de ville. Une action à cheval sur deux axes ou deux "
        "territoires est comptée une fois.",
    ),
    (
        "Bilan validé",
        "Compte rendu d'une action, transmis par la structure qui la porte et validé par l'équipe du contrat. Lui seul "
        "entre dans les chiffres de ce rapport.",
    ),
    (
        "Crédits spécifiques",
        "Crédits de la politique de la ville, qui s'ajoutent au droit commun dans les quartiers prioritaires.",
    ),
    (
        "Droit commun",
        "Crédits et services ordinaires des politiques publiques, mobilisés pour tous les territoires.",
    ),
    (
        "Non renseigné",
        "Ce que les bilans ne disent pas. Une case vide n'est pas zéro : c'est un nombre que personne n'a donné.",
    ),
    (
        "Personnes",
        "Personnes différentes qu'une action a touchées. Le total additionne les actions : qui participe à deux "
        "actions est compté deux fois. Une estimation ou une fourchette n'est pas additionnée.",
    ),
    (
        "QPV",
        "Quartier prioritaire de la politique de la ville, dont le contour est fixé par décret.",
    ),
    (
        "Structure",
        "Association, service ou établissement qui porte une action. Un service est compté avec sa structure.",
    ),
    (
        "Total de la politique de la ville",
        "Somme de ce qu'accordent les financeurs du contrat ; ceux qui sont à côté sont montrés hors total.",
    ),
)


def definitions() -> tuple[Definition, ...]:
    """Return the words of the report, in alphabetical order."""
    return tuple(Definition(terme=terme, texte=insecables(texte)) for terme, texte in DEFINITIONS)


def sources(d: Donnees) -> tuple[str, ...]:
    """Return where the figures come from: the programme, the bilans, the amounts, the published statistics."""
    lues = [
        f"Programme {d.annee} du contrat et montants accordés, enregistrés au {date_longue(d.jour)}.",
        f"Bilans des actions de {d.annee} : {d.sur_bilans}.",
    ]
    statistiques = (
        Statistique.objects.filter(contrat=d.contrat)
        .exclude(source="")
        .order_by("source")
        .values_list("source", flat=True)
        .distinct()
    )
    lues += [f"Statistiques : {source}." for source in statistiques]
    return tuple(insecables(source) for source in lues)
