"""The frame of a contract is set up here: it changes once in six years."""

from django.contrib import admin

from comptes.admin import AdminHistorique, AdminLu, LectureSeule

from .models import (
    AccesContrat,
    AliasTerritoire,
    Axe,
    Commune,
    ContratVille,
    Critere,
    Deliberation,
    Epci,
    GenerationQpv,
    Indicateur,
    Instance,
    Levier,
    Objectif,
    ObjectifNational,
    Partenaire,
    PartenaireAssocie,
    PhaseContrat,
    Seance,
    Statistique,
    Territoire,
    ValeurStatistique,
)


@admin.register(ObjectifNational, GenerationQpv)
class NomenclatureAdmin(admin.ModelAdmin):
    list_display = ("code", "libelle", "ordre")
    search_fields = ("code", "libelle")


@admin.register(Epci)
class EpciAdmin(AdminHistorique):
    """Its logo and its colour are set on the page of the contract, which shows what becomes of them."""

    list_display = ("nom", "siren")
    fields = ("nom", "siren")
    search_fields = ("nom",)


@admin.register(Commune)
class CommuneAdmin(admin.ModelAdmin):
    list_display = ("nom", "code_insee", "epci")
    list_select_related = ("epci",)
    search_fields = ("nom", "code_insee")
    autocomplete_fields = ("epci",)


class PhaseInline(admin.TabularInline):
    model = PhaseContrat
    extra = 0


class AccesContratInline(admin.TabularInline):
    model = AccesContrat
    extra = 0
    autocomplete_fields = ("utilisateur",)


@admin.register(ContratVille)
class ContratVilleAdmin(AdminHistorique):
    list_display = ("nom_court", "nom", "epci", "date_debut", "date_fin")
    list_select_related = ("epci",)
    search_fields = ("nom", "nom_court", "slug")
    autocomplete_fields = ("epci", "communes")
    filter_horizontal = ("objectifs_nationaux",)
    inlines = (PhaseInline, AccesContratInline)


class AliasTerritoireInline(LectureSeule, admin.TabularInline):
    model = AliasTerritoire
    extra = 0


@admin.register(Territoire)
class TerritoireAdmin(AdminHistorique):
    """Its outline is loaded on a page of the contract, which checks it."""

    exclude = ("contour", "contour_source")
    list_display = ("nom", "contrat", "type", "code", "generation", "population")
    list_filter = ("contrat", "type")
    list_select_related = ("contrat", "generation")
    search_fields = ("recherche", "code")
    autocomplete_fields = ("contrat", "generation", "predecesseurs", "commune")
    inlines = (AliasTerritoireInline,)


class ElementInline(admin.TabularInline):
    extra = 0


class ObjectifInline(ElementInline):
    model = Objectif


class PartenaireAssocieInline(ElementInline):
    model = PartenaireAssocie
    autocomplete_fields = ("partenaire",)


class LevierInline(ElementInline):
    model = Levier


class CritereInline(ElementInline):
    model = Critere
    autocomplete_fields = ("indicateur",)


@admin.register(Axe)
class AxeAdmin(AdminHistorique):
    list_display = ("code", "libelle", "contrat", "niveau", "parent", "archive")
    list_filter = ("contrat", "niveau", "archive")
    list_select_related = ("contrat", "parent")
    search_fields = ("recherche",)
    autocomplete_fields = ("contrat", "parent")
    inlines = (ObjectifInline, PartenaireAssocieInline, LevierInline, CritereInline)


@admin.register(Partenaire)
class PartenaireAdmin(LectureSeule, admin.ModelAdmin):
    list_display = ("nom", "contrat", "type")
    list_filter = ("contrat", "type")
    list_select_related = ("contrat",)
    search_fields = ("recherche",)


@admin.register(Indicateur)
class IndicateurAdmin(admin.ModelAdmin):
    list_display = ("code", "libelle", "contrat", "unite", "agregation", "sexue")
    list_filter = ("contrat",)
    list_select_related = ("contrat",)
    search_fields = ("code", "libelle")
    autocomplete_fields = ("contrat", "axe")


class ValeurStatistiqueInline(admin.TabularInline):
    model = ValeurStatistique
    extra = 0


@admin.register(Statistique)
class StatistiqueAdmin(admin.ModelAdmin):
    list_display = ("libelle", "contrat", "theme", "unite", "annee", "source")
    list_filter = ("contrat", "theme")
    list_select_related = ("contrat",)
    search_fields = ("libelle",)
    autocomplete_fields = ("contrat", "territoire")
    inlines = (ValeurStatistiqueInline,)


@admin.register(Instance)
class InstanceAdmin(admin.ModelAdmin):
    list_display = ("nom", "contrat", "type", "frequence")
    list_filter = ("contrat",)
    list_select_related = ("contrat",)
    search_fields = ("nom",)
    autocomplete_fields = ("contrat",)


@admin.register(Seance)
class SeanceAdmin(admin.ModelAdmin):
    list_display = ("instance", "date", "lieu", "publie")
    list_select_related = ("instance",)
    search_fields = ("instance__nom", "lieu")
    autocomplete_fields = ("instance",)


@admin.register(Deliberation)
class DeliberationAdmin(admin.ModelAdmin):
    list_display = ("organe", "date", "numero", "contrat")
    list_filter = ("contrat",)
    list_select_related = ("contrat",)
    search_fields = ("organe", "numero", "objet")
    autocomplete_fields = ("contrat",)


@admin.register(AccesContrat)
class AccesContratAdmin(AdminLu):
    """Given on the page of the contract; read here, with who gave it and when."""

    list_display = ("utilisateur", "contrat", "role", "cree_le")
    list_filter = ("contrat", "role")
    list_select_related = ("utilisateur", "contrat")
    search_fields = ("utilisateur__email", "utilisateur__nom")
