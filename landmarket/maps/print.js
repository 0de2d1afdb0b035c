/*
 * Printing: on paper the map is the picture of the screen, made smaller as a whole until it fits beside the legend.
 * It is not drawn anew: Chromium prints a canvas that was drawn while it prepares to print as a blank sheet.
 */
(function (lm) {
  "use strict";

  var WIDE = 740, TALL = 580;            // pixels beside the legend on A4 across

  function preparePrint(map) {
    function measure() {
      var box = map.getContainer().parentNode, style = document.documentElement.style;
      style.setProperty("--lm-width", box.clientWidth);
      style.setProperty("--lm-height", box.clientHeight);
      style.setProperty("--lm-scale", Math.min(WIDE / box.clientWidth, TALL / box.clientHeight));
    }
    map.on("resize", measure);
    window.addEventListener("beforeprint", measure);
    measure();
  }

  function drawPrint(box) {
    var button = lm.add(box, "button", "lm-print", "打印本页");
    button.type = "button";
    button.addEventListener("click", function () { window.print(); });
  }

  lm.preparePrint = preparePrint;
  lm.drawPrint = drawPrint;
})(window.landmarket = window.landmarket || {});
