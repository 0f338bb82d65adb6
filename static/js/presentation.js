/* « Présenter »: one screen at a time without leaving the page, so that the full screen lasts. Arrows, Space, Home, End,
   Escape. Without this file each button leads to the next address. */
"use strict";

(() => {
  const presentation = document.querySelector("[data-presentation]");
  const ecrans = [...presentation.querySelectorAll(".ecran")];
  const place = presentation.querySelector("[data-place]");
  const pas = [...presentation.querySelectorAll("[data-pas]")];
  const pleinEcran = presentation.querySelector("[data-plein-ecran]");
  let courant = Number(presentation.dataset.courant) - 1;

  const montrer = (rang) => {
    const voulu = Math.min(Math.max(rang, 0), ecrans.length - 1);
    if (voulu === courant) return;
    courant = voulu;
    ecrans.forEach((ecran, autre) => { ecran.hidden = autre !== courant; });
    history.replaceState(null, "", `?ecran=${courant + 1}`);
    const titre = ecrans[courant].dataset.titre;
    document.title = `Présenter – ${titre}`;
    const dit = document.createElement("span");
    dit.className = "visually-hidden";
    dit.textContent = `\u00a0: ${titre}`;
    place.replaceChildren(`Écran ${courant + 1} sur ${ecrans.length}`, dit);
    pas.forEach((bouton) => {
      const vers = courant + Number(bouton.dataset.pas);
      const possible = vers >= 0 && vers < ecrans.length;
      bouton.href = `?ecran=${(possible ? vers : courant) + 1}`;
      bouton.toggleAttribute("aria-disabled", !possible);
      if (!possible) bouton.setAttribute("aria-disabled", "true");
    });
    window.scrollTo(0, 0);
  };

  pas.forEach((bouton) => bouton.addEventListener("click", (evenement) => {
    if (evenement.ctrlKey || evenement.metaKey || evenement.shiftKey) return;
    evenement.preventDefault();
    montrer(courant + Number(bouton.dataset.pas));
  }));

  const touches = {
    ArrowRight: () => montrer(courant + 1),
    ArrowDown: () => montrer(courant + 1),
    PageDown: () => montrer(courant + 1),
    " ": () => montrer(courant + 1),
    ArrowLeft: () => montrer(courant - 1),
    ArrowUp: () => montrer(courant - 1),
    PageUp: () => montrer(courant - 1),
    Home: () => montrer(0),
    End: () => montrer(ecrans.length - 1),
    Escape: () => { window.location.assign(presentation.dataset.sortie); },
  };
  document.addEventListener("keydown", (evenement) => {
    const geste = touches[evenement.key];
    if (!geste || evenement.ctrlKey || evenement.metaKey || evenement.altKey) return;
    // Space presses the button that has the focus; in a table, the arrows scroll it.
    if (evenement.key === " " && evenement.target.closest("button, a")) return;
    if (evenement.key.startsWith("Arrow") && evenement.target.closest(".annexe-cadre")) return;
    evenement.preventDefault();
    geste();
  });

  if (document.fullscreenEnabled) {
    pleinEcran.hidden = false;
    pleinEcran.addEventListener("click", () => {
      if (document.fullscreenElement) document.exitFullscreen();
      else document.documentElement.requestFullscreen();
    });
    document.addEventListener("fullscreenchange", () => {
      pleinEcran.textContent = document.fullscreenElement ? "Quitter le plein écran" : "Plein écran";
    });
  }
})();
