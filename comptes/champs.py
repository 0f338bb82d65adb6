"""Form fields shared by the rooms: an amount, a count, a date, as people in France type them.

Each one reads what is unambiguous, refuses the rest with a sentence that says how to write it, and
shows again exactly what was typed. A blank gives None, which is not zero.
"""

import re
from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from django import forms
from django.core.exceptions import ValidationError

from documents import formats
from documents.texte import nettoyer

# What a keyboard, a spreadsheet or a PDF puts between groups of three digits.
ESPACES = re.compile("[\\s\u00a0\u2007\u2009\u202f]+")
MOINS = "-\u2212\u2013"

GROUPES = re.compile(r"[0-9]{1,3}( [0-9]{3})+|[0-9]+")
# How people end an amount: « 1 200 € », « 1200 euros ».
EUROS = re.compile(" ?(€|eur|euros?)$", re.IGNORECASE)
MILLIERS_AMBIGUS = re.compile(r"[0-9]{1,3}[.,][0-9]{3}")
MONTANT = re.compile(r"(?P<entier>[0-9 ]*)(?:[.,](?P<decimales>[0-9]*))?")
DATE_FRANCAISE = re.compile(r"(?P<jour>[0-9]{1,2})[/.\- ](?P<mois>[0-9]{1,2})[/.\- ](?P<annee>[0-9]+)")
DATE_ISO = re.compile(r"(?P<annee>[0-9]+)-(?P<mois>[0-9]{2})-(?P<jour>[0-9]{2})")

PLUS_GRAND_MONTANT = Decimal("9999999999.99")
# The largest integer that a PositiveIntegerField holds on every database.
PLUS_GRAND_NOMBRE = 2_147_483_647
# Ten pages: a whole file pasted by mistake is told, and the text fits in a cell of Excel.
PLUS_LONG_TEXTE = 20_000
TROP_LONG = "Ce texte a {longueur} caractères : abrégez-le à {limite} au plus."
# Older than any association, so that a year typed with a digit missing is seen.
PREMIERE_ANNEE, DERNIERE_ANNEE = 1800, 2100

MONTANT_ILLISIBLE = "Saisissez un montant en chiffres, par exemple 24 000 ou 1 234,50."
MONTANT_NEGATIF = "Un montant ne peut pas être négatif : vérifiez le signe."
MONTANT_CENTIMES = "Un montant a deux chiffres après la virgule au plus, par exemple 1 234,50."
MONTANT_GRAND = "Ce montant est trop grand : vérifiez le nombre de zéros."
NOMBRE_ILLISIBLE = "Saisissez un nombre entier, sans lettre ni virgule, par exemple 30 ou 1 200."
NOMBRE_NEGATIF = "Un nombre ne peut pas être négatif : vérifiez le signe."
NOMBRE_GRAND = "Ce nombre est trop grand : vérifiez le nombre de zéros."
DATE_ILLISIBLE = "Écrivez la date avec le jour, le mois et l'année, par exemple 30/06/2024."
DATE_IMPOSSIBLE = "Cette date n'existe pas : vérifiez le jour et le mois."
DATE_ANNEE = "Écrivez l'année en quatre chiffres, par exemple 30/06/2024."


def _resserrer(texte: str) -> str:
    """Return `texte` with single ordinary spaces only."""
    return ESPACES.sub(" ", texte).strip()


def _ambigu(texte: str) -> str:
    chiffres = re.sub("[.,]", " ", texte)
    return (
        f"« {texte} » peut se lire de deux façons : écrivez {chiffres}, ou {chiffres.replace(' ', ',')[:-1]}."
    )


class ChampTexteLu(forms.Field):
    """A text box whose text is read by us; the typed text comes back as it was when it cannot be."""

    clavier = "text"
    # What a model field asks of Django's own form field (Meta.field_classes); ours have their own bounds.
    BORNES_DU_MODELE = ("min_value", "max_value", "max_digits", "decimal_places")

    def __init__(self, **options: Any) -> None:
        options.setdefault("widget", forms.TextInput)
        super().__init__(**{nom: o for nom, o in options.items() if nom not in self.BORNES_DU_MODELE})

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return {**super().widget_attrs(widget), "inputmode": self.clavier, "autocomplete": "off"}

    def to_python(self, value: Any) -> Any:
        """Return the value read, None for a blank; raise ValidationError for what cannot be read."""
        if not isinstance(value, str):
            return value
        texte = _resserrer(value)
        return self.lire(texte) if texte else None

    def lire(self, texte: str) -> Any:
        """Return the value of a text that is not empty and has single spaces only."""
        raise NotImplementedError

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return bool(self.to_python(data) != (None if initial == "" else initial))
        except ValidationError:
            return True


class ChampMontantFormulaire(ChampTexteLu):
    """An amount in euros: « 24 000 », « 1 234,50 € », « 1234.5 euros ». Gives a Decimal with two decimals, or None."""

    clavier = "decimal"

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.widget.attrs.setdefault("data-unite", "€")

    def lire(self, texte: str) -> Decimal:
        nu = EUROS.sub("", texte)
        if nu[:1] in MOINS and re.fullmatch(r"[0-9 .,]+", nu[1:]):
            raise ValidationError(MONTANT_NEGATIF)
        if MILLIERS_AMBIGUS.fullmatch(nu):
            raise ValidationError(_ambigu(nu))
        lu = MONTANT.fullmatch(nu)
        entier, decimales = (lu["entier"].strip(), lu["decimales"] or "") if lu else ("", "")
        if not GROUPES.fullmatch(entier):
            raise ValidationError(MONTANT_ILLISIBLE)
        if len(decimales) > 2:
            raise ValidationError(MONTANT_CENTIMES)
        montant = Decimal(f"{entier.replace(' ', '')}.{decimales:0<2}")
        if montant > PLUS_GRAND_MONTANT:
            raise ValidationError(MONTANT_GRAND)
        return montant

    def prepare_value(self, value: Any) -> Any:
        """Show a known amount as French accounts write it; leave alone what was typed."""
        return formats.montant(value, unite=False) if isinstance(value, Decimal) else value


class ChampNombre(ChampTexteLu):
    """A count: an integer from zero, spaces allowed between groups of three. Gives an int, or None."""

    clavier = "numeric"

    def __init__(self, *, maximum: int = PLUS_GRAND_NOMBRE, **options: Any) -> None:
        self.maximum = maximum
        super().__init__(**options)

    def lire(self, texte: str) -> int:
        if texte[:1] in MOINS and GROUPES.fullmatch(texte[1:].strip()):
            raise ValidationError(NOMBRE_NEGATIF)
        if not GROUPES.fullmatch(texte):
            raise ValidationError(NOMBRE_ILLISIBLE)
        chiffres = texte.replace(" ", "").lstrip("0") or "0"
        # Compared by length first: reading a million digits would keep the server busy.
        if len(chiffres) > len(str(self.maximum)) or int(chiffres) > self.maximum:
            raise ValidationError(NOMBRE_GRAND)
        return int(chiffres)

    def prepare_value(self, value: Any) -> Any:
        return formats.nombre(value) if isinstance(value, int) else value


class ChampDate(forms.Field):
    """A day: from the browser's calendar, or typed 30/06/2024 where there is none. Gives a date, or None."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("widget", forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}))
        super().__init__(**options)

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return {**super().widget_attrs(widget), "autocomplete": "off"}

    def to_python(self, value: Any) -> date | None:
        """Return the day read, None for a blank; raise ValidationError for what is no day."""
        if value is None or isinstance(value, date):
            return value
        texte = _resserrer(str(value))
        if not texte:
            return None
        lu = DATE_ISO.fullmatch(texte) or DATE_FRANCAISE.fullmatch(texte)
        if not lu:
            raise ValidationError(DATE_ILLISIBLE)
        annee = lu["annee"]
        if len(annee) != 4 or not PREMIERE_ANNEE <= int(annee) <= DERNIERE_ANNEE:
            raise ValidationError(DATE_ANNEE)
        try:
            return date(int(annee), int(lu["mois"]), int(lu["jour"]))
        except ValueError:
            raise ValidationError(DATE_IMPOSSIBLE) from None

    def prepare_value(self, value: Any) -> Any:
        """Give the browser's calendar the only format that it shows; leave alone what is no day."""
        try:
            jour = self.to_python(value)
        except ValidationError:
            return value
        return jour.isoformat() if jour else value

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return bool(self.to_python(data) != (None if initial == "" else initial))
        except ValidationError:
            return True


class ChampTexte(forms.CharField):
    """A text without what no document can hold: « \\r\\n » line ends, control characters pasted from a PDF.

    Without a `max_length` of its own it takes `PLUS_LONG_TEXTE` characters. The browser is not told, for it
    would cut what is pasted without a word.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        if self.max_length is None:
            self.validators.append(_refuser_trop_long)

    def to_python(self, value: Any) -> Any:
        texte = super().to_python(value)
        return nettoyer(texte) if isinstance(texte, str) else texte


def _refuser_trop_long(texte: str) -> None:
    if len(texte) > PLUS_LONG_TEXTE:
        longueur, limite = formats.nombre(len(texte)), formats.nombre(PLUS_LONG_TEXTE)
        raise ValidationError(TROP_LONG.format(longueur=longueur, limite=limite))


class Groupe(NamedTuple):
    """Fields of a form shown together, under a title and a sentence (templates/composants/groupes.html)."""

    titre: str
    phrase: str
    champs: list[forms.BoundField]


def groupes(form: forms.BaseForm, description: Iterable[tuple[str, str, Iterable[str]]]) -> Iterator[Groupe]:
    """Give the visible fields of `form` by group; a group is described by its title, its sentence, its names.

    A name that the form does not have in this situation is left out.
    """
    for titre, phrase, noms in description:
        champs = [form[nom] for nom in noms if nom in form.fields]
        yield Groupe(titre, phrase, [champ for champ in champs if not champ.is_hidden])
