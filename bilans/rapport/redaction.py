"""What composes a report: opened with its sections, written as one types, ordered, illustrated.

A text is saved field by field like a bilan: what someone else wrote meanwhile is opposed, never lost. What is frozen
(`versions`) does not change with it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files import File
from django.db import transaction
from django.db.models import F, Max
from django.utils.text import slugify

from actions.models import ActionAnnuelle, Campagne
from comptes.champs import ChampTexte
from comptes.historique import debut_du_brouillon, fondre
from comptes.models import Utilisateur
from comptes.signature import signer
from contrats.models import ContratVille
from documents.formats import taille_lisible

from ..models import ActionPhare, PhotoRapport, RapportAnnuel, SectionRapport
from ..operations.brouillon import Changement, ConflitDeChamp, Tri, trier
from ..operations.etats import OperationRefusee
from ..pieces import (
    ANCIEN_FORMAT,
    ARCHIVE,
    AUTRE_FORMAT,
    DEMESURE,
    JPEG,
    MACROS,
    PNG,
    PROTEGE,
    WEBP,
    PieceRefusee,
    verifier,
)
from ..saisie import Champ, Plume, marque
from .sections import PAR_CODE, sections_par_defaut

# A printed section holds a few; a web page is not an album.
PHOTOS_MAX = 12
PHARES_MAX = 12
PAS_UNE_PHOTO = "Ce fichier n'est pas une photographie : choisissez une image JPEG, PNG ou WebP."
# What an attachment is told, and would mislead here: a photograph is never « saved as PDF ».
REFUS_D_UN_DOCUMENT = (AUTRE_FORMAT, ANCIEN_FORMAT, PROTEGE, MACROS, ARCHIVE, DEMESURE)
SECTION_DE_LA_LOI = (
    "Cette section est de celles que la loi demande : elle se masque, mais ne se supprime pas."
)


def prendre(auteur: Utilisateur, rapport: RapportAnnuel) -> RapportAnnuel:
    """Return the stored report, locked, for an account that runs its contract. Raises PermissionDenied."""
    actuel: RapportAnnuel = (
        RapportAnnuel.objects.select_for_update(no_key=True, of=("self",))
        .select_related("contrat__epci", "deliberation")
        .get(pk=rapport.pk)
    )
    if not auteur.has_perm("contrats.gerer", actuel.contrat):
        raise PermissionDenied
    return actuel


# -- Opening it ------------------------------------------------------------------------------------
@transaction.atomic
def ouvrir_rapport(auteur: Utilisateur, contrat: ContratVille, annee: int) -> RapportAnnuel:
    """Return the report of a year of the contract, made with the sections of the law when there is none yet.

    Raises PermissionDenied; OperationRefusee for a year that the contract does not have.
    """
    # The row of the contract is the lock: two people open one report.
    contrat = ContratVille.objects.select_for_update(no_key=True).get(pk=contrat.pk)
    if not auteur.has_perm("contrats.gerer", contrat):
        raise PermissionDenied
    if not Campagne.objects.filter(contrat=contrat, annee=annee).exists():
        raise OperationRefusee(f"Ce contrat n'a pas d'année {annee} : il n'y a rien à rapporter.")
    deja = RapportAnnuel.objects.filter(contrat=contrat, annee=annee).first()
    if deja is not None:
        return deja
    rapport = RapportAnnuel(contrat=contrat, annee=annee)
    signer(rapport, auteur)
    rapport.save()
    for prevue in sections_par_defaut():
        section = SectionRapport(
            rapport=rapport,
            ordre=prevue.ordre,
            code=prevue.code,
            titre=prevue.titre,
            blocs=list(prevue.blocs),
            visible=prevue.visible,
        )
        signer(section, auteur)
        section.save()
    return rapport


# -- Writing ---------------------------------------------------------------------------------------
TITRE_VIDE = "Donnez un titre à cette section : le sommaire du rapport le reprend."


@dataclass
class ChampRedige(Champ):
    """A text that is written: the title or the text of a section, what is said of a highlight."""

    ligne: SectionRapport | ActionPhare = field(kw_only=True)
    attribut: str = field(kw_only=True)

    @property
    def objet(self) -> SectionRapport | ActionPhare:
        return self.ligne

    def ecrire(self, valeur: Any, plume: Plume) -> None:
        setattr(self.ligne, self.attribut, valeur)
        self.valeur = valeur


@dataclass
class SaisieRedigee:
    """What can be typed in a page of the report, by name."""

    champs: Mapping[str, ChampRedige]
    attente: dict[str, str] = field(default_factory=dict)

    def brut(self, nom: str) -> str:
        """Return what the page shows in a field."""
        champ = self.champs[nom]
        return str(getattr(champ.objet, champ.attribut))

    def marque(self, nom: str) -> str:
        """Return a short mark of what is stored in a field: another mark, another value."""
        return marque(self.champs[nom], self.brut(nom))


def saisie_de_la_section(section: SectionRapport) -> SaisieRedigee:
    """Return what can be typed in a section: its title, its text."""
    titre = forms.CharField(
        label="Titre",
        max_length=200,
        error_messages={
            "required": TITRE_VIDE,
            "max_length": "Un titre tient en 200 caractères : abrégez-le.",
        },
    )
    texte = ChampTexte(label="Texte", required=False, widget=forms.Textarea(attrs={"rows": 16}))
    return SaisieRedigee(
        {
            nom: ChampRedige(
                nom,
                str(formulaire.label),
                "",
                formulaire,
                valeur=getattr(section, nom),
                ligne=section,
                attribut=nom,
            )
            for nom, formulaire in (("titre", titre), ("texte", texte))
        }
    )


def saisie_des_phares(rapport: RapportAnnuel) -> SaisieRedigee:
    """Return what can be typed of the actions put forward: « phare_<key of the action> », in their order."""
    phares = rapport.actions_phares.select_related("action_annuelle__action").order_by("ordre", "pk")
    return SaisieRedigee(
        {
            f"phare_{phare.action_annuelle.cle}": ChampRedige(
                f"phare_{phare.action_annuelle.cle}",
                f"Ce que vous en dites : {phare.action_annuelle}",
                "",
                ChampTexte(
                    label="Ce que vous en dites", required=False, widget=forms.Textarea(attrs={"rows": 4})
                ),
                valeur=phare.texte,
                ligne=phare,
                attribut="texte",
            )
            for phare in phares
        }
    )


@dataclass(kw_only=True)
class ResultatRedige(Tri):
    """What became of each field; `saisie` is what is stored now, `version` the number of the report."""

    saisie: SaisieRedigee
    version: int


@transaction.atomic
def ecrire_section(
    auteur: Utilisateur, section: SectionRapport, champs: Mapping[str, Changement]
) -> ResultatRedige:
    """Save the title and the text of a section as they were typed; return what became of each.

    A field that someone else changed since the page knew it is left as it is and given back. Raises PermissionDenied;
    SectionRapport.DoesNotExist for a section that was deleted meanwhile.
    """
    rapport = prendre(auteur, section.rapport)
    actuelle = SectionRapport.objects.select_related("rapport").get(pk=section.pk)
    return _ecrire(auteur, rapport, saisie_de_la_section(actuelle), champs)


@transaction.atomic
def ecrire_phares(
    auteur: Utilisateur, rapport: RapportAnnuel, champs: Mapping[str, Changement]
) -> ResultatRedige:
    """Save what is said of the actions put forward, as it was typed; return what became of each.

    As `ecrire_section`. Raises PermissionDenied.
    """
    actuel = prendre(auteur, rapport)
    return _ecrire(auteur, actuel, saisie_des_phares(actuel), champs)


def _ecrire(
    auteur: Utilisateur, rapport: RapportAnnuel, saisie: SaisieRedigee, champs: Mapping[str, Changement]
) -> ResultatRedige:
    resultat = ResultatRedige(saisie=saisie, version=rapport.version)
    valeurs = trier(resultat, saisie, champs, lambda champ: _opposer(saisie.champs[champ.nom]))
    # A title that is empty or too long cannot wait in the row as a text can: it is refused, and said.
    for nom in resultat.a_corriger:
        resultat.enregistres.pop(nom, None)
    for objet in {id(saisie.champs[nom].objet): saisie.champs[nom].objet for nom in valeurs}.values():
        quand, _ = debut_du_brouillon(objet, auteur)
        for nom, valeur in valeurs.items():
            if saisie.champs[nom].objet is objet:
                setattr(objet, saisie.champs[nom].attribut, valeur)
        fondre(objet, auteur, quand)
    resultat.change = bool(valeurs)
    if valeurs:
        resultat.version = _avancer(rapport)
    return resultat


def _avancer(rapport: RapportAnnuel) -> int:
    """Count that the report changed, and return its number: an open page then knows that it is behind."""
    RapportAnnuel.objects.filter(pk=rapport.pk).update(version=F("version") + 1)
    rapport.version += 1
    return rapport.version


def _opposer(champ: ChampRedige) -> ConflitDeChamp:
    derniere = champ.objet.historique.select_related("history_user").first()
    texte = getattr(champ.objet, champ.attribut)
    return ConflitDeChamp(
        champ.libelle,
        texte,
        texte,
        derniere.history_user if derniere else None,
        derniere.history_date if derniere else None,
    )


@transaction.atomic
def reprendre_l_an_dernier(auteur: Utilisateur, section: SectionRapport) -> SectionRapport:
    """Put last year's text of the same section in an empty one and return it.

    Raises PermissionDenied; OperationRefusee when there is none, or when something is written here already.
    """
    prendre(auteur, section.rapport)
    actuelle: SectionRapport = SectionRapport.objects.select_related("rapport").get(pk=section.pk)
    if actuelle.texte.strip():
        raise OperationRefusee(
            "Cette section a déjà un texte : videz-la d'abord, ou copiez ce qu'il vous faut."
        )
    ancienne = section_de_l_an_dernier(actuelle)
    if ancienne is None:
        raise OperationRefusee("Le rapport de l'année précédente n'a pas de texte dans cette section.")
    actuelle.texte = ancienne.texte
    _signer_et_garder(auteur, actuelle, f"texte repris de {ancienne.rapport.annee}")
    return actuelle


def section_de_l_an_dernier(section: SectionRapport) -> SectionRapport | None:
    """Return the same section of the report of the year before, when it has a text."""
    return (
        SectionRapport.objects.filter(
            rapport__contrat=section.rapport.contrat_id,
            rapport__annee=section.rapport.annee - 1,
            code=section.code,
        )
        .exclude(texte="")
        .select_related("rapport")
        .first()
    )


# -- The sections ----------------------------------------------------------------------------------
@transaction.atomic
def ajouter_section(auteur: Utilisateur, rapport: RapportAnnuel, titre: str) -> SectionRapport:
    """Add a section of one's own at the end and return it.

    Raises PermissionDenied, OperationRefusee without a title.
    """
    actuel = prendre(auteur, rapport)
    if not titre.strip():
        raise OperationRefusee("Donnez un titre à cette section.")
    dernier = actuel.sections.aggregate(rang=Max("ordre"))["rang"] or 0
    section = SectionRapport(
        rapport=actuel,
        ordre=dernier + 1,
        code=_code_libre(actuel, titre),
        titre=titre.strip()[:200],
    )
    _signer_et_garder(auteur, section)
    return section


def _code_libre(rapport: RapportAnnuel, titre: str) -> str:
    racine = f"libre-{slugify(titre)[:25]}".strip("-")
    pris = set(rapport.sections.values_list("code", flat=True))
    suites = (racine if rang == 1 else f"{racine}-{rang}" for rang in range(1, len(pris) + 2))
    return next(code for code in suites if code not in pris)


@transaction.atomic
def supprimer_section(auteur: Utilisateur, section: SectionRapport) -> None:
    """Delete a section of one's own, its photographs with it; its history stays.

    Raises PermissionDenied, OperationRefusee for a section of the law.
    """
    prendre(auteur, section.rapport)
    if section.code in PAR_CODE:
        raise OperationRefusee(SECTION_DE_LA_LOI)
    for photo in section.photos.order_by("pk"):
        signer(photo, auteur)
        photo.delete()
    signer(section, auteur)
    section.delete()


@transaction.atomic
def ranger_sections(auteur: Utilisateur, rapport: RapportAnnuel, cles: Sequence[str]) -> None:
    """Put the sections in the order of `cles`; those that it does not name follow, in their order.

    Raises PermissionDenied.
    """
    actuel = prendre(auteur, rapport)
    rangs = {cle: rang for rang, cle in enumerate(cles)}
    sections = sorted(
        actuel.sections.order_by("ordre", "pk"), key=lambda section: rangs.get(section.cle, len(rangs))
    )
    for ordre, section in enumerate(sections, 1):
        if section.ordre != ordre:
            section.ordre = ordre
            _signer_et_garder(auteur, section)


@transaction.atomic
def montrer_section(auteur: Utilisateur, section: SectionRapport, visible: bool) -> SectionRapport:
    """Show or hide a section in the report and return it; its text is kept. Raises PermissionDenied."""
    prendre(auteur, section.rapport)
    actuelle: SectionRapport = SectionRapport.objects.get(pk=section.pk)
    if actuelle.visible != visible:
        actuelle.visible = visible
        _signer_et_garder(auteur, actuelle)
    return actuelle


@transaction.atomic
def choisir_blocs(
    auteur: Utilisateur, section: SectionRapport, codes: Sequence[str], connus: Sequence[str]
) -> SectionRapport:
    """Keep the blocks of a section, in the order of `codes`, and return it; `connus` are those that exist.

    Raises PermissionDenied, OperationRefusee for an unknown block or one asked twice.
    """
    prendre(auteur, section.rapport)
    if len(set(codes)) != len(codes) or not set(codes) <= set(connus):
        raise OperationRefusee("Un des éléments choisis n'existe pas : rechargez la page, puis recommencez.")
    actuelle: SectionRapport = SectionRapport.objects.get(pk=section.pk)
    if actuelle.blocs != list(codes):
        actuelle.blocs = list(codes)
        _signer_et_garder(auteur, actuelle)
    return actuelle


def _signer_et_garder(auteur: Utilisateur, objet: SectionRapport | ActionPhare, motif: str = "") -> None:
    signer(objet, auteur, motif)
    objet.save()


# -- Highlights ------------------------------------------------------------------------------------
@transaction.atomic
def mettre_en_avant(
    auteur: Utilisateur, rapport: RapportAnnuel, annuelle: ActionAnnuelle, texte: str = ""
) -> ActionPhare:
    """Put an action of the year forward with what is said of it, last; one that is there already gets the new words.

    Raises PermissionDenied; OperationRefusee for an action of another year, or one too many.
    """
    actuel = prendre(auteur, rapport)
    campagne = annuelle.campagne
    if (campagne.contrat_id, campagne.annee) != (actuel.contrat_id, actuel.annee):
        raise OperationRefusee(f"« {annuelle} » n'est pas une action de {actuel.annee}.")
    phare = actuel.actions_phares.filter(action_annuelle=annuelle).first()
    if phare is None:
        if actuel.actions_phares.count() >= PHARES_MAX:
            raise OperationRefusee(f"Un rapport met en avant {PHARES_MAX} actions au plus : retirez-en une.")
        dernier = actuel.actions_phares.aggregate(rang=Max("ordre"))["rang"] or 0
        phare = ActionPhare(rapport=actuel, action_annuelle=annuelle, ordre=dernier + 1)
    phare.texte = texte.strip()
    _signer_et_garder(auteur, phare)
    return phare


@transaction.atomic
def ne_plus_mettre_en_avant(auteur: Utilisateur, rapport: RapportAnnuel, annuelle: ActionAnnuelle) -> None:
    """Take an action away from those that are put forward; one that is gone stays so. Raises PermissionDenied."""
    actuel = prendre(auteur, rapport)
    for phare in actuel.actions_phares.filter(action_annuelle=annuelle).order_by("pk"):
        signer(phare, auteur)
        phare.delete()


@transaction.atomic
def ranger_phares(auteur: Utilisateur, rapport: RapportAnnuel, cles: Sequence[str]) -> None:
    """Put the actions put forward in the order of `cles` (those of the actions); the others follow, in their order.

    Raises PermissionDenied.
    """
    actuel = prendre(auteur, rapport)
    rangs = {cle: rang for rang, cle in enumerate(cles)}
    phares = sorted(
        actuel.actions_phares.select_related("action_annuelle").order_by("ordre", "pk"),
        key=lambda phare: rangs.get(phare.action_annuelle.cle, len(rangs)),
    )
    for ordre, phare in enumerate(phares, 1):
        if phare.ordre != ordre:
            phare.ordre = ordre
            _signer_et_garder(auteur, phare)


# -- Photographs -----------------------------------------------------------------------------------
def ajouter_photo(
    auteur: Utilisateur,
    section: SectionRapport,
    fichier: File,
    *,
    description: str,
    credit: str = "",
    droits_acquis: bool = False,
) -> PhotoRapport:
    """Keep a photograph of a section and return it: drawn again, without the place nor the day that a phone writes.

    Raises PermissionDenied; ValidationError, by field, for a file that is no image, one without a description or
    without the rights, one too many.

    Not to be called inside a transaction: the file is written before its row. A file whose row fails stays: it is kept
    by its bytes, which another row or a frozen version may hold.
    """
    with transaction.atomic(durable=True):
        prendre(auteur, section.rapport)
    try:
        verifie = verifier(fichier)
    except PieceRefusee as refus:
        phrase = PAS_UNE_PHOTO if str(refus) in REFUS_D_UN_DOCUMENT else str(refus)
        raise ValidationError({"fichier": phrase}) from refus
    if verifie.format not in (JPEG, PNG, WEBP):
        raise ValidationError({"fichier": PAS_UNE_PHOTO})
    photo = PhotoRapport(
        section=section,
        ordre=1,
        description=description.strip(),
        credit=credit.strip(),
        droits_acquis=droits_acquis,
        nom=verifie.nom,
        type_mime=verifie.format.type_mime,
        taille=verifie.taille,
        empreinte=verifie.empreinte,
        depose_par=auteur,
    )
    # What must be mended is said before the file is kept.
    photo.full_clean(exclude=["fichier"])
    _ranger_le_fichier(photo, verifie.nom, verifie.contenu)
    _inscrire(auteur, photo)
    return photo


def _ranger_le_fichier(photo: PhotoRapport, nom: str, contenu: File) -> None:
    """Write the bytes once: the same photograph is one file of the report, in as many sections as one likes."""
    chemin = photo.fichier.field.generate_filename(photo, nom)
    if not photo.fichier.storage.exists(chemin):
        chemin = photo.fichier.storage.save(chemin, contenu)
    photo.fichier.name = chemin


@transaction.atomic(durable=True)
def _inscrire(auteur: Utilisateur, photo: PhotoRapport) -> None:
    actuel = prendre(auteur, photo.section.rapport)
    photos = PhotoRapport.objects.filter(section__rapport=actuel)
    if photos.count() >= PHOTOS_MAX:
        raise ValidationError(
            {"fichier": f"Un rapport tient {PHOTOS_MAX} photographies au plus : retirez-en une d'abord."}
        )
    poids = sum(photos.values_list("taille", flat=True)) + photo.taille
    if poids > settings.PIECES_TOTAL_MAX:
        trop = f"Les photographies de ce rapport pèseraient {taille_lisible(poids)}"
        raise ValidationError(
            {"fichier": f"{trop} ; elles pèsent au plus {taille_lisible(settings.PIECES_TOTAL_MAX)}."}
        )
    dernier = photos.filter(section=photo.section).aggregate(rang=Max("ordre"))["rang"] or 0
    photo.ordre = dernier + 1
    photo.full_clean()
    signer(photo, auteur)
    photo.save()


@transaction.atomic
def retirer_photo(auteur: Utilisateur, photo: PhotoRapport) -> None:
    """Take a photograph away; its file stays as long as a row or a frozen version shows it. Raises PermissionDenied."""
    actuel = prendre(auteur, photo.section.rapport)
    presente = PhotoRapport.objects.filter(pk=photo.pk).first()
    if presente is None:
        return
    stockage, nom = presente.fichier.storage, presente.fichier.name
    signer(presente, auteur)
    presente.delete()
    encore = PhotoRapport.objects.filter(section__rapport=actuel, empreinte=presente.empreinte)
    if not encore.exists() and not actuel.versions.exists():
        # Once the row is gone for sure; a disk that refuses is told in the log, not to who pressed the button.
        transaction.on_commit(partial(stockage.delete, nom), robust=True)
