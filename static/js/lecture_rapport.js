/* Reading the annual report: what is folded is printed open. Without this file the page reads the same. */
"use strict";

(() => {
  let ouverts = [];
  window.addEventListener("beforeprint", () => {
    ouverts = [...document.querySelectorAll("main details:not([open])")];
    ouverts.forEach((repli) => { repli.open = true; });
  });
  window.addEventListener("afterprint", () => {
    ouverts.forEach((repli) => { repli.open = false; });
    ouverts = [];
  });
})();
