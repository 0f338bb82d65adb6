"""Abstract models shared by the rooms above."""

from typing import Any

from django.db import models

from documents.normalisation import normaliser

from .cles import nouvelle_cle


def libelle_du_champ(modele: type[models.Model], champ: str) -> str:
    """Return the name of a field as people read it, in the middle of a sentence: « moyens humains »."""
    return str(getattr(modele._meta.get_field(champ), "verbose_name", champ))


class AvecCle(models.Model):
    """An object that has an address: known there by an unguessable key, never by its row number."""

    cle = models.CharField("clé", max_length=12, unique=True, editable=False, default=nouvelle_cle)

    class Meta:
        abstract = True


class AvecRecherche(models.Model):
    """An object found and sorted without accents or case, the same on every database."""

    CHAMPS_RECHERCHE: tuple[str, ...] = ()

    recherche = models.TextField("texte de recherche", blank=True, editable=False)

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.recherche = self.texte_recherche()
        if (champs := kwargs.get("update_fields")) is not None:
            kwargs["update_fields"] = {*champs, "recherche"}
        super().save(*args, **kwargs)

    def texte_recherche(self) -> str:
        """Return the normalised text of the fields named in `CHAMPS_RECHERCHE`."""
        return normaliser(" ".join(str(getattr(self, champ) or "") for champ in self.CHAMPS_RECHERCHE))
