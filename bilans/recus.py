"""A receipt as it is read: on its page, as a text to copy, as a PDF. All from what was frozen, nothing else."""

import json
import unicodedata
from collections.abc import Iterator
from functools import cached_property
from hashlib import sha256
from typing import Any, NamedTuple

from django.utils.text import capfirst

from comptes.models import Utilisateur
from comptes.templatetags.typographie import insecables
from documents.document_texte import DocumentTexte, Rubrique, document_en_pdf
from documents.formats import taille_lisible
from documents.polices import dessinable
from documents.texte import nettoyer

from .models import Bilan, Recu

TITRE = "Reçu de transmission"
SIGNES_ABSENTS = (
    "Quelques signes du texte (émojis, écritures rares) ne peuvent pas être imprimés ici. Le texte exact, signe pour "
    "signe, est gardé sur la page du reçu."
)


class RubriqueLue(NamedTuple):
    """A part of the bilan: the questions that were answered, then the names of those that were not."""

    titre: str
    reponses: list[tuple[str, str]]
    sans_reponse: list[str]

    @property
    def phrase_sans_reponse(self) -> str:
        """Return « Sans réponse : « Points forts », « Difficultés ». »; blank when everything was answered."""
        if not self.sans_reponse:
            return ""
        return insecables(f"Sans réponse : {', '.join(f'« {libelle} »' for libelle in self.sans_reponse)}.")


class RecuLu:
    """What the pages of a receipt show. A receipt made before some of its words were kept shows the others."""

    def __init__(self, recu: Recu) -> None:
        self.recu = recu
        self._contenu: dict[str, Any] = recu.contenu

    @property
    def numero(self) -> str:
        return f"n°\u00a0{self.recu.cle}"

    @cached_property
    def intact(self) -> bool:
        """Whether the content is still the one that the print was taken of."""
        return empreinte_du_contenu(self._contenu) == self.recu.empreinte

    @property
    def sujet(self) -> str:
        """Return « bilan 2025 de l'action « Jardin partagé » »."""
        return insecables(f"bilan {self._mot('annee')} de l'action « {self._mot('action')} »")

    @property
    def phrase(self) -> str:
        """Return what the receipt attests."""
        par = f"{self._mot('transmis_par')}, le {self._mot('transmis_le_lisible')}"
        if self._contenu.get("pour_le_porteur"):
            par += f", pour le compte de {self._mot('porteur')}"
        return (
            f"Le {self.sujet} a été transmis par {par}. "
            "Ce reçu reprend mot pour mot tout ce qui a été envoyé ce jour-là."
        )

    @property
    def fiche(self) -> list[tuple[str, str]]:
        """Who, what and when."""
        version = self._mot("version")
        lignes = [
            ("Action", self._mot("action")),
            ("Structure", self._mot("porteur")),
            ("Contrat de ville", self._mot("contrat")),
            ("Année", self._mot("annee")),
            ("Transmis le", self._mot("transmis_le_lisible")),
            ("Transmis par", self._mot("transmis_par")),
            ("Version du bilan", version),
        ]
        return [ligne for ligne in lignes if ligne[1]]

    @cached_property
    def rubriques(self) -> list[RubriqueLue]:
        """The parts of the bilan, in the order of its form."""
        return [
            RubriqueLue(
                section["titre"],
                [(libelle, texte) for libelle, texte in section["reponses"] if texte],
                [libelle for libelle, texte in section["reponses"] if not texte],
            )
            for section in self._contenu.get("sections", ())
        ]

    @property
    def pieces(self) -> list[tuple[str, str]]:
        """The files that went with the bilan: their name; what they are, how heavy."""
        return [
            (piece["nom"], f"{piece['nature']}, {taille_lisible(piece['taille'])}")
            for piece in self._contenu.get("pieces", ())
        ]

    @property
    def empreintes_des_pieces(self) -> list[tuple[str, str]]:
        """The print of each file: what tells that a copy is the file that was sent."""
        return [(piece["nom"], piece["empreinte"]) for piece in self._contenu.get("pieces", ())]

    # -- As a text ---------------------------------------------------------------------------------
    @cached_property
    def texte(self) -> str:
        """The whole receipt as a text to copy in an e-mail."""
        return "\n".join(self._lignes()).strip() + "\n"

    def _lignes(self) -> Iterator[str]:
        yield f"{TITRE} {self.numero}"
        yield self._mot("collectivite")
        yield from ("", self.phrase, "")
        yield from (insecables(f"{libelle} : {valeur}") for libelle, valeur in self.fiche)
        for rubrique in self.rubriques:
            yield from ("", "", rubrique.titre.upper())
            for libelle, texte in rubrique.reponses:
                courte = "\n" not in texte and len(texte) <= 90
                yield from ([insecables(f"{libelle} : {texte}")] if courte else ["", libelle, texte])
            if rubrique.sans_reponse:
                yield from ("", rubrique.phrase_sans_reponse)
        if self.pieces:
            yield from ("", "", "PIÈCES JOINTES")
            yield from (f"{nom} ({detail})" for nom, detail in self.pieces)
        yield from ("", "", insecables(f"Empreinte SHA-256 du reçu : {self.recu.empreinte}"))

    # -- As a document -----------------------------------------------------------------------------
    @property
    def document(self) -> DocumentTexte:
        """The receipt as a document to print."""
        rubriques = [
            Rubrique(titre=lue.titre, reponses=lue.reponses, note=lue.phrase_sans_reponse)
            for lue in self.rubriques
        ]
        if self.pieces:
            rubriques.append(Rubrique(titre="Pièces jointes", reponses=self.pieces))
        return DocumentTexte(
            titre=TITRE,
            entete=" · ".join(mot for mot in (self._mot("collectivite"), self._mot("contrat")) if mot),
            numero=self.numero,
            chapeau=self.phrase,
            fiche=self.fiche,
            rubriques=rubriques,
            notes=self._notes,
            pied=f"Reçu {self.numero} · {capfirst(self.sujet)}",
            auteur=self._mot("collectivite"),
            cree_le=self.recu.transmis_le,
        )

    @property
    def _notes(self) -> list[str]:
        notes = [
            insecables(f"Empreinte SHA-256 du reçu : {self.recu.empreinte}"),
            *(
                insecables(f"Empreinte SHA-256 de « {nom} » : {print}")
                for nom, print in self.empreintes_des_pieces
            ),
            "Une empreinte est un nombre calculé sur le contenu : si un seul signe changeait, elle serait différente.",
        ]
        return [SIGNES_ABSENTS, *notes] if _a_des_signes_sans_dessin(self.texte) else notes

    def _mot(self, nom: str) -> str:
        return str(self._contenu.get(nom, ""))


def empreinte_du_contenu(contenu: dict[str, Any]) -> str:
    """Return the SHA-256 of the content, written in one way whatever the database did with the order of its keys."""
    ecrit = json.dumps(contenu, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return sha256(ecrit.encode()).hexdigest()


def pdf_du_recu(recu: Recu) -> bytes:
    """Return the receipt as PDF/A-3a and PDF/UA-1, always the same for the same receipt. Raises ErreurRendu."""
    return document_en_pdf(RecuLu(recu).document)


def recus_du_bilan(bilan: Bilan, utilisateur: Utilisateur) -> list[Recu]:
    """Return the receipts of a bilan that the account may see, the latest first, for `bilans/recus_liste.html`."""
    recus = Recu.objects.visibles_par(utilisateur).filter(bilan=bilan).defer("contenu")
    return list(recus.select_related("transmis_par").order_by("-transmis_le", "-pk"))


def _a_des_signes_sans_dessin(texte: str) -> bool:
    """Whether paper shows less than was typed: an emoji left out, a letter replaced."""
    visible = "".join(c for c in nettoyer(texte) if unicodedata.category(c) not in ("Cf", "Mn", "Cc", "Zs"))
    compose = unicodedata.normalize("NFKC", visible)
    return unicodedata.normalize("NFKC", dessinable(visible)) != compose
