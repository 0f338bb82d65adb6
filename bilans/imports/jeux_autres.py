"""The sets whose rows are not actions: the directory of the porteurs, and the tree of the axes with its lists."""

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any

from django.db import models
from django.utils.text import capfirst

from comptes.models import Utilisateur
from comptes.versions import version_de
from contrats.arbre import LISTES
from contrats.models import Axe, Critere, Levier, Objectif, PartenaireAssocie
from documents.normalisation import normaliser
from porteurs.doublons import ressemblants
from porteurs.forms import PorteurForm
from porteurs.models import AliasPorteur, Porteur
from porteurs.operations import creer_porteur, modifier_porteur

from ..models import ImportTableur, LigneImport
from ..operations.etats import OperationRefusee
from .champs import Genre
from .ecriture import changer_en_nombre, creer_en_nombre, verifier
from .jeux import TEXTE_MAX, ColonneJeu, Comparaison, Jeu, Objet, ValeurRefusee, a_ecrire, bloquant, retenus
from .journal import Journal
from .rapprochement import choix, question
from .valeurs import Json, ValeursJson, en_json

Categorie = LigneImport.Categorie
CHOISIR = "Choisissez dans la liste de la case."
AIDE_DATE = "Une date, par exemple 30/06/2024."
UN_PAR_LIGNE = "Un par ligne, chacun après un tiret (Alt + Entrée pour aller à la ligne)."


# -- Porteurs --------------------------------------------------------------------------------------
class JeuPorteurs(Jeu):
    """The directory: who each porteur is, its numbers, how to reach it; porteurs may be added."""

    slug = "porteurs"
    titre = "Porteurs"
    prefixe = "porteur"
    de_l_annee = False
    s_ajoute = True
    RETRAIT = (
        "Absente du classeur : noter que cette structure n'est plus en activité ? Cochez-la pour le noter ; sinon elle "
        "reste telle quelle."
    )
    DEJA_FERMEE = "Absente du classeur ; cette structure était déjà notée comme n'étant plus en activité."

    CODES = ("siret", "rna", "code_postal", "telephone", "registre_alsace_moselle", "code_ape")
    AIDES = {
        "nom": "Le nom de la structure, une seule fois dans l'annuaire.",
        "type": CHOISIR,
        "parent": "Pour un service : la structure dont il dépend. Choisissez dans la liste.",
        "autres_noms": "Un par ligne : sigles et orthographes rencontrés dans les documents.",
        "siret": "Quatorze chiffres.",
        "rna": "W suivi de neuf chiffres.",
        "code_postal": "Cinq chiffres.",
        "actif": "« non » quand la structure a fermé.",
    }

    @cached_property
    def colonnes(self) -> tuple[ColonneJeu, ...]:
        debut = ("nom", "sigle", "type", "parent", "autres_noms", "actif")
        return tuple(
            map(self._colonne, (*debut, *(nom for nom in PorteurForm.Meta.fields if nom not in debut)))
        )

    def _colonne(self, nom: str) -> ColonneJeu:
        if nom == "autres_noms":
            return ColonneJeu(
                champ=nom,
                titre="Autres noms",
                genre=Genre.LISTE,
                aide=self.AIDES[nom],
                en_lignes=True,
                largeur=26,
            )
        champ: Any = Porteur._meta.get_field(nom)
        genre, possibles = Genre.TEXTE, tuple[Any, ...]()
        if nom == "parent":
            genre, possibles = Genre.CHOIX, self._meres
        elif nom == "actif":
            genre, possibles = Genre.CHOIX, ((True, "oui"), (False, "non"))
        elif champ.choices:
            genre, possibles = Genre.CHOIX, tuple(champ.flatchoices)
        elif isinstance(champ, models.DateField):
            genre = Genre.DATE
        return ColonneJeu(
            champ=nom,
            titre="En activité" if nom == "actif" else capfirst(str(champ.verbose_name)),
            genre=genre,
            aide=self.AIDES.get(nom, AIDE_DATE if genre == Genre.DATE else ""),
            choix=possibles,
            code=nom in self.CODES,
            obligatoire=nom in ("nom", "type", "actif"),
            largeur=34 if nom in ("nom", "objet", "parent") else 20,
        )

    @cached_property
    def _meres(self) -> tuple[Any, ...]:
        siennes = Porteur.objects.filter(epci=self.campagne.contrat.epci_id, parent=None)
        return tuple(siennes.order_by("nom_normalise").values_list("pk", "nom"))

    def objets(self, cles: Sequence[int] | None = None) -> list[Objet]:
        siens = Porteur.objects.filter(epci=self.campagne.contrat.epci_id).order_by("nom_normalise", "pk")
        if cles is not None:
            siens = siens.filter(pk__in=list(cles))
        lus = {porteur.pk: porteur for porteur in siens.prefetch_related("alias")}
        return [self._objet(lus[pk]) for pk in (cles if cles is not None else lus) if pk in lus]

    def _objet(self, porteur: Porteur) -> Objet:
        valeurs = {nom: en_json(getattr(porteur, nom)) for nom in PorteurForm.Meta.fields if nom != "parent"}
        valeurs["parent"] = porteur.parent_id
        valeurs["autres_noms"] = _en_ordre(alias.libelle for alias in porteur.alias.all())
        return Objet(
            cle=porteur.cle,
            pk=porteur.pk,
            titre=porteur.nom,
            valeurs={nom: valeur for nom, valeur in valeurs.items() if valeur is not None},
            retenu_par=None if porteur.actif else self.DEJA_FERMEE,
        )

    def resoudre(self, colonne: ColonneJeu, brut: Json) -> Json:
        valeur = super().resoudre(colonne, brut)
        return _en_ordre(valeur) if colonne.champ == "autres_noms" and valeur else valeur

    # -- Comparing ---------------------------------------------------------------------------------
    def comparer(
        self, ligne: LigneImport, objet: Objet, nouvelles: ValeursJson, cellules: Mapping[str, str]
    ) -> Comparaison:
        """Return the changes as the form of a porteur reads them: the address of a site is completed by it."""
        porteur = Porteur.objects.select_related("epci", "parent").get(pk=objet.pk)
        form = formulaire(porteur, {**objet.valeurs, **nouvelles})
        problemes = self._problemes(ligne, form, nouvelles, cellules, objet.cle)
        if problemes:
            bruts = [self.changement(n, objet.valeurs.get(n), v, cellules[n]) for n, v in nouvelles.items()]
            return Comparaison(bruts, problemes)
        lues = {champ: _du_formulaire(form, champ) for champ in nouvelles}
        changements = [
            self.changement(champ, objet.valeurs.get(champ), valeur, cellules[champ])
            for champ, valeur in lues.items()
            if valeur != objet.valeurs.get(champ)
        ]
        return Comparaison(changements, [], self._questions(nouvelles, cellules, objet.cle))

    def _problemes(
        self,
        ligne: LigneImport,
        form: PorteurForm,
        dites: ValeursJson,
        cellules: Mapping[str, str],
        cle: str,
    ) -> list[dict[str, Any]]:
        """Return what the form refuses, and the names and SIRET that another porteur has already."""
        trouves = [
            bloquant(ligne, " ".join(map(str, erreurs)), cellules.get(champ, ""))
            for champ, erreurs in form.errors.items()
        ]
        for champ in ("nom", "autres_noms", "siret"):
            valeur = dites.get(champ)
            for nom in valeur if isinstance(valeur, list) else [valeur or ""]:
                autre = self._pris.get(normaliser(nom), "") if nom else ""
                if autre and autre != cle:
                    mot = "Ce SIRET" if champ == "siret" else f"« {nom} »"
                    trouves.append(
                        bloquant(ligne, f"{mot} désigne déjà {self._noms[autre]}.", cellules.get(champ, ""))
                    )
        return trouves

    @cached_property
    def _tous(self) -> list[Objet]:
        return self.objets()

    @cached_property
    def _noms(self) -> dict[str, str]:
        return {objet.cle: objet.titre for objet in self._tous}

    @cached_property
    def _pris(self) -> dict[str, str]:
        """Whom each name, other name and SIRET designates."""
        pris: dict[str, str] = {}
        for objet in self._tous:
            autres = objet.valeurs.get("autres_noms", [])
            for nom in (objet.titre, objet.valeurs.get("siret", ""), *autres):
                pris.setdefault(normaliser(nom), objet.cle)
        return pris

    def _questions(
        self, dites: ValeursJson, cellules: Mapping[str, str], cle: str = ""
    ) -> list[dict[str, Any]]:
        """Ask, as the form does, whether a name close to another is really another structure."""
        nom = dites.get("nom")
        if not nom or self._pris.get(normaliser(nom)) == cle != "":
            return []
        proches = ressemblants(nom, [autre for c, autre in self._noms.items() if c != cle])
        if not proches:
            return []
        return [
            question(
                f"proche:{normaliser(nom)}",
                f"« {nom} » ressemble à « {proches[0]} », qui est déjà dans l'annuaire. Est-ce une autre structure ?",
                cellules.get("nom", ""),
                [
                    choix("autre", "Oui, c'est bien une autre structure"),
                    choix("ignorer", "Non : laisser cette ligne de côté"),
                ],
            )
        ]

    # -- Rows to add -------------------------------------------------------------------------------
    def preparer_les_ajouts(self, import_: ImportTableur, lignes: Sequence[LigneImport]) -> None:
        for ligne in lignes:
            self._preparer(ligne, import_.reponses)

    def _preparer(self, ligne: LigneImport, reponses: Mapping[str, str]) -> None:
        dites: ValeursJson = {}
        ligne.problemes = []
        bruts = ligne.valeurs["bruts"]
        for champ, cellule in bruts.items():
            try:
                if cellule["illisible"]:
                    raise ValeurRefusee(cellule["illisible"])
                dites[champ] = self.resoudre(self.par_champ[champ], cellule["brut"])
            except ValeurRefusee as refus:
                ligne.problemes.append(
                    bloquant(ligne, f"{self.par_champ[champ].titre} : {refus}", cellule["cellule"])
                )
        cellules = {champ: cellule["cellule"] for champ, cellule in bruts.items()}
        form = formulaire(Porteur(epci=self.campagne.contrat.epci), dites)
        ligne.problemes += self._problemes(ligne, form, dites, cellules, "")
        ligne.questions = self._questions(dites, cellules)
        ligne.retenir_les_reponses(reponses)
        ligne.titre = str(dites.get("nom") or "")[:500]
        ligne.changements = [
            self.changement(champ, None, valeur, cellules[champ]) for champ, valeur in dites.items()
        ]
        if ligne.problemes:
            ligne.categorie = Categorie.REFUSEE
        elif any(q["cle"] not in ligne.reponses for q in ligne.questions):
            ligne.categorie = Categorie.A_DECIDER
        else:
            laissee = "ignorer" in (ligne.reponses.get(q["cle"]) for q in ligne.questions)
            ligne.categorie = Categorie.IGNOREE if laissee else Categorie.CREEE

    # -- Writing -----------------------------------------------------------------------------------
    def appliquer(self, import_: ImportTableur, auteur: Utilisateur, journal: Journal, motif: str) -> None:
        for ligne in a_ecrire(import_):
            dites = {"actif": False} if ligne.categorie == Categorie.SUPPRIMEE else retenus(ligne)
            if ligne.objet:
                self._modifier(ligne, dites, auteur, journal, motif)
            else:
                self._creer(ligne, dites, auteur, journal, motif)

    def _creer(
        self, ligne: LigneImport, dites: ValeursJson, auteur: Utilisateur, journal: Journal, motif: str
    ) -> None:
        form = _valide(formulaire(Porteur(epci=self.campagne.contrat.epci), dites), ligne)
        porteur = creer_porteur(
            auteur, self.campagne.contrat, form.instance, form.cleaned_data["autres_noms"], motif=motif
        )
        journal.creer([porteur, *AliasPorteur.objects.filter(porteur=porteur).order_by("pk")], ligne.pk)

    def _modifier(
        self, ligne: LigneImport, dites: ValeursJson, auteur: Utilisateur, journal: Journal, motif: str
    ) -> None:
        cle = ligne.objet.partition(":")[2]
        porteur = (
            Porteur.objects.select_related("epci", "parent")
            .prefetch_related("alias")
            .get(cle=cle, epci=self.campagne.contrat.epci_id)
        )
        avant = {alias.libelle_normalise: alias for alias in porteur.alias.all()}
        form = _valide(formulaire(porteur, {**self._objet(porteur).valeurs, **dites}), ligne)
        noms = form.cleaned_data["autres_noms"]
        journal.modifier([porteur], ligne.pk)
        journal.supprimer(
            [alias for nom, alias in avant.items() if nom not in set(map(normaliser, noms))], ligne.pk
        )
        modifier_porteur(auteur, form.instance, noms, version=version_de(porteur), motif=motif)
        ajoutes = AliasPorteur.objects.filter(porteur=porteur).exclude(libelle_normalise__in=avant)
        journal.creer(list(ajoutes.order_by("pk")), ligne.pk)


def formulaire(porteur: Porteur, valeurs: ValeursJson) -> PorteurForm:
    """Return the form of a porteur filled with these values, a name close to another already answered for."""
    dites = {"type": Porteur.Type.AUTRE.value, **{n: v for n, v in valeurs.items() if v is not None}}
    donnees = {nom: valeur for nom, valeur in dites.items() if nom != "actif"}
    donnees["autres_noms"] = "\n".join(dites.get("autres_noms", []))
    donnees["nom_confirme"] = "on"
    if dites.get("actif", True):
        donnees["actif"] = "on"
    return PorteurForm(donnees, instance=porteur)


def _valide(form: PorteurForm, ligne: LigneImport) -> PorteurForm:
    if not form.is_valid():
        dites = " ".join(str(erreur) for erreurs in form.errors.values() for erreur in erreurs)
        raise OperationRefusee(f"« {ligne.titre} » : {dites}")
    return form


def _du_formulaire(form: PorteurForm, champ: str) -> Json:
    valeur = form.cleaned_data[champ]
    if isinstance(valeur, models.Model):
        return valeur.pk
    return _en_ordre(valeur) or None if isinstance(valeur, list) else en_json(valeur)


def _en_ordre(noms: Iterable[str]) -> list[str] | None:
    return sorted(noms, key=normaliser) or None


# -- The tree of the axes --------------------------------------------------------------------------
ELEMENTS: dict[str, Any] = {
    "objectifs": Objectif,
    "partenaires_associes": PartenaireAssocie,
    "leviers": Levier,
    "criteres": Critere,
}
# What an item leads to, beside its words.
LIENS = {"partenaires_associes": "partenaire_id", "criteres": "indicateur_id"}


class JeuEnjeux(Jeu):
    """The axes of the contract, each with its four lists; axes are neither added nor taken away here."""

    slug = "enjeux"
    titre = "Tableau des enjeux"
    prefixe = "axe"
    de_l_annee = False
    REFUS_D_AJOUT = "Un axe ne s'ajoute pas par ce classeur : cette ligne est laissée de côté."
    RESTE = "Absente du classeur ; l'axe reste dans le contrat, d'où ce classeur ne retire rien."

    @cached_property
    def colonnes(self) -> tuple[ColonneJeu, ...]:
        return (
            ColonneJeu(
                champ="code", titre="Code", aide="Fixé par le contrat.", calculee=True, code=True, largeur=10
            ),
            ColonneJeu(
                champ="rattachement",
                titre="Rattaché à",
                aide="Fixé par le contrat.",
                calculee=True,
                largeur=30,
            ),
            ColonneJeu(
                champ="libelle", titre="Libellé", aide="Le nom de l'axe.", obligatoire=True, largeur=34
            ),
            *(
                ColonneJeu(
                    champ=nom,
                    titre=capfirst(formes.partition(",")[2]),
                    genre=Genre.LISTE,
                    aide=UN_PAR_LIGNE,
                    en_lignes=True,
                    largeur=46,
                )
                for nom, formes in LISTES
            ),
        )

    def objets(self, cles: Sequence[int] | None = None) -> list[Objet]:
        siens = Axe.objects.filter(contrat=self.campagne.contrat_id, archive=False).select_related("parent")
        if cles is not None:
            siens = siens.filter(pk__in=list(cles))
        lus = {axe.pk: axe for axe in siens.avec_listes().order_by("ordre", "code")}
        return [self._objet(lus[pk]) for pk in (cles if cles is not None else lus) if pk in lus]

    def _objet(self, axe: Axe) -> Objet:
        listes = {nom: [element.libelle for element in getattr(axe, nom).all()] for nom in ELEMENTS}
        return Objet(
            cle=f"axe-{axe.pk}",
            pk=axe.pk,
            titre=str(axe),
            valeurs={"libelle": axe.libelle, **{nom: liste for nom, liste in listes.items() if liste}},
            calcules={"code": axe.code, "rattachement": axe.parent.libelle if axe.parent else None},
            retenu_par=self.RESTE,
        )

    def comparer(
        self, ligne: LigneImport, objet: Objet, nouvelles: ValeursJson, cellules: Mapping[str, str]
    ) -> Comparaison:
        """Return the changes; a label has the length that the contract allows."""
        libelle = str(nouvelles.get("libelle") or "")
        longueur = Axe._meta.get_field("libelle").max_length or TEXTE_MAX
        problemes = []
        if len(libelle) > longueur:
            problemes.append(
                bloquant(
                    ligne,
                    f"Ce libellé a {len(libelle)} caractères : il en faut {longueur} au plus.",
                    cellules["libelle"],
                )
            )
        changements = [
            self.changement(champ, objet.valeurs.get(champ), valeur, cellules[champ])
            for champ, valeur in nouvelles.items()
        ]
        return Comparaison(changements, problemes)

    # -- Writing -----------------------------------------------------------------------------------
    def appliquer(self, import_: ImportTableur, auteur: Utilisateur, journal: Journal, motif: str) -> None:
        for ligne in a_ecrire(import_):
            pk = int(ligne.objet.rpartition("-")[2])
            axe = Axe.objects.select_for_update(no_key=True).get(pk=pk, contrat=self.campagne.contrat_id)
            for champ, valeur in retenus(ligne).items():
                if champ == "libelle":
                    axe.libelle = valeur
                    verifier(axe)
                    journal.modifier([axe], ligne.pk)
                    changer_en_nombre(Axe, [axe], auteur, motif)
                else:
                    _ecrire_la_liste(axe, champ, valeur or [], ligne.pk, auteur, journal, motif)


def _ecrire_la_liste(
    axe: Axe,
    nom: str,
    textes: Sequence[str],
    ligne: int,
    auteur: Utilisateur,
    journal: Journal,
    motif: str,
) -> None:
    """Make the items of an axe these, in this order; one whose words are found again keeps what it leads to."""
    modele, lien = ELEMENTS[nom], LIENS.get(nom)
    presents = list(modele.objects.filter(axe=axe).order_by("ordre"))
    # Read before anything is written: an item that moves takes its link along.
    liens = _liens(presents, textes, lien) if lien else []
    changes, nouveaux = [], []
    dernier = presents[-1].ordre if presents else 0
    for rang, texte in enumerate(textes):
        if rang < len(presents):
            element = presents[rang]
            changes.append(element)
        else:
            dernier += 1
            element = modele(axe=axe, ordre=dernier)
            nouveaux.append(element)
        element.libelle = texte
        if lien:
            setattr(element, lien, liens[rang])
    partis = presents[len(textes) :]
    journal.supprimer(partis, ligne)
    modele.objects.filter(pk__in=[element.pk for element in partis]).delete()
    journal.modifier(changes, ligne)
    changer_en_nombre(modele, changes, auteur, motif)
    creer_en_nombre(modele, nouveaux, auteur, motif)
    journal.creer(nouveaux, ligne)


def _liens(presents: Sequence[Any], textes: Sequence[str], lien: str) -> list[Any]:
    """Return what each text leads to: as the item of the same words did, else as the reworded item of its rank."""
    par_texte: dict[str, list[Any]] = {}
    for element in presents:
        par_texte.setdefault(element.libelle, []).append(getattr(element, lien))
    retrouves = [par_texte[texte].pop(0) if par_texte.get(texte) else None for texte in textes]
    gardes = {element.libelle for element in presents} & set(textes)
    return [
        getattr(presents[rang], lien)
        if texte not in gardes and rang < len(presents) and presents[rang].libelle not in gardes
        else retrouves[rang]
        for rang, texte in enumerate(textes)
    ]
