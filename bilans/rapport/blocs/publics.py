"""The people by sex and age (CGCT L.1111-2), with how many are unknown and how many bilans say it."""

from comptes.templatetags.typographie import accord, pluriel
from documents import INSECABLE, Colonne, Groupe, TypeColonne, nombre
from documents.graphiques import Forme, Graphique, Serie
from documents.rapport import Bloc, BlocGraphique, BlocTexte

from ...effectifs import QPV
from ..donnees import Donnees
from ..mots import part
from ..publics import Public
from .avancement import aucun_resultat
from .commun import bloc_tableau, dire, source


def publics(d: Donnees) -> list[Bloc]:
    """Return who the validated bilans reached: a sentence, a chart by sex, a table by sex and age a perimeter."""
    if not d.bilans:
        return dire("publics", aucun_resultat(d))
    phrases = BlocTexte(code="publics", texte=phrase_publics(d))
    if not d.publics:
        return [phrases]
    return [phrases, *_graphique(d), *(_tableau(d, public) for public in d.publics)]


def phrase_publics(d: Donnees) -> str:
    """Return how many validated bilans say how many people, by sex, and how many are added to nothing."""
    donnes, par_sexe, estimes = d.qui_dit_combien
    muets = d.valides - donnes - estimes
    sur = pluriel(d.valides, "bilan validé,bilans validés")
    perimetres = " (pour l'ensemble du public ou pour le QPV)" if len(d.publics) > 1 else ""
    debut = (
        f"Les {sur} donnent tous"
        if donnes == d.valides > 1
        else f"Sur {sur}, {donnes or 'aucun'} {accord(donnes, 'donne,donnent')}"
    )
    morceaux = [
        f"{debut} un nombre exact de personnes"
        + (f", dont {par_sexe or 'aucun'} par sexe{perimetres}." if donnes else ".")
    ]
    if estimes:
        morceaux.append(
            f"{pluriel(estimes, 'bilan ne donne,bilans ne donnent')} qu'une estimation ou une fourchette, qui n'est "
            "pas additionnée."
        )
    if muets:
        morceaux.append(
            f"{pluriel(muets, 'bilan ne dit,bilans ne disent')} pas combien de personnes sont venues."
        )
    return " ".join(morceaux)


def constat_sexe(public: Public) -> str:
    """Return what is known of women and men; first how many are unknown, when they are most."""
    total = public.total or 0
    if not total:
        return "Aucune personne n'est comptée"
    if not public.sexe_connu:
        return f"Le sexe n'est renseigné pour aucune des {pluriel(total, 'personne,personnes')}"
    if public.sexe_inconnu * 2 > total:
        return (
            f"Le sexe n'est pas renseigné pour {part(public.sexe_inconnu, total)} des personnes"
            f"{INSECABLE}; on connaît {_sexes(public)}"
        )
    if public.femmes is None or public.hommes is None:
        # Of one sex alone nobody wrote anything: no share of the other means anything.
        return f"On connaît {_sexes(public)}, sur {pluriel(total, 'personne comptée,personnes comptées')}"
    femmes = part(public.femmes, public.sexe_connu)
    if not public.sexe_inconnu:
        return f"Les femmes sont {femmes} des personnes"
    return f"Les femmes sont {femmes} des personnes dont le sexe est connu"


def _sexes(public: Public) -> str:
    dits = [
        pluriel(nombre, formes)
        for nombre, formes in ((public.femmes, "femme,femmes"), (public.hommes, "homme,hommes"))
        if nombre is not None
    ]
    return " et ".join(dits)


def plus_que_la_population(d: Donnees, public: Public) -> str:
    """Return that the sum is more than the quartiers have inhabitants; empty when it is not, or nobody knows."""
    if public.perimetre != QPV or d.population is None or (public.total or 0) <= d.population:
        return ""
    return (
        f"C'est plus que la population des quartiers ({nombre(d.population)}){INSECABLE}: des personnes y sont "
        "comptées plusieurs fois, ou un bilan compte tout un quartier."
    )


def _graphique(d: Donnees) -> list[Bloc]:
    montres = [public for public in d.publics if public.total]
    if not montres:
        return []
    graphique = Graphique(
        titre=constat_sexe(montres[0]),
        sous_titre="Personnes par sexe, selon les bilans validés"
        + (f"{INSECABLE}; en titre, {montres[0].en_mots}" if len(montres) > 1 else ""),
        categories=tuple(public.libelle for public in montres),
        series=(
            Serie("Femmes", tuple(public.femmes for public in montres)),
            Serie("Hommes", tuple(public.hommes for public in montres)),
            Serie("Non renseigné", tuple(public.sexe_inconnu for public in montres)),
        ),
        forme=Forme.EMPILEES,
        intitule="Public",
        source=source(d, "bilans validés"),
    )
    return [
        BlocGraphique(
            code="publics-sexe",
            graphique=graphique,
            adresses=(d.liste(bilan="valides"),) * len(montres),
            repose_sur=_repose_sur(d, montres[0]),
        )
    ]


def _tableau(d: Donnees, public: Public) -> Bloc:
    colonnes = (
        Colonne(cle="libelle", titre="Âge", poids=3, entete_ligne=True),
        Colonne(cle="femmes", titre="Femmes", type=TypeColonne.ENTIER, total=True),
        Colonne(cle="hommes", titre="Hommes", type=TypeColonne.ENTIER, total=True),
        Colonne(cle="non_renseigne", titre="Sexe non renseigné", type=TypeColonne.ENTIER, total=True),
        Colonne(
            cle="total",
            titre="Total",
            type=TypeColonne.ENTIER,
            total=True,
            somme_de=("femmes", "hommes", "non_renseigne"),
        ),
    )
    return bloc_tableau(
        f"publics-{public.perimetre}",
        f"{public.libelle}, par sexe et par âge",
        colonnes,
        [
            Groupe(
                lignes=[
                    {
                        "libelle": rang.libelle,
                        "femmes": rang.femmes,
                        "hommes": rang.hommes,
                        "non_renseigne": rang.non_renseigne,
                    }
                    for rang in public.rangs
                ]
            )
        ],
        total="Total",
        notes=[*_notes(public), plus_que_la_population(d, public)],
        adresses=[d.liste(bilan="valides")] * len(public.rangs),
        repose_sur=_repose_sur(d, public),
    )


def _repose_sur(d: Donnees, public: Public) -> str:
    return (
        f"{pluriel(public.bilans, 'bilan qui donne,bilans qui donnent')} un nombre exact, dont "
        f"{public.par_sexe or 'aucun'} le sexe et {public.par_age or 'aucun'} l'âge, "
        f"sur {pluriel(d.valides, 'bilan validé,bilans validés')}"
    )


def _notes(public: Public) -> list[str]:
    notes = [
        f"Case vide{INSECABLE}: aucun bilan ne le dit. Somme des personnes de chaque action{INSECABLE}: une personne "
        "qui participe à deux actions est comptée deux fois."
    ]
    if public.estimations:
        notes.append(
            f"{pluriel(public.estimations, 'bilan ne donne,bilans ne donnent')} ici qu'une estimation ou une "
            "fourchette, qui n'est pas ajoutée."
        )
    if public.contradictoires:
        notes.append(
            f"{pluriel(public.contradictoires, 'bilan donne,bilans donnent')} plus de femmes et d'hommes que de "
            f"personnes{INSECABLE}: tout y est compté en «{INSECABLE}non renseigné{INSECABLE}»."
        )
    if public.sans_croisement:
        notes.append(
            f"{pluriel(public.sans_croisement, 'bilan donne,bilans donnent')} des âges qui ne se croisent pas avec les "
            f"sexes{INSECABLE}: seul le sexe en est montré ici."
        )
    return notes
