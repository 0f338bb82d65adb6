"""What commands name on their line: a contract and one of its years."""

from comptes.commandes import Refus
from contrats.models import ContratVille

from .models import Campagne


def contrat_demande(slug: str | None) -> ContratVille:
    """Return the contract named `slug`, its intercommunality read. Raises Refus, which lists those there are."""
    contrats = {c.slug: c for c in ContratVille.objects.select_related("epci").order_by("slug")}
    existants = f"Contrats : {', '.join(contrats)}." if contrats else "Aucun contrat n'est enregistré."
    if not slug:
        raise Refus(f"Indiquez le contrat : --contrat CONTRAT. {existants}")
    if slug not in contrats:
        raise Refus(f"Le contrat « {slug} » n'existe pas. {existants}")
    return contrats[slug]


def campagne_demandee(contrat: ContratVille, annee: str | int | None) -> Campagne:
    """Return the campaign of that year. Raises Refus, which lists the years there are."""
    campagnes = {str(c.annee): c for c in Campagne.objects.filter(contrat=contrat).order_by("annee")}
    existantes = f"Années : {', '.join(campagnes)}." if campagnes else "Aucune année n'y est ouverte."
    if annee is None:
        raise Refus(f"Indiquez l'année : --annee ANNÉE. {existantes}")
    if str(annee) not in campagnes:
        raise Refus(f"Le contrat « {contrat.slug} » n'a pas d'année « {annee} ». {existantes}")
    campagne = campagnes[str(annee)]
    campagne.contrat = contrat
    return campagne
