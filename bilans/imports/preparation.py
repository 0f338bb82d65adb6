"""From a file that arrives to a preview that can be confirmed: receiving, reading, columns, answers, choices.

Reading and staging are the worker's (`taches`); what people do is here too, one function a use case. Nothing of the
programme is written before `application.confirmer`.
"""

from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from hashlib import sha256
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import Count
from django.utils import timezone

from actions.models import Campagne
from comptes.models import Utilisateur
from comptes.templatetags.typographie import date_heure, insecables
from documents.tableurs import FichierRefuse, lire_tableur
from documents.texte import nettoyer
from porteurs.models import Porteur

from ..models import CorrespondanceMemorisee, ImportTableur, LigneImport
from ..operations.etats import OperationRefusee
from . import taches
from .genres import genre_de, traitement_de
from .journal import par_lots
from .lecture import LectureReprise, conclure
from .modele import Structure, TableauIntrouvable, corriger, incoherences

Statut, Categorie = ImportTableur.Statut, LigneImport.Categorie
NOM_MAX = 150
PRESSE_DEUX_FOIS = timedelta(minutes=1)
# In these states nothing is written yet: columns may be corrected, rows answered, the import left.
A_PREPARER = (Statut.COLONNES, Statut.A_RELIRE)
ABANDONNABLES = (Statut.RECU, Statut.LECTURE, *A_PREPARER, Statut.REFUSE)

PLUS_POSEE = insecables(
    "Cette question n'est plus posée : une autre réponse l'a réglée, ou l'aperçu a été refait entre-temps. Rien n'a "
    "été enregistré ; voici les lignes telles qu'elles sont."
)
DEJA_REPONDUE = insecables(
    "Quelqu'un d'autre a répondu à cette question entre-temps. Votre réponse n'a pas été enregistrée : voyez la "
    "sienne, et changez-la si elle ne convient pas."
)
APERCU_REFAIT = insecables(
    "L'aperçu a été refait entre-temps. Rien n'a été enregistré : voici les lignes telles qu'elles sont."
)


# -- Receiving -------------------------------------------------------------------------------------
def deposer(auteur: Utilisateur, campagne: Campagne, fichier: UploadedFile) -> ImportTableur:
    """Keep a workbook with its fingerprint, have it read by the worker, and return its import.

    The same bytes that are already applied, and not undone, are said in its warnings. The same bytes from the same
    person within a minute are a button pressed twice: the first import is returned. Raises PermissionDenied, and
    OperationRefusee when the year is archived.
    """
    verifier_le_droit(auteur, campagne)
    contenu = fichier.read()
    empreinte = sha256(contenu).hexdigest()
    fichier.seek(0)
    nom = nettoyer(str(fichier.name or "tableau"))[-NOM_MAX:]
    with transaction.atomic():
        # Two sendings of one form wait for each other here.
        Campagne.objects.select_for_update(no_key=True).get(pk=campagne.pk)
        if deja := _vient_d_arriver(auteur, campagne, empreinte):
            return deja
        import_ = ImportTableur(
            campagne=campagne,
            auteur=auteur,
            nom=nom,
            taille=len(contenu),
            empreinte=empreinte,
            pris_le=timezone.now(),
            avertissements=_deja_applique(campagne, empreinte),
        )
        import_.fichier.save(nom, fichier, save=False)
        import_.save()
        mettre_en_file(taches.lire_import, import_)
    import_.refresh_from_db()
    return import_


def _vient_d_arriver(auteur: Utilisateur, campagne: Campagne, empreinte: str) -> ImportTableur | None:
    recents = ImportTableur.objects.filter(
        campagne=campagne, auteur=auteur, empreinte=empreinte, cree_le__gt=timezone.now() - PRESSE_DEUX_FOIS
    )
    # One that was written, refused or left is over: the file is sent again on purpose.
    en_cours = (Statut.RECU, Statut.LECTURE, *A_PREPARER)
    return recents.filter(statut__in=en_cours).order_by("cree_le").first()


def _deja_applique(campagne: Campagne, empreinte: str) -> list[str]:
    deja = (
        ImportTableur.objects.filter(campagne=campagne, empreinte=empreinte, statut=Statut.APPLIQUE)
        .order_by("-applique_le")
        .first()
    )
    if deja is None:
        return []
    return [
        insecables(
            f"Ce fichier, au caractère près, a déjà été importé le {date_heure(deja.applique_le)} sous le nom "
            f"« {deja.nom} »."
        )
    ]


def verifier_le_droit(auteur: Utilisateur, campagne: Campagne) -> None:
    """Raise PermissionDenied for who does not run the contract, OperationRefusee for an archived year."""
    if not auteur.has_perm("contrats.gerer", campagne.contrat):
        raise PermissionDenied
    if campagne.statut == Campagne.Statut.ARCHIVEE:
        raise OperationRefusee(
            f"L'année {campagne.annee} est archivée : rien ne peut plus y être importé. Sortez-la d'abord des "
            "archives, depuis la page de la campagne."
        )


def prendre(auteur: Utilisateur, import_: ImportTableur, *statuts: str) -> ImportTableur:
    """Return the stored import, locked, if this account may act on it and it is in one of `statuts`.

    Raises PermissionDenied, and OperationRefusee when the state does not allow it.
    """
    actuel: ImportTableur = (
        ImportTableur.objects.select_for_update(of=("self",), no_key=True)
        .select_related("campagne__contrat__epci", "auteur")
        .get(pk=import_.pk)
    )
    verifier_le_droit(auteur, actuel.campagne)
    if actuel.statut not in statuts:
        raise OperationRefusee(
            f"Cet import est dans l'état « {actuel.get_statut_display().lower()} » : ce n'est pas possible maintenant."
        )
    return actuel


def mettre_en_file(tache: Any, import_: ImportTableur) -> None:
    """Have the worker do `tache` once the transaction is done."""
    transaction.on_commit(lambda: tache.enqueue(import_.pk))


# -- Reading ---------------------------------------------------------------------------------------
def lire(import_: ImportTableur) -> None:
    """Read the workbook, then stage its rows, or stop at its columns when a person must say what they are.

    The worker's, the first time and after a person confirmed the columns. A file that cannot be read makes the
    import refused, with the sentence that says why and what to do. An import that another worker has is left alone.
    """
    pris = ImportTableur.objects.filter(pk=import_.pk, statut=Statut.RECU).update(
        statut=Statut.LECTURE, pris_le=timezone.now(), fait=0, a_faire=0, message=""
    )
    if not pris:
        return
    import_.refresh_from_db()
    try:
        _lire(import_)
    except LectureReprise:
        taches.logger.info("La lecture de l'import %s a été reprise ou abandonnée.", import_.cle)
    except (FichierRefuse, TableauIntrouvable, OperationRefusee) as refus:
        _refuser(import_, str(refus))
    except FileNotFoundError:
        taches.logger.exception("Le fichier de l'import %s manque.", import_.cle)
        _refuser(import_, "Le fichier déposé n'est plus sur le serveur : déposez-le de nouveau.")
    except Exception:
        taches.logger.exception("L'import %s n'a pas pu être lu.", import_.cle)
        _refuser(
            import_,
            "La lecture de ce fichier s'est arrêtée sur une erreur de Pilotis : rien n'a été écrit. Relancez la "
            "lecture ; si elle échoue encore, transmettez le fichier à la personne qui s'occupe de Pilotis.",
        )


def _refuser(import_: ImportTableur, phrase: str) -> None:
    import_.message = insecables(phrase)
    with suppress(LectureReprise):
        conclure(import_, Statut.REFUSE)


def _lire(import_: ImportTableur) -> None:
    with import_.fichier.open("rb") as fichier:
        classeur = lire_tableur(fichier.read(), import_.nom)
    import_.genre = genre_de(classeur)
    # What the reading before this one said is said again, if it still holds.
    import_.avertissements = _deja_applique(import_.campagne, import_.empreinte)
    traitement_de(import_).lire(import_, classeur)


# -- Columns ---------------------------------------------------------------------------------------
@transaction.atomic
def confirmer_colonnes(
    auteur: Utilisateur,
    import_: ImportTableur,
    correspondances: Mapping[str, Mapping[str, str]],
    options: Mapping[str, Any],
    *,
    feuille: str | None = None,
    entete: tuple[int, int] | None = None,
    memoriser: bool = True,
) -> ImportTableur:
    """Keep what a person says of the columns, have the rows staged again, and return the import.

    `correspondances`: by index of column, « champ », « financeur », « etat » (`structure.corriger`). `options`:
    « vides_effacent » (a blank cell erases; no by default). `feuille` and `entete` choose another table of the
    workbook: its columns are recognised anew, and nothing of the former table is kept. `memoriser`: the same headers
    will be read alike for this contract. Answers already given about the same table are kept. Raises OperationRefusee,
    nothing remembered, when two columns are said to be one field (`modele.incoherences`).
    """
    actuel = prendre(auteur, import_, *A_PREPARER)
    if correspondances and actuel.structure:
        for contredit in incoherences(corriger(Structure.from_dict(actuel.structure), correspondances)):
            raise OperationRefusee(contredit.phrase)
    actuel.correspondances = {str(index): dict(dite) for index, dite in correspondances.items()}
    actuel.options = {**actuel.options, **options, "confirmee": True}
    if feuille is not None and entete is not None:
        actuel.options |= {"feuille": feuille, "entete": list(entete)}
        # The questions about money are those of a row of the sheet: row 12 of another table is another row.
        actuel.lignes.all().delete()
        actuel.reponses = {}
    if memoriser and actuel.correspondances and actuel.structure.get("signature"):
        CorrespondanceMemorisee.objects.update_or_create(
            contrat=actuel.campagne.contrat,
            signature=actuel.structure["signature"],
            defaults={
                "correspondances": actuel.correspondances,
                "options": {nom: actuel.options[nom] for nom in ("vides_effacent",) if nom in actuel.options},
                "maj_par": auteur,
            },
        )
    return _relire(actuel)


@transaction.atomic
def relire(auteur: Utilisateur, import_: ImportTableur) -> ImportTableur:
    """Have the file read and compared again with what Pilotis holds now, answers kept; return the import.

    For a preview that the database overtook, and for a reading that stopped.
    """
    return _relire(prendre(auteur, import_, *A_PREPARER, Statut.REFUSE))


def _relire(import_: ImportTableur) -> ImportTableur:
    import_.statut, import_.fait, import_.a_faire, import_.message = Statut.RECU, 0, 0, ""
    import_.pris_le = timezone.now()
    import_.save()
    mettre_en_file(taches.lire_import, import_)
    return import_


# -- Answers and choices ---------------------------------------------------------------------------
@transaction.atomic
def decider(
    auteur: Utilisateur,
    import_: ImportTableur,
    ligne: LigneImport,
    *,
    reponses: Mapping[str, str] | None = None,
    vues: Mapping[str, str] | None = None,
    retenue: bool | None = None,
) -> LigneImport:
    """Answer questions of a row, or say whether to keep it, and return it as it becomes.

    An answer holds for every row that asks the same question (same « cle »); an empty one takes it back. Beside the
    choices of the question, « porteur:<clé> » and « alias:<clé> » name any porteur of the intercommunality. `vues`:
    the answers that the person had before them, by question; None when nobody looked. `retenue` is left as it is when
    None. Raises OperationRefusee for an answer that its question does not propose, for a question that is no longer
    asked, for one that somebody else answered since it was seen, and for a row of a preview that was made anew.
    """
    actuel = prendre(auteur, import_, Statut.A_RELIRE)
    if not actuel.lignes.filter(pk=ligne.pk).exists():
        raise OperationRefusee(APERCU_REFAIT)
    if reponses:
        _refuser_ce_qui_a_change(actuel, reponses, vues or {})
        _repondre(actuel, reponses)
    if retenue is not None:
        actuel.lignes.filter(pk=ligne.pk).update(retenue=retenue)
    mise_a_jour: LigneImport = actuel.lignes.get(pk=ligne.pk)
    return mise_a_jour


@transaction.atomic
def repondre_partout(auteur: Utilisateur, import_: ImportTableur, cle_prefix: str, valeur: str) -> int:
    """Give `valeur` to the open questions whose key begins so and that propose it; return how many it answered.

    « Créer tous les porteurs inconnus » is `repondre_partout(auteur, import_, "porteur:", "nouveau")`; likewise
    « axe: » and « financeur: » with "nouveau", « territoire: » with "vide", « montants: » with "plus_tard". A
    question that proposes something else is left open: a name that resembles another is looked at by itself.
    """
    actuel = prendre(auteur, import_, Statut.A_RELIRE)
    reponses = {
        question["cle"]: valeur
        for _, questions in _questions(actuel)
        for question in questions
        if question["cle"].startswith(cle_prefix)
        and question["cle"] not in actuel.reponses
        and question["proposition"] == valeur
    }
    if reponses:
        _repondre(actuel, reponses)
    return len(reponses)


def _refuser_ce_qui_a_change(
    import_: ImportTableur, reponses: Mapping[str, str], vues: Mapping[str, str]
) -> None:
    """Raise OperationRefusee when somebody else gave another answer than the one that was seen."""
    for cle, reponse in reponses.items():
        actuelle = import_.reponses.get(cle, "")
        if cle in vues and actuelle not in (vues[cle], reponse):
            raise OperationRefusee(DEJA_REPONDUE)


def _repondre(import_: ImportTableur, reponses: Mapping[str, str]) -> None:
    """Keep the answers, then have the rows that ask computed again. Raises OperationRefusee."""
    posees: dict[str, Mapping[str, Any]] = {}
    concernees: list[int] = []
    for pk, questions in _questions(import_):
        siennes = {question["cle"]: question for question in questions if question["cle"] in reponses}
        posees |= siennes
        if siennes:
            concernees.append(pk)
    for cle, reponse in reponses.items():
        if cle not in posees:
            raise OperationRefusee(PLUS_POSEE)
        _refuser_l_imprevu(import_, posees[cle], reponse)
    import_.reponses = {cle: dit for cle, dit in {**import_.reponses, **reponses}.items() if dit}
    import_.save(update_fields=["reponses"])
    lignes = [
        ligne for lot in par_lots(concernees) for ligne in import_.lignes.filter(pk__in=lot).order_by("ordre")
    ]
    for ligne in lignes:
        ligne.retenir_les_reponses(import_.reponses)
    traitement_de(import_).recalculer(import_, lignes)


def _questions(import_: ImportTableur) -> list[tuple[int, list[dict[str, Any]]]]:
    """Return the rows that ask something, by key, with what they ask."""
    lignes = import_.lignes.exclude(questions=[]).order_by("ordre")
    return list(lignes.values_list("pk", "questions"))


def _refuser_l_imprevu(import_: ImportTableur, question: Mapping[str, Any], reponse: str) -> None:
    """Raise OperationRefusee for what `question` does not propose: it would pass for an answer and decide nothing."""
    if not reponse or any(choix["valeur"] == reponse for choix in question["choix"]):
        return
    sens, _, cle = reponse.partition(":")
    d_un_porteur = question["cle"].startswith("porteur:") and sens in ("porteur", "alias") and cle.isalnum()
    if d_un_porteur and Porteur.objects.filter(epci=import_.campagne.contrat.epci_id, cle=cle).exists():
        return
    raise OperationRefusee(
        insecables(
            "Cette réponse n'est pas, ou n'est plus, de celles qui sont proposées : choisissez à nouveau."
        )
    )


@transaction.atomic
def retenir_tout(auteur: Utilisateur, import_: ImportTableur, categorie: str, retenue: bool | None) -> int:
    """Keep, or leave aside, every row of a category; return how many there are. None: as the category decides."""
    actuel = prendre(auteur, import_, Statut.A_RELIRE)
    nombre: int = actuel.lignes.filter(categorie=categorie).update(retenue=retenue)
    return nombre


# -- Summing up ------------------------------------------------------------------------------------
def resume(import_: ImportTableur) -> dict[str, Any]:
    """Return what the preview holds: three queries, whatever the number of rows.

    « categories » {category: number}, « totaux » [{"libelle", "imprime", "calcule", "ecart", "explication"}] in words,
    « questions » the number still open, « problemes » {"bloquant": n, "alerte": n, "info": n}.
    """
    comptes = dict(
        import_.lignes.order_by().values_list("categorie").annotate(nombre=Count("pk")).order_by("categorie")
    )
    ouvertes: set[str] = set()
    problemes = dict.fromkeys(("bloquant", "alerte", "info"), 0)
    lues = import_.lignes.order_by("ordre").values_list(
        "questions", "reponses", "problemes", "retenue", "categorie"
    )
    for questions, reponses, constats, retenue, categorie in lues:
        # a refused row writes nothing, whatever is answered
        if retenue is not False and categorie != Categorie.REFUSEE:
            ouvertes |= {question["cle"] for question in questions if question["cle"] not in reponses}
        for constat in constats:
            problemes[constat["gravite"]] += 1
    return {
        "categories": comptes,
        "totaux": import_.totaux,
        "questions": len(ouvertes),
        "problemes": problemes,
    }
