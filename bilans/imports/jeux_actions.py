"""The sets whose rows are actions of a year: the programme, the bilans, the money, and the two annexes by action."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.db import router
from django.db.models import ProtectedError
from django.db.models.deletion import Collector
from django.utils.text import capfirst

from actions.models import ActionAnnuelle
from comptes.models import Utilisateur
from comptes.signature import signer
from contrats.models import Territoire
from documents import additionner
from documents.normalisation import normaliser
from financements.models import Financeur, Versement

from ..models import Bilan, Commentaire, Effectif, ImportTableur, LigneImport, PieceJointe
from ..operations.etats import OperationRefusee
from .annulation import SANS_POIDS
from .champs import PERIMETRES, SEXES, Genre
from .ecriture import PEUT_S_ECRIRE
from .jeux import ColonneJeu, Comparaison, Jeu, Objet, ValeurRefusee
from .journal import Journal
from .rapprochement import Rangee, Rapprochement
from .tableau import Application
from .valeurs import (
    ETATS_ECRITS,
    TEXTES,
    Json,
    Registre,
    ValeursJson,
    montant_json,
    nom_de_l_effectif,
    nom_du_bilan,
    nom_du_montant,
    noms_du_bilan,
    valeurs_actuelles,
)

Categorie = LigneImport.Categorie
CHOISIR = "Choisissez dans la liste de la case."
AIDES = {
    "intitule": "Le titre de l'action, le même d'une année à l'autre.",
    "porteur": "Choisissez dans la liste ; un nom nouveau vous sera demandé au retour.",
    "axe": CHOISIR,
    "thematique": CHOISIR,
    "dispositif": CHOISIR,
    "territoires": "Les noms, séparés par des points-virgules.",
    "type": CHOISIR,
    "statut": "Choisissez dans la liste. Refusée, ajournée, reportée ou abandonnée : dites le motif.",
    "motif": "Pourquoi l'action est refusée, ajournée, reportée ou abandonnée.",
    "date_debut": "Une date, par exemple 30/06/2024.",
    "date_fin": "Une date, par exemple 30/06/2024.",
    "reference": "Votre numéro, ou celui de Dauphin.",
    "bilan.realisation": CHOISIR,
    "bilan.motif_non_realisation": "Si l'action n'a pas eu lieu ou est reportée : pourquoi.",
    "bilan.date_debut": "Une date, par exemple 30/06/2024.",
    "bilan.date_fin": "Une date, par exemple 30/06/2024.",
}
AIDE_MONTANT = "En euros. Vide : pas de montant ; 0 : rien."
AIDE_NOMBRE = "Un nombre de personnes différentes. Vide : non renseigné."
AIDE_ENTIER = "Un nombre entier. Vide : non renseigné."
AIDE_TEXTE = "Texte libre (Alt + Entrée pour aller à la ligne)."
AIDE_FIXE = "Se change dans le classeur des actions."
AIDE_TOTAL = "Calculé : la somme des colonnes de la politique de la ville."
OBLIGATOIRES = ("intitule", "porteur", "statut")
LARGES = {"intitule": 34, "porteur": 28, "axe": 30, "territoires": 24}
LARGEUR_TEXTE = 44
RECIT = tuple(nom_du_bilan(colonne) for colonne in Bilan.CHAMPS_RECIT)
PERSONNELS = ("bilan.salaries", "bilan.benevoles", "bilan.intervenants")
DU_SUIVI = (
    *("bilan.realisation", "bilan.motif_non_realisation", *RECIT, "bilan.type_public", "bilan.moyens"),
    *(
        "bilan.partenariats",
        "bilan.dates_lieux",
        "bilan.date_debut",
        "bilan.date_fin",
        "bilan.nombre_seances",
    ),
    *PERSONNELS,
)
ENSEMBLES = {p: nom_de_l_effectif(p, "T", None) for p in PERIMETRES}
DE_LA_FICHE = (
    *("intitule", "porteur", "axe", "thematique", "dispositif", "territoires", "type", "statut", "motif"),
    *("date_debut", "date_fin", "reference"),
    *(nom for nom in TEXTES if nom != "motif"),
)


class JeuActions(Jeu):
    """The actions of the year with their fiche: the one to start from, and to add actions to."""

    slug = "actions"
    titre = "Actions"
    prefixe = "annuelle"
    s_ajoute = True
    # who an action is, where it cannot be changed
    fixes: tuple[str, ...] = ()

    # -- Columns -----------------------------------------------------------------------------------
    @cached_property
    def rapprochement(self) -> "_Regles":
        # Only what the year holds is asked of it: the import itself does not matter.
        return _Regles(ImportTableur(campagne=self.campagne))

    @property
    def registre(self) -> Registre:
        return self.rapprochement.registre

    @cached_property
    def colonnes(self) -> tuple[ColonneJeu, ...]:
        return self.composer()

    def composer(self) -> tuple[ColonneJeu, ...]:
        """Return the columns of this set."""
        montants = [self._montant("accorde", f, seul=True) for f in self.financeurs]
        return (*map(self._colonne, DE_LA_FICHE), *montants, self._colonne("budget:previsionnel"))

    @cached_property
    def financeurs(self) -> list[Financeur]:
        """The funders of the total, then those beside it."""
        return sorted(self.registre.financeurs.values(), key=lambda f: not f.dans_total)

    def _colonne(self, nom: str) -> ColonneJeu:
        champ = self.registre.champ(nom)
        choix = champ.choix if champ.genre in (Genre.CHOIX, Genre.LISTE) else ()
        if nom == "territoires":
            choix = self._territoires
        fixe = nom in self.fixes
        texte = champ.genre == Genre.TEXTE and nom not in ("intitule", "reference")
        aides = {Genre.TEXTE: AIDE_TEXTE, Genre.ENTIER: AIDE_ENTIER, Genre.MONTANT: AIDE_MONTANT}
        return ColonneJeu(
            champ=nom,
            titre=_titre(nom, champ.libelle),
            genre=champ.genre,
            aide=AIDE_FIXE if fixe else AIDES.get(nom, aides.get(champ.genre, "")),
            choix=tuple(choix),
            calculee=fixe,
            obligatoire=nom in OBLIGATOIRES,
            code=nom == "reference",
            largeur=LARGES.get(nom, LARGEUR_TEXTE if texte else 18),
        )

    @cached_property
    def _territoires(self) -> tuple[tuple[int, str], ...]:
        """The territories by name, with their kind when two have the same."""
        siens = Territoire.objects.filter(contrat=self.campagne.contrat_id).order_by("recherche", "pk")
        par_nom: dict[str, list[Territoire]] = defaultdict(list)
        for territoire in siens:
            par_nom[normaliser(territoire.nom)].append(territoire)
        return tuple(
            (t.pk, t.nom if len(semblables) == 1 else f"{t.nom} ({t.get_type_display()})")
            for semblables in par_nom.values()
            for t in semblables
        )

    def _montant(self, etat: str, financeur: Financeur, *, seul: bool = False) -> ColonneJeu:
        hors = "" if financeur.dans_total else ", hors total"
        mot = "" if seul and etat == "accorde" else f", {ETATS_ECRITS[etat]}"
        return ColonneJeu(
            champ=nom_du_montant(etat, financeur.pk),
            titre=f"{financeur.sigle}{mot}{hors}",
            genre=Genre.MONTANT,
            aide=AIDE_MONTANT
            if etat != "accorde"
            else f"Accordé, en euros. {AIDE_MONTANT.partition('. ')[2]}",
            largeur=15,
        )

    def _total(self, etat: str) -> ColonneJeu:
        return ColonneJeu(
            champ=f"total:{etat}",
            titre="TOTAL PDV",
            genre=Genre.MONTANT,
            aide=AIDE_TOTAL,
            calculee=True,
            somme_de=tuple(nom_du_montant(etat, f.pk) for f in self.financeurs if f.dans_total),
            largeur=15,
        )

    def _effectif(self, perimetre: str, sexe: str) -> ColonneJeu:
        mots = "Personnes" if sexe == "T" else SEXES[sexe]
        return ColonneJeu(
            champ=nom_de_l_effectif(perimetre, sexe, None),
            titre=f"{mots} {PERIMETRES[perimetre]}".strip(),
            genre=Genre.ENTIER,
            aide=AIDE_NOMBRE,
            largeur=14,
        )

    # -- Rows --------------------------------------------------------------------------------------
    def objets(self, cles: Sequence[int] | None = None) -> list[Objet]:
        valeurs = valeurs_actuelles(self.campagne, cles)
        personnes, fourchettes, noms = self._personnes(), self._fourchettes(), self.registre.porteurs
        etats = self._etats()
        objets = []
        for pk in cles if cles is not None else valeurs:
            if pk not in valeurs:
                continue
            siennes, etat = valeurs[pk], etats[pk]
            objet = Objet(
                cle=etat["cle"],
                pk=pk,
                titre=f"{noms.get(siennes['porteur'], '')} – {siennes['intitule']}"[:500],
                valeurs=siennes,
                versions=f"{etat['version']}.{etat['bilan__version'] or 0}",
                retenu_par=self._retenue(pk, etat),
            )
            objet.calcules = self._calcules(objet, personnes.get(pk, {}), fourchettes.get(pk, {}), etat)
            if not self._bilan_ouvert(etat):
                objet.fermes = frozenset(noms_du_bilan(self.par_champ))
            objets.append(objet)
        return objets

    def _etats(self) -> dict[int, dict[str, Any]]:
        lues = ActionAnnuelle.objects.filter(campagne=self.campagne).order_by("pk")
        colonnes = ("pk", "cle", "version", "statut", "bilan", "bilan__version", "bilan__statut")
        return {etat["pk"]: etat for etat in lues.values(*colonnes)}

    def _bilan_ouvert(self, etat: Mapping[str, Any]) -> bool:
        if etat["bilan"] is not None:
            return etat["bilan__statut"] in PEUT_S_ECRIRE
        return etat["statut"] not in ActionAnnuelle.STATUTS_SANS_BILAN

    def _personnes(self) -> dict[int, dict[str, Json]]:
        """The people of each bilan as its grid adds them up, by field."""
        bilans = Bilan.objects.filter(action_annuelle__campagne=self.campagne).avec_effectifs().order_by("pk")
        return {
            annuelle: {ENSEMBLES["total"]: toutes, ENSEMBLES["qpv"]: du_qpv}
            for annuelle, toutes, du_qpv in bilans.values_list(
                "action_annuelle", "personnes", "personnes_qpv"
            )
        }

    def _fourchettes(self) -> dict[int, dict[str, Json]]:
        """The numbers of people that are ranges: shown, and left to the grid."""
        lus = Effectif.objects.filter(
            bilan__action_annuelle__campagne=self.campagne,
            mesure=Effectif.Mesure.PERSONNES,
            tranche=None,
            valeur=None,
        ).order_by("pk")
        index: dict[int, dict[str, Json]] = defaultdict(dict)
        for annuelle, perimetre, sexe, bas, haut in lus.values_list(
            "bilan__action_annuelle", "perimetre", "sexe", "valeur_min", "valeur_max"
        ):
            index[annuelle][nom_de_l_effectif(perimetre, sexe, None)] = f"{bas} à {haut}"
        return index

    def _calcules(
        self,
        objet: Objet,
        personnes: Mapping[str, Json],
        fourchettes: Mapping[str, Json],
        etat: Mapping[str, Any],
    ) -> dict[str, Json]:
        calcules: dict[str, Json] = {}
        for nom in ENSEMBLES.values():
            if nom not in objet.valeurs and personnes.get(nom) is not None:
                calcules[nom] = personnes[nom]
        calcules |= fourchettes
        for nom in self.par_champ:
            famille, _, reste = nom.partition(":")
            financeur = reste.rpartition(":")[2]
            if famille == "montant" and (objet.pk, int(financeur)) in self.rapprochement.lignes_multiples:
                calcules[nom] = objet.valeurs.get(nom)
        if "etat_bilan" in self.par_champ:
            statut = etat["bilan__statut"] or (Bilan.Statut.A_SAISIR if self._bilan_ouvert(etat) else None)
            calcules["etat_bilan"] = Bilan.Statut(statut).label if statut else "Aucun bilan attendu"
        for colonne in self.colonnes:
            if colonne.somme_de:
                connus = (objet.valeurs.get(nom) for nom in colonne.somme_de)
                calcules[colonne.champ] = _somme(connus)
        return {nom: valeur for nom, valeur in calcules.items() if nom in self.par_champ}

    # -- Leaving the programme ---------------------------------------------------------------------
    def _retenue(self, pk: int, etat: Mapping[str, Any]) -> str | None:
        if etat["bilan__statut"] not in (None, Bilan.Statut.A_SAISIR) or pk in self._bilans_entames:
            return "Absente du classeur ; elle reste au programme, car son bilan est commencé."
        if pk in self._payees:
            return "Absente du classeur ; elle reste au programme, car un versement y est rattaché."
        return None

    @cached_property
    def _bilans_entames(self) -> set[int]:
        """The actions whose bilan holds something, whatever its state: a number, a file, a remark."""
        entames: set[int] = set()
        for modele in (Effectif, PieceJointe, Commentaire):
            siens: Any = modele._base_manager.filter(bilan__action_annuelle__campagne=self.campagne)
            entames |= set(siens.order_by().values_list("bilan__action_annuelle", flat=True))
        return entames

    @cached_property
    def _payees(self) -> set[int]:
        versements = Versement.objects.filter(ligne__action_annuelle__campagne=self.campagne)
        return set(versements.order_by().values_list("ligne__action_annuelle", flat=True))

    # -- Reading -----------------------------------------------------------------------------------
    def resoudre(self, colonne: ColonneJeu, brut: Json) -> Json:
        if brut is not None and colonne.champ == "territoires":
            return self._resoudre_territoires(colonne, brut)
        return super().resoudre(colonne, brut)

    def _resoudre_territoires(self, colonne: ColonneJeu, texte: str) -> Json:
        noms = [nom.strip() for nom in texte.replace("\n", ";").split(";") if nom.strip()]
        if normaliser(texte) in colonne.par_libelle:
            noms = [texte]
        connus = self.rapprochement.referentiel.territoires
        cles = []
        for nom in noms:
            cle = colonne.par_libelle.get(normaliser(nom), connus.get(normaliser(nom)))
            if cle is None:
                raise ValeurRefusee(f"« {nom[:80]} » n'est pas un territoire du contrat.")
            cles.append(cle)
        return sorted(set(cles)) or None

    def choisir(self, colonne: ColonneJeu, texte: str) -> Json:
        if normaliser(texte) not in colonne.par_libelle:
            autre = self._autrement(colonne.champ, texte)
            if autre is not None:
                return autre
        return super().choisir(colonne, texte)

    def _autrement(self, champ: str, texte: str) -> Json:
        """Return what another known name means: an alias of a porteur, the label of an axe, None for nothing."""
        referentiel = self.rapprochement.referentiel
        if champ == "porteur":
            porteur = referentiel.porteur(texte)
            return porteur.pk if porteur is not None else None
        if champ == "axe":
            axe = referentiel.axe([texte])
            return axe.pk if axe is not None else None
        return None

    def comparer(
        self, ligne: LigneImport, objet: Objet, nouvelles: ValeursJson, cellules: Mapping[str, str]
    ) -> Comparaison:
        """Return the changes, checked as those of any table are, and by what several fields say together."""
        regles = self.rapprochement
        changements = [
            self.changement(champ, objet.valeurs.get(champ), valeur, cellules[champ])
            if champ in self.par_champ
            # an estimate goes with its number
            else regles.changement(champ, None, valeur, cellules[champ])
            for champ, valeur in nouvelles.items()
        ]
        rangee = Rangee(ligne, {}, annuelle=objet.pk, valeurs=dict(nouvelles), cellules=dict(cellules))
        return Comparaison(regles.verifier(rangee, objet.valeurs, changements), rangee.problemes)

    # -- Rows to add -------------------------------------------------------------------------------
    def preparer_les_ajouts(self, import_: ImportTableur, lignes: Sequence[LigneImport]) -> None:
        """Have the new rows go through the comparison of any table: the same questions, the same checks."""
        Rapprochement(import_).rapprocher(lignes)

    def valeurs_d_ajout(self, bruts: Mapping[str, Mapping[str, Any]], rang: int) -> dict[str, Any]:
        """Return the cells of a new row as the comparison of tables takes them (`cellules`)."""
        lues = dict(self._en_lue(self.par_champ[champ], cellule) for champ, cellule in bruts.items())
        return {"lues": lues, "rang": rang, "signalements": [], "douteux": None, "totaux": []}

    def _en_lue(self, colonne: ColonneJeu, cellule: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        champ, brut = colonne.champ, cellule["brut"]
        lue: dict[str, Any] = {"cellule": cellule["cellule"]}
        if cellule["illisible"]:
            return self._nom_lu(champ), {**lue, "illisible": cellule["illisible"], "texte": str(brut or "")}
        if champ in ("type", "statut"):
            try:
                return champ, {**lue, "lu": self.choisir(colonne, brut), "texte": brut}
            except ValeurRefusee as refus:
                return champ, {**lue, "illisible": str(refus), "texte": brut}
        return self._nom_lu(champ), {**lue, "lu": brut}

    def _nom_lu(self, champ: str) -> str:
        """Return the name under which the comparison of tables knows a field."""
        if champ == "axe":
            return "axe_1"
        famille, _, reste = champ.partition(":")
        if famille != "montant":
            return champ
        etat, _, cle = reste.partition(":")
        financeur = self.registre.financeurs[int(cle)]
        for nom in (financeur.sigle, financeur.nom):
            connu = self.rapprochement.referentiel.financeur(nom)
            if connu is not None and connu.pk == financeur.pk:
                return f"montant:{etat}:{nom}"
        return f"montant:{etat}:{financeur.nom}"

    def existe(self, valeurs: ValeursJson) -> bool:
        identite = str(valeurs["porteur"]), normaliser(valeurs["intitule"])
        semblables = self.rapprochement.annees_par_identite.get(identite, ())
        return any(annee.dispositif == valeurs.get("dispositif") for annee in semblables)

    def appliquer(self, import_: ImportTableur, auteur: Utilisateur, journal: Journal, motif: str) -> None:
        _Application(import_, auteur, journal, motif).faire()


class JeuBilans(JeuActions):
    """The bilans of the year: what was done, who came."""

    slug = "bilans"
    titre = "Bilans"
    s_ajoute = False
    fixes = ("intitule", "porteur")
    REFUS_D_AJOUT = (
        "Cette ligne n'est pas une action du classeur d'origine : ajoutez d'abord l'action, depuis la page Actions ou "
        "le classeur des actions."
    )

    def composer(self) -> tuple[ColonneJeu, ...]:
        etat = ColonneJeu(
            champ="etat_bilan", titre="État du bilan", aide="Un bilan validé est fermé.", calculee=True
        )
        debut, suite = DU_SUIVI[:2], DU_SUIVI[2:]
        effectifs = [self._effectif(p, sexe) for p in PERIMETRES for sexe in ("T", "F", "H", "N")]
        return (
            *map(self._colonne, ("intitule", "porteur")),
            etat,
            *map(self._colonne, debut),
            *effectifs,
            *map(self._colonne, suite),
        )


class JeuFinancements(JeuActions):
    """The money of the year: every state of every funder."""

    slug = "financements"
    titre = "Financements"
    s_ajoute = False
    fixes = ("intitule", "porteur")
    REFUS_D_AJOUT = JeuBilans.REFUS_D_AJOUT

    def composer(self) -> tuple[ColonneJeu, ...]:
        dedans = [self._montant(etat, f) for f in self.financeurs if f.dans_total for etat in ETATS_ECRITS]
        dehors = [
            self._montant(etat, f) for f in self.financeurs if not f.dans_total for etat in ETATS_ECRITS
        ]
        budgets = ("budget:previsionnel", "budget:realise")
        return (
            *map(self._colonne, ("intitule", "porteur")),
            *dedans,
            self._total("accorde"),
            *dehors,
            *map(self._colonne, budgets),
        )


class JeuSynthese(JeuActions):
    """The annex « synthese »: a column for each field that its « descriptif » brings together."""

    slug = "annexe-synthese"
    titre = "Synthèse des actions"
    s_ajoute = False
    REFUS_D_AJOUT = JeuBilans.REFUS_D_AJOUT

    def composer(self) -> tuple[ColonneJeu, ...]:
        return tuple(map(self._colonne, ("intitule", "porteur", *RECIT, "motif", "description")))


class JeuParPorteur(JeuActions):
    """The annex « porteurs »: its columns, the narrative field by field, the money in the state that it shows."""

    slug = "annexe-porteurs"
    titre = "Bilan par porteur"
    OPTIONS = ("montant",)
    s_ajoute = False
    REFUS_D_AJOUT = JeuBilans.REFUS_D_AJOUT

    def composer(self) -> tuple[ColonneJeu, ...]:
        etat = self.options.get("montant", "accorde")
        etat = etat if etat in ETATS_ECRITS else "accorde"
        return (
            *map(self._colonne, ("porteur", "intitule", "axe", *RECIT, "motif")),
            self._effectif("qpv", "T"),
            *map(self._colonne, ("bilan.type_public", "bilan.moyens", *PERSONNELS)),
            *(self._montant(etat, f, seul=True) for f in self.financeurs if f.dans_total),
            self._total(etat),
            *(self._montant(etat, f, seul=True) for f in self.financeurs if not f.dans_total),
        )


# -- Checks ----------------------------------------------------------------------------------------
class _Regles(Rapprochement):
    """The checks that any table goes through, and those that only a workbook of Pilotis meets."""

    def verifier(
        self, rangee: Rangee, actuelles: ValeursJson, changements: list[dict[str, Any]]
    ) -> list[dict[str, Any]]:
        """Return the changes that may be written; the problems are in `rangee`."""
        self._refuser_les_impossibles(rangee, actuelles)
        gardes = self._verifier_le_bilan(rangee, changements)
        self._verifier_les_ensembles(rangee, actuelles, gardes)
        self._verifier_les_motifs(rangee, {**actuelles, **rangee.valeurs})
        self._verifier_l_unicite(rangee, {**actuelles, **rangee.valeurs})
        return gardes

    def _verifier_les_motifs(self, rangee: Rangee, apres: ValeursJson) -> None:
        changees = rangee.valeurs
        motive = apres.get("statut") in ActionAnnuelle.STATUTS_MOTIVES
        if {"statut", "motif"} & set(changees) and motive and not apres.get("motif"):
            rangee.signaler(
                "bloquant",
                "Indiquez le motif : une action refusée, ajournée, reportée ou abandonnée doit être expliquée.",
                "Écrivez-le dans la colonne « Motif », puis déposez à nouveau le classeur.",
                cellule=rangee.cellules.get("statut", rangee.cellules.get("motif", "")),
            )
        annee = self.annees[rangee.annuelle or 0]
        if annee.bilan not in Bilan.STATUTS_EN_LECTURE or not noms_du_bilan(changees):
            return
        if apres.get("bilan.realisation") is None:
            rangee.signaler(
                "bloquant",
                "Ce bilan est transmis : il doit dire si l'action a été réalisée.",
                "Choisissez une valeur dans la colonne « L'action a été ».",
                cellule=rangee.cellules.get("bilan.realisation", ""),
            )
        elif apres["bilan.realisation"] in Bilan.REALISATIONS_MOTIVEES and not apres.get(
            "bilan.motif_non_realisation"
        ):
            rangee.signaler(
                "bloquant",
                "Indiquez pourquoi l'action n'a pas eu lieu ou a été reportée.",
                "Écrivez-le dans la colonne « Motif de non-réalisation ».",
                cellule=rangee.cellules.get("bilan.realisation", ""),
            )
        debut, fin = apres.get("bilan.date_debut"), apres.get("bilan.date_fin")
        if debut and fin and fin < debut:
            rangee.signaler(
                "bloquant",
                "L'action finirait avant d'avoir commencé : vérifiez les deux dates du bilan.",
                "Corrigez l'une des deux.",
                cellule=rangee.cellules.get("bilan.date_fin", rangee.cellules.get("bilan.date_debut", "")),
            )

    def _verifier_l_unicite(self, rangee: Rangee, apres: ValeursJson) -> None:
        dites = [nom for nom in ("intitule", "porteur", "dispositif") if nom in rangee.valeurs]
        if not dites or apres.get("intitule") is None:
            return
        semblables = self.annees_par_identite.get((str(apres["porteur"]), normaliser(apres["intitule"])), ())
        if any(
            autre.pk != rangee.annuelle and autre.dispositif == apres.get("dispositif")
            for autre in semblables
        ):
            rangee.signaler(
                "bloquant",
                "Une autre ligne de l'année a déjà ce porteur, cet intitulé et ce dispositif.",
                "Précisez l'intitulé, ou choisissez un autre dispositif si l'action a eu lieu deux fois.",
                cellule=rangee.cellules[dites[0]],
            )


# -- Writing ---------------------------------------------------------------------------------------
class _Application(Application):
    """Writes the retained rows as those of any table; takes away those that were asked to go."""

    def faire(self) -> None:
        retirees = [ligne for ligne in self.lignes if ligne.categorie == Categorie.SUPPRIMEE]
        self.lignes = [ligne for ligne in self.lignes if ligne.categorie != Categorie.SUPPRIMEE]
        self._creer_les_porteurs()
        self._creer_les_axes()
        self._creer_les_territoires()
        self._ecrire_les_actions()
        for ligne in retirees:
            self._retirer(ligne)

    def _retirer(self, ligne: LigneImport) -> None:
        """Delete an action of the year and everything that hangs from it, what hangs first."""
        annuelle = (
            ActionAnnuelle.objects.select_for_update(of=("self",))
            .select_related("action")
            .get(pk=ligne.annuelle_id)
        )
        bilan = Bilan.objects.filter(action_annuelle=annuelle).select_for_update(no_key=True).first()
        try:
            for racine in (bilan, annuelle):
                if racine is not None:
                    self._supprimer(racine, ligne)
        except ProtectedError as erreur:
            raise OperationRefusee(
                f"« {annuelle.action.intitule} » ne peut pas être retirée du programme : autre chose en dépend. "
                "Laissez cette ligne de côté, ou passez l'action à l'état « Abandonnée »."
            ) from erreur

    def _supprimer(self, racine: Bilan | ActionAnnuelle, ligne: LigneImport) -> None:
        chute: Any = Collector(using=router.db_for_write(type(racine)))
        chute.collect([racine])
        chute.sort()
        suite = [objet for lot in chute.fast_deletes for objet in lot]
        suite += [objet for instances in chute.data.values() for objet in instances]
        detaches = [objet for lots in chute.field_updates.values() for lot in lots for objet in lot]
        self.journal.modifier([o for o in detaches if type(o) not in SANS_POIDS], ligne.pk)
        for objet in suite:
            self.journal.supprimer([objet], ligne.pk)
            signer(objet, self.auteur, self.motif)
            objet.delete()


def _titre(nom: str, libelle: str) -> str:
    """Return the title of a column; what a bilan says under the name of a field of the fiche is told apart."""
    titres = {
        "intitule": "Intitulé de l'action",
        "bilan.realisation": "L'action a été",
        "bilan.motif_non_realisation": "Motif de non-réalisation",
        "bilan.moyens": "Moyens humains et matériels mobilisés",
        "bilan.date_debut": "Début réel",
        "bilan.date_fin": "Fin réelle",
    }
    return titres.get(nom, capfirst(libelle))


def _somme(montants: Iterable[Json]) -> Json:
    total = additionner(Decimal(montant) for montant in montants if montant is not None)
    return None if total is None else montant_json(total)
