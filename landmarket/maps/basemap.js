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

  function drawBasemaps(box, maps, parcels, ground) {
    var basemap = parcels.data.basemap, shown = [];
    if (!basemap) { return; }
    add(box, "legend", "", "在线底图");

    // A layer for each map, none for no base map.
    function choice(title, layers) {
      var label = add(box, "label", "lm-layer"), input = add(label, "input");
      input.type = "radio";
      input.name = "lm-basemap";
      input.checked = !layers.length;
      add(label, "span", "", title);
      input.addEventListener("change", function () {
        shown.forEach(function (layer) { layer.remove(); });
        shown = layers;
        shown.forEach(function (layer, place) { layer.addTo(maps[place]); });
        if (ground) { ground.showPaper(!layers.length); }
      });
    }

    choice("不用底图（不联网）", []);
    basemap.layers.forEach(function (given) {
      choice(given.title, maps.map(function () { return layerOf(given, basemap); }));
    });
  }

  lm.drawBasemaps = drawBasemaps;
})(window.landmarket = window.landmarket || {}, window.L);
