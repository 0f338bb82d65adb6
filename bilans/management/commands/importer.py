"""`importer`: a town's table into a year of a contract. It previews, and writes only with `--appliquer`."""

import json
from pathlib import Path
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management.base import CommandParser
from django.db import transaction

from actions.commandes import campagne_demandee, contrat_demande
from actions.models import Campagne
from bilans.imports import preparation
from bilans.imports.application import appliquer, motif_de, obstacles
from bilans.models import ImportTableur, LigneImport
from bilans.operations.etats import OperationRefusee
from comptes.commandes import REFUSE, Commande, Refus
from comptes.models import Utilisateur
from comptes.templatetags.typographie import insecables, pluriel
from documents.tableurs.limites import OCTETS_MAX

Statut, Categorie = ImportTableur.Statut, LigneImport.Categorie
FORMATS = ("texte", "json")
ETIQUETTES = {
    Categorie.CREEE: "à créer",
    Categorie.MODIFIEE: "à modifier",
    Categorie.INCHANGEE: "inchangée,inchangées",
    Categorie.A_DECIDER: "à décider",
    Categorie.REFUSEE: "refusée,refusées",
    Categorie.CONTROLE: "ligne de totaux,lignes de totaux",
    Categorie.IGNOREE: "sans action",
}


class Command(Commande):
    help = (
        "Lit le tableau d'une collectivité et montre ce qu'il changerait dans une année : rien n'est écrit sans "
        "--appliquer. Le code de retour est 1 quand des lignes sont refusées ou des questions sans réponse."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        # nothing is « required » and nothing has « choices »: our sentences say what exists
        parser.add_argument("fichier", nargs="?", metavar="FICHIER", help="un classeur xlsx, ods ou csv")
        parser.add_argument("--contrat", metavar="CONTRAT", help="nom du contrat dans les adresses")
        parser.add_argument("--annee", metavar="ANNÉE", help="année du programme, par exemple 2024")
        parser.add_argument("--appliquer", action="store_true", help="écrit ce qui est montré")
        parser.add_argument("--compte", metavar="ADRESSE", help="le compte au nom de qui écrire")
        parser.add_argument("--format", metavar="FORMAT", default="texte", help="texte ou json")

    def executer(self, options: dict[str, Any]) -> None:
        """Preview a workbook, or write what it changes. Raises Refus."""
        if options["format"] not in FORMATS:
            raise Refus(f"Le format se donne en {' ou '.join(FORMATS)}, pas en « {options['format']} ».")
        nom, contenu = _lire_le_fichier(options["fichier"])
        contrat = contrat_demande(options["contrat"])
        campagne = campagne_demandee(contrat, options["annee"])
        auteur = _auteur(options["compte"], campagne)
        with transaction.atomic():
            import_ = self._preparer(auteur, campagne, nom, contenu)
            bloque = self._bloque(import_)
            if options["appliquer"] and not bloque:
                bloque = self._appliquer(auteur, import_)
            self._dire(import_, options["format"])
            if import_.statut != Statut.APPLIQUE:
                # A preview leaves no trace, neither row nor file.
                import_.fichier.delete(save=False)
                transaction.set_rollback(True)
        if bloque:
            raise Refus(bloque, REFUSE)

    def _preparer(self, auteur: Utilisateur, campagne: Campagne, nom: str, contenu: bytes) -> ImportTableur:
        try:
            import_ = preparation.deposer(auteur, campagne, SimpleUploadedFile(nom, contenu))
        except OperationRefusee as refus:
            raise Refus(str(refus), REFUSE) from refus
        # The worker is not asked: whoever runs a command waits for its answer.
        preparation.lire(import_)
        import_.refresh_from_db()
        return import_

    def _bloque(self, import_: ImportTableur) -> str:
        """Return why nothing would be written, empty when everything can be."""
        if import_.statut == Statut.REFUSE:
            return import_.message
        if import_.statut == Statut.COLONNES:
            return "Les colonnes de ce tableau sont à vérifier : déposez-le dans Pilotis, page « Imports »."
        refusees = import_.lignes.filter(categorie=Categorie.REFUSEE).count()
        phrases = [f"{pluriel(refusees, 'ligne est refusée,lignes sont refusées')}."] if refusees else []
        return insecables(" ".join([*phrases, *obstacles(import_)]))

    def _appliquer(self, auteur: Utilisateur, import_: ImportTableur) -> str:
        """Write what is retained; return why it could not be, empty when it was."""
        ImportTableur.objects.filter(pk=import_.pk).update(statut=Statut.APPLICATION, applique_par=auteur)
        appliquer(import_)
        import_.refresh_from_db()
        return "" if import_.statut == Statut.APPLIQUE else import_.message

    # -- What is said ------------------------------------------------------------------------------
    def _dire(self, import_: ImportTableur, format: str) -> None:
        resume = preparation.resume(import_)
        lignes = list(import_.lignes.order_by("ordre"))
        if format == "json":
            contenu = {**resume, "statut": import_.statut, "avertissements": import_.phrases}
            contenu["lignes"] = [_decrire(ligne) for ligne in lignes]
            self.stdout.write(json.dumps(contenu, ensure_ascii=False, indent=2))
            return
        for phrase in import_.phrases:
            self.stdout.write(phrase)
        comptes = [
            _compter(nombre, ETIQUETTES[Categorie(categorie)])
            for categorie, nombre in sorted(resume["categories"].items())
            if categorie in ETIQUETTES
        ]
        if comptes:
            self.stdout.write(f"{', '.join(comptes)}.")
        for ligne in lignes:
            self._dire_la_ligne(ligne)
        for total in resume["totaux"]:
            if total["ecart"]:
                phrase = (
                    f"{total['libelle']} : {total['imprime']} imprimé, {total['calcule']} calculé, "
                    f"écart {total['ecart']}. {total['explication']}"
                )
                self.stdout.write(insecables(phrase.strip()))
        if import_.statut == Statut.APPLIQUE:
            self.stdout.write(f"{motif_de(import_)} : écrit.")

    def _dire_la_ligne(self, ligne: LigneImport) -> None:
        if ligne.categorie in (Categorie.INCHANGEE, Categorie.IGNOREE, Categorie.CONTROLE):
            return
        self.stdout.write(f"Ligne {ligne.numero}, {ligne.get_categorie_display().lower()} : {ligne.titre}")
        if ligne.categorie == Categorie.MODIFIEE:
            for changement in ligne.changements:
                avant, apres = (_court(changement[cote]) for cote in ("ancien", "nouveau"))
                self.stdout.write(f"  {changement['cellule']} {changement['libelle']} : {avant} → {apres}")
        for question in ligne.questions:
            if question["cle"] not in ligne.reponses:
                self.stdout.write(f"  {question['cellule']} {question['phrase']}")
        for probleme in ligne.problemes:
            if probleme["gravite"] != "info":
                self.stdout.write(f"  {probleme['cellule']} {probleme['message']} {probleme['remede']}")


def _lire_le_fichier(chemin: str | None) -> tuple[str, bytes]:
    if not chemin:
        raise Refus("Indiquez le tableau à lire : importer FICHIER.xlsx --contrat CONTRAT --annee ANNÉE.")
    fichier = Path(chemin)
    try:
        if fichier.stat().st_size > OCTETS_MAX:
            raise Refus(f"Le fichier « {chemin} » est trop lourd : {OCTETS_MAX >> 20} Mo au plus.", REFUSE)
        return fichier.name, fichier.read_bytes()
    except (OSError, ValueError) as erreur:
        raise Refus(
            f"Le fichier « {chemin} » ne peut pas être lu : vérifiez son nom et vos droits."
        ) from erreur


def _auteur(adresse: str | None, campagne: Campagne) -> Utilisateur:
    """Return the account under which things are written: the one named, else the administrator who is alone."""
    actifs = Utilisateur.objects.filter(is_active=True)
    if adresse:
        compte = actifs.filter(email__iexact=adresse).first()
        if compte is None:
            raise Refus(f"Aucun compte actif n'a l'adresse « {adresse} ».")
    else:
        administrateurs = list(actifs.filter(is_superuser=True).order_by("pk")[:2])
        if len(administrateurs) != 1:
            raise Refus("Indiquez le compte au nom de qui écrire : --compte ADRESSE.")
        (compte,) = administrateurs
    if not compte.has_perm("contrats.gerer", campagne.contrat):
        raise Refus(f"Le compte « {compte.email} » ne pilote pas ce contrat.")
    return compte


def _compter(nombre: int, mots: str) -> str:
    """Return « 3 à créer », « 1 inchangée », « 35 inchangées »."""
    return pluriel(nombre, mots) if "," in mots else f"{nombre} {mots}"


def _court(texte: str) -> str:
    plat = " ".join(texte.split()) or "(vide)"
    return plat if len(plat) <= 60 else f"{plat[:57]}…"


def _decrire(ligne: LigneImport) -> dict[str, Any]:
    return {
        "feuille": ligne.feuille,
        "ligne": ligne.numero,
        "nature": ligne.nature,
        "categorie": ligne.categorie,
        "titre": ligne.titre,
        "changements": ligne.changements,
        "questions": ligne.questions,
        "problemes": ligne.problemes,
    }
