"""How far the bilans are, said honestly, and what became of the actions whose bilan is validated."""

from collections import Counter

from comptes.templatetags.typographie import accord, date_longue, pluriel
from documents import INSECABLE, Colonne, Groupe, TypeColonne
from documents.graphiques import Graphique, Serie
from documents.rapport import Bloc, BlocGraphique, BlocTexte

from ...models import Bilan
from ...suivi import est_passee
from ..constats import qui_a_le_plus
from ..donnees import ActionLue, Donnees
from ..mots import phrase
from .commun import bloc_tableau, dire, source


# -- Late or missing bilans ------------------------------------------------------------------------
def avancement(d: Donnees) -> list[Bloc]:
    """Return how many bilans are validated, then by name those that are awaited and those that are not owed."""
    if not d.actions:
        return dire(
            "avancement", f"Aucune action n'est encore au programme de {d.annee}{INSECABLE}: aucun bilan."
        )
    manquants = [a for a in d.actions if a.attendue and not a.valide]
    autres = [a for a in d.actions if not a.attendue]
    bilan = f"{phrase(d.sur_bilans)}."
    if not manquants and not autres:
        return [BlocTexte(code="avancement", texte=f"{bilan} Il n'en manque aucun.")]
    suite = (
        f"{pluriel(len(manquants), 'action reste,actions restent')} sans bilan validé{INSECABLE}: "
        f"{accord(len(manquants), 'ses,leurs')} résultats ne sont pas dans les chiffres de ce rapport."
        if manquants
        else "Il n'en manque aucun."
    )
    groupes = [
        Groupe(titre="Bilans attendus, non validés", lignes=[_manquant(a) for a in manquants]),
        Groupe(titre="Actions sans bilan à rendre", lignes=[_sans_bilan(a) for a in autres]),
    ]
    tableau = bloc_tableau(
        "avancement-actions",
        "Les actions sans bilan validé",
        (
            Colonne(cle="action", titre="Action", poids=3, entete_ligne=True),
            Colonne(cle="structure", titre="Structure", poids=2),
            Colonne(cle="situation", titre="Où en est son bilan", poids=3),
        ),
        [groupe for groupe in groupes if groupe.lignes],
        adresses=[d.adresse("action_detail", a.cle) for a in (*manquants, *autres)],
        repose_sur=d.sur_bilans,
    )
    return [BlocTexte(code="avancement", texte=f"{bilan} {phrase(suite)}"), tableau]


def _manquant(action: ActionLue) -> dict[str, str]:
    return {"action": action.intitule, "structure": action.porteur, "situation": _situation(action)}


def _situation(action: ActionLue) -> str:
    if action.bilan in Bilan.STATUTS_EN_LECTURE:
        return "Reçu, pas encore validé"
    if action.bilan == Bilan.Statut.A_COMPLETER:
        return "Renvoyé au porteur pour être complété"
    if action.echeance is None:
        return "Attendu, sans échéance fixée"
    if est_passee(action.echeance):
        return f"En retard{INSECABLE}: attendu pour le {date_longue(action.echeance)}"
    return f"Attendu pour le {date_longue(action.echeance)}"


def _sans_bilan(action: ActionLue) -> dict[str, str]:
    dispense = "Dispensée de bilan" if action.bilan == Bilan.Statut.DISPENSE else "Aucun bilan attendu"
    motif = f"{INSECABLE}: {action.motif.strip()}" if action.motif.strip() else ""
    return {"action": action.intitule, "structure": action.porteur, "situation": f"{dispense}{motif}"}


# -- What became of the actions --------------------------------------------------------------------
def realisations(d: Donnees) -> list[Bloc]:
    """Return how many actions were done, in part, postponed or not done, as their validated bilans say; and why."""
    if not d.bilans:
        return dire("realisations", aucun_resultat(d))
    comptes = Counter(bilan.realisation for bilan in d.bilans.values())
    presents = [etat for etat in Bilan.Realisation if comptes[etat]]
    constat = _constat_realisations(comptes, d.valides)
    if len(presents) == 1:
        return [BlocTexte(code="realisations", texte=f"{constat}."), *_motifs(d)]
    graphique = BlocGraphique(
        code="realisations",
        graphique=Graphique(
            titre=constat,
            sous_titre="Actions selon ce que leur bilan validé dit de leur réalisation",
            categories=tuple(_libelle(etat) for etat in presents),
            series=(Serie("Actions", tuple(comptes[etat] for etat in presents)),),
            type=TypeColonne.ENTIER,
            intitule="Réalisation",
            source=source(d, "bilans validés"),
        ),
        adresses=(d.liste(bilan="valides"),) * len(presents),
        repose_sur=d.sur_bilans,
    )
    return [graphique, *_motifs(d)]


def _motifs(d: Donnees) -> list[Bloc]:
    """Return why actions were postponed or not done, in the words of their validated bilan; nothing when all were."""
    motives = [
        (d.par_pk[pk], bilan)
        for pk, bilan in d.bilans.items()
        if bilan.realisation in Bilan.REALISATIONS_MOTIVEES
    ]
    if not motives:
        return []
    return [
        bloc_tableau(
            "realisations-motifs",
            "Pourquoi des actions n'ont pas eu lieu",
            (
                Colonne(cle="action", titre="Action", poids=2, entete_ligne=True),
                Colonne(cle="etat", titre="Réalisation", poids=1),
                Colonne(cle="motif", titre="Motif donné par le bilan", poids=4),
            ),
            [
                Groupe(
                    lignes=[
                        {
                            "action": action.intitule,
                            "etat": _libelle(Bilan.Realisation(bilan.realisation)),
                            "motif": bilan.motif_non_realisation,
                        }
                        for action, bilan in motives
                    ]
                )
            ],
            adresses=[d.adresse("bilan_detail", action.cle) for action, _ in motives],
            repose_sur=d.sur_bilans,
        )
    ]


def _libelle(etat: Bilan.Realisation) -> str:
    return str(etat.label).split(" :", 1)[0]


def _constat_realisations(comptes: Counter[str], valides: int) -> str:
    faites = comptes[Bilan.Realisation.REALISEE]
    if faites == valides:
        if valides == 1:
            return "La seule action dont le bilan est validé a été réalisée"
        return f"Les {valides} actions dont le bilan est validé ont été réalisées"
    if faites:
        sujet = pluriel(faites, "action a été réalisée,actions ont été réalisées")
        return f"{sujet} en entier, sur {pluriel(valides, 'bilan validé,bilans validés')}"
    constat = qui_a_le_plus(
        [(_libelle(etat).lower(), comptes[etat]) for etat in Bilan.Realisation],
        verbe="concerne,concernent",
        quoi="des bilans validés",
        tout="tous les bilans validés",
        compte="cas,cas",
    )
    return f"Aucune action n'a été réalisée en entier. {constat}"


def aucun_resultat(d: Donnees) -> str:
    """Return why no bilan says anything yet."""
    if not d.attendus:
        return f"Aucun bilan n'est attendu pour {d.annee}{INSECABLE}: il n'y a pas de résultat à montrer."
    return f"{phrase(d.sur_bilans)}{INSECABLE}: il n'y a pas encore de résultat à montrer."
