"""What the validated bilans say in words: participation, equality, difficulties, perspectives, action by action."""

from collections.abc import Callable

from comptes.modeles import libelle_du_champ
from comptes.templatetags.typographie import pluriel
from documents import INSECABLE, Colonne, Groupe
from documents.rapport import Bloc

from ...models import Bilan
from ..donnees import Donnees
from .avancement import aucun_resultat
from .commun import bloc_tableau, dire


def paroles(code: str, champ: str, titre: str) -> Callable[[Donnees], list[Bloc]]:
    """Return the block that gives what each validated bilan says in one field of its narrative."""

    def construire(d: Donnees) -> list[Bloc]:
        if not d.bilans:
            return dire(code, aucun_resultat(d))
        dites = [(pk, texte) for pk, bilan in d.bilans.items() if (texte := getattr(bilan, champ).strip())]
        sur = pluriel(d.valides, "bilan validé,bilans validés")
        if not dites:
            rubrique = f"«{INSECABLE}{libelle_du_champ(Bilan, champ)}{INSECABLE}»"
            return dire(code, f"Sur {sur}, aucun ne remplit la rubrique {rubrique}.")
        return [
            bloc_tableau(
                code,
                titre,
                (
                    Colonne(cle="action", titre="Action", poids=2, entete_ligne=True),
                    Colonne(cle="structure", titre="Structure", poids=1.6),
                    Colonne(cle="texte", titre="Ce que dit le bilan", poids=5),
                ),
                [
                    Groupe(
                        lignes=[
                            {
                                "action": d.par_pk[pk].intitule,
                                "structure": d.par_pk[pk].porteur,
                                "texte": texte,
                            }
                            for pk, texte in dites
                        ]
                    )
                ],
                adresses=[d.adresse("bilan_detail", d.par_pk[pk].cle) for pk, _ in dites],
                repose_sur=f"{pluriel(len(dites), 'bilan,bilans')} sur {sur}",
            )
        ]

    return construire


participation = paroles(
    "participation", "participation_habitants", "La participation des habitantes et habitants"
)
egalite = paroles("egalite", "egalite_femmes_hommes", "L'égalité entre les femmes et les hommes")
difficultes = paroles("difficultes", "difficultes", "Les difficultés rencontrées")
perspectives = paroles("perspectives", "perspectives", "Les perspectives des actions")
