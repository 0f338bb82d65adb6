"""FIN: money. What an action, a porteur, a convention receives, and how (domaine.md §9).

The totals that a document prints are in `totaux_imprimes`.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from itertools import pairwise

from comptes.templatetags.typographie import pluriel, pourcent
from documents.formats import montant, nombre, pourcentage
from financements.models import Financeur, RegleVersement
from porteurs.models import Porteur

from .contexte import BudgetLu, ContexteAnnee, ContexteContrat, ConventionLue, LigneAnnee
from .dates_lues import citer
from .montants_lus import (
    ZERO,
    brut,
    enumerer,
    montants_annuels,
    mots_utiles,
    noms_d_un_financeur,
    sommer,
)
from .socle import Anomalie, Gravite, Portee, anomalie, regle
from .vus import VuALaLecture, reprendre

# Where these findings lead: the amounts of the action.
MONTANTS = "montants"


# -- An action -------------------------------------------------------------------------------------
@regle(
    "FIN-08",
    portee=Portee.ACTION,
    gravite=Gravite.ALERTE,
    titre="Montants à trancher",
    explication="Le document se lit de plusieurs façons. Pilotis n'en devine aucune : choisissez la bonne.",
)
def montants_a_trancher(ligne: LigneAnnee, annee: ContexteAnnee) -> list[Anomalie]:
    """The amounts of the row can be read in several ways and nobody has said which."""
    if not ligne.ambigue:
        return []
    lus = {
        annee.financeurs[pk].sigle: euros for pk, euros in ligne.montants.items() if pk in annee.financeurs
    }
    lecture = enumerer([f"{sigle} {montant(euros)}" for sigle, euros in lus.items()])
    provisoire = f" En attendant, ils sont lus ainsi : {lecture}." if lecture else ""
    return [
        anomalie(
            "FIN-08",
            Gravite.ALERTE,
            "Les montants de cette ligne se lisent de plusieurs façons : confirmez à quel financeur est chacun."
            f"{provisoire}",
            MONTANTS,
            {sigle: brut(euros) for sigle, euros in lus.items()},
        )
    ]


@regle(
    "FIN-14",
    portee=Portee.ACTION,
    gravite=Gravite.ALERTE,
    titre="Part de l'État sous le plafond",
    explication="L'État ne finance en général pas plus de 80 % d'une action. Le plafond se règle pour l'année.",
)
def part_de_l_etat(ligne: LigneAnnee, annee: ContexteAnnee) -> list[Anomalie]:
    """What the State grants stays under its ceiling: of the budget's charges, else of the resources known."""
    if ligne.ambigue:
        return []
    etat = sommer(ligne.montants, [pk for pk, f in annee.financeurs.items() if f.type == Financeur.Type.ETAT])
    charges = _charges(ligne.budgets)
    assiette = charges if charges is not None else sum(ligne.montants.values(), ZERO)
    if not etat or not assiette or etat * 100 <= annee.seuils.plafond_etat * assiette:
        return []
    quoi = "de charges" if charges is not None else "de ressources connues"
    remede = (
        "Revoyez le plan de financement, ou justifiez la dérogation."
        if charges is not None
        else "Indiquez le budget de l'action ou ses autres ressources ; sinon, justifiez la dérogation."
    )
    return [
        anomalie(
            "FIN-14",
            Gravite.ALERTE,
            f"L'État apporte {montant(etat)} sur {montant(assiette)} {quoi}, soit "
            f"{pourcent(etat / assiette * 100)} : plus que le plafond de {nombre(annee.seuils.plafond_etat)} %. "
            f"{remede}",
            MONTANTS,
            {"etat": brut(etat), "assiette": brut(assiette), "plafond": brut(annee.seuils.plafond_etat)},
        )
    ]


def _charges(budgets: Iterable[BudgetLu]) -> Decimal | None:
    """Return the charges of the actual budget, else of the forecast, contributions in kind left out."""
    for budget in sorted(budgets, key=lambda lu: lu.nature != "realise"):
        total = sum((euros for code, euros in budget.charges.items() if not code.startswith("86")), ZERO)
        if total or budget.total_annonce:
            return total or budget.total_annonce
    return None


@regle(
    "FIN-15",
    portee=Portee.ACTION,
    gravite=Gravite.INFO,
    titre="Évolution sur plusieurs années",
    explication="Le budget et l'aide d'une action suivie plusieurs années, d'une année à l'autre.",
)
def evolution_pluriannuelle(ligne: LigneAnnee, _: ContexteAnnee) -> list[Anomalie]:
    """Say how the budget of an action goes from year to year, and the share that is granted."""
    budgets, accordes = _series(ligne)
    if len(budgets) < 2:
        return []
    evolution = [f"{montant(next(iter(budgets.values())))} en {next(iter(budgets))}"]
    evolution += [
        f"{montant(budgets[apres])} en {apres} ({_variation(budgets[avant], budgets[apres])})"
        for avant, apres in pairwise(budgets)
        if budgets[avant]
    ]
    phrase = f"Budget : {enumerer(evolution)}, {montant(sum(budgets.values(), ZERO))} en tout."
    communes = [annee for annee in budgets if annee in accordes and budgets[annee]]
    if len(communes) > 1:
        premiere, derniere = communes[0], communes[-1]
        parts = {annee: pourcentage(accordes[annee] / budgets[annee] * 100) for annee in (premiere, derniere)}
        phrase += (
            f" Part accordée : {parts[premiere]} en {premiere}, {parts[derniere]} en {derniere} "
            f"({montant(sum((accordes[annee] for annee in communes), ZERO))} en tout)."
        )
    return [
        anomalie(
            "FIN-15",
            Gravite.INFO,
            phrase,
            "budget",
            {str(annee): brut(euros) for annee, euros in budgets.items()},
        )
    ]


def _series(ligne: LigneAnnee) -> tuple[dict[int, Decimal], dict[int, Decimal]]:
    """Return the budgets and the grants by year: those of Pilotis, else those that the fiche says in a sentence."""
    budgets = {annee: budget for annee, budget, _ in sorted(ligne.annees) if budget is not None}
    accordes = {annee: accorde for annee, _, accorde in sorted(ligne.annees) if accorde is not None}
    if len(budgets) > 1:
        return budgets, accordes
    for texte in ligne.textes.values():
        series: list[dict[int, Decimal]] = []
        for lu in montants_annuels(texte):
            if not series or lu.annee <= max(series[-1]):
                series.append({})
            series[-1][lu.annee] = lu.montant
        if series and len(series[0]) > 1:
            return series[0], series[1] if len(series) > 1 else {}
    return {}, {}


def _variation(avant: Decimal, apres: Decimal) -> str:
    evolution = (apres - avant) / avant * 100
    return f"{'+' if evolution > 0 else ''}{pourcentage(evolution)}"


# « financée par la CAGR », « cofinancé par… »; not « sera financée par »
_FINANCEE_PAR = re.compile(
    r"(?<!sera )(?<!seront )(?<!serait )(?<!être )(?<!pas )(?<!non )\b(?:co)?financ(?:é|ée|és|ées)\s+par\s+"
    r"(?P<qui>[^.;:\n()]+)",
    re.IGNORECASE,
)
# « pas de financement de la Ville », « non financée par… »
_PAS_DE_FINANCEMENT = re.compile(
    r"\b(?:(?:pas\s+de|sans|aucun)\s+(?:co)?financements?|(?:pas|non)\s+(?:co)?financ(?:é|ée|és|ées))\s+"
    r"(?:par\s+|de\s+|du\s+|des\s+|d['’])?(?P<qui>[^.;:\n()]+)",
    re.IGNORECASE,
)
# A run of blanks is looked at once, from its beginning: a sheet may hold a hundred thousand of them.
_SUITE = re.compile(
    r",|(?<!\s)\s++(?:et\s++|(?:dans|pour|au titre|à hauteur|via|depuis|en)\s.*)", re.IGNORECASE
)


@regle(
    "FIN-16",
    portee=Portee.ACTION,
    gravite=Gravite.ALERTE,
    titre="Financeur nommé = colonne remplie",
    explication="Quand le texte dit qui finance l'action, la colonne de ce financeur doit dire la même chose.",
)
def financeur_nomme(ligne: LigneAnnee, annee: ContexteAnnee) -> list[Anomalie]:
    """A funder that the text names has an amount; one that it says absent has none."""
    if not ligne.montants or ligne.ambigue:
        return []
    trouvees = []
    for pk, finance, citation in _financeurs_nommes(ligne, annee):
        connus = [ligne.montants, *ligne.etats.values()]
        verse = max((colonne.get(pk, ZERO) for colonne in connus), default=ZERO)
        if finance == (verse > 0):
            continue
        sigle = annee.financeurs[pk].sigle
        constat = (
            f"Le texte dit l'action financée par {sigle}, mais ce financeur n'a pas de montant : indiquez-le"
            if finance
            else f"Le texte dit qu'il n'y a pas de financement de {sigle}, mais sa colonne porte "
            f"{montant(verse)} : retirez ce montant"
        )
        trouvees.append(
            anomalie(
                "FIN-16",
                Gravite.ALERTE,
                f"{constat}, ou corrigez le texte.",
                MONTANTS,
                {"financeur": sigle, "montant": brut(verse)},
                citation=citation,
            )
        )
    return trouvees


def _financeurs_nommes(ligne: LigneAnnee, annee: ContexteAnnee) -> Iterator[tuple[int, bool, str]]:
    """Yield each funder that the texts name once: whether it funds, and the words."""
    mentions = [
        (texte, lu, finance)
        for texte in ligne.textes.values()
        for motif, finance in ((_FINANCEE_PAR, True), (_PAS_DE_FINANCEMENT, False))
        for lu in motif.finditer(texte)
    ]
    connus = _noms_des_financeurs(annee) if mentions else {}
    vus = set()
    for texte, lu, finance in mentions:
        for nom in _SUITE.split(lu["qui"]):
            pk = connus.get(" ".join(mots_utiles(nom)))
            if pk is not None and (pk, finance) not in vus:
                vus.add((pk, finance))
                yield pk, finance, citer(texte, lu.start(), lu.end(), avant=20, apres=0)


def _noms_des_financeurs(annee: ContexteAnnee) -> dict[str, int]:
    """Return the funder of each name, names that two funders share left out."""
    types = [financeur.type for financeur in annee.financeurs.values()]
    noms: dict[str, set[int]] = {}
    for pk, lu in annee.financeurs.items():
        seul = types.count(lu.type) == 1
        for nom in noms_d_un_financeur(lu.nom, lu.sigle, lu.type, seul_de_son_type=seul):
            noms.setdefault(nom, set()).add(pk)
    return {nom: min(pks) for nom, pks in noms.items() if len(pks) == 1}


_REPORTEE = re.compile(r"\s*action\s+(?:20\d\d\s+)?(?:est\s+)?reportée\b", re.IGNORECASE)


@regle(
    "FIN-17",
    portee=Portee.ACTION,
    gravite=Gravite.ALERTE,
    titre="Crédit d'une action reportée",
    explication="L'argent d'une action reportée est reporté avec elle, reversé ou annulé : il ne reste pas accordé "
    "à l'année où rien n'a eu lieu.",
)
def credit_d_une_action_reportee(ligne: LigneAnnee, annee: ContexteAnnee) -> list[Anomalie]:
    """The money of an action put off goes with it, is paid back or is cancelled."""
    citation = next((texte for texte in (ligne.motif, *ligne.textes.values()) if _REPORTEE.match(texte)), "")
    if not (ligne.reportee or citation) or ligne.reportee_vers:
        return []
    restent = {
        annee.financeurs[pk].sigle: euros - ligne.reverses.get(pk, ZERO)
        for pk, euros in ligne.montants.items()
        if pk in annee.financeurs and euros > ligne.reverses.get(pk, ZERO)
    }
    if not restent:
        return []
    verse = sum(ligne.verses.values(), ZERO)
    dont = f", dont {montant(verse)} déjà versés" if verse else ""
    return [
        anomalie(
            "FIN-17",
            Gravite.ALERTE,
            f"L'action est reportée, mais {montant(sum(restent.values(), ZERO))} lui restent accordés "
            f"({enumerer([f'{sigle} {montant(euros)}' for sigle, euros in restent.items()])}){dont}. Dites ce que "
            "devient cet argent : reporté avec l'action, reversé ou annulé.",
            MONTANTS,
            {sigle: brut(euros) for sigle, euros in restent.items()},
            citation=citation,
        )
    ]


@regle(
    "FIN-18",
    portee=Portee.ACTION,
    gravite=Gravite.ALERTE,
    titre="Contributions en nature : 86 = 87",
    explication="Ce qui est donné en nature (locaux, bénévolat, prêts) est une charge et un produit du même montant.",
)
def contributions_en_nature(ligne: LigneAnnee, _: ContexteAnnee) -> list[Anomalie]:
    """In a budget, contributions in kind are as much on one side (86) as on the other (87)."""
    trouvees = []
    for budget in ligne.budgets:
        emplois, ressources = _du_compte(budget.charges, "86"), _du_compte(budget.produits, "87")
        if emplois == ressources:
            continue
        nom = "réalisé" if budget.nature == "realise" else "prévisionnel"
        trouvees.append(
            anomalie(
                "FIN-18",
                Gravite.ALERTE,
                f"Budget {nom} : {montant(emplois)} d'emplois en nature (compte 86), {montant(ressources)} de "
                "contributions en nature (compte 87). Les deux montants doivent être les mêmes.",
                "budget",
                {"nature": budget.nature, "86": brut(emplois), "87": brut(ressources)},
            )
        )
    return trouvees


def _du_compte(lignes: Mapping[str, Decimal], compte: str) -> Decimal:
    return sum((euros for code, euros in lignes.items() if code.startswith(compte)), ZERO)


_EN_NATURE = re.compile(
    r"\bmise?s?\s+à\s+disposition|\bprêtée?s?\s+par|\bà\s+titre\s+(?:gratuit|gracieux)|\bgracieusement",
    re.IGNORECASE,
)
_CHAMPS_MOYENS = ("bilan.moyens", "moyens_materiels", "moyens_humains")


@regle(
    "FIN-18",
    portee=Portee.ANNEE,
    gravite=Gravite.INFO,
    titre="Moyens mis à disposition sans valorisation",
    explication="Salles, stades ou matériel prêtés sont une aide de la collectivité. Valorisés aux comptes 86 et 87, "
    "ils montrent ce que l'action coûte vraiment.",
)
def moyens_non_valorises(annee: ContexteAnnee, _: ContexteAnnee) -> list[Anomalie]:
    """Say once how many actions name means that are lent to them and value none."""
    cites = []
    for ligne in annee.lignes:
        if any(_du_compte(b.charges, "86") or _du_compte(b.produits, "87") for b in ligne.budgets):
            continue
        for champ in _CHAMPS_MOYENS:
            lu = _EN_NATURE.search(ligne.textes.get(champ, ""))
            if lu:
                cites.append((ligne, citer(ligne.textes[champ], lu.start(), lu.end(), avant=40)))
                break
    if not cites:
        return []
    exemples = enumerer([f"« {ligne.intitule} »" for ligne, _ in cites[:3]])
    return [
        anomalie(
            "FIN-18",
            Gravite.INFO,
            f"{pluriel(len(cites), 'action cite,actions citent')} des moyens mis à disposition sans les valoriser "
            f"aux comptes 86 et 87{', par exemple' if len(cites) > 3 else ''} : {exemples}. Demandez leur valeur à "
            "la collectivité qui les prête.",
            MONTANTS,
            {"actions": len(cites)},
            citation=cites[0][1],
        )
    ]


# -- A porteur in the year -------------------------------------------------------------------------
# Law 2000-321, art. 10 and decree 2001-495: an administration that helps a private body.
ADMINISTRATIONS = {
    Financeur.Type.ETAT,
    Financeur.Type.REGION,
    Financeur.Type.DEPARTEMENT,
    Financeur.Type.EPCI,
    Financeur.Type.COMMUNE,
    Financeur.Type.ORGANISME_SOCIAL,
    Financeur.Type.ETABLISSEMENT_PUBLIC,
}
PORTEURS_PUBLICS = {
    Porteur.Type.COMMUNE,
    Porteur.Type.SERVICE_COMMUNE,
    Porteur.Type.SERVICE_EPCI,
    Porteur.Type.CCAS,
    Porteur.Type.ETABLISSEMENT_PUBLIC,
    Porteur.Type.SCOLAIRE,
}


@regle(
    "FIN-13",
    portee=Portee.ANNEE,
    gravite=Gravite.ALERTE,
    titre="Convention au-dessus de 23 000 €",
    explication="Une administration qui accorde plus de 23 000 € dans l'année à un organisme privé, tous dossiers "
    "réunis, signe une convention avec lui (loi du 12 avril 2000, art. 10 ; décret du 6 juin 2001).",
)
def seuil_de_convention(annee: ContexteAnnee, _: ContexteAnnee) -> list[Anomalie]:
    """A convention binds each private structure to whom one administration grants more than the threshold, in all."""
    cumuls: dict[tuple[int, int], list[LigneAnnee]] = {}
    for ligne in annee.lignes:
        for pk, euros in ligne.montants.items():
            if euros:
                cumuls.setdefault((annee.structure(ligne.porteur), pk), []).append(ligne)
    trouvees = []
    for (structure, pk), lignes in cumuls.items():
        somme = sum((ligne.montants[pk] for ligne in lignes), ZERO)
        porteur, financeur = annee.porteurs.get(structure), annee.financeurs.get(pk)
        if porteur is None or financeur is None or somme <= annee.seuils.seuil_convention:
            continue
        if porteur.type in PORTEURS_PUBLICS or financeur.type not in ADMINISTRATIONS:
            continue
        if annee.conventions & {structure, *(ligne.porteur for ligne in lignes)}:
            continue
        trouvees.append(
            anomalie(
                "FIN-13",
                Gravite.ALERTE,
                f"{financeur.nom} : {montant(somme)} accordés à « {porteur.nom} » en {annee.annee}, pour "
                f"{pluriel(len(lignes), 'action,actions')}. Au-dessus de {montant(annee.seuils.seuil_convention)}, une "
                "convention est obligatoire : enregistrez-la, ou préparez-la si elle n'existe pas.",
                "conventions",
                {"porteur": porteur.nom, "financeur": financeur.sigle, "montant": brut(somme)},
                objet=f"porteur:{porteur.cle}",
            )
        )
    return trouvees


# -- A convention ----------------------------------------------------------------------------------
@regle(
    "FIN-11",
    portee=Portee.CONVENTION,
    gravite=Gravite.ALERTE,
    titre="Acompte nul ou négatif",
    explication="Un acompte calculé sur ce qui reste devient négatif quand la subvention votée est plus petite que "
    "ce qui a déjà été versé.",
)
def acompte_negatif(convention: ConventionLue, _: ContexteContrat) -> list[Anomalie]:
    """No payment planned is zero or less, and no rule can make one so without saying what happens then."""
    trouvees = [
        anomalie(
            "FIN-11",
            Gravite.ALERTE,
            f"{libelle} : {montant(euros)} prévus. Un versement est un montant positif : corrigez-le ou retirez-le.",
            "versements",
            {"versement": libelle, "montant": brut(euros)},
        )
        for libelle, euros in convention.montants_prevus
        if euros <= 0
    ]
    sur_n_1 = [v for v in convention.versements if v[4] == RegleVersement.Base.SUBVENTION_N_1]
    sur_reste = [v for v in convention.versements if v[4] == RegleVersement.Base.RESTE_N]
    positifs = [euros for _, euros in convention.montants_prevus if euros > 0]
    if not (sur_n_1 and sur_reste and positifs):
        return trouvees
    premier, suivant = sur_n_1[0][0], sur_reste[0]
    fraction = "" if suivant[2] == suivant[3] else f"{suivant[2]}/{suivant[3]} de "
    trouvees.append(
        anomalie(
            "FIN-11",
            Gravite.ALERTE,
            f"{suivant[0]} : {fraction}ce qui reste de la subvention de l'année une fois retiré le {premier}, "
            f"{montant(positifs[0])}. Si la subvention votée est de {montant(positifs[0])} ou moins, ce versement "
            "est nul ou négatif : prévoyez dans la convention ce qui se passe alors.",
            "versements",
            {"versement": suivant[0], "premier": brut(positifs[0])},
            citation=_texte_qui_dit(convention, "préalablement retiré"),
        )
    )
    return trouvees


@regle(
    "FIN-12",
    portee=Portee.CONVENTION,
    gravite=Gravite.INFO,
    titre="Acompte et fraction annoncée",
    explication="Un acompte qui est une fraction de la subvention précédente dit quelle était cette subvention.",
)
def acompte_et_fraction(convention: ConventionLue, _: ContexteContrat) -> list[Anomalie]:
    """Say what the grant of the year before must have been for the first payment to be the fraction announced."""
    if not convention.versements or not convention.montants_prevus:
        return []
    libelle, _mois, numerateur, denominateur, base = convention.versements[0]
    euros = convention.montants_prevus[0][1]
    if base != RegleVersement.Base.SUBVENTION_N_1 or not numerateur or euros <= 0:
        return []
    implicite = euros * denominateur / numerateur
    citation = _texte_qui_dit(convention, "arrondi correspondant")
    arrondi = ", à l'arrondi près que le texte annonce" if citation else ""
    return [
        anomalie(
            "FIN-12",
            Gravite.INFO,
            f"{libelle} : {montant(euros)}, soit {numerateur}/{denominateur} de la subvention de l'année précédente. "
            f"Elle était donc de {montant(implicite)}{arrondi} : vérifiez-le dans "
            "la délibération qui l'a votée.",
            "versements",
            {"acompte": brut(euros), "subvention": brut(implicite)},
            citation=citation,
        )
    ]


def _texte_qui_dit(convention: ConventionLue, mots: str) -> str:
    for lu in convention.textes:
        place = lu.texte.find(mots)
        if place >= 0:
            return citer(lu.texte, place, place + len(mots), avant=120, apres=120)
    return ""


# -- A table being read ----------------------------------------------------------------------------
@regle(
    "FIN-07",
    portee=Portee.IMPORT,
    gravite=Gravite.ALERTE,
    titre="Cases décalées",
    explication="Un tableau qui a perdu des cases vides montre des montants sous un autre financeur : un nombre sous "
    "un titre de texte, une case au-delà des titres, un montant plus grand que le total de sa colonne.",
)
def cases_decalees(vus: Iterable[VuALaLecture], _: object) -> list[Anomalie]:
    """The cells that may have drifted from a column to another."""
    return reprendre("FIN-07", vus)


@regle(
    "FIN-08",
    portee=Portee.IMPORT,
    gravite=Gravite.ALERTE,
    titre="Total de ligne qui se lit de deux façons",
    explication="Un dernier montant qui est aussi la somme des précédents est peut-être un total : la question est "
    "posée.",
)
def total_de_ligne_ambigu(vus: Iterable[VuALaLecture], _: object) -> list[Anomalie]:
    """The rows whose total can be read in two ways."""
    return reprendre("FIN-08", vus)


@regle(
    "FIN-10",
    portee=Portee.IMPORT,
    gravite=Gravite.INFO,
    titre="Nombres écrits de plusieurs façons",
    explication="« 24 000 », « 16072 », « 1 234,50 € » : tous sont lus ; ceux qui ne ressemblent pas à leurs voisins "
    "sont montrés avec ce qui a été compris.",
)
def formats_de_nombre(vus: Iterable[VuALaLecture], _: object) -> list[Anomalie]:
    """The amounts that are not written as their neighbours."""
    return reprendre("FIN-10", vus)
