/* The key figures as one types: totals and results, computed as the server does (bilans/structure/chiffres.py). */
"use strict";

(() => {
  const table = document.querySelector("[data-chiffres-clefs]");
  if (!table) return;
  const INSECABLE = "\u00a0";
  const PRODUITS = ["subventions", "recettes_propres", "autres_recettes", "reprises"];
  const CHARGES = ["masse_salariale", "charges_externes", "autres_charges", "dotations"];

  const SIGNES = ["resultat_exceptionnel", "fonds_associatifs"];

  /* Cents, or null for a blank or for what the server refuses: only a result may be negative. */
  const lire = (code, exercice) => {
    const champ = table.querySelector(`[name="chiffre_${code}_${exercice}"]`);
    const nu = (champ?.value ?? "").replace(/\s+/g, " ").trim().replace(/ ?(€|eur|euros?)$/i, "");
    const lu = /^([-\u2212\u2013]?) ?(\d{1,3}(?: \d{3})+|\d+) ?(?:[.,](\d{0,2}))?$/.exec(nu);
    if (!lu || (lu[1] && !SIGNES.includes(code))) return null;
    const centimes = Number(lu[2].replaceAll(" ", "")) * 100 + Number((lu[3] || "").padEnd(2, "0"));
    return lu[1] ? -centimes : centimes;
  };
  /* Whether an amount that is computed leaves out one that is typed and cannot be read. */
  const PARTIES = { produits: PRODUITS, charges: CHARGES, resultat_exploitation: [...PRODUITS, ...CHARGES], resultat_net: [...PRODUITS, ...CHARGES, "resultat_exceptionnel"] };
  const partiel = (code, exercice) => PARTIES[code].some((partie) => table.querySelector(`[name="chiffre_${partie}_${exercice}"]`)?.value.trim() && lire(partie, exercice) === null);
  const somme = (codes, exercice) => {
    const connus = codes.map((code) => lire(code, exercice)).filter((valeur) => valeur !== null);
    return connus.length ? connus.reduce((total, valeur) => total + valeur, 0) : null;
  };
  const ecrire = (centimes) => {
    if (centimes === null) return "—";
    const rond = centimes % 100 === 0;
    return `${(centimes / 100).toLocaleString("fr-FR", { minimumFractionDigits: rond ? 0 : 2, maximumFractionDigits: 2 }).replace(/\s/g, "\u202f")}${INSECABLE}€`;
  };
  const calculer = (exercice) => {
    const produits = somme(PRODUITS, exercice);
    const charges = somme(CHARGES, exercice);
    const exploitation = produits === null || charges === null ? null : produits - charges;
    const net = exploitation === null ? null : exploitation + (lire("resultat_exceptionnel", exercice) ?? 0);
    return { produits, charges, resultat_exploitation: exploitation, resultat_net: net };
  };
  const montrer = () => {
    for (const sortie of table.querySelectorAll("output[data-exercice]")) {
      const { exercice } = sortie.dataset;
      const { code } = sortie.closest("[data-code]").dataset;
      sortie.textContent = ecrire(calculer(exercice)[code]) + (partiel(code, exercice) ? " (sans les montants à corriger)" : "");
    }
  };
  table.addEventListener("input", montrer);
})();
