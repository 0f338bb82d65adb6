"""« crf »: the compte rendu financier of an action, on the plan of Cerfa 15059 (domaine.md §2.2).

Bilan qualitatif, tableau de synthèse, annexe, signature. What nobody wrote is said to be missing, never made up.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from decimal import Decimal

from django.db.models import Max
from django.utils import timezone

from actions.acces import suivies
from actions.models import ActionAnnuelle, Campagne
from actions.querysets import ActionAnnuelleQuerySet
from comptes.models import Utilisateur
from comptes.templatetags.typographie import insecables, pluriel
from contrats.models import ContratVille
from documents import INSECABLE, date_longue, montant, pourcentage
from documents.document_texte import DocumentTexte, Grille, LigneGrille, Poids, Rubrique
from documents.formats import a_des_centimes
from financements.budgets import (
    CHARGE,
    PREVISIONNEL,
    PRODUIT,
    REALISE,
    Chiffres,
    Comparaison,
    Poste,
    lire_les_budgets,
)
from financements.models import Budget
from porteurs.models import Representant

from ..models import Bilan
from ..saisie import ETAPES, PUBLICS, Section, periode, sections_du_recit
from .lecture import au_programme

NON_RENSEIGNE = "Non renseigné."
EN_EUROS = "Montants en euros. Écart : réalisé moins prévu."
BROUILLON = (
    "Le bilan de cette action n'est pas encore validé : ce compte rendu peut encore changer. Ne le signez qu'une "
    "fois le bilan validé."
)
AUCUN = "Aucun compte rendu financier à montrer."
# An amount to write by hand.
POINTILLES = "…" * 20


def comptes_rendus(
    contrat: ContratVille,
    campagne: Campagne,
    utilisateur: Utilisateur | None = None,
    actions: ActionAnnuelleQuerySet | None = None,
    *,
    selection: str = "",
) -> DocumentTexte:
    """Return the comptes rendus of the actions of a year in one document, each from a new page.

    Only those of the actions that the account runs or carries: they say the whole budget. One alone has no cover.
    """
    choisies = (
        actions if actions is not None else au_programme(ActionAnnuelle.objects.filter(campagne=campagne))
    )
    lues = list(avec_leur_bilan(suivies_par(choisies, utilisateur)).order_by("ordre", "pk"))
    documents = [_compte_rendu(dossier) for dossier in _dossiers(lues)]
    if len(documents) == 1:
        return documents[0]
    titre = f"Comptes rendus financiers {campagne.annee}"
    sommaire = "\n".join(f"- {annuelle.action.intitule} ({annuelle.action.porteur})" for annuelle in lues)
    return DocumentTexte(
        titre=titre,
        entete=f"{contrat.epci} · {contrat.nom}",
        chapeau=insecables(selection) or ("" if documents else AUCUN),
        rubriques=[Rubrique(titre=pluriel(len(documents), "action,actions"), texte=sommaire)]
        if documents
        else [],
        pied=f"{titre} · {contrat.nom_court}",
        auteur=str(contrat.epci),
        cree_le=max((d.cree_le for d in documents if d.cree_le), default=None),
        suites=documents,
    )


def suivies_par(actions: ActionAnnuelleQuerySet, utilisateur: Utilisateur | None) -> ActionAnnuelleQuerySet:
    """Return those of `actions` that the account runs or carries, whose money it reads; all for None."""
    if utilisateur is None or utilisateur.est_administrateur:
        return actions
    return actions.filter(suivies(utilisateur, ""))


def avec_leur_bilan(annuelles: ActionAnnuelleQuerySet) -> ActionAnnuelleQuerySet:
    """Return the rows with what a compte rendu reads beside the budget."""
    return annuelles.select_related(
        "action__porteur__parent", "campagne__contrat__epci", "bilan"
    ).prefetch_related("campagne__tranches", "bilan__effectifs__tranche")


@dataclass(frozen=True)
class Dossier:
    """What a compte rendu says of an action beside its bilan: its budgets, who signs, when it last changed."""

    annuelle: ActionAnnuelle
    compare: Comparaison
    representant: Representant | None
    change_le: datetime | None


def _dossiers(annuelles: Sequence[ActionAnnuelle]) -> list[Dossier]:
    """Return the files of `annuelles`, in the same order and in a fixed number of queries."""
    compares = lire_les_budgets(annuelles)
    representants: dict[int, Representant] = {}
    en_fonction = Representant.objects.filter(
        porteur__in={annuelle.action.porteur_id for annuelle in annuelles}, legal=True, date_fin__isnull=True
    )
    for representant in en_fonction.order_by("pk"):
        representants.setdefault(representant.porteur_id, representant)
    bilans = {annuelle.pk: bilan.pk for annuelle in annuelles if (bilan := _bilan(annuelle)) is not None}
    changes = dict(
        Bilan.historique.filter(id__in=bilans.values())
        .order_by("id")
        .values_list("id")
        .annotate(dernier=Max("history_date"))
    )
    return [
        Dossier(
            annuelle,
            compares[annuelle.pk],
            representants.get(annuelle.action.porteur_id),
            changes.get(bilans.get(annuelle.pk)),
        )
        for annuelle in annuelles
    ]


def compte_rendu(annuelle: ActionAnnuelle) -> DocumentTexte:
    """Return the compte rendu financier of an action in its year. Who may read it is the caller's matter."""
    (dossier,) = _dossiers([annuelle])
    return _compte_rendu(dossier)


def _compte_rendu(dossier: Dossier) -> DocumentTexte:
    annuelle, compare = dossier.annuelle, dossier.compare
    contrat = annuelle.campagne.contrat
    bilan = _bilan(annuelle)
    return DocumentTexte(
        titre=f"Compte rendu financier{INSECABLE}: {annuelle.action.intitule}",
        entete=f"{contrat.epci} · {contrat.nom}",
        chapeau=f"Exercice {annuelle.campagne.annee}. Ce document suit le plan du formulaire Cerfa 15059.",
        fiche=list(_identite(annuelle, bilan)),
        rubriques=[
            *_bilan_qualitatif(bilan),
            *_synthese(compare),
            *_annexe(compare),
            _signature(dossier),
        ],
        notes=[] if bilan is not None and bilan.est_valide else [insecables(BROUILLON)],
        pied=f"Compte rendu financier · {annuelle.action.intitule} · {annuelle.campagne.annee}",
        auteur=str(annuelle.action.porteur),
        cree_le=_date_du_fichier(dossier),
    )


def _bilan(annuelle: ActionAnnuelle) -> Bilan | None:
    bilan: Bilan | None = getattr(annuelle, "bilan", None)
    if bilan is not None:
        bilan.action_annuelle = annuelle
    return bilan


def _date_du_fichier(dossier: Dossier) -> datetime:
    """Return when the bilan last changed: the same compte rendu is the same file."""
    debut = dossier.annuelle.campagne.contrat.date_debut
    return dossier.change_le or timezone.make_aware(datetime.combine(debut, time()))


def _identite(annuelle: ActionAnnuelle, bilan: Bilan | None) -> Iterator[tuple[str, str]]:
    porteur = annuelle.action.porteur
    reponses = (
        ("Structure", porteur.nom),
        ("Rattachée à", str(porteur.parent or "")),
        ("SIRET", porteur.siret),
        ("Numéro RNA", porteur.rna),
        ("Registre d'Alsace-Moselle", porteur.registre_alsace_moselle),
        ("Action", annuelle.action.intitule),
        ("Exercice", str(annuelle.campagne.annee)),
        ("L'action a été", bilan.get_realisation_display().lower() if bilan else ""),
    )
    yield from ((question, reponse) for question, reponse in reponses if reponse)


# -- 1. Bilan qualitatif ---------------------------------------------------------------------------
def _bilan_qualitatif(bilan: Bilan | None) -> Iterator[Rubrique]:
    yield Rubrique(
        titre="1. Bilan qualitatif de l'action",
        note="" if bilan else "Le bilan de cette action n'est pas encore saisi.",
    )
    if bilan is None:
        return
    sections = sections_du_recit(bilan)
    lues = {lue.champ: lue.texte for section in sections for lue in section.repondues}
    dates = periode(bilan.date_debut, bilan.date_fin)
    lues["dates"] = f"Réalisée {dates}." if dates else ""
    recits = ("motif_non_realisation", "mise_en_oeuvre", "points_forts", "difficultes")
    yield _texte("Mise en œuvre de l'action", _textes(lues, recits))
    yield _beneficiaires(sections)
    yield _texte("Dates et lieux", _textes(lues, ("dates", "dates_lieux")))
    yield _texte("Réalisation des objectifs", _textes(lues, ("objectifs_atteints", "perspectives")))


def _textes(lues: Mapping[str, str], champs: Iterable[str]) -> str:
    return "\n\n".join(lues[champ] for champ in champs if lues.get(champ))


def _beneficiaires(sections: Iterable[Section]) -> Rubrique:
    """Return how many people, by age and sex as far as they are known, then who they are."""
    lues = [lue for section in sections if section.titre == ETAPES[PUBLICS] for lue in section.repondues]
    return Rubrique(
        titre="Nombre de personnes bénéficiaires, par type de public",
        reponses=[(lue.libelle, lue.texte) for lue in lues],
        texte="" if lues else NON_RENSEIGNE,
        niveau=3,
    )


# -- 2. Tableau de synthèse ------------------------------------------------------------------------
def _synthese(compare: Comparaison) -> Iterator[Rubrique]:
    grilles = [
        _grille("Charges", compare.postes_de(CHARGE), "Total des charges", compare.total(CHARGE)),
        _grille("Produits", compare.postes_de(PRODUIT), "Total des produits", compare.total(PRODUIT)),
    ]
    emplois, ressources = compare.contributions(CHARGE), compare.contributions(PRODUIT)
    if emplois or ressources:
        grilles += [
            _grille(
                "Contributions volontaires en nature : emplois",
                emplois,
                "Total des emplois",
                compare.total_en_nature(CHARGE),
            ),
            _grille(
                "Contributions volontaires en nature : ressources",
                ressources,
                "Total des ressources",
                compare.total_en_nature(PRODUIT),
            ),
        ]
    vide = compare.est_vide(REALISE) and compare.est_vide(PREVISIONNEL)
    yield Rubrique(
        titre="2. Tableau de synthèse",
        texte="Le budget de cette action n'est pas renseigné." if vide else "",
        grilles=[] if vide else grilles,
        note="" if vide else insecables(EN_EUROS),
    )
    if phrases := phrases_des_subventions(compare):
        yield Rubrique(titre="Part des subventions", texte="\n".join(f"- {p}" for p in phrases), niveau=3)
    if constats := compare.constats(REALISE):
        texte = "\n".join(f"- {insecables(phrase)}" for phrase in constats)
        yield Rubrique(titre="À noter sur le budget réalisé", texte=texte, niveau=3)


def phrases_des_subventions(compare: Comparaison) -> list[str]:
    """Return « La subvention de … € (…) représente … % du total des produits. » for each grant received."""
    return [insecables(part.phrase) for part in compare.parts_des_subventions()]


def _grille(titre: str, postes: Iterable[Poste], libelle_total: str, total: Chiffres) -> Grille:
    lus = list(postes)
    centimes = any(
        valeur is not None and a_des_centimes(valeur)
        for poste in lus
        for ligne in poste.lignes
        for valeur in (ligne.chiffres.prevu, ligne.chiffres.realise)
    )
    lignes = [ligne for poste in lus for ligne in _lignes_du_poste(poste, centimes=centimes)]
    lignes.append(_ligne(libelle_total, total, centimes=centimes, poids=Poids.TOTAL))
    return Grille(
        entetes=["Poste", "Prévu", "Réalisé", "Écart", f"Écart en{INSECABLE}%"],
        lignes=lignes,
        legende=titre,
        chiffres=frozenset(range(1, 5)),
        parts=(9, 3, 3, 3, 3),
    )


def _lignes_du_poste(poste: Poste, *, centimes: bool) -> Iterator[LigneGrille]:
    nom = f"{poste.compte.pk} – {poste.compte.libelle}" if poste.compte.pk.isdigit() else poste.compte.libelle
    if not poste.detaille:
        yield _ligne(nom, poste.chiffres, centimes=centimes)
        return
    yield _ligne(nom, poste.chiffres, centimes=centimes, poids=Poids.SOUS_TOTAL)
    for ligne in poste.lignes:
        libelle = "Autres" if ligne.compte.pk == poste.compte.pk and not ligne.financeur else ligne.libelle
        yield _ligne(f"dont {libelle}", ligne.chiffres, centimes=centimes)


def _ligne(
    libelle: str, chiffres: Chiffres, *, centimes: bool = False, poids: Poids = Poids.LIGNE
) -> LigneGrille:
    def euros(valeur: Decimal | None) -> str:
        return montant(valeur, unite=False, centimes=centimes)

    # A gap needs something planned; « nothing planned » is read in the column before.
    ecart = chiffres.ecart if chiffres.prevu is not None else None
    cellules = [libelle, euros(chiffres.prevu), euros(chiffres.realise), signe(euros(ecart), ecart)]
    return LigneGrille(cellules=[*cellules, signe(pourcentage(chiffres.part), chiffres.part)], poids=poids)


def signe(texte: str, valeur: Decimal | None) -> str:
    """Return a gap with its sign: « +1 200 »."""
    return f"+{texte}" if valeur is not None and valeur > 0 else texte


# -- 3. Annexe -------------------------------------------------------------------------------------
def _annexe(compare: Comparaison) -> Iterator[Rubrique]:
    budget = compare.budgets.get(REALISE) or Budget()
    yield Rubrique(titre="3. Annexe")
    yield _texte("Règles de répartition des charges indirectes", budget.repartition_charges)
    yield _explications(compare)
    yield _texte("Contributions volontaires en nature", budget.contributions)
    yield _texte("Observations", budget.observations)


def _texte(titre: str, texte: str) -> Rubrique:
    return Rubrique(titre=titre, texte=texte or NON_RENSEIGNE, niveau=3)


def _explications(compare: Comparaison) -> Rubrique:
    """Return why each post is far from what was planned, those that were asked and have no answer included."""
    attendus = {poste.compte.pk for poste in compare.a_expliquer}
    reponses = [
        (poste.compte.libelle, poste.explication or NON_RENSEIGNE)
        for poste in compare.postes
        if poste.explication or poste.compte.pk in attendus
    ]
    seuil = compare.seuil
    return Rubrique(
        titre="Explication des écarts significatifs entre le budget prévu et le budget réalisé",
        reponses=reponses,
        texte="" if reponses else _sans_explication(compare),
        note=insecables(
            f"Écart significatif : plus de {montant(seuil.euros)} et plus de {seuil.part} % du montant prévu."
        ),
        niveau=3,
    )


def _sans_explication(compare: Comparaison) -> str:
    """Return why no gap is explained: none is significant, or a budget is missing and nothing can be compared."""
    if compare.est_vide(REALISE):
        return "Le budget réalisé n'est pas encore saisi : aucun écart n'est calculé."
    if compare.est_vide(PREVISIONNEL):
        return "Aucun budget prévu n'est saisi : aucun écart n'est calculé."
    return "Aucun écart significatif."


# -- 4. Signature ----------------------------------------------------------------------------------
def _signature(dossier: Dossier) -> Rubrique:
    """Return who signs: who was named, else the legal representative; what is unknown is left to be written."""
    porteur, representant = dossier.annuelle.action.porteur, dossier.representant
    lu = dossier.compare.budgets.get(REALISE) or Budget()
    nom = lu.signataire or (representant.nom if representant else "")
    qualite = lu.qualite or (representant.fonction if representant and not lu.signataire else "")
    return Rubrique(
        titre="4. Signature",
        texte=(
            "Je certifie que les informations de ce compte rendu sont exactes et conformes aux comptes "
            "de la structure."
        ),
        reponses=[
            ("Nom", nom or POINTILLES),
            ("En qualité de", qualite or POINTILLES),
            ("Structure", porteur.nom),
            ("Fait à", lu.fait_a or POINTILLES),
            ("Le", date_longue(lu.fait_le) or POINTILLES),
            ("Signature", POINTILLES),
        ],
    )
