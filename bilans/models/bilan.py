"""A bilan with normalised effectifs, its answers, its workflow and the remarks made on it."""

from datetime import date
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from simple_history.models import HistoricalRecords

from actions.models import ActionAnnuelle, IndicateurAction, IndicateurDemande, Question, TrancheAge
from comptes.modeles import AvecCle
from contrats.models import Indicateur
from documents.normalisation import normaliser

from ..querysets import (
    BilanQuerySet,
    CommentaireQuerySet,
    SuiviBilanQuerySet,
    ViaBilan,
)


class Bilan(AvecCle):
    """The porteur's report of one action for one year (docs/etats.md for its workflow)."""

    class Statut(models.TextChoices):
        A_SAISIR = "a_saisir", "À saisir"
        EN_SAISIE = "en_saisie", "En saisie"
        TRANSMIS = "transmis", "Transmis"
        EN_VERIFICATION = "en_verification", "En vérification"
        A_COMPLETER = "a_completer", "À compléter"
        VALIDE = "valide", "Validé"
        INTEGRE = "integre", "Intégré au rapport"
        PUBLIE = "publie", "Publié"
        DISPENSE = "dispense", "Dispensé"

    class Realisation(models.TextChoices):
        REALISEE = "realisee", "Réalisée"
        PARTIELLE = "partielle", "Réalisée en partie"
        REPORTEE = "reportee", "Reportée : dates à modifier"
        NON_REALISEE = "non_realisee", "Non réalisée"

    STATUTS_MODIFIABLES = (Statut.A_SAISIR, Statut.EN_SAISIE, Statut.A_COMPLETER)
    STATUTS_EN_LECTURE = (Statut.TRANSMIS, Statut.EN_VERIFICATION)
    STATUTS_VALIDES = (Statut.VALIDE, Statut.INTEGRE, Statut.PUBLIE)
    STATUTS_RECUS = (*STATUTS_EN_LECTURE, *STATUTS_VALIDES)
    ORDRE_AVANCEMENT = (
        Statut.TRANSMIS,
        Statut.EN_VERIFICATION,
        Statut.A_COMPLETER,
        Statut.EN_SAISIE,
        Statut.A_SAISIR,
        Statut.VALIDE,
        Statut.INTEGRE,
        Statut.PUBLIE,
        Statut.DISPENSE,
    )
    REALISATIONS_MOTIVEES = (Realisation.NON_REALISEE, Realisation.REPORTEE)

    # The narrative, in the order of the form and of the annexes.
    CHAMPS_RECIT = (
        "mise_en_oeuvre",
        "objectifs_atteints",
        "points_forts",
        "difficultes",
        "perspectives",
        "participation_habitants",
        "egalite_femmes_hommes",
    )

    action_annuelle = models.OneToOneField(
        ActionAnnuelle, models.PROTECT, related_name="bilan", verbose_name="action"
    )
    statut = models.CharField("état", max_length=20, choices=Statut, default=Statut.A_SAISIR)
    realisation = models.CharField("l'action a été", max_length=15, choices=Realisation, blank=True)
    motif_non_realisation = models.TextField("motif", blank=True)

    mise_en_oeuvre = models.TextField("déroulement de l'action", blank=True)
    objectifs_atteints = models.TextField("résultats au regard des objectifs", blank=True)
    points_forts = models.TextField("points forts", blank=True)
    difficultes = models.TextField("difficultés", blank=True)
    perspectives = models.TextField("perspectives", blank=True)
    participation_habitants = models.TextField("participation des habitantes et habitants", blank=True)
    egalite_femmes_hommes = models.TextField("égalité entre les femmes et les hommes", blank=True)

    type_public = models.TextField("type de public", blank=True)
    moyens = models.TextField("moyens humains et matériels", blank=True)
    salaries = models.PositiveIntegerField("salariés mobilisés", null=True, blank=True)
    benevoles = models.PositiveIntegerField("bénévoles mobilisés", null=True, blank=True)
    intervenants = models.PositiveIntegerField("intervenants extérieurs", null=True, blank=True)
    partenariats = models.TextField("partenaires associés", blank=True)
    date_debut = models.DateField("début réel", null=True, blank=True)
    date_fin = models.DateField("fin réelle", null=True, blank=True)
    dates_lieux = models.TextField("dates et lieux", blank=True)
    nombre_seances = models.PositiveIntegerField("nombre de séances", null=True, blank=True)

    saisi_pour_le_porteur = models.BooleanField("saisi pour le compte du porteur", default=False)
    transmis_le = models.DateTimeField("transmis le", null=True, blank=True)
    transmis_par = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="bilans_transmis",
        verbose_name="transmis par",
    )
    valide_le = models.DateTimeField("validé le", null=True, blank=True)
    valide_par = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="bilans_valides",
        verbose_name="validé par",
    )
    motif_renvoi = models.TextField("ce qui est à compléter", blank=True)
    echeance_prolongee = models.DateField("échéance prolongée", null=True, blank=True)
    # What was typed and is not yet an answer (« une trentaine » for a number), by name of field: nothing is lost.
    saisie_en_attente = models.JSONField("saisie à corriger", default=dict, blank=True, editable=False)
    version = models.PositiveIntegerField("version", default=1, editable=False)
    recherche = models.TextField("texte de recherche", blank=True, editable=False)

    objects = BilanQuerySet.as_manager()
    historique = HistoricalRecords(excluded_fields=["recherche", "saisie_en_attente"])

    class Meta:
        verbose_name = "bilan"
        verbose_name_plural = "bilans"
        ordering = ["action_annuelle"]
        indexes = [models.Index(fields=["statut"], name="bilan_statut")]
        constraints = [
            models.CheckConstraint(
                name="bilan_statut_connu",
                condition=Q(
                    statut__in=[
                        "a_saisir",
                        "en_saisie",
                        "transmis",
                        "en_verification",
                        "a_completer",
                        "valide",
                        "integre",
                        "publie",
                        "dispense",
                    ]
                ),
                violation_error_message="Cet état de bilan n'existe pas.",
            ),
            models.CheckConstraint(
                name="bilan_transmis_complet",
                condition=~Q(
                    statut__in=["transmis", "en_verification", "a_completer", "valide", "integre", "publie"]
                )
                | Q(transmis_le__isnull=False, transmis_par__isnull=False),
                violation_error_message="Un bilan transmis dit quand et par qui il l'a été.",
            ),
            models.CheckConstraint(
                name="bilan_transmis_realisation",
                condition=~Q(
                    statut__in=["transmis", "en_verification", "valide", "integre", "publie"], realisation=""
                ),
                violation_error_message="Indiquez si l'action a été réalisée.",
            ),
            models.CheckConstraint(
                name="bilan_valide_complet",
                condition=Q(
                    statut__in=["valide", "integre", "publie"],
                    valide_le__isnull=False,
                    valide_par__isnull=False,
                )
                | (
                    ~Q(statut__in=["valide", "integre", "publie"])
                    & Q(valide_le__isnull=True, valide_par__isnull=True)
                ),
                violation_error_message="Un bilan validé, et lui seul, dit quand et par qui il l'a été.",
            ),
            models.CheckConstraint(
                name="bilan_motif_non_realisation",
                # A draft may wait for its reason; what is handed over may not.
                condition=~Q(
                    statut__in=["transmis", "en_verification", "valide", "integre", "publie"],
                    realisation__in=["non_realisee", "reportee"],
                    motif_non_realisation="",
                ),
                violation_error_message="Indiquez pourquoi l'action n'a pas eu lieu ou a été reportée.",
            ),
            models.CheckConstraint(
                name="bilan_renvoi_motive",
                condition=~Q(statut="a_completer", motif_renvoi=""),
                violation_error_message="Dites au porteur ce qui est à compléter.",
            ),
            models.CheckConstraint(
                name="bilan_dates_ordonnees",
                # A draft is kept as it was typed, one date after the other.
                condition=Q(statut__in=["a_saisir", "en_saisie", "a_completer", "dispense"])
                | Q(date_debut__isnull=True)
                | Q(date_fin__isnull=True)
                | Q(date_fin__gte=F("date_debut")),
                violation_error_message="L'action doit finir après avoir commencé : vérifiez les deux dates.",
            ),
        ]

    def __str__(self) -> str:
        return f"Bilan – {self.action_annuelle}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.recherche = normaliser(" ".join(getattr(self, champ) for champ in self.CHAMPS_RECIT))
        super().save(*args, **kwargs)

    @property
    def modifiable_par_le_porteur(self) -> bool:
        """Whether the porteur may still write in it."""
        return self.statut in self.STATUTS_MODIFIABLES

    @property
    def echeance(self) -> date | None:
        """By when the bilan is due: its own date when it was given one, else the campaign's."""
        return self.echeance_prolongee or self.action_annuelle.campagne.bilan_echeance

    @property
    def est_valide(self) -> bool:
        """Whether its figures may enter a report."""
        return self.statut in self.STATUTS_VALIDES


class Effectif(models.Model):
    """A number of people of a bilan: one cell of the grid. No row means not known, which is not zero.

    The cell without age band is the whole; sex « T » is a stated total, kept because many bilans
    know nothing more (domaine.md §0.2: data by sex is a legal duty, CGCT L.1111-2).
    """

    class Mesure(models.TextChoices):
        PERSONNES = "personnes", "Personnes différentes"
        PASSAGES = "passages", "Passages"
        MENAGES = "menages", "Ménages"
        FAMILLES = "familles", "Familles"
        STRUCTURES = "structures", "Structures"
        FREQUENTATION = "frequentation", "Fréquentation par jour"

    class Perimetre(models.TextChoices):
        TOTAL = "total", "Ensemble du public"
        QPV = "qpv", "Dont habitantes et habitants du QPV"

    class Sexe(models.TextChoices):
        FEMMES = "F", "Femmes"
        HOMMES = "H", "Hommes"
        NON_RENSEIGNE = "N", "Non renseigné"
        TOTAL = "T", "Total"

    bilan = models.ForeignKey(Bilan, models.CASCADE, related_name="effectifs", verbose_name="bilan")
    mesure = models.CharField("mesure", max_length=15, choices=Mesure, default=Mesure.PERSONNES)
    perimetre = models.CharField("périmètre", max_length=5, choices=Perimetre, default=Perimetre.TOTAL)
    sexe = models.CharField("sexe", max_length=1, choices=Sexe)
    tranche = models.ForeignKey(
        TrancheAge,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="effectifs",
        verbose_name="tranche d'âge",
    )
    valeur = models.PositiveIntegerField("nombre", null=True, blank=True)
    valeur_min = models.PositiveIntegerField("au moins", null=True, blank=True)
    valeur_max = models.PositiveIntegerField("au plus", null=True, blank=True)
    approximatif = models.BooleanField("estimation", default=False)
    precision = models.CharField("précision", max_length=255, blank=True)
    citation = models.TextField("citation", blank=True, help_text="Les mots exacts du document.")

    objects = ViaBilan.as_manager()
    historique = HistoricalRecords()

    class Meta:
        verbose_name = "effectif"
        verbose_name_plural = "effectifs"
        ordering = ["bilan", "mesure", "perimetre", "tranche__ordre", "sexe"]
        constraints = [
            models.UniqueConstraint(
                fields=["bilan", "mesure", "perimetre", "sexe"],
                condition=Q(tranche__isnull=True),
                name="effectif_ensemble_unique",
                violation_error_message="Ce nombre est déjà saisi.",
            ),
            models.UniqueConstraint(
                fields=["bilan", "mesure", "perimetre", "sexe", "tranche"],
                condition=Q(tranche__isnull=False),
                name="effectif_tranche_unique",
                violation_error_message="Ce nombre est déjà saisi.",
            ),
            models.CheckConstraint(
                name="effectif_nombre_ou_fourchette",
                condition=Q(valeur__isnull=False, valeur_min__isnull=True, valeur_max__isnull=True)
                | Q(valeur__isnull=True, valeur_min__isnull=False, valeur_max__isnull=False),
                violation_error_message="Indiquez un nombre, ou une fourchette avec ses deux bornes.",
            ),
            models.CheckConstraint(
                name="effectif_fourchette_ordonnee",
                condition=Q(valeur_min__isnull=True) | Q(valeur_max__gte=F("valeur_min")),
                violation_error_message="La fourchette va du plus petit nombre au plus grand.",
            ),
        ]

    def __str__(self) -> str:
        nombre = self.valeur if self.valeur is not None else f"{self.valeur_min} à {self.valeur_max}"
        return f"{self.get_sexe_display()}, {self.tranche or 'tous âges'} : {nombre}"


class ValeurIndicateur(models.Model):
    """What a bilan says of an indicator, or of a quantity in its own words (« 153 séances d'ASL »)."""

    bilan = models.ForeignKey(Bilan, models.CASCADE, related_name="valeurs_indicateurs", verbose_name="bilan")
    ordre = models.PositiveSmallIntegerField("ordre")
    indicateur = models.ForeignKey(
        Indicateur, models.PROTECT, null=True, blank=True, related_name="valeurs", verbose_name="indicateur"
    )
    # What the figure answers: an indicator that the campaign asks, or a critère of the action itself.
    demande = models.ForeignKey(
        IndicateurDemande,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="valeurs",
        verbose_name="indicateur demandé",
    )
    critere = models.ForeignKey(
        IndicateurAction,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="valeurs",
        verbose_name="critère de l'action",
    )
    libelle = models.CharField("libellé", max_length=255)
    unite = models.CharField("unité", max_length=60, blank=True)
    valeur = models.DecimalField("valeur", max_digits=12, decimal_places=2, null=True, blank=True)
    valeur_femmes = models.DecimalField("dont femmes", max_digits=12, decimal_places=2, null=True, blank=True)
    valeur_hommes = models.DecimalField("dont hommes", max_digits=12, decimal_places=2, null=True, blank=True)
    approximatif = models.BooleanField("estimation", default=False)
    precision = models.CharField("précision", max_length=255, blank=True)
    citation = models.TextField("citation", blank=True, help_text="Les mots exacts du document.")

    objects = ViaBilan.as_manager()
    historique = HistoricalRecords()

    class Meta:
        verbose_name = "valeur d'indicateur"
        verbose_name_plural = "valeurs d'indicateurs"
        ordering = ["bilan", "ordre"]
        constraints = [
            models.UniqueConstraint(
                fields=["bilan", "ordre"],
                name="valeur_indicateur_ordre_unique",
                violation_error_message="Deux indicateurs ne peuvent pas avoir le même rang.",
            ),
            models.UniqueConstraint(
                fields=["bilan", "demande"],
                condition=Q(demande__isnull=False),
                name="valeur_demande_unique",
                violation_error_message="Cet indicateur a déjà sa valeur.",
            ),
            models.UniqueConstraint(
                fields=["bilan", "critere"],
                condition=Q(critere__isnull=False),
                name="valeur_critere_unique",
                violation_error_message="Ce critère a déjà sa valeur.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.libelle} : {self.valeur}"


class ReponseQuestion(models.Model):
    """The answer of a bilan to a question of its campaign; no row means no answer."""

    bilan = models.ForeignKey(Bilan, models.CASCADE, related_name="reponses", verbose_name="bilan")
    question = models.ForeignKey(Question, models.PROTECT, related_name="reponses", verbose_name="question")
    texte = models.TextField("réponse", blank=True, help_text="Texte, choix, « oui » ou « non ».")
    nombre = models.DecimalField("nombre", max_digits=12, decimal_places=2, null=True, blank=True)

    objects = ViaBilan.as_manager()
    historique = HistoricalRecords()

    class Meta:
        verbose_name = "réponse à une question"
        verbose_name_plural = "réponses aux questions"
        ordering = ["bilan", "question__ordre"]
        constraints = [
            models.UniqueConstraint(
                fields=["bilan", "question"],
                name="reponse_unique",
                violation_error_message="Cette question a déjà sa réponse.",
            ),
            models.CheckConstraint(
                name="reponse_non_vide",
                condition=~Q(texte="") | Q(nombre__isnull=False),
                violation_error_message="Une réponse vide ne s'enregistre pas.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.question} : {self.texte or self.nombre}"


class Transition(models.Model):
    """A change of state of a bilan: written by the operation that makes it, never changed after."""

    bilan = models.ForeignKey(Bilan, models.CASCADE, related_name="transitions", verbose_name="bilan")
    de = models.CharField("de", max_length=20, choices=Bilan.Statut)
    vers = models.CharField("vers", max_length=20, choices=Bilan.Statut)
    auteur = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="transitions_bilans", verbose_name="auteur"
    )
    date = models.DateTimeField("date", auto_now_add=True)
    commentaire = models.TextField("commentaire", blank=True)

    objects = SuiviBilanQuerySet.as_manager()

    class Meta:
        verbose_name = "changement d'état"
        verbose_name_plural = "changements d'état"
        ordering = ["date", "pk"]
        constraints = [
            models.CheckConstraint(
                name="transition_renvoi_motive",
                condition=~Q(vers="a_completer", commentaire=""),
                violation_error_message="Un renvoi dit ce qui est à compléter.",
            ),
            models.CheckConstraint(
                name="transition_reouverture_motivee",
                condition=~Q(de__in=["valide", "integre", "publie"], vers="en_verification", commentaire=""),
                violation_error_message="Une réouverture dit pourquoi.",
            ),
            models.CheckConstraint(
                name="transition_dispense_motivee",
                condition=~Q(vers="dispense", commentaire=""),
                violation_error_message="Une dispense dit pourquoi.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_de_display()} → {self.get_vers_display()}"


class Commentaire(AvecCle):
    """A remark anchored on a field of a bilan; open until it is settled.

    `champ` is a name of the form (« mise_en_oeuvre », « effectifs »…), blank for the bilan as a whole.
    """

    bilan = models.ForeignKey(Bilan, models.CASCADE, related_name="commentaires", verbose_name="bilan")
    champ = models.CharField("champ", max_length=60, blank=True)
    texte = models.TextField("texte")
    interne = models.BooleanField(
        "note interne", default=False, help_text="Une note interne n'est jamais montrée au porteur."
    )
    auteur = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="commentaires", verbose_name="auteur"
    )
    date = models.DateTimeField("date", auto_now_add=True)
    regle_le = models.DateTimeField("réglé le", null=True, blank=True)
    regle_par = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="commentaires_regles",
        verbose_name="réglé par",
    )

    objects = CommentaireQuerySet.as_manager()
    historique = HistoricalRecords()

    class Meta:
        verbose_name = "commentaire"
        verbose_name_plural = "commentaires"
        ordering = ["date"]
        constraints = [
            models.CheckConstraint(
                name="commentaire_non_vide",
                condition=~Q(texte=""),
                violation_error_message="Écrivez le commentaire.",
            ),
            models.CheckConstraint(
                name="commentaire_regle_signe",
                condition=Q(regle_le__isnull=True, regle_par__isnull=True)
                | Q(regle_le__isnull=False, regle_par__isnull=False),
                violation_error_message="Un commentaire réglé dit quand et par qui.",
            ),
        ]

    def __str__(self) -> str:
        return self.texte[:60]
