"""What happened to a bilan, told to people: who did what, when, in plain sentences, the newest first.

The porteur reads the same story as the chargé·e de mission, but for the internal notes and the e-mails that
went to others.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from django.utils.text import capfirst

from comptes.historique import (
    Changement,
    Evenement,
    autour_de_la_difference,
    changements,
    changements_lies,
    evenements,
)
from comptes.modeles import libelle_du_champ
from comptes.models import Utilisateur
from comptes.versions import lisible
from contrats.models import AccesContrat
from documents import INSECABLE, montant, nombre
from financements.models import Budget, ExplicationEcart, LigneBudget
from porteurs.models import AccesPorteur

from ..models import (
    Bilan,
    Commentaire,
    Courriel,
    Effectif,
    Justification,
    PieceJointe,
    Recu,
    ReponseQuestion,
    Transition,
    ValeurIndicateur,
)
from ..operations import CHAMPS_SAISIS
from .consultation import commentaires_lus

Statut = Bilan.Statut
# Told by the changes of state, or of no use to who reads.
CHAMPS_TUS = (
    "statut",
    "action_annuelle",
    "transmis_le",
    "transmis_par",
    "valide_le",
    "valide_par",
    "motif_renvoi",
    "saisi_pour_le_porteur",
)
CASE = ("mesure", "perimetre", "sexe", "tranche", "bilan", "citation", "precision")
# One sitting: what one person saves within this time, nobody else coming between, is told together.
UNE_SEANCE = timedelta(minutes=30)

PASSAGES = {
    (Statut.A_SAISIR, Statut.EN_SAISIE): ("a commencé la saisie", ""),
    (Statut.TRANSMIS, Statut.EN_VERIFICATION): ("a commencé la vérification", ""),
    (Statut.VALIDE, Statut.EN_VERIFICATION): ("a rouvert le bilan", "alerte"),
}
ARRIVEES = {
    Statut.TRANSMIS: ("a transmis le bilan", "fait"),
    Statut.VALIDE: ("a validé le bilan", "fait"),
    Statut.A_COMPLETER: ("a renvoyé le bilan", "alerte"),
    Statut.DISPENSE: ("a dispensé l'action de bilan", ""),
    Statut.A_SAISIR: ("attend de nouveau ce bilan", ""),
}
# What a save done for the porteur by who runs the contract is called.
POUR_LE_PORTEUR = " pour le porteur"

COURRIELS = {
    Courriel.Type.INVITATION: "l'invitation à saisir les bilans",
    Courriel.Type.RELANCE: "un rappel",
    Courriel.Type.RENVOI: "le message de renvoi",
    Courriel.Type.RECU: "le reçu",
    Courriel.Type.VALIDATION: "le message de validation",
    Courriel.Type.PROLONGATION: "le message de nouvelle échéance",
    Courriel.Type.ACCES: "un accès",
}
COURRIELS_EN_DEFAUT = (Courriel.Statut.REFUSE, Courriel.Statut.ECHEC, Courriel.Statut.RETOUR)


class Chronologie:
    """The story of a bilan as one account reads it."""

    def __init__(self, bilan: Bilan, utilisateur: Utilisateur, noms: dict[str, str]) -> None:
        self.bilan = bilan
        self.utilisateur = utilisateur
        self.noms = noms
        self.gere = utilisateur.has_perm("bilans.gerer", bilan)

    def evenements(self) -> list[Evenement]:
        """Return everything that happened, the newest first. A fixed number of queries."""
        tout = [
            *self._passages(),
            *self._enregistrements(),
            *self._commentaires(),
            *self._reglements(),
            *self._pieces(),
            *self._recus(),
            *self._courriels(),
            *self._justifications(),
        ]
        return _par_seance(sorted(tout, key=lambda evenement: evenement.quand, reverse=True))

    # -- Changes of state and saves ----------------------------------------------------------------
    def _passages(self) -> Iterator[Evenement]:
        equipe = self._equipe()
        for passage in self.bilan.transitions.select_related("auteur"):
            de, vers = Statut(passage.de), Statut(passage.vers)
            verbe, ton = PASSAGES.get((de, vers)) or ARRIVEES.get(vers, (f"a changé l'état : {passage}", ""))
            pour = vers == Statut.TRANSMIS and passage.auteur_id in equipe
            quoi = f"{passage.auteur} {verbe}{POUR_LE_PORTEUR if pour else ''}"
            yield Evenement(passage.date, "", quoi, ton, passage.commentaire)

    def _enregistrements(self) -> Iterator[Evenement]:
        echeance = capfirst(libelle_du_champ(Bilan, "echeance_prolongee"))
        equipe = {str(compte) for compte in self._equipe().values()}
        autres = []
        for changement in self._changements():
            if changement.champ == echeance:
                yield _prolongation(changement)
            else:
                autres.append(changement)
        for evenement in evenements(autres):
            qui = evenement.qui or "Pilotis"
            corrige = evenement.qui in equipe
            evenement.qui = ""
            evenement.quoi = (
                f"{qui} a corrigé le bilan{POUR_LE_PORTEUR}" if corrige else f"{qui} a modifié le bilan"
            )
            yield evenement

    def _changements(self) -> Iterator[Changement]:
        qui: dict[str, Any] = {"utilisateur": self.utilisateur}
        yield from changements(self.bilan, sauf=CHAMPS_TUS, **qui)
        yield from changements_lies(Effectif, self.bilan, nommer=nommer_case, sauf=CASE, **qui)
        yield from changements_lies(
            ValeurIndicateur,
            self.bilan,
            nommer=lambda valeur: valeur.libelle,
            sauf=("ordre", "libelle", "unite", "indicateur", "demande", "critere", "citation", "precision"),
            **qui,
        )
        yield from changements_lies(
            ReponseQuestion, self.bilan, nommer=lambda r: r.question.libelle, sauf=("question",), **qui
        )
        budget = _budget_realise(self.bilan, self.utilisateur)
        if budget is not None:
            yield from changements_lies(
                LigneBudget, budget, nommer=_nommer_poste, sauf=("compte", "financeur", "libelle"), **qui
            )
            yield from changements_lies(
                ExplicationEcart, budget, nommer=_nommer_explication, sauf=("compte",), **qui
            )

    def _equipe(self) -> dict[int, Utilisateur]:
        """Return the accounts that run the contract without representing the porteur, by number."""
        if not hasattr(self, "_comptes"):
            annuelle = self.bilan.action_annuelle
            porteur = annuelle.action.porteur
            acces = AccesContrat.objects.filter(
                contrat=annuelle.campagne.contrat_id, role=AccesContrat.Role.CHARGE_MISSION
            ).order_by("pk")
            siens = AccesPorteur.objects.filter(porteur__in=[porteur.pk, porteur.parent_id]).order_by("pk")
            representants = set(siens.values_list("utilisateur", flat=True))
            self._comptes = {
                a.utilisateur_id: a.utilisateur
                for a in acces.select_related("utilisateur")
                if a.utilisateur_id not in representants
            }
        return self._comptes

    # -- What goes with it -------------------------------------------------------------------------
    def _commentaires(self) -> Iterator[Evenement]:
        for commentaire in self._remarques():
            if commentaire.interne:
                verbe, ton = "a écrit une note interne", ""
            elif getattr(commentaire, "du_porteur", False):
                verbe, ton = "a répondu à un commentaire", ""
            else:
                verbe, ton = "a écrit au porteur", "alerte"
            quoi = f"{commentaire.auteur} {verbe}{INSECABLE}: {self._lieu(commentaire.champ)}"
            yield Evenement(commentaire.date, "", quoi, ton, commentaire.texte)

    def _reglements(self) -> Iterator[Evenement]:
        regles = {
            (remarque.regle_le, remarque.champ): remarque
            for remarque in self._remarques()
            if remarque.regle_le is not None
        }
        for (quand, champ), remarque in regles.items():
            quoi = "une note interne" if remarque.interne else "un commentaire"
            phrase = f"{remarque.regle_par} a réglé {quoi}{INSECABLE}: {self._lieu(champ)}"
            yield Evenement(quand, "", phrase, "fait")

    def _remarques(self) -> list[Commentaire]:
        if not hasattr(self, "_lues"):
            self._lues = commentaires_lus(self.bilan, self.utilisateur)
        return self._lues

    def _lieu(self, champ: str) -> str:
        return self.noms.get(champ, self.noms[""])

    def _pieces(self) -> Iterator[Evenement]:
        lignes = PieceJointe.historique.filter(bilan=self.bilan.pk).select_related("history_user")
        for ligne in lignes.order_by("history_date", "history_id"):
            if ligne.history_type == "~":
                continue
            qui = ligne.history_user or "Pilotis"
            verbe = "a joint" if ligne.history_type == "+" else "a retiré"
            yield Evenement(ligne.history_date, "", f"{qui} {verbe} «{INSECABLE}{ligne.nom}{INSECABLE}»")

    def _recus(self) -> Iterator[Evenement]:
        recus = Recu.objects.visibles_par(self.utilisateur).filter(bilan=self.bilan)
        for recu in recus.defer("contenu").order_by("transmis_le"):
            yield Evenement(recu.transmis_le, "", "Pilotis a établi le reçu de la transmission")

    def _courriels(self) -> Iterator[Evenement]:
        """Give the e-mails about this bilan: all of them to who runs the contract, its own ones to a porteur."""
        annuelle = self.bilan.action_annuelle
        porteur = annuelle.action.porteur
        courriels = (
            Courriel.objects.visibles_par(self.utilisateur) if self.gere else Courriel.objects.all()
        ).filter(campagne=annuelle.campagne_id, porteur__in=[porteur.pk, porteur.parent_id])
        if not self.gere:
            courriels = courriels.filter(destinataire=self.utilisateur.email)
        siens = [c for c in courriels.defer("texte", "html").order_by("cree_le", "pk") if self._concerne(c)]
        for (_, type_, statut), groupe in groupby(siens, key=_meme_courriel):
            yield from self._courriel(Courriel.Type(type_), Courriel.Statut(statut), list(groupe))

    def _justifications(self) -> Iterator[Evenement]:
        """Give what was decided of the findings; the porteur reads the findings, not why they are kept."""
        if not self.gere:
            return
        annuelle = self.bilan.action_annuelle
        lignes = Justification.historique.filter(
            campagne=annuelle.campagne_id, objet=f"bilan:{annuelle.cle}"
        ).select_related("history_user")
        for ligne in lignes.order_by("history_date", "history_id"):
            if ligne.history_type == "-":
                verbe, ton = "est revenu·e sur une décision", "alerte"
            elif ligne.gravite == Justification.Gravite.BLOQUANT:
                verbe, ton = "a justifié un constat", "fait"
            else:
                verbe, ton = "a pris en compte un constat", "fait"
            phrase = f"{ligne.history_user or 'Pilotis'} {verbe}{INSECABLE}: {ligne.phrase}"
            yield Evenement(ligne.history_date, "", phrase, ton, ligne.motif)

    def _concerne(self, courriel: Courriel) -> bool:
        if courriel.statut == Courriel.Statut.SANS_OBJET:
            return False
        return courriel.bilan_id == self.bilan.pk or self.bilan.action_annuelle.cle in courriel.bilans_dus

    def _courriel(
        self, type_: Courriel.Type, statut: Courriel.Statut, lettres: list[Courriel]
    ) -> Iterator[Evenement]:
        a_qui = ", ".join(lettre.destinataire for lettre in lettres)
        quand = lettres[0].envoye_le or lettres[0].cree_le
        if statut in COURRIELS_EN_DEFAUT:
            if self.gere:
                quoi = f"{capfirst(COURRIELS[type_])} n'est pas arrivé à {a_qui}"
                yield Evenement(quand, "", quoi, "bloque", lettres[0].erreur)
        elif statut == Courriel.Statut.ENVOYE:
            yield Evenement(quand, "", f"Pilotis a envoyé {COURRIELS[type_]} à {a_qui}")
        else:
            yield Evenement(quand, "", f"{capfirst(COURRIELS[type_])} à {a_qui} attend d'être envoyé")


def _meme_courriel(courriel: Courriel) -> tuple[datetime, str, str]:
    """Return what makes several e-mails one event: the same words, asked for at the same minute."""
    return courriel.cree_le.replace(second=0, microsecond=0), courriel.type, courriel.statut


def _prolongation(changement: Changement) -> Evenement:
    qui = changement.auteur or "Pilotis"
    if changement.apres:
        return Evenement(changement.date, "", f"{qui} a reporté l'échéance de ce bilan au {changement.apres}")
    quoi = f"{qui} a retiré l'échéance propre à ce bilan ({changement.avant})"
    return Evenement(changement.date, "", quoi)


def _par_seance(tout: list[Evenement]) -> list[Evenement]:
    """Return the events, newest first, the saves of one sitting told together; what came back to its start is left."""
    liste: list[Evenement] = []
    for evenement in tout:
        dernier = liste[-1] if liste else None
        if (
            dernier is not None
            and dernier.changements
            and evenement.changements
            and dernier.quoi == evenement.quoi
            and dernier.quand - evenement.quand <= UNE_SEANCE
        ):
            dernier.changements = _enchainer(evenement.changements, dernier.changements)
            dernier.motif = dernier.motif or evenement.motif
        else:
            liste.append(evenement)
    return [
        evenement for evenement in liste if evenement.changements or not _est_un_enregistrement(evenement)
    ]


def _est_un_enregistrement(evenement: Evenement) -> bool:
    return evenement.quoi.endswith(("a modifié le bilan", f"a corrigé le bilan{POUR_LE_PORTEUR}"))


def _enchainer(anciens: Iterable[Changement], recents: Iterable[Changement]) -> list[Changement]:
    """Return one change by field: before the oldest, after the newest."""
    par_champ: dict[str, Changement] = {}
    for changement in (*anciens, *recents):
        premier = par_champ.get(changement.champ)
        par_champ[changement.champ] = Changement(
            changement.date,
            changement.auteur,
            changement.champ,
            premier.avant if premier else changement.avant,
            changement.apres,
        )
    return [changement for changement in par_champ.values() if changement.avant != changement.apres]


# -- Since the sending back ------------------------------------------------------------------------
def changes_depuis_le_renvoi(
    bilan: Bilan, utilisateur: Utilisateur
) -> tuple[Transition, list[Changement]] | None:
    """Return the last sending back and what differs in what the porteur sent afterwards, field by field.

    None when the bilan was not sent again since. A fixed number of queries.
    """
    passages = list(bilan.transitions.select_related("auteur"))
    renvois = [passage for passage in passages if passage.vers == Statut.A_COMPLETER]
    if not renvois:
        return None
    renvoi = renvois[-1]
    suites = [p for p in passages[passages.index(renvoi) + 1 :] if p.vers == Statut.TRANSMIS]
    if not suites:
        return None
    avant, apres = _etat_au(bilan, utilisateur, renvoi.date), _etat_au(bilan, utilisateur, suites[-1].date)
    differents = []
    for champ in dict.fromkeys([*avant, *apres]):
        if (ancien := avant.get(champ, "")) != (nouveau := apres.get(champ, "")):
            montres = autour_de_la_difference(ancien, nouveau)
            differents.append(Changement(suites[-1].date, str(suites[-1].auteur), champ, *montres))
    return renvoi, differents


def _etat_au(bilan: Bilan, utilisateur: Utilisateur, quand: datetime) -> dict[str, str]:
    """Return every answer as it stood, in words, by the name that people know; what was blank is left out."""
    etat: dict[str, str] = {}
    ancien = bilan.historique.filter(history_date__lte=quand).order_by("-history_date", "-history_id").first()
    if ancien is not None:
        for champ in CHAMPS_SAISIS:
            valeur = getattr(ancien, champ)
            libelle = capfirst(libelle_du_champ(Bilan, champ))
            etat[libelle] = ancien.get_realisation_display() if champ == "realisation" else _en_mots(valeur)
    for case in Effectif.historique.as_of(quand).filter(bilan=bilan.pk).order_by("pk"):
        valeur = nombre(case.valeur) if case.valeur is not None else f"{case.valeur_min} à {case.valeur_max}"
        etat[nommer_case(case)] = f"environ {valeur}" if case.approximatif else valeur
    for valeur in ValeurIndicateur.historique.as_of(quand).filter(bilan=bilan.pk).order_by("pk"):
        nombres = (valeur.valeur, valeur.valeur_femmes, valeur.valeur_hommes)
        etat[valeur.libelle] = " / ".join(nombre(n) or "–" for n in nombres if n is not None)
    reponses = ReponseQuestion.historique.as_of(quand).filter(bilan=bilan.pk).order_by("pk")
    libelles = dict(bilan.action_annuelle.campagne.questions.values_list("pk", "libelle"))
    for reponse in reponses:
        etat[libelles.get(reponse.question_id, "Question")] = reponse.texte or nombre(reponse.nombre)
    for piece in PieceJointe.historique.as_of(quand).filter(bilan=bilan.pk).order_by("pk"):
        etat[f"Pièce jointe «{INSECABLE}{piece.nom}{INSECABLE}»"] = "jointe"
    budget = _budget_realise(bilan, utilisateur)
    if budget is not None:
        postes = {ligne.pk: _nommer_poste(ligne) for ligne in _lignes_du_budget(budget)}
        for ligne in LigneBudget.historique.as_of(quand).filter(budget=budget.pk).order_by("pk"):
            etat[postes.get(ligne.pk) or "Budget réalisé, ligne retirée"] = montant(ligne.montant)
        ecarts = {e.pk: _nommer_explication(e) for e in budget.explications.select_related("compte")}
        for explication in ExplicationEcart.historique.as_of(quand).filter(budget=budget.pk).order_by("pk"):
            etat[ecarts.get(explication.pk) or "Budget réalisé, explication retirée"] = explication.texte
    return {champ: texte for champ, texte in etat.items() if texte}


def _en_mots(valeur: Any) -> str:
    return nombre(valeur) if isinstance(valeur, int) and not isinstance(valeur, bool) else lisible(valeur)


def _budget_realise(bilan: Bilan, utilisateur: Utilisateur) -> Budget | None:
    budget: Budget | None = (
        Budget.objects.visibles_par(utilisateur)
        .filter(action_annuelle=bilan.action_annuelle_id, type=Budget.Type.REALISE)
        .order_by("pk")
        .first()
    )
    return budget


def _lignes_du_budget(budget: Budget) -> Iterable[LigneBudget]:
    lignes: Iterable[LigneBudget] = budget.lignes.select_related("compte", "financeur")
    return lignes


def nommer_case(effectif: Effectif) -> str:
    """Return the place of a number: « Femmes, 6 à 15 ans », « Total, habitantes et habitants du QPV »."""
    mots = [effectif.get_sexe_display()]
    if effectif.mesure != Effectif.Mesure.PERSONNES:
        mots.insert(0, effectif.get_mesure_display())
    if effectif.tranche_id:
        mots.append(str(effectif.tranche))
    if effectif.perimetre == Effectif.Perimetre.QPV:
        mots.append("habitantes et habitants du QPV")
    return ", ".join(mots)


def _nommer_explication(explication: ExplicationEcart) -> str:
    return f"Budget réalisé, écart expliqué : {explication.compte}"


def _nommer_poste(ligne: LigneBudget) -> str:
    return f"Budget réalisé, {ligne.financeur or ligne.libelle or ligne.compte}"
