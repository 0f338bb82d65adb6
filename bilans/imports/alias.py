"""How towns title their columns: the usual words of each field, funder and state of an amount.

Words are compared by `titres.cle_titre`: accents, case, plurals, articles, signs and line breaks do not count, so
one writing of each is enough. Seen in domaine.md §8 and in the tables of other towns; extend freely: a test refuses
one title under two fields. Titles are separated by « | ».
"""

from collections.abc import Mapping


def _titres(ecrits: str) -> tuple[str, ...]:
    return tuple(" ".join(titre.split()) for titre in ecrits.split("|"))


# What fills each field, whatever the table.
ALIAS: Mapping[str, tuple[str, ...]] = {
    "porteur": _titres("""
        Porteur | Porteur de projet | Porteur du projet | Porteur de l'action | Nom du porteur |
        Nom du porteur de projet | Structure porteuse | Organisme porteur | Association porteuse |
        Structure | Nom de la structure | Nom structure | Organisme | Nom de l'organisme | Opérateur |
        Association | Nom de l'association | Association / structure | Structure / association |
        Porteurs / structures | Bénéficiaire de la subvention | Nom du bénéficiaire | nomBeneficiaire |
        Nom bénéficiaire | Bénéficiaire - Nom | Raison sociale | raison_sociale | Tiers | Nom du tiers |
        Demandeur | Nom du demandeur | Maître d'ouvrage | MO | Pilote | Pilote de l'action |
        Porteur / pilote | Attributaire | Nom de l'attributaire | Dénomination sociale | Dénomination |
        Porteur(s) | Acteur | Intervenant porteur | Organisme bénéficiaire | Structure bénéficiaire |
        Association bénéficiaire | Structure pilote | Promoteur | Établissement | Responsable de l'action |
        Nom du partenaire porteur | Libellé du tiers | Raison sociale du tiers | Gestionnaire | Qui
    """),
    "siret": _titres("""
        SIRET | N° SIRET | Numéro SIRET | Code SIRET | SIRET du porteur | idBeneficiaire |
        SIRET bénéficiaire | Identifiant bénéficiaire | Code tiers | code_tiers | SIRET de l'association |
        SIREN / SIRET | SIRET tiers | N° de SIRET | Siret de la structure
    """),
    "rna": _titres("""
        RNA | N° RNA | Numéro RNA | rnaBeneficiaire | Code RNA | N° W | RNA du porteur
    """),
    "intitule": _titres("""
        Action | Actions | Intitulé | Intitulé de l'action | Intitulé action | Intitulé du projet |
        Intitulé des actions | Nom de l'action | Nom du projet | Nom action | Titre | Titre de l'action |
        Titre du projet | Libellé de l'action | Libellé action | lib_action | Libellé du projet | Projet |
        Projets | Projet / action | Action / projet | Dénomination de l'action | Objet | Objet de l'action |
        Objet de la subvention | Objet du financement | Objet du dossier | Libellé du dossier | Nom |
        Intitulé du dossier | Actions proposées | Actions retenues | Action proposée | Action financée |
        Actions programmées | Désignation de l'action | Désignation | Appellation | Activité | Activités |
        Activités proposées | Nom de la fiche | Fiche action | Intitulé de la fiche | Libellé | Opération |
        Intitulé de l'opération | Nom de l'opération | Libellé de l'opération | Actions menées |
        Titre action | Actions financées | Quoi
    """),
    "reference": _titres("""
        Référence | Réf | Référence du dossier | N° de dossier | Numéro de dossier | N° dossier |
        Code dossier | Dossier | N° Dauphin | Code Dauphin | Référence Dauphin | Dauphin |
        Action de demande - Code dossier | Action - Code dossier | Numéro De l'Action Prj |
        Numéro de l'action Prj | CHORUS -EJ | EJ CHORUS | CHORUS EJ | EJ | N° EJ | Code action |
        N° doc. Précédent n° EJ CHORUS | Numéro EJ | Identifiant | Identifiant de l'action | Id |
        Référence interne | idSubvention | Numéro de demande | Code projet | N° Démarches simplifiées |
        N° de demande | Numéro GISPRO | GISPRO | Engagement juridique
    """),
    "ordre": _titres("""
        N° | N° d'ordre | Numéro | Numéro d'ordre | Ordre | Rang | N° action | N° de l'action | Num |
        Numéro de l'action | N° ligne | # | Numéro de fiche | N° fiche | Fiche n°
    """),
    "annee": _titres("""
        Année | Exercice | Millésime | Année du bilan | annee | Exercice budgétaire
    """),
    "axe_1": _titres("""
        Axe | Axes | Axe prioritaire | Axe stratégique | Axe du contrat | Axe du contrat de ville | Pilier |
        Piliers | Pilier / enjeu | Pilier du contrat de ville | Enjeu | Enjeux | Volet | Enjeu prioritaire |
        Enjeu du contrat | Enjeux du contrat de ville | Priorité | Axe d'intervention |
        Orientation stratégique | Grand axe | Axe 1 | Axe / pilier | Pilier / axe | Axe principal |
        Objectif stratégique | Axe thématique | Enjeu stratégique | Domaine prioritaire | Axe / enjeu |
        Axe de la programmation | Ambition | Défi | Priorité du contrat
    """),
    "axe_2": _titres("""
        Axe de travail | Axes de travail | Sous-axe | Axe 2 | Axe secondaire | Orientation | Orientations |
        Sous-pilier | Objectif du contrat de ville | Objectif du contrat | Programme d'action | Sous-enjeu |
        Objectif général du contrat | Champ d'intervention | Niveau 2
    """),
    "axe_3": _titres("""
        Axe 3 | Objectif opérationnel du contrat | Sous-objectif | Niveau 3
    """),
    "thematique": _titres("""
        Thématique | Thématiques | Thème | Thèmes | theme | Thématique principale | Sous-thématique |
        Thématique de l'action | Sous-thème | sous_theme | Thématique prioritaire | Thème principal |
        Thématique BOP 147 | Thématique P147 | Thématique État | Secteur | Libellé de la thématique
    """),
    "domaine": _titres("""
        Domaine | Domaine d'action | Domaine d'intervention | Domaine concerné
    """),
    "dispositif": _titres("""
        Dispositif | Dispositifs | Nom du dispositif | Dispositif d'aide | dispositifAide | Programme |
        Dispositif concerné | Appel à projets | AAP | Ligne budgétaire |
        Libellé de la famille de procédure | Famille de procédure | Procédure | Dispositif spécifique |
        Type de dispositif | Sous-dispositif
    """),
    "territoires": _titres("""
        Territoire | Territoires | Quartier | Quartiers | Quartier concerné | Quartiers concernés |
        QPV concerné | QPV concernés | Nom du QPV | Territoire concerné | Territoires concernés |
        Quartier prioritaire | Quartiers prioritaires | Territoire d'intervention | Secteur géographique |
        Quartier d'intervention | QPV d'intervention | Territoire de l'action | Quartier / QPV | QP |
        Zone géographique | Périmètre | Périmètre géographique | QPV / territoire | Code QPV | Code QP |
        Localisation QPV | Territoire prioritaire | Quartier bénéficiaire | Commune / quartier | Site |
        Quartier(s) bénéficiaire(s) | Zonage | Géographie prioritaire
    """),
    "type": _titres("""
        Nouvelle / Reconduction | Reconduction / Nouvelle | Nouvelle action | Reconduction | Nouveau |
        Type d'action | Nouvelle action / reconduction | Action nouvelle | Action reconduite | N/R |
        Nouveau / renouvellement | Renouvellement | Action nouvelle ou reconduite | Type de demande |
        Première demande / renouvellement | Nouveauté | Nature de la demande | Action nouvelle (oui/non)
    """),
    "statut": _titres("""
        Statut | Statut de l'action | État de l'action | État du dossier | Statut du dossier | Décision |
        État d'avancement | Avancement | Suite donnée | Décision du COPIL | Situation | Avancée |
        Statut du projet | État du projet | Décision finale | statutLabel | Recevabilité | Suites données
    """),
    "motif": _titres("""
        Motif | Motif du refus | Motif de refus | Raison | Motif de la décision | Motif d'ajournement
    """),
    "objectifs": _titres("""
        Objectif | Objectifs | Objectifs de l'action | Objectif de l'action | Objectifs généraux |
        Objectifs visés | Objectifs poursuivis | Objectifs du projet | Finalité | Finalités | But |
        Objectifs opérationnels | Objectif général | Objectifs attendus | Résultats attendus |
        Enjeux visés | Objectifs spécifiques | Rappel des objectifs | Objectifs prévus | Objectif principal
    """),
    "public_vise": _titres("""
        Public visé | Publics visés | Public ciblé | Publics cibles | Public cible | Public attendu |
        Public concerné | Publics concernés | Public prioritaire | Bénéficiaires visés | Cible | Cibles |
        Bénéficiaires attendus | Public prévu | Bénéficiaires ciblés | Destinataires | Âge du public | Pour qui
    """),
    "lieux": _titres("""
        Lieu | Lieux | Lieu de l'action | Lieux de l'action | Lieu de réalisation | Localisation |
        Lieu de réalisation de l'action | Lieu d'intervention | Lieu des projets | Adresse de l'action |
        Lieux d'intervention | Implantation | Lieu(x) de déroulement | Où
    """),
    "partenaires": _titres("""
        Partenaire | Partenaires | Partenaires associés | Partenaires de l'action | Partenariat |
        Partenariats | Partenaires mobilisés | Structures partenaires | Partenaires impliqués |
        Partenaires du projet | Partenaires locaux | Partenariats mobilisés | Partenariat mis en place |
        Partenaires opérationnels | Acteurs associés
    """),
    "moyens_humains": _titres("""
        Moyens humains | Ressources humaines | Personnel | Encadrement | Moyens humains mobilisés |
        Moyens humains prévus | ETP | Intervenants et encadrement
    """),
    "moyens_materiels": _titres("""
        Moyens matériels | Moyens matériels et locaux | Locaux et matériel | Moyens techniques | Locaux |
        Moyens matériels prévus | Matériel | Équipements et matériels
    """),
    "moyens_financiers": _titres("""
        Moyens financiers | Autres aides | Autres aides publiques ou privées
    """),
    "tarifs": _titres("""
        Tarif | Tarifs | Tarification | Participation demandée | Participation des familles (tarif)
    """),
    "date_debut": _titres("""
        Début | Date de début | Date début | Début de l'action | Date de démarrage | Démarrage |
        Date de commencement | Du | Commence le | Date de lancement | Date de début de l'action |
        Date de début prévue | Début prévisionnel
    """),
    "date_fin": _titres("""
        Fin | Date de fin | Date fin | Fin de l'action | Date d'achèvement | Au | Date de clôture |
        Date de fin de l'action | Terminée le | Date de fin prévue | Fin prévisionnelle
    """),
    "mise_en_oeuvre": _titres("""
        Bilan | Bilans | Bilan de l'action | Bilan d'action | Bilan qualitatif | Bilan des actions |
        Bilan d'action +/- et perspectives | Bilan et perspectives | Actions menées en détail |
        Compte rendu | Compte rendu de l'action | Compte-rendu qualitatif | Synthèse du bilan | Synthèse |
        Éléments de bilan | Bilan synthétique | Commentaires sur la réalisation | Ce qui a été fait |
        Bilan succinct | Bilan détaillé | Description de la mise en œuvre | Évaluation | Récit |
        Bilan littéral | Évaluation qualitative | Bilan intermédiaire | Bilan final | Actions mises en œuvre
    """),
    "objectifs_atteints": _titres("""
        Objectifs atteints | Atteinte des objectifs | Résultats | Résultats obtenus | Effets | Impact |
        Résultats au regard des objectifs | Réalisation des objectifs | Impacts | Effets constatés |
        Résultats de l'action | Plus-value | Principaux résultats | Résultats observés | Effets observés
    """),
    "points_forts": _titres("""
        Points forts | Forces | Points positifs | Réussites | Leviers de réussite | Atouts |
        Ce qui a marché | Éléments positifs | Succès | Aspects positifs
    """),
    "difficultes": _titres("""
        Difficultés | Points faibles | Freins | Difficultés rencontrées | Faiblesses | Points négatifs |
        Freins rencontrés | Obstacles | Points de vigilance | Limites | Points à améliorer |
        Axes d'amélioration | Difficultés et freins | Problèmes rencontrés | Aspects négatifs
    """),
    "perspectives": _titres("""
        Perspectives | Suites | Perspective | Suites à donner | Perspectives d'évolution | Évolutions |
        Projets à venir | Suite envisagée | Perspectives N+1 | Préconisations | Évolution envisagée |
        Perspectives pour l'année suivante | Pistes d'amélioration | Suites envisagées
    """),
    "participation_habitants": _titres("""
        Participation des habitants | Implication des habitants | Participation citoyenne |
        Mobilisation des habitants | Association des habitants | Place des habitants
    """),
    "egalite_femmes_hommes": _titres("""
        Égalité femmes-hommes | Égalité entre les femmes et les hommes | Égalité F/H | Mixité |
        Égalité hommes-femmes | Égalité femme homme | Prise en compte de l'égalité
    """),
    "type_public": _titres("""
        Type de public | Type de public bénéficiaire | Types de publics | Type de bénéficiaires |
        Public touché | Publics touchés | Public bénéficiaire | Publics bénéficiaires | Public accueilli |
        Typologie du public | Typologie des publics | Profil du public | Profil des bénéficiaires |
        Caractéristiques du public | Typologie des bénéficiaires | Public réel | Description du public |
        Public accompagné | Catégorie de public
    """),
    "moyens": _titres("""
        Moyens humains et matériels | Moyens mobilisés | Moyens mis en œuvre | Moyens déployés |
        Moyens matériels et humains | Moyens humains, matériels et financiers | Moyens utilisés |
        Moyens humains / matériels | Moyens et partenaires
    """),
    "dates_lieux": _titres("""
        Dates et lieux | Lieux et dates | Dates et lieux de réalisation | Période et lieu | Calendrier |
        Période | Date | Dates | Période de réalisation | Date de réalisation | Dates de l'action |
        Planning | Échéancier | Fréquence | Durée | Durée de l'action | Temporalité | Quand
    """),
    "realisation": _titres("""
        Réalisée | Réalisé | Action réalisée | Réalisation | Action réalisée (oui/non) | Réalisation O/N |
        L'action a été réalisée | Réalisation de l'action | Action faite | Fait ?
    """),
    "motif_non_realisation": _titres("""
        Motif de non-réalisation | Motif du report | Raison de la non-réalisation | Motif d'annulation |
        Si non, pourquoi | Cause de non réalisation | Raison du report
    """),
    "nombre_seances": _titres("""
        Nombre de séances | Nb de séances | Séances | Nombre d'ateliers | Nb ateliers | Ateliers |
        Nombre de sessions | Nombre d'interventions | Nb séances réalisées | Nombre d'actions réalisées |
        Nombre d'événements | Nombre de rencontres | Nombre de jours | Sessions
    """),
    "salaries": _titres("""
        Salariés | Nombre de salariés | Nb de salariés | Salariés mobilisés
    """),
    "benevoles": _titres("""
        Bénévoles | Nombre de bénévoles | Nb bénévoles | Bénévoles mobilisés
    """),
    "intervenants": _titres("""
        Intervenants | Nombre d'intervenants | Intervenants extérieurs | Prestataires
    """),
    "personnes": _titres("""
        Nombre de bénéficiaires réalisé | Effectif réalisé | Nombre de participants réel |
        Nombre de personnes | Nombre de bénéficiaires | NB de bénéficiaires | Nb total | Effectif |
        Effectifs | Effectif total | Total bénéficiaires | Nombre total de bénéficiaires | Participants |
        Nombre de participants | Nb de participants | Nb pers | Personnes touchées | Personnes |
        Nombre de personnes touchées | Nombre d'habitants | Nombre de personnes accompagnées |
        Nombre de jeunes | Nombre d'usagers | Public touché (nombre) | Nb bénéf | Fréquentation totale |
        Total public | Total personnes | Nombre de bénéficiaires réels | Nombre d'inscrits | Inscrits |
        Nombre de bénéficiaires directs | Nb de personnes concernées | Total participants | Nbre
    """),
    "personnes_qpv": _titres("""
        NB de bénéficiaires QPV | Nombre de bénéficiaires QPV | dont QPV | Dont habitants QPV |
        Bénéficiaires QPV | Public QPV | Nombre d'habitants du QPV | Nb QPV | Participants QPV |
        Dont résidents en QPV | Dont habitants du quartier | Dont issus du QPV | Dont public QPV |
        Nombre d'habitants des quartiers | Dont bénéficiaires QPV | Personnes QPV | Habitants QPV |
        Nombre de personnes issues des QPV | Dont habitants des QPV | Nombre QPV | dont en QPV
    """),
    "financeur": _titres("""
        Financeur | Nom du financeur | nomAttribuant | Attribuant | Nom de l'attribuant |
        Financeur principal | Organisme financeur | Source de financement | Autorité attributaire
    """),
    "cout_prevu": _titres("""
        Coût prévu | Coût prévisionnel | Budget prévisionnel | Coût total | Coût total de l'action |
        Budget total | Budget de l'action | Budget | Coût de l'action | Coût | Coût du projet |
        Coût total du projet | Budget prévisionnel annuel | Budget global | Coût global | Budget prévu |
        Coût total prévu | Budget total prévisionnel | Montant du projet | Montant total du projet |
        Coût prévisionnel de l'action | Dépenses prévisionnelles | Base subventionnable
    """),
    "cout_realise": _titres("""
        Coût réalisé | Budget réalisé | Coût réel | Budget réel | Coût total réalisé | Dépenses réalisées |
        Dépenses réelles | Coût final | Budget exécuté | Dépenses | Total des dépenses | Coût effectif |
        Budget définitif | Résultat définitif
    """),
    "total_ligne": _titres("""
        Total PDV | Total politique de la ville | Total général | Total financements | Total subventions |
        Total des financements | Total financeurs | Total accordé | Total ligne | Total contrat de ville |
        Montant total | Total des subventions | Total attribué | Total financement | Total des aides |
        Total recettes | Total produits | Ensemble des financements | Total des cofinancements |
        Total subvention | Total crédits | TOTAL PV
    """),
    "sous_total": _titres("""
        Sous-total | S/total | Sous total porteur | Total porteur | Total par porteur | Cumul |
        Total par structure | Total structure | Total association | Cumul porteur | Sous-total structure
    """),
    "part": _titres("""
        % | Part | Part en % | Taux | Pourcentage | pourcentageSubvention | Taux d'intervention | En %
    """),
    "note": _titres("""
        Nombre de bénéficiaires prévus | Nombre de bénéficiaires attendus | Nombre de participants prévus |
        Effectif prévu | Effectif prévisionnel | Nombre de bénéficiaires prévisionnel |
        Observation | Observations | Commentaire | Commentaires | Remarque | Remarques | Note | Notes |
        Avis | Avis technique | Avis du comité | Avis COTECH | Divers | Précisions | Autres informations |
        Contact | Référent | Téléphone | Mail | Adresse mail | Email | Courriel | Adresse |
        Nom du référent | Interlocuteur | Chargé de projet | Code postal | Directeur | Coordonnées |
        Indicateur | Indicateurs | Indicateurs d'évaluation | Indicateurs de suivi | Critères d'évaluation |
        Critères | Leviers | Levier | Nombre de passages | Passages | Nombre de participations |
        Nombre de familles | Familles | Nombre de ménages | Ménages | Fréquentation | Hors QPV |
        Délibération | referenceDecision | dateConvention | Date de convention | Convention | idAttribuant |
        nature | conditionsVersement | datesPeriodeVersement | idRAE | notificationUE | codgeo | code_cv |
        insee_dep | insee_reg | Code INSEE | Projet - Code dossier | Type de tiers |
        Direction du gestionnaire du dossier | Date de la convention de subvention |
        Conditions de versement | Priorité n° | Note sur 20 | Appréciation | Rapporteur |
        Pièces manquantes | Date de dépôt | Date de réception | Bilan reçu | Bilan reçu le | Compte |
        Imputation | Type de structure | Statut juridique | Montant par habitant | Coût par bénéficiaire |
        Pluriannuel | CPO | Reste à charge
    """),
}

# One title, two meanings: what it is when its cells are numbers, and when they are texts. Blank: a funder's money.
SELON_LE_CONTENU: Mapping[str, tuple[str, str]] = {
    "Bénéficiaires": ("personnes", "type_public"),
    **dict.fromkeys(
        _titres("""
            Public | Habitants | Usagers
        """),
        ("personnes", "public"),
    ),
    "Jeunes": ("note", "public"),
    "QPV": ("personnes_qpv", "territoires"),
    "Résidents QPV": ("personnes_qpv", "note"),
    "Commune": ("", "territoires"),
    "Ville": ("", "territoires"),
    **dict.fromkeys(
        _titres("""
            Mairie | Département | Région | Bailleur | EPCI | Cofinanceurs | Autres financeurs |
            Cofinancements | Financement | Subvention
        """),
        ("", "note"),
    ),
    "État": ("", "statut"),
    "Moyens": ("note", "moyens_selon_la_table"),
    **dict.fromkeys(
        _titres("""
            Descriptif | Description | Descriptif de l'action | Description de l'action |
            Description du projet | Descriptif du projet | Contenu | Contenu de l'action | Présentation |
            Présentation de l'action | Résumé | Résumé de l'action | Détail | Détail de l'action |
            Nature de l'action | Nature du projet | Descriptif synthétique | Modalités de mise en œuvre |
            Mise en œuvre | Mise en œuvre de l'action | Déroulement | Déroulement de l'action
        """),
        ("note", "descriptif"),
    ),
    "Descriptif / bilan": ("note", "mise_en_oeuvre"),
}

# What some of the above mean in the bilan of a year, and in a programme.
SELON_LA_TABLE: Mapping[str, tuple[str, str]] = {
    "descriptif": ("mise_en_oeuvre", "description"),
    "public": ("type_public", "public_vise"),
    "moyens_selon_la_table": ("moyens", "moyens_humains"),
}

# -- Money -----------------------------------------------------------------------------------------
# Words of a title that say the state of an amount, by state.
MOTS_ETATS: Mapping[str, tuple[str, ...]] = {
    "demande": _titres("""
        demandé | demande | demandée | sollicité | sollicitée | sollicitation | prévu | prévue
    """),
    "propose": _titres("""
        proposé | proposée | proposition | pressenti | instruit | préconisé | envisagé
    """),
    "accorde": _titres("""
        accordé | accordée | voté | votée | attribué | attribuée | retenu | retenue | obtenu | obtenue |
        programmé | programmée | octroyé | octroyée | arrêté | validé | validée | décidé | acquis | alloué |
        allouée | engagé | engagée | subventionné
    """),
    "notifie": _titres("""
        notifié | notifiée | conventionné | conventionnée
    """),
    "verse": _titres("""
        versé | versée | payé | payée | mandaté | mandatée | versement | perçu | perçue | réglé
    """),
}
# Words that say money, or that say nothing: what is left of a title is the name of the funder.
MOTS_MONTANT = _titres("""
    montant | mt | subvention | subv | financement | aide | participation | crédit | crédits | somme |
    cofinancement | financeur | cofinanceur | part | concours | dotation | contribution | euro | ttc | k |
    apport | enveloppe | autre | spécifique | public | partenaire | financier | exercice | année |
    financière | CV | CDV
""")
# What shows that a title or a group of titles is about money.
MOTS_ARGENT = _titres("""
    montant | mt | subvention | subv | financement | financeur | cofinancement | cofinanceur | aide |
    crédit | budget | coût | euro | dotation | dépense | recette | ressource | produit | enveloppe |
    participation | financier | financière
""")
# And about people.
MOTS_PUBLIC = _titres("""
    bénéficiaire | public | participant | personne | effectif | âge | tranche | usager | habitant | sexe |
    genre | inscrit | jeune | nombre | adhérent | pers | ans | an
""")

# Usual funders: the first label of each line is what all the others stand for.
FINANCEURS_USUELS: tuple[tuple[str, ...], ...] = (
    _titres("""
        État | ANCT | Préfecture | P147 | BOP 147 | Programme 147 | État P147 | État BOP 147 | ACSE | CGET |
        Politique de la ville État | Crédits politique de la ville | État politique de la ville | DDETS |
        DDETSPP | DEETS | DREETS | DDCS | DDCSPP | Crédits P147 | État ANCT | Sous-préfecture | CDV État
    """),
    _titres("DRAC | Culture DRAC | Ministère de la Culture"),
    _titres("ARS | Agence régionale de santé"),
    _titres("FIPD | FIPDR"),
    _titres("MILDECA"),
    _titres("DILCRAH"),
    _titres("SDJES | DRAJES | Jeunesse et Sports | DDJS | FDVA"),
    _titres("Rectorat | Éducation nationale | DSDEN | Académie"),
    _titres("ANS | Agence nationale du sport"),
    _titres("DRDFE | Droits des femmes | DDFE"),
    _titres("PJJ | Justice | SPIP"),
    _titres("ASP | Agence de services et de paiement | CNASEA | Emplois aidés"),
    _titres("""
        Ville | Mairie | Commune | Villes | Communes | Ville CDV | Municipalité | Part ville |
        Autre commune | Ville contrat de ville | CCAS
    """),
    _titres("""
        Agglomération | Agglo | CA | Communauté d'agglomération | CC | Communauté de communes | EPCI |
        Métropole | Intercommunalité | Communauté urbaine | CU | Grand | Interco | Communauté | Com com
    """),
    _titres("Région | Conseil régional | CR | Conseil Régional CR"),
    _titres("Département | Conseil départemental | Conseil général | CD | CG | Dépt | Dpt | Dép"),
    _titres("CAF | Caisse d'allocations familiales | CNAF"),
    _titres("MSA | Mutualité sociale agricole"),
    _titres("CPAM | Assurance maladie | CARSAT | Sécurité sociale"),
    _titres("""
        Bailleurs sociaux | Bailleur | Bailleurs | OPH | HLM | Bailleur social | ATFPB | TFPB |
        Office public
    """),
    _titres("""
        Europe | FSE | FSE+ | FEDER | Fonds européens | Union européenne | Europe FSE | UE | FEADER
    """),
    _titres("Caisse des dépôts | CDC | Banque des territoires"),
    _titres("ANRU | NPNRU"),
    _titres("France Travail | Pôle emploi"),
    _titres("Mission locale | AGEFIPH | OPCO"),
    _titres("Fondations | Fondation | Mécénat | Mécène | Sponsors | Fonds privés | Privé | Entreprises"),
    _titres("""
        Autofinancement | Fonds propres | Ressources propres | Auto-financement | Autofin | Part association
    """),
    _titres("""
        Usagers | Participation des usagers | Participation usagers | Participation des familles | Ventes
    """),
    _titres("""
        Contributions volontaires | Bénévolat valorisé | Valorisation | CVN | Contributions en nature
    """),
    _titres("""
        Autres | Autres financements | Autre | Autres financeurs | Cofinancements | Autres cofinanceurs
    """),
)

# -- People ----------------------------------------------------------------------------------------
MOTS_SEXES: Mapping[str, tuple[str, ...]] = {
    "F": _titres("f | femme | fille | féminin | dame | filles | fem"),
    "H": _titres("h | homme | garçon | masculin | g | garcons | hom"),
    "N": _titres("nr | nsp | inconnu"),
}
# What may stand beside a sex or an age in the title of a column of people.
MOTS_EFFECTIF = _titres("""
    nombre | n | total | dont | effectif | bénéficiaire | participant | personne | public | usager | an |
    tranche | âge | habitant | adhérent | inscrit | jeune | enfant | adulte | pers | résident | résidant |
    issu | touché | accueilli | accompagné | réel | différent | par | sexe | genre | quartier |
    prioritaire | dans | habitante | nouveau | accueillie | concerné | répartition | part | venant | au |
    senior | ainé | entre | ensemble | classe | direct | unique | repartition
""")

# -- When nothing else is known --------------------------------------------------------------------
# Words that lean to a field, with how much; `colonnes` adds them up and proposes the best.
INDICES: Mapping[str, Mapping[str, int]] = {
    "porteur": {"porteur": 4, "structure": 3, "association": 3, "organisme": 3, "opérateur": 3, "pilote": 2},
    "intitule": {"intitulé": 4, "titre": 3, "libellé": 3, "nom": 1, "action": 2, "projet": 2},
    "reference": {"référence": 4, "dossier": 3, "dauphin": 3, "chorus": 3, "code": 2, "identifiant": 3},
    "axe_1": {"axe": 4, "pilier": 4, "enjeu": 4, "priorité": 2},
    "thematique": {"thématique": 4, "thème": 4},
    "dispositif": {"dispositif": 4, "programme": 2},
    "territoires": {"territoire": 4, "quartier": 3, "périmètre": 3, "zone": 2},
    "statut": {"statut": 4, "décision": 3, "avancement": 3, "état": 2},
    "description": {
        "descriptif": 4,
        "description": 4,
        "contenu": 3,
        "présentation": 3,
        "résumé": 3,
        "détail": 2,
    },
    "objectifs": {"objectif": 4, "finalité": 4, "but": 3},
    "public_vise": {"visé": 3, "ciblé": 3, "cible": 3, "public": 2, "attendu": 2},
    "type_public": {"typologie": 4, "profil": 3, "public": 2, "touché": 2},
    "lieux": {"lieu": 4, "localisation": 4, "adresse": 2},
    "partenaires": {"partenaire": 4, "partenariat": 4},
    "moyens": {"moyen": 4, "ressource": 2},
    "mise_en_oeuvre": {
        "bilan": 4,
        "déroulement": 4,
        "réalisation": 3,
        "oeuvre": 3,
        "évaluation": 3,
        "synthèse": 2,
    },
    "objectifs_atteints": {"résultat": 4, "atteint": 4, "impact": 3, "effet": 3, "obtenu": 2},
    "points_forts": {"fort": 3, "positif": 3, "réussite": 4, "force": 3, "atout": 4},
    "difficultes": {"difficulté": 4, "frein": 4, "faible": 3, "négatif": 3, "obstacle": 4, "limite": 3},
    "perspectives": {"perspective": 4, "suite": 3, "avenir": 3, "évolution": 2},
    "date_debut": {"début": 4, "démarrage": 4},
    "date_fin": {"fin": 4, "achèvement": 4},
    "nombre_seances": {"séance": 4, "atelier": 3, "session": 3},
    "personnes": {
        "bénéficiaire": 3,
        "participant": 4,
        "personne": 3,
        "effectif": 3,
        "nombre": 2,
        "touché": 2,
    },
    "personnes_qpv": {"qpv": 4, "bénéficiaire": 2, "habitant": 2, "nombre": 1, "dont": 1},
    "cout_prevu": {"coût": 4, "budget": 3, "prévisionnel": 2, "prévu": 2},
    "cout_realise": {"réalisé": 2, "réel": 2, "dépense": 3, "coût": 2, "budget": 2},
    "total_ligne": {"total": 3, "financement": 2, "subvention": 2},
    "note": {"observation": 4, "commentaire": 4, "remarque": 4, "avis": 4, "indicateur": 4, "contact": 4},
}
