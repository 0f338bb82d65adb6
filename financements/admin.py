"""Funders, envelopes, payments and budgets are set up here; amounts are changed on the page of the action."""

from django.contrib import admin

from comptes.admin import AdminHistorique, AdminLu, LectureSeule

from .models import (
    AccesFinanceur,
    AmbiguiteMontants,
    AvisFinanceur,
    Budget,
    CompteBudgetaire,
    ConditionVersement,
    Enveloppe,
    ExplicationEcart,
    Financeur,
    LecturePossible,
    LigneBudget,
    LigneFinancement,
    MontantConvention,
    MontantScenario,
    RegleVersement,
    Reversement,
    Scenario,
    TotalControle,
    Versement,
)


@admin.register(CompteBudgetaire)
class CompteBudgetaireAdmin(admin.ModelAdmin):
    list_display = ("code", "libelle", "sens", "parent", "hors_total", "ordre")
    list_filter = ("sens", "hors_total")
    list_select_related = ("parent",)
    search_fields = ("code", "libelle")
    autocomplete_fields = ("parent",)


@admin.register(Financeur)
class FinanceurAdmin(AdminHistorique):
    list_display = ("nom", "sigle", "contrat", "type", "dans_total", "ordre")
    list_filter = ("contrat", "type", "dans_total")
    list_select_related = ("contrat",)
    search_fields = ("nom", "sigle")
    autocomplete_fields = ("contrat", "ligne_cerfa", "partenaire")


@admin.register(AccesFinanceur)
class AccesFinanceurAdmin(AdminHistorique):
    list_display = ("utilisateur", "financeur", "cree_le")
    list_select_related = ("utilisateur", "financeur")
    search_fields = ("utilisateur__email", "utilisateur__nom", "financeur__nom")
    autocomplete_fields = ("utilisateur", "financeur")


@admin.register(Enveloppe)
class EnveloppeAdmin(AdminHistorique):
    list_display = ("financeur", "campagne", "dispositif", "montant")
    list_filter = ("campagne__contrat", "campagne__annee")
    list_select_related = ("financeur", "campagne__contrat", "dispositif")
    search_fields = ("financeur__nom",)
    autocomplete_fields = ("financeur", "campagne", "dispositif")


@admin.register(LigneFinancement)
class LigneFinancementAdmin(AdminLu):
    list_display = (
        *("action_annuelle", "financeur", "nature_credit"),
        *("montant_demande", "montant_propose", "montant_accorde", "montant_notifie", "version"),
    )
    list_filter = ("financeur__contrat", "action_annuelle__campagne__annee", "nature_credit")
    list_select_related = ("action_annuelle__action", "action_annuelle__campagne", "financeur")
    search_fields = ("action_annuelle__action__recherche", "financeur__nom")


@admin.register(AvisFinanceur)
class AvisFinanceurAdmin(AdminLu):
    list_display = ("action_annuelle", "financeur", "sens", "rendu_le")
    list_filter = ("financeur__contrat", "sens")
    list_select_related = ("action_annuelle__action", "action_annuelle__campagne", "financeur")
    search_fields = ("action_annuelle__action__recherche", "financeur__nom")


class MontantScenarioInline(LectureSeule, admin.TabularInline):
    model = MontantScenario
    extra = 0


@admin.register(Scenario)
class ScenarioAdmin(AdminLu):
    list_display = ("nom", "campagne", "etat", "statut", "cree_par", "adopte_le")
    list_filter = ("campagne__contrat", "statut")
    list_select_related = ("campagne__contrat", "cree_par")
    search_fields = ("nom",)
    inlines = (MontantScenarioInline,)


@admin.register(MontantConvention)
class MontantConventionAdmin(AdminHistorique):
    list_display = ("convention", "annee", "financeur", "montant_prevu", "montant_vote", "vote_le")
    list_filter = ("convention__contrat", "annee")
    list_select_related = ("convention", "financeur")
    search_fields = ("convention__intitule",)
    autocomplete_fields = ("convention", "financeur", "deliberation")


@admin.register(RegleVersement)
class RegleVersementAdmin(AdminHistorique):
    list_display = (
        *("convention", "financeur", "rang", "libelle", "type"),
        *("mois", "numerateur", "denominateur", "base"),
    )
    list_select_related = ("convention", "financeur")
    search_fields = ("convention__intitule", "financeur__nom", "libelle")
    autocomplete_fields = ("convention", "financeur")


class ReversementInline(LectureSeule, admin.TabularInline):
    model = Reversement
    extra = 0


class ConditionInline(LectureSeule, admin.TabularInline):
    model = ConditionVersement
    extra = 0


@admin.register(Versement)
class VersementAdmin(AdminLu):
    list_display = ("__str__", "statut", "date_prevue", "montant_prevu", "date_versement", "montant_verse")
    list_filter = ("statut", "type")
    search_fields = ("reference", "ligne__action_annuelle__action__recherche", "convention__intitule")
    inlines = (ConditionInline, ReversementInline)


class LigneBudgetInline(admin.TabularInline):
    model = LigneBudget
    extra = 0
    autocomplete_fields = ("compte", "financeur")


class ExplicationEcartInline(admin.TabularInline):
    model = ExplicationEcart
    extra = 0
    autocomplete_fields = ("compte",)


@admin.register(Budget)
class BudgetAdmin(AdminHistorique):
    list_display = ("action_annuelle", "type", "total_annonce")
    list_filter = ("action_annuelle__campagne__contrat", "type")
    list_select_related = ("action_annuelle__action", "action_annuelle__campagne")
    search_fields = ("action_annuelle__action__recherche",)
    autocomplete_fields = ("action_annuelle",)
    inlines = (LigneBudgetInline, ExplicationEcartInline)


@admin.register(TotalControle)
class TotalControleAdmin(admin.ModelAdmin):
    list_display = ("libelle", "campagne", "nature", "financeur", "porteur", "valeur")
    list_filter = ("campagne__contrat", "campagne__annee", "nature")
    list_select_related = ("campagne__contrat", "financeur", "porteur")
    search_fields = ("libelle",)
    autocomplete_fields = ("campagne", "financeur", "porteur")


class LectureInline(LectureSeule, admin.TabularInline):
    model = LecturePossible
    extra = 0


@admin.register(AmbiguiteMontants)
class AmbiguiteMontantsAdmin(AdminLu):
    """Settled on its own page."""

    list_display = ("action_annuelle", "lecture_retenue", "tranchee_le", "tranchee_par")
    list_select_related = (
        *("action_annuelle__action", "action_annuelle__campagne"),
        *("lecture_retenue", "tranchee_par"),
    )
    search_fields = ("action_annuelle__action__recherche",)
    inlines = (LectureInline,)
