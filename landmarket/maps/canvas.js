/*
 * What the layers of landmarket's map pages are drawn with: packed shapes, a grid to find them, a canvas that moves
 * with the map, names that do not cover one another.
 *
 * Text from data reaches a page through textContent and fillText alone.
 */
(function (lm, L) {
  "use strict";

  var FONT = '"Source Han Sans SC", "Noto Sans CJK SC", "Noto Sans SC", "PingFang SC", "Microsoft YaHei", ' +
    '"WenQuanYi Micro Hei", "SimHei", sans-serif';
  var NO_DATA = "无数据";

  function element(tag, className, text) {
    var node = document.createElement(tag);
    if (className) { node.className = className; }
    if (text !== undefined && text !== null) { node.textContent = text; }
    return node;
  }

  function add(parent, tag, className, text) {
    return parent.appendChild(element(tag, className, text));
  }

  function svg(tag, attributes, parent) {
    var node = document.createElementNS("http://www.w3.org/2000/svg", tag);
    Object.keys(attributes).forEach(function (name) { node.setAttribute(name, attributes[name]); });
    if (parent) { parent.appendChild(node); }
    return node;
  }

  function grouped(number) {
    return String(number).replace(/\B(?=(\d{3})+$)/g, ",");
  }

  function worldX(longitude) { return (longitude + 180) / 360 * 256; }

  function worldY(latitude) {
    var sine = Math.sin(latitude * Math.PI / 180);
    return (0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI)) * 256;
  }

  // Unpack rings into web-mercator pixels of zoom level 0, so that a zoom level is one multiplication.
  function unpack(packed) {
    var deltas = packed.deltas, points = deltas.length / 2, step = packed.step;
    var xs = new Float64Array(points), ys = new Float64Array(points);
    var x = packed.origin[0], y = packed.origin[1], i, sine;
    for (i = 0; i < points; i++) {
      x = x + deltas[2 * i] | 0;
      y = y + deltas[2 * i + 1] | 0;
      sine = Math.sin(y * step * Math.PI / 180);
      xs[i] = (x * step + 180) / 360 * 256;
      ys[i] = (0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI)) * 256;
    }
    var rings = running(packed.rings), features = running(packed.features);
    return { xs: xs, ys: ys, rings: rings, features: features, count: packed.features.length,
             boxes: boxesOf(xs, ys, rings, features, packed.features.length) };
  }

  function running(counts) {
    var starts = new Int32Array(counts.length + 1);
    for (var i = 0; i < counts.length; i++) { starts[i + 1] = starts[i] + counts[i]; }
    return starts;
  }

  function boxesOf(xs, ys, rings, features, count) {
    var boxes = new Float64Array(4 * count);
    for (var f = 0; f < count; f++) {
      var west = Infinity, north = Infinity, east = -Infinity, south = -Infinity;
      for (var p = rings[features[f]]; p < rings[features[f + 1]]; p++) {
        if (xs[p] < west) { west = xs[p]; }
        if (xs[p] > east) { east = xs[p]; }
        if (ys[p] < north) { north = ys[p]; }
        if (ys[p] > south) { south = ys[p]; }
      }
      boxes.set([west, north, east, south], 4 * f);
    }
    return boxes;
  }

  function visible(shapes, feature, frame) {
    var b = shapes.boxes, i = 4 * feature, m = frame.margin;
    return b[i + 2] >= frame.west - m && b[i] <= frame.east + m &&
      b[i + 3] >= frame.north - m && b[i + 1] <= frame.south + m;
  }

  function trace(shapes, feature, frame, closed) {
    var context = frame.context, xs = shapes.xs, ys = shapes.ys, k = frame.scale, ox = frame.x, oy = frame.y;
    for (var r = shapes.features[feature]; r < shapes.features[feature + 1]; r++) {
      var p = shapes.rings[r], end = shapes.rings[r + 1];
      context.moveTo(xs[p] * k - ox, ys[p] * k - oy);
      for (p += 1; p < end; p++) { context.lineTo(xs[p] * k - ox, ys[p] * k - oy); }
      if (closed) { context.closePath(); }
    }
  }

  function contains(shapes, feature, x, y) {
    var inside = false, xs = shapes.xs, ys = shapes.ys;
    for (var r = shapes.features[feature]; r < shapes.features[feature + 1]; r++) {
      var start = shapes.rings[r], end = shapes.rings[r + 1];
      for (var i = start, j = end - 1; i < end; j = i++) {
        if ((ys[i] > y) !== (ys[j] > y) && x < (xs[j] - xs[i]) * (y - ys[i]) / (ys[j] - ys[i]) + xs[i]) {
          inside = !inside;
        }
      }
    }
    return inside;
  }

  // A grid over the boxes of all features: which features could lie under the pointer.
  function Grid(shapes) {
    var side = Math.max(1, Math.min(256, Math.ceil(Math.sqrt(shapes.count)))), b = shapes.boxes;
    var west = Infinity, north = Infinity, east = -Infinity, south = -Infinity, f;
    for (f = 0; f < shapes.count; f++) {
      if (b[4 * f] > b[4 * f + 2]) { continue; }       // without a shape
      west = Math.min(west, b[4 * f]); north = Math.min(north, b[4 * f + 1]);
      east = Math.max(east, b[4 * f + 2]); south = Math.max(south, b[4 * f + 3]);
    }
    this.west = west; this.north = north; this.side = side;
    this.cellX = (east - west) / side || 1; this.cellY = (south - north) / side || 1;
    this.cells = [];
    for (f = 0; f < shapes.count; f++) {
      if (b[4 * f] <= b[4 * f + 2]) { this.put(f, b[4 * f], b[4 * f + 1], b[4 * f + 2], b[4 * f + 3]); }
    }
  }

  Grid.prototype.each = function (west, north, east, south, visit) {
    var last = this.side - 1, self = this;
    function clamp(value) { return Math.max(0, Math.min(last, Math.floor(value))); }
    var left = clamp((west - self.west) / self.cellX), right = clamp((east - self.west) / self.cellX);
    var top = clamp((north - self.north) / self.cellY), bottom = clamp((south - self.north) / self.cellY);
    for (var row = top; row <= bottom; row++) {
      for (var column = left; column <= right; column++) { visit(row * self.side + column); }
    }
  };

  // Area that has anything in it, in pixels of zoom level 0.
  Grid.prototype.occupied = function () {
    return this.cells.reduce(function (sum) { return sum + 1; }, 0) * this.cellX * this.cellY;
  };

  Grid.prototype.put = function (feature, west, north, east, south) {
    var cells = this.cells;
    this.each(west, north, east, south, function (cell) { (cells[cell] = cells[cell] || []).push(feature); });
  };

  Grid.prototype.within = function (west, north, east, south) {
    var found = new Set(), cells = this.cells;
    this.each(west, north, east, south, function (cell) {
      (cells[cell] || []).forEach(function (feature) { found.add(feature); });
    });
    return found;
  };

  var CanvasLayer = L.Layer.extend({
    options: { padding: 0.25, zIndex: 400 },

    onAdd: function (map) {
      var pane = this.options.pane = "landmarket-" + this.options.zIndex;
      if (!map.getPane(pane)) { map.createPane(pane).style.zIndex = this.options.zIndex; }
      map.getPane(pane).style.pointerEvents = "none";
      this._canvas = map.getPane(pane).appendChild(
        element("canvas", map.options.zoomAnimation ? "leaflet-zoom-animated" : ""));
      this.redraw();
    },

    onRemove: function () {
      this._canvas.remove();
      this._canvas = null;
    },

    getEvents: function () {
      var events = { viewreset: this.redraw, moveend: this.redraw, resize: this.redraw, zoom: this._onZoom };
      if (this._zoomAnimated) { events.zoomanim = this._onAnimation; }
      return events;
    },

    _onZoom: function () { this._place(this._map.getCenter(), this._map.getZoom()); },

    _onAnimation: function (event) { this._place(event.center, event.zoom); },

    // Scale the picture that is there until a new one is drawn (as L.Renderer does).
    _place: function (center, zoom) {
      var map = this._map, scale = map.getZoomScale(zoom, this._zoom);
      var half = map.getSize().multiplyBy(0.5 + this.options.padding);
      var corner = half.multiplyBy(-scale).add(map.project(this._center, zoom))
        .subtract(map._getNewPixelOrigin(center, zoom));
      L.DomUtil.setTransform(this._canvas, corner, scale);
    },

    redraw: function () {
      if (!this._map || !this._canvas) { return; }
      var map = this._map, size = map.getSize(), pad = this.options.padding;
      var corner = map.containerPointToLayerPoint(size.multiplyBy(-pad)).round();
      var full = size.multiplyBy(1 + 2 * pad).round();
      var ratio = Math.min(window.devicePixelRatio || 1, 2), canvas = this._canvas;
      this._center = map.getCenter();
      this._zoom = map.getZoom();
      canvas.width = full.x * ratio;
      canvas.height = full.y * ratio;
      canvas.style.width = full.x + "px";
      canvas.style.height = full.y + "px";
      L.DomUtil.setPosition(canvas, corner);
      this._draw(this._frame(canvas, corner, full, ratio));
    },

    _frame: function (canvas, corner, full, ratio) {
      var origin = this._map.getPixelOrigin(), scale = Math.pow(2, this._zoom);
      var context = canvas.getContext("2d");
      context.setTransform(ratio, 0, 0, ratio, 0, 0);
      context.lineJoin = "round";
      var frame = { context: context, scale: scale, x: origin.x + corner.x, y: origin.y + corner.y,
                    width: full.x, height: full.y, zoom: this._zoom, margin: 4 / scale };
      frame.west = frame.x / scale; frame.east = (frame.x + full.x) / scale;
      frame.north = frame.y / scale; frame.south = (frame.y + full.y) / scale;
      return frame;
    }
  });

  // Names are placed one by one, beside the parcels where there is room; one that would cover another is left out.
  function Labels(frame, covers) {
    this.frame = frame;
    this.covers = covers;
    this.taken = [];
  }

  Labels.prototype.free = function (x, y, half, tall) {
    return !this.taken.some(function (other) {
      return Math.abs(other[0] - x) < other[2] + half && Math.abs(other[1] - y) < other[3] + tall;
    });
  };

  Labels.prototype.beside = function (x, y, half, tall, style) {
    var steps = [0, -1.5, 1.5, -3, 3, -4.5, 4.5], self = this, i, at;
    var free = steps.map(function (step) { return y + step * style.height; })
      .filter(function (at) { return self.free(x, at, half, tall); });
    for (i = 0; i < free.length; i++) {
      at = free[i];
      if (!this.covers(x - half, at - tall, x + half, at + tall)) { return at; }
    }
    return free[0];
  };

  Labels.prototype.place = function (text, x, y, style) {
    var context = this.frame.context;
    context.font = style.font;
    var half = context.measureText(text).width / 2 + 3, tall = style.height / 2 + 2;
    if (style.within && (2 * half > style.within)) { return false; }
    if (style.beside) { y = this.beside(x, y, half, tall, style); }
    if (y === undefined || !this.free(x, y, half, tall)) { return false; }
    this.taken.push([x, y, half, tall]);
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.lineWidth = 3;
    context.strokeStyle = style.halo;
    context.strokeText(text, x, y);
    context.fillStyle = style.colour;
    context.fillText(text, x, y);
    return true;
  };

  lm.FONT = FONT;
  lm.NO_DATA = NO_DATA;
  lm.element = element;
  lm.add = add;
  lm.svg = svg;
  lm.grouped = grouped;
  lm.worldX = worldX;
  lm.worldY = worldY;
  lm.unpack = unpack;
  lm.running = running;
  lm.visible = visible;
  lm.trace = trace;
  lm.contains = contains;
  lm.Grid = Grid;
  lm.CanvasLayer = CanvasLayer;
  lm.Labels = Labels;
})(window.landmarket = window.landmarket || {}, window.L);
