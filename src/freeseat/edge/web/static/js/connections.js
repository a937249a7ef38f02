// Which of the windows of a browser may keep a live connection. Over HTTP/1.1 a browser has six for all its windows of a
// site: four windows keep one for good, the others take turns with a fifth, and one is left to load pages with.
(function () {
  "use strict";
  var KEPT = ["1", "2", "3", "4"];
  var leave = null;

  function unbounded() {
    var loaded = performance.getEntriesByType("navigation")[0];
    return !navigator.locks || Boolean(loaded && /^h[23]/.test(loaded.nextHopProtocol));
  }

  // Gives true once the lock is this window's, false if it is somebody else's and need not be waited for.
  function take(name, waits) {
    return new Promise(function (resolve) {
      navigator.locks.request("freeseat-live-" + name, { ifAvailable: !waits }, function (lock) {
        if (!lock) { resolve(false); return undefined; }
        return new Promise(function (release) { leave = release; resolve(true); });
      });
    });
  }

  window.freeseatConnections = {
    // Resolves to "kept" for a connection for good, or to "turn" for one that is to be given back soon.
    take: function () {
      if (unbounded()) return Promise.resolve("kept");
      return KEPT.reduce(function (found, name) {
        return found.then(function (got) { return got || take(name, false); });
      }, Promise.resolve(false)).then(function (got) {
        return got ? "kept" : take("turn", true).then(function () { return "turn"; });
      });
    },
    give: function () { if (leave) leave(); leave = null; },
  };
})();
