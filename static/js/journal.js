/* The journal of this browser: what was typed and that the server has not confirmed yet, by name. Each entry says what the
   page knew as saved (`avant`), what was typed (`apres`) and when (`quand`). Read by brouillon.js and rapide.js. */
"use strict";

window.PilotisJournal = (() => {
  const PREFIXE = "pilotis-brouillon-";
  const DUREE_DU_JOURNAL = 30 * 24 * 3600 * 1000;

  const coffre = (() => { try { return window.localStorage; } catch { return null; } })();
  const estUneEntree = (entree) => Boolean(entree) && typeof entree.avant === "string" && typeof entree.apres === "string";

  return class Journal {
    #secours = {};
    #plein = !coffre;

    constructor(nom) { this.cle = PREFIXE + nom; }

    /* Read again each time: another tab of the same bilan writes in it too. */
    lire() {
      if (this.#plein) return { ...this.#secours };
      try { return Journal.#decoder(coffre.getItem(this.cle)); } catch { return { ...this.#secours }; }
    }

    /* A full or closed store is no reason to stop typing: the page then remembers by itself. */
    ecrire(entrees) {
      this.#secours = entrees;
      if (!coffre) return;
      try {
        if (Object.keys(entrees).length) coffre.setItem(this.cle, JSON.stringify(entrees));
        else coffre.removeItem(this.cle);
        this.#plein = false;
      } catch { this.#plein = true; }
    }

    mettre(nom, entree) { this.ecrire({ ...this.lire(), [nom]: entree }); }

    oter(nom) {
      const { [nom]: otee, ...reste } = this.lire();
      if (otee) this.ecrire(reste);
    }

    get fiable() { return !this.#plein; }

    get vide() { return Object.keys(this.lire()).length === 0; }

    static #decoder(texte) {
      const lu = JSON.parse(texte || "{}") || {};
      return Object.fromEntries(Object.entries(lu).filter(([, entree]) => estUneEntree(entree)));
    }

    /* Forget what nobody came back for, whoever wrote it on this computer. */
    static purger() {
      if (!coffre) return;
      const depuis = Date.now() - DUREE_DU_JOURNAL;
      for (const cle of Object.keys(coffre).filter((nom) => nom.startsWith(PREFIXE))) {
        const journal = new Journal(cle.slice(PREFIXE.length));
        const entrees = Object.entries(journal.lire()).filter(([, entree]) => entree.quand > depuis);
        journal.ecrire(Object.fromEntries(entrees));
      }
    }
  };
})();
