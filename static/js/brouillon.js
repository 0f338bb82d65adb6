/* Nothing typed in a bilan is lost. form[data-brouillon-bilan="address"] is saved as one types; what the server has not
   confirmed stays in a journal of this browser, which every later page of the same bilan and the same person takes up.
   Progressive: without this file the same form is saved by its buttons. The exchange with the server: docs/interface.md. */
"use strict";

(() => {
  const PLACE = "pilotis-place-de-saisie";
  const PAUSE = 800; // after the last key
  const AU_PLUS_TARD = 5000; // when one types without a pause
  const ESSAIS = [2000, 4000, 8000, 16000, 30000]; // after a failure
  const PATIENCE = 30000; // for one answer of the server
  const ATTENTE_AVANT_DE_CONTINUER = 15000;
  const RAPPEL_VOCAL = 60000; // « Enregistré » is not read aloud more often
  const ABSENCE = 60000; // a page left that long looks at what others wrote
  const LIMITE_KEEPALIVE = 15000; // characters: browsers refuse to carry more than 64 Ko past the end of a page
  const LIMITE_DE_LA_PAGE = 400000; // characters: a server refuses to read a body of 2.5 Mo, and a character takes up to 6 octets
  const TROP_D_UN_COUP = "Le serveur n'a pas pu lire cet envoi, sans doute trop long. Abrégez la réponse la plus longue : elle sera enregistrée aussitôt.";
  const JAMAIS_COMPARE = "(version que cette page n'a pas lue)"; // differs from whatever is saved
  const INSECABLE = "\u00a0";

  const tous = (selecteur, racine = document) => [...racine.querySelectorAll(selecteur)];
  const enLettres = (n) => n.toLocaleString("fr-FR").replace(/\s/g, "\u202f");
  const lignes = (texte) => String(texte ?? "").replace(/\r\n?/g, "\n");
  /* The server trims a text and drops the signs that no document can hold: it is the same text. */
  const essentiel = (texte) => texte.replace(/(?![\n\t])[\p{Cc}\u202a-\u202e\u2066-\u2069\ufffe\uffff]/gu, "").trim();
  const patienter = (delai) => new Promise((rendre) => { setTimeout(() => rendre(false), delai); });
  const limite = () => AbortSignal.timeout?.(PATIENCE); // an old telephone waits as long as it likes
  const heure = () => { const d = new Date(); return `${d.getHours()}${INSECABLE}h${INSECABLE}${String(d.getMinutes()).padStart(2, "0")}`; };
  const creer = (balise, attributs = {}, ...enfants) => {
    const element = document.createElement(balise);
    for (const [nom, valeur] of Object.entries(attributs)) {
      if (nom === "auClic") element.addEventListener("click", valeur);
      else element.setAttribute(nom, valeur);
    }
    element.append(...enfants);
    return element;
  };
  const bouton = (texte, auClic, classe = "btn btn-secondary") => creer("button", { type: "button", class: classe, auClic }, texte);

  /* -- The journal (journal.js): what was typed and is not confirmed yet, by name of field ------------- */
  const Journal = window.PilotisJournal;

  /* What is kept, to be pasted elsewhere: the question, then the answer. */
  const texteDuJournal = (entrees) => Object.entries(entrees)
    .map(([nom, entree]) => `${entree.libelle || nom}\n${entree.apres}`).join("\n\n");

  const copier = async (texte, bouton) => {
    const dit = bouton.textContent;
    try {
      await navigator.clipboard.writeText(texte);
      bouton.textContent = "Texte copié";
    } catch {
      montrerPourCopier(texte, bouton);
    }
    setTimeout(() => { bouton.textContent = dit; }, 4000);
  };

  /* Where the clipboard is refused, the text is shown, selected: Ctrl + C does the rest. */
  const montrerPourCopier = (texte, bouton) => {
    const zone = creer("textarea", { readonly: "", rows: "6", "aria-label": "Texte à copier" });
    zone.value = texte;
    bouton.after(zone);
    zone.select();
  };

  /* -- Fields: one value by name, as a form sends it ------------------------------------------------- */
  const HORS_BROUILLON = ["submit", "button", "reset", "image", "file", "hidden", "password"];
  const estSuivi = (element) => Boolean(element.name) && element.matches("input, select, textarea") && !HORS_BROUILLON.includes(element.type) && !element.closest("[data-pieces], [data-hors-brouillon], .conflit");
  const champsDe = (formulaire) => {
    const champs = new Map();
    for (const element of formulaire.elements) {
      if (estSuivi(element)) champs.set(element.name, [...(champs.get(element.name) || []), element]);
    }
    return champs;
  };
  const lireValeur = ([premier, ...autres]) => {
    if (premier.type === "radio") return [premier, ...autres].find((choix) => choix.checked)?.value ?? "";
    if (premier.type === "checkbox") return premier.checked ? "on" : "";
    return lignes(premier.value);
  };
  /* What the page showed when it came, whatever was typed since. */
  const lireAffiche = ([premier, ...autres]) => {
    if (premier.type === "radio") return [premier, ...autres].find((choix) => choix.defaultChecked)?.value ?? "";
    if (premier.type === "checkbox") return premier.defaultChecked ? "on" : "";
    if (premier.matches("select")) return ([...premier.options].find((option) => option.defaultSelected) || premier.options[0])?.value ?? "";
    return lignes(premier.defaultValue);
  };
  /* The value that the server has; data-avant says it where the page shows another. */
  const lireRendu = (elements) => ("avant" in elements[0].dataset ? lignes(elements[0].dataset.avant) : lireAffiche(elements));
  const ecrireValeur = (elements, valeur) => {
    const [premier] = elements;
    if (lireValeur(elements) === valeur) return;
    if (premier.type === "radio") elements.forEach((choix) => { choix.checked = choix.value === valeur; });
    else if (premier.type === "checkbox") premier.checked = valeur !== "";
    else premier.value = valeur;
    // Totals and dependent questions follow, as if it had been typed.
    premier.dispatchEvent(new Event("input", { bubbles: true }));
  };
  /* Whether two texts answer the same: « 1 200 » and « 1200 », « 12,5 » and « 12,50 » are one number. */
  const repondPareil = ([premier], un, autre) => {
    const nombre = (texte) => Number(texte.replace(/[\s€]/g, "").replace(",", "."));
    if (["numeric", "decimal"].includes(premier.inputMode) && un.trim() && autre.trim() && nombre(un) === nombre(autre)) return true;
    return essentiel(un) === essentiel(autre);
  };
  const texteEntier = (element) => element.textContent.replace(/\s+/g, " ").trim();
  const libelleDe = ([premier]) => {
    const legende = premier.type === "radio" && premier.closest("fieldset")?.querySelector("legend");
    if (legende) return texteEntier(legende);
    return premier.getAttribute("aria-label") || (premier.labels?.[0] && texteEntier(premier.labels[0])) || premier.name;
  };
  const lisible = (elements, valeur) => {
    const [premier] = elements;
    if (premier.type === "checkbox") return valeur ? "oui" : "non";
    if (valeur === "") return "";
    if (premier.type === "radio") {
      const choix = elements.find((element) => element.value === valeur);
      return choix?.labels?.[0] ? texteEntier(choix.labels[0]) : valeur;
    }
    if (premier.matches("select")) return [...premier.options].find((option) => option.value === valeur)?.text ?? valeur;
    if (premier.type === "date") return new Date(`${valeur}T12:00`).toLocaleDateString("fr-FR", { day: "numeric", month: "long", year: "numeric" });
    return valeur;
  };
  /* A date half typed reads as a blank: it is not what was meant. */
  const aMoitieTape = ([premier]) => premier.validity?.badInput || (["date", "number"].includes(premier.type) && premier.value === "" && premier.defaultValue !== "" && !premier.dataset.touche);

  /* Where something about a field is written: its block, else the block that holds its cell. */
  const blocDe = (nom, elements) => document.querySelector(`[data-champ="${CSS.escape(nom)}"]`) || elements[0].closest("[data-champ], .grille-bloc, .champ") || elements[0].parentElement;

  const seulDansSonBloc = (nom, elements) => blocDe(nom, elements).dataset.champ === nom;

  /* -- What is said of saving ----------------------------------------------------------------------- */
  class Etat {
    #annonceLe = -Infinity;
    #bloque = false;

    constructor(formulaire) {
      this.lignes = tous("[data-enregistrement]");
      // The line changes at each pause: only what matters is read aloud, by another one.
      this.lignes.forEach((ligne) => ligne.setAttribute("aria-live", "off"));
      this.voix = creer("p", { class: "visually-hidden", role: "status" });
      this.suite = creer("div", { class: "brouillon-suite", role: "alert", hidden: "" });
      formulaire.append(this.voix);
      if (this.lignes.length) this.lignes[0].after(this.suite);
      else formulaire.append(this.suite);
      this.repos = this.lignes[0] ? [this.lignes[0].dataset.etat, this.lignes[0].textContent] : ["fait", ""];
    }

    /* etat: attente, encours, fait, bloque (those of .enregistrement). */
    dire(etat, texte, ...suite) {
      for (const ligne of this.lignes) {
        ligne.dataset.etat = etat;
        if (ligne.textContent !== texte) ligne.textContent = texte;
      }
      if (etat === "fait") this.repos = [etat, texte];
      this.#annoncer(etat, texte);
      this.#montrer(suite);
    }

    /* Nothing is left to save: say again what was said before. */
    reposer() { this.dire(...this.repos); }

    annoncer(texte) { this.voix.textContent = texte; }

    #annoncer(etat, texte) {
      const change = (etat === "bloque") !== this.#bloque;
      if (etat !== "bloque" && etat !== "fait") return;
      this.#bloque = etat === "bloque";
      if (!change && (etat === "bloque" || Date.now() - this.#annonceLe < RAPPEL_VOCAL)) return;
      this.#annonceLe = Date.now();
      this.annoncer(texte);
    }

    /* Sentences and buttons under the line. Written again only when they change: a button keeps the focus. */
    #montrer(suite) {
      const dit = suite.map((partie) => (typeof partie === "string" ? partie : partie.textContent)).join("|");
      if (this.suite.dataset.dit === dit) return;
      this.suite.dataset.dit = dit;
      this.suite.hidden = suite.length === 0;
      this.suite.replaceChildren(...suite.map((partie) => (typeof partie === "string" ? creer("p", {}, partie) : partie)));
    }
  }

  /* -- Two versions of one answer -------------------------------------------------------------------- */
  const auMoment = (quand) => (/^\d/.test(quand) ? `à ${quand}` : quand);
  const version = (titre, texte, choix) => creer(
    "div",
    {},
    creer("p", { class: "conflit-version" }, titre),
    creer("p", { class: texte ? "conflit-texte" : "conflit-texte discret" }, texte || "rien d'écrit"),
    choix,
  );
  /* Return the block that shows both versions; `choisir("mienne" | "autre" | "deux")` is called by its buttons. */
  const blocDeConflit = (nom, libelle, mienne, { autre, qui, quand, vous }, longs, choisir) => {
    const titre = `conflit-${nom}`;
    const choix = (texte, lequel) => {
      const element = bouton(texte, () => choisir(lequel));
      element.setAttribute("aria-describedby", titre);
      return element;
    };
    const bloc = creer(
      "div",
      { class: "conflit", role: "group", "aria-labelledby": titre, tabindex: "-1", "data-conflit-de": nom },
      creer("p", { class: "conflit-titre", id: titre }, `Deux versions de «${INSECABLE}${libelle}${INSECABLE}»`),
      creer("p", {}, "Cette réponse a été modifiée ailleurs pendant que vous l'écriviez. Choisissez celle qui reste : d'ici là, aucune n'est perdue."),
      creer(
        "div",
        { class: "conflit-versions" },
        version("Votre version", mienne, choix("Garder la mienne", "mienne")),
        version([vous ? "Ce que vous avez écrit ailleurs" : `Version de ${qui || "quelqu'un d'autre"}`, quand && `saisie commencée ${auMoment(quand)}`].filter(Boolean).join(", "), autre, choix("Prendre l'autre", "autre")),
      ),
    );
    if (longs && mienne && autre) bloc.append(choix("Garder les deux, l'une après l'autre", "deux"));
    return bloc;
  };

  /* -- A form that is saved as one types ------------------------------------------------------------- */
  class Brouillon {
    #envoi = null; // the exchange under way: a promise of whether everything sent was kept
    #minuterie = null;
    #premiere = null; // since when something waits to be sent
    #essais = 0;
    #obstacle = null; // why the last exchange failed: "panne", "session", "refus", "illisible"; null when it did not
    #enChemin = false; // going on waits for the end of saving
    #passe = false; // everything is saved: the form goes
    #part = false; // the page is being left on purpose
    #reconciliations = 0;
    #cachee = 0;
    #retrouve = false; // whether the journal gave something back to this page
    #retenu = []; // why one stays on the page, said until it is over
    #equivalents = new Map(); // texts that the server keeps in another form: « 1 200 », « 1200 »

    constructor(formulaire) {
      this.formulaire = formulaire;
      this.journal = new Journal(formulaire.dataset.journal);
      this.etat = new Etat(formulaire);
      this.version = Number(formulaire.dataset.version) || 0;
      this.champs = champsDe(formulaire);
      this.connus = new Map([...this.champs].map(([nom, elements]) => [nom, lireRendu(elements)]));
      this.conflits = new Map();
      this.refuses = new Map(); // what the server could not keep, and why: too long, a question no longer asked
      this.canal = "BroadcastChannel" in window ? new BroadcastChannel(this.journal.cle) : null;
    }

    /* `pieces`: the attachments of the page, which going on waits for too. */
    demarrer(pieces) {
      this.pieces = pieces;
      this.#ecouter();
      this.#prendreLaSaisieEnAttente();
      this.#reprendreLeJournal();
      this.#relever();
      revenirALaPlace(this.formulaire);
      if (performance.getEntriesByType("navigation")[0]?.type === "back_forward") this.actualiser();
      if (this.#reste().length) this.envoyer();
    }

    #ecouter() {
      const saisie = (evenement) => this.#saisie(evenement);
      this.formulaire.addEventListener("input", saisie);
      this.formulaire.addEventListener("change", saisie);
      this.formulaire.addEventListener("focusout", (evenement) => this.#quitter(evenement.target));
      this.formulaire.addEventListener("submit", (evenement) => this.#soumettre(evenement));
      document.addEventListener("click", (evenement) => this.#suivreUnLien(evenement));
      document.addEventListener("visibilitychange", () => this.#changerDeVisibilite());
      window.addEventListener("pagehide", () => this.#partirSansAttendre());
      window.addEventListener("online", () => { if (this.journal.vide && !this.#obstacle) this.#conclure(); this.#reveiller(); });
      window.addEventListener("focus", () => this.#reveiller());
      window.addEventListener("pageshow", (evenement) => { if (evenement.persisted) this.#revenir(); });
      window.addEventListener("storage", (evenement) => { if (evenement.key === this.journal.cle) this.#suivreUnAutreOnglet(); });
      this.canal?.addEventListener("message", (evenement) => this.#apprendre(evenement.data));
      window.addEventListener("beforeunload", (evenement) => { if (this.#doitRetenir()) evenement.preventDefault(); });
    }

    /* -- Typing: into the journal at once, to the server after a pause ------------------------------- */
    #saisie(evenement) {
      if (!estSuivi(evenement.target)) return;
      evenement.target.dataset.touche = "";
      this.noter(evenement.target.name);
    }

    noter(nom) {
      const elements = this.champs.get(nom);
      if (!elements || aMoitieTape(elements)) return;
      const apres = lireValeur(elements);
      const entree = this.journal.lire()[nom];
      if (entree ? apres === entree.apres : this.#estConnu(nom, apres)) return;
      oterLaMarque(nom, elements);
      this.refuses.delete(nom);
      const suivante = this.#entreeSuivante(entree || { avant: this.connus.get(nom) }, apres);
      if (suivante.avant === apres && !suivante.marque && !this.conflits.has(nom)) this.journal.oter(nom);
      else this.journal.mettre(nom, { ...suivante, quand: Date.now(), libelle: libelleDe(elements), etape: this.formulaire.dataset.etape });
      if (this.conflits.has(nom)) this.#montrerLeConflit(nom);
      this.#attendre();
    }

    /* Undone before anything left, there is nothing to save; once sent, the server may hold it and must hear of it. */
    #entreeSuivante(entree, apres) {
      const { avant, envoyes = [] } = entree;
      if (apres !== avant || !envoyes.length || entree.marque) return { ...entree, apres };
      return { ...entree, avant: envoyes.at(-1), apres, envoyes: [...envoyes, avant] };
    }

    /* `tape`: how it was typed, when the server keeps it in another form. */
    #connaitre(nom, valeur, tape = valeur) {
      this.connus.set(nom, valeur);
      this.#equivalents.set(nom, tape);
    }

    #estConnu(nom, valeur) { return valeur === this.connus.get(nom) || valeur === this.#equivalents.get(nom); }

    #quitter(element) {
      if (estSuivi(element) && element.validity?.badInput) montrerLaCorrection(element.name, [element], "Cette réponse est incomplète et n'est pas encore enregistrée : finissez-la, ou effacez-la.");
    }

    #attendre() {
      if (!this.#reste().length) { if (!this.#envoi) this.#conclure(); return; }
      // The next try is planned already, or waits for someone; what the server could not read may be read once changed.
      if (this.#obstacle && this.#obstacle !== "illisible") return;
      if (!this.#envoi) this.etat.dire("attente", "Modifications à enregistrer…");
      this.#planifier();
    }

    #planifier() {
      this.#premiere ??= Date.now();
      clearTimeout(this.#minuterie);
      const delai = Math.min(PAUSE, this.#premiere + AU_PLUS_TARD - Date.now());
      this.#minuterie = setTimeout(() => this.envoyer(), Math.max(0, delai));
    }

    /* Names that the server must hear of; those with two versions wait for a choice. */
    #reste() { return Object.keys(this.journal.lire()).filter((nom) => !this.conflits.has(nom) && !this.refuses.has(nom)); }

    /* -- Sending: one exchange at a time ------------------------------------------------------------- */
    envoyer(options = {}) {
      clearTimeout(this.#minuterie);
      if (!this.#envoi) {
        this.#envoi = this.#echanger(options).finally(() => { this.#envoi = null; this.#continuer(); });
      }
      return this.#envoi;
    }

    async #echanger({ enPartant = false }) {
      const champs = this.#releverLesEnvois();
      if (!Object.keys(champs).length) return true;
      this.#premiere = null;
      if (!this.#obstacle && !this.#enChemin) this.etat.dire("encours", "Enregistrement en cours…");
      let reponse, corps;
      try {
        reponse = await this.#poster(JSON.stringify({ champs }), enPartant);
        corps = await reponse.json().catch(() => null);
      } catch {
        return this.#panne();
      }
      if (reponse.ok && corps) { this.#recevoir(corps, champs); return true; }
      return this.#echouer(reponse, corps);
    }

    /* What the server would refuse does not leave: it is said here, in its own words. */
    #refuserTropLong(nom, texte) {
      const { longueurMax, tropLong } = this.formulaire.dataset;
      const max = Number(longueurMax) || Infinity;
      if (texte.length <= max) return false;
      const longueur = [...essentiel(texte)].length;
      if (longueur <= max) return false;
      this.refuses.set(nom, tropLong.replace("{longueur}", enLettres(longueur)));
      this.#corriger([nom], Object.fromEntries(this.refuses));
      return true;
    }

    /* Remember what leaves: if the answer is lost, what the server then holds is known to be ours. */
    #releverLesEnvois() {
      const entrees = this.journal.lire();
      const champs = {};
      for (const nom of this.#reste()) {
        const { avant, apres, marque, envoyes = [] } = entrees[nom];
        if (this.#refuserTropLong(nom, apres)) continue;
        champs[nom] = { avant, apres, marque };
        entrees[nom] = { ...entrees[nom], envoyes: [...envoyes.filter((envoye) => envoye !== apres), apres].slice(-8) };
      }
      if (Object.keys(champs).length) this.journal.ecrire(entrees);
      return champs;
    }

    #poster(corps, enPartant) {
      return fetch(this.formulaire.dataset.brouillonBilan, {
        method: "POST",
        body: corps,
        credentials: "same-origin",
        redirect: "manual",
        keepalive: enPartant && corps.length < LIMITE_KEEPALIVE,
        signal: limite(),
        headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": jeton(this.formulaire) },
      });
    }

    #recevoir(corps, champs) {
      this.#obstacle = null;
      this.#essais = 0;
      this.#retenu = [];
      const entrees = this.journal.lire();
      const enregistres = corps.enregistres || {};
      for (const [nom, valeur] of Object.entries(enregistres)) this.#confirmer(nom, lignes(valeur), champs[nom], entrees);
      this.journal.ecrire(entrees);
      // Left here as it was found, while someone else changed it: their answer stands.
      for (const [nom, valeur] of Object.entries(enregistres)) this.#rafraichir(nom, lignes(valeur));
      this.canal?.postMessage(enregistres);
      const conflits = corps.conflits || {};
      if (!Object.keys(conflits).length) this.#reconciliations = 0;
      for (const [nom, autre] of Object.entries(conflits)) this.#opposer(nom, autre);
      const corrections = corps.a_corriger || {};
      for (const nom of Object.keys(champs)) {
        // Changed while the refusal was on its way: what stands there now was not refused.
        const inchange = entrees[nom]?.apres === champs[nom].apres;
        if (inchange && !(nom in enregistres) && !(nom in conflits)) this.refuses.set(nom, corrections[nom] || "");
      }
      this.#corriger(Object.keys(champs), corrections);
      if (corps.anomalies) montrerLesAnomalies(corps.anomalies);
      if (corps.etapes) montrerLesEtapes(corps.etapes);
      this.#prendreLaVersion(corps.version);
      this.quand = corps.quand || heure();
    }

    #confirmer(nom, valeur, envoye, entrees) {
      const entree = entrees[nom];
      const sienne = !envoye || essentiel(envoye.apres) === essentiel(valeur);
      if (sienne) this.#connaitre(nom, valeur, envoye?.apres);
      if (!entree) return;
      if (entree.apres === envoye?.apres || entree.apres === valeur) delete entrees[nom];
      else if (sienne) entrees[nom] = { ...entree, avant: valeur, marque: undefined, envoyes: [] };
    }

    /* Someone else saved in between: their answers are fetched, those left alone here are refreshed. */
    #prendreLaVersion(version) {
      if (!Number.isInteger(version)) return;
      const sautee = this.version && version > this.version + 1;
      this.version = version;
      if (sautee) this.actualiser();
    }

    /* After an exchange: what was typed meanwhile goes next; else say where things stand. */
    #continuer() {
      if (this.#obstacle) return;
      if (this.#reste().length) { if (!this.#enChemin) this.#attendre(); } else this.#conclure();
    }

    #conclure() {
      if (this.conflits.size) { this.#direLesConflits(); return; }
      if (this.refuses.size) { this.#direCeQuiEstRefuse(); return; }
      // The page that reads everything before sending shows it as it is now.
      if (this.#retrouve && !this.champs.size) { window.location.reload(); return; }
      if (this.quand) this.etat.dire("fait", `Enregistré à ${this.quand}${this.#retrouve ? ", avec ce que ce navigateur avait gardé" : ""}`);
      else this.etat.reposer();
      this.#retrouve = false;
    }

    /* -- When it fails ------------------------------------------------------------------------------- */
    #panne() {
      this.#obstacle = "panne";
      this.etat.dire("bloque", `Non enregistré${INSECABLE}: connexion perdue, nous réessayons`, ...this.#retenu);
      const delai = ESSAIS[Math.min(this.#essais, ESSAIS.length - 1)];
      this.#essais += 1;
      clearTimeout(this.#minuterie);
      this.#minuterie = setTimeout(() => this.envoyer(), delai);
      return false;
    }

    #echouer(reponse, corps) {
      if (reponse.type === "opaqueredirect" || reponse.status === 401) return this.#finDeSession();
      if (reponse.status >= 500 || reponse.status === 429 || reponse.ok) return this.#panne();
      if (!corps && (reponse.status === 400 || reponse.status === 413)) return this.#refus(TROP_D_UN_COUP, "illisible");
      return this.#refus(corps?.message || "Le serveur n'a pas accepté cet enregistrement. Rechargez la page, ou prévenez la personne qui suit ce bilan.");
    }

    #finDeSession() {
      this.#obstacle = "session";
      this.etat.dire(
        "bloque",
        `Non enregistré${INSECABLE}: votre connexion a pris fin`,
        bouton("Recevoir un code et continuer", () => this.#seReconnecter(), "btn btn-primary"),
      );
      return false;
    }

    #seReconnecter() {
      retenirLaPlace(this.formulaire);
      this.#part = true;
      const connexion = new URL(this.formulaire.dataset.connexion || "/compte/login/", window.location.href);
      connexion.searchParams.set("next", window.location.pathname + window.location.search);
      window.location.assign(connexion);
    }

    #refus(message, obstacle = "refus") {
      this.#obstacle = obstacle;
      this.etat.dire("bloque", `Non enregistré. ${message}`, this.#boutonCopier());
      return false;
    }

    #direCeQuiEstRefuse() {
      const [nom, phrase] = [...this.refuses][0];
      const libelle = this.journal.lire()[nom]?.libelle || nom;
      this.etat.dire("bloque", `Non enregistré${INSECABLE}: «${INSECABLE}${libelle}${INSECABLE}». ${phrase}`.trim(), this.#boutonCopier());
    }

    #boutonCopier() {
      const copie = bouton("Copier mon texte", () => copier(texteDuJournal(this.journal.lire()), copie));
      return copie;
    }

    /* Back in sight, or the network is back: no reason to wait for the next try. */
    #reveiller() {
      this.#refleter();
      if (this.#obstacle === "panne") this.#essais = 0;
      if (this.#reste().length && (this.#obstacle || document.visibilityState === "visible")) this.envoyer();
    }

    #changerDeVisibilite() {
      if (document.visibilityState === "hidden") {
        this.#cachee = Date.now();
        this.#partirSansAttendre();
        return;
      }
      if (Date.now() - this.#cachee > ABSENCE) this.actualiser();
      this.#reveiller();
    }

    #partirSansAttendre() { if (this.#reste().length && !this.#envoi) this.envoyer({ enPartant: true }); }

    /* The page was kept as it was by the browser while one was elsewhere. */
    #revenir() {
      this.#part = false;
      this.#enChemin = false;
      this.actualiser();
      this.#reveiller();
    }

    #doitRetenir() {
      if (this.#part || this.journal.vide) return false;
      return this.#obstacle === "panne" || !this.journal.fiable;
    }

    /* -- Opening the page, and the other tabs of this browser ---------------------------------------- */
    #reprendreLeJournal() {
      for (const [nom, entree] of Object.entries(this.journal.lire())) {
        if (this.connus.get(nom) === entree.apres) this.journal.oter(nom);
      }
      if (this.journal.vide) return;
      this.#retrouve = true;
      this.#garderLaFrappe();
      this.#refleter();
    }

    /* Typed before this script ran, in a field that the journal holds too: it goes on from what the page showed,
       or a long text keeps both. */
    #garderLaFrappe() {
      const entrees = this.journal.lire();
      for (const [nom, elements] of this.champs) {
        const affiche = lireAffiche(elements), tape = lireValeur(elements);
        if (!entrees[nom] || tape === affiche || tape === entrees[nom].apres) continue;
        if (affiche === entrees[nom].apres) this.noter(nom);
        else if (elements[0].matches("textarea")) ecrireValeur(elements, `${entrees[nom].apres}\n\n${tape}`);
      }
    }

    /* Some fields came back with what was typed and not saved. The mark of what their page had first shown says whom
       it would undo; a field that the page shows in two versions goes as one that nobody has compared, and comes back
       with both. */
    #prendreLaSaisieEnAttente() {
      const marques = lireLeReleve(this.formulaire);
      const entrees = this.journal.lire();
      for (const [nom, elements] of this.champs) {
        if (!("avant" in elements[0].dataset) || entrees[nom]) continue;
        const oppose = blocDe(nom, elements).querySelector(".conflit");
        const avant = oppose || !marques[nom] ? { avant: JAMAIS_COMPARE } : { avant: "", marque: marques[nom] };
        entrees[nom] = { ...avant, apres: lireValeur(elements), quand: Date.now(), libelle: libelleDe(elements), etape: this.formulaire.dataset.etape };
        oppose?.remove();
      }
      this.journal.ecrire(entrees);
    }

    /* What was typed before this script ran. The form has autocomplete="off": the browser put nothing back itself. */
    #relever() { for (const nom of this.champs.keys()) this.noter(nom); }

    /* Show in the fields what the journal holds: this tab or another may have written it. */
    #refleter() {
      for (const [nom, entree] of Object.entries(this.journal.lire())) {
        if (this.champs.has(nom)) ecrireValeur(this.champs.get(nom), entree.apres);
      }
    }

    #suivreUnAutreOnglet() {
      const entrees = this.journal.lire();
      for (const nom of [...this.conflits.keys()]) {
        if (entrees[nom]?.avant !== this.conflits.get(nom).avant) this.#clore(nom);
      }
      this.#refleter();
      if (!this.#envoi && !this.#obstacle && !this.#reste().length) this.#conclure();
    }

    /* Another tab saved these values: they are what this page knows from now on. */
    #apprendre(valeurs) {
      const entrees = this.journal.lire();
      for (const [nom, valeur] of Object.entries(valeurs)) {
        this.#connaitre(nom, lignes(valeur));
        if (!entrees[nom] && this.champs.has(nom)) ecrireValeur(this.champs.get(nom), lignes(valeur));
      }
    }

    /* Read the page again: answers that others changed and that were left alone here take their new value. */
    async actualiser(essais = 3) {
      let autre;
      try {
        const reponse = await fetch(window.location.href, { credentials: "same-origin", cache: "no-store", signal: limite() });
        if (!reponse.ok || !(reponse.headers.get("Content-Type") || "").startsWith("text/html")) return;
        autre = new DOMParser().parseFromString(await reponse.text(), "text/html").querySelector("form[data-brouillon-bilan]");
      } catch { return; }
      if (autre?.dataset.journal !== this.formulaire.dataset.journal) return;
      const version = Number(autre.dataset.version) || 0;
      // Written before our own last saving: it would put older text back.
      if (version < this.version) { if (essais > 1) this.actualiser(essais - 1); return; }
      this.version = version;
      for (const [nom, elements] of champsDe(autre)) this.#rafraichir(nom, lireRendu(elements));
    }

    #rafraichir(nom, valeur) {
      const elements = this.champs.get(nom);
      if (!elements || this.journal.lire()[nom] || aMoitieTape(elements)) return;
      if (repondPareil(elements, lireValeur(elements), valeur)) return;
      this.#connaitre(nom, valeur);
      ecrireValeur(elements, valeur);
      marquer(nom, elements);
    }

    /* -- Two versions of one answer ------------------------------------------------------------------ */
    #opposer(nom, conflit) {
      const entree = this.journal.lire()[nom];
      const autre = lignes(conflit.autre);
      if (!entree) return;
      if (entree.apres === autre) { this.#connaitre(nom, autre); this.journal.oter(nom); return; }
      // The answer to one of our own sendings was lost: what the server holds is an earlier state of this text.
      if (this.#reconciliations < 5 && (entree.envoyes || []).includes(autre)) {
        this.#reconciliations += 1;
        this.journal.mettre(nom, { ...entree, avant: autre, marque: undefined, envoyes: [] });
        return;
      }
      this.#reconciliations = 0;
      this.conflits.set(nom, { ...conflit, autre, avant: entree.avant });
      this.#montrerLeConflit(nom);
    }

    #montrerLeConflit(nom) {
      const elements = this.champs.get(nom);
      if (!elements) return;
      const conflit = this.conflits.get(nom);
      const zone = zoneDeConflit(nom, elements);
      const bloc = blocDeConflit(
        nom,
        conflit.libelle || libelleDe(elements),
        lisible(elements, lireValeur(elements)),
        { ...conflit, autre: conflit.autre_lisible ?? lisible(elements, conflit.autre) },
        elements[0].matches("textarea"),
        (choix) => this.#choisir(nom, choix),
      );
      const ancien = tous("[data-conflit-de]", zone).find((element) => element.dataset.conflitDe === nom);
      if (ancien) ancien.replaceWith(bloc);
      else zone.append(bloc);
      zone.hidden = false;
    }

    #choisir(nom, choix) {
      const elements = this.champs.get(nom);
      const { autre } = this.conflits.get(nom);
      const entree = this.journal.lire()[nom];
      const mienne = entree?.apres ?? lireValeur(elements);
      this.#clore(nom);
      this.#connaitre(nom, autre);
      if (choix === "autre") this.journal.oter(nom);
      else this.journal.mettre(nom, { ...entree, avant: autre, marque: undefined, apres: choix === "deux" ? `${mienne}\n\n${autre}` : mienne, envoyes: [] });
      ecrireValeur(elements, choix === "autre" ? autre : this.journal.lire()[nom].apres);
      elements[0].focus();
      if (this.#reste().length) this.envoyer();
      else this.#conclure();
    }

    #clore(nom) {
      this.conflits.delete(nom);
      for (const bloc of tous("[data-conflit-de]").filter((element) => element.dataset.conflitDe === nom)) {
        const zone = bloc.parentElement;
        bloc.remove();
        zone.hidden = zone.childElementCount === 0;
      }
    }

    #direLesConflits() {
      const n = this.conflits.size;
      const ici = this.#conflitsIci().length > 0;
      const phrase = n > 1 ? `${n}${INSECABLE}réponses ont deux versions${INSECABLE}: choisissez` : `Une réponse a deux versions${INSECABLE}: choisissez`;
      this.etat.dire("bloque", phrase, ici ? bouton("Voir les deux versions", () => this.#allerAuConflit()) : this.#lienVersLEtape());
    }

    #conflitsIci() { return [...this.conflits.keys()].filter((nom) => this.champs.has(nom)); }

    #allerAuConflit() {
      const bloc = document.querySelector("[data-conflit-de]");
      bloc?.focus();
      bloc?.scrollIntoView({ block: "center" });
    }

    /* The answer is on another step: the choice is made there. */
    #lienVersLEtape() {
      const [nom] = this.conflits.keys();
      const etape = this.journal.lire()[nom]?.etape || "";
      return creer("a", { class: "btn btn-secondary", href: `?etape=${encodeURIComponent(etape)}` }, "Aller à cette réponse");
    }

    #corriger(noms, phrases) {
      for (const nom of noms.filter((n) => this.champs.has(n))) {
        if (phrases[nom]) montrerLaCorrection(nom, this.champs.get(nom), phrases[nom]);
        else oterLaCorrection(nom, this.champs.get(nom));
      }
    }

    /* -- Going on waits for the end of saving -------------------------------------------------------- */
    #soumettre(evenement) {
      if (this.#enChemin) { evenement.preventDefault(); return; }
      if (!navigator.onLine && this.journal.vide) {
        // The browser would leave for its own page of failure.
        evenement.preventDefault();
        this.etat.dire("bloque", `Pas de connexion${INSECABLE}: rien n'est parti. Recommencez quand elle sera revenue.`);
        return;
      }
      if (this.#passe || (this.journal.vide && !this.#fichiers().length)) { this.#part = true; poserLeJeton(this.formulaire); return; }
      evenement.preventDefault();
      this.partir(() => this.#soumettreEnfin(evenement.submitter), evenement.submitter);
    }

    #soumettreEnfin(submitter) {
      if (this.#tropPourPartir()) { this.#direCeQuiEstRefuse(); this.champs.get([...this.refuses.keys()][0])?.[0].focus(); return; }
      if (this.#conflitsIci().length || (this.conflits.size && !this.champs.size)) { this.#direLesConflits(); return; }
      this.#passe = true;
      this.formulaire.requestSubmit(submitter);
      this.#passe = false;
    }

    /* A page that the server would not even read stays: nothing would be said, and the text would be gone. */
    #tropPourPartir() {
      const longueurs = [...this.refuses.keys()].filter((nom) => this.champs.has(nom)).map((nom) => lireValeur(this.champs.get(nom)).length);
      return longueurs.reduce((somme, longueur) => somme + longueur, 0) > LIMITE_DE_LA_PAGE;
    }

    #fichiers() { return this.pieces.filter((piece) => piece.enAttente); }

    #suivreUnLien(evenement) {
      const lien = evenement.target.closest?.("a[href]");
      if (!lien || evenement.defaultPrevented || evenement.button || evenement.ctrlKey || evenement.metaKey || evenement.shiftKey) return;
      if (lien.target || lien.hasAttribute("download") || lien.getAttribute("href").startsWith("#")) return;
      if (!lien.matches("[data-etape-lien]") && !this.formulaire.contains(lien)) return;
      if (this.#enChemin) { evenement.preventDefault(); return; }
      // What is refused, or waits for a choice, stays in the journal: reading another step harms nothing.
      if ((!this.#reste().length && !this.#fichiers().length) || ["refus", "illisible"].includes(this.#obstacle)) return;
      evenement.preventDefault();
      this.partir(() => window.location.assign(lien.href), lien);
    }

    async partir(suite, depart) {
      this.#enChemin = true;
      depart?.setAttribute("aria-busy", "true");
      this.etat.dire("encours", "Enregistrement avant de continuer…");
      const enregistre = await Promise.race([this.toutEnregistrer(), patienter(ATTENTE_AVANT_DE_CONTINUER)]).catch(() => false);
      const joint = enregistre && await this.#joindreLesPieces();
      this.#enChemin = false;
      depart?.removeAttribute("aria-busy");
      if (!enregistre) this.#direQuOnReste();
      else if (!joint) this.#conclure();
      // A form is not sent from within its own submission: let the event end.
      else setTimeout(suite);
    }

    /* A file that was chosen is meant to go: return whether none is left behind. */
    async #joindreLesPieces() {
      for (const piece of this.#fichiers()) {
        if (!await piece.deposer()) { piece.zone.scrollIntoView({ block: "center" }); return false; }
      }
      return true;
    }

    /* Return whether everything typed is on the server, answers with two versions left aside. */
    async toutEnregistrer() {
      while (this.#envoi || this.#reste().length) {
        if (!await this.envoyer()) return false;
      }
      return true;
    }

    #direQuOnReste() {
      if (["session", "refus", "illisible"].includes(this.#obstacle)) return; // said already, with what to do
      this.#retenu = [`Vos dernières modifications ne sont pas encore enregistrées${INSECABLE}: vous restez sur cette page, et votre texte aussi. Recommencez quand il sera écrit «${INSECABLE}Enregistré${INSECABLE}».`];
      this.etat.dire("bloque", `Non enregistré${INSECABLE}: connexion perdue, nous réessayons`, ...this.#retenu);
    }
  }

  /* The token of the moment: signing in again changes it. */
  const jeton = (formulaire) => {
    const trouve = document.cookie.split("; ").find((morceau) => morceau.startsWith("csrftoken="));
    return trouve ? decodeURIComponent(trouve.slice("csrftoken=".length)) : formulaire.elements.csrfmiddlewaretoken?.value || "";
  };
  const poserLeJeton = (formulaire) => { const champ = formulaire.elements.csrfmiddlewaretoken; if (champ) champ.value = jeton(formulaire); };

  const lireLeReleve = (formulaire) => { try { return JSON.parse(formulaire.elements.releve.value); } catch { return {}; } };

  /* -- At a field: what does not add up, what was changed elsewhere ---------------------------------- */
  const zoneDeConflit = (nom, elements) => {
    const bloc = blocDe(nom, elements);
    const prevue = bloc.querySelector("[data-conflit]");
    if (prevue) return prevue;
    const zone = creer("div", { "data-conflit": "" });
    bloc.append(zone);
    return zone;
  };
  const decrire = (elements, id, present) => elements.forEach((element) => {
    const ids = new Set((element.getAttribute("aria-describedby") || "").split(/\s+/).filter(Boolean));
    if (present) ids.add(id); else ids.delete(id);
    if (ids.size) element.setAttribute("aria-describedby", [...ids].join(" "));
    else element.removeAttribute("aria-describedby");
  });
  const montrerLaCorrection = (nom, elements, phrase) => {
    const id = `a-corriger-${nom}`;
    oterLaCorrection(nom, elements);
    const dite = seulDansSonBloc(nom, elements) ? phrase : `${libelleDe(elements)}${INSECABLE}: ${phrase}`;
    blocDe(nom, elements).append(creer("ul", { class: "errorlist", id }, creer("li", {}, creer("span", {}, dite))));
    elements.forEach((element) => element.setAttribute("aria-invalid", "true"));
    decrire(elements, id, true);
  };
  /* The server's own sentence, written with the page, goes with ours. */
  const oterLaCorrection = (nom, elements) => {
    for (const id of [`a-corriger-${nom}`, `id_${nom}_error`]) {
      document.getElementById(id)?.remove();
      decrire(elements, id, false);
    }
    elements.forEach((element) => element.removeAttribute("aria-invalid"));
    const bloc = blocDe(nom, elements);
    if (!bloc.querySelector(".errorlist")) [bloc, ...tous(".champ-erreur", bloc)].forEach((cadre) => cadre.classList.remove("champ-erreur"));
  };
  const marquer = (nom, elements) => {
    oterLaMarque(nom, elements);
    const phrase = seulDansSonBloc(nom, elements) ? "Cette réponse vient d'être modifiée ailleurs." : `«${INSECABLE}${libelleDe(elements)}${INSECABLE}»${INSECABLE}: modifié ailleurs à l'instant.`;
    blocDe(nom, elements).append(creer("p", { class: "modifie-ailleurs", "data-marque": nom }, phrase));
  };
  const oterLaMarque = (nom, elements) => tous("[data-marque]", blocDe(nom, elements)).forEach((marque) => { if (marque.dataset.marque === nom) marque.remove(); });
  const montrerLesAnomalies = (anomalies) => tous("[data-anomalies]").forEach((liste) => {
    const siennes = anomalies.filter(({ champ }) => !liste.dataset.anomalies || liste.dataset.anomalies === champ);
    const phrases = siennes.map(({ message }) => message);
    if (tous("li:not(.anomalies-suite)", liste).map((ligne) => ligne.textContent).join("|") === phrases.join("|")) return;
    const lignes = phrases.map((phrase) => creer("li", {}, phrase));
    liste.replaceChildren(...lignes.slice(0, ANOMALIES_MONTREES), ...laSuite(lignes.slice(ANOMALIES_MONTREES)));
    liste.hidden = phrases.length === 0;
  });
  /* Calm: beyond three, the sentences unfold (templates/bilans/saisie/anomalies.html writes the same). */
  const ANOMALIES_MONTREES = 3;
  const laSuite = (lignes) => {
    if (!lignes.length) return [];
    const suite = creer("details", { class: "repli" });
    suite.append(creer("summary", {}, lignes.length === 1 ? "1 autre remarque" : `${lignes.length} autres remarques`));
    const liste = creer("ul", {});
    liste.append(...lignes);
    suite.append(liste);
    const ligne = creer("li", { class: "anomalies-suite" });
    ligne.append(suite);
    return [ligne];
  };
  const montrerLesEtapes = (etapes) => tous("a[data-etape-lien]").forEach((lien) => {
    const etape = etapes[lien.dataset.etapeLien];
    const mot = lien.querySelector("[data-etape-etat]");
    if (!etape || !mot) return;
    mot.dataset.etapeEtat = etape.etat;
    mot.textContent = etape.libelle;
    lien.closest("li").className = `parcours-${etape.etat}`;
    const montant = lien.querySelector(".montant");
    montant.setAttribute("y", etape.haut);
    montant.setAttribute("height", etape.hauteur);
  });

  /* -- Where one was typing, found again after signing in -------------------------------------------- */
  const retenirLaPlace = (formulaire) => {
    const champ = formulaire.contains(document.activeElement) && estSuivi(document.activeElement) ? document.activeElement : dernierChamp;
    if (!champ) return;
    const place = { page: window.location.pathname + window.location.search, nom: champ.name, valeur: champ.type === "radio" ? champ.value : null, haut: champ.getBoundingClientRect().top };
    try { Object.assign(place, { debut: champ.selectionStart, fin: champ.selectionEnd }); } catch { /* no caret in a date */ }
    try { window.sessionStorage.setItem(PLACE, JSON.stringify(place)); } catch { /* nowhere to remember it */ }
  };
  let dernierChamp = null;
  document.addEventListener("focusin", ({ target }) => { if (target.closest("form[data-brouillon-bilan]") && estSuivi(target)) dernierChamp = target; });
  const lirePlace = () => {
    try {
      const place = JSON.parse(window.sessionStorage.getItem(PLACE));
      window.sessionStorage.removeItem(PLACE);
      return place;
    } catch { return null; }
  };
  const revenirALaPlace = (formulaire) => {
    const place = lirePlace();
    if (!place || place.page !== window.location.pathname + window.location.search) return;
    const champ = (champsDe(formulaire).get(place.nom) || []).find((element) => place.valeur === null || element.value === place.valeur);
    if (!champ) return;
    champ.focus({ preventScroll: true });
    if (Number.isInteger(place.debut)) { try { champ.setSelectionRange(place.debut, place.fin); } catch { /* no caret there */ } }
    document.fonts.ready.then(() => window.scrollBy(0, champ.getBoundingClientRect().top - place.haut));
  };

  /* -- The bilan may no longer be written: what this browser still holds is given back, to copy ------- */
  const offrirALaLecture = (zone) => {
    const journal = new Journal(zone.dataset.journalLecture);
    const entrees = journal.lire();
    if (journal.vide) return;
    const copie = bouton("Copier ce texte", () => copier(texteDuJournal(entrees), copie));
    const oubli = bouton("L'effacer de ce navigateur", () => {
      if (!window.confirm("Ce texte n'est enregistré nulle part ailleurs. L'effacer pour de bon ?")) return;
      journal.ecrire({});
      zone.replaceChildren();
      zone.hidden = true;
    }, "btn btn-link");
    zone.classList.add("encadre", "encadre-alerte");
    zone.replaceChildren(
      creer("h2", {}, "Ce navigateur a gardé un texte qui n'a pas été enregistré"),
      creer("p", {}, "Ce bilan ne peut plus être modifié. Copiez ce texte si vous en avez besoin, puis écrivez à la personne qui suit le contrat de ville."),
      creer("dl", { class: "journal-garde" }, ...Object.entries(entrees).flatMap(([nom, entree]) => [creer("dt", {}, entree.libelle || nom), creer("dd", {}, entree.apres || "effacé")])),
      creer("div", { class: "actions" }, copie, oubli),
    );
    zone.hidden = false;
  };

  /* -- Attachments: sent beside the text, which one goes on typing ----------------------------------- */
  class Pieces {
    #depot = null; // the files on their way: a promise of whether they arrived

    constructor(zone, brouillon) {
      this.zone = zone;
      this.brouillon = brouillon;
      this.message = zone.querySelector("[data-pieces-message]");
      this.bouton = zone.querySelector("button[type=submit]");
      this.bouton?.addEventListener("click", (evenement) => { evenement.preventDefault(); this.deposer(); });
    }

    get champ() { return this.zone.querySelector("input[type=file]"); }

    get enAttente() { return Boolean(this.#depot || this.champ?.files.length); }

    deposer() {
      this.#depot ??= this.#deposer().finally(() => { this.#depot = null; this.bouton?.removeAttribute("aria-busy"); });
      return this.#depot;
    }

    async #deposer() {
      const fichiers = [...this.champ.files];
      if (!fichiers.length) return this.#dire("Choisissez d'abord un fichier.");
      const trop = fichiers.find((fichier) => fichier.size > Number(this.zone.dataset.octetsMax || Infinity));
      if (trop) return this.#finir(`Le fichier «${INSECABLE}${trop.name}${INSECABLE}» est trop lourd${INSECABLE}: rien n'a été envoyé, et ce que vous avez écrit est toujours là.`);
      this.bouton?.setAttribute("aria-busy", "true");
      await this.brouillon?.toutEnregistrer();
      const noms = fichiers.map((fichier) => `«${INSECABLE}${fichier.name}${INSECABLE}»`).join(", ");
      this.#dire(`Envoi de ${noms}…`);
      try {
        return this.#recu(await this.#poster((part) => this.#dire(`Envoi de ${noms}${INSECABLE}: ${part}${INSECABLE}%`)), noms);
      } catch {
        return this.#dire(`Connexion perdue${INSECABLE}: ${noms} n'est pas joint. Ce que vous avez écrit est toujours là${INSECABLE}; appuyez de nouveau sur «${INSECABLE}Joindre${INSECABLE}».`);
      }
    }

    /* Joined, or refused for good: it does not wait to be sent by the next button. */
    #finir(phrase) {
      this.champ.value = "";
      return this.#dire(phrase);
    }

    #dire(phrase) {
      this.message.textContent = phrase;
      return false;
    }

    /* fetch does not tell how much has left: this older way does. */
    #poster(avancer) {
      const donnees = new FormData();
      for (const champ of tous("input[name], select[name]", this.zone)) {
        for (const valeur of champ.files || [champ.value]) donnees.append(champ.name, valeur);
      }
      if (this.brouillon) donnees.set("etape", this.brouillon.formulaire.dataset.etape || "");
      return new Promise((rendre, echouer) => {
        const requete = new XMLHttpRequest();
        requete.open("POST", this.zone.dataset.adresse);
        requete.responseType = "json";
        requete.setRequestHeader("Accept", "application/json");
        requete.setRequestHeader("X-CSRFToken", jeton(this.brouillon?.formulaire || this.zone));
        requete.upload.addEventListener("progress", ({ loaded, total }) => avancer(Math.round((100 * loaded) / total)));
        requete.addEventListener("load", () => rendre(requete));
        requete.addEventListener("error", echouer);
        requete.addEventListener("timeout", echouer);
        requete.send(donnees);
      });
    }

    #recu({ status, response }, noms) {
      if (response?.html) document.querySelector("[data-pieces-liste]").innerHTML = response.html;
      if (status === 200 && response?.html) { this.#finir(`${noms}${INSECABLE}: joint.`); return true; }
      if (status === 400 && response?.message) return this.#finir(`${response.message} Ce que vous avez écrit est toujours là.`);
      return this.#dire(response?.message || `${noms} n'a pas pu être joint${INSECABLE}: le fichier est peut-être trop lourd, ou le serveur ne répond pas. Ce que vous avez écrit est toujours là.`);
    }
  }

  /* -- Start ------------------------------------------------------------------------------------------ */
  Journal.purger();
  tous("[data-journal-lecture]").forEach(offrirALaLecture);
  const formulaire = document.querySelector("form[data-brouillon-bilan]");
  const brouillon = formulaire && new Brouillon(formulaire);
  const pieces = tous("[data-pieces]").map((zone) => new Pieces(zone, brouillon));
  brouillon?.demarrer(pieces);
})();
