"""Join PDFs that were laid out apart into one that is still tagged, and that reads as if it had been made at once.

A library that merges pages drops their tags: the result is no PDF/UA any more. Here the trees of tags, the bookmarks,
the named destinations and the links from one part to another are joined too; attachments, metadata, language and
colours are those of the first part. The parts are PDF/A-3a made by `html_en_pdf`, and so is what comes back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO

from pikepdf import Array, Dictionary, Name, Object, ObjectStreamMode, OutlineItem, Pdf, String

# in a part, a link to this scheme leads to a named destination of any part: « partie:annexe-2 »
PROTOCOLE = "partie:"

# (text of each folio) -> a PDF with one folio a page
Folios = Callable[[Sequence[str]], bytes]


@dataclass(frozen=True)
class Partie:
    """A piece of the document. `suite`: it begins in the middle of the last chapter of the piece before."""

    contenu: bytes
    suite: bool = False


def fusionner(
    parties: Sequence[Partie], *, prefixes: Mapping[str, str] | None = None, folios: Folios | None = None
) -> bytes:
    """Return the parts as one PDF, the same bytes for the same parts.

    `prefixes` names the destinations where a numbering of its own starts, and what stands before its numbers
    (« annexe-1 » → « A1-1 », « A1-2 »…); the pages before are 1, 2… These are the labels that a reader of PDF shows.
    The pages with which a `suite` begins bear no number, for who laid them out could not know it: `folios` draws
    them, on pages of the same size whose content is laid over ours.
    """
    with Pdf.open(BytesIO(parties[0].contenu)) as pdf:
        debuts = [0]
        arbre = _Arbre(pdf)
        destinations = dict(_destinations(pdf))
        signets = [*_signets(pdf, pdf, 0)]
        for rang, partie in enumerate(parties[1:], start=1):
            with Pdf.open(BytesIO(partie.contenu)) as autre:
                debuts.append(len(pdf.pages))
                arbre.joindre(autre, rang)
                _joindre_signets(signets, _signets(autre, pdf, debuts[-1]), suite=partie.suite)
                destinations |= {
                    nom: _deplacer(cible, autre, pdf, debuts[-1]) for nom, cible in _destinations(autre)
                }
        arbre.ecrire()
        _ecrire_signets(pdf, signets)
        _ecrire_destinations(pdf, destinations)
        _relier(pdf)
        etiquettes = _etiqueter(pdf, destinations, prefixes or {})
        if folios:
            suites = [debut for debut, partie in zip(debuts, parties, strict=True) if partie.suite]
            _numeroter(pdf, list(_pages_sans_numero(suites, etiquettes, len(pdf.pages))), folios)
        sortie = BytesIO()
        pdf.save(sortie, object_stream_mode=ObjectStreamMode.generate, deterministic_id=True)
        return sortie.getvalue()


# -- Tags ------------------------------------------------------------------------------------------
class _Arbre:
    """The tree of tags of the document, that the trees of the other parts enter."""

    def __init__(self, pdf: Pdf) -> None:
        self.pdf = pdf
        self.racine = pdf.Root.StructTreeRoot
        self.parents = [(int(cle), objet) for cle, objet in _feuilles(self.racine.ParentTree, Name.Nums)]
        self.document = _liste(self.racine.K)[0]
        if not isinstance(self.document.K, Array):
            self.document.K = Array([self.document.K])

    def joindre(self, autre: Pdf, rang: int) -> None:
        """Add the pages of another part, and its tags after ours."""
        racine = autre.Root.StructTreeRoot
        decalage = max((cle for cle, _ in self.parents), default=-1) + 1
        for page in autre.pages:
            _decaler(page.obj, Name.StructParents, decalage)
            for annotation in page.obj.get(Name.Annots, []):
                _decaler(annotation, Name.StructParent, decalage)
        prefixe = b"p%d-" % rang
        for element in _elements(racine):
            _renommer(element, prefixe)
        self.pdf.pages.extend(autre.pages)
        copie = self.pdf.copy_foreign(racine if racine.is_indirect else autre.make_indirect(racine))
        for cle, valeur in _feuilles(copie.ParentTree, Name.Nums):
            self.parents.append((int(cle) + decalage, valeur))
        for document in _liste(copie.K):
            for element in _liste(document.K):
                element.P = self.document
                self.document.K.append(element)
        for nom, role in copie.get(Name.RoleMap, Dictionary()).items():
            _sous(self.racine, Name.RoleMap)[nom] = role

    def ecrire(self) -> None:
        """Write the index of the tree: which elements the contents of each page belong to."""
        plats = [morceau for paire in self.parents for morceau in paire]
        self.racine.ParentTree = self.pdf.make_indirect(Dictionary(Nums=Array(plats)))
        self.racine.ParentTreeNextKey = max((cle for cle, _ in self.parents), default=-1) + 1


def _feuilles(noeud: Object, cle: Name) -> Iterator[tuple[Object, Object]]:
    """Give the (key, value) pairs of a number tree or of a name tree."""
    if cle in noeud:
        plats = list(noeud[cle])
        yield from zip(plats[::2], plats[1::2], strict=True)
    for enfant in noeud.get(Name.Kids, []):
        yield from _feuilles(enfant, cle)


def _liste(objet: Object) -> list[Object]:
    return list(objet) if isinstance(objet, Array) else [objet]


def _elements(racine: Object) -> Iterator[Object]:
    """Give every element of a tree of tags."""
    reste = [*_liste(racine.K)]
    while reste:
        objet = reste.pop()
        if isinstance(objet, Dictionary) and objet.get(Name.Type) not in (Name.MCR, Name.OBJR):
            yield objet
            if Name.K in objet:
                reste.extend(_liste(objet.K))


def _sous(objet: Object, cle: Name) -> Object:
    """Return the dictionary under a key, made when there is none."""
    if cle not in objet:
        objet[cle] = Dictionary()
    return objet[cle]


def _decaler(objet: Object, cle: Name, decalage: int) -> None:
    if cle in objet:
        objet[cle] = int(objet[cle]) + decalage


def _renommer(element: Object, prefixe: bytes) -> None:
    """Make the name of an element its own in the whole document, and the names that its cell refers to."""
    if Name.ID in element:
        element.ID = String(prefixe + bytes(element.ID))
    for attributs in _liste(element.get(Name.A, Array())):
        if isinstance(attributs, Dictionary) and Name.Headers in attributs:
            attributs.Headers = Array([String(prefixe + bytes(nom)) for nom in attributs.Headers])


# -- Bookmarks, destinations, links ----------------------------------------------------------------
def _signets(origine: Pdf, pdf: Pdf, debut: int) -> Iterator[OutlineItem]:
    """Give the bookmarks of a part, aimed at the pages of the document."""
    with origine.open_outline() as plan:
        yield from [_signet(signet, origine, pdf, debut) for signet in plan.root]


def _signet(signet: OutlineItem, origine: Pdf, pdf: Pdf, debut: int) -> OutlineItem:
    cible = signet.destination
    copie = OutlineItem(
        signet.title, _deplacer(cible, origine, pdf, debut) if isinstance(cible, Array) else cible
    )
    copie.is_closed = True
    copie.children.extend(_signet(enfant, origine, pdf, debut) for enfant in signet.children)
    return copie


def _joindre_signets(signets: list[OutlineItem], autres: Iterator[OutlineItem], *, suite: bool) -> None:
    """A part that goes on has no heading of its own: what comes before its first chapter belongs to the last one."""
    nouveaux = list(autres)
    if suite and signets and nouveaux and nouveaux[0].title == signets[-1].title:
        signets[-1].children.extend(nouveaux.pop(0).children)
    signets.extend(nouveaux)


def _ecrire_signets(pdf: Pdf, signets: list[OutlineItem]) -> None:
    with pdf.open_outline() as plan:
        plan.root[:] = signets


def _destinations(pdf: Pdf) -> Iterator[tuple[str, Array]]:
    noms = pdf.Root.get(Name.Names, Dictionary())
    if Name.Dests in noms:
        for nom, cible in _feuilles(noms.Dests, Name.Names):
            if isinstance(cible, Array):
                yield str(nom), cible


def _deplacer(cible: Array, origine: Pdf, pdf: Pdf, debut: int) -> Array:
    """Return the same place of the same page, the page being that of the document."""
    index = next(i for i, page in enumerate(origine.pages) if page.obj.objgen == cible[0].objgen)
    return Array([pdf.pages[debut + index].obj, *(_nombre(element) for element in list(cible)[1:])])


def _nombre(objet: Object) -> Object:
    return Name(str(objet)) if isinstance(objet, Name) else objet


def _ecrire_destinations(pdf: Pdf, destinations: Mapping[str, Array]) -> None:
    if not destinations:
        return
    noms = _sous(pdf.Root, Name.Names)
    tries = sorted(destinations.items(), key=lambda paire: bytes(String(paire[0])))
    noms.Dests = pdf.make_indirect(
        Dictionary(Names=Array([m for nom, cible in tries for m in (String(nom), cible)]))
    )


def _relier(pdf: Pdf) -> None:
    """Turn the addresses « partie:nom » into links inside the document."""
    for page in pdf.pages:
        for annotation in page.obj.get(Name.Annots, []):
            adresse = str(annotation.get(Name.A, Dictionary()).get(Name.URI, ""))
            if adresse.startswith(PROTOCOLE):
                nom = adresse.removeprefix(PROTOCOLE)
                annotation.A = Dictionary(Type=Name.Action, S=Name.GoTo, D=String(nom))


# -- Numbers of the pages --------------------------------------------------------------------------
@dataclass(frozen=True)
class _Etiquette:
    page: int
    prefixe: str

    def numero(self, page: int) -> str:
        return f"{self.prefixe}{page - self.page + 1}"


def _etiqueter(pdf: Pdf, destinations: Mapping[str, Array], prefixes: Mapping[str, str]) -> list[_Etiquette]:
    """Write the labels of the pages, and return where each numbering starts, in order."""
    rangs = {page.obj.objgen: rang for rang, page in enumerate(pdf.pages)}
    annexes = (_Etiquette(rangs[destinations[nom][0].objgen], prefixe) for nom, prefixe in prefixes.items())
    etiquettes = sorted((_Etiquette(0, ""), *annexes), key=lambda etiquette: etiquette.page)
    nombres = [
        morceau
        for etiquette in etiquettes
        for morceau in (etiquette.page, Dictionary(S=Name.D, P=String(etiquette.prefixe)))
    ]
    pdf.Root.PageLabels = pdf.make_indirect(Dictionary(Nums=Array(nombres)))
    return etiquettes


def _pages_sans_numero(
    suites: Sequence[int], etiquettes: Sequence[_Etiquette], total: int
) -> Iterator[tuple[int, str]]:
    """Give each page that has no number, from the start of a part that goes on to the next chapter or part."""
    for rang, debut in enumerate(suites):
        ouverte = [etiquette for etiquette in etiquettes if etiquette.page < debut][-1]
        suivantes = [etiquette.page for etiquette in etiquettes if etiquette.page >= debut]
        fin = min([*suivantes, *suites[rang + 1 : rang + 2], total])
        yield from ((page, ouverte.numero(page)) for page in range(debut, fin))


def _numeroter(pdf: Pdf, numeros: Sequence[tuple[int, str]], folios: Folios) -> None:
    """Lay a folio over each of these pages, out of the tree of tags: like every foot, it is no content."""
    if not numeros:
        return
    with Pdf.open(BytesIO(folios([texte for _, texte in numeros]))) as dessines:
        for (rang, _), folio in zip(numeros, dessines.pages, strict=True):
            page = pdf.pages[rang]
            forme = pdf.copy_foreign(folio.as_form_xobject())
            # pages share their resources: each folio has a name of its own
            nom = page.add_resource(forme, Name.XObject, Name(f"/Folio{rang}"))
            page.contents_add(b"/Artifact BMC q %s Do Q EMC" % bytes(nom), prepend=False)
