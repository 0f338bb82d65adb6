"""The blocks of the report: each is a function that gives what it shows of a year, or why it shows nothing.

Their codes are kept in the sections of a report: a code that exists is never given another meaning.
"""

from collections.abc import Callable
from dataclasses import dataclass

from documents.rapport import Bloc

from ..donnees import Donnees
from . import actions, argent, avancement, chiffres_cles, choisis, comparaison, contrat, paroles
from .indicateurs import indicateurs
from .publics import publics
from .situation import situation


@dataclass(frozen=True, kw_only=True)
class BlocPropose:
    """A block that a section may have: its code, what it is called and what it shows, for who composes a report."""

    code: str
    titre: str
    description: str
    construire: Callable[[Donnees], list[Bloc]]


BLOCS: dict[str, BlocPropose] = {
    bloc.code: bloc
    for bloc in (
        BlocPropose(
            code="chiffres_cles",
            titre="Chiffres clés",
            description="Actions, structures, bilans, personnes, montants, financeurs, avec l'année d'avant.",
            construire=chiffres_cles.chiffres_cles,
        ),
        BlocPropose(
            code="actions_phares",
            titre="Actions mises en avant",
            description="Les actions que vous choisissez, avec votre texte ou les mots de leur bilan.",
            construire=choisis.actions_phares,
        ),
        BlocPropose(
            code="enjeux",
            titre="Enjeux du contrat",
            description="L'arbre du contrat, et combien d'actions de l'année le servent.",
            construire=contrat.enjeux,
        ),
        BlocPropose(
            code="territoires",
            titre="Territoires du contrat",
            description="Les quartiers, leur code, leur population et sa source.",
            construire=contrat.territoires,
        ),
        BlocPropose(
            code="situation",
            titre="Situation des quartiers",
            description="Les statistiques du quartier face aux autres échelles.",
            construire=situation,
        ),
        BlocPropose(
            code="indicateurs",
            titre="Indicateurs",
            description="Cible, valeur et évolution des indicateurs, puis ce que les bilans comptent.",
            construire=indicateurs,
        ),
        BlocPropose(
            code="avancement",
            titre="Bilans reçus et manquants",
            description="Combien de bilans sont validés, et la liste de ceux qui manquent.",
            construire=avancement.avancement,
        ),
        BlocPropose(
            code="realisations",
            titre="Réalisation des actions",
            description="Actions réalisées, en partie, reportées ou non, et pourquoi.",
            construire=avancement.realisations,
        ),
        BlocPropose(
            code="actions_axes",
            titre="Actions par axe",
            description="Les actions dans l'arbre du contrat.",
            construire=actions.actions_axes,
        ),
        BlocPropose(
            code="actions_structures",
            titre="Actions par structure",
            description="Les actions de chaque structure, et ce qui leur est accordé.",
            construire=actions.actions_structures,
        ),
        BlocPropose(
            code="actions_territoires",
            titre="Actions par territoire",
            description="Les actions de chaque territoire, et la carte quand les contours sont chargés.",
            construire=actions.actions_territoires,
        ),
        BlocPropose(
            code="publics",
            titre="Personnes, par sexe et par âge",
            description="Qui a été touché, et pour combien de personnes le sexe ou l'âge n'est pas connu.",
            construire=publics,
        ),
        BlocPropose(
            code="argent_financeurs",
            titre="Crédits par financeur",
            description="Ce que chaque financeur accorde, et sa part.",
            construire=argent.argent_financeurs,
        ),
        BlocPropose(
            code="argent_axes",
            titre="Crédits par axe",
            description="Ce que reçoit chaque axe, crédits spécifiques et droit commun à part.",
            construire=argent.argent_axes,
        ),
        BlocPropose(
            code="argent_natures",
            titre="Crédits spécifiques et droit commun",
            description="La part de chaque nature de crédits, et ce qui n'est pas précisé.",
            construire=argent.argent_natures,
        ),
        BlocPropose(
            code="comparaison",
            titre="Comparaison avec l'année d'avant",
            description="Ce qui est compté et accordé, à côté de l'an dernier.",
            construire=comparaison.comparaison,
        ),
        BlocPropose(
            code="participation",
            titre="Participation, dans les mots des bilans",
            description="Ce que chaque bilan validé dit de la participation des habitantes et habitants.",
            construire=paroles.participation,
        ),
        BlocPropose(
            code="egalite",
            titre="Égalité, dans les mots des bilans",
            description="Ce que chaque bilan validé dit de l'égalité entre les femmes et les hommes.",
            construire=paroles.egalite,
        ),
        BlocPropose(
            code="difficultes",
            titre="Difficultés, dans les mots des bilans",
            description="Ce que chaque bilan validé dit des difficultés rencontrées.",
            construire=paroles.difficultes,
        ),
        BlocPropose(
            code="perspectives",
            titre="Perspectives, dans les mots des bilans",
            description="Ce que chaque bilan validé dit de la suite.",
            construire=paroles.perspectives,
        ),
        BlocPropose(
            code="avis",
            titre="Avis et suites données",
            description="Les avis des conseils municipaux et citoyens, et la réponse qui leur est faite.",
            construire=choisis.avis,
        ),
    )
}
