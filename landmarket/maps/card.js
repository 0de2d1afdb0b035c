/*
 * What a parcel tells: a tip under the pointer, a card with its facts and worksheet, and the search for it.
 */
(function (lm, L) {
  "use strict";

  var NO_DATA = lm.NO_DATA, element = lm.element, add = lm.add;
  var HIDDEN = "已被筛选隐藏";

  function tipOf(parcels, feature) {
    var box = element("div", "lm-tip-body");
    add(box, "div", "lm-code", parcels.title(feature));
    if (feature >= parcels.accepted) {
      add(box, "div", "", "暂不处理");
      return box;
    }
    var names = parcels.partner ? parcels.data.comparison.names : [];
    [parcels, parcels.partner].forEach(function (side, number) {
      if (!side) { return; }
      var line = add(box, "div");
      add(line, "span", "lm-quiet", parcels.view.title + (names[number] ? "（" + names[number] + "）" : "") + "：");
      add(line, "b", "", side.valueOf(feature));
    });
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
    add(details, "summary", "", parcels.data.words.sheet);
    var table = add(details, "table"), head = add(add(table, "thead"), "tr"), body = add(table, "tbody");
    sheets.headers.forEach(function (text) { add(head, "th", "", text).scope = "col"; });
    for (var row = start[feature]; row < start[feature + 1]; row++) {
      var cells = [0, 1, 2, 3].map(function (column) { return parcels.text(sheets.cells[4 * row + column]) || ""; });
      worksheetRow(add(body, "tr", isResult(parcels, cells[0]) ? "lm-result" : ""), cells);
    }
  }

  // "总分值", or "商服：总分值" where a sheet holds several uses.
  function isResult(parcels, step) {
    return parcels.data.words.results.some(function (name) { return step === name || step.endsWith("：" + name); });
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
    add(box, "p", "lm-quiet", data.words.code);
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
    box.setAttribute("aria-label", parcels.data.words.details);
    this.map = map; this.parcels = parcels; this.pointed = pointed; this.box = box;
    map.getContainer().parentNode.appendChild(box);
    box.addEventListener("keydown", function (event) {
      if (event.key === "Escape") { self.close(); map.getContainer().focus(); }
      if (event.key === "ArrowLeft") { self.step(-1); }
      if (event.key === "ArrowRight") { self.step(1); }
    });
  }

  // No side of the page shows it.
  function isHidden(parcels, feature) {
    return Boolean(parcels.hidden[feature] && (!parcels.partner || parcels.partner.hidden[feature]));
  }

  function button(sign, title, work) {
    var node = element("button", "lm-close", sign);
    node.type = "button";
    node.title = title;
    node.setAttribute("aria-label", title);
    node.addEventListener("click", work);
    return node;
  }

  Card.prototype.open = function (feature) {
    var self = this;
    this.box.replaceChildren(
      button("×", "关闭", function () { self.close(); }),
      button("›", "下一" + this.parcels.data.words.unit, function () { self.step(1); }),
      button("‹", "上一" + this.parcels.data.words.unit, function () { self.step(-1); }),
      cardOf(this.parcels, feature)
    );
    if (isHidden(this.parcels, feature)) { this.box.append(this.hiddenNote()); }
    this.box.hidden = false;
    this.box.scrollTop = 0;
    this.box.focus({ preventScroll: true });
    this.pointed.choose(feature);
    this.maps().forEach(function (map) { self.uncover(map, feature); });
  };

  // A search finds what a filter leaves out: the card says so, and how to see it.
  Card.prototype.hiddenNote = function () {
    var self = this, note = element("p", "lm-hidden-note", HIDDEN + "，图上只有轮廓。"), show = add(note, "button", "", "清除筛选并显示");
    note.setAttribute("role", "status");
    show.type = "button";
    show.addEventListener("click", function () {
      self.parcels.fire("clearfilters");
      note.remove();
      self.box.focus({ preventScroll: true });
    });
    return note;
  };

  // Where the card could hide its parcel.
  Card.prototype.maps = function () { return [this.map]; };

  // The next parcel that is shown, in the order of the table.
  Card.prototype.step = function (by) {
    var parcels = this.parcels, f = this.pointed.chosen + by;
    while (f >= 0 && f < parcels.accepted && (isHidden(parcels, f) || parcels.isEmpty(f))) { f += by; }
    if (f < 0 || f >= parcels.accepted) { return; }
    if (!this.map.getBounds().contains(parcels.centre(f))) { this.map.panTo(parcels.centre(f), { animate: false }); }
    this.open(f);
  };

  Card.prototype.close = function () {
    this.box.hidden = true;
    this.pointed.choose(-1);
  };

  // Where the card would hide its own parcel, the map moves just as far as it must.
  Card.prototype.uncover = function (map, feature) {
    var at = map.latLngToContainerPoint(this.parcels.centre(feature));
    var around = map.getContainer().getBoundingClientRect(), card = this.box.getBoundingClientRect();
    var left = card.left - around.left, top = card.top - around.top, gap = 36;
    if (at.x < left - gap || at.y < top - gap) { return; }
    if (left > gap * 2) { map.panBy([at.x - left + gap, 0]); } else { map.panBy([0, at.y - top / 2]); }
  };

  // Hover, click and, with the map in focus, Enter for what lies under the cross in its middle.
  function attend(map, parcels, pointed, card, measure, picker) {
    var tip = L.tooltip({ className: "lm-tip", direction: "top", offset: [0, -10], opacity: 1 });

    function hover(feature, latlng) {
      if (feature !== pointed.hovered) {
        pointed.hover(feature);
        map.getContainer().style.cursor = feature < 0 ? "" : "pointer";
        if (feature < 0) { map.closeTooltip(tip); } else { tip.setContent(tipOf(parcels, feature)); }
      }
      if (feature >= 0) {
        tip.setLatLng(latlng);
        if (!map.hasLayer(tip)) { map.openTooltip(tip); }
      }
    }

    map.on("mousemove", function (event) { hover(picker.at(event.latlng, 4), event.latlng); });
    map.on("mouseout", function () { hover(-1); });
    map.getContainer().addEventListener("keydown", function (event) {
      if (event.key !== "Enter" || event.target !== map.getContainer() || measure.kind) { return; }
      var feature = picker.at(map.getCenter(), 14);
      if (feature >= 0) { card.open(feature); }
    });
    add(map.getContainer(), "div", "lm-cross").setAttribute("aria-hidden", "true");

    map.on("click", function (event) {
      if (measure.kind) { return; }
      var feature = picker.at(event.latlng, L.Browser.mobile ? 14 : 5);
      hover(-1);
      if (feature < 0) { card.close(); } else { card.open(feature); }
    });
  }

  // Find a parcel by its code or village: the way to a parcel without a pointer.
  function drawSearch(box, map, parcels, card) {
    var label = add(box, "label", "", parcels.data.words.find), input = add(label, "input");
    var list = add(box, "ul", "lm-found");
    var village = parcels.data.facts.find(function (fact) { return fact.column === "village"; });
    input.type = "search";
    input.placeholder = parcels.data.words.placeholder;

    function go(feature) {
      map.getContainer().scrollIntoView({ block: "nearest" });
      map.setView(parcels.centre(feature), Math.max(map.getZoom(), parcels.data.words.zoom), { animate: false });
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

    function tell() {
      list.replaceChildren();
      found().forEach(function (one) {
        var button = add(add(list, "li"), "button", "");
        button.type = "button";
        add(button, "span", "lm-code", parcels.data.codes[one[0]]);
        add(button, "span", "lm-quiet", " " + one[1]);
        if (isHidden(parcels, one[0])) { add(button, "span", "lm-hidden", " " + HIDDEN); }
        button.addEventListener("click", function () { go(one[0]); });
      });
      if (input.value.trim() && !list.firstChild) { add(list, "li", "lm-quiet", "没有找到"); }
    }
    input.addEventListener("input", tell);
    (parcels.partner || parcels).on("viewchange", tell);
    input.addEventListener("keydown", function (event) {
      var first = event.key === "Enter" && found()[0];
      if (first) { go(first[0]); }
    });
  }

  lm.Card = Card;
  lm.attend = attend;
  lm.drawSearch = drawSearch;
})(window.landmarket = window.landmarket || {}, window.L);
