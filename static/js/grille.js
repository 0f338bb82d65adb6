/* Around the cells of the programming, which rapide.js moves, saves and undoes: sums, what remains of the envelopes, what is
   known of the cell one is in. Progressive: without this file the page says the same once it is loaded again. */
"use strict";

(() => {
  const table = document.querySelector("table.grille[data-rapide]");
  if (!table) return;
  const formulaire = table.closest("form");
  const tous = (selecteur, racine = document) => [...racine.querySelectorAll(selecteur)];
  const ecrire = (element, texte) => { if (element && element.textContent !== texte) element.textContent = texte; };

  /* -- After each saved row: the server's sums, and what remains of the envelopes ------------------ */
  const VIDE = "—";
  table.addEventListener("rapide:recu", ({ detail: { tr, corps } }) => {
    if (!("totaux" in corps)) return;
    ecrire(tr.querySelector("[data-total-ligne]"), corps.total_ligne || VIDE);
    for (const element of tous("[data-total]", table)) {
      if (element.dataset.total in corps.totaux) ecrire(element, corps.totaux[element.dataset.total] || VIDE);
    }
    for (const element of tous("[data-total-general]", formulaire)) ecrire(element, corps.total || VIDE);
    ecrire(document.querySelector("[data-grille-phrase]"), corps.phrase);
    const dits = corps.enveloppes.map(montrerEnveloppe).filter(Boolean);
    if (dits.length) ecrire(formulaire.querySelector("[data-rapide-annonce]"), dits.join(" "));
  });
  const montrerEnveloppe = ({ pk, reste, ton, phrase }) => {
    let change = false;
    for (const element of tous(`[data-enveloppe="${pk}"]`)) {
      const lu = element.querySelector("[data-reste]");
      change = change || lu.textContent !== reste;
      ecrire(lu, reste);
      element.title = phrase;
      element.classList.toggle("enveloppe-peu", ton === "peu");
      element.classList.toggle("enveloppe-depassee", ton === "depassee");
    }
    // What is little or too much is read aloud; the rest is in sight.
    return change && ton ? phrase : "";
  };

  /* -- The total stands on the bar, whatever the bar says -------------------------------------------- */
  const enBas = formulaire.querySelector(".barre-enregistrement");
  new ResizeObserver(() => formulaire.style.setProperty("--barre", `${enBas.offsetHeight}px`)).observe(enBas);

  /* -- Where one is: the action, the funder, the other amounts of the cell, its page ---------------- */
  const barre = formulaire.querySelector("[data-grille-case]");
  const lien = barre.querySelector("[data-grille-lien]");
  let derniere = null;
  table.addEventListener("focusin", ({ target }) => {
    if (!target.matches("[data-champ]")) return;
    derniere = target;
    const tr = target.closest("tr");
    const titre = tr.querySelector("th > a").textContent.trim();
    const colonne = document.getElementById(`col-${target.dataset.champ}`).textContent.trim();
    ecrire(barre.querySelector("[data-grille-ou]"), `${colonne}, ${titre}`);
    ecrire(barre.querySelector("[data-grille-suite]"), target.dataset.suite ? `: ${target.dataset.suite}.` : "");
    lien.hidden = !table.dataset.cases;
    if (table.dataset.cases) lien.href = `${table.dataset.cases}${tr.dataset.ligne}/${target.dataset.champ}/`;
    barre.hidden = false;
  });
  table.addEventListener("keydown", (evenement) => {
    if (evenement.altKey && evenement.key === "ArrowDown" && !lien.hidden && evenement.target.matches("[data-champ]")) {
      evenement.preventDefault();
      lien.focus();
    }
  });
  barre.addEventListener("keydown", (evenement) => {
    if (evenement.key === "Escape" && derniere) { evenement.preventDefault(); derniere.focus(); }
  });
})();
