"""A bilan as it is read: its people, what is missing, what can be done next, the remarks; the history of an action."""

from functools import cached_property
from typing import NamedTuple

from django.db.models import Exists, OuterRef

from actions.models import ActionAnnuelle
from comptes.historique import Evenement, changements, changements_lies, evenements
from comptes.models import Utilisateur
from contrats.models import AccesContrat
from financements.models import LigneFinancement
from porteurs.models import AccesPorteur

from .. import effectifs as eff
from ..controles.justifications import Constat, constats_bilan
from ..models import Bilan, Commentaire, Effectif
from ..operations import Manque, manques, operations_possibles
from ..regles import porte_le_bilan


class GrilleLue(NamedTuple):
    """The people of a perimeter, to read: the rows, what is estimated, what stands beside the grid."""

    perimetre: str
    titre: str
    grille: eff.Grille
    estimation: bool
    autres: list[Effectif]
    citations: list[str]


class LectureBilan:
    """What the page of a bilan shows to one account. `bilan.effectifs` and the age bands should be prefetched."""

    def __init__(self, bilan: Bilan, utilisateur: Utilisateur) -> None:
        self.bilan = bilan
        self.gere = utilisateur.has_perm("bilans.gerer", bilan)
        self.porte = porte_le_bilan(utilisateur, bilan)
        self.possibles = operations_possibles(bilan, utilisateur)

    @property
    def suit(self) -> bool:
        """Whether the account works on the bilan: it reads what is missing, what does not add up, its history."""
        return self.gere or self.porte

    @cached_property
    def manques(self) -> list[Manque]:
        """What is missing before transmission, while the bilan is still to be transmitted."""
        if not self.suit or not self.bilan.modifiable_par_le_porteur:
            return []
        return manques(self.bilan, constats=self.constats)

    @property
    def reponses_attendues(self) -> list[Manque]:
        """What is missing, the contradictions left out: they are told with what is to be checked."""
        contradictions = {constat.anomalie.message for constat in self.constats}
        return [manque for manque in self.manques if manque.phrase not in contradictions]

    @cached_property
    def constats(self) -> list[Constat]:
        """What does not add up, with what was decided of it, the most serious first.

        The porteur reads what is left to look at, not what the chargé·e de mission wrote of the rest.
        """
        if not self.suit:
            return []
        trouves = constats_bilan(self.bilan)
        return trouves if self.gere else [constat for constat in trouves if constat.justification is None]

    @property
    def a_relire(self) -> bool:
        """Whether the bilan waits for the chargé·e de mission."""
        return self.gere and self.bilan.statut in Bilan.STATUTS_EN_LECTURE

    @property
    def bloque(self) -> bool:
        """Whether something contradicts itself, which stops the validation."""
        return any(constat.bloque for constat in self.constats)

    @cached_property
    def grilles(self) -> list[GrilleLue]:
        """The people, by perimeter: everyone, then the QPV."""
        lignes = list(self.bilan.effectifs.all())
        par_perimetre = eff.grilles(lignes, self.bilan.action_annuelle.campagne.tranches.all())
        lues = []
        for perimetre, grille in par_perimetre.items():
            siennes = [ligne for ligne in lignes if ligne.perimetre == perimetre]
            lues.append(
                GrilleLue(
                    perimetre,
                    Effectif.Perimetre(perimetre).label,
                    grille,
                    any(ligne.approximatif for ligne in siennes if eff.est_une_cellule(ligne)),
                    [ligne for ligne in siennes if not eff.est_une_cellule(ligne)],
                    list(dict.fromkeys(ligne.citation for ligne in siennes if ligne.citation)),
                )
            )
        return lues


# -- Remarks ---------------------------------------------------------------------------------------
def commentaires_lus(bilan: Bilan, utilisateur: Utilisateur) -> list[Commentaire]:
    """Return the remarks on a bilan that the account may read, oldest first, in one query.

    Each says in `du_porteur` whether it was written for the porteur: by an account that represents it and does
    not run the contract.
    """
    annuelle = bilan.action_annuelle
    porteur = annuelle.action.porteur
    represente = AccesPorteur.objects.filter(
        porteur__in=[porteur.pk, porteur.parent_id], utilisateur=OuterRef("auteur")
    )
    pilote = AccesContrat.objects.filter(
        contrat=annuelle.campagne.contrat_id,
        role=AccesContrat.Role.CHARGE_MISSION,
        utilisateur=OuterRef("auteur"),
    )
    return list(
        Commentaire.objects.visibles_par(utilisateur)
        .filter(bilan=bilan)
        .select_related("auteur", "regle_par")
        .annotate(du_porteur=Exists(represente) & ~Exists(pilote))
        .order_by("date", "pk")
    )


def commentaires_par_champ(bilan: Bilan, utilisateur: Utilisateur) -> dict[str, list[Commentaire]]:
    """Return the remarks that the account may read, by name of field (« » for the whole bilan), oldest first."""
    par_champ: dict[str, list[Commentaire]] = {}
    for commentaire in commentaires_lus(bilan, utilisateur):
        par_champ.setdefault(commentaire.champ, []).append(commentaire)
    return par_champ


# -- History --------------------------------------------------------------------------------------
def historique_action(annuelle: ActionAnnuelle, utilisateur: Utilisateur) -> list[Evenement]:
    """Return what changed in an action, its year and its funding, the newest first."""
    changes = [
        *changements(annuelle.action, utilisateur=utilisateur, sauf=("contrat",)),
        *changements(annuelle, utilisateur=utilisateur, sauf=("action", "campagne")),
        *changements_lies(
            LigneFinancement,
            annuelle,
            utilisateur=utilisateur,
            nommer=lambda ligne: str(ligne.financeur),
            sauf=("financeur",),
        ),
    ]
    return evenements(changes, "Action modifiée")
