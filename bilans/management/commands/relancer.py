"""`relancer`: remind those who still owe a bilan, now or at the planned dates; for the desk and for cron."""

import json
from dataclasses import dataclass
from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from actions.commandes import campagne_demandee, contrat_demande
from actions.models import Campagne, RelancePrevue
from bilans.destinataires import Appel, Destinataire, lire_appel
from bilans.echeances_dues import campagne_des_rappels, contrats_a_rappeler, lire_rappels
from bilans.messages import lignes_de, phrase_attendus
from bilans.models import Envoi, RapportAnnuel
from bilans.operations import OperationRefusee
from bilans.operations.courriels import faire_relance_prevue, relancer
from bilans.operations.courriels_rapport import avis_a_rappeler, rappeler_les_avis, rapports_a_rappeler
from bilans.operations.rappels import rappeler_les_echeances
from bilans.pages.courriels import expliquer
from bilans.taches import Tournee, vider
from comptes.commandes import REFUSE, Commande, Refus
from comptes.templatetags.typographie import insecables, pluriel
from contrats.models import ContratVille

RAPPELS = "personne reçoit le rappel,personnes reçoivent le rappel"
OUVERTES = (Campagne.Statut.BILANS_OUVERTS, Campagne.Statut.BILANS_CLOS)


@dataclass
class Compte:
    """What was done, or would be, in one campaign. `envoi` is None when nobody was to be written to."""

    campagne: Campagne
    appel: Appel
    choisis: list[Destinataire]
    envoi: Envoi | None = None


class Command(Commande):
    help = (
        "Relance par courriel les personnes qui ont encore un bilan à remplir, et elles seules ; une fois par jour "
        "au plus. L'option --simulation montre ce qui partirait, sans rien envoyer ni écrire."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--contrat", metavar="CONTRAT", help="nom du contrat dans les adresses")
        parser.add_argument("--annee", metavar="ANNÉE", help="année des bilans, par exemple 2024")
        parser.add_argument(
            "--prevues",
            action="store_true",
            help="dans toutes les campagnes, les relances prévues dont la date est arrivée, les échéances des "
            "conventions à rappeler, et les avis attendus sur un rapport dans la semaine",
        )
        parser.add_argument(
            "--simulation", action="store_true", help="montre ce qui partirait, sans rien envoyer ni écrire"
        )
        parser.add_argument("--format", metavar="FORMAT", default="texte", help="texte ou json")

    def executer(self, options: dict[str, Any]) -> None:
        """Remind, or show who would be; then send whatever waits."""
        if options["format"] not in ("texte", "json"):
            raise Refus(f"Le format « {options['format']} » n'existe pas. Formats : texte, json.")
        if options["prevues"] and (options["contrat"] or options["annee"]):
            raise Refus("--prevues regarde toutes les campagnes : ne donnez ni --contrat, ni --annee.")
        simulation = options["simulation"]
        if options["prevues"]:
            comptes = [self._prevue(prevue, simulation) for prevue in _prevues()]
        else:
            campagne = campagne_demandee(contrat_demande(options["contrat"]), options["annee"])
            comptes = [self._maintenant(campagne, simulation)]
        rappels = _rappeler_les_conventions(simulation) if options["prevues"] else []
        avis = _rappeler_les_avis(simulation) if options["prevues"] else []
        # The command sends by itself: a machine without a worker reminds too.
        tournee = None if simulation else vider()
        if options["format"] == "json":
            self.stdout.write(json.dumps(_en_json(comptes, tournee), ensure_ascii=False, indent=2))
        elif options["verbosity"] > 0:
            self._raconter(comptes, tournee, rappels, avis)

    def _maintenant(self, campagne: Campagne, simulation: bool) -> Compte:
        if campagne.statut not in OUVERTES:
            raise Refus(
                f"Les bilans de {campagne.annee} ne sont pas ouverts dans ce contrat : il n'y a rien à relancer.",
                REFUSE,
            )
        compte = _compter(campagne)
        if not simulation and compte.choisis:
            try:
                compte.envoi = relancer(None, campagne)
            except OperationRefusee:
                # Somebody else did it at the same moment.
                compte.choisis = []
        return compte

    def _prevue(self, prevue: RelancePrevue, simulation: bool) -> Compte:
        compte = _compter(prevue.campagne)
        if not simulation:
            compte.envoi = faire_relance_prevue(prevue)
            if compte.envoi is None:
                compte.choisis = []
        return compte

    # -- Telling -----------------------------------------------------------------------------------
    def _dire(self, phrase: str) -> None:
        self.stdout.write(insecables(phrase))

    def _raconter(
        self,
        comptes: list[Compte],
        tournee: Tournee | None,
        rappels: list[tuple[ContratVille, int]],
        avis: list[tuple[RapportAnnuel, int]],
    ) -> None:
        if tournee is None:
            self._dire("Simulation : rien n'est envoyé, rien n'est écrit.")
        for contrat, nombre in rappels:
            self._dire(f"{contrat} : {pluriel(nombre, RAPPELS)} des échéances de conventions.")
        for rapport, nombre in avis:
            self._dire(f"{rapport} : {pluriel(nombre, RAPPELS)} de l'avis attendu.")
        if not comptes and not rappels and not avis:
            self._dire("Aucune relance n'est prévue aujourd'hui ni en retard : rien à envoyer.")
        for compte in comptes:
            self._raconter_une(compte, simulation=tournee is None)
        if tournee is not None:
            self._raconter_la_tournee(tournee)

    def _raconter_une(self, compte: Compte, *, simulation: bool) -> None:
        nom = str(compte.campagne)
        if not compte.choisis:
            self._dire(f"{nom} : {_pourquoi_personne(compte.appel)}")
        else:
            verbe = "serait relancée,seraient relancées" if simulation else "est relancée,sont relancées"
            nombre = len(compte.choisis)
            singulier, plusieurs = verbe.split(",")
            self._dire(f"{nom} : {pluriel(nombre, f'personne {singulier},personnes {plusieurs}')}.")
            for destinataire in compte.choisis:
                self._raconter_un(destinataire)
        self._raconter_les_autres(compte.appel)

    def _raconter_un(self, destinataire: Destinataire) -> None:
        nom = destinataire.contact.nom
        qui = f"{nom} <{destinataire.email}>" if nom else destinataire.email
        self._dire(f"- {qui}, {destinataire.porteur} : {phrase_attendus(destinataire.bilans)}")
        for ligne in lignes_de(destinataire.bilans):
            self._dire(f"    {ligne}")

    def _raconter_les_autres(self, appel: Appel) -> None:
        for destinataire in appel.ecrits_aujourd_hui:
            self._dire(f"  Déjà un message aujourd'hui : {destinataire.email}, {destinataire.porteur}.")
        for destinataire in appel.en_defaut:
            raison = expliquer(destinataire.defaut) if destinataire.defaut else ""
            self._dire(
                f"  Adresse qui ne reçoit pas nos messages : {destinataire.email}, {destinataire.porteur}. {raison}"
            )
        for seul in appel.sans_adresse:
            attendus = pluriel(len(seul.bilans), "bilan attendu,bilans attendus")
            self._dire(f"  Sans adresse : {seul.porteur}, {attendus}.")

    def _raconter_la_tournee(self, tournee: Tournee) -> None:
        phrases = (
            (tournee.envoyes, "courriel envoyé,courriels envoyés"),
            (tournee.refuses, "refusé par le serveur du destinataire,refusés par le serveur du destinataire"),
            (tournee.reportes, "à réessayer plus tard,à réessayer plus tard"),
            (tournee.non_partis, "non parti,non partis"),
            (tournee.sans_objet, "devenu inutile,devenus inutiles"),
        )
        dites = [pluriel(nombre, formes) for nombre, formes in phrases if nombre]
        if dites:
            self._dire(f"{', '.join(dites)}.")


def _rappeler_les_conventions(simulation: bool) -> list[tuple[ContratVille, int]]:
    """Remind of the deadlines whose day of reminder has come; return how many e-mails, by contract."""
    faits = []
    for contrat in contrats_a_rappeler():
        campagne = campagne_des_rappels(contrat)
        if campagne is None:
            continue
        if simulation:
            nombre = len(lire_rappels(campagne).nouveaux)
        else:
            try:
                nombre = len(rappeler_les_echeances(None, campagne, seulement_nouvelles=True))
            except OperationRefusee:
                # Everyone has had the message of the day, or has no address.
                nombre = 0
        if nombre:
            faits.append((contrat, nombre))
    return faits


def _rappeler_les_avis(simulation: bool) -> list[tuple[RapportAnnuel, int]]:
    """Remind of the opinions awaited within a week; return how many e-mails, by report."""
    comptes = [
        (rapport, len(avis_a_rappeler(rapport) if simulation else rappeler_les_avis(rapport)))
        for rapport in rapports_a_rappeler()
    ]
    return [(rapport, nombre) for rapport, nombre in comptes if nombre]


def _prevues() -> list[RelancePrevue]:
    """Return the planned reminders whose day has come, not done, of the campaigns that are open."""
    a_faire = RelancePrevue.objects.filter(
        faite_le=None, date__lte=timezone.localdate(), campagne__statut__in=OUVERTES
    )
    return list(a_faire.select_related("campagne__contrat__epci").order_by("date", "pk"))


def _compter(campagne: Campagne) -> Compte:
    appel = lire_appel(campagne)
    return Compte(campagne, appel, appel.a_relancer)


def _pourquoi_personne(appel: Appel) -> str:
    if appel.ecrits_aujourd_hui:
        return "il ne reste personne à relancer aujourd'hui, le message du jour est déjà parti."
    if appel.en_defaut or appel.sans_adresse:
        return "personne ne peut être relancé, il manque des adresses."
    return "personne n'est à relancer, plus aucun bilan n'est attendu."


def _en_json(comptes: list[Compte], tournee: Tournee | None) -> dict[str, Any]:
    return {
        "simulation": tournee is None,
        "campagnes": [_campagne_en_json(compte) for compte in comptes],
        "courriels": None if tournee is None else tournee.comptes,
    }


def _campagne_en_json(compte: Compte) -> dict[str, Any]:
    appel = compte.appel
    return {
        "contrat": compte.campagne.contrat.slug,
        "annee": compte.campagne.annee,
        "envoi": compte.envoi.cle if compte.envoi else None,
        "destinataires": [
            {
                "email": d.email,
                "nom": d.contact.nom,
                "porteur": d.porteur.nom,
                "attendus": phrase_attendus(d.bilans),
                "bilans": [
                    {
                        "action": du.intitule,
                        "cle": du.annuelle.cle,
                        "echeance": du.echeance.isoformat() if du.echeance else None,
                        "a_completer": du.a_completer,
                    }
                    for du in d.bilans
                ],
            }
            for d in compte.choisis
        ],
        "deja_ecrits_aujourd_hui": [d.email for d in appel.ecrits_aujourd_hui],
        "adresses_en_defaut": [d.email for d in appel.en_defaut],
        "sans_adresse": [seul.porteur.nom for seul in appel.sans_adresse],
    }
