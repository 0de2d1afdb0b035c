/*
 * The panel beside the map: views, legend with counts, layers, search; scale bar and north arrow.
 */
(function (lm, L) {
  "use strict";

  var NO_DATA = lm.NO_DATA, NO_DATA_COLOUR = lm.NO_DATA_COLOUR, GROUND = lm.GROUND, element = lm.element, add = lm.add;
  var svg = lm.svg, grouped = lm.grouped;

  function swatch(parent, className, colour) {
    var node = add(parent, "span", "lm-swatch " + className);
    if (colour) { node.style.backgroundColor = colour; }
    return node;
  }

  function drawLegend(box, parcels) {
    box.textContent = "";
    var view = parcels.view;
    add(box, "h2", "", "图例");
    add(box, "h3", "", view.title + (view.unit ? "（" + view.unit + "）" : ""));
    var list = add(box, "ul", "lm-legend");
    function entry(label, counts, className, colour) {
      var item = add(list, "li", counts.some(Boolean) ? "" : "lm-empty");
      swatch(item, className, colour);
      add(item, "span", "lm-label", label);
      add(item, "span", "lm-count", counts.map(grouped).join(" → ") + " " + parcels.data.words.unit);
    }
    function counted(place) {
      return [parcels, parcels.partner].filter(Boolean).map(function (side) { return side.members[place].length; });
    }
    view.classes.forEach(function (one, place) {
      var counts = counted(place);
      if (counts.some(Boolean) || view.numeric) { entry(one.label, counts, "", one.colour); }
    });
    entry(NO_DATA, counted(view.classes.length), "", NO_DATA_COLOUR);
    if (parcels.data.words.setAside && !parcels.partner) {
      entry(parcels.data.words.setAside, [parcels.shapes.count - parcels.accepted], "lm-hatched");
    }
    if (view.note) { add(box, "p", "lm-note", view.note); }
  }

  function drawSwitch(box, parcels) {
    if (parcels.data.views.length < 2) { return; }
    add(box, "legend", "", "显示内容");
    parcels.data.views.forEach(function (view, number) {
      var label = add(box, "label", "lm-choice"), input = add(label, "input");
      input.type = "radio";
      input.name = "lm-view";
      input.checked = number === parcels.number;
      add(label, "span", "", view.title);
      input.addEventListener("change", function () {
        parcels.show(number);
      });
    });
  }

  function drawLayers(box, parcels, ground) {
    if (!ground && parcels.shapes.count === parcels.accepted) { return; }
    add(box, "legend", "", "图层");
    function choice(title, shown, className, colour, toggle) {
      var label = add(box, "label", "lm-layer"), input = add(label, "input");
      input.type = "checkbox";
      input.checked = shown;
      swatch(label, className).style.borderColor = colour || "";
      add(label, "span", "", title);
      input.addEventListener("change", function () { toggle(input.checked); });
    }
    if (ground) {
      ground.layers.forEach(function (layer) {
        choice(layer.name, layer.shown, "lm-line lm-" + (layer.kind === "line" ? "line-kind" : layer.kind), GROUND[layer.kind].home,
          function (shown) { ground.toggle(layer, shown); });
      });
    }
    if (parcels.shapes.count > parcels.accepted) {
      choice("暂不处理的宗地", true, "lm-hatched", "", function (shown) { parcels.showSetAside(shown); });
    }
  }

  function nameZoom(map) {
    [["in", "放大"], ["out", "缩小"]].forEach(function (one) {
      var button = map.getContainer().querySelector(".leaflet-control-zoom-" + one[0]);
      if (button) { button.title = one[1]; button.setAttribute("aria-label", one[1]); }
    });
  }

  function northArrow() {
    var control = L.control({ position: "topright" });
    control.onAdd = function () {
      var box = element("div", "lm-north");
      var picture = svg("svg", { viewBox: "0 0 40 54", width: 34, height: 46, role: "img", "aria-label": "指北针" }, box);
      svg("path", { d: "M20 14 L31 50 L20 42 Z", fill: "#2b2a28" }, picture);
      svg("path", { d: "M20 14 L9 50 L20 42 Z", fill: "#ffffff", stroke: "#2b2a28", "stroke-width": "1.2" }, picture);
      svg("text", { x: 20, y: 11, "text-anchor": "middle", "font-size": 12, "font-weight": 700,
                    fill: "#2b2a28" }, picture).textContent = "北";
      return box;
    };
    return control;
  }

  // What went wrong is said where the map would be.
  function fault(map, error) {
    var box = add(map.getContainer().parentNode, "p", "lm-fault", error.message);
    box.setAttribute("role", "alert");
  }

  // After the picture is on the screen the page says so, for whoever waits for it.
  function announce() {
    requestAnimationFrame(function () { document.documentElement.setAttribute("data-landmarket", "drawn"); });
  }

  function furnish(map, parcels, ground, panelId) {
    Promise.all([parcels.ready, ground && ground.ready]).then(function () {
      assemble(map, parcels, ground, panelId);
      announce();
    }, function (error) { fault(map, error); });
  }

  // The second map answers like the first, with the values of its own scenario under the pointer.
  function besideOf(map, swipe, ground, pointed, card, measure) {
    var linked = new lm.Linked(map, swipe, ground, pointed);
    lm.attend(linked.twin, swipe.left, pointed, card, measure, swipe.right);
    linked.twin.on("click", function (event) { if (measure.kind) { measure.put(event.latlng); } });
    linked.twin.on("mousemove mouseout", function (event) { map.fire("beside" + event.type, { latlng: event.latlng }); });
    card.maps = linked.maps.bind(linked);
    return linked;
  }

  // Join map, parcels and ground: names, hover, click, scale bar, north arrow, panel.
  function assemble(map, parcels, ground, panelId) {
    var pointed = new lm.PointedLayer(parcels);
    if (map.attributionControl) { map.attributionControl.setPrefix(false); }
    nameZoom(map);
    var swipe = parcels.data.comparison ? new lm.Swipe(map, parcels, ground) : null;
    if (!swipe) { new lm.MarksLayer(parcels, ground).addTo(map); }
    pointed.addTo(map);
    var card = new lm.Card(map, parcels, pointed);
    var measure = lm.drawTools(map, parcels);
    lm.attend(map, parcels, pointed, card, measure, swipe || parcels);
    var linked = swipe ? besideOf(map, swipe, ground, pointed, card, measure) : null;
    L.control.scale({ imperial: false, maxWidth: 140 }).addTo(map);
    northArrow().addTo(map);
    var panel = document.getElementById(panelId);
    if (!panel) { return; }
    var choices = element("fieldset", "lm-choices"), legend = element("section", "lm-legend-box");
    var layers = element("fieldset", "lm-layers"), search = element("section", "lm-search");
    var filters = element("section", "lm-filters"), basemaps = element("fieldset", "lm-basemaps");
    var comparison = element("fieldset", "lm-choices lm-comparison");
    if (linked) { linked.draw(comparison); }
    drawSwitch(choices, parcels);
    drawLegend(legend, parcels);
    (parcels.partner || parcels).on("viewchange", function () { drawLegend(legend, parcels); });
    lm.drawFilters(filters, parcels);
    drawLayers(layers, parcels, ground);
    lm.drawSearch(search, map, parcels, card);
    lm.drawBasemaps(basemaps, linked ? [map, linked.twin] : [map], parcels, ground);
    lm.drawPrint(basemaps);
    lm.preparePrint(map);
    panel.prepend(search, comparison, choices, legend, filters, layers, basemaps);
  }

  lm.parcels = function (id) { return new lm.ParcelLayer(id); };
  lm.ground = function (id) { return new lm.GroundLayer(id); };
  lm.furnish = furnish;
})(window.landmarket = window.landmarket || {}, window.L);
