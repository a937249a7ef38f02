// A wallboard: the clock of its own time zone, since when the connection is lost, full screen.
(function () {
  "use strict";
  var lost = null;
  function clock(at) {
    var zone = document.querySelector("[data-zone]").dataset.zone;
    return new Intl.DateTimeFormat(document.documentElement.dataset.tongue, { timeStyle: "short", timeZone: zone }).format(at);
  }
  function tick() {
    var face = document.querySelector("[data-zone]"), now = clock(new Date());
    if (face.textContent !== now) face.textContent = now;
    var gone = document.documentElement.dataset.link === "lost";
    if (gone && !lost) { lost = new Date(); document.querySelector("[data-lost-at]").textContent = clock(lost); }
    if (!gone) lost = null;
  }
  document.addEventListener("DOMContentLoaded", function () { tick(); setInterval(tick, 1000); });
  document.addEventListener("click", function (event) {
    if (event.target.closest("[data-full]")) document.documentElement.requestFullscreen();
  });
})();
