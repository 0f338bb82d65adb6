"""Spreadsheets coming in: any town's table recognised, read row by row, compared, staged, applied, undone.

    structure   finds the sheet, the header and what each column is        (`reconnaitre` → Structure)
    lignes      says what each row is and reads it                         (`lire_lignes` → LigneLue)

These two, with what they are made of (champs, alias, titres, profils, entetes, colonnes), ask nothing of the
database: they read a `documents.tableurs.Classeur`.
"""
