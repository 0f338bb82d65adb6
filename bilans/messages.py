"""The words of the e-mails: what Pilotis proposes, what a campaign writes instead, and how both are rendered.

A text is paragraphs separated by a blank line; lines that begin with « - » make a list. What stands between
braces is replaced: `VARIABLES` says by what. A paragraph that is only « {bilans} » becomes a list, only
« {lien} » a button, only « {motif} » a quotation; a paragraph whose variables are all empty is left out.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from actions.models import Campagne, ModeleMessage
from comptes.templatetags.typographie import date_heure, date_longue, insecables, pluriel
from documents import INSECABLE
from documents.formats import MOIS
from porteurs.models import Echeance, Invitation

from .destinataires import Contact, Du, valable_jusqu_au
from .models import Bilan, BilanStructure, Commentaire, Courriel, Recu
from .saisie import Saisie
from .saisie.noms import TOUT, noms_des_champs, place

Type = Courriel.Type
LONGUEUR_OBJET = 255
VARIABLE = re.compile(r"\{([a-z_]+)\}")
SEPARATION = re.compile(r"\n[ \t]*\n")
ESPACES = re.compile(r"[ \t\r\n]+")
# A due date that is past, or that nobody stored, gives no day to name.
SANS_DATE = "dès que possible"


@dataclass(frozen=True)
class Modele:
    """The subject and the text of a kind of e-mail, before anything is replaced; the words on its button."""

    objet: str
    corps: str
    bouton: str = "Ouvrir Pilotis"


def _texte(*paragraphes: str) -> str:
    return "\n\n".join(paragraphes)


# What a text may name, and what each stands for.
VARIABLES: dict[str, str] = {
    "structure": "le nom de la structure du destinataire",
    "nom": "le nom du destinataire, s'il est connu",
    "contrat": "le nom court du contrat de ville",
    "annee": "l'année des bilans",
    "attendus": "ce qui est attendu et pour quand : « 3 bilans attendus pour le 30 juin »",
    "bilans": "la liste des bilans attendus",
    "echeance": "« au plus tard le 30 juin 2025 », ou « dès que possible » quand la date est passée",
    "action": "l'intitulé de l'action",
    "motif": "ce que vous avez demandé de compléter",
    "champs": "les réponses que vous avez commentées",
    "transmis": "quand et par qui le bilan a été transmis",
    "consignes": "les consignes de la campagne",
    "validite": "le jour jusqu'auquel le lien est valable",
    "lien": "le bouton qui mène aux bilans, ou au bilan",
    "contact": "le nom de la personne à joindre",
    "invitant": "le nom de la personne qui invite",
}

MODELES: dict[str, Modele] = {
    Type.INVITATION: Modele(
        "Contrat de ville : {attendus}",
        _texte(
            "Bonjour {nom},",
            "{structure} a mené des actions du contrat de ville de {contrat} en {annee}. {attendus} :",
            "{bilans}",
            "Le lien ci-dessous y mène. Un code vous sera envoyé à cette adresse pour entrer : vous "
            "n'avez ni compte à créer, ni mot de passe à retenir.",
            "{lien}",
            "Ce que vous écrivez est enregistré au fur et à mesure. Vous pouvez commencer sur un "
            "téléphone, vous arrêter et reprendre plus tard, ou inviter une ou un collègue à le faire "
            "avec vous.",
            "{consignes}",
            "Ce lien vous est personnel. Il est valable jusqu'au {validite}.",
        ),
        "Voir les bilans à remplir",
    ),
    Type.RELANCE: Modele(
        "Rappel : {attendus}",
        _texte(
            "Bonjour {nom},",
            "Pour {structure}, {attendus}, au titre du contrat de ville de {contrat} en {annee} :",
            "{bilans}",
            "Si vous avez commencé, vous retrouverez tout ce que vous aviez écrit.",
            "{lien}",
            "Une difficulté, une action qui n'a pas eu lieu, une date à revoir ? Répondez à ce "
            "message : nous chercherons une solution avec vous.",
        ),
        "Voir les bilans à remplir",
    ),
    Type.RENVOI: Modele(
        "Bilan à compléter : {action}",
        _texte(
            "Bonjour {nom},",
            "Nous avons relu le bilan {annee} de votre action « {action} ». Il reste quelque chose à "
            "compléter :",
            "{motif}",
            "Les réponses commentées :",
            "{champs}",
            "Vous retrouverez tout ce que vous aviez écrit. Quand c'est complété, transmettez de "
            "nouveau le bilan, {echeance}.",
            "{lien}",
        ),
        "Compléter le bilan",
    ),
    Type.RECU: Modele(
        "Bilan transmis : {action}",
        _texte(
            "Bonjour {nom},",
            "Le bilan {annee} de l'action « {action} » a été transmis {transmis}.",
            "Le reçu joint à ce message (PDF) reprend tout ce qui a été envoyé : gardez-le.",
            "Vous n'avez plus rien à faire pour cette action. Si quelque chose doit être complété, "
            "nous vous écrirons.",
            "{lien}",
        ),
        "Relire le bilan",
    ),
    Type.VALIDATION: Modele(
        "Bilan validé : {action}",
        _texte(
            "Bonjour {nom},",
            "Le bilan {annee} de votre action « {action} » est validé. Merci.",
            "Vous n'avez plus rien à faire pour cette action.",
            "{lien}",
        ),
        "Relire le bilan",
    ),
    Type.PROLONGATION: Modele(
        "Nouvelle date : {attendus}",
        _texte(
            "Bonjour {nom},",
            "La date à laquelle les bilans {annee} de {structure} sont attendus a changé. {attendus} :",
            "{bilans}",
            "Ce que vous avez déjà écrit est gardé.",
            "{lien}",
        ),
        "Voir les bilans à remplir",
    ),
    Type.ACCES: Modele(
        "Vous pouvez remplir les bilans de {structure}",
        _texte(
            "Bonjour {nom},",
            "{invitant} vous invite à remplir avec {structure} les bilans de ses actions du contrat "
            "de ville de {contrat}.",
            "Le lien ci-dessous y mène. Un code vous sera envoyé à cette adresse pour entrer : vous "
            "n'avez ni compte à créer, ni mot de passe à retenir.",
            "{lien}",
            "Ce lien vous est personnel. Il est valable jusqu'au {validite}. Vous ne connaissez pas "
            "cette structure ? Ne faites rien.",
        ),
        "Voir les bilans",
    ),
}
# Not in MODELES: a campaign writes its own words about its bilans only.
ECHEANCES = Modele(
    "Convention : {attendus}",
    _texte(
        "Bonjour {nom},",
        "Pour {structure}, {attendus}, au titre de votre convention avec la collectivité :",
        "{echeances}",
        "Vous pouvez déposer vos documents sur la page de chaque échéance. Si vous les avez déjà envoyés "
        "autrement, dites-le-nous en répondant à ce message.",
        "{lien}",
    ),
    "Voir ce qui est attendu",
)
# What is said of a fiche de travail et d'analyse, as of a bilan.
FICHE_A_COMPLETER = Modele(
    "Fiche à compléter : {structure}",
    _texte(
        "Bonjour {nom},",
        "Nous avons relu la fiche de travail et d'analyse {annee} de {structure}. Il reste quelque chose à "
        "compléter :",
        "{motif}",
        "Vous retrouverez tout ce que vous aviez écrit. Quand c'est complété, transmettez de nouveau la fiche, "
        "{echeance}.",
        "{lien}",
    ),
    "Compléter la fiche",
)
FICHE_TRANSMISE = Modele(
    "Fiche transmise : {structure}",
    _texte(
        "Bonjour {nom},",
        "La fiche de travail et d'analyse {annee} de {structure} a été transmise {transmis}.",
        "Vous n'avez plus rien à faire pour cette fiche. Si quelque chose doit être complété, nous vous écrirons.",
        "{lien}",
    ),
    "Relire la fiche",
)
FICHE_VALIDEE = Modele(
    "Fiche validée : {structure}",
    _texte(
        "Bonjour {nom},",
        "La fiche de travail et d'analyse {annee} de {structure} est validée. Merci.",
        "Vous n'avez plus rien à faire pour cette fiche.",
        "{lien}",
    ),
    "Relire la fiche",
)
FICHE_ROUVERTE = Modele(
    "Fiche rouverte : {structure}",
    _texte(
        "Bonjour {nom},",
        "La fiche de travail et d'analyse {annee} de {structure} était validée. Nous l'avons rouverte :",
        "{motif}",
        "Vous n'avez rien à faire pour l'instant. Si quelque chose doit être complété, nous vous écrirons.",
        "{lien}",
    ),
    "Relire la fiche",
)
# What is said of the annual report to who is consulted on it, then to who reads it.
CODE_A_L_ENTREE = (
    "Pour entrer, un code vous sera envoyé à cette adresse : vous n'avez pas de mot de passe à retenir."
)
AVIS_DEMANDE = Modele(
    "Votre avis sur le rapport {annee} du contrat de ville de {contrat}",
    _texte(
        "Bonjour {nom},",
        "Le projet de rapport {annee} du contrat de ville de {contrat} vous est soumis pour avis. L'avis attendu "
        "est celui de :",
        "{instances}",
        "Vous avez jusqu'au {echeance} pour lire le projet et donner cet avis : favorable, réservé ou défavorable, "
        "avec vos observations. Vous pouvez le modifier jusqu'à cette date. Sans réponse, il sera réputé favorable.",
        "{lien}",
        CODE_A_L_ENTREE,
    ),
    "Lire le projet et donner l'avis",
)
AVIS_PROLONGE = Modele(
    "Nouvelle date pour l'avis sur le rapport {annee} : {echeance}",
    _texte(
        "Bonjour {nom},",
        "Les avis sur le projet de rapport {annee} du contrat de ville de {contrat} sont maintenant attendus "
        "jusqu'au {echeance} :",
        "{motif}",
        "Vous siégez dans :",
        "{instances}",
        "L'avis déjà donné est gardé. Il peut être modifié jusqu'à cette date.",
        "{lien}",
        CODE_A_L_ENTREE,
    ),
    "Lire le projet et donner l'avis",
)
AVIS_RAPPELE = Modele(
    "Rappel : l'avis sur le rapport {annee} est attendu pour le {echeance}",
    _texte(
        "Bonjour {nom},",
        "Le projet de rapport {annee} du contrat de ville de {contrat} attend encore l'avis de :",
        "{instances}",
        "Vous pouvez le donner jusqu'au {echeance}. Sans réponse, il sera réputé favorable.",
        "{lien}",
        CODE_A_L_ENTREE,
    ),
    "Lire le projet et donner l'avis",
)
RAPPORT_PUBLIE = Modele(
    "Le rapport {annee} du contrat de ville de {contrat} est publié",
    _texte(
        "Bonjour {nom},",
        "Le rapport annuel {annee} du contrat de ville de {contrat} est approuvé et publié.",
        "{lien}",
        CODE_A_L_ENTREE,
    ),
    "Lire le rapport",
)
# Said instead of the words of a validation to whom several bilans were validated at once.
PLUSIEURS_VALIDATIONS = Modele(
    "{valides} : {structure}",
    _texte(
        "Bonjour {nom},",
        "{valides} pour {structure}, au titre du contrat de ville de {contrat} en {annee} :",
        "{bilans}",
        "Merci. Vous n'avez plus rien à faire pour ces actions.",
        "{lien}",
    ),
    "Relire les bilans",
)
# The variables that a campaign's own words may use in each message; anything else would stay as typed.
COMMUNES = ("structure", "nom", "contrat", "annee", "lien", "contact")
_APPEL = (*COMMUNES, "attendus", "bilans", "echeance", "consignes", "validite")
_BILAN = (*COMMUNES, "action")
VARIABLES_DU_MESSAGE: dict[str, tuple[str, ...]] = {
    Type.INVITATION: _APPEL,
    Type.RELANCE: _APPEL,
    Type.RENVOI: (*_BILAN, "motif", "champs", "echeance"),
    Type.RECU: (*_BILAN, "transmis"),
    Type.VALIDATION: _BILAN,
}


@dataclass(frozen=True)
class Bloc:
    """A piece of an e-mail: `texte`, `liste`, `citation` or `bouton`."""

    genre: str
    texte: str = ""
    lignes: tuple[str, ...] = ()
    url: str = ""


@dataclass(frozen=True)
class Message:
    """An e-mail ready to be sent: its subject, and the same words as text and as HTML."""

    objet: str
    texte: str
    html: str


@dataclass(frozen=True)
class Valeurs:
    """What the variables of one e-mail stand for: words, lists, the link."""

    mots: Mapping[str, str] = field(default_factory=dict)
    listes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    lien: str = ""

    def mot(self, nom: str) -> str | None:
        """Return what a variable is replaced by within a sentence, None when nobody knows it."""
        if nom in self.listes:
            return ", ".join(self.listes[nom])
        return self.lien if nom == "lien" else self.mots.get(nom)


# -- What is proposed, what the campaign says ------------------------------------------------------
def modele_de(campagne: Campagne, type: str) -> Modele:
    """Return the words of a kind of e-mail in this campaign: its own, else those that Pilotis proposes."""
    propose = MODELES[type]
    ecrit = ModeleMessage.objects.filter(campagne=campagne, type=type).first()
    return Modele(ecrit.objet, ecrit.corps, propose.bouton) if ecrit else propose


# -- Sentences -------------------------------------------------------------------------------------
def jour_court(jour: date) -> str:
    """Return « 30 juin », « 1er juillet »; with its year when it is not the current one."""
    if jour.year != timezone.localdate().year:
        return date_longue(jour)
    return f"{'1er' if jour.day == 1 else jour.day}{INSECABLE}{MOIS[jour.month - 1]}"


def _pour_le(echeance: date | None) -> str:
    if echeance is None:
        return ""
    return f"{'depuis' if echeance < timezone.localdate() else 'pour'} le {jour_court(echeance)}"


def phrase_attendus(bilans: Iterable[Du]) -> str:
    """Return what is owed and by when: « 3 bilans attendus pour le 30 juin »."""
    comptes: dict[date | None, int] = {}
    for du in bilans:
        comptes[du.echeance] = comptes.get(du.echeance, 0) + 1
    nombre = sum(comptes.values())
    tous = pluriel(nombre, "bilan attendu,bilans attendus")
    if len(comptes) == 1:
        return f"{tous} {_pour_le(next(iter(comptes)))}".strip()
    dates = sorted(comptes, key=lambda jour: jour or date.max)
    parts = [f"{comptes[jour]} {_pour_le(jour) or 'sans date'}" for jour in dates]
    return f"{tous}, dont {', '.join(parts[:-1])} et {parts[-1]}"


def lignes_de(bilans: Iterable[Du]) -> tuple[str, ...]:
    """Return the bilans as the lines of a list: « Jardin partagé, pour le 30 juin (à compléter) ».

    The date is said only when it is not the same for all: the sentence above says it.
    """
    liste = list(bilans)
    dates_differentes = len({du.echeance for du in liste}) > 1
    return tuple(_ligne(du, avec_date=dates_differentes) for du in liste)


def _ligne(du: Du, *, avec_date: bool) -> str:
    quand = f", {_pour_le(du.echeance)}" if avec_date and du.echeance else ""
    return f"{du.intitule}{quand}{' (à compléter)' if du.a_completer else ''}"


def au_plus_tard(echeance: date | None) -> str:
    """Return « au plus tard le 30 juin 2025 », « dès que possible » for a day that is past or unknown."""
    if echeance is None or echeance < timezone.localdate():
        return SANS_DATE
    return f"au plus tard le {date_longue(echeance)}"


def champs_commentes(bilan: Bilan) -> tuple[str, ...]:
    """Return the names of the answers with an open remark that the porteur may read, each once."""
    ouverts = Commentaire.objects.filter(bilan=bilan, interne=False, regle_le=None).order_by("date", "pk")
    champs = list(ouverts.values_list("champ", flat=True))
    if not champs:
        return ()
    noms = noms_des_champs(Saisie(bilan))
    return tuple(dict.fromkeys(noms.get(champ) or noms.get(place(champ)) or noms[TOUT] for champ in champs))


# -- Links -----------------------------------------------------------------------------------------
def adresse_complete(chemin: str) -> str:
    """Return a path as the address that people type: e-mails are written outside of any request."""
    return f"{settings.PILOTIS_ADRESSE}{chemin}"


def lien_personnel(invitation: Invitation | None, suite: str = "") -> str:
    """Return the link of an invitation, which asks for a code and leads to `suite`, a path; else `suite` itself.

    Without `suite`, it leads to « Vos actions ».
    """
    if invitation is None:
        return adresse_complete(suite or reverse("accueil"))
    lien = adresse_complete(reverse("invitation", args=[invitation.jeton]))
    return f"{lien}?{urlencode({'suite': suite}, safe='/')}" if suite else lien


def _page_du_bilan(bilan: Bilan, type: str) -> str:
    """Return the path of the page that a message about a bilan leads to: the form when something is to be done."""
    annuelle = bilan.action_annuelle
    nom = "bilan_saisir" if type == Type.RENVOI else "bilan_detail"
    return reverse(nom, args=[annuelle.campagne.contrat.slug, annuelle.campagne.annee, annuelle.cle])


# -- The values of each kind of message ------------------------------------------------------------
def _communes(campagne: Campagne, contact: Contact) -> dict[str, str]:
    return {
        "structure": contact.porteur.nom,
        "nom": contact.nom,
        "contrat": campagne.contrat.nom_court,
        "annee": str(campagne.annee),
        "contact": campagne.contact_nom,
        "consignes": campagne.notice.strip(),
    }


def _validite(invitation: Invitation | None) -> str:
    return date_longue(invitation.expire_le) if invitation else ""


def valeurs_appel(
    campagne: Campagne, contact: Contact, bilans: tuple[Du, ...], invitation: Invitation | None
) -> Valeurs:
    """Return the values of an invitation, a reminder or a new due date: what is owed, and the link to it."""
    echeances = [du.echeance for du in bilans if du.echeance is not None]
    mots = {
        **_communes(campagne, contact),
        "attendus": phrase_attendus(bilans),
        "echeance": au_plus_tard(min(echeances, default=None)),
        "validite": _validite(invitation),
    }
    listes = {"bilans": lignes_de(bilans)}
    return Valeurs(mots, listes, lien_personnel(invitation))


def valeurs_bilan(
    type: str, bilan: Bilan, contact: Contact, invitation: Invitation | None, recu: Recu | None = None
) -> Valeurs:
    """Return the values of an e-mail of this type about one bilan."""
    campagne = bilan.action_annuelle.campagne
    auteur = str(bilan.transmis_par) if bilan.transmis_par else ""
    quand = f"le {date_heure(recu.transmis_le if recu else bilan.transmis_le)}" if bilan.transmis_le else ""
    pour = " pour votre compte" if bilan.saisi_pour_le_porteur else ""
    mots = {
        **_communes(campagne, contact),
        "action": bilan.action_annuelle.action.intitule,
        "motif": bilan.motif_renvoi.strip(),
        "echeance": au_plus_tard(bilan.echeance),
        "transmis": f"{quand} par {auteur}{pour}".strip() if auteur else quand,
    }
    # Whoever was never given an access would be led to a closed door.
    entre = invitation is not None or contact.compte
    lien = lien_personnel(invitation, _page_du_bilan(bilan, type)) if entre else ""
    return Valeurs(mots, {"champs": champs_commentes(bilan)}, lien)


def valeurs_fiche(
    fiche: BilanStructure,
    contact: Contact,
    invitation: Invitation | None,
    *,
    motif: str = "",
    a_completer: bool = False,
    pour_la_structure: bool = False,
) -> Valeurs:
    """Return the values of an e-mail about a fiche de travail et d'analyse; `a_completer` leads to its form."""
    campagne = fiche.campagne
    transmis = f"le {date_heure(fiche.transmis_le)} par {fiche.transmis_par}" if fiche.transmis_le else ""
    mots = {
        **_communes(campagne, contact),
        "structure": fiche.porteur.nom,
        "motif": motif.strip(),
        "echeance": au_plus_tard(fiche.echeance),
        "transmis": f"{transmis} pour votre compte" if pour_la_structure else transmis,
    }
    nom = "fiche_structure_saisir" if a_completer else "fiche_structure"
    page = reverse(nom, args=[campagne.contrat.slug, campagne.annee, fiche.cle])
    # Whoever was never given an access would be led to a closed door.
    entre = invitation is not None or contact.compte
    return Valeurs(mots, {}, lien_personnel(invitation, page) if entre else "")


def valeurs_validations(
    campagne: Campagne, contact: Contact, bilans: Sequence[Bilan], invitation: Invitation | None
) -> Valeurs:
    """Return the values of the e-mail that says several bilans validated at once: their names, the link to all."""
    mots = {
        **_communes(campagne, contact),
        "valides": pluriel(len(bilans), "bilan validé,bilans validés"),
    }
    noms = tuple(Du(bilan.action_annuelle, bilan).intitule for bilan in bilans)
    entre = invitation is not None or contact.compte
    return Valeurs(mots, {"bilans": noms}, lien_personnel(invitation) if entre else "")


def valeurs_acces(campagne: Campagne, contact: Contact, invitation: Invitation, invitant: str) -> Valeurs:
    """Return the values of the e-mail that opens a porteur to a colleague."""
    mots = {**_communes(campagne, contact), "invitant": invitant, "validite": _validite(invitation)}
    return Valeurs(mots, {}, lien_personnel(invitation))


def valeurs_echeances(
    campagne: Campagne, contact: Contact, echeances: Sequence[Echeance], invitation: Invitation | None
) -> Valeurs:
    """Return the values of a reminder of what conventions ask: each thing with its day, the link to the first."""
    nombre = pluriel(len(echeances), "échéance est attendue,échéances sont attendues")
    mots = {**_communes(campagne, contact), "attendus": f"{nombre} {_pour_le(echeances[0].date)}".strip()}
    if len(echeances) > 1:
        mots["attendus"] = f"{nombre}, la première {_pour_le(echeances[0].date)}"
    lignes = tuple(f"{echeance.libelle}, {_pour_le(echeance.date)}" for echeance in echeances)
    page = reverse("convention", args=[campagne.contrat.slug, campagne.annee, echeances[0].convention.cle])
    return Valeurs(mots, {"echeances": lignes}, lien_personnel(invitation, page))


def valeurs_rapport(
    campagne: Campagne,
    nom: str,
    page: str,
    *,
    instances: Sequence[str] = (),
    echeance: date | None = None,
    motif: str = "",
) -> Valeurs:
    """Return the values of an e-mail about the annual report: the bodies asked, by when, the path that it opens."""
    mots = {
        "nom": nom,
        "contrat": campagne.contrat.nom_court,
        "annee": str(campagne.annee),
        "contact": campagne.contact_nom,
        "echeance": date_longue(echeance) if echeance else "",
        "motif": motif.strip(),
    }
    return Valeurs(mots, {"instances": tuple(instances)}, adresse_complete(page))


# -- Rendering -------------------------------------------------------------------------------------
def rendre(campagne: Campagne, type: str, valeurs: Valeurs, modele: Modele | None = None) -> Message:
    """Return the e-mail in the campaign's words, signed by the collectivity.

    The link is added at the end when the words forget it. A variable that nobody knows stays as typed.
    """
    modele = modele or modele_de(campagne, type)
    corps = blocs(modele, valeurs)
    if valeurs.lien and not any(valeurs.lien in (bloc.url, *bloc.texte.split()) for bloc in corps):
        corps.append(Bloc("bouton", modele.bouton, url=valeurs.lien))
    # A subject is one line; str.split would also take the no-break spaces away.
    objet = insecables(ESPACES.sub(" ", _remplacer(modele.objet, valeurs)))[:LONGUEUR_OBJET]
    contexte: dict[str, Any] = {
        "objet": objet,
        "blocs": corps,
        "signature": signature(campagne),
        "collectivite": campagne.contrat.epci.nom,
        "couleur": campagne.contrat.epci.couleur,
    }
    return Message(
        objet,
        f"{render_to_string('courriels/message.txt', contexte).strip()}\n",
        render_to_string("courriels/message.html", contexte),
    )


def blocs(modele: Modele, valeurs: Valeurs) -> list[Bloc]:
    """Return the pieces of a text, its variables replaced."""
    morceaux = []
    for paragraphe in SEPARATION.split(modele.corps.replace("\r\n", "\n").strip()):
        bloc = _bloc(paragraphe.strip(), modele.bouton, valeurs)
        if bloc is not None:
            morceaux.append(bloc)
    return _sans_annonce_vide(morceaux)


def _bloc(paragraphe: str, bouton: str, valeurs: Valeurs) -> Bloc | None:
    seule = VARIABLE.fullmatch(paragraphe)
    if seule and seule[1] in valeurs.listes:
        return Bloc("liste", lignes=tuple(insecables(ligne) for ligne in valeurs.listes[seule[1]]))
    if seule and seule[1] == "lien":
        return Bloc("bouton", bouton, url=valeurs.lien) if valeurs.lien else None
    texte = insecables(_remplacer(paragraphe, valeurs))
    if not texte:
        return None
    if seule and seule[1] == "motif":
        return Bloc("citation", texte)
    lignes = texte.split("\n")
    if all(ligne.startswith("- ") for ligne in lignes):
        return Bloc("liste", lignes=tuple(ligne[2:].strip() for ligne in lignes))
    return Bloc("texte", texte)


def _sans_annonce_vide(morceaux: list[Bloc]) -> list[Bloc]:
    """Leave out an empty list, with the sentence that announces it (« Les réponses commentées : »)."""
    gardes: list[Bloc] = []
    for bloc in morceaux:
        if bloc.genre == "liste" and not bloc.lignes:
            if gardes and gardes[-1].texte.endswith(":"):
                gardes.pop()
            continue
        gardes.append(bloc)
    return gardes


def _remplacer(texte: str, valeurs: Valeurs) -> str:
    noms = VARIABLE.findall(texte)

    def mot(trouve: re.Match[str]) -> str:
        valeur = valeurs.mot(trouve[1])
        return trouve[0] if valeur is None else valeur

    # « Valable jusqu'au {validite} » says nothing once its only variable is blank, but « Bonjour {nom}, » does.
    if noms and all(valeurs.mot(nom) == "" for nom in noms) and "nom" not in noms:
        return ""
    return re.sub(r" +([,.])", r"\1", VARIABLE.sub(mot, texte)).strip()


def signature(campagne: Campagne) -> list[str]:
    """Return the lines that sign an e-mail: the collectivity, whom to ask, how to reach them."""
    joindre = " – ".join(mot for mot in (campagne.contact_telephone, campagne.contact_email) if mot)
    lignes = (campagne.contact_nom, campagne.contrat.epci.nom, joindre)
    return [insecables(ligne) for ligne in lignes if ligne]


def apercu(campagne: Campagne, type: str, objet: str = "", corps: str = "") -> Message:
    """Return an e-mail of this kind as a porteur would read it, on an invented example.

    With the words given, else those of the campaign. Nothing is sent, nothing is written.
    """
    modele = modele_de(campagne, type)
    if objet or corps:
        modele = Modele(objet or modele.objet, corps or modele.corps, modele.bouton)
    echeance = campagne.bilan_echeance or campagne.echeance_par_defaut
    mots = {
        "structure": "Maison pour tous",
        "nom": "Amina Berger",
        "contrat": campagne.contrat.nom_court,
        "annee": str(campagne.annee),
        "contact": campagne.contact_nom,
        "consignes": campagne.notice.strip(),
        "attendus": f"3{INSECABLE}bilans attendus {_pour_le(echeance)}",
        "echeance": au_plus_tard(echeance),
        "validite": date_longue(valable_jusqu_au(campagne)),
        "action": "Jardin partagé",
        "motif": "Indiquez le nombre de participants, et combien habitent le quartier.",
        "transmis": f"le {date_heure(timezone.now())} par Amina Berger",
        "invitant": "Karim Arnaud",
    }
    listes = {
        "bilans": ("Jardin partagé", "Fête du quartier (à compléter)", "Chantier jeunes"),
        "champs": ("Les participants",),
    }
    return rendre(campagne, type, Valeurs(mots, listes, adresse_complete(reverse("accueil"))), modele)
