/*
 * The parcel layer of landmarket's map pages.
 *
 * Three layers for Leaflet: the ground (outlines, roads, names), the parcels, and the panel beside the map.
 * Data come from <script type="application/json"> elements. Text from data reaches the page through textContent
 * and fillText alone.
 */
(function (global) {
  "use strict";

  var L = global.L;
  var FONT = '"Source Han Sans SC", "Noto Sans CJK SC", "Noto Sans SC", "PingFang SC", "Microsoft YaHei", ' +
    '"WenQuanYi Micro Hei", "SimHei", sans-serif';
  var NO_DATA = "无数据", NO_DATA_COLOUR = "#b4b4b4";
  var RESULTS = ["地面单价", "总地价"];
  var BATCH = 128;          // parcels in one path: one huge path is many times slower

  // ---------------------------------------------------------------- small helpers

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

  function read(id) {
    return JSON.parse(document.getElementById(id).textContent);
  }

  function grouped(number) {
    return String(number).replace(/\B(?=(\d{3})+$)/g, ",");
  }

  // ---------------------------------------------------------------- shapes

  // Unpack rings into web-mercator pixels of zoom level 0, so that a zoom level is one multiplication.
  function unpack(packed) {
    var deltas = packed.deltas, points = deltas.length / 2, step = packed.step;
    var xs = new Float64Array(points), ys = new Float64Array(points);
    var x = packed.origin[0], y = packed.origin[1], i, sine;
    for (i = 0; i < points; i++) {
      x += deltas[2 * i];
      y += deltas[2 * i + 1];
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

  // ---------------------------------------------------------------- a canvas that moves with the map

  var CanvasLayer = L.Layer.extend({
    options: { padding: 0.25, zIndex: 400 },

    onAdd: function (map) {
      var pane = "landmarket-" + this.options.zIndex;
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
      var ratio = Math.min(global.devicePixelRatio || 1, 2), canvas = this._canvas;
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

  // ---------------------------------------------------------------- the ground

  var GROUND = {
    township: { line: "#a29da6", home: "#4d4954", width: 1.3, dash: [] },
    village: { line: "#dcd7ce", home: "#c2b8a8", width: 0.9, dash: [] },
    area: { line: "#7a5aa6", home: "#7a5aa6", width: 1.1, dash: [4, 2] },
    line: { line: "#b9b2a8", home: "#b9b2a8", width: 1.2, dash: [] }
  };

  var GroundLayer = CanvasLayer.extend({
    options: { zIndex: 350 },

    initialize: function (id) {
      this.layers = read(id).layers;
      this.layers.forEach(function (layer) {
        layer.shapes = unpack(layer.geometry);
        layer.shown = layer.kind !== "area";
      });
    },

    toggle: function (layer, shown) {
      layer.shown = shown;
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

  function worldX(longitude) { return (longitude + 180) / 360 * 256; }

  function worldY(latitude) {
    var sine = Math.sin(latitude * Math.PI / 180);
    return (0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI)) * 256;
  }

  // ---------------------------------------------------------------- the parcels

  var ParcelLayer = CanvasLayer.extend({
    options: { zIndex: 400 },

    initialize: function (id) {
      var data = this.data = read(id);
      this.shapes = unpack(data.geometry);
      this.grid = new Grid(this.shapes);
      this.accepted = data.codes.length;
      this.smallest = this.shapes.count > 5000 ? 3 : 7;      // pixels: what is smaller is drawn as a square
      this.showsSetAside = true;
      this.worksheetStart = data.worksheets ? running(data.worksheets.counts) : null;
      this._choose(0);
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

    _choose: function (number) {
      var view = this.data.views[number], members = this.members = [], i;
      this.view = view;
      this.number = number;
      for (i = 0; i <= view.classes.length; i++) { members.push([]); }
      for (i = 0; i < this.accepted; i++) {
        members[view.members[i] < 0 ? view.classes.length : view.members[i]].push(i);
      }
    },

    colour: function (entry) {
      return entry < this.view.classes.length ? this.view.classes[entry].colour : NO_DATA_COLOUR;
    },

    _draw: function (frame) {
      var missing = this.view.classes.length;
      this._drawBatches(this.members[missing], NO_DATA_COLOUR, frame);
      for (var entry = 0; entry < missing; entry++) {
        this._drawBatches(this.members[entry], this.colour(entry), frame);
      }
      if (this.showsSetAside) { this._drawSetAside(frame); }
    },

    _isSmall: function (feature, frame) {
      var b = this.shapes.boxes, i = 4 * feature;
      return Math.max(b[i + 2] - b[i], b[i + 3] - b[i + 1]) * frame.scale < this.smallest;
    },

    _traceOne: function (feature, frame) {
      if (!this._isSmall(feature, frame)) { return trace(this.shapes, feature, frame, true); }
      var b = this.shapes.boxes, i = 4 * feature, side = this.smallest;
      frame.context.rect((b[i] + b[i + 2]) / 2 * frame.scale - frame.x - side / 2,
        (b[i + 1] + b[i + 3]) / 2 * frame.scale - frame.y - side / 2, side, side);
    },

    _drawBatches: function (features, colour, frame) {
      var context = frame.context, drawn = 0;
      context.fillStyle = colour;
      context.strokeStyle = "rgba(45,40,35,.75)";
      context.lineWidth = frame.zoom > 15 ? 1.1 : 0.7;
      context.beginPath();
      for (var i = 0; i < features.length; i++) {
        if (!visible(this.shapes, features[i], frame)) { continue; }
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
        if (f >= self.accepted && !self.showsSetAside) { return; }
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
      var b = this.shapes.boxes, found = false;
      this.grid.within(west, north, east, south).forEach(function (f) {
        var i = 4 * f;
        found = found || (b[i] <= east && b[i + 2] >= west && b[i + 1] <= south && b[i + 3] >= north);
      });
      return found;
    },

    centre: function (feature) {
      var b = this.shapes.boxes, i = 4 * feature;
      return L.CRS.EPSG3857.pointToLatLng(L.point((b[i] + b[i + 2]) / 2, (b[i + 1] + b[i + 3]) / 2), 0);
    },

    text: function (number) { return number < 0 ? null : this.data.texts[number]; },

    valueOf: function (feature) {
      var text = this.text(this.view.values[feature]);
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

  // ---------------------------------------------------------------- names, and the parcel pointed at

  var MarksLayer = CanvasLayer.extend({
    options: { zIndex: 450 },

    initialize: function (parcels, ground) {
      this.parcels = parcels;
      this.ground = ground;
      parcels.on("viewchange", this.redraw, this);
      if (ground) { ground.on("toggle", this.redraw, this); }
    },

    _draw: function (frame) {
      var parcels = this.parcels;
      var labels = new Labels(frame, function (west, north, east, south) {
        return parcels.anyIn((west + frame.x) / frame.scale, (north + frame.y) / frame.scale,
          (east + frame.x) / frame.scale, (south + frame.y) / frame.scale);
      });
      this._values(frame, labels);
      if (this.ground) { this.ground.names(frame, labels); }
    },

    // From a size on that leaves room for it, a parcel says its value: colour alone does not carry it.
    _values: function (frame, labels) {
      var parcels = this.parcels, b = parcels.shapes.boxes, view = parcels.view;
      for (var f = 0; f < parcels.accepted; f++) {
        var i = 4 * f, wide = (b[i + 2] - b[i]) * frame.scale, tall = (b[i + 3] - b[i + 1]) * frame.scale;
        if (wide < 34 || tall < 16 || view.values[f] < 0 || !visible(parcels.shapes, f, frame)) { continue; }
        labels.place(parcels.text(view.values[f]), (b[i] + b[i + 2]) / 2 * frame.scale - frame.x,
          (b[i + 1] + b[i + 3]) / 2 * frame.scale - frame.y,
          { font: "600 11px " + FONT, height: 11, colour: "#1d1b19", halo: "rgba(255,255,255,.85)", within: wide });
      }
    }
  });

  var PointedLayer = CanvasLayer.extend({
    options: { zIndex: 460 },
    hovered: -1,
    chosen: -1,

    initialize: function (parcels) { this.parcels = parcels; },

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

  // ---------------------------------------------------------------- hover and click

  function tipOf(parcels, feature) {
    var box = element("div", "lm-tip-body");
    add(box, "div", "lm-code", parcels.title(feature));
    if (feature >= parcels.accepted) {
      add(box, "div", "", "暂不处理");
      return box;
    }
    var line = add(box, "div");
    add(line, "span", "lm-quiet", parcels.view.title + "：");
    add(line, "b", "", parcels.valueOf(feature));
    return box;
  }

  function factRows(box, parcels, facts, place) {
    var list = add(box, "dl", "lm-facts");
    facts.forEach(function (fact) {
      var text = parcels.text(fact.values[place]);
      if (text === null && !fact.always) { return; }
      add(list, "dt", "", fact.label);
      add(list, "dd", text === null ? "lm-quiet" : "",
        text === null ? NO_DATA : text + (fact.unit ? " " + fact.unit : ""));
    });
  }

  function worksheetOf(box, parcels, feature) {
    var sheets = parcels.data.worksheets, start = parcels.worksheetStart;
    if (!sheets || start[feature] === start[feature + 1]) { return; }
    var details = add(box, "details", "lm-sheet");
    details.open = true;
    add(details, "summary", "", "地价测算表");
    var table = add(details, "table"), head = add(add(table, "thead"), "tr"), body = add(table, "tbody");
    sheets.headers.forEach(function (text) { add(head, "th", "", text).scope = "col"; });
    for (var row = start[feature]; row < start[feature + 1]; row++) {
      var cells = [0, 1, 2, 3].map(function (column) { return parcels.text(sheets.cells[4 * row + column]) || ""; });
      worksheetRow(add(body, "tr", RESULTS.includes(cells[0]) ? "lm-result" : ""), cells);
    }
  }

  // A formula does not fit the column of values: it takes the line, its source below it.
  function worksheetRow(line, cells) {
    add(line, "th", "", cells[0]).scope = "row";
    if (cells[1].length > 16) {
      var wide = add(line, "td", "lm-formula", cells[1] + (cells[2] ? " " + cells[2] : ""));
      wide.colSpan = 3;
      add(wide, "div", "lm-quiet", cells[3]);
    } else {
      add(line, "td", "lm-number", cells[1]);
      add(line, "td", "", cells[2]);
      add(line, "td", "", cells[3]);
    }
  }

  function cardOf(parcels, feature) {
    var box = element("div", "lm-card-body"), data = parcels.data;
    if (feature >= parcels.accepted) {
      add(box, "h2", "", parcels.title(feature));
      add(box, "p", "lm-flag", "暂不处理：数据检查未通过，不参与测算");
      factRows(box, parcels, data.setAside.facts, feature - parcels.accepted);
      return box;
    }
    add(box, "p", "lm-quiet", "宗地代码");
    add(box, "h2", "lm-code", data.codes[feature]);
    factRows(box, parcels, data.facts, feature);
    worksheetOf(box, parcels, feature);
    return box;
  }

  // The card of one parcel, docked beside the map's edge so that the map need not jump.
  function Card(map, parcels, pointed) {
    var box = element("section", "lm-card"), self = this;
    box.hidden = true;
    box.tabIndex = -1;
    box.setAttribute("role", "dialog");
    box.setAttribute("aria-label", "宗地详情");
    this.map = map; this.parcels = parcels; this.pointed = pointed; this.box = box;
    map.getContainer().parentNode.appendChild(box);
    box.addEventListener("keydown", function (event) {
      if (event.key === "Escape") { self.close(); map.getContainer().focus(); }
    });
  }

  Card.prototype.open = function (feature) {
    var self = this, close = element("button", "lm-close", "×");
    close.type = "button";
    close.setAttribute("aria-label", "关闭");
    close.addEventListener("click", function () { self.close(); });
    this.box.replaceChildren(close, cardOf(this.parcels, feature));
    this.box.hidden = false;
    this.box.scrollTop = 0;
    this.box.focus({ preventScroll: true });
    this.pointed.chosen = feature;
    this.pointed.redraw();
    this.uncover(feature);
  };

  Card.prototype.close = function () {
    this.box.hidden = true;
    this.pointed.chosen = -1;
    this.pointed.redraw();
  };

  // Where the card would hide its own parcel, the map moves just as far as it must.
  Card.prototype.uncover = function (feature) {
    var map = this.map, at = map.latLngToContainerPoint(this.parcels.centre(feature));
    var around = map.getContainer().getBoundingClientRect(), card = this.box.getBoundingClientRect();
    var left = card.left - around.left, top = card.top - around.top, gap = 36;
    if (at.x < left - gap || at.y < top - gap) { return; }
    if (left > gap * 2) { map.panBy([at.x - left + gap, 0]); } else { map.panBy([0, at.y - top + gap]); }
  };

  function attend(map, parcels, pointed, card) {
    var tip = L.tooltip({ className: "lm-tip", direction: "top", offset: [0, -10], opacity: 1 });

    function hover(feature, latlng) {
      if (feature !== pointed.hovered) {
        pointed.hovered = feature;
        pointed.redraw();
        map.getContainer().style.cursor = feature < 0 ? "" : "pointer";
        if (feature < 0) { map.closeTooltip(tip); } else { tip.setContent(tipOf(parcels, feature)); }
      }
      if (feature >= 0) {
        tip.setLatLng(latlng);
        if (!map.hasLayer(tip)) { map.openTooltip(tip); }
      }
    }

    map.on("mousemove", function (event) { hover(parcels.at(event.latlng, 4), event.latlng); });
    map.on("mouseout", function () { hover(-1); });
    map.on("click", function (event) {
      var feature = parcels.at(event.latlng, L.Browser.mobile ? 14 : 5);
      hover(-1);
      if (feature < 0) { card.close(); } else { card.open(feature); }
    });
  }

  // Find a parcel by its code or village: the way to a parcel without a pointer.
  function drawSearch(box, map, parcels, card) {
    var label = add(box, "label", "", "查找宗地"), input = add(label, "input");
    var list = add(box, "ul", "lm-found");
    var village = parcels.data.facts.find(function (fact) { return fact.column === "village"; });
    input.type = "search";
    input.placeholder = "宗地代码或村名";

    function go(feature) {
      map.setView(parcels.centre(feature), Math.max(map.getZoom(), 15), { animate: false });
      card.open(feature);
    }

    function found() {
      var wanted = input.value.trim().toUpperCase(), features = [];
      for (var f = 0; wanted && f < parcels.accepted && features.length < 6; f++) {
        var name = village ? parcels.text(village.values[f]) || "" : "";
        if (parcels.data.codes[f].toUpperCase().includes(wanted) || name.toUpperCase().includes(wanted)) {
          features.push([f, name]);
        }
      }
      return features;
    }

    input.addEventListener("input", function () {
      list.replaceChildren();
      found().forEach(function (one) {
        var button = add(add(list, "li"), "button", "");
        button.type = "button";
        add(button, "span", "lm-code", parcels.data.codes[one[0]]);
        add(button, "span", "lm-quiet", " " + one[1]);
        button.addEventListener("click", function () { go(one[0]); });
      });
      if (input.value.trim() && !list.firstChild) { add(list, "li", "lm-quiet", "没有找到"); }
    });
    input.addEventListener("keydown", function (event) {
      var first = event.key === "Enter" && found()[0];
      if (first) { go(first[0]); }
    });
  }

  // ---------------------------------------------------------------- the panel beside the map

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
    function entry(label, count, className, colour) {
      var item = add(list, "li", count ? "" : "lm-empty");
      swatch(item, className, colour);
      add(item, "span", "lm-label", label);
      add(item, "span", "lm-count", grouped(count) + " 宗");
    }
    view.classes.forEach(function (one, place) {
      var count = parcels.members[place].length;
      if (count || view.numeric) { entry(one.label, count, "", one.colour); }
    });
    entry(NO_DATA, parcels.members[view.classes.length].length, "", NO_DATA_COLOUR);
    entry("暂不处理", parcels.shapes.count - parcels.accepted, "lm-hatched");
    if (view.note) { add(box, "p", "lm-note", view.note); }
  }

  function drawSwitch(box, parcels, legend) {
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
        drawLegend(legend, parcels);
      });
    });
  }

  function drawLayers(box, parcels, ground) {
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

  // Join map, parcels and ground: names, hover, click, scale bar, north arrow, panel.
  function furnish(map, parcels, ground, panelId) {
    var pointed = new PointedLayer(parcels);
    if (map.attributionControl) { map.attributionControl.setPrefix(false); }
    new MarksLayer(parcels, ground).addTo(map);
    pointed.addTo(map);
    var card = new Card(map, parcels, pointed);
    attend(map, parcels, pointed, card);
    L.control.scale({ imperial: false, maxWidth: 140 }).addTo(map);
    northArrow().addTo(map);
    var panel = document.getElementById(panelId);
    if (!panel) { return; }
    var choices = element("fieldset", "lm-choices"), legend = element("section", "lm-legend-box");
    var layers = element("fieldset", "lm-layers"), search = element("section", "lm-search");
    drawSwitch(choices, parcels, legend);
    drawLegend(legend, parcels);
    drawLayers(layers, parcels, ground);
    drawSearch(search, map, parcels, card);
    panel.prepend(choices, legend, layers, search);
  }

  global.landmarket = {
    parcels: function (id) { return new ParcelLayer(id); },
    ground: function (id) { return new GroundLayer(id); },
    furnish: furnish
  };
})(window);
