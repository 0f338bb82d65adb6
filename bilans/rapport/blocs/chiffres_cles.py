"""The key figures: what is done, by whom, for whom, with what; each says what it rests on."""

from comptes.templatetags.typographie import accord, insecables, pluriel
from documents import INSECABLE, TypeColonne
from documents.rapport import Bloc, BlocChiffres, Chiffre

from ..donnees import Donnees, somme
from ..publics import Public
from .commun import dire
from .publics import plus_que_la_population


def chiffres_cles(d: Donnees) -> list[Bloc]:
    """Return the figures of the year beside those of the year before, when there is one."""
    if not d.actions:
        return dire("chiffres_cles", f"Aucune action n'est encore au programme de {d.annee}.")
    chiffres = [_actions(d), _structures(d), _bilans(d), *_personnes(d), *_argent(d)]
    note = (
        ""
        if d.avant
        else f"Le contrat n'a pas de programme {d.annee - 1} enregistré{INSECABLE}: rien à comparer."
    )
    return [BlocChiffres(code="chiffres_cles", chiffres=tuple(chiffres), note=note)]


def _actions(d: Donnees) -> Chiffre:
    return Chiffre(
        cle="actions",
        libelle=accord(len(d.actions), "action,actions"),
        valeur=len(d.actions),
        definition="Au programme de l'année.",
        repose_sur=f"le programme de {d.annee}, bilan validé ou non",
        adresse=d.liste(),
        avant=len(d.avant.actions) if d.avant else None,
    )


def _structures(d: Donnees) -> Chiffre:
    return Chiffre(
        cle="structures",
        libelle=accord(len(d.structures), "structure,structures"),
        valeur=len(d.structures),
        definition="Un service compte avec sa structure.",
        repose_sur=f"le programme de {d.annee}, bilan validé ou non",
        adresse=d.adresse("liste_porteurs"),
        avant=len(d.avant.structures) if d.avant else None,
    )


def _bilans(d: Donnees) -> Chiffre:
    return Chiffre(
        cle="bilans",
        libelle=accord(d.valides, "bilan validé,bilans validés"),
        valeur=d.valides,
        definition="Eux seuls entrent dans les chiffres de ce rapport.",
        repose_sur=d.sur_bilans,
        adresse=d.liste(bilan="valides"),
        avant=d.avant.valides if d.avant else None,
    )


def _personnes(d: Donnees) -> list[Chiffre]:
    if not d.publics:
        return [
            Chiffre(
                cle="personnes",
                libelle="personnes",
                valeur=None,
                definition="Aucun bilan validé ne donne un nombre exact de personnes.",
                repose_sur=d.sur_bilans,
                adresse=d.liste(bilan="valides"),
            )
        ]
    # Of most bilans: another perimeter, which few of them give, is in the table of the people.
    public = d.publics[0]
    passes = {autre.perimetre: autre for autre in d.avant.publics} if d.avant else {}
    return [_public(d, public, passes.get(public.perimetre))]


def _public(d: Donnees, public: Public, passe: Public | None) -> Chiffre:
    inconnu = pluriel(public.sexe_inconnu, "personne,personnes")
    sexe = f"sexe non renseigné pour {inconnu}" if public.sexe_inconnu else "sexe renseigné pour toutes"
    return Chiffre(
        cle=f"personnes_{public.perimetre}",
        libelle=f"{accord(public.total, 'personne comptée,personnes comptées')} action par action, {public.en_mots}",
        valeur=public.total,
        definition=insecables(
            "Somme des personnes de chaque action : qui participe à deux actions compte deux fois. "
            f"{plus_que_la_population(d, public)}"
        ).strip(),
        repose_sur=(
            f"{pluriel(public.bilans, 'bilan,bilans')} sur {d.valides} "
            f"{accord(d.valides, 'validé,validés')}{INSECABLE}; {sexe}"
        ),
        adresse=d.liste(bilan="valides"),
        avant=passe.total if passe else None,
    )


def _argent(d: Donnees) -> list[Chiffre]:
    accorde = Chiffre(
        cle="accorde",
        libelle="accordés, total de la politique de la ville",
        valeur=d.total,
        type=TypeColonne.MONTANT,
        definition="Ce n'est pas encore un versement.",
        repose_sur=d.sur_lignes,
        adresse=d.adresse("financements"),
        avant=d.avant.total if d.avant else None,
        somme_de=("porteurs", "total_pdv") if d.total is not None else None,
    )
    financeurs = Chiffre(
        cle="financeurs",
        libelle=accord(len(d.apports), "financeur,financeurs"),
        valeur=len(d.apports),
        definition="Ceux du total qui accordent un montant.",
        repose_sur=d.sur_lignes,
        adresse=d.adresse("financements"),
        avant=len(d.avant.apports) if d.avant and d.avant.lignes else None,
    )
    if not d.lignes:
        return [accorde]
    if not d.hors_total:
        return [accorde, financeurs]
    hors = Chiffre(
        cle="hors_total",
        libelle="accordés hors total",
        valeur=somme(d.hors_total),
        type=TypeColonne.MONTANT,
        definition="Financeurs à côté du total de la politique de la ville.",
        repose_sur=", ".join(sorted({d.financeurs[li.financeur].nom for li in d.hors_total})),
        adresse=d.adresse("financements"),
        avant=somme(d.avant.hors_total) if d.avant else None,
    )
    return [accorde, financeurs, hors]
