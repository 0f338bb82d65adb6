/* The budget as one types: totals, gaps to explain, contributions in kind. The sentences are those of financements/budgets.py. */
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
  const pourcent = (part) => `${part.toLocaleString("fr-FR", { minimumFractionDigits: 1, maximumFractionDigits: 1 })}${INSECABLE}%`;
  const centimes = (texte) => Math.round(Number(texte) * 100);
  const PLUS_GRAND = 999_999_999_999;
  /* In cents; null for a blank and for what is no amount. Same rule as ChampMontantFormulaire (comptes/champs.py). */
  const lire = (champ) => {
    const texte = champ.value.replace(/\s+/g, " ").trim().replace(/ ?(€|eur|euros?)$/i, "");
    const lu = /^(\d{1,3}(?: \d{3})+|\d+) ?(?:[.,](\d{0,2}))?$/.exec(texte);
    const montant = lu && centimes(`${lu[1].replaceAll(" ", "")}.${lu[2] || 0}`);
    return montant !== null && montant <= PLUS_GRAND ? montant : null;
  };
  const estIllisible = (champ) => champ.value.trim() !== "" && lire(champ) === null;
  const additionner = (montants) => {
    const connus = montants.filter((montant) => montant !== null);
    return connus.length ? connus.reduce((a, b) => a + b, 0) : null;
  };
  const cases = (selecteur) => [...budget.querySelectorAll(selecteur)];
  const dire = (element, phrase) => {
    if (!element) return;
    element.hidden = !phrase;
    if (element.textContent !== phrase) element.textContent = phrase;
  };

  const phraseDuSolde = (depenses, recettes) => {
    if (depenses === null || recettes === null) return "";
    const ecart = recettes - depenses;
    if (ecart === 0) return "Les recettes couvrent exactement les dépenses.";
    if (ecart > 0) return `Les recettes dépassent les dépenses de ${euros(ecart)}.`;
    return `Les dépenses dépassent les recettes de ${euros(-ecart)}${INSECABLE}: votre structure a pris ce reste à sa charge, ou une recette manque.`;
  };
  /* Same words as PageBudget._non_compte. */
  const phraseDuNonCompte = (combien) => (combien ? `Ce total ne compte pas ${combien}${INSECABLE}${combien > 1 ? "montants" : "montant"} à corriger.` : "");
  const totaliser = () => {
    const [depenses, recettes] = ["charge", "produit"].map((sens) => {
      const champs = cases(`[data-sens="${sens}"] input:not([data-hors-total])`);
      const illisibles = champs.filter(estIllisible).length;
      const somme = additionner(champs.map(lire));
      const total = budget.querySelector(`[data-sens="${sens}"] [data-total]`);
      const texte = somme === null ? "inconnu" : euros(somme);
      if (total.textContent !== texte) total.textContent = texte;
      dire(budget.querySelector(`[data-sens="${sens}"] [data-non-compte]`), phraseDuNonCompte(illisibles));
      return illisibles ? null : somme;
    });
    dire(budget.querySelector("[data-solde]"), phraseDuSolde(depenses, recettes));
  };
  const comparerLaNature = () => {
    const [emplois, ressources] = ["charge", "produit"].map((sens) => additionner(cases(`[data-nature="${sens}"] input`).map(lire)));
    const solde = (ressources || 0) - (emplois || 0);
    const [cote, autre] = solde > 0 ? ["recettes", "dépenses"] : ["dépenses", "recettes"];
    const phrase = solde ? `Les contributions volontaires sont plus élevées de ${euros(Math.abs(solde))} dans les ${cote} que dans les ${autre}${INSECABLE}: les deux totaux doivent être égaux.` : "";
    dire(budget.querySelector("[data-solde-nature]"), phrase);
  };

  const seuilEuros = centimes(budget.dataset.seuilEuros);
  const seuilPart = Number(budget.dataset.seuilPart);
  /* Same rule and same words as Chiffres.depasse and phrase_a_expliquer. */
  const phraseDeLEcart = (poste, libelle) => {
    const siennes = cases(`input[data-poste="${poste}"]`);
    const realise = additionner(siennes.map(lire));
    const prevu = additionner(siennes.map((champ) => ("prevu" in champ.dataset ? centimes(champ.dataset.prevu) : null)));
    if (realise === null) return "";
    const ecart = realise - (prevu || 0);
    const part = prevu ? (ecart / prevu) * 100 : null;
    if (Math.abs(ecart) <= seuilEuros || (part !== null && Math.abs(part) <= seuilPart)) return "";
    const prevus = prevu ? `${euros(prevu)} prévus` : "rien de prévu";
    const enPart = part === null ? "" : `, soit ${pourcent(Math.abs(part))}`;
    return `«${INSECABLE}${libelle}${INSECABLE}»${INSECABLE}: ${prevus}, ${euros(realise)} au final (${euros(Math.abs(ecart))} ${ecart > 0 ? "de plus" : "de moins"}${enPart}). Expliquez l'écart en une phrase.`;
  };
  const demanderPourquoi = () => {
    for (const bloc of cases("[data-ecart]")) {
      const texte = bloc.querySelector("textarea");
      const poste = texte.name.replace("ecart_", "");
      const phrase = phraseDeLEcart(poste, bloc.dataset.ecart);
      dire(bloc.querySelector("[data-ecart-phrase]"), phrase);
      bloc.hidden = !phrase && !texte.value.trim();
    }
  };
  /* Same rule and same words as Comparaison.desaccords and phrase_du_desaccord, for the funders of the programme. */
  const phrasesDesDesaccords = () => {
    if (additionner(cases('[data-sens="produit"] input').map(lire)) === null) return [];
    return cases("input[data-financeur]").flatMap((champ) => {
      const nom = champ.dataset.financeur;
      const recu = lire(champ);
      const promis = "programme" in champ.dataset ? centimes(champ.dataset.programme) : null;
      if ((recu || 0) === (promis || 0)) return [];
      if (promis === null) return [`${nom}${INSECABLE}: ${euros(recu)} dans le budget, rien dans le programme.`];
      if (recu === null) return [`${nom}${INSECABLE}: rien dans le budget, ${euros(promis)} dans le programme.`];
      return [`${nom}${INSECABLE}: ${euros(recu)} dans le budget, ${euros(promis)} dans le programme, soit un écart de ${euros(Math.abs(recu - promis))}.`];
    });
  };
  const rapprocher = () => {
    const bloc = budget.querySelector("[data-desaccords]");
    if (!bloc) return;
    const phrases = phrasesDesDesaccords();
    bloc.hidden = !phrases.length;
    const liste = bloc.querySelector("ul");
    if ([...liste.children].map((li) => li.textContent).join("\n") === phrases.join("\n")) return;
    liste.replaceChildren(...phrases.map((phrase) => Object.assign(document.createElement("li"), { textContent: phrase })));
  };
  const revoir = () => {
    rapprocher();
    totaliser();
    comparerLaNature();
    demanderPourquoi();
  };
  budget.addEventListener("input", revoir);
  revoir();
})();
