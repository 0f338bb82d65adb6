"""Frozen versions: what was sent for opinion and what was published, byte for byte, whatever changes afterwards."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from hashlib import sha256
from typing import Any

from django.core.files import File
from django.core.files.storage import Storage
from django.utils import timezone

from actions.models import Campagne
from comptes.models import Utilisateur
from comptes.templatetags.typographie import date_longue
from documents import INSECABLE
from documents.rapport import BlocChiffres, BlocImages, BlocTexte, Chiffre, Rapport
from documents.rapport_json import depuis_json, empreinte, en_json, octets

from ..models import PhotoRapport, RapportAnnuel, VersionRapport
from ..models.rapport import chemin_de_l_image
from ..operations.etats import OperationRefusee
from .composition import composer
from .identite import garder_le_logo
from .lecture import lire_composition
from .mots import echapper

Nature = VersionRapport.Nature
LECTURES_MAX = 3


class VersionAlteree(Exception):
    """What is stored is no longer that of its fingerprint, or a photograph is gone: it cannot be trusted."""


# -- Freezing --------------------------------------------------------------------------------------
def figer(auteur: Utilisateur, rapport: RapportAnnuel, nature: str, motif: str = "") -> VersionRapport:
    """Keep the report as it is now under the next number and return that version.

    To be called within the transaction of what is frozen for, the report locked. A version after the first says why.
    Raises OperationRefusee when the file of a photograph is gone, or when the figures do not stop changing.
    """
    maintenant = timezone.now()
    numero = 1 + (rapport.versions.order_by("-numero").values_list("numero", flat=True).first() or 0)
    etat = etat_de(nature, numero, date_longue(maintenant))
    compose = _rapport_d_un_instant(rapport, etat, maintenant)
    garder_le_logo(rapport, compose)
    contenu = en_json(compose)
    return VersionRapport.objects.create(
        rapport=rapport,
        numero=numero,
        nature=nature,
        motif=motif.strip(),
        contenu=octets(contenu).decode(),
        empreinte=empreinte(contenu),
        figee_le=maintenant,
        figee_par=auteur,
    )


def _rapport_d_un_instant(rapport: RapportAnnuel, etat: str, cree_le: datetime) -> Rapport:
    """Return the report that two readings in a row agree on.

    PostgreSQL gives each query its own instant: a bilan validated between two of them would make figures disagree.
    """
    for _ in range(LECTURES_MAX):
        compose = rapport_du_jour(rapport, etat=etat, cree_le=cree_le)
        relu = rapport_du_jour(rapport, etat=etat, cree_le=cree_le, images=False)
        if en_json(compose) == en_json(relu):
            return compose
    raise OperationRefusee(
        "Les chiffres changent en ce moment même : quelqu'un valide ou importe. Recommencez dans une minute."
    )


def etat_de(nature: str, numero: int, jour: str) -> str:
    """Return what the cover says of a version: « Projet soumis à avis, 3 juin 2025 », « Version 2, … »."""
    if nature == Nature.PROJET:
        return f"Projet soumis à avis (version {numero}), {jour}"
    return f"Version {numero}, {jour}"


def rapport_du_jour(
    rapport: RapportAnnuel, *, etat: str = "", cree_le: datetime | None = None, images: bool = True
) -> Rapport:
    """Return the report with today's figures; without `images` the photographs have no bytes.

    Raises Campagne.DoesNotExist for a year that the contract has lost, OperationRefusee when the file of a photograph
    is gone.
    """
    campagne = Campagne.objects.select_related("contrat__epci").get(
        contrat=rapport.contrat_id, annee=rapport.annee
    )
    composition = lire_composition(rapport, etat=etat, octets=images)
    return composer(campagne.contrat, campagne, composition, cree_le=cree_le)


def dit_la_meme_chose(version: VersionRapport, rapport: RapportAnnuel) -> bool:
    """Return whether the report of today would be frozen as it was in that version, but for its number and its hour."""
    fige, du_jour = json.loads(version.contenu), en_json(rapport_du_jour(rapport, images=False))
    a_part = {"etat": "", "cree_le": None}
    return octets({**fige, **a_part}) == octets({**du_jour, **a_part})


# -- Reading again ---------------------------------------------------------------------------------
def lire_version(version: VersionRapport, *, images: bool = True) -> Rapport:
    """Return the report as it was frozen. Raises VersionAlteree when its content, or a photograph, was tampered with.

    Without `images` the photographs and the logo have no bytes: a page shows each at its own address (`ouvrir_image`).
    """
    if not version.est_intacte:
        raise VersionAlteree(f"Le contenu de « {version} » ne correspond plus à son empreinte.")

    def image(empreinte_image: str) -> bytes:
        if not images:
            return b""
        try:
            with ouvrir_image(version.rapport, empreinte_image) as fichier:
                contenu: bytes = fichier.read()
        except FileNotFoundError as erreur:
            raise VersionAlteree(f"Une photographie de « {version} » n'est plus sur le serveur.") from erreur
        return contenu

    return depuis_json(json.loads(version.contenu), image)


def ouvrir_image(rapport: RapportAnnuel, empreinte_image: str) -> File[bytes]:
    """Return the open file of a photograph of the report, by the SHA-256 of its bytes.

    Raises FileNotFoundError; VersionAlteree when its bytes are no longer those.
    """
    stockage: Storage = PhotoRapport._meta.get_field("fichier").storage
    fichier: File[bytes] = stockage.open(chemin_de_l_image(rapport, empreinte_image))
    if sha256(fichier.read()).hexdigest() != empreinte_image:
        fichier.close()
        raise VersionAlteree(f"Une photographie de « {rapport} » ne correspond plus à son empreinte.")
    fichier.seek(0)
    return fichier


# -- Comparing -------------------------------------------------------------------------------------
@dataclass(frozen=True)
class ChiffreChange:
    """A key figure that is not the same in two reports; None where one of them does not know or say it."""

    chiffre: Chiffre
    avant: Any
    apres: Any


@dataclass(frozen=True)
class TexteChange:
    """A text that is not the same: the title of its section, what it was and what it is; empty where it is absent."""

    section: str
    avant: str
    apres: str


@dataclass(frozen=True)
class Differences:
    """What is not the same in two reports: key figures; texts, titles, photographs; titles of tables that changed."""

    chiffres: tuple[ChiffreChange, ...]
    textes: tuple[TexteChange, ...]
    tableaux: tuple[str, ...]

    @property
    def aucune(self) -> bool:
        """Whether the two say the same."""
        return not (self.chiffres or self.textes or self.tableaux)


def comparer(avant: Rapport, apres: Rapport) -> Differences:
    """Return what changed from one report to the other, in the order of the second."""
    return Differences(
        tuple(_chiffres_changes(_chiffres(avant), _chiffres(apres))),
        (*_titres_changes(avant, apres), *_textes_changes(_textes(avant), _textes(apres))),
        tuple(_tableaux_changes(_tableaux(avant), _tableaux(apres))),
    )


def _chiffres(rapport: Rapport) -> dict[str, Chiffre]:
    return {
        chiffre.cle: chiffre
        for section in rapport.sections
        for bloc in section.blocs
        if isinstance(bloc, BlocChiffres)
        for chiffre in bloc.chiffres
    }


def _chiffres_changes(avant: Mapping[str, Chiffre], apres: Mapping[str, Chiffre]) -> list[ChiffreChange]:
    changes = []
    for cle in dict.fromkeys([*apres, *avant]):
        ancien, nouveau = avant.get(cle), apres.get(cle)
        present = nouveau or ancien
        valeurs = (ancien.valeur if ancien else None, nouveau.valeur if nouveau else None)
        if present is not None and valeurs[0] != valeurs[1]:
            changes.append(ChiffreChange(present, *valeurs))
    return changes


def _titres_changes(avant: Rapport, apres: Rapport) -> Iterator[TexteChange]:
    """Yield the sections that are in both under another title."""
    anciens = {section.code: section.titre for section in avant.sections}
    for section in apres.sections:
        ancien = anciens.get(section.code, section.titre)
        if ancien != section.titre:
            yield TexteChange(section.titre, echapper(ancien), echapper(section.titre))


def _textes(rapport: Rapport) -> dict[tuple[str, str], tuple[str, str]]:
    """Return the title of the section and the prose by section and block, then what each photograph shows."""
    textes: dict[tuple[str, str], tuple[str, str]] = {}
    for section in rapport.sections:
        for bloc in section.blocs:
            if isinstance(bloc, BlocTexte):
                textes[section.code, bloc.code] = (section.titre, bloc.texte)
            elif isinstance(bloc, BlocImages):
                for image in bloc.images:
                    credit = f" ({image.credit})" if image.credit else ""
                    legende = echapper(f"Photographie{INSECABLE}: {image.description}{credit}")
                    textes[section.code, image.empreinte] = (section.titre, legende)
    return textes


def _textes_changes(
    avant: Mapping[tuple[str, str], tuple[str, str]], apres: Mapping[tuple[str, str], tuple[str, str]]
) -> list[TexteChange]:
    changes = []
    for cle in dict.fromkeys([*apres, *avant]):
        ancien, nouveau = avant.get(cle), apres.get(cle)
        if (ancien and ancien[1]) != (nouveau and nouveau[1]):
            titre = (nouveau or ancien or ("", ""))[0]
            changes.append(TexteChange(titre, ancien[1] if ancien else "", nouveau[1] if nouveau else ""))
    return changes


def _tableaux(rapport: Rapport) -> dict[str, tuple[str, bytes]]:
    """Return the title and what is read of each table and chart, those of the annexes included, by place."""
    contenu = en_json(rapport)
    places = {f"annexe/{annexe['code']}": annexe for annexe in contenu["annexes"]}
    for section in contenu["sections"]:
        # Named by its code, not by its rank: a text written above a table does not change it.
        deja: Counter[str] = Counter()
        for bloc in section["blocs"]:
            deja[bloc["code"]] += 1
            places[f"{section['code']}/{bloc['code']}/{deja[bloc['code']]}"] = bloc
    return {
        place: (_titre(bloc), _ce_qui_se_lit(bloc))
        for place, bloc in places.items()
        if bloc.get("tableau") or bloc.get("graphique")
    }


def _ce_qui_se_lit(bloc: Mapping[str, Any]) -> bytes:
    """Return the figures and the words of a block, without the day that they were read nor the pages they lead to."""
    tableau, graphique = bloc.get("tableau"), bloc.get("graphique")
    return octets(
        {
            "tableau": {**tableau, "date_edition": None} if tableau else None,
            "graphique": {**graphique, "source": ""} if graphique else None,
        }
    )


def _titre(bloc: Mapping[str, Any]) -> str:
    return str((bloc.get("tableau") or bloc["graphique"])["titre"])


def _tableaux_changes(
    avant: Mapping[str, tuple[str, bytes]], apres: Mapping[str, tuple[str, bytes]]
) -> list[str]:
    places = dict.fromkeys([*apres, *avant])
    return [(apres.get(place) or avant[place])[0] for place in places if avant.get(place) != apres.get(place)]


# -- Summing up ------------------------------------------------------------------------------------
def ecart_du_chiffre(change: ChiffreChange) -> int | Decimal | None:
    """Return how much a key figure grew, None when one of the two is not known or is no number."""
    if isinstance(change.avant, int | Decimal) and isinstance(change.apres, int | Decimal):
        return change.apres - change.avant
    return None
