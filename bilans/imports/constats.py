"""What the contrôles find in the actions as the rows of an import would leave them: said, never a refusal.

Built in memory from the rows and from what the comparison has read already: three queries, whatever the rows. Only
what a row itself brings is said: nothing of a row that changes nothing, nothing that was there before it. What
compares with other rows or with another year is found once written (page « Anomalies »).
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any

from comptes.templatetags.typographie import insecables, pluriel

from .. import effectifs as eff
from ..controles.contexte import BudgetLu, Contexte, ContexteAnnee, FinanceurLu, LigneAnnee, TerritoireLu
from ..controles.financements import MONTANTS
from ..controles.lecture import CHAMPS_BILAN, CHAMPS_FICHE, Cadre, cadre
from ..controles.socle import Anomalie, Portee, appliquer
from ..models import Bilan, LigneImport
from .rapprochement import Rapprochement, probleme
from .valeurs import (
    BUDGETS,
    ETATS_ECRITS,
    Json,
    ValeursJson,
    nom_de_l_effectif,
    nom_du_bilan,
    nom_du_montant,
    noms_du_bilan,
)

Categorie = LigneImport.Categorie
A_ECRIRE = (Categorie.CREEE, Categorie.MODIFIEE, Categorie.A_DECIDER)
REMEDE = "Vous pourrez le corriger après l'import, page « Anomalies »."
# What most tables do not say: counted once for the file, a remark on every row would hide the others.
ABSENCES = {
    "EFF-19": "ligne d'action réalisée sans nombre de personnes,lignes d'actions réalisées sans nombre de personnes",
    "EFF-20": "ligne compte des personnes sans dire combien de femmes et d'hommes,"
    "lignes comptent des personnes sans dire combien de femmes et d'hommes",
    "COH-25": "ligne ne dit pas le territoire,lignes ne disent pas le territoire",
}
# The import asks of these itself.
DEJA_DEMANDES = ("FIN-08",)
# Of an action that is there already, these need its budget by account, its repayments, its years.
DES_NOUVELLES = ("FIN-14", "FIN-17")
# Reading a narrative takes some milliseconds: beyond, the page « Anomalies » does it once they are written.
RECITS_MAX = 300
CITATION = 160
RECITS = {nom_du_bilan(champ): champ for champ in CHAMPS_BILAN}
FICHE = ("intitule", *CHAMPS_FICHE)
TEXTES = (*RECITS, *FICHE)


class Constats:
    """Adds to the rows of an import what the contrôles find in them; `lignes` are all its rows of actions."""

    def __init__(self, rapprochement: Rapprochement, lignes: Sequence[LigneImport]) -> None:
        self.rapprochement = rapprochement
        self.recits = sum(1 for ligne in lignes if _change_un_texte(ligne))
        self.absences: Counter[str] = Counter()

    def ajouter(self, lignes: Iterable[LigneImport]) -> None:
        """Add to the problems of each row what it brings; rows that write nothing are left as they are."""
        for ligne in lignes:
            if ligne.categorie in A_ECRIRE and ligne.changements:
                ligne.problemes = [*ligne.problemes, *self._problemes(ligne)]

    @property
    def avertissements(self) -> list[str]:
        """What is said once for the whole file."""
        phrases = [
            f"{pluriel(nombre, ABSENCES[code])}. Vous pourrez compléter après l'import, page « Anomalies »."
            for code, nombre in sorted(self.absences.items())
        ]
        if not self._lit_les_recits:
            phrases.append(
                f"{pluriel(self.recits, 'ligne a,lignes ont')} des textes nouveaux : ils ne sont pas relus dans cet "
                "aperçu. La page « Anomalies » dira, après l'import, ce qui ne concorde pas."
            )
        return [insecables(phrase) for phrase in phrases]

    @property
    def _lit_les_recits(self) -> bool:
        return self.recits <= RECITS_MAX

    # -- A row -------------------------------------------------------------------------------------
    def _problemes(self, ligne: LigneImport) -> Iterator[dict[str, Any]]:
        avant = self.rapprochement.actuelles.get(ligne.annuelle_id or 0, {})
        trouvees = self._anomalies(ligne, self._apres(ligne, avant))
        if ligne.annuelle_id is None:
            self.absences.update({trouvee.code for trouvee in trouvees} & set(ABSENCES))
        trouvees = [trouvee for trouvee in trouvees if _est_dite(trouvee, ligne)]
        deja = {a.empreinte for a in self._anomalies(ligne, avant)} if trouvees and avant else set()
        cellules = {change["champ"]: change["cellule"] for change in ligne.changements}
        dits = {(dit["code"], dit["cellule"]) for dit in ligne.problemes}
        for trouvee in trouvees:
            cellule = _cellule(trouvee, cellules, ligne)
            if trouvee.empreinte not in deja and (trouvee.code, cellule) not in dits:
                yield probleme(
                    ligne, trouvee.gravite, _phrase(trouvee), REMEDE, cellule=cellule, code=trouvee.code
                )

    def _apres(self, ligne: LigneImport, avant: ValeursJson) -> ValeursJson:
        """Return the values of the action as the row would leave them; a blank has no entry."""
        dites = {change["champ"]: change["valeur"] for change in ligne.changements}
        lecture = dites.pop("lecture", None)
        for connue in self.rapprochement.ambiguites.get(ligne.annuelle_id or 0, ()):
            if connue.pk == lecture:
                dites |= {nom_du_montant("accorde", pk): str(euros) for pk, euros in connue.montants.items()}
        return {nom: valeur for nom, valeur in {**avant, **dites}.items() if valeur is not None}

    def _anomalies(self, ligne: LigneImport, valeurs: ValeursJson) -> list[Anomalie]:
        trouvees = appliquer(Portee.ACTION, self._ligne_annee(ligne, valeurs), self._annee)
        if noms_du_bilan(valeurs):
            trouvees += appliquer(Portee.BILAN, _bilan(valeurs), self._contexte(valeurs))
        return trouvees

    def _contexte(self, valeurs: ValeursJson) -> Contexte:
        lues = self._textes(valeurs)
        return Contexte(
            annee=self._commun.annee,
            grilles=self._grilles(valeurs),
            seuils=self._commun.seuils,
            textes={champ: lues[nom] for nom, champ in RECITS.items() if nom in lues},
            fiche={champ: lues[champ] for champ in FICHE if champ in lues},
            territoires=self._commun.territoires,
        )

    def _textes(self, valeurs: ValeursJson) -> dict[str, str]:
        if not self._lit_les_recits:
            return {}
        return {nom: str(valeurs[nom]) for nom in TEXTES if nom in valeurs}

    def _grilles(self, valeurs: ValeursJson) -> dict[str, eff.Grille]:
        cellules: dict[str, dict[eff.Cellule, int]] = {perimetre: {} for perimetre in eff.PERIMETRES}
        for nom, nombre in valeurs.items():
            if nom.startswith("effectif:"):
                _, perimetre, sexe, tranche = nom.split(":")
                cellules[perimetre][eff.Cellule(int(tranche) if tranche else None, sexe)] = nombre
        return {
            perimetre: eff.Grille(perimetre, self._commun.tranches, siennes)
            for perimetre, siennes in cellules.items()
        }

    def _ligne_annee(self, ligne: LigneImport, valeurs: ValeursJson) -> LigneAnnee:
        etats = {f"montant_{etat}": _montants(valeurs, etat) for etat in ETATS_ECRITS}
        grilles = self._grilles(valeurs)
        return LigneAnnee(
            pk=ligne.annuelle_id or 0,
            cle="",
            intitule=str(valeurs.get("intitule", "")),
            # of one still to create, nothing is compared
            porteur=valeurs["porteur"] if isinstance(valeurs.get("porteur"), int) else 0,
            statut=str(valeurs.get("statut", "")),
            motif=str(valeurs.get("motif", "")),
            reportee="reportee" in (valeurs.get("statut"), valeurs.get("bilan.realisation")),
            territoires=tuple(self._territoires(valeurs.get("territoires", ()))),
            montants=etats["montant_accorde"],
            etats=etats,
            total_imprime=_total_imprime(ligne),
            ambigue=_est_a_trancher(ligne),
            budgets=tuple(_budgets(valeurs)),
            textes=self._textes(valeurs),
            realisation=str(valeurs.get("bilan.realisation", "")),
            personnes=grilles[eff.ENSEMBLE].total,
            personnes_qpv=grilles[eff.QPV].total,
        )

    def _territoires(self, dits: Sequence[Json]) -> Iterator[TerritoireLu]:
        connus = {territoire.pk: territoire for territoire in self._commun.territoires}
        for dit in dits:
            if isinstance(dit, dict):
                yield TerritoireLu(pk=0, nom=dit["nouveau"], type=dit["type"])
            elif dit in connus:
                yield connus[dit]

    # -- What the rows share -----------------------------------------------------------------------
    @cached_property
    def _commun(self) -> Cadre:
        return cadre(self.rapprochement.campagne)

    @cached_property
    def _annee(self) -> ContexteAnnee:
        financeurs = self.rapprochement.registre.financeurs.values()
        return ContexteAnnee(
            annee=self._commun.annee,
            contrat=self.rapprochement.campagne.contrat.nom_court,
            seuils=self._commun.seuils,
            territoires=self._commun.territoires,
            financeurs={
                f.pk: FinanceurLu(pk=f.pk, sigle=f.sigle, nom=f.nom, type=f.type, dans_total=f.dans_total)
                for f in financeurs
            },
        )


def _change_un_texte(ligne: LigneImport) -> bool:
    return ligne.categorie in A_ECRIRE and any(change["champ"] in RECITS for change in ligne.changements)


def _bilan(valeurs: ValeursJson) -> Bilan:
    return Bilan(
        realisation=valeurs.get("bilan.realisation", ""),
        date_debut=_jour(valeurs.get("bilan.date_debut")),
        date_fin=_jour(valeurs.get("bilan.date_fin")),
    )


def _jour(valeur: Json) -> date | None:
    return date.fromisoformat(valeur) if valeur else None


def _montants(valeurs: ValeursJson, etat: str) -> dict[int, Decimal]:
    """Return the euros by funder that Pilotis knows; one still to create is in no context."""
    debut = nom_du_montant(etat, "")
    return {
        int(nom.removeprefix(debut)): Decimal(euros)
        for nom, euros in valeurs.items()
        if nom.startswith(debut) and nom.removeprefix(debut).isdecimal()
    }


def _budgets(valeurs: ValeursJson) -> Iterator[BudgetLu]:
    for nature in BUDGETS:
        total = valeurs.get(f"budget:{nature}")
        if total is not None:
            yield BudgetLu(nature=nature, total_annonce=Decimal(total))


def _total_imprime(ligne: LigneImport) -> Decimal | None:
    """Return the total that the row prints; None when one of its funders is still to create, or left aside."""
    lues = ligne.valeurs["lues"]
    if any(change["champ"].partition(":+")[1] for change in ligne.changements) or _est_a_trancher(ligne):
        return None
    if any(posee["cle"].startswith("financeur:") for posee in ligne.questions):
        return None
    total = lues.get("total_ligne", {}).get("lu")
    return Decimal(total) if total is not None else None


def _est_a_trancher(ligne: LigneImport) -> bool:
    """Whether nobody chose yet what the amounts of the row are."""
    return any(
        posee["cle"].startswith("montants:") and ligne.reponses.get(posee["cle"], "plus_tard") == "plus_tard"
        for posee in ligne.questions
    )


def _est_dite(trouvee: Anomalie, ligne: LigneImport) -> bool:
    """Whether a finding is one that the row itself can bring, and that the import does not say otherwise."""
    if trouvee.code in ABSENCES or trouvee.code in DEJA_DEMANDES:
        return False
    return trouvee.code not in DES_NOUVELLES or ligne.annuelle_id is None


# -- Saying it -------------------------------------------------------------------------------------
def _cellule(trouvee: Anomalie, cellules: Mapping[str, str], ligne: LigneImport) -> str:
    """Return the cell of the field that a finding leads to, or of the words that it cites; blank when there is none."""
    champ = trouvee.champ
    if champ == MONTANTS:
        return _cellule_citee(trouvee.citation, ligne) or _cellule_des_montants(cellules, ligne)
    noms = [champ, nom_du_bilan(champ)]
    morceaux = champ.split("_")
    if len(morceaux) == 3 and morceaux[0] in eff.PERIMETRES:
        perimetre, tranche, sexe = morceaux
        noms.append(nom_de_l_effectif(perimetre, sexe, int(tranche) if tranche.isdecimal() else None))
    du_champ = next((cellules[nom] for nom in noms if cellules.get(nom)), "")
    return du_champ or _cellule_citee(trouvee.citation, ligne)


def _cellule_citee(citation: str, ligne: LigneImport) -> str:
    """Return the cell of the text that has the words of a finding; blank when none does."""
    textes = ((str(change["valeur"]), change["cellule"]) for change in ligne.changements)
    return next((str(cellule) for texte, cellule in textes if citation and citation in texte), "")


def _cellule_des_montants(cellules: Mapping[str, str], ligne: LigneImport) -> str:
    """Return the cell of the total of the row, else of its first amount."""
    total = ligne.valeurs["lues"].get("total_ligne", {}).get("cellule", "")
    montants = (cellule for nom, cellule in cellules.items() if nom.startswith("montant:"))
    return str(total or next(montants, ""))


def _phrase(trouvee: Anomalie) -> str:
    """Return the sentence, its explanation, and the words of the row when they are short and not in it."""
    citation = trouvee.citation if len(trouvee.citation) <= CITATION else ""
    if citation and citation not in trouvee.message:
        return " ".join(filter(None, (trouvee.message, trouvee.explication, f"(« {citation} »)")))
    return " ".join(filter(None, (trouvee.message, trouvee.explication)))
