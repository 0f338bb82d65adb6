"""What a file may hold. docs/limites.md says the same to people: change both."""

# A programme of a hundred actions weighs 50 kB; a town's whole archive, one or two MB.
OCTETS_MAX = 10 << 20

# Of an archive, once unfolded. A million rows that only carry a format take some 80 MB, so a member may be large;
# what gives a bomb away is that it shrinks several hundred times, which a sheet never does.
MEMBRES_MAX = 2_000
REPERTOIRE_MAX = 1 << 20
MEMBRE_MAX = 250 << 20
DEPLIE_MAX = 300 << 20
RAPPORT_MAX = 200
RAPPORT_SURVEILLE_DES = 5 << 20

# Of a part: elements in one another (a spreadsheet has ten), and what is declared before the cells.
PROFONDEUR_MAX = 100
BALISE_MAX = 1 << 20
STYLES_MAX = 100_000

# Of a sheet: what lies beyond must be empty.
LIGNES_MAX = 20_000
COLONNES_MAX = 200
FUSIONS_MAX = 10_000

# Of a workbook, all sheets together.
FEUILLES_MAX = 200
CELLULES_MAX = 500_000
SURFACE_MAX = LIGNES_MAX * COLONNES_MAX
CARACTERES_MAX = 20_000_000
PROPRIETES_MAX = 200
# of a cell: the limit of Excel itself
TEXTE_MAX = 32_767

# Of the process that reads. The fullest workbook that the limits allow takes some 300 MB and ten seconds.
MEMOIRE_MAX = 512 << 20
PROCESSEUR_S = 30
DELAI_S = 60
# the exit code by which it says that the memory allowed did not suffice
SANS_MEMOIRE = 3
