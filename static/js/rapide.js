/* A grid of cells (fast entry, programming): moving with the keyboard, pasting a block, saving cell by cell with the former
   value, undoing. Progressive: without this file the grid is a form, saved by its button with the same rules.
   A page that shows more than its rows hears « rapide:recu » on the table: the row, and what the server answered.
   table[data-journal]: what the server has not confirmed stays in this browser (journal.js), and leaves when one comes back. */
"use strict";

(() => {
  const table = document.querySelector("table[data-rapide]");
  if (!table) return;
  const FINE = "\u00a0";
  const PAUSE = 3000;
  const ESSAIS = [2000, 5000, 10000, 20000, 30000];
  const formulaire = table.closest("form");
  const tous = (selecteur, racine = document) => [...racine.querySelectorAll(selecteur)];
  const pluriel = (n, un, plusieurs) => `${n}${FINE}${n >= 2 ? plusieurs : un}`;

  /* -- Rows and cells ------------------------------------------------------------------------------- */
  /* Of a cell: `connu` is what the server said was saved, `entree` what it held when one came in, `retenue` what can be
     undone, `envoyes` what left and was not answered yet; it is `tape` while one types, `pret` to be sent, then saved, with a
     `refus`, or in a `conflit`. */
  const lignes = tous("tbody tr[data-ligne]", table).map((tr) => {
    const connus = JSON.parse(tr.querySelector("[data-avant]").value);
    const ligne = { tr, cle: tr.dataset.ligne, cases: [] };
    ligne.cases = tous("[data-champ]", tr).map((champ, colonne) => ({ champ, ligne, colonne, nom: champ.dataset.champ, connu: connus[champ.dataset.champ], entree: connus[champ.dataset.champ], retenue: connus[champ.dataset.champ], envoyes: [], tape: false, pret: false, refus: "", conflit: null }));
    return ligne;
  });
  const parChamp = new Map(lignes.flatMap((ligne) => ligne.cases.map((case_) => [case_.champ, case_])));
  const colonnes = lignes[0].cases.length;
  const titres = lignes[0].cases.map((case_) => document.getElementById(case_.champ.getAttribute("aria-labelledby").split(" ")[0]).textContent.trim());
  const estListe = (case_) => case_.champ.tagName === "SELECT";
  const enAttente = (case_) => case_.champ.value !== case_.connu;
  const restantes = () => [...parChamp.values()].filter(enAttente);
  const enMots = (case_, valeur) => {
    const option = estListe(case_) && [...case_.champ.options].find((choix) => choix.value === valeur);
    return (option ? option.textContent : valeur) || "rien";
  };

  /* -- The journal: cells that wait, kept in this browser until the server has them ------------------- */
  const journal = table.dataset.journal ? new window.PilotisJournal(table.dataset.journal) : null;
  const nomDe = (case_) => `${case_.ligne.cle}/${case_.nom}`;
  const titreDe = (ligne) => ligne.tr.querySelector("th a").textContent.trim();
  // Written once after each gesture, however many cells a pasted block holds.
  const aNoter = new Set();
  const noter = (case_) => {
    if (!journal) return;
    if (!aNoter.size) queueMicrotask(ecrireLeJournal);
    aNoter.add(case_);
  };
  const ecrireLeJournal = () => {
    const entrees = journal.lire();
    for (const case_ of aNoter) {
      if (enAttente(case_)) entrees[nomDe(case_)] = { avant: case_.connu, apres: case_.champ.value, envoyes: case_.envoyes, quand: Date.now(), libelle: `${titreDe(case_.ligne)}, ${titres[case_.colonne]}` };
      else delete entrees[nomDe(case_)];
    }
    aNoter.clear();
    journal.ecrire(entrees);
  };
  const sur = () => (journal?.fiable ? "" : " Gardez cette page ouverte.");
  const retrouvees = new Set();
  /* Show again what was typed here and not saved; the server is told what was known then, and finds out who changed it since. */
  const reprendreLeJournal = () => {
    if (!journal) return;
    window.PilotisJournal.purger();
    const entrees = journal.lire();
    for (const case_ of parChamp.values()) {
      const entree = entrees[nomDe(case_)];
      delete entrees[nomDe(case_)];
      if (!entree) continue;
      if (entree.apres !== case_.connu) {
        mettreDans(case_, entree.apres);
        Object.assign(case_, { connu: entree.avant, envoyes: entree.envoyes || [] });
        retrouvees.add(case_);
      }
      noter(case_);
    }
    direLesAutres(Object.entries(entrees));
  };
  /* A choice that is not in the list stays readable: it will be refused at its place. */
  const mettreDans = ({ champ }, valeur) => {
    champ.value = valeur;
    if (champ.value !== valeur) { champ.add(new Option(valeur, valeur)); champ.value = valeur; }
  };
  /* Rows that this page does not show: filtered out, on another page, or that may no longer be written. */
  const direLesAutres = (autres) => {
    if (!autres.length) return;
    const garde = zone("garde");
    const liste = document.createElement("ul");
    liste.append(...autres.map(([, entree]) => { const li = document.createElement("li"); li.textContent = `${entree.libelle}${FINE}: ${entree.apres || "rien"}`; return li; }));
    const oubli = bouton("Les effacer de ce navigateur", () => {
      if (!window.confirm("Ces cases ne sont enregistrées nulle part ailleurs. Les effacer pour de bon ?")) return;
      const reste = journal.lire();
      for (const [nom] of autres) delete reste[nom];
      journal.ecrire(reste);
      garde.hidden = true;
    });
    garde.append(paragraphe(`Ce navigateur a gardé ${pluriel(autres.length, "case qui n'est pas enregistrée", "cases qui ne sont pas enregistrées")}, sur des lignes que cette page ne montre pas. Retirez les filtres pour les enregistrer${FINE}; si la ligne ne s'écrit plus, notez sa valeur.`, ""), liste, oubli);
    garde.hidden = false;
  };

  /* -- What is said: by cell, by row, for the whole grid ------------------------------------------ */
  const zone = (nom) => formulaire.querySelector(`[data-rapide-${nom}]`);
  const ecrire = (element, texte) => { if (element.textContent !== texte) element.textContent = texte; };
  const dire = (etat, texte) => { zone("etat").dataset.etat = etat; ecrire(zone("etat"), texte); };
  const avertir = (texte) => { zone("avis").hidden = !texte; ecrire(zone("avis"), texte); };
  const paragraphe = (texte, classe) => {
    const p = document.createElement("p");
    p.className = classe;
    p.textContent = texte;
    return p;
  };
  const bouton = (texte, action) => {
    const element = document.createElement("button");
    element.type = "button";
    element.className = "btn btn-secondary btn-sm";
    element.textContent = texte;
    element.addEventListener("click", action);
    return element;
  };
  const montrerCase = (case_) => {
    const { champ, ligne } = case_;
    if (case_.conflit) champ.dataset.etat = "conflit";
    else if (enAttente(case_) && !case_.refus) champ.dataset.etat = "attente";
    else delete champ.dataset.etat;
    if (case_.refus || case_.conflit) {
      champ.setAttribute("aria-invalid", "true");
      champ.setAttribute("aria-describedby", `etat-${ligne.cle}`);
    } else {
      champ.removeAttribute("aria-invalid");
      champ.removeAttribute("aria-describedby");
    }
  };
  const montrerSaisie = (ligne) => {
    const contenu = [];
    if (ligne.refus) contenu.push(paragraphe(ligne.refus, "rapide-bloque"));
    for (const case_ of ligne.cases) {
      if (case_.refus) contenu.push(paragraphe(`${titres[case_.colonne]}${FINE}: ${case_.refus} Non enregistré.`, "rapide-bloque"));
      if (case_.conflit) contenu.push(...choix(case_));
    }
    ligne.tr.querySelector("[data-saisie]").replaceChildren(...contenu);
    ligne.cases.forEach(montrerCase);
  };
  const choix = (case_) => {
    const { autre, autre_lisible: lisible, qui, quand } = case_.conflit;
    const phrase = `${titres[case_.colonne]}${FINE}: ${qui} a enregistré «${FINE}${lisible}${FINE}»${quand}, vous avez saisi «${FINE}${enMots(case_, case_.champ.value)}${FINE}».`;
    return [
      paragraphe(phrase, "rapide-bloque"),
      bouton(`Garder ${enMots(case_, case_.champ.value)}`, () => { garder(case_, autre); case_.champ.focus(); }),
      bouton(`Prendre ${lisible}`, () => { prendre(case_, autre); case_.champ.focus(); }),
    ];
  };
  const garder = (case_, autre) => {
    case_.conflit = null;
    case_.connu = autre;
    valider(case_);
  };
  const prendre = (case_, autre) => {
    case_.conflit = null;
    case_.connu = autre;
    case_.entree = autre;
    mettreDans(case_, autre);
    noter(case_);
    montrerSaisie(case_.ligne);
    resumer();
  };
  const montrerEtat = (ligne, { etat, calculs, quand }) => {
    if (!etat) return;
    const constats = etat.constats.map(({ message, bloquante }) => paragraphe(message, bloquante ? "rapide-bloque" : "rapide-alerte"));
    ligne.tr.querySelector("[data-constats]").replaceChildren(...constats);
    ecrire(ligne.tr.querySelector("[data-statut]"), etat.statut);
    ecrire(ligne.tr.querySelector("[data-quand]"), `, enregistré à ${quand}`);
    ligne.tr.querySelector("[data-complet]").disabled = !etat.complet;
    for (const { champ, nom } of ligne.cases) if (nom in calculs) champ.placeholder = calculs[nom] ? `= ${calculs[nom]}` : "";
    const dit = etat.constats.map(({ message }) => message).join(" ");
    if (dit && dit !== ligne.dit) ecrire(zone("annonce"), dit);
    ligne.dit = dit;
  };
  let quandEnregistre = "";
  const resumer = () => {
    const reste = restantes();
    const marquees = reste.filter((case_) => case_.refus || case_.conflit || case_.ligne.refus).length;
    if (marquees) dire("bloque", `${pluriel(marquees, "case n'est pas enregistrée", "cases ne sont pas enregistrées")}${FINE}: voyez les lignes marquées.`);
    else if (reste.length) dire("attente", "Modifications à enregistrer…");
    else if (quandEnregistre) dire("fait", `Tout est enregistré, à ${quandEnregistre}${retrouvees.size ? ", avec ce que ce navigateur avait gardé" : ""}.`);
  };

  /* -- Saving: one row at a time, each cell with the value that the page knew --------------------- */
  const jeton = () => {
    // The cookie is that of now: a session begun again in another tab has another one than the page.
    const trouve = document.cookie.split("; ").find((morceau) => morceau.startsWith("csrftoken="));
    return trouve ? decodeURIComponent(trouve.slice("csrftoken=".length)) : formulaire.elements.csrfmiddlewaretoken.value;
  };
  const aEnvoyer = (ligne) => ligne.cases.filter((case_) => case_.pret && enAttente(case_) && !case_.refus && !case_.conflit);
  let envoi = false;
  let essais = 0;
  let reprise = null;

  const valider = (case_, lot = {}) => {
    case_.tape = false;
    noter(case_);
    if (!enAttente(case_)) { case_.pret = false; montrerCase(case_); return; }
    if (lot && case_.retenue !== case_.champ.value) retenir(case_, lot);
    case_.pret = true;
    case_.ligne.refus = "";
    montrerSaisie(case_.ligne);
    if (!envoi) resumer();
    vider();
  };

  const vider = async () => {
    if (envoi || reprise) return;
    envoi = true;
    for (let ligne = lignes.find((l) => aEnvoyer(l).length); ligne; ligne = lignes.find((l) => aEnvoyer(l).length)) {
      dire("encours", "Enregistrement en cours…");
      if (!(await envoyer(ligne))) { envoi = false; return; }
    }
    envoi = false;
    resumer();
  };

  const envoyer = async (ligne) => {
    const parties = new Map(aEnvoyer(ligne).map((case_) => [case_.nom, { case_, avant: case_.connu, apres: case_.champ.value }]));
    const champs = Object.fromEntries([...parties].map(([nom, { avant, apres }]) => [nom, { avant, apres }]));
    // If the answer is lost, what the server then holds is known to be ours.
    parties.forEach(({ case_, apres }) => { case_.envoyes = [...case_.envoyes.filter((envoye) => envoye !== apres), apres].slice(-8); noter(case_); });
    let reponse;
    try {
      reponse = await fetch(table.dataset.rapide, {
        method: "POST",
        body: JSON.stringify({ ligne: ligne.cle, champs }),
        credentials: "same-origin",
        redirect: "manual",
        keepalive: true,
        headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": jeton() },
      });
    } catch {
      return attendre("connexion perdue, nous réessayons");
    }
    const corps = await reponse.json().catch(() => ({}));
    if (reponse.ok) { recevoir(ligne, parties, corps); return true; }
    if (reponse.type === "opaqueredirect" || reponse.status === 401) return attendre("votre session est terminée. Reconnectez-vous dans un autre onglet, votre saisie reste ici");
    if (reponse.status === 403 && !corps.message) return attendre("votre session a changé. Ouvrez Pilotis dans un autre onglet, votre saisie reste ici");
    if (reponse.status >= 500) return attendre("le serveur n'a pas répondu, nous réessayons");
    ligne.refus = corps.message || "Cette ligne ne peut plus être enregistrée : rechargez la page.";
    parties.forEach(({ case_ }) => { case_.pret = false; });
    montrerSaisie(ligne);
    return true;
  };

  const attendre = (pourquoi) => {
    dire("bloque", `Non enregistré${FINE}: ${pourquoi}. ${pluriel(restantes().length, "case en attente", "cases en attente")}.${sur()}`);
    reprise = setTimeout(reessayer, ESSAIS[Math.min(essais, ESSAIS.length - 1)]);
    essais += 1;
    return false;
  };
  const reessayer = () => {
    clearTimeout(reprise);
    reprise = null;
    vider();
  };

  const recevoir = (ligne, parties, corps) => {
    essais = 0;
    quandEnregistre = corps.quand;
    for (const [nom, { case_, apres }] of parties) {
      const inchangee = case_.champ.value === apres;
      if (nom in corps.enregistres) {
        case_.connu = corps.enregistres[nom];
        case_.envoyes = [];
        if (inchangee) case_.champ.value = case_.retenue = case_.connu;
      }
      // Undone or typed again while it was being saved: that goes next, unless one is still typing.
      case_.pret = !inchangee && !case_.tape;
      noter(case_);
      if (!inchangee) continue;
      case_.refus = corps.refuses[nom] || "";
      case_.conflit = deNous(case_, corps.conflits[nom]) ? null : corps.conflits[nom] || null;
    }
    if (document.activeElement && parChamp.has(document.activeElement)) selectionner(document.activeElement);
    montrerSaisie(ligne);
    montrerEtat(ligne, corps);
    table.dispatchEvent(new CustomEvent("rapide:recu", { detail: { tr: ligne.tr, corps } }));
  };

  /* Whether the other version is one that left from here, and whose answer was lost: it is then the one to start from. */
  const deNous = (case_, conflit) => {
    // An amount is given back with the spaces of French.
    const nu = (texte) => texte.replace(/\s/g, "");
    if (!conflit || !case_.envoyes.some((envoye) => nu(envoye) === nu(conflit.autre))) return false;
    Object.assign(case_, { connu: conflit.autre, envoyes: [], pret: true });
    return true;
  };

  /* -- Undoing: the former value is saved again, a pasted block at once ---------------------------- */
  const pile = [];
  const retenir = (case_, lot) => {
    const dernier = pile[pile.length - 1];
    case_.retenue = case_.champ.value;
    if (dernier && dernier.lot === lot) dernier.cases.push([case_, case_.connu]);
    else pile.push({ lot, cases: [[case_, case_.connu]] });
  };
  const defaire = () => {
    let dernier = pile.pop();
    // What was refused and given up with Escape is undone already: the gesture before it is the one to undo.
    while (dernier?.cases.every(([case_, avant]) => case_.champ.value === avant)) dernier = pile.pop();
    if (!dernier) { avertir("Il n'y a plus rien à défaire."); return; }
    for (const [case_, avant] of dernier.cases) {
      case_.champ.value = case_.retenue = avant;
      case_.refus = "";
      case_.conflit = null;
      valider(case_, null);
      montrerSaisie(case_.ligne);
    }
    resumer();
    dernier.cases[0][0].champ.focus();
  };

  /* -- Moving ---------------------------------------------------------------------------------------- */
  const selectionner = (champ) => { if (champ.select && document.activeElement === champ && !enAttente(parChamp.get(champ))) champ.select(); };
  const aller = (rang, colonne) => {
    const case_ = lignes[rang] && lignes[rang].cases[colonne];
    if (!case_) return false;
    case_.champ.focus();
    return true;
  };
  const toutChoisi = (champ) => champ.tagName === "SELECT" || (champ.selectionStart === 0 && champ.selectionEnd === champ.value.length);
  const auBord = (champ, sens) => toutChoisi(champ) || (champ.selectionStart === champ.selectionEnd && champ.selectionStart === (sens < 0 ? 0 : champ.value.length));
  const deCote = (case_, rang, sens) => {
    if (aller(rang, case_.colonne + sens)) return true;
    const voisin = case_.ligne.tr.querySelector(sens < 0 ? "th a" : ".rapide-etat button");
    if (voisin) voisin.focus();
    return Boolean(voisin);
  };
  const tabuler = (case_, rang, sens) => {
    const colonne = case_.colonne + sens;
    if (colonne >= 0 && colonne < colonnes) return aller(rang, colonne);
    return aller(rang + sens, sens > 0 ? 0 : colonnes - 1);
  };
  const annuler = (case_) => {
    if (case_.conflit) { prendre(case_, case_.conflit.autre); return; }
    case_.champ.value = case_.retenue = case_.entree;
    case_.refus = "";
    case_.ligne.refus = "";
    valider(case_, null);
    montrerSaisie(case_.ligne);
    resumer();
    case_.champ.select?.();
  };
  const choisirParLettre = (case_, touche) => {
    const option = [...case_.champ.options].find((choix_) => choix_.value && choix_.textContent.toLowerCase().startsWith(touche));
    const vider_ = ["delete", "backspace"].includes(touche);
    if (!option && !vider_) return false;
    case_.champ.value = option ? option.value : "";
    case_.refus = "";
    valider(case_);
    return true;
  };
  const agir = (evenement, case_) => {
    const { key, shiftKey, altKey } = evenement;
    const commande = evenement.ctrlKey || evenement.metaKey;
    const rang = lignes.indexOf(case_.ligne);
    const { champ } = case_;
    if (altKey) return false;
    if (commande && key.toLowerCase() === "z" && !shiftKey) { if (case_.tape) return false; defaire(); return true; }
    if (commande && key === "Home") return aller(0, 0);
    if (commande && key === "End") return aller(lignes.length - 1, colonnes - 1);
    if (commande) return false;
    if (key === "Enter") { aller(rang + (shiftKey ? -1 : 1), case_.colonne) || valider(case_); return true; }
    if (key === "Tab") return tabuler(case_, rang, shiftKey ? -1 : 1);
    if (key === "Escape") { annuler(case_); return true; }
    if (shiftKey && key.startsWith("Arrow")) return false;
    if (key === "ArrowDown" || key === "ArrowUp") { aller(rang + (key === "ArrowDown" ? 1 : -1), case_.colonne); return true; }
    if (key === "ArrowLeft") return auBord(champ, -1) && deCote(case_, rang, -1);
    if (key === "ArrowRight") return auBord(champ, 1) && deCote(case_, rang, 1);
    if (key === "Home") return toutChoisi(champ) && aller(rang, 0);
    if (key === "End") return toutChoisi(champ) && aller(rang, colonnes - 1);
    if (key === "F2" && champ.setSelectionRange) { champ.setSelectionRange(champ.value.length, champ.value.length); return true; }
    return estListe(case_) && choisirParLettre(case_, key.toLowerCase());
  };
  table.addEventListener("keydown", (evenement) => {
    const case_ = parChamp.get(evenement.target);
    if (case_) {
      avertir("");
      if (agir(evenement, case_)) evenement.preventDefault();
      return;
    }
    // From the title of a row, or from what it asks to choose, back into the row.
    const ligne = lignes.find((l) => l.tr.contains(evenement.target));
    const retour = { ArrowRight: "th", ArrowLeft: ".rapide-etat" }[evenement.key];
    if (ligne && retour && evenement.target.closest(retour)) {
      evenement.preventDefault();
      ligne.cases[retour === "th" ? 0 : colonnes - 1].champ.focus();
    }
  });

  /* -- Typing ------------------------------------------------------------------------------------------ */
  let pause = null;
  table.addEventListener("focusin", ({ target }) => {
    const case_ = parChamp.get(target);
    if (!case_) return;
    case_.entree = case_.connu;
    target.select?.();
  });
  // The first click chooses the whole cell, as in a spreadsheet; the second one places the cursor.
  let premierClic = null;
  table.addEventListener("mousedown", ({ target }) => { premierClic = parChamp.has(target) && document.activeElement !== target ? target : null; });
  table.addEventListener("mouseup", (evenement) => { if (premierClic === evenement.target && evenement.target.select) evenement.preventDefault(); });
  table.addEventListener("input", ({ target }) => {
    const case_ = parChamp.get(target);
    if (!case_) return;
    case_.refus = "";
    case_.pret = false;
    case_.tape = true;
    noter(case_);
    montrerSaisie(case_.ligne);
    resumer();
    clearTimeout(pause);
    // Whoever stops in the middle of a cell loses nothing either.
    pause = setTimeout(() => { if (!case_.conflit) valider(case_); }, PAUSE);
  });
  table.addEventListener("change", ({ target }) => { const case_ = parChamp.get(target); if (case_ && !case_.conflit) valider(case_); });
  formulaire.addEventListener("submit", (evenement) => {
    evenement.preventDefault();
    restantes().forEach((case_) => valider(case_));
  });

  /* -- Pasting a block ----------------------------------------------------------------------------------- */
  const simplifier = (texte) => texte.normalize("NFD").replace(/[\u0300-\u036f]/g, "").replace(/\s+/g, " ").trim().toLowerCase();
  const poser = (case_, texte, lot) => {
    case_.conflit = null;
    case_.refus = "";
    if (estListe(case_)) {
      const mot = simplifier(texte);
      const option = [...case_.champ.options].find((o) => o.value && (simplifier(o.textContent) === mot || (mot.length === 1 && simplifier(o.textContent).startsWith(mot))))
        || (mot === "realisee en partie" ? [...case_.champ.options].find((o) => o.value === "partielle") : null)
        || (mot.startsWith("reportee") ? [...case_.champ.options].find((o) => o.value === "reportee") : null);
      if (!option) {
        case_.refus = `«${FINE}${texte.trim()}${FINE}» n'est pas une réponse${FINE}: choisissez réalisée, partielle, non réalisée ou dates à modifier.`;
        montrerSaisie(case_.ligne);
        return;
      }
      case_.champ.value = option.value;
    } else {
      case_.champ.value = texte.trim();
    }
    valider(case_, lot);
  };
  const coller = (case_, texte) => {
    const bloc = texte.replace(/\r\n?/g, "\n").replace(/\n+$/, "").split("\n").map((rangee) => rangee.split("\t"));
    const hauteur = bloc.length;
    const largeur = Math.max(...bloc.map((rangee) => rangee.length));
    const rang = lignes.indexOf(case_.ligne);
    const place = [lignes.length - rang, colonnes - case_.colonne];
    if (hauteur > place[0] || largeur > place[1]) {
      avertir(`Rien n'a été collé${FINE}: le bloc a ${pluriel(hauteur, "ligne", "lignes")} et ${pluriel(largeur, "colonne", "colonnes")}, il n'en reste que ${place[0]} et ${place[1]} à partir de cette case. Copiez un bloc plus petit, ou collez-le plus haut ou plus à gauche.`);
      return;
    }
    const lot = {};
    // Nothing leaves before the whole block stands: a row is one request.
    const enCours = envoi;
    envoi = true;
    bloc.forEach((rangee, i) => rangee.forEach((valeur, j) => { if (valeur.trim()) poser(lignes[rang + i].cases[case_.colonne + j], valeur, lot); }));
    envoi = enCours;
    if (!envoi) resumer();
    vider();
  };
  table.addEventListener("paste", (evenement) => {
    const case_ = parChamp.get(evenement.target);
    if (!case_) return;
    const texte = evenement.clipboardData.getData("text/plain");
    const bloc = /[\t\n]/.test(texte.replace(/\s+$/, ""));
    // A single text in the middle of another is ordinary editing.
    if (!bloc && !estListe(case_) && !toutChoisi(case_.champ)) return;
    evenement.preventDefault();
    avertir("");
    coller(case_, texte);
  });

  /* -- Leaving, coming back ------------------------------------------------------------------------------ */
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") restantes().filter((case_) => !case_.conflit && !case_.refus).forEach((case_) => valider(case_));
    else if (reprise) reessayer();
  });
  window.addEventListener("online", () => { if (reprise) reessayer(); });
  window.addEventListener("focus", () => { if (reprise) reessayer(); });
  window.addEventListener("beforeunload", (evenement) => { if (restantes().length) evenement.preventDefault(); });

  zone("bouton").hidden = true;
  reprendreLeJournal();
  // What the browser, its journal, or a form sent without this script kept in a cell is not saved yet. A row is one request.
  const nonEnregistree = (case_) => retrouvees.has(case_) || (case_.champ.value && !case_.champ.hasAttribute("aria-invalid"));
  envoi = true;
  restantes().filter(nonEnregistree).forEach((case_) => valider(case_));
  envoi = false;
  if (restantes().length) vider();
})();
