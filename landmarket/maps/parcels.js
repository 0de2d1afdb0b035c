/*
 * The parcels: coloured by one of several views, drawn on a canvas in batches, found under the pointer.
 */
(function (lm, L) {
  "use strict";

  var NO_DATA = lm.NO_DATA, element = lm.element, unpack = lm.unpack;
  var running = lm.running, visible = lm.visible, trace = lm.trace, contains = lm.contains, worldX = lm.worldX;
  var worldY = lm.worldY;
  var NO_DATA_COLOUR = "#b4b4b4";
  var OUTLINE = "rgba(45,40,35,.75)";
  var OUTLINED = 5;         // pixels: from this size on a parcel has an outline, and its true shape
  var BATCH = 128;          // parcels in one path: one huge path is many times slower

  var ParcelLayer = lm.CanvasLayer.extend({
    options: { zIndex: 400 },

    initialize: function (id) {
      this.showsSetAside = true;
      this.ready = lm.payload(id).then(this._fill.bind(this));
    },

    _fill: function (data) {
      this.data = data;
      this.shapes = unpack(data.geometry);
      this.grid = new lm.Grid(this.shapes);
      this.accepted = data.codes.length;
      this.room = Math.sqrt(0.6 * this.grid.occupied() / Math.max(1, this.shapes.count));
      this.hidden = new Uint8Array(this.shapes.count);       // 1: a filter leaves the parcel out
      this.filters = data.views.map(function () { return null; });
      this.worksheetStart = data.worksheets ? running(data.worksheets.counts) : null;
      this._choose(0);
      this.redraw();
    },

    show: function (view) {
      this._choose(view);
      this.redraw();
      this.fire("viewchange");
    },

    showSetAside: function (shown) {
      this.showsSetAside = shown;
      this.redraw();
    },

    // Show only the parcels of some classes of a view; null: all of them.
    filter: function (number, classes) {
      this.filters[number] = classes;
      this._applyFilters();
      this._choose(this.number);
      this.redraw();
      this.fire("viewchange");
    },

    _applyFilters: function () {
      var hidden = this.hidden.fill(0), accepted = this.accepted, self = this;
      this.filters.forEach(function (classes, number) {
        if (!classes) { return; }
        var members = self.membersOf(number), missing = self.data.views[number].classes.length;
        for (var f = 0; f < accepted; f++) {
          if (!classes.has(members[f] < 0 ? missing : members[f])) { hidden[f] = 1; }
        }
      });
    },

    shownCount: function () {
      return this.members.reduce(function (sum, features) { return sum + features.length; }, 0);
    },

    // Class and text of each parcel in a view.
    membersOf: function (number) { return this.data.views[number].members; },
    valuesOf: function (number) { return this.data.views[number].values; },

    _choose: function (number) {
      var view = this.data.views[number], own = this.membersOf(number), members = this.members = [], i;
      this.view = view;
      this.number = number;
      for (i = 0; i <= view.classes.length; i++) { members.push([]); }
      for (i = 0; i < this.accepted; i++) {
        if (!this.hidden[i]) { members[own[i] < 0 ? view.classes.length : own[i]].push(i); }
      }
    },

    colour: function (entry) {
      return entry < this.view.classes.length ? this.view.classes[entry].colour : NO_DATA_COLOUR;
    },

    _draw: function (frame) {
      if (!this.shapes) { return; }
      var self = this;
      this._drawSmall(frame).forEach(function (features, entry) {
        self._drawBatches(features, self.colour(entry), frame);
      });
      if (this.showsSetAside) { this._drawSetAside(frame); }
    },

    // What is smaller than this is drawn as a square of so many pixels: large enough to be seen, and not larger than
    // leaves room for its neighbours.
    _smallest: function (frame) { return Math.min(7, Math.max(1, this.room * frame.scale)); },

    _span: function (feature, frame) {
      var b = this.shapes.boxes, i = 4 * feature;
      return Math.max(b[i + 2] - b[i], b[i + 3] - b[i + 1]) * frame.scale;
    },

    _square: function (feature, frame, side) {
      var b = this.shapes.boxes, i = 4 * feature;
      return [(b[i] + b[i + 2]) / 2 * frame.scale - frame.x - side / 2,
              (b[i + 1] + b[i + 3]) / 2 * frame.scale - frame.y - side / 2, side, side];
    },

    _traceOne: function (feature, frame) {
      var side = this._smallest(frame);
      if (this._span(feature, frame) >= side) { return trace(this.shapes, feature, frame, true); }
      frame.context.rect.apply(frame.context, this._square(feature, frame, side));
    },

    // Small parcels in the order of the table, not class by class: where squares cover one another no class is always
    // on top. Those of a few pixels have no outline, it would be all there is to see. The others are given back by class.
    _drawSmall: function (frame) {
      var context = frame.context, side = this._smallest(frame), own = this.membersOf(this.number), self = this;
      var missing = this.view.classes.length, large = this.members.map(function () { return []; });
      var colours = large.map(function (_, entry) { return self.colour(entry); });
      context.strokeStyle = OUTLINE;
      context.lineWidth = 0.7;
      for (var f = 0; f < this.accepted; f++) {
        if (this.hidden[f] || !visible(this.shapes, f, frame)) { continue; }
        var entry = own[f] < 0 ? missing : own[f], span = this._span(f, frame);
        if (span >= side && span >= OUTLINED) {
          large[entry].push(f);
        } else {
          var square = this._square(f, frame, Math.max(span, side));
          context.fillStyle = colours[entry];
          context.fillRect.apply(context, square);
          if (side >= OUTLINED) { context.strokeRect.apply(context, square); }
        }
      }
      return large;
    },

    _drawBatches: function (features, colour, frame) {
      var context = frame.context, drawn = 0;
      context.fillStyle = colour;
      context.strokeStyle = OUTLINE;
      context.lineWidth = frame.zoom > 15 ? 1.1 : 0.7;
      context.beginPath();
      for (var i = 0; i < features.length; i++) {
        this._traceOne(features[i], frame);
        if (++drawn % BATCH === 0) {
          context.fill();
          context.stroke();
          context.beginPath();
        }
      }
      context.fill();
      context.stroke();
    },

    _drawSetAside: function (frame) {
      var context = frame.context;
      context.beginPath();
      for (var f = this.accepted; f < this.shapes.count; f++) {
        if (visible(this.shapes, f, frame)) { this._traceOne(f, frame); }
      }
      context.fillStyle = hatch(context);
      context.fill();
      context.setLineDash([4, 2]);
      context.strokeStyle = "#55555a";
      context.lineWidth = 1.2;
      context.stroke();
      context.setLineDash([]);
    },

    // The parcel at a place: what contains it, the smallest first; else what lies within reach.
    at: function (latlng, reachInPixels) {
      var scale = Math.pow(2, this._map.getZoom());
      var x = worldX(latlng.lng), y = worldY(latlng.lat), reach = reachInPixels / scale;
      var shapes = this.shapes, b = shapes.boxes, best = -1, bestRank = Infinity, self = this;
      this.grid.within(x - reach, y - reach, x + reach, y + reach).forEach(function (f) {
        if (self.hidden[f] || (f >= self.accepted && !self.showsSetAside)) { return; }
        var i = 4 * f, rank;
        if (contains(shapes, f, x, y)) {
          rank = (b[i + 2] - b[i]) * (b[i + 3] - b[i + 1]);
        } else {
          var dx = Math.max(b[i] - x, 0, x - b[i + 2]), dy = Math.max(b[i + 1] - y, 0, y - b[i + 3]);
          var distance = Math.sqrt(dx * dx + dy * dy);
          var span = Math.max(b[i + 2] - b[i], b[i + 3] - b[i + 1]) * scale;
          rank = distance <= reach && span < 14 ? 1e6 + distance : Infinity;
        }
        if (f >= self.accepted) { rank += 1e3; }
        if (rank < bestRank) { best = f; bestRank = rank; }
      });
      return best;
    },

    anyIn: function (west, north, east, south) {
      var b = this.shapes.boxes, found = false, self = this;
      this.grid.within(west, north, east, south).forEach(function (f) {
        var i = 4 * f;
        if (self.hidden[f]) { return; }
        found = found || (b[i] <= east && b[i + 2] >= west && b[i + 1] <= south && b[i + 3] >= north);
      });
      return found;
    },

    isEmpty: function (feature) { return this.shapes.features[feature] === this.shapes.features[feature + 1]; },

    centre: function (feature) {
      var b = this.shapes.boxes, i = 4 * feature;
      return L.CRS.EPSG3857.pointToLatLng(L.point((b[i] + b[i + 2]) / 2, (b[i + 1] + b[i + 3]) / 2), 0);
    },

    text: function (number) { return number < 0 ? null : this.data.texts[number]; },

    valueOf: function (feature) {
      var text = this.text(this.valuesOf(this.number)[feature]);
      return text === null ? NO_DATA : text + (this.view.unit ? " " + this.view.unit : "");
    },

    title: function (feature) {
      return feature < this.accepted ? this.data.codes[feature]
        : this.text(this.data.setAside.titles[feature - this.accepted]) || "暂不处理";
    }
  });

  function hatch(context) {
    var tile = element("canvas");
    tile.width = tile.height = 6;
    var pen = tile.getContext("2d");
    pen.fillStyle = "rgba(205,205,205,.55)";
    pen.fillRect(0, 0, 6, 6);
    pen.strokeStyle = "#6d6d72";
    pen.lineWidth = 1;
    pen.beginPath();
    pen.moveTo(-1, 7); pen.lineTo(7, -1);
    pen.moveTo(-4, 4); pen.lineTo(4, -4);
    pen.moveTo(2, 10); pen.lineTo(10, 2);
    pen.stroke();
    return context.createPattern(tile, "repeat");
  }

  lm.NO_DATA_COLOUR = NO_DATA_COLOUR;
  lm.ParcelLayer = ParcelLayer;
})(window.landmarket = window.landmarket || {}, window.L);
