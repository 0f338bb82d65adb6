"""What the pages do not do yet: people of a structure, agréments, conventions, accounts that represent it."""

from django.contrib import admin

from comptes.admin import AdminHistorique, AdminLu, LectureSeule

from .forms import ConventionAdminForm
from .models import (
    AccesPorteur,
    Agrement,
    AliasPorteur,
    Avenant,
    AxeConvention,
    Convention,
    Echeance,
    EvenementConvention,
    MoyenHumain,
    Obligation,
    PartieConvention,
    Porteur,
    Representant,
)


class AliasPorteurInline(LectureSeule, admin.TabularInline):
    model = AliasPorteur
    extra = 0


@admin.register(Porteur)
class PorteurAdmin(AdminLu):
    """Changed on its own page, which looks for homonyms."""

    list_display = ("nom", "type", "parent", "epci", "siret", "actif")
    list_filter = ("epci", "type", "actif")
    list_select_related = ("parent", "epci")
    search_fields = ("recherche", "siret")
    inlines = (AliasPorteurInline,)


class DossierAdmin(admin.ModelAdmin):
    """What belongs to a porteur is found by porteur."""

    list_select_related = ("porteur",)
    autocomplete_fields = ("porteur",)


@admin.register(Representant)
class RepresentantAdmin(AdminHistorique, DossierAdmin):
    list_display = ("nom", "fonction", "porteur", "legal", "date_debut", "date_fin")
    list_filter = ("legal",)
    search_fields = ("nom", "porteur__recherche")


@admin.register(Agrement)
class AgrementAdmin(DossierAdmin):
    list_display = ("type", "organisme", "porteur", "date_debut", "date_fin")
    search_fields = ("type", "porteur__recherche")


@admin.register(MoyenHumain)
class MoyenHumainAdmin(DossierAdmin):
    list_display = ("porteur", "annee", "salaries_permanents", "etp_permanents", "benevoles", "adherents")
    list_filter = ("annee",)
    search_fields = ("porteur__recherche",)


@admin.register(AccesPorteur)
class AccesPorteurAdmin(AdminHistorique):
    list_display = ("utilisateur", "porteur", "role", "cree_le")
    list_select_related = ("utilisateur", "porteur")
    search_fields = ("utilisateur__email", "utilisateur__nom", "porteur__recherche")
    autocomplete_fields = ("utilisateur", "porteur")


class PartieInline(admin.TabularInline):
    model = PartieConvention
    extra = 0


class ObligationInline(admin.StackedInline):
    model = Obligation
    extra = 0


class EcheanceInline(admin.TabularInline):
    model = Echeance
    extra = 0
    raw_id_fields = ("obligation", "evenement")


class AxeInline(admin.TabularInline):
    model = AxeConvention
    extra = 0


class AvenantInline(admin.TabularInline):
    model = Avenant
    extra = 0
    autocomplete_fields = ("deliberation",)


class EvenementInline(admin.StackedInline):
    model = EvenementConvention
    extra = 0


@admin.register(Convention)
class ConventionAdmin(AdminHistorique):
    form = ConventionAdminForm
    list_display = ("intitule", "porteur", "contrat", "type", "statut", "date_debut", "date_fin")
    list_filter = ("contrat", "type", "statut")
    list_select_related = ("porteur", "contrat")
    search_fields = ("intitule", "porteur__recherche")
    autocomplete_fields = ("contrat", "porteur", "deliberation")
    inlines = (PartieInline, AxeInline, ObligationInline, EvenementInline, EcheanceInline, AvenantInline)
