"""Bilans and reports go through their workflow on their pages: here they are read, with their history."""

from django.contrib import admin

from comptes.admin import AdminLu, LectureSeule

from .models import (
    Bilan,
    BilanStructure,
    Commentaire,
    Courriel,
    DocumentConvention,
    Effectif,
    PieceJointe,
    RapportAnnuel,
    Recu,
    ReponseQuestion,
    Transition,
    ValeurIndicateur,
)


class LuInline(LectureSeule, admin.TabularInline):
    extra = 0


class EffectifInline(LuInline):
    model = Effectif
    fields = ("mesure", "perimetre", "sexe", "tranche", "valeur", "valeur_min", "valeur_max", "approximatif")


class ValeurInline(LuInline):
    model = ValeurIndicateur
    fields = ("ordre", "libelle", "unite", "valeur", "approximatif")


class ReponseInline(LuInline):
    model = ReponseQuestion


class PieceInline(LuInline):
    model = PieceJointe
    fields = readonly_fields = ("depose_le", "nom", "nature", "taille", "depose_par")


class RecuInline(LuInline):
    model = Recu
    fields = readonly_fields = ("transmis_le", "transmis_par", "empreinte")


class TransitionInline(LuInline):
    model = Transition
    fields = readonly_fields = ("date", "de", "vers", "auteur", "commentaire")


class CommentaireInline(LuInline):
    model = Commentaire
    fields = readonly_fields = ("date", "champ", "texte", "interne", "auteur", "regle_le")


@admin.register(Bilan)
class BilanAdmin(AdminLu):
    list_display = ("action_annuelle", "statut", "realisation", "transmis_le", "valide_le", "version")
    list_filter = ("action_annuelle__campagne__contrat", "action_annuelle__campagne__annee", "statut")
    list_select_related = ("action_annuelle__action", "action_annuelle__campagne")
    search_fields = ("action_annuelle__action__recherche", "action_annuelle__action__porteur__recherche")
    inlines = (
        EffectifInline,
        ValeurInline,
        ReponseInline,
        PieceInline,
        RecuInline,
        TransitionInline,
        CommentaireInline,
    )


@admin.register(DocumentConvention)
class DocumentConventionAdmin(AdminLu):
    list_display = ("libelle", "convention", "recu_le", "depose_par")
    list_filter = ("convention__contrat",)
    list_select_related = ("convention", "depose_par")
    search_fields = ("libelle", "convention__intitule", "convention__porteur__recherche")


@admin.register(Courriel)
class CourrielAdmin(LectureSeule, admin.ModelAdmin):
    list_display = ("cree_le", "type", "destinataire", "porteur", "statut", "envoye_le")
    list_filter = ("campagne__contrat", "campagne__annee", "type", "statut")
    list_select_related = ("porteur", "campagne")
    search_fields = ("destinataire", "objet", "porteur__recherche")


@admin.register(BilanStructure)
class BilanStructureAdmin(AdminLu):
    list_display = ("porteur", "campagne", "statut")
    list_filter = ("campagne__contrat", "campagne__annee", "statut")
    list_select_related = ("porteur", "campagne__contrat")
    search_fields = ("porteur__recherche",)


@admin.register(RapportAnnuel)
class RapportAnnuelAdmin(AdminLu):
    list_display = ("contrat", "annee", "statut", "date_envoi_avis", "echeance_avis")
    list_filter = ("contrat", "statut")
    list_select_related = ("contrat",)
    search_fields = ("contrat__nom", "annee")
