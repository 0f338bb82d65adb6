"""The lists of a year. Their rows come already filtered, sorted and annotated: a table only shows them."""

from typing import Any

import django_tables2 as tables
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django_tables2.data import TableQuerysetData

from actions.models import ActionAnnuelle, Campagne
from comptes.templatetags.typographie import etat, nombre, pluriel, vide
from documents.formats import INSECABLE, date_longue, montant
from financements.models import Financeur

from ..controles import Anomalie
from ..models import Bilan
from ..suivi import est_passee
from ..templatetags.etats import etat_action, etat_bilan
from .programme import PREFIXE_FINANCEUR, Totaux

LIGNES_PAR_PAGE = 50
COLONNES_DE_FRONT = 8
FIGURES = {"th": {"class": "num"}, "td": {"class": "num"}, "tf": {"class": "num"}}
RIEN = vide("")


class LignesLues(TableQuerysetData):
    """Rows that are sorted and counted already."""

    def __init__(self, lignes: Any, nombre: int) -> None:
        super().__init__(lignes)
        self.nombre = nombre

    def __len__(self) -> int:
        return self.nombre

    def order_by(self, aliases: Any) -> None:
        """Leave the rows as they come: the queryset is sorted (`programme.trier`)."""


class ColonneMontant(tables.Column):
    """Euros, their unit said in the header; the total is that of all the rows of the list, not of the page."""

    def __init__(self, libelle: str) -> None:
        super().__init__(f"{libelle}{INSECABLE}(€)", attrs=FIGURES, default=RIEN)

    def render(self, value: Any) -> str:
        return montant(value, unite=False)

    def render_footer(self, bound_column: Any, table: "TableActions") -> Any:
        return montant(table.totaux.de(bound_column.name), unite=False)


class ColonneNombre(tables.Column):
    """A count of people: never totalled, the same person may be in two rows."""

    def __init__(self, libelle: str) -> None:
        super().__init__(libelle, attrs=FIGURES, default=RIEN)

    def render(self, value: Any) -> str:
        return nombre(value)


class ListeDAnnee(tables.Table):
    """A list of a campaign: its rows lead to the action, its headers sort (`tris`, see `bilans.pages.adresse`).

    Its pages include `composants/liste.html`.
    """

    def __init__(self, *args: Any, campagne: Campagne, tris: dict[str, Any], **options: Any) -> None:
        self.campagne, self.tris = campagne, tris
        super().__init__(*args, **options)

    @property
    def large(self) -> bool:
        """Whether there are more columns than a desk shows side by side: the list then scrolls in a frame."""
        return len(list(self.columns)) > COLONNES_DE_FRONT

    def adresse(self, nom: str, action: ActionAnnuelle) -> str:
        """Return the address of a page of the action."""
        return reverse(nom, args=[self.campagne.contrat.slug, self.campagne.annee, action.cle])

    def lien(self, nom: str, action: ActionAnnuelle) -> str:
        """Return the title of the action as the link of its row."""
        return format_html(
            '<a class="ligne" href="{}">{}</a>', self.adresse(nom, action), action.action.intitule
        )


class TableActions(ListeDAnnee):
    """The actions of a year; `totaux` are those of all the filtered rows."""

    action = tables.Column(
        "Action", accessor="action", footer=lambda table: pluriel(table.totaux.actions, "action,actions")
    )
    porteur = tables.Column(
        "Porteur",
        accessor="action__porteur",
        footer=lambda table: pluriel(table.totaux.structures, "structure,structures"),
    )
    axe = tables.Column("Axe", default=RIEN)
    territoires = tables.Column("Territoires", empty_values=(), orderable=False)
    dispositif = tables.Column("Dispositif", default=RIEN)
    type = tables.Column("Nouvelle ou reconduite", default=RIEN)
    periode = tables.Column("Période", accessor="date_debut", default=RIEN)
    etat = tables.Column("État", accessor="statut")
    bilan = tables.Column("Bilan", accessor="statut_bilan", default=RIEN)
    personnes = ColonneNombre("Personnes")
    personnes_qpv = ColonneNombre("Personnes du QPV")
    demande = ColonneMontant("Demandé")
    notifie = ColonneMontant("Notifié")
    accorde = ColonneMontant("Accordé")
    hors_total = ColonneMontant("Hors total")

    def __init__(self, *args: Any, totaux: Totaux, **options: Any) -> None:
        self.totaux = totaux
        super().__init__(*args, **options)

    def render_action(self, record: ActionAnnuelle) -> str:
        # The same action can be twice in a year, under two dispositifs: the name alone would not tell them apart.
        return self.lien("action_detail", record) + _dispositif(record)

    def render_porteur(self, record: ActionAnnuelle) -> str:
        return record.action.porteur.nom

    def render_axe(self, record: ActionAnnuelle) -> str:
        return format_html('<span class="deux-lignes">{}</span>', record.axe)

    def render_territoires(self, record: ActionAnnuelle) -> Any:
        return ", ".join(str(territoire) for territoire in record.territoires.all()) or RIEN

    def render_type(self, record: ActionAnnuelle) -> str:
        return record.get_type_display()

    def render_periode(self, record: ActionAnnuelle) -> str:
        debut, fin = date_longue(record.date_debut), date_longue(record.date_fin)
        return f"{debut} – {fin}" if fin and fin != debut else debut

    def render_etat(self, record: ActionAnnuelle) -> str:
        return etat_action(record)

    def render_bilan(self, value: str) -> Any:
        return etat_bilan(value)


class TableSuivi(ListeDAnnee):
    """The bilans of a year; `anomalies` are what has to be looked at, by action year.

    The boxes name the bilans to validate together (`bilans_valider`): those that someone has begun.
    """

    A_COCHER = (Bilan.Statut.EN_SAISIE, Bilan.Statut.A_COMPLETER, *Bilan.STATUTS_EN_LECTURE)

    action = tables.Column("Action", accessor="action")
    porteur = tables.Column("Porteur", accessor="action__porteur")
    bilan = tables.Column("État du bilan", accessor="statut_bilan", default=RIEN)
    transmis_le = tables.Column("Transmis", default=RIEN)
    personnes = ColonneNombre("Personnes")
    personnes_qpv = ColonneNombre("Personnes du QPV")
    anomalies = tables.Column("À vérifier", empty_values=(), accessor="pk", orderable=False)
    suite = tables.Column("Suite", empty_values=(), accessor="cle", orderable=False)

    def __init__(self, *args: Any, anomalies: dict[int, list[Anomalie]], **options: Any) -> None:
        self.anomalies = anomalies
        super().__init__(*args, **options)

    @property
    def a_cocher(self) -> bool:
        """Whether a row of the page has a box."""
        return any(self._se_coche(rang.record) for rang in self.paginated_rows)

    def _se_coche(self, record: Any) -> bool:
        return record.statut_bilan in self.A_COCHER and not self.campagne.est_archivee

    def render_action(self, record: Any) -> str:
        lu = record.statut_bilan not in (None, *Bilan.STATUTS_MODIFIABLES)
        titre = self.lien("bilan_detail" if lu else "action_detail", record) + _dispositif(record)
        if self.campagne.est_archivee:
            return titre
        if not self._se_coche(record):
            return format_html('<span class="a-cocher"><span></span><span>{}</span></span>', titre)
        return format_html(
            '<span class="a-cocher"><label><input type="checkbox" name="cle" value="{}">'
            '<span class="visually-hidden">Cocher le bilan de {}</span></label><span>{}</span></span>',
            *(record.cle, record.action.intitule, titre),
        )

    def render_porteur(self, record: ActionAnnuelle) -> str:
        return record.action.porteur.nom

    def render_bilan(self, value: str, record: Any) -> Any:
        propre = record.echeance_propre if value in Bilan.STATUTS_MODIFIABLES else None
        lignes = [etat_bilan(value, est_passee(propre or self.campagne.bilan_echeance))]
        if propre:
            lignes.append(format_html("<small>échéance prolongée au {}</small>", date_longue(propre)))
        if record.commentaires_ouverts:
            dits = pluriel(record.commentaires_ouverts, "commentaire ouvert,commentaires ouverts")
            lignes.append(format_html("<small>{}</small>", dits))
        return format_html_join("", "{}", ((ligne,) for ligne in lignes))

    def render_transmis_le(self, value: Any) -> str:
        # On one line: two would make every row of the list twice as high.
        return date_longue(timezone.localtime(value).date()).replace(" ", INSECABLE)

    def render_anomalies(self, record: ActionAnnuelle) -> Any:
        trouvees = self.anomalies.get(record.pk, [])
        bloquantes = sum(anomalie.bloquante for anomalie in trouvees)
        if bloquantes:
            return etat("bloque", f"{nombre(bloquantes)} à corriger")
        return etat("alerte", f"{nombre(len(trouvees))} à vérifier") if trouvees else RIEN

    def render_suite(self, record: Any) -> Any:
        statut = record.statut_bilan
        if statut is None or not record.a_un_bilan:
            return RIEN
        if self.campagne.est_archivee:
            nom, mot = "bilan_detail", "Voir"
        elif statut in Bilan.STATUTS_MODIFIABLES:
            nom, mot = "bilan_saisir", "Saisir"
        else:
            nom, mot = "bilan_detail", "Lire" if statut in Bilan.STATUTS_EN_LECTURE else "Voir"
        return format_html(
            '<a href="{}">{}<span class="visually-hidden"> le bilan de {}</span></a>',
            *(self.adresse(nom, record), mot, record.action.intitule),
        )


def _dispositif(action: ActionAnnuelle) -> str:
    return format_html("<small>{}</small>", action.dispositif) if action.dispositif else SafeString()


def colonnes_des_financeurs(financeurs: list[Financeur]) -> list[tuple[str, ColonneMontant]]:
    """Return a column of amounts for each funder."""
    return [(PREFIXE_FINANCEUR + f.cle, ColonneMontant(f.sigle)) for f in financeurs]
