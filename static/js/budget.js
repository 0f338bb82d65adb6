/* The totals of the budget « réalisé » as one types: the sentences of bilans/pages/saisie.py (solde). */
"use strict";

(() => {
  const budget = document.querySelector("[data-budget]");
  if (!budget) return;
  const INSECABLE = "\u00a0";
  const euros = (montant) => {
    const centimes = montant % 100 !== 0;
    const texte = (montant / 100).toLocaleString("fr-FR", { minimumFractionDigits: centimes ? 2 : 0, maximumFractionDigits: centimes ? 2 : 0 });
    return `${texte}${INSECABLE}€`;
  };
  /* In cents; null for a blank and for what is no amount. */
  const lire = (champ) => {
    const texte = champ.value.replace(/\s/g, "").replace("€", "").replace(",", ".");
    return /^\d+(\.\d{0,2})?$/.test(texte) ? Math.round(Number(texte) * 100) : null;
  };
  const total = (sens) => {
    const montants = [...budget.querySelectorAll(`[data-sens="${sens}"] input:not([data-hors-total])`)].map(lire).filter((montant) => montant !== null);
    return montants.length ? montants.reduce((a, b) => a + b, 0) : null;
  };
  const dire = (depenses, recettes) => {
    if (depenses === null || recettes === null) return "";
    const ecart = recettes - depenses;
    if (ecart === 0) return "Les recettes couvrent exactement les dépenses.";
    if (ecart > 0) return `Les recettes dépassent les dépenses de ${euros(ecart)}.`;
    return `Les dépenses dépassent les recettes de ${euros(-ecart)}${INSECABLE}: votre structure a pris ce reste à sa charge, ou une recette manque.`;
  };
  const totaliser = () => {
    const [depenses, recettes] = ["charge", "produit"].map((sens) => {
      const somme = total(sens);
      budget.querySelector(`[data-sens="${sens}"] [data-total]`).textContent = somme === null ? "inconnu" : euros(somme);
      return somme;
    });
    const solde = budget.querySelector("[data-solde]");
    const phrase = dire(depenses, recettes);
    solde.hidden = !phrase;
    if (solde.textContent !== phrase) solde.textContent = phrase;
  };
  budget.addEventListener("input", totaliser);
  totaliser();
})();
