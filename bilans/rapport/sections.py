"""The sections of the annual report: what the law asks in each, and the blocks that answer it at first.

Décret n° 2015-1118 of 3 September 2015, CGCT L.1111-2 (domaine.md §1.4); « L'essentiel », the opinions and the
definitions are ours.
"""

from dataclasses import dataclass

from .choix import SectionComposee


@dataclass(frozen=True, kw_only=True)
class SectionPrevue:
    """A section: its code, its title, what is asked of who writes it, its first blocks. `visible`: shown at first."""

    code: str
    titre: str
    aide: str
    blocs: tuple[str, ...] = ()
    visible: bool = True


SECTIONS: tuple[SectionPrevue, ...] = (
    SectionPrevue(
        code="essentiel",
        titre="L'essentiel",
        aide=(
            "Ce qu'une personne pressée doit retenir de l'année : les chiffres d'abord, puis deux ou trois phrases."
        ),
        blocs=("chiffres_cles", "actions_phares"),
    ),
    SectionPrevue(
        code="orientations",
        titre="Les orientations du contrat de ville",
        aide=(
            "La loi demande de rappeler les principales orientations du contrat et du projet de territoire : "
            "ses enjeux, ses quartiers, qui s'y engage."
        ),
        blocs=("territoires", "enjeux"),
    ),
    SectionPrevue(
        code="situation",
        titre="La situation des quartiers prioritaires",
        aide=(
            "La loi demande comment la situation des quartiers évolue, au regard de ses objectifs et de ceux du "
            "contrat. Commentez les écarts avec l'agglomération, et ce qui a changé depuis l'an dernier."
        ),
        blocs=("situation", "indicateurs"),
    ),
    SectionPrevue(
        code="actions",
        titre="Les actions menées dans l'année",
        aide=(
            "La loi demande les actions menées au bénéfice des habitantes et habitants par l'intercommunalité et par "
            "les communes ; les autres signataires peuvent y joindre les leurs. Les personnes sont comptées par sexe "
            "(CGCT, article L.1111-2)."
        ),
        blocs=(
            "avancement",
            "realisations",
            "actions_axes",
            "actions_structures",
            "actions_territoires",
            "publics",
        ),
    ),
    SectionPrevue(
        code="perspectives",
        titre="Les résultats au regard des moyens, et les perspectives",
        aide=(
            "La loi demande de rapprocher les résultats des moyens mobilisés, de dire ce qui doit progresser : les "
            "politiques de droit commun, la coordination des acteurs, la participation des habitantes et habitants, "
            "l'évaluation."
        ),
        blocs=(
            "argent_financeurs",
            "argent_axes",
            "argent_natures",
            "comparaison",
            "participation",
            "perspectives",
        ),
    ),
    SectionPrevue(
        code="volets",
        titre="L'articulation du social, de l'économique et de l'urbain",
        aide=(
            "La loi demande comment les volets social, économique et urbain se répondent. Dites qui se parle, et ce "
            "que chaque volet apporte aux autres."
        ),
    ),
    SectionPrevue(
        code="npnru",
        titre="Le renouvellement urbain (NPNRU)",
        aide=(
            "À montrer si un quartier est concerné par le nouveau programme national de renouvellement urbain : "
            "son avancement, et son lien avec les actions du contrat."
        ),
        visible=False,
    ),
    SectionPrevue(
        code="dsu",
        titre="Les actions de développement social urbain (DSU)",
        aide=(
            "À montrer si une commune a reçu l'an passé la dotation de solidarité urbaine : la loi demande les actions "
            "de développement social urbain qu'elle a menées."
        ),
        visible=False,
    ),
    SectionPrevue(
        code="consultation",
        titre="Les avis recueillis et les suites données",
        aide=(
            "Les avis des conseils municipaux et des conseils citoyens sont annexés au rapport, avec la suite donnée "
            "à leurs observations. Un avis qui n'est pas rendu dans le délai est réputé favorable."
        ),
        blocs=("avis",),
    ),
)

PAR_CODE: dict[str, SectionPrevue] = {section.code: section for section in SECTIONS}


def sections_par_defaut() -> tuple[SectionComposee, ...]:
    """Return the sections of a new report, without any text."""
    return tuple(
        SectionComposee(
            code=section.code,
            titre=section.titre,
            blocs=section.blocs,
            visible=section.visible,
            ordre=ordre,
        )
        for ordre, section in enumerate(SECTIONS, 1)
    )
