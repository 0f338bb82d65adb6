"""Reading a contract as its rules read it: its dates, its texts, its statistics, its conventions."""

from collections.abc import Iterable, Iterator

from django.utils import timezone

from actions.models import Action
from contrats.models import (
    Axe,
    ContratVille,
    Deliberation,
    Instance,
    Partenaire,
    PhaseContrat,
    Statistique,
)
from porteurs.echeances import fin_effective
from porteurs.models import Convention, Obligation, PartieConvention

from .contexte import ContexteContrat, ConventionLue, Seuils, StatistiqueLue, TexteLu
from .lecture import lire_territoires
from .lecture_annee import lire_porteurs

# The lists that an axe carries, and the name of one of their items.
LISTES_D_UN_AXE = (
    ("objectifs", "objectif"),
    ("partenaires_associes", "partenaire"),
    ("leviers", "levier"),
    ("criteres", "critere"),
)
CHAMPS_INSTANCE = ("nom", "role", "composition", "frequence", "preparation")
CHAMPS_PARTENAIRE = ("nom", "missions", "dispositifs")


def lire_contrat(contrat: ContratVille, seuils: Seuils | None = None) -> ContexteContrat:
    """Return the contract as its rules read it, in a fixed number of queries.

    `seuils` are those of the year that is looked at; the defaults without one.
    """
    axes = list(Axe.objects.filter(contrat=contrat).avec_listes().order_by("ordre", "code"))
    partenaires = list(Partenaire.objects.filter(contrat=contrat).order_by("recherche", "pk"))
    actions = Action.objects.filter(contrat=contrat).select_related("porteur").order_by("recherche", "pk")
    conventions = _conventions(contrat)
    cites = {action.porteur_id for action in actions} | {c.porteur_id for c in conventions}
    return ContexteContrat(
        contrat=contrat.nom_court,
        date_debut=contrat.date_debut,
        date_fin=contrat.date_fin,
        date_signature=contrat.date_signature,
        aujourdhui=timezone.localdate(),
        phases=tuple(
            (phase.numero, phase.date_debut, phase.date_fin)
            for phase in PhaseContrat.objects.filter(contrat=contrat).order_by("numero")
        ),
        textes=tuple(_textes(contrat, axes, partenaires)),
        statistiques=_statistiques(contrat),
        conventions=tuple(_convention(convention) for convention in conventions),
        porteurs=lire_porteurs(cites),
        partenaires=tuple(partenaire.nom for partenaire in partenaires),
        territoires=lire_territoires(contrat.pk),
        criteres={
            axe.libelle: tuple(c.libelle for c in axe.criteres.all() if c.indicateur_id is None)
            for axe in axes
            if axe.criteres.all()
        },
        actions={action.intitule: action.porteur.nom for action in actions},
        seuils=seuils or Seuils(),
    )


# -- The texts of the contract -----------------------------------------------------------------------
def _textes(
    contrat: ContratVille, axes: Iterable[Axe], partenaires: Iterable[Partenaire]
) -> Iterator[TexteLu]:
    """Give every text of the contract that says something, in the order of the document."""
    yield from _dits("contrat", (("nom", contrat.nom), ("presentation", contrat.presentation)))
    for axe in axes:
        objet = f"axe:{axe.code}"
        yield from _dits(objet, (("libelle", axe.libelle),))
        for liste, nom in LISTES_D_UN_AXE:
            elements = getattr(axe, liste).all()
            yield from _dits(objet, ((f"{nom}:{element.ordre}", element.libelle) for element in elements))
    for instance in Instance.objects.filter(contrat=contrat).order_by("ordre", "nom"):
        dits = ((nom, getattr(instance, nom)) for nom in CHAMPS_INSTANCE)
        yield from _dits(f"instance:{instance.pk}", dits)
    for partenaire in partenaires:
        dits = ((nom, getattr(partenaire, nom)) for nom in CHAMPS_PARTENAIRE)
        yield from _dits(f"partenaire:{partenaire.pk}", dits)
    for acte in Deliberation.objects.filter(contrat=contrat).order_by("date", "pk"):
        yield from _dits(f"deliberation:{acte.pk}", (("objet", acte.objet),))


def _dits(objet: str, textes: Iterable[tuple[str, str]]) -> Iterator[TexteLu]:
    yield from (TexteLu(objet=objet, champ=champ, texte=texte) for champ, texte in textes if texte.strip())


def _statistiques(contrat: ContratVille) -> tuple[StatistiqueLue, ...]:
    statistiques = Statistique.objects.filter(contrat=contrat).select_related("territoire")
    return tuple(
        StatistiqueLue(
            pk=statistique.pk,
            libelle=statistique.libelle,
            annee=statistique.annee,
            source=statistique.source,
            unite=statistique.unite,
            territoire=statistique.territoire.nom if statistique.territoire else "",
            valeurs={valeur.echelle: valeur.valeur for valeur in statistique.valeurs.all()},
            precision=statistique.precision,
            citation=statistique.citation,
        )
        for statistique in statistiques.prefetch_related("valeurs").order_by("ordre")
    )


# -- The conventions -------------------------------------------------------------------------------
def _conventions(contrat: ContratVille) -> list[Convention]:
    conventions = Convention.objects.filter(contrat=contrat).select_related("porteur", "deliberation")
    return list(
        conventions.prefetch_related(
            "parties",
            "obligations",
            "echeances",
            "avenants",
            "regles_versement",
            "versements",
            "porteur__agrements",
            "porteur__representants",
        ).order_by("date_debut", "pk")
    )


def _convention(convention: Convention) -> ConventionLue:
    regles = list(convention.regles_versement.all())
    return ConventionLue(
        pk=convention.pk,
        cle=convention.cle,
        intitule=convention.intitule,
        porteur=convention.porteur.nom,
        date_signature=convention.date_signature,
        date_debut=convention.date_debut,
        date_fin=convention.date_fin,
        duree_annoncee_ans=convention.duree_annoncee_ans,
        date_deliberation=convention.deliberation.date if convention.deliberation else None,
        echeances=tuple((echeance.libelle, echeance.date) for echeance in convention.echeances.all()),
        versements=tuple((r.libelle, r.mois, r.numerateur, r.denominateur, r.base) for r in regles),
        montants_prevus=tuple(
            (str(versement), versement.montant_prevu)
            for versement in convention.versements.all()
            if versement.montant_prevu is not None
        ),
        dates_prevues=tuple(
            (versement.numero, versement.date_prevue)
            for versement in convention.versements.all()
            if versement.date_prevue is not None
        ),
        agrements=tuple((a.type, a.date_debut, a.date_fin) for a in convention.porteur.agrements.all()),
        representants=tuple(
            (personne.nom, personne.fonction)
            for personne in convention.porteur.representants.all()
            if personne.legal
        ),
        textes=tuple(_textes_de_la_convention(convention)),
        fin_effective=fin_effective(convention, convention.avenants.all()),
    )


def _textes_de_la_convention(convention: Convention) -> Iterator[TexteLu]:
    yield from _dits(
        f"convention:{convention.cle}",
        [
            ("intitule", convention.intitule),
            ("objet", convention.objet),
            ("deliberation", convention.deliberation.objet if convention.deliberation else ""),
            *((f"partie:{partie.ordre}", _partie(partie)) for partie in convention.parties.all()),
            *((f"obligation:{o.code}", _obligation(o)) for o in convention.obligations.all()),
            *((f"versement:{regle.rang}", regle.citation) for regle in convention.regles_versement.all()),
            *((f"paiement:{v.numero}", v.motif) for v in convention.versements.all()),
        ],
    )


def _partie(partie: PartieConvention) -> str:
    return ", ".join(mots for mots in (partie.nom, partie.designation, partie.representee_par) if mots)


def _obligation(obligation: Obligation) -> str:
    mots = (obligation.titre, obligation.contenu, obligation.regle, obligation.citation)
    return "\n".join(texte for texte in mots if texte)
