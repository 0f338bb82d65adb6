/* Entering a bilan: totals and gaps said as one types, questions that depend on another, a copy kept in the
   browser. Progressive: without this file the same totals and sentences come after saving. */
"use strict";

(() => {
  const tous = (selecteur, racine = document) => [...racine.querySelectorAll(selecteur)];
  const FINE = "\u00a0";
  const format = new Intl.NumberFormat("fr-FR");
  const compte = (n, mot) => `${format.format(n)}${FINE}${mot}${n >= 2 ? "s" : ""}`;
  const PERSONNES = { F: "femme", H: "homme", N: "non renseigné" };
  const PREFIXES = { total: "", qpv: "Habitantes et habitants du QPV" };
  const SEXES = ["F", "H", "N"];

  /* -- Figures: a blank is not a zero ------------------------------------------------------------ */
  const lireNombre = (champ) => {
    const texte = champ ? champ.value.replace(/\s/g, "") : "";
    return /^\d+$/.test(texte) ? Number(texte) : null;
  };
  const somme = (nombres) => {
    const connus = nombres.filter((n) => n !== null);
    return connus.length ? connus.reduce((a, b) => a + b, 0) : null;
  };
  const lireRang = (ligne) => {
    const rang = { nom: ligne.querySelector("th").textContent.trim(), ligne };
    for (const sexe of [...SEXES, "T"]) rang[sexe] = lireNombre(ligne.querySelector(`input[data-cellule$="-${sexe}"]`));
    rang.total = rang.T !== null ? rang.T : somme(SEXES.map((sexe) => rang[sexe]));
    return rang;
  };
  const lireGrille = (table) => {
    const ages = tous("tr[data-rang=age]", table).map(lireRang);
    const ensemble = lireRang(table.querySelector("tr[data-rang=ensemble]"));
    const sommes = [...SEXES.map((sexe) => somme(ages.map((rang) => rang[sexe]))), somme(ages.map((rang) => rang.total))];
    return { perimetre: table.dataset.grille, table, ages, ensemble, sommes, total: ensemble.total !== null ? ensemble.total : sommes[3] };
  };

  /* -- What does not add up: the sentences of bilans/effectifs.py -------------------------------- */
  const phraseDuTotal = (rang) => {
    const connus = SEXES.filter((sexe) => rang[sexe] !== null);
    const detail = somme(SEXES.map((sexe) => rang[sexe]));
    const complet = rang.F !== null && rang.H !== null;
    if (rang.T === null || detail === null || detail === rang.T || (detail < rang.T && !complet)) return "";
    const comptes = connus.map((sexe) => compte(rang[sexe], PERSONNES[sexe]));
    const total = format.format(rang.T);
    if (connus.length === 1) return `${comptes[0]}, c'est plus que le total indiqué (${total}). Corrigez l'un des deux.`;
    const liste = `${comptes.slice(0, -1).join(", ")} et ${comptes[comptes.length - 1]}`;
    const constat = `${liste} font ${format.format(detail)}, mais le total indiqué est ${total}. Corrigez l'un des ${connus.length === 2 ? "trois" : "quatre"}`;
    if (detail > rang.T) return `${constat}.`;
    return `${constat}, ou indiquez ${compte((rang.N || 0) + rang.T - detail, "personne")} en «${FINE}non renseigné${FINE}».`;
  };
  const dire = (perimetre, nom, phrase) => {
    const debut = [PREFIXES[perimetre], nom].filter(Boolean).join(", ");
    return debut ? `${debut}${FINE}: ${phrase}` : phrase;
  };
  const certain = (rang) => (rang.T !== null ? rang.T : rang.F !== null && rang.H !== null ? rang.total : null);
  const horsDeLEnsemble = (part, entier) => {
    const rangs = (grille) => [grille.ensemble, ...grille.ages];
    const nom = (rang) => (rang === part.ensemble ? "" : rang.nom);
    const comparer = (rang, mot, n, tout) => (n !== null && tout !== null && n > tout
      ? [dire("qpv", nom(rang), `${compte(n, mot)}, c'est plus que dans l'ensemble du public (${format.format(tout)}). Corrigez l'un des deux.`)]
      : []);
    const phrases = rangs(part).flatMap((rang, i) => ["F", "H"].flatMap((sexe) => comparer(rang, PERSONNES[sexe], rang[sexe], rangs(entier)[i][sexe])));
    part.ages.forEach((rang, i) => phrases.push(...comparer(rang, "personne", rang.total, certain(entier.ages[i]))));
    return [...phrases, ...comparer(part.ensemble, "personne", part.total, entier.total)];
  };
  const ecarts = (grille, entier) => {
    const { ensemble, ages, sommes, perimetre } = grille;
    const phrases = [];
    for (const rang of [ensemble, ...ages]) {
      const phrase = phraseDuTotal(rang);
      if (phrase) phrases.push(dire(perimetre, rang === ensemble ? "" : rang.nom, phrase));
    }
    ["F", "H"].forEach((sexe, i) => {
      if (ensemble[sexe] !== null && sommes[i] !== null && sommes[i] > ensemble[sexe]) {
        phrases.push(dire(perimetre, "", `les tranches d'âge comptent ${compte(sommes[i], PERSONNES[sexe])}, la ligne «${FINE}Ensemble${FINE}» ${format.format(ensemble[sexe])}. Corrigez l'une ou l'autre.`));
      }
    });
    if (ensemble.total !== null && sommes[3] !== null && sommes[3] > ensemble.total) {
      phrases.push(dire(perimetre, "", `les tranches d'âge comptent ${compte(sommes[3], "personne")}, plus que l'ensemble (${format.format(ensemble.total)}). Corrigez l'un des deux.`));
    }
    if (entier) phrases.push(...horsDeLEnsemble(grille, entier));
    return phrases.map((phrase) => phrase.charAt(0).toUpperCase() + phrase.slice(1));
  };

  /* -- Showing it -------------------------------------------------------------------------------- */
  const ecrire = (sortie, valeur) => { if (sortie) sortie.textContent = valeur === null ? "–" : format.format(valeur); };
  const poser = (zone, texte) => {
    if (!zone) return;
    zone.hidden = !texte;
    if (zone.textContent !== texte) zone.textContent = texte;
  };
  /* What the server refused is said already: until a cell of the grid changes, it is not said twice. */
  const lireErreurs = (bloc) => tous("[data-erreur] li > span:last-child", bloc).map((e) => ({ element: e.closest("[data-erreur]"), texte: e.textContent.trim() }));
  const totaliser = (evenement) => {
    const grilles = tous("table[data-grille]").map(lireGrille);
    const entier = grilles.find((grille) => grille.perimetre === "total");
    for (const grille of grilles) {
      grille.ages.forEach((rang) => ecrire(rang.ligne.querySelector("output[data-total]"), rang.total));
      grille.sommes.forEach((valeur, i) => ecrire(grille.table.querySelector(`output[data-somme="${i}"]`), valeur));
      const bloc = grille.table.parentElement;
      poser(bloc.querySelector("[data-retenu]"), grille.total === null ? "" : `Total retenu${FINE}: ${compte(grille.total, "personne")}.`);
      const phrases = ecarts(grille, grille === entier ? null : entier);
      const erreurs = lireErreurs(bloc);
      if (!evenement) grille.table.dataset.dits = JSON.stringify(phrases);
      else if (evenement.target.closest && evenement.target.closest("table[data-grille]")) {
        const dits = JSON.parse(grille.table.dataset.dits);
        erreurs.filter(({ texte }) => dits.includes(texte)).forEach(({ element }) => { element.hidden = true; });
      }
      const visibles = erreurs.filter(({ element }) => !element.hidden).map(({ texte }) => texte);
      poser(bloc.querySelector("[data-avis]"), phrases.filter((phrase) => !visibles.includes(phrase)).join(" "));
    }
  };

  /* -- As in a spreadsheet: Enter and the arrows go up and down a column ---------------------------- */
  const PAS = { Enter: 1, ArrowDown: 1, ArrowUp: -1 };
  document.addEventListener("keydown", (evenement) => {
    const champ = evenement.target.closest && evenement.target.closest("table[data-grille] input");
    const pas = PAS[evenement.key];
    if (!champ || !pas || evenement.ctrlKey || evenement.metaKey || evenement.altKey) return;
    evenement.preventDefault();
    const sexe = champ.dataset.cellule.split("-").pop();
    const colonne = tous(`input[data-cellule$="-${sexe}"]`, champ.closest("table")).filter((c) => c.offsetParent);
    const suivant = colonne[colonne.indexOf(champ) + (evenement.shiftKey ? -pas : pas)];
    if (suivant) { suivant.focus(); suivant.select(); }
  });

  /* -- A question asked only after some answers --------------------------------------------------- */
  const MOTIVEES = ["reportee", "non_realisee"];
  const demanderPourquoi = (formulaire) => {
    const bloc = formulaire.querySelector("[data-champ=motif_non_realisation]");
    const choix = formulaire.querySelector("input[name=realisation]:checked");
    const texte = bloc && bloc.querySelector("textarea");
    if (bloc) bloc.hidden = !(choix && MOTIVEES.includes(choix.value)) && !texte.value && !bloc.querySelector(".errorlist");
  };

  /* -- On a phone, the ages are unfolded by whoever knows them ------------------------------------- */
  const replierLesAges = () => {
    if (!window.matchMedia("(max-width: 767.98px)").matches) return;
    for (const table of tous("table[data-grille]")) {
      const rangs = tous("tr[data-rang=age], tfoot tr", table);
      if (tous("tr[data-rang=age] input", table).some((champ) => champ.value)) continue;
      rangs.forEach((rang) => { rang.hidden = true; });
      const bouton = document.createElement("button");
      bouton.type = "button";
      bouton.className = "btn btn-link";
      bouton.textContent = "Détailler par âge";
      table.after(bouton);
      const deplier = () => {
        rangs.forEach((rang) => { rang.hidden = false; });
        bouton.remove();
      };
      bouton.addEventListener("click", () => { deplier(); rangs[0].querySelector("input").focus(); });
      // A copy taken up again may fill what was folded.
      table.closest("form").addEventListener("input", () => { if (tous("tr[data-rang=age] input", table).some((champ) => champ.value)) deplier(); });
    }
  };

  /* -- A copy in the browser, offered back when it was not saved ---------------------------------- */
  const PREFIXE = "pilotis-bilan-";
  const DUREE = 30 * 24 * 3600 * 1000;
  const HORS_COPIE = ["csrfmiddlewaretoken", "version", "suite"];
  const coffre = (() => { try { return window.localStorage; } catch { return null; } })();
  const lireCopie = (cle) => { try { return JSON.parse(coffre.getItem(cle)); } catch { return null; } };
  const oublier = (cle) => { if (coffre) coffre.removeItem(cle); };
  const releve = (formulaire) => {
    const champs = {};
    for (const element of formulaire.elements) {
      if (!element.name || HORS_COPIE.includes(element.name) || element.type === "submit") continue;
      if (element.type === "radio") { if (element.checked) champs[element.name] = element.value; }
      else champs[element.name] = element.type === "checkbox" ? element.checked : element.value;
    }
    return champs;
  };
  const garder = (formulaire, cle, reprise = false) => {
    const version = formulaire.elements.version.value;
    // A full or closed store is no reason to stop typing.
    try { coffre.setItem(cle, JSON.stringify({ quand: Date.now(), version, reprise, champs: releve(formulaire) })); } catch { /* rien */ }
  };
  const simple = (valeur) => (typeof valeur === "string" ? valeur.replace(/\s+/g, "") : valeur);
  const reprendre = (formulaire, copie) => {
    for (const element of formulaire.elements) {
      if (!(element.name in copie.champs) || HORS_COPIE.includes(element.name)) continue;
      const valeur = copie.champs[element.name];
      if (element.type === "radio") element.checked = element.value === valeur;
      else if (element.type === "checkbox") element.checked = valeur;
      else element.value = valeur;
    }
    // Saved against the version it was typed on: what someone else wrote since is then shown beside.
    formulaire.elements.version.value = copie.version;
    formulaire.dispatchEvent(new Event("input", { bubbles: true }));
  };
  /* Until it is answered, a copy offered back is not written over. */
  let enSuspens = false;
  const proposer = (formulaire, cle) => {
    const copie = lireCopie(cle);
    const offre = formulaire.querySelector("[data-copie-offre]");
    if (!copie || !copie.champs || !offre) return;
    // « Reprendre » saved what was typed and a figure more: once it did, the copy is only the page before it.
    if (copie.reprise && copie.version !== formulaire.elements.version.value) { oublier(cle); return; }
    const actuel = releve(formulaire);
    // « releve » says what the page was opened on: it changes at each save, and nobody typed it.
    const differe = Object.keys(copie.champs).some((nom) => nom !== "releve" && (nom in actuel || copie.champs[nom]) && simple(copie.champs[nom]) !== simple(actuel[nom]));
    if (!differe) { oublier(cle); return; }
    const quand = new Date(copie.quand);
    const jour = quand.toLocaleDateString("fr-FR", { day: "numeric", month: "long" });
    offre.querySelector("[data-copie-date]").textContent = `${jour} à ${quand.getHours()}${FINE}h${FINE}${String(quand.getMinutes()).padStart(2, "0")}`;
    offre.hidden = false;
    enSuspens = true;
    const fermer = () => { offre.hidden = true; enSuspens = false; };
    offre.querySelector("[data-copie-reprendre]").addEventListener("click", () => { fermer(); reprendre(formulaire, copie); });
    offre.querySelector("[data-copie-ignorer]").addEventListener("click", () => { oublier(cle); fermer(); });
    // A link to a question further down, or the place kept by a reload, would leave it out of sight.
    window.history.scrollRestoration = "manual";
    window.addEventListener("load", () => document.fonts.ready.then(() => requestAnimationFrame(() => {
      offre.focus({ preventScroll: true });
      offre.scrollIntoView({ block: "center" });
    })));
  };

  /* -- Saving comes back where one was typing, not to the top of a long page ---------------------- */
  const PLACE = "pilotis-place";
  const enVue = (champ) => champ.offsetParent && champ.getBoundingClientRect().top >= 0;
  const retenirLaPlace = (formulaire) => {
    const champ = [...formulaire.elements].find((element) => element.id && enVue(element));
    if (!champ) return;
    try { window.sessionStorage.setItem(PLACE, JSON.stringify({ page: window.location.pathname, champ: champ.id, haut: champ.getBoundingClientRect().top })); } catch { /* rien */ }
  };
  const revenirALaPlace = () => {
    let place = null;
    try { place = JSON.parse(window.sessionStorage.getItem(PLACE)); window.sessionStorage.removeItem(PLACE); } catch { /* rien */ }
    const champ = place && document.getElementById(place.champ);
    // What was refused is read first, on top.
    if (!champ || place.page !== window.location.pathname || enSuspens || document.querySelector(".resume-erreurs, .message.warning")) return;
    const revenir = () => document.fonts.ready.then(() => window.scrollBy(0, champ.getBoundingClientRect().top - place.haut));
    if (document.readyState === "complete") revenir(); else window.addEventListener("load", revenir);
  };

  /* -- Start --------------------------------------------------------------------------------------- */
  const purger = () => {
    if (!coffre) return;
    for (const cle of Object.keys(coffre)) {
      if (!cle.startsWith(PREFIXE)) continue;
      const copie = lireCopie(cle);
      if (!copie || !(Date.now() - copie.quand < DUREE)) oublier(cle);
    }
  };
  purger();
  tous("[data-copie-oublier]").forEach((zone) => oublier(PREFIXE + zone.dataset.copieOublier));
  /* A step of the porteur's form is kept by brouillon.js: here, only its totals and its dependent question. */
  const etape = document.querySelector("form[data-brouillon-bilan]");
  if (etape) {
    etape.addEventListener("input", (evenement) => { totaliser(evenement); demanderPourquoi(etape); });
    totaliser();
    demanderPourquoi(etape);
    replierLesAges();
  }
  const formulaire = document.querySelector("form[data-copie]");
  if (!formulaire) return;
  const cle = PREFIXE + formulaire.dataset.copie;
  // A form that came back with errors holds what was typed, saved nowhere yet.
  if ("saisieEnAttente" in formulaire.dataset) { garder(formulaire, cle); formulaire.dataset.modifie = "1"; } else proposer(formulaire, cle);
  let attente = null;
  formulaire.addEventListener("input", (evenement) => {
    totaliser(evenement);
    demanderPourquoi(formulaire);
    const etat = formulaire.querySelector("[data-enregistrement]");
    if (etat) { etat.dataset.etat = "attente"; etat.textContent = "Modifications pas encore enregistrées"; }
    clearTimeout(attente);
    if (!enSuspens) attente = setTimeout(() => garder(formulaire, cle), 400);
  });
  formulaire.addEventListener("submit", (evenement) => {
    clearTimeout(attente);
    if (!enSuspens) garder(formulaire, cle, /^(reprendre|ignorer):/.test(evenement.submitter?.value ?? ""));
    retenirLaPlace(formulaire);
  });
  totaliser();
  demanderPourquoi(formulaire);
  replierLesAges();
  revenirALaPlace();
})();
