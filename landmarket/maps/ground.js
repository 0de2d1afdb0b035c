/*
 * The ground beneath the parcels: outlines of townships and villages, roads, other areas, and their names.
 */
(function (lm, L) {
  "use strict";

  var FONT = lm.FONT, unpack = lm.unpack, visible = lm.visible, trace = lm.trace;
  var worldX = lm.worldX, worldY = lm.worldY;

  var GROUND = {
    township: { line: "#a29da6", home: "#4d4954", width: 1.3, dash: [] },
    village: { line: "#dcd7ce", home: "#c2b8a8", width: 0.9, dash: [] },
    area: { line: "#7a5aa6", home: "#7a5aa6", width: 1.1, dash: [4, 2] },
    line: { line: "#b9b2a8", home: "#b9b2a8", width: 1.2, dash: [] }
  };

  var GroundLayer = lm.CanvasLayer.extend({
    options: { zIndex: 350 },

    initialize: function (id) {
      this.layers = [];
      this.ready = lm.payload(id).then(this._fillLayers.bind(this));
    },

    _fillLayers: function (data) {
      data.layers.forEach(function (layer) {
        layer.shapes = unpack(layer.geometry);
        layer.shown = layer.kind !== "area";
      });
      this.layers = data.layers;
      this.redraw();
    },

    toggle: function (layer, shown) {
      layer.shown = shown;
      this.redraw();
      this.fire("toggle");
    },

    // Over tiles the ground has no paper of its own.
    showPaper: function (shown) {
      this.bare = !shown;
      this.redraw();
      this.fire("toggle");
    },

    _draw: function (frame) {
      var self = this;
      [["township", this._fill], ["village", this._stroke], ["line", this._lines], ["area", this._stroke],
       ["township", this._stroke]].forEach(function (step) {
        self.layers.forEach(function (layer) { if (layer.kind === step[0]) { step[1].call(self, layer, frame); } });
      });
    },

    // Home last: its lines lie over its neighbours'.
    _each: function (layer, frame, draw) {
      [false, true].forEach(function (home) {
        for (var f = 0; f < layer.shapes.count; f++) {
          if (home === (!layer.home || layer.home[f] === 1) && visible(layer.shapes, f, frame)) {
            frame.context.beginPath();
            trace(layer.shapes, f, frame, layer.kind !== "line");
            draw(frame.context, home, f);
          }
        }
      });
    },

    _fill: function (layer, frame) {
      if (this.bare) { return; }
      this._each(layer, frame, function (context, home) {
        context.fillStyle = home ? "#fdfbf5" : "#eceae4";
        context.fill();
      });
    },

    _stroke: function (layer, frame) {
      if (!layer.shown) { return; }
      var style = GROUND[layer.kind];
      frame.context.setLineDash(style.dash);
      this._each(layer, frame, function (context, home) {
        context.lineWidth = home && layer.kind === "township" ? 2.4 : style.width;
        context.strokeStyle = home ? style.home : style.line;
        context.stroke();
      });
      frame.context.setLineDash([]);
    },

    // Roads: a grey edge under a white core, all edges first, so that crossings stay open.
    _lines: function (layer, frame) {
      if (!layer.shown) { return; }
      var grow = Math.max(1, Math.pow(1.4, frame.zoom - 13)), style = GROUND.line;
      function wide(f) { return Math.min(9, (layer.widths ? layer.widths[f] : style.width) * grow); }
      this._each(layer, frame, function (context, home, f) {
        context.lineWidth = wide(f) + 1.4;
        context.strokeStyle = style.line;
        context.stroke();
      });
      this._each(layer, frame, function (context, home, f) {
        context.lineWidth = wide(f);
        context.strokeStyle = "#ffffff";
        context.stroke();
      });
    },

    names: function (frame, labels) {
      this.layers.forEach(function (layer) {
        if (!layer.shown || !layer.names) { return; }
        for (var f = 0; f < layer.shapes.count; f++) {
          var home = layer.home[f] === 1, town = layer.kind === "township";
          if ((town && home) || (!town && !home) || !visible(layer.shapes, f, frame)) { continue; }
          var box = layer.shapes.boxes, at = layer.points;
          var wide = (box[4 * f + 2] - box[4 * f]) * frame.scale;
          labels.place(town ? layer.names[f] : shortName(layer.names[f]), worldX(at[2 * f]) * frame.scale - frame.x,
            worldY(at[2 * f + 1]) * frame.scale - frame.y,
            town ? { font: "600 14px " + FONT, height: 14, colour: "#8b8892", halo: "rgba(236,234,228,.9)" }
                 : { font: "12px " + FONT, height: 12, colour: "#5d554b", halo: "rgba(253,251,245,.9)",
                   within: wide * 1.2, beside: true });
        }
      });
    }
  });

  // 关帝庙村委会 is 关帝庙村 on a map.
  function shortName(name) {
    return name.replace(/村村(民委员会|委会)$/, "村").replace(/(村|社区)(民委员会|委会|居委会|居民委员会)$/, "$1");
  }

  lm.GROUND = GROUND;
  lm.GroundLayer = GroundLayer;
})(window.landmarket = window.landmarket || {}, window.L);
