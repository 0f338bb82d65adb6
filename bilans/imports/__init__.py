"""Spreadsheets coming in: any town's table recognised, read row by row, compared, staged, applied, undone.

    structure   finds the sheet, the header and what each column is        (`reconnaitre` → Structure)
    lignes      says what each row is and reads it                         (`lire_lignes` → LigneLue)

Neither asks anything of the database: they read a `documents.tableurs.Classeur`. What they are made of, upwards:

    champs, modele                  what a column may be; what is recognised, as data
    alias, titres, vocabulaire      the words of towns; titles compared; what a title may mean
    profils                         what the cells of a column look like
    colonnes, entetes, fiches       a column by its title and cells; where the header is; forms
    rangees, parcours, reperage     a row; the reading downwards; what is odd (sentences in signalements)
"""
