"""The nouns that are counted, and what each counts. A noun that is not here is not read: precision first."""

from dataclasses import dataclass

from .faits import Nature
from .jetons import Jeton, est_inclusif

TOTAL, FEMMES, HOMMES, ENFANTS, JEUNES, ADULTES = "total", "femmes", "hommes", "enfants", "jeunes", "adultes"
PARENTS, SENIORS, ELEVES, ENCADRANTS, QPV, AUTRE = (
    "parents",
    "seniors",
    "eleves",
    "encadrants",
    "qpv",
    "autre",
)
SEXES = (FEMMES, HOMMES)


@dataclass(frozen=True, slots=True)
class Nom:
    """What a noun counts."""

    nature: Nature
    categorie: str
    lemme: str


_PERSONNES = {
    TOTAL: "personne participant beneficiaire usager habitant visiteur adherent inscrit apprenant stagiaire "
    "spectateur joueur locataire resident residant individu accueilli riverain allocataire licencie candidat "
    "demandeur auditeur convive membre citoyen lecteur sportif danseur cycliste jardinier volontaire",
    FEMMES: "femme fille fillette dame maman mere participante habitante adherente usagere apprenante lyceenne "
    "collegienne etudiante retraitee adolescente spectatrice visiteuse joueuse residente ecoliere inscrite "
    "citoyenne lectrice sportive danseuse demandeuse candidate",
    HOMMES: "homme garcon garconnet papa pere",
    ENFANTS: "enfant bebe bambin tout-petit",
    JEUNES: "jeune ado adolescent mineur",
    ELEVES: "eleve collegien lyceen ecolier etudiant",
    ADULTES: "adulte",
    PARENTS: "parent",
    SENIORS: "senior retraite aine",
    ENCADRANTS: "salarie benevole intervenant animateur animatrice educateur educatrice mediateur mediatrice "
    "encadrant encadrante formateur formatrice professionnel professionnelle enseignant enseignante agent "
    "arbitre psychologue accompagnateur accompagnatrice coordinateur coordinatrice coordonnateur coordonnatrice "
    "technicien technicienne artiste professeur professeure infirmier infirmiere salariee referent referente "
    "tuteur tutrice",
    AUTRE: "elu elue",
}
_SEANCES = (
    "seance atelier session rencontre reunion animation sortie debat tournoi chantier spectacle stage permanence "
    "visite intervention cycle evenement soiree matinee conference concert representation projection sejour "
    "initiation formation cours entrainement festival match exposition kermesse journee randonnee balade maraude "
    "manifestation demi-journee apres-midi forum seminaire"
)
_DUREES = "semaine mois jour heure"
_MENAGES = "menage famille foyer"
_PASSAGES = "passage accueil frequentation presence participation"
_REALISATIONS = (
    "convention exemplaire numero renovation embauche creation fresque affiche flyer video court-metrage emission "
    "logement diagnostic accompagnement entretien orientation repas gouter panier velo dossier partenariat podcast"
)
# Some misspellings met in real files; nothing is guessed beyond them.
_FAUTES = {
    "beneficaire": "beneficiaire", "benificiaire": "beneficiaire", "beneficiare": "beneficiaire",
    "beneficiere": "beneficiaire", "particpant": "participant", "partcipant": "participant",
    "paticipant": "participant", "participent": "participant", "persone": "personne", "pesonne": "personne",
    "personnne": "personne", "enfnat": "enfant", "enfan": "enfant", "jeunne": "jeune", "sceance": "seance",
    "seanse": "seance", "attelier": "atelier", "garcons": "garcon", "garson": "garcon", "famile": "famille",
    "habitan": "habitant", "femmme": "femme", "file": "fille", "adolescant": "adolescent",
}  # fmt: skip
# « dont », and how it is mistyped.
DONT = {"dont", "dopnt", "dotn", "dnot", "donts", "incluant", "comprenant", "comportant"}


def _table() -> dict[str, Nom]:
    noms = {
        lemme: Nom(Nature.EFFECTIF, categorie, lemme)
        for categorie, lemmes in _PERSONNES.items()
        for lemme in lemmes.split()
    }
    for nature, lemmes in (
        (Nature.SEANCES, _SEANCES),
        (Nature.DUREE, _DUREES),
        (Nature.MENAGES, _MENAGES),
        (Nature.FREQUENTATION, _PASSAGES),
        (Nature.REALISATION, _REALISATIONS),
    ):
        noms |= {lemme: Nom(nature, lemme, lemme) for lemme in lemmes.split()}
    return noms


_NOMS = _table()
# Written without their accent, these words are others: « 2 retraites », « 3 membres inscrits ».
_ACCENTUES = {"retraite", "aine", "elu", "elue", "salarie", "salariee", "licencie"}


def nom(jeton: Jeton) -> Nom | None:
    """Return what a word counts, None when it counts nothing that is read here."""
    trouve = _chercher(jeton.norme)
    if trouve is None:
        return None
    if trouve.lemme in _ACCENTUES and jeton.texte.isascii():
        return None
    if trouve.categorie == FEMMES and est_inclusif(jeton):
        return Nom(trouve.nature, TOTAL, trouve.lemme)
    return trouve


def _chercher(norme: str) -> Nom | None:
    for forme in _formes(norme):
        lemme = _FAUTES.get(forme, forme)
        if lemme in _NOMS:
            return _NOMS[lemme]
    return None


def _formes(norme: str) -> tuple[str, ...]:
    """Return a word, then what may be its singular."""
    if norme.endswith("s") or norme.endswith("x"):
        return (norme, norme[:-1])
    return (norme,)


# -- Words around a number -------------------------------------------------------------------------
# Adjectives that may stand between a number and its noun.
ADJECTIFS_AVANT = {
    "nouveau", "nouveaux", "nouvelle", "nouvelles", "autre", "autres", "petit", "petits", "petite", "petites",
    "grand", "grands", "grande", "grandes", "different", "differents", "differente", "differentes", "premiers",
    "premieres", "dernieres", "derniers", "principaux", "principales", "vrais", "belles", "beaux",
}  # fmt: skip
# After « 12 jeunes », these say who the young are.
_PRECISENT_LES_JEUNES = {FEMMES, HOMMES}
MOIS = {
    "janvier": 1, "fevrier": 2, "mars": 3, "avril": 4, "mai": 5, "juin": 6, "juillet": 7, "aout": 8,
    "septembre": 9, "octobre": 10, "novembre": 11, "decembre": 12,
}  # fmt: skip
JOURS = {"lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"}
NIVEAUX = {
    "maternelle": "maternelle", "maternelles": "maternelle", "elementaire": "elementaire",
    "elementaires": "elementaire", "primaire": "elementaire", "primaires": "elementaire", "college": "college",
    "colleges": "college", "lycee": "lycee", "lycees": "lycee",
}  # fmt: skip
