"""What was chosen or received for the report: the actions put forward, the opinions with the follow-up given."""

from comptes.templatetags.typographie import date_longue, insecables, pluriel
from documents import INSECABLE, Colonne, Groupe, TypeColonne
from documents.rapport import Bloc, BlocTexte

from ...models import Bilan
from ...suivi import est_passee
from ..choix import ActionPhare
from ..donnees import ActionLue, Donnees
from ..mots import echapper
from .commun import bloc_tableau, dire

# Beyond, the words of a bilan are cut at the end of a sentence: the annexes have them whole.
MOTS_CITES = 700
CONNUS = "avis est connu,avis sont connus,Aucun avis n'est connu"


# -- Highlights ------------------------------------------------------------------------------------
def actions_phares(d: Donnees) -> list[Bloc]:
    """Return the actions put forward, in order: what is said of them, else the words of their validated bilan."""
    if not d.composition.actions_phares:
        return []
    par_cle = {action.cle: action for action in d.actions}
    textes = [
        _action_phare(d, par_cle[phare.cle], phare)
        for phare in d.composition.actions_phares
        if phare.cle in par_cle
    ]
    if not textes:
        return dire("actions_phares", f"Les actions mises en avant ne sont plus au programme de {d.annee}.")
    return [BlocTexte(code="actions_phares", texte="\n\n".join(["## Des actions de l'année", *textes]))]


def _action_phare(d: Donnees, action: ActionLue, phare: ActionPhare) -> str:
    # A heading ends with its line: a title that was pasted on two is brought to one.
    noms = (echapper(nom.replace("\n", " ")) for nom in (action.intitule, action.porteur))
    titre = "### {} ({})".format(*noms)
    return f"{titre}\n\n{phare.texte.strip() or _mots_du_bilan(d.bilans.get(action.pk))}"


def _mots_du_bilan(bilan: Bilan | None) -> str:
    """Return the narrative of a validated bilan, cut at the end of a sentence when it is long."""
    if bilan is None:
        return f"Le bilan de cette action n'est pas validé{INSECABLE}: ses mots ne sont pas cités."
    recit = next((texte for champ in Bilan.CHAMPS_RECIT if (texte := getattr(bilan, champ).strip())), "")
    if not recit:
        return "Le bilan validé de cette action ne raconte pas son déroulement."
    return echapper(_couper(recit))


def _couper(texte: str) -> str:
    if len(texte) <= MOTS_CITES:
        return texte
    debut = texte[:MOTS_CITES]
    fin = max(debut.rfind(". "), debut.rfind(".\n"))
    return debut[: fin + 1] if fin > 0 else f"{debut.rsplit(' ', 1)[0]} […]"


# -- Opinions --------------------------------------------------------------------------------------
def avis(d: Donnees) -> list[Bloc]:
    """Return the opinions of those who were consulted, and the follow-up given to their observations."""
    composition = d.composition
    if not composition.avis:
        phrase = (
            f"Le projet de rapport a été envoyé pour avis le {date_longue(composition.envoye_le)}."
            if composition.envoye_le
            else "Le projet de rapport n'a pas encore été envoyé pour avis aux conseils municipaux et aux conseils "
            "citoyens."
        )
        return dire("avis", phrase)
    rendus = [un_avis for un_avis in composition.avis if un_avis.sens]
    phrases = []
    if composition.envoye_le:
        phrases.append(
            f"Le projet de rapport a été envoyé pour avis le {date_longue(composition.envoye_le)}."
        )
    if composition.avis_attendus_le:
        verbe = "étaient" if est_passee(composition.avis_attendus_le) else "sont"
        phrases.append(
            f"Les avis {verbe} attendus pour le {date_longue(composition.avis_attendus_le)} ; un avis qui n'est pas "
            "rendu dans ce délai est réputé favorable."
        )
    sur = pluriel(len(composition.avis), "organe consulté,organes consultés")
    phrases.append(f"{pluriel(len(rendus), CONNUS)} sur {sur}.")
    return [
        BlocTexte(code="avis", texte=insecables(" ".join(phrases))),
        bloc_tableau(
            "avis-tableau",
            "Les avis et les suites données",
            (
                Colonne(cle="instance", titre="Qui", poids=2, entete_ligne=True),
                Colonne(cle="sens", titre="Avis", poids=1.2),
                Colonne(cle="date", titre="Date", type=TypeColonne.DATE, poids=1.2),
                Colonne(cle="texte", titre="Observations", poids=4),
                Colonne(cle="suite", titre="Suite donnée", poids=4),
            ),
            [
                Groupe(
                    lignes=[
                        {
                            "instance": un_avis.instance,
                            "sens": un_avis.sens or "En attente",
                            "date": un_avis.date,
                            "texte": un_avis.texte,
                            "suite": un_avis.suite_donnee,
                        }
                        for un_avis in composition.avis
                    ]
                )
            ],
        ),
    ]
