/*
 * Data of a page: inflated by the browser, texts read as JSON, columns of whole numbers as Int32Array.
 * The layout of the bytes is described in payload.py.
 */
(function (lm) {
  "use strict";

  var OLD = "浏览器版本过低，无法打开本图。办法：改用 Chrome、Edge 或 360 极速浏览器（内核 80 及以上）、" +
    "Firefox 113 及以上、Safari 16.4 及以上版本打开。";
  var BROKEN = "本页数据不完整或已损坏，无法显示地图。办法：重新复制该文件，或重新生成地图。";

  function bytesOf(base64) {
    var text = atob(base64), bytes = new Uint8Array(text.length);
    for (var i = 0; i < text.length; i++) { bytes[i] = text.charCodeAt(i); }
    return bytes;
  }

  function inflated(bytes) {
    var stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
    return new Response(stream).arrayBuffer();
  }

  // The four bytes of each number stand apart.
  function column(bytes, start, count) {
    var numbers = new Int32Array(count), b = start + count, c = b + count, d = c + count;
    for (var i = 0; i < count; i++) {
      numbers[i] = bytes[start + i] | bytes[b + i] << 8 | bytes[c + i] << 16 | bytes[d + i] << 24;
    }
    return numbers;
  }

  function isPlace(value) {
    return typeof value.column === "number" && typeof value.count === "number";
  }

  // Columns stand one after another, in the order in which the outline names them.
  function fill(value, bytes, at) {
    if (value === null || typeof value !== "object") { return value; }
    if (isPlace(value)) {
      var start = at.next;
      at.next += 4 * value.count;
      return column(bytes, start, value.count);
    }
    if (Array.isArray(value)) { return value.map(function (one) { return fill(one, bytes, at); }); }
    Object.keys(value).forEach(function (key) { value[key] = fill(value[key], bytes, at); });
    return value;
  }

  function unpacked(buffer) {
    var bytes = new Uint8Array(buffer), size = new DataView(buffer).getUint32(0, true), at = { next: 4 + size };
    var outline = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + size)));
    var data = fill(outline, bytes, at);
    if (at.next !== bytes.length) { throw new Error("rest"); }
    return data;
  }

  function payload(id) {
    if (typeof DecompressionStream === "undefined") { return Promise.reject(new Error(OLD)); }
    return inflated(bytesOf(document.getElementById(id).textContent)).then(unpacked)
      .catch(function () { throw new Error(BROKEN); });
  }

  lm.payload = payload;
})(window.landmarket = window.landmarket || {});
