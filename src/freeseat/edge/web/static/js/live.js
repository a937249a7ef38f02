// Keeps the fragments of a page up to date, counts running times, shows moments in the reader's time zone.
(function () {
  "use strict";
  var TURN = 1500, PAUSE = 2000;
  var source = null, following = "", connection = "", seeking = false, lastWord = 0;

  function slots() { return Array.from(document.querySelectorAll("[data-live]")); }

  function tell(state) {
    document.querySelectorAll(".link-state").forEach(function (each) {
      each.classList.toggle("live", state === "live");
      each.classList.toggle("lost", state === "lost");
      each.textContent = (state === "live" ? each.dataset.textLive : each.dataset.textLost) || "";
    });
    document.documentElement.dataset.link = state;
  }

  function show(name, text) {
    slots().forEach(function (slot) {
      if (slot.dataset.live !== name) return;
      // What somebody is typing stays; a button that has the focus must become what it does now.
      var active = document.activeElement, typing = Boolean(active) && active.matches("input, select, textarea");
      Idiomorph.morph(slot, text, { morphStyle: "innerHTML", ignoreActiveValue: typing });
      if (window.htmx) htmx.process(slot);
      dress(slot);
      slot.dispatchEvent(new CustomEvent("freeseat:shown", { bubbles: true, detail: { name: name } }));
    });
  }

  function follow() {
    var names = Array.from(new Set(slots().map(function (slot) { return slot.dataset.live; }))).sort();
    // A page that nobody sees gives its connection back, unless it says that it must hear all (data-always).
    var asleep = document.hidden && !document.body.hasAttribute("data-always");
    var wanted = asleep ? "" : names.join("\n");
    if (wanted === following && (source || seeking || !wanted)) return;
    hangUp();
    following = wanted;
    if (!wanted) leave();
    else if (connection) open(names);
    else if (!seeking) seek();
  }

  // A connection may come late: what is wanted by then is followed.
  function seek() {
    seeking = true;
    window.freeseatConnections.take().then(function (got) {
      seeking = false;
      connection = got;
      if (following) open(following.split("\n")); else leave();
    });
  }

  function hangUp() {
    if (source) source.close();
    source = null;
  }

  function leave() {
    connection = "";
    window.freeseatConnections.give();
  }

  // Who has no connection for good has seen the present state by then, and comes again in a moment.
  function endTurn(turn) {
    if (source !== turn || connection !== "turn") return;
    hangUp();
    leave();
    following = "";
    setTimeout(follow, PAUSE);
  }

  function open(names) {
    var query = names.map(function (name) { return "f=" + encodeURIComponent(name); }).join("&");
    var stream = document.body.dataset.stream || "/live";
    source = new EventSource(stream + (stream.includes("?") ? "&" : "?") + query);
    lastWord = Date.now();
    source.onopen = function () { lastWord = Date.now(); tell("live"); };
    source.addEventListener("here", function () { lastWord = Date.now(); });
    source.onerror = function () {
      tell("lost");
      if (source && source.readyState === EventSource.CLOSED) {
        source = null;
        following = "";
        setTimeout(follow, 3000);
      }
    };
    source.addEventListener("gone", function () { location.reload(); });
    if (connection === "turn") setTimeout(endTurn, TURN, source);
    names.forEach(function (name) {
      source.addEventListener(name, function (event) { lastWord = Date.now(); show(name, event.data); });
    });
  }

  // A connection may die without a word (a cable, a sleeping PC): the server says something every 15 seconds.
  function listen() {
    if (source && Date.now() - lastWord > 40000) again();
  }

  function again() {
    tell("lost");
    hangUp();
    following = "";
    if (navigator.onLine) follow();
  }

  function clock(seconds) {
    var h = Math.floor(seconds / 3600), m = Math.floor(seconds / 60) % 60, s = seconds % 60;
    var two = function (n) { return (n < 10 ? "0" : "") + n; };
    return h ? h + ":" + two(m) + ":" + two(s) : m + ":" + two(s);
  }

  function tick() {
    var now = Date.now() / 1000;
    document.querySelectorAll(".ticking[data-since]").forEach(function (each) {
      var text = clock(Math.max(0, Math.floor(now - Number(each.dataset.since))));
      if (each.textContent !== text) each.textContent = text;
    });
    document.querySelectorAll(".ticking[data-until]").forEach(function (each) {
      var text = clock(Math.max(0, Math.ceil(Number(each.dataset.until) - now)));
      if (each.textContent !== text) each.textContent = text;
    });
  }

  var styles = {
    short: { dateStyle: "medium", timeStyle: "short" },
    long: { dateStyle: "full", timeStyle: "medium" },
    day: { dateStyle: "medium" },
    clock: { timeStyle: "short" },
    exact: { dateStyle: "short", timeStyle: "medium" },
  };
  // Day and hour are written as the reader is used to: English in London is not English in New York.
  function tongue() {
    var lang = document.documentElement.lang;
    return navigator.languages.find(function (each) { return each.split("-")[0] === lang; }) || lang;
  }
  document.documentElement.dataset.tongue = tongue();  // other scripts write times alike
  function dress(root) {
    var lang = document.documentElement.dataset.tongue;
    root.querySelectorAll("time[datetime]").forEach(function (each) {
      var style = styles[each.dataset.style] || styles.short;
      var text = new Intl.DateTimeFormat(lang, style).format(new Date(each.dateTime));
      if (each.textContent !== text) each.textContent = text;
      each.title = each.dateTime;
    });
    tick();
  }

  document.addEventListener("DOMContentLoaded", function () {
    dress(document);
    follow();
    setInterval(function () { tick(); listen(); }, 1000);
  });
  document.addEventListener("visibilitychange", follow);
  window.addEventListener("offline", again);
  window.addEventListener("online", again);
  document.addEventListener("freeseat:slots", function (event) { dress(event.target); follow(); });
  document.addEventListener("htmx:afterSettle", function (event) { dress(event.target); follow(); });
  window.addEventListener("pagehide", function () { hangUp(); leave(); following = ""; });
  window.addEventListener("pageshow", function (event) { if (event.persisted) follow(); });
})();
