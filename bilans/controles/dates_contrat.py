"""DAT: the dates of a contract and of its conventions, as their texts tell them (domaine.md §9)."""

import re
from collections.abc import Iterable
from datetime import date
from itertools import combinations, pairwise

from comptes.templatetags.typographie import pluriel
from documents.formats import date_longue
from documents.normalisation import normaliser

from .contexte import ContexteContrat, ConventionLue, TexteLu
from .dates import a_rebours
from .dates_lues import (
    Periode,
    citer,
    durees_en_ans,
    jours,
    nom_du_mois,
    nombre_d_annees,
    periodes,
    phrase,
)
from .montants_lus import enumerer, mots_utiles
from .socle import Anomalie, Gravite, Portee, anomalie, regle

# -- A contract ------------------------------------------------------------------------------------
# « compte-rendu de l'atelier du… », « a eu lieu le… »: what is told with these words is over.
_PASSE = re.compile(
    r"\b(?:compte[- ]rendu|procès[- ]verbal|relevé de décisions|eu lieu|s'est tenue?|se sont tenue?s|"
    r"s'est déroulée?|se sont déroulée?s)\b[^.;]*$",
    re.IGNORECASE,
)


@regle(
    "DAT-02",
    portee=Portee.CONTRAT,
    gravite=Gravite.BLOQUANT,
    titre="Fait passé, date à venir",
    explication="Un compte-rendu, une réunion qui a eu lieu ne peuvent pas porter une date à venir.",
)
def fait_passe_date_a_venir(contrat: ContexteContrat, contexte: ContexteContrat) -> list[Anomalie]:
    """What is told as past is not dated after the day of reading, else after the contract's first year."""
    limite = contrat.aujourdhui or contrat.date_signature or date(contrat.date_debut.year, 12, 31)
    trouvees = []
    for lu in contrat.textes:
        for fait, jour, _dernier in jours(lu.texte):
            commence, _fin = phrase(lu.texte, fait.debut, fait.fin)
            if fait.annee is None or jour <= limite or not _PASSE.search(lu.texte[commence : fait.debut]):
                continue
            trouvees.append(
                anomalie(
                    "DAT-02",
                    Gravite.BLOQUANT,
                    f"Le texte raconte comme passé un fait du {date_longue(jour)}, qui est à venir : corrigez "
                    "l'année.",
                    lu.champ,
                    {"date": jour.isoformat()},
                    citation=citer(lu.texte, fait.debut, fait.fin, apres=10),
                    explication=_meme_jour_ailleurs(contrat, jour),
                    objet=lu.objet,
                )
            )
    return trouvees


def _meme_jour_ailleurs(contrat: ContexteContrat, jour: date) -> str:
    """Return where the contract tells the same day of a year that is not written, blank when it does not."""
    for lu in contrat.textes:
        for fait, autre, _ in jours(lu.texte, jour.year):
            if fait.annee is None and autre == jour:
                mots = citer(lu.texte, fait.debut, fait.fin, avant=90, apres=0)
                return f"Un autre passage raconte le même jour, sans année : « {mots} »."
    return ""


@regle(
    "DAT-04",
    portee=Portee.CONTRAT,
    gravite=Gravite.BLOQUANT,
    titre="Évolution à rebours",
    explication="Une évolution se lit de l'année la plus ancienne à la plus récente.",
)
def evolution_a_rebours(contrat: ContexteContrat, contexte: ContexteContrat) -> list[Anomalie]:
    """An evolution goes from the earlier year to the later one."""
    return [trouvee for lu in contrat.textes for trouvee in a_rebours(Gravite.BLOQUANT, lu)]


@regle(
    "DAT-12",
    portee=Portee.CONTRAT,
    gravite=Gravite.ALERTE,
    titre="Durée du contrat et de ses phases",
    explication="La loi du 21 février 2014 (art. 6) lie le contrat de ville au mandat municipal, six ans. Des années "
    "sans jour ni mois ne disent ni quand une phase finit, ni quand l'autre commence.",
)
def duree_du_contrat(contrat: ContexteContrat, contexte: ContexteContrat) -> list[Anomalie]:
    """The duration that the contract announces is that of its dates, and its phases do not overlap."""
    trouvees = []
    exercices = contrat.date_fin.year - contrat.date_debut.year + 1
    reels = nombre_d_annees(contrat.date_debut, contrat.date_fin)
    for lu in contrat.textes:
        for ans, citation in durees_en_ans(lu.texte, r"\bcontrat(?:\s+de\s+ville)?\s+dure\s+"):
            if ans == reels:
                continue
            trouvees.append(
                anomalie(
                    "DAT-12",
                    Gravite.ALERTE,
                    f"Le contrat dit durer {ans} ans, mais ses dates, du {date_longue(contrat.date_debut)} au "
                    f"{date_longue(contrat.date_fin)}, font {exercices} exercices. Écrivez les dates exactes dans le "
                    "texte, ou corrigez la durée.",
                    lu.champ,
                    {"annonce": ans, "exercices": exercices},
                    citation=citation,
                    objet=lu.objet,
                )
            )
    for (avant, _debut, fin), (apres, debut, _fin) in pairwise(sorted(contrat.phases)):
        if debut > fin:
            continue
        quand = f"en {debut.year}" if debut.year == fin.year else f"de {debut.year} à {fin.year}"
        trouvees.append(
            anomalie(
                "DAT-12",
                Gravite.ALERTE,
                f"Les phases {avant} et {apres} se chevauchent {quand} : la phase {avant} finit le {date_longue(fin)}, "
                f"la phase {apres} commence le {date_longue(debut)}. Donnez à chacune ses dates exactes.",
                "phases",
                {"fin": fin.isoformat(), "debut": debut.isoformat()},
            )
        )
    return trouvees


_PREVU = re.compile(
    r"\b(?:est|sont)\s+prévue?s?\b[^.;\n]{0,120}?\b(?:fin|début|courant|d'ici|pour|en|avant)\s+((?:19|20)\d\d)(?![\d/-])",
    re.IGNORECASE,
)


@regle(
    "DAT-13",
    portee=Portee.CONTRAT,
    gravite=Gravite.ALERTE,
    titre="Jalon prévu déjà passé",
    explication="Un projet annoncé pour une date antérieure au contrat a eu lieu, ou a pris du retard : le texte doit "
    "le dire.",
)
def jalon_deja_passe(contrat: ContexteContrat, contexte: ContexteContrat) -> list[Anomalie]:
    """What the contract says planned is not before the contract itself."""
    reference, quoi = contrat.date_debut, "commence"
    if contrat.date_signature is not None:
        reference, quoi = contrat.date_signature, "est signé"
    return [
        anomalie(
            "DAT-13",
            Gravite.ALERTE,
            f"Un projet est annoncé pour {annonce[1]}, alors que le contrat {quoi} le {date_longue(reference)} : "
            "écrivez où il en est.",
            lu.champ,
            {"annee": int(annonce[1])},
            citation=citer(lu.texte, annonce.start(), annonce.end(), apres=0),
            objet=lu.objet,
        )
        for lu in contrat.textes
        for annonce in _PREVU.finditer(lu.texte)
        if int(annonce[1]) < reference.year
    ]


# What a period of years is that of, when the word stands close before it.
_OBJETS = re.compile(
    r"\b(projet|convention|contrat|programme|plan|agrément|schéma|pacte|pedt|ctg|cog|clas|cls)\b",
    re.IGNORECASE,
)
# Words that name nothing by themselves: two sentences may share them and speak of different things.
_COMMUNS = {
    "projet",
    "periode",
    "annee",
    "annees",
    "cadre",
    "action",
    "actions",
    "ville",
    "quartier",
    "quartiers",
}


@regle(
    "DAT-14",
    portee=Portee.CONTRAT,
    gravite=Gravite.ALERTE,
    titre="Une période, une seule valeur",
    explication="Le même projet ne peut pas finir à deux dates.",
)
def une_seule_valeur(contrat: ContexteContrat, contexte: ContexteContrat) -> list[Anomalie]:
    """The same project or plan, told twice, begins and ends in the same years."""
    trouvees, vues = [], set()
    for (un, mots_un, cite_un, lu), (autre, mots_autre, cite_autre, _lu) in combinations(
        _nommees(contrat), 2
    ):
        if un.debut != autre.debut or un.fin == autre.fin or len(mots_un & mots_autre - _COMMUNS) < 2:
            continue
        cle = tuple(sorted((str(un), str(autre))))
        if cle in vues:
            continue
        vues.add(cle)
        trouvees.append(
            anomalie(
                "DAT-14",
                Gravite.ALERTE,
                f"La même période est écrite {un} ici et {autre} ailleurs : gardez celle qui est juste.",
                lu.champ,
                {"une": cle[0], "autre": cle[1]},
                citation=cite_un,
                explication=f"Ailleurs : « {cite_autre} ».",
                objet=lu.objet,
            )
        )
    return trouvees


def _nommees(contrat: ContexteContrat) -> list[tuple[Periode, frozenset[str], str, TexteLu]]:
    """Return the periods whose sentence says what they are that of: with its words, a quotation, the text."""
    nommees = []
    for lu in contrat.textes:
        for periode in periodes(lu.texte):
            commence, _ = phrase(lu.texte, periode.place, periode.apres)
            avant = lu.texte[max(commence, periode.place - 30) : periode.place]
            objets = _OBJETS.findall(avant)
            if objets:
                large = lu.texte[max(commence, periode.place - 120) : periode.apres]
                mots = {mot for mot in mots_utiles(large) if len(mot) > 4 and not mot.isdecimal()}
                cle = normaliser(objets[-1])
                nommees.append((periode, frozenset(mots | {cle}), _cite(lu.texte, periode), lu))
    return nommees


def _cite(texte: str, periode: Periode) -> str:
    return citer(texte, periode.place, periode.apres, avant=90, apres=0)


_CONTRAT_D_AVANT = re.compile(
    r"\b(?:contrats?\s+de\s+ville|contractualisation|cvu|cucs|conclus?)\b", re.IGNORECASE
)


@regle(
    "DAT-15",
    portee=Portee.CONTRAT,
    gravite=Gravite.INFO,
    titre="Période du contrat précédent",
    explication="Le contrat précédent est cité avec plusieurs périodes : dites laquelle, prorogations comprises.",
)
def contrat_precedent(contrat: ContexteContrat, contexte: ContexteContrat) -> list[Anomalie]:
    """The contract before this one has one period, wherever it is named."""
    citees: dict[str, str] = {}
    for lu in contrat.textes:
        for periode in periodes(lu.texte):
            avant = lu.texte[max(0, periode.place - 40) : periode.place]
            if periode.fin < contrat.date_debut.year and _CONTRAT_D_AVANT.search(avant):
                citees.setdefault(str(periode), _cite(lu.texte, periode))
    if len(citees) < 2:
        return []
    return [
        anomalie(
            "DAT-15",
            Gravite.INFO,
            f"Le contrat précédent est cité avec {pluriel(len(citees), 'période,périodes')} : "
            f"{enumerer(list(citees))}. Gardez une seule période, et dites les prorogations.",
            "presentation",
            {"periodes": " ".join(citees)},
            citation=" … ".join(citees.values()),
        )
    ]


# -- A convention ----------------------------------------------------------------------------------
@regle(
    "DAT-07",
    portee=Portee.CONVENTION,
    gravite=Gravite.BLOQUANT,
    titre="Durée annoncée = dates",
    explication="La durée en années, les dates d'effet et de fin et les années du titre disent une seule chose.",
)
def duree_de_la_convention(convention: ConventionLue, contexte: ContexteContrat) -> list[Anomalie]:
    """The duration announced, and the years of the title, are those of the dates.

    Of the dates of the text itself: an amendment that prolongs it, or a termination, makes neither false.
    """
    reels = nombre_d_annees(convention.date_debut, convention.date_fin)
    dates = f"du {date_longue(convention.date_debut)} au {date_longue(convention.date_fin)}"
    trouvees = []
    annonce = _duree_annoncee(convention)
    if annonce is not None and annonce[0] != reels:
        font = f" ({pluriel(reels, 'an,ans')})" if reels else ""
        trouvees.append(
            anomalie(
                "DAT-07",
                Gravite.BLOQUANT,
                f"La convention annonce {pluriel(annonce[0], 'an,ans')}, mais ses dates vont {dates}{font} : corrigez "
                "la durée ou les dates.",
                "date_fin",
                {"annonce": annonce[0], "debut": str(convention.date_debut), "fin": str(convention.date_fin)},
                citation=annonce[1],
            )
        )
    du_titre = next(iter(periodes(convention.intitule)), None)
    if du_titre and (du_titre.debut, du_titre.fin) != (convention.date_debut.year, convention.date_fin.year):
        dans_les_dates = convention.date_fin.year - convention.date_debut.year + 1
        trouvees.append(
            anomalie(
                "DAT-07",
                Gravite.BLOQUANT,
                f"Le titre annonce {du_titre} ({pluriel(du_titre.ans, 'an,ans')}), mais la convention va {dates} "
                f"({pluriel(dans_les_dates, 'an,ans')}) : corrigez le titre ou les dates avant de signer.",
                "intitule",
                {
                    "titre": str(du_titre),
                    "debut": str(convention.date_debut),
                    "fin": str(convention.date_fin),
                },
                citation=_cite(convention.intitule, du_titre),
                explication="La durée écrite s'accorde avec les dates : c'est le titre qui s'en écarte."
                if annonce is not None and annonce[0] == reels
                else "",
            )
        )
    return trouvees


def _duree_annoncee(convention: ConventionLue) -> tuple[int, str] | None:
    """Return the years that the convention announces and its words: as kept in Pilotis, else as its text says."""
    dites = [
        dite
        for lu in convention.textes
        for dite in durees_en_ans(lu.texte, r"\bconclue?\s+pour\s+(?:une\s+durée\s+de\s+)?")
    ]
    if convention.duree_annoncee_ans is None:
        return dites[0] if dites else None
    mots = (citation for ans, citation in dites if ans == convention.duree_annoncee_ans)
    return convention.duree_annoncee_ans, next(mots, "")


_CONVENTION = re.compile(
    r"\bconvention(?:-cadre)?\b(?!.*\b(?:projet|contrat|agrément|plan|programme|convention)\b)",
    re.IGNORECASE | re.DOTALL,
)


@regle(
    "DAT-08",
    portee=Portee.CONVENTION,
    gravite=Gravite.BLOQUANT,
    titre="Mêmes années dans toutes les pièces",
    explication="Le titre, la délibération et les annexes d'une convention portent les mêmes années : sinon, on ne "
    "sait pas laquelle a été votée.",
)
def millesime_des_pieces(convention: ConventionLue, contexte: ContexteContrat) -> list[Anomalie]:
    """The title of the convention and the documents that name it give the same years."""
    citees: dict[str, str] = {}
    for texte in (convention.intitule, *(lu.texte for lu in convention.textes)):
        for periode in periodes(texte):
            commence, _ = phrase(texte, periode.place, periode.apres)
            if _CONVENTION.search(texte[commence : periode.place]):
                citees.setdefault(str(periode), _cite(texte, periode))
    if len(citees) < 2:
        return []
    return [
        anomalie(
            "DAT-08",
            Gravite.BLOQUANT,
            f"La convention porte {len(citees)} périodes selon les pièces : {enumerer(list(citees))}. Mettez les mêmes "
            "années partout avant de signer.",
            "intitule",
            {"periodes": " ".join(citees)},
            citation=" … ".join(citees.values()),
        )
    ]


_AU_PLUS_TARD = re.compile(r"(?:au plus tard(?: le)?|avant le|d'ici au|d'ici le)\s*$", re.IGNORECASE)


@regle(
    "DAT-09",
    portee=Portee.CONVENTION,
    gravite=Gravite.BLOQUANT,
    titre="Échéance après la signature",
    explication="Une obligation dont la date est passée le jour de la signature est manquée d'avance.",
)
def echeance_avant_signature(convention: ConventionLue, contexte: ContexteContrat) -> list[Anomalie]:
    """No due date of the convention is before its signature, else before the deliberation that allows it."""
    acte, quoi = convention.date_signature, "la signature"
    if acte is None:
        acte, quoi = convention.date_deliberation, "la délibération qui l'autorise"
    if acte is None:
        return []
    passees = {jour: libelle for libelle, jour in convention.echeances if jour < acte}
    citations: dict[date, str] = {}
    for lu in convention.textes:
        for fait, jour, _dernier in jours(lu.texte):
            if jour < acte and _AU_PLUS_TARD.search(lu.texte[: fait.debut]):
                passees.setdefault(jour, "")
                mots = citer(lu.texte, fait.debut, fait.fin, avant=30, apres=120)
                citations[jour] = max(citations.get(jour, ""), mots, key=len)
    return [
        anomalie(
            "DAT-09",
            Gravite.BLOQUANT,
            f"L'échéance du {date_longue(jour)}{f' ({libelle})' if libelle else ''} est avant {quoi}, le "
            f"{date_longue(acte)} : personne ne peut la tenir. Corrigez-la avant de signer.",
            "echeances",
            {"echeance": jour.isoformat(), "acte": acte.isoformat()},
            citation=citations.get(jour, ""),
        )
        for jour, libelle in sorted(passees.items())
    ]


@regle(
    "DAT-10",
    portee=Portee.CONVENTION,
    gravite=Gravite.ALERTE,
    titre="Échéanciers d'accord",
    explication="La règle générale de versement et le calendrier d'un versement particulier doivent donner le même "
    "mois, ou dire pourquoi ils diffèrent.",
)
def echeanciers(convention: ConventionLue, contexte: ContexteContrat) -> list[Anomalie]:
    """Each payment planned is in the month that the rules of payment give it."""
    trouvees = []
    for rang, jour in convention.dates_prevues:
        if not 1 <= rang <= len(convention.versements):
            continue
        libelle, mois, *_ = convention.versements[rang - 1]
        if mois == jour.month:
            continue
        trouvees.append(
            anomalie(
                "DAT-10",
                Gravite.ALERTE,
                f"{libelle} : en {nom_du_mois(mois)} selon la règle générale, en {nom_du_mois(jour.month)} {jour.year} "
                "selon le calendrier. Dites lequel vaut, ou que cette année fait exception.",
                "versements",
                {"versement": libelle, "regle": mois, "prevu": jour.isoformat()},
                citation=_texte_du_mois(convention.textes, libelle, mois),
                explication=_texte_du_calendrier(convention.textes, jour),
            )
        )
    return trouvees


def _texte_du_mois(textes: Iterable[TexteLu], libelle: str, mois: int) -> str:
    """Return the words that say « 1er acompte versé en février », blank when no text does."""
    for lu in textes:
        place = lu.texte.find(f"en {nom_du_mois(mois)}")
        if place >= 0 and normaliser(libelle)[:3] in normaliser(lu.texte[max(0, place - 40) : place]):
            return citer(lu.texte, place, place + len(nom_du_mois(mois)) + 3, avant=40, apres=0)
    return ""


def _texte_du_calendrier(textes: Iterable[TexteLu], jour: date) -> str:
    """Return the words that say « dès janvier 2026 », blank when no text does."""
    mots = f"dès {nom_du_mois(jour.month)} {jour.year}"
    for lu in textes:
        place = lu.texte.find(mots)
        if place >= 0:
            dits = citer(lu.texte, place, place + len(mots), apres=0).lstrip("« \u00a0")
            return f"Le texte dit aussi : « {dits} »."
    return ""


_PROJET_SOCIAL = re.compile(
    r"\b(?:agrément|contrat de projet|projet)\b[^.;\n]{0,30}\bcentre social\b[^.;\n]{0,10}$|\bagrément\b[^.;\n]{0,20}$",
    re.IGNORECASE,
)


@regle(
    "DAT-11",
    portee=Portee.CONVENTION,
    gravite=Gravite.ALERTE,
    titre="Agrément pour toute la convention",
    explication="Une convention fondée sur un agrément ou un projet social dure au plus autant que lui, ou prévoit son "
    "renouvellement.",
)
def agrement_couvrant(convention: ConventionLue, contexte: ContexteContrat) -> list[Anomalie]:
    """The agreements of the porteur, and the social project that the texts name, last as long as the convention."""
    finissent: dict[date, tuple[str, str]] = {
        fin: (f"L'agrément « {libelle} »", "")
        for libelle, _debut, fin in convention.agrements
        if fin is not None and convention.date_debut <= fin < convention.fin
    }
    for lu in convention.textes:
        for periode in periodes(lu.texte):
            commence, _ = phrase(lu.texte, periode.place, periode.apres)
            fin = date(periode.fin, 12, 31)
            if _PROJET_SOCIAL.search(lu.texte[commence : periode.place]) and fin < convention.fin:
                finissent.setdefault(fin, (f"Le projet de centre social {periode}", _cite(lu.texte, periode)))
    return [
        anomalie(
            "DAT-11",
            Gravite.ALERTE,
            f"{quoi} finit le {date_longue(fin)}, avant la convention ({date_longue(convention.fin)}) : prévoyez "
            "son renouvellement, et ce que devient la convention sans lui.",
            "agrements",
            {"agrement": fin.isoformat(), "convention": convention.fin.isoformat()},
            citation=citation,
        )
        for fin, (quoi, citation) in sorted(finissent.items())
    ]
