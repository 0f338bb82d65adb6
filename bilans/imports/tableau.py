"""Any town's table: recognised, staged row by row, compared, written. The kind of import that knows no other."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from django.db.models import Max, Q

from comptes.models import Utilisateur
from comptes.templatetags.typographie import accord, insecables, pluriel
from contrats.models import AliasTerritoire, Axe, Territoire
from documents.normalisation import normaliser
from documents.tableurs import Classeur
from financements.models import (
    AmbiguiteMontants,
    Financeur,
    LecturePossible,
    LigneFinancement,
    MontantLu,
    TotalControle,
)
from financements.operations import etat_de, trancher_montants
from porteurs.models import AliasPorteur, Porteur

from ..controles.montants_lus import enumerer
from ..models import CorrespondanceMemorisee, ImportTableur, LigneImport
from ..operations.etats import OperationRefusee
from . import champs
from .annonces import (
    LIBELLES_ANNONCES,
    Annonce,
    axes_annonces,
    lire_annonces,
    plausibles,
)
from .application import JAMAIS_ECRITES, RETENUES
from .cellules import Lecteur
from .champs import Confiance
from .constats import Constats
from .ecriture import Ecrivain, creer_en_nombre, verifier
from .genres import declarer
from .journal import LOT, Journal
from .lecture import avancer, conclure, enregistrer
from .lignes import LigneLue, NatureLigne, lire_lignes
from .rapprochement import ACTIONS_SEULES, Rapprochement, cle_de_l_annee, probleme
from .referentiel import Referentiel, type_du_financeur
from .structure import Structure, corriger, reconnaitre
from .totaux import lire_imprimes
from .totaux_du_tableau import TotauxDuTableau
from .valeurs import Json, Registre, valeurs_actuelles

Statut, Categorie, NatureImport = ImportTableur.Statut, LigneImport.Categorie, LigneImport.Nature
PERIMEES_DITES = 4
ABSENTES_DITES = 3
INCONNUES_DITES = 3
LONGUEUR_SIGLE = 40
CONTROLES = (NatureLigne.SOUS_TOTAL, NatureLigne.TOTAL, NatureLigne.PARTS, NatureLigne.ORPHELINE)
NATURES = {
    NatureLigne.SOUS_TOTAL: NatureImport.SOUS_TOTAL,
    NatureLigne.TOTAL: NatureImport.TOTAL,
    NatureLigne.ORPHELINE: NatureImport.TOTAL,
    NatureLigne.PARTS: NatureImport.PARTS,
    NatureLigne.TITRE: NatureImport.TITRE,
    NatureLigne.NOTE: NatureImport.NOTE,
}


class TraitementTableau:
    """What an import of any town's table does its own way."""

    def reconnait(self, classeur: Classeur) -> bool:
        """Any workbook may be a table."""
        return True

    # -- Reading -----------------------------------------------------------------------------------
    def lire(self, import_: ImportTableur, classeur: Classeur) -> None:
        """Recognise the table, then stage its rows, or stop at its columns when a person must say what they are."""
        structure = self._reconnaitre(import_, classeur)
        import_.structure = structure.to_dict()
        corrigee = corriger(structure, import_.correspondances)
        inconnues = [] if import_.options.get("confirmee") else _dire_les_inconnues(corrigee)
        import_.avertissements = _sans_doublons(
            [*import_.avertissements, *classeur.avertissements, *corrigee.avertissements, *inconnues]
        )
        if not corrigee.a_des_actions or self._a_confirmer(import_, structure):
            conclure(import_, Statut.COLONNES)
            return
        MiseEnAttente(import_, classeur, self._preciser(import_, corrigee)).faire()

    def _reconnaitre(self, import_: ImportTableur, classeur: Classeur) -> Structure:
        contrat = import_.campagne.contrat
        financeurs = Financeur.objects.filter(contrat=contrat).order_by("ordre", "pk")
        memoire = CorrespondanceMemorisee.objects.filter(contrat=contrat).order_by("pk")
        entete = import_.options.get("entete")
        return reconnaitre(
            classeur,
            financeurs=[nom for couple in financeurs.values_list("sigle", "nom") for nom in couple],
            memoire=dict(memoire.values_list("signature", "correspondances")),
            feuille=import_.options.get("feuille"),
            entete=(entete[0], entete[1]) if entete else None,
            niveaux=(contrat.niveau_1, contrat.niveau_2, contrat.niveau_3),
            annee=import_.campagne.annee,
        )

    def _a_confirmer(self, import_: ImportTableur, structure: Structure) -> bool:
        """Whether a person must look at the columns first: one that matters is doubtful, and nobody confirmed it."""
        if import_.options.get("confirmee"):
            return False
        lus = {colonne.champ for colonne in structure.colonnes}
        return structure.confiance.rang > Confiance.PROBABLE.rang or champs.PORTEUR not in lus

    def _preciser(self, import_: ImportTableur, structure: Structure) -> Structure:
        """Return the structure with « Thématique » as the second level of the axes, where that is what it is.

        A table that gives an axe and a thématique, in a contract whose own thématiques are not those of the State's
        nomenclature, speaks of the two levels of its axes (Bagnols).
        """
        if structure.des_champs("axe_2") or not structure.des_champs("axe_1"):
            return structure
        colonnes = structure.des_champs("thematique")
        if not colonnes:
            return structure
        niveaux = Axe.objects.filter(contrat=import_.campagne.contrat, niveau=2).exists()
        nationale = Referentiel(import_.campagne, Registre(import_.campagne)).thematiques
        connus = [
            exemple for exemple in colonnes[0].exemples if normaliser(exemple).replace(" ", "") in nationale
        ]
        if connus and not niveaux:
            return structure
        return replace(
            structure,
            colonnes=tuple(
                replace(colonne, champ="axe_2") if colonne is colonnes[0] else colonne
                for colonne in structure.colonnes
            ),
        )

    # -- Answers -----------------------------------------------------------------------------------
    def recalculer(self, import_: ImportTableur, lignes: Sequence[LigneImport]) -> None:
        """Compute these rows again, and those that become another action with them."""
        toutes = list(import_.lignes.filter(nature=NatureImport.ACTION).order_by("ordre"))
        rapprochement = Rapprochement(import_)
        calculees = rapprochement.rapprocher(toutes, {ligne.pk for ligne in lignes})
        Constats(rapprochement, toutes).ajouter(calculees)
        enregistrer(calculees)
        import_.absentes = _dire_les_absentes(rapprochement.absentes(toutes))
        self._comparer_les_totaux(import_, rapprochement, toutes)

    def _comparer_les_totaux(
        self, import_: ImportTableur, rapprochement: Rapprochement, actions: Sequence[LigneImport]
    ) -> None:
        """Compare the printed totals again: an answer changes what a row counts, and of whom it is."""
        autres = import_.lignes.exclude(nature=NatureImport.ACTION).order_by("ordre")
        lignes = sorted([*actions, *autres], key=lambda ligne: ligne.ordre)
        structure = self._preciser(
            import_, corriger(Structure.from_dict(import_.structure), import_.correspondances)
        )
        import_.totaux = TotauxDuTableau(rapprochement, structure).comparer(lignes)
        import_.save(update_fields=["totaux", "absentes"])
        imprimees = [ligne for ligne in lignes if ligne.valeurs.get("totaux")]
        enregistrer(imprimees, ["valeurs"])

    # -- Before writing ----------------------------------------------------------------------------
    def perimees(self, import_: ImportTableur) -> list[str]:
        """Say which values are no longer what the preview showed, and which actions came meanwhile."""
        lignes = list(_a_ecrire(import_))
        actuelles = valeurs_actuelles(import_.campagne)
        dites = [
            phrase
            for ligne in lignes
            if ligne.annuelle_id is not None
            for phrase in _changees(ligne, actuelles.get(ligne.annuelle_id))
        ]
        disparues = [ligne for ligne in lignes if ligne.objet and ligne.annuelle_id is None]
        dites += [f"l'action de la ligne {ligne.numero} a été retirée" for ligne in disparues]
        dites += self._deja_creees(import_, lignes, actuelles)
        if not dites:
            return []
        montrees = " ; ".join(dites[:PERIMEES_DITES])
        autres = len(dites) - PERIMEES_DITES
        suite = f" ; et {pluriel(autres, 'autre changement,autres changements')}" if autres > 0 else ""
        return [
            f"Depuis l'aperçu, Pilotis a changé : {montrees}{suite}. Relisez le fichier pour comparer à nouveau."
        ]

    def _deja_creees(
        self,
        import_: ImportTableur,
        lignes: Sequence[LigneImport],
        actuelles: Mapping[int, Mapping[str, Json]],
    ) -> list[str]:
        presentes = {
            (valeurs["porteur"], normaliser(valeurs["intitule"]), valeurs.get("dispositif"))
            for valeurs in actuelles.values()
        }
        phrases = []
        for ligne in lignes:
            if ligne.categorie != Categorie.CREEE:
                continue
            dites = {changement["champ"]: changement["valeur"] for changement in ligne.changements}
            porteur = dites.get("porteur")
            if isinstance(porteur, int):
                identite = (porteur, normaliser(dites.get("intitule", "")), dites.get("dispositif"))
                if identite in presentes:
                    phrases.append(f"l'action de la ligne {ligne.numero} a été créée")
        return phrases

    # -- Writing -----------------------------------------------------------------------------------
    def appliquer(self, import_: ImportTableur, auteur: Utilisateur, journal: Journal, motif: str) -> None:
        """Write the retained rows: what they name and that is new first, then the actions, then what is to settle."""
        Application(import_, auteur, journal, motif).faire()


declarer(ImportTableur.Genre.TABLEAU, TraitementTableau())


def _sans_doublons(phrases: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(phrases))


def _a_ecrire(import_: ImportTableur) -> Any:
    return (
        import_.lignes.filter(RETENUES, nature=NatureImport.ACTION)
        .exclude(categorie__in=JAMAIS_ECRITES)
        .order_by("ordre")
    )


def _changees(ligne: LigneImport, actuelles: Mapping[str, Json] | None) -> list[str]:
    if actuelles is None:
        return [f"l'action de la ligne {ligne.numero} a été retirée"]
    return [
        f"ligne {ligne.numero}, « {changement['libelle']} » n'est plus « {changement['ancien'] or 'vide'} »"
        for changement in ligne.changements
        if changement["retenu"]
        and changement["champ"] != "lecture"
        # An estimate has no value of its own: it goes with its number.
        and not changement["champ"].startswith("estimation:")
        and actuelles.get(changement["champ"]) != changement["base"]
    ]


def _dire_les_inconnues(structure: Structure) -> list[str]:
    """Return the sentence that names the columns that have a title and that nobody knows; nothing when all are."""
    titres = [
        colonne.titre
        for colonne in structure.colonnes
        if colonne.titre and colonne.exemples and colonne.confiance is Confiance.INCONNUE
    ]
    if not titres:
        return []
    cites = [f"« {titre[:LONGUEUR_SIGLE]} »" for titre in titres[:INCONNUES_DITES]]
    if autres := len(titres) - len(cites):
        cites.append("une autre" if autres == 1 else f"{autres} autres")
    verbe = accord(len(titres), "n'est pas reconnue,ne sont pas reconnues")
    suite = accord(len(titres), "elle est gardée,elles sont gardées")
    return [
        insecables(
            f"{pluriel(len(titres), 'colonne,colonnes')} {verbe} ({', '.join(cites)}) : {suite} en note, rien n'en "
            f"est repris. Dites ce qu'{accord(len(titres), 'elle contient,elles contiennent')} dans « Vérifier les "
            "colonnes »."
        )
    ]


def _dire_les_absentes(titres: Sequence[str]) -> str:
    """Return the sentence that names the first actions that the table does not have; nothing when it has all."""
    if not titres:
        return ""
    cites = [f"« {titre} »" for titre in titres[:ABSENTES_DITES]]
    autres = len(titres) - len(cites)
    if autres:
        cites.append("une autre" if autres == 1 else f"{autres} autres")
    debut = pluriel(len(titres), "action de l'année,actions de l'année")
    verbe = accord(len(titres), "n'y est pas,n'y sont pas")
    return insecables(
        f"{debut}, des porteurs de ce tableau, {verbe} : {enumerer(cites)}. L'import n'y touche pas."
    )


def _refuser_un_siret_commun(porteurs: Iterable[Porteur]) -> None:
    """Raise OperationRefusee when two porteurs to create have one SIRET: they are one structure, or one is wrong."""
    par_siret: dict[str, Porteur] = {}
    for porteur in porteurs:
        autre = par_siret.setdefault(porteur.siret, porteur) if porteur.siret else porteur
        if autre is not porteur:
            raise OperationRefusee(
                f"« {autre.nom} » et « {porteur.nom} » ont le même SIRET dans le tableau ({porteur.siret}). Si c'est "
                "la même structure, écrivez-la sous un seul nom ; sinon, corrigez l'un des deux numéros. Puis déposez "
                "le tableau de nouveau."
            )


def _sigle_libre(libelle: str, pris: set[str]) -> str:
    """Return the short name of a new funder, that no other has, and note it in `pris`, normalised.

    Two long labels may begin alike: « Direction régionale … (culture) », « Direction régionale … (sport) ».
    """
    sigle, rang = libelle[:LONGUEUR_SIGLE].strip(), 1
    while normaliser(sigle) in pris:
        rang += 1
        suite = f" ({rang})"
        sigle = f"{libelle[: LONGUEUR_SIGLE - len(suite)].strip()}{suite}"
    pris.add(normaliser(sigle))
    return sigle


def _ecarter_les_annonces_douteuses(lignes: Sequence[LigneImport], actions: int) -> None:
    """Take out of each row what is announced of something smaller than the table."""
    for ligne in lignes:
        lues = ligne.valeurs.get("annonces")
        if lues and not plausibles(map(Annonce.depuis, lues), actions):
            ligne.valeurs["annonces"] = []
            if ligne.categorie == Categorie.CONTROLE and not ligne.valeurs["totaux"]:
                ligne.categorie = Categorie.IGNOREE


# -- Staging ---------------------------------------------------------------------------------------
class MiseEnAttente:
    """Reads the rows of a table and keeps them in the import, compared, by batches that its progress counts."""

    def __init__(self, import_: ImportTableur, classeur: Classeur, structure: Structure) -> None:
        self.import_, self.structure = import_, structure
        self.feuille = next(feuille for feuille in classeur.feuilles if feuille.nom == structure.feuille)
        self.lecteur = Lecteur(
            structure, import_.campagne, vides_effacent=bool(import_.options.get("vides_effacent"))
        )
        self.rapprochement = Rapprochement(import_)

    def faire(self) -> None:
        """Stage everything, and leave the import to be read over."""
        import_ = self.import_
        lignes = self._lire()
        import_.a_faire = len(lignes)
        avancer(import_, 0)
        actions = [ligne for ligne in lignes if ligne.nature == NatureImport.ACTION]
        _ecarter_les_annonces_douteuses(lignes, len(actions))
        self.rapprochement.rapprocher(actions, avancer=lambda faites: avancer(import_, faites))
        constats = Constats(self.rapprochement, actions)
        constats.ajouter(actions)
        import_.totaux = TotauxDuTableau(self.rapprochement, self.structure).comparer(lignes)
        import_.fait = len(lignes)
        import_.avertissements = _sans_doublons(
            [*import_.avertissements, *self.lecteur.avertissements, *constats.avertissements]
        )
        import_.absentes = _dire_les_absentes(self.rapprochement.absentes(actions))
        conclure(import_, Statut.A_RELIRE, lignes)

    def _lire(self) -> list[LigneImport]:
        lignes: list[LigneImport] = []
        rang = 0
        par_paiement: dict[tuple[Any, ...], LigneImport] = {}
        for lue in lire_lignes(self.feuille, self.structure):
            if lue.nature in (NatureLigne.VIDE, NatureLigne.ENTETE, NatureLigne.SUITE):
                self._avertir(lue)
                continue
            if not lue.est_une_action:
                lignes.append(self._ligne_sans_action(lue, len(lignes)))
                continue
            ligne = self._ligne_d_action(lue, len(lignes), rang + 1)
            if self._completer(ligne, par_paiement):
                continue
            rang += 1
            lignes.append(ligne)
        return lignes

    def _avertir(self, lue: LigneLue) -> None:
        self.lecteur.avertissements += [
            insecables(signalement.phrase)
            for signalement in lue.signalements
            if lue.nature == NatureLigne.ENTETE
        ]

    def _completer(self, ligne: LigneImport, connues: dict[tuple[Any, ...], LigneImport]) -> bool:
        """Add to the row above what a row says of another funder of the same action; return whether it did.

        A table with a column « Financeur » has one row for each funder.
        """
        if not self.structure.des_champs(champs.FINANCEUR):
            return False
        lues = ligne.valeurs["lues"]
        identite = tuple(
            normaliser(str(lues.get(nom, {}).get("lu") or ""))
            for nom in ("porteur", "intitule", "dispositif")
        )
        premiere = connues.setdefault(identite, ligne)
        if premiere is ligne:
            return False
        siennes = premiere.valeurs["lues"]
        montants = {nom: lu for nom, lu in lues.items() if nom.startswith("montant:")}
        if not montants or set(montants) & set(siennes):
            return False
        siennes |= montants
        return True

    def _ligne_d_action(self, lue: LigneLue, ordre: int, rang: int) -> LigneImport:
        ligne = LigneImport(
            import_tableur=self.import_,
            ordre=ordre,
            feuille=self.structure.feuille,
            numero=lue.numero,
            nature=NatureImport.ACTION,
            categorie=Categorie.A_DECIDER,
            brut=list(lue.brut),
        )
        douteux = next((dit for dit in lue.signalements if dit.code == "FIN-08"), None)
        ligne.valeurs = {
            "lues": self.lecteur.lire(lue),
            "rang": rang,
            "signalements": [
                probleme(ligne, dit.gravite, dit.phrase, dit.remede, cellule=dit.cellule, code=dit.code)
                for dit in lue.signalements
            ],
            "douteux": {"cellule": douteux.cellule, "phrase": douteux.phrase} if douteux else None,
            "totaux": [],
        }
        textes = ((lu.get("lu"), lu["cellule"]) for lu in ligne.valeurs["lues"].values())
        ligne.valeurs["annonces"] = self._annonces(textes)
        return ligne

    def _annonces(self, textes: Iterable[tuple[Any, str]]) -> list[dict[str, str]]:
        """Return what the texts of a row announce of the year, with the cell of each (`annonces`)."""
        annee = self.import_.campagne.annee
        return [
            annonce.en_json(cellule)
            for texte, cellule in textes
            if isinstance(texte, str)
            for annonce in lire_annonces(texte, annee)
        ]

    def _ligne_sans_action(self, lue: LigneLue, ordre: int) -> LigneImport:
        imprimes = lire_imprimes(lue, self.structure)
        annonces = self._annonces((texte, lue.cellules.get(cle, "")) for cle, texte in lue.valeurs.items())
        ligne = LigneImport(
            import_tableur=self.import_,
            ordre=ordre,
            feuille=self.structure.feuille,
            numero=lue.numero,
            nature=NATURES.get(lue.nature, NatureImport.NOTE),
            categorie=Categorie.CONTROLE if imprimes or annonces else Categorie.IGNOREE,
            titre=" ".join(texte for texte in lue.brut if texte)[:500],
            brut=list(lue.brut),
            valeurs={"totaux": [imprime.en_json() for imprime in imprimes], "annonces": annonces},
        )
        ligne.problemes = [
            probleme(ligne, dit.gravite, dit.phrase, dit.remede, cellule=dit.cellule, code=dit.code)
            for dit in lue.signalements
        ]
        return ligne


# -- Writing ---------------------------------------------------------------------------------------
class Application:
    """Writes the retained rows of an import, in the transaction of the caller."""

    def __init__(self, import_: ImportTableur, auteur: Utilisateur, journal: Journal, motif: str) -> None:
        self.import_, self.auteur, self.journal, self.motif = import_, auteur, journal, motif
        self.campagne = import_.campagne
        self.contrat = import_.campagne.contrat
        self.lignes = list(_a_ecrire(import_))
        # what was created, by normalised name
        self.porteurs: dict[str, Porteur] = {}
        self.axes: dict[tuple[str, ...], Axe] = {}
        self.territoires: dict[str, Territoire] = {}
        self.financeurs: dict[str, Financeur] = {}

    def faire(self) -> None:
        """Create what the rows name and that is new, then write the actions, then what is to settle, then totals."""
        self._creer_les_porteurs()
        self._creer_les_axes()
        self._creer_les_territoires()
        self._creer_les_financeurs()
        annuelles = self._ecrire_les_actions()
        self._trancher(annuelles)
        self._garder_les_totaux(annuelles)

    def _changements(self, nom: str) -> Iterable[tuple[LigneImport, Json]]:
        """Yield what the retained rows give to a field."""
        for ligne in self.lignes:
            for changement in ligne.changements:
                if changement["retenu"] and changement["champ"] == nom:
                    yield ligne, changement["valeur"]

    def _creer(self, objets: Sequence[Any], lignes: LigneImport | Sequence[LigneImport]) -> None:
        """Create rows of one model together, and note the row of the sheet that causes them, or each of them."""
        if not objets:
            return
        for objet in objets:
            verifier(objet)
        creer_en_nombre(type(objets[0]), objets, self.auteur, self.motif)
        causes = lignes.pk if isinstance(lignes, LigneImport) else [ligne.pk for ligne in lignes]
        self.journal.creer(objets, causes)

    # -- What is new -------------------------------------------------------------------------------
    def _creer_les_porteurs(self) -> None:
        """Create the porteurs that were answered to be new, and the other names of those that were recognised."""
        connus = {
            p.nom_normalise: p for p in Porteur.objects.filter(epci=self.contrat.epci_id).order_by("pk")
        }
        par_pk = {porteur.pk: porteur for porteur in connus.values()}
        nouveaux, lignes = [], []
        for ligne, valeur in self._changements("porteur"):
            if not isinstance(valeur, dict):
                continue
            cle = normaliser(valeur["nouveau"])
            if cle not in connus:
                connus[cle] = self._nouveau_porteur(valeur, par_pk)
                nouveaux.append(connus[cle])
                lignes.append(ligne)
            self.porteurs[cle] = connus[cle]
        _refuser_un_siret_commun(nouveaux)
        self._creer(nouveaux, lignes)
        self._retenir_les_alias(connus)

    def _nouveau_porteur(self, valeur: Mapping[str, Any], connus: Mapping[int, Porteur]) -> Porteur:
        porteur = Porteur(epci=self.contrat.epci, nom=valeur["nouveau"], siret=valeur.get("siret", ""))
        if valeur.get("parent"):
            porteur.parent = connus[valeur["parent"]]
            mere_municipale = porteur.parent.type == Porteur.Type.COMMUNE
            porteur.type = Porteur.Type.SERVICE_COMMUNE if mere_municipale else Porteur.Type.AUTRE
        return porteur

    def _retenir_les_alias(self, connus: Mapping[str, Porteur]) -> None:
        pris = set(
            AliasPorteur.objects.filter(epci=self.contrat.epci_id).values_list("libelle_normalise", flat=True)
        )
        par_cle = {porteur.cle: porteur for porteur in connus.values()}
        alias, lignes = [], []
        for ligne, texte, reste in self._reponses("porteur:", "alias"):
            libelle = normaliser(texte)
            if libelle in pris or reste not in par_cle or par_cle[reste].nom_normalise == libelle:
                continue
            pris.add(libelle)
            nouveau = AliasPorteur(
                epci=self.contrat.epci,
                porteur=par_cle[reste],
                libelle=texte,
                libelle_normalise=libelle,
                origine=self.motif[:200],
            )
            alias.append(nouveau)
            lignes.append(ligne)
        self._creer(alias, lignes)

    def _reponses(self, prefixe: str, sens: str) -> Iterable[tuple[LigneImport, str, str]]:
        """Yield the row, the words of the table and what was answered, of the answers of one kind."""
        for ligne in self.lignes:
            for posee in ligne.questions:
                dit, _, reste = str(ligne.reponses.get(posee["cle"], "")).partition(":")
                if posee["cle"].startswith(prefixe) and dit == sens:
                    yield ligne, posee.get("texte", ""), reste

    def _creer_les_axes(self) -> None:
        """Create the axes that were answered to be new, from the first level down, with the next free codes."""
        registre = Registre(self.campagne)
        referentiel = Referentiel(self.campagne, registre)
        codes = {axe.code for axe in registre.axes.values()}
        rang = max((axe.ordre for axe in registre.axes.values()), default=0)
        for ligne, valeur in self._changements("axe"):
            if not isinstance(valeur, dict):
                continue
            textes = tuple(valeur["nouveau"])
            for profondeur in range(1, len(textes) + 1):
                cle = tuple(normaliser(texte) for texte in textes[:profondeur])
                if cle in self.axes:
                    continue
                connu = referentiel.axe(textes[:profondeur])
                if connu is None:
                    rang += 1
                    connu = self._nouvel_axe(textes[profondeur - 1], self.axes.get(cle[:-1]), codes, rang)
                    self._creer([connu], ligne)
                self.axes[cle] = connu

    def _nouvel_axe(self, libelle: str, parent: Axe | None, codes: set[str], rang: int) -> Axe:
        prefixe = f"{parent.code}." if parent is not None else ""
        numero = next(n for n in range(1, 10_000) if f"{prefixe}{n}" not in codes)
        codes.add(f"{prefixe}{numero}")
        return Axe(
            contrat=self.contrat,
            parent=parent,
            niveau=parent.niveau + 1 if parent is not None else 1,
            code=f"{prefixe}{numero}",
            libelle=libelle,
            ordre=rang,
        )

    def _creer_les_territoires(self) -> None:
        connus = {
            normaliser(t.nom): t for t in Territoire.objects.filter(contrat=self.contrat).order_by("pk")
        }
        for ligne, valeur in self._changements("territoires"):
            for element in valeur or ():
                if not isinstance(element, dict):
                    continue
                cle = normaliser(element["nouveau"])
                if cle not in connus:
                    connus[cle] = self._nouveau_territoire(element)
                    self._creer([connus[cle]], ligne)
                self.territoires[cle] = connus[cle]
        self._retenir_les_alias_de_territoires()

    def _nouveau_territoire(self, valeur: Mapping[str, str]) -> Territoire:
        territoire = Territoire(contrat=self.contrat, nom=valeur["nouveau"], type=valeur["type"])
        if territoire.type == Territoire.Type.QPV:
            territoire.generation_id = "2024" if self.campagne.annee >= 2024 else "2015"
        return territoire

    def _retenir_les_alias_de_territoires(self) -> None:
        siens = AliasTerritoire.objects.filter(contrat=self.contrat)
        pris = set(siens.values_list("libelle_normalise", flat=True))
        for ligne, texte, reste in self._reponses("territoire:", "alias"):
            libelle = normaliser(texte)
            if libelle not in pris:
                pris.add(libelle)
                alias = AliasTerritoire(
                    contrat=self.contrat,
                    territoire=Territoire.objects.get(pk=int(reste), contrat=self.contrat),
                    libelle=texte,
                    libelle_normalise=libelle,
                )
                self._creer([alias], ligne)

    def _creer_les_financeurs(self) -> None:
        """Create the funders that were answered to be new, in the order of the columns."""
        ordre = Financeur.objects.filter(contrat=self.contrat).aggregate(dernier=Max("ordre"))["dernier"] or 0
        connus = {
            normaliser(f.sigle): f for f in Financeur.objects.filter(contrat=self.contrat).order_by("pk")
        }
        structure = Structure.from_dict(self.import_.structure)
        totaux = structure.des_champs(champs.TOTAL_LIGNE)
        apres = {
            normaliser(colonne.financeur)
            for colonne in structure.montants
            if totaux and colonne.index > totaux[0].index
        }
        rangs = {normaliser(colonne.financeur): colonne.index for colonne in structure.montants}
        nouveaux: dict[str, tuple[str, LigneImport]] = {}
        for ligne in self.lignes:
            for changement in ligne.changements:
                _, plus, libelle = changement["champ"].partition(":+")
                if plus and changement["retenu"]:
                    nouveaux.setdefault(normaliser(libelle), (libelle, ligne))
        sigles = set(connus)
        for cle in sorted(nouveaux, key=lambda nom: (rangs.get(nom, len(rangs)), nom)):
            libelle, ligne = nouveaux[cle]
            if cle not in connus:
                ordre += 1
                connus[cle] = Financeur(
                    contrat=self.contrat,
                    nom=libelle[:150],
                    sigle=_sigle_libre(libelle, sigles),
                    type=type_du_financeur(libelle),
                    ordre=ordre,
                    dans_total=cle not in apres,
                )
                self._creer([connus[cle]], ligne)
            self.financeurs[cle] = connus[cle]

    # -- Actions -----------------------------------------------------------------------------------
    def _ecrire_les_actions(self) -> dict[int, int]:
        """Write the rows, and return the action of the year of each, by key."""
        ecrivain = Ecrivain(self.auteur, self.campagne, self.journal, self.motif)
        for ligne in self.lignes:
            valeurs = self._valeurs(ligne)
            if ligne.annuelle_id is not None:
                if valeurs:
                    ecrivain.modifier(ligne.annuelle_id, valeurs, ligne.pk)
                continue
            porteur, intitule = valeurs.pop("porteur"), valeurs.pop("intitule")
            ecrivain.creer(porteur, intitule, valeurs, ligne.pk)
        creees = ecrivain.enregistrer()
        for ligne in self.lignes:
            if ligne.pk in creees:
                ligne.annuelle, ligne.objet = creees[ligne.pk], f"annuelle:{creees[ligne.pk].cle}"
        nouvelles = [ligne for ligne in self.lignes if ligne.pk in creees]
        enregistrer(nouvelles, ["annuelle", "objet"])
        return {ligne.pk: ligne.annuelle_id for ligne in self.lignes if ligne.annuelle_id is not None}

    def _valeurs(self, ligne: LigneImport) -> dict[str, Json]:
        """Return the values that a row gives, what was to be created now being there."""
        valeurs: dict[str, Json] = {}
        for changement in ligne.changements:
            nom, valeur = changement["champ"], changement["valeur"]
            if not changement["retenu"] or nom == "lecture":
                continue
            avant, plus, libelle = nom.partition(":+")
            if plus:
                nom = f"{avant}:{self.financeurs[normaliser(libelle)].pk}"
            valeurs[nom] = self._cree(nom, valeur)
        return valeurs

    def _cree(self, nom: str, valeur: Json) -> Json:
        if isinstance(valeur, list):
            return sorted(self._cree(nom, element) for element in valeur)
        if not isinstance(valeur, dict):
            return valeur
        if nom == "porteur":
            return self.porteurs[normaliser(valeur["nouveau"])].pk
        if nom == "axe":
            return self.axes[tuple(normaliser(texte) for texte in valeur["nouveau"])].pk
        return self.territoires[normaliser(valeur["nouveau"])].pk

    # -- Amounts to settle -------------------------------------------------------------------------
    def _trancher(self, annuelles: Mapping[int, int]) -> None:
        """Settle the readings that were chosen; keep to be settled those that were put off."""
        choisies = {annuelles[ligne.pk]: (ligne, pk) for ligne, pk in self._changements("lecture")}
        ambiguites = AmbiguiteMontants.objects.filter(
            action_annuelle__in=choisies, tranchee_le__isnull=True
        ).select_related("action_annuelle__campagne__contrat")
        for ambiguite in ambiguites.order_by("pk"):
            ligne, pk = choisies[ambiguite.action_annuelle_id]
            self._confirmer_la_lecture(ambiguite, pk, ligne)
        for ligne in self.lignes:
            for posee in ligne.questions:
                if posee.get("lectures") and ligne.reponses.get(posee["cle"]) == "plus_tard":
                    self._garder_a_trancher(ligne, annuelles[ligne.pk], posee)

    def _confirmer_la_lecture(self, ambiguite: AmbiguiteMontants, pk: int, ligne: LigneImport) -> None:
        annuelle = ambiguite.action_annuelle
        avant = list(LigneFinancement.objects.filter(action_annuelle=annuelle).order_by("pk"))
        self.journal.modifier([ambiguite, *avant], ligne.pk)
        lecture = LecturePossible.objects.filter(pk=pk, ambiguite=ambiguite).first()
        if lecture is None:
            raise OperationRefusee(
                f"La lecture choisie à la ligne {ligne.numero} n'existe plus : relisez le fichier."
            )
        trancher_montants(self.auteur, ambiguite, lecture, etat=etat_de(ambiguite))
        apres = list(LigneFinancement.objects.filter(action_annuelle=annuelle).order_by("pk"))
        restantes = {ligne_financement.pk for ligne_financement in apres}
        connues = {ligne_financement.pk for ligne_financement in avant}
        self.journal.supprimer([la for la in avant if la.pk not in restantes], ligne.pk)
        self.journal.creer([la for la in apres if la.pk not in connues], ligne.pk)

    def _garder_a_trancher(self, ligne: LigneImport, annuelle: int, posee: Mapping[str, Any]) -> None:
        """Keep the readings of the amounts of the total that nobody chose between yet."""
        lectures = [self._lecture(montants) for montants in posee["lectures"]]
        deja = AmbiguiteMontants.objects.filter(action_annuelle=annuelle).exists()
        if deja or all(lecture == lectures[0] for lecture in lectures):
            return
        ambiguite = AmbiguiteMontants(
            action_annuelle_id=annuelle,
            explication=posee["explication"],
            cases_lues=" | ".join(texte or "(vide)" for texte in ligne.brut)[:2000],
        )
        self._creer([ambiguite], ligne)
        for ordre, montants in enumerate(lectures, 1):
            lecture = LecturePossible(ambiguite=ambiguite, ordre=ordre)
            self._creer([lecture], ligne)
            lus = [
                MontantLu(lecture=lecture, financeur_id=pk, montant=euros) for pk, euros in montants.items()
            ]
            self._creer(lus, ligne)

    def _lecture(self, montants: Mapping[str, Json]) -> dict[int, Decimal]:
        """Return the euros of a reading by funder of the total."""
        dits = {self._financeur(nom): Decimal(euros) for nom, euros in montants.items() if euros is not None}
        du_total = Financeur.objects.filter(pk__in=dits, dans_total=True).order_by("ordre", "pk")
        return {pk: dits[pk] for pk in du_total.values_list("pk", flat=True)}

    def _financeur(self, nom: str) -> int:
        cle = nom.split(":", 2)[2]
        return self.financeurs[normaliser(cle.removeprefix("+"))].pk if cle.startswith("+") else int(cle)

    # -- Printed totals ----------------------------------------------------------------------------
    def _garder_les_totaux(self, annuelles: Mapping[int, int]) -> None:
        """Keep the totals that the table prints, unless the year has them already."""
        referentiel = Referentiel(self.campagne, Registre(self.campagne))
        siens = TotalControle.objects.filter(campagne=self.campagne)
        connus = {
            self._cle_du_total(total, referentiel)
            for total in siens.select_related("porteur").order_by("ordre")
        }
        ordre = siens.aggregate(dernier=Max("ordre"))["dernier"] or 0
        nouveaux: list[TotalControle] = []
        lignes: list[int | None] = []
        for ligne, total in self._totaux(annuelles, referentiel):
            cle = self._cle_du_total(total, referentiel)
            if cle not in connus:
                connus.add(cle)
                ordre += 1
                total.ordre = ordre
                nouveaux.append(total)
                lignes.append(ligne.pk)
        TotalControle.objects.bulk_create(nouveaux, batch_size=LOT)
        self.journal.creer(nouveaux, lignes)

    def _cle_du_total(self, total: TotalControle, referentiel: Referentiel) -> tuple[Any, ...]:
        connu = referentiel.porteurs.get(total.porteur_id or 0)
        structure = connu.structure if connu is not None else None
        return (
            total.nature,
            Decimal(total.valeur),
            total.financeur_id,
            total.action_annuelle_id,
            total.axe_id,
            structure,
        )

    def _totaux(
        self, annuelles: Mapping[int, int], referentiel: Referentiel
    ) -> Iterable[tuple[LigneImport, TotalControle]]:
        """Yield the totals of the rows that were written or are the same, then those of the rows of totals."""
        inchangees = Q(categorie=Categorie.INCHANGEE)
        ecartees = self._natures_ecartees()
        for ligne in self.import_.lignes.filter(RETENUES | inchangees).order_by("ordre"):
            if ligne.categorie in (Categorie.REFUSEE, Categorie.A_DECIDER, Categorie.IGNOREE):
                continue
            annuelle = annuelles.get(ligne.pk, ligne.annuelle_id)
            if ligne.nature == NatureImport.ACTION and (total := self._total_de_la_ligne(ligne, annuelle)):
                yield ligne, total
            for brut in ligne.valeurs.get("totaux", ()):
                controle = self._total(ligne, brut, referentiel)
                if controle is not None and controle.nature not in ecartees:
                    yield ligne, controle
            yield from (
                paire for paire in self._annonces(ligne, referentiel) if paire[1].nature not in ecartees
            )

    def _natures_ecartees(self) -> tuple[str, ...]:
        """Return which printed totals are not taken, of a table of another year."""
        dite = self.import_.structure.get("annee")
        if dite in (None, self.campagne.annee):
            return ()
        cle = cle_de_l_annee(dite)
        reponses = {
            ligne.reponses.get(cle)
            for ligne in self.import_.lignes.filter(nature=NatureImport.ACTION).order_by("ordre")
        }
        if "arreter" in reponses:
            return tuple(TotalControle.Nature.values)
        return (TotalControle.Nature.EFFECTIF.value,) if ACTIONS_SEULES in reponses else ()

    def _total_de_la_ligne(self, ligne: LigneImport, annuelle: int | None) -> TotalControle | None:
        cellule = ligne.valeurs["lues"].get("total_ligne", {})
        if cellule.get("lu") is None or annuelle is None:
            return None
        structure = Structure.from_dict(self.import_.structure)
        (colonne, *_) = structure.des_champs(champs.TOTAL_LIGNE)
        return TotalControle(
            campagne=self.campagne,
            nature=TotalControle.Nature.MONTANT,
            libelle=(colonne.titre or "Total de la ligne")[:200],
            action_annuelle_id=annuelle,
            valeur=Decimal(cellule["lu"]),
            source=self._source(ligne, cellule["cellule"]),
            citation=cellule["lu"],
        )

    def _total(
        self, ligne: LigneImport, brut: Mapping[str, Any], referentiel: Referentiel
    ) -> TotalControle | None:
        """Return a printed total; None for one whose funder, structure or axe Pilotis does not have.

        Without its name, it would pass for the total of the whole year.
        """
        financeur = self._financeur_imprime(brut["financeur"], referentiel)
        structure, textes = brut["structure"], brut.get("axe", ())
        porteur = referentiel.porteurs.get(int(structure)) if structure.isdecimal() else None
        if porteur is None and structure:
            porteur = referentiel.porteur(structure)
        axe = referentiel.axe(textes) if textes else None
        nommes = ((brut["financeur"], financeur), (structure, porteur), (textes, axe))
        garde = brut.get("garde", True) and brut.get("situe", True)
        if not garde or any(dit and connu is None for dit, connu in nommes):
            return None
        return TotalControle(
            campagne=self.campagne,
            nature=brut["nature"],
            libelle=brut["libelle"][:200],
            financeur=financeur,
            porteur_id=porteur.pk if porteur is not None else None,
            axe=axe,
            valeur=Decimal(brut["valeur"]),
            source=self._source(ligne, brut["cellule"]),
            citation=" ".join(texte for texte in ligne.brut if texte)[:2000],
        )

    def _financeur_imprime(self, libelle: str, referentiel: Referentiel) -> Financeur | None:
        """Return the funder of a column: known by its name, or the one that was answered."""
        connu = referentiel.financeur(libelle) if libelle else None
        if connu is not None or not libelle:
            return connu
        dits = {normaliser(texte): reste for _, texte, reste in self._reponses("financeur:", "financeur")}
        pk = dits.get(normaliser(libelle), "")
        return referentiel.registre.financeurs.get(int(pk)) if pk.isdecimal() else None

    def _annonces(
        self, ligne: LigneImport, referentiel: Referentiel
    ) -> Iterable[tuple[LigneImport, TotalControle]]:
        """Yield what the texts of a row announce of the year; of a porteur or an axe, when it is known for sure."""
        annonces = [(Annonce.depuis(brut), brut["cellule"]) for brut in ligne.valeurs.get("annonces", ())]
        libelles = {axe.pk: axe.libelle for axe in referentiel.registre.axes.values() if axe.niveau == 1}
        axes = axes_annonces((annonce for annonce, _ in annonces), libelles)
        for annonce, cellule in annonces:
            porteur = referentiel.porteur(annonce.porteur) if annonce.porteur else None
            axe = axes.get(annonce)
            if (annonce.porteur and porteur is None) or (annonce.axe and axe is None):
                continue
            de_qui = porteur.nom if porteur is not None else libelles[axe] if axe is not None else ""
            yield (
                ligne,
                TotalControle(
                    campagne=self.campagne,
                    nature=annonce.nature,
                    libelle=", ".join(filter(None, (LIBELLES_ANNONCES[annonce.nature], de_qui)))[:200],
                    porteur_id=porteur.pk if porteur is not None else None,
                    axe_id=axe,
                    valeur=annonce.valeur,
                    source=self._source(ligne, cellule),
                    citation=annonce.citation[:2000],
                ),
            )

    def _source(self, ligne: LigneImport, cellule: str) -> str:
        return insecables(f"{self.import_.nom}, feuille « {ligne.feuille} », {cellule}")[:255]
