"""Workbooks of Pilotis: what leaves to be changed in Excel, and what comes back, compared cell by cell with what left.

Three things are compared for each cell: what it was (its fingerprint, in the workbook), what it says now, what Pilotis
holds now. Changed in the workbook alone, it is a change; on both sides, a conflict that a person settles; the rest is
nothing. Decision 0015.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, BinaryIO

from django.utils import timezone

from comptes.models import Utilisateur
from comptes.templatetags.typographie import insecables, pluriel
from documents.rendu_modifiable import (
    CelluleRevenue,
    ClasseurModifiable,
    ClasseurRevenu,
    LigneModifiable,
    LigneRevenue,
    ReperesPerdus,
    est_modifiable,
    relire_modifiable,
    rendre_modifiable,
)
from documents.tableurs import Classeur, FichierRefuse
from documents.tableurs.messages import avertir

from ..models import ImportTableur, LigneImport
from ..operations.etats import OperationRefusee
from .genres import declarer
from .jeux import (
    CALCULEE,
    ColonneJeu,
    Jeu,
    Lu,
    Objet,
    ValeurRefusee,
    a_ecrire,
    bloquant,
    brut_de,
    cellule_de,
    empreinte,
    lire_cellule,
    retenus,
)
from .jeux_actions import JeuActions, JeuBilans, JeuFinancements, JeuParPorteur, JeuSynthese
from .jeux_autres import JeuEnjeux, JeuPorteurs
from .journal import Journal
from .lecture import avancer, conclure, enregistrer
from .rapprochement import choix, probleme, question
from .valeurs import Json, ValeursJson, nom_de_l_estimation

Statut, Categorie = ImportTableur.Statut, LigneImport.Categorie
JEUX: dict[str, type[Jeu]] = {
    jeu.slug: jeu
    for jeu in (
        *(JeuActions, JeuBilans, JeuFinancements, JeuPorteurs),
        *(JeuSynthese, JeuParPorteur, JeuEnjeux),
    )
}
LIGNES_LIBRES = 60
PAS = 250
NOMMEES = 3
PERIMEES_DITES = 4
# Beyond, a value is cut in the words of a choice.
COURT = 80
CONSIGNE = (
    "Cases blanches : à compléter ou à corriger. Cases grises : calculées, ou fermées. Enregistrez, puis déposez ce "
    "classeur dans Pilotis, page « Imports » : seules vos cases changées seront reprises."
)
CONSIGNE_TRI = (
    "Si Excel refuse de trier ou de supprimer des lignes : menu Révision, « Ôter la protection de la feuille », sans "
    "mot de passe."
)
CONSIGNE_AJOUT = "Pour ajouter : une ligne vide, sous les autres. "


# -- Leaving ---------------------------------------------------------------------------------------
def exporter(jeu: Jeu, cles: Sequence[int] | None, sortie: BinaryIO) -> None:
    """Write the workbook of these rows, in this order; all of them for None. Raises ErreurRendu."""
    contrat, objets = jeu.campagne.contrat, jeu.objets(cles)
    ajout = CONSIGNE_AJOUT if jeu.s_ajoute else ""
    annee = f" {jeu.campagne.annee}" if jeu.de_l_annee else ""
    remplis = {champ for objet in objets for champ in objet.valeurs}
    rendre_modifiable(
        ClasseurModifiable(
            titre=f"{jeu.titre}{annee} – {contrat.nom_court}",
            nom=jeu.titre,
            consignes=(insecables(CONSIGNE), insecables(ajout + CONSIGNE_TRI)),
            colonnes=tuple(
                colonne.en_modifiable(etroite=colonne.champ not in remplis) for colonne in jeu.colonnes
            ),
            lignes=(_ligne(jeu, objet) for objet in objets),
            reperes={
                "jeu": jeu.slug,
                "contrat": contrat.slug,
                "annee": str(jeu.campagne.annee),
                "exporte_le": timezone.localtime().isoformat(timespec="seconds"),
                **jeu.options,
            },
            auteur=contrat.epci.nom,
            lignes_libres=LIGNES_LIBRES if jeu.s_ajoute else 0,
        ),
        sortie,
    )


def nom_du_fichier(jeu: Jeu) -> str:
    """Return « actions-2024-dole-2024-2030-a-modifier.xlsx »."""
    return f"{jeu.slug}-{jeu.campagne.annee}-{jeu.campagne.contrat.slug}-a-modifier.xlsx"


def _ligne(jeu: Jeu, objet: Objet) -> LigneModifiable:
    cellules, empreintes, verrous = [], [], set()
    for rang, colonne in enumerate(jeu.colonnes):
        calculee = colonne.champ in objet.calcules
        brut = (
            objet.calcules[colonne.champ] if calculee else brut_de(colonne, objet.valeurs.get(colonne.champ))
        )
        cellules.append(cellule_de(colonne, brut))
        empreintes.append((CALCULEE if calculee else "") + empreinte(brut))
        if calculee or colonne.champ in objet.fermes:
            verrous.add(rang)
    return LigneModifiable(objet.cle, (objet.versions, " ".join(empreintes)), cellules, frozenset(verrous))


# -- Coming back -----------------------------------------------------------------------------------
class TraitementRetour:
    """What an import of a workbook of Pilotis does its own way."""

    def reconnait(self, classeur: Classeur) -> bool:
        """Return whether the workbook was made here."""
        return est_modifiable(classeur)

    def lire(self, import_: ImportTableur, classeur: Classeur) -> None:
        """Compare the workbook with what left and with what Pilotis holds, and leave the import to be read over."""
        try:
            revenu = relire_modifiable(classeur)
        except ReperesPerdus as perdus:
            raise FichierRefuse(str(perdus)) from perdus
        jeu = _jeu_du_classeur(import_, revenu)
        import_.jeu, import_.structure = jeu.slug, {}
        import_.options = {**import_.options, "jeu": dict(jeu.options)}
        # The hidden sheets are ours, and a formula without a result is said at its cell.
        tus = avertir(list(classeur.feuilles), [])
        lus = [phrase for phrase in classeur.avertissements if phrase not in tus]
        import_.avertissements = list(dict.fromkeys([*import_.avertissements, *lus, *_avertir(revenu)]))
        _MiseEnAttente(import_, jeu, revenu).faire()

    def recalculer(self, import_: ImportTableur, lignes: Sequence[LigneImport]) -> None:
        """Compare these rows again; those to add all together, since two may be the same."""
        jeu = jeu_de(import_)
        comparaison = _Comparaison(jeu, import_.reponses)
        calculees = [ligne for ligne in lignes if not _est_un_ajout(ligne)]
        for ligne in calculees:
            comparaison.comparer(ligne)
        if len(calculees) < len(lignes):
            toutes = list(import_.lignes.order_by("ordre"))
            ajouts = [ligne for ligne in toutes if _est_un_ajout(ligne)]
            jeu.preparer_les_ajouts(import_, ajouts)
            autres = [ligne for ligne in toutes if ligne.numero is not None and not _est_un_ajout(ligne)]
            _refuser_les_copies(ajouts, {ligne.objet.partition(":")[2] for ligne in autres})
            calculees += ajouts
        enregistrer(calculees)

    def perimees(self, import_: ImportTableur) -> list[str]:
        """Say which values are no longer what the preview showed."""
        jeu = jeu_de(import_)
        objets = {objet.cle: objet for objet in jeu.objets()}
        dites = []
        for ligne in a_ecrire(import_):
            if not ligne.objet:
                dites += [f"« {ligne.titre} » a été créée"] if jeu.existe(retenus(ligne)) else []
                continue
            objet = objets.get(ligne.objet.partition(":")[2])
            if objet is None:
                dites.append(f"« {ligne.titre} » a été retirée")
                continue
            if ligne.categorie == Categorie.SUPPRIMEE and objet.retenu_par is not None:
                dites.append(f"« {ligne.titre} » ne peut plus être retirée")
            dites += [
                f"« {ligne.titre} », « {changement['libelle']} » n'est plus « {changement['ancien'] or 'vide'} »"
                for changement in ligne.changements
                if changement["retenu"]
                and changement["champ"] in jeu.par_champ
                and objet.valeurs.get(changement["champ"]) != changement["base"]
            ]
        return _dire_perimees(dites)

    def appliquer(self, import_: ImportTableur, auteur: Utilisateur, journal: Journal, motif: str) -> None:
        """Write the retained rows."""
        jeu_de(import_).appliquer(import_, auteur, journal, motif)


declarer(ImportTableur.Genre.RETOUR, TraitementRetour())


def jeu_de(import_: ImportTableur) -> Jeu:
    """Return the set that a workbook was made from."""
    return JEUX[import_.jeu](import_.campagne, import_.options.get("jeu", {}))


def _jeu_du_classeur(import_: ImportTableur, revenu: ClasseurRevenu) -> Jeu:
    """Return the set of a workbook. Raises OperationRefusee when it is another contract's, or another year's."""
    reperes, campagne = revenu.reperes, import_.campagne
    classe = JEUX.get(reperes.get("jeu", ""))
    if classe is None:
        raise OperationRefusee(
            "Ce classeur vient d'une autre version de Pilotis, qui ne sait plus le relire. Téléchargez-le à nouveau et "
            "recopiez-y vos changements."
        )
    contrat, annee = reperes.get("contrat", ""), reperes.get("annee", "")
    if contrat != campagne.contrat.slug:
        raise OperationRefusee(
            f"Ce classeur vient d'un autre contrat de ville ({contrat[:60]}) : déposez-le dans les imports de ce "
            "contrat."
        )
    if classe.de_l_annee and annee != str(campagne.annee):
        raise OperationRefusee(
            f"Ce classeur est celui de l'année {annee[:4]} : déposez-le dans les imports de {annee[:4]}."
        )
    return classe(campagne, {nom: reperes[nom] for nom in classe.OPTIONS if nom in reperes})


def _avertir(revenu: ClasseurRevenu) -> list[str]:
    phrases = []
    if revenu.absentes:
        n = len(revenu.absentes)
        phrases.append(
            f"{pluriel(n, 'colonne a disparu,colonnes ont disparu')} du classeur ou changé de titre "
            f"({_citer(revenu.absentes)}) : ce que Pilotis en sait ne change pas."
        )
    if revenu.ajoutees:
        n = len(revenu.ajoutees)
        phrases.append(
            f"{pluriel(n, 'colonne ajoutée,colonnes ajoutées')} au classeur ({_citer(revenu.ajoutees)}) : Pilotis ne "
            "les reprend pas."
        )
    return [insecables(phrase) for phrase in phrases]


def _citer(titres: Sequence[str]) -> str:
    cites = ", ".join(f"« {titre[:40]} »" for titre in titres[:NOMMEES])
    autres = len(titres) - NOMMEES
    return f"{cites} et {pluriel(autres, 'autre,autres')}" if autres > 0 else cites


def _dire_perimees(dites: Sequence[str]) -> list[str]:
    if not dites:
        return []
    autres = len(dites) - PERIMEES_DITES
    suite = f" ; et {pluriel(autres, 'autre changement,autres changements')}" if autres > 0 else ""
    return [
        f"Depuis l'aperçu, Pilotis a changé : {' ; '.join(dites[:PERIMEES_DITES])}{suite}. Relisez le fichier pour "
        "comparer à nouveau."
    ]


def _est_un_ajout(ligne: LigneImport) -> bool:
    return bool(ligne.valeurs.get("ajout"))


# -- Comparing a row -------------------------------------------------------------------------------
class _Comparaison:
    """Compares the rows that have a key with what Pilotis holds."""

    def __init__(self, jeu: Jeu, reponses: Mapping[str, str]) -> None:
        self.jeu, self.reponses = jeu, reponses
        self.objets = {objet.cle: objet for objet in jeu.objets()}

    def comparer(self, ligne: LigneImport) -> None:
        """Compute what a row would change, what it asks and what is wrong in it; unsaved."""
        objet = self.objets[ligne.objet.partition(":")[2]]
        ligne.problemes = list(ligne.valeurs["signalements"])
        nouvelles, cellules, conflits = self._trier(ligne, objet)
        laissees = {champ for champ in conflits if self.reponses.get(_cle(objet, champ)) == "pilotis"}
        voulues = {champ: valeur for champ, valeur in nouvelles.items() if champ not in laissees}
        comparaison = self.jeu.comparer(ligne, objet, voulues, cellules)
        ligne.problemes += comparaison.problemes
        ligne.changements = [
            {
                **changement,
                "conflit": True,
                "actuel": self._montrer(changement["champ"], objet.valeurs.get(changement["champ"])),
            }
            if changement["champ"] in conflits
            else changement
            for changement in comparaison.changements
        ]
        ligne.questions = [
            *(self._demander(objet, champ, nouvelles[champ], cellules[champ]) for champ in conflits),
            *comparaison.questions,
        ]
        ligne.retenir_les_reponses(self.reponses)
        ligne.categorie = _categorie(ligne, {_cle(objet, champ) for champ in conflits})

    def _trier(self, ligne: LigneImport, objet: Objet) -> tuple[ValeursJson, dict[str, str], list[str]]:
        """Return the new values by field, the cells that say them, and the fields changed on both sides."""
        nouvelles: ValeursJson = {}
        cellules: dict[str, str] = {}
        conflits = []
        for champ, lue in ligne.valeurs["cellules"].items():
            colonne, actuelle = self.jeu.par_champ[champ], objet.valeurs.get(champ)
            try:
                valeur = self._resoudre(colonne, lue)
            except ValeurRefusee as refus:
                ligne.problemes.append(bloquant(ligne, f"{colonne.titre} : {refus}", lue["cellule"]))
                continue
            if valeur == actuelle:
                continue
            nouvelles[champ], cellules[champ] = valeur, lue["cellule"]
            if empreinte(brut_de(colonne, actuelle)) != lue["base"]:
                conflits.append(champ)
            if lue["estimation"] and champ.startswith("effectif:"):
                estimation = nom_de_l_estimation(champ)
                nouvelles[estimation], cellules[estimation] = True, lue["cellule"]
        return nouvelles, cellules, conflits

    def _resoudre(self, colonne: ColonneJeu, lue: Mapping[str, Any]) -> Json:
        if lue["illisible"]:
            raise ValeurRefusee(lue["illisible"])
        valeur = self.jeu.resoudre(colonne, lue["brut"])
        if valeur is None and colonne.obligatoire:
            raise ValeurRefusee("cette case ne peut pas être vide.")
        return valeur

    def _montrer(self, champ: str, valeur: Json) -> str:
        return self.jeu.afficher(self.jeu.par_champ[champ], valeur)

    def _demander(self, objet: Objet, champ: str, valeur: Json, cellule: str) -> dict[str, Any]:
        titre = self.jeu.par_champ[champ].titre
        dans_pilotis = _court(self._montrer(champ, objet.valeurs.get(champ)))
        dans_le_classeur = _court(self._montrer(champ, valeur))
        return question(
            _cle(objet, champ),
            f"{titre} : la case a changé dans le classeur, et aussi dans Pilotis depuis l'export. Que garder ?",
            cellule,
            [
                choix("pilotis", f"Ce que dit Pilotis : {dans_pilotis}"),
                choix("classeur", f"Ce que dit le classeur : {dans_le_classeur}"),
            ],
        )


def _cle(objet: Objet, champ: str) -> str:
    return f"conflit:{objet.cle}:{champ}"


def _court(texte: str) -> str:
    if not texte:
        return "(vide)"
    return f"« {texte} »" if len(texte) <= COURT else f"« {texte[:COURT]}… »"


def _categorie(ligne: LigneImport, conflits: set[str]) -> str:
    ouvertes = {q["cle"] for q in ligne.questions if q["cle"] not in ligne.reponses}
    if any(ligne.reponses.get(q["cle"]) == "ignorer" for q in ligne.questions):
        return Categorie.IGNOREE
    if any(p["gravite"] == "bloquant" for p in ligne.problemes):
        return Categorie.REFUSEE
    if ouvertes & conflits:
        return Categorie.CONFLIT
    if ouvertes:
        return Categorie.A_DECIDER
    return Categorie.MODIFIEE if ligne.changements else Categorie.INCHANGEE


# -- Staging ---------------------------------------------------------------------------------------
class _MiseEnAttente:
    """Keeps the rows of a workbook that came back in the import, compared."""

    def __init__(self, import_: ImportTableur, jeu: Jeu, revenu: ClasseurRevenu) -> None:
        self.import_, self.jeu, self.revenu = import_, jeu, revenu
        self.comparaison = _Comparaison(jeu, import_.reponses)
        self.objets = self.comparaison.objets
        self.lignes: list[LigneImport] = []

    def faire(self) -> None:
        """Stage everything, and leave the import to be read over."""
        import_ = self.import_
        import_.a_faire = len(self.revenu.lignes)
        avancer(import_, 0)
        self._lire_les_lignes()
        import_.fait, import_.totaux, import_.absentes = import_.a_faire, [], ""
        conclure(import_, Statut.A_RELIRE, self.lignes)

    def _lire_les_lignes(self) -> None:
        premieres: dict[str, int] = {}
        fois = Counter(ligne.cle for ligne in self.revenu.lignes if ligne.cle)
        absentes = {cle for cle in self.revenu.souvenirs if cle in self.objets}
        ajouts: list[LigneImport] = []
        for rang, revenue in enumerate(self.revenu.lignes, 1):
            if rang % PAS == 0:
                avancer(self.import_, rang)
            if not revenue.cle:
                if ligne := self._ajout(revenue, len(ajouts) + 1):
                    ajouts.append(ligne)
                continue
            premiere = premieres.setdefault(revenue.cle, revenue.numero)
            if fois[revenue.cle] > 1:
                absentes.discard(revenue.cle)
                autre = premiere if premiere != revenue.numero else None
                self._refuser(revenue, _en_double(revenue, autre))
            elif refus := self._inconnue(revenue.cle):
                self._refuser(revenue, refus)
            elif not self._effacee(revenue):
                absentes.discard(revenue.cle)
                self._comparer(revenue)
        presentes = {revenue.cle for revenue in self.revenu.lignes} - absentes
        self._ajouter(ajouts, presentes)
        retrouvees = {ligne.objet.partition(":")[2] for ligne in ajouts if ligne.objet}
        for cle in self.revenu.souvenirs:
            if cle in absentes - retrouvees:
                self._dire_absente(self.objets[cle])

    def _nouvelle(self, numero: int | None, titre: str, categorie: str, **champs: Any) -> LigneImport:
        ligne = LigneImport(
            import_tableur=self.import_,
            ordre=len(self.lignes),
            feuille=self.revenu.feuille[:100],
            numero=numero,
            categorie=categorie,
            titre=titre[:500],
            **champs,
        )
        self.lignes.append(ligne)
        return ligne

    def _d_un_objet(self, objet: Objet, numero: int | None, categorie: str, **champs: Any) -> LigneImport:
        return self._nouvelle(
            numero,
            objet.titre,
            categorie,
            objet=f"{self.jeu.prefixe}:{objet.cle}",
            annuelle_id=objet.pk if self.jeu.prefixe == "annuelle" else None,
            **champs,
        )

    # -- A row with a key --------------------------------------------------------------------------
    def _inconnue(self, cle: str) -> str:
        """Return why a key means nothing here, empty when it does."""
        if cle in self.objets and cle in self.revenu.souvenirs:
            return ""
        if cle in self.revenu.souvenirs:
            return "Cette ligne n'est plus dans Pilotis : elle en a été retirée depuis l'export."
        return "Le repère de cette ligne n'est pas de ce classeur : elle vient sans doute d'un autre."

    def _refuser(self, revenue: LigneRevenue, phrase: str) -> None:
        objet = self.objets.get(revenue.cle)
        titre = objet.titre if objet else self._titre(revenue)
        ligne = self._nouvelle(revenue.numero, titre, Categorie.REFUSEE, valeurs=SANS_CELLULE)
        remede = (
            "Pour ajouter une ligne, recopiez ses cases sur une ligne vide, sous les autres."
            if self.jeu.s_ajoute
            else "Supprimez cette ligne du classeur, ou laissez-la de côté."
        )
        ligne.problemes = [bloquant(ligne, phrase, "", remede)]

    def _titre(self, revenue: LigneRevenue) -> str:
        textes = (str(cellule.valeur) for cellule in revenue.cellules.values() if cellule.valeur)
        return next(textes, f"Ligne {revenue.numero}")

    def _effacee(self, revenue: LigneRevenue) -> bool:
        """Whether nothing is left in a row, its title included: the same as taking it away.

        A row that still says which it is has cells that were emptied: each is a change of its own.
        """
        dits = [valeur for valeur in self.objets[revenue.cle].valeurs.values() if valeur is not None]
        return bool(dits) and all(
            cellule.valeur is None and not cellule.erreur for cellule in revenue.cellules.values()
        )

    def _comparer(self, revenue: LigneRevenue) -> None:
        objet = self.objets[revenue.cle]
        ligne = self._d_un_objet(objet, revenue.numero, Categorie.INCHANGEE)
        ligne.valeurs = {"cellules": {}, "signalements": []}
        bases = self._bases(revenue.cle)
        for colonne in self.jeu.colonnes:
            cellule = revenue.cellules.get(colonne.champ)
            base = bases.get(colonne.champ)
            if cellule is not None and base is not None:
                self._regarder(ligne, colonne, cellule, base)
        self.comparaison.comparer(ligne)

    def _bases(self, cle: str) -> dict[str, str]:
        """Return the fingerprints of a row when it left, by field, in the order of the columns then."""
        _, empreintes, *_ = (*self.revenu.souvenirs[cle], "", "")
        return dict(zip(self.revenu.colonnes, empreintes.split(), strict=False))

    def _regarder(self, ligne: LigneImport, colonne: ColonneJeu, cellule: CelluleRevenue, base: str) -> None:
        """Keep in the row what a cell says, when it is not what it said."""
        lu = self._lire(colonne, cellule)
        if colonne.calculee or base.startswith(CALCULEE):
            texte = lu.brut if not lu.illisible else str(cellule.valeur)
            if not cellule.formule and empreinte(texte) != base.removeprefix(CALCULEE):
                ligne.valeurs["signalements"].append(_ignoree(ligne, colonne, cellule))
            return
        if lu.illisible or empreinte(lu.brut) != base:
            ligne.valeurs["cellules"][colonne.champ] = {**_en_json(lu, cellule), "base": base}

    def _lire(self, colonne: ColonneJeu, cellule: CelluleRevenue) -> Lu:
        return lire_cellule(colonne, cellule, self.import_.campagne.annee)

    def _dire_absente(self, objet: Objet) -> None:
        retirable = objet.retenu_par is None
        categorie = Categorie.SUPPRIMEE if retirable else Categorie.INCHANGEE
        ligne = self._d_un_objet(objet, None, categorie, valeurs=SANS_CELLULE)
        phrase = self.jeu.RETRAIT if retirable else objet.retenu_par or ""
        ligne.problemes = [probleme(ligne, "info", phrase)]

    # -- A row to add ------------------------------------------------------------------------------
    def _ajout(self, revenue: LigneRevenue, rang: int) -> LigneImport | None:
        """Return the row of the import for a row without a key; None when nothing is typed in it."""
        bruts = {}
        for colonne in self.jeu.colonnes:
            cellule = revenue.cellules.get(colonne.champ)
            if cellule is None or colonne.calculee:
                continue
            lu = self._lire(colonne, cellule)
            if lu.brut is not None or (lu.illisible and not cellule.sans_valeur):
                bruts[colonne.champ] = _en_json(lu, cellule)
        if not bruts:
            return None
        ligne = self._nouvelle(revenue.numero, self._titre(revenue), Categorie.REFUSEE)
        ligne.valeurs = {**self.jeu.valeurs_d_ajout(bruts, rang), "ajout": True}
        return ligne

    def _ajouter(self, ajouts: Sequence[LigneImport], presentes: set[str]) -> None:
        if not ajouts:
            return
        if not self.jeu.s_ajoute:
            for ligne in ajouts:
                ligne.valeurs = SANS_CELLULE
                ligne.problemes = [bloquant(ligne, self.jeu.REFUS_D_AJOUT, "", "")]
            return
        self.jeu.preparer_les_ajouts(self.import_, ajouts)
        _refuser_les_copies(ajouts, presentes)


SANS_CELLULE: dict[str, Any] = {"cellules": {}, "signalements": []}


def _refuser_les_copies(ajouts: Sequence[LigneImport], presentes: set[str]) -> None:
    """Refuse the rows to add that are an action of another row of the workbook."""
    for ligne in ajouts:
        if ligne.objet and ligne.objet.partition(":")[2] in presentes:
            ligne.categorie = Categorie.REFUSEE
            ligne.problemes.append(
                bloquant(
                    ligne,
                    "Cette action est déjà sur une autre ligne du classeur.",
                    "",
                    "Corrigez la ligne d'origine, ou précisez l'intitulé ou le dispositif de celle-ci.",
                )
            )


def _en_double(revenue: LigneRevenue, autre: int | None) -> str:
    ou = f"que la ligne {autre}" if autre is not None else "qu'une autre ligne"
    return f"La ligne {revenue.numero} a le même repère {ou} : elle en est sans doute la copie."


def _ignoree(ligne: LigneImport, colonne: ColonneJeu, cellule: CelluleRevenue) -> dict[str, Any]:
    return probleme(
        ligne,
        "info",
        f"{colonne.titre} : cette case est calculée, ou se change ailleurs ; le changement est ignoré.",
        cellule=cellule.adresse,
    )


def _en_json(lu: Lu, cellule: CelluleRevenue) -> dict[str, Any]:
    return {
        "brut": lu.brut,
        "illisible": lu.illisible,
        "estimation": lu.estimation,
        "cellule": cellule.adresse,
    }
