"""EFF: people. Women and men make the total, parts stay within the whole, units are not mixed (domaine.md §9)."""

from typing import TYPE_CHECKING

from comptes.templatetags.typographie import pluriel
from documents.formats import nombre

from .. import effectifs as eff
from .contexte import Contexte
from .effectifs_lus import ages_du_texte, part_du_qpv, reste_du_texte, sexes_du_texte
from .socle import Anomalie, Gravite, Portee, anomalie, regle

if TYPE_CHECKING:
    from ..models import Bilan


# -- People ----------------------------------------------------------------------------------------
def _ecarts(situation: Contexte, code: str) -> list[Anomalie]:
    return [
        anomalie(code, Gravite.BLOQUANT, ecart.message, ecart.champs[0], ecart.valeurs)
        for ecart in eff.ecarts(situation.grilles)
        if ecart.code == code
    ]


@regle("EFF-01", portee=Portee.BILAN, gravite=Gravite.BLOQUANT, titre="Femmes + hommes = total")
def femmes_et_hommes_font_le_total(bilan: "Bilan", situation: Contexte) -> list[Anomalie]:
    """Women + men (+ not given) = stated total, in the grid and in the sentences of the bilan."""
    return [*_ecarts(situation, "EFF-01"), *sexes_du_texte(situation)]


@regle("EFF-04", portee=Portee.BILAN, gravite=Gravite.BLOQUANT, titre="Tranches d'âge dans l'ensemble")
def tranches_d_age_dans_l_ensemble(bilan: "Bilan", situation: Contexte) -> list[Anomalie]:
    """The age bands count no more people than all ages; the ages told add up to the number entered."""
    return [*_ecarts(situation, "EFF-04"), *ages_du_texte(situation)]


@regle(
    "EFF-11", portee=Portee.BILAN, gravite=Gravite.BLOQUANT, titre="Public du QPV dans l'ensemble du public"
)
def qpv_dans_l_ensemble(bilan: "Bilan", situation: Contexte) -> list[Anomalie]:
    """The people of the QPV are among the people, and the share of them that the text tells."""
    return [*_ecarts(situation, "EFF-11"), *part_du_qpv(situation)]


@regle("EFF-07", portee=Portee.BILAN, gravite=Gravite.INFO, titre="Reste non ventilé")
def reste_non_ventile(bilan: "Bilan", situation: Contexte) -> list[Anomalie]:
    """Say how many people of the total have no sex, or no age, when a part of them does."""
    trouvees = []
    for perimetre, grille in situation.grilles.items():
        for reste, quoi, dit in (
            (grille.sans_sexe, "sexe", grille.connait_le_sexe),
            (grille.sans_age, "âge", True),
        ):
            if reste and dit:
                trouvees.append(
                    anomalie(
                        "EFF-07",
                        Gravite.INFO,
                        _avec_perimetre(
                            perimetre,
                            f"{_personnes(reste)} sur {nombre(grille.total)} sans {quoi} renseigné.",
                        ),
                        eff.nom_du_champ(perimetre, eff.Cellule(None, eff.TOTAL)),
                        {"reste": reste, "total": grille.total or 0},
                    )
                )
    return [*trouvees, *reste_du_texte(situation)]


@regle("EFF-18", portee=Portee.BILAN, gravite=Gravite.ALERTE, titre="Personne : action non réalisée")
def personne_donc_non_realisee(bilan: "Bilan", situation: Contexte) -> list[Anomalie]:
    """Nobody came: the action did not take place, and one says why."""
    if situation.grilles[eff.ENSEMBLE].total != 0 or bilan.realisation in bilan.REALISATIONS_MOTIVEES:
        return []
    return [
        anomalie(
            "EFF-18",
            Gravite.ALERTE,
            "Aucune personne n'est comptée : indiquez que l'action n'a pas été réalisée et "
            "pourquoi, ou corrigez le nombre de personnes.",
            "realisation",
            {"total": 0},
        )
    ]


@regle("EFF-19", portee=Portee.BILAN, gravite=Gravite.ALERTE, titre="Effectif d'une action réalisée")
def effectif_d_une_action_realisee(bilan: "Bilan", situation: Contexte) -> list[Anomalie]:
    """An action that took place says how many people it reached."""
    faite = bilan.realisation in (bilan.Realisation.REALISEE, bilan.Realisation.PARTIELLE)
    if not faite or any(grille.total is not None for grille in situation.grilles.values()):
        return []
    return [
        anomalie(
            "EFF-19",
            Gravite.ALERTE,
            "L'action a eu lieu, mais aucun nombre de personnes n'est indiqué. Une estimation suffit.",
            eff.nom_du_champ(eff.ENSEMBLE, eff.Cellule(None, eff.FEMMES)),
        )
    ]


@regle("EFF-20", portee=Portee.BILAN, gravite=Gravite.ALERTE, titre="Effectif par sexe")
def effectif_par_sexe(bilan: "Bilan", situation: Contexte) -> list[Anomalie]:
    """People are counted by sex (CGCT L.1111-2)."""
    connues = [grille for grille in situation.grilles.values() if grille.total]
    if not connues or any(grille.connait_le_sexe for grille in connues):
        return []
    grille = connues[0]
    return [
        anomalie(
            "EFF-20",
            Gravite.ALERTE,
            f"{_personnes(grille.total)}, sans le nombre de femmes et d'hommes : la loi demande "
            "des données par sexe. Une estimation suffit.",
            eff.nom_du_champ(grille.perimetre, eff.Cellule(None, eff.FEMMES)),
            {"total": grille.total or 0},
        )
    ]


def _personnes(combien: int | None) -> str:
    return pluriel(combien, "personne,personnes")


def _avec_perimetre(perimetre: str, phrase: str) -> str:
    prefixe = eff.PREFIXES[perimetre]
    return f"{prefixe} : {phrase}" if prefixe else phrase
