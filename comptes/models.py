"""Accounts. What an account may see and do comes from the access rows that each room owns."""

from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models
from django.utils import timezone


class GestionnaireUtilisateurs(BaseUserManager["Utilisateur"]):
    def create_user(self, email: str, password: str | None = None, **champs: Any) -> "Utilisateur":
        """Create and return an account; without a password it signs in with a code by e-mail."""
        utilisateur = self.model(email=email.strip().lower(), **champs)
        utilisateur.set_password(password)
        utilisateur.save(using=self._db)
        return utilisateur

    def create_superuser(self, email: str, password: str | None = None, **champs: Any) -> "Utilisateur":
        """Create and return an administrator."""
        return self.create_user(email, password, is_staff=True, is_superuser=True, **champs)

    def visibles_par(self, utilisateur: Any) -> models.QuerySet["Utilisateur"]:
        """Return the accounts that `utilisateur` may list: all for the administrator, else its own."""
        if not getattr(utilisateur, "is_active", False):
            return self.none()
        return self.all() if utilisateur.est_administrateur else self.filter(pk=utilisateur.pk)


class Utilisateur(AbstractBaseUser, PermissionsMixin):
    """A person who signs in, with an e-mail address as name."""

    email = models.EmailField(
        "adresse électronique",
        unique=True,
        error_messages={"unique": "Un compte existe déjà avec cette adresse électronique."},
    )
    prenom = models.CharField("prénom", max_length=100, blank=True)
    nom = models.CharField("nom", max_length=100, blank=True)
    fonction = models.CharField("fonction", max_length=150, blank=True)
    is_staff = models.BooleanField(
        "accès à l'administration",
        default=False,
        help_text="Ouvre l'administration ; ne donne aucun autre droit.",
    )
    is_active = models.BooleanField(
        "actif",
        default=True,
        help_text="Décochez plutôt que de supprimer un compte : son historique reste lisible.",
    )
    date_joined = models.DateTimeField("créé le", default=timezone.now)

    objects = GestionnaireUtilisateurs()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        verbose_name = "compte"
        verbose_name_plural = "comptes"
        ordering = ["email"]

    def __str__(self) -> str:
        return self.get_full_name() or self.email

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.email = self.email.strip().lower()
        super().save(*args, **kwargs)

    def get_full_name(self) -> str:
        """Return « Prénom Nom », empty when neither is known."""
        return f"{self.prenom} {self.nom}".strip()

    def get_short_name(self) -> str:
        """Return the first name, or the e-mail address."""
        return self.prenom or self.email

    @property
    def est_administrateur(self) -> bool:
        """Whether the account sees and may do everything; `is_staff` alone opens nothing but the admin."""
        return self.is_active and self.is_superuser
