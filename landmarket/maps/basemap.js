/*
 * Base layers from the network: off until switched on, one at a time, their source shown while they are.
 */
(function (lm, L) {
  "use strict";

  var element = lm.element, add = lm.add;

  function layerOf(given, basemap) {
    var options = { attribution: element("div", "", basemap.attribution).innerHTML, maxZoom: 20,
                    maxNativeZoom: basemap.deepest };
    return L.layerGroup(given.tiles.map(function (address) { return L.tileLayer(address, options); }));
  }

  function drawBasemaps(box, map, parcels, ground) {
    var basemap = parcels.data.basemap, shown = null;
    if (!basemap) { return; }
    add(box, "legend", "", "在线底图");

    function choice(title, layer) {
      var label = add(box, "label", "lm-layer"), input = add(label, "input");
      input.type = "radio";
      input.name = "lm-basemap";
      input.checked = layer === null;
      add(label, "span", "", title);
      input.addEventListener("change", function () {
        if (shown) { shown.remove(); }
        shown = layer;
        if (layer) { layer.addTo(map); }
        if (ground) { ground.showPaper(!layer); }
      });
    }

    choice("不用底图（不联网）", null);
    basemap.layers.forEach(function (given) { choice(given.title, layerOf(given, basemap)); });
  }

  lm.drawBasemaps = drawBasemaps;
})(window.landmarket = window.landmarket || {}, window.L);
