/*
 * Two scenarios side by side: a second map beside the first follows it and is followed by it. Parcels, classes, filters
 * and the parcel pointed at are those of the swipe; its right side moves to the second map and back.
 */
(function (lm, L) {
  "use strict";

  var element = lm.element, add = lm.add;

  // The ground of the first map once more: same shapes, same layers shown.
  var GroundEcho = lm.GroundLayer.extend({
    initialize: function (ground) {
      this.layers = ground.layers;
      ground.on("toggle", function () {
        this.bare = ground.bare;
        this.redraw();
      }, this);
    }
  });

  // What is pointed at on the first map is outlined on the second.
  var PointedEcho = lm.PointedLayer.extend({
    initialize: function (pointed) {
      this.parcels = pointed.parcels;
      pointed.on("change", function () {
        this.hovered = pointed.hovered;
        this.chosen = pointed.chosen;
        this.redraw();
      }, this);
    }
  });

  function Linked(map, swipe, ground, pointed) {
    this.map = map;
    this.swipe = swipe;
    this.box = map.getContainer().parentNode;
    this.holder = element("div", "lm-beside");
    map.getContainer().after(this.holder);
    this.twin = L.map(this.holder, L.extend({}, map.options, { zoomControl: false }));
    this.twin.attributionControl.setPrefix(false);
    this.twin.setView(map.getCenter(), map.getZoom());
    if (ground) { new GroundEcho(ground).addTo(this.twin); }
    new PointedEcho(pointed).addTo(this.twin);
    this._follow(map, this.twin);
    this._follow(this.twin, map);
  }

  // Moved at once, never animated: both sides show the same place at every moment.
  Linked.prototype._follow = function (leader, other) {
    var self = this;
    leader.on("move", function () {
      if (!self.beside || self.moving) { return; }
      self.moving = true;
      other.setView(leader.getCenter(), leader.getZoom(), { animate: false });
      self.moving = false;
    });
  };

  // Half as wide, a map steps back until it shows what the whole one did; when that returns, as many steps forward.
  Linked.prototype.show = function (beside) {
    var map = this.map, centre = map.getCenter(), zoom = map.getZoom(), seen = map.getBounds(), swipe = this.swipe;
    this.beside = false;
    this.box.classList.toggle("lm-two", beside);
    [swipe.right, swipe.marks[1]].forEach(function (layer) { layer.remove().addTo(beside ? this.twin : map); }, this);
    [map, this.twin].forEach(function (one) { one.invalidateSize({ animate: false }); });
    if (beside) { this.step = map.getBoundsZoom(seen) - zoom; }
    [map, this.twin].forEach(function (one) {
      one.setView(centre, zoom + (beside ? this.step : -this.step), { animate: false });
    }, this);
    this.beside = beside;
    swipe.part(!beside);
  };

  // The maps that can be seen.
  Linked.prototype.maps = function () { return this.beside ? [this.map, this.twin] : [this.map]; };

  Linked.prototype.draw = function (box) {
    var self = this;
    add(box, "legend", "", "对比方式");
    [["拉帘", false], ["并排", true]].forEach(function (way) {
      var label = add(box, "label", "lm-choice"), input = add(label, "input");
      input.type = "radio";
      input.name = "lm-comparison";
      input.checked = !way[1];
      add(label, "span", "", way[0]);
      input.addEventListener("change", function () { self.show(way[1]); });
    });
  };

  lm.Linked = Linked;
})(window.landmarket = window.landmarket || {}, window.L);
