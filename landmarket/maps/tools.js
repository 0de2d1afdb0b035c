/*
 * Coordinates under the pointer, and measuring of distance and area, in the plane the parcels were surveyed in.
 * By keyboard the cross in the middle of the map takes the place of the pointer.
 */
(function (lm, L) {
  "use strict";

  var element = lm.element, add = lm.add, worldX = lm.worldX, worldY = lm.worldY;
  var MU = 2000 / 3;              // square metres
  var SNAP = 9;                   // pixels within which a point is taken to a corner of a parcel

  function fixed(number, decimals) {
    var parts = number.toFixed(decimals).split(".");
    return lm.grouped(parts[0]) + (parts[1] ? "." + parts[1] : "");
  }

  function latitudeOf(y) { return Math.atan(Math.sinh(Math.PI * (1 - y / 128))) * 180 / Math.PI; }

  // The corner of a parcel that is nearest to a place, or the place itself.
  function snapped(map, parcels, latlng) {
    var scale = Math.pow(2, map.getZoom()), reach = SNAP / scale, shapes = parcels.shapes;
    var x = worldX(latlng.lng), y = worldY(latlng.lat), best = reach, at = -1;
    parcels.grid.within(x - reach, y - reach, x + reach, y + reach).forEach(function (f) {
      if (parcels.hidden[f]) { return; }
      for (var p = shapes.rings[shapes.features[f]]; p < shapes.rings[shapes.features[f + 1]]; p++) {
        var distance = Math.hypot(shapes.xs[p] - x, shapes.ys[p] - y);
        if (distance < best) { best = distance; at = p; }
      }
    });
    return at < 0 ? latlng : L.latLng(latitudeOf(shapes.ys[at]), shapes.xs[at] / 256 * 360 - 180);
  }

  function drawCoordinates(map, plane, box) {
    var text = add(box, "output", "lm-coordinates"), plain = add(text, "div"), round = add(text, "div", "lm-quiet");
    function tell(latlng, where) {
      var at = plane.project(latlng.lng, latlng.lat);
      plain.textContent = where + "X " + fixed(at[1], 2) + " m　Y " + fixed(at[0], 2) + " m";
      round.textContent = "CGCS2000　" + latlng.lng.toFixed(6) + "°E " + latlng.lat.toFixed(6) + "°N";
    }
    text.title = "2000国家大地坐标系（CGCS2000），X 向北，Y 向东";
    map.on("mousemove besidemousemove", function (event) { tell(event.latlng, ""); });
    map.on("mouseout besidemouseout moveend", function () { tell(map.getCenter(), "图中心 "); });
    tell(map.getCenter(), "图中心 ");
  }

  var TraceLayer = lm.CanvasLayer.extend({
    options: { zIndex: 470 },
    points: [],
    closed: false,

    _draw: function (frame) {
      var context = frame.context, points = this.points.map(function (at) {
        return [worldX(at.lng) * frame.scale - frame.x, worldY(at.lat) * frame.scale - frame.y];
      });
      context.beginPath();
      points.forEach(function (at) { context.lineTo(at[0], at[1]); });
      if (this.closed && points.length > 2) {
        context.closePath();
        context.fillStyle = "rgba(31,95,168,.18)";
        context.fill();
      }
      context.lineWidth = 2.4;
      context.strokeStyle = "#1f5fa8";
      context.stroke();
      context.fillStyle = "#ffffff";
      points.forEach(function (at) {
        context.beginPath();
        context.arc(at[0], at[1], 4, 0, 2 * Math.PI);
        context.fill();
        context.stroke();
      });
    }
  });

  // A tool that is on takes the clicks of the map: each adds a corner.
  function Measure(map, parcels, plane) {
    var self = this;
    this.map = map; this.parcels = parcels; this.plane = plane;
    this.kind = "";
    this.trace = new TraceLayer().addTo(map);
    this.buttons = {};
    map.on("click", function (event) { if (self.kind) { self.put(event.latlng); } });
    map.getContainer().addEventListener("keydown", function (event) { self.key(event); });
  }

  Measure.prototype.draw = function (box) {
    var self = this, line = add(box, "div", "lm-tool-buttons");
    [["distance", "量距离"], ["area", "量面积"]].forEach(function (one) {
      var button = self.buttons[one[0]] = add(line, "button", "", one[1]);
      button.type = "button";
      button.setAttribute("aria-pressed", "false");
      button.addEventListener("click", function () { self.choose(self.kind === one[0] ? "" : one[0]); });
    });
    this.result = add(box, "p", "lm-measured");
    this.result.setAttribute("role", "status");
    this.result.hidden = true;
  };

  Measure.prototype.choose = function (kind) {
    var map = this.map, self = this;
    this.kind = kind;
    this.trace.points = [];
    this.trace.closed = kind === "area";
    Object.keys(this.buttons).forEach(function (name) {
      self.buttons[name].setAttribute("aria-pressed", String(name === kind));
    });
    if (kind) { map.doubleClickZoom.disable(); map.getContainer().focus(); } else { map.doubleClickZoom.enable(); }
    map.getContainer().classList.toggle("lm-measuring", Boolean(kind));
    this.tell();
  };

  Measure.prototype.put = function (latlng) {
    this.trace.points.push(snapped(this.map, this.parcels, latlng));
    this.tell();
  };

  Measure.prototype.key = function (event) {
    if (!this.kind || event.target !== this.map.getContainer()) { return; }
    if (event.key === "Enter") { this.put(this.map.getCenter()); }
    if (event.key === "Backspace") { this.trace.points.pop(); this.tell(); event.preventDefault(); }
    if (event.key === "Escape") { this.choose(""); }
  };

  Measure.prototype.tell = function () {
    var plane = this.plane, points = this.trace.points.map(function (at) { return plane.project(at.lng, at.lat); });
    this.trace.redraw();
    this.result.hidden = !this.kind;
    this.result.textContent = points.length < 2 ? "点击地图逐点量测（键盘：方向键移动，回车加点，退格删点，Esc 结束）"
      : this.kind === "distance" ? "距离 " + fixed(lm.lengthOf(points), 2) + " m"
      : "面积 " + fixed(lm.areaOf(points), 2) + " ㎡（" + fixed(lm.areaOf(points) / MU, 2) + " 亩），周长 " +
        fixed(lm.lengthOf(points.concat([points[0]])), 2) + " m";
  };

  // Coordinates and tools stand in a control at the lower left; a page without a plane has neither.
  function drawTools(map, parcels) {
    var given = parcels.data.plane;
    if (!given) { return { kind: "" }; }
    var plane = new lm.Plane(given), measure = new Measure(map, parcels, plane), box = element("div", "lm-tools");
    var control = L.control({ position: "bottomleft" });
    measure.draw(box);
    drawCoordinates(map, plane, box);
    control.onAdd = function () { return box; };
    L.DomEvent.disableClickPropagation(box);
    control.addTo(map);
    return measure;
  }

  lm.drawTools = drawTools;
})(window.landmarket = window.landmarket || {}, window.L);
