"""Campaigns and nomenclatures are set up here; actions are changed on their own pages."""

from django.contrib import admin

from comptes.admin import AdminHistorique, AdminLu, LectureSeule

from .models import (
    Action,
    ActionAnnuelle,
    ActionTerritoire,
    Campagne,
    Dispositif,
    IndicateurAction,
    Thematique,
    TrancheAge,
    Volet,
)


class TrancheAgeInline(admin.TabularInline):
    model = TrancheAge
    extra = 0


@admin.register(Campagne)
class CampagneAdmin(AdminHistorique):
    list_display = ("contrat", "annee", "statut", "bilan_ouverture", "bilan_echeance")
    list_filter = ("contrat", "annee", "statut")
    list_select_related = ("contrat",)
    search_fields = ("contrat__nom", "contrat__nom_court", "annee")
    autocomplete_fields = ("contrat",)
    inlines = (TrancheAgeInline,)


@admin.register(Dispositif)
class DispositifAdmin(admin.ModelAdmin):
    list_display = ("code", "libelle", "ordre")
    search_fields = ("code", "libelle")


@admin.register(Thematique)
class ThematiqueAdmin(admin.ModelAdmin):
    list_display = ("code", "libelle", "parent", "ordre")
    list_select_related = ("parent",)
    search_fields = ("code", "libelle")
    autocomplete_fields = ("parent",)


@admin.register(Action)
class ActionAdmin(AdminLu):
    list_display = ("intitule", "porteur", "contrat", "reference_dauphin")
    list_filter = ("contrat",)
    list_select_related = ("porteur", "contrat")
    search_fields = ("recherche", "porteur__recherche")


class LuInline(LectureSeule, admin.TabularInline):
    extra = 0


class TerritoiresInline(LuInline):
    model = ActionTerritoire


class VoletInline(LuInline):
    model = Volet


class IndicateurInline(LuInline):
    model = IndicateurAction


@admin.register(ActionAnnuelle)
class ActionAnnuelleAdmin(AdminLu):
    list_display = ("action", "campagne", "dispositif", "statut", "axe", "version")
    list_filter = ("campagne__contrat", "campagne__annee", "statut")
    list_select_related = ("action", "campagne__contrat", "dispositif", "axe")
    search_fields = ("action__recherche", "action__porteur__recherche")
    inlines = (TerritoiresInline, VoletInline, IndicateurInline)
