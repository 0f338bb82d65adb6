"""The administration: what the rooms share there, and the accounts.

It is for who runs the installation. What has its own page, its checks and its history in the application
(an action, an amount, a bilan) is only read here: nothing goes round the operations.
"""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from simple_history.admin import SimpleHistoryAdmin

from .models import Utilisateur

admin.site.site_header = "Pilotis – administration"
admin.site.site_title = "Pilotis"
admin.site.index_title = "Ce qui se règle rarement"


class LectureSeule:
    """Mixed into an admin or an inline: rows are read, never added, changed or deleted."""

    def has_add_permission(self, request: HttpRequest, *args: Any) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class AdminHistorique(SimpleHistoryAdmin):
    """A model with its history, which is read and never put back from here."""

    list_per_page = 50

    def revert_disabled(self, request: HttpRequest, obj: Any = None) -> bool:
        return True


class AdminLu(LectureSeule, AdminHistorique):
    """A model with its history, read only: the application changes it."""


@admin.register(Utilisateur)
class UtilisateurAdmin(admin.ModelAdmin):
    """Accounts. A new one has no password: its owner signs in with a code received by e-mail."""

    list_display = ("email", "prenom", "nom", "fonction", "is_active", "is_superuser", "last_login")
    list_filter = ("is_active", "is_superuser")
    search_fields = ("email", "nom", "prenom")
    fields = (
        *("email", "prenom", "nom", "fonction", "is_active"),
        *("is_superuser", "is_staff", "last_login", "date_joined"),
    )
    readonly_fields = ("last_login", "date_joined")

    def save_model(self, request: HttpRequest, obj: Utilisateur, form: Any, change: bool) -> None:
        if not change:
            obj.set_unusable_password()
        super().save_model(request, obj, form, change)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never: an account is made inactive, so that its history stays readable."""
        return False
