// The agent client: becomes whoever is at the phone, tells of waiting callers, and works by single keys.
(function () {
  "use strict";
  var waiting = {}, sound = null;
  var $ = function (id) { return document.getElementById(id); };
  var all = function (selector) { return Array.from(document.querySelectorAll(selector)); };

  // What belongs to an occupant is there only while there is one; queues are those of whoever that is.
  function become() {
    var own = document.querySelector("[data-own]"), user = own.dataset.user, body = document.body;
    if (user && own.dataset.look !== body.dataset.look) { location.reload(); return; }
    if (user !== body.dataset.user) {
      $("told").replaceChildren();
      all("dialog[open]").forEach(function (each) { each.close(); });
    }
    body.dataset.user = user;
    all("[data-when]").forEach(function (each) { each.hidden = (each.dataset.when === "somebody") !== Boolean(user); });
    all("main > form input[type=hidden][name=user]").forEach(function (each) { each.value = user; });
    queues(own.dataset.queues ? own.dataset.queues.split(" ") : []);
    mark();
    title();
  }

  function queues(numbers) {
    var place = $("queues"), have = {}, changed = false, alone = place.dataset.alone ? "alone=1&" : "";
    Array.from(place.children).forEach(function (each) {
      if (numbers.includes(each.dataset.queue)) { have[each.dataset.queue] = each; return; }
      delete waiting[each.dataset.queue];
      each.remove();
      changed = true;
    });
    numbers.forEach(function (number, index) {
      var section = have[number];
      if (!section) {
        section = $("queue-template").content.firstElementChild.cloneNode(true);
        section.dataset.queue = number;
        section.querySelector("[data-mine]").dataset.live = "desk-mine?" + alone + "queue=" + number;
        section.querySelector("[data-whole]").dataset.live = "desk-queue?queue=" + number;
        changed = true;
      }
      if (place.children[index] !== section) place.insertBefore(section, place.children[index] || null);
    });
    if (changed) place.dispatchEvent(new CustomEvent("freeseat:slots", { bubbles: true }));
  }

  function mark() {
    var user = document.body.dataset.user;
    all("[data-member]").forEach(function (each) { each.classList.toggle("self", each.dataset.member === user); });
  }

  function count() {
    var fresh = false;
    all("[data-queue]").forEach(function (each) {
      var seen = each.querySelector("[data-waiting]"), last = waiting[each.dataset.queue];
      if (!seen) return;
      var now = { count: Number(seen.dataset.waiting), newest: seen.dataset.newest };
      if (last && now.count && Number(now.newest) > Number(last.newest)) fresh = true;
      waiting[each.dataset.queue] = now;
    });
    title();
    if (fresh) ring();
  }

  function title() {
    var body = document.body, own = document.querySelector("[data-own]");
    var total = Object.values(waiting).reduce(function (sum, each) { return sum + each.count; }, 0);
    var name = body.dataset.window ? body.dataset.title : own.dataset.name || body.dataset.title;
    document.title = (total ? "(" + total + ") " : "") + name + " · Freeseat";
    var alarm = $("calls-wait");
    alarm.hidden = !total;
    alarm.querySelector("[data-count]").textContent = total;
  }

  function ring() {
    var alarm = $("calls-wait");
    alarm.classList.remove("fresh");
    void alarm.offsetWidth;
    alarm.classList.add("fresh");
    if (!document.body.dataset.sound) return;
    sound = sound || new Audio(document.body.dataset.sound);
    sound.currentTime = 0;
    sound.play().then(function () { $("sound-on").hidden = true; }, function () { $("sound-on").hidden = false; });
  }

  document.addEventListener("freeseat:shown", function (event) {
    var name = event.detail.name;
    if (name.startsWith("desk-own")) become();
    if (name.startsWith("desk-queue")) { mark(); count(); }
  });

  // Forms that were carried out are emptied; of a refused login only the PIN is.
  document.addEventListener("htmx:afterRequest", function (event) {
    var form = event.target.closest("form");
    if (!form || !form.dataset.clears) return;
    if (event.detail.successful && !event.detail.xhr.responseText) form.reset();
    form.elements[form.dataset.clears].value = "";
  });
  ["htmx:sendError", "htmx:responseError"].forEach(function (kind) {
    document.addEventListener(kind, function () {
      var note = document.querySelector(".lost-note").textContent.trim(), text = document.createElement("p");
      if (kind === "htmx:responseError") { location.reload(); return; }
      text.className = "notice busy";
      text.textContent = note;
      $("told").replaceChildren(text);
    });
  });

  document.addEventListener("click", function (event) {
    var opener = event.target.closest("[data-opens]"), dials = event.target.closest("[data-dial]");
    if (opener) $(opener.dataset.opens).showModal();
    if (dials && document.body.dataset.user) {
      $("dial-number").value = dials.dataset.dial;
      $("dial").requestSubmit();
    }
    if (event.target.id === "sound-on") ring();
    all(".menu[open]").forEach(function (each) { if (!each.contains(event.target)) each.open = false; });
  });

  document.addEventListener("keydown", function (event) {
    if (event.key === "Escape") all(".menu[open]").forEach(function (each) { each.open = false; each.firstElementChild.focus(); });
    if (event.ctrlKey || event.altKey || event.metaKey || event.repeat || document.documentElement.dataset.keys === "off" && event.key !== "?") return;
    if (event.target.closest("input, select, textarea, dialog")) {
      if (event.key === "Escape") event.target.blur();
      return;
    }
    var meant = all("[data-key]").find(function (each) { return each.dataset.key === event.key && each.offsetParent !== null; });
    if (!meant) return;
    event.preventDefault();
    meant.focus();
    if (meant.tagName === "INPUT") meant.select(); else meant.click();
    if (meant.tagName === "SUMMARY" && meant.parentElement.open) meant.parentElement.querySelector("form button").focus();
  });

  document.addEventListener("DOMContentLoaded", function () {
    var box = $("keys-on"), kept = "on";
    try { kept = localStorage.getItem("freeseat-keys") || "on"; } catch (error) { console.info("keys are not kept", error); }
    var apply = function () { document.documentElement.dataset.keys = box.checked ? "on" : "off"; };
    box.checked = kept !== "off";
    apply();
    box.addEventListener("change", function () {
      apply();
      try { localStorage.setItem("freeseat-keys", document.documentElement.dataset.keys); } catch (error) { console.info("keys are not kept", error); }
    });
    mark();
    count();
  });
})();
