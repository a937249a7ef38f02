// Small manners of the portal: dialogs, questions before something is ended, the theme, copying.
(function () {
  "use strict";
  document.addEventListener("DOMContentLoaded", function () {
    // So that days in filters and reports begin where they begin for the reader.
    document.cookie = "freeseat-zone=" + encodeURIComponent(Intl.DateTimeFormat().resolvedOptions().timeZone) + "; path=/portal; max-age=31536000; secure; samesite=strict";
    if (matchMedia("(max-width: 860px)").matches) document.querySelectorAll(".folds").forEach(function (each) { each.open = false; });
    document.querySelectorAll(".tabs [aria-current]").forEach(function (each) { each.scrollIntoView({ block: "nearest", inline: "center" }); });
  });
  document.addEventListener("click", function (event) {
    var opener = event.target.closest("[data-opens]");
    if (opener) { event.preventDefault(); document.getElementById(opener.dataset.opens).showModal(); }
    var closer = event.target.closest("[data-closes]");
    if (closer) { event.preventDefault(); closer.closest("dialog").close(); }
    var copier = event.target.closest("[data-copies]");
    if (copier) copy(copier);
  });
  function copy(copier) {
    navigator.clipboard.writeText(document.getElementById(copier.dataset.copies).textContent.trim()).then(function () {
      var before = copier.textContent;
      copier.textContent = copier.dataset.copied || before;
      setTimeout(function () { copier.textContent = before; }, 2000);
    });
  }
  // A form with data-asks is sent only after its question was answered, in a dialog of ours.
  document.addEventListener("submit", function (event) {
    var form = event.target, question = form.dataset.asks;
    if (!question || form.dataset.answered) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    var dialog = document.getElementById("question");
    dialog.querySelector("[data-question]").textContent = question;
    dialog.returnValue = "";
    dialog.onclose = function () {
      if (dialog.returnValue !== "yes") return;
      form.dataset.answered = "1";
      form.requestSubmit(event.submitter);
      delete form.dataset.answered;
    };
    dialog.showModal();
  }, true);
  document.addEventListener("change", function (event) {
    if (event.target.matches("select[data-sends]")) event.target.form.requestSubmit();
  });
})();
