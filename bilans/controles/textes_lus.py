"""What a text says without figures: people named, sensitive situations, aims copied, paragraphs repeated. Pure."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from documents.normalisation import normaliser

from .noms_lus import singulier

# A paragraph shorter than this may be said twice without being copied.
LONG_PARAGRAPHE = 80


@dataclass(frozen=True)
class Passage:
    """Words of a text, and where they are."""

    mots: str
    debut: int
    fin: int


# -- People ----------------------------------------------------------------------------------------
_TITRES = r"(?:M\.|MM\.|Mr\.?|Mme\.?|Mlle\.?|Monsieur|Madame|Mademoiselle)"
_NOM = r"[A-ZÀ-ÖØ-Þ](?:[\w’'-]+|\.)"
_PERSONNES = (
    re.compile(rf"(?<!\w){_TITRES}\s+{_NOM}(?:[\s-]+{_NOM}){{0,3}}"),
    # « V. G. », « J.-M. D. »: initials put for a name
    re.compile(r"(?<![\w.])[A-ZÀ-ÖØ-Þ]\.(?:-[A-ZÀ-ÖØ-Þ]\.)?\s[A-ZÀ-ÖØ-Þ]\.(?!\w)"),
    # « C. qui s'occupe de nous »
    re.compile(r"(?<![\w.])[A-ZÀ-ÖØ-Þ]\.\s(?=qui\s)"),
    # « l'arrivée de Prénom Nom, qui coordonne »
    re.compile(
        r"(?:arrivée de|départ de|avec l'aide de|remplacée? par|animée? par)\s+"
        r"(?P<nom>[A-ZÀ-ÖØ-Þ][a-zà-öø-ÿ-]{2,}\s[A-ZÀ-ÖØ-Þ][a-zà-öø-ÿ-]{2,})(?=\s(?:qui|en|au|à|pour|comme)|[,.;])"
    ),
)
# A title before a function or a saint is nobody: « Madame la sous-préfète », « M. le maire ».
_PERSONNE_DE_PERSONNE = re.compile(r"(?:Madame|Monsieur|Mme|M\.)\s+(?:La|Le|L['’])\b")


def personnes_nommees(texte: str) -> list[Passage]:
    """Return the people that a text names, in its order; a street or a school named after someone is not one."""
    trouves = []
    for motif in _PERSONNES:
        for lu in motif.finditer(texte):
            groupe = "nom" if "nom" in motif.groupindex else 0
            if not _PERSONNE_DE_PERSONNE.match(lu[0]):
                trouves.append(Passage(lu[groupe].strip(), lu.start(groupe), lu.end(groupe)))
    return sorted(trouves, key=lambda passage: passage.debut)


# -- Sensitive situations --------------------------------------------------------------------------
# What tells the health, the faith, the origin, the past of someone (RGPD, article 9 and 10), or a protection.
_SENSIBLES = re.compile(
    r"(?<!\w)(?:ASE|aide sociale à l['’]enfance|handicap\w*|RQTH|MDPH|addict\w*|toxicoman\w*|alcooli\w*|"
    r"santé mentale|psychiatri\w*|VIH|violences? (?:conjugales?|intrafamiliales?|faites aux femmes)|"
    r"sous main de justice|détenu\w*|incarcér\w*|PJJ|délinquan\w*|réfugié\w*|demandeu\w+ d['’]asile|"
    r"sans[- ]papiers?|gens du voyage|prostitu\w*)(?!\w)",
    re.IGNORECASE,
)
_QUI = r"(?:femmes?|hommes?|personnes?|jeunes?|enfants?|familles?|publics?|mineurs?|habitant\w*)\s"
_PUBLICS_SENSIBLES = re.compile(
    rf"(?<!\w)(?:(?:{_QUI})?(?:réfugié\w*|demandeu\w+ d['’]asile|migrant\w*|sans[- ]papiers?|gens du voyage|"
    r"toxicoman\w*|alcooli\w*|détenu\w*|prostitué\w*|victimes? de violences?|handicapé\w*|sous main de justice)|"
    # of people: « danse africaine » is a dance
    rf"{_QUI}(?:d['’]origine \w+|roms?|maghrébin\w*|africain\w*|musulman\w*|étrang\w+))(?!\w)",
    re.IGNORECASE,
)


def situations_sensibles(texte: str) -> list[Passage]:
    """Return the words of a text that tell a sensitive situation."""
    # « ase » in lower case is a syllable, not the child protection service.
    return [
        Passage(lu[0], lu.start(), lu.end())
        for lu in _SENSIBLES.finditer(texte)
        if lu[0].lower() not in ("ase", "pjj", "vih") or lu[0].isupper()
    ]


def publics_sensibles(texte: str) -> list[Passage]:
    """Return the words that name a public by its origin or by a sensitive situation."""
    return [Passage(lu[0], lu.start(), lu.end()) for lu in _PUBLICS_SENSIBLES.finditer(texte)]


# -- Aims ------------------------------------------------------------------------------------------
_PHRASES = re.compile(r"[.;!?\n]+\s*|\s(?=[A-ZÀ-ÖØ-Þ][a-zà-öø-ÿ]+(?:er|ir|re)\s)")
_PUCE = re.compile(r"^[\s\-–•*✓»«\"“”\d)]+")
# Verbs end so, and so do « atelier », « quartier », « premier ».
_INFINITIF = re.compile(r"[a-z]{2,}(?:er|ir|oir|dre|tre|ire|vre)$")
_NOMS_EN_ER = re.compile(
    r"[a-z]*(?:(?<!f)(?<!c)(?<!d)(?<!l)ier|hiver|foyer|loyer|leader|master|janvier|fevrier)$"
)
_VERBES_EN_IER = {"etudier", "varier", "allier", "concilier", "publier", "relier"}
_RESULTATS = re.compile(
    r"(?<!\d)(?!20\d\d(?!\d))\d|\b(?:a|ont|avons|est|sont)\s+(?:bien\s+|également\s+|aussi\s+)?(?:été|eu|permis|pu|participé|réalisé\w*|"
    r"\w+(?:é|ée|és|ées|i|ie|is|u|us|ue))\b|\bune?\s+\w+aine\s+d",
    re.IGNORECASE,
)


def ne_dit_que_des_objectifs(texte: str) -> bool:
    """Return whether a narrative only says again what was aimed at: infinitives, no figure, nothing done.

    Half of its sentences at least begin with an infinitive, and none tells a result (COH-12).
    """
    if _RESULTATS.search(texte):
        return False
    phrases = [nue for phrase in _PHRASES.split(texte) if (nue := _PUCE.sub("", phrase).strip())]
    infinitives = [phrase for phrase in phrases if _commence_par_un_infinitif(phrase)]
    return len(infinitives) >= 1 and 2 * len(infinitives) >= len(phrases)


def _commence_par_un_infinitif(phrase: str) -> bool:
    # « Jardins 2024 : Elargir le champ… »: what stands before a colon is a title
    debut = re.split(r"\s?:\s", phrase, maxsplit=1)[-1]
    premier = re.match(r"[a-z]+", normaliser(debut))
    if premier is None or not _INFINITIF.fullmatch(premier[0]):
        return False
    return premier[0] in _VERBES_EN_IER or not _NOMS_EN_ER.fullmatch(premier[0])


# -- Paragraphs ------------------------------------------------------------------------------------
def paragraphes(texte: str) -> Iterator[str]:
    """Yield the paragraphs of a text that are long enough to have been copied."""
    for ligne in texte.splitlines():
        nue = _PUCE.sub("", ligne).strip()
        if len(nue) >= LONG_PARAGRAPHE:
            yield nue


# -- What is counted -------------------------------------------------------------------------------
_MESURE = re.compile(
    r"^\W*(?:nombre|nb|taux|part|pourcentage|%|frequence|montant|duree|effectif|volume|proportion|evolution du nombre|"
    r"evolution du taux|combien|cout|superficie|population|delai|moyenne|indice|score|heures|repartition|typologie)"
)


def est_mesurable(critere: str) -> bool:
    """Return whether a criterion says what is counted: a number, a rate, a share, a frequency, an amount."""
    dit = normaliser(critere)
    return bool(_MESURE.match(dit) or re.search(r"\bnombre d|\bnb\b|\btaux d|\d|\bfrequentation\b", dit))


_NOMBRES = {
    "deux": 2,
    "trois": 3,
    "quatre": 4,
    "cinq": 5,
    "six": 6,
    "sept": 7,
    "huit": 8,
    "neuf": 9,
    "dix": 10,
}
_ANNONCE = re.compile(
    rf"(?<!\w)(\d{{1,2}}|{'|'.join(_NOMBRES)})\s+"
    r"((?:grands?\s|principa(?:ux|les)\s)?[a-zà-öø-ÿ]{4,}s)[^.;:\n]{0,40}:[ \t]*\n"
    r"((?:[ \t]*(?:[-–•*✓]|\d+[.)°])\s*[^\n]+\n?){2,})",
    re.IGNORECASE,
)


def listes_annoncees(texte: str) -> Iterator[tuple[int, int, str]]:
    """Yield each list that a text announces: the number said, the number of items, the words of the announcement."""
    for lu in _ANNONCE.finditer(texte):
        mot = lu[1].lower()
        items = list(_du_meme_rang(lu[3].splitlines()))
        yield (int(mot) if mot.isdecimal() else _NOMBRES[mot]), len(items), lu[0].split(":")[0].strip()


def _du_meme_rang(lignes: Iterable[str]) -> Iterator[str]:
    """Yield the first items that are set back alike: what comes after belongs to another list."""
    retraits = [(re.match(r"[ \t]*", ligne), ligne) for ligne in lignes if ligne.strip()]
    premier = None
    for retrait, ligne in retraits:
        largeur = retrait.end() if retrait else 0
        if premier is None:
            premier = largeur
        if largeur != premier:
            return
        yield ligne


_NOMBRE = r"(\d{1,3}(?:[ \u00a0\u202f]\d{3})+|\d+)"
_DENOMBREMENT = re.compile(
    rf"(?<!\d){_NOMBRE}\s+([^.;\n]{{4,80}}?)\s*(?:,\s*)?(?:dont|:|soit)\s+([^.;\n]{{10,220}})", re.I
)


def denombrements(texte: str) -> Iterator[tuple[int, tuple[int, ...], str]]:
    """Yield each whole that a sentence divides into three parts or more: the whole, its parts, the words."""
    for lu in _DENOMBREMENT.finditer(texte):
        parts = tuple(entier(nombre) for nombre in re.findall(rf"(?<![\d,]){_NOMBRE}(?![\d,%])", lu[3]))
        if len(parts) >= 3:
            yield entier(lu[1]), parts, lu[0].strip()


def entier(ecrit: str) -> int:
    """Return the integer written « 1 362 »."""
    return int(re.sub(r"\D", "", ecrit))


# -- Articles --------------------------------------------------------------------------------------
_TITRE_D_ARTICLE = re.compile(
    r"^[ \t\u00a0#*]*Article\s+(\d+(?:\.\d+)?)(?:<sup>er</sup>|er)?\s*[:–-]\s*([^\n*]+)",
    re.IGNORECASE | re.MULTILINE,
)
_RENVOI = re.compile(
    r"([^.;\n(]{0,90})\((?:cf\.?|voir)\s+article\s+(\d+(?:\.\d+)?)[^)]{0,40}\)", re.IGNORECASE
)
_OUTILS = {
    *(
        "dans",
        "avec",
        "pour",
        "cette",
        "presente",
        "convention",
        "cadre",
        "titre",
        "article",
        "articles",
        "sommes",
    ),
    *(
        "entre",
        "association",
        "ville",
        "annuelle",
        "principaux",
        "engagements",
        "besancon",
        "ccas",
        "partenariat",
    ),
}


@dataclass(frozen=True)
class Renvoi:
    """« la subvention (cf. article 8.1) »: what is said, and the article it is sent to."""

    objet: str
    article: str
    mots: str


def titres_d_articles(texte: str) -> dict[str, str]:
    """Return the titles of the articles of a text, by number."""
    return {lu[1]: lu[2].strip() for lu in _TITRE_D_ARTICLE.finditer(texte)}


def renvois(texte: str) -> Iterator[Renvoi]:
    """Yield each « (cf. article N) » of a text with what comes before it."""
    for lu in _RENVOI.finditer(texte):
        yield Renvoi(lu[1].strip(), lu[2], lu[0].strip())


def article_qui_en_parle(objet: str, titres: dict[str, str]) -> str:
    """Return the number of the article whose title has most words of `objet`, blank when none or several do."""
    dits = radicaux(objet)
    partages = {numero: len(dits & radicaux(titre)) for numero, titre in titres.items()}
    meilleur = max(partages.values(), default=0)
    gagnants = [numero for numero, combien in partages.items() if combien == meilleur]
    return gagnants[0] if meilleur and len(gagnants) == 1 else ""


def mots_pleins(texte: str) -> set[str]:
    """Return the words of a text that say what it is about."""
    return {mot for mot in re.findall(r"[a-z]{5,}", normaliser(texte)) if mot not in _OUTILS}


def radicaux(texte: str) -> set[str]:
    """Return the same words without their mark of plural."""
    return {singulier(mot) for mot in mots_pleins(texte)}


def repetes(textes: Iterable[tuple[str, str]]) -> list[tuple[str, tuple[str, ...]]]:
    """Return the long paragraphs found at several places, from (place, text): (paragraph, its places)."""
    places: dict[str, list[tuple[str, str]]] = {}
    for place, texte in textes:
        for paragraphe in paragraphes(texte):
            places.setdefault(normaliser(paragraphe), []).append((paragraphe, place))
    return [
        (trouves[0][0], tuple(dict.fromkeys(place for _, place in trouves)))
        for trouves in places.values()
        if len(trouves) > 1
    ]
