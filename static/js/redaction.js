/* Writing a section of the report: its buttons, what it looks like beside, texts that are taken up. Progressive: without
   this file one types the marks, and each button of the page saves and shows. Saving is brouillon.js. */
"use strict";

(() => {
  const PAUSE = 500; // after the last key, before the text is read again
  const zone = document.querySelector("#saisie [name=texte]");
  if (!zone) return;
  const formulaire = zone.form;
  const tous = (selecteur) => [...formulaire.querySelectorAll(selecteur)];
  tous("[data-sans-script]").forEach((bouton) => { bouton.hidden = true; });

  /* Typed as a hand would: Ctrl + Z undoes it, and what listens to the text hears it. */
  const inserer = (texte) => {
    zone.focus();
    if (!document.execCommand("insertText", false, texte)) {
      zone.setRangeText(texte, zone.selectionStart, zone.selectionEnd, "end");
      zone.dispatchEvent(new Event("input", { bubbles: true }));
    }
  };

  /* -- The marks of the text ------------------------------------------------------------------------ */
  const entourer = (avant, apres, exemple) => {
    const { selectionStart: debut, selectionEnd: fin, value } = zone;
    // Marks stand against the words: « **ce mot** », never « ** ce mot ** ».
    const choisi = value.slice(debut, fin);
    const mots = choisi.trim() || exemple;
    const gauche = choisi.trim() ? choisi.slice(0, choisi.indexOf(mots)) : "";
    const droite = choisi.trim() ? choisi.slice(gauche.length + mots.length) : "";
    inserer(`${gauche}${avant}${mots}${apres}${droite}`);
    const place = debut + gauche.length + avant.length;
    zone.setSelectionRange(place, place + mots.length);
  };
  /* The whole lines of what is selected begin with `marque`, after a blank line. */
  const commencer = (marque, exemple) => {
    const { value } = zone;
    const debut = value.lastIndexOf("\n", zone.selectionStart - 1) + 1;
    const suite = value.indexOf("\n", zone.selectionEnd);
    const fin = suite < 0 ? value.length : suite;
    const lignes = value.slice(debut, fin).split("\n").map((ligne) => (ligne.trim() ? `${marque}${ligne.trim()}` : ligne));
    const texte = value.slice(debut, fin).trim() ? lignes.join("\n") : `${marque}${exemple}`;
    const saut = debut === 0 || value.slice(0, debut).endsWith("\n\n") ? "" : "\n";
    zone.setSelectionRange(debut, fin);
    inserer(`${saut}${texte}`);
  };
  const lier = () => {
    const { selectionStart: debut, selectionEnd: fin } = zone;
    const mots = zone.value.slice(debut, fin).trim() || "les mots du lien";
    inserer(`[${mots}](https://)`);
    const adresse = debut + mots.length + 3;
    zone.setSelectionRange(adresse, adresse + "https://".length);
  };
  const FORMES = {
    gras: () => entourer("**", "**", "mots importants"),
    italique: () => entourer("*", "*", "mots"),
    titre: () => commencer("## ", "Sous-titre"),
    liste: () => commencer("- ", "Premier élément"),
    lien: lier,
  };
  const barre = formulaire.querySelector("[data-mise-en-forme]");
  barre.setAttribute("aria-controls", zone.id);
  barre.hidden = false;
  zone.before(barre);
  barre.addEventListener("click", ({ target }) => FORMES[target.closest("[data-forme]")?.dataset.forme]?.());
  zone.addEventListener("keydown", (evenement) => {
    const forme = { b: "gras", i: "italique" }[evenement.key.toLowerCase()];
    if (!forme || !(evenement.ctrlKey || evenement.metaKey) || evenement.shiftKey || evenement.altKey) return;
    evenement.preventDefault();
    FORMES[forme]();
  });

  /* -- Texts that are offered: after what is written, never in its place ---------------------------- */
  tous("[data-offert]").forEach((offert) => {
    offert.querySelector("button").addEventListener("click", (evenement) => {
      evenement.preventDefault();
      const ecrit = zone.value.trimEnd();
      zone.setSelectionRange(ecrit.length, zone.value.length);
      inserer(`${ecrit ? "\n\n" : ""}${offert.dataset.offert}`);
      zone.setSelectionRange(ecrit.length, ecrit.length);
      zone.scrollTop = 0;
      zone.scrollIntoView({ block: "nearest" });
      offert.closest("details").open = false;
    });
  });

  /* -- What it looks like: the server reads the text as the report will ------------------------------ */
  const apercu = document.querySelector("[data-apercu]");
  let minuterie, lecture, lu = zone.value;
  const jeton = () => {
    const trouve = document.cookie.split("; ").find((morceau) => morceau.startsWith("csrftoken="));
    return trouve ? decodeURIComponent(trouve.slice("csrftoken=".length)) : formulaire.elements.csrfmiddlewaretoken.value;
  };
  const lire = async () => {
    const texte = zone.value;
    if (texte === lu) return;
    lecture?.abort();
    lecture = new AbortController();
    try {
      const reponse = await fetch(apercu.dataset.apercu, {
        method: "POST", body: new URLSearchParams({ texte }), credentials: "same-origin", redirect: "error",
        signal: lecture.signal, headers: { "X-CSRFToken": jeton() },
      });
      if (!reponse.ok) return;
      apercu.innerHTML = await reponse.text();
      lu = texte;
    } catch { /* offline, or signed out: the line of saving says it, the next key tries again */ }
  };
  zone.addEventListener("input", () => { clearTimeout(minuterie); minuterie = setTimeout(lire, PAUSE); });
  window.addEventListener("online", lire);
  if (zone.value !== zone.defaultValue || "avant" in zone.dataset) { lu = null; lire(); }

  /* -- Boxes ticked and not kept: leaving asks first -------------------------------------------------- */
  const coches = () => tous("[name=bloc]").filter((boite) => boite.checked).map((boite) => boite.value).join(" ");
  const depart = coches();
  let envoye = false;
  formulaire.addEventListener("submit", () => { setTimeout(() => { envoye = true; setTimeout(() => { envoye = false; }, 8000); }); });
  window.addEventListener("beforeunload", (evenement) => { if (!envoye && coches() !== depart) evenement.preventDefault(); });
})();
