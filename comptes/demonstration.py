"""The accounts of the demonstration. Invented people: shown on the sign-in page, never in production."""

from dataclasses import dataclass

# Public on purpose: it opens invented accounts on published data, in the demonstration alone.
MOT_DE_PASSE = "pilotis-demonstration"


@dataclass(frozen=True)
class CompteDemonstration:
    """One account: who it is, and what it shows."""

    email: str
    prenom: str
    nom: str
    fonction: str
    description: str
    mot_de_passe: str = MOT_DE_PASSE

    @property
    def nom_complet(self) -> str:
        """Return « Prénom Nom »."""
        return f"{self.prenom} {self.nom}"


COMPTES: tuple[CompteDemonstration, ...] = (
    CompteDemonstration(
        "chargee.dole@pilotis.example",
        "Claire",
        "Montrichard",
        "Chargée de mission, Dole",
        "Tient le contrat de ville du Grand Dole : 41 actions en 2024.",
    ),
    CompteDemonstration(
        "chargee.bagnols@pilotis.example",
        "Nadia",
        "Ferrand",
        "Chargée de mission, Bagnols-sur-Cèze",
        "Tient le contrat de ville du Gard rhodanien : 46 actions en 2023.",
    ),
    CompteDemonstration(
        "chargee.besancon@pilotis.example",
        "Hélène",
        "Granvelle",
        "Chargée de mission, Besançon",
        "Tient le contrat de ville du Grand Besançon.",
    ),
    CompteDemonstration(
        "chargee.dijon@pilotis.example",
        "Sonia",
        "Darcy",
        "Chargée de mission, Dijon",
        "Tient le contrat de ville de Dijon Métropole.",
    ),
    CompteDemonstration(
        "association.dole@pilotis.example",
        "Karim",
        "Arnaud",
        "Directeur, Loisirs Populaires Dolois",
        "Porteur : voit ses actions, remplit et transmet ses bilans.",
    ),
    CompteDemonstration(
        "association.bagnols@pilotis.example",
        "Lucie",
        "Vidal",
        "Coordinatrice, MOSAIQUE EN CEZE",
        "Porteur : voit ses actions, remplit et transmet ses bilans.",
    ),
    CompteDemonstration(
        "association.besancon@pilotis.example",
        "Malika",
        "Renaud",
        "Directrice, MJC Besançon / Clairs-Soleils",
        "Structure conventionnée : voit ce que sa convention demande, dépose ses documents.",
    ),
    CompteDemonstration(
        "financeur.bagnols@pilotis.example",
        "Paul",
        "Roussel",
        "Délégué du préfet, État",
        "Financeur : lit la programmation et les montants de l'État.",
    ),
    CompteDemonstration(
        "copil.dole@pilotis.example",
        "Anne",
        "Pasteur",
        "Membre du comité de pilotage, Dole",
        "Lit le contrat et les documents publiés.",
    ),
    CompteDemonstration(
        "administration@pilotis.example",
        "Denis",
        "Lacroix",
        "Administrateur",
        "Voit tout et règle l'installation.",
    ),
)
