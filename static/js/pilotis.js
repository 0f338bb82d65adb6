/* Progressive enhancement only: every page works without this file. No inline script anywhere. */
"use strict";

(() => {
  const tous = (selecteur, racine = document) => [...racine.querySelectorAll(selecteur)];

  /* -- Error summary: read first ---------------------------------------------------------------- */
  const lireErreurs = (racine) => {
    const resume = racine.querySelector("[data-resume-erreurs]");
    if (resume) resume.focus();
  };
  document.addEventListener("click", (evenement) => {
    const lien = evenement.target.closest("[data-resume-erreurs] a[href^='#']");
    const cible = lien && document.getElementById(lien.hash.slice(1));
    if (!cible) return;
    const champ = cible.matches("input, select, textarea") ? cible : cible.querySelector("input, select, textarea");
    if (!champ) return;
    evenement.preventDefault();
    champ.focus();
    (champ.closest(".champ") || champ).scrollIntoView({ block: "start" });
  });

  /* -- Menus: closed by Escape, by a click elsewhere, or by another menu ------------------------ */
  const fermerMenus = (sauf) => tous("details[data-menu][open]").forEach((menu) => { if (menu !== sauf) menu.open = false; });
  document.addEventListener("click", (evenement) => fermerMenus(evenement.target.closest("details[data-menu]")));
  document.addEventListener("keydown", (evenement) => {
    if (evenement.key !== "Escape") return;
    const menu = document.querySelector("details[data-menu][open]");
    if (menu) { menu.open = false; menu.querySelector("summary").focus(); }
  });

  /* -- Filters: a list or a box applies at once; the button stays for the rest ------------------ */
  if (window.matchMedia("(max-width: 767.98px)").matches) tous("details[data-replie]").forEach((repli) => { repli.open = false; });
  document.addEventListener("change", (evenement) => {
    const formulaire = evenement.target.closest("form[data-auto]");
    if (formulaire && evenement.target.matches("select, input[type=checkbox], input[type=radio]")) formulaire.requestSubmit();
  });

  /* -- One submission at a time ----------------------------------------------------------------- */
  document.addEventListener("submit", (evenement) => {
    const formulaire = evenement.target;
    if (formulaire.method !== "post" || formulaire.matches("[hx-post], [data-hx-post]")) return;
    if (formulaire.dataset.envoi) { evenement.preventDefault(); return; }
    setTimeout(() => {
      if (evenement.defaultPrevented) return;
      formulaire.dataset.envoi = "1";
      if (evenement.submitter) evenement.submitter.setAttribute("aria-busy", "true");
    });
    // A download leaves the page in place: the form must serve again.
    setTimeout(() => liberer(formulaire), 8000);
  });
  const liberer = (formulaire) => {
    delete formulaire.dataset.envoi;
    tous("[aria-busy]", formulaire).forEach((bouton) => bouton.removeAttribute("aria-busy"));
  };
  window.addEventListener("pageshow", () => tous("form[data-envoi]").forEach(liberer));

  /* -- Boxes: « tout cocher » ------------------------------------------------------------------- */
  document.addEventListener("change", (evenement) => {
    const nom = evenement.target.dataset && evenement.target.dataset.toutCocher;
    if (nom) tous(`input[type=checkbox][name="${CSS.escape(nom)}"]:not(:disabled)`).forEach((boite) => { boite.checked = evenement.target.checked; });
  });

  /* -- Leaving with something unsaved asks first: forms marked data-garde (drafts: brouillon.js) ------ */
  document.addEventListener("input", (evenement) => { const f = evenement.target.closest("form[data-garde]"); if (f) f.dataset.modifie = "1"; });
  document.addEventListener("submit", (evenement) => { delete evenement.target.dataset.modifie; });
  window.addEventListener("beforeunload", (evenement) => { if (tous("form[data-modifie]").length) evenement.preventDefault(); });

  /* -- htmx: a session that ended or a server that fails is said, and nothing on the page is lost - */
  const avertir = (texte) => {
    let zone = document.querySelector("[data-avertissement]");
    if (!zone) {
      zone = document.createElement("div");
      zone.className = "message error";
      zone.dataset.avertissement = "";
      zone.setAttribute("role", "alert");
      document.querySelector("main > .cadre").prepend(zone);
    }
    zone.textContent = texte;
    zone.scrollIntoView({ block: "nearest" });
  };
  document.addEventListener("htmx:beforeSwap", (evenement) => {
    const adresse = evenement.detail.xhr.responseURL || "";
    if (!adresse.includes("/compte/login/")) return;
    evenement.detail.shouldSwap = false;
    avertir("Votre connexion a pris fin. Reconnectez-vous dans un autre onglet, puis recommencez : cette page est restée telle quelle.");
  });
  document.addEventListener("htmx:sendError", () => avertir("Le réseau ne répond pas. Cette page est restée telle quelle : recommencez dans un instant."));
  document.addEventListener("htmx:responseError", () => avertir("Le serveur n'a pas pu répondre. Cette page est restée telle quelle : recommencez, puis prévenez la personne qui administre Pilotis."));
  document.addEventListener("htmx:afterSwap", (evenement) => { lireErreurs(evenement.target); });

  lireErreurs(document);
})();
