"""How well figures are read out of real narratives: precision and recall against what people read in them.

    PYTHONPATH=. .venv/bin/python benchmarks/lecture_recits.py [--erreurs] [--manques] [--a-relire]

**Reference.** The « beneficiaires » facts of Dole 2024 (41 actions) and the « genre » facts of Bagnols 2023 (46
rows), in `fixtures/demonstration/`, written by people from the documents. A reference fact without any figure (« une
majorité de garçons », « séances hebdomadaires ») gives nothing to suggest: recall is printed with and without these.

**A match.** Same action; same kind (people, sessions, ages, duration, things made); same category (women, men, a
school level, staff, parents; a total may be told in any word that is not a part); same value, or same two bounds; the
words of the fact overlap those of the reference. An aim (« 20 prévues ») never matches a result. One fact may answer
two reference facts that repeat each other on the same words: Dole gives « 13 femmes » as the total and as the women.

**Precision.** Strict: any fact that the reference does not have is an error. Bagnols' reference has women and men
only, so only its facts of women and men are judged strictly. Reviewed: a fact that the reference leaves out is right
when it is in `tests/donnees/recits_relus.json`, read one by one in the texts; anything else is an error. This judges
every fact of every kind in both documents.

**Halves.** The rules were written while looking at the even actions; the odd ones are printed apart. Both documents
were known beforehand, so the odd half is no blind test: docs/decisions/0012 gives its figures at the first run.
"""

import argparse
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter

from bilans.recits import Fait, Nature, Role, lire_recit

RACINE = Path(__file__).resolve().parent.parent
DEMONSTRATION = RACINE / "fixtures" / "demonstration"
RELUS = RACINE / "tests" / "donnees" / "recits_relus.json"
PERSONNES = {Nature.EFFECTIF, Nature.FREQUENTATION, Nature.MENAGES}
SEXES = {"femmes", "hommes"}
CATEGORIES = {"filles": "femmes", "garcons": "hommes", "elus_jeunes": "autre"}


@dataclass
class Reference:
    """A fact that people read in a text."""

    sorte: str
    categorie: str
    valeur: int | None
    mini: int | None
    maxi: int | None
    citation: str
    trouve: bool = False

    @property
    def chiffree(self) -> bool:
        """Whether it has a figure at all."""
        return not (self.valeur is self.mini is self.maxi is None)


@dataclass
class Recit:
    """A text of an action, what people read in it, what the reader read in it."""

    document: str
    ordre: int
    champ: str
    texte: str
    references: list[Reference]
    faits: tuple[Fait, ...]
    justes: list[bool] = field(default_factory=list)
    relus: list[bool] = field(default_factory=list)


def recits() -> Iterator[Recit]:
    """Give the texts of both documents."""
    dole = json.loads((DEMONSTRATION / "dole_2024_actions.json").read_text(encoding="utf-8"))
    for action in dole["actions"]:
        references = [_reference_de_dole(brut) for brut in action["beneficiaires"]]
        yield _recit("dole", action["ordre"], "descriptif", action["descriptif"], references, 2024)
    bagnols = json.loads((DEMONSTRATION / "bagnols_2023.json").read_text(encoding="utf-8"))
    for ligne in bagnols["lignes"]:
        references = [
            Reference("effectif", sexe, genre[colonne], None, None, genre["citation"])
            for genre in ligne["genre"]
            for sexe, colonne in (("femmes", "feminin"), ("hommes", "masculin"))
            if genre[colonne] is not None
        ]
        for champ in ("bilan", "type_public", "moyens"):
            texte = ligne[champ] or ""
            dedans = [reference for reference in references if reference.citation in texte]
            yield _recit("bagnols", ligne["ordre"], champ, texte, dedans, 2023)


def _reference_de_dole(brut: dict) -> Reference:
    categorie = brut["categorie"].removeprefix("niveau_")
    if categorie.startswith("encadrants"):
        categorie = "encadrants"
    sorte = "duree" if categorie == "duree" else brut["type"]
    return Reference(
        sorte,
        CATEGORIES.get(categorie, categorie),
        brut["valeur"],
        brut["min"],
        brut["max"],
        brut["citation"],
    )


def _recit(
    document: str, ordre: int, champ: str, texte: str, references: list[Reference], annee: int
) -> Recit:
    recit = Recit(document, ordre, champ, texte, references, lire_recit(texte, annee))
    recit.justes = [_marquer(recit, fait) for fait in recit.faits]
    return recit


def _marquer(recit: Recit, fait: Fait) -> bool:
    """Return whether the reference has this fact, and mark what it answers."""
    juste = False
    for reference in recit.references:
        if _correspond(reference, fait) and _chevauche(recit.texte, reference.citation, fait):
            reference.trouve = juste = True
    return juste


def _correspond(reference: Reference, fait: Fait) -> bool:
    if fait.prevu or not _memes_natures(reference, fait):
        return False
    if reference.valeur is not None:
        return fait.valeur == reference.valeur
    bornes = (fait.valeur_min, fait.valeur_max)
    return reference.chiffree and fait.valeur is None and bornes == (reference.mini, reference.maxi)


def _memes_natures(reference: Reference, fait: Fait) -> bool:
    if reference.sorte == "age":
        return fait.nature == Nature.AGES
    if reference.sorte == "seances":
        return fait.nature == Nature.SEANCES
    if reference.sorte == "duree":
        return fait.nature == Nature.DUREE
    if reference.sorte == "realisation":
        return fait.nature == Nature.REALISATION
    if fait.nature not in PERSONNES:
        return False
    if reference.categorie == "frequentation_quotidienne":
        return fait.nature == Nature.FREQUENTATION
    if reference.categorie == "total":
        return fait.role != Role.PARTIE and fait.categorie != "encadrants"
    return fait.categorie == reference.categorie


def _chevauche(texte: str, citation: str, fait: Fait) -> bool:
    place = texte.find(citation)
    while place >= 0:
        if fait.debut < place + len(citation) and place < fait.fin:
            return True
        place = texte.find(citation, place + 1)
    return False


# -- Facts that the reference leaves out -----------------------------------------------------------
def cle(recit: Recit, fait: Fait) -> tuple[str, int, str, int, str, str]:
    """Return what names a fact in the reviewed list."""
    return (recit.document, recit.ordre, recit.champ, fait.debut, fait.nature.value, dit(fait))


def dit(fait: Fait) -> str:
    """Return what a fact says, in one line: two facts that differ in anything that matters differ here."""
    if fait.nature == Nature.DATES:
        return f"{fait.date_debut} → {fait.date_fin}"
    valeur = str(fait.valeur) if fait.valeur is not None else f"{fait.valeur_min}–{fait.valeur_max}"
    mots = [valeur, fait.categorie, fait.unite, fait.periodicite]
    mots += [mot for mot, vrai in (("~", fait.approximatif), ("moyenne", fait.moyenne)) if vrai]
    mots += [mot for mot, vrai in (("prévu", fait.prevu), ("antérieur", fait.anterieur)) if vrai]
    return " · ".join(mot for mot in mots if mot)


def relus() -> set[tuple[str, int, str, int, str, str]]:
    """Return the facts reviewed and found right."""
    if not RELUS.exists():
        return set()
    lignes = json.loads(RELUS.read_text(encoding="utf-8"))["justes"]
    return {
        (ligne["document"], ligne["ordre"], ligne["champ"], ligne["debut"], ligne["nature"], ligne["dit"])
        for ligne in lignes
    }


# -- Figures ---------------------------------------------------------------------------------------
def jugeable(recit: Recit, fait: Fait) -> bool:
    """Return whether the reference covers facts of this kind."""
    return recit.document == "dole" or (fait.nature in PERSONNES and fait.categorie in SEXES)


def part(justes: int, tout: int) -> str:
    """Return « 0,987 (78/79) »."""
    return f"{justes / tout:.3f} ({justes}/{tout})".replace(".", ",") if tout else "—"


def imprimer(titre: str, lus: list[Recit]) -> None:
    """Print the figures of some texts."""
    stricts = [
        juste
        for recit in lus
        for fait, juste in zip(recit.faits, recit.justes, strict=True)
        if jugeable(recit, fait)
    ]
    tous = [relu for recit in lus for relu in recit.relus]
    references = [reference for recit in lus for reference in recit.references]
    chiffrees = [reference for reference in references if reference.chiffree]
    print(
        f"{titre:<28}{part(sum(stricts), len(stricts)):>18}{part(sum(tous), len(tous)):>18}"
        f"{part(sum(r.trouve for r in chiffrees), len(chiffrees)):>18}"
        f"{part(sum(r.trouve for r in references), len(references)):>18}"
    )


def par_nature(lus: list[Recit]) -> None:
    """Print the reviewed precision and the recall of each kind of fact."""
    tous: Counter[str] = Counter()
    justes: Counter[str] = Counter()
    for recit in lus:
        for fait, relu in zip(recit.faits, recit.relus, strict=True):
            tous[fait.nature] += 1
            justes[fait.nature] += relu
    print(f"\n{'nature':<28}{'précision relue':>18}")
    for nature in Nature:
        print(f"{nature.value:<28}{part(justes[nature], tous[nature]):>18}")
    print(f"\n{'référence':<28}{'rappel':>18}")
    references = [r for recit in lus for r in recit.references if r.chiffree]
    for sorte in dict.fromkeys(r.sorte for r in references):
        de_la_sorte = [r for r in references if r.sorte == sorte]
        print(f"{sorte:<28}{part(sum(r.trouve for r in de_la_sorte), len(de_la_sorte)):>18}")


def main() -> None:
    analyseur = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    analyseur.add_argument(
        "--erreurs", action="store_true", help="montre les faits qui ne sont ni attendus ni relus"
    )
    analyseur.add_argument(
        "--manques", action="store_true", help="montre les faits attendus qui ne sont pas lus"
    )
    analyseur.add_argument(
        "--a-relire", action="store_true", help="écrit en JSON les faits absents de la référence"
    )
    options = analyseur.parse_args()
    debut = perf_counter()
    lus = list(recits())
    duree = perf_counter() - debut
    connus = relus()
    for recit in lus:
        recit.relus = [
            juste or cle(recit, fait) in connus for fait, juste in zip(recit.faits, recit.justes, strict=True)
        ]
    if options.a_relire:
        print(json.dumps({"justes": list(a_relire(lus))}, ensure_ascii=False, indent=1))
        return
    print(
        f"{'':<28}{'précision stricte':>18}{'précision relue':>18}{'rappel (chiffré)':>18}{'rappel (tout)':>18}"
    )
    for document in ("dole", "bagnols"):
        imprimer(document, [recit for recit in lus if recit.document == document])
    imprimer("actions paires", [recit for recit in lus if recit.ordre % 2 == 0])
    imprimer("actions impaires", [recit for recit in lus if recit.ordre % 2])
    imprimer("ensemble", lus)
    par_nature(lus)
    longueur = sum(len(recit.texte) for recit in lus)
    print(f"\n{longueur} caractères lus en {duree * 1000:.0f} ms.")
    for recit in lus:
        if options.erreurs:
            for fait, relu in zip(recit.faits, recit.relus, strict=True):
                if not relu:
                    print(
                        f"erreur : {recit.document} {recit.ordre} {recit.champ} : {dit(fait)} « {fait.citation} »"
                    )
        if options.manques:
            for reference in recit.references:
                if reference.chiffree and not reference.trouve:
                    print(f"manque : {recit.document} {recit.ordre} : {reference}")


def a_relire(lus: list[Recit]) -> Iterator[dict]:
    """Give the facts that the reference leaves out, ready to be read one by one."""
    for recit in lus:
        for fait, juste in zip(recit.faits, recit.justes, strict=True):
            if not juste:
                document, ordre, champ, place, nature, mots = cle(recit, fait)
                yield {
                    "document": document, "ordre": ordre, "champ": champ, "debut": place, "nature": nature,
                    "dit": mots, "citation": fait.citation,
                }  # fmt: skip


if __name__ == "__main__":
    main()
