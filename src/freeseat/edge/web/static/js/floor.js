// Placing desks on a floor plan by pointer and by arrow keys. Each move is sent when it is over.
(function () {
  "use strict";
  var held = null, waiting = {};

  function within(value) { return Math.min(1, Math.max(0, value)); }
  function svgOf(desk) { return desk.closest("svg[data-plan]"); }

  function put(desk, x, y) {
    var svg = svgOf(desk);
    desk.dataset.x = within(x);
    desk.dataset.y = within(y);
    desk.setAttribute("transform", "translate(" + desk.dataset.x * svg.dataset.width + " " + desk.dataset.y * svg.dataset.height + ")");
  }

  function percent(share) { return Math.round(share * 1000) / 10; }

  function say(desk, key) {
    var line = document.querySelector("[data-placing-says]");
    line.textContent = line.dataset[key].replace("{desk}", desk.dataset.desk)
      .replace("{x}", percent(desk.dataset.x)).replace("{y}", percent(desk.dataset.y));
    line.classList.toggle("busy", key === "textFailed");
  }

  function save(desk) {
    var headers = Object.assign({ "X-Placing": "1", Accept: "application/json" }, JSON.parse(document.body.getAttribute("hx-headers")));
    var body = new URLSearchParams({ x: desk.dataset.x * 100, y: desk.dataset.y * 100 });
    fetch("/portal/floor/" + svgOf(desk).dataset.plan + "/desks/" + encodeURIComponent(desk.dataset.desk), { method: "POST", headers: headers, body: body })
      .then(function (answer) { if (!answer.ok) throw new Error(String(answer.status)); say(desk, "textSaved"); })
      .catch(function () { say(desk, "textFailed"); });
    [["x-", "x"], ["y-", "y"]].forEach(function (each) {
      var field = document.getElementById(each[0] + desk.dataset.desk);
      if (field) field.value = percent(desk.dataset[each[1]]);
    });
  }

  document.addEventListener("pointerdown", function (event) {
    var desk = event.target.closest("[data-desk]");
    if (!desk || event.button !== 0) return;
    var box = svgOf(desk).getBoundingClientRect();
    held = { desk: desk, dx: desk.dataset.x - (event.clientX - box.left) / box.width, dy: desk.dataset.y - (event.clientY - box.top) / box.height, moved: false };
    desk.setPointerCapture(event.pointerId);
    desk.classList.add("held");
    desk.focus();
    event.preventDefault();
  });
  document.addEventListener("pointermove", function (event) {
    if (!held) return;
    var box = svgOf(held.desk).getBoundingClientRect();
    put(held.desk, (event.clientX - box.left) / box.width + held.dx, (event.clientY - box.top) / box.height + held.dy);
    held.moved = true;
  });
  function release() {
    if (!held) return;
    held.desk.classList.remove("held");
    if (held.moved) save(held.desk);
    held = null;
  }
  document.addEventListener("pointerup", release);
  document.addEventListener("pointercancel", release);

  var steps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  document.addEventListener("keydown", function (event) {
    var desk = event.target.closest ? event.target.closest("[data-desk]") : null, step = steps[event.key];
    if (!desk || !step) return;
    event.preventDefault();
    var size = event.shiftKey ? 0.05 : 0.005;
    put(desk, Number(desk.dataset.x) + step[0] * size, Number(desk.dataset.y) + step[1] * size);
    clearTimeout(waiting[desk.dataset.desk]);
    waiting[desk.dataset.desk] = setTimeout(function () { save(desk); }, 400);
  });
})();
