"""What is asked to load outlines: a file and where it comes from; then, of each outline, which territory it is."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from django import forms
from django.core import signing
from django.utils import timezone

from comptes.models import Utilisateur
from comptes.templatetags.typographie import date_longue
from contrats.models import ContratVille, Territoire
from documents.formats import taille_lisible

from .lecture import OCTETS_MAX, FichierRefuse
from .rapprochement import Rapprochement, rapprocher

AUCUN_FICHIER = "Choisissez d'abord un fichier sur votre ordinateur."
FICHIER_VIDE = "Ce fichier est vide. Vérifiez que c'est le bon, puis déposez-le à nouveau."
SANS_SOURCE = "Dites qui publie ces contours : ce nom s'imprime sous la carte."
APERCU_PERIME = (
    "Cet aperçu n'est plus valable : il date de plus d'une journée, ou la page a été modifiée. Déposez à nouveau le "
    "fichier."
)
AUCUN_CHOIX = "Choisissez au moins un territoire, ou revenez sans rien changer."
DEUX_FOIS = "Ce territoire est déjà choisi pour un autre contour : un territoire n'en a qu'un."
UN_JOUR = 24 * 60 * 60


class DepotContoursForm(forms.Form):
    """A file of outlines, and its source."""

    fichier = forms.FileField(
        label="Fichier des contours",
        help_text=f"Un fichier GeoJSON (.geojson ou .json) ; {taille_lisible(OCTETS_MAX)} au plus.",
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": ".geojson,.json,application/geo+json"}),
        error_messages={"required": AUCUN_FICHIER, "invalid": AUCUN_FICHIER},
    )
    source = forms.CharField(
        label="D'où vient ce fichier",
        help_text="Imprimé sous la carte, comme le demande la Licence Ouverte. Par exemple : ANCT, QPV 2024.",
        max_length=150,
        error_messages={"required": SANS_SOURCE},
    )

    use_required_attribute = False

    def __init__(self, *args: Any, contrat: ContratVille, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.contrat = contrat

    def clean_fichier(self) -> Any:
        fichier = self.cleaned_data["fichier"]
        if not fichier.size:
            raise forms.ValidationError(FICHIER_VIDE)
        if fichier.size > OCTETS_MAX:
            raise forms.ValidationError(
                f"Ce fichier pèse {taille_lisible(fichier.size)} ; {taille_lisible(OCTETS_MAX)} au plus. Ne gardez que "
                f"les territoires du contrat, ou simplifiez les contours."
            )
        try:
            self.rapprochement: Rapprochement = rapprocher(self.contrat, fichier.read())
        except FichierRefuse as refus:
            raise forms.ValidationError(str(refus)) from refus
        return fichier


class ChoixContoursForm(forms.Form):
    """Which territory each outline of a file is. What was read travels signed: nothing is written before."""

    use_required_attribute = False

    contenu = forms.CharField(widget=forms.HiddenInput, error_messages={"required": APERCU_PERIME})

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        territoires: Sequence[Territoire],
        lu: Mapping[str, Any],
    ) -> None:
        super().__init__(data)
        self.territoires = {territoire.pk: territoire for territoire in territoires}
        self.lu = lu
        choix = [("", "Ne pas charger"), *((str(t.pk), _avec_ce_qui_change(t)) for t in territoires)]
        for rang, contour in enumerate(lu["contours"]):
            connu = contour["territoire"] if contour["territoire"] in self.territoires else ""
            self.fields[_nom(rang)] = forms.ChoiceField(
                label="Territoire du contrat", choices=choix, required=False, initial=connu
            )

    def lignes(self) -> Iterator[tuple[Mapping[str, Any], forms.BoundField]]:
        """Yield each outline with its field."""
        for rang, contour in enumerate(self.lu["contours"]):
            yield contour, self[_nom(rang)]

    def choisis(self) -> dict[int, dict[str, Any]]:
        """Return the geometries by territory (pk), as the form shows them: proposed at first, then as chosen."""
        trouves = {}
        for contour, champ in self.lignes():
            choix = str(champ.value() or "")
            if choix.isdecimal() and int(choix) in self.territoires:
                trouves[int(choix)] = contour["geometrie"]
        return trouves

    def clean(self) -> dict[str, Any]:
        donnees: dict[str, Any] = super().clean() or {}
        choisis: dict[int, dict[str, Any]] = {}
        for rang, contour in enumerate(self.lu["contours"]):
            choix = donnees.get(_nom(rang))
            if not choix:
                continue
            if int(choix) in choisis:
                self.add_error(_nom(rang), DEUX_FOIS)
            choisis[int(choix)] = contour["geometrie"]
        if not choisis and not self.errors:
            raise forms.ValidationError(AUCUN_CHOIX)
        return {**donnees, "geometries": choisis}

    @property
    def connus(self) -> dict[int, datetime | None]:
        """When the outline of each territory was loaded, as the preview knew it."""
        return {
            int(pk): datetime.fromisoformat(quand) if quand else None
            for pk, quand in self.lu["connus"].items()
        }


def _nom(rang: int) -> str:
    return f"territoire_{rang}"


def _avec_ce_qui_change(territoire: Territoire) -> str:
    if territoire.contour is None:
        return str(territoire)
    if territoire.contour_le is None:
        return f"{territoire} – remplace son contour"
    return f"{territoire} – remplace son contour du {date_longue(timezone.localdate(territoire.contour_le))}"


# -- What travels from the preview to the confirmation ---------------------------------------------
def _sel(utilisateur: Utilisateur, contrat: ContratVille) -> str:
    return f"contours-{utilisateur.pk}-{contrat.pk}"


def a_confirmer(
    rapprochement: Rapprochement, territoires: Sequence[Territoire], *, source: str, fichier: str
) -> dict[str, Any]:
    """Return what the preview shows and the confirmation writes, in plain values."""
    return {
        **asdict(rapprochement),
        "connus": {str(t.pk): t.contour_le.isoformat() if t.contour_le else "" for t in territoires},
        "source": source,
        "fichier": fichier,
    }


def signer_le_contenu(lu: Mapping[str, Any], utilisateur: Utilisateur, contrat: ContratVille) -> str:
    """Return what `lire_le_contenu` reads, for the same account and contract, for a day."""
    return signing.dumps(lu, salt=_sel(utilisateur, contrat), compress=True)


def lire_le_contenu(contenu: str, utilisateur: Utilisateur, contrat: ContratVille) -> dict[str, Any] | None:
    """Return what a preview signed; None when it is not ours, not this person's, or older than a day."""
    try:
        lu: dict[str, Any] = signing.loads(contenu, salt=_sel(utilisateur, contrat), max_age=UN_JOUR)
    except signing.BadSignature:
        return None
    return lu
