/*
 * The filters of a page: which classes of each view are shown. What is left out is not drawn, not found under the
 * pointer, and not counted by the legend.
 */
(function (lm) {
  "use strict";

  var NO_DATA = lm.NO_DATA, element = lm.element, add = lm.add, grouped = lm.grouped;

  function countsOf(side, number) {
    var members = side.membersOf(number), missing = side.data.views[number].classes.length;
    var counts = new Int32Array(missing + 1);
    for (var f = 0; f < members.length; f++) { counts[members[f] < 0 ? missing : members[f]] += 1; }
    return counts;
  }

  // One view: a box to tick for each class that has parcels.
  function Group(box, parcels, number) {
    var view = parcels.data.views[number], self = this;
    this.boxes = [];
    this.parcels = parcels;
    this.number = number;
    this.details = add(box, "details", "lm-filter");
    var summary = add(this.details, "summary", "");
    add(summary, "span", "", view.title);
    this.state = add(summary, "span", "lm-quiet lm-filter-state");
    var counts = [parcels, parcels.partner].filter(Boolean).map(function (side) { return countsOf(side, number); });
    counts[0].forEach(function (_, place) {
      var here = counts.map(function (one) { return one[place]; });
      if (here.some(Boolean)) { self.choice(place < view.classes.length ? view.classes[place].label : NO_DATA, place, here); }
    });
    this.tell();
  }

  Group.prototype.choice = function (title, place, counts) {
    var label = add(this.details, "label", "lm-layer"), input = add(label, "input"), self = this;
    input.type = "checkbox";
    input.checked = true;
    add(label, "span", "lm-label", title);
    add(label, "span", "lm-count", counts.map(grouped).join(" → "));
    input.addEventListener("change", function () { self.apply(); });
    this.boxes.push({ input: input, place: place, title: title });
  };

  Group.prototype.chosen = function () {
    return this.boxes.filter(function (one) { return one.input.checked; });
  };

  Group.prototype.apply = function () {
    var chosen = this.chosen(), all = chosen.length === this.boxes.length;
    this.tell();
    this.parcels.filter(this.number, all ? null : new Set(chosen.map(function (one) { return one.place; })));
  };

  // What is chosen stands beside the title, so that a folded filter, or a printed one, is not forgotten.
  Group.prototype.tell = function () {
    var chosen = this.chosen(), all = chosen.length === this.boxes.length;
    this.state.textContent = all ? "全部"
      : chosen.length ? chosen.map(function (one) { return one.title; }).join("、") : "一个也不显示";
    this.details.classList.toggle("lm-narrowed", !all);
  };

  Group.prototype.clear = function () {
    this.boxes.forEach(function (one) { one.input.checked = true; });
    this.apply();
  };

  function drawFilters(box, parcels) {
    var unit = parcels.data.words.unit, status = element("p", "lm-shown"), clear = element("button", "lm-clear", "清除筛选");
    var sides = [parcels, parcels.partner].filter(Boolean);
    add(box, "h2", "", "筛选");
    var groups = parcels.data.views.map(function (view, number) { return new Group(box, parcels, number); });
    function tell() {
      var shown = sides.map(function (side) { return grouped(side.shownCount()); }), some = parcels.filters.some(Boolean);
      status.textContent = "显示 " + shown.join(" → ") + " " + unit + "，共 " + grouped(parcels.accepted) + " " + unit;
      clear.hidden = !some;
      box.classList.toggle("lm-narrowed", some);
    }
    status.setAttribute("role", "status");
    clear.type = "button";
    function clearAll() {
      groups.forEach(function (group) { if (parcels.filters[group.number]) { group.clear(); } });
    }
    parcels.on("clearfilters", clearAll);
    clear.addEventListener("click", function () {
      clearAll();
      box.querySelector("summary").focus();
    });
    box.append(status, clear);
    sides[sides.length - 1].on("viewchange", tell);
    tell();
  }

  lm.drawFilters = drawFilters;
})(window.landmarket = window.landmarket || {});
