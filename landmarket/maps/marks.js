/*
 * What lies over the parcels: their values where there is room, names, and the outlines of those pointed at and chosen.
 */
(function (lm, L) {
  "use strict";

  var FONT = lm.FONT, visible = lm.visible;

  var MarksLayer = lm.CanvasLayer.extend({
    options: { zIndex: 450 },

    initialize: function (parcels, ground, options) {
      L.setOptions(this, options);
      this.parcels = parcels;
      this.ground = ground;
      parcels.on("viewchange", this.redraw, this);
      if (ground) { ground.on("toggle", this.redraw, this); }
    },

    _draw: function (frame) {
      var parcels = this.parcels;
      var labels = new lm.Labels(frame, function (west, north, east, south) {
        return parcels.anyIn((west + frame.x) / frame.scale, (north + frame.y) / frame.scale,
          (east + frame.x) / frame.scale, (south + frame.y) / frame.scale);
      });
      this._values(frame, labels);
      if (this.ground) { this.ground.names(frame, labels); }
    },

    // From a size on that leaves room for it, a parcel says its value: colour alone does not carry it.
    _values: function (frame, labels) {
      var parcels = this.parcels, b = parcels.shapes.boxes, values = parcels.valuesOf(parcels.number);
      for (var f = 0; f < parcels.accepted; f++) {
        var i = 4 * f, wide = (b[i + 2] - b[i]) * frame.scale, tall = (b[i + 3] - b[i + 1]) * frame.scale;
        if (wide < 34 || tall < 16 || values[f] < 0 || parcels.hidden[f] || !visible(parcels.shapes, f, frame)) { continue; }
        labels.place(parcels.text(values[f]), (b[i] + b[i + 2]) / 2 * frame.scale - frame.x,
          (b[i + 1] + b[i + 3]) / 2 * frame.scale - frame.y,
          { font: "600 11px " + FONT, height: 11, colour: "#1d1b19", halo: "rgba(255,255,255,.85)", within: wide });
      }
    }
  });

  var PointedLayer = lm.CanvasLayer.extend({
    options: { zIndex: 460 },
    hovered: -1,
    chosen: -1,

    initialize: function (parcels) { this.parcels = parcels; },

    hover: function (feature) {
      this.hovered = feature;
      this.redraw();
      this.fire("change");
    },

    choose: function (feature) {
      this.chosen = feature;
      this.redraw();
      this.fire("change");
    },

    _draw: function (frame) {
      this._outline(this.chosen, "#111111", 3.2, frame);
      this._outline(this.hovered, "#111111", 2, frame);
    },

    _outline: function (feature, colour, width, frame) {
      if (feature < 0) { return; }
      var context = frame.context;
      context.beginPath();
      this.parcels._traceOne(feature, frame);
      context.lineWidth = width + 2.4;
      context.strokeStyle = "rgba(255,255,255,.95)";
      context.stroke();
      context.lineWidth = width;
      context.strokeStyle = colour;
      context.stroke();
    }
  });

  lm.MarksLayer = MarksLayer;
  lm.PointedLayer = PointedLayer;
})(window.landmarket = window.landmarket || {}, window.L);
