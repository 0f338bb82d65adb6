"""Writing what was retained of an import: one transaction, one entry in the journal, or nothing at all."""

from datetime import timedelta

from django.core.exceptions import ValidationError
from django.db import DatabaseError, DataError, IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from comptes.models import Utilisateur
from comptes.templatetags.typographie import insecables, pluriel
from documents.formats import date_longue
from financements.operations import montants_tenus

from ..models import ImportTableur, LigneImport
from ..operations.etats import OperationRefusee
from . import taches
from .genres import traitement_de
from .journal import Journal
from .preparation import ABANDONNABLES, mettre_en_file, prendre, verifier_le_droit
from .verrous import tenir_l_annee

Statut, Categorie = ImportTableur.Statut, LigneImport.Categorie
# What is written of the rows that nobody chose for; the others are written when someone says so.
ECRITES_D_OFFICE = (Categorie.CREEE, Categorie.MODIFIEE)
# Those of which nothing can be written, whatever is asked.
JAMAIS_ECRITES = (Categorie.REFUSEE, Categorie.A_DECIDER, Categorie.IGNOREE, Categorie.INCHANGEE)
RETENUES = Q(retenue=True) | Q(retenue__isnull=True, categorie__in=(*ECRITES_D_OFFICE, Categorie.CONTROLE))
# Beyond, the worker that had it is taken for dead.
PATIENCE = timedelta(minutes=10)
# A reading says how far it is every few seconds, once its file is open; one that is begun again in vain harms nothing.
PATIENCE_DE_LECTURE = timedelta(minutes=2)


def motif_de(import_: ImportTableur) -> str:
    """Return the words under which an import is told in the history of what it touches."""
    return f"Import « {import_.nom} » du {date_longue(timezone.localtime(import_.cree_le).date())}"


def obstacles(import_: ImportTableur) -> list[str]:
    """Return why the import cannot be confirmed now, a sentence each, with what to do; empty when it can."""
    phrases = []
    ouvertes = {
        question["cle"]
        # a refused row writes nothing, whatever is answered
        for questions, reponses in import_.lignes.exclude(Q(retenue=False) | Q(categorie=Categorie.REFUSEE))
        .exclude(questions=[])
        .order_by("ordre")
        .values_list("questions", "reponses")
        for question in questions
        if question["cle"] not in reponses
    }
    if ouvertes:
        phrases.append(
            f"Il reste {pluriel(len(ouvertes), 'question,questions')} sans réponse : répondez, ou laissez de côté "
            "les lignes qui les posent."
        )
    phrases += traitement_de(import_).perimees(import_)
    return [insecables(phrase) for phrase in phrases]


@transaction.atomic
def confirmer(auteur: Utilisateur, import_: ImportTableur) -> ImportTableur:
    """Have the worker write what is retained, and return the import.

    Raises PermissionDenied, and OperationRefusee with what stands in the way (`obstacles`).
    """
    actuel = prendre(auteur, import_, Statut.A_RELIRE)
    if phrases := obstacles(actuel):
        raise OperationRefusee(" ".join(phrases))
    actuel.statut, actuel.applique_par = Statut.APPLICATION, auteur
    actuel.message, actuel.pris_le = "", timezone.now()
    actuel.fait, actuel.a_faire = (
        0,
        actuel.lignes.filter(RETENUES).exclude(categorie__in=JAMAIS_ECRITES).count(),
    )
    actuel.save()
    mettre_en_file(taches.appliquer_import, actuel)
    return actuel


def appliquer(import_: ImportTableur) -> None:
    """Write what is retained, all or nothing. The worker's.

    Something that changed since the confirmation, or that the database refuses, brings the import back to its
    preview with the sentence that says what. An import that is no longer to be applied is left alone: a second
    worker, or one that was killed and started again, does the work once.
    """
    try:
        with transaction.atomic():
            _appliquer(import_)
    except (OperationRefusee, ValidationError) as refus:
        phrase = " ".join(refus.messages) if isinstance(refus, ValidationError) else str(refus)
        _revenir(import_, f"Rien n'a été écrit. {phrase}")
    except (IntegrityError, DataError):
        taches.logger.exception("L'import %s n'a pas pu être appliqué.", import_.cle)
        _revenir(
            import_,
            "Rien n'a été écrit : quelque chose a changé dans Pilotis entre-temps. Relisez le fichier, puis confirmez.",
        )
    except DatabaseError:
        # A database that does not answer: the state says « en cours », and the work can be taken again.
        taches.logger.exception("La base n'a pas répondu pendant l'import %s.", import_.cle)
    except Exception:
        taches.logger.exception("L'import %s n'a pas pu être appliqué.", import_.cle)
        _revenir(
            import_,
            "Rien n'a été écrit : l'application s'est arrêtée sur une erreur de Pilotis. Réessayez ; si elle échoue "
            "encore, prévenez la personne qui s'occupe de Pilotis.",
        )


def _appliquer(import_: ImportTableur) -> None:
    actuel = (
        ImportTableur.objects.select_for_update(of=("self",), no_key=True)
        .select_related("campagne__contrat__epci", "auteur", "applique_par")
        .get(pk=import_.pk)
    )
    auteur = actuel.applique_par
    if actuel.statut != Statut.APPLICATION or auteur is None:
        return
    verifier_le_droit(auteur, actuel.campagne)
    tenir_l_annee(actuel.campagne)
    traitement = traitement_de(actuel)
    if phrases := traitement.perimees(actuel):
        raise OperationRefusee(" ".join(phrases))
    journal = Journal(actuel)
    with montants_tenus(actuel.campagne):
        traitement.appliquer(actuel, auteur, journal, motif_de(actuel))
    journal.clore()
    actuel.statut, actuel.applique_le, actuel.fait = Statut.APPLIQUE, timezone.now(), actuel.a_faire
    actuel.save()


def _revenir(import_: ImportTableur, phrase: str) -> None:
    ImportTableur.objects.filter(pk=import_.pk, statut=Statut.APPLICATION).update(
        statut=Statut.A_RELIRE, message=insecables(phrase), applique_par=None, fait=0
    )


def en_panne(import_: ImportTableur) -> bool:
    """Return whether the worker that had the import, or was to take it, has probably stopped: see `relancer`."""
    en_cours = (Statut.RECU, Statut.LECTURE, Statut.APPLICATION, Statut.ANNULATION)
    if import_.statut not in en_cours or import_.pris_le is None:
        return False
    patience = PATIENCE_DE_LECTURE if import_.statut == Statut.LECTURE else PATIENCE
    return timezone.now() - import_.pris_le > patience


@transaction.atomic
def relancer(auteur: Utilisateur, import_: ImportTableur) -> ImportTableur:
    """Give to the worker again what one that stopped had begun: nothing was written, nothing is written twice."""
    actuel = prendre(auteur, import_, Statut.RECU, Statut.LECTURE, Statut.APPLICATION, Statut.ANNULATION)
    if not en_panne(actuel):
        raise OperationRefusee("Ce travail est en cours : attendez quelques minutes.")
    actuel.pris_le = timezone.now()
    if actuel.statut == Statut.LECTURE:
        actuel.statut = Statut.RECU
    actuel.save()
    suites = {
        Statut.APPLICATION: taches.appliquer_import,
        Statut.ANNULATION: taches.annuler_import,
    }
    mettre_en_file(suites.get(Statut(actuel.statut), taches.lire_import), actuel)
    return actuel


@transaction.atomic
def abandonner(auteur: Utilisateur, import_: ImportTableur) -> ImportTableur:
    """Leave an import without writing anything of it; its file is kept in the journal.

    What the worker would still find, when it is reading it, is left aside.
    """
    actuel = prendre(auteur, import_, *ABANDONNABLES)
    actuel.statut = Statut.ABANDONNE
    actuel.save()
    return actuel
