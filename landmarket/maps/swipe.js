/*
 * Two scenarios on one map: the first left of a line that can be moved, the second right of it. Both are drawn from
 * the same shapes; each has its own classes, values and filters.
 */
(function (lm, L) {
  "use strict";

  var element = lm.element, add = lm.add;
  var THUMB = 34;                // width of the handle in pixels, as in the style sheet

  var PartnerLayer = lm.ParcelLayer.extend({
    options: { zIndex: 405 },

    initialize: function (parcels) {
      this.data = parcels.data;
      this.shapes = parcels.shapes;
      this.grid = parcels.grid;
      this.accepted = parcels.accepted;
      this.room = parcels.room;
      this.worksheetStart = parcels.worksheetStart;
      this.hidden = new Uint8Array(this.shapes.count);
      this.filters = parcels.filters;                        // one list for both
      this._choose(parcels.number);
      parcels.on("viewchange", function () {
        this._applyFilters();
        this._choose(parcels.number);
        this.redraw();
        this.fire("viewchange");
      }, this);
    },

    membersOf: function (number) { return this.data.comparison.views[number].members; },
    valuesOf: function (number) { return this.data.comparison.views[number].values; }
  });

  function Swipe(map, parcels, ground) {
    this.map = map;
    this.left = parcels;
    this.right = parcels.partner = new PartnerLayer(parcels);
    this.right.addTo(map);
    this.marks = [new lm.MarksLayer(this.left, ground), new lm.MarksLayer(this.right, ground, { zIndex: 455 })];
    this.marks.forEach(function (layer) { layer.addTo(map); });
    this._draw(map.getContainer().parentNode, parcels.data.comparison.names);
    map.on("move resize viewreset", this.clip, this);
    this.part(true);
  }

  Swipe.prototype._draw = function (box, names) {
    var self = this;
    this.line = add(box, "div", "lm-swipe-line");
    add(this.line, "span", "lm-swipe-name lm-swipe-left", names[0]);
    add(this.line, "span", "lm-swipe-name lm-swipe-right", names[1]);
    this.handle = add(box, "input", "lm-swipe");
    this.handle.type = "range";
    this.handle.min = 0;
    this.handle.max = 100;
    this.handle.step = 1;
    this.handle.value = 50;
    this.handle.setAttribute("aria-label", "左右对比分界：左为" + names[0] + "，右为" + names[1]);
    this.handle.addEventListener("input", function () { self.clip(); });
  };

  // Switched off, both sides are whole and the line only carries their names.
  Swipe.prototype.part = function (parted) {
    this.parted = parted;
    this.handle.hidden = !parted;
    this.line.style.left = "";
    [this.left, this.right].concat(this.marks).forEach(function (layer) { layer.getPane().style.clip = ""; });
    this.clip();
  };

  // Where the line stands, in pixels from the left edge of the map.
  Swipe.prototype.place = function () {
    return THUMB / 2 + Number(this.handle.value) / 100 * (this.map.getSize().x - THUMB);
  };

  Swipe.prototype.clip = function () {
    var map = this.map, size = map.getSize(), at = this.place();
    var corner = map.containerPointToLayerPoint([0, 0]), end = map.containerPointToLayerPoint(size);
    function rectangle(left, right) { return "rect(" + [corner.y, right, end.y, left].join("px,") + "px)"; }
    if (!this.parted) { return; }
    this.line.style.left = at / size.x * 100 + "%";
    [this.left, this.marks[0]].forEach(function (layer) {
      layer.getPane().style.clip = rectangle(corner.x, corner.x + at);
    });
    [this.right, this.marks[1]].forEach(function (layer) {
      layer.getPane().style.clip = rectangle(corner.x + at, end.x);
    });
  };

  // The parcel under the pointer, in the scenario that is drawn there.
  Swipe.prototype.at = function (latlng, reach) {
    var first = !this.parted || this.map.latLngToContainerPoint(latlng).x < this.place();
    var side = first ? this.left : this.right;
    return side.at(latlng, reach);
  };

  lm.Swipe = Swipe;
})(window.landmarket = window.landmarket || {}, window.L);
