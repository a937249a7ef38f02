// The console: which lamps are shown and whether logged out ones blink are the viewer's choice, kept by his browser.
(function () {
  "use strict";
  var kept = "freeseat-console", choice = { blinks: false, hidden: [] };
  try { choice = Object.assign(choice, JSON.parse(localStorage.getItem(kept) || "{}")); } catch (error) { localStorage.removeItem(kept); }

  function show() {
    var list = document.getElementById("list");
    if (!list) return;
    list.classList.toggle("blinks", choice.blinks);
    document.querySelectorAll("[data-lamp-state]").forEach(function (button) {
      var state = button.dataset.lampState, hides = choice.hidden.indexOf(state) >= 0;
      list.classList.toggle("hides-" + state, hides);
      button.setAttribute("aria-pressed", String(!hides));
      button.querySelector("[data-lamp-count]").textContent = list.querySelectorAll(".lamp." + state).length;
    });
    var box = document.getElementById("blinks");
    if (box) { box.checked = choice.blinks; box.closest("[data-lamp-blink]").hidden = false; }
  }
  function keep() { localStorage.setItem(kept, JSON.stringify(choice)); show(); }

  document.addEventListener("click", function (event) {
    var button = event.target.closest("[data-lamp-state]");
    if (!button) return;
    var state = button.dataset.lampState, at = choice.hidden.indexOf(state);
    if (at < 0) choice.hidden.push(state); else choice.hidden.splice(at, 1);
    keep();
  });
  document.addEventListener("change", function (event) {
    if (event.target.id === "blinks") { choice.blinks = event.target.checked; keep(); }
  });
  ["DOMContentLoaded", "freeseat:shown", "htmx:afterSettle"].forEach(function (name) { document.addEventListener(name, show); });
})();
