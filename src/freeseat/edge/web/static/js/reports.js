// Who types a day means a period of his own.
(function () {
  "use strict";
  document.addEventListener("input", function (event) {
    var choice = event.target.dataset.chooses;
    if (choice) document.getElementById("filter-preset").value = choice;
  });
})();
