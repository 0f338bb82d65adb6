/* A receipt: print it, copy its text. Without this file the text is in its field and the browser prints. */
"use strict";

(() => {
  const imprimer = document.querySelector("[data-imprimer]");
  const copier = document.querySelector("[data-copier]");
  const dire = (phrase) => { document.querySelector("[data-copie]").textContent = phrase; };

  imprimer.hidden = copier.hidden = false;
  imprimer.addEventListener("click", () => window.print());

  copier.addEventListener("click", async () => {
    const texte = document.getElementById(copier.dataset.copier);
    try {
      await navigator.clipboard.writeText(texte.value);
      dire("Le texte du reçu est copié : collez-le où vous voulez.");
    } catch {
      // An address without HTTPS, or a browser that refuses: the text is shown and selected.
      texte.closest("details").open = true;
      texte.select();
      dire("Le texte est sélectionné : copiez-le avec Ctrl + C.");
    }
  });
})();
