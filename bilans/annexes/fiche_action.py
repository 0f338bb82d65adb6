"""« fiche-action », the layout of document 004: what an action is, part by part, and its money over the years."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, time

from django.db.models import Max, Prefetch
from django.utils import timezone

from actions.models import ActionAnnuelle, Campagne
from actions.querysets import ActionAnnuelleQuerySet
from comptes.models import Utilisateur
from contrats.models import ContratVille
from documents import INSECABLE, montant, nombre, pourcentage
from documents.document_texte import PUCE, DocumentTexte, Grille, LigneGrille, Poids, Rubrique
from financements.pluriannuel import AnneeFinancee, Pluriannuel, pluriannuels

from .crf import suivies_par
from .lecture import lisibles

# The parts of document 004 before and after what is done, with the words of the document.
AVANT = (("Objectifs de l'action", "objectifs"),)
MOYENS = (
    ("Moyens humains", "moyens_humains"),
    ("Moyens matériels et locaux", "moyens_materiels"),
    ("Moyens financiers : autres aides, publiques ou privées", "moyens_financiers"),
)
APRES = (("Publics visés", "public_vise"), ("Tarifs pratiqués", "tarifs"), ("Partenaires", "partenaires"))
VIDE = "Cette fiche n'est pas encore remplie."
# Beyond, lines that follow each other are paragraphs rather than a list.
LIGNE_DE_LISTE = 220


def fiches_action(
    contrat: ContratVille,
    campagne: Campagne,
    utilisateur: Utilisateur | None = None,
    actions: ActionAnnuelleQuerySet | None = None,
    *,
    selection: str = "",
) -> DocumentTexte:
    """Return the fiches of the actions of a year in one document, each from a new page."""
    choisies = actions if actions is not None else ActionAnnuelle.objects.filter(campagne=campagne)
    lues = list(avec_leur_fiche(lisibles(choisies, utilisateur)).order_by("ordre", "pk"))
    entieres = set(suivies_par(choisies, utilisateur).values_list("pk", flat=True))
    suivies = [annuelle for annuelle in lues if annuelle.pk in entieres]
    fiches = _fiches(lues, pluriannuels(suivies, utilisateur))
    if not fiches:
        return _couverture(contrat, campagne, "Aucune action à montrer.")
    if len(fiches) == 1:
        return fiches[0]
    sommaire = "\n".join(f"- {fiche.titre}" for fiche in fiches)
    return _couverture(contrat, campagne, selection, sommaire, fiches)


def avec_leur_fiche(annuelles: ActionAnnuelleQuerySet) -> ActionAnnuelleQuerySet:
    """Return the rows with all that a fiche reads beside their money."""
    return annuelles.select_related(
        "action__porteur__parent",
        "campagne__contrat__epci",
        "dispositif",
        "axe__parent__parent",
        "thematique",
    ).prefetch_related(
        "volets",
        "indicateurs",
        Prefetch("parts_territoires__territoire"),
    )


def fiche_action(annuelle: ActionAnnuelle, utilisateur: Utilisateur | None = None) -> DocumentTexte:
    """Return the fiche of an action in its year; its money is there for who runs or carries the action."""
    entiere = utilisateur is None or utilisateur.has_perm("actions.lire_fiche_entiere", annuelle)
    (fiche,) = _fiches([annuelle], pluriannuels([annuelle], utilisateur) if entiere else {})
    return fiche


def _fiches(annuelles: Sequence[ActionAnnuelle], argents: Mapping[int, Pluriannuel]) -> list[DocumentTexte]:
    """Return the fiche of each action, in the same order; its money for those that `argents` knows."""
    changees = dict(
        ActionAnnuelle.historique.filter(id__in=[annuelle.pk for annuelle in annuelles])
        .order_by("id")
        .values_list("id")
        .annotate(derniere=Max("history_date"))
    )
    return [_fiche(annuelle, argents.get(annuelle.pk), changees.get(annuelle.pk)) for annuelle in annuelles]


def _fiche(annuelle: ActionAnnuelle, argent: Pluriannuel | None, change_le: datetime | None) -> DocumentTexte:
    contrat = annuelle.campagne.contrat
    rubriques = list(_rubriques(annuelle, avec_argent=argent is not None))
    if argent is not None and argent.annees:
        rubriques.append(_budget(argent))
    return DocumentTexte(
        titre=f"Fiche action{INSECABLE}: {annuelle.action.intitule}",
        entete=f"{contrat.epci} · {contrat.nom}",
        fiche=list(_identite(annuelle)),
        rubriques=rubriques or [Rubrique(titre="Fiche", note=VIDE)],
        pied=f"{annuelle.action.intitule} · {annuelle.campagne.annee}",
        auteur=str(contrat.epci),
        # The same fiche is the same file.
        cree_le=change_le or timezone.make_aware(datetime.combine(contrat.date_debut, time())),
    )


def _couverture(
    contrat: ContratVille,
    campagne: Campagne,
    selection: str,
    sommaire: str = "",
    fiches: list[DocumentTexte] | None = None,
) -> DocumentTexte:
    return DocumentTexte(
        titre=f"Fiches action {campagne.annee}",
        entete=f"{contrat.epci} · {contrat.nom}",
        chapeau=selection,
        rubriques=[Rubrique(titre="Les actions", texte=sommaire)] if sommaire else [],
        pied=f"Fiches action {campagne.annee} · {contrat.nom_court}",
        auteur=str(contrat.epci),
        cree_le=max((f.cree_le for f in fiches or () if f.cree_le), default=None),
        suites=fiches or (),
    )


# -- The parts -------------------------------------------------------------------------------------
def _identite(annuelle: ActionAnnuelle) -> Iterator[tuple[str, str]]:
    """Give what the action is and where it stands, only what is known."""
    territoires = ", ".join(str(part.territoire) for part in annuelle.parts_territoires.all())
    axes = [axe.libelle for axe in (annuelle.axe and annuelle.axe.parent, annuelle.axe) if axe]
    dates = " ".join(
        mots
        for mots in (
            f"du {annuelle.date_debut:%d/%m/%Y}" if annuelle.date_debut else "",
            f"au {annuelle.date_fin:%d/%m/%Y}" if annuelle.date_fin else "",
        )
        if mots
    )
    reponses = (
        ("Domaine", annuelle.domaine),
        ("Nom de l'action", annuelle.action.intitule),
        ("Structure", str(annuelle.action.porteur)),
        ("Année", str(annuelle.campagne.annee)),
        ("Dispositif", str(annuelle.dispositif or "")),
        ("Axe du contrat", " – ".join(axes)),
        ("Territoires", territoires),
        ("Dates prévues", dates),
    )
    yield from ((question, reponse) for question, reponse in reponses if reponse)


def _rubriques(annuelle: ActionAnnuelle, *, avec_argent: bool) -> Iterator[Rubrique]:
    yield from _textes(annuelle, AVANT)
    moyens = [
        Rubrique(titre=titre, texte=en_liste(texte), niveau=3)
        for titre, champ in MOYENS
        if (texte := getattr(annuelle, champ)) and (avec_argent or champ != "moyens_financiers")
    ]
    if moyens:
        yield Rubrique(titre="Moyens de l'action")
        yield from moyens
    yield from _deroulement(annuelle)
    yield from _textes(annuelle, APRES)
    if criteres := [_critere(critere) for critere in annuelle.indicateurs.all()]:
        yield Rubrique(titre="Critères d'évaluation", texte="\n".join(f"- {critere}" for critere in criteres))


def _textes(annuelle: ActionAnnuelle, parties: tuple[tuple[str, str], ...]) -> Iterator[Rubrique]:
    for titre, champ in parties:
        if texte := getattr(annuelle, champ):
            yield Rubrique(titre=titre, texte=en_liste(texte))


def en_liste(texte: str) -> str:
    """Return a text written one thing a line as a list; any other text as it is."""
    lignes = texte.split("\n")
    suivies = len(lignes) > 1 and all(ligne.strip() and len(ligne) <= LIGNE_DE_LISTE for ligne in lignes)
    if not suivies or any(PUCE.match(ligne) for ligne in lignes):
        return texte
    return "\n".join(f"- {ligne}" for ligne in lignes)


def _deroulement(annuelle: ActionAnnuelle) -> Iterator[Rubrique]:
    """Give what is done: the description, the places, then each volet with its own dates and places."""
    volets = list(annuelle.volets.all())
    if not (annuelle.description or annuelle.lieux or volets):
        return
    yield Rubrique(
        titre="Déroulement",
        texte=annuelle.description,
        reponses=[("Lieux", annuelle.lieux)] if annuelle.lieux else (),
    )
    for rang, volet in enumerate(volets, 1):
        reponses = (("Dates ou période", volet.dates), ("Lieux", volet.lieux))
        yield Rubrique(
            titre=f"{rang}. {volet.intitule}",
            texte=en_liste(volet.description),
            reponses=[(question, reponse) for question, reponse in reponses if reponse],
            niveau=3,
        )


def _critere(critere: object) -> str:
    """Return a criterion with its target when it has one: « Nombre de bénévoles (cible : 12) »."""
    cible, unite = getattr(critere, "cible", None), getattr(critere, "unite", "")
    if cible is None:
        return str(critere)
    return f"{critere} (cible{INSECABLE}: {nombre(cible)}{f' {unite}' if unite else ''})"


# -- The money -------------------------------------------------------------------------------------
def _budget(argent: Pluriannuel) -> Rubrique:
    """Return the budget and what the communes bring, year by year, with shares and evolutions."""
    communes = argent.communes
    nom = communes[0] if len(communes) == 1 else "Communes"
    entetes = ["Année", "Budget prévisionnel", "Évolution"]
    if communes:
        entetes += [f"Participation{INSECABLE}: {nom}", "Part"]
    lignes = [_annee(annee, avec_part=bool(communes)) for annee in argent.annees]
    if len(lignes) > 1:
        cellules = [f"{argent.annees[0].annee}–{argent.annees[-1].annee}", montant(argent.budget), ""]
        if communes:
            cellules += [montant(argent.participation), pourcentage(argent.part)]
        lignes.append(LigneGrille(cellules=cellules, poids=Poids.TOTAL))
    return Rubrique(
        titre="Budget et participation financière",
        grilles=[
            Grille(
                entetes=entetes,
                lignes=lignes,
                chiffres=frozenset(range(1, len(entetes))),
                parts=(2, 3, 2, 4, 2)[: len(entetes)],
            )
        ],
        note="" if len(communes) < 2 else f"Communes{INSECABLE}: {', '.join(communes)}.",
    )


def _annee(annee: AnneeFinancee, *, avec_part: bool) -> LigneGrille:
    cellules = [str(annee.annee), montant(annee.budget), evolution(annee)]
    if avec_part:
        cellules += [montant(annee.participation), pourcentage(annee.part)]
    return LigneGrille(cellules=cellules)


def evolution(annee: AnneeFinancee) -> str:
    """Return « +2,0 % », blank for a first year."""
    if annee.evolution is None:
        return ""
    return f"{'+' if annee.evolution > 0 else ''}{pourcentage(annee.evolution)}"
